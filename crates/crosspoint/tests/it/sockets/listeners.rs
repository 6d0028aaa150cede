//! Listeners: there may be several, and each says what it takes.

use std::time::Duration;

use crosspoint::place::Place;
use crosspoint::server::{ListenerSettings, Server, StartError};
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use tokio::time::{Instant, pause, resume};

use super::client::{Client, MESSAGE_TOO_BIG, PROTOCOL_ERROR, Transport};
use super::response::Response;
use super::upgrade;
use super::wire::Wire;
use super::{ANY_PORT, serve_listeners};

async fn serve(listeners: Vec<ListenerSettings>) -> Server {
    serve_listeners(listeners, "realm1".into(), Limits::default()).await
}

/// The status of the answer to this request.
async fn status(server: &Server, request: &str) -> String {
    let mut wire = Wire::connect(server).await;
    wire.write(request.as_bytes()).await;
    Response::before_frames(&mut wire).await.status().to_owned()
}

async fn upgrade_status(server: &Server, path: &str) -> String {
    status(server, &upgrade::request(path, &[upgrade::JSON])).await
}

#[tokio::test]
async fn all_listeners_lead_to_one_router() {
    let server = serve(vec![ListenerSettings::at(ANY_PORT), ListenerSettings::at(ANY_PORT)]).await;
    let [Place::Tcp(first), Place::Tcp(second)] = *server.places() else {
        panic!("{:?}", server.places())
    };
    assert_ne!(first, second);
    assert_eq!(server.address(), first);
    let mut subscriber = Client::join(&server, Transport::RawSocket).await;
    let subscription = subscriber.subscribe("com.example.news").await;
    let mut publisher = Client::connect_to(second, Transport::WebSocket).await;
    publisher.hello().await;
    publisher.publish("com.example.news", "[1]").await;
    subscriber.expect_event(subscription, "[1]").await;
}

#[tokio::test]
async fn if_one_port_cannot_be_had_there_is_no_server() {
    let other = serve(vec![ListenerSettings::at(ANY_PORT)]).await;
    let taken = ListenerSettings { name: "taken".into(), ..ListenerSettings::at(other.address()) };
    let settings = crosspoint::server::ServerSettings {
        listeners: vec![ListenerSettings::at(ANY_PORT), taken],
        realms: vec!["realm1".into()],
        limits: Limits::default(),
        uncounted_requests: UncountedRequests::Tolerate,
        store: None,
        strangers: None,
        tracer: None,
    };
    let error = Server::start(settings).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { listener, .. } if listener == "taken"));
}

