//! In somebody else's name, and without permission.

use expect_test::{Expect, expect};

use super::super::client::{Client, PROTOCOL_ERROR, Transport};
use super::Besieged;

const NOT_AUTHORIZED: &str =
    r#""wamp.error.not_authorized",["role 'guest' has no permission for this"]]"#;

/// What a guest says of itself in HELLO is not what it is.
#[tokio::test]
async fn nobody_says_what_role_it_has() {
    let mut besieged = Besieged::start().await;
    for details in [
        r#"{"authrole":"user"}"#,
        r#"{"authid":"alice","authrole":"user","authmethod":"ticket","authprovider":"static"}"#,
        r#"{"authmethods":["anonymous"],"authid":"alice","authextra":{"role":"user"}}"#,
        r#"{"session":1,"authmethods":[],"role":"user","transport":{"peer":"unix"}}"#,
    ] {
        let mut attacker = Client::connect(&besieged.server, Transport::WebSocket).await;
        attacker.send(&format!(r#"[1,"realm1",{details}]"#)).await;
        let welcome = attacker.receive().await;
        assert!(welcome.starts_with("[2,"), "{details}: {welcome}");
        assert!(welcome.contains(r#""authrole":"guest","authmethod":"anonymous""#), "{welcome}");
        attacker.send(r#"[48,1,{},"com.secret.procedure"]"#).await;
        attacker.expect(&format!("[8,48,1,{{}},{NOT_AUTHORIZED}")).await;
    }
    assert_eq!(besieged.counted(|it| &it.requests_refused), 4);
    besieged.assert_healthy().await;
}

/// A message without the IDs that are drawn at random: those that stand before its options.
#[track_caller]
fn check(message: &str, expected: &Expect) {
    let (kind, _) = message[1..].split_once(',').unwrap();
    let (_, rest) = message.split_once(",{").unwrap();
    expected.assert_eq(&format!("[{kind},…,{{{rest}"));
}

/// What a caller or publisher says of itself does not get through, and neither does what it says of the call.
#[tokio::test]
async fn nobody_speaks_as_somebody_else() {
    const FORGED: &str = r#"{"caller":1,"caller_authid":"alice","caller_authrole":"user","publisher":1,"publisher_authid":"alice","publisher_authrole":"user","trustlevel":99,"forward_for":[{"session":1,"authid":"alice","authrole":"user"}],"topic":"com.secret","procedure":"com.secret","retained":true}"#;
    let mut besieged = Besieged::start().await;
    let mut victim = besieged.attacker().await;
    victim.register("com.example.trusting").await;
    victim.subscribe("com.example.news").await;
    let mut attacker = besieged.attacker().await;
    attacker.send(&format!(r#"[48,1,{FORGED},"com.example.trusting",[1]]"#)).await;
    check(&victim.receive().await, &expect!["[68,…,{},[1]]"]);
    attacker.send(&format!(r#"[16,2,{FORGED},"com.example.news",[2]]"#)).await;
    check(&victim.receive().await, &expect!["[36,…,{},[2]]"]);
    // It may say that it wants to be known; who it is it does not say.
    let disclosing = FORGED.replacen('{', r#"{"disclose_me":true,"#, 1);
    attacker.send(&format!(r#"[16,3,{disclosing},"com.example.news",[3]]"#)).await;
    let event = victim.receive().await;
    assert!(event.contains(r#""publisher_authid":""#), "{event}");
    assert!(
        !event.contains("alice") && !event.contains("\"user\"") && !event.contains("trustlevel"),
        "{event}"
    );
    drop((attacker, victim));
    besieged.assert_healthy().await;
}

/// IDs are as good as guessed. They are worth nothing to those whose they are not.
#[tokio::test]
async fn nobody_touches_what_is_not_its_own() {
    let mut besieged = Besieged::start().await;
    let mut callee = besieged.attacker().await;
    let registration = callee.register("com.example.slow").await;
    let subscription = callee.subscribe("com.example.news").await;
    let mut caller = besieged.attacker().await;
    caller.send(r#"[48,1,{},"com.example.slow"]"#).await;
    let invocation = callee.receive().await;

    let mut attacker = besieged.attacker().await;
    attacker.send(&format!("[66,1,{registration}]")).await;
    let answer = attacker.receive().await;
    assert!(answer.starts_with(r#"[8,66,1,{},"wamp.error.no_such_registration""#), "{answer}");
    attacker.send(&format!("[34,2,{subscription}]")).await;
    let answer = attacker.receive().await;
    assert!(answer.starts_with(r#"[8,34,2,{},"wamp.error.no_such_subscription""#), "{answer}");
    // The caller's call has this number; the attacker has none to cancel, and hears nothing.
    attacker.send(r#"[49,1,{"mode":"killnowait"}]"#).await;
    // To answer what it was not asked is more than a mistake.
    let id = invocation.strip_prefix("[68,").and_then(|rest| rest.split(',').next()).unwrap();
    attacker.send(&format!(r#"[70,{id},{{}},["forged"]]"#)).await;
    let abort = attacker.receive().await;
    assert!(abort.ends_with(r#""wamp.error.protocol_violation"]"#), "{abort}");
    attacker.expect_end(PROTOCOL_ERROR).await;

    callee.send(&format!(r#"[70,{id},{{}},["true"]]"#)).await;
    caller.expect(r#"[50,1,{},["true"]]"#).await;
    assert_eq!(besieged.counted(|it| &it.requests_refused), 2);
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 1);
    drop((caller, callee));
    besieged.assert_healthy().await;
}

/// What ends others' sessions, takes their registrations away, or tells of them; each with what is there and what is not.
const META_CALLS: [&str; 22] = [
    r#""wamp.session.count""#,
    r#""wamp.session.list""#,
    r#""wamp.session.get",[1]"#,
    r#""wamp.session.get",[SESSION]"#,
    r#""wamp.session.kill",[1]"#,
    r#""wamp.session.kill",[SESSION]"#,
    r#""wamp.session.kill_by_authid",["alice"]"#,
    r#""wamp.session.kill_by_authrole",["user"]"#,
    r#""wamp.session.kill_all",[]"#,
    r#""wamp.session.add_testament",["com.example.will",[],{}]"#,
    r#""wamp.session.flush_testaments",[]"#,
    r#""wamp.registration.list""#,
    r#""wamp.registration.lookup",["com.example.echo"]"#,
    r#""wamp.registration.match",["com.example.echo"]"#,
    r#""wamp.registration.get",[1]"#,
    r#""wamp.registration.list_callees",[1]"#,
    r#""wamp.registration.count_callees",[1]"#,
    r#""wamp.registration.remove_callee",[1,SESSION]"#,
    r#""wamp.subscription.list""#,
    r#""wamp.subscription.list_subscribers",[1]"#,
    r#""wamp.subscription.remove_subscriber",[1,SESSION]"#,
    r#""wamp.subscription.get_events",[1,10]"#,
];

#[tokio::test]
async fn a_guest_makes_no_meta_calls() {
    let mut besieged = Besieged::start().await;
    let mut user = Client::connect(&besieged.server, Transport::RawSocket).await;
    user.send(r#"[1,"realm1",{"authid":"alice","authmethods":["ticket"]}]"#).await;
    user.expect(r#"[4,"ticket",{}]"#).await;
    user.send(r#"[5,"sesame",{}]"#).await;
    let welcome = user.receive().await;
    let session = welcome[3..].split(',').next().unwrap();
    let mut attacker = besieged.attacker().await;
    for call in META_CALLS {
        let request = attacker.request();
        let call = call.replace("SESSION", session);
        attacker.send(&format!("[48,{request},{{}},{call}]")).await;
        attacker.expect(&format!("[8,48,{request},{{}},{NOT_AUTHORIZED}")).await;
    }
    let request = attacker.request();
    attacker.send(&format!(r#"[32,{request},{{"match":"prefix"}},"wamp."]"#)).await;
    attacker.expect(&format!("[8,32,{request},{{}},{NOT_AUTHORIZED}")).await;
    assert_eq!(besieged.counted(|it| &it.requests_refused), META_CALLS.len() as u64 + 1);
    // Nobody was ended, nothing was taken away.
    user.send(r#"[48,1,{},"wamp.session.count"]"#).await;
    user.expect("[50,1,{},[4]]").await;
    drop((attacker, user));
    besieged.assert_healthy().await;
}

/// A permission for everything is not one to end others' sessions.
#[tokio::test]
async fn who_may_do_everything_may_not_kill() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.user().await;
    let killing = META_CALLS.iter().filter(|call| call.contains("kill") || call.contains("remove"));
    let mut count = 0;
    for call in killing {
        let request = attacker.request();
        let call = call.replace("SESSION", "1");
        attacker.send(&format!("[48,{request},{{}},{call}]")).await;
        let refused = NOT_AUTHORIZED.replace("guest", "user");
        attacker.expect(&format!("[8,48,{request},{{}},{refused}")).await;
        count += 1;
    }
    assert_eq!(count, 7);
    assert_eq!(besieged.counted(|it| &it.requests_refused), count);
    drop(attacker);
    besieged.assert_healthy().await;
}

/// What is the router's own, and the realm's: nobody registers it or publishes to it.
#[tokio::test]
async fn nobody_speaks_for_the_router() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.user().await;
    for request in [
        r#"[64,REQUEST,{},"wamp.session.count"]"#,
        r#"[64,REQUEST,{},"wamp.anything"]"#,
        r#"[64,REQUEST,{"match":"prefix"},"wamp."]"#,
        r#"[64,REQUEST,{"match":"wildcard"},"wamp..count"]"#,
        r#"[16,REQUEST,{"acknowledge":true},"wamp.session.on_join",[{}]]"#,
    ] {
        let number = attacker.request();
        attacker.send(&request.replace("REQUEST", &number.to_string())).await;
        let answer = attacker.receive().await;
        assert!(answer.starts_with("[8,"), "{request}: {answer}");
        assert!(answer.contains(r#""wamp.error.invalid_uri""#), "{request}: {answer}");
    }
    assert_eq!(besieged.counted(|it| &it.requests_refused), 5);
    drop(attacker);
    besieged.assert_healthy().await;
}
