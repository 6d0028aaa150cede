//! An inquiry: the router itself calls a procedure, because somebody else decides what it has to know.
//!
//! It does so like everybody else, as a [`Member`] that is in no list, goes by the name of the session on whose
//! behalf it asks, and whose link ends in memory. So whatever becomes of the callee there is one answer, and it comes
//! in the same way. The session's task is told when it is there. It asks whoever has registered the procedure itself: who
//! has a pattern that covers it may be anybody.

use std::io::{self, IoSlice};
use std::mem;
use std::sync::Arc;

use crosspoint_proto::framing::rawsocket::{self, LengthLimit};
use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress};
use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{self, CallOptions};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{MsgPackWriter, Serializer};
use crosspoint_proto::value::Value;

use crate::authorization::Grant;
use crate::dealer::{Admitted, cancel};
use crate::limits::INQUIRY_ANSWER_OCTETS_MAX;
use crate::member::{Link, Member, State};
use crate::realm::Realm;
use crate::requests::Freshness;
use crate::sync::Mutex;
use crate::time::Time;
use crate::turn::Turn;
use crate::wire::Wire;

/// A caller on the router's own behalf: one question at a time.
pub(crate) struct Inquiry {
    caller: Arc<Member>,
    mailbox: Arc<Mailbox>,
    /// Questions so far.
    asked: u64,
    due: Time,
}

/// What has come of a question.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The first of the results, if there are any.
    Result(Value),
    /// Why there is none: for the log.
    Failure(String),
}

/// Where the answer arrives.
struct Mailbox {
    received: Mutex<Vec<u8>>,
    asker: Arc<Member>,
}

impl Inquiry {
    pub(crate) fn new(asker: &Arc<Member>) -> Inquiry {
        let mailbox = Arc::new(Mailbox { received: Mutex::default(), asker: Arc::clone(asker) });
        let limit = LengthLimit::at_most(INQUIRY_ANSWER_OCTETS_MAX);
        let encoder = Encoder::RawSocket(rawsocket::Encoder::new(limit));
        let wire = Wire { serializer: Serializer::MsgPack, encoder };
        let link = Arc::clone(&mailbox) as Arc<dyn Link>;
        let counters = Arc::clone(&asker.counters);
        let caller = Member::new(asker.session, wire, link, asker.limits, counters);
        caller.identify(asker.identity().clone());
        Inquiry { caller, mailbox, asked: 0, due: Time::default() }
    }

    /// Asks: calls the procedure with these arguments. The answer comes in time, or is a failure.
    pub(crate) fn ask(
        &mut self,
        realm: &Realm,
        (procedure, args): (&str, &[Value]),
        timeout_ms: u64,
        turn: &mut Turn,
    ) {
        self.asked += 1;
        self.due = turn.now().after_ms(timeout_ms);
        let mut octets = Vec::new();
        // MessagePack has words for all of this.
        let written = Value::write_list(args, &mut MsgPackWriter::new(&mut octets));
        debug_assert!(written.is_ok());
        let serializer = Serializer::MsgPack;
        let message = rpc::Call {
            request: RequestId(self.asked),
            options: CallOptions::default(),
            procedure: procedure.into(),
            payload: Payload { serializer, arity: Arity::Args, octets: &octets },
        };
        let grant = Some(Grant::default());
        let admitted = realm.dealer.admit(&self.caller, &message, Freshness::New, grant, turn);
        if let Ok(Admitted::Call(call)) = admitted {
            realm.dealer.on_call_by_name(&message, &call, turn);
        }
    }

    /// When it is over at the latest.
    pub(crate) fn due(&self) -> Time {
        self.due
    }

    /// What has come of the question, if it is known.
    pub(crate) fn outcome(&mut self, turn: &mut Turn) -> Option<Outcome> {
        let outcome = self.mailbox.take(self.asked);
        if outcome.is_none() && turn.now() >= self.due {
            self.abandon(turn);
            return Some(Outcome::Failure("there was no answer in time".into()));
        }
        outcome
    }

    /// The answer is of no interest any more. Another question may be asked.
    pub(crate) fn abandon(&self, turn: &mut Turn) {
        cancel::caller_lost(self.caller.state(State::take_calls), turn);
    }
}

impl Mailbox {
    /// Takes all that has come, and gives the answer to this question, if it is there. Others are late.
    fn take(&self, request: u64) -> Option<Outcome> {
        let mut received = mem::take(&mut *self.received.lock());
        let mut decoder = Decoder::RawSocket(rawsocket::Decoder::new(INQUIRY_ANSWER_OCTETS_MAX));
        let (mut outcome, mut done) = (None, 0);
        while let Ok(Progress::Took { octets, frame }) = decoder.decode(&mut received[done..]) {
            if let Some(Frame::Message { octets, .. }) = frame {
                outcome = outcome_of(octets, request).or(outcome);
            }
            done += octets;
        }
        outcome
    }
}

fn outcome_of(octets: &[u8], request: u64) -> Option<Outcome> {
    match Message::decode(Serializer::MsgPack, octets) {
        Ok(Message::Result(result)) if result.request.0 == request => {
            let values = result.payload.values();
            let first = values.map(|(args, _)| args.into_iter().next().unwrap_or(Value::Null));
            Some(first.map_or_else(|error| Outcome::Failure(error.to_string()), Outcome::Result))
        }
        Ok(Message::Error(error)) if error.request.0 == request => {
            Some(Outcome::Failure(error.error.into_owned()))
        }
        _ => None,
    }
}

/// Whoever writes writes whole messages: a mailbox takes everything.
impl Link for Mailbox {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut received = self.received.lock();
        let before = received.len();
        for slice in octets {
            received.extend_from_slice(slice);
        }
        let written = received.len() - before;
        drop(received);
        self.asker.wake();
        Ok(written)
    }

    fn attend(&self) {
        self.asker.wake();
    }
}
