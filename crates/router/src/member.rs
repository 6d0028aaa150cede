//! A member: a session as everybody else in its realm sees it.
//!
//! It has an outbox, and it has calls in flight, as their caller and as their callee. One lock
//! holds both, and that lock is where the order of what the peer reads is decided: an invocation
//! gets its ID, its place among the calls in flight and its place in the outbox in one step.
//!
//! Nobody ever holds the locks of two members. What the session itself decides (who it is, what it
//! has registered) is the [`Session`](crate::session::Session)'s.

use std::borrow::Cow;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use crosspoint_proto::feature::{Features, Role, Roles};
use crosspoint_proto::framing::{Encoder, MessageTooLong};
use crosspoint_proto::id::{InvocationId, RequestId, SessionId};
use crosspoint_proto::message::session::{Abort, ClosingDetails, Goodbye};
use crosspoint_proto::message::{Error, Message, RequestKind};
use crosspoint_proto::payload::Payload;

use crate::counters::Counters;
use crate::deadlines::Deadlines;
use crate::dealer::call::Call;
use crate::in_flight::InFlight;
use crate::limits::{FLUSH_ROUNDS_MAX, Limits};
use crate::outbox::{Mark, Outbox, Outgoing, Writer};
use crate::refusal::{Refusal, text_payload};
use crate::sync::Mutex;
use crate::time::Time;
use crate::turn::{Buffers, Frame, Turn};
use crate::wire::Wire;

/// The way from the router to a session's peer: what a transport implements.
pub trait Link: Send + Sync {
    /// Writes as much as goes without waiting, and says how much that was. `WouldBlock` means: not
    /// now; any other error: never again.
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Something happened that the session's own task has to attend to: the link took less than
    /// all, is broken, or somebody else has ended the session. The task answers with
    /// [`Member::unblock`] and looks at [`Member::condition`].
    fn attend(&self);
}

/// A session as everybody else sees it: shared by its [`Session`](crate::session::Session), the
/// tables of its realm, and the calls that it has in flight.
pub struct Member {
    /// Drawn at random when the connection was opened.
    pub(crate) session: SessionId,
    pub(crate) wire: Wire,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
    link: Arc<dyn Link>,
    /// Known from WELCOME on.
    identity: OnceLock<Identity>,
    /// Octets of its calls' input that are kept: see [`Limits::kept_octets_max`].
    octets_kept: AtomicUsize,
    state: Mutex<State>,
}

/// Who a session is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) authid: Cow<'static, str>,
    pub(crate) authrole: Cow<'static, str>,
}

/// What the lock holds.
#[derive(Default)]
pub(crate) struct State {
    outbox: Outbox,
    /// In the list of a turn that has not flushed yet.
    touched: bool,
    ending: Option<Ending>,
    /// What the peer announced in its HELLO.
    pub(crate) roles: Roles,
    /// See [`crate::quirks`].
    pub(crate) forgets_canceled_calls: bool,
    /// Calls that this session waits for.
    pub(crate) calls: InFlight<RequestId>,
    /// Until when, for those of which the dealer keeps the time.
    deadlines: Deadlines,
    /// Invocations that are waited for from this session.
    pub(crate) invocations: InFlight<InvocationId>,
    /// Invocations so far: the last one's ID.
    pub(crate) invocations_sent: u64,
}

impl State {
    /// A call is answered, or nobody waits for it any more.
    pub(crate) fn forget_call(&mut self, request: RequestId) {
        self.calls.remove(request);
        self.deadlines.remove(request);
    }

    /// A call has begun to wait: if for a time only, from now on.
    pub(crate) fn await_call(&mut self, call: Arc<Call>, now: Time) {
        let request = call.request;
        if call.terms.timeout_ms > 0 {
            self.deadlines.set(request, now.after_ms(call.terms.timeout_ms));
        }
        self.calls.insert(request, call);
    }

    /// A part of the result has come, and the time until the next part begins.
    pub(crate) fn restart_time_of(&mut self, call: &Call, now: Time) {
        if self.deadlines.contains(call.request) {
            self.deadlines.set(call.request, now.after_ms(call.terms.timeout_ms));
        }
    }

    /// All calls that wait, which it does no longer.
    pub(crate) fn take_calls(&mut self) -> Vec<Arc<Call>> {
        self.deadlines = Deadlines::default();
        self.calls.take()
    }

    /// Where the outbox ends now.
    pub(crate) fn mark(&self) -> Mark {
        self.outbox.mark()
    }

    /// Takes back what has been pushed since, under the same lock.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.outbox.rewind(mark);
    }
}

/// How a member is doing, as its own task sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Has the session been ended, and how?
    pub ending: Option<Ending>,
    /// Does the link refuse octets for now? Then the task has to wait until it does not, and call
    /// [`Member::unblock`].
    pub blocked: bool,
    /// Does everything that was sent to the session stand on the wire?
    pub drained: bool,
    /// When the task has to call [`Session::tick`](crate::session::Session::tick), if at all.
    pub deadline: Option<Time>,
}

