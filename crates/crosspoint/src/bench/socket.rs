//! A socket with what it has brought and what it is still to take: the same for generator and
//! relay.

use std::io::{self, Read as _, Write as _};

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// How much one read takes at most.
const READ_OCTETS: usize = 64 << 10;

/// A nonblocking connection and its two buffers.
pub(super) struct Socket {
    stream: TcpStream,
    incoming: Box<[u8]>,
    /// How much of `incoming` is filled.
    filled: usize,
    outgoing: Vec<u8>,
}

/// What a read has left in the kernel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// The buffer was filled: there may be more.
    Perhaps,
}

impl Socket {
    /// A socket that has brought something already.
    pub(super) fn new(stream: TcpStream, brought: &[u8]) -> Socket {
        let mut incoming = vec![0; READ_OCTETS.max(brought.len())].into_boxed_slice();
        incoming[..brought.len()].copy_from_slice(brought);
        Socket { stream, incoming, filled: brought.len(), outgoing: Vec::new() }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.stream.register(registry, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Reads once.
    pub(super) fn read(&mut self) -> io::Result<Left> {
        let room = &mut self.incoming[self.filled..];
        let size = room.len();
        loop {
            match self.stream.read(room) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.filled += read;
                    return Ok(if read < size { Left::Nothing } else { Left::Perhaps });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Left::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What was brought and is not done with, and the buffer for what is to be sent.
    pub(super) fn buffers(&mut self) -> (&mut [u8], &mut Vec<u8>) {
        (&mut self.incoming[..self.filled], &mut self.outgoing)
    }

    pub(super) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// The first octets that were brought are done with.
    pub(super) fn done_with(&mut self, octets: usize) {
        self.incoming.copy_within(octets..self.filled, 0);
        self.filled -= octets;
    }

    /// Writes what is to be sent, as far as the kernel takes it: in one write, nearly always.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        while written < self.outgoing.len() {
            match self.stream.write(&self.outgoing[written..]) {
                Ok(octets) => written += octets,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.outgoing.drain(..written);
        Ok(())
    }
}
