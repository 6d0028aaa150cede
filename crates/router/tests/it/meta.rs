//! The registration meta API.

use crosspoint_proto::framing::rawsocket::LengthLimit;
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn procedures_tell_of_registrations() {
    check(
        r#"
        bob   REGISTER 1 {} com.one
        bob   REGISTER 2 {"match":"prefix","invoke":"roundrobin"} com.
        carol REGISTER 1 {"match":"prefix","invoke":"roundrobin"} com.
        carol REGISTER 2 {"match":"wildcard"} com..x
        alice CALL 1 {} wamp.registration.list
        alice CALL 2 {} wamp.registration.lookup ["com.one"]
        alice CALL 3 {} wamp.registration.lookup ["com.",{"match":"prefix"}]
        alice CALL 4 {} wamp.registration.lookup ["com."]
        alice CALL 5 {} wamp.registration.match ["com.one"]
        alice CALL 6 {} wamp.registration.match ["com.two"]
        alice CALL 7 {} wamp.registration.match ["org.two"]
        alice CALL 8 {} wamp.registration.match ["wamp.registration.list"]
        alice CALL 9 {} com.one
        bob   YIELD i1 {}
        alice CALL 10 {} com.one
        alice CALL 11 {} wamp.registration.get [1]
        alice CALL 12 {} wamp.registration.get [2]
        alice CALL 13 {} wamp.registration.count_callees [2]
        alice CALL 14 {} wamp.registration.list_callees [2]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < REGISTERED 2 r2
            carol < REGISTERED 1 r2
            carol < REGISTERED 2 r3
            alice < RESULT 1 {} [{"exact":[1],"prefix":[2],"wildcard":[3]}]
            alice < RESULT 2 {} [1]
            alice < RESULT 3 {} [2]
            alice < RESULT 4 {} [null]
            alice < RESULT 5 {} [1]
            alice < RESULT 6 {} [2]
            alice < RESULT 7 {} [null]
            alice < RESULT 8 {} [null]
            bob < INVOCATION i1 r1 {}
            alice < RESULT 9 {}
            bob < INVOCATION i2 r1 {}
            alice < RESULT 11 {} [{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"single","x_calls_in_flight":1,"x_calls_served":1}]
            alice < RESULT 12 {} [{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"com.","match":"prefix","invoke":"roundrobin","x_calls_in_flight":0,"x_calls_served":0}]
            alice < RESULT 13 {} [2]
            alice < RESULT 14 {} [[2147483649,2147483650]]
        "#]],
    );
}

#[test]
fn procedures_say_what_is_wrong() {
    check(
        r#"
        alice CALL 1 {} wamp.registration.get [99]
        alice CALL 2 {} wamp.registration.list_callees [99]
        alice CALL 3 {} wamp.registration.count_callees [99]
        alice CALL 4 {} wamp.registration.remove_callee [99,1]
        alice CALL 5 {} wamp.registration.get
        alice CALL 6 {} wamp.registration.get ["one"]
        alice CALL 7 {} wamp.registration.match [1]
        alice CALL 8 {} wamp.registration.lookup ["com.one",{"match":"regex"}]
        alice CALL 9 {} wamp.registration.lookup ["com.one",7]
        alice REGISTER 10 {} com.one
        alice CALL 11 {} wamp.registration.remove_callee [1]
        alice CALL 12 {} wamp.registration.remove_callee [1,7]
        alice CALL 13 {} wamp.registration.nothing
        alice CALL 14 {} wamp.registration.list
        "#,
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_registration ["there is no registration 99"]
            alice < ERROR 48 2 {} wamp.error.no_such_registration ["there is no registration 99"]
            alice < ERROR 48 3 {} wamp.error.no_such_registration ["there is no registration 99"]
            alice < ERROR 48 4 {} wamp.error.no_such_registration ["there is no registration 99"]
            alice < ERROR 48 5 {} wamp.error.invalid_argument ["the first argument, a registration's ID, is missing"]
            alice < ERROR 48 6 {} wamp.error.invalid_argument ["the first argument, a registration's ID, is missing"]
            alice < ERROR 48 7 {} wamp.error.invalid_argument ["the first argument, a procedure's URI, is missing"]
            alice < ERROR 48 8 {} wamp.error.option_not_allowed ["match 'regex' is not known: exact, prefix and wildcard are"]
            alice < ERROR 48 9 {} wamp.error.invalid_argument ["the second argument, options, must be a dict"]
            alice < REGISTERED 10 r1
            alice < ERROR 48 11 {} wamp.error.invalid_argument ["the second argument, a session's ID, is missing"]
            alice < ERROR 48 12 {} wamp.error.no_such_session ["session 7 is no callee of this registration"]
            alice < ERROR 48 13 {} wamp.error.no_such_procedure ["no callee has registered wamp.registration.nothing"]
            alice < RESULT 14 {} [{"exact":[1],"prefix":[],"wildcard":[]}]
        "#]],
    );
}

