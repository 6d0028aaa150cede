//! URIs of realms, procedures, topics and errors, the rules that they obey, and patterns of them.
//!
//! See "URIs" in the specification's Basic Profile, and "Pattern-based Registrations" in its Advanced
//! Profile.

use crate::limits::{PATTERN_COMPONENTS_MAX, URI_OCTETS_MAX};

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
    /// Something else than the strict rules have.
    #[error("a URI of this realm has lower-case letters, digits and '_' between its dots only")]
    NotStrict,
    /// The first component is `wamp`.
    #[error("URIs that begin with 'wamp' are reserved for the protocol")]
    Reserved,
    /// A wildcard pattern with more than [`PATTERN_COMPONENTS_MAX`] components.
    #[error("a wildcard pattern must not have more than {PATTERN_COMPONENTS_MAX} components")]
    TooManyComponents,
}

/// Which characters the components of a URI may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UriRules {
    /// All but white space, control characters and `#`.
    #[default]
    Loose,
    /// Lower-case letters, digits and `_`.
    Strict,
}

/// How a registration or subscription matches URIs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchPolicy {
    /// The URI is the same.
    #[default]
    Exact,
    /// The URI begins with the pattern, wherever that ends.
    Prefix,
    /// The URI has as many components, and the same ones where the pattern's are not empty.
    Wildcard,
}

impl MatchPolicy {
    /// All of them, in the order in which they are tried.
    pub const ALL: [MatchPolicy; 3] =
        [MatchPolicy::Exact, MatchPolicy::Prefix, MatchPolicy::Wildcard];

    /// The name in `Options.match`.
    pub const fn name(self) -> &'static str {
        match self {
            MatchPolicy::Exact => "exact",
            MatchPolicy::Prefix => "prefix",
            MatchPolicy::Wildcard => "wildcard",
        }
    }

    /// The policy of that name.
    pub fn from_name(name: &str) -> Option<MatchPolicy> {
        MatchPolicy::ALL.into_iter().find(|policy| policy.name() == name)
    }
}

impl UriRules {
    /// Checks a URI: components that are separated by `.`, none of them empty.
    pub fn check(self, uri: &str) -> Result<(), InvalidUri> {
        if uri.is_empty() {
            return Err(InvalidUri::Empty);
        }
        if self == UriRules::Loose && uri.len() <= URI_OCTETS_MAX && is_plain(uri.as_bytes()) {
            return Ok(());
        }
        self.check_characters(uri)?;
        if uri.split('.').any(str::is_empty) {
            return Err(InvalidUri::EmptyComponent);
        }
        Ok(())
    }

    /// Checks what is registered or subscribed to: a URI, or a pattern of URIs. A prefix may be
    /// empty, or end with a dot: it is not made of whole components. A wildcard's empty components
    /// stand for any.
    pub fn check_pattern(self, pattern: &str, policy: MatchPolicy) -> Result<(), InvalidUri> {
        match policy {
            MatchPolicy::Exact => self.check(pattern),
            MatchPolicy::Prefix if pattern.is_empty() => Ok(()),
            MatchPolicy::Prefix => self.check(pattern.strip_suffix('.').unwrap_or(pattern)),
            MatchPolicy::Wildcard if pattern.split('.').count() > PATTERN_COMPONENTS_MAX => {
                Err(InvalidUri::TooManyComponents)
            }
            MatchPolicy::Wildcard => self.check_characters(pattern),
        }
    }

