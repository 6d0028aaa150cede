//! URIs of realms, procedures, topics and errors, and the rules that they obey.
//!
//! See "URIs" in the specification's Basic Profile.

use crate::limits::URI_OCTETS_MAX;

/// How a URI breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUri {
    /// Nothing at all.
    #[error("a URI must not be empty")]
    Empty,
    /// Longer than [`URI_OCTETS_MAX`].
    #[error("a URI must not be longer than {URI_OCTETS_MAX} octets")]
    TooLong,
    /// Two dots in a row, or one at either end.
    #[error("a URI must not have empty components")]
    EmptyComponent,
    /// White space, `#` or a control character.
    #[error("a URI must not contain white space, control characters or '#'")]
    ForbiddenCharacter,
    /// The first component is `wamp`.
    #[error("URIs that begin with 'wamp' are reserved for the protocol")]
    Reserved,
}

/// Checks a URI by the loose rules: components that are separated by `.`, none of them empty, and
/// without white space, control characters and `#`.
pub fn check_loose(uri: &str) -> Result<(), InvalidUri> {
    if uri.is_empty() {
        return Err(InvalidUri::Empty);
    }
    if uri.len() > URI_OCTETS_MAX {
        return Err(InvalidUri::TooLong);
    }
    if is_plain(uri.as_bytes()) {
        return Ok(());
    }
    if uri.chars().any(|c| c == '#' || c.is_whitespace() || c.is_control()) {
        return Err(InvalidUri::ForbiddenCharacter);
    }
    if uri.split('.').any(str::is_empty) {
        return Err(InvalidUri::EmptyComponent);
    }
    Ok(())
}

/// As [`check_loose`], and the URI does not begin with the reserved component `wamp`: the rule for
/// what clients may register and publish to.
pub fn check_unreserved(uri: &str) -> Result<(), InvalidUri> {
    check_loose(uri)?;
    if uri == "wamp" || uri.starts_with("wamp.") {
        return Err(InvalidUri::Reserved);
    }
    Ok(())
}

/// One pass for what nearly every URI is: printable ASCII without empty components.
fn is_plain(uri: &[u8]) -> bool {
    let mut previous = b'.';
    for &octet in uri {
        if !octet.is_ascii_graphic() || octet == b'#' || (octet == b'.' && previous == b'.') {
            return false;
        }
        previous = octet;
    }
    previous != b'.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_rules() {
        for good in
            ["a", "com.myapp.topic1", "com.MyApp.x-y", "com.müller.straße", "a.b.c1", "日.本"]
        {
            assert_eq!(check_loose(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", InvalidUri::Empty),
            (".", InvalidUri::EmptyComponent),
            ("a..b", InvalidUri::EmptyComponent),
            (".a", InvalidUri::EmptyComponent),
            ("a.", InvalidUri::EmptyComponent),
            ("ä..b", InvalidUri::EmptyComponent),
            ("a b", InvalidUri::ForbiddenCharacter),
            ("a#b", InvalidUri::ForbiddenCharacter),
            ("a.b\n", InvalidUri::ForbiddenCharacter),
            ("a.b\0", InvalidUri::ForbiddenCharacter),
            ("a\u{2003}b", InvalidUri::ForbiddenCharacter),
        ] {
            assert_eq!(check_loose(bad), Err(why), "{bad:?}");
        }
        assert_eq!(check_loose(&"a".repeat(URI_OCTETS_MAX)), Ok(()));
        assert_eq!(check_loose(&"a".repeat(URI_OCTETS_MAX + 1)), Err(InvalidUri::TooLong));
    }

    #[test]
    fn reserved_is_a_whole_component() {
        for reserved in ["wamp", "wamp.session.list", "wamp.error.x"] {
            assert_eq!(check_unreserved(reserved), Err(InvalidUri::Reserved), "{reserved}");
        }
        for free in ["wampy", "wampy.x", "com.wamp", "com.wamp.x"] {
            assert_eq!(check_unreserved(free), Ok(()), "{free}");
        }
    }
}
