//! A client that does not read costs the others nothing.

use std::time::Duration;

use crosspoint::liveness::Liveness;
use crosspoint::server::Server;
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;
use crosspoint_router::settings::SlowSubscribers;
use tokio::time::{Instant, pause, resume, sleep};

use super::client::{Client, GOODBYE, NORMAL, Transport};
use super::shutdown::CLOSING_TIMEOUT;
use super::{serve_realm, serve_within};

const TOPIC: &str = "com.example.news";

/// An event of some length, so that the system's own buffers are full soon.
fn arguments(n: u64) -> String {
    format!(r#"[{n},"{}"]"#, "x".repeat(16 << 10))
}

/// One subscriber stops reading until events were dropped for it; the other gets them all. What
/// waited is still delivered when it reads again, in order, and what is missing was counted.
#[tokio::test]
async fn events_are_dropped_for_who_does_not_read_and_for_nobody_else() {
    for transport in Transport::ALL {
        let limits = Limits { outbox_octets_max: 64 << 10, ..Limits::default() };
        let server = serve_within(limits).await;
        let mut slow = Client::join(&server, transport).await;
        let mut other = Client::join(&server, transport).await;
        let mut publisher = Client::join(&server, transport).await;
        let subscription = slow.subscribe(TOPIC).await;
        other.subscribe(TOPIC).await;

        let dropped = &server.router().counters().events_dropped;
        let mut count = 0;
        while dropped.get() < 10 {
            publisher.publish(TOPIC, &arguments(count)).await;
            other.expect_event(subscription, &arguments(count)).await;
            count += 1;
        }
        let kept = count - dropped.get();
        let mut next = 0;
        for _ in 0..kept {
            let event = slow.receive_event(subscription).await;
            let n = (next..count).find(|n| event == arguments(*n));
            next = n.expect("an event that comes after the one before it") + 1;
        }
        publisher.publish(TOPIC, "[\"again\"]").await;
        slow.expect_event(subscription, "[\"again\"]").await;
        assert_eq!(dropped.get(), count - kept);
    }
}

const GOODBYE_TO_SLOW: &str = r#"[6,{"message":"events came faster than they were read, and no more of them can wait"},"crosspoint.close.too_slow"]"#;

/// A server whose realm closes slow subscribers.
async fn serve_the_quick() -> Server {
    let limits = Limits { outbox_octets_max: 64 << 10, ..Limits::default() };
    let slow_subscribers = SlowSubscribers::Close;
    let realm = RealmSettings { slow_subscribers, ..RealmSettings::from("realm1") };
    serve_realm(realm, limits, Liveness::default()).await
}

/// Publishes to a subscriber that does not read until it is closed, while another gets every event.
/// How many there were.
async fn publish_until_closed(server: &Server, other: &mut Client, subscription: u64) -> u64 {
    let mut publisher = Client::join(server, Transport::RawSocket).await;
    let closed = &server.router().counters().slow_subscribers_closed;
    let mut count = 0;
    while closed.get() == 0 {
        publisher.publish(TOPIC, &arguments(count)).await;
        other.expect_event(subscription, &arguments(count)).await;
        count += 1;
    }
    count
}

/// It gets all that it was sent, without a gap up to the event that did not fit, and then the reason.
/// What it had registered is free before that.
#[tokio::test]
async fn who_does_not_read_is_told_why_it_is_closed() {
    for transport in Transport::ALL {
        let server = serve_the_quick().await;
        let mut slow = Client::join(&server, transport).await;
        let mut other = Client::join(&server, transport).await;
        let subscription = slow.subscribe(TOPIC).await;
        slow.register("com.example.add").await;
        other.subscribe(TOPIC).await;
        let count = publish_until_closed(&server, &mut other, subscription).await;
        while !other.ask_to_register("com.example.add").await.starts_with("[65,") {}
        for n in 0..count - 1 {
            slow.expect_event(subscription, &arguments(n)).await;
        }
        slow.expect(GOODBYE_TO_SLOW).await;
        slow.send(GOODBYE).await;
        slow.expect_end(NORMAL).await;
        assert_eq!(server.router().counters().events_dropped.get(), 1);
    }
}

/// A message that is no GOODBYE.
const CHATTER: &str = r#"[48,9,{},"com.example.add"]"#;

/// The clock stands still, and jumps to the next time limit when nobody has anything to do.
#[tokio::test]
async fn who_never_reads_why_it_is_closed_is_disconnected_anyway() {
    for transport in Transport::ALL {
        let server = serve_the_quick().await;
        let mut slow = Client::join(&server, transport).await;
        let mut other = Client::join(&server, transport).await;
        let subscription = slow.subscribe(TOPIC).await;
        slow.register("com.example.add").await;
        other.subscribe(TOPIC).await;
        publish_until_closed(&server, &mut other, subscription).await;
        pause();
        let start = Instant::now();
        while slow.wire.try_write(&transport.frame(CHATTER)).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
            assert!(start.elapsed() <= CLOSING_TIMEOUT + Duration::from_secs(3));
        }
        resume();
        other.register("com.example.add").await;
    }
}

/// Answers are not dropped: who does not take them loses its session, and its procedures are free.
#[tokio::test]
async fn who_does_not_read_its_answers_loses_its_session() {
    let limits = Limits { outbox_octets_max: 64 << 10, ..Limits::default() };
    let server = serve_within(limits).await;
    let mut deaf = Client::join(&server, Transport::RawSocket).await;
    let mut other = Client::join(&server, Transport::RawSocket).await;
    deaf.register("com.example.add").await;
    let overflown = &server.router().counters().outboxes_overflown;
    let mut request = 2;
    while overflown.get() == 0 {
        let calls = (request..request + 1000).map(|n| format!(r#"[48,{n},{{}},"com.none"]"#));
        let frames: Vec<_> = calls.map(|call| Transport::RawSocket.frame(&call)).collect();
        if deaf.wire.try_write(&frames.concat()).await.is_err() {
            break;
        }
        request += 1000;
    }
    while !other.ask_to_register("com.example.add").await.starts_with("[65,") {}
    assert_eq!(overflown.get(), 1);
    assert_eq!(server.router().census().sessions, 1);
}