/// How a session has been ended. Nothing is put into its outbox any more, nor invoked on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A GOODBYE is on its way; the peer's is awaited.
    Goodbye,
    /// The last message, if any, is on its way: close the connection behind it.
    Closed,
    /// The peer does not read what must not be lost, or the link is broken: nothing more can be
    /// written.
    Broken,
}

/// Why a message could not be put into an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undeliverable {
    /// The session has ended.
    Gone,
    /// Too much waits there already.
    Full,
    /// The peer takes no message that long.
    TooLong,
}

impl Member {
    pub(crate) fn new(
        session: SessionId,
        wire: Wire,
        link: Arc<dyn Link>,
        limits: Limits,
        counters: Arc<Counters>,
    ) -> Arc<Member> {
        let (identity, octets_kept, state) =
            (OnceLock::new(), AtomicUsize::new(0), Mutex::default());
        Arc::new(Member { session, wire, limits, counters, link, identity, octets_kept, state })
    }

    /// Who the session is, from WELCOME on: said once.
    pub(crate) fn identify(&self, identity: Identity) {
        let first = self.identity.set(identity);
        debug_assert!(first.is_ok());
    }

    pub(crate) fn identity(&self) -> &Identity {
        const NOBODY: &Identity =
            &Identity { authid: Cow::Borrowed(""), authrole: Cow::Borrowed("") };
        self.identity.get().unwrap_or(NOBODY)
    }

    /// Makes room for input that is kept, if there is some.
    pub(crate) fn keep_octets(&self, octets: usize) -> bool {
        let before = self.octets_kept.fetch_add(octets, Ordering::Relaxed);
        let fits = before.saturating_add(octets) <= self.limits.kept_octets_max;
        if !fits {
            self.let_go_octets(octets);
        }
        fits
    }

    /// Gives back what [`Member::keep_octets`] has given.
    pub(crate) fn let_go_octets(&self, octets: usize) {
        self.octets_kept.fetch_sub(octets, Ordering::Relaxed);
    }

    pub(crate) fn features_as_callee(&self) -> Features {
        self.state.lock().roles.features(Role::Callee)
    }

    /// Whether the dealer keeps the time of a call that is in flight. If its deadline comes before
    /// all others the session's own task has to know.
    pub(crate) fn keep_time_of(&self, call: &Arc<Call>, keep: bool, now: Time) {
        let mut state = self.state.lock();
        if !state.calls.is(call.request, call) {
            return;
        }
        if !keep {
            state.deadlines.remove(call.request);
        } else if !state.deadlines.contains(call.request) {
            state.deadlines.set(call.request, now.after_ms(call.terms.timeout_ms));
            drop(state);
            self.link.attend();
        }
    }

    /// The calls whose time is over.
    pub(crate) fn overdue(&self, now: Time) -> Vec<Arc<Call>> {
        let mut state = self.state.lock();
        let requests = state.deadlines.take_until(now);
        requests.into_iter().filter_map(|request| state.calls.get(request)).collect()
    }

    /// The session's ID.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// How messages to the session are put on its transport.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// What the session's own task has to see to.
    pub fn condition(&self) -> Condition {
        let state = self.state.lock();
        Condition {
            ending: state.ending,
            blocked: state.outbox.writer() == Writer::Blocked,
            drained: state.outbox.octets() == 0,
            deadline: state.deadlines.next(),
        }
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        self.state.lock().ending
    }

    /// The link takes octets again: writes what waits. Only the session's own task calls this.
    pub fn unblock(self: &Arc<Self>, turn: &mut Turn) {
        self.state.lock().outbox.unblock();
        self.flush(turn);
    }

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

    /// Throws away what still waits.
    pub(crate) fn break_off(&self) {
        self.give_up(&mut self.state.lock());
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
            Err(Undeliverable::Full) => self.overflow(state),
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
        self.with(turn, |state, turn| {
            match self.push_answer(state, &error(payload), &mut turn.buffers) {
                Err(Undeliverable::TooLong) => {
                    self.push_or_overflow(state, &error(Payload::NONE), turn);
                }
                Err(Undeliverable::Full) => self.overflow(state),
                Ok(()) | Err(Undeliverable::Gone) => {}
            }
        });
    }

    /// Says GOODBYE on the router's behalf; the session's own task does the rest.
    pub(crate) fn say_goodbye(self: &Arc<Self>, reason: &str, text: &str, turn: &mut Turn) {
        let details = ClosingDetails { message: Some(text.into()) };
        let goodbye = Message::Goodbye(Goodbye { details, reason: reason.into() });
        self.end(&goodbye, Ending::Goodbye, turn);
    }

    /// Sends an ABORT, after which the connection closes.
    pub(crate) fn abort(self: &Arc<Self>, reason: &str, text: &str, turn: &mut Turn) {
        let details = ClosingDetails { message: Some(text.into()) };
        let abort = Message::Abort(Abort { details, reason: reason.into() });
        self.end(&abort, Ending::Closed, turn);
    }

