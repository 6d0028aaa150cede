//! The wire: how a session's messages become octets on its transport.

use crosspoint_proto::framing::Encoder;
use crosspoint_proto::serializer::Serializer;

/// Serializer and framing. Two sessions of the same wire get the same octets for the same event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The serializer of the session, in both directions.
    pub serializer: Serializer,
    /// What stands around each message that is sent; it also knows the longest message that the
    /// peer takes.
    pub encoder: Encoder,
}

impl Wire {
    /// `websocket.json`: what people call it.
    pub fn name(&self) -> String {
        let framing = match self.encoder {
            Encoder::WebSocket(_) => "websocket",
            Encoder::RawSocket(_) => "rawsocket",
        };
        format!("{framing}.{}", self.serializer.name())
    }
}
