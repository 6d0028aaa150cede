//! Calls and results that come in pieces.

use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn results_come_in_pieces_to_who_asks_for_them() {
    check(
        r#"
        bob   knows call_canceling progressive_call_results
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true} com.one
        bob   YIELD i1 {"progress":true} [1]
        bob   YIELD i1 {"progress":true} [] {"k":2}
        bob   YIELD i1 {"progress":true}
        bob   YIELD i1 {} ["done"]
        bob   YIELD i1 {"progress":true} ["late"]
        alice CALL 2 {} com.one
        bob   YIELD i2 {"progress":true} ["nobody asked"]
        bob   YIELD i2 {} ["done"]
        bob   YIELD i9 {"progress":true}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {"receive_progress":true}
            alice < RESULT 1 {"progress":true} [1] {}
            alice < RESULT 1 {"progress":true} [] {"k":2}
            alice < RESULT 1 {"progress":true} [] {}
            alice < RESULT 1 {} ["done"]
            bob < INVOCATION i2 r1 {}
            alice < RESULT 2 {} ["done"]
            bob < ABORT {"message":"YIELD answers invocation 9, which was never sent to this session"} wamp.error.protocol_violation
            bob is over
        "#]],
    );
}

#[test]
fn a_callee_that_cannot_be_interrupted_is_not_asked_for_progress() {
    check(
        r#"
        bob   knows progressive_call_results
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true} com.one
        bob   YIELD i1 {"progress":true} [1]
        bob   YIELD i1 {} [2]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < RESULT 1 {} [2]
        "#]],
    );
}

#[test]
fn pieces_end_with_the_call() {
    check(
        r#"
        bob   knows call_canceling progressive_call_results
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true} com.one
        bob   YIELD i1 {"progress":true} [1]
        alice CANCEL 1 {"mode":"killnowait"}
        bob   YIELD i1 {"progress":true} [2]
        alice CALL 2 {"receive_progress":true} com.one
        bob   YIELD i2 {"progress":true} [1]
        alice CANCEL 2 {"mode":"kill"}
        bob   YIELD i2 {"progress":true} [2]
        bob   ERROR 68 i2 {} wamp.error.canceled
        alice CALL 3 {"receive_progress":true} com.one
        bob   YIELD i3 {"progress":true} [1]
        bob   ERROR 68 i3 {} wamp.error.unavailable
        carol CALL 1 {"receive_progress":true} com.one
        bob   YIELD i4 {"progress":true} [1]
        carol is gone
        alice CALL 4 {"receive_progress":true} com.one
        bob   YIELD i5 {"progress":true} [1]
        bob   is gone
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {"receive_progress":true}
            alice < RESULT 1 {"progress":true} [1] {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
            bob < INVOCATION i2 r1 {"receive_progress":true}
            alice < RESULT 2 {"progress":true} [1] {}
            bob < INTERRUPT i2 {"mode":"kill"}
            alice < RESULT 2 {"progress":true} [2] {}
            alice < ERROR 48 2 {} wamp.error.canceled
            bob < INVOCATION i3 r1 {"receive_progress":true}
            alice < RESULT 3 {"progress":true} [1] {}
            alice < ERROR 48 3 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
            bob < INVOCATION i4 r1 {"receive_progress":true}
            carol < RESULT 1 {"progress":true} [1] {}
            bob < INTERRUPT i4 {"mode":"killnowait"}
            bob < INVOCATION i5 r1 {"receive_progress":true}
            alice < RESULT 4 {"progress":true} [1] {}
            alice < ERROR 48 4 {} wamp.error.canceled ["the callee left before it answered"]
        "#]],
    );
}

