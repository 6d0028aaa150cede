//! Who may do what where an authorizer decides.

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::authorization::{Action, Actions, Authorizer, Permitted};
use crosspoint_router::router::{Census, HistoryRule, RealmSettings};
use expect_test::expect;

use crate::conversation::Conversation;
use crate::permissions::{prefix, realm};

/// Bob decides, but for what he needs for that.
fn asking_bob() -> Conversation {
    let authorizer =
        Authorizer { procedure: "com.auth".into(), timeout_ms: 1000, cache_ms: 60_000 };
    let permissions = vec![
        prefix("com.auth", Actions::NONE.with(Action::Register)),
        prefix("com.free.", Actions::ALL),
        prefix("com.never.", Actions::NONE),
    ];
    let mut conversation = Conversation::in_realm(realm(permissions, Some(authorizer)));
    conversation.play(
        r#"
        bob   REGISTER 1 {} com.auth
        carol SUBSCRIBE 1 {} com.free.news
        "#,
    );
    conversation.forget_transcript();
    conversation
}

/// Nor is whoever decides elsewhere asked about them.
#[test]
fn an_authorizer_has_no_say_in_privileged_procedures() {
    let mut conversation = asking_bob();
    conversation.play("alice CALL 1 {} wamp.session.kill_all");
    expect![[r#"alice < ERROR 48 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]"#]]
        .assert_eq(conversation.transcript().trim_end());
}

#[test]
fn an_authorizer_is_asked_where_no_permission_is() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice REGISTER 1 {"match":"prefix"} com.x
        bob   YIELD 1 {} [true]
        alice CALL 2 {} com.y
        bob   YIELD 2 {} [false]
        alice SUBSCRIBE 3 {} com.y
        bob   YIELD 3 {} [{"allow":true,"disclose":false}]
        alice PUBLISH 4 {"acknowledge":true} com.y
        bob   YIELD 4 {} [{"allow":false}]
        alice CALL 5 {} com.never.x
        alice CALL 6 {} com.free.x
        "#,
    );
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.x","register",{"match":"prefix"}]
        alice < REGISTERED 1 r2
        bob < INVOCATION i2 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < INVOCATION i3 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","subscribe",{"match":"exact"}]
        alice < SUBSCRIBED 3 s2
        bob < INVOCATION i4 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"acknowledge":true,"match":"exact"}]
        alice < ERROR 16 4 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 5 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 6 {} wamp.error.no_such_procedure ["no callee has registered com.free.x"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Everything that is no clear yes is a no.
#[test]
fn an_authorizer_that_fails_allows_nothing() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice CALL 1 {} com.y
        bob   ERROR 68 1 {} com.error.broken
        alice CALL 2 {} com.y
        bob   YIELD 2 {} ["yes"]
        alice CALL 3 {} com.y
        bob   YIELD 3 {} [{"allow":true,"unless":"it rains"}]
        alice CALL 4 {} com.y
        bob   YIELD 4 {} [{"cache":true}]
        alice CALL 5 {} com.y
        bob   YIELD 5 {}
        alice CALL 6 {} com.y
        TIME  passes 1000
        bob   YIELD 6 {} [true]
        alice CALL 7 {} com.y
        bob   is gone
        alice CALL 8 {} com.y
        "#,
    );
    assert_eq!(conversation.router.counters().authorizations_failed.get(), 8);
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 1 {} wamp.error.authorization_failed ["the authorizer has not decided: com.error.broken"]
        bob < INVOCATION i2 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 2 {} wamp.error.authorization_failed ["the authorizer has not decided: its answer is not understood: no truth value, no dict"]
        bob < INVOCATION i3 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 3 {} wamp.error.authorization_failed ["the authorizer has not decided: its answer is not understood: unless"]
        bob < INVOCATION i4 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 4 {} wamp.error.authorization_failed ["the authorizer has not decided: its answer is not understood: no 'allow'"]
        bob < INVOCATION i5 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 5 {} wamp.error.authorization_failed ["the authorizer has not decided: its answer is not understood: no truth value, no dict"]
        bob < INVOCATION i6 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 6 {} wamp.error.authorization_failed ["the authorizer has not decided: there was no answer in time"]
        bob < INVOCATION i7 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 7 {} wamp.error.authorization_failed ["the authorizer has not decided: wamp.error.canceled"]
        alice < ERROR 48 8 {} wamp.error.authorization_failed ["the authorizer has not decided: wamp.error.no_such_procedure"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// In the order in which it was said, whatever is said meanwhile; but who is asked by others answers at once,
/// for the authorizer may need it.
#[test]
fn what_is_said_meanwhile_waits_its_turn() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice REGISTER 1 {} com.free.name
        alice PUBLISH 2 {} com.y
        alice PUBLISH 3 {} com.free.news ["second"]
        alice CALL 4 {} com.free.none
        alice CANCEL 4 {}
        bob   CALL 2 {} com.free.name
        alice YIELD 1 {} ["alice"]
        bob   YIELD 1 {} [true]
        alice GOODBYE {} wamp.close.close_realm
        "#,
    );
    expect![[r#"
        alice < REGISTERED 1 r2
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"match":"exact"}]
        alice < INVOCATION i1 r2 {}
        bob < RESULT 2 {} ["alice"]
        alice < ERROR 48 4 {} wamp.error.no_such_procedure ["no callee has registered com.free.none"]
        carol < EVENT s1 p1 {} ["second"]
        alice < GOODBYE {} wamp.close.goodbye_and_out
        alice is over
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn goodbye_waits_for_what_was_said_before() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice PUBLISH 1 {} com.y
        alice PUBLISH 2 {} com.free.news ["second"]
        alice GOODBYE {} wamp.close.close_realm
        carol CALL 2 {} com.free.none
        bob   YIELD 1 {} [false]
        "#,
    );
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"match":"exact"}]
        carol < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.free.none"]
        alice < GOODBYE {} wamp.close.goodbye_and_out
        alice is over
        carol < EVENT s1 p1 {} ["second"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Only for the session that has asked, only where it says so, and not for ever.
#[test]
fn an_answer_may_hold_for_a_while() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice CALL 1 {} com.y
        bob   YIELD 1 {} [{"allow":false,"cache":true}]
        alice CALL 2 {} com.y
        carol CALL 2 {} com.y
        bob   YIELD 2 {} [{"allow":true,"cache":true}]
        carol CALL 3 {} com.y
        alice CALL 3 {} com.y
        alice SUBSCRIBE 4 {} com.y
        bob   YIELD 3 {} [true]
        TIME  passes 60000
        alice CALL 5 {} com.y
        bob   YIELD 4 {} [true]
        "#,
    );
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 48 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < INVOCATION i2 r1 {} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        carol < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
        carol < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
        alice < ERROR 48 3 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < INVOCATION i3 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","subscribe",{"match":"exact"}]
        alice < SUBSCRIBED 4 s2
        bob < INVOCATION i4 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
        alice < ERROR 48 5 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// An authorizer is told what is asked for in full, and its answer holds for that alone; for what has lists as long
