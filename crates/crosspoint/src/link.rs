//! The link of a connection: its writing half, as the session's own task and those of all others
//! use it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use crosspoint_proto::transport::{PeerAddress, TransportDetails};
use crosspoint_router::authentication::Cookie;
use crosspoint_router::member::Link;
use crosspoint_router::wire::Wire;
use crosspoint_transport::stream::Writer;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task;
use tokio::time::Sleep;

use crate::http::Brought;
use crate::liveness::{Watch, is_loss};
use crate::trace::Trace;

/// The writing half of a connection.
pub(crate) struct StreamLink {
    write: Writer,
    /// Who it is, as was found out at the beginning: at the end nobody knows any more.
    peer: Option<PeerAddress>,
    /// The token that has come with the request for the connection, until somebody asks for it.
    token: Mutex<Option<Box<str>>>,
    /// The connection's own task, for what it has to do itself.
    task: AtomicWaker,
    watch: Arc<Watch>,
    /// The peer has given no sign of life for too long.
    lost: AtomicBool,
    /// For whoever wants to see what is said here.
    trace: Option<Box<Trace>>,
    /// What the peer's browser is known by: few have that.
    cookie: Option<Box<Cookie>>,
}

impl StreamLink {
    pub(crate) fn new(
        write: Writer,
        peer: Option<PeerAddress>,
        watch: Arc<Watch>,
        wire: Wire,
    ) -> StreamLink {
        let (task, lost) = (AtomicWaker::new(), AtomicBool::new(false));
        let at = || peer.map(|peer| peer.to_string());
        let trace = watch.tracer.as_ref().map(|tracer| Trace::new(Arc::clone(tracer), wire, at()));
        let (trace, cookie, token) = (trace.map(Box::new), None, Mutex::default());
        StreamLink { write, peer, token, task, watch, lost, trace, cookie }
    }

    /// One whose peer has brought this along.
    pub(crate) fn with(self, Brought { cookie, token }: Brought) -> StreamLink {
        StreamLink { cookie: cookie.map(Box::new), token: Mutex::new(token), ..self }
    }

    /// The peer has sent this message.
    pub(crate) fn trace(&self, octets: &[u8]) {
        if let Some(trace) = &self.trace {
            trace.received(octets);
        }
    }

    /// Says that nothing more will be written, after all that was.
    pub(crate) fn shut_down(&self) {
        if let Err(error) = self.write.shut_down() {
            self.note(&error);
        }
    }

    /// Goes on with what is left over of what was written. Nobody waits for it.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) {
        if let Poll::Ready(Err(error)) = self.write.poll_flush(cx) {
            self.note(&error);
        }
    }

    /// Ready when more can be written, or nothing ever again: the next who writes will see.
    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.write.poll_write_ready(cx).map(|ready| {
            if let Err(error) = ready {
                self.note(&error);
            }
        })
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// A timer for the connection's own task.
    pub(crate) fn timer(&self, timeout: Duration) -> Pin<Box<Sleep>> {
        self.watch.timers.after(timeout)
    }

    /// The connection's own task is this one.
    pub(crate) fn belongs_to(&self, task: &Waker) {
        self.task.register(task);
    }

    /// What TCP says of the peer, to whoever happens to read or write then: it says so once.
    pub(crate) fn note(&self, error: &io::Error) {
        if is_loss(error) {
            self.lose();
        }
    }

    /// The peer is gone without a word, or hangs.
    pub(crate) fn lose(&self) {
        if !self.lost.swap(true, Ordering::Relaxed) {
            self.watch.count_lost();
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Link for StreamLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.write.try_write(octets);
        if let (Some(trace), Ok(count)) = (&self.trace, &written) {
            trace.sent(octets, *count);
        }
        if self.write.is_behind() {
            self.task.wake();
        }
        written.inspect_err(|error| self.note(error))
    }

    fn attend(&self) {
        self.task.wake();
    }

    /// On a thread that the runtime does without meanwhile, if it has several.
    fn take_time(&self, work: &mut dyn FnMut()) {
        match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => task::block_in_place(work),
            _ => work(),
        }
    }

    fn peer(&self) -> Option<String> {
        self.peer.map(|peer| peer.to_string())
    }

    fn transport(&self) -> Option<TransportDetails> {
        let details = self.write.details().ok()?;
        Some(TransportDetails { peer: self.peer.unwrap_or(details.peer), ..details })
    }

    fn take_token(&self) -> Option<Box<str>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn cookie(&self) -> Option<Cookie> {
        self.cookie.as_deref().copied()
    }
}
