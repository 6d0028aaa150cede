//! Authentication: who a session is, found out between its HELLO and its WELCOME.
//!
//! ```text
//! HELLO -> the first method that will do --- anonymous, tls, cookie -> Admission -> WELCOME
//!               |                                                        ^
//!               +-- others --> Challenged --- the proof is right --------+
//!                  <- CHALLENGE   AUTHENTICATE ->  or ABORT
//! ```
//!
//! Nothing here sends or waits: `begin` says what comes after HELLO, and what is asked of the client waits in
//! its [`Session`](crate::session::Session) as a `Challenged`, which takes one answer. Where an
//! [`Authenticator`] knows the clients instead, it is asked about them (`Question`): before the challenge, or with
//! the ticket.
//!
//! **Which method is used:** the first of the client's list that the realm takes, for which HELLO has what is
//! needed, and for which the principal has a credential. The last of these would tell who exists. So a
//! stranger, of whom nothing is known, seems to have the methods, costs and role of one of those who are known,
//! which is chosen by a keyed hash of his authid: always the same one. He is asked for a proof like everybody
//! else, the same is computed of it, and it is never right; the ABORT is that for a wrong password. And who has
//! a credential for none of the client's methods, or seems to have none, is asked for the first of them, as a
//! stranger is who has it: nobody is told before AUTHENTICATE that his name will not do.
//!
//! His salt looks like that of the one whom he is like, and is another one under another key ([`StrangersKey`]); what
//! remains is that somebody may have chosen a salt that means something. Where an authenticator knows the clients, strangers seem to be
//! like the first of whom it has told (`Likeness`): those who are different from him show that they exist.
//!
//! **What the transport proves** needs no challenge: a certificate that TLS has verified, or a token that has come
//! with the request for the connection. Who offers no methods at all offers that, where the realm takes it, and else
//! to be anonymous.
//!
//! - `authid`: what somebody may be called
//! - `principal`: who is known, and by what
//! - `principals`: all who are, by name and by key
//! - `claim`: whom HELLO says the client is, and how it can prove that
//! - `challenge`: what is asked, and whether the answer is right
//! - `certificate`: whom a verified certificate makes of a client
//! - `token`: whom a signed token makes of a client
//! - `cookies`: who is known again by his browser
//! - `authenticator`: who else may know clients; `word`: what he says of them
//! - `attempts`: how many of them may be wrong
//!
//! See "Authentication Methods" in the specification's Advanced Profile.

mod attempts;
mod authenticator;
mod authid;
mod certificate;
mod challenge;
mod claim;
mod cookies;
mod principal;
mod principals;
mod token;
mod word;

use std::sync::Arc;

use crosspoint_proto::auth::cryptosign::ChannelId;
use crosspoint_proto::auth::{AuthMethod, StrangersKey};
use crosspoint_proto::error_uri;
use crosspoint_proto::id::SessionId;
use crosspoint_proto::message::authentication as message;
use crosspoint_proto::message::session::HelloDetails;
use crosspoint_proto::transport::CertificateDetails;
use crosspoint_proto::value::Dict;

use crate::member::Identity;
use crate::refusal::Refusal;
use crate::settings::RealmSettings;
use crate::time::Time;

pub use attempts::AttemptLimits;
pub(crate) use attempts::{Attempts, Claimant};
pub use authenticator::Authenticator;
pub(crate) use authenticator::{Question, no_realm};
pub use authid::{InvalidAuthid, check_authid};
pub(crate) use challenge::Challenged;
pub use cookies::Cookie;
pub(crate) use cookies::{Cookies, is_worth_it};
pub use principal::{Credentials, Principal, ScramKeys, SharedKey};
pub use principals::{Principals, Taken};
pub use token::{Holder, TokenVerifier};
pub(crate) use word::Likeness;

use claim::{Asked, Claim, Unfit};
use token::TokenCheck;

/// The `authid` and, if nothing else is said, the `authrole` of those who do not say who they are.
pub const ANONYMOUS: &str = "anonymous";