    /// Sends a last message. Whatever comes later is not sent any more.
    pub(crate) fn end(self: &Arc<Self>, last: &Message<'_>, ending: Ending, turn: &mut Turn) {
        self.with(turn, |state, turn| match self.push_last(state, last, turn) {
            Ok(()) => state.ending = Some(ending),
            Err(Undeliverable::Gone) if state.ending == Some(Ending::Goodbye) => {
                state.ending = Some(ending);
            }
            Err(Undeliverable::Gone) => {}
            Err(Undeliverable::Full | Undeliverable::TooLong) => self.overflow(state),
        });
        self.link.attend();
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
            Err(Undeliverable::Full | Undeliverable::TooLong) => self.overflow(state),
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

    /// The peer does not read what must not be lost: the session ends here.
    pub(crate) fn overflow(&self, state: &mut State) {
        self.counters.outboxes_overflown.add(1);
        self.give_up(state);
    }

    /// Nothing more is put into the outbox; what waits there may still be written.
    pub(crate) fn finish(&self) {
        self.state.lock().ending.get_or_insert(Ending::Closed);
    }

    /// The link is broken, or has to be: nothing more is written.
    fn give_up(&self, state: &mut State) {
        state.ending = Some(Ending::Broken);
        state.outbox.clear();
        self.link.attend();
    }

    /// Puts an event that was encoded for this member's wire into the outbox, or drops it.
    pub(crate) fn send_event(self: &Arc<Self>, frame: &Frame, turn: &mut Turn) {
        let sent = self.with(turn, |state, turn| match frame {
            Frame::Impossible => Err(Undeliverable::TooLong),
            Frame::Copied(octets) => {
                self.check_room(state, octets.len())?;
                state.outbox.tail(|| turn.buffers.spare()).extend_from_slice(octets);
                state.outbox.appended(octets.len());
                Ok(())
            }
            Frame::Shared(octets) => {
                self.check_room(state, octets.len())?;
                state.outbox.push_shared(Bytes::clone(octets));
                Ok(())
            }
        });
        if matches!(sent, Err(Undeliverable::Full | Undeliverable::TooLong)) {
            self.counters.events_dropped.add(1);
        }
    }

    /// Does something under the lock, with a turn that knows of it afterwards.
    pub(crate) fn with<T>(
        self: &Arc<Self>,
        turn: &mut Turn,
        change: impl FnOnce(&mut State, &mut Turn) -> T,
    ) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state, turn);
        if !state.touched && state.outbox.wants_writer() {
            state.touched = true;
            turn.touch(self);
        }
        result
    }

    /// How many calls wait for their answer, as their caller and as their callee.
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        self.state(|state| (state.calls.len(), state.invocations.len()))
    }

    /// Looks at or changes what is not the outbox.
    pub(crate) fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock())
    }

    /// Appends a message that somebody else has caused (an INVOCATION, an INTERRUPT): it finds less
    /// room than an answer. The payload must be in the wire's serializer already.
    pub(crate) fn push(
        &self,
        state: &mut State,
        message: &Message<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), Undeliverable> {
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

    fn check_room(&self, state: &State, octets: usize) -> Result<(), Undeliverable> {
        if state.ending.is_some() {
            return Err(Undeliverable::Gone);
        }
        let waiting = state.outbox.octets();
        if waiting > 0 && waiting + octets > self.limits.outbox_octets_for_others() {
            return Err(Undeliverable::Full);
        }
        Ok(())
    }

    /// Writes what waits, unless somebody else is at it. Several threads may come at once: one of
    /// them writes, and looks again before it goes.
    pub(crate) fn flush(self: &Arc<Self>, turn: &mut Turn) {
        let started = {
            let mut state = self.state.lock();
            state.touched = false;
            state.outbox.start()
        };
        let Some(mut outgoing) = started else { return };
        for _round in 0..FLUSH_ROUNDS_MAX {
            match self.write(&mut outgoing) {
                (written, Ok(())) => {
                    turn.buffers.give_back(outgoing.into_buffer());
                    let mut state = self.state.lock();
                    match state.outbox.go_on(written) {
                        Some(more) => outgoing = more,
                        None => return self.drained(&state),
                    }
                }
                (written, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.leave_to_task(written, outgoing);
                }
                (_, Err(_)) => return self.give_up(&mut self.state.lock()),
            }
        }
        self.leave_to_task(0, outgoing);
    }

    /// The session's own task goes on with the writing.
    fn leave_to_task(&self, written: usize, rest: Outgoing) {
        self.state.lock().outbox.block(written, rest);
        self.link.attend();
    }

    /// All is written. The task of a session that has ended waits for that to close the connection,
    /// and it may have been another thread that wrote the last of it.
    fn drained(&self, state: &State) {
        if state.ending.is_some() {
            self.link.attend();
        }
    }

    /// Writes until all is written or the link takes no more. How much that was, and why it ended.
    fn write(&self, outgoing: &mut Outgoing) -> (usize, io::Result<()>) {
        const SLICES: usize = 16;
        let mut total = 0;
        while !outgoing.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = outgoing.slices(&mut slices);
            match self.link.write(&slices[..count]) {
                Ok(0) => return (total, Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    outgoing.advance(written);
                    total += written;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (total, Err(error)),
            }
        }
        (total, Ok(()))
    }
}
