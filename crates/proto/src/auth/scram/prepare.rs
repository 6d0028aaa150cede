//! Texts that people type, made the same however they are typed.

use std::borrow::Cow;

use super::super::AuthError;
use crate::limits::PREPARED_OCTETS_MAX;

/// A user name or a password, prepared with `SASLprep` (RFC 4013) as a stored string: unassigned code
/// points are refused.
///
/// ```
/// use crosspoint_proto::auth::scram::prepare;
///
/// // The examples of RFC 4013: a soft hyphen vanishes, and compatibility characters are normalised.
/// assert_eq!(prepare("I\u{ad}X", "the password")?, "IX");
/// assert_eq!(prepare("\u{2168}", "the password")?, "IX");
/// assert!(prepare("\u{7}", "the password").is_err());
/// # Ok::<(), crosspoint_proto::auth::AuthError>(())
/// ```
pub fn prepare<'t>(text: &'t str, what: &'static str) -> Result<Cow<'t, str>, AuthError> {
    let unprepared = |why| AuthError::Unprepared { what, why };
    if text.len() > PREPARED_OCTETS_MAX {
        return Err(unprepared("it is too long"));
    }
    // The library's error would quote what it does not like.
    let prepared = stringprep::saslprep(text)
        .map_err(|_| unprepared("it has characters that must not stand there"))?;
    if prepared.is_empty() {
        return Err(unprepared("it is empty"));
    }
    Ok(prepared)
}
