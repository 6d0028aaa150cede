//! The handshake of WebSocket.

use crosspoint::server::Server;
use crosspoint_proto::framing::websocket::handshake::Subprotocol;
use crosspoint_proto::message::Message;

use super::client::{Client, HELLO, Transport, hello_in};
use super::frames;
use super::response::Response;
use super::serve;
use super::wire::Wire;

/// A header of a request.
pub(super) type Header = (&'static str, &'static str);

pub(super) const JSON: Header = ("Sec-WebSocket-Protocol", "wamp.2.json");

/// An upgrade with these headers besides those that every upgrade needs. The key is RFC 6455's.
pub(super) fn request(path: &str, headers: &[Header]) -> String {
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n"
    );
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request + "\r\n"
}

/// The subprotocol that is chosen among those in headers.
async fn chosen(server: &Server, offered: &[&'static str]) -> String {
    let headers: Vec<Header> = offered.iter().map(|list| (JSON.0, *list)).collect();
    let mut wire = Wire::connect(server).await;
    wire.write(request("/ws", &headers).as_bytes()).await;
    let response = Response::before_frames(&mut wire).await;
    assert_eq!(response.status(), "101");
    response.header(JSON.0).unwrap().to_owned()
}

#[tokio::test]
async fn an_upgrade_is_agreed_to_with_the_key_accepted() {
    let server = serve().await;
    for path in ["/ws", "/", "/ws?token=1"] {
        let mut wire = Wire::connect(&server).await;
        wire.write(request(path, &[JSON]).as_bytes()).await;
        let response = Response::before_frames(&mut wire).await;
        assert_eq!(response.status(), "101", "{path}");
        assert_eq!(response.header("Upgrade"), Some("websocket"));
        assert_eq!(response.header("Connection"), Some("Upgrade"));
        let accepted = Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(response.header("Sec-WebSocket-Accept"), accepted);
        assert_eq!(response.header("Sec-WebSocket-Extensions"), None);
    }
}

/// Who asks in another way is not answered as if he had asked rightly.
#[tokio::test]
async fn only_get_asks_for_an_upgrade() {
    let server = serve().await;
    for path in ["/ws", "/"] {
        let head = request(path, &[JSON]).replacen("GET", "HEAD", 1);
        let response = Response::to(&server, &head).await;
        assert_eq!((response.status(), response.header("Allow")), ("405", Some("GET")), "{path}");
    }
}

#[tokio::test]
async fn the_client_says_which_subprotocol_it_likes_best() {
    let server = serve().await;
    assert_eq!(chosen(&server, &["wamp.2.cbor, wamp.2.json"]).await, "wamp.2.cbor");
    assert_eq!(chosen(&server, &["wamp.2.json, wamp.2.cbor"]).await, "wamp.2.json");
    let batched = "wamp.2.cbor.batched, wamp.2.cbor";
    assert_eq!(chosen(&server, &[batched]).await, "wamp.2.cbor.batched");
}

#[tokio::test]
async fn a_list_of_subprotocols_may_be_written_in_every_way() {
    let server = serve().await;
    assert_eq!(chosen(&server, &["wamp.2.msgpack,wamp.2.json"]).await, "wamp.2.msgpack");
    assert_eq!(chosen(&server, &["wamp.2.msgpack, wamp.2.json,"]).await, "wamp.2.msgpack");
    assert_eq!(chosen(&server, &["chat", "wamp.2.msgpack", "wamp.2.json"]).await, "wamp.2.msgpack");
}

#[tokio::test]
async fn without_a_subprotocol_in_common_there_is_no_upgrade() {
    let server = serve().await;
    for headers in [&[][..], &[(JSON.0, "")], &[(JSON.0, "chat, wamp.2.flatbuffers")]] {
        let response = Response::to(&server, &request("/ws", headers)).await;
        assert_eq!(response.status(), "400", "{headers:?}");
        assert!(response.body.contains("no WAMP subprotocol"), "{}", response.body);
    }
}

#[tokio::test]
async fn another_version_of_websocket_is_told_which_one_is_spoken() {
    let server = serve().await;
    let request = request("/ws", &[JSON]).replace("Version: 13", "Version: 8");
    let response = Response::to(&server, &request).await;
    assert_eq!(response.status(), "426");
    assert_eq!(response.header("Sec-WebSocket-Version"), Some("13"));
}

#[tokio::test]
async fn every_subprotocol_carries_hello_and_welcome() {
    let server = serve().await;
    for subprotocol in Subprotocol::ALL {
        let mut wire = Wire::connect(&server).await;
        wire.write(request("/ws", &[(JSON.0, subprotocol.name())]).as_bytes()).await;
        let response = Response::before_frames(&mut wire).await;
        assert_eq!(response.header(JSON.0), Some(subprotocol.name()));

        let kind = if subprotocol.is_text() { frames::TEXT } else { frames::BINARY };
        wire.write(&frames::websocket(kind, &hello(subprotocol))).await;
        let (first, octets) = frames::read_websocket(&mut wire).await;
        assert_eq!(first, kind, "{}", subprotocol.name());
        assert!(is_welcome(subprotocol, &octets), "{}", octets.escape_ascii());
    }
    assert_eq!(server.router().counters().protocol_violations.get(), 0);
}

#[tokio::test]
async fn octets_that_come_with_the_request_are_not_lost() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    let request = request("/ws", &[JSON]).into_bytes();
    let ping = frames::websocket(frames::PING, b"early");
    // The HELLO is cut in two: its beginning comes with the request.
    let hello = Transport::WebSocket.frame(HELLO);
    wire.write(&[&request[..], &ping, &hello[..20]].concat()).await;
    assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
    assert_eq!(frames::read_websocket(&mut wire).await, (frames::PONG, b"early".to_vec()));
    wire.write(&hello[20..]).await;
    Client::after_handshake(wire, Transport::WebSocket).expect_welcome().await;
}

/// A HELLO as the subprotocol wants it, a batch of one where it batches.
fn hello(subprotocol: Subprotocol) -> Vec<u8> {
    let message = hello_in(subprotocol.serializer);
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    match (subprotocol.batched, subprotocol.is_text()) {
        (false, _) => message.to_vec(),
        (true, true) => [message, b"\x1E"].concat(),
        (true, false) => [&len, message].concat(),
    }
}

fn is_welcome(subprotocol: Subprotocol, octets: &[u8]) -> bool {
    let message = match (subprotocol.batched, subprotocol.is_text()) {
        (false, _) => octets,
        (true, true) => octets.strip_suffix(b"\x1E").unwrap(),
        (true, false) => {
            let (len, message) = octets.split_first_chunk().unwrap();
            assert_eq!(u32::from_be_bytes(*len) as usize, message.len());
            message
        }
    };
    matches!(Message::decode(subprotocol.serializer, message), Ok(Message::Welcome(_)))
}
