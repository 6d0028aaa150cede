//! What commands say that cannot do what they should, and what to do about it.

use std::net::TcpListener;

use expect_test::expect;

use crate::process::{Router, check, check_at};

#[test]
fn nobody_has_registered_the_procedure() {
    let router = Router::start();
    router.check(
        &["call", "com.example.hello"],
        &expect![[r#"
            stderr: error: wamp.error.no_such_procedure: no callee has registered com.example.hello
            stderr: hint: register it with: crosspoint register com.example.hello -- COMMAND
            exit status: 1
        "#]],
    );
}

#[test]
fn somebody_has_registered_the_procedure() {
    let router = Router::start();
    let _callee = router.register("com.example.hello", &["echo"]);
    router.check(
        &["register", "com.example.hello", "--", "echo"],
        &expect![[r#"
            stderr: error: wamp.error.procedure_already_exists: com.example.hello is registered already, and not to be shared
            stderr: hint: another session has registered it; end that one, or choose another URI
            exit status: 1
        "#]],
    );
}

#[test]
fn the_uri_is_none() {
    let router = Router::start();
    router.check(&["call", "com..hello"], &expect![[r#"
        stderr: error: wamp.error.invalid_uri: the procedure is not a valid URI: a URI must not have empty components
        stderr: hint: a URI is like com.example.hello, and does not begin with wamp
        exit status: 1
    "#]]);
    router.check(&["subscribe", "no spaces"], &expect![[r#"
        stderr: error: wamp.error.invalid_uri: the topic is not a valid URI: a URI must not contain white space, control characters or '#'
        stderr: hint: a URI is like com.example.hello, and does not begin with wamp
        exit status: 1
    "#]]);
}

#[test]
fn the_realm_is_none_of_the_routers() {
    let router = Router::start();
    router.check(&["call", "com.example.hello", "--realm", "realm2"], &expect![[r#"
        stderr: error: the router refused the session: wamp.error.no_such_realm: there is no realm realm2 here
        stderr: hint: choose one of the router's realms with --realm
        exit status: 1
    "#]]);
}

#[test]
fn no_router_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    check_at(
        &address,
        &["call", "com.example.hello"],
        &expect![[r#"
            stderr: error: cannot connect to ADDRESS: Connection refused (os error 111)
            stderr: hint: start a router with: crosspoint; or choose another one with --url
            exit status: 1
        "#]],
    );
}

#[test]
fn no_router_can_be_reached_by_the_url() {
    check(
        &["call", "com.example.hello", "--url", "wss://unix:/run/socket"],
        &expect![[r#"
        stderr: error: 'wss://unix:/run/socket' cannot be dialled: a Unix socket needs no TLS: write ws:// or rs://
        stderr: hint: a router's URL is like ws://127.0.0.1:8080/ws or rs://127.0.0.1:8080
        exit status: 1
    "#]],
    );
    check(
        &["call", "com.example.hello", "--url", "http://127.0.0.1:8080"],
        &expect![[r#"
            stderr: error: 'http://127.0.0.1:8080' cannot be dialled: it does not begin with ws://, wss://, rs:// or rss://
            stderr: hint: a router's URL is like ws://127.0.0.1:8080/ws or rs://127.0.0.1:8080
            exit status: 1
        "#]],
    );
    let router = Router::start();
    let not_there = format!("ws://{}/nothing", router.address);
    router.check(&["call", "com.example.hello", "--url", &not_there], &expect![[r#"
        stderr: error: no WebSocket connection: the server answered with HTTP status 404 instead of 101
        stderr: hint: is there a WAMP router at that URL? Crosspoint's WebSockets are at /ws
        exit status: 1
    "#]]);
}
