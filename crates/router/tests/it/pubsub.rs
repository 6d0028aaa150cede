//! Subscribing and publishing.

use expect_test::expect;

use crate::conversation::check;

#[test]
fn an_event_reaches_all_subscribers_but_its_publisher() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        alice SUBSCRIBE 1 {} com.news
        alice PUBLISH 2 {} com.news ["hello"] {"a":1}
        bob   PUBLISH 2 {"exclude_me":false} com.news
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            alice < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} ["hello"] {"a":1}
            carol < EVENT s1 p1 {} ["hello"] {"a":1}
            alice < EVENT s1 p2 {}
            bob < EVENT s1 p2 {}
            carol < EVENT s1 p2 {}
        "#]],
    );
}

#[test]
fn publications_are_acknowledged_if_that_is_asked_for() {
    check(
        r#"
        alice PUBLISH 1 {"acknowledge":true} com.news [1]
        alice PUBLISH 2 {"acknowledge":true} com..news [1]
        alice PUBLISH 3 {"acknowledge":true} wamp.news [1]
        alice PUBLISH 4 {} com..news [1]
        alice PUBLISH 5 {"acknowledge":false} com.news [1]
        "#,
        expect![[r#"
            alice < PUBLISHED 1 p1
            alice < ERROR 16 2 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not have empty components"]
            alice < ERROR 16 3 {} wamp.error.invalid_uri ["the topic is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
        "#]],
    );
}

#[test]
fn subscribing_twice_is_the_same_subscription() {
    check(
        "
        bob   SUBSCRIBE 1 {} com.news
        bob   SUBSCRIBE 2 {} com.news
        alice PUBLISH 1 {} com.news
        ",
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s1
            bob < EVENT s1 p1 {}
        "#]],
    );
}

#[test]
fn unsubscribing() {
    check(
        "
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        bob   UNSUBSCRIBE 2 s1
        bob   UNSUBSCRIBE 3 s1
        alice PUBLISH 1 {} com.news
        carol UNSUBSCRIBE 2 s1
        dave  SUBSCRIBE 1 {} com.news
        alice PUBLISH 2 {} com.news
        ",
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            bob < UNSUBSCRIBED 2
            bob < ERROR 34 3 {} wamp.error.no_such_subscription ["this session has no subscription 1"]
            carol < EVENT s1 p1 {}
            carol < UNSUBSCRIBED 2
            dave < SUBSCRIBED 1 s2
            dave < EVENT s2 p2 {}
        "#]],
    );
}

#[test]
fn subscribers_that_leave_get_nothing() {
    check(
        "
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        bob   is gone
        carol GOODBYE {} wamp.close.close_realm
        alice PUBLISH 1 {} com.news
        ",
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            carol < GOODBYE {} wamp.close.goodbye_and_out
            carol is over
        "#]],
    );
}

#[test]
fn topics_that_cannot_be_subscribed_to() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com..news
        bob   SUBSCRIBE 2 {} "com.news "
        bob   SUBSCRIBE 3 {} wamp.session.on_join
        "#,
        expect![[r#"
            bob < ERROR 32 1 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not have empty components"]
            bob < ERROR 32 2 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < SUBSCRIBED 3 s1
        "#]],
    );
}

/// To pass over them would show the event to those it is not meant for.
#[test]
fn who_may_get_an_event_cannot_be_said_yet() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        alice PUBLISH 1 {"acknowledge":true,"eligible":[]} com.news ["secret"]
        alice PUBLISH 2 {"exclude":[1]} com.news ["secret"]
        alice PUBLISH 3 {"acknowledge":true,"eligible_authrole":null} com.news
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            alice < ERROR 16 1 {} wamp.error.option_not_allowed ["eligible and exclude are not supported"]
            alice < PUBLISHED 3 p1
            bob < EVENT s1 p1 {}
        "#]],
    );
}
