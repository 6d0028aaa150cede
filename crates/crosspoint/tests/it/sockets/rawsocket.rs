//! `RawSocket`: its handshake and its frames.

use crosspoint::server::Server;
use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;

use super::client::{Client, HELLO, NORMAL, PROTOCOL_ERROR, Transport, hello_in};
use super::frames::{self, RAWSOCKET_MESSAGE, RAWSOCKET_PING, RAWSOCKET_PONG};
use super::serve;
use super::wire::Wire;

/// The shortest limit that a client can announce, in octets, and its handshake in JSON.
const LIMIT: usize = 512;
const LIMITED: [u8; 4] = [0x7F, 0x01, 0, 0];

#[tokio::test]
async fn every_serializer_and_limit_is_agreed_to_in_one_write() {
    let server = serve().await;
    for serializer in 1..=3 {
        for limit in 0..=15 {
            let mut wire = Wire::connect(&server).await;
            wire.write(&[0x7F, limit << 4 | serializer, 0, 0]).await;
            assert_eq!(wire.read_once().await, [0x7F, 0xF0 | serializer, 0, 0]);
        }
    }
}

#[tokio::test]
async fn other_serializers_are_refused() {
    let server = serve().await;
    for serializer in (0..=15).filter(|serializer| !(1..=3).contains(serializer)) {
        let mut wire = Wire::connect(&server).await;
        wire.write(&[0x7F, 0xF0 | serializer, 0, 0]).await;
        assert_eq!(wire.read_to_end().await, [0x7F, 0x10, 0, 0], "serializer {serializer}");
    }
}

#[tokio::test]
async fn reserved_octets_are_refused() {
    let server = serve().await;
    for reserved in [[1, 0], [0, 1], [0xFF, 0xFF]] {
        let mut wire = Wire::connect(&server).await;
        wire.write(&[0x7F, 0xF1, reserved[0], reserved[1]]).await;
        assert_eq!(wire.read_to_end().await, [0x7F, 0x30, 0, 0]);
    }
}

#[tokio::test]
async fn every_serializer_carries_hello_and_welcome() {
    let server = serve().await;
    for (nibble, serializer) in
        [(1, Serializer::Json), (2, Serializer::MsgPack), (3, Serializer::Cbor)]
    {
        let mut wire = Wire::connect(&server).await;
        wire.write(&[0x7F, 0xF0 | nibble, 0, 0]).await;
        wire.read(4).await;
        wire.write(&frames::rawsocket(RAWSOCKET_MESSAGE, hello_in(serializer))).await;
        let (first, octets) = frames::read_rawsocket(&mut wire).await;
        assert_eq!(first, RAWSOCKET_MESSAGE);
        assert!(matches!(Message::decode(serializer, &octets), Ok(Message::Welcome(_))));
    }
}

#[tokio::test]
async fn a_ping_gets_a_pong_with_the_same_payload() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::RawSocket).await;
    expect_pong(&mut client, b"").await;
    expect_pong(&mut client, b"ping").await;
    client.hello().await;
    expect_pong(&mut client, &vec![0xFF; 70_000]).await;
}

async fn expect_pong(client: &mut Client, payload: &[u8]) {
    client.wire.write(&frames::rawsocket(RAWSOCKET_PING, payload)).await;
    let pong = frames::read_rawsocket(&mut client.wire).await;
    assert!(pong == (RAWSOCKET_PONG, payload.to_vec()));
}

