//! Sessions that others end, and what a session leaves behind.

use tokio::time::{Instant, pause};

use super::client::{Client, GOODBYE, NORMAL, Transport};
use super::serve;
use super::shutdown::{CLOSING_TIMEOUT, TOLERANCE};

const KILL_ALL: &str = r#"[48,1,{},"wamp.session.kill_all"]"#;
const GOODBYE_TO_KILLED: &str = r#"[6,{},"wamp.close.killed"]"#;

#[tokio::test]
async fn who_is_killed_and_answers_is_disconnected() {
    for transport in Transport::ALL {
        let server = serve().await;
        let mut killed = Client::join(&server, transport).await;
        let mut killer = Client::join(&server, transport).await;
        killer.send(KILL_ALL).await;
        killer.expect("[50,1,{},[1]]").await;
        killed.expect(GOODBYE_TO_KILLED).await;
        killed.send(GOODBYE).await;
        killed.expect_end(NORMAL).await;
        assert_eq!(server.router().census().sessions, 1);
    }
}

#[tokio::test]
async fn who_is_killed_and_never_answers_is_disconnected() {
    for transport in Transport::ALL {
        let server = serve().await;
        let mut killed = Client::join(&server, transport).await;
        let mut killer = Client::join(&server, transport).await;
        killer.send(KILL_ALL).await;
        killer.expect("[50,1,{},[1]]").await;
        killed.expect(GOODBYE_TO_KILLED).await;
        pause();
        let start = Instant::now();
        assert_eq!(killed.wire.read_to_end().await, b"");
        assert!(start.elapsed() <= CLOSING_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
        assert_eq!(server.router().census().sessions, 1);
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_connection_that_vanishes_leaves_its_testament() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut heir = Client::join(&server, transport).await;
        let subscription = heir.subscribe("com.example.last").await;
        let mut vanishing = Client::join(&server, transport).await;
        let testament = r#"["com.example.last",["gone"],{}]"#;
        vanishing.send(&format!(r#"[48,1,{{}},"wamp.session.add_testament",{testament}]"#)).await;
        vanishing.expect("[50,1,{}]").await;
        vanishing.wire.reset();
        heir.expect_event(subscription, r#"["gone"],{}"#).await;
    }
}

#[tokio::test]
async fn a_session_is_told_of_with_its_transport() {
    let server = serve().await;
    let mut listening = Client::join(&server, Transport::RawSocket).await;
    let subscription = listening.subscribe("wamp.session.on_join").await;
    for (transport, name) in
        [(Transport::RawSocket, "rawsocket"), (Transport::WebSocket, "websocket")]
    {
        let joined = Client::join(&server, transport).await;
        let details = listening.receive_event(subscription).await;
        let peer = joined.wire.address();
        let expected =
            format!(r#""transport":{{"type":"{name}","serializer":"json","peer":"{peer}"}}}}]"#);
        assert!(details.ends_with(&expected), "{details}");
    }
}
