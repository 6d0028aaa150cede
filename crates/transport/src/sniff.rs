//! One port for everything: the first octet tells `RawSocket` from HTTP.

use std::io;

use crosspoint_proto::framing::rawsocket::MAGIC;

use crate::stream::Stream;

/// What a client is about to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// `RawSocket`: its handshake comes next.
    RawSocket,
    /// HTTP, perhaps to become a WebSocket.
    Http,
}

/// Waits for the first octet, and leaves it where it is.
pub async fn sniff(stream: &mut Stream) -> io::Result<Spoken> {
    match stream.first().await? {
        MAGIC => Ok(Spoken::RawSocket),
        _ => Ok(Spoken::Http),
    }
}
