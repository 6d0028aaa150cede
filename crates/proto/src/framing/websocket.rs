//! WAMP over WebSocket: RFC 6455, with permessage-deflate of RFC 7692 where both sides want it.
//!
//! The HTTP request that opens a connection is read by somebody else; [`handshake`] judges its
//! headers. What follows is frames: the [`Decoder`] reads them, the [`Encoder`] writes them.
//!
//! Compression is always without context takeover, in both directions: each message is compressed
//! by itself. That costs some ratio, and saves 300 kB a connection: compressors live in the thread,
//! not in the connection, and a compressed event can be shared between its subscribers.

mod assembly;
pub mod close;
mod decoder;
mod deflate;
mod encoder;
mod frame;
pub mod handshake;
mod mask;

pub use self::decoder::Decoder;
pub use self::deflate::Deflate;
pub use self::encoder::{Encoder, MESSAGE_OVERHEAD_MAX};
