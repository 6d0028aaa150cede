//! The throttle: who sends more than he may is read more slowly.

use std::time::Duration;

use crosspoint::server::{ListenerSettings, Server};
use crosspoint::throttle::MessageRate;
use crosspoint_router::limits::Limits;
use tokio::time::{Instant, pause, resume};

use super::client::{Client, Transport};
use super::frames;
use super::{ANY_PORT, serve_listeners};

/// Ten messages in a second, and five at once.
async fn serve() -> Server {
    let message_rate = Some(MessageRate { per_second: 10, burst: 5 });
    let listener = ListenerSettings { message_rate, ..ListenerSettings::at(ANY_PORT) };
    let free = ListenerSettings::at(ANY_PORT);
    serve_listeners(vec![listener, free], "realm1".into(), Limits::default()).await
}

/// Sends so many requests in one go.
async fn send_requests(client: &mut Client, transport: Transport, count: usize) {
    let requests: Vec<u8> = (0..count)
        .flat_map(|_| {
            let request = client.request();
            transport.frame(&format!(r#"[32,{request},{{}},"com.example.news"]"#))
        })
        .collect();
    client.wire.write(&requests).await;
}

#[tokio::test]
async fn who_sends_too_much_waits_and_loses_nothing() {
    let server = serve().await;
    for transport in [Transport::RawSocket, Transport::WebSocket] {
        let mut client = Client::join(&server, transport).await;
        send_requests(&mut client, transport, 40).await;
        pause();
        let start = Instant::now();
        for request in 1..=40 {
            let answer = client.receive().await;
            assert!(answer.starts_with(&format!("[33,{request},")), "{answer}");
        }
        // HELLO was one of those that may come at once.
        let expected = Duration::from_millis(3600);
        let took = start.elapsed();
        assert!(took > expected / 2 && took <= expected + Duration::from_millis(100), "{took:?}");
        resume();
    }
    assert!(server.refusals().readings_held_up.get() > 40);
    assert_eq!(server.router().counters().protocol_violations.get(), 0);
}

/// They are answered, and count.
#[tokio::test]
async fn pings_are_held_up_as_messages_are() {
    let server = serve().await;
    let mut client = Client::join(&server, Transport::RawSocket).await;
    let ping = frames::rawsocket(frames::RAWSOCKET_PING, b"there?");
    client.wire.write(&ping.repeat(40)).await;
    pause();
    let start = Instant::now();
    for _ in 0..40 {
        let pong = frames::read_rawsocket(&mut client.wire).await;
        assert_eq!(pong, (frames::RAWSOCKET_PONG, b"there?".to_vec()));
    }
    let (expected, took) = (Duration::from_millis(3600), start.elapsed());
    assert!(took > expected / 2 && took <= expected + Duration::from_millis(100), "{took:?}");
    resume();
    assert!(server.refusals().readings_held_up.get() > 20);
}

/// What others send to somebody who has to wait goes on to reach him, and who sends little does not wait.
#[tokio::test]
async fn who_waits_is_still_served() {
    let server = serve().await;
    let transport = Transport::WebSocket;
    let mut subscriber = Client::join(&server, transport).await;
    let subscription = subscriber.subscribe("com.example.weather").await;
    send_requests(&mut subscriber, transport, 10).await;
    let crosspoint::place::Place::Tcp(free) = server.places()[1] else { panic!("no TCP") };
    let mut publisher = Client::connect_to(free, transport).await;
    publisher.hello().await;
    for _ in 0..20 {
        publisher.publish("com.example.weather", "[1]").await;
    }
    let (mut events, mut answers) = (0, 0);
    while events < 20 || answers < 10 {
        let message = subscriber.receive().await;
        events += usize::from(message.starts_with(&format!("[36,{subscription},")));
        answers += usize::from(message.starts_with("[33,"));
    }
}

/// He is there as long as he is not listened to, and says so himself then.
#[tokio::test]
async fn who_waits_may_leave() {
    let server = serve().await;
    for transport in [Transport::RawSocket, Transport::WebSocket] {
        let mut client = Client::join(&server, transport).await;
        send_requests(&mut client, transport, 20).await;
        drop(client);
        while server.router().census().sessions > 0 {
            tokio::task::yield_now().await;
        }
    }
}
