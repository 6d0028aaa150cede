//! Dialects: the same workload said in different words. [`wamp`] is what routers speak, [`relayed`]
//! what the bare relay does.

pub(super) mod relayed;
pub(super) mod wamp;

use super::Error;

/// What sockets say to each other. They are known by their numbers in the workload's shape.
pub(super) trait Dialect {
    /// Appends what begins an operation of this initiator: a CALL, or a PUBLISH.
    fn begin(&mut self, initiator: usize, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Takes one message off the front of what a socket has brought; `None` if none is whole. What
    /// has to be answered is answered.
    fn take(
        &mut self,
        socket: usize,
        brought: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Taken>, Error>;
}

/// A message that was taken.
pub(super) struct Taken {
    pub(super) octets: usize,
    /// It was what the operation was about: a RESULT, or an EVENT.
    pub(super) delivery: bool,
}
