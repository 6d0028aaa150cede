//! URLs of routers: `rs://host:port` for `RawSocket`, `ws://host:port/path` for WebSocket.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;

/// Where a router is, and how it is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(super) transport: Transport,
    /// `host:port`
    pub(super) authority: String,
    /// For WebSocket, beginning with a slash.
    pub(super) path: String,
}

/// What carries the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    #[value(name = "rawsocket")]
    RawSocket,
    #[value(name = "websocket")]
    WebSocket,
}

/// The text is no URL that the benchmark can dial.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected rs://HOST:PORT or ws://HOST:PORT/PATH")]
pub(crate) struct InvalidUrl;

impl Transport {
    pub(crate) const ALL: [Transport; 2] = [Transport::RawSocket, Transport::WebSocket];

    pub(super) fn scheme(self) -> &'static str {
        match self {
            Transport::RawSocket => "rs",
            Transport::WebSocket => "ws",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::RawSocket => "RawSocket",
            Transport::WebSocket => "WebSocket",
        })
    }
}

impl Url {
    /// `rest` is what follows the scheme: `host:port/path`.
    pub(super) fn new(transport: Transport, rest: &str) -> Url {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        Url { transport, authority: authority.to_owned(), path: path.to_owned() }
    }
}

impl FromStr for Url {
    type Err = InvalidUrl;

    fn from_str(url: &str) -> Result<Url, InvalidUrl> {
        let (scheme, rest) = url.split_once("://").ok_or(InvalidUrl)?;
        let transport = Transport::ALL.into_iter().find(|transport| transport.scheme() == scheme);
        let url = Url::new(transport.ok_or(InvalidUrl)?, rest);
        match url.authority.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(url),
            _ => Err(InvalidUrl),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path == "/" { "" } else { &self.path };
        write!(f, "{}://{}{path}", self.transport.scheme(), self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_back() {
        for url in ["rs://127.0.0.1:8080", "ws://localhost:80/ws", "ws://[::1]:9000"] {
            assert_eq!(url.parse::<Url>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused() {
        for url in ["localhost:8080", "wss://localhost:443/", "rs://localhost", "ws://:80/"] {
            assert_eq!(url.parse::<Url>(), Err(InvalidUrl), "{url}");
        }
    }
}
