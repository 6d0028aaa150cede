//! Asking an authorizer: while its answer is awaited, what the session asks for next waits behind it, so that
//! everything happens in the order in which it was said. What it answers to others does not wait: the
//! authorizer itself may need it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::{Dict, Value};

use super::{Authorizer, Decision, Grant, Question};
use crate::inquiry::{Inquiry, Outcome};
use crate::limits::{ANSWERS_REMEMBERED_MAX, REMEMBERED_OPTIONS_OCTETS_MAX, WAITING_OCTETS_MAX};
use crate::member::Member;
use crate::meta;
use crate::realm::Realm;
use crate::time::Time;
use crate::turn::Turn;

/// What a session has to ask for, and what waits for that.
pub(crate) struct Asking {
    inquiry: Inquiry,
    /// What the answer decides about, if one is awaited.
    request: Option<Request>,
    /// What has come behind it, in octets of the session's serializer.
    waiting: VecDeque<Box<[u8]>>,
    waiting_octets: usize,
    /// Answers that hold for a while, and until when: of this session alone, so nobody gets another's.
    remembered: HashMap<Question, (Decision, Time)>,
}

/// A request that may be granted.
struct Request {
    octets: Box<[u8]>,
    /// The one that is asked is the last.
    questions: Vec<Question>,
    grant: Grant,
    /// Others may decide by now: the answer is of no interest.
    is_outdated: bool,
}

/// What a request has come to.
pub(crate) enum Answered {
    Granted(Box<[u8]>, Grant),
    Refused(Box<[u8]>),
    /// Nobody could be asked.
    Failed(Box<[u8]>, String),
}

/// What an authorizer has said.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    grant: Option<Grant>,
    holds: bool,
}

impl Asking {
    pub(crate) fn new(asker: &Arc<Member>) -> Asking {
        Asking {
            inquiry: Inquiry::new(asker),
            request: None,
            waiting: VecDeque::new(),
            waiting_octets: 0,
            remembered: HashMap::new(),
        }
    }

    /// Is an answer awaited?
    pub(crate) fn is_open(&self) -> bool {
        self.request.is_some()
    }

    /// Do others decide by now about what is asked?
    pub(crate) fn is_outdated(&self) -> bool {
        self.request.as_ref().is_some_and(|request| request.is_outdated)
    }

    /// Until when, if it is.
    pub(crate) fn due(&self) -> Option<Time> {
        self.request.as_ref().map(|_| self.inquiry.due())
    }

    /// Has something to wait for the answer, or for those that have come before it?
    pub(crate) fn holds_back(&self) -> bool {
        self.is_open() || !self.waiting.is_empty()
    }

    /// May not more wait?
    pub(crate) fn is_full(&self) -> bool {
        self.waiting_octets >= WAITING_OCTETS_MAX
    }

    /// A message waits for its turn.
    pub(crate) fn hold_back(&mut self, octets: &[u8]) {
        self.waiting_octets += octets.len();
        self.waiting.push_back(octets.into());
    }

    /// The message whose turn it is.
    pub(crate) fn next_waiting(&mut self) -> Option<Box<[u8]>> {
        if self.is_open() {
            return None;
        }
        let octets = self.waiting.pop_front()?;
        self.waiting_octets -= octets.len();
        Some(octets)
    }

    /// What was answered before and still holds.
    pub(crate) fn remembered(&self, question: &Question, now: Time) -> Option<Decision> {
        let (decision, until) = self.remembered.get(question)?;
        (now < *until).then_some(*decision)
    }

    /// Answers may be others now.
    pub(crate) fn forget(&mut self) {
        self.remembered.clear();
        if let Some(request) = &mut self.request {
            request.is_outdated = true;
        }
    }

    /// Asks these questions, one after the other, as long as the answer is yes.
    pub(crate) fn ask(
        &mut self,
        message: &Message<'_>,
        (mut questions, grant): (Vec<Question>, Grant),
        authorizer: &Authorizer,
        (realm, asker): (&Realm, &Arc<Member>),
        turn: &mut Turn,
    ) {
        questions.reverse();
        let octets = message.to_octets(asker.wire.serializer).into_boxed_slice();
        self.request = Some(Request { octets, questions, grant, is_outdated: false });
        self.ask_next(authorizer, realm, asker, turn);
    }

