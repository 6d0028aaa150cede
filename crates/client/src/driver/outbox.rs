//! The outbox: what waits to be written, as the octets that the router will read; and the count of
//! requests, whose IDs are the order in which they stand there.

use crosspoint_proto::framing::{Encoder, MessageTooLong};
use crosspoint_proto::id::RequestId;
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;

use super::mask::Masks;
use crate::limits::{BUFFER_OCTETS_KEPT, OUTBOX_OCTETS_FULL};

pub(super) struct Outbox {
    encoder: Encoder,
    serializer: Serializer,
    masks: Masks,
    octets: Vec<u8>,
    /// How many of them are written already.
    written: usize,
    /// Where heads of messages are put together.
    head: Vec<u8>,
    last_request: RequestId,
}

impl Outbox {
    pub(super) fn new(encoder: Encoder, serializer: Serializer) -> Outbox {
        Outbox {
            encoder,
            serializer,
            masks: Masks::new(),
            octets: Vec::new(),
            written: 0,
            head: Vec::new(),
            last_request: RequestId(0),
        }
    }

    pub(super) fn serializer(&self) -> Serializer {
        self.serializer
    }

    /// Puts a message at the end, or changes nothing if the router would not take it.
    pub(super) fn send(&mut self, message: &Message<'_>) -> Result<(), MessageTooLong> {
        self.head.clear();
        let encoded = message.encode(self.serializer, &mut self.head);
        let parts = [&self.head[..], encoded.payload, encoded.tail];
        let octets = parts.iter().map(|part| part.len()).sum();
        if octets > MESSAGE_OCTETS_MAX {
            return Err(MessageTooLong { octets, limit: MESSAGE_OCTETS_MAX });
        }
        self.encoder.masked(self.masks.draw()).write_message(&parts, &mut self.octets)
    }

    /// Puts a request at the end, with the next ID. One that is not sent leaves no gap.
    pub(super) fn request<'m>(
        &mut self,
        message: impl FnOnce(RequestId) -> Message<'m>,
    ) -> Result<RequestId, MessageTooLong> {
        let request = RequestId(self.last_request.0 + 1);
        self.send(&message(request))?;
        self.last_request = request;
        Ok(request)
    }

    /// Was there ever such a request?
    pub(super) fn has_requested(&self, request: RequestId) -> bool {
        request <= self.last_request
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        self.encoder.masked(self.masks.draw()).write_pong(payload, &mut self.octets);
    }

    /// Puts a close frame at the end, where there are such.
    pub(super) fn close(&mut self, code: Option<u16>) {
        let why = code.map(|code| (code, ""));
        self.encoder.masked(self.masks.draw()).write_close(why, &mut self.octets);
    }

    /// What has to be written next.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.octets[self.written..]
    }

    pub(super) fn octets(&self) -> usize {
        self.waiting().len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// So many of them are written.
    pub(super) fn advance(&mut self, written: usize) {
        self.written += written;
        if self.is_empty() {
            self.octets.clear();
            self.octets.shrink_to(BUFFER_OCTETS_KEPT);
            self.head.shrink_to(BUFFER_OCTETS_KEPT);
            self.written = 0;
        } else if self.written >= OUTBOX_OCTETS_FULL.max(self.octets()) {
            // Under load it may never be empty. No octet is moved before another one is written
            // for it, so that this costs no more than writing does.
            self.octets.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use crosspoint_proto::framing::rawsocket;
    use crosspoint_proto::message::session::{ClosingDetails, Goodbye};

    use super::*;

    const MESSAGE_OCTETS: usize = 10_000;

    /// Sends messages that differ, until no more are taken.
    fn fill(outbox: &mut Outbox, sent: &mut usize) {
        while outbox.octets() < OUTBOX_OCTETS_FULL {
            let reason = format!("{sent:MESSAGE_OCTETS$}").into();
            let details = ClosingDetails::default();
            outbox.send(&Message::Goodbye(Goodbye { details, reason })).unwrap();
            *sent += 1;
        }
    }

    #[test]
    fn what_is_written_is_given_back_although_the_producer_is_always_ahead() {
        let encoder = Encoder::RawSocket(rawsocket::Encoder::default());
        let mut outbox = Outbox::new(encoder, Serializer::Json);
        let mut sent = 0;
        fill(&mut outbox, &mut sent);
        let room = outbox.octets.len() + OUTBOX_OCTETS_FULL + MESSAGE_OCTETS;
        for written in (1..OUTBOX_OCTETS_FULL).step_by(1009) {
            let rest = outbox.waiting()[written..].to_vec();
            outbox.advance(written);
            assert!(outbox.waiting() == rest, "after {written} octets");
            fill(&mut outbox, &mut sent);
            assert!(outbox.octets.len() <= room, "{} octets are held", outbox.octets.len());
        }
        assert!(outbox.octets.capacity() <= 2 * room);
    }
}
