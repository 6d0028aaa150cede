//! The session meta API: who is there, who comes and goes, and sessions that are killed.

use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn procedures_tell_of_sessions() {
    check(
        r#"
        bob   joins msgpack
        alice CALL 1 {} wamp.session.count
        alice CALL 2 {} wamp.session.list
        alice CALL 3 {} wamp.session.count [["anonymous","admin"]]
        alice CALL 4 {} wamp.session.list [["admin"]]
        alice CALL 5 {} wamp.session.count [[]]
        alice CALL 6 {} wamp.session.count [null]
        alice CALL 7 {} wamp.session.get [2147483649]
        alice CALL 8 {} wamp.session.get [2147483650]
        bob   is gone
        alice CALL 9 {} wamp.session.list
        alice CALL 10 {} wamp.session.get [2147483649]
        "#,
        expect![[r#"
            alice < RESULT 1 {} [2]
            alice < RESULT 2 {} [[2147483649,2147483650]]
            alice < RESULT 3 {} [2]
            alice < RESULT 4 {} [[]]
            alice < RESULT 5 {} [0]
            alice < RESULT 6 {} [2]
            alice < RESULT 7 {} [{"session":2147483649,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"msgpack"},"x_events_dropped":0}]
            alice < RESULT 8 {} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"},"x_events_dropped":0}]
            alice < RESULT 9 {} [[2147483650]]
            alice < ERROR 48 10 {} wamp.error.no_such_session ["there is no session 2147483649"]
        "#]],
    );
}

#[test]
fn procedures_say_what_is_wrong() {
    check(
        r#"
        bob   joins json
        alice CALL 1 {} wamp.session.count ["anonymous"]
        alice CALL 2 {} wamp.session.list [[1]]
        alice CALL 3 {} wamp.session.get
        alice CALL 4 {} wamp.session.get [7]
        alice CALL 5 {} wamp.session.kill ["bob"]
        alice CALL 6 {} wamp.session.kill [7]
        alice CALL 7 {} wamp.session.kill [2147483650]
        alice CALL 8 {} wamp.session.kill [2147483649] {"reason":""}
        alice CALL 9 {} wamp.session.kill [2147483649] {"reason":7}
        alice CALL 10 {} wamp.session.kill_by_authid ["anonymous"] {"reason":"no reason"}
        alice CALL 11 {} wamp.session.kill_by_authrole ["anonymous"] {"reason":"com..one"}
        alice CALL 12 {} wamp.session.kill_all [] {"reason":"a#b"}
        alice CALL 13 {} wamp.session.kill_all [] {"message":1}
        alice CALL 14 {} wamp.session.kill_by_authid
        alice CALL 15 {} wamp.session.kill_by_authrole [1]
        alice CALL 16 {} wamp.session.count
        "#,
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.invalid_argument ["the first argument, the roles to count, must be a list of strings"]
            alice < ERROR 48 2 {} wamp.error.invalid_argument ["the first argument, the roles to count, must be a list of strings"]
            alice < ERROR 48 3 {} wamp.error.invalid_argument ["the first argument, a session's ID, is missing"]
            alice < ERROR 48 4 {} wamp.error.no_such_session ["there is no session 7"]
            alice < ERROR 48 5 {} wamp.error.invalid_argument ["the first argument, a session's ID, is missing"]
            alice < ERROR 48 6 {} wamp.error.no_such_session ["there is no other session 7"]
            alice < ERROR 48 7 {} wamp.error.no_such_session ["there is no other session 2147483650"]
            alice < ERROR 48 8 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not be empty"]
            alice < ERROR 48 9 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not be empty"]
            alice < ERROR 48 10 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not contain white space, control characters or '#'"]
            alice < ERROR 48 11 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not have empty components"]
            alice < ERROR 48 12 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not contain white space, control characters or '#'"]
            alice < ERROR 48 13 {} wamp.error.invalid_argument ["message must be a string"]
            alice < ERROR 48 14 {} wamp.error.invalid_argument ["the first argument, an authid, is missing"]
            alice < ERROR 48 15 {} wamp.error.invalid_argument ["the first argument, an authrole, is missing"]
            alice < RESULT 16 {} [2]
        "#]],
    );
}

/// What a session had is told before its leaving, and nothing of it after.
#[test]
fn events_tell_who_comes_and_goes() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} wamp.session.
        eve   SUBSCRIBE 2 {} wamp.registration.on_delete
        eve   SUBSCRIBE 3 {} wamp.subscription.on_delete
        bob   joins cbor
        bob   REGISTER 1 {} com.one
        bob   SUBSCRIBE 2 {} com.news
        bob   GOODBYE {} wamp.close.close_realm
        carol joins json
        carol is gone
        dave  joins json
        dave  sends [
        erin  joins json
        erin  ABORT {} com.error.tired
        frank HELLO nowhere {}
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < SUBSCRIBED 2 s2
            eve < SUBSCRIBED 3 s3
            eve < EVENT s1 p1 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"cbor"}}]
            bob < REGISTERED 1 r1
            bob < SUBSCRIBED 2 s4
            bob < GOODBYE {} wamp.close.goodbye_and_out
            bob is over
            eve < EVENT s2 p2 {} [2147483650,1]
            eve < EVENT s3 p3 {} [2147483650,4]
            eve < EVENT s1 p4 {"topic":"wamp.session.on_leave"} [2147483650,"anonymous","anonymous"]
            eve < EVENT s1 p5 {"topic":"wamp.session.on_join"} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            eve < EVENT s1 p6 {"topic":"wamp.session.on_leave"} [2147483651,"anonymous","anonymous"]
            eve < EVENT s1 p7 {"topic":"wamp.session.on_join"} [{"session":2147483652,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            dave < ABORT {"message":"ill-formed json: unexpected end at octet 1"} wamp.error.protocol_violation
            dave is over
            eve < EVENT s1 p8 {"topic":"wamp.session.on_leave"} [2147483652,"anonymous","anonymous"]
            eve < EVENT s1 p9 {"topic":"wamp.session.on_join"} [{"session":2147483653,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            erin is over
            eve < EVENT s1 p10 {"topic":"wamp.session.on_leave"} [2147483653,"anonymous","anonymous"]
            frank < ABORT {"message":"there is no realm nowhere here"} wamp.error.no_such_realm
            frank is over
        "#]],
    );
}

#[test]
fn one_session_is_killed() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} wamp.session.on_leave
        bob   joins json
        carol joins json
        dave  joins json
        alice CALL 1 {} wamp.session.kill [2147483650]
        bob   GOODBYE {} wamp.close.goodbye_and_out
        alice CALL 2 {} wamp.session.kill [2147483651] {"reason":"com.example.reason","message":"go home"}
        alice CALL 3 {} wamp.session.kill [2147483652] {"reason":null,"message":null}
        alice CALL 4 {} wamp.session.list
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p1 {"topic":"wamp.session.on_leave"} [2147483650,"anonymous","anonymous"]
            bob is over
            alice < RESULT 2 {}
            carol < GOODBYE {"message":"go home"} com.example.reason
            eve < EVENT s1 p2 {"topic":"wamp.session.on_leave"} [2147483651,"anonymous","anonymous"]
            alice < RESULT 3 {}
            dave < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p3 {"topic":"wamp.session.on_leave"} [2147483652,"anonymous","anonymous"]
            alice < RESULT 4 {} [[2147483649,2147483653]]
        "#]],
    );
}

