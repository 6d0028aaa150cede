//! Whoever holds as much as it can, and asks for more.

use crosspoint_router::limits::Limits;

use super::super::client::Client;
use super::Besieged;

/// How many an attacker asks for.
const ASKED: u64 = 20_000;

/// How many it may have.
const MAX: u64 = 1000;

fn limits() -> Limits {
    let max = usize::try_from(MAX).unwrap();
    Limits {
        registrations_max: max,
        subscriptions_max: max,
        calls_in_flight_max: max,
        invocations_in_flight_max: 2 * max,
        ..Limits::default()
    }
}

/// Sends each request, reads each answer: so many are granted, the others are refused for this reason. Meanwhile others
/// are served.
async fn assert_bounded(
    besieged: &mut Besieged,
    attacker: &mut Client,
    request: impl Fn(u64) -> String,
    granted: &str,
    refused: &str,
) {
    let refused_before = besieged.counted(|it| &it.requests_refused);
    for first in (1..=ASKED).step_by(1000) {
        for number in first..first + 1000 {
            attacker.send(&request(number)).await;
        }
        besieged.serve().await;
        for number in first..first + 1000 {
            let expected = if number <= MAX { granted } else { refused };
            if expected.is_empty() {
                continue;
            }
            let answer = attacker.receive().await;
            assert!(answer.contains(expected), "{number}: {answer}");
        }
    }
    let refused = besieged.counted(|it| &it.requests_refused) - refused_before;
    assert_eq!(refused, ASKED - MAX);
}

#[tokio::test]
async fn registrations_have_an_end() {
    let mut besieged = Besieged::within(limits()).await;
    let mut attacker = besieged.attacker().await;
    let register = |number| format!(r#"[64,{number},{{}},"com.example.many.{number}"]"#);
    let refused = r#""crosspoint.error.limit_exceeded",["this session has 1000 registrations, which is the limit"]"#;
    assert_bounded(&mut besieged, &mut attacker, register, "[65,", refused).await;
    // It is gone without a word, and what it had is free for others.
    attacker.wire.reset();
    besieged.assert_healthy().await;
}

#[tokio::test]
async fn subscriptions_have_an_end() {
    let mut besieged = Besieged::within(limits()).await;
    let mut attacker = besieged.attacker().await;
    let subscribe =
        |number| format!(r#"[32,{number},{{"match":"prefix"}},"com.example.many.{number}."]"#);
    let refused = r#""crosspoint.error.limit_exceeded",["this session has 1000 subscriptions, which is the limit"]"#;
    assert_bounded(&mut besieged, &mut attacker, subscribe, "[33,", refused).await;
    attacker.wire.reset();
    besieged.assert_healthy().await;
}

/// Few, with names of which each is about as long as a URI may be: what counts is what they take up.
#[tokio::test]
async fn long_names_have_an_end() {
    let held_octets_max = 200_000;
    let mut besieged = Besieged::within(Limits { held_octets_max, ..Limits::default() }).await;
    let mut attacker = besieged.attacker().await;
    let long = "x".repeat(1000);
    let mut granted = 0;
    for number in 1..=200 {
        let (message, kind) = if number % 2 == 0 { (64, "[65,") } else { (32, "[33,") };
        attacker
            .send(&format!(r#"[{message},{number},{{}},"com.example.{number:03}.{long}"]"#))
            .await;
        let answer = attacker.receive().await;
        if answer.starts_with(kind) {
            granted += 1;
        } else {
            let refused = r#""crosspoint.error.limit_exceeded",["this session's registrations and"#;
            assert!(answer.contains(refused) && answer.contains("held_octets_max"), "{answer}");
        }
        besieged.serve().await;
    }
    assert_eq!(granted, 200_000 / (1000 + 16 + 1024));
    assert_eq!(besieged.counted(|it| &it.requests_refused), 200 - granted);
    attacker.wire.reset();
    besieged.assert_healthy().await;
}

/// Calls of a procedure that does not answer: there is nothing to read before one is refused.
#[tokio::test]
async fn calls_in_flight_have_an_end() {
    let mut besieged = Besieged::within(limits()).await;
    let mut accomplice = besieged.attacker().await;
    accomplice.register("com.example.abyss").await;
    let mut attacker = besieged.attacker().await;
    let call = |number| format!(r#"[48,{number},{{}},"com.example.abyss"]"#);
    let refused =
        r#""crosspoint.error.limit_exceeded",["this session has too many calls in flight"]"#;
    assert_bounded(&mut besieged, &mut attacker, call, "", refused).await;
    // The accomplice is gone: each call that waits gets its answer.
    accomplice.wire.reset();
    for _ in 0..MAX {
        let answer = attacker.receive().await;
        assert!(answer.contains(r#""wamp.error.canceled""#), "{answer}");
    }
    attacker.wire.reset();
    besieged.assert_healthy().await;
}

/// What is to be published when the session ends: so many, and so long.
#[tokio::test]
async fn testaments_have_an_end() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.user().await;
    let long = "x".repeat(8000);
    for (argument, granted) in [("", Limits::default().testaments_max), (&long, 8)] {
        let mut count = 0;
        let answer = loop {
            let request = attacker.request();
            let testament = format!(r#"["com.example.will",["{argument}"],{{}}]"#);
            attacker
                .send(&format!(r#"[48,{request},{{}},"wamp.session.add_testament",{testament}]"#))
                .await;
            let answer = attacker.receive().await;
            if !answer.starts_with("[50,") {
                break answer;
            }
            count += 1;
        };
        assert_eq!(count, granted);
        assert!(answer.contains(r#""crosspoint.error.limit_exceeded""#), "{answer}");
        let request = attacker.request();
        attacker.send(&format!(r#"[48,{request},{{}},"wamp.session.flush_testaments"]"#)).await;
        assert!(attacker.receive().await.starts_with("[50,"));
    }
    assert_eq!(besieged.counted(|it| &it.requests_refused), 2);
    drop(attacker);
    besieged.assert_healthy().await;
}
