//! Shared registrations: policies, concurrency and queues, re-routing, sharding, and callees that
//! lose their registrations.

use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn roundrobin_goes_on_where_it_was_when_callees_come_and_go() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"roundrobin"} com.one
        carol REGISTER 1 {"invoke":"roundrobin"} com.one
        dave  REGISTER 1 {"invoke":"roundrobin"} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        bob   UNREGISTER 2 r1
        alice CALL 3 {} com.one [3]
        bob   REGISTER 3 {"invoke":"roundrobin"} com.one
        alice CALL 4 {} com.one [4]
        alice CALL 5 {} com.one [5]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            dave < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [2]
            bob < UNREGISTERED 2
            dave < INVOCATION i1 r1 {} [3]
            bob < REGISTERED 3 r1
            bob < INVOCATION i2 r1 {} [4]
            carol < INVOCATION i2 r1 {} [5]
        "#]],
    );
}

#[test]
fn first_and_last_follow_the_order_of_registration() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.first
        carol REGISTER 1 {"invoke":"first"} com.first
        carol REGISTER 2 {"invoke":"last"} com.last
        bob   REGISTER 2 {"invoke":"last"} com.last
        alice CALL 1 {} com.first [1]
        alice CALL 2 {} com.last [2]
        bob   UNREGISTER 3 r1
        bob   REGISTER 4 {"invoke":"first"} com.first
        bob   UNREGISTER 5 r2
        bob   REGISTER 6 {"invoke":"last"} com.last
        alice CALL 3 {} com.first [3]
        alice CALL 4 {} com.last [4]
        carol is gone
        alice CALL 5 {} com.first [5]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            carol < REGISTERED 2 r2
            bob < REGISTERED 2 r2
            bob < INVOCATION i1 r1 {} [1]
            bob < INVOCATION i2 r2 {} [2]
            bob < UNREGISTERED 3
            bob < REGISTERED 4 r1
            bob < UNREGISTERED 5
            bob < REGISTERED 6 r2
            carol < INVOCATION i1 r1 {} [3]
            bob < INVOCATION i3 r2 {} [4]
            alice < ERROR 48 3 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i4 r1 {} [5]
        "#]],
    );
}

#[test]
fn random_uses_every_callee() {
    let mut conversation = Conversation::default();
    for name in ["bob", "carol", "dave"] {
        conversation.play(&format!(r#"{name} REGISTER 1 {{"invoke":"random"}} com.one"#));
    }
    for request in 1..=90 {
        conversation.play(&format!("alice CALL {request} {{}} com.one"));
    }
    let transcript = conversation.transcript();
    for name in ["bob", "carol", "dave"] {
        let count = transcript.matches(&format!("{name} < INVOCATION")).count();
        assert!((15..=45).contains(&count), "{name}: {count} of 90");
    }
}

#[test]
fn least_pending_is_whoever_has_the_fewest_calls() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"x_least_pending"} com.one
        carol REGISTER 1 {"invoke":"x_least_pending"} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        alice CALL 3 {} com.one [3]
        carol YIELD i1 {}
        alice CALL 4 {} com.one [4]
        alice CALL 5 {} com.one [5]
        bob   ERROR 68 i1 {} com.error.failed
        bob   YIELD i2 {}
        alice CALL 6 {} com.one [6]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [2]
            bob < INVOCATION i2 r1 {} [3]
            alice < RESULT 2 {}
            carol < INVOCATION i2 r1 {} [4]
            carol < INVOCATION i3 r1 {} [5]
            alice < ERROR 48 1 {} com.error.failed
            alice < RESULT 3 {}
            bob < INVOCATION i3 r1 {} [6]
        "#]],
    );
}

