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

/// The examples of "Prefix Matching" in the specification: a prefix is one of octets, not of
/// components.
#[test]
fn a_prefix_matches_whatever_begins_with_it() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} com.myapp.topic.emergency
        alice PUBLISH 1 {} com.myapp.topic.emergency.11 [11]
        alice PUBLISH 2 {} com.myapp.topic.emergency-low
        alice PUBLISH 3 {} com.myapp.topic.emergency.category.severe
        alice PUBLISH 4 {} com.myapp.topic.emergency
        alice PUBLISH 5 {} com.myapp.topic.emerge
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.myapp.topic.emergency.11"} [11]
            bob < EVENT s1 p2 {"topic":"com.myapp.topic.emergency-low"}
            bob < EVENT s1 p3 {"topic":"com.myapp.topic.emergency.category.severe"}
            bob < EVENT s1 p4 {"topic":"com.myapp.topic.emergency"}
        "#]],
    );
}

/// The examples of "Wildcard Matching" in the specification.
#[test]
fn a_wildcard_matches_any_one_component() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"match":"wildcard"} com.myapp..userevent
        alice PUBLISH 1 {} com.myapp.foo.userevent
        alice PUBLISH 2 {} com.myapp.bar.userevent ["bar"] {"a":1}
        alice PUBLISH 3 {} com.myapp.a12.userevent
        alice PUBLISH 4 {} com.myapp.foo.userevent.bar
        alice PUBLISH 5 {} com.myapp.foo.user
        alice PUBLISH 6 {} com.myapp2.foo.userevent
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.myapp.foo.userevent"}
            bob < EVENT s1 p2 {"topic":"com.myapp.bar.userevent"} ["bar"] {"a":1}
            bob < EVENT s1 p3 {"topic":"com.myapp.a12.userevent"}
        "#]],
    );
}

/// One publication, and an event for each subscription that it matches.
#[test]
fn subscriptions_that_overlap() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news.today
        bob   SUBSCRIBE 2 {"match":"prefix"} com.
        bob   SUBSCRIBE 3 {"match":"prefix"} com.news
        bob   SUBSCRIBE 4 {"match":"wildcard"} com..today
        bob   SUBSCRIBE 5 {"match":"wildcard"} com..
        carol SUBSCRIBE 1 {"match":"wildcard"} com..today
        alice SUBSCRIBE 1 {"match":"prefix"} com.news
        alice PUBLISH 2 {"acknowledge":true} com.news.today [1]
        alice PUBLISH 3 {"exclude_me":false} com.news [2]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            bob < SUBSCRIBED 3 s3
            bob < SUBSCRIBED 4 s4
            bob < SUBSCRIBED 5 s5
            carol < SUBSCRIBED 1 s4
            alice < SUBSCRIBED 1 s3
            alice < PUBLISHED 2 p1
            bob < EVENT s1 p1 {} [1]
            bob < EVENT s3 p1 {"topic":"com.news.today"} [1]
            bob < EVENT s2 p1 {"topic":"com.news.today"} [1]
            bob < EVENT s4 p1 {"topic":"com.news.today"} [1]
            bob < EVENT s5 p1 {"topic":"com.news.today"} [1]
            carol < EVENT s4 p1 {"topic":"com.news.today"} [1]
            alice < EVENT s3 p2 {"topic":"com.news"} [2]
            bob < EVENT s3 p2 {"topic":"com.news"} [2]
            bob < EVENT s2 p2 {"topic":"com.news"} [2]
        "#]],
    );
}

#[test]
fn the_same_words_by_another_policy_are_another_subscription() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        bob   SUBSCRIBE 2 {"match":"exact"} com.news
        bob   SUBSCRIBE 3 {"match":"prefix"} com.news
        bob   SUBSCRIBE 4 {"match":"wildcard"} com.news
        alice PUBLISH 1 {} com.news
        bob   UNSUBSCRIBE 5 s1
        alice PUBLISH 2 {} com.news
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s1
            bob < SUBSCRIBED 3 s2
            bob < SUBSCRIBED 4 s3
            bob < EVENT s1 p1 {}
            bob < EVENT s2 p1 {"topic":"com.news"}
            bob < EVENT s3 p1 {"topic":"com.news"}
            bob < UNSUBSCRIBED 5
            bob < EVENT s2 p2 {"topic":"com.news"}
            bob < EVENT s3 p2 {"topic":"com.news"}
        "#]],
    );
}

#[test]
fn unsubscribing_from_patterns() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} com.
        bob   SUBSCRIBE 2 {"match":"wildcard"} .news
        carol SUBSCRIBE 1 {"match":"prefix"} com.
        bob   UNSUBSCRIBE 3 s1
        alice PUBLISH 1 {} com.news
        bob   UNSUBSCRIBE 4 s2
        carol is gone
        alice PUBLISH 2 {} com.news
        bob   UNSUBSCRIBE 5 s2
        bob   SUBSCRIBE 6 {"match":"prefix"} com.
        alice PUBLISH 3 {} com.news
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            carol < SUBSCRIBED 1 s1
            bob < UNSUBSCRIBED 3
            bob < EVENT s2 p1 {"topic":"com.news"}
            carol < EVENT s1 p1 {"topic":"com.news"}
            bob < UNSUBSCRIBED 4
            bob < ERROR 34 5 {} wamp.error.no_such_subscription ["this session has no subscription 2"]
            bob < SUBSCRIBED 6 s3
            bob < EVENT s3 p2 {"topic":"com.news"}
        "#]],
    );
}

