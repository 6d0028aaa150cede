//! How what is in a member's outbox gets onto its link: by whoever has put it there, as far as the link
//! takes it, else by the session's own task.

use std::io::{self, IoSlice};
use std::sync::Arc;

use super::{Member, State};
use crate::limits::FLUSH_ROUNDS_MAX;
use crate::outbox::Outgoing;
use crate::turn::Turn;

impl Member {
    /// Writes what waits, unless somebody else is at it. Several threads may come at once: one of
    /// them writes, and looks again before it goes.
    pub(crate) fn flush(self: &Arc<Self>, turn: &mut Turn) {
        let started = {
            let mut state = self.state.lock();
            state.touched = false;
            state.outbox.start()
        };
        let Some(mut outgoing) = started else { return };
        for _round in 0..FLUSH_ROUNDS_MAX {
            match self.write(&mut outgoing) {
                (written, Ok(())) => {
                    turn.buffers.give_back(outgoing.into_buffer());
                    let mut state = self.state.lock();
                    match state.outbox.go_on(written) {
                        Some(more) => outgoing = more,
                        None => return self.drained(&mut state),
                    }
                }
                (written, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.leave_to_task(written, outgoing);
                }
                (_, Err(_)) => {
                    let mut state = self.state.lock();
                    state.left_unread = true;
                    return self.give_up(&mut state);
                }
            }
        }
        self.leave_to_task(0, outgoing);
    }

    /// As [`Member::flush`], but that the session's own task does it.
    pub(crate) fn leave_flush_to_task(&self) {
        let mut state = self.state.lock();
        state.touched = false;
        if state.outbox.hand_over() {
            drop(state);
            self.link.attend();
        }
    }

    /// The session's own task goes on with the writing.
    fn leave_to_task(&self, written: usize, rest: Outgoing) {
        self.state.lock().outbox.block(written, rest);
        self.link.attend();
    }

    /// All is written. The session's task waits for that to close the connection, if the session has ended, or
    /// to go on with what it has begun; and it may have been another thread that wrote the last of it.
    fn drained(&self, state: &mut State) {
        if state.outbox.take_awaited() || state.ending.is_some() {
            self.link.attend();
        }
    }

    /// Writes until all is written or the link takes no more. How much that was, and why it ended.
    fn write(&self, outgoing: &mut Outgoing) -> (usize, io::Result<()>) {
        const SLICES: usize = 16;
        let mut total = 0;
        while !outgoing.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = outgoing.slices(&mut slices);
            match self.link.write(&slices[..count]) {
                Ok(0) => return (total, Err(io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    outgoing.advance(written);
                    total += written;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (total, Err(error)),
            }
        }
        (total, Ok(()))
    }
}
