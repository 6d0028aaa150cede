//! The orderly end of the server.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, pause};

use super::client::{Client, GOODBYE, HELLO, NORMAL, Transport};
use super::serve;
use super::wire::Wire;

const GOODBYE_FROM_ROUTER: &str =
    r#"[6,{"message":"the router is shutting down"},"wamp.close.system_shutdown"]"#;

/// What the server promises.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(11);

/// How long a session has for its GOODBYE, and then for closing.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// What the clock may be off by.
const TOLERANCE: Duration = Duration::from_millis(10);

#[tokio::test]
async fn every_session_is_told_and_its_answer_awaited() {
    let server = serve().await;
    let address = server.address();
    let mut clients = Vec::new();
    for transport in [Transport::BOTH, Transport::BOTH].concat() {
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

/// They are not told, and have their time to go on: the shutdown takes as long as it may.
#[tokio::test]
async fn connections_without_a_session_hold_it_up_but_not_for_ever() {
    let server = serve().await;
    let _no_hello = Client::connect(&server, Transport::WebSocket).await;
    let _no_handshake = Wire::connect(&server).await;
    pause();
    let start = Instant::now();
    server.shut_down().await;
    assert!(start.elapsed() <= SHUTDOWN_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
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
    late.expect(r#"[3,{"message":"the router is shutting down"},"wamp.close.system_shutdown"]"#)
        .await;
    late.expect_end(NORMAL).await;
    drop((staying, late));
    end.await.unwrap();
}
