//! Calls that wait for a callee, and what may become of those that they wait for.

use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn a_call_waits_no_more_when_all_that_have_not_had_it_are_gone() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one [1]
        bob   ERROR 68 i1 {} wamp.error.unavailable
        alice CALL 2 {} com.one [2]
        bob   ERROR 68 i2 {} wamp.error.unavailable
        carol UNREGISTER 2 r1
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [1]
            bob < INVOCATION i2 r1 {} [2]
            alice < ERROR 48 2 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
            carol < UNREGISTERED 2
        "#]],
    );
}

/// The callee that said how long it takes is not the one that has it now.
#[test]
fn the_time_of_a_call_that_moves_on_and_waits_is_kept() {
    check(
        r#"
        bob   knows call_timeout
        bob   REGISTER 1 {"invoke":"first","forward_timeout":true} com.one
        carol REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one [1]
        bob   ERROR 68 i1 {} wamp.error.unavailable
        alice CALL 2 {"timeout":100} com.one [2]
        bob   ERROR 68 i2 {} wamp.error.unavailable
        TIME  passes 100
        carol YIELD i1 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [1]
            bob < INVOCATION i2 r1 {"timeout":100} [2]
            alice < ERROR 48 2 {} wamp.error.timeout ["there was no result within 100 ms"]
            alice < RESULT 1 {}
        "#]],
    );
}

/// Bob does not read, and his own call's result ends his session. Until that has left, its place
/// looks free.
#[test]
fn a_callee_that_has_just_been_ended_is_asked_once() {
    let limits = Limits { outbox_octets_max: 100, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(
        r#"
        bob   REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":5} com.one
        carol REGISTER 1 {"invoke":"first","concurrency":1} com.one
        bob   CALL 2 {} com.one ["bob's"]
        alice CALL 1 {} com.one ["carol's"]
        alice CALL 2 {} com.one ["waits"]
        bob   takes 0
        bob   CALL 3 {} com.none ["does not read"]
        bob   YIELD i1 {} ["01234567890123456789012345678901234567890123456789"]
        carol YIELD i1 {}
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        carol < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {} ["bob's"]
        carol < INVOCATION i1 r1 {} ["carol's"]
        bob is over
        alice < RESULT 1 {}
        carol < INVOCATION i2 r1 {} ["waits"]
    "#]]
    .assert_eq(&conversation.transcript());
}