/// Whoever listens to everything hears what the router says, too; nobody else may say it.
#[test]
fn patterns_reach_into_what_is_reserved() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} wamp.
        bob   SUBSCRIBE 2 {"match":"wildcard"} wamp..on_join
        bob   SUBSCRIBE 3 {"match":"prefix"} ""
        bob   SUBSCRIBE 4 {"match":"wildcard"} ""
        alice PUBLISH 1 {"acknowledge":true} wamp.session.on_join
        alice PUBLISH 2 {} wamp.news
        alice PUBLISH 3 {} news
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"wamp.","match":"prefix"}]
            bob < EVENT s1 p2 {"topic":"wamp.subscription.on_subscribe"} [2147483649,1]
            bob < SUBSCRIBED 2 s2
            bob < EVENT s1 p3 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":2,"created":"2026-11-25T14:23:03.000Z","uri":"wamp..on_join","match":"wildcard"}]
            bob < EVENT s1 p4 {"topic":"wamp.subscription.on_subscribe"} [2147483649,2]
            bob < SUBSCRIBED 3 s3
            bob < EVENT s1 p5 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":3,"created":"2026-11-25T14:23:03.000Z","uri":"","match":"prefix"}]
            bob < EVENT s3 p5 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":3,"created":"2026-11-25T14:23:03.000Z","uri":"","match":"prefix"}]
            bob < EVENT s1 p6 {"topic":"wamp.subscription.on_subscribe"} [2147483649,3]
            bob < EVENT s3 p6 {"topic":"wamp.subscription.on_subscribe"} [2147483649,3]
            bob < SUBSCRIBED 4 s4
            bob < EVENT s1 p7 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":4,"created":"2026-11-25T14:23:03.000Z","uri":"","match":"wildcard"}]
            bob < EVENT s3 p7 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":4,"created":"2026-11-25T14:23:03.000Z","uri":"","match":"wildcard"}]
            bob < EVENT s1 p8 {"topic":"wamp.subscription.on_subscribe"} [2147483649,4]
            bob < EVENT s3 p8 {"topic":"wamp.subscription.on_subscribe"} [2147483649,4]
            bob < EVENT s1 p9 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            bob < EVENT s3 p9 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            bob < EVENT s2 p9 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
            alice < ERROR 16 1 {} wamp.error.invalid_uri ["the topic is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < EVENT s3 p10 {"topic":"news"}
            bob < EVENT s4 p10 {"topic":"news"}
        "#]],
    );
}

#[test]
fn patterns_that_cannot_be_subscribed_to() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} com..news
        bob   SUBSCRIBE 2 {"match":"prefix"} .
        bob   SUBSCRIBE 3 {"match":"prefix"} "com. "
        bob   SUBSCRIBE 4 {"match":"wildcard"} com..#
        bob   SUBSCRIBE 5 {"match":"wildcard"} ................................................................
        bob   SUBSCRIBE 6 {"match":"exact"} com.
        bob   SUBSCRIBE 7 {"match":"regex"} com.news
        bob   SUBSCRIBE 8 {"match":""} com.news
        bob   SUBSCRIBE 9 {"match":null} com.news
        "#,
        expect![[r#"
            bob < ERROR 32 1 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not have empty components"]
            bob < ERROR 32 2 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not be empty"]
            bob < ERROR 32 3 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < ERROR 32 4 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < ERROR 32 5 {} wamp.error.invalid_uri ["the topic is not a valid URI: a wildcard pattern must not have more than 64 components"]
            bob < ERROR 32 6 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not have empty components"]
            bob < ERROR 32 7 {} wamp.error.option_not_allowed ["match 'regex' is not known: exact, prefix and wildcard are"]
            bob < ERROR 32 8 {} wamp.error.option_not_allowed ["match '' is not known: exact, prefix and wildcard are"]
            bob < SUBSCRIBED 9 s1
        "#]],
    );
}

#[test]
fn the_topic_of_an_event_in_all_serializers() {
    check(
        r#"
        bob   joins json
        carol joins msgpack
        dave  joins cbor
        bob   SUBSCRIBE 1 {"match":"prefix"} com
        carol SUBSCRIBE 1 {"match":"prefix"} com
        dave  SUBSCRIBE 1 {"match":"prefix"} com
        alice PUBLISH 1 {} com.müller ["hello"]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            dave < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.müller"} ["hello"]
            carol < EVENT s1 p1 {"topic":"com.müller"} ["hello"]
            dave < EVENT s1 p1 {"topic":"com.müller"} ["hello"]
        "#]],
    );
}
