//! A connection: moves octets between a channel and the session behind it.
//!
//! One task reads, processes and writes, and processes what one read brought before anything is
//! written; if that is much, a turn's worth of it, and then others are served first. What it sends to other
//! sessions it writes to their sockets itself, as far as these take it; only what is left over waits for
//! their own tasks. Everything happens within one poll, so buffers and turn belong to the thread, and an
//! idle connection owns none.

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use crosspoint_proto::error_uri;
use crosspoint_proto::framing::batched::Batch;
use crosspoint_proto::framing::{Encoder, Violation, websocket};
use crosspoint_router::member::{Condition, Ending, Link};
use crosspoint_router::router::{Router, SHUTTING_DOWN};
use crosspoint_router::session::{Session, Summary};
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use crosspoint_router::why::{EndedBy, Why};
use crosspoint_router::wire::Wire;
use crosspoint_transport::channel::Channel;
use crosspoint_transport::receiver::{Incoming, ReceiveError, Receiver, Stop};
use tokio::task::yield_now;
use tokio::time::{Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tracing::{debug, info};

use crate::clock;
use crate::entropy;
use crate::http::Brought;
use crate::link::StreamLink;
use crate::liveness::Watch;
use crate::silence::{Silence, Silent};
use crate::throttle::{MessageRate, Throttle};
use crate::turnstile::Pass;

/// How long a client may take from its connection to WELCOME: for TLS, the handshake of its transport, HELLO, and
/// its proof of who it is, together. A client that has got as far as an HTTP page has the same time to read it.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client's messages may be until it has got its WELCOME: room for tokens and certificates, and for as many
/// strangers as a listener takes at a time (`handshakes_max`) not very much.
const HELLO_OCTETS_MAX: usize = 64 << 10;

/// How long a client may take to answer a GOODBYE, to read what is left for it, and to close.
pub(crate) const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

thread_local! {
    static WORKER: RefCell<Worker> = RefCell::default();
}

/// What a thread works with, whichever connection it is at.
#[derive(Default)]
struct Worker {
    turn: Turn,
    scratch: BytesMut,
}

/// A connection and its session. As a future it is ready when both have ended.
pub(crate) struct Connection {
    receiver: Receiver,
    link: Arc<StreamLink>,
    peer: Peer,
    stage: Stage,
    /// How long a message of a session's may be.
    message_octets_max: usize,
    /// When it began.
    since: Time,
    deadline: Option<Pin<Box<Sleep>>>,
    /// For the session's calls: when the first of them has waited long enough.
    call_timer: Option<(Time, Pin<Box<Sleep>>)>,
    /// The socket has taken no more, and its room is awaited.
    awaits_room: bool,
    /// For a WebSocket with a session, if it is to be pinged.
    silence: Option<Silence>,
    /// How many messages are taken, if that is limited.
    throttle: Option<Box<Throttle>>,
    /// The server stops: of interest to a connection that has no session to be told.
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// Its place among the listener's connections, given back when this is dropped.
    pass: Arc<Pass>,
}

/// The other side: a session as soon as it has said anything.
enum Peer {
    Silent(Arc<Router>, Wire),
    Speaking(Box<Session>),
}

/// What following its session has done to a connection.
#[derive(PartialEq, Eq)]
enum Followed {
    /// It stands elsewhere now: what it waits for is to be looked at anew.
    Moved,
    Stayed,
}

/// Where a connection stands, apart from its session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// HELLO has not been answered yet.
    Opening,
    Open,
    /// The router has said GOODBYE.
    Leaving,
    /// The session is over; what is left is being written.
    Closing,
    /// All is written; the peer's end of the stream is awaited.
    Closed,
    /// The connection has ended, but its session may have something to give up yet.
    Gone,
}

