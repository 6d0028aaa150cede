//! WAMP over `RawSocket`: a handshake of four octets each way, then messages behind a header of
//! four octets.
//!
//! ```text
//! client -> router   7F LS 00 00     length limit and serializer wanted
//! router -> client   7F LS 00 00     length limit and the same serializer, or 7F E0 00 00: refused
//! then both ways     0T LL LL LL     type and length of the payload that follows
//! ```

mod frame;
mod handshake;

pub use self::frame::{Decoder, Encoder, HEADER_LEN};
pub use self::handshake::{Handshake, LengthLimit, MAGIC, Refusal, ReplyError};