/// Who may join a realm, and how that is found out.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// The methods that are taken: anonymous, those of [`Credentials`], and cookie, for who has used one of
    /// these. Others mean nothing.
    pub methods: Vec<AuthMethod>,
    /// The role of those who need not say who they are.
    pub anonymous_role: String,
    /// The role of those whose certificate is no principal's: they go by the name that is in it. Without
    /// one only certificates of principals count.
    pub certificate_role: Option<String>,
    /// Those who have to prove it.
    pub principals: Principals,
    /// Who knows whether tokens are right, where they are taken.
    pub tokens: Option<Arc<dyn TokenVerifier>>,
    /// Who knows clients that are no principals: what he says counts alone for the method.
    pub authenticators: Vec<(AuthMethod, Authenticator)>,
    /// How often they may be wrong.
    pub attempts: AttemptLimits,
}

impl Default for Authentication {
    /// Anybody, as anonymous.
    fn default() -> Self {
        Authentication {
            methods: vec![AuthMethod::Anonymous],
            anonymous_role: ANONYMOUS.to_owned(),
            certificate_role: None,
            principals: Principals::default(),
            tokens: None,
            authenticators: Vec::new(),
            attempts: AttemptLimits::default(),
        }
    }
}

impl Authentication {
    /// Is that method taken?
    pub fn takes(&self, method: AuthMethod) -> bool {
        self.methods.contains(&method)
    }

    /// May a client say who it is by that method? A token may be said as a ticket.
    fn hears(&self, method: AuthMethod) -> bool {
        let takes_tokens = self.tokens.is_some() && self.takes(AuthMethod::Jwt);
        self.takes(method) || (method == AuthMethod::Ticket && takes_tokens)
    }

    /// Who knows the clients that use a method, if it is not the principals.
    pub(crate) fn authenticator(&self, method: AuthMethod) -> Option<&Authenticator> {
        let found = self.authenticators.iter().find(|(of, _)| *of == method);
        found.map(|(_, authenticator)| authenticator)
    }

    /// Does the other take a method, too, and have the same one asked about it, if anybody?
    pub(crate) fn asks_alike(&self, other: &Authentication, method: AuthMethod) -> bool {
        let is_same = match [self, other].map(|of| of.authenticator(method)) {
            [Some(was), Some(is)] => was.is(is),
            [was, is] => was.is_none() && is.is_none(),
        };
        is_same && other.takes(method)
    }

    /// Is somebody who was let in by this known by the other, too, and as the same? What tokens say is for whoever
    /// reads them.
    pub(crate) fn knows_alike(&self, other: &Authentication, identity: &Identity) -> bool {
        let method = AuthMethod::from_name(&identity.authmethod);
        let [was, is] = [self, other].map(|of| of.principals.by_authid(&identity.authid));
        method.is_some_and(|method| self.asks_alike(other, method))
            && match (was, is) {
                (Some(was), Some(is)) => was.role == is.role && was.credentials == is.credentials,
                // Somebody else knows him.
                (None, None) => true,
                _ => false,
            }
    }

    /// `ticket, wampcra`: what there is instead of being anonymous.
    fn proofs(&self) -> String {
        let proofs = self.methods.iter().filter(|method| **method != AuthMethod::Anonymous);
        proofs.map(|method| method.name()).collect::<Vec<_>>().join(", ")
    }
}

/// What a challenge is made of, beside what HELLO says.
pub(crate) struct Circumstances<'c> {
    /// The ID that the session will have.
    pub(crate) session: SessionId,
    pub(crate) now: Time,
    /// Drawn for this session's challenge.
    pub(crate) random: [u8; 32],
    /// What the connection is known by on both of its ends.
    pub(crate) channel: Option<ChannelId>,
    /// What TLS has verified, where that matters.
    pub(crate) certificate: Option<CertificateDetails>,
    /// The token that has come with the request for the connection.
    pub(crate) token: Option<Box<str>>,
    /// Whom its cookie stands for in the realm, where that matters.
    pub(crate) remembered: Option<Identity>,
    pub(crate) strangers: &'c StrangersKey,
}

impl Circumstances<'_> {
    /// Was the token that has come with the request what this hangs on?
    pub(crate) fn is_tried(&self, step: &Result<Step, Refusal>) -> bool {
        self.token.is_some()
            && match step {
                Ok(Step::Admit(it)) => it.identity.authmethod.as_ref() == AuthMethod::Jwt.name(),
                Ok(_) => false,
                Err(refusal) => refusal.error == error_uri::AUTHENTICATION_DENIED,
            }
    }
}