    fn ask_next(
        &mut self,
        authorizer: &Authorizer,
        realm: &Realm,
        asker: &Member,
        turn: &mut Turn,
    ) {
        let Some(Request { questions, .. }) = &self.request else { return };
        let Some(question) = questions.last() else { return };
        let args = question.arguments(asker);
        let called = (authorizer.procedure.as_str(), args.as_slice());
        self.inquiry.ask(realm, called, authorizer.timeout_ms, turn);
    }

    /// The answer is of no interest any more: what it was to decide about.
    pub(crate) fn withdraw(&mut self, turn: &mut Turn) -> Option<Box<[u8]>> {
        self.inquiry.abandon(turn);
        self.request.take().map(|request| request.octets)
    }

    /// What the request has come to, if that is known.
    pub(crate) fn answered(
        &mut self,
        authorizer: &Authorizer,
        (realm, asker): (&Realm, &Arc<Member>),
        turn: &mut Turn,
    ) -> Option<Answered> {
        let request = self.request.as_mut()?;
        let answer = match self.inquiry.outcome(turn)? {
            Outcome::Result(value) => Answer::read(&value),
            Outcome::Failure(why) => Err(why),
        };
        let question = request.questions.pop();
        if let (Ok(Answer { grant, holds: true }), Some(question)) = (&answer, question)
            && question.options.len() <= REMEMBERED_OPTIONS_OCTETS_MAX
        {
            let until = turn.now().after_ms(authorizer.cache_ms);
            let decision = grant.map_or(Decision::Refused, Decision::Granted);
            remember(&mut self.remembered, question, (decision, until), turn.now());
        }
        match answer {
            Ok(Answer { grant: Some(grant), .. }) => {
                request.grant.disclose |= grant.disclose;
                if !request.questions.is_empty() {
                    self.ask_next(authorizer, realm, asker, turn);
                    return None;
                }
                let Request { octets, grant, .. } = self.request.take()?;
                Some(Answered::Granted(octets, grant))
            }
            Ok(Answer { grant: None, .. }) => Some(Answered::Refused(self.request.take()?.octets)),
            Err(why) => Some(Answered::Failed(self.request.take()?.octets, why)),
        }
    }

    /// The session ends.
    pub(crate) fn abandon(&self, turn: &mut Turn) {
        self.inquiry.abandon(turn);
    }
}

/// There is room for so many; those that hold no more make it, else any other.
fn remember(
    remembered: &mut HashMap<Question, (Decision, Time)>,
    question: Question,
    answer: (Decision, Time),
    now: Time,
) {
    if remembered.len() >= ANSWERS_REMEMBERED_MAX {
        remembered.retain(|_, (_, until)| now < *until);
    }
    if remembered.len() >= ANSWERS_REMEMBERED_MAX
        && let Some(other) = remembered.keys().next().cloned()
    {
        remembered.remove(&other);
    }
    remembered.insert(question, answer);
}

impl Answer {
    /// A truth value, or a dict as Crossbar.io's authorizers give it. What else it says is not understood, and
    /// so nothing is granted.
    fn read(value: &Value) -> Result<Answer, String> {
        let not_understood = |what: &str| Err(format!("its answer is not understood: {what}"));
        let Value::Dict(entries) = value else {
            let Value::Bool(allow) = value else {
                return not_understood("no truth value, no dict");
            };
            return Ok(Answer { grant: allow.then(Grant::default), holds: false });
        };
        let mut answer = Answer { grant: None, holds: false };
        let (mut allow, mut disclose) = (None, false);
        for (key, value) in entries.iter() {
            match (key, value) {
                (_, Value::Null) => {}
                ("allow", Value::Bool(value)) => allow = Some(*value),
                ("disclose", Value::Bool(value)) => disclose = *value,
                ("cache", Value::Bool(value)) => answer.holds = *value,
                _ => return not_understood(key),
            }
        }
        let Some(allow) = allow else { return not_understood("no 'allow'") };
        answer.grant = allow.then_some(Grant { disclose });
        Ok(answer)
    }
}

impl Question {
    /// What an authorizer is called with: `(details, uri, action, options)`.
    fn arguments(&self, asker: &Member) -> [Value; 4] {
        let mut options = match Value::decode(Serializer::MsgPack, &self.options) {
            Ok(Value::Dict(options)) => options,
            _ => Dict::new(),
        };
        options.insert("match", self.policy.name());
        [
            meta::session_details(asker).into(),
            self.uri.as_str().into(),
            self.action.name().into(),
            options.into(),
        ]
    }
}