#[test]
fn a_policy_is_settled_by_the_first() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"roundrobin"} com.one
        carol REGISTER 2 {} com.one
        carol REGISTER 3 {"invoke":"first"} com.one
        carol REGISTER 4 {"invoke":"first"} com.one
        bob   REGISTER 2 {} com.two
        carol REGISTER 5 {"invoke":"last"} com.two
        carol REGISTER 6 {} com.two
        bob   UNREGISTER 3 r1
        carol UNREGISTER 7 r1
        carol REGISTER 8 {"invoke":"roundrobin"} com.one
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < ERROR 64 1 {} wamp.error.procedure_exists_with_different_invocation_policy ["com.one is registered with invoke 'first', not 'roundrobin'"]
            carol < ERROR 64 2 {} wamp.error.procedure_exists_with_different_invocation_policy ["com.one is registered with invoke 'first', not 'single'"]
            carol < REGISTERED 3 r1
            carol < ERROR 64 4 {} wamp.error.procedure_already_exists ["this session has registered com.one already"]
            bob < REGISTERED 2 r2
            carol < ERROR 64 5 {} wamp.error.procedure_already_exists ["com.two is registered with invoke 'single', not 'last'"]
            carol < ERROR 64 6 {} wamp.error.procedure_already_exists ["com.two is registered already, and not to be shared"]
            bob < UNREGISTERED 3
            carol < UNREGISTERED 7
            carol < REGISTERED 8 r3
        "#]],
    );
}

#[test]
fn concurrency_tries_the_next_callee_and_then_says_no() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"roundrobin","concurrency":1} com.one
        carol REGISTER 1 {"invoke":"roundrobin","concurrency":2} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        alice CALL 3 {} com.one [3]
        alice CALL 4 {} com.one [4]
        bob   ERROR 68 i1 {} com.error.failed
        alice CALL 5 {} com.one [5]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [2]
            carol < INVOCATION i2 r1 {} [3]
            alice < ERROR 48 4 {} crossbar.error.max_concurrency_reached ["every callee has as many calls as it takes at a time"]
            alice < ERROR 48 1 {} com.error.failed
            bob < INVOCATION i2 r1 {} [5]
        "#]],
    );
}

/// A result, an error, a cancel in each mode, a timeout, and the loss of the caller.
#[test]
fn a_place_is_given_back_however_a_call_ends() {
    check(
        r#"
        bob   knows call_canceling
        bob   REGISTER 1 {"concurrency":1} com.one
        alice CALL 1 {} com.one
        bob   YIELD i1 {}
        alice CALL 2 {} com.one
        bob   ERROR 68 i2 {} com.error.failed
        alice CALL 3 {} com.one
        alice CANCEL 3 {"mode":"skip"}
        alice CALL 4 {} com.one
        alice CANCEL 4 {"mode":"killnowait"}
        alice CALL 5 {} com.one
        alice CANCEL 5 {"mode":"kill"}
        bob   ERROR 68 i5 {} wamp.error.canceled
        alice CALL 6 {"timeout":100} com.one
        TIME  passes 100
        carol CALL 1 {} com.one
        carol is gone
        alice CALL 7 {} com.one
        alice CALL 8 {} com.one
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {}
            alice < ERROR 48 2 {} com.error.failed
            bob < INVOCATION i3 r1 {}
            alice < ERROR 48 3 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i4 r1 {}
            alice < ERROR 48 4 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INTERRUPT i4 {"mode":"killnowait"}
            bob < INVOCATION i5 r1 {}
            bob < INTERRUPT i5 {"mode":"kill"}
            alice < ERROR 48 5 {} wamp.error.canceled
            bob < INVOCATION i6 r1 {}
            alice < ERROR 48 6 {} wamp.error.timeout ["there was no result within 100 ms"]
            bob < INTERRUPT i6 {"mode":"killnowait"}
            bob < INVOCATION i7 r1 {}
            bob < INTERRUPT i7 {"mode":"killnowait"}
            bob < INVOCATION i8 r1 {}
            alice < ERROR 48 8 {} crossbar.error.max_concurrency_reached ["every callee has as many calls as it takes at a time"]
        "#]],
    );
}

