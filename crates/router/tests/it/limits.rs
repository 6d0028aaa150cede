//! What happens at the limits.

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use expect_test::expect;

use crate::conversation::Conversation;

fn with_limits(limits: Limits, script: &str) -> Conversation {
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(script);
    conversation
}

#[test]
fn what_a_session_may_hold() {
    let limits = Limits {
        registrations_max: 1,
        subscriptions_max: 1,
        calls_in_flight_max: 1,
        ..Limits::default()
    };
    let conversation = with_limits(
        limits,
        "
        bob   REGISTER 1 {} com.one
        bob   REGISTER 2 {} com.two
        bob   SUBSCRIBE 3 {} com.one
        bob   SUBSCRIBE 4 {} com.two
        alice CALL 1 {} com.one
        alice CALL 2 {} com.one
        bob   YIELD i1 {}
        alice CALL 3 {} com.one
        ",
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < ERROR 64 2 {} crosspoint.error.limit_exceeded ["this session has 1 registrations, which is the limit"]
        bob < SUBSCRIBED 3 s1
        bob < ERROR 32 4 {} crosspoint.error.limit_exceeded ["this session has 1 subscriptions, which is the limit"]
        bob < INVOCATION i1 r1 {}
        alice < ERROR 48 2 {} crosspoint.error.limit_exceeded ["this session has too many calls in flight"]
        alice < RESULT 1 {}
        bob < INVOCATION i2 r1 {}
    "#]].assert_eq(&conversation.transcript());
}

/// Each is counted as its URI and 1 KiB, as long as the session has it, however it loses it.
#[test]
fn what_the_names_of_it_may_take_up() {
    let limits = Limits { held_octets_max: 2 * (1024 + 7), ..Limits::default() };
    let conversation = with_limits(
        limits,
        r#"
        bob   REGISTER 1 {"invoke":"roundrobin"} com.one
        bob   SUBSCRIBE 2 {} com.one
        bob   REGISTER 3 {} c
        bob   SUBSCRIBE 4 {} c
        alice SUBSCRIBE 1 {} com.one
        alice SUBSCRIBE 2 {} com.long
        bob   UNSUBSCRIBE 5 s1
        bob   SUBSCRIBE 6 {} com.long
        bob   SUBSCRIBE 7 {} com.two
        bob   REGISTER 8 {} c
        alice REGISTER 3 {"force_reregister":true} com.one
        bob   REGISTER 9 {} com.two
        bob   REGISTER 10 {} c
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < SUBSCRIBED 2 s1
        bob < ERROR 64 3 {} crosspoint.error.limit_exceeded ["this session's registrations and subscriptions take up 2062 octets, and with this one more than 2062, which is the limit (held_octets_max)"]
        bob < ERROR 32 4 {} crosspoint.error.limit_exceeded ["this session's registrations and subscriptions take up 2062 octets, and with this one more than 2062, which is the limit (held_octets_max)"]
        alice < SUBSCRIBED 1 s1
        alice < ERROR 32 2 {} crosspoint.error.limit_exceeded ["this session's registrations and subscriptions take up 1031 octets, and with this one more than 2062, which is the limit (held_octets_max)"]
        bob < UNSUBSCRIBED 5
        bob < ERROR 32 6 {} crosspoint.error.limit_exceeded ["this session's registrations and subscriptions take up 1031 octets, and with this one more than 2062, which is the limit (held_octets_max)"]
        bob < SUBSCRIBED 7 s2
        bob < ERROR 64 8 {} crosspoint.error.limit_exceeded ["this session's registrations and subscriptions take up 2062 octets, and with this one more than 2062, which is the limit (held_octets_max)"]
        alice < REGISTERED 3 r2
        bob < REGISTERED 9 r3
        bob < ERROR 64 10 {} crosspoint.error.limit_exceeded ["this session's registrations and subscriptions take up 2062 octets, and with this one more than 2062, which is the limit (held_octets_max)"]
    "#]].assert_eq(&conversation.transcript());
}

/// A publication has to look for each set of places that wildcards are in.
#[test]
fn what_wildcards_a_realm_may_have() {
    let pattern = |set: u32, literal: &str| {
        let component = |place: u32| if set & (1 << place) == 0 { literal } else { "" };
        (0..8).map(component).collect::<Vec<_>>().join(".")
    };
    let subscribe = |name: &str, request: u32, pattern: &str| {
        format!("{name} SUBSCRIBE {request} {{\"match\":\"wildcard\"}} {pattern}\n")
    };
    let every: String = (0..128).map(|set| subscribe("bob", set + 1, &pattern(set, "a"))).collect();
    let mut conversation = Conversation::default();
    conversation.play(&every);
    conversation.play(&subscribe("alice", 1, &pattern(128, "a")));
    conversation.play(&subscribe("alice", 2, &pattern(127, "b")));
    conversation.play("bob is gone");
    conversation.play(&subscribe("alice", 3, &pattern(128, "a")));
    let transcript = conversation.transcript();
    let of_alice: Vec<_> = transcript.lines().filter(|line| line.starts_with("alice")).collect();
    expect![[r#"
        alice < ERROR 32 1 {} crosspoint.error.limit_exceeded ["patterns of so many components have their wildcards in 128 different sets of places already, which is the limit: put them where another pattern has them"]
        alice < SUBSCRIBED 2 s130
        alice < SUBSCRIBED 3 s131"#]].assert_eq(&of_alice.join("\n"));
}

#[test]
fn what_may_wait_for_a_callee() {
    let limits = Limits { invocations_in_flight_max: 1, ..Limits::default() };
    let conversation = with_limits(
        limits,
        "
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        alice CALL 2 {} com.one
        bob   YIELD i1 {}
        alice CALL 3 {} com.one
        ",
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {}
        alice < ERROR 48 2 {} crosspoint.error.queue_full ["the callee does not keep up: too much waits for it already"]
        alice < RESULT 1 {}
        bob < INVOCATION i2 r1 {}
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn a_message_that_the_receiver_does_not_take() {
    let long = "x".repeat(1100);
    let mut conversation = Conversation::default();
    conversation.play("alice joins json");
    conversation.limit(LengthLimit::at_most(1024));
    conversation.play(&format!(
        "
        bob   REGISTER 1 {{}} com.short
        bob   SUBSCRIBE 2 {{}} com.news
        alice CALL 1 {{}} com.short [\"{long}\"]
        alice PUBLISH 2 {{\"acknowledge\":true}} com.news [\"{long}\"]
        alice REGISTER 3 {{}} com.long
        bob   CALL 3 {{}} com.long
        alice YIELD i1 {{}} [\"{long}\"]
        bob   CALL 4 {{}} com.long
        alice ERROR 68 i2 {{}} com.error [\"{long}\"]
        "
    ));
    assert_eq!(conversation.router.counters().events_dropped.get(), 1);
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < SUBSCRIBED 2 s1
        alice < ERROR 48 1 {} wamp.error.payload_size_exceeded ["the message is longer than the callee accepts"]
        alice < PUBLISHED 2 p1
        alice < REGISTERED 3 r2
        alice < INVOCATION i1 r2 {}
        bob < ERROR 48 3 {} wamp.error.payload_size_exceeded ["the message is longer than the caller accepts"]
        alice < INVOCATION i2 r2 {}
        bob < ERROR 48 4 {} wamp.error.payload_size_exceeded ["the message is longer than the caller accepts"]
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn a_subscriber_that_does_not_read_loses_events() {
    let limits = Limits { outbox_octets_max: 100, ..Limits::default() };
    let mut conversation = with_limits(
        limits,
        "
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        bob   takes 0
        alice PUBLISH 1 {} com.news [1]
        alice PUBLISH 2 {} com.news [2]
        alice PUBLISH 3 {} com.news [3]
        alice PUBLISH 4 {} com.news [4]
        alice PUBLISH 5 {} com.news [5]
        ",
    );
    assert!(conversation.router.counters().events_dropped.get() > 0);
    conversation.play("bob takes all");
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        carol < SUBSCRIBED 1 s1
        carol < EVENT s1 p1 {} [1]
        carol < EVENT s1 p2 {} [2]
        carol < EVENT s1 p3 {} [3]
        carol < EVENT s1 p4 {} [4]
        carol < EVENT s1 p5 {} [5]
        bob < EVENT s1 p1 {} [1]
        bob < EVENT s1 p2 {} [2]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn a_callee_that_does_not_read_gets_no_more_calls() {
    let limits = Limits { outbox_octets_max: 60, ..Limits::default() };
    let conversation = with_limits(
        limits,
        "
        bob   REGISTER 1 {} com.one
        bob   takes 0
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        alice CALL 3 {} com.one [3]
        alice CALL 4 {} com.one [4]
        ",
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        alice < ERROR 48 3 {} crosspoint.error.queue_full ["the callee does not keep up: too much waits for it already"]
        alice < ERROR 48 4 {} crosspoint.error.queue_full ["the callee does not keep up: too much waits for it already"]
    "#]].assert_eq(&conversation.transcript());
}

/// Whatever others do, a session that does not read keeps it: there is room for what it asks itself.
#[test]
fn nobody_else_fills_an_outbox_to_the_brim() {
    let limits = Limits { outbox_octets_max: 400, ..Limits::default() };
    let mut conversation = with_limits(
        limits,
        r#"
        bob   HELLO realm1 {"roles":{"callee":{"features":{"call_canceling":true}}}}
        bob   SUBSCRIBE 1 {} com.news
        bob   REGISTER 2 {} com.one
        alice joins json
        bob   takes 0
        "#,
    );
    for request in 1..40 {
        conversation.play(&format!("carol PUBLISH {request} {{}} com.news [{request}]"));
    }
    for request in 1..40 {
        conversation.play(&format!("alice CALL {request} {{}} com.one [{request}]"));
    }
    conversation.play("alice is gone\nbob CALL 3 {} com.none\nbob takes all");
    assert_eq!(conversation.router.counters().outboxes_overflown.get(), 0);
    let transcript = conversation.transcript();
    assert!(
        transcript.contains("bob < ERROR 48 3 {} wamp.error.no_such_procedure"),
        "{transcript}"
    );
    assert!(!transcript.contains("bob is over"), "{transcript}");
}

#[test]
fn a_callee_is_interrupted_once() {
    let mut conversation = with_limits(
        Limits::default(),
        r#"
        bob   HELLO realm1 {"roles":{"callee":{"features":{"call_canceling":true}}}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        "#,
    );
    conversation.play(&"alice CANCEL 1 {\"mode\":\"kill\"}\n".repeat(3));
    assert_eq!(conversation.transcript().matches("INTERRUPT").count(), 1);
}

#[test]
fn a_refusal_that_is_too_long_for_its_receiver_comes_without_its_sentence() {
    let mut conversation = Conversation::default();
    conversation.limit(LengthLimit::at_most(1024));
    let long = "x".repeat(980);
    conversation.play(&format!("alice CALL 1 {{}} com.{long}\nbob HELLO com.{long} {{}}"));
    expect![[r#"
        alice < ERROR 48 1 {} wamp.error.no_such_procedure
        bob < ABORT {} wamp.error.no_such_realm
        bob is over
    "#]]
    .assert_eq(&conversation.transcript());
}

/// How long a result is was the callee's choice: it must not cost the caller its session.
#[test]
fn a_result_that_finds_no_room_becomes_an_error() {
    let limits = Limits { outbox_octets_max: 700, ..Limits::default() };
    let long = "x".repeat(200);
    let mut conversation = with_limits(limits, "bob REGISTER 1 {} com.one\nalice joins json");
    conversation.play(&format!(
        "alice takes 0
         alice CALL 1 {{}} com.one
         alice CALL 2 {{}} com.one
         alice CALL 3 {{}} com.one
         bob   YIELD i1 {{}} [\"{long}\"]
         bob   YIELD i2 {{}} [\"{long}\"]
         bob   ERROR 68 i3 {{}} com.error.failed [\"{long}\"]
         alice takes all
         alice CALL 4 {{}} com.one"
    ));
    let transcript = conversation.transcript().replace(&long, "(long)");
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {}
        bob < INVOCATION i2 r1 {}
        bob < INVOCATION i3 r1 {}
        alice < RESULT 1 {} ["(long)"]
        alice < RESULT 2 {} ["(long)"]
        alice < ERROR 48 3 {} crosspoint.error.queue_full ["the caller does not keep up: too much waits for it, and the answer found no room"]
        bob < INVOCATION i4 r1 {}
    "#]].assert_eq(&transcript);
}

#[test]
fn a_caller_that_does_not_read_its_answers_loses_its_session() {
    let limits = Limits { outbox_octets_max: 60, ..Limits::default() };
    let conversation = with_limits(
        limits,
        "
        bob   REGISTER 1 {} com.one
        alice joins json
        alice takes 0
        alice CALL 1 {} com.none
        alice CALL 2 {} com.none
        bob   REGISTER 2 {} com.two
        ",
    );
    assert_eq!(conversation.router.counters().outboxes_overflown.get(), 1);
    assert_eq!(conversation.router.census().sessions, 1);
    expect![[r#"
        bob < REGISTERED 1 r1
        alice is over
        bob < REGISTERED 2 r2
    "#]]
    .assert_eq(&conversation.transcript());
}
