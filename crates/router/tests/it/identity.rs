//! Who calls, how far that is trusted, how long it takes, and payloads that the router is not to know.

use crosspoint_router::router::{Disclosure, RealmSettings, TrustRule};
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn callers_are_disclosed_when_either_side_asks() {
    check(
        r#"
        bob   REGISTER 1 {} com.one
        bob   REGISTER 2 {"disclose_caller":true} com.two
        alice CALL 1 {} com.one
        alice CALL 2 {"disclose_me":true} com.one
        alice CALL 3 {} com.two
        alice CALL 4 {"caller":1,"caller_authid":"root","forward_for":[{"session":1}]} com.one
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < REGISTERED 2 r2
            bob < INVOCATION i1 r1 {}
            bob < INVOCATION i2 r1 {"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"}
            bob < INVOCATION i3 r2 {"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"}
            bob < INVOCATION i4 r1 {}
        "#]],
    );
}

#[test]
fn a_realm_may_disclose_always_or_never() {
    let always = RealmSettings { disclosure: Disclosure::Always, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(always);
    conversation.play("bob REGISTER 1 {} com.one\nalice CALL 1 {} com.one");
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {"caller":2147483650,"caller_authid":"anonymous","caller_authrole":"anonymous"}
    "#]].assert_eq(&conversation.transcript());

    let never = RealmSettings { disclosure: Disclosure::Never, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(never);
    conversation.play(
        r#"
        bob   REGISTER 1 {"disclose_caller":true} com.one
        bob   REGISTER 2 {} com.one
        alice CALL 1 {"disclose_me":true} com.one
        alice CALL 2 {} com.one
        "#,
    );
    expect![[r#"
        bob < ERROR 64 1 {} wamp.error.option_disallowed.disclose_me ["this realm does not tell callees who calls: leave out disclose_caller"]
        bob < REGISTERED 2 r1
        alice < ERROR 48 1 {} wamp.error.option_disallowed.disclose_me ["this realm does not tell callees who calls: leave out disclose_me"]
        bob < INVOCATION i1 r1 {}
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn calls_have_the_trust_level_of_the_first_rule_that_fits() {
    let rule = |authrole: Option<&str>, prefix: &str, level| TrustRule {
        authrole: authrole.map(Into::into),
        uri_prefix: prefix.into(),
        level,
    };
    let realm = RealmSettings {
        trust_rules: vec![
            rule(Some("admin"), "", 9),
            rule(Some("anonymous"), "com.open.", 0),
            rule(None, "com.", 2),
        ],
        ..RealmSettings::from("realm1")
    };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        bob   REGISTER 1 {"match":"prefix"} ""
        alice CALL 1 {} com.open.one
        alice CALL 2 {"trustlevel":99} com.one
        alice CALL 3 {} org.one
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < INVOCATION i1 r1 {"procedure":"com.open.one","trustlevel":0}
        bob < INVOCATION i2 r1 {"procedure":"com.one","trustlevel":2}
        bob < INVOCATION i3 r1 {"procedure":"org.one"}
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn a_call_has_its_time() {
    check(
        r#"
        bob   knows call_canceling
        bob   REGISTER 1 {} com.one
        carol REGISTER 1 {} com.two
        alice CALL 1 {"timeout":1000} com.one
        alice CALL 2 {"timeout":500} com.two
        alice CALL 3 {"timeout":0} com.two
        TIME  passes 499
        TIME  passes 1
        TIME  passes 499
        TIME  passes 1
        bob   YIELD i1 {} ["late"]
        carol YIELD i1 {} ["late"]
        carol YIELD i2 {}
        alice CALL 4 {"timeout":100} com.one
        bob   YIELD i2 {}
        TIME  passes 200
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r2
            bob < INVOCATION i1 r1 {}
            carol < INVOCATION i1 r2 {}
            carol < INVOCATION i2 r2 {}
            alice < ERROR 48 2 {} wamp.error.timeout ["there was no result within 500 ms"]
            alice < ERROR 48 1 {} wamp.error.timeout ["there was no result within 1000 ms"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
            alice < RESULT 3 {}
            bob < INVOCATION i2 r1 {}
            alice < RESULT 4 {}
        "#]],
    );
}

#[test]
fn between_progressive_results_the_time_begins_anew() {
    check(
        r#"
        bob   knows call_canceling progressive_call_results
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"timeout":100,"receive_progress":true} com.one
        TIME  passes 99
        bob   YIELD i1 {"progress":true} [1]
        TIME  passes 99
        bob   YIELD i1 {"progress":true} [2]
        TIME  passes 100
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {"receive_progress":true}
            alice < RESULT 1 {"progress":true} [1] {}
            alice < RESULT 1 {"progress":true} [2] {}
            alice < ERROR 48 1 {} wamp.error.timeout ["there was no result within 100 ms"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
        "#]],
    );
}

#[test]
fn a_callee_may_keep_the_time_itself() {
    check(
        r#"
        bob   knows call_timeout call_canceling
        bob   REGISTER 1 {"forward_timeout":true} com.one
        bob   REGISTER 2 {} com.two
        carol REGISTER 1 {"forward_timeout":true} com.three
        alice CALL 1 {"timeout":100} com.one
        alice CALL 2 {"timeout":100} com.two
        alice CALL 3 {"timeout":100} com.three
        TIME  passes 100
        bob   ERROR 68 i1 {} wamp.error.timeout
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < REGISTERED 2 r2
            carol < REGISTERED 1 r3
            bob < INVOCATION i1 r1 {"timeout":100}
            bob < INVOCATION i2 r2 {}
            carol < INVOCATION i1 r3 {}
            alice < ERROR 48 2 {} wamp.error.timeout ["there was no result within 100 ms"]
            alice < ERROR 48 3 {} wamp.error.timeout ["there was no result within 100 ms"]
            bob < INTERRUPT i2 {"mode":"killnowait"}
            alice < ERROR 48 1 {} wamp.error.timeout
        "#]],
    );
}

/// A call that has waited has less time left.
#[test]
fn a_callee_that_keeps_the_time_is_told_what_is_left_of_it() {
    check(
        r#"
        bob   knows call_timeout
        bob   REGISTER 1 {"forward_timeout":true,"concurrency":1,"x_queue":5} com.one
        alice CALL 1 {} com.one
        alice CALL 2 {"timeout":100} com.one
        TIME  passes 70
        bob   YIELD i1 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < RESULT 1 {}
            bob < INVOCATION i2 r1 {"timeout":30}
        "#]],
    );
}

/// A call that moves from a callee that keeps the time to one that does not.
#[test]
fn the_dealer_keeps_the_time_of_a_call_that_moves_on() {
    check(
        r#"
        bob   knows call_timeout
        bob   REGISTER 1 {"invoke":"first","forward_timeout":true} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {"timeout":100} com.one
        TIME  passes 70
        bob   ERROR 68 i1 {} wamp.error.unavailable
        TIME  passes 70
        TIME  passes 30
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {"timeout":100}
            carol < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.timeout ["there was no result within 100 ms"]
        "#]],
    );
}

#[test]
fn payloads_pass_through_with_what_they_are() {
    check(
        r#"
        bob   knows payload_passthru_mode
        alice knows payload_passthru_mode
        bob   REGISTER 1 {} com.one
        carol REGISTER 1 {} com.two
        alice CALL 1 {"ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"c","ppt_keyid":"k"} com.one ["\u0000AAEC"]
        bob   YIELD i1 {"ppt_scheme":"mqtt","ppt_serializer":"native"} ["\u0000AA=="]
        alice CALL 2 {"ppt_scheme":"x_mine"} com.one
        bob   ERROR 68 i2 {"ppt_scheme":"x_mine"} com.error.failed ["\u0000AA=="]
        alice CALL 3 {"ppt_scheme":"x_mine"} com.two
        dave  CALL 1 {} com.one
        bob   YIELD i3 {"ppt_scheme":"x_mine"} ["\u0000AA=="]
        dave  CALL 2 {"ppt_scheme":"x_mine"} com.one
        alice CALL 4 {} com.two
        carol YIELD i1 {"ppt_scheme":"x_mine"}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r2
            bob < INVOCATION i1 r1 {"ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"c","ppt_keyid":"k"} ["\u0000AAEC"]
            alice < RESULT 1 {"ppt_scheme":"mqtt","ppt_serializer":"native"} ["\u0000AA=="]
            bob < INVOCATION i2 r1 {"ppt_scheme":"x_mine"}
            alice < ERROR 48 2 {"ppt_scheme":"x_mine"} com.error.failed ["\u0000AA=="]
            alice < ERROR 48 3 {} wamp.error.feature_not_supported ["the callee has not announced payload_passthru_mode"]
            bob < INVOCATION i3 r1 {}
            dave < ERROR 48 1 {} wamp.error.feature_not_supported ["the result is in payload passthru mode, which the caller has not announced"]
            dave < ABORT {"message":"CALL uses payload_passthru_mode, which HELLO has not announced"} wamp.error.protocol_violation
            dave is over
            carol < INVOCATION i1 r2 {}
            alice < ERROR 48 4 {} wamp.error.canceled ["the callee left before it answered"]
            carol < ABORT {"message":"a result uses payload_passthru_mode, which HELLO has not announced"} wamp.error.protocol_violation
            carol is over
        "#]],
    );
}

#[test]
fn what_is_remembered_of_payload_passthru_mode_is_short() {
    let mut conversation = Conversation::default();
    conversation.play("alice knows payload_passthru_mode");
    let long = "x".repeat(1025);
    conversation.play(&format!("alice CALL 1 {{\"ppt_scheme\":\"{long}\"}} com.one"));
    expect![[r#"
        alice < ERROR 48 1 {} crosspoint.error.limit_exceeded ["the ppt_* options are longer than 1024 octets together"]
    "#]].assert_eq(&conversation.transcript());
}

/// Without a scheme the others mean nothing, so nobody need know them.
#[test]
fn without_a_scheme_it_is_not_payload_passthru_mode() {
    check(
        r#"
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"ppt_serializer":"cbor"} com.one [1]
        bob   YIELD i1 {"ppt_serializer":"cbor"} [2]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            alice < RESULT 1 {} [2]
        "#]],
    );
}

/// A caller that does not know the mode gets no piece in it, and the call is over.
#[test]
fn progressive_results_in_payload_passthru_mode() {
    check(
        r#"
        bob   knows payload_passthru_mode call_canceling progressive_call_results
        carol knows payload_passthru_mode
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"receive_progress":true} com.one
        bob   YIELD i1 {"progress":true,"ppt_scheme":"x_mine"} ["\u0000AA=="]
        bob   YIELD i1 {} ["late"]
        carol CALL 1 {"receive_progress":true} com.one
        bob   YIELD i2 {"progress":true,"ppt_scheme":"x_mine"} ["\u0000AA=="]
        bob   YIELD i2 {} ["done"]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {"receive_progress":true}
            alice < ERROR 48 1 {} wamp.error.feature_not_supported ["the result is in payload passthru mode, which the caller has not announced"]
            bob < INTERRUPT i1 {"mode":"killnowait"}
            bob < INVOCATION i2 r1 {"receive_progress":true}
            carol < RESULT 1 {"progress":true,"ppt_scheme":"x_mine"} ["\u0000AA=="] {}
            carol < RESULT 1 {} ["done"]
        "#]],
    );
}
