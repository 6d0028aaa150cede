//! Dialling: from a router's URL to a channel.
//!
//! | URL | transport |
//! |---|---|
//! | `ws://host:port/path` | WebSocket; without a port it is 80 |
//! | `rs://host:port` | `RawSocket` over TCP |
//!
//! The handshakes themselves are in [`websocket`] and [`rawsocket`].
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
use std::str::FromStr;
use std::time::Duration;

use crosspoint_proto::framing::rawsocket::{LengthLimit, Refusal, ReplyError};
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use crosspoint_proto::serializer::Serializer;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::channel::Channel;
use crate::{rawsocket, websocket};

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
        /// Host and port.
        authority: String,
        /// What the system says.
        error: io::Error,
    },
    /// Whoever listens there says nothing.
    #[error("{authority} did not answer within {} seconds", DIAL_TIMEOUT.as_secs())]
    Timeout {
        /// Host and port.
        authority: String,
    },
    /// There was an answer, but no WebSocket came of it.
    #[error(transparent)]
    WebSocket(#[from] websocket::ConnectError),
    /// There was an answer, but no `RawSocket` came of it.
    #[error(transparent)]
    RawSocket(#[from] rawsocket::ConnectError),
}

/// Connects to a router. The serializers are offered in this order, the one liked best first.
pub async fn dial(url: &str, serializers: &[Serializer]) -> Result<Channel, DialError> {
    let target: Target =
        url.parse().map_err(|fault| DialError::Url { url: url.to_owned(), fault })?;
    if serializers.is_empty() {
        return Err(DialError::NoSerializer);
    }
    match timeout(DIAL_TIMEOUT, target.open(serializers)).await {
        Ok(opened) => opened,
        Err(_elapsed) => Err(DialError::Timeout { authority: target.authority() }),
    }
}

/// A URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    transport: Transport,
    /// A name or an address, which has no brackets here if it is IPv6.
    host: String,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Transport {
    WebSocket { path: String },
    RawSocket,
}

impl Target {
    fn authority(&self) -> String {
        let Target { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    async fn open(&self, serializers: &[Serializer]) -> Result<Channel, DialError> {
        match &self.transport {
            Transport::WebSocket { path } => {
                let (stream, authority) = (self.connect().await?, self.authority());
                let limit = MESSAGE_OCTETS_MAX;
                Ok(websocket::connect(stream, &authority, path, serializers, limit).await?)
            }
            Transport::RawSocket => self.open_rawsocket(serializers).await,
        }
    }

    /// A `RawSocket` handshake offers one serializer, so each takes a connection of its own.
    async fn open_rawsocket(&self, serializers: &[Serializer]) -> Result<Channel, DialError> {
        let unsupported = ReplyError::Refused(Refusal::SerializerUnsupported);
        for &serializer in serializers {
            let stream = self.connect().await?;
            match rawsocket::connect(stream, serializer, LengthLimit::MAX).await {
                Err(rawsocket::ConnectError::Refused(why)) if why == unsupported => {}
                opened => return Ok(opened?),
            }
        }
        Err(rawsocket::ConnectError::Refused(unsupported).into())
    }

    async fn connect(&self) -> Result<TcpStream, DialError> {
        let unreachable = |error| DialError::Unreachable { authority: self.authority(), error };
        let stream =
            TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        // Messages go out whole; waiting for more would only delay them.
        stream.set_nodelay(true).map_err(unreachable)?;
        Ok(stream)
    }
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// Not even a scheme.
    #[error("it does not begin with ws:// or rs://")]
    Scheme,
    /// TLS is not there yet: use the scheme without it, over a network that you trust.
    #[error("TLS is not supported yet, only ws:// and rs:// are")]
    Tls,
    /// White space, control characters, or letters beyond ASCII.
    #[error("it contains a character that no URL may contain")]
    Character,
    /// A name and a password before the host are understood by nobody here.
    #[error("it contains an '@', but names and passwords do not belong in the URL")]
    UserInfo,
    /// Nothing, or an IPv6 address without brackets around it.
    #[error("the host is missing, or an IPv6 address has no brackets")]
    Host,
    /// Missing where there is no default, or not from 1 to 65535.
    #[error("the port is missing, or none from 1 to 65535")]
    Port,
    /// RFC 6455 section 3: a WebSocket's URL has no fragment; a `RawSocket`'s has no path, either.
    #[error("it goes on where it must end")]
    Rest,
}

impl FromStr for Target {
    type Err = InvalidUrl;

    fn from_str(url: &str) -> Result<Target, InvalidUrl> {
        if !url.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(InvalidUrl::Character);
        }
        let (scheme, rest) = url.split_once("://").ok_or(InvalidUrl::Scheme)?;
        let authority_len = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_len);
        let (transport, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "ws" => (Transport::WebSocket { path: websocket_path(path)? }, Some(80)),
            "rs" if matches!(path, "" | "/") => (Transport::RawSocket, None),
            "rs" => return Err(InvalidUrl::Rest),
            "wss" | "rss" => return Err(InvalidUrl::Tls),
            _ => return Err(InvalidUrl::Scheme),
        };
        let (host, port) = split_authority(authority)?;
        let port = match port {
            None => default_port,
            Some(port) => port.parse().ok().filter(|port| *port != 0),
        };
        Ok(Target { transport, host: host.to_owned(), port: port.ok_or(InvalidUrl::Port)? })
    }
}

fn websocket_path(path: &str) -> Result<String, InvalidUrl> {
    match path {
        path if path.contains('#') => Err(InvalidUrl::Rest),
        path if path.starts_with('/') => Ok(path.to_owned()),
        query => Ok(format!("/{query}")),
    }
}

/// Host and, if there is one, port.
fn split_authority(authority: &str) -> Result<(&str, Option<&str>), InvalidUrl> {
    if authority.contains('@') {
        return Err(InvalidUrl::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or(InvalidUrl::Host)?;
            let port = after.strip_prefix(':');
            if port.is_none() && !after.is_empty() {
                return Err(InvalidUrl::Host);
            }
            (host, port)
        }
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err(InvalidUrl::Host),
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() { Err(InvalidUrl::Host) } else { Ok((host, port)) }
}

#[cfg(test)]
mod tests;
