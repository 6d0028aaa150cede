//! How sessions begin and end.

use crosspoint::liveness::Liveness;
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;

use super::client::{Client, GOODBYE, GOODBYE_AND_OUT, HELLO, NORMAL, PROTOCOL_ERROR, Transport};
use super::{serve, serve_realm};

#[tokio::test]
async fn goodbye_is_answered_and_the_router_closes() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        client.send(GOODBYE).await;
        client.expect(GOODBYE_AND_OUT).await;
        client.expect_end(NORMAL).await;
        assert_eq!(server.router().census().sessions, 0);
    }
}

/// Also if the client has closed its own end behind its GOODBYE already.
#[tokio::test]
async fn goodbye_is_answered_to_a_client_that_does_not_wait() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::RawSocket).await;
    client.send(GOODBYE).await;
    client.wire.finish().await;
    client.expect(GOODBYE_AND_OUT).await;
    client.expect_end(NORMAL).await;
}

#[tokio::test]
async fn nothing_comes_after_goodbye() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        client.subscribe("com.example.news").await;
        let late = r#"[64,2,{},"com.example.late"]"#;
        client.wire.write(&[transport.frame(GOODBYE), transport.frame(late)].concat()).await;
        Client::join(&server, transport).await.publish("com.example.news", "[1]").await;
        client.expect(GOODBYE_AND_OUT).await;
        client.expect_end(NORMAL).await;
    }
    assert_eq!(server.router().counters().protocol_violations.get(), 0);
}

#[tokio::test]
async fn a_realm_that_is_not_there_cannot_be_joined() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(&server, transport).await;
        client.send(r#"[1,"realm2",{}]"#).await;
        client
            .expect(r#"[3,{"message":"there is no realm realm2 here"},"wamp.error.no_such_realm"]"#)
            .await;
        client.expect_end(NORMAL).await;
    }
}

#[tokio::test]
async fn hello_comes_first() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(&server, transport).await;
        client.send(r#"[48,1,{},"com.example.add"]"#).await;
        let text = "received CALL before the session was established: HELLO comes first";
        client.expect_violation(text, PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn hello_comes_once() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        client.send(r#"[1,"realm1",{}]"#).await;
        let text = "received HELLO after the session was established";
        client.expect_violation(text, PROTOCOL_ERROR).await;
    }
}

/// A connection that is closed with octets unread is reset, and the reset takes with it what the
/// client has not read yet.
#[tokio::test]
async fn an_abort_reaches_a_client_that_has_sent_more_behind_its_mistake() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        client.wire.write(&transport.frame("[1,2,3]")).await;
        client.wire.write(&vec![0xFF; 4 << 20]).await;
        let abort = client.receive().await;
        assert!(abort.starts_with("[3,") && abort.contains("protocol_violation"), "{abort}");
        client.expect_end(PROTOCOL_ERROR).await;
    }
}

/// The same, where it is the frame that is wrong and not the message in it.
#[tokio::test]
async fn an_abort_reaches_a_client_whose_frames_are_out_of_step() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        client.wire.write(&vec![0xFF; 4 << 20]).await;
        let abort = client.receive().await;
        assert!(abort.starts_with("[3,") && abort.contains("protocol_violation"), "{abort}");
        client.expect_end(PROTOCOL_ERROR).await;
    }
}

/// A request that another session makes again and again says when.
#[tokio::test]
async fn what_a_reset_connection_held_is_free_at_once() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut crashing = Client::join(&server, transport).await;
        let mut other = Client::join(&server, transport).await;
        crashing.register("com.example.add").await;
        assert!(other.ask_to_register("com.example.add").await.contains("already_exists"));
        crashing.wire.reset();
        while !other.ask_to_register("com.example.add").await.starts_with("[65,") {}
        let census = server.router().census();
        assert_eq!((census.sessions, census.registrations), (1, 1));
        other.send(GOODBYE).await;
        other.expect(GOODBYE_AND_OUT).await;
    }
}

/// Its callers do not wait for ever.
#[tokio::test]
async fn a_call_to_a_connection_that_is_reset_is_answered() {
    let server = serve().await;
    let mut callee = Client::join(&server, Transport::RawSocket).await;
    let mut caller = Client::join(&server, Transport::WebSocket).await;
    callee.register("com.example.add").await;
    caller.send(r#"[48,1,{},"com.example.add"]"#).await;
    assert!(callee.receive().await.starts_with("[68,1,"));
    callee.wire.reset();
    let answer = caller.receive().await;
    assert!(answer.starts_with(r#"[8,48,1,{},"wamp.error.canceled""#), "{answer}");
}

#[tokio::test]
async fn a_realm_takes_so_many_sessions() {
    let realm = RealmSettings { sessions_max: Some(1), ..RealmSettings::from("realm1") };
    let server = serve_realm(realm, Limits::default(), Liveness::default()).await;
    let mut first = Client::join(&server, Transport::RawSocket).await;
    for transport in Transport::ALL {
        let mut late = Client::connect(&server, transport).await;
        late.send(HELLO).await;
        late.expect(
            r#"[3,{"message":"the realm has as many sessions as it takes: try again later"},"crosspoint.error.realm_full"]"#,
        )
        .await;
        late.expect_end(NORMAL).await;
    }
    let refused = server.router().counters().sessions_beyond_max.get();
    assert_eq!(refused, Transport::ALL.len() as u64);
    first.register("com.example.add").await;
    assert!(server.router().set_sessions_max("realm1", Some(2)));
    let second = Client::join(&server, Transport::WebSocket).await;
    drop(second);
    first.send(GOODBYE).await;
    first.expect(GOODBYE_AND_OUT).await;
    first.expect_end(NORMAL).await;
    assert!(server.router().set_sessions_max("realm1", None));
    let _any = [
        Client::join(&server, Transport::RawSocket).await,
        Client::join(&server, Transport::RawSocket).await,
        Client::join(&server, Transport::RawSocket).await,
    ];
}