#[test]
fn events_tell_of_the_life_of_a_registration() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} wamp.registration.on_create
        eve   SUBSCRIBE 2 {} wamp.registration.on_register
        eve   SUBSCRIBE 3 {} wamp.registration.on_unregister
        eve   SUBSCRIBE 4 {} wamp.registration.on_delete
        bob   REGISTER 1 {"invoke":"first"} com.one
        carol REGISTER 1 {"invoke":"first"} com.one
        bob   UNREGISTER 2 r1
        carol is gone
        dave  REGISTER 1 {"match":"wildcard"} com..x
        dave  GOODBYE {} wamp.close.close_realm
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < SUBSCRIBED 2 s2
            eve < SUBSCRIBED 3 s3
            eve < SUBSCRIBED 4 s4
            bob < REGISTERED 1 r1
            eve < EVENT s1 p1 {} [2147483650,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"first"}]
            eve < EVENT s2 p2 {} [2147483650,1]
            carol < REGISTERED 1 r1
            eve < EVENT s2 p3 {} [2147483651,1]
            bob < UNREGISTERED 2
            eve < EVENT s3 p4 {} [2147483650,1]
            eve < EVENT s3 p5 {} [2147483651,1]
            eve < EVENT s4 p6 {} [2147483651,1]
            dave < REGISTERED 1 r2
            eve < EVENT s1 p7 {} [2147483652,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"com..x","match":"wildcard","invoke":"single"}]
            eve < EVENT s2 p8 {} [2147483652,2]
            dave < GOODBYE {} wamp.close.goodbye_and_out
            dave is over
            eve < EVENT s3 p9 {} [2147483652,2]
            eve < EVENT s4 p10 {} [2147483652,2]
        "#]],
    );
}

#[test]
fn whoever_listens_to_a_pattern_hears_them_too() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} wamp.
        dave  SUBSCRIBE 1 {"match":"wildcard"} wamp.registration.
        bob   REGISTER 1 {} com.one
        bob   UNREGISTER 2 r1
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < EVENT s1 p1 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.","match":"prefix"}]
            eve < EVENT s1 p2 {"topic":"wamp.subscription.on_subscribe"} [2147483649,1]
            eve < EVENT s1 p3 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            dave < SUBSCRIBED 1 s2
            eve < EVENT s1 p4 {"topic":"wamp.subscription.on_create"} [2147483650,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.registration.","match":"wildcard"}]
            eve < EVENT s1 p5 {"topic":"wamp.subscription.on_subscribe"} [2147483650,2]
            eve < EVENT s1 p6 {"topic":"wamp.session.on_join"} [{"session":2147483651,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            bob < REGISTERED 1 r1
            dave < EVENT s2 p7 {"topic":"wamp.registration.on_create"} [2147483651,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"single"}]
            dave < EVENT s2 p8 {"topic":"wamp.registration.on_register"} [2147483651,1]
            eve < EVENT s1 p7 {"topic":"wamp.registration.on_create"} [2147483651,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"single"}]
            eve < EVENT s1 p8 {"topic":"wamp.registration.on_register"} [2147483651,1]
            bob < UNREGISTERED 2
            dave < EVENT s2 p9 {"topic":"wamp.registration.on_unregister"} [2147483651,1]
            dave < EVENT s2 p10 {"topic":"wamp.registration.on_delete"} [2147483651,1]
            eve < EVENT s1 p9 {"topic":"wamp.registration.on_unregister"} [2147483651,1]
            eve < EVENT s1 p10 {"topic":"wamp.registration.on_delete"} [2147483651,1]
        "#]],
    );
}

