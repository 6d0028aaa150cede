//! The file as it is typed: its tables and settings, their defaults, and what is said of them.
//!
//! The comments here are the documentation: they become the schema, the comments of
//! `crosspoint config`, and `docs/configuration.md`. What the file means is in
//! [`settings`](super::settings).

#![expect(clippy::doc_markdown, reason = "the comments are shown in terminals and in the file")]

use std::path::PathBuf;
use std::time::Duration;

use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use crosspoint_router::authentication::{ANONYMOUS, ScramKeys, SharedKey};
use crosspoint_router::limits;
use crosspoint_router::router::Retention;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::credential::{ClientKey, Secret};
use super::units::{Address, Mode, Octets, Patience, Period, UrlPath};
use crate::liveness::Liveness;
use crate::place::UNIX_MODE;
use crate::server::{CONNECTIONS_MAX, DEFAULT_ADDRESS, WEBSOCKET_PATHS};

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
    /// anything, if it has none.
    #[schemars(extend("x-names" = "NAME"))]
    pub(crate) realms: IndexMap<String, Realm>,
    /// What outlives the router.
    pub(crate) store: Store,
    /// What one session may hold, so that none can take everything. Whoever asks for more gets an
    /// error, or loses what is said.
    pub(crate) limits: Limits,
    /// What clients may do that WAMP does not allow.
    pub(crate) clients: Clients,
    /// What the router says of itself, on standard error.
    pub(crate) log: Log,
}

/// A port.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listener {
    /// The IP address, and the port; with port 0 the system chooses one.
    pub(crate) address: Address,
    /// Listen at a Unix socket instead of an address: the file, which is made, and taken away at the
    /// end. One that was left behind is replaced. A relative path begins where this file is.
    #[schemars(example = &"crosspoint.sock")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unix: Option<PathBuf>,
    /// The permissions of the Unix socket, as for chmod: who may write to it may connect.
    pub(crate) unix_mode: Mode,
    /// Listen beyond this machine, although anybody who connects may do anything in a realm that takes
    /// anonymous sessions and has no roles. Without this, and with such a realm, the router does not start
    /// with any other address than one of this machine's own (127.0.0.1, [::1]).
    pub(crate) open_to_network: bool,
    /// What is spoken here. WebSocket and RawSocket share the port.
    #[schemars(length(min = 1))]
    pub(crate) transports: Vec<Transport>,
    /// The paths at which WebSocket clients connect. A browser gets a page at / nevertheless.
    #[schemars(length(min = 1))]
    pub(crate) paths: Vec<UrlPath>,
    /// The longest message that is taken from a client, from 512 B to 16 MiB. RawSocket can only say
    /// powers of two: there it is the next lower one.
    pub(crate) message_octets_max: Octets,
    /// Connections at a time. More wait until one ends.
    #[schemars(range(min = 1))]
    pub(crate) connections_max: u32,
    /// Those of them from one address; with IPv6, from one network of 64 bits. Who comes beyond that is
    /// closed at once. Mind that all who come through one proxy have its address.
    #[schemars(range(min = 1))]
    pub(crate) connections_per_address_max: u32,
    /// A WebSocket client from which nothing has come for so long is pinged; if nothing comes for as
    /// long again, its session ends.
    pub(crate) ping_interval: Patience,
    /// A connection ends when the peer's system has not answered for so long, or (on Linux) has made
    /// no room for so long for what is sent to it. Off leaves it to the system.
    pub(crate) dead_peer_timeout: Patience,
    /// TLS. With a certificate it is spoken on this port, and nothing else; without one, none is. What
    /// is said here, and what is in the files, is taken up when this file is read again, for
    /// connections that come from then on.
    pub(crate) tls: Tls,
}

/// What TLS is spoken with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    /// The file with the certificate, in PEM: first the router's own, then those that signed it, up to
    /// but without the one that clients have. A relative path begins where this file is.
    #[schemars(example = &"router.crt", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<PathBuf>,
    /// The file with its private key, in PEM, without a password.
    #[schemars(example = &"router.key", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PathBuf>,
    /// Whether clients have to show a certificate, too.
    #[schemars(extend("x-reload" = true))]
    pub(crate) client_certificates: ClientCertificates,
    /// The file with the certificates of those who may sign the clients', in PEM.
    #[schemars(example = &"clients-ca.crt", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_ca: Option<PathBuf>,
    /// The versions of TLS that are spoken.
    #[schemars(length(min = 1), extend("x-reload" = true))]
    pub(crate) versions: Vec<TlsVersion>,
}

