//! Who may join a realm, and what he may do there, as it is typed.

#![expect(clippy::doc_markdown, reason = "the comments are shown in terminals and in the file")]

use std::time::Duration;

use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_router::authentication::{ScramKeys, SharedKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::credential::{ClientKey, Fingerprint, Secret, TokenKey};
use super::super::units::Period;
use super::Match;

/// A procedure that knows who clients are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authenticator {
    /// The procedure. It is called with (realm, authid, details), and answers with a role, or with
    /// {"role": ...} and what else there is to say of the client: authid, realm, extra (which the client
    /// finds in its WELCOME), and what its method needs: secret, and perhaps salt, iterations and keylen;
    /// pubkey, or a list of authorized_keys; or stored-key, server-key, salt, kdf, iterations and memory. A
    /// ticket is in details.ticket, and what TLS has verified in details.transport.peer_cert. The realm may be
    /// another one than the client wants, if that asks the same procedure by this method. An error means that
    /// the client is nobody: it is asked for a proof like others, and not let in. An answer that is not
    /// understood, or none, lets nobody in either.
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
    /// wamp.subscription.remove_subscriber), takes a permission that names them
    /// (a prefix is wamp.session.kill or longer); no authorizer is asked.
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
    /// register it without being decided about. The options are those of the request that the router
    /// knows, and match.
    #[schemars(example = &"com.example.authorize")]
    pub(crate) procedure: String,
    /// How long its answer is waited for. What has no answer by then is refused.
    #[serde(default = "default_authorizer_timeout")]
    pub(crate) timeout: Period,
    /// How long an answer that says cache holds, for the session that has asked, and for the same options.
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
    /// By a certificate that is shown at a listener with client_certificates.
    Tls,
    /// By the cookie of a browser in which this was proved before by another method than tls, at a listener with a
    /// cookie.
    Cookie,
    /// By a token that somebody has signed who is named in tokens; it may be said as a ticket, too, or in the header
    /// Authorization, as a Bearer, of the request for the WebSocket.
    Jwt,
}

/// Somebody who signs tokens (JWT), and what he says of whom they are for. A token has to have an exp; a session that
/// was begun with it goes on when it is over.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    /// How they are signed. A token that says it is signed otherwise is not taken.
    #[schemars(example = &"EdDSA")]
    pub(crate) algorithm: TokenAlgorithm,
    /// What they are signed with. For HS256 a secret of at least 32 octets, "env:NAME", "file:PATH" or
    /// "plain:SECRET"; for the others a public key in PEM, in a file: "file:PATH".
    #[schemars(example = &"file:accounts.pem")]
    pub(crate) key: Secret<TokenKey>,
    /// Who has to have issued them: the claim iss. Anybody with the key, if it is not said.
    #[schemars(example = &"https://accounts.example.com")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// For whom they have to be: the claim aud, or one of it. For whomever, if it is not said: say it where the same key
    /// signs for others.
    #[schemars(example = &"crosspoint")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audience: Option<String>,
    /// The claim with the authid.
    #[serde(default = "default_authid_claim")]
    pub(crate) authid_claim: String,
    /// The role of all who have such a token. It, or role_claim, has to be there.
    #[schemars(example = &"user")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    /// The claim with the role: who signs says what they may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role_claim: Option<String>,
    /// The roles that role_claim may say: a token with another is not taken. Any, if they are not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<String>>,
}

fn default_authid_claim() -> String {
    "sub".to_owned()
}

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum TokenAlgorithm {
    /// HMAC with SHA-256, and a secret: who checks tokens can make them, too.
    HS256,
    /// RSA with SHA-256, from 2048 bits on.
    RS256,
    /// Ed25519.
    EdDSA,
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
    /// Certificates that the client may show at a listener with client_certificates, each by the SHA-256 of
    /// all of it: openssl x509 -noout -fingerprint -sha256 -in FILE prints that. It need not give a name. Who
    /// has signed them is the listener's affair: its client_ca.
    #[schemars(example = json!([FINGERPRINT_EXAMPLE]))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<Fingerprint>,
}

/// Of no certificate that there is.
const FINGERPRINT_EXAMPLE: &str =
    "sha256:0fae6bae26a39e0b2a53c3d1b1b6b2f6cc7f6d9a0b4f0d8b1f6c1d1a8c0b7d3e";

/// RFC 7677's, of the password `pencil`.
const SCRAM_EXAMPLE: &str = "pbkdf2:4096:W22ZaJ0SNY7soEsUEjb6gQ==:\
     586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6:\
     c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5";