/// What finds no room is not left out silently: the call ends, and nothing else does.
#[test]
fn a_caller_that_does_not_read_its_progress_loses_the_call() {
    let limits = Limits { outbox_octets_max: 400, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(
        r#"
        bob   knows call_canceling progressive_call_results
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true} com.one
        carol CALL 1 {} com.one
        alice takes 0
        "#,
    );
    for _ in 0..5 {
        conversation.play(r#"bob YIELD i1 {"progress":true} ["01234567890123456789012345678901234567890123456789"]"#);
    }
    conversation.play(
        r#"
        bob   YIELD i2 {} ["carol's"]
        alice takes all
        alice CALL 2 {} com.one
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {"receive_progress":true}
        bob < INVOCATION i2 r1 {}
        bob < INTERRUPT i1 {"mode":"killnowait"}
        carol < RESULT 1 {} ["carol's"]
        alice < RESULT 1 {"progress":true} ["01234567890123456789012345678901234567890123456789"] {}
        alice < RESULT 1 {"progress":true} ["01234567890123456789012345678901234567890123456789"] {}
        alice < RESULT 1 {"progress":true} ["01234567890123456789012345678901234567890123456789"] {}
        alice < ERROR 48 1 {} crosspoint.error.queue_full ["the caller does not keep up with what comes in pieces: too much waits for it"]
        bob < INVOCATION i3 r1 {}
    "#]].assert_eq(&conversation.transcript());
}

const PROGRESSIVE: &str =
    "knows call_canceling progressive_call_results progressive_call_invocations";

#[test]
fn calls_come_in_pieces_under_one_id() {
    let mut conversation = Conversation::default();
    conversation.play(&format!("bob {PROGRESSIVE}\nalice {PROGRESSIVE}"));
    conversation.play(
        r#"
        bob   REGISTER 1 {"match":"prefix"} com.
        alice CALL 1 {"progress":true,"receive_progress":true,"disclose_me":true} com.one [1]
        alice CALL 2 {} com.two
        alice CALL 1 {"progress":true} com.one [2]
        bob   YIELD i1 {"progress":true} ["so far"]
        alice CALL 1 {"disclose_me":false} com.one [3]
        bob   YIELD i1 {} ["done"]
        alice CALL 1 {} com.one ["late: discarded"]
        alice CALL 1 {"progress":true} com.one ["late: discarded"]
        alice CALL 3 {} com.three
        "#,
    );
    assert_eq!(conversation.router.counters().continuations_discarded.get(), 2);
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {"procedure":"com.one","progress":true,"receive_progress":true,"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"} [1]
        bob < INVOCATION i2 r1 {"procedure":"com.two"}
        bob < INVOCATION i1 r1 {"procedure":"com.one","progress":true,"receive_progress":true,"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"} [2]
        alice < RESULT 1 {"progress":true} ["so far"] {}
        bob < INVOCATION i1 r1 {"procedure":"com.one","receive_progress":true,"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"} [3]
        alice < RESULT 1 {} ["done"]
        bob < INVOCATION i3 r1 {"procedure":"com.three"}
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn what_breaks_the_rules_of_continuation() {
    let before = format!(
        "bob {PROGRESSIVE}\nbob REGISTER 1 {{}} com.one\nbob REGISTER 2 {{}} com.two\nalice {PROGRESSIVE}"
    );
    for script in [
        // Not progressive.
        "alice CALL 1 {} com.one\nalice CALL 1 {} com.one",
        // Another procedure.
        "alice CALL 1 {\"progress\":true} com.one\nalice CALL 1 {} com.two",
        // After the last.
        "alice CALL 1 {\"progress\":true} com.one\nalice CALL 1 {} com.one\nalice CALL 1 {} com.one",
        // A gap.
        "alice CALL 1 {\"progress\":true} com.one\nalice CALL 3 {} com.one",
        // Not announced.
        "carol knows call_canceling\ncarol CALL 1 {\"progress\":true} com.one",
        // Used, by who does not know such calls.
        "carol CALL 1 {} com.none\ncarol CALL 1 {} com.none",
    ] {
        let mut conversation = Conversation::default();
        conversation.play(&before);
        conversation.play(script);
        let transcript = conversation.transcript();
        assert!(transcript.contains("wamp.error.protocol_violation"), "{script}\n{transcript}");
    }
}

#[test]
fn a_callee_that_does_not_know_progressive_calls() {
    let mut conversation = Conversation::default();
    conversation.play(&format!("alice {PROGRESSIVE}\ndave {PROGRESSIVE}"));
    conversation.play(
        r#"
        bob   knows progressive_call_invocations
        bob   REGISTER 1 {} com.one
        carol REGISTER 1 {"invoke":"first"} com.two
        dave  REGISTER 1 {"invoke":"first"} com.two
        alice CALL 1 {"progress":true} com.one [1]
        alice CALL 1 {} com.one [2]
        alice CALL 2 {"progress":true} com.two [3]
        alice CALL 2 {} com.two [4]
        alice CALL 3 {"progress":true} wamp.registration.list
        carol REGISTER 2 {} com.three
        alice CALL 4 {"progress":true} com.three
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        carol < REGISTERED 1 r2
        dave < REGISTERED 1 r2
        alice < ERROR 48 1 {} wamp.error.feature_not_supported ["the callee has not announced call_canceling"]
        dave < INVOCATION i1 r2 {"progress":true} [3]
        dave < INVOCATION i1 r2 {} [4]
        alice < ERROR 48 3 {} wamp.error.feature_not_supported ["the router's own procedures are called in one piece"]
        carol < REGISTERED 2 r3
        alice < ERROR 48 4 {} wamp.error.feature_not_supported ["the callee has not announced progressive_call_invocations"]
    "#]].assert_eq(&conversation.transcript());
}

/// All that has been sent goes to the next callee; while the call waits it is kept for it.
#[test]
fn progressive_calls_move_on_and_wait_with_all_their_input() {
    let mut conversation = Conversation::default();
    conversation.play(&format!("alice {PROGRESSIVE}\nbob {PROGRESSIVE}\ncarol {PROGRESSIVE}"));
    conversation.play(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":5} com.one
        alice CALL 1 {"progress":true} com.one [1]
        alice CALL 1 {"progress":true} com.one [2]
        bob   ERROR 68 i1 {} wamp.error.unavailable
        alice CALL 2 {"progress":true} com.one [3]
        bob   ERROR 68 i2 {} wamp.error.unavailable
        alice CALL 2 {"progress":true} com.one [4]
        alice CALL 2 {} com.one [5]
        alice CALL 1 {} com.one [6]
        carol YIELD i1 {}
        carol YIELD i2 {}
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        carol < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {"progress":true} [1]
        bob < INVOCATION i1 r1 {"progress":true} [2]
        carol < INVOCATION i1 r1 {"progress":true} [1]
        carol < INVOCATION i1 r1 {"progress":true} [2]
        bob < INVOCATION i2 r1 {"progress":true} [3]
        carol < INVOCATION i1 r1 {} [6]
        alice < RESULT 1 {}
        carol < INVOCATION i2 r1 {"progress":true} [3]
        carol < INVOCATION i2 r1 {"progress":true} [4]
        carol < INVOCATION i2 r1 {} [5]
        alice < RESULT 2 {}
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn a_callee_that_does_not_take_its_input_loses_the_call() {
    let limits = Limits { outbox_octets_max: 300, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(&format!("alice {PROGRESSIVE}\nbob {PROGRESSIVE}"));
    conversation.play("bob REGISTER 1 {} com.one\nbob takes 0");
    for _ in 0..5 {
        conversation.play(r#"alice CALL 1 {"progress":true} com.one ["01234567890123456789012345678901234567890123456789"]"#);
    }
    conversation.play("bob takes all\nalice CALL 2 {} com.one");
    expect![[r#"
        bob < REGISTERED 1 r1
        alice < ERROR 48 1 {} crosspoint.error.queue_full ["the callee does not keep up: too much waits for it already"]
        bob < INVOCATION i1 r1 {"progress":true} ["01234567890123456789012345678901234567890123456789"]
        bob < INVOCATION i1 r1 {"progress":true} ["01234567890123456789012345678901234567890123456789"]
        bob < INTERRUPT i1 {"mode":"killnowait"}
        bob < INVOCATION i2 r1 {}
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn what_cannot_be_kept_does_not_wait() {
    let limits = Limits { kept_octets_max: 100, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        alice CALL 3 {} com.one ["012345678901234567890123456789012345678901234567890123456789"]
        bob   YIELD i1 {}
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {} [1]
        alice < ERROR 48 3 {} crossbar.error.max_concurrency_reached ["every callee has as many calls as it takes at a time"]
        alice < RESULT 1 {}
        bob < INVOCATION i2 r1 {} [2]
    "#]].assert_eq(&conversation.transcript());
}

/// What is kept of one caller's calls has a bound.
#[test]
fn what_is_kept_for_others_is_bounded() {
    let limits = Limits { kept_octets_max: 200, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one ["012345678901234567890123456789012345678901234567890123456789"]
        alice CALL 2 {} com.one ["012345678901234567890123456789012345678901234567890123456789"]
        alice CALL 3 {} com.one ["012345678901234567890123456789012345678901234567890123456789"]
        bob   ERROR 68 i3 {} wamp.error.unavailable
        bob   ERROR 68 i1 {} wamp.error.unavailable
        carol YIELD i1 {}
        alice CALL 4 {} com.one ["012345678901234567890123456789012345678901234567890123456789"]
        bob   ERROR 68 i4 {} wamp.error.unavailable
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        carol < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {} ["012345678901234567890123456789012345678901234567890123456789"]
        bob < INVOCATION i2 r1 {} ["012345678901234567890123456789012345678901234567890123456789"]
        bob < INVOCATION i3 r1 {} ["012345678901234567890123456789012345678901234567890123456789"]
        alice < ERROR 48 3 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
        carol < INVOCATION i1 r1 {} ["012345678901234567890123456789012345678901234567890123456789"]
        alice < RESULT 1 {}
        bob < INVOCATION i4 r1 {} ["012345678901234567890123456789012345678901234567890123456789"]
        carol < INVOCATION i2 r1 {} ["012345678901234567890123456789012345678901234567890123456789"]
    "#]].assert_eq(&conversation.transcript());
}
