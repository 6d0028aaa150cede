//! What is put into a member's outbox, and how much room there is for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use crosspoint_proto::framing::{Encoder, MessageTooLong};
use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::session::{Abort, ClosingDetails, Goodbye};
use crosspoint_proto::message::{Error, Message, RequestKind};
use crosspoint_proto::payload::Payload;

use super::{Ending, Member, State, Undeliverable};
use crate::refusal::{Refusal, text_payload};
use crate::turn::{Buffers, Frame, Turn};
use crate::why::{EndedBy, Why};

impl Member {
    /// Puts octets of the transport itself among the messages, if there is room.
    pub(crate) fn send_control(
        self: &Arc<Self>,
        write: impl FnOnce(&Encoder, &mut Vec<u8>),
        turn: &mut Turn,
    ) {
        self.with(turn, |state, turn| {
            if state.outbox.octets() < self.limits.outbox_octets_max {
                let tail = state.outbox.tail(|| turn.buffers.spare());
                let before = tail.len();
                write(&self.wire.encoder, tail);
                let appended = tail.len() - before;
                state.outbox.appended(appended);
            }
        });
    }

    /// Sends a message that answers the peer or tells it of its own session. It is not dropped: a
    /// peer that lets too many of them wait loses its session.
    pub(crate) fn send(self: &Arc<Self>, message: &Message<'_>, turn: &mut Turn) {
        self.send_after(|| (), message, turn);
    }

    /// As [`Member::send`], and if the peer does not take messages that long, the shorter one.
    pub(crate) fn send_or_shorter(
        self: &Arc<Self>,
        message: &Message<'_>,
        shorter: &Message<'_>,
        turn: &mut Turn,
    ) {
        self.with(turn, |state, turn| match self.push_answer(state, message, &mut turn.buffers) {
            Err(Undeliverable::TooLong) => self.push_or_overflow(state, shorter, turn),
            Err(Undeliverable::Full) => self.overflow(state, Undeliverable::Full),
            Ok(()) | Err(Undeliverable::Gone) => {}
        });
    }

    /// Does something and sends a message, in one step as others see it.
    pub(crate) fn send_after(
        self: &Arc<Self>,
        first: impl FnOnce(),
        message: &Message<'_>,
        turn: &mut Turn,
    ) {
        self.with(turn, |state, turn| {
            first();
            self.push_or_overflow(state, message, turn);
        });
    }

    /// Sends the ERROR that answers a refused request; without its sentence if the peer does not
    /// take messages that long.
    pub(crate) fn refuse(
        self: &Arc<Self>,
        request_kind: RequestKind,
        request: RequestId,
        refusal: &Refusal,
        turn: &mut Turn,
    ) {
        self.counters.requests_refused.add(1);
        let mut args = Vec::new();
        let payload = text_payload(self.wire.serializer, &refusal.text, &mut args);
        let error = |payload| {
            let error = refusal.error.into();
            Message::Error(Error { request_kind, request, passthru: None, error, payload })
        };
        self.send_or_shorter(&error(payload), &error(Payload::NONE), turn);
    }

    /// Says GOODBYE to a session that somebody else ends; its own task does the rest. False if the session
    /// has ended already.
    pub(crate) fn say_goodbye(
        self: &Arc<Self>,
        by: EndedBy,
        reason: &str,
        text: Option<&str>,
        turn: &mut Turn,
    ) -> bool {
        let details = ClosingDetails { message: text.map(Into::into) };
        let goodbye = Message::Goodbye(Goodbye { details, reason: reason.into() });
        self.end(&goodbye, Ending::Goodbye, Some(Why::new(by, reason)), turn)
    }

    /// Sends an ABORT, after which the connection closes.
    pub(crate) fn abort(self: &Arc<Self>, reason: &str, text: &str, turn: &mut Turn) {
        let details = ClosingDetails { message: Some(text.into()) };
        let abort = Message::Abort(Abort { details, reason: reason.into() });
        self.end(&abort, Ending::Closed, None, turn);
    }

    /// Sends a last message; why, if the session's own task does not know. Whatever comes later is not sent any
    /// more. False if the session has ended already.
    pub(crate) fn end(
        self: &Arc<Self>,
        last: &Message<'_>,
        ending: Ending,
        why: Option<Why>,
        turn: &mut Turn,
    ) -> bool {
        let ended = self.with(turn, |state, turn| {
            let pushed = self.push_last(state, last, turn);
            if pushed != Err(Undeliverable::Gone) {
                state.farewell = why.map(Box::new);
            }
            match pushed {
                Ok(()) => self.set_ending(state, ending),
                Err(Undeliverable::Gone) if state.ending == Some(Ending::Goodbye) => {
                    self.set_ending(state, ending);
                }
                Err(Undeliverable::Gone) => {}
                Err(undeliverable) => self.overflow(state, undeliverable),
            }
            pushed != Err(Undeliverable::Gone)
        });
        self.link.attend();
        ended
    }

