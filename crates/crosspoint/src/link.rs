//! The link of a connection: its writing half, as the session's own task and those of all others
//! use it.

use std::io::{self, IoSlice};
use std::task::Waker;

use atomic_waker::AtomicWaker;
use crosspoint_router::member::Link;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

/// The writing half of a connection.
pub(crate) struct TcpLink {
    write: OwnedWriteHalf,
    /// The connection's own task, for what it has to do itself.
    task: AtomicWaker,
}

impl TcpLink {
    pub(crate) fn new(write: OwnedWriteHalf) -> TcpLink {
        TcpLink { write, task: AtomicWaker::new() }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.write.as_ref()
    }

    /// The connection's own task is this one.
    pub(crate) fn belongs_to(&self, task: &Waker) {
        self.task.register(task);
    }
}

impl Link for TcpLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        match octets {
            [octets] => self.stream().try_write(octets),
            octets => self.stream().try_write_vectored(octets),
        }
    }

    fn attend(&self) {
        self.task.wake();
    }

    fn peer(&self) -> Option<String> {
        Some(self.stream().peer_addr().ok()?.to_string())
    }
}
