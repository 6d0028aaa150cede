//! Batched subprotocols: several messages in one frame.

use crosspoint::server::Server;
use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;

use super::client::{Client, HELLO, PROTOCOL_ERROR, Transport, hello_in};
use super::frames;
use super::response::Response;
use super::serve;
use super::upgrade;
use super::wire::Wire;

/// What separates messages by the specification, and for autobahn-python.
const SEPARATORS: [&str; 2] = ["\x1E", "\x18"];

const REGISTER: &str = r#"[64,1,{},"com.example.add"]"#;

async fn connect(server: &Server, subprotocol: &'static str) -> Wire {
    let mut wire = Wire::connect(server).await;
    wire.write(upgrade::request("/ws", &[(upgrade::JSON.0, subprotocol)]).as_bytes()).await;
    assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
    wire
}

async fn read_text(wire: &mut Wire) -> String {
    let (first, octets) = frames::read_websocket(wire).await;
    assert_eq!(first, frames::TEXT);
    String::from_utf8(octets).unwrap()
}

#[tokio::test]
async fn json_is_answered_with_the_separator_that_the_client_uses() {
    let server = serve().await;
    for separator in SEPARATORS {
        let mut wire = connect(&server, "wamp.2.json.batched").await;
        let hello = [HELLO, separator].concat();
        wire.write(&frames::websocket(frames::TEXT, hello.as_bytes())).await;
        let welcome = read_text(&mut wire).await;
        assert!(welcome.starts_with("[2,") && welcome.ends_with(separator), "{welcome:?}");
    }
}

#[tokio::test]
async fn several_messages_in_json_come_in_one_frame() {
    let server = serve().await;
    for separator in SEPARATORS {
        let mut wire = connect(&server, "wamp.2.json.batched").await;
        let subscribe = r#"[32,2,{},"com.example.news"]"#;
        let batch = [HELLO, separator, REGISTER, separator, subscribe, separator].concat();
        wire.write(&frames::websocket(frames::TEXT, batch.as_bytes())).await;
        for beginning in ["[2,", "[65,1,", "[33,2,"] {
            let answer = read_text(&mut wire).await;
            assert!(answer.starts_with(beginning) && answer.ends_with(separator), "{answer:?}");
        }
        wire.write(&frames::websocket(frames::CLOSE, b"")).await;
        assert_eq!(frames::read_websocket(&mut wire).await, (frames::CLOSE, Vec::new()));
    }
}

#[tokio::test]
async fn several_messages_in_msgpack_come_in_one_frame() {
    let server = serve().await;
    let mut wire = connect(&server, "wamp.2.msgpack.batched").await;
    let hello = hello_in(Serializer::MsgPack);
    let register = b"\x94\x40\x01\x80\xAFcom.example.add";
    let batch = [&[0, 0, 0, 10], hello, &[0, 0, 0, 20], &register[..]].concat();
    wire.write(&frames::websocket(frames::BINARY, &batch)).await;

    let mut names = Vec::new();
    for _ in 0..2 {
        let (first, octets) = frames::read_websocket(&mut wire).await;
        assert_eq!(first, frames::BINARY);
        let (len, message) = octets.split_first_chunk().unwrap();
        assert_eq!(u32::from_be_bytes(*len) as usize, message.len());
        names.push(Message::decode(Serializer::MsgPack, message).unwrap().name());
    }
    assert_eq!(names, ["WELCOME", "REGISTERED"]);
}

#[tokio::test]
async fn a_batch_holds_whole_messages_and_at_least_one() {
    let server = serve().await;
    for (batch, text) in
        [("", "a batch holds no message"), (HELLO, "the last message of a batch is cut off")]
    {
        let mut wire = connect(&server, "wamp.2.json.batched").await;
        wire.write(&frames::websocket(frames::TEXT, batch.as_bytes())).await;
        let abort = read_text(&mut wire).await;
        let abort = abort.strip_suffix('\x1E').unwrap();
        let expected = format!(r#"[3,{{"message":"{text}"}},"wamp.error.protocol_violation"]"#);
        assert_eq!(abort, expected);
        Client::after_handshake(wire, Transport::WebSocket).expect_end(PROTOCOL_ERROR).await;
    }
}