    fn check_characters(self, uri: &str) -> Result<(), InvalidUri> {
        if uri.len() > URI_OCTETS_MAX {
            return Err(InvalidUri::TooLong);
        }
        if uri.chars().any(|c| c == '#' || c.is_whitespace() || c.is_control()) {
            return Err(InvalidUri::ForbiddenCharacter);
        }
        let strict = |octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
        if self == UriRules::Strict && !uri.bytes().all(strict) {
            return Err(InvalidUri::NotStrict);
        }
        Ok(())
    }
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

/// Is `wamp` its first component? Such URIs are the protocol's own.
pub fn is_reserved(uri: &str) -> bool {
    uri.strip_prefix("wamp").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Does a URI match a pattern? The definition; tables find it faster.
pub fn matches(policy: MatchPolicy, pattern: &str, uri: &str) -> bool {
    match policy {
        MatchPolicy::Exact => uri == pattern,
        MatchPolicy::Prefix => uri.starts_with(pattern),
        MatchPolicy::Wildcard => {
            let components = || pattern.split('.').zip(uri.split('.'));
            pattern.split('.').count() == uri.split('.').count()
                && components().all(|(wanted, found)| wanted.is_empty() || wanted == found)
        }
    }
}

/// What all URIs that a wildcard pattern matches begin with: its components before the first that is
/// empty.
pub fn wildcard_head(pattern: &str) -> &str {
    let mut end = 0;
    for component in pattern.split('.') {
        if component.is_empty() {
            return &pattern[..end];
        }
        end = (end + component.len() + 1).min(pattern.len());
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_rules() {
        let check = |uri: &str| UriRules::Loose.check(uri);
        for good in
            ["a", "com.myapp.topic1", "com.MyApp.x-y", "com.müller.straße", "a.b.c1", "日.本"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
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
            assert_eq!(check(bad), Err(why), "{bad:?}");
        }
        assert_eq!(check(&"a".repeat(URI_OCTETS_MAX)), Ok(()));
        assert_eq!(check(&"a".repeat(URI_OCTETS_MAX + 1)), Err(InvalidUri::TooLong));
    }

    #[test]
    fn strict_rules() {
        let check = |uri: &str| UriRules::Strict.check(uri);
        for good in ["a", "com.my_app.topic1", "0.1_2"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["com.MyApp", "com.my-app", "com.müller", "a:b"] {
            assert_eq!(check(bad), Err(InvalidUri::NotStrict), "{bad}");
        }
        assert_eq!(check("a..b"), Err(InvalidUri::EmptyComponent));
        assert_eq!(check("a b"), Err(InvalidUri::ForbiddenCharacter));
        assert_eq!(check("a\n"), Err(InvalidUri::ForbiddenCharacter));
    }

    #[test]
    fn patterns_may_have_empty_components_where_they_mean_something() {
        use MatchPolicy::*;
        for rules in [UriRules::Loose, UriRules::Strict] {
            for (policy, good) in [
                (Exact, "a.b"),
                (Prefix, ""),
                (Prefix, "a"),
                (Prefix, "a."),
                (Prefix, "a.b"),
                (Wildcard, ""),
                (Wildcard, "."),
                (Wildcard, "a..b"),
                (Wildcard, "..a."),
            ] {
                assert_eq!(rules.check_pattern(good, policy), Ok(()), "{policy:?} {good}");
            }
            for (policy, bad) in
                [(Exact, ""), (Exact, "a."), (Prefix, "."), (Prefix, "a..b"), (Prefix, "a..")]
            {
                assert!(rules.check_pattern(bad, policy).is_err(), "{policy:?} {bad}");
            }
            for policy in MatchPolicy::ALL {
                let check = |pattern| rules.check_pattern(pattern, policy);
                for bad in ["a #", "a\n", "\0", " "] {
                    assert_eq!(check(bad), Err(InvalidUri::ForbiddenCharacter), "{policy:?}");
                }
                assert_eq!(check(&"a".repeat(URI_OCTETS_MAX + 1)), Err(InvalidUri::TooLong));
            }
        }
        let dots = ".".repeat(PATTERN_COMPONENTS_MAX);
        let check = |pattern| UriRules::Loose.check_pattern(pattern, MatchPolicy::Wildcard);
        assert_eq!(check(&dots[1..]), Ok(()));
        assert_eq!(check(&dots), Err(InvalidUri::TooManyComponents));
        let strict = UriRules::Strict.check_pattern("com..X", MatchPolicy::Wildcard);
        assert_eq!(strict, Err(InvalidUri::NotStrict));
    }

    #[test]
    fn reserved_is_a_whole_component() {
        for reserved in ["wamp", "wamp.", "wamp.session.list", "wamp..list"] {
            assert!(is_reserved(reserved), "{reserved}");
        }
        for free in ["", "wam", "wampy", "wampy.x", "com.wamp", "com.wamp.x", ".wamp"] {
            assert!(!is_reserved(free), "{free}");
        }
    }

    /// The examples of "Prefix Matching" and "Wildcard Matching" in the specification.
    #[test]
    fn matching_is_as_the_specification_defines_it() {
        let prefix = |uri| matches(MatchPolicy::Prefix, "com.myapp.myobject1", uri);
        for uri in [
            "com.myapp.myobject1.myprocedure1",
            "com.myapp.myobject1-mysubobject1",
            "com.myapp.myobject1.mysubobject1.myprocedure1",
            "com.myapp.myobject1",
        ] {
            assert!(prefix(uri), "{uri}");
        }
        for uri in ["com.myapp.myobject2", "com.myapp.myobject"] {
            assert!(!prefix(uri), "{uri}");
        }
        let wildcard = |uri| matches(MatchPolicy::Wildcard, "com.myapp..myprocedure1", uri);
        for uri in ["com.myapp.myobject1.myprocedure1", "com.myapp.myobject2.myprocedure1"] {
            assert!(wildcard(uri), "{uri}");
        }
        for uri in [
            "com.myapp.myobject1.myprocedure1.mysubprocedure1",
            "com.myapp.myobject1.myprocedure2",
            "com.myapp2.myobject1.myprocedure1",
        ] {
            assert!(!wildcard(uri), "{uri}");
        }
    }

    #[test]
    fn wildcards_begin_with_what_is_said() {
        for (pattern, start) in [
            ("", ""),
            (".news", ""),
            ("com..news", "com."),
            ("com.example..", "com.example."),
            ("com.", "com."),
            ("com.news", "com.news"),
        ] {
            assert_eq!(wildcard_head(pattern), start, "{pattern}");
        }
    }
}
