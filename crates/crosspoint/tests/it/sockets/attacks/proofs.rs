//! Proofs that are not one's own, or not of now.

use crosspoint_proto::auth::wampcra::Key;

use super::super::client::{Client, GOODBYE, GOODBYE_AND_OUT, NORMAL, PROTOCOL_ERROR, Transport};
use super::Besieged;

const DENIED: &str = r#"[3,{"message":"the proof is wrong, or nobody here has that name or key"},"wamp.error.authentication_denied"]"#;

const TOO_MANY: &str = r#"[3,{"message":"too many proofs from there, or for that name, were wrong: try again in a minute"},"crosspoint.error.too_many_attempts"]"#;

const HELLO_OF_BOB: &str = r#"[1,"realm1",{"authid":"bob","authmethods":["wampcra"]}]"#;

/// Bob's connection, and the answer to what it was asked.
async fn ask(besieged: &Besieged) -> (Client, String) {
    let mut client = Client::connect(&besieged.server, Transport::WebSocket).await;
    client.send(HELLO_OF_BOB).await;
    let challenge = client.receive().await;
    let challenge = challenge.strip_prefix(r#"[4,"wampcra",{"challenge":""#).unwrap();
    let challenge = challenge.strip_suffix(r#""}]"#).unwrap().replace('\\', "");
    let signature = Key::from_secret("pencil").sign(&challenge);
    (client, format!(r#"[5,"{signature}",{{}}]"#))
}

/// What was overheard is good for the session that it was said in, which has had it.
#[tokio::test]
async fn a_proof_is_good_once() {
    let mut besieged = Besieged::start().await;
    let (mut bob, proof) = ask(&besieged).await;
    bob.send(&proof).await;
    bob.expect_welcome().await;
    let (mut attacker, own) = ask(&besieged).await;
    assert_ne!(own, proof);
    attacker.send(&proof).await;
    attacker.expect(DENIED).await;
    attacker.expect_end(NORMAL).await;
    // Bob's session does not take it again, either, and neither does the next one on his connection.
    bob.send(&proof).await;
    let abort = bob.receive().await;
    assert!(abort.ends_with(r#""wamp.error.protocol_violation"]"#), "{abort}");
    bob.expect_end(PROTOCOL_ERROR).await;
    assert_eq!(besieged.counted(|it| &it.authentications_failed), 1);
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 1);
    besieged.assert_healthy().await;
}

/// One connection, one try. A challenge does not wait for a second one, nor is there a new one.
#[tokio::test]
async fn nobody_tries_again_on_the_same_challenge() {
    let mut besieged = Besieged::start().await;
    let (mut attacker, proof) = ask(&besieged).await;
    attacker.send(r#"[5,"a guess",{}]"#).await;
    attacker.send(&proof).await;
    attacker.expect(DENIED).await;
    attacker.expect_end(NORMAL).await;
    assert_eq!(besieged.counted(|it| &it.authentications_failed), 1);
    besieged.assert_healthy().await;
}

/// There is no way around the challenge.
#[tokio::test]
async fn nothing_is_done_before_the_proof() {
    let mut besieged = Besieged::start().await;
    for message in [
        r#"[48,1,{},"com.example.echo"]"#,
        r#"[64,1,{},"com.example.more"]"#,
        r#"[32,1,{},"com.example.news"]"#,
        r#"[16,1,{},"com.example.news"]"#,
        r#"[2,1,{}]"#,
        r#"[4,"ticket",{}]"#,
        HELLO_OF_BOB,
        r#"[1,"realm1",{}]"#,
    ] {
        let (mut attacker, proof) = ask(&besieged).await;
        attacker.send(message).await;
        attacker.send(&proof).await;
        let abort = attacker.receive().await;
        assert!(abort.ends_with(r#""wamp.error.protocol_violation"]"#), "{message}: {abort}");
        attacker.expect_end(PROTOCOL_ERROR).await;
        assert_eq!(besieged.server.router().census(), besieged.before);
    }
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 8);
    besieged.assert_healthy().await;
}

/// Who does not exist, and who does and is not it, hear the same; so does who has another kind of proof.
#[tokio::test]
async fn nobody_learns_who_exists() {
    let mut besieged = Besieged::start().await;
    for (authid, method) in
        [("bob", "wampcra"), ("mallory", "wampcra"), ("alice", "ticket"), ("mallory", "ticket")]
    {
        let mut attacker = Client::connect(&besieged.server, Transport::WebSocket).await;
        attacker
            .send(&format!(r#"[1,"realm1",{{"authid":"{authid}","authmethods":["{method}"]}}]"#))
            .await;
        let challenge = attacker.receive().await;
        assert!(challenge.starts_with(&format!(r#"[4,"{method}","#)), "{challenge}");
        attacker.send(r#"[5,"a guess",{}]"#).await;
        attacker.expect(DENIED).await;
        attacker.expect_end(NORMAL).await;
    }
    assert_eq!(besieged.counted(|it| &it.authentications_failed), 4);
    besieged.assert_healthy().await;
}

/// Ten guesses are answered. Beyond that nobody learns whether one was right, or for whom it was, over however many
/// connections; those who guess nothing, and who has been there before, do not notice.
#[tokio::test]
async fn nobody_goes_on_guessing() {
    let mut besieged = Besieged::start().await;
    let _alice = besieged.user().await;
    besieged.before = besieged.server.router().census();
    for number in 0..16 {
        let authid = ["bob", "mallory", "alice"][number % 3];
        let mut attacker = Client::connect(&besieged.server, Transport::WebSocket).await;
        attacker
            .send(&format!(r#"[1,"realm1",{{"authid":"{authid}","authmethods":["ticket"]}}]"#))
            .await;
        attacker.expect(r#"[4,"ticket",{}]"#).await;
        attacker.send(r#"[5,"a guess",{}]"#).await;
        attacker.expect(if number < 10 { DENIED } else { TOO_MANY }).await;
        attacker.expect_end(NORMAL).await;
    }
    let (mut bob, proof) = ask(&besieged).await;
    bob.send(&proof).await;
    bob.expect(TOO_MANY).await;
    bob.expect_end(NORMAL).await;
    let mut alice = besieged.user().await;
    alice.send(GOODBYE).await;
    alice.expect(GOODBYE_AND_OUT).await;
    assert_eq!(besieged.counted(|it| &it.authentications_failed), 10);
    assert_eq!(besieged.counted(|it| &it.attempts_refused), 7);
    besieged.assert_healthy().await;
}

/// It is not let in with another method than the one that was asked for.
#[tokio::test]
async fn what_is_not_taken_is_not_let_in() {
    let mut besieged = Besieged::start().await;
    for methods in [
        r#"["cookie"]"#,
        r#"["tls"]"#,
        r#"["jwt"]"#,
        r#"["cryptosign"]"#,
        r#"["Anonymous"]"#,
        r#"[""]"#,
    ] {
        let mut attacker = Client::connect(&besieged.server, Transport::WebSocket).await;
        attacker
            .send(&format!(r#"[1,"realm1",{{"authid":"alice","authmethods":{methods}}}]"#))
            .await;
        let abort = attacker.receive().await;
        assert!(abort.ends_with(r#""wamp.error.no_matching_auth_method"]"#), "{methods}: {abort}");
        attacker.expect_end(NORMAL).await;
    }
    assert_eq!(besieged.counted(|it| &it.sessions_refused), 6);
    let mut left = besieged.user().await;
    left.send(GOODBYE).await;
    left.expect(GOODBYE_AND_OUT).await;
    besieged.assert_healthy().await;
}
