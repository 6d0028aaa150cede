//! What a router and its realms are made with.

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::uri::{InvalidUri, MatchPolicy, UriRules};

use crate::authentication::Authentication;
use crate::authorization::Permitted;
use crate::limits::Limits;
use crate::requests::UncountedRequests;
use crate::time::Time;

/// What a router is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The realms that there are.
    pub realms: Vec<RealmSettings>,
    /// What one session may hold.
    pub limits: Limits,
    /// What to do with clients that do not count their requests.
    pub uncounted_requests: UncountedRequests,
    /// What the router calls itself in WELCOME.
    pub agent: String,
    /// With which it makes up what is asked of users who do not exist. Drawn at random.
    pub strangers: StrangersKey,
    /// What time it is: what the router has from its start on was made then.
    pub started: Time,
}

/// What a realm is made with. A name is enough: `"realm1".into()`.
#[derive(Clone, Debug, Default)]
pub struct RealmSettings {
    /// Its URI.
    pub name: String,
    /// Who may join it. Anybody, if nothing else is said.
    pub authentication: Authentication,
    /// The most sessions that may be there at a time. `None`: any number.
    pub sessions_max: Option<usize>,
    /// What URIs of procedures and topics look like.
    pub uri_rules: UriRules,
    /// Who gets to know who calls.
    pub disclosure: Disclosure,
    /// Who gets to know who publishes. Subscribers have no say in that.
    pub publisher_disclosure: Disclosure,
    /// How far calls and publications are trusted: the first rule that fits gives the `trustlevel`.
    /// What none fits has no trust level.
    pub trust_rules: Vec<TrustRule>,
    /// What happens to a subscriber that does not keep up with its events.
    pub slow_subscribers: SlowSubscribers,
    /// Of which topics a history is kept; at most [`HISTORY_RULES_MAX`](crate::limits::HISTORY_RULES_MAX).
    pub history: Vec<HistoryRule>,
    /// How events are retained.
    pub retention: Retention,
    /// Who may do what.
    pub permitted: Permitted,
    /// Roles (`authrole`) that may register and publish to URIs that begin with `wamp`.
    pub reserved_uri_roles: Vec<String>,
}

/// Whether callees get to know who calls, and subscribers who publishes.
///
/// See "Caller Identification" and "Publisher Identification" in the specification's Advanced Profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disclosure {
    /// If the caller or publisher (`disclose_me`) or the callee (`disclose_caller`) asks for it.
    #[default]
    Asked,
    /// Always.
    Always,
    /// Never: whoever asks is refused.
    Never,
}

/// What happens to a subscriber whose outbox has no room for an event (see
/// [`Limits::outbox_octets_for_others`](crate::limits::Limits::outbox_octets_for_others)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowSubscribers {
    /// It does not get this event, which is counted; its session goes on.
    #[default]
    Drop,
    /// Its session is ended with a GOODBYE that says why: it knows then that it has lost something.
    Close,
}

/// Topics of which a history is kept. A publication that several rules fit is kept by the most specific
/// one: the exact topic, the longest prefix, then wildcards.
///
/// See "Event History" in the specification's Advanced Profile.
#[derive(Clone, Debug)]
pub struct HistoryRule {
    policy: MatchPolicy,
    topic: Box<str>,
    /// The most events that are kept; the oldest go first.
    pub events_max: usize,
    /// The most octets that they may take up in memory, what it takes to find them included.
    pub octets_max: usize,
    /// How long an event is kept, in milliseconds; as long as the other limits allow, if that is
    /// `None`.
    pub age_max_ms: Option<u64>,
    /// Events are written to the router's store, too, and are there again after its restart. Means
    /// nothing in a router without a store.
    pub persistent: bool,
}

impl HistoryRule {
    /// A history of a topic, or of all topics that a pattern matches: 1,000 events, 16 MiB, of any
    /// age, in memory.
    pub fn new(policy: MatchPolicy, topic: &str) -> Result<HistoryRule, InvalidUri> {
        UriRules::Loose.check_pattern(topic, policy)?;
        Ok(HistoryRule {
            policy,
            topic: topic.into(),
            events_max: 1000,
            octets_max: 16 << 20,
            age_max_ms: None,
            persistent: false,
        })
    }

    /// How topics match [`HistoryRule::topic`].
    pub fn policy(&self) -> MatchPolicy {
        self.policy
    }

    /// The topic, or the pattern.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

/// How events are retained, if their publishers ask for it.
///
/// See "Event Retention" in the specification's Advanced Profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The most topics that have retained events. Those of one more are not retained, and counted.
    pub topics_max: usize,
    /// The most octets that retained events may take up in memory, likewise.
    pub octets_max: usize,
    /// Retained events are written to the router's store, too, and are there again after its restart,
    /// unless they were meant for single sessions. Means nothing in a router without a store.
    pub persistent: bool,
}

impl Default for Retention {
    /// 65,536 topics, 64 MiB, in memory.
    fn default() -> Self {
        Retention { topics_max: 1 << 16, octets_max: 64 << 20, persistent: false }
    }
}

/// A rule that gives calls and publications a trust level.
///
/// See "Call Trust Levels" and "Publication Trust Levels" in the specification's Advanced Profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRule {
    /// The role of the caller or publisher; any, if there is none.
    pub authrole: Option<String>,
    /// What the URI of the procedure or topic begins with.
    pub uri_prefix: String,
    /// The level, 0 being the lowest.
    pub level: u64,
}

impl From<&str> for RealmSettings {
    fn from(name: &str) -> RealmSettings {
        RealmSettings { name: name.to_owned(), ..RealmSettings::default() }
    }
}

impl RealmSettings {
    /// The trust level of a call or publication, if a rule gives it one.
    pub(crate) fn trust_level(&self, authrole: &str, uri: &str) -> Option<u64> {
        let fits = |rule: &&TrustRule| {
            rule.authrole.as_deref().is_none_or(|role| role == authrole)
                && uri.starts_with(&rule.uri_prefix)
        };
        self.trust_rules.iter().find(fits).map(|rule| rule.level)
    }

    /// May somebody in this role use URIs that are the protocol's own?
    pub(crate) fn may_use_reserved(&self, authrole: &str) -> bool {
        self.reserved_uri_roles.iter().any(|role| role == authrole)
    }
}