impl Connection {
    pub(crate) fn new(
        channel: Channel,
        router: Arc<Router>,
        watch: Arc<Watch>,
        stop: CancellationToken,
        (pass, rate, brought): (Arc<Pass>, Option<MessageRate>, Brought),
    ) -> Connection {
        let since = clock::now();
        let Channel { stream, serializer, mut decoder, encoder } = channel;
        let message_octets_max = decoder.limit();
        decoder.set_limit(message_octets_max.min(HELLO_OCTETS_MAX));
        let (read, write, received) = stream.into_split();
        let wire = Wire { serializer, encoder };
        Connection {
            receiver: Receiver::new(read, &received, decoder, &encoder),
            peer: Peer::Silent(router, wire),
            stage: Stage::Opening,
            message_octets_max,
            since,
            deadline: Some(watch.timers.at(pass.due)),
            call_timer: None,
            awaits_room: false,
            silence: None,
            throttle: rate.map(|rate| Box::new(Throttle::new(rate, since))),
            link: Arc::new(StreamLink::new(write, pass.peer(), watch, wire).with(brought)),
            stop: Some(Box::pin(stop.cancelled_owned())),
            pass,
        }
    }

    fn poll_with(&mut self, worker: &mut Worker, cx: &mut Context<'_>) -> Poll<()> {
        let now = clock::now();
        worker.turn.begin(now);
        loop {
            self.check_stop(&mut worker.turn, cx);
            self.check_deadline(&mut worker.turn, cx);
            let condition = self.poll_write(now, &mut worker.turn, cx);
            self.check_calls(condition, &mut worker.turn, cx);
            let followed = self.follow_session(condition, now, &mut worker.turn);
            worker.turn.flush();
            if followed == Followed::Moved {
                continue;
            }
            if worker.turn.is_spent() {
                // Others first, also those of whom only the system knows yet that they have something to say:
                // the runtime looks for them before it wakes whoever has yielded.
                let yielded = pin!(yield_now()).poll(cx);
                debug_assert!(yielded.is_pending());
                return Poll::Pending;
            }
            if self.is_busy() {
                // Who is not listened to is not silent.
                break_silence(&mut self.silence, now);
                if self.go_on(&mut worker.turn) {
                    continue;
                }
                worker.turn.flush();
                return Poll::Pending;
            }
            let received = match self.stage {
                Stage::Gone => return Poll::Ready(()),
                Stage::Closing | Stage::Closed => {
                    self.receiver.poll_discard(cx, &mut worker.scratch)
                }
                Stage::Opening | Stage::Open | Stage::Leaving => self.poll_receive(worker, now, cx),
            };
            match received {
                Poll::Ready(received) => {
                    break_silence(&mut self.silence, now);
                    if let Err(error) = received {
                        self.on_error(&error, &mut worker.turn);
                    }
                }
                Poll::Pending => {
                    let goes_on = self.go_on(&mut worker.turn);
                    // Also who has nothing more to do for now may have said something.
                    worker.turn.flush();
                    if !goes_on {
                        ready!(self.poll_silence(now, &mut worker.turn, cx));
                    }
                }
            }
            worker.turn.flush();
        }
    }

    /// Has its session something to do before anything else?
    fn is_busy(&self) -> bool {
        matches!(&self.peer, Peer::Speaking(session) if session.is_busy())
    }

    /// Goes on with what the session has begun and not finished. False if there is nothing to be done now.
    fn go_on(&mut self, turn: &mut Turn) -> bool {
        match &mut self.peer {
            Peer::Speaking(session) => session.go_on(turn),
            Peer::Silent(..) => false,
        }
    }

    /// Reads once and processes what came.
    fn poll_receive(
        &mut self,
        worker: &mut Worker,
        now: Time,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ReceiveError>> {
        if self.poll_throttle(now, cx).is_pending() {
            return Poll::Pending;
        }
        let Connection { receiver, peer, link, stage, deadline, throttle, .. } = self;
        let Worker { turn, scratch } = worker;
        receiver.poll_receive(cx, scratch, |incoming| match incoming {
            Incoming::Message { octets, batched } => {
                let session = peer.session(link, batched);
                link.trace(octets);
                session.receive(octets, turn);
                let may_go_on = throttle.as_mut().is_none_or(|throttle| throttle.take());
                // What stands behind HELLO is a session's: it is looked at when the connection knows of it.
                let has_joined = *stage == Stage::Opening && session.is_established();
                if session.is_over() {
                    ControlFlow::Break(Stop::Forever)
                } else if session.is_busy() || turn.is_spent() || !may_go_on || has_joined {
                    ControlFlow::Break(Stop::Later)
                } else {
                    ControlFlow::Continue(())
                }
            }
            Incoming::Ping(octets) => {
                let session = peer.session(link, None);
                session.send_control(|encoder, out| encoder.write_pong(octets, out), turn);
                let may_go_on = throttle.as_mut().is_none_or(|throttle| throttle.take());
                if may_go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(Stop::Later) }
            }
            Incoming::Close(code) => {
                // First the session, so that no event comes behind the close frame.
                let session = peer.session(link, None);
                session.close(turn);
                session.send_control(|encoder, out| write_close(encoder, code, out), turn);
                *stage = Stage::Closing;
                *deadline = Some(link.timer(CLOSING_TIMEOUT));
                ControlFlow::Break(Stop::Forever)
            }
        })
    }

