//! Testaments: what is published when a session ends.

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Disclosure, RealmSettings};
use expect_test::expect;

use crate::conversation::{Conversation, check};

/// Before it gives up what it holds, and before others hear that it has left.
#[test]
fn a_session_ends_in_whatever_way() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} com.last
        eve   SUBSCRIBE 2 {} wamp.session.on_leave
        eve   SUBSCRIBE 3 {} wamp.registration.on_unregister
        bob   CALL 1 {} wamp.session.add_testament ["com.last",["goodbye"],{}]
        bob   REGISTER 2 {} com.one
        bob   GOODBYE {} wamp.close.close_realm
        carol CALL 1 {} wamp.session.add_testament ["com.last",["gone"],{}]
        carol is gone
        dave  CALL 1 {} wamp.session.add_testament ["com.last",["violation"],{}]
        dave  SUBSCRIBE 7 {} com.news
        erin  CALL 1 {} wamp.session.add_testament ["com.last",["abort"],{}]
        erin  ABORT {} com.error.tired
        frank CALL 1 {} wamp.session.add_testament ["com.last",["killed"],{}]
        eve   CALL 4 {} wamp.session.kill [2147483654]
        gina  CALL 1 {} wamp.session.add_testament ["com.last",["shutdown"],{}]
        ROUTER shuts down
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < SUBSCRIBED 2 s2
            eve < SUBSCRIBED 3 s3
            bob < RESULT 1 {}
            bob < REGISTERED 2 r1
            bob < GOODBYE {} wamp.close.goodbye_and_out
            bob is over
            eve < EVENT s1 p1 {} ["goodbye"] {}
            eve < EVENT s3 p2 {} [2147483650,1]
            eve < EVENT s2 p3 {} [2147483650,"anonymous","anonymous"]
            carol < RESULT 1 {}
            eve < EVENT s1 p4 {} ["gone"] {}
            eve < EVENT s2 p5 {} [2147483651,"anonymous","anonymous"]
            dave < RESULT 1 {}
            dave < ABORT {"message":"SUBSCRIBE.Request is 7, but this session's next request is 2"} wamp.error.protocol_violation
            dave is over
            eve < EVENT s1 p6 {} ["violation"] {}
            eve < EVENT s2 p7 {} [2147483652,"anonymous","anonymous"]
            erin < RESULT 1 {}
            erin is over
            eve < EVENT s1 p8 {} ["abort"] {}
            eve < EVENT s2 p9 {} [2147483653,"anonymous","anonymous"]
            frank < RESULT 1 {}
            eve < RESULT 4 {}
            frank < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p10 {} ["killed"] {}
            eve < EVENT s2 p11 {} [2147483654,"anonymous","anonymous"]
            gina < RESULT 1 {}
            eve < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            gina < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
        "#]],
    );
}

#[test]
fn scopes_have_their_order() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} com.last
        bob   CALL 1 {} wamp.session.add_testament ["com.last",["destroyed",1],{}]
        bob   CALL 2 {} wamp.session.add_testament ["com.last",["detached",1],{}] {"scope":"detached"}
        bob   CALL 3 {} wamp.session.add_testament ["com.last.will",[],{"destroyed":2}] {"scope":"destroyed"}
        bob   CALL 4 {} wamp.session.add_testament ["com.last"] {"scope":"detached"}
        bob   is gone
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            bob < RESULT 1 {}
            bob < RESULT 2 {}
            bob < RESULT 3 {}
            bob < RESULT 4 {}
            eve < EVENT s1 p1 {"topic":"com.last"} ["detached",1] {}
            eve < EVENT s1 p2 {"topic":"com.last"}
            eve < EVENT s1 p3 {"topic":"com.last"} ["destroyed",1] {}
            eve < EVENT s1 p4 {"topic":"com.last.will"} [] {"destroyed":2}
        "#]],
    );
}

#[test]
fn testaments_are_flushed_by_scope() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} com.last
        bob   CALL 1 {} wamp.session.add_testament ["com.last",["destroyed"],{}]
        bob   CALL 2 {} wamp.session.add_testament ["com.last",["detached"],{}] {"scope":"detached"}
        bob   CALL 3 {} wamp.session.flush_testaments
        bob   is gone
        carol CALL 1 {} wamp.session.add_testament ["com.last",["destroyed"],{}]
        carol CALL 2 {} wamp.session.add_testament ["com.last",["detached"],{}] {"scope":"detached"}
        carol CALL 3 {} wamp.session.flush_testaments [] {"scope":"detached"}
        carol is gone
        dave  CALL 1 {} wamp.session.flush_testaments
        dave  CALL 2 {} wamp.session.flush_testaments [] {"scope":"all"}
        dave  CALL 3 {} wamp.session.flush_testaments [] {"scope":1}
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            bob < RESULT 1 {}
            bob < RESULT 2 {}
            bob < RESULT 3 {}
            eve < EVENT s1 p1 {} ["detached"] {}
            carol < RESULT 1 {}
            carol < RESULT 2 {}
            carol < RESULT 3 {}
            eve < EVENT s1 p2 {} ["destroyed"] {}
            dave < RESULT 1 {}
            dave < ERROR 48 2 {} wamp.error.invalid_argument ["scope 'all' is not known: detached and destroyed are"]
            dave < ERROR 48 3 {} wamp.error.invalid_argument ["scope must be a string"]
        "#]],
    );
}

