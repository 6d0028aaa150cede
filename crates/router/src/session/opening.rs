//! The opening of a session: from HELLO to WELCOME.
//!
//! Who has to prove what, and whether that is right, is found out in [`authentication`]; here it is sent, and
//! what comes back is waited for: from the client, or from an authenticator.

use std::borrow::Cow;
use std::mem;
use std::sync::Arc;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::error_uri;
use crosspoint_proto::feature::Roles;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::authentication::{Authenticate, WelcomeExtra};
use crosspoint_proto::message::session::{Abort, Hello, HelloDetails, Welcome, WelcomeDetails};
use crosspoint_proto::uri::UriRules;

use super::introduction::Introduction;
use super::{Session, Stage};
use crate::authentication::{self, Admission, Challenged, Circumstances, Claimant, Question, Step};
use crate::ids::Entropy;
use crate::inquiry::{Inquiry, Outcome};
use crate::joined::Joined;
use crate::member::Identity;
use crate::quirks;
use crate::realm::Realm;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::requests::Requests;
use crate::router::Router;
use crate::settings::RealmSettings;
use crate::time::Time;
use crate::turn::Turn;
use crate::why::EndedBy;

/// What only a session needs that has to prove who it is.
pub(super) struct Authenticating {
    realm: Arc<Realm>,
    /// By these it was asked.
    settings: Arc<RealmSettings>,
    claimant: Claimant,
    entropy: Entropy,
    awaited: Awaited,
}

/// Who has the word.
enum Awaited {
    /// The client: AUTHENTICATE.
    Proof(Box<Challenged>),
    /// An authenticator.
    Word(Inquiry, Question),
}

impl Authenticating {
    /// Until when an authenticator may answer, if one was asked.
    pub(super) fn due(&self) -> Option<Time> {
        match &self.awaited {
            Awaited::Proof(_) => None,
            Awaited::Word(inquiry, _) => Some(inquiry.due()),
        }
    }

    /// The session ends.
    pub(super) fn abandon(&self, turn: &mut Turn) {
        if let Awaited::Word(inquiry, _) = &self.awaited {
            inquiry.abandon(turn);
        }
    }
}

