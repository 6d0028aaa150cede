//! An authenticator: a procedure that is asked who a client is, and by what that can be proved, as Crossbar.io's
//! dynamic authenticators are: with `(realm, authid, details)`.
//!
//! For a ticket it is asked when the client has said it, which it finds in `details.ticket`; for a certificate, which
//! is in `details.transport.peer_cert`, when TLS has verified it; otherwise before the challenge.
//!
//! What it answers is a [`Word`]. An ERROR means that the client is nobody: then he is asked for a proof all the same,
//! like those of whom the authenticator has told, and it is never right. So an authenticator that answers an ERROR
//! for those whom it does not know lets nobody learn who exists, but for how long it takes.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::error_uri;
use crosspoint_proto::message::authentication::{Challenge, ChallengeExtra};
use crosspoint_proto::message::session::HelloDetails;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::transport::CertificateDetails;
use crosspoint_proto::value::{Dict, Value};

use super::challenge::Challenged;
use super::claim::{Claim, Unfit};
use super::principal::Principal;
use super::word::{Likeness, Word};
use super::{ANONYMOUS, Admission, Circumstances, DYNAMIC, Step, authid, denied};
use crate::inquiry::Outcome;
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

impl Authenticator {
    /// Is it the same one that is asked?
    pub(super) fn is(&self, other: &Authenticator) -> bool {
        (&self.procedure, &self.realm) == (&other.procedure, &other.realm)
    }
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
    /// What TLS has verified, where the method is that.
    certificate: Option<CertificateDetails>,
}

impl Question {
    pub(super) fn new(
        method: AuthMethod,
        name: &str,
        hello: &HelloDetails<'_>,
        octets: &[u8],
        certificate: Option<&CertificateDetails>,
    ) -> Result<Question, Unfit> {
        let authid = hello.authid.as_deref();
        match method {
            AuthMethod::Cookie | AuthMethod::Jwt => return Err(Unfit::Unbound),
            AuthMethod::Tls => {
                certificate.ok_or(Unfit::Lacks("a client certificate"))?;
            }
            AuthMethod::Cryptosign if hello.authextra.pubkey.is_none() => {
                return Err(Unfit::Lacks("authextra.pubkey"));
            }
            AuthMethod::Anonymous | AuthMethod::Cryptosign => {}
            AuthMethod::Ticket | AuthMethod::WampCra | AuthMethod::WampScram => {
                authid.ok_or(Unfit::Lacks("an authid"))?;
            }
        }
        let (name, authid) = (name.to_owned(), authid.map(str::to_owned));
        let certificate = certificate.filter(|_| method == AuthMethod::Tls).cloned();
        Ok(Question { method, name, authid, hello: octets.into(), ticket: None, certificate })
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
        let hello = self.hello_details(asker.wire().serializer);
        let extra = hello.get("authextra").filter(|extra| extra.as_dict().is_some());
        let mut transport = meta::transport_details(asker);
        if let Some(certificate) = &self.certificate {
            transport.insert("peer_cert", told_of(certificate));
        }
        let mut details = Dict::from([
            ("session", Value::from(asker.session().0)),
            ("authmethod", self.name.as_str().into()),
            ("transport", transport.into()),
            ("authextra", extra.cloned().unwrap_or_else(|| Dict::new().into())),
        ]);
        if let Some(role) = hello.get("authrole").and_then(Value::as_str) {
            details.insert("authrole", role);
        }
        if let Some(authid) = &self.authid {
            details.insert("authid", authid.as_str());
        }
        if let Some(ticket) = &self.ticket {
            details.insert("ticket", ticket.as_str());
        }
        let authid = self.authid.as_deref().map_or(Value::Null, Value::from);
        [realm.into(), authid, details.into()]
    }

    /// `HELLO.Details`, with all that applications put into it.
    fn hello_details(&self, serializer: Serializer) -> Dict {
        let hello = Value::decode(serializer, &self.hello).ok();
        let details = hello.as_ref().and_then(Value::as_list).and_then(|hello| hello.get(2));
        details.and_then(Value::as_dict).cloned().unwrap_or_default()
    }

    /// What the authenticator says: `None` if the client is nobody, and still may be asked for a proof. Where it
    /// says nothing that is understood, nobody is let in.
    pub(crate) fn word(
        &self,
        outcome: &Outcome,
        likeness: &Likeness,
    ) -> Result<Option<Word>, Refusal> {
        match outcome {
            Outcome::Result(value) => {
                let word = Word::read(self.method, value)
                    .map_err(|what| failed(&format!("its answer is not understood: {what}")))?;
                likeness.learn(&word);
                Ok(Some(word))
            }
            // It was the router that could not ask.
            Outcome::Failure(why) if !is_application_error(why) => Err(failed(why)),
            Outcome::Failure(_) if self.admits_at_once() => Err(denied()),
            Outcome::Failure(_) => Ok(None),
        }
    }

