//! Requests about which somebody else decides: whatever happens meanwhile, each is answered once.

use std::sync::Arc;

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::authorization::{Action, Actions, Authorizer, Permission, Permitted, Role};
use crosspoint_router::router::RealmSettings;
use expect_test::{Expect, expect};

use crate::race::Race;

/// Bob decides about everything but what he needs for that; within a second.
#[track_caller]
fn check(before: &str, threads: &[&str], expected: &Expect) {
    let authorizer = Authorizer { procedure: "com.auth".into(), timeout_ms: 1000, cache_ms: 0 };
    let mut permission = Permission::new(MatchPolicy::Exact, "com.auth").unwrap();
    permission.allow = Actions::NONE.with(Action::Register);
    let role = Role::new("anonymous", vec![permission], Some(authorizer)).unwrap();
    let permitted = Permitted::ByRole(vec![Arc::new(role)]);
    let realm = RealmSettings { permitted, ..RealmSettings::from("realm1") };
    let before = format!("bob REGISTER 1 {{}} com.auth\n{before}");
    let race = Race { before: &before, threads, realm, ..Race::default() };
    expected.assert_eq(&race.outcomes());
}

#[test]
fn an_answer_and_the_end_of_its_time() {
    check(
        "alice SUBSCRIBE 1 {} com.news",
        &["bob   YIELD 1 {} [true]", "alice waits 1000"],
        &expect![[r#"
            alice < ERROR 32 1 {} wamp.error.authorization_failed ["the authorizer has not decided: there was no answer in time"]
            or
            alice < SUBSCRIBED 1 s1
        "#]],
    );
}

#[test]
fn an_answer_and_what_is_said_meanwhile() {
    check(
        "alice SUBSCRIBE 1 {} com.news",
        &["bob   YIELD 1 {} [true]", "alice UNSUBSCRIBE 2 1\nalice UNSUBSCRIBE 3 7"],
        &expect![[r#"
            alice < SUBSCRIBED 1 s1
            alice < UNSUBSCRIBED 2
            alice < ERROR 34 3 {} wamp.error.no_such_subscription ["this session has no subscription 7"]
        "#]],
    );
}

#[test]
fn an_answer_and_an_asker_who_leaves() {
    check(
        "alice SUBSCRIBE 1 {} com.news",
        &["bob   YIELD 1 {} [true]", "alice is gone"],
        &expect![""],
    );
}

#[test]
fn a_question_and_an_authorizer_who_leaves() {
    check(
        "alice joins",
        &["bob   is gone", "alice SUBSCRIBE 1 {} com.news"],
        &expect![[r#"
            alice < ERROR 32 1 {} wamp.error.authorization_failed ["the authorizer has not decided: wamp.error.canceled"]
            bob < INVOCATION i1 r1 {} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.news","subscribe",{"match":"exact"}]
            or
            alice < ERROR 32 1 {} wamp.error.authorization_failed ["the authorizer has not decided: wamp.error.no_such_procedure"]
        "#]],
    );
}

/// A caller that does not count calls under the ID of a call that is just being answered: it may be more of that,
/// but not a call of its own that nobody has permitted.
#[test]
fn a_forbidden_call_under_the_id_of_one_that_ends() {
    let mut permission = Permission::new(MatchPolicy::Exact, "com.one").unwrap();
    permission.allow = Actions::NONE.with(Action::Register).with(Action::Call);
    let mut secret = Permission::new(MatchPolicy::Exact, "com.secret").unwrap();
    secret.allow = Actions::NONE.with(Action::Register);
    let role = Role::new("anonymous", vec![permission, secret], None).unwrap();
    let realm = RealmSettings {
        permitted: Permitted::ByRole(vec![Arc::new(role)]),
        ..RealmSettings::from("realm1")
    };
    let race = Race {
        before: "
            bob   REGISTER 1 {} com.one
            carol REGISTER 1 {} com.secret
            alice CALL 100 {} com.one
        ",
        threads: &["bob   YIELD 1 {}", "alice CALL 100 {} com.secret"],
        realm,
        ..Race::default()
    };
    expect![[r#"
        alice < ABORT {"message":"CALL.Request 100 is the ID of a call that is still in flight, and is not progressive"} wamp.error.protocol_violation
        or
        alice < RESULT 100 {}
        alice < ABORT {"message":"CALL.Request 100 is the ID of a call that is still in flight, and is not progressive"} wamp.error.protocol_violation
        or
        alice < RESULT 100 {}
        alice < ERROR 48 100 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
    "#]]
    .assert_eq(&race.outcomes());
}
