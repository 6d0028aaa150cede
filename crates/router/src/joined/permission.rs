//! Whether a session may do what it asks for: found out before anything is done or looked up.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::uri::MatchPolicy;

use super::Joined;
use super::forfeit::Forfeiting;
use crate::authorization::{self, Action, Answered, Asking, Decision, Grant, Question, Rights};
use crate::member::Member;
use crate::meta;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::time::Time;
use crate::turn::Turn;

impl Joined {
    /// A request that needs a permission: it is granted, refused, or waits until somebody has decided.
    pub(super) fn on_request(
        &mut self,
        member: &Arc<Member>,
        message: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        match self.authorize(member, message, turn) {
            Ok(Some(grant)) => return self.grant(member, message, grant, turn),
            Ok(None) => {}
            Err(refusal) => refuse(member, message, &refusal, turn),
        }
        Ok(())
    }

    /// The grant for everything, where nothing is limited.
    pub(super) fn grant_for_everything(&self) -> Option<Grant> {
        let outdated = self.rights.are_outdated(&self.realm.roles);
        (!outdated && !self.rights.are_limited()).then(Grant::default)
    }

    /// What goes with a testament, which was permitted when it was added; `None` if it is not any more.
    pub(super) fn last_grant(&mut self, member: &Member, topic: &str) -> Option<Grant> {
        if self.rights.are_outdated(&self.realm.roles) {
            self.renew_rights(member);
        }
        match self.rights.decide(Action::Publish, MatchPolicy::Exact, topic) {
            Decision::Granted(grant) => Some(grant),
            Decision::Refused => None,
            // Nobody is there any more who could wait for another answer.
            Decision::Asked => {
                let publishing = (Action::Publish, MatchPolicy::Exact, topic);
                let forfeiting = self.forfeiting.as_ref();
                let is_gone = forfeiting.is_some_and(|it| it.takes_away(publishing, &self.rights));
                (!is_gone).then(Grant::default)
            }
        }
    }

    /// Why a call that was permitted does not go on, if its caller may not call that any more.
    pub(super) fn forbidden_call(&mut self, member: &Member, procedure: &str) -> Option<Refusal> {
        if self.rights.are_outdated(&self.realm.roles) {
            self.renew_rights(member);
        }
        let decision = self.rights.decide(Action::Call, MatchPolicy::Exact, procedure);
        (decision == Decision::Refused).then(|| authorization::refusal(&member.identity().authrole))
    }

    /// What a session says next waits while an answer is awaited, but for what it answers itself.
    pub(crate) fn must_wait(&self, message: &Message<'_>) -> bool {
        self.holds_back()
            && !matches!(message, Message::Yield(_) | Message::Error(_) | Message::Abort(_))
    }

    pub(crate) fn hold_back(&mut self, octets: &[u8]) {
        if let Some(asking) = &mut self.asking {
            asking.hold_back(octets);
        }
    }

    pub(super) fn holds_back(&self) -> bool {
        self.asking.as_ref().is_some_and(|asking| asking.holds_back())
    }

    /// What has waited, and waits no more.
    pub(crate) fn next_waiting(&mut self) -> Option<Box<[u8]>> {
        if self.unfinished.is_some() {
            return None;
        }
        self.asking.as_mut()?.next_waiting()
    }

    /// Until when an answer is awaited.
    pub(crate) fn asks_until(&self) -> Option<Time> {
        self.asking.as_ref()?.due()
    }

    /// Nothing more is asked.
    pub(crate) fn stop_asking(&mut self, turn: &mut Turn) {
        if let Some(asking) = self.asking.take() {
            asking.abandon(turn);
        }
    }

    /// Does what an answer has decided, if there is one.
    pub(super) fn follow_answer(
        &mut self,
        member: &Arc<Member>,
        turn: &mut Turn,
    ) -> Result<bool, ProtocolViolation> {
        let Some(asking) = self.asking.as_mut().filter(|asking| asking.is_open()) else {
            return Ok(false);
        };
        let authorizer = self.rights.authorizer().filter(|_| !asking.is_outdated());
        let Some(authorizer) = authorizer else {
            // Others decide by now, or nobody does whose word would count: it is decided anew.
            let octets = asking.withdraw(turn).unwrap_or_default();
            if let Ok(message) = Message::decode(member.wire.serializer, &octets) {
                self.on_request(member, &message, turn)?;
            }
            return Ok(true);
        };
        let Some(answered) = asking.answered(authorizer, (&self.realm, member), turn) else {
            return Ok(false);
        };
        let (Answered::Granted(octets, _)
        | Answered::Refused(octets)
        | Answered::Failed(octets, _)) = &answered;
        // It was read when it came.
        let Ok(message) = Message::decode(member.wire.serializer, octets) else { return Ok(true) };
        match &answered {
            Answered::Granted(_, grant) => self.grant(member, &message, *grant, turn)?,
            Answered::Refused(_) => {
                let refusal = authorization::refusal(&member.identity().authrole);
                refuse(member, &message, &refusal, turn);
            }
            Answered::Failed(_, why) => {
                member.counters.authorizations_failed.add(1);
                refuse(member, &message, &authorization::failure(why), turn);
            }
        }
        Ok(true)
    }