#[test]
fn calls_wait_in_order_for_a_place() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":2} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        carol CALL 1 {} com.one [3]
        alice CALL 3 {} com.one [4]
        bob   YIELD i1 {}
        bob   ERROR 68 i2 {} com.error.failed
        alice CALL 4 {} com.one [5]
        bob   YIELD i3 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            alice < ERROR 48 3 {} crossbar.error.max_concurrency_reached ["every callee has as many calls as it takes at a time"]
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {} [2]
            alice < ERROR 48 2 {} com.error.failed
            bob < INVOCATION i3 r1 {} [3]
            bob < INVOCATION i4 r1 {} [5]
            carol < RESULT 1 {}
        "#]],
    );
}

#[test]
fn a_call_that_waits_can_be_canceled_and_times_out_and_is_not_left_behind() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":9} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        alice CALL 3 {"timeout":100} com.one [3]
        carol CALL 1 {} com.one [4]
        alice CALL 4 {} com.one [5]
        alice CANCEL 2 {"mode":"kill"}
        TIME  passes 100
        carol is gone
        bob   YIELD i1 {}
        alice CALL 5 {} com.one [6]
        bob   UNREGISTER 2 r1
        bob   YIELD i2 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            alice < ERROR 48 2 {} wamp.error.canceled ["the caller canceled the call"]
            alice < ERROR 48 3 {} wamp.error.timeout ["there was no result within 100 ms"]
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {} [5]
            alice < ERROR 48 5 {} wamp.error.canceled ["the last callee left while the call waited for its turn"]
            bob < UNREGISTERED 2
            alice < RESULT 4 {}
        "#]],
    );
}

#[test]
fn waiting_calls_go_to_a_callee_that_joins() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":9} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 3 {} com.one [3]
        bob   is gone
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < REGISTERED 1 r1
            carol < INVOCATION i1 r1 {} [2]
            carol < INVOCATION i2 r1 {} [3]
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
        "#]],
    );
}

#[test]
fn unavailable_moves_a_call_on_by_the_policy() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.first
        carol REGISTER 1 {"invoke":"first"} com.first
        dave  REGISTER 1 {"invoke":"first"} com.first
        bob   REGISTER 2 {"invoke":"last"} com.last
        carol REGISTER 2 {"invoke":"last"} com.last
        alice CALL 1 {"disclose_me":true} com.first [1] {"k":2}
        bob   ERROR 68 i1 {} wamp.error.unavailable
        carol ERROR 68 i1 {} wamp.error.unavailable
        dave  YIELD i1 {} [5]
        alice CALL 2 {} com.first [2]
        bob   ERROR 68 i2 {} wamp.error.unavailable
        carol ERROR 68 i2 {} wamp.error.unavailable
        dave  ERROR 68 i2 {} wamp.error.unavailable
        alice CALL 3 {} com.last [3]
        carol ERROR 68 i3 {} wamp.error.unavailable
        bob   YIELD i3 {} [7]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            dave < REGISTERED 1 r1
            bob < REGISTERED 2 r2
            carol < REGISTERED 2 r2
            bob < INVOCATION i1 r1 {"caller":2147483652,"caller_authid":"anonymous","caller_authrole":"anonymous"} [1] {"k":2}
            carol < INVOCATION i1 r1 {"caller":2147483652,"caller_authid":"anonymous","caller_authrole":"anonymous"} [1] {"k":2}
            dave < INVOCATION i1 r1 {"caller":2147483652,"caller_authid":"anonymous","caller_authrole":"anonymous"} [1] {"k":2}
            alice < RESULT 1 {} [5]
            bob < INVOCATION i2 r1 {} [2]
            carol < INVOCATION i2 r1 {} [2]
            dave < INVOCATION i2 r1 {} [2]
            alice < ERROR 48 2 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
            carol < INVOCATION i3 r2 {} [3]
            bob < INVOCATION i3 r2 {} [3]
            alice < RESULT 3 {} [7]
        "#]],
    );
}

/// Who has registered since does not come before those who were next.
#[test]
fn unavailable_asks_the_one_beside() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"last"} com.last
        carol REGISTER 1 {"invoke":"last"} com.last
        alice CALL 1 {} com.last
        dave  REGISTER 1 {"invoke":"last"} com.last
        carol ERROR 68 i1 {} wamp.error.unavailable
        bob   ERROR 68 i1 {} wamp.error.unavailable
        dave  ERROR 68 i1 {} wamp.error.unavailable
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            carol < INVOCATION i1 r1 {}
            dave < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            dave < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
        "#]],
    );
}

