//! A listener as it is typed.

#![expect(clippy::doc_markdown, reason = "the comments are shown in terminals and in the file")]

use std::path::PathBuf;

use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use crosspoint_proto::serializer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::networks::Network;
use super::super::sites::Site;
use super::super::units::{Address, Mode, Octets, Patience, Period, UrlPath};
use crate::cookies::COOKIE_LIFETIME;
use crate::liveness::Liveness;
use crate::place::UNIX_MODE;
use crate::server::{CONNECTIONS_MAX, DEFAULT_ADDRESS, HANDSHAKES_MAX, WEBSOCKET_PATHS};

/// A port.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listener {
    /// The IP address, and the port; with port 0 the system chooses one.
    pub(crate) address: Address,
    /// Listen at a Unix socket instead of an address: the file, which is made, and taken away at the
    /// end. One that was left behind is replaced. A relative path begins where this file is.
    #[schemars(example = &"crosspoint.sock")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unix: Option<PathBuf>,
    /// The permissions of the Unix socket, as for chmod: who may write to it may connect.
    pub(crate) unix_mode: Mode,
    /// Listen beyond this machine, although anybody who connects may do anything in a realm that takes
    /// anonymous sessions, and has no roles or gives theirs everything. Without this, and with such a realm,
    /// the router does not start with any other address than one of this machine's own (127.0.0.1, [::1]).
    /// Without this it also warns where anonymous sessions may register whatever begins with one component of a URI, or
    /// with none (com. or ..): they would get calls that are for others.
    pub(crate) open_to_network: bool,
    /// What is spoken here. WebSocket and RawSocket share the port.
    #[schemars(length(min = 1))]
    pub(crate) transports: Vec<Transport>,
    /// What clients may write messages in. Others are refused; of those that a client offers over WebSocket, its first
    /// counts that is one of these.
    #[schemars(length(min = 1))]
    pub(crate) serializers: Vec<Serializer>,
    /// The paths at which WebSocket clients connect. A browser gets a page at / nevertheless.
    #[schemars(length(min = 1))]
    pub(crate) paths: Vec<UrlPath>,
    /// Of which sites the pages in browsers may connect: "https://app.example.com" is one, with its port if
    /// it is not the usual one; "https://*.example.com" are all below a domain, "http://localhost:*" any port,
    /// "*" all sites, and "null" are pages without a site, such as files. Others get 403; programs that are
    /// no browsers say nothing of it, and are not concerned. If nothing is said, a listener on
    /// an address of this machine alone takes pages that this machine serves, and any other all pages.
    #[schemars(
        example = json!(["https://app.example.com", "http://localhost:*"]),
        extend("x-reload" = true)
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origins: Option<Vec<Site>>,
    /// Proxies in front of the router, by address or network: what they say of a client's address is believed, and
    /// counts for limits, in the log and in what sessions are told of each other. They say it in X-Forwarded-For, of
    /// which the last address counts that is not one of the proxies' own, or see proxy_protocol. At a Unix socket it
    /// is "unix", which is whoever may connect there. Name only proxies that always say it: what they pass on
    /// unread, their clients have said of themselves.
    #[schemars(example = json!(["10.0.0.0/8", "::1"]), extend("x-reload" = true))]
    pub(crate) proxies: Vec<Network>,
    /// The proxies speak the PROXY protocol (version 1 or 2): each connection begins with it, before TLS. Whoever
    /// is no proxy, or does not, is closed at once.
    #[schemars(extend("x-reload" = true))]
    pub(crate) proxy_protocol: bool,
    /// The longest message that is taken from a client, from 512 B to 16 MiB; before WELCOME it is 64 KiB at most.
    /// RawSocket can only say powers of two: there it is the next lower one.
    pub(crate) message_octets_max: Octets,
    /// Connections at a time. More wait until one ends.
    #[schemars(range(min = 1))]
    pub(crate) connections_max: u32,
    /// Those of them that have no session yet: what comes before WELCOME, which is TLS, the transport's handshake,
    /// HELLO and the proof of who it is, takes 10 s at most. More wait until one has a session, or ends.
    #[schemars(range(min = 1))]
    pub(crate) handshakes_max: u32,
    /// Those of the connections without a session from one address; with IPv6, from one network of 64 bits. More from
    /// there wait until one of them has a session, or ends, and those of other addresses go past them; who comes
    /// when as many wait there as handshakes_max is closed at once. If nothing is said, it is a quarter
    /// of handshakes_max. Proxies that say for whom they speak are not counted, only their clients.
    #[schemars(range(min = 1), example = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handshakes_per_address_max: Option<u32>,
    /// Those of the connections from one address; with IPv6, from one network of 64 bits. Who comes beyond that is
    /// closed at once. All who come through a proxy have its address, unless it is one of the proxies that
    /// say for whom they speak.
    #[schemars(range(min = 1))]
    pub(crate) connections_per_address_max: u32,
    /// Messages that are taken from each session in a second, of whatever kind. One that sends more is read more
    /// slowly, and so has to wait: it loses nothing, and each request is answered. Without this, any number is
    /// taken.
    #[schemars(range(min = 1), example = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) messages_per_second: Option<u32>,
    /// Messages that are taken at once from a session that has said little before. If nothing is said, it is what
    /// may come in a second.
    #[schemars(range(min = 1), example = 5000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) messages_burst: Option<u32>,
    /// A WebSocket client from which nothing has come for so long is pinged; if nothing comes for as
    /// long again, its session ends.
    pub(crate) ping_interval: Patience,
    /// A connection ends when the peer's system has not answered for so long, or (on Linux) has made
    /// no room for so long for what is sent to it. Off leaves it to the system.
    pub(crate) dead_peer_timeout: Patience,
    /// Cookies, by which browsers are known again whose users have proved who they are: in a realm with the authmethod
    /// cookie. An empty table is enough. Programs may have them, too. They count for pages of the host and port that
    /// the browser connects to, and of sites that are named in origins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cookie: Option<Cookie>,
    /// TLS. With a certificate it is spoken on this port, and nothing else; without one, none is. What
    /// is said here, and what is in the files, is taken up when this file is read again, for
    /// connections that come from then on.
    pub(crate) tls: Tls,
}

