//! The handshake of `RawSocket`, from both sides.
//!
//! See "`RawSocket` Transport" in the specification's Advanced Profile.

use std::io;

use crosspoint_proto::framing::rawsocket::{self, Handshake, LengthLimit, Refusal, ReplyError};
use crosspoint_proto::framing::{Decoder, Encoder};
use crosspoint_proto::serializer::Serializer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::channel::Channel;
use crate::stream::Stream;

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The client was told why.
    #[error("the RawSocket handshake was refused: {0}")]
    Refused(#[from] Refusal),
    /// The connection broke.
    #[error("the connection broke during the RawSocket handshake: {0}")]
    Io(#[from] io::Error),
}

/// Answers the handshake of a client, of which the first octet is known to be right but not read.
/// Messages longer than `limit`, and serializers other than these, are not taken from it.
pub async fn accept(
    mut stream: Stream,
    limit: LengthLimit,
    serializers: &[Serializer],
) -> Result<Channel, AcceptError> {
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    let requested = Handshake::from_request(request).and_then(|requested| {
        let is_taken = serializers.contains(&requested.serializer);
        is_taken.then_some(requested).ok_or(Refusal::SerializerUnsupported)
    });
    let requested = match requested {
        Ok(requested) => requested,
        Err(refusal) => {
            stream.write_all(&refusal.to_octets()).await?;
            stream.shutdown().await?;
            return Err(refusal.into());
        }
    };
    let agreed = Handshake { serializer: requested.serializer, limit };
    stream.write_all(&agreed.to_octets()).await?;
    Ok(channel(stream, agreed, requested.limit))
}

/// Why a client has no channel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The router said no, or is none.
    #[error("no RawSocket connection: {0}")]
    Refused(#[from] ReplyError),
    /// The connection broke.
    #[error("the connection broke during the RawSocket handshake: {0}")]
    Io(#[from] io::Error),
}

/// Asks a router for a channel. Messages longer than `limit` are not taken from it.
pub async fn connect(
    mut stream: Stream,
    serializer: Serializer,
    limit: LengthLimit,
) -> Result<Channel, ConnectError> {
    let wanted = Handshake { serializer, limit };
    stream.write_all(&wanted.to_octets()).await?;
    let mut reply = [0; 4];
    stream.read_exact(&mut reply).await?;
    let agreed = Handshake::from_reply(reply, serializer)?;
    Ok(channel(stream, wanted, agreed.limit))
}

/// The channel after a handshake in which this was our side, and `peer_limit` is the peer's.
fn channel(stream: Stream, ours: Handshake, peer_limit: LengthLimit) -> Channel {
    Channel {
        stream,
        serializer: ours.serializer,
        decoder: Decoder::RawSocket(rawsocket::Decoder::new(ours.limit.octets())),
        encoder: Encoder::RawSocket(rawsocket::Encoder::new(peer_limit)),
    }
}