/// It never answers the GOODBYE, and is gone all the same.
#[test]
fn who_is_killed_is_gone_at_once() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} wamp.session.on_leave
        bob   REGISTER 1 {} com.one
        bob   SUBSCRIBE 2 {} com.news
        alice CALL 1 {} wamp.session.kill [2147483650]
        + alice CALL 2 {} wamp.session.kill [2147483650]
        + alice CALL 3 {} wamp.session.get [2147483650]
        + alice CALL 4 {} wamp.session.count
        + alice CALL 5 {} wamp.session.list
        + alice CALL 6 {} com.one
        + alice PUBLISH 7 {} com.news
        alice CALL 8 {} com.one
        alice CALL 9 {} wamp.session.kill [2147483650]
        bob   PUBLISH 3 {} com.news
        bob   CALL 4 {} wamp.session.kill_all
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            bob < REGISTERED 1 r1
            bob < SUBSCRIBED 2 s2
            alice < RESULT 1 {}
            alice < ERROR 48 2 {} wamp.error.no_such_session ["there is no other session 2147483650"]
            alice < ERROR 48 3 {} wamp.error.no_such_session ["there is no session 2147483650"]
            alice < RESULT 4 {} [2]
            alice < RESULT 5 {} [[2147483649,2147483651]]
            alice < ERROR 48 6 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p1 {} [2147483650,"anonymous","anonymous"]
            alice < ERROR 48 8 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 9 {} wamp.error.no_such_session ["there is no other session 2147483650"]
        "#]],
    );
}

