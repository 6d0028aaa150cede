//! Requests about which somebody else decides: whatever happens meanwhile, each is answered once.

use std::sync::Arc;

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::authorization::{Action, Actions, Authorizer, Permission, Role};
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
    let roles = Some(vec![Arc::new(role)]);
    let realm = RealmSettings { roles, ..RealmSettings::from("realm1") };
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
