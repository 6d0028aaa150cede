//! Peers that are gone without a word, or hang, are found.

use std::time::Duration;

use crosspoint::liveness::Liveness;

use super::client::{Client, Transport};
use super::serve_watching;

const PROCEDURE: &str = "com.example.add";
const TOPIC: &str = "com.example.news";

/// It has read nothing for good, and says nothing that would show it: TCP tells.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_makes_no_room_for_what_it_is_sent_loses_its_session() {
    let dead_peer_timeout = Some(Duration::from_secs(1));
    let server = serve_watching(Liveness { dead_peer_timeout }).await;
    for transport in Transport::BOTH {
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
