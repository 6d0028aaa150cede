//! A client: messages in JSON, as texts, over either transport.

use std::net::SocketAddr;

use crosspoint::place::Place;
use crosspoint::server::Server;
use crosspoint_proto::serializer::Serializer;

use super::frames;
use super::response::Response;
use super::upgrade;
use super::wire::Wire;
use crate::certificates::Authority;

pub(super) const HELLO: &str = r#"[1,"realm1",{"roles":{"caller":{},"callee":{}}}]"#;

/// A HELLO octet by octet.
pub(super) fn hello_in(serializer: Serializer) -> &'static [u8] {
    match serializer {
        Serializer::Json => HELLO.as_bytes(),
        Serializer::MsgPack => b"\x93\x01\xA6realm1\x80",
        Serializer::Cbor => b"\x83\x01\x66realm1\xA0",
    }
}

/// The client's GOODBYE, whether it asks or answers.
pub(super) const GOODBYE: &str = r#"[6,{},"wamp.close.close_realm"]"#;

/// The router's answer to a GOODBYE.
pub(super) const GOODBYE_AND_OUT: &str = r#"[6,{},"wamp.close.goodbye_and_out"]"#;

/// The codes of close frames that the server sends.
pub(super) const NORMAL: u16 = 1000;
pub(super) const PROTOCOL_ERROR: u16 = 1002;
pub(super) const MESSAGE_TOO_BIG: u16 = 1009;

/// What carries the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    RawSocket,
    WebSocket,
    RawSocketOverTls,
    WebSocketOverTls,
    RawSocketOverUnix,
    WebSocketOverUnix,
}

impl Transport {
    /// Where TCP is at the bottom of it.
    pub(super) const OVER_TCP: [Transport; 4] = [
        Transport::RawSocket,
        Transport::WebSocket,
        Transport::RawSocketOverTls,
        Transport::WebSocketOverTls,
    ];

    pub(super) const ALL: [Transport; 6] = [
        Transport::RawSocket,
        Transport::WebSocket,
        Transport::RawSocketOverTls,
        Transport::WebSocketOverTls,
        Transport::RawSocketOverUnix,
        Transport::WebSocketOverUnix,
    ];

    fn is_websocket(self) -> bool {
        use Transport::{WebSocket, WebSocketOverTls, WebSocketOverUnix};
        matches!(self, WebSocket | WebSocketOverTls | WebSocketOverUnix)
    }

    /// A connection to this server, at the listener that is for it.
    pub(super) async fn wire(self, server: &Server) -> Wire {
        self.wire_behind(server, &[]).await
    }

    /// The same, after what a proxy says first.
    pub(super) async fn wire_behind(self, server: &Server, header: &[u8]) -> Wire {
        let mut wire = match (self, server.places()) {
            (Transport::RawSocket | Transport::WebSocket, _) => Wire::connect(server).await,
            (
                Transport::RawSocketOverTls | Transport::WebSocketOverTls,
                [_, Place::Tcp(address), ..],
            ) => {
                let config = Authority::common().client(rustls::ALL_VERSIONS, None);
                return Wire::connect_securely_behind(*address, config, header).await.unwrap();
            }
            (_, [_, _, Place::Unix { path, .. }]) => Wire::connect_to_unix(path).await,
            (_, places) => panic!("the server listens at {places:?}"),
        };
        wire.write(header).await;
        wire
    }

    /// How a client begins.
    pub(super) fn handshake(self) -> Vec<u8> {
        if self.is_websocket() {
            upgrade::request("/ws", &[upgrade::JSON]).into_bytes()
        } else {
            vec![0x7F, 0xF1, 0, 0]
        }
    }

    /// What the server says to that.
    pub(super) async fn expect_handshake(self, wire: &mut Wire) {
        if self.is_websocket() {
            assert_eq!(Response::before_frames(wire).await.status(), "101");
        } else {
            assert_eq!(wire.read(4).await, [0x7F, 0xF1, 0, 0]);
        }
    }

    /// A message in its frame.
    pub(super) fn frame(self, message: &str) -> Vec<u8> {
        if self.is_websocket() {
            frames::websocket(frames::TEXT, message.as_bytes())
        } else {
            frames::rawsocket(frames::RAWSOCKET_MESSAGE, message.as_bytes())
        }
    }
}

/// A client after its handshake.
pub(super) struct Client {
    pub(super) wire: Wire,
    transport: Transport,
    /// How many requests it has made: they are to be counted from 1.
    requests: u64,
}

impl Client {
    /// A client that has not said HELLO.
    pub(super) async fn connect(server: &Server, transport: Transport) -> Client {
        Client::over(transport.wire(server).await, transport).await
    }

    /// The same, for one of several listeners.
    pub(super) async fn connect_to(address: SocketAddr, transport: Transport) -> Client {
        Client::over(Wire::connect_to(address).await, transport).await
    }

