//! A client that does not read costs the others nothing.

use crosspoint_router::limits::Limits;

use super::client::{Client, Transport};
use super::serve_within;

const TOPIC: &str = "com.example.news";

/// An event of some length, so that the system's own buffers are full soon.
fn arguments(n: u64) -> String {
    format!(r#"[{n},"{}"]"#, "x".repeat(16 << 10))
}

/// One subscriber stops reading until events were dropped for it; the other gets them all. What
/// waited is still delivered when it reads again, in order, and what is missing was counted.
#[tokio::test]
async fn events_are_dropped_for_who_does_not_read_and_for_nobody_else() {
    for transport in Transport::BOTH {
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
