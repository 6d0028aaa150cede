//! Peers that are gone without a word, or hang: they are found, and nobody else is taken for one.
//!
//! The clock is stopped, and jumps to the next time limit whenever nobody has anything to do; only
//! TCP, which is the system's, keeps its own time.

use std::time::Duration;

use crosspoint::liveness::Liveness;
use crosspoint::server::Server;
use crosspoint_router::limits::Limits;
use tokio::time::{advance, pause, resume, sleep};

use super::client::{Client, PROTOCOL_ERROR, Transport};
use super::{frames, serve, serve_watching, serve_with};

const PROCEDURE: &str = "com.example.add";
const TOPIC: &str = "com.example.news";

/// Of many pings and their answers, some would show that one was not counted.
const ROUNDS: usize = 10;

/// The server's pings have no payload.
async fn expect_ping(client: &mut Client) {
    assert_eq!(client.wire.read(2).await, [frames::PING, 0]);
}

/// The session is there and works; the next frame is no ping.
async fn expect_alive(server: &Server, mut client: Client) {
    resume();
    client.subscribe(TOPIC).await;
    assert_eq!(server.peers_lost(), 0);
}

#[tokio::test]
async fn who_answers_no_ping_loses_its_session_and_what_it_has_registered() {
    let server = serve().await;
    let mut mute = Client::join(&server, Transport::WebSocket).await;
    let mut other = Client::join(&server, Transport::RawSocket).await;
    mute.register(PROCEDURE).await;
    pause();
    expect_ping(&mut mute).await;
    mute.expect_violation("nothing has come for 90s, not even a pong", PROTOCOL_ERROR).await;
    resume();
    other.register(PROCEDURE).await;
    assert_eq!(server.router().census().sessions, 1);
    assert_eq!(server.peers_lost(), 1);
    assert_eq!(server.router().counters().protocol_violations.get(), 0);
}

/// As in a router that is no test: its timers have a thread of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn it_is_the_same_with_several_threads_and_a_clock_that_runs() {
    let ping_interval = Some(Duration::from_millis(10));
    let server = serve_watching(Liveness { ping_interval, ..Liveness::default() }).await;
    let mut mute = Client::join(&server, Transport::WebSocket).await;
    expect_ping(&mut mute).await;
    mute.expect_violation("nothing has come for 20ms, not even a pong", PROTOCOL_ERROR).await;
    drop(mute);
    server.shut_down().await;
}

#[tokio::test]
async fn who_answers_pings_stays() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    pause();
    for _ in 0..ROUNDS {
        expect_ping(&mut client).await;
        client.wire.write(&frames::websocket(frames::PONG, b"")).await;
    }
    expect_alive(&server, client).await;
}

/// A frame that comes octet by octet, one for each ping, is a sign of life with each of them.
#[tokio::test]
async fn who_sends_anything_after_a_ping_stays() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    pause();
    for octet in frames::websocket(frames::PONG, b"slowly") {
        expect_ping(&mut client).await;
        client.wire.write(&[octet]).await;
    }
    expect_alive(&server, client).await;
}

/// The router's own process was stopped, or had no core to run on: by the time it looks at the clock
/// all time is over, and the answer has been there for long.
#[tokio::test]
async fn who_has_answered_before_anybody_listened_stays() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    pause();
    for _ in 0..ROUNDS {
        expect_ping(&mut client).await;
        client.wire.write(&frames::websocket(frames::PONG, b"")).await;
        advance(Duration::from_mins(10)).await;
    }
    expect_alive(&server, client).await;
}

#[tokio::test]
async fn who_says_something_now_and_then_is_not_pinged() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::WebSocket).await;
    pause();
    for _ in 0..ROUNDS {
        sleep(Duration::from_secs(40)).await;
        client.wire.write(&frames::websocket(frames::PONG, b"here I am")).await;
    }
    expect_alive(&server, client).await;
}

#[tokio::test]
async fn nobody_is_pinged_where_that_is_off() {
    for ping_interval in [None, Some(Duration::ZERO)] {
        let server = serve_watching(Liveness { ping_interval, ..Liveness::default() }).await;
        let client = Client::join(&server, Transport::WebSocket).await;
        pause();
        sleep(Duration::from_hours(24)).await;
        expect_alive(&server, client).await;
    }
}