/// What comes after HELLO.
pub(crate) enum Step {
    /// WELCOME.
    Admit(Admission),
    /// CHALLENGE, and then the client's AUTHENTICATE.
    Challenge(message::Challenge<'static>, Box<Challenged>),
    /// An authenticator's word.
    Consult(Question),
}

/// Who a session is.
pub(crate) struct Admission {
    pub(crate) identity: Identity,
    /// What the router proves itself with: SCRAM's `verifier`.
    pub(crate) verifier: Option<String>,
    /// What an authenticator has the client told.
    pub(crate) extra: Dict,
}

/// Finds out what a client has to prove before it may join the realm. The octets are those of its HELLO.
pub(crate) fn begin(
    realm: &RealmSettings,
    hello: &HelloDetails<'_>,
    octets: &[u8],
    circumstances: &Circumstances<'_>,
) -> Result<Step, Refusal> {
    let authentication = &realm.authentication;
    let claim = Claim::new(realm, hello, circumstances)?;
    let (mut lacking, mut without, mut is_nobody) = (None, None, false);
    let token = (hello.authmethods.is_empty() && circumstances.token.is_some())
        .then_some(AuthMethod::Jwt.name());
    for name in token.into_iter().chain(offered(hello, authentication)) {
        let Some(method) = AuthMethod::from_name(name).filter(|it| authentication.hears(*it))
        else {
            continue;
        };
        let step = if authentication.takes(method) && authentication.authenticator(method).is_some()
        {
            let certificate = circumstances.certificate.as_ref();
            let question = Question::new(method, name, hello, octets, certificate);
            question.map(Question::first_step)
        } else if let Some(step) = begin_with_token(method, &claim, authentication, circumstances) {
            step
        } else if method == AuthMethod::Anonymous {
            Ok(Step::Admit(Admission::anonymous(authentication)))
        } else if method == AuthMethod::Tls {
            let certificate = circumstances.certificate.as_ref();
            certificate.ok_or(Unfit::Lacks("a client certificate")).and_then(|certificate| {
                let authid = hello.authid.as_deref();
                let admission = certificate::admission(certificate, authid, authentication);
                admission.map(Step::Admit).ok_or(Unfit::Nobodys)
            })
        } else if method == AuthMethod::Cookie {
            let (remembered, authid) = (circumstances.remembered.as_ref(), hello.authid.as_deref());
            let admission = cookies::admission(remembered, authid, authentication);
            admission.map(Step::Admit).ok_or(Unfit::Lacks("a cookie of somebody who has joined"))
        } else {
            claim.challenge(method, name).map(Step::of)
        };
        match step {
            Ok(step) => return Ok(step),
            // Who brings a token, and says nothing else of himself, is whom it stands for.
            Err(Unfit::Nobodys) if method == AuthMethod::Jwt && hello.authmethods.is_empty() => {
                return Err(denied());
            }
            // Who has no list has not asked for that.
            Err(Unfit::Lacks(_)) if hello.authmethods.is_empty() => {}
            // That a browser is not known is nothing that a person could do something about.
            Err(Unfit::Lacks(what)) => {
                let before = lacking.filter(|(method, _)| *method != AuthMethod::Cookie);
                lacking = before.or(Some((method, what)));
            }
            Err(Unfit::WithoutCredential) => without = without.or(Some((method, name))),
            Err(Unfit::Nobodys) => is_nobody = true,
            Err(Unfit::Unbound) => {}
        }
    }
    let strange = without.map(|(method, name)| claim.of_stranger(method).challenge(method, name));
    match strange {
        Some(Ok(asked)) => Ok(Step::of(asked)),
        _ if is_nobody => Err(denied()),
        _ => Err(no_method(authentication, hello, lacking)),
    }
}

/// What follows if the client offers a token, or a ticket that may be one; `None` if it does not, or none is taken.
fn begin_with_token(
    method: AuthMethod,
    claim: &Claim<'_>,
    authentication: &Authentication,
    circumstances: &Circumstances<'_>,
) -> Option<Result<Step, Unfit>> {
    let check = matches!(method, AuthMethod::Jwt | AuthMethod::Ticket)
        .then(|| TokenCheck::new(authentication, claim.authid()))
        .flatten()?;
    if method == AuthMethod::Jwt
        && let Some(token) = &circumstances.token
    {
        return Some(check.admission(token, authentication).map(Step::Admit).ok_or(Unfit::Nobodys));
    }
    // Who has a ticket instead says that; whether anybody has, nobody learns.
    let instead = (method == AuthMethod::Ticket && authentication.takes(method))
        .then(|| claim.challenge(method, method.name()).ok())
        .flatten();
    let instead = instead.map(|(_, challenged)| challenged);
    let challenge = message::Challenge { method: method.name().into(), extra: Box::default() };
    Some(Ok(Step::Challenge(challenge, Box::new(Challenged::Token(check, instead)))))
}

impl Step {
    fn of((challenge, challenged): Asked) -> Step {
        Step::Challenge(challenge, challenged)
    }
}

/// The methods of the client's list, in its order. Who has none says nothing of himself, and lets his transport
/// speak.
fn offered<'h>(
    hello: &'h HelloDetails<'_>,
    authentication: &Authentication,
) -> impl Iterator<Item = &'h str> {
    let says_nothing = hello.authmethods.is_empty();
    let tls = (says_nothing && authentication.takes(AuthMethod::Tls)).then_some(AuthMethod::Tls);
    let anonymous = says_nothing.then_some(ANONYMOUS);
    let listed = hello.authmethods.iter().map(AsRef::as_ref);
    listed.chain(tls.map(AuthMethod::name)).chain(anonymous)
}