#[test]
fn unavailable_of_the_only_callee() {
    check(
        r#"
        bob   knows call_canceling
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        bob   ERROR 68 i1 {} wamp.error.unavailable ["busy"]
        alice CALL 2 {} com.one
        alice CANCEL 2 {"mode":"kill"}
        bob   ERROR 68 i2 {} wamp.error.unavailable
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
            bob < INVOCATION i2 r1 {}
            bob < INTERRUPT i2 {"mode":"kill"}
            alice < ERROR 48 2 {} wamp.error.unavailable
        "#]],
    );
}

#[test]
fn a_call_that_moves_on_can_still_be_canceled() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one [1]
        bob   ERROR 68 i1 {} wamp.error.unavailable
        alice CALL 2 {} com.one [2]
        bob   ERROR 68 i2 {} wamp.error.unavailable
        alice CANCEL 2 {"mode":"kill"}
        alice CANCEL 1 {"mode":"skip"}
        carol YIELD i1 {}
        alice CALL 3 {} com.one [3]
        bob   ERROR 68 i3 {} wamp.error.unavailable
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [1]
            bob < INVOCATION i2 r1 {} [2]
            alice < ERROR 48 2 {} wamp.error.canceled ["the caller canceled the call"]
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i3 r1 {} [3]
            carol < INVOCATION i2 r1 {} [3]
        "#]],
    );
}

/// Bob has refused the calls, so they wait for Carol: nobody else could take them.
#[test]
fn a_call_that_waits_for_the_last_who_could_take_it() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first","concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one [1]
        bob   ERROR 68 i1 {} wamp.error.unavailable
        alice CALL 2 {} com.one [2]
        bob   ERROR 68 i2 {} wamp.error.unavailable
        carol UNREGISTER 2 r1
        carol YIELD i1 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [1]
            bob < INVOCATION i2 r1 {} [2]
            alice < ERROR 48 2 {} wamp.error.no_available_callee ["no callee of the procedure is available"]
            carol < UNREGISTERED 2
            alice < RESULT 1 {}
        "#]],
    );
}

#[test]
fn a_partitioned_call_goes_to_the_callee_of_its_key() {
    let mut conversation = Conversation::default();
    for name in ["bob", "carol", "dave"] {
        conversation.play(&format!(r#"{name} REGISTER 1 {{"invoke":"roundrobin"}} com.one"#));
    }
    for request in 1..=60 {
        let key = request % 6;
        conversation.play(&format!(
            r#"alice CALL {request} {{"runmode":"partition","rkey":"key{key}"}} com.one [{key}]"#
        ));
    }
    let transcript = conversation.transcript();
    for key in 0..6 {
        let got = |name| {
            let of_key = format!("[{key}]");
            transcript.lines().filter(|l| l.starts_with(name) && l.ends_with(&of_key)).count()
        };
        let counts = ["bob", "carol", "dave"].map(got);
        assert!(counts.contains(&10), "key {key}: {counts:?}");
    }
    let used = ["bob", "carol", "dave"].map(|n| transcript.contains(&format!("{n} < INVOCATION")));
    assert_eq!(used, [true; 3]);
}

#[test]
fn a_partitioned_call_does_not_change_whose_turn_it_is() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"roundrobin"} com.one
        carol REGISTER 1 {"invoke":"roundrobin"} com.one
        alice CALL 1 {"runmode":"partition","rkey":"red"} com.one ["red"]
        alice CALL 2 {} com.one [1]
        alice CALL 3 {"runmode":"partition","rkey":"red"} com.one ["red"]
        alice CALL 4 {} com.one [2]
        alice CALL 5 {"runmode":"partition","rkey":"red"} com.one ["red"]
        alice CALL 6 {} com.one [3]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} ["red"]
            bob < INVOCATION i2 r1 {} [1]
            bob < INVOCATION i3 r1 {} ["red"]
            carol < INVOCATION i1 r1 {} [2]
            bob < INVOCATION i4 r1 {} ["red"]
            bob < INVOCATION i5 r1 {} [3]
        "#]],
    );
}

