//! Origins: whose pages a browser may connect from.

use crosspoint::server::{ListenerSettings, Server};
use crosspoint_router::limits::Limits;

use super::client::{Client, Transport};
use super::response::Response;
use super::upgrade::{JSON, request};
use super::wire::Wire;
use super::{ANY_PORT, serve, serve_listeners};

fn allowing(origins: &[&str]) -> ListenerSettings {
    let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    ListenerSettings { origins: Some(origins), ..ListenerSettings::at(ANY_PORT) }
}

async fn serve_allowing(origins: &[&str]) -> Server {
    serve_listeners(vec![allowing(origins)], "realm1".into(), Limits::default()).await
}

/// The status of the answer to a page of these origins that wants a WebSocket.
async fn status(server: &Server, origins: &[&'static str]) -> String {
    let headers = origins.iter().map(|&origin| ("Origin", origin));
    let headers: Vec<_> = [JSON].into_iter().chain(headers).collect();
    let mut wire = Wire::connect(server).await;
    wire.write(request("/ws", &headers).as_bytes()).await;
    Response::before_frames(&mut wire).await.status().to_owned()
}

/// Otherwise any page in a browser on this machine could do everything here.
#[tokio::test]
async fn on_loopback_only_pages_of_this_machine_are_let_in() {
    let server = serve().await;
    for (origin, expected) in [
        ("http://localhost:3000", "101"),
        ("https://127.0.0.1", "101"),
        ("http://[::1]:8080", "101"),
        ("https://example.com", "403"),
        ("http://localhost.example.com", "403"),
        ("null", "403"),
    ] {
        assert_eq!(status(&server, &[origin]).await, expected, "{origin}");
    }
    assert_eq!(server.refusals().origins_refused.get(), 3);
}

#[tokio::test]
async fn pages_of_origins_that_are_listed_are_let_in() {
    let server = serve_allowing(&["https://*.example.com", "http://localhost:*", "null"]).await;
    for (origins, expected) in [
        (&["https://app.example.com"][..], "101"),
        (&["http://localhost:3000"], "101"),
        (&["null"], "101"),
        (&[], "101"),
        (&["http://app.example.com"], "403"),
        (&["https://example.com.evil.example"], "403"),
        (&["http://127.0.0.1:3000"], "403"),
        (&["https://app.example.com", "https://evil.example"], "403"),
        (&["https://app.\u{e9}xample.com"], "403"),
        (&[""], "403"),
    ] {
        assert_eq!(status(&server, origins).await, expected, "{origins:?}");
    }
    assert_eq!(server.refusals().origins_refused.get(), 6);
    // It is for WebSocket alone: nothing else has an origin.
    Client::join(&server, Transport::RawSocket).await;
    Client::join(&server, Transport::WebSocket).await;
}

#[tokio::test]
async fn a_page_that_is_refused_is_told_why() {
    let evil = ("Origin", "https://evil.example");
    for (server, said) in [
        (serve_allowing(&[]).await, "pages of this origin may not connect here\nhint: those"),
        (serve().await, "this router is for pages from this machine only\nhint: serve"),
    ] {
        let response = Response::to(&server, &request("/ws", &[JSON, evil])).await;
        assert_eq!(response.status(), "403");
        assert!(response.body.starts_with(said), "{}", response.body);
    }
}

/// For those who come then.
#[tokio::test]
async fn origins_change_under_a_running_router() {
    let server = serve_allowing(&["https://old.example"]).await;
    server.entrances().replace(&allowing(&["https://new.example"]));
    assert_eq!(status(&server, &["https://old.example"]).await, "403");
    assert_eq!(status(&server, &["https://new.example"]).await, "101");
    // Nothing is said any more: it is as without a word.
    server.entrances().replace(&ListenerSettings::at(ANY_PORT));
    assert_eq!(status(&server, &["https://new.example"]).await, "403");
    assert_eq!(status(&server, &["http://localhost"]).await, "101");
}
