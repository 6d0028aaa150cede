//! The handshake of `RawSocket`.
//!
//! See "RawSocket Transport" in the specification's Advanced Profile.

use std::io;

use bytes::Bytes;
use crosspoint_proto::framing::rawsocket::{self, Handshake, LengthLimit, Refusal};
use crosspoint_proto::framing::{Decoder, Encoder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::channel::Channel;

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The client was told why.
    #[error("the RawSocket handshake was refused: {0}")]
    Refused(#[from] Refusal),
    /// The connection broke.
    #[error("the connection broke during the RawSocket handshake: {0}")]
    Io(#[from] io::Error),
}

/// Answers the handshake of a client, of which the first octet is known to be right but not read.
/// Messages longer than `limit` are not taken from it.
pub async fn accept(mut stream: TcpStream, limit: LengthLimit) -> Result<Channel, AcceptError> {
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let requested = match Handshake::from_request(request) {
        Ok(requested) => requested,
        Err(refusal) => {
            stream.write_all(&refusal.to_octets()).await?;
            stream.shutdown().await?;
            return Err(refusal.into());
        }
    };
    let Handshake { serializer, limit: peer_limit } = requested;
    stream.write_all(&Handshake { serializer, limit }.to_octets()).await?;
    Ok(Channel {
        stream,
        received: Bytes::new(),
        serializer,
        decoder: Decoder::RawSocket(rawsocket::Decoder::new(limit.octets())),
        encoder: Encoder::RawSocket(rawsocket::Encoder::new(peer_limit)),
    })
}