/// as it likes it does not hold at all.
#[test]
fn options_are_part_of_the_question() {
    let mut conversation = asking_bob();
    let yes = r#"[{"allow":true,"cache":true}]"#;
    conversation.play(&format!(
        r#"
        alice REGISTER 1 {{"match":"prefix","invoke":"roundrobin","x_unknown":1}} com.x
        bob   YIELD 1 {{}} {yes}
        alice REGISTER 2 {{"match":"prefix","invoke":"first"}} com.x
        bob   YIELD 2 {{}} [false]
        alice CALL 3 {{"timeout":1000}} com.y
        bob   YIELD 3 {{}} {yes}
        alice CALL 4 {{"timeout":1000}} com.y
        alice SUBSCRIBE 5 {{"get_retained":true}} com.y
        bob   YIELD 4 {{}} {yes}
        alice PUBLISH 6 {{"acknowledge":true,"retain":true,"eligible_authrole":["a"]}} com.y
        bob   YIELD 5 {{}} {yes}
        "#
    ));
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.x","register",{"match":"prefix","invoke":"roundrobin"}]
        alice < REGISTERED 1 r2
        bob < INVOCATION i2 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.x","register",{"match":"prefix","invoke":"first"}]
        alice < ERROR 64 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        bob < INVOCATION i3 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"timeout":1000,"match":"exact"}]
        alice < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
        alice < ERROR 48 4 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
        bob < INVOCATION i4 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","subscribe",{"get_retained":true,"match":"exact"}]
        alice < SUBSCRIBED 5 s2
        bob < INVOCATION i5 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"acknowledge":true,"retain":true,"eligible_authrole":["a"],"match":"exact"}]
        alice < PUBLISHED 6 p1
    "#]].assert_eq(conversation.transcript_so_far());
    let long = format!(r#"{{"acknowledge":true,"eligible_authid":["{}"]}}"#, "a".repeat(1100));
    for (request, answer) in [(7, 6), (8, 7)] {
        conversation.forget_transcript();
        conversation.play(&format!("alice PUBLISH {request} {long} com.y"));
        assert!(conversation.transcript_so_far().starts_with("bob < INVOCATION"));
        conversation.play(&format!("bob YIELD {answer} {{}} {yes}"));
    }
}

