//! Dialling: from a router's URL to a channel.
//!
//! | URL | transport |
//! |---|---|
//! | `ws://host:port/path` | WebSocket; without a port it is 80 |
//! | `rs://host:port` | `RawSocket` over TCP |
//! | `wss://host:port/path` | WebSocket over TLS; without a port it is 443 |
//! | `rss://host:port` | `RawSocket` over TLS |
//! | `ws://unix:/path` | WebSocket over a Unix socket, at `/` |
//! | `rs://unix:/path` | `RawSocket` over a Unix socket |
//!
//! The handshakes themselves are in [`websocket`], [`rawsocket`] and [`tls`].
//!
//! ```no_run
//! # async fn run() -> Result<(), crosspoint_transport::dial::DialError> {
//! use crosspoint_proto::serializer::Serializer;
//! use crosspoint_transport::dial::dial;
//!
//! let channel = dial("ws://127.0.0.1:8080/ws", &[Serializer::Cbor, Serializer::Json]).await?;
//! println!("the router chose {}", channel.serializer);
//! # Ok(())
//! # }
//! ```

use std::io;
use std::time::Duration;

use crosspoint_proto::framing::rawsocket::{LengthLimit, Refusal, ReplyError};
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use crosspoint_proto::serializer::Serializer;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

pub use self::target::InvalidUrl;
use self::target::{Place, Target, Transport};
use crate::channel::Channel;
use crate::stream::Stream;
use crate::tls::client::Trust;
use crate::{rawsocket, tls, websocket};

mod target;
#[cfg(test)]
mod tests;

/// How long connection and handshake may take together.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// Correct the URL.
    #[error("'{url}' cannot be dialled: {fault}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        fault: InvalidUrl,
    },
    /// Name at least one.
    #[error("no serializer was offered to the router")]
    NoSerializer,
    /// Nobody listens there, or the way there is closed: start the router, or correct the URL.
    #[error("cannot connect to {authority}: {error}")]
    Unreachable {
        /// Host and port, or the path of the socket.
        authority: String,
        /// What the system says.
        error: io::Error,
    },
    /// Whoever listens there says nothing.
    #[error("{authority} did not answer within {} seconds", DIAL_TIMEOUT.as_secs())]
    Timeout {
        /// Host and port, or the path of the socket.
        authority: String,
    },
    /// There was an answer, but TLS did not come of it.
    #[error("no TLS connection to {authority}: {error}")]
    Tls {
        /// Host and port.
        authority: String,
        /// What is wrong.
        error: tls::client::ConnectError,
    },
    /// There was an answer, but no WebSocket came of it.
    #[error(transparent)]
    WebSocket(#[from] websocket::ConnectError),
    /// There was an answer, but no `RawSocket` came of it.
    #[error(transparent)]
    RawSocket(#[from] rawsocket::ConnectError),
}

/// Connects to a router, trusting whom the system trusts if there is TLS. The serializers are offered
/// in this order, the one liked best first.
pub async fn dial(url: &str, serializers: &[Serializer]) -> Result<Channel, DialError> {
    dial_trusting(url, serializers, &Trust::System).await
}

/// The same, trusting somebody else.
pub async fn dial_trusting(
    url: &str,
    serializers: &[Serializer],
    trust: &Trust,
) -> Result<Channel, DialError> {
    let target: Target =
        url.parse().map_err(|fault| DialError::Url { url: url.to_owned(), fault })?;
    if serializers.is_empty() {
        return Err(DialError::NoSerializer);
    }
    match timeout(DIAL_TIMEOUT, target.open(serializers, trust)).await {
        Ok(opened) => opened,
        Err(_elapsed) => Err(DialError::Timeout { authority: target.place.authority() }),
    }
}

impl Target {
    async fn open(&self, serializers: &[Serializer], trust: &Trust) -> Result<Channel, DialError> {
        match &self.transport {
            Transport::WebSocket { path } => {
                let (stream, authority) = (self.connect(trust).await?, self.host());
                let limit = MESSAGE_OCTETS_MAX;
                Ok(websocket::connect(stream, &authority, path, serializers, limit).await?)
            }
            Transport::RawSocket => self.open_rawsocket(serializers, trust).await,
        }
    }

    /// What a WebSocket's request says of where it goes to.
    fn host(&self) -> String {
        match &self.place {
            Place::Tcp { .. } => self.place.authority(),
            Place::Unix(_) => "localhost".to_owned(),
        }
    }

    /// A `RawSocket` handshake offers one serializer, so each takes a connection of its own.
    async fn open_rawsocket(
        &self,
        serializers: &[Serializer],
        trust: &Trust,
    ) -> Result<Channel, DialError> {
        let unsupported = ReplyError::Refused(Refusal::SerializerUnsupported);
        for &serializer in serializers {
            let stream = self.connect(trust).await?;
            match rawsocket::connect(stream, serializer, LengthLimit::MAX).await {
                Err(rawsocket::ConnectError::Refused(why)) if why == unsupported => {}
                opened => return Ok(opened?),
            }
        }
        Err(rawsocket::ConnectError::Refused(unsupported).into())
    }

    async fn connect(&self, trust: &Trust) -> Result<Stream, DialError> {
        let authority = || self.place.authority();
        let unreachable = |error| DialError::Unreachable { authority: authority(), error };
        let (host, port) = match &self.place {
            Place::Unix(path) => {
                return Ok(UnixStream::connect(path).await.map_err(unreachable)?.into());
            }
            Place::Tcp { host, port } => (host.as_str(), *port),
        };
        let stream = TcpStream::connect((host, port)).await.map_err(unreachable)?;
        // Messages go out whole; waiting for more would only delay them.
        stream.set_nodelay(true).map_err(unreachable)?;
        if !self.tls {
            return Ok(stream.into());
        }
        let connected = trust.connect(stream.into(), host).await;
        connected.map_err(|error| DialError::Tls { authority: authority(), error })
    }
}
