//! An authenticator: a procedure that is asked who a client is, and by what that can be proved, as Crossbar.io's
//! dynamic authenticators are: with `(realm, authid, details)`.
//!
//! For a ticket it is asked when the client has said it, which it finds in `details.ticket`; otherwise before the
//! challenge. It answers with a role, or with a dict of `role` and, where that is so, `realm`, `authid`, and what
//! the method needs: `secret` with perhaps `salt`, `iterations` and `keylen`; `pubkey`; or `stored-key`,
//! `server-key`, `salt`, `kdf`, `iterations` and `memory`. An ERROR means that the client is nobody.

use crosspoint_proto::auth::cryptosign::PublicKey;
use crosspoint_proto::auth::scram::{Cost, Kdf, Salt, StoredKeys};
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_proto::auth::{AuthError, AuthMethod};
use crosspoint_proto::error_uri;
use crosspoint_proto::message::authentication::{Challenge, ChallengeExtra};
use crosspoint_proto::message::session::HelloDetails;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::{Dict, Value};

use super::challenge::Challenged;
use super::claim::{Claim, Unfit};
use super::principal::{Credentials, Principal, ScramKeys, SharedKey};
use super::{ANONYMOUS, Admission, Circumstances, DYNAMIC, Step, denied};
use crate::inquiry::Outcome;
use crate::limits::{AUTHID_OCTETS_MAX, DERIVED_ITERATIONS_MAX};
use crate::member::{Identity, Member};
use crate::meta;
use crate::refusal::Refusal;
use crate::settings::RealmSettings;

/// Who is asked.
#[derive(Clone, Debug)]
pub struct Authenticator {
    /// The procedure's URI.
    pub procedure: String,
    /// Where it is registered, if not in the realm that the client wants to join.
    pub realm: Option<String>,
    /// How long its answer is waited for. It counts against the time that a client has until WELCOME.
    pub timeout_ms: u64,
}

/// What is asked about a client.
pub(crate) struct Question {
    pub(crate) method: AuthMethod,
    /// What the client calls it.
    name: String,
    authid: Option<String>,
    /// Its HELLO, in octets of its serializer: it may say more than the router understands.
    pub(crate) hello: Box<[u8]>,
    ticket: Option<String>,
}

/// What an authenticator says of a client.
pub(crate) struct Word {
    /// Where the client is to be, if it is somewhere else than it wanted.
    pub(crate) realm: Option<String>,
    authid: Option<String>,
    role: String,
    credentials: Credentials,
}

impl Question {
    pub(super) fn new(
        method: AuthMethod,
        name: &str,
        hello: &HelloDetails<'_>,
        octets: &[u8],
    ) -> Result<Question, Unfit> {
        let authid = hello.authid.as_deref();
        if authid.is_some_and(|authid| authid.len() > AUTHID_OCTETS_MAX) {
            return Err(Unfit::Lacks("an authid that is not that long"));
        }
        match method {
            AuthMethod::Cookie | AuthMethod::Tls => return Err(Unfit::Unbound),
            AuthMethod::Cryptosign if hello.authextra.pubkey.is_none() => {
                return Err(Unfit::Lacks("authextra.pubkey"));
            }
            AuthMethod::Anonymous | AuthMethod::Cryptosign => {}
            AuthMethod::Ticket | AuthMethod::WampCra | AuthMethod::WampScram => {
                authid.ok_or(Unfit::Lacks("an authid"))?;
            }
        }
        let (name, authid) = (name.to_owned(), authid.map(str::to_owned));
        Ok(Question { method, name, authid, hello: octets.into(), ticket: None })
    }

    /// A ticket has to be said before anybody can be asked.
    pub(super) fn first_step(self) -> Step {
        if self.method != AuthMethod::Ticket {
            return Step::Consult(self);
        }
        let extra = Box::new(ChallengeExtra::default());
        let challenge = Challenge { method: self.method.name().into(), extra };
        Step::Challenge(challenge, Box::new(Challenged::Ticket(self)))
    }

    pub(super) fn with_ticket(self, ticket: &str) -> Question {
        Question { ticket: Some(ticket.to_owned()), ..self }
    }

    /// `(realm, authid, details)`
    pub(crate) fn arguments(&self, realm: &str, asker: &Member) -> [Value; 3] {
        let mut details = Dict::from([
            ("session", Value::from(asker.session().0)),
            ("authmethod", self.method.name().into()),
            ("transport", meta::transport_details(asker).into()),
            ("authextra", self.extra(asker.wire().serializer)),
        ]);
        if let Some(authid) = &self.authid {
            details.insert("authid", authid.as_str());
        }
        if let Some(ticket) = &self.ticket {
            details.insert("ticket", ticket.as_str());
        }
        let authid = self.authid.as_deref().map_or(Value::Null, Value::from);
        [realm.into(), authid, details.into()]
    }

    /// `HELLO.Details.authextra`, with all that applications put into it.
    fn extra(&self, serializer: Serializer) -> Value {
        let hello = Value::decode(serializer, &self.hello).ok();
        let details = hello.as_ref().and_then(Value::as_list).and_then(|hello| hello.get(2));
        let extra = details.and_then(Value::as_dict).and_then(|details| details.get("authextra"));
        extra
            .filter(|extra| extra.as_dict().is_some())
            .cloned()
            .unwrap_or_else(|| Dict::new().into())
    }