impl Session {
    /// The octets are those of the message.
    pub(super) fn on_opening(
        &mut self,
        message: &Message<'_>,
        octets: &[u8],
        entropy: Entropy,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        match message {
            Message::Hello(hello) => self.on_hello(hello, octets, entropy, turn),
            Message::Abort(abort) => self.on_abort(abort, turn),
            other => {
                let name = other.name();
                return Err(ProtocolViolation(format!(
                    "received {name} before the session was established: HELLO comes first"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn on_proof(
        &mut self,
        message: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        let awaits_proof = match &self.stage {
            Stage::Authenticating(authenticating) => authenticating.due().is_none(),
            _ => false,
        };
        match message {
            Message::Authenticate(answer) if awaits_proof => {
                self.on_authenticate(answer, turn);
            }
            Message::Abort(abort) => self.on_abort(abort, turn),
            other => {
                let name = other.name();
                return Err(ProtocolViolation(format!(
                    "received {name} before the session was established, out of turn"
                )));
            }
        }
        Ok(())
    }

    /// The client does not want to go on.
    fn on_abort(&mut self, abort: &Abort<'_>, turn: &mut Turn) {
        self.ends_because(EndedBy::Client, &abort.reason);
        self.close(turn);
    }

    fn on_hello(&mut self, hello: &Hello<'_>, octets: &[u8], entropy: Entropy, turn: &mut Turn) {
        self.introduction = Some(Box::new(Introduction::new(hello)));
        if let Err(refusal) = self.begin(hello, octets, entropy, turn) {
            self.member.counters.sessions_refused.add(1);
            self.turn_away(&refusal, turn);
        }
    }

    /// Asks who the client is: it, or somebody else; or lets it in.
    fn begin(
        &mut self,
        hello: &Hello<'_>,
        octets: &[u8],
        entropy: Entropy,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let Hello { realm, details } = hello;
        let realm = self.realm(realm)?;
        self.member.state(|state| {
            state.roles = quirks::roles(details);
            state.forgets_canceled_calls = quirks::forgets_canceled_calls(details);
            state.streams_uninterrupted = quirks::streams_uninterrupted(details);
        });
        let settings = realm.settings_for_newcomers();
        let mut circumstances = self.circumstances(details, entropy, turn);
        if authentication::asks_for(AuthMethod::Tls, &settings, details) {
            circumstances.certificate = self.member.certificate();
        }
        if authentication::asks_for(AuthMethod::Cookie, &settings, details) {
            let cookie = self.member.cookie();
            circumstances.remembered =
                cookie.and_then(|it| realm.cookies.get(&it.digest, turn.now()));
        }
        let step = authentication::begin(&settings, details, octets, &circumstances);
        let claimant = || {
            let strangers = &self.router.settings.strangers;
            Claimant::new(self.member.address(), details.authid.as_deref(), strangers)
        };
        let step = match step {
            // A token that has come with the request is a proof like one that is said.
            step if circumstances.is_tried(&step) => {
                introduce(&mut self.introduction, AuthMethod::Jwt);
                judge(step, &realm, claimant(), turn.now())?
            }
            // About whom there were too many wrong proofs nobody is asked.
            Ok(Step::Consult(_)) => judge(step, &realm, claimant(), turn.now())?,
            step => step?,
        };
        let claimant = match step {
            Step::Admit(_) => Claimant::default(),
            Step::Challenge(..) | Step::Consult(_) => claimant(),
        };
        self.take(step, (realm, settings), claimant, entropy, turn)
    }

    fn circumstances(
        &self,
        hello: &HelloDetails<'_>,
        entropy: Entropy,
        turn: &Turn,
    ) -> Circumstances<'_> {
        // It takes some computing.
        let binds = hello.authextra.channel_binding.is_some();
        Circumstances {
            session: self.member.session,
            now: turn.now(),
            random: entropy.challenge,
            channel: binds.then(|| self.member.channel_id()).flatten(),
            certificate: None,
            token: self.member.take_token(),
            remembered: None,
            strangers: &self.router.settings.strangers,
        }
    }

    /// The settings are those by which it was found out.
    fn take(
        &mut self,
        step: Step,
        (realm, settings): (Arc<Realm>, Arc<RealmSettings>),
        claimant: Claimant,
        entropy: Entropy,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let awaited = match step {
            Step::Admit(admission) => {
                return self.welcome((&realm, &settings), admission, entropy, turn);
            }
            Step::Challenge(challenge, challenged) => {
                if let Some(method) = AuthMethod::from_name(&challenge.method) {
                    introduce(&mut self.introduction, method);
                }
                self.member.send(&Message::Challenge(challenge), turn);
                Awaited::Proof(challenged)
            }
            Step::Consult(question) => {
                introduce(&mut self.introduction, question.method);
                Awaited::Word(self.consult(&question, &realm, turn)?, question)
            }
        };
        let authenticating = Authenticating { realm, settings, claimant, entropy, awaited };
        self.stage = Stage::Authenticating(Box::new(authenticating));
        Ok(())
    }

    /// Asks an authenticator.
    fn consult(
        &self,
        question: &Question,
        realm: &Arc<Realm>,
        turn: &mut Turn,
    ) -> Result<Inquiry, Refusal> {
        let settings = realm.settings_for_newcomers();
        let authenticator = settings.authentication.authenticator(question.method);
        let authenticator = authenticator.ok_or_else(authentication::denied)?;
        // Never in another realm than the one that is named: anybody might have registered it there.
        let place = match &authenticator.realm {
            Some(name) => &self.router.realm(name).ok_or_else(|| authentication::no_realm(name))?,
            None => realm,
        };
        let args = question.arguments(&realm.settings.name, &self.member);
        let called = (authenticator.procedure.as_str(), args.as_slice());
        let mut inquiry = Inquiry::new(&self.member);
        inquiry.ask(place, called, authenticator.timeout_ms, turn);
        Ok(inquiry)
    }

    /// Does what an authenticator has said, if it has.
    pub(super) fn follow_word(&mut self, turn: &mut Turn) -> bool {
        let Stage::Authenticating(authenticating) = &mut self.stage else { return false };
        let Awaited::Word(inquiry, _) = &mut authenticating.awaited else { return false };
        let Some(outcome) = inquiry.outcome(turn) else { return false };
        let Stage::Authenticating(authenticating) = mem::replace(&mut self.stage, Stage::Closed)
        else {
            return false;
        };
        if let Err(refusal) = self.heed(&outcome, *authenticating, turn) {
            self.turn_away(&refusal, turn);
        }
        true
    }

    fn heed(
        &mut self,
        outcome: &Outcome,
        authenticating: Authenticating,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let Authenticating {
            realm,
            settings: before,
            claimant,
            entropy,
            awaited: Awaited::Word(_, question),
        } = authenticating
        else {
            return Ok(());
        };
        // A key may have to be derived.
        let mut word = Err(authentication::denied());
        self.member.take_time(&mut || word = question.word(outcome, &realm.likeness));
        // It was read when it came.
        let hello = Message::decode(self.member.wire.serializer, &question.hello);
        let Ok(Message::Hello(Hello { details, .. })) = hello else {
            return Err(authentication::denied());
        };
        let circumstances = self.circumstances(&details, entropy, turn);
        let (mut place, mut settings) = (Arc::clone(&realm), realm.settings_for_newcomers());
        let step = word.and_then(|word| {
            question.check_asker(&before, &settings)?;
            let Some(word) = word else {
                let (likeness, settings) = (&realm.likeness, &realm.settings);
                let mut step = Err(authentication::denied());
                self.member.take_time(&mut || {
                    step = question.follow_nobody(likeness, settings, &details, &circumstances);
                });
                return step;
            };
            if let Some(name) = word.realm.as_ref().filter(|name| **name != realm.settings.name) {
                place = self.router.realm(name).ok_or_else(|| authentication::no_realm(name))?;
                let here = mem::replace(&mut settings, place.settings_for_newcomers());
                question.check_reach(&here, &settings)?;
            }
            question.follow(word, &place.settings, &details, &circumstances)
        });
        let step = judge(step, &realm, claimant, turn.now())?;
        self.take(step, (place, settings), claimant, entropy, turn)
    }

    /// The client is not let in. The log may say more of that than the client is told.
    fn turn_away(&mut self, refusal: &Refusal, turn: &mut Turn) {
        let Refusal { error, text } = refusal;
        let counters = &self.member.counters;
        match *error {
            error_uri::AUTHENTICATION_FAILED => counters.authenticators_failed.add(1),
            error_uri::TOO_MANY_ATTEMPTS => counters.attempts_refused.add(1),
            error_uri::AUTHENTICATION_DENIED => counters.authentications_failed.add(1),
            _ => {}
        }
        self.ends_because(EndedBy::Router, &format!("{error}: {text}"));
        self.refuse(error, authentication::told(refusal), turn);
    }

    fn realm(&self, name: &str) -> Result<Arc<Realm>, Refusal> {
        UriRules::Loose.check(name).map_err(|invalid| Refusal::invalid_uri("realm", invalid))?;
        self.router.realm(name).ok_or_else(|| Refusal {
            error: error_uri::NO_SUCH_REALM,
            text: format!("there is no realm {name} here"),
        })
    }

    /// The challenge is used up, whatever the answer is.
    fn on_authenticate(&mut self, answer: &Authenticate<'_>, turn: &mut Turn) {
        let stage = mem::replace(&mut self.stage, Stage::Closed);
        let Stage::Authenticating(authenticating) = stage else { return };
        let Authenticating { realm, settings, claimant, entropy, awaited } = *authenticating;
        let Awaited::Proof(challenged) = awaited else { return };
        let current = realm.settings_for_newcomers();
        let step = challenged.check(answer, &current.authentication).and_then(|step| match step {
            // Since he was asked his credentials may have changed, or been taken away.
            Step::Admit(it)
                if !settings.authentication.knows_alike(&current.authentication, &it.identity) =>
            {
                Err(authentication::denied())
            }
            step => Ok(step),
        });
        let taken = judge(step, &realm, claimant, turn.now())
            .and_then(|step| self.take(step, (realm, settings), claimant, entropy, turn));
        if let Err(refusal) = taken {
            self.turn_away(&refusal, turn);
        }
    }

    fn welcome(
        &mut self,
        (realm, settings): (&Arc<Realm>, &RealmSettings),
        admission: Admission,
        entropy: Entropy,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let Admission { identity, verifier, extra } = admission;
        debug_assert_eq!(authentication::check_authid(&identity.authid), Ok(()));
        // So that the browser need not prove it again. Before WELCOME, upon which it may come again at once.
        if let Some(cookie) = self.member.cookie() {
            realm.remember(&cookie, &identity, settings, turn.now());
        }
        self.member.identify(identity);
        let verifier = verifier.as_deref().map(Into::into);
        let extra = WelcomeExtra { verifier, more: Cow::Borrowed(&extra) };
        let welcome = self.welcome_message(realm, &extra, Router::ROLES);
        let shorter = self.welcome_message(realm, &extra, Router::BARE_ROLES);
        let requests = Requests::new(self.router.settings.uncounted_requests);
        let authrole = &self.member.identity().authrole;
        let mut joined = Joined::new(Arc::clone(realm), authrole, requests, entropy);
        joined.enter(&self.member, turn, |turn| {
            self.member.send_or_shorter(&welcome, &shorter, turn);
        })?;
        self.realm = Some(Arc::clone(realm));
        self.introduction = None;
        self.stage = Stage::Established(joined);
        Ok(())
    }

    /// The client has logged out: who comes with its cookie is nobody in the realm.
    pub(super) fn forget(&self) {
        if let (Some(realm), Some(cookie)) = (&self.realm, self.member.cookie()) {
            realm.cookies.forget(&cookie.digest);
        }
    }

    fn welcome_message<'w>(
        &'w self,
        realm: &'w Realm,
        authextra: &WelcomeExtra<'w>,
        roles: Roles,
    ) -> Message<'w> {
        let Identity { authid, authrole, authmethod, authprovider } = self.member.identity();
        let details = Box::new(WelcomeDetails {
            realm: realm.settings.name.as_str().into(),
            authid: authid.as_ref().into(),
            authrole: authrole.as_ref().into(),
            authmethod: authmethod.as_ref().into(),
            authprovider: authprovider.as_ref().into(),
            agent: self.router.settings.agent.as_str().into(),
            authextra: authextra.clone(),
            roles,
        });
        Message::Welcome(Welcome { session: self.member.session, details })
    }
}

/// This is the method by which it is found out who the client is.
fn introduce(introduction: &mut Option<Box<Introduction>>, method: AuthMethod) {
    if let Some(introduction) = introduction {
        introduction.authmethod = Some(method);
    }
}

/// What follows, if it was not tried too often before.
fn judge(
    step: Result<Step, Refusal>,
    realm: &Realm,
    claimant: Claimant,
    now: Time,
) -> Result<Step, Refusal> {
    let limits = realm.settings_for_newcomers().authentication.attempts;
    match &step {
        Ok(Step::Admit(_)) => realm.attempts.on_right(claimant, limits, now)?,
        Ok(Step::Consult(_)) => realm.attempts.check(claimant, limits, now)?,
        Err(Refusal { error: error_uri::AUTHENTICATION_DENIED, .. }) => {
            return Err(realm.attempts.on_wrong(claimant, limits, now));
        }
        Ok(Step::Challenge(..)) | Err(_) => {}
    }
    step
}