#[tokio::test]
async fn a_rawsocket_is_not_pinged() {
    let server = serve().await;
    let client = Client::join(&server, Transport::RawSocket).await;
    pause();
    sleep(Duration::from_hours(24)).await;
    expect_alive(&server, client).await;
}

#[tokio::test]
async fn an_interval_longer_than_time_can_count_never_comes() {
    let ping_interval = Some(Duration::MAX);
    let server = serve_watching(Liveness { ping_interval, ..Liveness::default() }).await;
    let client = Client::join(&server, Transport::WebSocket).await;
    pause();
    sleep(Duration::from_hours(24)).await;
    expect_alive(&server, client).await;
}

/// A subscriber that never says anything and reads slowly: the pings stand behind more than it reads
/// in their time, but each time it reads.
#[tokio::test]
async fn a_slow_reader_is_not_lost() {
    let limits = Limits { outbox_octets_max: 64 << 20, ..Limits::default() };
    let server = serve_with(limits, Liveness::default()).await;
    let mut slow = Client::join(&server, Transport::WebSocket).await;
    let mut publisher = Client::join(&server, Transport::RawSocket).await;
    slow.subscribe(TOPIC).await;
    let news = format!(r#"["{}"]"#, "x".repeat(1 << 20));
    let dropped = &server.router().counters().events_dropped;
    while dropped.get() == 0 {
        publisher.publish(TOPIC, &news).await;
    }
    pause();
    for _ in 0..ROUNDS {
        sleep(Duration::from_secs(40)).await;
        slow.wire.read(4 << 20).await;
    }
    resume();
    assert_eq!(server.router().census().sessions, 2);
    assert_eq!(server.peers_lost(), 0);
}

/// It has read nothing for good, and says nothing that would show it: TCP tells.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_makes_no_room_for_what_it_is_sent_loses_its_session() {
    let dead_peer_timeout = Some(Duration::from_secs(1));
    let server = serve_watching(Liveness { ping_interval: None, dead_peer_timeout }).await;
    for transport in Transport::OVER_TCP {
        let lost = server.peers_lost();
        let mut stalled = Client::join(&server, transport).await;
        let mut other = Client::join(&server, Transport::RawSocket).await;
        stalled.register(PROCEDURE).await;
        stalled.subscribe(TOPIC).await;
        let news = format!(r#"["{}"]"#, "x".repeat(1 << 20));
        let dropped = &server.router().counters().events_dropped;
        let dropped_before = dropped.get();
        while dropped.get() == dropped_before {
            other.publish(TOPIC, &news).await;
        }
        while !other.ask_to_register(PROCEDURE).await.starts_with("[65,") {}
        assert_eq!(server.peers_lost(), lost + 1);
    }
}

/// However much waits for him, the router listens to him: what he says is a sign of life.
#[tokio::test]
async fn who_takes_his_time_over_what_is_retained_stays() {
    const TOPICS: usize = 300;
    let server = serve().await;
    let mut publisher = Client::join(&server, Transport::RawSocket).await;
    let filling = "x".repeat(64 << 10);
    for topic in 0..TOPICS {
        let request = publisher.request();
        let options = r#"{"retain":true,"acknowledge":true}"#;
        publisher.send(&format!(r#"[16,{request},{options},"com.t{topic}",["{filling}"]]"#)).await;
        assert!(publisher.receive().await.starts_with("[17,"));
    }
    let mut client = Client::join(&server, Transport::WebSocket).await;
    client.send(r#"[32,1,{"match":"prefix","get_retained":true},"com."]"#).await;
    pause();
    for _ in 0..ROUNDS {
        for _ in 0..4 {
            sleep(Duration::from_secs(30)).await;
            client.wire.write(&frames::websocket(frames::PONG, b"here I am")).await;
        }
    }
    resume();
    assert!(client.receive().await.starts_with("[33,1,"));
    for _ in 0..TOPICS {
        assert!(client.receive().await.starts_with("[36,"));
    }
    assert_eq!(server.peers_lost(), 0);
}
