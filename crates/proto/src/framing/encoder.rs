//! The encoder of a connection: how the messages that one peer receives are framed, over either
//! transport.
//!
//! It holds no state, only what was agreed on, so encoders that are equal write the same octets: a
//! router frames an event once and shares the result between all subscribers whose encoders are
//! equal.

use super::{rawsocket, websocket};
use crate::limits::MESSAGE_OCTETS_MAX;

/// Frames what is sent to one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoder {
    /// The frames of a `RawSocket` connection.
    RawSocket(rawsocket::Encoder),
    /// The frames of a WebSocket connection.
    WebSocket(websocket::Encoder),
}

/// The message cannot be sent to this peer; nothing was written. Send something shorter, such as an
/// error that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of {octets} octets is longer than the {limit} that the peer accepts")]
pub struct MessageTooLong {
    /// The length of the message.
    pub octets: usize,
    /// What the peer announced, or what the framing can express.
    pub limit: usize,
}

impl Encoder {
    /// Appends one message, given in parts, to `out`.
    pub fn write_message(&self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), MessageTooLong> {
        match self {
            Self::RawSocket(encoder) => encoder.write_message(parts, out),
            Self::WebSocket(encoder) => encoder.write_message(parts, out),
        }
    }

    /// Appends a ping. A WebSocket's carries at most 125 octets: what is longer is cut off.
    pub fn write_ping(&self, payload: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::RawSocket(encoder) => encoder.write_ping(payload, out),
            Self::WebSocket(encoder) => encoder.write_ping(payload, out),
        }
    }

    /// Appends a pong, the answer to a ping with the same payload.
    pub fn write_pong(&self, payload: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::RawSocket(encoder) => encoder.write_pong(payload, out),
            Self::WebSocket(encoder) => encoder.write_pong(payload, out),
        }
    }

    /// Appends a close frame with a code and a reason. `RawSocket` has none: there the end of the
    /// stream says it all.
    pub fn write_close(&self, why: Option<(u16, &str)>, out: &mut Vec<u8>) {
        match self {
            Self::RawSocket(_) => {}
            Self::WebSocket(encoder) => encoder.write_close(why, out),
        }
    }

    /// The same encoder with the key that masks the next frame. A client's WebSocket frames need
    /// one each; for `RawSocket` it changes nothing.
    #[must_use]
    pub fn masked(self, key: [u8; 4]) -> Self {
        match self {
            Self::RawSocket(_) => self,
            Self::WebSocket(encoder) => Self::WebSocket(encoder.masked(key)),
        }
    }

    /// The longest message that the peer accepts, as far as it has said so.
    pub fn message_octets_max(&self) -> usize {
        match self {
            Self::RawSocket(encoder) => encoder.limit().octets(),
            Self::WebSocket(_) => MESSAGE_OCTETS_MAX,
        }
    }

    /// How many octets `write_message` appends for a message of this length, or appends at most if
    /// it compresses.
    pub fn framed_len(&self, message_len: usize) -> usize {
        match self {
            Self::RawSocket(_) => rawsocket::HEADER_LEN + message_len,
            Self::WebSocket(encoder) => encoder.framed_len(message_len),
        }
    }

    /// How many octets any framing adds to a message at most.
    pub const fn message_overhead_max() -> usize {
        websocket::MESSAGE_OVERHEAD_MAX
    }
}

/// The length of a message given in parts.
pub(super) fn total_len(parts: &[&[u8]]) -> usize {
    parts.iter().map(|part| part.len()).sum()
}