#[test]
fn who_is_replaced_by_force_is_told_of() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} wamp.registration.
        bob   REGISTER 1 {"invoke":"last"} com.one
        carol REGISTER 1 {"invoke":"last"} com.one
        dave  REGISTER 1 {"force_reregister":true} com.one
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            bob < REGISTERED 1 r1
            eve < EVENT s1 p1 {"topic":"wamp.registration.on_create"} [2147483650,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"last"}]
            eve < EVENT s1 p2 {"topic":"wamp.registration.on_register"} [2147483650,1]
            carol < REGISTERED 1 r1
            eve < EVENT s1 p3 {"topic":"wamp.registration.on_register"} [2147483651,1]
            dave < REGISTERED 1 r2
            eve < EVENT s1 p4 {"topic":"wamp.registration.on_unregister"} [2147483650,1]
            eve < EVENT s1 p5 {"topic":"wamp.registration.on_unregister"} [2147483651,1]
            eve < EVENT s1 p6 {"topic":"wamp.registration.on_delete"} [2147483651,1]
            eve < EVENT s1 p7 {"topic":"wamp.registration.on_create"} [2147483652,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"single"}]
            eve < EVENT s1 p8 {"topic":"wamp.registration.on_register"} [2147483652,2]
        "#]],
    );
}

