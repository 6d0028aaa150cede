//! A realm as it is typed.

#![expect(clippy::doc_markdown, reason = "the comments are shown in terminals and in the file")]

use crosspoint_router::authentication::{ANONYMOUS, AttemptLimits};
use crosspoint_router::router::Retention;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::units::{Octets, Period};
use super::{Authenticator, Method, Principal, Role, Token, count};

/// A realm.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Realm {
    /// The name that clients give, if it is not that of the table.
    #[schemars(example = &"com.example.app")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// How clients may say who they are. Of those that a client offers the first counts that is taken here
    /// and that its principal has a credential for.
    #[schemars(
        length(min = 1),
        example = json!(["ticket", "wampcra", "scram", "cryptosign", "tls", "jwt"]),
        extend("x-reload" = true)
    )]
    pub(crate) authmethods: Vec<Method>,
    /// The role of those who are anonymous.
    #[schemars(extend("x-reload" = true))]
    pub(crate) anonymous_role: String,
    /// The role of those who show a certificate (authmethod tls) that is no principal's: their authid is the
    /// common name in its subject (CN). Whoever may sign for a listener's client_ca says so who may join.
    /// Without this, only principals can use certificates.
    #[schemars(example = &"device", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_role: Option<String>,
    /// Who may join by a proof. The name of the table is the one that a client gives, its authid; what
    /// stands in it is made by 'crosspoint secret'. A ticket, wampcra or scram need not stand in this file:
    /// "env:NAME" stands for the variable NAME, "file:PATH" for a file, of which a relative path begins
    /// where this file is. There it may also be the ticket itself, or the secret of wampcra.
    #[schemars(extend("x-names" = "AUTHID", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) principals: IndexMap<String, Principal>,
    /// Whose tokens (JWT) are taken, by authmethod jwt; the name of the table is for people, and is told clients as
    /// authprovider. Their authids are not those of principals.
    #[schemars(extend("x-names" = "NAME", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) tokens: IndexMap<String, Token>,
    /// Wrong proofs that are taken from one address in a minute (with IPv6, from one network of 64 bits); beyond
    /// that right ones are refused, too, but of those who have joined from there before. 0 is any
    /// number: for clients that all come by way of a proxy, under its address.
    #[schemars(range(max = 60_000), extend("x-reload" = true))]
    pub(crate) failed_attempts_per_address_max: u32,
    /// The same for one authid, from wherever they come: more, so that it is not easy to lock somebody out.
    #[schemars(range(max = 60_000), extend("x-reload" = true))]
    pub(crate) failed_attempts_per_authid_max: u32,
    /// What URIs of procedures and topics look like.
    pub(crate) uri_rules: UriRules,
    /// Whether callees get to know who calls.
    pub(crate) disclose_caller: Disclosure,
    /// Whether subscribers get to know who publishes.
    pub(crate) disclose_publisher: Disclosure,
    /// What happens to a subscriber whose queue is full.
    pub(crate) slow_subscribers: SlowSubscribers,
    /// The most sessions that may be there at a time. Whoever comes beyond that is refused (ABORT, with
    /// crosspoint.error.realm_full). Without this, any number may.
    #[schemars(range(min = 1), example = 10000, extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sessions_max: Option<u32>,
    /// How far calls and publications are trusted. The first that fits counts; what none fits has no
    /// trust level.
    #[schemars(example = json!([{ "prefix": "com.example.", "level": 2 }]))]
    pub(crate) trust_levels: Vec<TrustLevel>,
    /// Of which topics a history is kept, which clients can ask for. The most specific one counts.
    #[schemars(example = json!([
        { "topic": "com.example.log.", "match": "prefix", "events": 10000, "age": "7 d" }
    ]))]
    pub(crate) history: Vec<History>,
    /// How events are retained, if their publishers ask for it.
    pub(crate) retained: Retained,
    /// Who may do what. If there is no role, everybody may do everything; if there is one, sessions
    /// with another role may do nothing. To end other sessions, or to take their registrations and
    /// subscriptions away, takes a role that says so, but where nobody has to prove who he is, and no
    /// other machine can connect.
    #[schemars(extend("x-names" = "NAME", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) roles: IndexMap<String, Role>,
    /// Procedures that know who clients are: each for those who use a method, which is the name of the table
    /// (anonymous, ticket, wampcra, scram, cryptosign or tls), and alone for these.
    #[schemars(extend("x-names" = "METHOD", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) authenticators: IndexMap<String, Authenticator>,
}

