//! Connections that come to nothing: slowly, in great numbers, or because what they say makes no sense.

use std::time::Duration;

use crosspoint::server::ListenerSettings;
use crosspoint_router::limits::Limits;
use crosspoint_router::router::Census;
use tokio::time::{Instant, pause, resume, sleep};

use super::super::ANY_PORT;
use super::super::client::{Client, HELLO, Transport};
use super::super::response::Response;
use super::super::upgrade;
use super::super::wire::Wire;
use super::Besieged;
use crate::certificates::common_acceptor;

/// A client has this long until its WELCOME, whatever it does meanwhile.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// What the clock may be off by.
const TOLERANCE: Duration = Duration::from_millis(10);

/// Connections that a flood consists of.
const FLOOD: usize = 500;

/// An octet, and a second later the next: each is a sign of life, and none of them buys time.
#[tokio::test]
async fn slow_handshakes_have_an_end() {
    let mut besieged = Besieged::start().await;
    let rawsocket = [&[0x7F, 0xF1, 0, 0][..], &Transport::RawSocket.frame(HELLO)].concat();
    let padding = "X-Patience: please\r\n".repeat(20);
    let head = upgrade::request("/ws", &[]);
    let websocket = head.replace("Upgrade: websocket\r\n", &padding).into_bytes();
    for octets in [rawsocket, websocket] {
        let mut wire = Wire::connect(&besieged.server).await;
        pause();
        let start = Instant::now();
        for octet in octets {
            if wire.try_write(&[octet]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
            if start.elapsed() > HELLO_TIMEOUT {
                break;
            }
        }
        wire.expect_end().await;
        assert!(start.elapsed() <= HELLO_TIMEOUT + Duration::from_secs(1) + TOLERANCE);
        resume();
        besieged.serve().await;
    }
    // The one got as far as its HELLO, or rather not quite; the other never ended its request.
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 1);
    assert_eq!(besieged.server.refusals().handshakes_late.get(), 1);
    besieged.assert_healthy().await;
}

/// As many as the listener takes of those without a session say nothing at all. Who is there is served; who comes waits,
/// and gets in when their time is over.
#[tokio::test]
async fn half_open_floods_are_over_in_seconds() {
    let (handshakes_max, handshakes_per_address_max) = (FLOOD, Some(FLOOD));
    let at = ListenerSettings::at(ANY_PORT);
    let listener = ListenerSettings { handshakes_max, handshakes_per_address_max, ..at };
    let mut besieged = Besieged::at(listener, Limits::default()).await;
    let mut flood = Vec::new();
    for number in 0..FLOOD {
        let mut wire = Wire::connect(&besieged.server).await;
        // The half of them has begun to say something.
        let beginning = if number % 2 == 0 { &b""[..] } else { b"GET /ws HTTP/1.1\r\nHost: " };
        wire.write(beginning).await;
        flood.push(wire);
    }
    besieged.serve().await;
    let mut another = Wire::connect(&besieged.server).await;
    another.write(&Transport::RawSocket.handshake()).await;
    pause();
    let start = Instant::now();
    Transport::RawSocket.expect_handshake(&mut another).await;
    assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
    resume();
    Client::after_handshake(another, Transport::RawSocket).hello().await;
    for mut wire in flood {
        wire.expect_end().await;
    }
    assert_eq!(besieged.server.refusals().handshakes_late.get(), FLOOD as u64);
    assert!(besieged.server.refusals().handshakes_full.get() > 0);
    besieged.assert_healthy().await;
}

/// From one address come more that say nothing than the listener takes. Others get in at once, and so do those there
/// who have something to say, when the time of these is over.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn silence_from_one_address_holds_up_nobody_else() {
    let (handshakes_max, handshakes_per_address_max) = (40, Some(20));
    let at = ListenerSettings::at(ANY_PORT);
    let listener = ListenerSettings { handshakes_max, handshakes_per_address_max, ..at };
    let mut besieged = Besieged::at(listener, Limits::default()).await;
    let mut flood = Vec::new();
    for _ in 0..handshakes_max + 20 {
        flood.push(Wire::connect_from([127, 0, 0, 66], &besieged.server).await);
    }
    for transport in [Transport::RawSocket, Transport::WebSocket] {
        Client::join(&besieged.server, transport).await;
        besieged.serve().await;
    }
    let refusals = besieged.server.refusals();
    // The half of what the listener takes has not had to wait; and nobody has waited for their end.
    assert_eq!(refusals.handshakes_crowded.get(), 40);
    assert_eq!(refusals.handshakes_late.get(), 0);
    assert_eq!(refusals.handshakes_full.get(), 0);
    let mut neighbour = Wire::connect_from([127, 0, 0, 66], &besieged.server).await;
    neighbour.expect_end().await;
    assert_eq!(refusals.addresses_crowded.get(), 1);
    pause();
    for mut wire in flood {
        wire.expect_end().await;
    }
    resume();
    let neighbour = Wire::connect_from([127, 0, 0, 66], &besieged.server).await;
    Client::over(neighbour, Transport::RawSocket).await.hello().await;
    assert_eq!(besieged.server.refusals().handshakes_late.get(), 60);
    besieged.assert_healthy().await;
}

