//! The load generator: one thread that keeps a workload up over nonblocking sockets.
//!
//! It is the same for routers and relay. All that one readiness brings is processed before
//! anything is written, and each socket is written to once.

use std::io;
use std::net::TcpStream;

use mio::{Events, Poll, Token};

use super::Error;
use super::dial::SILENCE_MAX;
use super::dialect::Dialect;
use super::socket::{Left, Socket};
use super::workload::Shape;

pub(super) struct Generator {
    poll: Poll,
    events: Events,
    load: Load,
}

/// What is going on, apart from waiting for it.
struct Load {
    /// Who is at the other end, for errors.
    party: String,
    shape: Shape,
    dialect: Box<dyn Dialect>,
    sockets: Vec<Socket>,
    /// Sockets that were written to their buffers since the last flush.
    touched: Vec<usize>,
    begun: u64,
    delivered: u64,
    /// Nothing new is begun.
    ending: bool,
}

impl Generator {
    /// A generator over these connections, in the order of the workload's shape, each with what it
    /// has brought already.
    pub(super) fn new(
        party: &str,
        shape: Shape,
        dialect: Box<dyn Dialect>,
        connections: Vec<(TcpStream, Vec<u8>)>,
    ) -> Result<Generator, Error> {
        let broken = |error| broken(party, error);
        let poll = Poll::new().map_err(broken)?;
        let sockets = connections.into_iter().enumerate().map(|(number, (stream, brought))| {
            stream.set_nonblocking(true)?;
            let mut socket = Socket::new(mio::net::TcpStream::from_std(stream), &brought);
            socket.register(poll.registry(), Token(number))?;
            Ok(socket)
        });
        let sockets = sockets.collect::<io::Result<_>>().map_err(broken)?;
        let load = Load {
            party: party.to_owned(),
            shape,
            dialect,
            sockets,
            touched: Vec::new(),
            begun: 0,
            delivered: 0,
            ending: false,
        };
        Ok(Generator { poll, events: Events::with_capacity(1024), load })
    }

    /// Puts the load on, to its full height.
    pub(super) fn start(&mut self) -> Result<(), Error> {
        self.load.ending = false;
        for initiator in 0..self.load.shape.initiators {
            for _operation in 0..self.load.shape.in_flight {
                self.load.begin(initiator)?;
            }
        }
        self.load.flush()
    }

    /// Keeps the load up as long as that says, which is told the number of deliveries.
    pub(super) fn run_while(&mut self, mut go_on: impl FnMut(u64) -> bool) -> Result<(), Error> {
        while go_on(self.load.delivered) {
            self.turn()?;
        }
        Ok(())
    }

    /// Begins nothing more, and waits until everything has ended.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.load.ending = true;
        while self.load.is_busy() {
            self.turn()?;
        }
        Ok(())
    }

    /// Results, or events, so far.
    pub(super) fn delivered(&self) -> u64 {
        self.load.delivered
    }

    fn turn(&mut self) -> Result<(), Error> {
        match self.poll.poll(&mut self.events, Some(SILENCE_MAX)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            polled => polled.map_err(|error| broken(&self.load.party, error))?,
        }
        if self.events.is_empty() {
            return Err(broken(&self.load.party, io::ErrorKind::TimedOut.into()));
        }
        for event in &self.events {
            self.load.on_ready(event.token().0)?;
        }
        self.load.flush()
    }
}

impl Load {
    fn begin(&mut self, initiator: usize) -> Result<(), Error> {
        self.begun += 1;
        self.touched.push(initiator);
        self.dialect.begin(initiator, self.sockets[initiator].outgoing())
    }

    fn on_ready(&mut self, number: usize) -> Result<(), Error> {
        // Perhaps it only takes again what it did not take before.
        self.touched.push(number);
        loop {
            let left = self.sockets[number].read().map_err(|error| broken(&self.party, error))?;
            self.process(number)?;
            if left == Left::Nothing {
                return Ok(());
            }
        }
    }

    /// Takes all messages that a socket has brought whole.
    fn process(&mut self, number: usize) -> Result<(), Error> {
        let (mut done, mut deliveries) = (0, 0);
        let (brought, outgoing) = self.sockets[number].buffers();
        while let Some(taken) = self.dialect.take(number, &mut brought[done..], outgoing)? {
            done += taken.octets;
            deliveries += u64::from(taken.delivery);
        }
        self.sockets[number].done_with(done);
        (0..deliveries).try_for_each(|_| self.on_delivery(number))
    }

    /// An operation that has ended makes place for the next: a caller's own, or the publisher's.
    fn on_delivery(&mut self, number: usize) -> Result<(), Error> {
        self.delivered += 1;
        if self.ending || !self.delivered.is_multiple_of(self.shape.deliveries as u64) {
            return Ok(());
        }
        self.begin(if self.shape.is_initiator(number) { number } else { 0 })
    }

    fn is_busy(&self) -> bool {
        self.delivered < self.begun * self.shape.deliveries as u64
    }

    fn flush(&mut self) -> Result<(), Error> {
        for number in self.touched.drain(..) {
            self.sockets[number].flush().map_err(|error| broken(&self.party, error))?;
        }
        Ok(())
    }
}

fn broken(party: &str, error: io::Error) -> Error {
    Error::Connection { party: party.to_owned(), error }
}