    /// The same, over a connection that is there.
    pub(super) async fn over(mut wire: Wire, transport: Transport) -> Client {
        wire.write(&transport.handshake()).await;
        transport.expect_handshake(&mut wire).await;
        Client::after_handshake(wire, transport)
    }

    pub(super) fn after_handshake(wire: Wire, transport: Transport) -> Client {
        Client { wire, transport, requests: 0 }
    }

    /// A client with a session.
    pub(super) async fn join(server: &Server, transport: Transport) -> Client {
        let mut client = Client::connect(server, transport).await;
        client.hello().await;
        client
    }

    pub(super) async fn hello(&mut self) {
        self.send(HELLO).await;
        self.expect_welcome().await;
    }

    pub(super) async fn send(&mut self, message: &str) {
        self.wire.write(&self.transport.frame(message)).await;
    }

    /// The next message.
    pub(super) async fn receive(&mut self) -> String {
        let ((first, octets), message) = if self.transport.is_websocket() {
            (frames::read_websocket(&mut self.wire).await, frames::TEXT)
        } else {
            (frames::read_rawsocket(&mut self.wire).await, frames::RAWSOCKET_MESSAGE)
        };
        assert_eq!(first, message, "a frame of another kind: {}", octets.escape_ascii());
        String::from_utf8(octets).unwrap()
    }

    pub(super) async fn expect(&mut self, message: &str) {
        let received = self.receive().await;
        assert_eq!(abridged(&received), abridged(message));
        assert!(received == message, "they differ where they are long");
    }

    pub(super) async fn expect_welcome(&mut self) {
        let welcome = self.receive().await;
        assert!(welcome.starts_with("[2,"), "{welcome}");
    }

    /// The next message is an ABORT for breaking the protocol, and the connection ends.
    pub(super) async fn expect_violation(&mut self, text: &str, close: u16) {
        let abort = format!(r#"[3,{{"message":"{text}"}},"wamp.error.protocol_violation"]"#);
        self.expect(&abort).await;
        self.expect_end(close).await;
    }

    /// The server closes: with a frame that says so, where there are such, and the stream's end.
    pub(super) async fn expect_end(&mut self, close: u16) {
        if self.transport.is_websocket() {
            let frame = frames::read_websocket(&mut self.wire).await;
            assert_eq!(frame, (frames::CLOSE, close.to_be_bytes().into()));
        }
        assert_eq!(self.wire.read_to_end().await, b"");
    }

    /// The ID of the next request.
    pub(super) fn request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    /// Registers a procedure; gives the registration's ID.
    pub(super) async fn register(&mut self, procedure: &str) -> u64 {
        let answer = self.ask_to_register(procedure).await;
        granted(&answer, &format!("[65,{},", self.requests))
    }

    /// Asks for a registration; gives the answer.
    pub(super) async fn ask_to_register(&mut self, procedure: &str) -> String {
        let request = self.request();
        self.send(&format!(r#"[64,{request},{{}},"{procedure}"]"#)).await;
        self.receive().await
    }

    /// Subscribes to a topic; gives the subscription's ID.
    pub(super) async fn subscribe(&mut self, topic: &str) -> u64 {
        let request = self.request();
        self.send(&format!(r#"[32,{request},{{}},"{topic}"]"#)).await;
        granted(&self.receive().await, &format!("[33,{request},"))
    }

    /// Publishes an event, whose arguments are a list in JSON, and waits until it is published.
    pub(super) async fn publish(&mut self, topic: &str, arguments: &str) {
        let request = self.request();
        let options = r#"{"acknowledge":true}"#;
        self.send(&format!(r#"[16,{request},{options},"{topic}",{arguments}]"#)).await;
        granted(&self.receive().await, &format!("[17,{request},"));
    }

    /// The next message is an event; gives its arguments.
    pub(super) async fn receive_event(&mut self, subscription: u64) -> String {
        let event = self.receive().await;
        assert!(event.starts_with(&format!("[36,{subscription},")), "{}", abridged(&event));
        let (_, arguments) = event.split_once(",{},").unwrap();
        arguments.strip_suffix(']').unwrap().to_owned()
    }

    /// The next message is an event with these arguments.
    pub(super) async fn expect_event(&mut self, subscription: u64, arguments: &str) {
        let received = self.receive_event(subscription).await;
        assert_eq!(abridged(&received), abridged(arguments));
        assert!(received == arguments, "they differ where they are long");
    }
}

/// The ID that follows the beginning of a message, and ends it.
fn granted(message: &str, beginning: &str) -> u64 {
    let id = message.strip_prefix(beginning).and_then(|id| id.strip_suffix(']'));
    id.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("not granted: {message}"))
}

/// A message that fits on a screen.
fn abridged(message: &str) -> &str {
    &message[..message.floor_char_boundary(500)]
}
