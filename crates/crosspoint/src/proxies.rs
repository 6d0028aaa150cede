//! Proxies in front of the router, and for whom they speak.
//!
//! What a proxy says of its client's address is believed of proxies that are named, and of nobody else: whoever
//! could say it of himself could have any address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crosspoint_proto::transport::PeerAddress;
use crosspoint_transport::proxied;
use crosspoint_transport::stream::Stream;
use ipnet::IpNet;

use crate::server::ListenerSettings;

/// Who may say for whom he speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// Whoever connects from an address of this network.
    Network(IpNet),
    /// Whoever connects through the listener's Unix socket: who that may be is said by its permissions.
    UnixSocket,
}

/// A text that names no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(r#"a proxy is an address ("::1"), a network ("10.0.0.0/8") or "unix""#)]
pub struct NoProxy;

/// The proxies of a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    trusted: Vec<Proxy>,
    /// They speak the PROXY protocol, and nobody else connects.
    protocol: bool,
}

/// Why somebody is not let in where proxies are expected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("only the listener's proxies may connect here")]
    Stranger,
    #[error(transparent)]
    Header(#[from] proxied::HeaderError),
}

impl Proxies {
    pub(crate) fn of(settings: &ListenerSettings) -> Proxies {
        Proxies { trusted: settings.proxies.clone(), protocol: settings.proxy_protocol }
    }

    /// Is this one of them?
    pub(crate) fn include(&self, peer: PeerAddress) -> bool {
        let address = match peer {
            PeerAddress::Tcp(address) => address.ip(),
            PeerAddress::Host(address) => address,
            PeerAddress::Unix { .. } => return self.trusted.contains(&Proxy::UnixSocket),
        };
        self.include_address(address)
    }

    fn include_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|proxy| match proxy {
            Proxy::Network(network) => network.contains(&address),
            Proxy::UnixSocket => false,
        })
    }

    /// Whose connection it is, if the peer says so: in the PROXY protocol, which is taken off the stream. Whoever calls
    /// limits the time.
    pub(crate) async fn announced(
        &self,
        peer: Option<PeerAddress>,
        stream: &mut Stream,
    ) -> Result<Option<PeerAddress>, Refused> {
        if !self.protocol {
            return Ok(None);
        }
        if !peer.is_some_and(|peer| self.include(peer)) {
            return Err(Refused::Stranger);
        }
        Ok(proxied::client(stream).await?.map(PeerAddress::Tcp))
    }
}

impl FromStr for Proxy {
    type Err = NoProxy;

    fn from_str(text: &str) -> Result<Proxy, NoProxy> {
        if text == "unix" {
            return Ok(Proxy::UnixSocket);
        }
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Proxy::Network).map_err(|_| NoProxy)
    }
}

impl fmt::Display for Proxy {
    /// One address is written without the length of its prefix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Proxy::UnixSocket => f.write_str("unix"),
            Proxy::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(f)
            }
            Proxy::Network(network) => network.fmt(f),
        }
    }
}
