//! The wire between the load generator and a router: messages into frames, and back.

use crosspoint_proto::framing::{Decoder, Encoder, Frame, MessageTooLong, Progress};
use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;

use super::Error;

/// Both directions of one connection. They are apart, so that a message can be answered while it
/// still stands in the buffer.
pub(super) struct Wire {
    pub(super) reading: Reading,
    pub(super) writing: Writing,
}

pub(super) struct Reading {
    serializer: Serializer,
    decoder: Decoder,
}

pub(super) struct Writing {
    serializer: Serializer,
    encoder: Encoder,
    /// The head of the message that is being written.
    head: Vec<u8>,
    /// The key that masks the next frame, where frames are masked.
    mask: u32,
}

/// What a router sent.
pub(super) enum Incoming<'a> {
    Message(Message<'a>),
    Ping(&'a [u8]),
    /// A part of something, or a sign of life.
    Nothing,
}

impl Wire {
    pub(super) fn new(serializer: Serializer, encoder: Encoder, decoder: Decoder) -> Wire {
        Wire {
            reading: Reading { serializer, decoder },
            writing: Writing { serializer, encoder, head: Vec::new(), mask: 0 },
        }
    }
}

impl Reading {
    /// What stands at the front of a buffer, and how many octets it takes there; `None` if it has
    /// not come whole yet.
    pub(super) fn take<'a>(
        &'a mut self,
        buffer: &'a mut [u8],
    ) -> Result<Option<(usize, Incoming<'a>)>, Error> {
        let (octets, frame) = match self.decoder.decode(buffer)? {
            Progress::Need { .. } => return Ok(None),
            Progress::Took { octets, frame } => (octets, frame),
        };
        let incoming = match frame {
            Some(Frame::Message { octets, .. }) => {
                Incoming::Message(Message::decode(self.serializer, octets)?)
            }
            Some(Frame::Ping(payload)) => Incoming::Ping(payload),
            Some(Frame::Close(_)) => return Err(unexpected_close()),
            Some(Frame::Pong(_)) | None => Incoming::Nothing,
        };
        Ok(Some((octets, incoming)))
    }
}

impl Writing {
    pub(super) fn message(
        &mut self,
        message: &Message<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), MessageTooLong> {
        self.head.clear();
        let encoded = message.encode(self.serializer, &mut self.head);
        let parts = [&self.head[..], encoded.payload, encoded.tail];
        next_masked(self.encoder, &mut self.mask).write_message(&parts, out)
    }

    pub(super) fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        next_masked(self.encoder, &mut self.mask).write_pong(payload, out);
    }
}

/// Every frame has another key. Nobody has to be kept from guessing these.
fn next_masked(encoder: Encoder, mask: &mut u32) -> Encoder {
    *mask = mask.wrapping_add(0x9e37_79b9);
    encoder.masked(mask.to_be_bytes())
}

/// What a message that was not expected is called, with the reason that it gives.
pub(super) fn unexpected(expected: &'static str, message: &Message<'_>) -> Error {
    let name = message.name();
    let found = match message {
        Message::Error(error) => format!("{name} {}", error.error),
        Message::Abort(abort) => format!("{name} {}", abort.reason),
        Message::Goodbye(goodbye) => format!("{name} {}", goodbye.reason),
        _ => name.to_owned(),
    };
    Error::Unexpected { expected, found }
}

fn unexpected_close() -> Error {
    Error::Unexpected { expected: "a message", found: "the end of the WebSocket".to_owned() }
}