    /// Ready when a message may come.
    fn poll_throttle(&mut self, now: Time, cx: &mut Context<'_>) -> Poll<()> {
        let Some(throttle) = &mut self.throttle else { return Poll::Ready(()) };
        let counter = &self.link.watch().refusals.readings_held_up;
        let ready = throttle.poll_ready(now, counter, cx);
        if ready.is_pending() {
            // Who is not listened to is not silent.
            break_silence(&mut self.silence, now);
        }
        ready
    }

    /// The peer broke the rules of the transport, and is told; or it is gone.
    fn on_error(&mut self, error: &ReceiveError, turn: &mut Turn) {
        let code = match error {
            ReceiveError::Ended => return self.end(turn),
            ReceiveError::Io(error) => {
                self.link.note(error);
                return self.end(turn);
            }
            ReceiveError::Violation(violation) => violation.close_code(),
            ReceiveError::WrongKind { .. } => websocket::close::PROTOCOL_ERROR,
        };
        let mut text = error.to_string();
        if let ReceiveError::Violation(Violation::MessageTooLong { limit }) = error
            && *limit < self.message_octets_max
        {
            text.push_str(" before WELCOME");
        }
        self.peer.session(&self.link, None).violate(&text, turn);
        self.start_closing(code, turn);
    }

    /// Nothing more comes or goes.
    fn end(&mut self, turn: &mut Turn) {
        if let Peer::Speaking(session) = &mut self.peer {
            session.close(turn);
        }
        self.stage = Stage::Gone;
        self.deadline = None;
        self.silence = None;
    }

    /// Whatever the session holds yet is given up at once.
    fn end_session(&mut self, turn: &mut Turn) {
        let Peer::Speaking(session) = &mut self.peer else { return };
        session.close(turn);
        while session.is_busy() {
            session.go_on(turn);
            turn.flush();
            turn.begin(clock::now());
        }
        let lasted = Duration::from_micros(clock::now().0.saturating_sub(self.since.0));
        log_end(&session.summary(), session.member().wire(), lasted, self.link.is_lost());
    }

    /// Goes on with writing where the socket had refused to take more. How the session is doing.
    fn poll_write(
        &mut self,
        now: Time,
        turn: &mut Turn,
        cx: &mut Context<'_>,
    ) -> Option<Condition> {
        let Connection { peer, link, silence, awaits_room, .. } = self;
        link.poll_flush(cx);
        let Peer::Speaking(session) = peer else { return None };
        loop {
            let condition = session.condition();
            if !condition.blocked {
                return Some(condition);
            }
            if link.poll_write_ready(cx).is_pending() {
                *awaits_room = true;
                return Some(condition);
            }
            if mem::take(awaits_room) {
                // The peer has read some of what a ping would stand behind.
                break_silence(silence, now);
            }
            session.member().unblock(turn);
        }
    }

