//! The bare relay: what moving the octets costs, and nothing else. It reads what a socket has
//! brought and writes it to the sockets that the frames name, one write for each.
//!
//! ```text
//! frame:  to (2 octets)  from (2 octets)  anything      all frames are of one length
//! ```
//!
//! Addresses are given out in the order of the connections: whoever connects is sent its own.

use std::io::{self, Write as _};
use std::net::Ipv4Addr;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::socket::{Left, Socket};

/// A connection to the relay.
pub(super) type Address = u16;

/// All connections but the sender's.
pub(super) const EVERYBODY: Address = Address::MAX;

pub(super) const HEADER_OCTETS: usize = 4;

/// What the relay prints its address behind.
pub(super) const SCHEME: &str = "relay://";

const LISTENER: Token = Token(usize::MAX);

pub(super) fn header(to: Address, from: Address) -> [u8; HEADER_OCTETS] {
    let ([a, b], [c, d]) = (to.to_be_bytes(), from.to_be_bytes());
    [a, b, c, d]
}

/// A relay that listens.
pub(crate) struct Relay {
    poll: Poll,
    listener: TcpListener,
    frame_octets: usize,
    /// By address; `None` where it has ended, or is being read.
    sockets: Vec<Option<Socket>>,
    ended: usize,
    /// Who was sent something since the last flush.
    touched: Vec<usize>,
}

impl Relay {
    /// A relay of frames of this length, on a port that the system chooses.
    pub(crate) fn bind(frame_octets: usize) -> io::Result<Relay> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let frame_octets = frame_octets.max(HEADER_OCTETS);
        Ok(Relay { poll, listener, frame_octets, sockets: vec![], ended: 0, touched: vec![] })
    }

    /// Where it listens: `relay://127.0.0.1:port`.
    pub(crate) fn url(&self) -> io::Result<String> {
        Ok(format!("{SCHEME}{}", self.listener.local_addr()?))
    }

    /// Relays until all that have connected have gone.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        while self.sockets.is_empty() || self.ended < self.sockets.len() {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(number) => self.on_ready(number),
                }
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _peer)) => self.welcome(stream)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn welcome(&mut self, mut stream: TcpStream) -> io::Result<()> {
        let number = self.sockets.len();
        let address = Address::try_from(number).map_err(io::Error::other)?;
        stream.set_nodelay(true)?;
        stream.write_all(&address.to_be_bytes())?;
        let mut socket = Socket::new(stream, &[]);
        socket.register(self.poll.registry(), Token(number))?;
        self.sockets.push(Some(socket));
        Ok(())
    }

    /// A socket is ready: moves all that it has brought. One that has ended has no place any more.
    fn on_ready(&mut self, number: usize) {
        let Some(mut socket) = self.sockets[number].take() else { return };
        match socket.flush().and_then(|()| self.relay(&mut socket)) {
            Ok(()) => self.sockets[number] = Some(socket),
            Err(_ended) => self.ended += 1,
        }
    }

    fn relay(&mut self, from: &mut Socket) -> io::Result<()> {
        loop {
            let left = from.read()?;
            self.distribute(from);
            while let Some(to) = self.touched.pop() {
                if let Some(socket) = &mut self.sockets[to] {
                    // That it has ended shows when it is read.
                    let _ = socket.flush();
                }
            }
            if left == Left::Nothing {
                return Ok(());
            }
        }
    }

    fn distribute(&mut self, from: &mut Socket) {
        let (brought, _outgoing) = from.buffers();
        let mut frames = brought.chunks_exact(self.frame_octets);
        for frame in &mut frames {
            match Address::from_be_bytes([frame[0], frame[1]]) {
                EVERYBODY => (0..self.sockets.len()).for_each(|to| self.put(to, frame)),
                to => self.put(to.into(), frame),
            }
        }
        let done = brought.len() - frames.remainder().len();
        from.done_with(done);
    }

    /// The sender itself is not there while its frames are distributed.
    fn put(&mut self, to: usize, frame: &[u8]) {
        if let Some(Some(socket)) = self.sockets.get_mut(to) {
            let outgoing = socket.outgoing();
            if outgoing.is_empty() {
                self.touched.push(to);
            }
            outgoing.extend_from_slice(frame);
        }
    }
}
