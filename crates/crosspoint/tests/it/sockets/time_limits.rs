//! What happens to those who keep the server waiting.
//!
//! The clock is stopped when everything else has happened. From then on it jumps to the next time
//! limit whenever nobody has anything to do.

use std::time::Duration;

use tokio::time::{Instant, pause, resume, sleep};

use super::client::{Client, GOODBYE, GOODBYE_AND_OUT, NORMAL, PROTOCOL_ERROR, Transport};
use super::frames;
use super::wire::Wire;
use super::{serve, serve_to_alice};

const NO_HELLO: &str =
    r#"[3,{"message":"no HELLO within 10 seconds"},"wamp.error.protocol_violation"]"#;

const NO_AUTHENTICATE: &str =
    r#"[3,{"message":"no AUTHENTICATE within 10 seconds"},"wamp.error.protocol_violation"]"#;

const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// What the clock may be off by.
const TOLERANCE: Duration = Duration::from_millis(10);

#[tokio::test]
async fn who_says_no_hello_is_told_so_and_closed() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(&server, transport).await;
        pause();
        let start = Instant::now();
        client.expect(NO_HELLO).await;
        assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
        client.expect_end(PROTOCOL_ERROR).await;
        resume();
    }
}

#[tokio::test]
async fn pings_are_no_substitute_for_a_hello() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::RawSocket).await;
    pause();
    let start = Instant::now();
    loop {
        sleep(Duration::from_secs(1)).await;
        client.wire.write(&frames::rawsocket(frames::RAWSOCKET_PING, b"wait")).await;
        let (first, octets) = frames::read_rawsocket(&mut client.wire).await;
        if first == frames::RAWSOCKET_MESSAGE {
            assert_eq!(octets, NO_HELLO.as_bytes());
            break;
        }
        assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE);
    }
}

#[tokio::test]
async fn half_a_handshake_is_closed_without_a_word() {
    let server = serve().await;
    for beginning in [&b""[..], &[0x7F, 0xF1]] {
        let mut wire = Wire::connect(&server).await;
        wire.write(beginning).await;
        pause();
        let start = Instant::now();
        assert_eq!(wire.read_to_end().await, b"");
        assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
        resume();
    }
}

#[tokio::test]
async fn half_a_request_is_closed() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    wire.write(b"GET / HTTP/1.1\r\nHost:").await;
    pause();
    let start = Instant::now();
    wire.read_to_end().await;
    assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
}

/// Nobody has more time because he does a little whenever it is nearly over.
#[tokio::test]
async fn the_time_for_hello_begins_with_the_connection() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut wire = transport.wire(&server).await;
        pause();
        let start = Instant::now();
        sleep(HELLO_TIMEOUT.mul_f32(0.9)).await;
        wire.write(&transport.handshake()).await;
        transport.expect_handshake(&mut wire).await;
        let mut client = Client::after_handshake(wire, transport);
        client.expect(NO_HELLO).await;
        assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
        client.expect_end(PROTOCOL_ERROR).await;
        resume();
    }
}

/// Neither silence nor chatter keeps a connection whose session is over.
#[tokio::test]
async fn who_does_not_close_after_goodbye_is_dropped() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        client.send(GOODBYE).await;
        client.expect(GOODBYE_AND_OUT).await;
        client.expect_end(NORMAL).await;
        pause();
        let start = Instant::now();
        while client.wire.try_write(b"chatter").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
            assert!(start.elapsed() <= CLOSING_TIMEOUT + Duration::from_secs(3));
        }
        resume();
    }
}

#[tokio::test]
async fn a_session_may_be_silent_for_as_long_as_it_likes() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::RawSocket).await;
    pause();
    sleep(Duration::from_hours(24)).await;
    resume();
    client.register("com.example.add").await;
}

/// The time for HELLO is the time for all that comes before WELCOME.
#[tokio::test]
async fn who_does_not_prove_who_it_is_in_time_is_told_so_and_closed() {
    let server = serve_to_alice().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(&server, transport).await;
        client.send(r#"[1,"realm1",{"authid":"alice","authmethods":["ticket"]}]"#).await;
        client.expect(r#"[4,"ticket",{}]"#).await;
        pause();
        let start = Instant::now();
        client.expect(NO_AUTHENTICATE).await;
        assert!(start.elapsed() <= HELLO_TIMEOUT + TOLERANCE, "{:?}", start.elapsed());
        client.expect_end(PROTOCOL_ERROR).await;
        resume();
    }
}
