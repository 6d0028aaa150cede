//! A violation is what a peer did wrong on the level of frames. It ends the connection.
//!
//! What goes wrong in a handshake stands with the handshakes, and what we may not send ourselves is
//! [`MessageTooLong`](super::MessageTooLong).

use super::websocket::close;

/// The peer broke the rules of its transport: send a close frame where there is one, then end the
/// connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The peer uses an extension that nobody negotiated.
    #[error("a frame has reserved bits set")]
    ReservedBits,
    /// The peer speaks a later version, or the stream is out of step.
    #[error("{0} is no known type of frame")]
    FrameType(u8),
    /// The extra bit of a `RawSocket` length stands for 2^24 exactly, and here the other 24 bits
    /// are not zero.
    #[error("a frame claims to be longer than 2^24 octets")]
    LengthBeyondExtraBit,
    /// RFC 6455 section 5.2: the most significant bit of a 64-bit length is zero.
    #[error("a frame has a length of 2^63 octets or more")]
    LengthOverflow,
    /// RFC 6455 section 5.1: a client masks everything that it sends.
    #[error("a client's frame is not masked")]
    NotMasked,
    /// RFC 6455 section 5.1: a server masks nothing.
    #[error("a server's frame is masked")]
    Masked,
    /// RFC 6455 section 5.5.
    #[error("a ping, pong or close frame is fragmented")]
    ControlFragmented,
    /// RFC 6455 section 5.5.
    #[error("a ping, pong or close frame carries more than 125 octets")]
    ControlTooLong,
    /// RFC 6455 section 5.4.
    #[error("a fragment continues no message")]
    NothingToContinue,
    /// RFC 6455 section 5.4.
    #[error("a message begins before the last fragment of the one before it")]
    MessageInterrupted,
    /// RFC 6455 section 5.5.1: a close frame is empty, or begins with a code of two octets.
    #[error("a close frame carries half a code")]
    CloseCodeCut,
    /// RFC 6455 section 7.4: the code is one that nobody may send.
    #[error("{0} is no code for closing a connection")]
    CloseCode(u16),
    /// RFC 6455 section 8.1: text, or the reason in a close frame.
    #[error("text is not valid UTF-8")]
    NotUtf8,
    /// RFC 7692: what should be compressed is not what a compressor writes.
    #[error("a compressed message cannot be inflated")]
    NotDeflate,
    /// Raise the limit of the listener if such messages are meant to pass.
    #[error("a message is longer than the {limit} octets allowed")]
    MessageTooLong {
        /// What we announced or configured.
        limit: usize,
    },
    /// A batch has at least one message in it.
    #[error("a batch holds no message")]
    BatchEmpty,
    /// The last message of a batch lacks its separator or some of its octets.
    #[error("the last message of a batch is cut off")]
    BatchCut,
}

impl Violation {
    /// The code of the close frame that tells the peer, by RFC 6455 section 7.4.1.
    pub fn close_code(self) -> u16 {
        match self {
            Self::NotUtf8 | Self::NotDeflate => close::INVALID_PAYLOAD,
            Self::MessageTooLong { .. } => close::MESSAGE_TOO_BIG,
            _ => close::PROTOCOL_ERROR,
        }
    }
}
