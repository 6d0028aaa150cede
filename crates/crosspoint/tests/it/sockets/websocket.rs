//! The frames of WebSocket.

use super::client::{Client, HELLO, MESSAGE_TOO_BIG, PROTOCOL_ERROR, Transport};
use super::frames;
use super::serve;

#[tokio::test]
async fn a_binary_message_is_no_json() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::WebSocket).await;
    client.wire.write(&frames::websocket(frames::BINARY, HELLO.as_bytes())).await;
    let text = "a WebSocket message is binary where the subprotocol demands text";
    client.expect_violation(text, PROTOCOL_ERROR).await;
    assert_eq!(server.router().counters().protocol_violations.get(), 1);
}

#[tokio::test]
async fn a_message_may_come_in_fragments_with_a_ping_between_them() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::WebSocket).await;
    let (beginning, rest) = HELLO.as_bytes().split_at(7);
    let (middle, end) = rest.split_at(3);
    client.wire.write(&frames::websocket(frames::TEXT_BEGINS, beginning)).await;
    client.wire.write(&frames::websocket(frames::PING, b"still there?")).await;
    let pong = frames::read_websocket(&mut client.wire).await;
    assert_eq!(pong, (frames::PONG, b"still there?".to_vec()));
    client.wire.write(&frames::websocket(frames::CONTINUES, middle)).await;
    client.wire.write(&frames::websocket(frames::CONTINUES_LAST, end)).await;
    client.expect_welcome().await;
}

#[tokio::test]
async fn a_ping_gets_a_pong_with_the_same_payload() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    for payload in [&b""[..], b"ping", &[0xFF; 125]] {
        client.wire.write(&frames::websocket(frames::PING, payload)).await;
        let pong = frames::read_websocket(&mut client.wire).await;
        assert_eq!(pong, (frames::PONG, payload.to_vec()));
    }
}

#[tokio::test]
async fn a_pong_that_nobody_asked_for_is_ignored() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    client.wire.write(&frames::websocket(frames::PONG, b"unasked")).await;
    client.register("com.example.add").await;
}

/// Close code and end of the stream answer a client's close, and its session has ended.
#[tokio::test]
async fn a_close_is_echoed_and_ends_the_session() {
    let server = serve().await;
    for payload in [&b""[..], &1000_u16.to_be_bytes(), &4321_u16.to_be_bytes()] {
        let mut client = Client::join(&server, Transport::WebSocket).await;
        client.register("com.example.add").await;
        client.wire.write(&frames::websocket(frames::CLOSE, payload)).await;
        let close = frames::read_websocket(&mut client.wire).await;
        assert_eq!(close, (frames::CLOSE, payload.to_vec()));
        assert_eq!(client.wire.read_to_end().await, b"");
        assert_eq!(server.router().census().sessions, 0);
        assert_eq!(server.router().census().registrations, 0);
    }
    assert_eq!(server.router().counters().protocol_violations.get(), 0);
}

#[tokio::test]
async fn the_reason_of_a_close_is_not_echoed() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    client.wire.write(&frames::websocket(frames::CLOSE, b"\x03\xE9going away")).await;
    client.expect_end(1001).await;
}

#[tokio::test]
async fn a_client_masks_its_frames() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::WebSocket).await;
    client.wire.write(&frames::websocket_unmasked(frames::TEXT, HELLO.as_bytes())).await;
    client.expect_violation("a client's frame is not masked", PROTOCOL_ERROR).await;
}

#[tokio::test]
async fn frames_that_nobody_agreed_on_are_refused() {
    let server = serve().await;
    for (frame, text) in [
        (frames::websocket(0x83, b""), "3 is no known type of frame"),
        (frames::websocket(0xA1, b""), "a frame has reserved bits set"),
        (frames::websocket(frames::CONTINUES_LAST, b""), "a fragment continues no message"),
        (frames::websocket(0x09, b""), "a ping, pong or close frame is fragmented"),
        (frames::websocket(frames::CLOSE, b"\x03\xEC"), "1004 is no code for closing a connection"),
    ] {
        let mut client = Client::join(&server, Transport::WebSocket).await;
        client.wire.write(&frame).await;
        client.expect_violation(text, PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn text_is_utf_8() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    client.wire.write(&frames::websocket(frames::TEXT, b"[\"\xFF\"]")).await;
    client.expect_violation("text is not valid UTF-8", 1007).await;
}

/// The header is enough: nothing of what it announces is waited for.
#[tokio::test]
async fn a_message_that_announces_too_much_is_refused_at_once() {
    let server = serve().await;
    for announced in [(1 << 24) + 1, u64::MAX >> 1] {
        let mut client = Client::join(&server, Transport::WebSocket).await;
        client.wire.write(&frames::websocket_announcing(frames::TEXT, announced)).await;
        let text = "a message is longer than the 16777216 octets allowed";
        client.expect_violation(text, MESSAGE_TOO_BIG).await;
    }
}

#[tokio::test]
async fn fragments_do_not_add_up_to_more_than_the_limit() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    client.wire.write(&frames::websocket(frames::TEXT_BEGINS, b"[")).await;
    client.wire.write(&frames::websocket_announcing(frames::CONTINUES, 1 << 24)).await;
    let text = "a message is longer than the 16777216 octets allowed";
    client.expect_violation(text, MESSAGE_TOO_BIG).await;
}
