//! What the port answers to plain HTTP.

use super::response::Response;
use super::serve;

fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

#[tokio::test]
async fn the_landing_page_says_what_this_is_and_how_to_connect() {
    let server = serve().await;
    let page = Response::to(&server, &request("GET", "/")).await;
    assert_eq!(page.status(), "200");
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
    for said in ["WAMP</a> v2 router", "ws://", "/ws", "rs://", "realm1"] {
        assert!(page.body.contains(said), "{said} is not on the page");
    }
}

#[tokio::test]
async fn machines_are_told_that_it_is_healthy() {
    let server = serve().await;
    let page = Response::to(&server, &request("GET", "/healthz")).await;
    assert_eq!((page.status(), page.body.as_str()), ("200", "ok\n"));
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
}

#[tokio::test]
async fn elsewhere_there_is_nothing_but_a_hint() {
    let server = serve().await;
    let page = Response::to(&server, &request("GET", "/elsewhere")).await;
    assert_eq!(page.status(), "404");
    assert!(page.body.contains("/ws"), "{}", page.body);
}

#[tokio::test]
async fn the_websocket_path_wants_an_upgrade() {
    let server = serve().await;
    let page = Response::to(&server, &request("GET", "/ws")).await;
    assert_eq!(page.status(), "426");
    assert_eq!(page.header("Upgrade"), Some("websocket"));
    assert!(page.body.contains("does not ask for an upgrade"), "{}", page.body);
    assert!(page.body.contains("hint: connect with a WAMP client"), "{}", page.body);
}

#[tokio::test]
async fn nothing_is_posted_here() {
    let server = serve().await;
    let request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi";
    let page = Response::to(&server, request).await;
    assert_eq!(page.status(), "405");
    assert_eq!(page.header("Allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn a_head_is_answered_without_a_body() {
    let server = serve().await;
    let page = Response::to(&server, &request("GET", "/")).await;
    let head = Response::to(&server, &request("HEAD", "/")).await;
    assert_eq!((head.status(), head.body.as_str()), ("200", ""));
    assert_eq!(head.header("Content-Length"), page.header("Content-Length"));
}

#[tokio::test]
async fn a_request_is_no_longer_than_16_kib() {
    let server = serve().await;
    let head =
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", "x".repeat(16 << 10));
    assert_eq!(Response::to(&server, &head).await.status(), "431");
}
