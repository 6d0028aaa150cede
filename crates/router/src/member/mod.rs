//! A member: a session as everybody else in its realm sees it.
//!
//! It has an outbox, and it has calls in flight, as their caller and as their callee. One lock
//! holds both, and that lock is where the order of what the peer reads is decided: an invocation
//! gets its ID, its place among the calls in flight and its place in the outbox in one step.
//!
//! Nobody ever holds the locks of two members. What the session itself decides is the
//! [`Session`](crate::session::Session)'s, what it has registered its realm's.
//!
//! - `sending`: what is put into the outbox
//! - `pace`: how fast, where it is more than fits
//! - `flushing`: how it gets onto the link

mod flushing;
mod pace;
mod sending;

use std::borrow::Cow;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::cryptosign::ChannelId;
use crosspoint_proto::feature::{Features, Role, Roles};
use crosspoint_proto::id::{InvocationId, RequestId, SessionId};
use crosspoint_proto::transport::{CertificateDetails, PeerAddress, TransportDetails};

use crate::authentication::Cookie;
use crate::counters::Counters;
use crate::deadlines::Deadlines;
use crate::dealer::call::Call;
use crate::in_flight::InFlight;
use crate::limits::Limits;
use crate::outbox::{Mark, Outbox, Writer};
use crate::sync::{AtomicBool, Mutex};
use crate::time::Time;
use crate::turn::Turn;
use crate::why::{EndedBy, Why};
use crate::wire::Wire;
pub(crate) use pace::Pace;

/// The way from the router to a session's peer: what a transport implements.
pub trait Link: Send + Sync {
    /// Writes as much as goes without waiting, and says how much that was. `WouldBlock` means: not
    /// now; any other error: never again.
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Something happened that the session's own task has to attend to: the link took less than
    /// all, is broken, or somebody else has ended the session. The task answers with
    /// [`Member::unblock`] and looks at [`Member::condition`].
    fn attend(&self);

    /// Does what takes a while, some ten milliseconds, as the session's own task: so that nobody else has to wait for
    /// that, if it can be helped.
    fn take_time(&self, work: &mut dyn FnMut()) {
        work();
    }

    /// Where the peer is, in words of the transport's own, if it is known.
    fn peer(&self) -> Option<String> {
        None
    }

    /// Who the peer is, as far as the transport has found out, and what it runs over. It takes some
    /// computing: ask once, when it matters.
    fn transport(&self) -> Option<TransportDetails> {
        None
    }

    /// The token that has come with the request for the connection (`Authorization: Bearer`), if one has. It is given
    /// once, so that nobody keeps it.
    fn take_token(&self) -> Option<Box<str>> {
        None
    }

    /// The cookie that the peer's browser has, or was given: if there is one, and it is to count.
    fn cookie(&self) -> Option<Cookie> {
        None
    }
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
    /// Events that it did not get.
    events_dropped: AtomicU64,
    /// Does the state have an ending? For who asks often and has no time for the lock.
    ended: AtomicBool,
    state: Mutex<State>,
}

/// Who a session is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) authid: Cow<'static, str>,
    pub(crate) authrole: Cow<'static, str>,
    /// How that was found out.
    pub(crate) authmethod: Cow<'static, str>,
    /// And by whom.
    pub(crate) authprovider: Cow<'static, str>,
}

/// What the lock holds.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each of them is a fact of its own")]
pub(crate) struct State {
    outbox: Outbox,
    /// In the list of a turn that has not flushed yet.
    touched: bool,
    ending: Option<Ending>,
    /// It gives up what it holds: it gets answers yet, but nothing that others cause.
    pub(crate) leaves: bool,
    /// Why that is, if anybody but its own task has ended it.
    farewell: Option<Box<Why>>,
    /// The link broke while something waited for it.
    left_unread: bool,
    /// What the peer announced in its HELLO.
    pub(crate) roles: Roles,
    /// See [`crate::quirks`].
    pub(crate) forgets_canceled_calls: bool,
    /// See [`crate::quirks`].
    pub(crate) streams_uninterrupted: bool,
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