    /// Does what the state of the session asks of the connection.
    fn follow_session(
        &mut self,
        condition: Option<Condition>,
        now: Time,
        turn: &mut Turn,
    ) -> Followed {
        let Peer::Speaking(session) = &mut self.peer else { return Followed::Stayed };
        let Some(Condition { ending, drained, .. }) = condition else { return Followed::Stayed };
        if ending.is_some() {
            session.attend(turn);
        }
        match (self.stage, ending) {
            (Stage::Gone, _) => return Followed::Stayed,
            (_, Some(Ending::Broken)) => self.end(turn),
            (Stage::Opening | Stage::Open | Stage::Leaving, _) if session.is_over() => {
                let code = if session.has_violated() {
                    websocket::close::PROTOCOL_ERROR
                } else {
                    websocket::close::NORMAL
                };
                self.start_closing(code, turn);
            }
            (Stage::Opening | Stage::Open, Some(Ending::Goodbye)) => {
                self.stage = Stage::Leaving;
                self.deadline = Some(self.link.timer(CLOSING_TIMEOUT));
            }
            (Stage::Opening, None) if session.is_established() => {
                debug!(session = session.member().session().0, "joined");
                self.stage = Stage::Open;
                self.receiver.set_limit(self.message_octets_max);
                self.pass.joined();
                self.stop = None;
                // The timer changes hands.
                let timer = self.deadline.take();
                self.silence =
                    timer.and_then(|timer| silence_of(session, self.link.watch(), now, timer));
            }
            (Stage::Closing, _) if drained => {
                self.stage = Stage::Closed;
                self.link.shut_down();
            }
            _ => return Followed::Stayed,
        }
        Followed::Moved
    }

    /// The session is over: a close frame goes after its last message, where there are such.
    fn start_closing(&mut self, code: u16, turn: &mut Turn) {
        let session = self.peer.session(&self.link, None);
        session.send_control(|encoder, out| write_close(encoder, Some(code), out), turn);
        self.stage = Stage::Closing;
        self.deadline = Some(self.link.timer(CLOSING_TIMEOUT));
    }

    fn check_stop(&mut self, turn: &mut Turn, cx: &mut Context<'_>) {
        let Some(stop) = &mut self.stop else { return };
        if stop.as_mut().poll(cx).is_pending() {
            return;
        }
        self.stop = None;
        if self.stage == Stage::Opening {
            let session = self.peer.session(&self.link, None);
            session.refuse(error_uri::SYSTEM_SHUTDOWN, SHUTTING_DOWN, turn);
        }
    }

    fn check_deadline(&mut self, turn: &mut Turn, cx: &mut Context<'_>) {
        let Some(deadline) = &mut self.deadline else { return };
        if deadline.as_mut().poll(cx).is_pending() {
            return;
        }
        self.deadline = None;
        if self.stage != Stage::Opening && self.is_busy() {
            // What it holds takes its time to give up; its own time begins then.
            self.deadline = Some(self.link.timer(CLOSING_TIMEOUT));
            return;
        }
        let session = self.peer.session(&self.link, None);
        if self.stage == Stage::Opening {
            let missing = if session.is_authenticating() { "AUTHENTICATE" } else { "HELLO" };
            let text = format!("no {missing} within {} seconds", HELLO_TIMEOUT.as_secs());
            session.violate(&text, turn);
        } else {
            // It had its time to say goodbye and to read.
            session.break_off(turn);
        }
    }
}

impl Connection {
    /// Ends the session's calls that have waited long enough, and wakes the task for the next. A timer
    /// that is set already is left alone unless it comes too late: calls are answered much more often
    /// than they time out.
    fn check_calls(&mut self, condition: Option<Condition>, turn: &mut Turn, cx: &mut Context<'_>) {
        let mut next = condition.and_then(|condition| condition.deadline);
        loop {
            let Peer::Speaking(session) = &mut self.peer else { return };
            let Some(deadline) = next.or(self.call_timer.as_ref().map(|(time, _)| *time)) else {
                return;
            };
            let (time, sleep) = self
                .call_timer
                .get_or_insert_with(|| (deadline, Box::pin(sleep_until(clock::instant(deadline)))));
            if deadline < *time {
                *time = deadline;
                sleep.as_mut().reset(clock::instant(deadline));
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return;
            }
            turn.begin(clock::now().max(*time));
            self.call_timer = None;
            session.tick(turn);
            next = session.condition().deadline;
        }
    }
}