/// Whoever has more answers than there is room for is asked about some of them again.
#[test]
fn so_many_answers_are_remembered() {
    const ASKED: usize = 300;
    const REMEMBERED: usize = 256;
    let mut conversation = asking_bob();
    for request in 1..=ASKED {
        conversation.play(&format!("alice CALL {request} {{}} com.y{request}"));
        conversation.play(&format!(r#"bob YIELD {request} {{}} [{{"allow":true,"cache":true}}]"#));
    }
    conversation.forget_transcript();
    let mut asked = ASKED;
    for uri in 1..=ASKED {
        let before = conversation.transcript_so_far().matches("bob < INVOCATION").count();
        conversation.play(&format!("alice CALL {} {{}} com.y{uri}", ASKED + uri));
        if conversation.transcript_so_far().matches("bob < INVOCATION").count() > before {
            asked += 1;
            conversation.play(&format!("bob YIELD {asked} {{}} [true]"));
        }
    }
    assert_eq!(asked - ASKED, ASKED - REMEMBERED);
}

#[test]
fn who_leaves_while_somebody_is_asked_leaves_nothing_behind() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice CALL 1 {} com.y
        alice is gone
        carol is gone
        bob   YIELD 1 {} [true]
        bob   is gone
        "#,
    );
    assert_eq!(conversation.router.census(), Census::default());
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","call",{"match":"exact"}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// What was decided for is done; what nobody has decided by then is decided anew.
#[test]
fn permissions_change_while_somebody_is_asked() {
    let mut conversation = asking_bob();
    conversation.play("alice PUBLISH 1 {\"acknowledge\":true} com.y");
    conversation.router.set_permitted("realm1", &Permitted::Everything);
    conversation.play(
        r#"
        alice CALL 2 {} com.y
        bob   YIELD 1 {} [true]
        alice CALL 3 {} com.y
        "#,
    );
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"acknowledge":true,"match":"exact"}]
        alice < PUBLISHED 1 p1
        alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
        alice < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.y"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Whatever was answered.
