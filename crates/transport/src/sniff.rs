//! One port for everything: the first octet tells `RawSocket` from HTTP.

use std::io;

use crosspoint_proto::framing::rawsocket::MAGIC;
use tokio::net::TcpStream;

/// What a client is about to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// `RawSocket`: its handshake comes next.
    RawSocket,
    /// HTTP, perhaps to become a WebSocket.
    Http,
}

/// Waits for the first octet, and leaves it where it is.
pub async fn sniff(stream: &TcpStream) -> io::Result<Spoken> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ if first == [MAGIC] => Ok(Spoken::RawSocket),
        _ => Ok(Spoken::Http),
    }
}
