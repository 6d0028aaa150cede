//! Long messages, and many at once. Several threads work here, as they do in a real server.

use super::client::{Client, Transport};
use super::serve;

/// A text of this many octets, no two words of which are alike.
fn text(octets: usize) -> String {
    (0..).flat_map(|n: u32| format!("{n} ").into_bytes()).take(octets).map(char::from).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_mebibytes_go_there_and_back() {
    let payload = text(10 << 20);
    for (callee, caller) in
        [(Transport::RawSocket, Transport::WebSocket), (Transport::WebSocket, Transport::RawSocket)]
    {
        let server = serve().await;
        let mut callee = Client::join(&server, callee).await;
        let mut caller = Client::join(&server, caller).await;
        let registration = callee.register("com.example.echo").await;
        caller.send(&format!(r#"[48,1,{{}},"com.example.echo",["{payload}"]]"#)).await;
        callee.expect(&format!(r#"[68,1,{registration},{{}},["{payload}"]]"#)).await;
        callee.send(&format!(r#"[70,1,{{}},["{payload}"]]"#)).await;
        caller.expect(&format!(r#"[50,1,{{}},["{payload}"]]"#)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mebibyte_reaches_twenty_subscribers() {
    let server = serve().await;
    let mut subscribers = Vec::new();
    for transport in [Transport::ALL; 4].concat() {
        let mut subscriber = Client::join(&server, transport).await;
        let subscription = subscriber.subscribe("com.example.news").await;
        subscribers.push((subscriber, subscription));
    }
    let mut publisher = Client::join(&server, Transport::WebSocket).await;
    let arguments = format!(r#"["{}"]"#, text(1 << 20));
    publisher.publish("com.example.news", &arguments).await;
    publisher.publish("com.example.news", "[2]").await;
    for (mut subscriber, subscription) in subscribers {
        subscriber.expect_event(subscription, &arguments).await;
        subscriber.expect_event(subscription, "[2]").await;
    }
    assert_eq!(server.router().counters().events_dropped.get(), 0);
}

/// The callee answers them from the last to the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_in_one_burst_get_ten_thousand_answers() {
    const CALLS: usize = 10_000;
    for transport in Transport::ALL {
        let server = serve().await;
        let mut callee = Client::join(&server, transport).await;
        let mut caller = Client::join(&server, transport).await;
        let registration = callee.register("com.example.echo").await;
        let call = |n| transport.frame(&format!(r#"[48,{n},{{}},"com.example.echo",[{n}]]"#));
        caller.wire.write(&(1..=CALLS).flat_map(call).collect::<Vec<_>>()).await;
        for n in 1..=CALLS {
            callee.expect(&format!("[68,{n},{registration},{{}},[{n}]]")).await;
        }
        let answer = |n| transport.frame(&format!("[70,{n},{{}},[{n}]]"));
        callee.wire.write(&(1..=CALLS).rev().flat_map(answer).collect::<Vec<_>>()).await;
        for n in (1..=CALLS).rev() {
            caller.expect(&format!("[50,{n},{{}},[{n}]]")).await;
        }
        assert_eq!(server.router().census().calls, 0);
    }
}
