//! The server over real sockets.
//!
//! The clients here are octets that the tests write out and read back: nothing of our own client
//! takes part, so that a mistake on both sides cannot hide. The clock stands still where time
//! limits are tested: nothing is waited for by the hour.
//!
//! - [`wire`], [`frames`], [`response`], [`client`]: what the tests are written with
//! - [`listeners`], [`door`], [`pages`], [`upgrade`], [`origins`], [`cookies`], [`proxies`]: from the first octet to the handshake
//! - [`websocket`], [`batches`], [`compression`], [`rawsocket`]: the framings
//! - [`sessions`], [`time_limits`], [`liveness`], [`slow_reader`], [`throttle`], [`leaving`], [`shutdown`]: how
//!   sessions begin and end
//! - [`tls`]: TLS, where it is more than another way to the same
//! - [`tokens`]: who comes with a token
//! - [`volume`], [`portions`]: long messages, and many; and requests that ask for much
//! - [`attacks`]: what no honest client does

#![expect(clippy::similar_names, reason = "caller and callee are the specification's words")]

mod attacks;
mod batches;
mod client;
mod compression;
mod cookies;
mod door;
mod frames;
mod leaving;
mod listeners;
mod liveness;
mod origins;
mod pages;
mod portions;
mod proxies;
mod rawsocket;
mod response;
mod sessions;
mod shutdown;
mod slow_reader;
mod throttle;
mod time_limits;
mod tls;
mod tokens;
mod upgrade;
mod volume;
mod websocket;
mod wire;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use crosspoint::liveness::Liveness;
use crosspoint::place::{Place, UNIX_MODE};
use crosspoint::server::{ListenerSettings, Server, ServerSettings};
use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_router::authentication::{Authentication, Credentials, Principal, Principals};
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::RealmSettings;

use crate::certificates::common_acceptor;

/// A server of its own for every test, on ports that the system chooses: for plain TCP and for TLS; and
/// at a Unix socket.
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

/// In a realm that takes alice alone, by her ticket.
async fn serve_to_alice() -> Server {
    let mut principals = Principals::default();
    let credentials = Credentials { ticket: Some(Ticket::new("sesame")), ..Credentials::default() };
    let (authid, role) = ("alice".to_owned(), "user".to_owned());
    principals.add(Principal { authid, role, credentials }).unwrap();
    let methods = vec![AuthMethod::Ticket];
    let authentication = Authentication { methods, principals, ..Authentication::default() };
    let realm = RealmSettings { authentication, ..RealmSettings::from("realm1") };
    serve_realm(realm, Limits::default(), Liveness::default()).await
}

async fn serve_realm(realm: RealmSettings, limits: Limits, liveness: Liveness) -> Server {
    let listener = |place| ListenerSettings { liveness, ..ListenerSettings::at(place) };
    let tls = Some(common_acceptor());
    let secure = ListenerSettings { tls, ..listener(ANY_PORT.into()) };
    serve_listeners(vec![listener(ANY_PORT.into()), secure, listener(any_socket())], realm, limits)
        .await
}

/// A Unix socket that no other test has. Its file goes with the listener.
fn any_socket() -> Place {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("crosspoint-{}-{count}.sock", std::process::id());
    Place::Unix { path: std::env::temp_dir().join(name), mode: UNIX_MODE }
}

/// A port that the system chooses.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn serve_listeners(
    listeners: Vec<ListenerSettings>,
    realm: RealmSettings,
    limits: Limits,
) -> Server {
    serve_realms(listeners, vec![realm], limits).await
}

async fn serve_realms(
    listeners: Vec<ListenerSettings>,
    realms: Vec<RealmSettings>,
    limits: Limits,
) -> Server {
    let uncounted_requests = UncountedRequests::Tolerate;
    let settings = ServerSettings {
        listeners,
        realms,
        limits,
        uncounted_requests,
        store: None,
        strangers: None,
        tracer: None,
    };
    Server::start(settings).await.unwrap()
}