#[tokio::test]
async fn rawsocket_may_be_all_that_is_spoken() {
    let listener = ListenerSettings { websocket: false, ..ListenerSettings::at(ANY_PORT) };
    let server = serve(vec![listener]).await;
    let _session = Client::join(&server, Transport::RawSocket).await;
    assert_eq!(upgrade_status(&server, "/ws").await, "404");
    assert_eq!(status(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await, "200");
    let page = Response::to(&server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(page.body.contains("speaks RawSocket here"), "{}", page.body);
}

#[tokio::test]
async fn websocket_may_be_all_that_is_spoken() {
    let listener = ListenerSettings { rawsocket: false, ..ListenerSettings::at(ANY_PORT) };
    let server = serve(vec![listener]).await;
    let _session = Client::join(&server, Transport::WebSocket).await;
    let mut wire = Wire::connect(&server).await;
    wire.write(&[0x7F, 0xF1, 0, 0]).await;
    wire.expect_nothing().await;
}

#[tokio::test]
async fn websockets_are_at_the_paths_that_are_named() {
    let paths = vec!["/wamp".to_owned(), "/healthz".to_owned()];
    let server = serve(vec![ListenerSettings { paths, ..ListenerSettings::at(ANY_PORT) }]).await;
    assert_eq!(upgrade_status(&server, "/wamp").await, "101");
    assert_eq!(upgrade_status(&server, "/healthz").await, "101");
    assert_eq!(upgrade_status(&server, "/ws").await, "404");
    // A page stays a page, for those who want one.
    assert_eq!(upgrade_status(&server, "/").await, "200");
    let page = Response::to(&server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(page.body.contains("/wamp"), "{}", page.body);
    assert!(!page.body.contains("/ws"), "{}", page.body);
    let page = Response::to(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(page.body, "ok\n");
}

/// Of `ws://unix:/path`, autobahn-python makes a request for `/path`.
#[tokio::test]
async fn a_websocket_may_be_asked_for_by_the_path_of_its_unix_socket() {
    let server = super::serve().await;
    let [.., Place::Unix { path, .. }] = server.places() else { panic!("no Unix socket") };
    let mut wire = Wire::connect_to_unix(path).await;
    wire.write(upgrade::request(path.to_str().unwrap(), &[upgrade::JSON]).as_bytes()).await;
    assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
}

#[tokio::test]
async fn messages_are_no_longer_than_the_listener_says() {
    let message_octets_max = 1000;
    let listener = ListenerSettings { message_octets_max, ..ListenerSettings::at(ANY_PORT) };
    let server = serve(vec![listener]).await;
    // 512 octets, says the handshake.
    let mut wire = Wire::connect(&server).await;
    wire.write(&[0x7F, 0xF1, 0, 0]).await;
    assert_eq!(wire.read(4).await, [0x7F, 0x01, 0, 0]);
    let mut client = Client::after_handshake(wire, Transport::RawSocket);
    client.send(&" ".repeat(600)).await;
    let text = "a message is longer than the 512 octets allowed";
    client.expect_violation(text, PROTOCOL_ERROR).await;

    let mut client = Client::join(&server, Transport::WebSocket).await;
    client.send(&" ".repeat(1001)).await;
    let text = "a message is longer than the 1000 octets allowed";
    client.expect_violation(text, MESSAGE_TOO_BIG).await;
}

/// Of what a client offers counts the first that is taken here; who offers nothing else is refused.
#[tokio::test]
async fn messages_are_written_in_what_the_listener_says() {
    let serializers = vec![Serializer::Cbor, Serializer::MsgPack];
    let listener = ListenerSettings { serializers, ..ListenerSettings::at(ANY_PORT) };
    let server = serve(vec![listener]).await;
    for (offered, taken) in [
        ("wamp.2.json, wamp.2.cbor, wamp.2.msgpack", Some("wamp.2.cbor")),
        ("wamp.2.msgpack.batched", Some("wamp.2.msgpack.batched")),
        ("wamp.2.json, wamp.2.json.batched", None),
    ] {
        let mut wire = Wire::connect(&server).await;
        let offer = ("Sec-WebSocket-Protocol", offered);
        wire.write(upgrade::request("/ws", &[offer]).as_bytes()).await;
        if let Some(taken) = taken {
            let response = Response::before_frames(&mut wire).await;
            assert_eq!(response.header(offer.0), Some(taken));
        } else {
            let response = Response::before_end(&mut wire).await;
            assert_eq!(response.status(), "400");
            let hint = "offering wamp.2.msgpack or wamp.2.cbor\n";
            assert!(response.body.ends_with(hint), "{}", response.body);
        }
    }
    for (asked, answer) in [(0xF1, [0x7F, 0x10, 0, 0]), (0xF3, [0x7F, 0xF3, 0, 0])] {
        let mut wire = Wire::connect(&server).await;
        wire.write(&[0x7F, asked, 0, 0]).await;
        assert_eq!(wire.read(4).await, answer);
    }
    assert_eq!(server.refusals().handshakes_failed.get(), 1);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_others_to_end() {
    let listener = ListenerSettings { connections_max: 1, ..ListenerSettings::at(ANY_PORT) };
    let server = serve(vec![listener]).await;
    let first = Client::join(&server, Transport::RawSocket).await;
    let mut second = Wire::connect(&server).await;
    second.write(&[0x7F, 0xF1, 0, 0]).await;
    assert_eq!(server.router().census().sessions, 1);
    drop(first);
    assert_eq!(second.read(4).await, [0x7F, 0xF1, 0, 0]);
    assert!(server.refusals().connections_full.get() > 0);
}

/// Whoever comes next is let in when a handshake is done, or has come to nothing.
#[tokio::test]
async fn handshakes_beyond_the_limit_wait_for_others_to_be_done() {
    let listener = ListenerSettings { handshakes_max: 1, ..ListenerSettings::at(ANY_PORT) };
    let server = serve(vec![listener]).await;
    for transport in [Transport::RawSocket, Transport::WebSocket] {
        let mut first = Client::connect(&server, transport).await;
        let mut second = transport.wire(&server).await;
        second.write(&transport.handshake()).await;
        // It is not even accepted while the other has no session; and the other is served.
        first.hello().await;
        transport.expect_handshake(&mut second).await;
        let third = transport.wire(&server).await;
        drop(second);
        drop(Client::over(third, transport).await);
        first.register("com.example.add").await;
    }
    assert!(server.refusals().handshakes_full.get() > 0);
}

/// He costs the others the time that he has, and no more.
#[tokio::test]
async fn who_holds_up_the_handshakes_of_others_is_let_go() {
    let (handshakes_max, handshakes_per_address_max) = (2, Some(2));
    let at = ListenerSettings::at(ANY_PORT);
    let listener = ListenerSettings { handshakes_max, handshakes_per_address_max, ..at };
    let server = serve(vec![listener]).await;
    let mut caller = Client::join(&server, Transport::RawSocket).await;
    let _silent = [Wire::connect(&server).await, Wire::connect(&server).await];
    caller.register("com.example.add").await;
    pause();
    let start = Instant::now();
    let mut late = Client::join(&server, Transport::WebSocket).await;
    assert!(start.elapsed() <= Duration::from_secs(11), "{:?}", start.elapsed());
    resume();
    late.register("com.example.subtract").await;
}

#[tokio::test]
async fn connections_beyond_the_limit_of_an_address_are_closed() {
    let at = ListenerSettings::at(ANY_PORT);
    let listener = ListenerSettings { connections_per_address_max: 2, ..at };
    let server = serve(vec![listener]).await;
    let mut first = Client::join(&server, Transport::RawSocket).await;
    let second = Client::join(&server, Transport::WebSocket).await;
    let mut third = Wire::connect(&server).await;
    assert!(third.read_to_end().await.is_empty());
    drop(second);
    // The others are served, and its place is free as soon as it has left.
    while server.router().census().sessions > 1 {
        first.subscribe("com.example.news").await;
    }
}
