//! The orderly end of the server.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, pause};

use super::client::{Client, GOODBYE, HELLO, NORMAL, Transport};
use super::serve;
use super::wire::Wire;

const GOODBYE_FROM_ROUTER: &str =
    r#"[6,{"message":"the router is shutting down"},"wamp.close.system_shutdown"]"#;

const ABORT_FROM_ROUTER: &str =
    r#"[3,{"message":"the router is shutting down"},"wamp.close.system_shutdown"]"#;

/// How long a session has for its GOODBYE, and then for closing.
pub(super) const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// What the clock may be off by.
pub(super) const TOLERANCE: Duration = Duration::from_millis(10);

#[tokio::test]
async fn every_session_is_told_and_its_answer_awaited() {
    let server = serve().await;
    let address = server.address();
    let mut clients = Vec::new();
    for transport in [Transport::ALL, Transport::ALL].concat() {
        clients.push(Client::join(&server, transport).await);
    }
    let router = server.router().clone();
    let end = tokio::spawn(server.shut_down());
    for client in &mut clients {
        client.expect(GOODBYE_FROM_ROUTER).await;
    }
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert!(!end.is_finished(), "the server waits for its clients");
    for mut client in clients {
        client.send(GOODBYE).await;
        client.expect_end(NORMAL).await;
    }
    end.await.unwrap();
    assert_eq!(router.census().sessions, 0);
}

#[tokio::test]
async fn a_session_that_never_answers_is_broken_off() {
    let server = serve().await;
    let mut silent = Client::join(&server, Transport::RawSocket).await;
    let mut half = Client::join(&server, Transport::WebSocket).await;
    pause();
    let start = Instant::now();
    let end = tokio::spawn(server.shut_down());
    half.expect(GOODBYE_FROM_ROUTER).await;
    half.send(GOODBYE).await;
    end.await.unwrap();
    assert!(start.elapsed() <= 2 * CLOSING_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
    silent.expect(GOODBYE_FROM_ROUTER).await;
    silent.expect_end(NORMAL).await;
}

#[tokio::test]
async fn connections_without_a_session_do_not_hold_it_up() {
    let server = serve().await;
    let mut no_hello = Client::connect(&server, Transport::WebSocket).await;
    let _no_handshake = Wire::connect(&server).await;
    let end = tokio::spawn(server.shut_down());
    no_hello.expect(ABORT_FROM_ROUTER).await;
    no_hello.expect_end(NORMAL).await;
    drop(no_hello);
    pause();
    let start = Instant::now();
    end.await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn without_clients_it_ends_at_once() {
    let server = serve().await;
    pause();
    let start = Instant::now();
    server.shut_down().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn who_says_hello_during_it_is_refused() {
    let server = serve().await;
    let mut late = Client::connect(&server, Transport::WebSocket).await;
    let mut staying = Client::join(&server, Transport::RawSocket).await;
    let end = tokio::spawn(server.shut_down());
    staying.expect(GOODBYE_FROM_ROUTER).await;
    late.send(HELLO).await;
    late.expect(ABORT_FROM_ROUTER).await;
    late.expect_end(NORMAL).await;
    drop((staying, late));
    end.await.unwrap();
}
