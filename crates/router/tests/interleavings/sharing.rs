//! Races about shared registrations: places at callees, calls that wait and move on, registrations that
//! are taken away, and what comes in pieces.

use expect_test::expect;

use crate::race::check;

#[test]
fn a_result_and_a_call_that_waits_for_its_place() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":1} com.one
        alice CALL 1 {} com.one
        carol joins
        "#,
        &[r#"bob   YIELD i1 {}"#, r#"carol CALL 1 {} com.one"#],
        expect![[r#"
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {}
            carol < RESULT 1 {}
        "#]],
    );
}

#[test]
fn a_cancel_and_a_call_that_waits_for_its_place() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":1} com.one
        alice CALL 1 {} com.one
        carol joins
        "#,
        &[r#"alice CANCEL 1 {"mode":"skip"}"#, r#"carol CALL 1 {} com.one"#],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i2 r1 {}
            carol < RESULT 1 {}
        "#]],
    );
}

#[test]
fn a_call_that_waits_is_canceled_when_its_turn_comes() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":1} com.one
        alice CALL 1 {} com.one
        carol CALL 1 {} com.one
        "#,
        &[r#"bob   YIELD i1 {}"#, r#"carol CANCEL 1 {"mode":"kill"}"#],
        expect![[r#"
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {}
            carol < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            or
            alice < RESULT 1 {}
            carol < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
        "#]],
    );
}

#[test]
fn a_call_begins_to_wait_and_the_callee_leaves() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":1} com.one
        alice CALL 1 {} com.one
        carol joins
        "#,
        &[r#"bob   is gone"#, r#"carol CALL 1 {} com.one"#],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            carol < ERROR 48 1 {} crossbar.error.max_concurrency_reached ["every callee has as many calls as it takes at a time"]
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            carol < ERROR 48 1 {} wamp.error.canceled ["the last callee left while the call waited for its turn"]
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            carol < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
        "#]],
    );
}

#[test]
fn a_call_begins_to_wait_and_the_callee_unregisters() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":1} com.one
        alice CALL 1 {} com.one
        carol joins
        "#,
        &[r#"bob   UNREGISTER 2 r1"#, r#"carol CALL 1 {} com.one"#],
        expect![[r#"
            alice < RESULT 1 {}
            bob < UNREGISTERED 2
            carol < ERROR 48 1 {} crossbar.error.max_concurrency_reached ["every callee has as many calls as it takes at a time"]
            or
            alice < RESULT 1 {}
            bob < UNREGISTERED 2
            carol < ERROR 48 1 {} wamp.error.canceled ["the last callee left while the call waited for its turn"]
            or
            alice < RESULT 1 {}
            bob < UNREGISTERED 2
            carol < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
        "#]],
    );
}

#[test]
fn unavailable_and_a_cancel() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one
        "#,
        &[r#"bob   ERROR 68 i1 {} wamp.error.unavailable"#, r#"alice CANCEL 1 {"mode":"skip"}"#],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            carol < INVOCATION i1 r1 {}
        "#]],
    );
}

#[test]
fn unavailable_and_a_cancel_that_waits() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one
        "#,
        &[r#"bob   ERROR 68 i1 {} wamp.error.unavailable"#, r#"alice CANCEL 1 {"mode":"kill"}"#],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            carol < INVOCATION i1 r1 {}
            or
            alice < ERROR 48 1 {} wamp.error.unavailable
            bob < INTERRUPT i1 {"mode":"kill"}
        "#]],
    );
}

#[test]
fn unavailable_and_a_caller_that_leaves() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one
        "#,
        &[r#"bob   ERROR 68 i1 {} wamp.error.unavailable"#, r#"alice is gone"#],
        expect![[r#"
            or
            carol < INVOCATION i1 r1 {}
        "#]],
    );
}

#[test]
fn unavailable_and_the_next_callee_leaves() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one
        "#,
        &[r#"bob   ERROR 68 i1 {} wamp.error.unavailable"#, r#"carol is gone"#],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            carol < INVOCATION i1 r1 {}
            or
            alice < ERROR 48 1 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
        "#]],
    );
}