impl Connection {
    /// Sends the ping that is due to a peer from which nothing comes, or parts with it.
    fn poll_silence(&mut self, now: Time, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<()> {
        let (Stage::Open, Some(silence)) = (self.stage, &mut self.silence) else {
            return Poll::Pending;
        };
        match ready!(silence.poll(now, cx)) {
            Silent::Ping => {
                let session = self.peer.session(&self.link, None);
                session.send_control(|encoder, out| encoder.write_ping(&[], out), turn);
            }
            Silent::Lost => {
                let text = format!("nothing has come for {:?}, not even a pong", silence.length());
                self.on_lost(&text, turn);
            }
        }
        Poll::Ready(())
    }

    /// The session ends at once.
    fn on_lost(&mut self, text: &str, turn: &mut Turn) {
        let session = self.peer.session(&self.link, None);
        session.lose(text, turn);
        self.link.lose();
        self.start_closing(websocket::close::PROTOCOL_ERROR, turn);
    }
}

/// The one line that the log has of a session's life.
fn log_end(summary: &Summary, wire: &Wire, lasted: Duration, is_lost: bool) {
    let Summary {
        session,
        has_joined,
        realm,
        authid,
        authrole,
        authmethod,
        peer,
        why,
        left_unread,
        events_dropped,
    } = summary;
    let transport = wire.name();
    let (session, peer, realm) = (session.0, peer.as_deref(), realm.as_deref());
    let (authid, authrole, authmethod) =
        (authid.as_deref(), authrole.as_deref(), authmethod.as_deref());
    let silent = match (is_lost, left_unread) {
        (false, _) => "the connection closed",
        (true, false) => "the peer was gone without a word",
        // To TCP both look alike.
        (true, true) => "the peer took nothing of what waited for it, or was gone",
    };
    let (by, killer, why) = match why {
        Some(Why { by: EndedBy::Client, text }) => ("client", None, &**text),
        Some(Why { by: EndedBy::Router, text }) => ("router", None, &**text),
        Some(Why { by: EndedBy::Session(killer), text }) => ("session", Some(killer.0), &**text),
        None => ("connection", None, silent),
    };
    if !has_joined {
        return info!(realm, authid, authmethod, peer, transport, by, why, "session refused");
    }
    let seconds = lasted.as_secs_f64();
    info!(
        session,
        realm,
        authid,
        authrole,
        authmethod,
        peer,
        transport,
        seconds,
        events_dropped,
        by,
        killer,
        why,
        "session ended"
    );
}

/// What came, or went, is a sign of life.
fn break_silence(silence: &mut Option<Silence>, now: Time) {
    if let Some(silence) = silence {
        silence.break_at(now);
    }
}

/// Whether the session's peer is to be pinged: over WebSocket alone, because there are clients that
/// take a `RawSocket`'s pings for messages.
fn silence_of(
    session: &Session,
    watch: &Watch,
    now: Time,
    timer: Pin<Box<Sleep>>,
) -> Option<Silence> {
    let Encoder::WebSocket(_) = session.member().wire().encoder else { return None };
    let interval = watch.liveness.ping_interval.filter(|interval| !interval.is_zero())?;
    Some(Silence::new(interval, now, timer))
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.link.belongs_to(cx.waker());
        WORKER.with_borrow_mut(|worker| self.poll_with(worker, cx))
    }
}

impl Drop for Connection {
    /// However the task ends, also by a panic or by the runtime's end, its session leaves.
    fn drop(&mut self) {
        let mut turn = Turn::default();
        turn.begin(clock::now());
        self.end_session(&mut turn);
        turn.flush();
    }
}

impl Peer {
    /// The session, opened when it is first asked for: batches are answered as the client makes
    /// them, and its first message shows how that is.
    fn session(&mut self, link: &Arc<StreamLink>, batched: Option<Batch>) -> &mut Session {
        if let Peer::Silent(router, wire) = self {
            if let Encoder::WebSocket(encoder) = &mut wire.encoder {
                encoder.batched = batched.or(encoder.batched);
            }
            let session =
                router.open(*wire, Arc::clone(link) as Arc<dyn Link>, entropy::of_session());
            *self = Peer::Speaking(Box::new(session));
        }
        match self {
            Peer::Speaking(session) => session,
            Peer::Silent(..) => unreachable!("opened above"),
        }
    }
}

/// The answer to a close frame without a code has none, either.
fn write_close(encoder: &Encoder, code: Option<u16>, out: &mut Vec<u8>) {
    encoder.write_close(code.map(|code| (code, "")), out);
}