/// Whether clients have to show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientCertificates {
    /// They are not asked for one.
    #[default]
    Off,
    /// One that is shown has to be signed by somebody in client_ca.
    Optional,
    /// Whoever has none that is signed by somebody in client_ca cannot connect.
    Required,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum TlsVersion {
    /// For clients that have nothing newer.
    #[serde(rename = "1.2")]
    Tls12,
    /// What everybody should speak.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// WebSocket, and plain HTTP for pages.
    WebSocket,
    /// RawSocket.
    RawSocket,
}

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
        example = json!(["ticket", "wampcra", "scram", "cryptosign"]),
        extend("x-reload" = true)
    )]
    pub(crate) authmethods: Vec<Method>,
    /// The role of those who are anonymous.
    #[schemars(extend("x-reload" = true))]
    pub(crate) anonymous_role: String,
    /// Who may join by a proof. The name of the table is the one that a client gives, its authid; what
    /// stands in it is made by 'crosspoint secret'. A ticket, wampcra or scram need not stand in this file:
    /// "env:NAME" stands for the variable NAME, "file:PATH" for a file, of which a relative path begins
    /// where this file is. There it may also be the ticket itself, or the secret of wampcra.
    #[schemars(extend("x-names" = "AUTHID", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) principals: IndexMap<String, Principal>,
    /// What URIs of procedures and topics look like.
    pub(crate) uri_rules: UriRules,
    /// Whether callees get to know who calls.
    pub(crate) disclose_caller: Disclosure,
    /// Whether subscribers get to know who publishes.
    pub(crate) disclose_publisher: Disclosure,
    /// What happens to a subscriber whose queue is full.
    pub(crate) slow_subscribers: SlowSubscribers,
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
    /// with another role may do nothing.
    #[schemars(extend("x-names" = "NAME", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) roles: IndexMap<String, Role>,
    /// Procedures that know who clients are: each for those who use a method, which is the name of the table
    /// (anonymous, ticket, wampcra, scram or cryptosign), and alone for these.
    #[schemars(extend("x-names" = "METHOD", "x-reload" = true))]
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub(crate) authenticators: IndexMap<String, Authenticator>,
}

/// A procedure that knows who clients are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authenticator {
    /// The procedure. It is called with (realm, authid, details), and answers with a role, or with
    /// {"role": ...} and what else there is to say of the client: authid, realm, and what its method
    /// needs: secret, and perhaps salt, iterations and keylen; pubkey; or stored-key, server-key, salt,
    /// kdf, iterations and memory. A ticket is in details.ticket. An error means that nobody is let in.
    #[schemars(example = &"com.example.authenticate")]
    pub(crate) procedure: String,
    /// The realm in which it is registered, if it is another one.
    #[schemars(example = &"com.example.accounts")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) realm: Option<String>,
    /// How long its answer is waited for, up to the 10 seconds that a client has until its WELCOME.
    #[serde(default = "default_authorizer_timeout")]
    pub(crate) timeout: Period,
}

/// What those may do who have the role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Role {
    /// What is allowed, and where. Of those that are for a URI the most specific one counts, and it alone:
    /// the exact one, else the longest prefix, else a wildcard. What none is for is refused, unless there
    /// is an authorizer. Whoever registers or subscribes to a pattern must be allowed to for all that it
    /// matches. To end other sessions, or to take their registrations and subscriptions away
    /// (wamp.session.kill and its kin, wamp.registration.remove_callee,
    /// wamp.subscription.remove_subscriber), takes a permission that begins with wamp, too.
    #[schemars(example = json!([
        { "uri": "com.example.", "match": "prefix", "allow": ["call", "subscribe"] }
    ]))]
    pub(crate) permissions: Vec<Permission>,
    /// Who decides where no permission is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer: Option<Authorizer>,
}

/// What is allowed at some URIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permission {
    /// The URI, or the pattern. The empty prefix is for all.
    #[schemars(example = &"com.example.")]
    pub(crate) uri: String,
    /// Which URIs are meant.
    #[serde(default, rename = "match")]
    pub(crate) matching: Match,
    /// What is allowed there. An empty list allows nothing.
    #[schemars(example = json!(["call", "subscribe"]))]
    pub(crate) allow: Vec<Action>,
    /// Callees and subscribers get to know who calls or publishes, whatever the realm says.
    #[serde(default)]
    pub(crate) disclose: bool,
}

/// What sessions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// CALL.
    Call,
    /// REGISTER.
    Register,
    /// PUBLISH.
    Publish,
    /// SUBSCRIBE.
    Subscribe,
}

/// A procedure that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authorizer {
    /// The procedure, in the same realm. It is called with (details, uri, action, options), and says true
    /// or false, or {"allow": true, "disclose": true, "cache": true}. Give its callee a role that may
    /// register it without being decided about.
    #[schemars(example = &"com.example.authorize")]
    pub(crate) procedure: String,
    /// How long its answer is waited for. What has no answer by then is refused.
    #[serde(default = "default_authorizer_timeout")]
    pub(crate) timeout: Period,
    /// How long an answer that says cache holds, for the session that has asked.
    #[serde(default = "default_authorizer_cache")]
    pub(crate) cache: Period,
}