    /// As [`Member::push_answer`]; a peer that has no room for it loses its session.
    pub(crate) fn push_or_overflow(
        &self,
        state: &mut State,
        message: &Message<'_>,
        turn: &mut Turn,
    ) {
        match self.push_answer(state, message, &mut turn.buffers) {
            Ok(()) | Err(Undeliverable::Gone) => {}
            Err(undeliverable) => self.overflow(state, undeliverable),
        }
    }

    /// The last message goes without its sentence to a peer that does not take it with it.
    fn push_last(
        &self,
        state: &mut State,
        last: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<(), Undeliverable> {
        let pushed = self.push_answer(state, last, &mut turn.buffers);
        let details = ClosingDetails::default();
        match (pushed, last) {
            (Err(Undeliverable::TooLong), Message::Abort(Abort { reason, .. })) => {
                let short = Abort { details, reason: reason.clone() };
                self.push_answer(state, &Message::Abort(short), &mut turn.buffers)
            }
            (Err(Undeliverable::TooLong), Message::Goodbye(Goodbye { reason, .. })) => {
                let short = Goodbye { details, reason: reason.clone() };
                self.push_answer(state, &Message::Goodbye(short), &mut turn.buffers)
            }
            (pushed, _) => pushed,
        }
    }

    /// Puts an event that was encoded for this member's wire into the outbox, if there is room.
    pub(crate) fn send_event(
        self: &Arc<Self>,
        frame: &Frame,
        turn: &mut Turn,
    ) -> Result<(), Undeliverable> {
        let octets_max = self.limits.outbox_octets_for_others();
        self.with(turn, |state, turn| state.push_frame(octets_max, frame, &mut turn.buffers))
    }

    /// Is there room for an event that says so much?
    pub(crate) fn check_room_for_event(&self, octets: usize) -> Result<(), Undeliverable> {
        let octets_max = self.limits.outbox_octets_for_others();
        self.state(|state| state.check_room(octets_max, octets))
    }

    /// So many events are not for this member after all.
    pub(crate) fn count_dropped(&self, events: u64) {
        self.counters.events_dropped.add(events);
        self.events_dropped.fetch_add(events, Ordering::Relaxed);
    }

    /// Appends a message that somebody else has caused (an INVOCATION, an INTERRUPT): it finds less
    /// room than an answer. The payload must be in the wire's serializer already.
    pub(crate) fn push(
        &self,
        state: &mut State,
        message: &Message<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), Undeliverable> {
        if state.leaves {
            return Err(Undeliverable::Gone);
        }
        self.push_within(self.limits.outbox_octets_for_others(), state, message, buffers)
    }

    /// Appends a message that answers a request of the session itself.
    pub(crate) fn push_answer(
        &self,
        state: &mut State,
        message: &Message<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), Undeliverable> {
        self.push_within(self.limits.outbox_octets_max, state, message, buffers)
    }

    fn push_within(
        &self,
        octets_max: usize,
        state: &mut State,
        message: &Message<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), Undeliverable> {
        if state.ending.is_some() {
            return Err(Undeliverable::Gone);
        }
        let outbox = &mut state.outbox;
        let waiting = outbox.octets();
        let tail = outbox.tail(|| buffers.spare());
        let before = tail.len();
        let parts = buffers.encode(message, &self.wire);
        self.wire
            .encoder
            .write_message(&parts, tail)
            .map_err(|MessageTooLong { .. }| Undeliverable::TooLong)?;
        let appended = tail.len() - before;
        if waiting > 0 && waiting + appended > octets_max {
            tail.truncate(before);
            return Err(Undeliverable::Full);
        }
        outbox.appended(appended);
        Ok(())
    }
}

impl State {
    /// Appends an event, if no more than so much waits with it.
    pub(super) fn push_frame(
        &mut self,
        octets_max: usize,
        frame: &Frame,
        buffers: &mut Buffers,
    ) -> Result<(), Undeliverable> {
        match frame {
            Frame::Impossible => return Err(Undeliverable::TooLong),
            Frame::Copied(octets) => {
                self.check_room(octets_max, octets.len())?;
                self.outbox.push_copied(octets, || buffers.spare());
            }
            Frame::Shared(octets) => {
                self.check_room(octets_max, octets.len())?;
                self.outbox.push_shared(Bytes::clone(octets));
            }
        }
        Ok(())
    }

    fn check_room(&self, octets_max: usize, octets: usize) -> Result<(), Undeliverable> {
        if self.ending.is_some() || self.leaves {
            return Err(Undeliverable::Gone);
        }
        let waiting = self.outbox.octets();
        if waiting > 0 && waiting + octets > octets_max {
            return Err(Undeliverable::Full);
        }
        Ok(())
    }
}
