//! A router's URL, taken apart.

use std::path::PathBuf;
use std::str::FromStr;

/// A URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) transport: Transport,
    pub(super) place: Place,
    /// Over TLS.
    pub(super) tls: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    WebSocket { path: String },
    RawSocket,
}

/// Where the router listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A name or an address, which has no brackets here if it is IPv6.
    Tcp { host: String, port: u16 },
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Place {
    /// As people are told, and as a WebSocket's request has it.
    pub(super) fn authority(&self) -> String {
        match self {
            Place::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Place::Tcp { host, port } => format!("{host}:{port}"),
            Place::Unix(path) => format!("unix:{}", path.display()),
        }
    }
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// Not even a scheme.
    #[error("it does not begin with ws://, wss://, rs:// or rss://")]
    Scheme,
    /// A Unix socket leads to this machine, and has no name that a certificate could be made out to.
    #[error("a Unix socket needs no TLS: write ws:// or rs://")]
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
        let (transport, tls, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "ws" => (Transport::WebSocket { path: String::new() }, false, Some(80)),
            "wss" => (Transport::WebSocket { path: String::new() }, true, Some(443)),
            "rs" => (Transport::RawSocket, false, None),
            "rss" => (Transport::RawSocket, true, None),
            _ => return Err(InvalidUrl::Scheme),
        };
        if authority.eq_ignore_ascii_case("unix:") {
            return unix(&transport, tls, path);
        }
        let transport = match transport {
            Transport::WebSocket { .. } => Transport::WebSocket { path: websocket_path(path)? },
            Transport::RawSocket if matches!(path, "" | "/") => Transport::RawSocket,
            Transport::RawSocket => return Err(InvalidUrl::Rest),
        };
        let (host, port) = split_authority(authority)?;
        let port = match port {
            None => default_port,
            Some(port) => port.parse().ok().filter(|port| *port != 0),
        };
        let port = port.ok_or(InvalidUrl::Port)?;
        Ok(Target { transport, place: Place::Tcp { host: host.to_owned(), port }, tls })
    }
}

/// What comes after `unix:` is the socket's path, and nothing more: autobahn has it so, too. The
/// WebSocket is at `/` then.
fn unix(transport: &Transport, tls: bool, path: &str) -> Result<Target, InvalidUrl> {
    if tls {
        return Err(InvalidUrl::Tls);
    }
    if path.len() < 2 {
        return Err(InvalidUrl::Host);
    }
    let transport = match transport {
        Transport::WebSocket { .. } => Transport::WebSocket { path: "/".to_owned() },
        Transport::RawSocket => Transport::RawSocket,
    };
    Ok(Target { transport, place: Place::Unix(path.into()), tls })
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
