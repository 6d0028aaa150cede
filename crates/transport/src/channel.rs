//! A channel: a connection whose handshake is done, so that messages can go over it. It has the
//! characteristics that the specification demands of a transport: message-based, reliable, ordered
//! and bidirectional.

use crosspoint_proto::framing::batched::Batch;
use crosspoint_proto::framing::{Decoder, Encoder};
use crosspoint_proto::serializer::Serializer;

use crate::stream::Stream;

/// A connection whose handshake is done.
#[derive(Debug)]
pub struct Channel {
    /// The connection, and what was read with the handshake, but belongs to the first messages.
    pub stream: Stream,
    /// What both sides write their messages in.
    pub serializer: Serializer,
    /// Cuts frames out of what the peer sends.
    pub decoder: Decoder,
    /// Frames what the peer is sent.
    pub encoder: Encoder,
}

impl Channel {
    /// Whether a frame of the peer may hold several messages, and how they are told apart.
    pub fn batched(&self) -> Option<Batch> {
        match &self.encoder {
            Encoder::RawSocket(_) => None,
            Encoder::WebSocket(encoder) => encoder.batched,
        }
    }
}
