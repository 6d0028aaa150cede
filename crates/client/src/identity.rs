//! Who a client says it is, and how it proves that.
//!
//! ```text
//! Identity -- HELLO --> Prover -- CHALLENGE --> Task -- AUTHENTICATE --> Expected -- WELCOME
//! ```
//!
//! See "Authentication Methods" in the specification's Advanced Profile.

use std::fmt;

use crosspoint_proto::auth::cryptosign::{self, PrivateKey};
use crosspoint_proto::auth::scram::{
    AuthMessage, ClientKeys, ClientNonce, Cost, Dialect, Kdf, Nonce, Salt,
};
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_proto::auth::{AuthError, AuthMethod};
use crosspoint_proto::message::authentication::{Challenge, ChallengeExtra, HelloExtra};
use crosspoint_proto::message::session::{HelloDetails, WelcomeDetails};

/// What a client says of itself, and what it can prove that with, in the order in which it offers it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) authid: Option<String>,
    pub(crate) credentials: Vec<Credential>,
}

/// Something to prove who one is with. It does not show in `Debug` output.
#[derive(Clone)]
pub(crate) enum Credential {
    Anonymous,
    Ticket(String),
    WampCra(String),
    Scram(String),
    Cryptosign(PrivateKey),
}

impl Credential {
    /// What routers call it: SCRAM has two names.
    fn methods(&self) -> &'static [&'static str] {
        match self {
            Credential::Anonymous => const { &[AuthMethod::Anonymous.name()] },
            Credential::Ticket(_) => const { &[AuthMethod::Ticket.name()] },
            Credential::WampCra(_) => const { &[AuthMethod::WampCra.name()] },
            Credential::Scram(_) => {
                const { &[Dialect::Specification.method(), Dialect::Autobahn.method()] }
            }
            Credential::Cryptosign(_) => const { &[AuthMethod::Cryptosign.name()] },
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, ..)", self.methods()[0])
    }
}

/// An identity in one conversation.
pub(crate) struct Prover {
    identity: Identity,
    nonce: ClientNonce,
}

/// Why there is no answer to a challenge.
#[derive(Debug)]
pub(crate) enum Unanswerable {
    /// There is nothing to answer it with.
    Unknown,
    /// It makes no sense, or asks for too much.
    Unfit(AuthError),
}

/// What is to be computed for an answer. It may take long: not where others wait.
pub(crate) type Task = Box<dyn FnOnce() -> Result<Answer, AuthError> + Send>;

/// AUTHENTICATE.
pub(crate) struct Answer {
    pub(crate) signature: String,
    pub(crate) nonce: Option<String>,
    pub(crate) expected: Expected,
}

/// What the router has to prove itself.
pub(crate) enum Expected {
    Nothing,
    /// That it knows the password, too.
    Verifier(Box<ClientKeys>, AuthMessage),
}

impl Prover {
    /// With 16 octets that were drawn for this conversation.
    pub(crate) fn new(identity: &Identity, random: [u8; 16]) -> Result<Prover, AuthError> {
        Ok(Prover { identity: identity.clone(), nonce: ClientNonce::new(&random)? })
    }