    /// What the authenticator says. Where it says nothing that is understood, nobody is let in.
    pub(crate) fn word(&self, outcome: &Outcome) -> Result<Word, Refusal> {
        match outcome {
            Outcome::Result(value) => self.read(value).map_err(|what| failed(&what)),
            // It was the router that could not ask.
            Outcome::Failure(why) if !is_application_error(why) => Err(failed(why)),
            Outcome::Failure(_) => Err(denied()),
        }
    }

    fn read(&self, value: &Value) -> Result<Word, String> {
        if let Value::Str(role) = value {
            let (role, credentials) = (role.clone(), Credentials::default());
            return Ok(Word { realm: None, authid: None, role, credentials });
        }
        let Value::Dict(entries) = value else {
            return Err("its answer is not understood: no role, no dict".into());
        };
        let text = |key: &str| entries.get(key).and_then(Value::as_str).map(str::to_owned);
        let role = text("role").ok_or("its answer is not understood: no 'role'")?;
        // An empty one is what anybody can sign with.
        if self.method == AuthMethod::WampCra && text("secret").is_none_or(|it| it.is_empty()) {
            return Err("its answer is not understood: no 'secret'".into());
        }
        let credentials = self.credentials(entries).map_err(|error| error.to_string())?;
        Ok(Word { realm: text("realm"), authid: text("authid"), role, credentials })
    }

    fn credentials(&self, entries: &Dict) -> Result<Credentials, AuthError> {
        let text = |keys: [&str; 2]| {
            keys.iter().find_map(|key| entries.get(key).and_then(Value::as_str)).unwrap_or_default()
        };
        let number =
            |key: &str, default| entries.get(key).and_then(Value::as_u64).unwrap_or(default);
        let mut credentials = Credentials::default();
        match self.method {
            AuthMethod::WampCra => {
                let secret = text(["secret", "secret"]);
                let salted = entries.get("salt").and_then(Value::as_str);
                let salting = salted.map(|salt| {
                    Salting::new(salt, number("iterations", 1000), number("keylen", 32))
                });
                let salting = salting.transpose()?;
                let iterations = salting.as_ref().map_or(0, Salting::iterations);
                if iterations > DERIVED_ITERATIONS_MAX {
                    let most = DERIVED_ITERATIONS_MAX.into();
                    return Err(AuthError::OutOfRange { what: "iterations", least: 1, most });
                }
                let key = match &salting {
                    None => Key::from_secret(secret),
                    Some(salting) => Key::derive(secret, salting),
                };
                credentials.wampcra = Some(SharedKey { key, salting });
            }
            AuthMethod::Cryptosign => {
                credentials.cryptosign.push(PublicKey::from_hex(text(["pubkey", "pubkey"]))?);
            }
            AuthMethod::WampScram => {
                let stored = StoredKeys::from_hex(
                    text(["stored-key", "stored_key"]),
                    text(["server-key", "server_key"]),
                )?;
                let salt = Salt::from_hex(text(["salt", "salt"]))?;
                let kdf = Kdf::from_name(text(["kdf", "kdf"]))?;
                let memory = entries.get("memory").and_then(Value::as_u64);
                let cost = Cost::new(kdf, number("iterations", 0), memory)?;
                credentials.scram = Some(ScramKeys { stored, salt, cost });
            }
            AuthMethod::Anonymous | AuthMethod::Ticket | AuthMethod::Cookie | AuthMethod::Tls => {}
        }
        Ok(credentials)
    }

    /// What follows from that: a challenge, or a welcome.
    pub(crate) fn follow(
        &self,
        word: Word,
        realm: &RealmSettings,
        hello: &HelloDetails<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Step, Refusal> {
        let Word { authid, role, credentials, .. } = word;
        let authid = authid.or_else(|| self.authid.clone());
        let authid = authid.unwrap_or_else(|| ANONYMOUS.to_owned());
        if matches!(self.method, AuthMethod::Anonymous | AuthMethod::Ticket) {
            let identity = Identity {
                authid: authid.into(),
                authrole: role.into(),
                authmethod: self.method.name().into(),
                authprovider: DYNAMIC.into(),
            };
            return Ok(Step::Admit(Admission { identity, verifier: None }));
        }
        let principal = Principal { authid, role, credentials };
        let claim = Claim::of(&principal, realm, hello, circumstances);
        match claim.challenge(self.method, &self.name) {
            Ok((challenge, challenged)) => Ok(Step::Challenge(challenge, challenged)),
            Err(Unfit::Lacks(what)) => {
                let error = error_uri::AUTHENTICATION_REQUIRED;
                let text = format!("for authmethod '{}' HELLO needs {what}", self.method);
                Err(Refusal { error, text })
            }
            Err(Unfit::WithoutCredential | Unfit::Unbound) => Err(denied()),
        }
    }
}

/// Did somebody answer? The router's own errors are that nobody could.
fn is_application_error(error: &str) -> bool {
    const OWN: [&str; 8] = [
        error_uri::NO_SUCH_PROCEDURE,
        error_uri::CANCELED,
        error_uri::TIMEOUT,
        error_uri::NO_AVAILABLE_CALLEE,
        error_uri::MAX_CONCURRENCY_REACHED,
        error_uri::QUEUE_FULL,
        error_uri::PAYLOAD_SIZE_EXCEEDED,
        error_uri::INVALID_URI,
    ];
    error.contains('.') && !OWN.contains(&error)
}

/// Who knows the client could not be asked, or talks nonsense.
fn failed(why: &str) -> Refusal {
    let text = format!("the authenticator has not said who this is: {why}");
    Refusal { error: error_uri::AUTHENTICATION_FAILED, text }
}