/// Does it matter what the connection says by this method? To find that out takes some computing.
pub(crate) fn asks_for(
    method: AuthMethod,
    realm: &RealmSettings,
    hello: &HelloDetails<'_>,
) -> bool {
    let authentication = &realm.authentication;
    authentication.takes(method) && offered(hello, authentication).any(|name| name == method.name())
}

/// None of the methods will do, whoever the client wants to be.
fn no_method(
    authentication: &Authentication,
    hello: &HelloDetails<'_>,
    lacking: Option<(AuthMethod, &str)>,
) -> Refusal {
    if let Some((method, what)) = lacking {
        let error = error_uri::AUTHENTICATION_REQUIRED;
        let who = match method {
            AuthMethod::Tls | AuthMethod::Cookie => "the connection",
            _ => "HELLO",
        };
        return Refusal { error, text: format!("for authmethod '{method}' {who} needs {what}") };
    }
    let proofs = authentication.proofs();
    if proofs.is_empty() {
        let error = error_uri::NO_MATCHING_AUTH_METHOD;
        let text = "this realm takes anonymous sessions only: offer authmethod 'anonymous'";
        return Refusal { error, text: text.to_owned() };
    }
    if hello.authmethods.iter().all(|name| name == ANONYMOUS) {
        let error = error_uri::AUTHENTICATION_REQUIRED;
        let text = format!("this realm takes no anonymous sessions: offer one of {proofs}");
        return Refusal { error, text };
    }
    let error = error_uri::NO_MATCHING_AUTH_METHOD;
    Refusal { error, text: format!("none of the authmethods will do; this realm takes {proofs}") }
}

impl Admission {
    fn anonymous(authentication: &Authentication) -> Admission {
        let identity = Identity {
            authid: ANONYMOUS.into(),
            authrole: match authentication.anonymous_role.as_str() {
                ANONYMOUS => ANONYMOUS.into(),
                other => other.to_owned().into(),
            },
            authmethod: ANONYMOUS.into(),
            authprovider: STATIC.into(),
        };
        Admission { identity, verifier: None, extra: Dict::new() }
    }
}

/// By whose word: the configuration's.
const STATIC: &str = "static";
/// Or an authenticator's.
const DYNAMIC: &str = "dynamic";

/// A proof was wrong, or its client is nobody: the same words for both.
pub(crate) fn denied() -> Refusal {
    Refusal {
        error: error_uri::AUTHENTICATION_DENIED,
        text: "the proof is wrong, or nobody here has that name or key".to_owned(),
    }
}

/// What a client is told that is not let in. What has become of an authenticator's word, which may name procedures, other
/// realms and what is known of clients, is for the operator alone.
pub(crate) fn told(refusal: &Refusal) -> &str {
    match refusal.error {
        error_uri::AUTHENTICATION_FAILED => authenticator::HAS_FAILED,
        _ => &refusal.text,
    }
}
