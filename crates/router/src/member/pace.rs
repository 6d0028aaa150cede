//! At which pace a session is given what it has asked for, where that is more than may wait for it.

use std::sync::Arc;

use super::{Member, Undeliverable};
use crate::turn::{Frame, Turn};

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// What had been written to the session when it was given the last portion.
    written: usize,
    /// The length of that one.
    octets: usize,
}

impl Member {
    /// May it be given another portion? It may as long as little waits for it; if much does, because others
    /// fill up what room it makes, then when as much has been written as the last one was long: so it gets
    /// its share of them. If not, its task is told when there may be room.
    pub(crate) fn has_room_for_portion(&self, pace: &Pace) -> bool {
        self.state(|state| {
            let outbox = &mut state.outbox;
            let (waiting, limits) = (outbox.octets(), &self.limits);
            let has_room = state.ending.is_some()
                || waiting <= limits.outbox_octets_for_portions()
                || (waiting <= limits.outbox_octets_for_others()
                    && outbox.written_since(pace.written) >= pace.octets);
            if !has_room {
                outbox.await_room();
            }
            has_room
        })
    }

    /// Gives it a portion: it answers a request of the session itself, so it finds as much room as an answer
    /// does. If there is none, its task is told when there is.
    pub(crate) fn send_portion(
        self: &Arc<Self>,
        frame: &Frame,
        pace: &mut Pace,
        turn: &mut Turn,
    ) -> Result<(), Undeliverable> {
        self.with(turn, |state, turn| {
            let before = state.outbox.octets();
            let pushed = state.push_frame(self.limits.outbox_octets_max, frame, &mut turn.buffers);
            match pushed {
                Ok(()) => {
                    let octets = state.outbox.octets() - before;
                    *pace = Pace { written: state.outbox.written(), octets };
                }
                Err(Undeliverable::Full) => state.outbox.await_room(),
                Err(Undeliverable::Gone | Undeliverable::TooLong) => {}
            }
            pushed
        })
    }
}
