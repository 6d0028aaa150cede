//! Framing cuts messages out of a stream of octets, and puts them into one.
//!
//! WAMP runs over [`rawsocket`] and over [`websocket`], the latter also with several messages in
//! one frame ([`batched`]). A connection handles both in the same way: it asks one [`Decoder`] what
//! the octets in its buffer are, and one [`Encoder`] to frame what it sends. What the messages say
//! is none of framing's business: that story goes on in the serializers.
//!
//! Nothing here reads a socket, a clock or a source of randomness. Octets come in as slices and go
//! out into a `Vec`, so the same code serves router, client, simulation and fuzzer.
//!
//! ```
//! use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress, rawsocket};
//!
//! let encoder = Encoder::RawSocket(rawsocket::Encoder::default());
//! let mut buffer = Vec::new();
//! encoder.write_message(&[b"[1,\"realm1\"", b",{}]"], &mut buffer)?;
//!
//! let mut decoder = Decoder::RawSocket(rawsocket::Decoder::new(1 << 24));
//! let progress = decoder.decode(&mut buffer)?;
//! let message = Frame::Message { octets: b"[1,\"realm1\",{}]", text: false };
//! assert_eq!(progress, Progress::Took { octets: 19, frame: Some(message) });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod batched;
mod encoder;
#[cfg(test)]
mod properties;
pub mod rawsocket;
mod violation;
pub mod websocket;

pub use self::encoder::{Encoder, MessageTooLong};
pub use self::violation::Violation;

/// One thing that the peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole message, whatever number of fragments it came in.
    Message {
        /// The message, or several of them when the subprotocol is a batched one.
        octets: &'a [u8],
        /// The peer marked it as text, and it is valid UTF-8. `RawSocket` marks nothing: there it
        /// is always false.
        text: bool,
    },
    /// To be answered with a pong that carries the same octets.
    Ping(&'a [u8]),
    /// The answer to a ping, or a sign of life that nobody asked for.
    Pong(&'a [u8]),
    /// The peer closes: answer with a close and end the connection. Code and reason, when it gave
    /// any.
    Close(Option<(u16, &'a str)>),
}

/// What a call of `decode` found at the front of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// That many octets are done with: drop them from the buffer and call again with what follows.
    Took {
        /// How many.
        octets: usize,
        /// What they were. None when they were one fragment, or came after a close.
        frame: Option<Frame<'a>>,
    },
    /// Nothing was taken. At least that many more octets must arrive before it is worth calling
    /// again.
    Need {
        /// How many. Large for a large frame, and only the peer's word: a buffer grows with what
        /// really arrives.
        octets: usize,
    },
}

/// The end of the connection that we are. It decides who masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// We dialled: what we send is masked.
    Client,
    /// We accepted: what we receive is masked.
    Server,
}

/// Cuts frames out of what a peer sent, over either transport.
///
/// Call it until it answers [`Progress::Need`]: waiting for the network is when it gives its memory
/// back.
#[derive(Debug)]
pub enum Decoder {
    /// The frames of a `RawSocket` connection, after its handshake.
    RawSocket(rawsocket::Decoder),
    /// The frames of a WebSocket connection, after its handshake.
    WebSocket(websocket::Decoder),
}

impl Decoder {
    /// Says what the octets at the front of `buffer` are; a masked frame is unmasked in place as it
    /// is taken.
    ///
    /// After a [`Violation`] the stream has lost its footing: tell the peer and close, and decode
    /// no more of it.
    pub fn decode<'a>(&'a mut self, buffer: &'a mut [u8]) -> Result<Progress<'a>, Violation> {
        match self {
            Self::RawSocket(decoder) => decoder.decode(buffer),
            Self::WebSocket(decoder) => decoder.decode(buffer),
        }
    }

    /// The longest message that is taken, in octets.
    pub fn limit(&self) -> usize {
        match self {
            Self::RawSocket(decoder) => decoder.limit,
            Self::WebSocket(decoder) => decoder.limit,
        }
    }

    /// From now on messages of up to `octets` are taken; one that has begun is judged by that, too.
    pub fn set_limit(&mut self, octets: usize) {
        match self {
            Self::RawSocket(decoder) => decoder.limit = octets,
            Self::WebSocket(decoder) => decoder.limit = octets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_connection_costs_little() {
        assert!(size_of::<Decoder>() < 64, "{} octets", size_of::<Decoder>());
        assert!(size_of::<Encoder>() <= 16, "{} octets", size_of::<Encoder>());
    }
}