    /// Says in HELLO what there is to be said.
    pub(crate) fn introduce<'p>(&'p self, details: &mut HelloDetails<'p>) {
        let Identity { authid, credentials } = &self.identity;
        details.authid = authid.as_deref().map(Into::into);
        let mut extra = HelloExtra::default();
        for credential in credentials {
            details.authmethods.extend(credential.methods().iter().map(|&name| name.into()));
            match credential {
                Credential::Scram(_) => extra.nonce = Some(self.nonce.as_str().into()),
                Credential::Cryptosign(key) => extra.pubkey = Some(key.public().to_hex().into()),
                Credential::Anonymous | Credential::Ticket(_) | Credential::WampCra(_) => {}
            }
        }
        details.authextra = extra;
    }

    /// What has to be done to answer the router.
    pub(crate) fn answer(&self, challenge: &Challenge<'_>) -> Result<Task, Unanswerable> {
        let Challenge { method, extra } = challenge;
        let credentials = &self.identity.credentials;
        let credential = credentials.iter().find(|it| it.methods().contains(&method.as_ref()));
        match credential {
            None | Some(Credential::Anonymous) => Err(Unanswerable::Unknown),
            Some(Credential::Ticket(ticket)) => Ok(said(ticket.clone())),
            Some(Credential::WampCra(secret)) => wampcra(secret.clone(), extra),
            Some(Credential::Cryptosign(key)) => cryptosign(key, extra),
            Some(Credential::Scram(password)) => {
                let dialect = Dialect::from_method(method).unwrap_or_default();
                self.scram(dialect, password.clone(), extra)
            }
        }
    }

    fn scram(
        &self,
        dialect: Dialect,
        password: String,
        extra: &ChallengeExtra<'_>,
    ) -> Result<Task, Unanswerable> {
        let nonce = extra.nonce.as_deref().unwrap_or_default();
        let nonce = Nonce::of_challenge(&self.nonce, nonce)?;
        let salt = Salt::from_base64(extra.salt.as_deref().unwrap_or_default())?;
        let kdf = Kdf::from_name(extra.kdf.as_deref().unwrap_or_default())?;
        let cost = Cost::new(kdf, extra.iterations.unwrap_or_default(), extra.memory)?;
        let authid = self.identity.authid.as_deref().unwrap_or_default();
        let message = AuthMessage::new(dialect, authid, &nonce, &salt, cost)?;
        Ok(Box::new(move || {
            let keys = ClientKeys::derive(&password, &salt, cost)?;
            Ok(Answer {
                signature: keys.prove(&message),
                nonce: Some(nonce.both().to_owned()),
                expected: Expected::Verifier(Box::new(keys), message),
            })
        }))
    }

    /// May a router let us in without asking anything? Not if all that we offer is SCRAM, by which it would have
    /// to prove itself.
    pub(crate) fn trusts_unasked(&self) -> bool {
        let credentials = &self.identity.credentials;
        credentials.is_empty() || !credentials.iter().all(|it| matches!(it, Credential::Scram(_)))
    }
}

impl From<AuthError> for Unanswerable {
    fn from(error: AuthError) -> Unanswerable {
        Unanswerable::Unfit(error)
    }
}

impl Expected {
    /// Has the router proved itself?
    pub(crate) fn is_met(&self, welcome: &WelcomeDetails<'_>) -> bool {
        match self {
            Expected::Nothing => true,
            Expected::Verifier(keys, message) => {
                let verifier = welcome.authextra.verifier.as_deref();
                verifier.is_some_and(|verifier| keys.verify_router(message, verifier).is_ok())
            }
        }
    }
}

fn said(signature: String) -> Task {
    Box::new(|| Ok(Answer { signature, nonce: None, expected: Expected::Nothing }))
}

fn wampcra(secret: String, extra: &ChallengeExtra<'_>) -> Result<Task, Unanswerable> {
    let challenge = extra.challenge.as_deref().unwrap_or_default().to_owned();
    let salting = match extra.salt.as_deref() {
        None | Some("") => None,
        Some(salt) => {
            let (iterations, keylen) = (extra.iterations, extra.keylen);
            Some(Salting::new(salt, iterations.unwrap_or(1000), keylen.unwrap_or(32))?)
        }
    };
    Ok(Box::new(move || {
        let key = match &salting {
            None => Key::from_secret(&secret),
            Some(salting) => Key::derive(&secret, salting),
        };
        Ok(Answer { signature: key.sign(&challenge), nonce: None, expected: Expected::Nothing })
    }))
}

/// We have not asked for a binding, so there must be none.
fn cryptosign(key: &PrivateKey, extra: &ChallengeExtra<'_>) -> Result<Task, Unanswerable> {
    if extra.channel_binding.is_some() {
        return Err(Unanswerable::Unknown);
    }
    let challenge = extra.challenge.as_deref().unwrap_or_default();
    let challenge = cryptosign::Challenge::from_hex(challenge)?;
    Ok(said(key.sign(&challenge, None)))
}
