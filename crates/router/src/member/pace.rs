//! At which pace a session is given what it has asked for, where that is more than may wait for it.

use std::sync::Arc;

use super::{Member, Undeliverable};
use crate::turn::{Frame, Turn};

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// What had been written to the session when that was last looked at.
    written: usize,
    /// What is left of its share of that.
    share: usize,
}

impl Member {
    /// May it be given another portion? It may as long as little waits for it; if much does, because others
    /// fill up what room it makes, then half of what is written to it is its share. If not, its task is told
    /// when there may be room.
    pub(crate) fn has_room_for_portion(&self, pace: &mut Pace) -> bool {
        self.state(|state| {
            let outbox = &mut state.outbox;
            let (waiting, limits) = (outbox.octets(), &self.limits);
            let share = pace.share + outbox.written_since(pace.written) / 2;
            let share = share.min(limits.outbox_octets_for_portions());
            *pace = Pace { written: outbox.written(), share };
            let has_room = state.ending.is_some()
                || waiting <= limits.outbox_octets_for_portions()
                || (waiting <= limits.outbox_octets_for_others() && share > 0);
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
            if pushed == Err(Undeliverable::Full) {
                state.outbox.await_room();
            }
            pace.share = pace.share.saturating_sub(state.outbox.octets() - before);
            pushed
        })
    }
}