/// What the same read of it brought after the kill is not looked at.
#[test]
fn who_is_killed_does_nothing_more() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} com.news
        eve   SUBSCRIBE 2 {} wamp.registration.on_create
        eve   SUBSCRIBE 3 {} wamp.session.on_leave
        bob   PUBLISH 1 {} com.news ["before"]
        alice CALL 1 {} wamp.session.kill [2147483650]
        + bob   PUBLISH 2 {} com.news ["after"]
        + bob   REGISTER 3 {} com.one
        + bob   CALL 4 {} wamp.session.kill [2147483651]
        + bob   sends nonsense
        alice CALL 2 {} wamp.session.count
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < SUBSCRIBED 2 s2
            eve < SUBSCRIBED 3 s3
            eve < EVENT s1 p1 {} ["before"]
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            bob is over
            eve < EVENT s3 p2 {} [2147483650,"anonymous","anonymous"]
            alice < RESULT 2 {} [2]
        "#]],
    );
}

/// The other's request comes too late: one of them is left.
#[test]
fn two_that_kill_each_other() {
    check(
        "
        bob   joins json
        alice CALL 1 {} wamp.session.kill_all
        + bob   CALL 1 {} wamp.session.kill_all
        alice CALL 2 {} wamp.session.list
        ",
        expect![[r#"
            alice < RESULT 1 {} [1]
            bob < GOODBYE {} wamp.close.killed
            alice < RESULT 2 {} [[2147483650]]
        "#]],
    );
}

#[test]
fn calls_of_and_to_who_is_killed() {
    check(
        r#"
        bob   knows call_canceling
        bob   REGISTER 1 {} com.bob
        carol REGISTER 1 {"concurrency":1,"x_queue":5} com.carol
        dave  knows call_canceling
        dave  REGISTER 1 {} com.dave
        alice CALL 1 {} com.bob
        alice CALL 2 {} com.carol
        bob   CALL 2 {} com.carol
        bob   CALL 3 {} com.dave
        alice CALL 3 {} wamp.session.kill [2147483649]
        carol YIELD i1 {}
        dave  YIELD i1 {}
        alice CALL 4 {} com.bob
        alice CALL 5 {} wamp.session.kill [2147483651]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r2
            dave < REGISTERED 1 r3
            bob < INVOCATION i1 r1 {}
            carol < INVOCATION i1 r2 {}
            dave < INVOCATION i1 r3 {}
            alice < RESULT 3 {}
            bob < GOODBYE {} wamp.close.killed
            dave < INTERRUPT i1 {"mode":"killnowait"}
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < RESULT 2 {}
            alice < ERROR 48 4 {} wamp.error.no_such_procedure ["no callee has registered com.bob"]
            alice < RESULT 5 {}
            dave < GOODBYE {} wamp.close.killed
        "#]],
    );
}

/// Whoever shares a registration goes on with it.
#[test]
fn a_shared_registration_of_who_is_killed() {
    check(
        r#"
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        alice CALL 1 {} com.one
        alice CALL 2 {} wamp.session.kill [2147483649]
        + alice CALL 3 {} com.one
        carol YIELD i1 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < RESULT 2 {}
            bob < GOODBYE {} wamp.close.killed
            carol < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < RESULT 3 {}
        "#]],
    );
}

/// All are `anonymous`: all but the caller go.
#[test]
fn sessions_are_killed_by_who_they_are() {
    let script = |procedure| {
        format!(
            r#"
            bob   joins json
            carol joins json
            alice CALL 1 {{}} wamp.session.{procedure} ["nobody"]
            alice CALL 2 {{}} wamp.session.{procedure} ["anonymous"] {{"message":"all of you"}}
            alice CALL 3 {{}} wamp.session.{procedure} ["anonymous"]
            "#
        )
    };
    check(
        &script("kill_by_authid"),
        expect![[r#"
        alice < RESULT 1 {} [[]]
        alice < RESULT 2 {} [[2147483649,2147483650]]
        bob < GOODBYE {"message":"all of you"} wamp.close.killed
        carol < GOODBYE {"message":"all of you"} wamp.close.killed
        alice < RESULT 3 {} [[]]
    "#]],
    );
    check(
        &script("kill_by_authrole"),
        expect![[r#"
        alice < RESULT 1 {} [0]
        alice < RESULT 2 {} [2]
        bob < GOODBYE {"message":"all of you"} wamp.close.killed
        carol < GOODBYE {"message":"all of you"} wamp.close.killed
        alice < RESULT 3 {} [0]
    "#]],
    );
}

/// Nothing is told of sessions, but what they held is. Whoever comes later is told of again.
#[test]
fn all_others_are_killed() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} wamp.
        eve   SUBSCRIBE 2 {} com.last
        bob   REGISTER 1 {} com.one
        bob   CALL 2 {} wamp.session.add_testament ["com.last",["bob"],{}]
        carol joins json
        carol CALL 1 {} wamp.session.add_testament ["com.last",["carol"],{}] {"scope":"detached"}
        eve   CALL 3 {} wamp.session.kill_all [] {"reason":"com.example.cleaning"}
        eve   CALL 4 {} wamp.session.kill_all
        dave  joins json
        dave  is gone
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < EVENT s1 p1 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.","match":"prefix"}]
            eve < EVENT s1 p2 {"topic":"wamp.subscription.on_subscribe"} [2147483649,1]
            eve < SUBSCRIBED 2 s2
            eve < EVENT s1 p3 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"com.last","match":"exact"}]
            eve < EVENT s1 p4 {"topic":"wamp.subscription.on_subscribe"} [2147483649,2]
            eve < EVENT s1 p5 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            bob < REGISTERED 1 r1
            eve < EVENT s1 p6 {"topic":"wamp.registration.on_create"} [2147483650,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"single"}]
            eve < EVENT s1 p7 {"topic":"wamp.registration.on_register"} [2147483650,1]
            bob < RESULT 2 {}
            eve < EVENT s1 p8 {"topic":"wamp.session.on_join"} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            carol < RESULT 1 {}
            bob < GOODBYE {} com.example.cleaning
            carol < GOODBYE {} com.example.cleaning
            eve < RESULT 3 {} [2]
            eve < EVENT s1 p9 {"topic":"wamp.registration.on_unregister"} [2147483650,1]
            eve < EVENT s1 p10 {"topic":"wamp.registration.on_delete"} [2147483650,1]
            eve < RESULT 4 {} [0]
            eve < EVENT s1 p11 {"topic":"wamp.session.on_join"} [{"session":2147483652,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            eve < EVENT s1 p12 {"topic":"wamp.session.on_leave"} [2147483652,"anonymous","anonymous"]
        "#]],
    );
}

#[test]
fn other_realms_are_other_sessions() {
    check(
        "
        bob   HELLO realm2 {}
        alice CALL 1 {} wamp.session.count
        alice CALL 2 {} wamp.session.kill [2147483649]
        alice CALL 3 {} wamp.session.kill_all
        ",
        expect![[r#"
            bob < WELCOME #bob {"realm":"realm2","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            alice < RESULT 1 {} [1]
            alice < ERROR 48 2 {} wamp.error.no_such_session ["there is no other session 2147483649"]
            alice < RESULT 3 {} [0]
        "#]],
    );
}

/// Its GOODBYE waits behind what it has not read; it is gone for the others all the same.
#[test]
fn who_does_not_read_is_killed() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} wamp.session.on_leave
        bob   REGISTER 1 {} com.one
        bob   SUBSCRIBE 2 {} com.news
        bob   takes 5
        alice PUBLISH 1 {} com.news [1]
        alice CALL 2 {} wamp.session.kill [2147483650]
        alice PUBLISH 3 {} com.news [2]
        alice CALL 4 {} com.one
        alice CALL 5 {} wamp.session.count
        bob   takes all
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            bob < REGISTERED 1 r1
            bob < SUBSCRIBED 2 s2
            alice < RESULT 2 {}
            eve < EVENT s1 p1 {} [2147483650,"anonymous","anonymous"]
            alice < ERROR 48 4 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < RESULT 5 {} [2]
            bob < EVENT s2 p2 {} [1]
            bob < GOODBYE {} wamp.close.killed
        "#]],
    );
}

#[test]
fn what_did_not_reach_a_session_is_counted() {
    let mut conversation = Conversation::default();
    let long = "x".repeat(7 << 20);
    conversation.play(&format!(
        r#"
        bob   SUBSCRIBE 1 {{}} com.news
        bob   takes 0
        alice PUBLISH 1 {{}} com.news ["{long}"]
        alice PUBLISH 2 {{}} com.news ["{long}"]
        alice PUBLISH 3 {{}} com.news ["{long}"]
        alice CALL 4 {{}} wamp.session.get [2147483649]
        "#
    ));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        alice < RESULT 4 {} [{"session":2147483649,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"},"x_events_dropped":2}]
    "#]].assert_eq(&conversation.transcript());
}
