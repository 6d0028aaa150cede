//! Opening and closing sessions.

use crosspoint_proto::framing::rawsocket::LengthLimit;
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn welcome_says_who_and_what() {
    check(
        r#"
        alice HELLO realm1 {"roles":{"caller":{}},"authid":"alice","agent":"test"}
        "#,
        expect![[r#"
            alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
}

#[test]
fn welcome_fits_into_the_shortest_messages_that_a_client_may_take() {
    let mut conversation = Conversation::default();
    conversation.limit(LengthLimit::MIN);
    conversation.play("alice joins json\nalice CALL 1 {} com.none");
    expect![[r#"
        alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.none"]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn hello_may_be_sparse() {
    check(
        r#"
        alice HELLO realm1 {}
        bob   HELLO realm1
        carol HELLO realm1 null
        dave  HELLO realm1 {"authid":"","authmethods":[],"authextra":null,"roles":{"caller":{"features":null}}}
        erin  HELLO realm1 {"authmethods":["ticket","anonymous"]}
        "#,
        expect![[r#"
            alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < WELCOME #bob {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            carol < WELCOME #carol {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            dave < WELCOME #dave {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            erin < WELCOME #erin {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
}

#[test]
fn sessions_that_are_refused() {
    check(
        r#"
        alice HELLO nowhere {}
        bob   HELLO "not a realm" {}
        carol HELLO realm1 {"authmethods":["ticket"]}
        "#,
        expect![[r#"
            alice < ABORT {"message":"there is no realm nowhere here"} wamp.error.no_such_realm
            alice is over
            bob < ABORT {"message":"the realm is not a valid URI: a URI must not contain white space, control characters or '#'"} wamp.error.invalid_uri
            bob is over
            carol < ABORT {"message":"this realm takes anonymous sessions only: offer authmethod 'anonymous'"} wamp.error.no_matching_auth_method
            carol is over
        "#]],
    );
}

#[test]
fn goodbye_is_answered_and_nothing_follows_it() {
    check(
        "
        bob   SUBSCRIBE 1 {} com.news
        bob   GOODBYE {} wamp.close.close_realm
        bob   SUBSCRIBE 2 {} com.news
        bob   GOODBYE {} wamp.close.close_realm
        alice PUBLISH 1 {} com.news
        ",
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < GOODBYE {} wamp.close.goodbye_and_out
            bob is over
        "#]],
    );
}

#[test]
fn abort_is_not_answered() {
    check(
        r#"
        bob   REGISTER 1 {} com.add
        alice CALL 1 {} com.add
        bob   ABORT {"message":"no"} com.error.tired [1] {"a":2}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob is over
        "#]],
    );
}

#[test]
fn the_router_shuts_down() {
    check(
        r#"
        bob   REGISTER 1 {} com.add
        alice CALL 1 {} com.add
        ROUTER shuts down
        alice CALL 2 {} com.add
        alice GOODBYE {} wamp.close.goodbye_and_out
        carol HELLO realm1 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            alice is over
            carol < ABORT {"message":"the router is shutting down"} wamp.close.system_shutdown
            carol is over
        "#]],
    );
}
