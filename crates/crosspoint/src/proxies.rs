//! Proxies in front of the router, and for whom they speak.
//!
//! What a proxy says of its client's address is believed of proxies that are named, and of nobody else: whoever
//! could say it of himself could have any address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::{self, FromStr};

use crosspoint_proto::transport::PeerAddress;
use crosspoint_transport::proxied;
use crosspoint_transport::stream::Stream;
use http::HeaderMap;
use ipnet::IpNet;

use crate::server::ListenerSettings;

/// Where HTTP proxies say it.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

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

impl Proxies {
    /// Whose request it is that this peer passes on, if it says so: in `X-Forwarded-For`, to which each proxy adds
    /// at the end from where it has the request. The last address counts that is no proxy's: what stands before
    /// that one its client may have written himself.
    ///
    /// `Forwarded` (RFC 7239) is not read: hardly a proxy writes it, and one that does not passes on what its
    /// client has written.
    pub(crate) fn client_of(
        &self,
        peer: Option<PeerAddress>,
        headers: &HeaderMap,
    ) -> Option<PeerAddress> {
        if !peer.is_some_and(|peer| self.include(peer)) {
            return None;
        }
        let headers: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
        let mut client = None;
        for stop in headers.iter().rev().flat_map(|header| header.as_bytes().rsplit(|&c| c == b','))
        {
            // A proxy of ours that says nothing sensible is as far as can be seen.
            let Some(address) = str::from_utf8(stop).ok().and_then(address) else { break };
            client = Some(PeerAddress::Host(address));
            if !self.include_address(address) {
                break;
            }
        }
        client
    }
}

/// An address as proxies write it: some with a port, IPv6 then in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let address = address.or_else(with_port).or_else(|| in_brackets().map(IpAddr::V6));
    address.map(|address| address.to_canonical())
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_address_that_is_no_proxys_counts() {
        let trusted = ["10.0.0.0/8", "::1", "2001:db8::/32"];
        let trusted = trusted.map(|proxy| proxy.parse().unwrap()).to_vec();
        let proxies = Proxies { trusted, protocol: false };
        for (peer, headers, expected) in [
            ("10.0.0.1", &["192.0.2.1"][..], Some("192.0.2.1")),
            ("10.0.0.1", &["198.51.100.9, 192.0.2.1"], Some("192.0.2.1")),
            ("10.0.0.1", &["198.51.100.9,192.0.2.1 ,10.1.1.1, 10.2.2.2"], Some("192.0.2.1")),
            ("10.0.0.1", &["192.0.2.1", "10.1.1.1"], Some("192.0.2.1")),
            ("10.0.0.1", &["10.3.3.3", "192.0.2.1"], Some("192.0.2.1")),
            ("::ffff:10.0.0.1", &["::ffff:192.0.2.1"], Some("192.0.2.1")),
            ("::1", &["192.0.2.1:4000"], Some("192.0.2.1")),
            ("::1", &["[2001:db9::1]:4000"], Some("2001:db9::1")),
            ("::1", &["[2001:db9::1]"], Some("2001:db9::1")),
            // All are proxies: the farthest of them.
            ("::1", &["10.0.0.7, 2001:db8::7"], Some("10.0.0.7")),
            // What cannot be read hides all that stands before it.
            ("::1", &["192.0.2.1, unknown, 10.0.0.7"], Some("10.0.0.7")),
            ("::1", &["192.0.2.1, "], None),
            ("::1", &[""], None),
            ("::1", &[], None),
            // This one is no proxy.
            ("192.0.2.99", &["192.0.2.1"], None),
        ] {
            let mut map = HeaderMap::new();
            for header in headers {
                map.append(X_FORWARDED_FOR, HeaderValue::from_str(header).unwrap());
            }
            let peer = PeerAddress::Tcp(SocketAddr::new(peer.parse().unwrap(), 40000));
            let client = proxies.client_of(Some(peer), &map).map(|client| client.to_string());
            assert_eq!(client.as_deref(), expected, "{headers:?}");
        }
    }
}
