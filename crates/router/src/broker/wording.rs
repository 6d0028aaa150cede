//! What an event says, in the notation of each of its subscribers: however many subscriptions it goes to, it is
//! put into another notation once.

use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::Serializer;

use crate::limits::OCTETS_OF_WORK;
use crate::turn::Turn;

/// A payload, and what was made of it so far.
pub(super) struct Wording<'p> {
    payload: Payload<'p>,
    /// `None` where that serializer has no words for it.
    others: Vec<(Serializer, Option<Vec<u8>>)>,
}

impl<'p> Wording<'p> {
    pub(super) fn new(payload: Payload<'p>) -> Wording<'p> {
        Wording { payload, others: Vec::new() }
    }

    /// The payload in this serializer, if it can be said in it.
    pub(super) fn in_serializer(
        &mut self,
        serializer: Serializer,
        turn: &mut Turn,
    ) -> Option<Payload<'_>> {
        let payload = self.payload;
        if payload.serializer == serializer || payload.octets.is_empty() {
            return Some(Payload { serializer, ..payload });
        }
        let found = self.others.iter().position(|(of, _)| *of == serializer);
        let index = found.unwrap_or_else(|| {
            let mut octets = Vec::new();
            let said = payload.transcoded(serializer, &mut octets).is_ok();
            turn.spend((payload.octets.len() + octets.len()) / OCTETS_OF_WORK);
            self.others.push((serializer, said.then_some(octets)));
            self.others.len() - 1
        });
        let octets = self.others[index].1.as_ref()?;
        Some(Payload { serializer, arity: payload.arity, octets })
    }
}