#[tokio::test]
async fn frames_that_nobody_agreed_on_are_refused() {
    let server = serve().await;
    for (frame, text) in [
        ([0x10, 0, 0, 0], "a frame has reserved bits set"),
        ([0x80, 0, 0, 2], "a frame has reserved bits set"),
        ([0x03, 0, 0, 0], "3 is no known type of frame"),
        ([0x07, 0, 0, 0], "7 is no known type of frame"),
        ([0x08, 0, 0, 1], "a frame claims to be longer than 2^24 octets"),
    ] {
        let mut client = Client::join(&server, Transport::RawSocket).await;
        client.wire.write(&frame).await;
        client.expect_violation(text, PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn a_frame_may_be_cut_anywhere() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::RawSocket).await;
    client.wire.write_singly(&Transport::RawSocket.frame(HELLO)).await;
    client.expect_welcome().await;
}

#[tokio::test]
async fn many_messages_may_come_in_one_segment() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::RawSocket).await;
    let requests = (1..=100).map(|n| format!(r#"[64,{n},{{}},"com.example.p{n}"]"#));
    let frames: Vec<_> = requests.map(|request| Transport::RawSocket.frame(&request)).collect();
    client.wire.write(&frames.concat()).await;
    for n in 1..=100 {
        let answer = client.receive().await;
        assert!(answer.starts_with(&format!("[65,{n},")), "{answer}");
    }
}

/// 16 MiB, which takes the 25th bit of the length.
#[tokio::test]
async fn a_message_of_exactly_the_limit_passes() {
    let server = serve().await;
    let mut callee = Client::join(&server, Transport::RawSocket).await;
    let registration = callee.register("com.example.length").await;
    let mut caller = Client::join(&server, Transport::RawSocket).await;
    let text = "x".repeat((1 << 24) - r#"[48,1,{},"com.example.length",[""]]"#.len());
    caller.send(&format!(r#"[48,1,{{}},"com.example.length",["{text}"]]"#)).await;
    callee.expect(&format!(r#"[68,1,{registration},{{}},["{text}"]]"#)).await;
    callee.send("[70,1,{},[16777216]]").await;
    caller.expect("[50,1,{},[16777216]]").await;
}

/// A client that takes no more than 512 octets at once, and whose procedure is called with a text
/// that makes the INVOCATION that long.
async fn limited_callee(server: &Server) -> (Client, u64) {
    let mut wire = Wire::connect(server).await;
    wire.write(&LIMITED).await;
    assert_eq!(wire.read(4).await, [0x7F, 0xF1, 0, 0]);
    let mut callee = Client::after_handshake(wire, Transport::RawSocket);
    callee.hello().await;
    let registration = callee.register("com.example.short").await;
    (callee, registration)
}

#[tokio::test]
async fn a_client_gets_no_message_longer_than_it_takes() {
    let server = serve().await;
    let (mut callee, registration) = limited_callee(&server).await;
    for transport in Transport::ALL {
        let mut caller = Client::join(&server, transport).await;
        let invocation = callee.request() - 1;
        let around = format!(r#"[68,{invocation},{registration},{{}},[""]]"#).len();
        let text = "x".repeat(LIMIT - around);
        caller.send(&format!(r#"[48,1,{{}},"com.example.short",["{text}y"]]"#)).await;
        caller
            .expect(
                r#"[8,48,1,{},"wamp.error.payload_size_exceeded",["the message is longer than the callee accepts"]]"#,
            )
            .await;
        caller.send(&format!(r#"[48,2,{{}},"com.example.short",["{text}"]]"#)).await;
        callee.expect(&format!(r#"[68,{invocation},{registration},{{}},["{text}"]]"#)).await;
    }
}

#[tokio::test]
async fn an_event_that_is_too_long_for_one_subscriber_reaches_the_others() {
    let server = serve().await;
    let (mut limited, _) = limited_callee(&server).await;
    let mut other = Client::join(&server, Transport::RawSocket).await;
    let subscription = limited.subscribe("com.example.news").await;
    other.subscribe("com.example.news").await;
    let mut publisher = Client::join(&server, Transport::RawSocket).await;
    let long = format!(r#"["{}"]"#, "x".repeat(LIMIT));
    publisher.publish("com.example.news", &long).await;
    publisher.publish("com.example.news", "[2]").await;
    other.expect_event(subscription, &long).await;
    other.expect_event(subscription, "[2]").await;
    limited.expect_event(subscription, "[2]").await;
    assert_eq!(server.router().counters().events_dropped.get(), 1);
}

#[tokio::test]
async fn a_client_may_close_without_a_word() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::RawSocket).await;
    client.register("com.example.add").await;
    client.wire.finish().await;
    client.expect_end(NORMAL).await;
    assert_eq!(server.router().census().sessions, 0);
    assert_eq!(server.router().census().registrations, 0);
}