/// What URIs look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UriRules {
    /// All but white space, control characters and '#'.
    #[default]
    Loose,
    /// Lower-case letters, digits and '_' between the dots.
    Strict,
}

/// Who is told who somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Disclosure {
    /// If one of them asks for it.
    #[default]
    Asked,
    /// In any case.
    Always,
    /// Whoever asks is refused.
    Never,
}

/// What happens to those who do not keep up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SlowSubscribers {
    /// It loses events.
    #[default]
    Drop,
    /// It loses its session, and so knows.
    Close,
}

/// How far some calls and publications are trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustLevel {
    /// What the URI of the procedure or topic begins with.
    #[schemars(example = &"com.example.")]
    pub(crate) prefix: String,
    /// Only those of sessions in this role.
    #[schemars(example = &"anonymous")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// The level, 0 being the lowest.
    #[schemars(example = 2)]
    pub(crate) level: u64,
}

/// Topics of which a history is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
    /// The topic, or the pattern.
    #[schemars(example = &"com.example.log.")]
    pub(crate) topic: String,
    /// Which topics are meant.
    #[serde(default, rename = "match")]
    pub(crate) matching: Match,
    /// The most events that are kept; the oldest go first.
    #[serde(default = "default_history_events")]
    #[schemars(range(min = 1))]
    pub(crate) events: u32,
    /// The most memory that they may take up.
    #[serde(default = "default_history_octets")]
    pub(crate) octets: Octets,
    /// How long an event is kept at most.
    #[schemars(example = &"7 d")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) age: Option<Period>,
    /// Keep it in the store, too, so that it outlives the router.
    #[serde(default)]
    pub(crate) stored: bool,
}

const fn default_history_events() -> u32 {
    1000
}

const fn default_history_octets() -> Octets {
    Octets(16 << 20)
}

impl History {
    /// That of one topic, as it is if nobody says more.
    pub(crate) fn of(topic: &str) -> History {
        History {
            topic: topic.to_owned(),
            matching: Match::default(),
            events: default_history_events(),
            octets: default_history_octets(),
            age: None,
            stored: false,
        }
    }
}

/// What topics match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Match {
    /// Exactly this one.
    #[default]
    Exact,
    /// All that begin with it.
    Prefix,
    /// All that fit, an empty component standing for any, like com..news.
    Wildcard,
}

/// How events are retained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retained {
    /// The most topics that have retained events.
    pub(crate) topics: u32,
    /// The most memory that they may take up.
    pub(crate) octets: Octets,
    /// Keep them in the store, too, so that they outlive the router.
    pub(crate) stored: bool,
}

impl Default for Realm {
    fn default() -> Realm {
        let attempts = AttemptLimits::default();
        Realm {
            name: None,
            authmethods: vec![Method::Anonymous],
            anonymous_role: ANONYMOUS.to_owned(),
            certificate_role: None,
            principals: IndexMap::new(),
            tokens: IndexMap::new(),
            failed_attempts_per_address_max: attempts.per_address_max,
            failed_attempts_per_authid_max: attempts.per_authid_max,
            uri_rules: UriRules::default(),
            disclose_caller: Disclosure::default(),
            disclose_publisher: Disclosure::default(),
            slow_subscribers: SlowSubscribers::default(),
            sessions_max: None,
            trust_levels: Vec::new(),
            history: Vec::new(),
            retained: Retained::default(),
            roles: IndexMap::new(),
            authenticators: IndexMap::new(),
        }
    }
}

impl Default for Retained {
    fn default() -> Retained {
        let Retention { topics_max, octets_max, persistent } = Retention::default();
        Retained { topics: count(topics_max), octets: octets_max.into(), stored: persistent }
    }
}
