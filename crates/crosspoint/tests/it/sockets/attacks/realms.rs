//! From one realm into another.

use super::super::client::{Client, Transport};
use super::Besieged;

/// In the other realm anybody may do anything. Nothing of it is to be seen or done in the first.
async fn joined_in(besieged: &Besieged, realm: &str, transport: Transport) -> Client {
    let mut client = Client::connect(&besieged.server, transport).await;
    client.send(&format!(r#"[1,"{realm}",{{"roles":{{"caller":{{}},"callee":{{}}}}}}]"#)).await;
    client.expect_welcome().await;
    client
}

/// Everything by the same names.
#[tokio::test]
async fn names_are_a_realms_own() {
    let mut besieged = Besieged::start().await;
    let mut attacker = joined_in(&besieged, "realm2", Transport::WebSocket).await;
    let mut victim = besieged.attacker().await;
    let subscription = victim.subscribe("com.example.news").await;
    // What is registered there is not found here, and the name is free.
    attacker.send(r#"[48,1,{},"com.example.echo"]"#).await;
    attacker.expect(r#"[8,48,1,{},"wamp.error.no_such_procedure",["no callee has registered com.example.echo"]]"#).await;
    attacker.request();
    attacker.register("com.example.echo").await;
    attacker.publish("com.example.news", r#"["from another realm"]"#).await;
    besieged.serve().await;
    victim.send(r#"[16,2,{"exclude_me":false},"com.example.news",["from this one"]]"#).await;
    victim.expect_event(subscription, r#"["from this one"]"#).await;
    assert_eq!(besieged.counted(|it| &it.requests_refused), 1);
    drop((attacker, victim));
    besieged.assert_healthy().await;
}

/// Everything by the IDs that it has in the other realm.
#[tokio::test]
async fn ids_are_a_realms_own() {
    let mut besieged = Besieged::start().await;
    let mut victim = Client::connect(&besieged.server, Transport::WebSocket).await;
    victim.send(r#"[1,"realm1",{"roles":{}}]"#).await;
    let welcome = victim.receive().await;
    let session = welcome[3..].split(',').next().unwrap();
    let registration = victim.register("com.example.mine").await;
    let subscription = victim.subscribe("com.example.news").await;

    let mut attacker = joined_in(&besieged, "realm2", Transport::WebSocket).await;
    for (call, error) in [
        (format!(r#""wamp.session.get",[{session}]"#), "wamp.error.no_such_session"),
        (format!(r#""wamp.session.kill",[{session}]"#), "wamp.error.no_such_session"),
        (format!(r#""wamp.registration.get",[{registration}]"#), "wamp.error.no_such_registration"),
        (
            format!(r#""wamp.registration.remove_callee",[{registration},{session}]"#),
            "wamp.error.no_such_registration",
        ),
        (
            format!(r#""wamp.subscription.list_subscribers",[{subscription}]"#),
            "wamp.error.no_such_subscription",
        ),
        (
            format!(r#""wamp.subscription.remove_subscriber",[{subscription},{session}]"#),
            "wamp.error.no_such_subscription",
        ),
    ] {
        let request = attacker.request();
        attacker.send(&format!("[48,{request},{{}},{call}]")).await;
        let answer = attacker.receive().await;
        assert!(
            answer.starts_with(&format!(r#"[8,48,{request},{{}},"{error}""#)),
            "{call}: {answer}"
        );
    }
    for (call, result) in [
        (r#""wamp.session.count""#, "[1]"),
        (r#""wamp.session.kill_by_authrole",["guest"]"#, "[0]"),
        (r#""wamp.session.kill_all",[]"#, "[0]"),
        (r#""wamp.registration.lookup",["com.example.mine"]"#, "[null]"),
        (r#""wamp.subscription.lookup",["com.example.news"]"#, "[null]"),
    ] {
        let request = attacker.request();
        attacker.send(&format!("[48,{request},{{}},{call}]")).await;
        attacker.expect(&format!("[50,{request},{{}},{result}]")).await;
    }
    assert_eq!(besieged.counted(|it| &it.requests_refused), 6);
    // All of it is there.
    victim.send(r#"[16,3,{"exclude_me":false},"com.example.news",[1]]"#).await;
    victim.expect_event(subscription, "[1]").await;
    drop((attacker, victim));
    besieged.assert_healthy().await;
}

/// Whoever listens to everything that happens in its realm, as it comes and goes in another.
#[tokio::test]
async fn nothing_is_heard_from_one_realm_in_another() {
    let mut besieged = Besieged::start().await;
    let mut attacker = joined_in(&besieged, "realm2", Transport::WebSocket).await;
    attacker.send(r#"[32,1,{"match":"prefix","get_retained":true},""]"#).await;
    assert!(attacker.receive().await.starts_with("[33,1,"));
    let mut victim = besieged.attacker().await;
    victim.register("com.example.mine").await;
    victim.subscribe("com.example.news").await;
    victim.send(r#"[16,3,{"retain":true,"acknowledge":true},"com.example.news",["secret"]]"#).await;
    assert!(victim.receive().await.starts_with("[17,3,"));
    drop(victim);
    besieged.serve().await;
    // Its own realm's events it hears, from that of its own subscription on.
    attacker.send(r#"[16,2,{"exclude_me":false},"com.other",["mine"]]"#).await;
    let mut heard = 0;
    loop {
        let event = attacker.receive().await;
        if event.ends_with(r#"["mine"]]"#) {
            break;
        }
        assert!(event.contains(r#"{"topic":"wamp.subscription.on_"#), "{event}");
        assert!(!event.contains("com.example"), "{event}");
        heard += 1;
    }
    assert_eq!(heard, 2, "it has made a subscription, and is in it");
    drop(attacker);
    besieged.assert_healthy().await;
}

/// There is no realm but those that there are.
#[tokio::test]
async fn realms_are_not_guessed() {
    let mut besieged = Besieged::start().await;
    let names = ["realm3", "REALM1", "realm1 ", "realm1.", ".", "realm1\\u0000", "../realm1", ""];
    for name in names {
        let mut attacker = Client::connect(&besieged.server, Transport::RawSocket).await;
        attacker.send(&format!(r#"[1,"{name}",{{}}]"#)).await;
        let abort = attacker.receive().await;
        assert!(abort.starts_with("[3,"), "{name}: {abort}");
        assert!(abort.contains("wamp.error."), "{name}: {abort}");
    }
    let refused = besieged.counted(|it| &it.sessions_refused);
    let violations = besieged.counted(|it| &it.protocol_violations);
    assert_eq!(refused + violations, names.len() as u64);
    besieged.assert_healthy().await;
}
