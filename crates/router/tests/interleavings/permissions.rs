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

/// The HELLO of who wants to be told what is revoked.
const TOLD: &str = r#"HELLO realm1 {"roles":{"callee":{"features":{"registration_revocation":true}},"subscriber":{"features":{"subscription_revocation":true}}}}"#;

/// Everybody may do everything, and from a reload on nothing but calling.
#[track_caller]
fn check_taken_away(before: &str, threads: &[&str], expected: &Expect) {
    let of = |actions: Actions| {
        let permission = |uri| {
            let mut permission = Permission::new(MatchPolicy::Exact, uri).unwrap();
            permission.allow = actions;
            permission
        };
        let permissions = ["com.add", "com.news", "com.weather"].map(permission).into();
        let role = Role::new("anonymous", permissions, None).unwrap();
        let permitted = Permitted::ByRole(vec![Arc::new(role)]);
        RealmSettings { permitted, ..RealmSettings::from("realm1") }
    };
    let everything = [Action::Register, Action::Subscribe, Action::Publish, Action::Call];
    let everything = everything.into_iter().fold(Actions::NONE, Actions::with);
    let calling = Actions::NONE.with(Action::Call);
    let reloads = vec![of(calling), of(everything)];
    let before = &before.replace("TOLD", TOLD);
    let threads: Vec<_> = threads.iter().map(|script| script.replace("TOLD", TOLD)).collect();
    let threads = &threads.iter().map(String::as_str).collect::<Vec<_>>();
    let race = Race { before, threads, realm: of(everything), reloads, ..Race::default() };
    expected.assert_eq(&race.outcomes());
}

/// Whoever is first: nobody keeps what he may not have.
#[test]
fn a_subscription_and_a_reload_that_forbids_it() {
    check_taken_away(
        "alice TOLD",
        &["alice SUBSCRIBE 1 {} com.news", "ROUTER reloads 0"],
        &expect![[r#"
            alice < ERROR 32 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
            or
            alice < SUBSCRIBED 1 s1
            alice < UNSUBSCRIBED 0 {"subscription":1,"reason":"wamp.error.not_authorized"}
        "#]],
    );
}

#[test]
fn a_registration_its_call_and_a_reload_that_forbids_it() {
    check_taken_away(
        "alice joins\nbob TOLD",
        &["bob   REGISTER 1 {} com.add", "alice CALL 1 {} com.add", "ROUTER reloads 0"],
        &expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            bob < ERROR 64 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            bob < REGISTERED 1 r1
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.not_authorized"}
            or
            alice < RESULT 1 {}
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.not_authorized"}
        "#]],
    );
}

/// A call that is there already is answered by its callee.
#[test]
fn a_result_and_a_reload_that_forbids_the_registration() {
    check_taken_away(
        "bob TOLD\nbob REGISTER 1 {} com.add\nalice CALL 1 {} com.add",
        &["bob   YIELD 1 {}", "ROUTER reloads 0", "alice CALL 2 {} com.add"],
        &expect![[r#"
            alice < RESULT 1 {}
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.not_authorized"}
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < INVOCATION i2 r1 {}
            bob < UNREGISTERED 0 {"registration":1,"reason":"wamp.error.not_authorized"}
        "#]],
    );
}

/// Its own word and the router's are not both there.
#[test]
fn unregistering_and_a_reload_that_forbids_the_registration() {
    check_taken_away(
        "bob TOLD\nbob REGISTER 1 {} com.add",
        &["bob   UNREGISTER 2 1", "ROUTER reloads 0"],
        &expect![[r#"
            bob < UNREGISTERED 2
        "#]],
    );
}

/// Who joins meanwhile has what is permitted in the end.
#[test]
fn who_joins_and_a_reload_that_forbids() {
    check_taken_away(
        "alice opens",
        &["alice TOLD\nalice SUBSCRIBE 1 {} com.news", "ROUTER reloads 0"],
        &expect![[r#"
            alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            alice < ERROR 32 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
            or
            alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            alice < SUBSCRIBED 1 s1
            alice < UNSUBSCRIBED 0 {"subscription":1,"reason":"wamp.error.not_authorized"}
        "#]],
    );
}

#[test]
fn a_reload_that_forbids_and_one_that_permits_again() {
    check_taken_away(
        "alice TOLD\nalice SUBSCRIBE 1 {} com.news",
        &["alice SUBSCRIBE 2 {} com.weather", "ROUTER reloads 0\nROUTER reloads 1"],
        &expect![[r#"
            alice < ERROR 32 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
            or
            alice < ERROR 32 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
            alice < UNSUBSCRIBED 0 {"subscription":1,"reason":"wamp.error.not_authorized"}
            or
            alice < SUBSCRIBED 2 s2
            or
            alice < SUBSCRIBED 2 s2
            alice < UNSUBSCRIBED 0 {"subscription":1,"reason":"wamp.error.not_authorized"}
            alice < UNSUBSCRIBED 0 {"subscription":2,"reason":"wamp.error.not_authorized"}
        "#]],
    );
}

#[test]
fn leaving_and_a_reload_that_forbids_what_is_held() {
    check_taken_away(
        "bob TOLD\nbob REGISTER 1 {} com.add\nbob SUBSCRIBE 2 {} com.news\nalice joins",
        &["bob is gone", "ROUTER reloads 0", "alice CALL 1 {} com.add"],
        &expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i1 r1 {}
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
        "#]],
    );
}