    /// Is there nothing more to prove when the authenticator has spoken?
    fn admits_at_once(&self) -> bool {
        matches!(self.method, AuthMethod::Anonymous | AuthMethod::Ticket | AuthMethod::Tls)
    }

    /// What follows from that: a challenge, or a welcome.
    pub(crate) fn follow(
        &self,
        word: Word,
        realm: &RealmSettings,
        hello: &HelloDetails<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Step, Refusal> {
        let Word { authid, role, extra, credentials, .. } = word;
        let authid = authid.or_else(|| self.authid.clone()).or_else(|| self.name_in_certificate());
        let authid = match authid {
            None if self.method == AuthMethod::Tls => {
                return Err(failed("neither it nor the certificate names the client"));
            }
            authid => authid.unwrap_or_else(|| ANONYMOUS.to_owned()),
        };
        if self.admits_at_once() {
            let identity = Identity {
                authid: authid.into(),
                authrole: role.into(),
                authmethod: self.method.name().into(),
                authprovider: DYNAMIC.into(),
            };
            return Ok(Step::Admit(Admission { identity, verifier: None, extra }));
        }
        let principal = Principal { authid, role, credentials };
        self.challenge(&Claim::of(&principal, realm, hello, circumstances), extra)
    }

    /// May the authenticator of one realm say who somebody is in another? Only if that asks it, too: otherwise whoever it
    /// names would be let in there by whom it does not know.
    pub(crate) fn check_reach(
        &self,
        realm: &RealmSettings,
        other: &RealmSettings,
    ) -> Result<(), Refusal> {
        let asked = |of: &RealmSettings| {
            let is_taken = of.authentication.takes(self.method);
            let it = of.authentication.authenticator(self.method).filter(|_| is_taken)?;
            let place = it.realm.clone().unwrap_or_else(|| of.name.clone());
            Some((it.procedure.clone(), place))
        };
        let is_asked = asked(realm).is_some_and(|here| asked(other) == Some(here));
        let name = &other.name;
        is_asked.then_some(()).ok_or_else(|| failed(&format!("realm {name} does not ask it")))
    }

    /// Whoever has said it may not be asked any more: since then the realm may have changed.
    pub(crate) fn check_asker(
        &self,
        before: &RealmSettings,
        now: &RealmSettings,
    ) -> Result<(), Refusal> {
        let is_asked = before.authentication.asks_alike(&now.authentication, self.method);
        if is_asked { Ok(()) } else { Err(failed("it is not asked any more")) }
    }

    fn name_in_certificate(&self) -> Option<String> {
        let name = self.certificate.as_ref()?.common_name.clone()?;
        authid::is_somebodys(&name).then_some(name)
    }

    /// What follows if the client is nobody: the same, and no proof is right.
    pub(crate) fn follow_nobody(
        &self,
        likeness: &Likeness,
        realm: &RealmSettings,
        hello: &HelloDetails<'_>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Step, Refusal> {
        let like = likeness.of_nobody((self.method, &self.name), hello);
        self.challenge(&Claim::of_nobody(&like, realm, hello, circumstances), Dict::new())
    }

    fn challenge(&self, claim: &Claim<'_>, extra: Dict) -> Result<Step, Refusal> {
        match claim.challenge(self.method, &self.name) {
            Ok((challenge, challenged)) => {
                Ok(Step::Challenge(challenge, Box::new(challenged.with_extra(extra))))
            }
            Err(Unfit::Lacks(what)) => {
                let error = error_uri::AUTHENTICATION_REQUIRED;
                let text = format!("for authmethod '{}' HELLO needs {what}", self.method);
                Err(Refusal { error, text })
            }
            Err(Unfit::WithoutCredential | Unfit::Unbound | Unfit::Nobodys) => Err(denied()),
        }
    }
}

/// What an authenticator is told of a certificate, in the words that Crossbar.io has for that.
fn told_of(certificate: &CertificateDetails) -> Value {
    let mut subject = Dict::new();
    if let Some(name) = &certificate.common_name {
        subject.insert("cn", name.as_str());
    }
    let sha256 = certificate.fingerprint_digits();
    Dict::from([("sha256", Value::from(sha256)), ("subject", subject.into())]).into()
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

/// Who knows the client could not be asked, or talks nonsense. Why is for the log: see [`told`](super::told).
fn failed(why: &str) -> Refusal {
    let text = format!("{HAS_FAILED}: {why}");
    Refusal { error: error_uri::AUTHENTICATION_FAILED, text }
}

/// The realm in which it is to be asked, or of which it speaks, is not there.
pub(crate) fn no_realm(name: &str) -> Refusal {
    failed(&format!("there is no realm {name} here"))
}

/// All that a client is told of that.
pub(super) const HAS_FAILED: &str = "the authenticator has not said who this is";
