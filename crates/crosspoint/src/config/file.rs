//! The file as it is typed: its tables and settings, their defaults, and what is said of them.
//!
//! The comments here are the documentation: they become the schema, the comments of
//! `crosspoint config`, and `docs/configuration.md`. What the file means is in
//! [`settings`](super::settings).
//!
//! - `listener`: where clients connect
//! - `realm`: what they join
//! - `access`: who may join it, and what he may do there

#![expect(clippy::doc_markdown, reason = "the comments are shown in terminals and in the file")]

mod access;
mod listener;
mod realm;

use std::path::PathBuf;

use crosspoint_router::limits;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::credential::{Secret, StrangersSecret};
use super::units::Octets;

pub(crate) use self::access::{
    Action, Authenticator, Authorizer, Method, Permission, Principal, Role, Token, TokenAlgorithm,
};
pub(crate) use self::listener::{
    ClientCertificates, Cookie, Listener, Serializer, Tls, TlsVersion, Transport,
};
pub(crate) use self::realm::{
    Disclosure, History, Match, Realm, Retained, SlowSubscribers, TrustLevel, UriRules,
};

/// What the only listener is called, if nobody says.
pub(crate) const DEFAULT_LISTENER: &str = "main";

/// What the only realm is called, if nobody says.
pub(crate) const DEFAULT_REALM: &str = "realm1";

/// The configuration of a router. All of it is optional: an empty file is what 'crosspoint' does
/// without any.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// Where clients connect. Each listener is a table with a name of your choice, which is what the
    /// log calls it. If there is none, there is one called main, as it stands here.
    #[schemars(extend("x-names" = "NAME"))]
    pub(crate) listeners: IndexMap<String, Listener>,
    /// What clients join. The name of the table is the name of the realm; one with dots is in quotes:
    /// [realms."com.example.app"]. If there is none, there is one called realm1. Whoever can connect
    /// may join any of them, unless its authmethods ask for a proof, and do there what its roles allow:
    /// anything, if it has none. When this file is read again, realms that are new are opened, and those
    /// that are gone are closed: their sessions end. Only one that keeps events in the store needs a restart
    /// to be opened.
    #[schemars(extend("x-names" = "NAME", "x-come-and-go" = true))]
    pub(crate) realms: IndexMap<String, Realm>,
    /// What outlives the router.
    pub(crate) store: Store,
    /// What one session may hold, so that none can take everything. Whoever asks for more gets an
    /// error, or loses what is said.
    pub(crate) limits: Limits,
    /// What clients may do that WAMP does not allow.
    pub(crate) clients: Clients,
    /// What clients are asked who go by names that nobody has, so that they do not find that out.
    pub(crate) strangers: Strangers,
    /// What the router says of itself, on standard error.
    pub(crate) log: Log,
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    /// The file for events that are to be stored; it is made if it is not there. A relative path
    /// begins where this file is. Without one, nothing can be stored.
    #[schemars(example = &"events.store")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
}

/// What one session may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "they are those of the router's limits")]
pub(crate) struct Limits {
    /// What may wait to be written to a session. What others cause (events, invocations, results) gets
    /// three quarters of it; if the router's own answers to its requests fill the rest, the session ends.
    pub(crate) outbox_octets_max: Octets,
    /// Calls of a caller that wait for their answer.
    pub(crate) calls_in_flight_max: u32,
    /// Invocations that wait for a callee's answer.
    pub(crate) invocations_in_flight_max: u32,
    /// Arguments of a caller's calls that are kept because another callee may need them yet. A call
    /// that finds no room is routed once, and does not wait.
    pub(crate) kept_octets_max: Octets,
    /// Calls that may wait at one registration, whatever its callees have asked for.
    pub(crate) calls_waiting_max: u32,
    /// Registrations of a session.
    pub(crate) registrations_max: u32,
    /// Subscriptions of a session.
    pub(crate) subscriptions_max: u32,
    /// What its registrations and subscriptions take up, together: each is counted as its URI, and 1 KiB.
    pub(crate) held_octets_max: Octets,
    /// Testaments of a session.
    pub(crate) testaments_max: u32,
    /// What these take up, together.
    pub(crate) testaments_octets_max: Octets,
}

/// What clients may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Clients {
    /// Clients that do not number their requests 1, 2, 3, ... as WAMP demands.
    pub(crate) uncounted_requests: UncountedRequests,
}

/// Those whom nobody knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Strangers {
    /// A secret of at least 32 characters, from which it follows what each name looks like that nobody has:
    /// which salt it has, and whom it is like. With another secret all of them look different, and who exists
    /// does not. Routers that share their principals share it. Without one it is made from this machine's ID
    /// (/etc/machine-id); where there is none, as in most containers, it is drawn at each start.
    #[schemars(example = &"file:strangers.key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Secret<StrangersSecret>>,
}

/// What to do with those who do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UncountedRequests {
    /// They may go on.
    #[default]
    Tolerate,
    /// Their sessions end.
    Refuse,
}

/// The log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// How much is said. The variable CROSSPOINT_LOG, where it is set, counts instead, and may say
    /// more: warn,crosspoint::listener=debug.
    #[schemars(extend("x-reload" = true))]
    pub(crate) level: Level,
    /// How it is written. Each session has one line, when it has ended, at level info: who it was, from
    /// where, how that was found out, and why it has ended.
    pub(crate) format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: a JSON object in each line.
    Json,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// And what somebody should look at.
    #[default]
    Warn,
    /// And who comes and goes.
    Info,
    /// And why connections came to nothing.
    Debug,
    /// Everything.
    Trace,
}

impl Default for File {
    fn default() -> File {
        File {
            listeners: [(DEFAULT_LISTENER.to_owned(), Listener::default())].into(),
            realms: [(DEFAULT_REALM.to_owned(), Realm::default())].into(),
            store: Store::default(),
            limits: Limits::default(),
            clients: Clients::default(),
            strangers: Strangers::default(),
            log: Log::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        let limits = limits::Limits::default();
        Limits {
            outbox_octets_max: limits.outbox_octets_max.into(),
            calls_in_flight_max: count(limits.calls_in_flight_max),
            invocations_in_flight_max: count(limits.invocations_in_flight_max),
            kept_octets_max: limits.kept_octets_max.into(),
            calls_waiting_max: count(limits.calls_waiting_max),
            registrations_max: count(limits.registrations_max),
            subscriptions_max: count(limits.subscriptions_max),
            held_octets_max: limits.held_octets_max.into(),
            testaments_max: count(limits.testaments_max),
            testaments_octets_max: limits.testaments_octets_max.into(),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
