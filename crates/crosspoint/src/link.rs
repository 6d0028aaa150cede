//! The link of a connection: its writing half, as the session's own task and those of all others
//! use it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;
use std::time::Duration;

use atomic_waker::AtomicWaker;
use crosspoint_router::member::Link;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::Sleep;

use crate::liveness::{Watch, is_loss};

/// The writing half of a connection.
pub(crate) struct TcpLink {
    write: OwnedWriteHalf,
    /// The connection's own task, for what it has to do itself.
    task: AtomicWaker,
    watch: Arc<Watch>,
    /// The peer has given no sign of life for too long.
    lost: AtomicBool,
}

impl TcpLink {
    pub(crate) fn new(write: OwnedWriteHalf, watch: Arc<Watch>) -> TcpLink {
        TcpLink { write, task: AtomicWaker::new(), watch, lost: AtomicBool::new(false) }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.write.as_ref()
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

impl Link for TcpLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = match octets {
            [octets] => self.stream().try_write(octets),
            octets => self.stream().try_write_vectored(octets),
        };
        written.inspect_err(|error| self.note(error))
    }

    fn attend(&self) {
        self.task.wake();
    }

    fn peer(&self) -> Option<String> {
        Some(self.stream().peer_addr().ok()?.to_string())
    }
}
