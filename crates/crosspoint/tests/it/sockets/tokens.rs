//! Tokens: in the header of the request for a WebSocket, and said like a ticket.

use std::sync::Arc;

use crosspoint::server::{ListenerSettings, Server};
use crosspoint_proto::auth::AuthMethod;
use crosspoint_router::authentication::{Authentication, Holder, TokenVerifier};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;

use super::client::{Client, NORMAL, Transport};
use super::response::Response;
use super::upgrade::{self, Header};
use super::wire::Wire;
use super::{ANY_PORT, serve_listeners};

const DENIED: &str = r#"[3,{"message":"the proof is wrong, or nobody here has that name or key"},"wamp.error.authentication_denied"]"#;

/// Takes one token. What is a right one, its own tests say.
#[derive(Debug)]
struct Only(&'static str);

impl TokenVerifier for Only {
    fn verify(&self, token: &str) -> Option<Holder> {
        let [authid, role, provider] = ["alice", "user", "accounts"].map(str::to_owned);
        (token == self.0).then_some(Holder { authid, role, provider })
    }
}

async fn serve(methods: &[AuthMethod]) -> Server {
    let tokens: Arc<dyn TokenVerifier> = Arc::new(Only("right"));
    let methods = methods.to_vec();
    let authentication =
        Authentication { methods, tokens: Some(tokens), ..Authentication::default() };
    let realm = RealmSettings { authentication, ..RealmSettings::from("realm1") };
    serve_listeners(vec![ListenerSettings::at(ANY_PORT)], realm, Limits::default()).await
}

async fn connect(server: &Server, header: Header) -> Client {
    let mut wire = Wire::connect(server).await;
    wire.write(upgrade::request("/ws", &[upgrade::JSON, header]).as_bytes()).await;
    assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
    Client::after_handshake(wire, Transport::WebSocket)
}

#[tokio::test]
async fn who_brings_a_token_is_asked_nothing() {
    let server = serve(&[AuthMethod::Jwt]).await;
    for header in ["Bearer right", "bearer  right "] {
        for details in [r#"{"authmethods":["jwt"]}"#, r#"{"authid":"alice"}"#, "{}"] {
            let mut client = connect(&server, ("Authorization", header)).await;
            client.send(&format!(r#"[1,"realm1",{details}]"#)).await;
            let welcome = client.receive().await;
            assert!(welcome.starts_with("[2,"), "{details}: {welcome}");
            assert!(welcome.contains(r#""authid":"alice","authrole":"user","authmethod":"jwt""#));
        }
    }
    assert_eq!(server.router().counters().authentications_failed.get(), 0);
}

#[tokio::test]
async fn who_brings_a_wrong_one_is_refused() {
    let server = serve(&[AuthMethod::Jwt, AuthMethod::Anonymous]).await;
    for (header, details) in [
        ("Bearer wrong", r#"{"authmethods":["jwt"]}"#),
        ("Bearer right", r#"{"authmethods":["jwt"],"authid":"bob"}"#),
        // Not anonymous, either, unless he says so.
        ("Bearer wrong", "{}"),
    ] {
        let mut client = connect(&server, ("Authorization", header)).await;
        client.send(&format!(r#"[1,"realm1",{details}]"#)).await;
        client.expect(DENIED).await;
        client.expect_end(NORMAL).await;
    }
    assert_eq!(server.router().counters().authentications_failed.get(), 3);
    let mut client = connect(&server, ("Authorization", "Bearer wrong")).await;
    client.send(r#"[1,"realm1",{"authmethods":["jwt","anonymous"]}]"#).await;
    client.expect_welcome().await;
}

/// Like any wrong proof: beyond ten in a minute from one address, right ones are refused, too.
#[tokio::test]
async fn wrong_ones_are_counted() {
    let server = serve(&[AuthMethod::Jwt]).await;
    for (token, error) in [
        (["Bearer wrong"; 10].as_slice(), "wamp.error.authentication_denied"),
        (&["Bearer wrong", "Bearer right"], "crosspoint.error.too_many_attempts"),
    ] {
        for token in token {
            let mut client = connect(&server, ("Authorization", token)).await;
            client.send(r#"[1,"realm1",{"authmethods":["jwt"]}]"#).await;
            let abort = client.receive().await;
            assert!(abort.contains(error), "{abort}");
        }
    }
    assert_eq!(server.router().counters().authentications_failed.get(), 10);
    assert_eq!(server.router().counters().attempts_refused.get(), 2);
}

/// Who has brought none says it, over whichever transport.
#[tokio::test]
async fn a_token_may_be_said() {
    let server = serve(&[AuthMethod::Jwt]).await;
    for transport in [Transport::WebSocket, Transport::RawSocket] {
        for method in ["jwt", "ticket"] {
            let mut client = Client::connect(&server, transport).await;
            client.send(&format!(r#"[1,"realm1",{{"authmethods":["{method}"]}}]"#)).await;
            client.expect(&format!(r#"[4,"{method}",{{}}]"#)).await;
            client.send(r#"[5,"right",{}]"#).await;
            client.expect_welcome().await;
        }
    }
    // What is no Bearer is not one.
    let mut client = connect(&server, ("Authorization", "Basic cmlnaHQ=")).await;
    client.send(r#"[1,"realm1",{"authmethods":["jwt"]}]"#).await;
    client.expect(r#"[4,"jwt",{}]"#).await;
}
