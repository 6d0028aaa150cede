//! Proxies in front of the router: whose connection it is that they pass on.

use std::net::{IpAddr, Ipv4Addr};

use crosspoint::proxies::Proxy;
use crosspoint::server::{ListenerSettings, Server};
use crosspoint_router::limits::Limits;
use tokio::time::{Instant, pause, resume};

use super::client::{Client, HELLO, Transport};
use super::response::Response;
use super::upgrade::{JSON, request};
use super::wire::Wire;
use super::{ANY_PORT, any_socket, serve_listeners};
use crate::certificates::common_acceptor;

/// Version 1, as text.
const TEXT: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 443\r\n";

/// Version 2: TCP over IPv6, from `2001:db8::1`, port 40000; and something else that the proxy says.
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x28\
    \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\
    \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\
    \x9c\x40\x01\xbb\x04\0\x01\0";

/// Version 2: the proxy speaks for itself.
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

fn this_machine() -> Proxy {
    Proxy::Network(IpAddr::V4(Ipv4Addr::LOCALHOST).into())
}

fn behind(proxies: &[Proxy]) -> ListenerSettings {
    let proxies = proxies.to_vec();
    ListenerSettings { proxies, proxy_protocol: true, ..ListenerSettings::at(ANY_PORT) }
}

/// Proxies that speak HTTP.
fn behind_http(proxies: &[Proxy]) -> ListenerSettings {
    ListenerSettings { proxy_protocol: false, ..behind(proxies) }
}

async fn serve(listener: ListenerSettings) -> Server {
    let secure = ListenerSettings { tls: Some(common_acceptor()), ..listener.clone() };
    let proxies = vec![Proxy::UnixSocket, this_machine()];
    let unix = ListenerSettings { proxies, place: any_socket(), ..listener.clone() };
    serve_listeners(vec![listener, secure, unix], "realm1".into(), Limits::default()).await
}