#[test]
fn unavailable_and_more_input() {
    check(
        r#"
        alice HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        carol HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {"progress":true} com.one [0,0]
        "#,
        &[r#"bob   ERROR 68 i1 {} wamp.error.unavailable"#, r#"alice CALL 1 {} com.one [0,1]"#],
        expect![[r#"
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {} [0,1]
            carol < INVOCATION i1 r1 {"progress":true} [0,0]
            carol < INVOCATION i1 r1 {} [0,1]
            or
            alice < RESULT 1 {}
            carol < INVOCATION i1 r1 {"progress":true} [0,0]
            carol < INVOCATION i1 r1 {} [0,1]
        "#]],
    );
}

#[test]
fn a_call_and_a_callee_that_takes_over_by_force() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {} com.one
        carol joins
        alice joins
        "#,
        &[r#"carol REGISTER 1 {"force_reregister":true} com.one"#, r#"alice CALL 1 {} com.one"#],
        expect![[r#"
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {}
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            carol < REGISTERED 1 r2
            or
            alice < RESULT 1 {}
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            carol < REGISTERED 1 r2
            carol < INVOCATION i1 r2 {}
        "#]],
    );
}

#[test]
fn two_take_over_by_force() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {"invoke":"last"} com.one
        carol joins
        dave  joins
        "#,
        &[
            r#"carol REGISTER 1 {"force_reregister":true} com.one"#,
            r#"dave  REGISTER 1 {"force_reregister":true} com.one"#,
        ],
        expect![[r#"
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            carol < REGISTERED 1 r2
            dave < REGISTERED 1 r3
            or
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            carol < REGISTERED 1 r3
            dave < REGISTERED 1 r2
        "#]],
    );
}

#[test]
fn a_revocation_and_an_unregister() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {} com.one
        carol joins
        "#,
        &[r#"carol REGISTER 1 {"force_reregister":true} com.one"#, r#"bob   UNREGISTER 2 r1"#],
        expect![[r#"
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            bob < ERROR 66 2 {} wamp.error.no_such_registration ["this session has no registration 1"]
            carol < REGISTERED 1 r2
            or
            bob < UNREGISTERED 2
            carol < REGISTERED 1 r2
        "#]],
    );
}

#[test]
fn progress_and_a_cancel() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true} com.one
        "#,
        &[r#"bob   YIELD i1 {"progress":true}"#, r#"alice CANCEL 1 {"mode":"killnowait"}"#],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
            or
            alice < RESULT 1 {"progress":true} [] {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
        "#]],
    );
}

#[test]
fn progress_and_a_timeout() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true,"timeout":100} com.one
        "#,
        &[
            r#"bob   YIELD i1 {"progress":true}
             bob   YIELD i1 {}"#,
            r#"alice waits 100"#,
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.timeout ["there was no result within 100 ms"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
            or
            alice < RESULT 1 {"progress":true} [] {}
            alice < ERROR 48 1 {} wamp.error.timeout ["there was no result within 100 ms"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
            or
            alice < RESULT 1 {"progress":true} [] {}
            alice < RESULT 1 {}
        "#]],
    );
}

#[test]
fn more_input_and_a_result() {
    check(
        r#"
        alice HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   HELLO realm1 {"roles":{"caller":{"features":{"progressive_call_invocations":true}},"callee":{"features":{"call_canceling":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true}}}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"progress":true} com.one [0,0]
        "#,
        &[r#"bob   YIELD i1 {}"#, r#"alice CALL 1 {} com.one [0,1]"#],
        expect![[r#"
            alice < RESULT 1 {}
            or
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {} [0,1]
        "#]],
    );
}

#[test]
fn a_call_and_a_callee_that_joins_a_shared_registration() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"last"} com.one
        carol joins
        alice joins
        "#,
        &[r#"carol REGISTER 1 {"invoke":"last"} com.one"#, r#"alice CALL 1 {} com.one"#],
        expect![[r#"
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {}
            carol < REGISTERED 1 r1
            or
            alice < RESULT 1 {}
            carol < REGISTERED 1 r1
            carol < INVOCATION i1 r1 {}
        "#]],
    );
}
