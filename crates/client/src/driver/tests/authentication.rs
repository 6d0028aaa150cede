//! What a client answers when it is asked who it is, and what it makes of a router that is not what it should
//! be. That real routers take the answers is tested with the server.

use super::*;
use crate::PrivateKey;

/// A client, and the router that has heard its HELLO.
async fn asked(
    client: impl FnOnce(Client) -> Client,
) -> (tokio::task::JoinHandle<Result<Session, ConnectError>>, Router, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rs://{}", listener.local_addr().unwrap());
    let client = client(Client::builder(url).serializer(Serializer::Json));
    let connecting = tokio::spawn(async move { client.connect().await });
    let mut router = Router::accept(listener, LengthLimit::MAX).await;
    let hello = router.hear().await.unwrap();
    (connecting, router, hello)
}

/// The error of a client whose HELLO is answered like that.
async fn refused(client: impl FnOnce(Client) -> Client, answer: &str) -> String {
    let (connecting, mut router, _) = asked(client).await;
    router.say(answer).await;
    let error = connecting.await.unwrap().unwrap_err();
    while router.hear().await.is_some() {}
    error.to_string()
}

fn scram(client: Client) -> Client {
    client.authid("alice").scram("pencil")
}

#[tokio::test]
async fn hello_says_what_there_is_to_prove_with() {
    let (_connecting, _router, hello) = asked(|client| {
        let client = client.authid("alice").cryptosign(PrivateKey::new(&[1; 32]));
        client.scram("pencil").wampcra("secret").ticket("sesame").anonymous()
    })
    .await;
    for said in [
        r#""authid":"alice""#,
        r#""authmethods":["cryptosign","wamp-scram","scram","wampcra","ticket","anonymous"]"#,
        r#""authextra":{"pubkey":"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c","nonce":""#,
    ] {
        assert!(hello.contains(said), "{hello}");
    }
    for secret in ["pencil", "secret", "sesame"] {
        assert!(!hello.contains(secret), "{hello}");
    }
}

#[tokio::test]
async fn secrets_do_not_show() {
    let client = Client::builder("ws://127.0.0.1:1/ws").ticket("sesame").wampcra("pencil");
    let shown = format!("{client:?}");
    assert!(!shown.contains("sesame") && !shown.contains("pencil"), "{shown}");
}

#[tokio::test]
async fn a_challenge_is_answered_once() {
    let (connecting, mut router, _) = asked(|client| client.authid("alice").ticket("sesame")).await;
    router.say(r#"[4,"ticket",{}]"#).await;
    router.expect(r#"[5,"sesame",{}]"#).await;
    router.say(r#"[4,"ticket",{}]"#).await;
    let error = connecting.await.unwrap().unwrap_err();
    let text = "the router broke the protocol: CHALLENGE came a second time";
    assert_eq!(error.to_string(), text);
}

/// RFC 4231, test case 2.
#[tokio::test]
async fn a_secret_signs_the_challenge() {
    let (connecting, mut router, _) = asked(|client| client.authid("bob").wampcra("Jefe")).await;
    router.say(r#"[4,"wampcra",{"challenge":"what do ya want for nothing?"}]"#).await;
    router.expect(r#"[5,"W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",{}]"#).await;
    router.say(WELCOME).await;
    connecting.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_offered_is_not_answered() {
    let sesame = |client: Client| client.authid("alice").ticket("sesame");
    let error = refused(sesame, r#"[4,"wampcra",{"challenge":"x"}]"#).await;
    let text = "the router demands authentication by 'wampcra', for which this client has nothing";
    assert_eq!(error, text);
}

/// A client that knows alice's password for SCRAM is asked like this, its nonce standing for `NONCE`.
async fn challenged(
    extra: &str,
) -> (tokio::task::JoinHandle<Result<Session, ConnectError>>, Router) {
    let (connecting, mut router, hello) = asked(scram).await;
    let (_, after) = hello.split_once("\"nonce\":\"").unwrap();
    let (nonce, _) = after.split_once('"').unwrap();
    router.say(&format!("[4,\"wamp-scram\",{}]", extra.replace("NONCE", nonce))).await;
    (connecting, router)
}

/// One that answers somebody else, one that asks for a password that is easily guessed, and one that keeps its
/// clients busy.
#[tokio::test]
async fn challenges_that_nobody_should_answer() {
    for (nonce, iterations, why) in [
        (
            "AAAAAAAAAAA=AAAAAAAAAAA=",
            4096,
            "the router's nonce must begin with the client's and go on",
        ),
        ("NONCEAAAAAAAAAAA=", 1, "iterations must be from 4096 to 2000000"),
        ("NONCEAAAAAAAAAAA=", 1 << 30, "iterations must be from 4096 to 2000000"),
    ] {
        let (connecting, mut router) = challenged(&format!(
            r#"{{"nonce":"{nonce}","salt":"AAAAAAAAAAA=","kdf":"pbkdf2","iterations":{iterations}}}"#
        ))
        .await;
        let error = connecting.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), format!("the router's challenge cannot be answered: {why}"));
        let abort = format!(r#"[3,{{"message":"{why}"}},"wamp.error.authentication_failed"]"#);
        router.expect(&abort).await;
        router.expect_end().await;
    }
}

/// With SCRAM a router proves that it knows the password, too; whoever cannot is not the one that was meant.
#[tokio::test]
async fn a_router_that_does_not_know_the_password() {
    let text = "the router has not proved that it knows the password";
    assert_eq!(refused(scram, WELCOME).await, text);
    let verifier = WELCOME.replace(
        r#"{"roles""#,
        r#"{"authextra":{"verifier":"W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="},"roles""#,
    );
    for welcome in [WELCOME, &verifier] {
        let extra = r#"{"nonce":"NONCEAAAAAAAAAAA=","salt":"AAAAAAAAAAA=","kdf":"pbkdf2","iterations":4096}"#;
        let (connecting, mut router) = challenged(extra).await;
        let answer = router.hear().await.unwrap();
        assert!(answer.starts_with("[5,\""), "{answer}");
        router.say(welcome).await;
        assert_eq!(connecting.await.unwrap().unwrap_err().to_string(), text);
        let abort = r#"[3,{"message":"the router has not proved itself"},"wamp.error.authentication_denied"]"#;
        router.expect(abort).await;
        router.expect_end().await;
    }
}