/// Has the client join, and say where the router sees it.
async fn peer_of(client: &mut Client) -> String {
    client.send(HELLO).await;
    let welcome = client.receive().await;
    let session = welcome.split(',').nth(1).unwrap().to_owned();
    let request = client.request();
    client.send(&format!(r#"[48,{request},{{}},"wamp.session.get",[{session}]]"#)).await;
    let answer = client.receive().await;
    let (_, peer) = answer.split_once(r#""peer":""#).unwrap();
    peer.split('"').next().unwrap().to_owned()
}

/// The server goes on to serve those who come as they should.
async fn expect_health(server: &Server) {
    let mut wire = Wire::connect(server).await;
    wire.write(TEXT).await;
    let mut client = Client::over(wire, Transport::WebSocket).await;
    assert_eq!(peer_of(&mut client).await, "192.0.2.1:40000");
}

#[tokio::test]
async fn a_proxy_says_whose_connection_it_is() {
    let server = serve(behind(&[this_machine()])).await;
    for transport in Transport::ALL {
        for (header, peer) in [(TEXT, "192.0.2.1:40000"), (BINARY, "[2001:db8::1]:40000")] {
            let wire = transport.wire_behind(&server, header).await;
            let mut client = Client::over(wire, transport).await;
            assert_eq!(peer_of(&mut client).await, peer, "{transport:?}");
        }
    }
    assert_eq!(server.refusals().proxies_refused.get(), 0);
}

#[tokio::test]
async fn a_proxy_may_speak_for_itself() {
    let server = serve(behind(&[this_machine()])).await;
    for header in [LOCAL, b"PROXY UNKNOWN\r\n"] {
        let mut wire = Wire::connect(&server).await;
        wire.write(header).await;
        let mut client = Client::over(wire, Transport::RawSocket).await;
        assert!(peer_of(&mut client).await.starts_with("127.0.0.1:"));
    }
}

#[tokio::test]
async fn the_header_may_come_octet_by_octet_or_with_all_that_follows() {
    let server = serve(behind(&[this_machine()])).await;
    for header in [TEXT, BINARY] {
        let mut wire = Wire::connect(&server).await;
        wire.write_singly(header).await;
        Client::over(wire, Transport::WebSocket).await.hello().await;

        let transport = Transport::RawSocket;
        let mut wire = Wire::connect(&server).await;
        let all = [header, &transport.handshake(), &transport.frame(HELLO)].concat();
        wire.write(&all).await;
        transport.expect_handshake(&mut wire).await;
        Client::after_handshake(wire, transport).expect_welcome().await;
    }
}

/// He could be anybody.
#[tokio::test]
async fn whoever_is_no_proxy_is_refused() {
    let elsewhere = Proxy::Network("10.0.0.0/8".parse().unwrap());
    let server = serve(behind(&[elsewhere])).await;
    let mut wire = Wire::connect(&server).await;
    let _ = wire.try_write(TEXT).await;
    wire.expect_nothing().await;
    assert_eq!(server.refusals().proxies_refused.get(), 1);
    server.entrances().replace(&behind(&[this_machine()]));
    expect_health(&server).await;
}

#[tokio::test]
async fn a_connection_without_a_header_is_refused() {
    let server = serve(behind(&[this_machine()])).await;
    let attempts = [
        &b"\x7F\xF1\0\0"[..],
        b"GET /ws HTTP/1.1\r\n",
        b"POST /ws HTTP/1.1\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 40000\r\n443 \r\n",
        b"PROXY TCP4 192.0.2.256 198.51.100.1 40000 443\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c............",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x51\0\x0c............",
        &[b'P'; 200],
        // It says that it is 65535 octets long.
        &[b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", &[0; 5000][..]].concat(),
    ];
    for attempt in attempts {
        let mut wire = Wire::connect(&server).await;
        let _ = wire.try_write(attempt).await;
        wire.expect_nothing().await;
    }
    // It ends before its header does.
    let mut wire = Wire::connect(&server).await;
    wire.write(&TEXT[..20]).await;
    wire.finish().await;
    wire.expect_nothing().await;
    assert_eq!(server.refusals().proxies_refused.get(), attempts.len() as u64 + 1);
    expect_health(&server).await;
}

#[tokio::test]
async fn half_a_header_is_not_waited_for() {
    let server = serve(behind(&[this_machine()])).await;
    let mut wire = Wire::connect(&server).await;
    wire.write(&BINARY[..20]).await;
    pause();
    let start = Instant::now();
    assert_eq!(wire.read_to_end().await, b"");
    assert!(start.elapsed().as_secs() <= 10, "{:?}", start.elapsed());
    resume();
    expect_health(&server).await;
}

#[tokio::test]
async fn the_limit_of_an_address_is_that_of_the_client() {
    let listener = ListenerSettings { connections_per_address_max: 1, ..behind(&[this_machine()]) };
    let server = serve(listener).await;
    let through = async |header: &[u8]| {
        let mut wire = Wire::connect(&server).await;
        wire.write(header).await;
        wire
    };
    let mut first = Client::over(through(TEXT).await, Transport::RawSocket).await;
    first.hello().await;
    through(TEXT).await.expect_nothing().await;
    assert_eq!(server.refusals().addresses_crowded.get(), 1);
    Client::over(through(BINARY).await, Transport::RawSocket).await.hello().await;
    // The proxy's own are not counted.
    let _checks = [through(LOCAL).await, through(LOCAL).await];
    first.register("com.example.add").await;
}

/// Who says nothing behind a proxy holds up those of his own address, as the proxy says it.
#[tokio::test]
async fn the_handshakes_of_an_address_are_those_of_the_client() {
    let (handshakes_max, handshakes_per_address_max) = (5, Some(1));
    for http in [false, true] {
        let proxies = vec![this_machine()];
        let at =
            ListenerSettings { proxies, proxy_protocol: !http, ..ListenerSettings::at(ANY_PORT) };
        let listener = ListenerSettings { handshakes_max, handshakes_per_address_max, ..at };
        let server = serve(listener).await;
        let [this, another] = if http {
            [forwarded("192.0.2.1"), forwarded("192.0.2.2")]
        } else {
            [TEXT.to_vec(), BINARY.to_vec()]
        };
        let through = async |beginning: &[u8]| {
            let mut wire = Wire::connect(&server).await;
            wire.write(beginning).await;
            wire
        };
        let join = async |mut wire: Wire| {
            if http {
                Transport::WebSocket.expect_handshake(&mut wire).await;
                let mut client = Client::after_handshake(wire, Transport::WebSocket);
                client.hello().await;
                return client;
            }
            let mut client = Client::over(wire, Transport::RawSocket).await;
            client.hello().await;
            client
        };
        let first = through(&this).await;
        let mut others = Vec::new();
        for _ in 0..5 {
            others.push(through(&this).await);
            // Somebody else's is there after it.
            join(through(&another).await).await;
        }
        assert_eq!(server.refusals().handshakes_crowded.get(), 5);
        through(&this).await.expect_end().await;
        assert_eq!(server.refusals().addresses_crowded.get(), 1);
        // Each lets in the next.
        let _sessions = [join(first).await, join(others.remove(0)).await];
        assert_eq!(server.refusals().handshakes_late.get(), 0);
    }
}

/// A request for a WebSocket that proxies have passed on.
fn forwarded(stops: &'static str) -> Vec<u8> {
    request("/ws", &[JSON, ("X-Forwarded-For", stops)]).into_bytes()
}

#[tokio::test]
async fn a_proxy_says_whose_request_it_is() {
    let server = serve(behind_http(&[this_machine()])).await;
    let transports =
        [Transport::WebSocket, Transport::WebSocketOverTls, Transport::WebSocketOverUnix];
    for transport in transports {
        let mut wire = transport.wire(&server).await;
        wire.write(&forwarded("203.0.113.9, 192.0.2.1, 127.0.0.1")).await;
        transport.expect_handshake(&mut wire).await;
        let mut client = Client::after_handshake(wire, transport);
        assert_eq!(peer_of(&mut client).await, "192.0.2.1", "{transport:?}");
    }
    // It says nothing: its own address is all that is known.
    let mut client = Client::connect(&server, Transport::WebSocket).await;
    assert!(peer_of(&mut client).await.starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn nobody_says_of_himself_where_he_is() {
    let elsewhere = Proxy::Network("10.0.0.0/8".parse().unwrap());
    let server = serve(behind_http(&[elsewhere])).await;
    let mut wire = Wire::connect(&server).await;
    wire.write(&forwarded("192.0.2.1, 10.0.0.1")).await;
    Transport::WebSocket.expect_handshake(&mut wire).await;
    let mut client = Client::after_handshake(wire, Transport::WebSocket);
    assert!(peer_of(&mut client).await.starts_with("127.0.0.1:"));
}

/// One in front that passes octets on, and one behind it that speaks HTTP.
#[tokio::test]
async fn proxies_may_stand_one_behind_the_other() {
    let network = Proxy::Network("192.0.2.0/24".parse().unwrap());
    let server = serve(behind(&[this_machine(), network])).await;
    let mut wire = Wire::connect(&server).await;
    wire.write(&[TEXT, &forwarded("203.0.113.9")].concat()).await;
    Transport::WebSocket.expect_handshake(&mut wire).await;
    let mut client = Client::after_handshake(wire, Transport::WebSocket);
    assert_eq!(peer_of(&mut client).await, "203.0.113.9");
}

#[tokio::test]
async fn too_many_requests_of_one_client_are_refused() {
    let listener =
        ListenerSettings { connections_per_address_max: 1, ..behind_http(&[this_machine()]) };
    let server = serve(listener).await;
    let through = async |stops: &'static str| {
        let mut wire = Wire::connect(&server).await;
        wire.write(&forwarded(stops)).await;
        wire
    };
    let transport = Transport::WebSocket;
    let mut first = through("192.0.2.1").await;
    transport.expect_handshake(&mut first).await;
    let response = Response::before_end(&mut through("192.0.2.1").await).await;
    assert_eq!(response.status(), "429");
    assert!(response.body.contains("too many connections come from your address\nhint: "));
    assert_eq!(server.refusals().addresses_crowded.get(), 1);
    transport.expect_handshake(&mut through("192.0.2.2").await).await;
    Client::after_handshake(first, transport).hello().await;
}