#[test]
fn a_callee_may_be_removed() {
    check(
        r#"
        eve   SUBSCRIBE 1 {"match":"prefix"} wamp.registration.
        bob   knows registration_revocation
        bob   REGISTER 1 {"invoke":"last","concurrency":1,"x_queue":3} com.one
        carol REGISTER 1 {"invoke":"last"} com.one
        alice CALL 1 {} wamp.registration.remove_callee [1,2147483650,"com.example.moved"]
        alice CALL 2 {} wamp.registration.remove_callee [1,2147483651]
        alice CALL 3 {} com.one
        alice CALL 4 {} wamp.registration.count_callees [1]
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            bob < REGISTERED 1 r1
            eve < EVENT s1 p1 {"topic":"wamp.registration.on_create"} [2147483650,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.one","match":"exact","invoke":"last"}]
            eve < EVENT s1 p2 {"topic":"wamp.registration.on_register"} [2147483650,1]
            carol < REGISTERED 1 r1
            eve < EVENT s1 p3 {"topic":"wamp.registration.on_register"} [2147483651,1]
            alice < RESULT 1 {}
            bob < UNREGISTERED 0 {"registration":1,"reason":"com.example.moved"}
            eve < EVENT s1 p4 {"topic":"wamp.registration.on_unregister"} [2147483650,1]
            alice < RESULT 2 {}
            eve < EVENT s1 p5 {"topic":"wamp.registration.on_unregister"} [2147483651,1]
            eve < EVENT s1 p6 {"topic":"wamp.registration.on_delete"} [2147483651,1]
            alice < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 4 {} wamp.error.no_such_registration ["there is no registration 1"]
        "#]],
    );
}

#[test]
fn a_reason_is_a_uri_and_arguments_are_short() {
    let mut conversation = Conversation::default();
    conversation.limit(LengthLimit::at_most(1024));
    let (long, endless) = ("x".repeat(1000), "x".repeat(20_000));
    conversation.play("bob knows registration_revocation\nbob REGISTER 1 {} com.one");
    conversation.play(&format!(
        "alice CALL 1 {{}} wamp.registration.remove_callee [1,2147483649,\"not a URI\"]
         alice CALL 2 {{}} wamp.registration.match [\"{endless}\"]
         alice CALL 3 {{}} wamp.registration.remove_callee [1,2147483649,\"{long}\"]
         bob   REGISTER 2 {{}} com.one"
    ));
    expect![[r#"
        bob < REGISTERED 1 r1
        alice < ERROR 48 1 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not contain white space, control characters or '#'"]
        alice < ERROR 48 2 {} wamp.error.invalid_argument ["the arguments are longer than any that mean something here"]
        alice < RESULT 3 {}
        bob < UNREGISTERED 0 {"registration":1}
        bob < REGISTERED 2 r2
    "#]].assert_eq(&conversation.transcript());
}

/// A callee that was taken away answers what it has, and callers that waited for it are answered.
#[test]
fn a_removed_callee_leaves_nobody_without_an_answer() {
    check(
        r#"
        bob   REGISTER 1 {"concurrency":1,"x_queue":3} com.one
        alice CALL 1 {} com.one [1]
        alice CALL 2 {} com.one [2]
        carol CALL 1 {} wamp.registration.remove_callee [1,2147483649]
        bob   YIELD i1 {} ["one"]
        bob   UNREGISTER 2 r1
        bob   REGISTER 3 {} com.one
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            alice < ERROR 48 2 {} wamp.error.canceled ["the last callee left while the call waited for its turn"]
            carol < RESULT 1 {}
            alice < RESULT 1 {} ["one"]
            bob < ERROR 66 2 {} wamp.error.no_such_registration ["this session has no registration 1"]
            bob < REGISTERED 3 r2
        "#]],
    );
}

/// What is refused for how it is called has not been done.
#[test]
fn a_procedure_that_is_called_in_pieces_does_nothing() {
    check(
        r#"
        alice knows progressive_call_invocations
        bob   REGISTER 1 {} com.one
        alice CALL 1 {"progress":true} wamp.registration.remove_callee [1,2147483650]
        alice CALL 1 {} wamp.registration.remove_callee [1,2147483650]
        alice CALL 2 {} wamp.registration.count_callees [1]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            alice < ERROR 48 1 {} wamp.error.feature_not_supported ["the router's own procedures are called in one piece"]
            alice < RESULT 2 {} [1]
        "#]],
    );
}

#[test]
fn procedures_tell_of_subscriptions() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        bob   SUBSCRIBE 2 {"match":"prefix"} com.
        carol SUBSCRIBE 1 {"match":"prefix"} com.
        carol SUBSCRIBE 2 {"match":"wildcard"} .news
        alice CALL 1 {} wamp.subscription.list
        alice CALL 2 {} wamp.subscription.lookup ["com."]
        alice CALL 3 {} wamp.subscription.lookup ["com.",{"match":"prefix","get_retained":true}]
        alice CALL 4 {} wamp.subscription.match ["com.news"]
        alice CALL 5 {} wamp.subscription.match ["org.weather"]
        alice CALL 6 {} wamp.subscription.get [2]
        alice CALL 7 {} wamp.subscription.list_subscribers [2]
        alice CALL 8 {} wamp.subscription.count_subscribers [2]
        alice CALL 9 {} wamp.subscription.count_subscribers [1]
        alice CALL 10 {} wamp.subscription.get [9]
        alice CALL 11 {} wamp.subscription.list_subscribers [9]
        alice CALL 12 {} wamp.subscription.count_subscribers ["com.news"]
        alice CALL 13 {} wamp.subscription.match
        alice CALL 14 {} wamp.subscription.nothing
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            carol < SUBSCRIBED 1 s2
            carol < SUBSCRIBED 2 s3
            alice < RESULT 1 {} [{"exact":[1],"prefix":[2],"wildcard":[3]}]
            alice < RESULT 2 {} [null]
            alice < RESULT 3 {} [2]
            alice < RESULT 4 {} [[1,2,3]]
            alice < RESULT 5 {} [null]
            alice < RESULT 6 {} [{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"com.","match":"prefix"}]
            alice < RESULT 7 {} [[2147483649,2147483650]]
            alice < RESULT 8 {} [2]
            alice < RESULT 9 {} [1]
            alice < ERROR 48 10 {} wamp.error.no_such_subscription ["there is no subscription 9"]
            alice < ERROR 48 11 {} wamp.error.no_such_subscription ["there is no subscription 9"]
            alice < ERROR 48 12 {} wamp.error.invalid_argument ["the first argument, a subscription's ID, is missing"]
            alice < ERROR 48 13 {} wamp.error.invalid_argument ["the first argument, a topic, is missing"]
            alice < ERROR 48 14 {} wamp.error.no_such_procedure ["no callee has registered wamp.subscription.nothing"]
        "#]],
    );
}

#[test]
fn events_tell_of_the_life_of_a_subscription() {
    check(
        r#"
        eve   SUBSCRIBE 1 {} wamp.subscription.on_create
        eve   SUBSCRIBE 2 {} wamp.subscription.on_subscribe
        eve   SUBSCRIBE 3 {} wamp.subscription.on_unsubscribe
        eve   SUBSCRIBE 4 {} wamp.subscription.on_delete
        bob   SUBSCRIBE 1 {"match":"prefix"} com.
        bob   SUBSCRIBE 2 {"match":"prefix"} com.
        carol SUBSCRIBE 1 {"match":"prefix"} com.
        bob   UNSUBSCRIBE 3 s5
        carol is gone
        "#,
        expect![[r#"
            eve < SUBSCRIBED 1 s1
            eve < EVENT s1 p1 {} [2147483649,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.subscription.on_create","match":"exact"}]
            eve < SUBSCRIBED 2 s2
            eve < EVENT s1 p2 {} [2147483649,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.subscription.on_subscribe","match":"exact"}]
            eve < EVENT s2 p3 {} [2147483649,2]
            eve < SUBSCRIBED 3 s3
            eve < EVENT s1 p4 {} [2147483649,{"id":3,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.subscription.on_unsubscribe","match":"exact"}]
            eve < EVENT s2 p5 {} [2147483649,3]
            eve < SUBSCRIBED 4 s4
            eve < EVENT s1 p6 {} [2147483649,{"id":4,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.subscription.on_delete","match":"exact"}]
            eve < EVENT s2 p7 {} [2147483649,4]
            bob < SUBSCRIBED 1 s5
            eve < EVENT s1 p8 {} [2147483650,{"id":5,"created":"2026-11-25T14:23:03.000Z","uri":"com.","match":"prefix"}]
            eve < EVENT s2 p9 {} [2147483650,5]
            bob < SUBSCRIBED 2 s5
            carol < SUBSCRIBED 1 s5
            eve < EVENT s2 p10 {} [2147483651,5]
            bob < UNSUBSCRIBED 3
            eve < EVENT s3 p11 {} [2147483650,5]
            eve < EVENT s3 p12 {} [2147483651,5]
            eve < EVENT s4 p13 {} [2147483651,5]
        "#]],
    );
}

#[test]
fn a_subscriber_may_be_removed() {
    let (bob, carol) = ((1_u64 << 31) + 1, (1_u64 << 31) + 2);
    check(
        &format!(
            r#"
            bob   knows subscription_revocation
            bob   SUBSCRIBE 1 {{}} com.news
            carol SUBSCRIBE 1 {{}} com.news
            eve   SUBSCRIBE 1 {{"match":"prefix"}} wamp.subscription.on_
            alice CALL 1 {{}} wamp.subscription.remove_subscriber [1,{bob}] {{"reason":"com.example.enough"}}
            alice CALL 2 {{}} wamp.subscription.remove_subscriber [1,{bob}]
            alice CALL 3 {{}} wamp.subscription.remove_subscriber [1,{carol}]
            alice CALL 4 {{}} wamp.subscription.remove_subscriber [1,{carol}]
            alice CALL 5 {{}} wamp.subscription.remove_subscriber [2,{carol},"no uri"]
            alice CALL 6 {{}} wamp.subscription.remove_subscriber [2]
            alice PUBLISH 7 {{}} com.news
            bob   UNSUBSCRIBE 2 s1
            bob   SUBSCRIBE 3 {{}} com.news
            alice CALL 8 {{}} wamp.subscription.remove_subscriber [3,{bob}]
            "#
        ),
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            eve < SUBSCRIBED 1 s2
            eve < EVENT s2 p1 {"topic":"wamp.subscription.on_create"} [2147483651,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.subscription.on_","match":"prefix"}]
            eve < EVENT s2 p2 {"topic":"wamp.subscription.on_subscribe"} [2147483651,2]
            alice < RESULT 1 {}
            bob < UNSUBSCRIBED 0 {"subscription":1,"reason":"com.example.enough"}
            eve < EVENT s2 p3 {"topic":"wamp.subscription.on_unsubscribe"} [2147483649,1]
            alice < ERROR 48 2 {} wamp.error.no_such_session ["session 2147483649 is no subscriber of this subscription"]
            alice < RESULT 3 {}
            eve < EVENT s2 p4 {"topic":"wamp.subscription.on_unsubscribe"} [2147483650,1]
            eve < EVENT s2 p5 {"topic":"wamp.subscription.on_delete"} [2147483650,1]
            alice < ERROR 48 4 {} wamp.error.no_such_subscription ["there is no subscription 1"]
            alice < ERROR 48 5 {} wamp.error.invalid_uri ["the reason is not a valid URI: a URI must not contain white space, control characters or '#'"]
            alice < ERROR 48 6 {} wamp.error.invalid_argument ["the second argument, a session's ID, is missing"]
            bob < ERROR 34 2 {} wamp.error.no_such_subscription ["this session has no subscription 1"]
            bob < SUBSCRIBED 3 s3
            eve < EVENT s2 p6 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":3,"created":"2026-11-25T14:23:03.000Z","uri":"com.news","match":"exact"}]
            eve < EVENT s2 p7 {"topic":"wamp.subscription.on_subscribe"} [2147483649,3]
            alice < RESULT 8 {}
            bob < UNSUBSCRIBED 0 {"subscription":3}
            eve < EVENT s2 p8 {"topic":"wamp.subscription.on_unsubscribe"} [2147483649,3]
            eve < EVENT s2 p9 {"topic":"wamp.subscription.on_delete"} [2147483649,3]
        "#]],
    );
}