const fn default_authorizer_timeout() -> Period {
    Period(Duration::from_secs(5))
}

const fn default_authorizer_cache() -> Period {
    Period(Duration::from_mins(10))
}

impl Authenticator {
    /// One that is waited for as long as it is if nobody says.
    pub(crate) fn of(procedure: String, realm: Option<String>) -> Authenticator {
        Authenticator { procedure, realm, timeout: default_authorizer_timeout() }
    }
}

impl Authorizer {
    /// One that is waited for, and remembered, as long as it is if nobody says.
    pub(crate) fn of(procedure: String) -> Authorizer {
        let (timeout, cache) = (default_authorizer_timeout(), default_authorizer_cache());
        Authorizer { procedure, timeout, cache }
    }
}

/// How somebody says who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    /// Not at all.
    Anonymous,
    /// By a ticket or password, which is sent as it is.
    Ticket,
    /// By signing with a shared secret.
    WampCra,
    /// By a password that the router does not know; clients call it wamp-scram, too.
    Scram,
    /// By signing with a private key.
    Cryptosign,
}

/// Somebody who may join. At least one of the credentials must be there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Principal {
    /// The name that the client gives, if it is not that of the table.
    #[schemars(example = &"alice@example.com")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authid: Option<String>,
    /// The role of the sessions: others are told of it, and trust levels go by it.
    #[schemars(example = &"backend")]
    pub(crate) role: String,
    /// The digest of the ticket. It protects tickets that are drawn at random, but no password that can be
    /// guessed.
    #[schemars(example = &"sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<Secret<Ticket>>,
    /// What is signed with: a key that is made of a password, "pbkdf2:ITERATIONS:SALT:KEY", or
    /// "plain:SECRET". Whoever reads either can sign.
    #[schemars(example = &"pbkdf2:1000:salt123:64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc=")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wampcra: Option<Secret<SharedKey>>,
    /// The keys that are made of a password, "pbkdf2:ITERATIONS:SALT:STORED:SERVER" or
    /// "argon2id13:ITERATIONS:MEMORY:SALT:STORED:SERVER", the memory in KiB; argon2id-13 for clients of
    /// Autobahn. Whoever reads them still has to guess the password.
    #[schemars(example = &SCRAM_EXAMPLE)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scram: Option<Secret<ScramKeys>>,
    /// Public keys, of which the client has a private one. A client that shows one of them need not give
    /// a name.
    #[schemars(example = json!(["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]))]
    #[serde(default)]
    pub(crate) cryptosign: Vec<ClientKey>,
}

/// RFC 7677's, of the password `pencil`.
const SCRAM_EXAMPLE: &str = "pbkdf2:4096:W22ZaJ0SNY7soEsUEjb6gQ==:\
     586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6:\
     c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5";

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
            log: Log::default(),
        }
    }
}

impl Default for Listener {
    fn default() -> Listener {
        let Liveness { ping_interval, dead_peer_timeout } = Liveness::default();
        Listener {
            address: Address(DEFAULT_ADDRESS),
            unix: None,
            unix_mode: Mode(UNIX_MODE),
            open_to_network: false,
            transports: vec![Transport::WebSocket, Transport::RawSocket],
            paths: WEBSOCKET_PATHS.map(|path| UrlPath(path.to_owned())).to_vec(),
            message_octets_max: MESSAGE_OCTETS_MAX.into(),
            connections_max: CONNECTIONS_MAX,
            connections_per_address_max: CONNECTIONS_MAX,
            ping_interval: Patience(ping_interval),
            dead_peer_timeout: Patience(dead_peer_timeout),
            tls: Tls::default(),
        }
    }
}

impl Default for Tls {
    fn default() -> Tls {
        Tls {
            certificate: None,
            key: None,
            client_certificates: ClientCertificates::default(),
            client_ca: None,
            versions: vec![TlsVersion::Tls12, TlsVersion::Tls13],
        }
    }
}

impl Default for Realm {
    fn default() -> Realm {
        Realm {
            name: None,
            authmethods: vec![Method::Anonymous],
            anonymous_role: ANONYMOUS.to_owned(),
            principals: IndexMap::new(),
            uri_rules: UriRules::default(),
            disclose_caller: Disclosure::default(),
            disclose_publisher: Disclosure::default(),
            slow_subscribers: SlowSubscribers::default(),
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
            testaments_max: count(limits.testaments_max),
            testaments_octets_max: limits.testaments_octets_max.into(),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
