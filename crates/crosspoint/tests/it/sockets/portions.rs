//! Requests that ask for much: they are answered in portions, in the order in which they came. What is retained
//! comes beside the answers to what is asked for then.

use std::fmt::Write as _;

use super::client::{Client, HELLO, Transport};
use super::frames;
use super::response::Response;
use super::serve;
use super::upgrade;
use super::wire::Wire;

const TOPICS: usize = 300;

/// Together more than may wait for one session.
const EVENT_OCTETS: usize = 64 << 10;

/// SUBSCRIBE to what is retained, and requests behind it.
fn requests() -> Vec<String> {
    let mut requests = vec![
        r#"[48,1,{},"wamp.subscription.list"]"#.to_owned(),
        r#"[32,2,{"match":"prefix","get_retained":true},"com."]"#.to_owned(),
    ];
    for request in 3..=200 {
        requests.push(format!(r#"[48,{request},{{}},"wamp.session.count"]"#));
    }
    requests
}

async fn retain(publisher: &mut Client) {
    let filling = "x".repeat(EVENT_OCTETS);
    for topic in 0..TOPICS {
        let request = publisher.request();
        let options = r#"{"retain":true,"acknowledge":true}"#;
        publisher
            .send(&format!(r#"[16,{request},{options},"com.t{topic}",[{topic},"{filling}"]]"#))
            .await;
        assert!(publisher.receive().await.starts_with("[17,"));
    }
}

/// What the answers must be.
#[derive(Default)]
struct Answers {
    events: usize,
    requests: u64,
}

impl Answers {
    fn take(&mut self, message: &str) {
        let begins = |beginning: &str| message.starts_with(beginning);
        if begins("[36,") {
            assert!(self.requests >= 2, "events come behind SUBSCRIBED");
            assert!(message.contains(&format!("[{},\"x", self.events)), "in their order");
            self.events += 1;
            return;
        }
        self.requests += 1;
        let requests = self.requests;
        assert!(
            begins(&format!("[50,{requests},")) || begins(&format!("[33,{requests},")),
            "{}",
            &message[..message.len().min(80)]
        );
    }

    fn are_complete(&self) -> bool {
        self.requests == 200 && self.events == TOPICS
    }
}

#[tokio::test]
async fn much_that_is_retained_comes_whole_and_holds_up_nothing() {
    let server = serve().await;
    retain(&mut Client::join(&server, Transport::RawSocket).await).await;
    for transport in Transport::ALL {
        let mut client = Client::join(&server, transport).await;
        let mut other = Client::join(&server, transport).await;
        other.subscribe("com.example.news").await;
        let mut frames: Vec<_> =
            requests().iter().flat_map(|request| transport.frame(request)).collect();
        frames.extend(transport.frame(r#"[16,201,{},"com.example.news",[]]"#));
        client.wire.write(&frames).await;
        // He is heard, although he has not begun to read.
        assert!(other.receive().await.starts_with("[36,"));
        let mut answers = Answers::default();
        while !answers.are_complete() {
            answers.take(&client.receive().await);
        }
    }
    assert_eq!(server.router().counters().events_dropped.get(), 0);
}

#[tokio::test]
async fn so_does_what_comes_in_one_batch() {
    let server = serve().await;
    retain(&mut Client::join(&server, Transport::RawSocket).await).await;
    let mut wire = Wire::connect(&server).await;
    let upgrade = upgrade::request("/ws", &[(upgrade::JSON.0, "wamp.2.json.batched")]);
    wire.write(upgrade.as_bytes()).await;
    assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
    let mut batch = String::new();
    for message in [HELLO].into_iter().chain(requests().iter().map(String::as_str)) {
        write!(batch, "{message}\x1E").unwrap();
    }
    wire.write(&frames::websocket(frames::TEXT, batch.as_bytes())).await;
    let (mut answers, mut welcomed) = (Answers::default(), false);
    while !answers.are_complete() {
        let (_, octets) = frames::read_websocket(&mut wire).await;
        let message = String::from_utf8(octets).unwrap();
        if welcomed {
            answers.take(&message);
        }
        welcomed = true;
    }
    assert_eq!(server.router().counters().events_dropped.get(), 0);
}
