//! The server over real sockets.
//!
//! The clients here are octets that the tests write out and read back: nothing of our own client
//! takes part, so that a mistake on both sides cannot hide. The clock stands still where time
//! limits are tested: nothing is waited for by the hour.
//!
//! - [`wire`], [`frames`], [`response`], [`client`]: what the tests are written with
//! - [`listeners`], [`door`], [`pages`], [`upgrade`]: from the first octet to the handshake
//! - [`websocket`], [`batches`], [`compression`], [`rawsocket`]: the framings
//! - [`sessions`], [`time_limits`], [`liveness`], [`slow_reader`], [`leaving`], [`shutdown`]: how
//!   sessions begin and end
//! - [`volume`], [`portions`]: long messages, and many; and requests that ask for much

#![expect(clippy::similar_names, reason = "caller and callee are the specification's words")]

mod batches;
mod client;
mod compression;
mod door;
mod frames;
mod leaving;
mod listeners;
mod liveness;
mod pages;
mod portions;
mod rawsocket;
mod response;
mod sessions;
mod shutdown;
mod slow_reader;
mod time_limits;
mod upgrade;
mod volume;
mod websocket;
mod wire;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crosspoint::liveness::Liveness;
use crosspoint::server::{ListenerSettings, Server, ServerSettings};
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::RealmSettings;

/// A server of its own for every test, on a port that the system chooses.
async fn serve() -> Server {
    serve_within(Limits::default()).await
}

async fn serve_within(limits: Limits) -> Server {
    serve_with(limits, Liveness::default()).await
}

async fn serve_watching(liveness: Liveness) -> Server {
    serve_with(Limits::default(), liveness).await
}

async fn serve_with(limits: Limits, liveness: Liveness) -> Server {
    serve_realm("realm1".into(), limits, liveness).await
}

async fn serve_realm(realm: RealmSettings, limits: Limits, liveness: Liveness) -> Server {
    let listener = ListenerSettings { liveness, ..ListenerSettings::at(ANY_PORT) };
    serve_listeners(vec![listener], realm, limits).await
}

/// A port that the system chooses.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn serve_listeners(
    listeners: Vec<ListenerSettings>,
    realm: RealmSettings,
    limits: Limits,
) -> Server {
    let uncounted_requests = UncountedRequests::Tolerate;
    let realms = vec![realm];
    let settings = ServerSettings { listeners, realms, limits, uncounted_requests, store: None };
    Server::start(settings).await.unwrap()
}