/// As if the session published it itself; only it is not there any more to be told that it worked.
#[test]
fn options_are_those_of_a_publication() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.last
        carol SUBSCRIBE 1 {} com.last
        dave  SUBSCRIBE 1 {} com.last
        bob   CALL 2 {} wamp.session.add_testament ["com.last",[1],{}] {"publish_options":{"acknowledge":true,"exclude_me":false,"disclose_me":true}}
        bob   CALL 3 {} wamp.session.add_testament ["com.last",[2],{}] {"publish_options":{"eligible":[2147483650]}}
        bob   CALL 4 {} wamp.session.add_testament ["com.last",[3],{}] {"publish_options":{"exclude":[2147483650]}}
        bob   GOODBYE {} wamp.close.close_realm
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            dave < SUBSCRIBED 1 s1
            bob < RESULT 2 {}
            bob < RESULT 3 {}
            bob < RESULT 4 {}
            bob < EVENT s1 p1 {"publisher":2147483649,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [1] {}
            bob < GOODBYE {} wamp.close.goodbye_and_out
            bob is over
            carol < EVENT s1 p1 {"publisher":2147483649,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [1] {}
            carol < EVENT s1 p2 {} [2] {}
            dave < EVENT s1 p1 {"publisher":2147483649,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [1] {}
            dave < EVENT s1 p3 {} [3] {}
        "#]],
    );
}

/// What was retained of a session is its testament then.
#[test]
fn a_testament_is_retained() {
    check(
        r#"
        bob   PUBLISH 1 {"retain":true} com.status ["here"]
        bob   CALL 2 {} wamp.session.add_testament ["com.status",["gone"],{}] {"publish_options":{"retain":true}}
        eve   SUBSCRIBE 1 {"get_retained":true} com.status
        bob   is gone
        dave  SUBSCRIBE 1 {"get_retained":true} com.status
        "#,
        expect![[r#"
            bob < RESULT 2 {}
            eve < SUBSCRIBED 1 s1
            eve < EVENT s1 p1 {"retained":true} ["here"]
            eve < EVENT s1 p2 {} ["gone"] {}
            dave < SUBSCRIBED 1 s1
            dave < EVENT s1 p2 {"retained":true} ["gone"] {}
        "#]],
    );
}

#[test]
fn what_is_wrong_is_said_when_it_is_added() {
    let realm =
        RealmSettings { publisher_disclosure: Disclosure::Never, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        bob   CALL 1 {} wamp.session.add_testament
        bob   CALL 2 {} wamp.session.add_testament ["not a topic",[],{}]
        bob   CALL 3 {} wamp.session.add_testament ["wamp.session.on_join",[],{}]
        bob   CALL 4 {} wamp.session.add_testament ["com.last",{},{}]
        bob   CALL 5 {} wamp.session.add_testament ["com.last",[],[]]
        bob   CALL 6 {} wamp.session.add_testament ["com.last",[],{}] {"scope":"later"}
        bob   CALL 7 {} wamp.session.add_testament ["com.last",[],{}] {"publish_options":[]}
        bob   CALL 8 {} wamp.session.add_testament ["com.last",[],{}] {"publish_options":{"exclude_me":1}}
        bob   CALL 9 {} wamp.session.add_testament ["com.last",[],{}] {"publish_options":{"eligible":["bob"]}}
        bob   CALL 10 {} wamp.session.add_testament ["com.last",[],{}] {"publish_options":{"disclose_me":true}}
        bob   CALL 11 {} wamp.session.add_testament ["com.last",[],{}] {"publish_options":{"ppt_scheme":"x_mine"}}
        "#,
    );
    expect![[r#"
        bob < ERROR 48 1 {} wamp.error.invalid_argument ["the first argument, a topic, is missing"]
        bob < ERROR 48 2 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not contain white space, control characters or '#'"]
        bob < ERROR 48 3 {} wamp.error.invalid_uri ["the topic is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
        bob < ERROR 48 4 {} wamp.error.invalid_argument ["PUBLISH.Arguments must be a list"]
        bob < ERROR 48 5 {} wamp.error.invalid_argument ["PUBLISH.ArgumentsKw must be a dict"]
        bob < ERROR 48 6 {} wamp.error.invalid_argument ["scope 'later' is not known: detached and destroyed are"]
        bob < ERROR 48 7 {} wamp.error.invalid_argument ["publish_options must be a dict"]
        bob < ERROR 48 8 {} wamp.error.invalid_argument ["PUBLISH.Options.exclude_me must be a bool"]
        bob < ERROR 48 9 {} wamp.error.invalid_argument ["PUBLISH.Options.eligible must be a list of at most 65536 session IDs"]
        bob < ERROR 48 10 {} wamp.error.option_disallowed.disclose_me ["this realm does not tell subscribers who publishes: leave out disclose_me"]
        bob < ERROR 48 11 {} wamp.error.invalid_argument ["PUBLISH uses payload_passthru_mode, which HELLO has not announced"]
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn testaments_are_limited() {
    let limits = Limits { testaments_max: 2, testaments_octets_max: 20_000, ..Limits::default() };
    let mut conversation = Conversation::new(limits, UncountedRequests::Tolerate);
    let long = "x".repeat(9_500);
    conversation.play(&format!(
        r#"
        eve   SUBSCRIBE 1 {{}} com.last
        bob   CALL 1 {{}} wamp.session.add_testament ["com.last",["{long}{long}{long}"],{{}}]
        bob   CALL 2 {{}} wamp.session.add_testament ["com.last",["{long}"],{{}}]
        bob   CALL 3 {{}} wamp.session.add_testament ["com.last",["{long}{long}"],{{}}]
        bob   CALL 4 {{}} wamp.session.add_testament ["com.last",["{long}"],{{}}] {{"scope":"detached"}}
        bob   CALL 5 {{}} wamp.session.add_testament ["com.last",[],{{}}]
        bob   CALL 6 {{}} wamp.session.flush_testaments
        bob   CALL 7 {{}} wamp.session.add_testament ["com.last",[7],{{}}]
        bob   is gone
        "#
    ));
    let transcript = conversation.transcript().replace(&long, "LONG");
    expect![[r#"
        eve < SUBSCRIBED 1 s1
        bob < ERROR 48 1 {} crosspoint.error.limit_exceeded ["the testaments of a session take 20000 octets together at most"]
        bob < RESULT 2 {}
        bob < ERROR 48 3 {} crosspoint.error.limit_exceeded ["the testaments of a session take 20000 octets together at most"]
        bob < RESULT 4 {}
        bob < ERROR 48 5 {} crosspoint.error.limit_exceeded ["this session has 2 testaments, the limit"]
        bob < RESULT 6 {}
        bob < RESULT 7 {}
        eve < EVENT s1 p1 {} ["LONG"] {}
        eve < EVENT s1 p2 {} [7] {}
    "#]].assert_eq(&transcript);
}

/// Each receiver gets it in its serializer.
#[test]
fn testaments_cross_serializers() {
    let mut conversation = Conversation::default();
    for (leaving, staying) in [("json", "cbor"), ("msgpack", "json"), ("cbor", "msgpack")] {
        conversation.play(&format!(
            r#"
            to_{staying}   joins {staying}
            to_{staying}   SUBSCRIBE 1 {{}} com.last.{leaving}
            from_{leaving} joins {leaving}
            from_{leaving} CALL 1 {{}} wamp.session.add_testament ["com.last.{leaving}",[1,-2.5,"ä",null,[true]],{{"a":{{"b":18446744073709551615}}}}]
            from_{leaving} is gone
            "#
        ));
    }
    expect![[r#"
        to_cbor < SUBSCRIBED 1 s1
        from_json < RESULT 1 {}
        to_cbor < EVENT s1 p1 {} [1,-2.5,"ä",null,[true]] {"a":{"b":18446744073709551615}}
        to_json < SUBSCRIBED 1 s2
        from_msgpack < RESULT 1 {}
        to_json < EVENT s2 p2 {} [1,-2.5,"ä",null,[true]] {"a":{"b":18446744073709551615}}
        to_msgpack < SUBSCRIBED 1 s3
        from_cbor < RESULT 1 {}
        to_msgpack < EVENT s3 p3 {} [1,-2.5,"ä",null,[true]] {"a":{"b":18446744073709551615}}
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Also if the leaving session reads nothing any more.
#[test]
fn a_session_that_takes_no_message_leaves_its_testament() {
    let mut conversation = Conversation::default();
    conversation.limit(LengthLimit::MIN);
    conversation.play(
        r#"
        eve   SUBSCRIBE 1 {} com.last
        bob   CALL 1 {} wamp.session.add_testament ["com.last",["bob"],{}]
        bob   takes 0
        eve   CALL 2 {} wamp.session.kill [2147483650]
        "#,
    );
    expect![[r#"
        eve < SUBSCRIBED 1 s1
        bob < RESULT 1 {}
        eve < RESULT 2 {}
        eve < EVENT s1 p1 {} ["bob"] {}
    "#]]
    .assert_eq(&conversation.transcript());
}
