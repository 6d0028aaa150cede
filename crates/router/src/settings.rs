//! What a router and its realms are made with.

use crosspoint_proto::uri::UriRules;

use crate::limits::Limits;
use crate::requests::UncountedRequests;

/// What a router is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The realms that there are. Anybody may join any of them.
    pub realms: Vec<RealmSettings>,
    /// What one session may hold.
    pub limits: Limits,
    /// What to do with clients that do not count their requests.
    pub uncounted_requests: UncountedRequests,
    /// What the router calls itself in WELCOME.
    pub agent: String,
}

/// What a realm is made with. A name is enough: `"realm1".into()`.
#[derive(Clone, Debug, Default)]
pub struct RealmSettings {
    /// Its URI.
    pub name: String,
    /// What URIs of procedures and topics look like.
    pub uri_rules: UriRules,
    /// Who gets to know who calls.
    pub disclosure: Disclosure,
    /// How far calls are trusted: the first rule that fits a call gives its `trustlevel`. A call
    /// that none fits has no trust level.
    pub trust_rules: Vec<TrustRule>,
    /// Roles (`authrole`) that may register and publish to URIs that begin with `wamp`.
    pub reserved_uri_roles: Vec<String>,
}

/// Whether callees get to know who calls.
///
/// See "Caller Identification" in the specification's Advanced Profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosure {
    /// If the caller (`disclose_me`) or the callee (`disclose_caller`) asks for it.
    #[default]
    Asked,
    /// Always.
    Always,
    /// Never: whoever asks is refused.
    Never,
}

/// A rule that gives calls a trust level.
///
/// See "Call Trust Levels" in the specification's Advanced Profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRule {
    /// The caller's role; any, if there is none.
    pub authrole: Option<String>,
    /// What the procedure's URI begins with.
    pub procedure_prefix: String,
    /// The level, 0 being the lowest.
    pub level: u64,
}

impl From<&str> for RealmSettings {
    fn from(name: &str) -> RealmSettings {
        RealmSettings { name: name.to_owned(), ..RealmSettings::default() }
    }
}

impl RealmSettings {
    /// The trust level of a call, if a rule gives it one.
    pub(crate) fn trust_level(&self, authrole: &str, procedure: &str) -> Option<u64> {
        let fits = |rule: &&TrustRule| {
            rule.authrole.as_deref().is_none_or(|role| role == authrole)
                && procedure.starts_with(&rule.procedure_prefix)
        };
        self.trust_rules.iter().find(fits).map(|rule| rule.level)
    }

    /// May somebody in this role use URIs that are the protocol's own?
    pub(crate) fn may_use_reserved(&self, authrole: &str) -> bool {
        self.reserved_uri_roles.iter().any(|role| role == authrole)
    }
}
