//! The relay's dialect: frames of one length, each with an address in front. Whoever is called
//! sends the frame back to where it came from.

use super::{Dialect, Taken};
use crate::bench::Error;
use crate::bench::relay::{Address, EVERYBODY, HEADER_OCTETS, header};
use crate::bench::workload::Shape;

pub(in crate::bench) struct Relayed {
    shape: Shape,
    frame_octets: usize,
}

impl Relayed {
    pub(in crate::bench) fn new(shape: Shape, frame_octets: usize) -> Relayed {
        Relayed { shape, frame_octets }
    }

    fn write(&self, to: Address, from: Address, out: &mut Vec<u8>) {
        out.extend(header(to, from));
        out.resize(out.len() + self.frame_octets - HEADER_OCTETS, b'x');
    }
}

/// Sockets are connected in the order of their numbers, which are their addresses therefore.
fn address(socket: usize) -> Address {
    Address::try_from(socket).expect("no workload has that many sockets")
}

impl Dialect for Relayed {
    fn begin(&mut self, initiator: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let to = match self.shape.deliveries {
            1 => address(self.shape.responder_of(initiator)),
            _ => EVERYBODY,
        };
        self.write(to, address(initiator), out);
        Ok(())
    }

    fn take(
        &mut self,
        socket: usize,
        brought: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Taken>, Error> {
        let Some(frame) = brought.get(..self.frame_octets) else { return Ok(None) };
        let invoked = !self.shape.is_initiator(socket) && self.shape.deliveries == 1;
        if invoked {
            let caller = Address::from_be_bytes([frame[2], frame[3]]);
            self.write(caller, address(socket), out);
        }
        Ok(Some(Taken { octets: self.frame_octets, delivery: !invoked }))
    }
}
