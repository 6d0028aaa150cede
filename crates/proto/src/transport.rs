//! What there is to know of a transport, beside the messages that it carries: who is at its other
//! end, and what TLS has found out about him.
//!
//! What the channel ID is for: "TLS Channel Binding", under WAMP-Cryptosign in the specification's
//! Advanced Profile.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::auth::hex;

/// What a transport tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportDetails {
    /// Who is at the other end, as far as the system knows.
    pub peer: PeerAddress,
    /// What TLS adds to that, if the transport runs over it.
    pub tls: Option<TlsDetails>,
}

/// Where the other end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerAddress {
    /// Of a TCP connection: where from. A proxy in between is what is seen then, unless it is known to say for whom it
    /// speaks.
    Tcp(SocketAddr),
    /// Of a client behind a proxy, as the proxy says: it does not say the port.
    Host(IpAddr),
    /// Of a Unix socket: whose process it was that connected. The system vouches for it.
    Unix {
        /// The process, where the system tells. It may have ended since.
        process: Option<i32>,
        /// The user, by his number.
        user: u32,
        /// The user's group, by its number.
        group: u32,
    },
}

/// What counts as one address: with IPv6 whoever has one has all those that begin with the same 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & (u128::MAX << 64);
            Ipv6Addr::from(bits).into()
        }
    }
}

/// What a TLS handshake has led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsDetails {
    /// The version of the protocol.
    pub version: TlsVersion,
    /// The cipher suite, by the name that rustls has for it: `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The certificate of the other end, if it has shown one. It has been verified, unless this is a
    /// client that was told to believe everything.
    pub certificate: Option<CertificateDetails>,
    /// The channel ID of the type `tls-exporter` (RFC 9266), the same at both ends, and of no other
    /// connection. There is none with TLS 1.2, where it is safe only if both sides have agreed to an
    /// extension (RFC 7627) of which rustls does not tell whether they have. The older type
    /// `tls-unique` is not there at all: rustls does not give out what it is made of.
    pub channel_id: Option<[u8; 32]>,
}

/// Versions of TLS that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// A certificate that the other end has shown, with the proof that it has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateDetails {
    /// Its subject, as RFC 4514 writes it: `CN=gate,O=Example`. Empty if it cannot be read.
    pub subject: String,
    /// The common name in it (CN), if there is exactly one, in letters that are understood.
    pub common_name: Option<String>,
    /// The SHA-256 of the whole certificate.
    pub fingerprint: [u8; 32],
}

impl CertificateDetails {
    /// The fingerprint in hexadecimal digits.
    pub fn fingerprint_digits(&self) -> String {
        hex::encode(&self.fingerprint)
    }
}

impl TlsVersion {
    /// As configurations have it: `1.2` or `1.3`.
    pub fn name(self) -> &'static str {
        match self {
            TlsVersion::Tls12 => "1.2",
            TlsVersion::Tls13 => "1.3",
        }
    }
}

impl fmt::Display for PeerAddress {
    /// `192.0.2.1:40000`, `192.0.2.1`, or `unix:pid=4711,uid=1000,gid=1000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddress::Tcp(address) => address.fmt(f),
            PeerAddress::Host(address) => address.fmt(f),
            PeerAddress::Unix { process: Some(process), user, group } => {
                write!(f, "unix:pid={process},uid={user},gid={group}")
            }
            PeerAddress::Unix { process: None, user, group } => {
                write!(f, "unix:uid={user},gid={group}")
            }
        }
    }
}