    /// What goes with a request that is granted; `None` if somebody is asked.
    fn authorize(
        &mut self,
        member: &Arc<Member>,
        message: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<Option<Grant>, Refusal> {
        if self.rights.are_outdated(&self.realm.roles) {
            self.renew_rights(member);
        }
        let Some(wanted) = Wanted::by(message).filter(|_| self.rights.are_limited()) else {
            return Ok(Some(Grant::default()));
        };
        let mut open = Vec::new();
        let grant = self.consider(member, wanted, || message.options_octets(), &mut open, turn)?;
        if let Message::Call(call) = message
            && let Some(question) = meta::also_needs(call, &self.realm, member)?
        {
            self.consider(member, Wanted::of(&question), Vec::new, &mut open, turn)?;
        }
        let Some(authorizer) = self.rights.authorizer().filter(|_| !open.is_empty()) else {
            return Ok(Some(grant));
        };
        let asking = self.asking.get_or_insert_with(|| Box::new(Asking::new(member)));
        asking.ask(message, (open, grant), authorizer, (&self.realm, member), turn);
        Ok(None)
    }

    /// What is known already. A question that is open is put among the others.
    fn consider(
        &self,
        member: &Member,
        Wanted { action, policy, uri }: Wanted<'_>,
        options: impl FnOnce() -> Vec<u8>,
        open: &mut Vec<Question>,
        turn: &Turn,
    ) -> Result<Grant, Refusal> {
        let refusal = || Err(authorization::refusal(&member.identity().authrole));
        match self.rights.decide(action, policy, uri) {
            Decision::Granted(grant) => return Ok(grant),
            Decision::Refused => return refusal(),
            Decision::Asked => {}
        }
        let (uri, options) = (uri.to_owned(), options().into_boxed_slice());
        let question = Question { action, policy, uri, options };
        let asking = self.asking.as_ref();
        match asking.and_then(|asking| asking.remembered(&question, turn.now())) {
            Some(Decision::Granted(grant)) => Ok(grant),
            Some(Decision::Refused) => refusal(),
            Some(Decision::Asked) | None => {
                open.push(question);
                Ok(Grant::default())
            }
        }
    }

    pub(super) fn renew_rights(&mut self, member: &Member) {
        let rights = Rights::of(&member.identity().authrole, &self.realm.roles);
        let before = mem::replace(&mut self.rights, rights);
        self.forfeiting = Some(Box::new(Forfeiting::begin(before, self.forfeiting.take())));
        if let Some(asking) = &mut self.asking {
            asking.forget();
        }
    }
}

/// What a request is for.
struct Wanted<'m> {
    action: Action,
    policy: MatchPolicy,
    uri: &'m str,
}

impl<'m> Wanted<'m> {
    fn by(message: &'m Message<'_>) -> Option<Wanted<'m>> {
        // Who names a policy that is not known is told when he is granted the exact URI.
        let policy = |name: Option<&str>| name.and_then(MatchPolicy::from_name).unwrap_or_default();
        let (action, policy, uri) = match message {
            Message::Call(call) => (Action::Call, MatchPolicy::Exact, &call.procedure),
            Message::Publish(publish) => (Action::Publish, MatchPolicy::Exact, &publish.topic),
            Message::Register(register) => {
                let policy = policy(register.options.matching.as_deref());
                (Action::Register, policy, &register.procedure)
            }
            Message::Subscribe(subscribe) => {
                let policy = policy(subscribe.options.matching.as_deref());
                (Action::Subscribe, policy, &subscribe.topic)
            }
            _ => return None,
        };
        Some(Wanted { action, policy, uri })
    }

    fn of(question: &'m Question) -> Wanted<'m> {
        let Question { action, policy, uri, .. } = question;
        Wanted { action: *action, policy: *policy, uri }
    }
}

fn refuse(member: &Arc<Member>, message: &Message<'_>, refusal: &Refusal, turn: &mut Turn) {
    let (kind, request) = match message {
        Message::Call(call) => (RequestKind::Call, call.request),
        Message::Register(register) => (RequestKind::Register, register.request),
        Message::Subscribe(subscribe) => (RequestKind::Subscribe, subscribe.request),
        Message::Publish(publish) if publish.options.acknowledge => {
            (RequestKind::Publish, publish.request)
        }
        _ => return member.counters.requests_refused.add(1),
    };
    member.refuse(kind, request, refusal, turn);
}