#[test]
fn force_takes_a_registration_from_whoever_has_it() {
    check(
        r#"
        bob   knows registration_revocation
        bob   REGISTER 1 {"invoke":"roundrobin"} com.one
        carol REGISTER 1 {"invoke":"roundrobin"} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        dave  REGISTER 1 {"force_reregister":true} com.one
        alice CALL 3 {} com.one [3]
        bob   YIELD i1 {} ["late, but it counts"]
        carol ERROR 68 i1 {} com.error.failed
        dave  YIELD i1 {}
        bob   UNREGISTER 2 r1
        carol UNREGISTER 2 r1
        carol REGISTER 3 {"force_reregister":true} com.free
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [2]
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            dave < REGISTERED 1 r2
            dave < INVOCATION i1 r2 {} [3]
            alice < RESULT 1 {} ["late, but it counts"]
            alice < ERROR 48 2 {} com.error.failed
            alice < RESULT 3 {}
            bob < ERROR 66 2 {} wamp.error.no_such_registration ["this session has no registration 1"]
            carol < ERROR 66 2 {} wamp.error.no_such_registration ["this session has no registration 1"]
            carol < REGISTERED 3 r3
        "#]],
    );
}

#[test]
fn unavailable_moves_a_call_on_to_who_has_taken_over() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one [1]
        carol REGISTER 1 {"invoke":"last","force_reregister":true} com.one
        dave  REGISTER 1 {"invoke":"last","force_reregister":true} com.one
        bob   ERROR 68 i1 {} wamp.error.unavailable
        dave  YIELD i1 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < REGISTERED 1 r2
            dave < REGISTERED 1 r3
            dave < INVOCATION i1 r3 {} [1]
            alice < RESULT 1 {}
        "#]],
    );
}

#[test]
fn force_takes_over_the_calls_that_wait() {
    check(
        r#"
        bob   knows registration_revocation
        bob   REGISTER 1 {"concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        alice CALL 3 {} com.one [3]
        bob   REGISTER 2 {"force_reregister":true,"concurrency":1,"x_queue":5} com.one
        bob   YIELD i2 {} ["two"]
        bob   YIELD i1 {} ["one"]
        bob   YIELD i3 {} ["three"]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            bob < REGISTERED 2 r2
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.unregistered"}
            bob < INVOCATION i2 r2 {} [2]
            alice < RESULT 2 {} ["two"]
            bob < INVOCATION i3 r2 {} [3]
            alice < RESULT 1 {} ["one"]
            alice < RESULT 3 {} ["three"]
        "#]],
    );
}

#[test]
fn a_callee_with_a_full_outbox_is_passed_over() {
    let limits = Limits { outbox_octets_max: 200, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    conversation.play(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        bob   takes 0
        alice CALL 1 {} com.one ["0123456789012345678901234567890123456789"]
        alice CALL 2 {} com.one ["0123456789012345678901234567890123456789"]
        alice CALL 3 {} com.one ["0123456789012345678901234567890123456789"]
        carol YIELD i1 {}
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        carol < REGISTERED 1 r1
        carol < INVOCATION i1 r1 {} ["0123456789012345678901234567890123456789"]
        alice < RESULT 3 {}
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn a_callee_that_leaves_answers_its_callers_and_the_others_go_on() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"roundrobin"} com.one
        carol REGISTER 1 {"invoke":"roundrobin"} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        bob   is gone
        alice CALL 3 {} com.one [3]
        carol YIELD i1 {}
        carol is gone
        alice CALL 4 {} com.one [4]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            carol < INVOCATION i1 r1 {} [2]
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            carol < INVOCATION i2 r1 {} [3]
            alice < RESULT 2 {}
            alice < ERROR 48 3 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 4 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
        "#]],
    );
}
