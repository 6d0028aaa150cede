//! An authid: the name of a client, wherever that comes from. The realm's other sessions are told of it, and people read
//! it in terminals.

use super::ANONYMOUS;
use crate::limits::AUTHID_OCTETS_MAX;

/// Why nobody may be called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAuthid {
    /// Choose a shorter one.
    #[error("an authid is not longer than {AUTHID_OCTETS_MAX} octets")]
    TooLong,
    /// Leave it out. Those of Unicode are meant: a line's end, an escape, and the like.
    #[error("an authid has no control characters")]
    ControlCharacter,
}

/// May a client say that this is its authid?
pub fn check_authid(authid: &str) -> Result<(), InvalidAuthid> {
    if authid.len() > AUTHID_OCTETS_MAX {
        return Err(InvalidAuthid::TooLong);
    }
    if authid.chars().any(char::is_control) {
        return Err(InvalidAuthid::ControlCharacter);
    }
    Ok(())
}

/// Might it be that of somebody who has proved who he is?
pub(super) fn is_somebodys(authid: &str) -> bool {
    !matches!(authid, "" | ANONYMOUS) && check_authid(authid).is_ok()
}