/// What browsers are known again by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cookie {
    /// What it is called. If nothing is said, it is __Host-crosspoint where TLS is spoken, which no other host can set,
    /// and crosspoint elsewhere. Behind a proxy that speaks TLS, begin it with __Host-, too.
    #[schemars(example = &"__Host-example", regex(pattern = r"^[A-Za-z0-9_.-]+$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// How long a browser is known, from the proof on, up to 400 d.
    pub(crate) lifetime: Period,
}

/// What TLS is spoken with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    /// The file with the certificate, in PEM: first the router's own, then those that signed it, up to
    /// but without the one that clients have. A relative path begins where this file is.
    #[schemars(example = &"router.crt", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<PathBuf>,
    /// The file with its private key, in PEM, without a password.
    #[schemars(example = &"router.key", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PathBuf>,
    /// Whether clients have to show a certificate, too.
    #[schemars(extend("x-reload" = true))]
    pub(crate) client_certificates: ClientCertificates,
    /// The file with the certificates of those who may sign the clients', in PEM.
    #[schemars(example = &"clients-ca.crt", extend("x-reload" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_ca: Option<PathBuf>,
    /// The versions of TLS that are spoken.
    #[schemars(length(min = 1), extend("x-reload" = true))]
    pub(crate) versions: Vec<TlsVersion>,
}

/// Whether clients have to show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientCertificates {
    /// They are not asked for one.
    #[default]
    Off,
    /// One that is shown has to be signed by somebody in client_ca.
    Optional,
    /// Whoever has none that is signed by somebody in client_ca cannot connect.
    Required,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum TlsVersion {
    /// For clients that have nothing newer.
    #[serde(rename = "1.2")]
    Tls12,
    /// What everybody should speak.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// WebSocket, and plain HTTP for pages.
    WebSocket,
    /// RawSocket.
    RawSocket,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Serializer {
    /// JSON, as text.
    Json,
    /// MessagePack.
    MsgPack,
    /// CBOR.
    Cbor,
}

impl From<Serializer> for serializer::Serializer {
    fn from(written: Serializer) -> serializer::Serializer {
        match written {
            Serializer::Json => serializer::Serializer::Json,
            Serializer::MsgPack => serializer::Serializer::MsgPack,
            Serializer::Cbor => serializer::Serializer::Cbor,
        }
    }
}

impl Listener {
    /// Does nobody get there from other machines? Proxies bring whoever gets to them.
    pub(crate) fn is_within_this_machine(&self) -> bool {
        self.proxies.is_empty() && (self.unix.is_some() || self.address.0.ip().is_loopback())
    }
}

impl Default for Listener {
    fn default() -> Listener {
        let Liveness { ping_interval, dead_peer_timeout } = Liveness::default();
        Listener {
            address: Address(DEFAULT_ADDRESS),
            unix: None,
            unix_mode: Mode(UNIX_MODE),
            open_to_network: false,
            transports: vec![Transport::WebSocket, Transport::RawSocket],
            serializers: vec![Serializer::Json, Serializer::MsgPack, Serializer::Cbor],
            paths: WEBSOCKET_PATHS.map(|path| UrlPath(path.to_owned())).to_vec(),
            origins: None,
            proxies: Vec::new(),
            proxy_protocol: false,
            message_octets_max: MESSAGE_OCTETS_MAX.into(),
            connections_max: CONNECTIONS_MAX,
            handshakes_max: HANDSHAKES_MAX,
            handshakes_per_address_max: None,
            connections_per_address_max: CONNECTIONS_MAX,
            messages_per_second: None,
            messages_burst: None,
            ping_interval: Patience(ping_interval),
            dead_peer_timeout: Patience(dead_peer_timeout),
            cookie: None,
            tls: Tls::default(),
        }
    }
}

impl Default for Cookie {
    fn default() -> Cookie {
        Cookie { name: None, lifetime: Period(COOKIE_LIFETIME) }
    }
}

impl Default for Tls {
    fn default() -> Tls {
        Tls {
            certificate: None,
            key: None,
            client_certificates: ClientCertificates::default(),
            client_ca: None,
            versions: vec![TlsVersion::Tls12, TlsVersion::Tls13],
        }
    }
}