/// From one address more than it may have: they are closed at once, and take no place from others.
#[tokio::test]
async fn floods_from_one_address_are_refused() {
    let connections_per_address_max = 10;
    let at = ListenerSettings::at(ANY_PORT);
    let listener = ListenerSettings { connections_per_address_max, ..at };
    let mut besieged = Besieged::at(listener, Limits::default()).await;
    // Two are there already.
    let mut attackers = Vec::new();
    for _ in 0..8 {
        attackers.push(besieged.attacker().await);
    }
    for _ in 0..FLOOD {
        Wire::connect(&besieged.server).await.expect_end().await;
    }
    assert_eq!(besieged.server.refusals().addresses_crowded.get(), FLOOD as u64);
    drop(attackers);
    // Until their ends have been seen there is no place for others from there.
    besieged.outlast().await;
    besieged.assert_healthy().await;
}

/// Connections that are reset in the middle of everything.
#[tokio::test]
async fn resets_leave_nothing_behind() {
    let mut besieged = Besieged::start().await;
    for transport in [Transport::RawSocket, Transport::WebSocket] {
        let session = [transport.handshake(), transport.frame(HELLO)].concat();
        for len in (0..session.len()).step_by(7) {
            let mut wire = Wire::connect(&besieged.server).await;
            wire.write(&session[..len]).await;
            wire.reset();
        }
        for _ in 0..20 {
            let mut attacker = Client::join(&besieged.server, transport).await;
            attacker.register("com.example.vanishing").await;
            attacker.wire.reset();
            besieged.serve().await;
        }
    }
    besieged.assert_healthy().await;
}

/// What is neither TLS nor `RawSocket` nor HTTP is none of them for long.
#[tokio::test]
async fn handshakes_that_make_no_sense_are_refused() {
    let mut besieged = Besieged::start().await;
    for (octets, refusal) in [
        (&[0x7F, 0xF0, 0, 0][..], &[0x7F, 0x10, 0, 0][..]),
        (&[0x7F, 0xFF, 0, 0], &[0x7F, 0x10, 0, 0]),
        (&[0x7F, 0xF1, 0, 1], &[0x7F, 0x30, 0, 0]),
    ] {
        let mut wire = Wire::connect(&besieged.server).await;
        wire.write(octets).await;
        assert_eq!(wire.read_to_end().await, refusal);
    }
    let giant = format!("GET /ws HTTP/1.1\r\nHost: {}\r\n\r\n", "x".repeat(1 << 16));
    let many = "X-Many: 1\r\n".repeat(1000);
    let many = format!("GET /ws HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"[..],
        b"\0\0\0\0\r\n\r\n",
        giant.as_bytes(),
        many.as_bytes(),
    ] {
        let mut wire = Wire::connect(&besieged.server).await;
        // It may be refused before it is written.
        let _ = wire.try_write(request).await;
        let status = Response::before_end(&mut wire).await.status().to_owned();
        assert!(status.starts_with('4'), "{status}");
    }
    assert_eq!(besieged.server.refusals().handshakes_failed.get(), 7);
    besieged.assert_healthy().await;
}

/// Where TLS is spoken, and something else is said.
#[tokio::test]
async fn what_is_no_tls_is_refused() {
    let tls = Some(common_acceptor());
    let secure = ListenerSettings { tls, ..ListenerSettings::at(ANY_PORT) };
    let server =
        super::super::serve_listeners(vec![secure], "realm1".into(), Limits::default()).await;
    let record = [b"\x16\x03\x01\xFF\xFF".as_slice(), &[0; 1 << 10]].concat();
    for octets in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x7F, 0xF1, 0, 0, 0], &record] {
        let mut wire = Wire::connect_to(server.address()).await;
        wire.write(octets).await;
        wire.expect_end().await;
    }
    assert_eq!(server.refusals().handshakes_failed.get(), 3);
    assert_eq!(server.router().census(), Census::default());
}
