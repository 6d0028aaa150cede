//! An answer, and a caller who does not want it any more or a callee who leaves.

use crosspoint_router::limits::Limits;
use expect_test::{Expect, expect};

use crate::race::{Race, check};

#[test]
fn a_yield_and_a_cancel_that_skips() {
    check_cancel(
        "skip",
        expect![[r#"
        alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
        or
        alice < RESULT 1 {}
    "#]],
    );
}

#[test]
fn a_yield_and_a_cancel_that_does_not_wait() {
    check_cancel(
        "killnowait",
        expect![[r#"
        alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
        bob < INTERRUPT i1 {"mode":"killnowait"}
        or
        alice < RESULT 1 {}
    "#]],
    );
}

#[test]
fn a_yield_and_a_cancel_that_waits() {
    check_cancel(
        "kill",
        expect![[r#"
        alice < RESULT 1 {}
        or
        alice < RESULT 1 {}
        bob < INTERRUPT i1 {"mode":"kill"}
    "#]],
    );
}

#[track_caller]
fn check_cancel(mode: &str, expected: Expect) {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"callee":{"features":{"call_canceling":true}}}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        "#,
        &[&format!(r#"alice CANCEL 1 {{"mode":"{mode}"}}"#), "bob YIELD i1 {}"],
        expected,
    );
}

#[test]
fn an_error_and_a_cancel_of_what_the_callee_does_not_know() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        ",
        &[r#"alice CANCEL 1 {"mode":"kill"}"#, "bob ERROR 68 i1 {} com.error.failed"],
        expect![[r#"
            alice < ERROR 48 1 {} com.error.failed
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
        "#]],
    );
}

#[test]
fn a_yield_and_a_caller_that_leaves() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"callee":{"features":{"call_canceling":true}}}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        "#,
        &["alice GOODBYE {} wamp.close.close_realm", "bob YIELD i1 {}"],
        expect![[r#"
            alice < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < GOODBYE {} wamp.close.goodbye_and_out
            bob < INTERRUPT i1 {"mode":"killnowait"}
            or
            alice < RESULT 1 {}
            alice < GOODBYE {} wamp.close.goodbye_and_out
        "#]],
    );
}

#[test]
fn a_yield_and_a_caller_whose_connection_breaks() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        alice CALL 2 {} com.one
        ",
        &["alice is gone", "bob answers"],
        expect![["
            or
            alice < RESULT 1 {}
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
        "]],
    );
}

#[test]
fn a_yield_then_the_end_of_a_callee_that_others_write_to() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        carol joins
        ",
        &[
            "bob   YIELD i1 {}
             bob   is gone",
            r#"alice CANCEL 1 {"mode":"skip"}"#,
            "carol CALL 1 {} com.one",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i2 r1 {}
            carol < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            carol < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            or
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {}
            carol < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            or
            alice < RESULT 1 {}
            carol < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
        "#]],
    );
}

/// An outbox overflows, and is thrown away, while another thread is writing part of it.
///
/// That thread used to come back and count down from nothing: with checks it panicked, without them
/// it wrote nothing again and again, for ever.
#[test]
fn answers_overflow_while_a_caller_is_written_to() {
    let limits = Limits { outbox_octets_max: 44, ..Limits::default() };
    let race = Race {
        before: "
            bob   REGISTER 1 {} com.one
            carol REGISTER 1 {} com.two
            alice CALL 1 {} com.one
            alice CALL 2 {} com.one
            alice CALL 3 {} com.two
            alice takes 0
            ",
        threads: &["bob answers", "carol answers", "alice takes 10"],
        limits,
        ..Race::default()
    };
    expect![[r#"
        or
        alice < RESULT 1 {}
        alice < RESULT 2 {}
        alice < RESULT 3 {}
        or
        alice < RESULT 3 {}
        alice < RESULT 1 {}
        alice < RESULT 2 {}
    "#]]
    .assert_eq(&race.outcomes());
}