#[test]
fn what_is_forbidden_while_somebody_is_asked_is_refused() {
    let mut conversation = asking_bob();
    conversation.play("alice SUBSCRIBE 1 {} com.y");
    let forbidden = realm(vec![prefix("com.y", Actions::NONE)], None);
    conversation.router.set_permitted("realm1", &forbidden.permitted);
    conversation.forget_transcript();
    conversation.play("bob YIELD 1 {} [true]");
    expect![[r#"alice < ERROR 32 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]"#]]
        .assert_eq(conversation.transcript().trim_end());
}

/// Nor is a history read, or a testament kept, whose topic has been forbidden meanwhile.
#[test]
fn what_a_call_is_about_may_be_forbidden_while_somebody_is_asked() {
    let authorizer =
        Authorizer { procedure: "com.auth".into(), timeout_ms: 1000, cache_ms: 60_000 };
    let permitted = |topic: Actions| {
        let auth = prefix("com.auth", Actions::NONE.with(Action::Register));
        realm(vec![auth, prefix("com.topic", topic)], Some(authorizer.clone()))
    };
    let history = vec![HistoryRule::new(MatchPolicy::Exact, "com.topic").unwrap()];
    for (call, granted) in [
        (r#"wamp.subscription.get_events [1]"#, "alice < RESULT 1 {} []"),
        (r#"wamp.session.add_testament ["com.topic",[],{}]"#, "alice < RESULT 1 {}"),
    ] {
        for now in [Actions::ALL, Actions::NONE] {
            let before = permitted(Actions::ALL);
            let mut conversation =
                Conversation::in_realm(RealmSettings { history: history.clone(), ..before });
            conversation.play("bob REGISTER 1 {} com.auth");
            conversation.play(&format!("alice CALL 1 {{}} {call}"));
            conversation.router.set_permitted("realm1", &permitted(now).permitted);
            conversation.forget_transcript();
            conversation.play("bob YIELD 1 {} [true]");
            let refused = r#"alice < ERROR 48 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]"#;
            let expected = if now == Actions::ALL { granted } else { refused };
            assert_eq!(conversation.transcript().trim_end(), expected, "{call}");
        }
    }
}

/// It was given by whom the old roles have asked: the new ones ask again. If nothing has changed, all that was said holds.
#[test]
fn an_answer_that_comes_after_other_roles_is_not_heard() {
    let mut conversation = asking_bob();
    conversation.play(r#"alice PUBLISH 1 {"acknowledge":true} com.y"#);
    let authorizer =
        Authorizer { procedure: "com.auth".into(), timeout_ms: 1000, cache_ms: 60_000 };
    let permissions = vec![prefix("com.auth", Actions::ALL), prefix("com.never.", Actions::ALL)];
    let others = realm(permissions, Some(authorizer));
    conversation.router.set_permitted("realm1", &others.permitted);
    conversation.play(
        r#"
        bob   YIELD 1 {} [{"allow":true,"cache":true}]
        bob   YIELD 2 {} [{"allow":false,"cache":true}]
        "#,
    );
    conversation.router.set_permitted("realm1", &others.permitted);
    conversation.play(r#"alice PUBLISH 2 {"acknowledge":true} com.y"#);
    expect![[r#"
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"acknowledge":true,"match":"exact"}]
        bob < INVOCATION i2 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"com.y","publish",{"acknowledge":true,"match":"exact"}]
        alice < ERROR 16 1 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
        alice < ERROR 16 2 {} wamp.error.not_authorized ["role 'anonymous' has no permission for this"]
    "#]].assert_eq(&conversation.transcript());
}

/// So much may wait; then no more is read.
#[test]
fn what_waits_is_bounded() {
    let mut conversation = asking_bob();
    conversation.play("alice PUBLISH 1 {} com.y");
    let long = "x".repeat(10_000);
    let mut request = 1;
    while !conversation.is_busy("alice") {
        request += 1;
        assert!(request < 20);
        conversation.play(&format!(r#"alice PUBLISH {request} {{}} com.free.news ["{long}"]"#));
    }
    conversation.play("bob YIELD 1 {} [true]");
    assert!(!conversation.is_busy("alice"));
    assert_eq!(conversation.transcript().matches("carol < EVENT").count(), request - 1);
}

/// What is read is what the authorizer has been asked about: not what is made while it thinks.
#[test]
fn nobody_is_asked_about_what_is_not_there() {
    let mut conversation = asking_bob();
    conversation.play(
        r#"
        alice CALL 1 {} wamp.subscription.get_events [7]
        alice CALL 2 {} wamp.subscription.get_events [1]
        bob   YIELD 1 {} [true]
        "#,
    );
    expect![[r#"
        alice < ERROR 48 1 {} wamp.error.no_such_subscription ["there is no subscription 7"]
        bob < INVOCATION i1 r1 {} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}},"wamp.subscription.get_events","call",{"match":"exact"}]
        alice < ERROR 48 2 {} wamp.error.history_unavailable ["this realm keeps no history of com.free.news"]
    "#]]
    .assert_eq(&conversation.transcript());
}