    /// A call has begun to wait, perhaps for a time only.
    pub(crate) fn await_call(&mut self, call: Arc<Call>) {
        let request = call.request;
        if call.terms.timeout_ms > 0 {
            self.deadlines.set(request, call.due);
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
        Arc::new(Member {
            session,
            wire,
            limits,
            counters,
            link,
            identity: OnceLock::new(),
            octets_kept: AtomicUsize::new(0),
            events_dropped: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            state: Mutex::default(),
        })
    }

    /// Who the session is, from WELCOME on: said once.
    pub(crate) fn identify(&self, identity: Identity) {
        let first = self.identity.set(identity);
        debug_assert!(first.is_ok());
    }

    /// Are the two the same client, as far as they have proved who they are?
    pub(crate) fn is_same_as(&self, other: &Member) -> bool {
        let (own, others) = (self.identity(), other.identity());
        own.authmethod != AuthMethod::Anonymous.name()
            && others.authmethod != AuthMethod::Anonymous.name()
            && (&own.authid, &own.authrole) == (&others.authid, &others.authrole)
    }

    pub(crate) fn identity(&self) -> &Identity {
        const NOBODY: &Identity = &Identity {
            authid: Cow::Borrowed(""),
            authrole: Cow::Borrowed(""),
            authmethod: Cow::Borrowed(""),
            authprovider: Cow::Borrowed(""),
        };
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
    pub(crate) fn keep_time_of(&self, call: &Arc<Call>, keep: bool) {
        let mut state = self.state.lock();
        if !state.calls.is(call.request, call) {
            return;
        }
        if !keep {
            state.deadlines.remove(call.request);
        } else if !state.deadlines.contains(call.request) {
            state.deadlines.set(call.request, call.due);
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

    /// Has the session been ended? Then it does nothing more, but for giving up what it holds.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn set_ending(&self, state: &mut State, ending: Ending) {
        state.ending = Some(ending);
        self.ended.store(true, Ordering::Release);
    }

    /// How many events it did not get.
    pub fn events_dropped(&self) -> u64 {
        self.events_dropped.load(Ordering::Relaxed)
    }

    /// Why it has been ended by anybody but its own task.
    pub(crate) fn farewell(&self) -> Option<Box<Why>> {
        self.state.lock().farewell.clone()
    }

    /// Did its link break while something waited for it?
    pub(crate) fn left_unread(&self) -> bool {
        self.state.lock().left_unread
    }

    /// See [`Link::take_time`].
    pub(crate) fn take_time(&self, work: &mut dyn FnMut()) {
        self.link.take_time(work);
    }

    /// Where its peer is, if its link knows that.
    pub(crate) fn peer(&self) -> Option<String> {
        self.link.peer()
    }

    /// Its own task has something to see to.
    pub(crate) fn wake(&self) {
        self.link.attend();
    }

    /// What both ends of the connection know of it and nobody else has (`tls-exporter`), if there is such a thing.
    pub(crate) fn channel_id(&self) -> Option<ChannelId> {
        self.link.transport()?.tls?.channel_id.map(ChannelId)
    }

    /// The token that has come with the request for its connection, when it is first asked for.
    pub(crate) fn take_token(&self) -> Option<Box<str>> {
        self.link.take_token()
    }

    /// From where its peer has come, if that has an address.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match self.link.transport()?.peer {
            PeerAddress::Tcp(address) => Some(address.ip()),
            PeerAddress::Host(address) => Some(address),
            PeerAddress::Unix { .. } => None,
        }
    }

    /// What its transport has verified of its peer.
    pub(crate) fn certificate(&self) -> Option<CertificateDetails> {
        self.link.transport()?.tls?.certificate
    }

    /// What its peer's browser may be known by.
    pub(crate) fn cookie(&self) -> Option<Cookie> {
        self.link.cookie()
    }

    /// The link takes octets again: writes what waits. Only the session's own task calls this.
    pub fn unblock(self: &Arc<Self>, turn: &mut Turn) {
        self.state.lock().outbox.unblock();
        self.flush(turn);
    }

    /// Throws away what still waits.
    pub(crate) fn break_off(&self) {
        self.give_up(&mut self.state.lock());
    }

    /// The peer does not read what must not be lost, or takes no message of its length: the session ends here.
    pub(crate) fn overflow(&self, state: &mut State, undeliverable: Undeliverable) {
        self.counters.outboxes_overflown.add(1);
        let text = match undeliverable {
            Undeliverable::TooLong => "its client takes no messages as long as an answer to it",
            Undeliverable::Full | Undeliverable::Gone => {
                "its client does not read the answers to its requests"
            }
        };
        state.farewell.get_or_insert_with(|| Box::new(Why::new(EndedBy::Router, text)));
        self.give_up(state);
    }

    /// Nothing more is put into the outbox; what waits there may still be written.
    pub(crate) fn finish(&self) {
        let mut state = self.state.lock();
        let ending = state.ending.unwrap_or(Ending::Closed);
        self.set_ending(&mut state, ending);
    }

    /// The link is broken, or has to be: nothing more is written.
    fn give_up(&self, state: &mut State) {
        self.set_ending(state, Ending::Broken);
        state.outbox.clear();
        self.link.attend();
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
}
