//! A PUBLISH, and a subscriber that comes, goes, or does not read.

use expect_test::expect;

use crate::race::{Race, check};

#[test]
fn a_publish_and_a_subscribe() {
    check(
        "
        alice joins
        bob   joins
        ",
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            "bob   SUBSCRIBE 1 {} com.news",
        ],
        expect![["
            bob < SUBSCRIBED 1 s1
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} [1,2]
        "]],
    );
}

#[test]
fn a_publish_and_an_unsubscribe() {
    check(
        "
        alice joins
        bob   SUBSCRIBE 1 {} com.news
        ",
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            "bob   UNSUBSCRIBE 2 s1",
        ],
        expect![["
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 2
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 2
            or
            bob < UNSUBSCRIBED 2
        "]],
    );
}

#[test]
fn a_publish_and_the_last_subscriber_of_a_topic_that_changes() {
    check(
        "
        alice joins
        bob   SUBSCRIBE 1 {} com.news
        carol joins
        ",
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            "bob   UNSUBSCRIBE 2 s1",
            "carol SUBSCRIBE 1 {} com.news",
        ],
        expect![["
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s1
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s1
            carol < EVENT s1 p1 {} [1,1]
            carol < EVENT s1 p2 {} [1,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s1
            carol < EVENT s1 p1 {} [1,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s2
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s1
            carol < EVENT s1 p1 {} [1,1]
            carol < EVENT s1 p2 {} [1,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s1
            carol < EVENT s1 p1 {} [1,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s2
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s2
            carol < EVENT s2 p1 {} [1,2]
            or
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s1
            carol < EVENT s1 p1 {} [1,1]
            carol < EVENT s1 p2 {} [1,2]
            or
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s2
            or
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s2
            carol < EVENT s2 p1 {} [1,1]
            carol < EVENT s2 p2 {} [1,2]
            or
            bob < UNSUBSCRIBED 2
            carol < SUBSCRIBED 1 s2
            carol < EVENT s2 p1 {} [1,2]
        "]],
    );
}

/// The table of patterns changes while a publication looks for what it matches.
#[test]
fn a_publish_to_two_subscriptions_and_an_unsubscribe_from_one() {
    check(
        r#"
        alice joins
        bob   SUBSCRIBE 1 {} com.news
        bob   SUBSCRIBE 2 {"match":"prefix"} com
        "#,
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            "bob   UNSUBSCRIBE 3 s2",
        ],
        expect![[r#"
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 3
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s2 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < EVENT s2 p2 {"topic":"com.news"} [1,2]
            bob < UNSUBSCRIBED 3
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s2 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 3
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s2 p1 {"topic":"com.news"} [1,1]
            bob < UNSUBSCRIBED 3
            bob < EVENT s1 p2 {} [1,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 3
            bob < EVENT s1 p2 {} [1,2]
            or
            bob < UNSUBSCRIBED 3
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
        "#]],
    );
}

#[test]
fn a_publish_and_a_subscribe_to_patterns() {
    check(
        "
        alice joins
        bob   joins
        ",
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            r#"bob   SUBSCRIBE 1 {"match":"wildcard"} com.
               bob   SUBSCRIBE 2 {"match":"prefix"} com"#,
        ],
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,2]
            bob < SUBSCRIBED 2 s2
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < SUBSCRIBED 2 s2
            bob < EVENT s1 p2 {"topic":"com.news"} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < SUBSCRIBED 2 s2
            bob < EVENT s2 p2 {"topic":"com.news"} [1,2]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news"} [1,2]
            bob < SUBSCRIBED 2 s2
            or
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            or
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s2 p2 {"topic":"com.news"} [1,2]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            bob < EVENT s1 p1 {"topic":"com.news"} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            bob < EVENT s2 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s2 p2 {"topic":"com.news"} [1,2]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < SUBSCRIBED 2 s2
            bob < EVENT s2 p1 {"topic":"com.news"} [1,2]
            bob < EVENT s1 p1 {"topic":"com.news"} [1,2]
        "#]],
    );
}

#[test]
fn a_publish_and_a_subscriber_whose_connection_breaks() {
    check(
        "
        alice joins
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        ",
        &["alice PUBLISH 1 {\"acknowledge\":true} com.news [1,1]", "bob is gone"],
        expect![["
            alice < PUBLISHED 1 p1
            bob < EVENT s1 p1 {} [1,1]
            carol < EVENT s1 p1 {} [1,1]
            or
            alice < PUBLISHED 1 p1
            carol < EVENT s1 p1 {} [1,1]
        "]],
    );
}

/// Whoever comes writes, and the link blocks again and again in the middle of a message.
#[test]
fn two_publishers_and_a_link_that_blocks() {
    check(
        "
        bob   SUBSCRIBE 1 {} com.news
        alice joins
        carol joins
        bob   takes 10
        ",
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            "carol PUBLISH 1 {} com.news [2,1]
             carol PUBLISH 2 {} com.news [2,2]",
            "bob   takes 7
             bob   takes 50
             bob   takes all",
        ],
        expect![["
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < EVENT s1 p3 {} [2,1]
            bob < EVENT s1 p4 {} [2,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [2,1]
            bob < EVENT s1 p3 {} [1,2]
            bob < EVENT s1 p4 {} [2,2]
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [2,1]
            bob < EVENT s1 p3 {} [2,2]
            bob < EVENT s1 p4 {} [1,2]
            or
            bob < EVENT s1 p1 {} [2,1]
            bob < EVENT s1 p2 {} [1,1]
            bob < EVENT s1 p3 {} [1,2]
            bob < EVENT s1 p4 {} [2,2]
            or
            bob < EVENT s1 p1 {} [2,1]
            bob < EVENT s1 p2 {} [1,1]
            bob < EVENT s1 p3 {} [2,2]
            bob < EVENT s1 p4 {} [1,2]
            or
            bob < EVENT s1 p1 {} [2,1]
            bob < EVENT s1 p2 {} [2,2]
            bob < EVENT s1 p3 {} [1,1]
            bob < EVENT s1 p4 {} [1,2]
        "]],
    );
}

#[test]
fn a_long_event_that_is_shared_and_a_link_that_blocks() {
    let long = "x".repeat(2500);
    let race = Race {
        before: "
            bob   SUBSCRIBE 1 {} com.news
            dave  SUBSCRIBE 1 {} com.news
            alice joins
            carol joins
            bob   takes 10
            ",
        threads: &[
            &format!("alice PUBLISH 1 {{}} com.news [1,1,\"{long}\"]"),
            "carol PUBLISH 1 {} com.news [2,1]",
            "bob   takes 2000
             bob   takes all",
        ],
        ..Race::default()
    };
    expect![[r#"
        bob < EVENT s1 p1 {} [1,1,"LONG"]
        bob < EVENT s1 p2 {} [2,1]
        dave < EVENT s1 p1 {} [1,1,"LONG"]
        dave < EVENT s1 p2 {} [2,1]
        or
        bob < EVENT s1 p1 {} [1,1,"LONG"]
        bob < EVENT s1 p2 {} [2,1]
        dave < EVENT s1 p1 {} [2,1]
        dave < EVENT s1 p2 {} [1,1,"LONG"]
        or
        bob < EVENT s1 p1 {} [2,1]
        bob < EVENT s1 p2 {} [1,1,"LONG"]
        dave < EVENT s1 p1 {} [1,1,"LONG"]
        dave < EVENT s1 p2 {} [2,1]
        or
        bob < EVENT s1 p1 {} [2,1]
        bob < EVENT s1 p2 {} [1,1,"LONG"]
        dave < EVENT s1 p1 {} [2,1]
        dave < EVENT s1 p2 {} [1,1,"LONG"]
    "#]]
    .assert_eq(&race.outcomes().replace(&long, "LONG"));
}

#[test]
fn events_of_a_subscriber_that_ends_its_session() {
    check(
        "
        bob   SUBSCRIBE 1 {} com.news
        alice joins
        carol joins
        ",
        &[
            "alice PUBLISH 1 {} com.news [1,1]",
            "carol PUBLISH 1 {} com.news [2,1]",
            "bob   GOODBYE {} wamp.close.close_realm",
        ],
        expect![["
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [2,1]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            bob < EVENT s1 p1 {} [2,1]
            bob < EVENT s1 p2 {} [1,1]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            bob < EVENT s1 p1 {} [2,1]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            bob < GOODBYE {} wamp.close.goodbye_and_out
        "]],
    );
}
