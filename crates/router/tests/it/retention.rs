//! Retained events.

use crosspoint_router::router::{RealmSettings, Retention};
use expect_test::expect;

use crate::conversation::{Conversation, check};

fn realm(retention: Retention) -> RealmSettings {
    RealmSettings { retention, ..RealmSettings::from("realm1") }
}

#[test]
fn the_last_retained_event_is_for_those_who_ask_for_it() {
    check(
        r#"
        alice PUBLISH 1 {"retain":true} com.news ["old"] {"a":1}
        alice PUBLISH 2 {"retain":true,"disclose_me":true} com.news ["new"] {"a":2}
        alice PUBLISH 3 {} com.news ["newer, but not retained"]
        bob   SUBSCRIBE 1 {"get_retained":true} com.news
        carol SUBSCRIBE 1 {} com.news
        dave  joins cbor
        dave  SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        dave  SUBSCRIBE 2 {"get_retained":true} com.weather
        alice PUBLISH 4 {"retain":true} com.news ["live"]
        bob   SUBSCRIBE 2 {"get_retained":true} com.news
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"publisher":2147483649,"publisher_authid":"anonymous","publisher_authrole":"anonymous","retained":true} ["new"] {"a":2}
            carol < SUBSCRIBED 1 s1
            dave < SUBSCRIBED 1 s2
            dave < EVENT s2 p1 {"topic":"com.news","publisher":2147483649,"publisher_authid":"anonymous","publisher_authrole":"anonymous","retained":true} ["new"] {"a":2}
            dave < SUBSCRIBED 2 s3
            bob < EVENT s1 p2 {} ["live"]
            carol < EVENT s1 p2 {} ["live"]
            dave < EVENT s2 p2 {"topic":"com.news"} ["live"]
            bob < SUBSCRIBED 2 s1
            bob < EVENT s1 p2 {"retained":true} ["live"]
        "#]],
    );
}

/// In the order in which they were published, each topic's last.
#[test]
fn a_pattern_gets_what_is_retained_for_each_of_its_topics() {
    check(
        r#"
        alice PUBLISH 1 {"retain":true} com.c [1]
        alice PUBLISH 2 {"retain":true} com.a [2]
        alice PUBLISH 3 {"retain":true} com.b [3]
        alice PUBLISH 4 {"retain":true} org.a [4]
        alice PUBLISH 5 {"retain":true} com.c [5]
        bob   SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        bob   SUBSCRIBE 2 {"get_retained":true,"match":"wildcard"} .a
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.a","retained":true} [2]
            bob < EVENT s1 p2 {"topic":"com.b","retained":true} [3]
            bob < EVENT s1 p3 {"topic":"com.c","retained":true} [5]
            bob < SUBSCRIBED 2 s2
            bob < EVENT s2 p1 {"topic":"com.a","retained":true} [2]
            bob < EVENT s2 p4 {"topic":"org.a","retained":true} [4]
        "#]],
    );
}

/// What is passed over has no part in the order.
#[test]
fn a_pattern_gets_what_is_retained_in_the_order_of_publication() {
    check(
        r#"
        alice PUBLISH 1 {"retain":true} com.a [1]
        alice PUBLISH 2 {"retain":true} com.b [2]
        alice PUBLISH 3 {"retain":true,"eligible_authrole":["admin"]} com.a ["not for bob"]
        bob   SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
            bob < EVENT s1 p2 {"topic":"com.b","retained":true} [2]
        "#]],
    );
}

/// The publisher knows its own; in another session it gets it.
#[test]
fn publishers_do_not_get_their_own_unless_they_want_it() {
    check(
        r#"
        alice PUBLISH 1 {"retain":true} com.news [1]
        alice SUBSCRIBE 2 {"get_retained":true} com.news
        alice PUBLISH 3 {"retain":true,"exclude_me":false} com.news [3]
        alice SUBSCRIBE 4 {"get_retained":true} com.news
        alice is gone
        bob   SUBSCRIBE 1 {"get_retained":true} com.news
        "#,
        expect![[r#"
            alice < SUBSCRIBED 2 s1
            alice < EVENT s1 p1 {} [3]
            alice < SUBSCRIBED 4 s1
            alice < EVENT s1 p1 {"retained":true} [3]
            bob < SUBSCRIBED 1 s2
            bob < EVENT s2 p1 {"retained":true} [3]
        "#]],
    );
}

/// What was meant for others is passed over, and what was for everybody before it is found.
#[test]
fn what_is_retained_for_some_does_not_leak() {
    let (bob, carol) = ((1_u64 << 31) + 1, (1_u64 << 31) + 2);
    check(
        &format!(
            r#"
            bob   CALL 1 {{}} com.nothing
            carol CALL 1 {{}} com.nothing
            alice PUBLISH 1 {{"retain":true}} com.news ["all"]
            alice PUBLISH 2 {{"retain":true,"eligible":[{bob}]}} com.news ["bob only"]
            alice PUBLISH 3 {{"retain":true,"exclude":[{bob},{carol}]}} com.news ["not bob, not carol"]
            alice PUBLISH 4 {{"retain":true,"eligible_authrole":["admin"]}} com.news ["admins"]
            alice PUBLISH 5 {{"retain":true,"exclude_authid":["anonymous"]}} com.news ["known users"]
            alice PUBLISH 6 {{"retain":true,"eligible":[]}} com.news ["nobody"]
            bob   SUBSCRIBE 2 {{"get_retained":true}} com.news
            carol SUBSCRIBE 2 {{"get_retained":true,"match":"prefix"}} com.
            dave  SUBSCRIBE 1 {{"get_retained":true}} com.news
            alice PUBLISH 7 {{"retain":true}} com.news ["all again"]
            bob   SUBSCRIBE 3 {{"get_retained":true}} com.news
            erin  SUBSCRIBE 1 {{"get_retained":true,"nkey":"node1"}} com.sensor
            alice PUBLISH 8 {{"retain":true,"rkey":"a"}} com.sensor ["node1, alone"]
            frank SUBSCRIBE 1 {{"get_retained":true,"nkey":"node2"}} com.sensor
            "#
        ),
        expect![[r#"
            bob < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.nothing"]
            carol < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.nothing"]
            bob < SUBSCRIBED 2 s1
            bob < EVENT s1 p1 {"retained":true} ["bob only"]
            carol < SUBSCRIBED 2 s2
            carol < EVENT s2 p2 {"topic":"com.news","retained":true} ["all"]
            dave < SUBSCRIBED 1 s1
            dave < EVENT s1 p3 {"retained":true} ["not bob, not carol"]
            bob < EVENT s1 p4 {} ["all again"]
            carol < EVENT s2 p4 {"topic":"com.news"} ["all again"]
            dave < EVENT s1 p4 {} ["all again"]
            bob < SUBSCRIBED 3 s1
            bob < EVENT s1 p4 {"retained":true} ["all again"]
            erin < SUBSCRIBED 1 s3
            carol < EVENT s2 p5 {"topic":"com.sensor"} ["node1, alone"]
            erin < EVENT s3 p5 {} ["node1, alone"]
            frank < SUBSCRIBED 1 s3
        "#]],
    );
}

/// Two publications for the same receivers: the second takes the place of the first. Of those for
/// different ones so many are kept, and the oldest goes.
#[test]
fn what_is_retained_for_some_is_bounded() {
    let mut conversation = Conversation::in_realm(realm(Retention::default()));
    conversation.play("alice PUBLISH 1 {\"retain\":true} com.news [\"all\"]");
    for request in 2..40 {
        let roles = format!(r#"["role{request}","anonymous"]"#);
        conversation.play(&format!(
            r#"alice PUBLISH {request} {{"retain":true,"eligible_authrole":{roles}}} com.news [{request}]"#
        ));
    }
    conversation.play(
        r#"
        alice PUBLISH 40 {"retain":true,"eligible_authrole":["anonymous"]} com.news [40]
        alice PUBLISH 41 {"retain":true,"eligible_authrole":["anonymous"]} com.news [41]
        bob   SUBSCRIBE 1 {"get_retained":true} com.news
        "#,
    );
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"retained":true} [41]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// A topic that finds no room does not keep an event that was replaced.
#[test]
fn there_is_room_for_so_much() {
    let retention = Retention { topics_max: 2, octets_max: 1700, persistent: false };
    let mut conversation = Conversation::in_realm(realm(retention));
    let long = "x".repeat(700);
    conversation.play(&format!(
        r#"
        alice PUBLISH 1 {{"retain":true}} com.a [1]
        alice PUBLISH 2 {{"retain":true}} com.b [2]
        alice PUBLISH 3 {{"retain":true,"acknowledge":true}} com.c ["one topic too many"]
        alice PUBLISH 4 {{"retain":true}} com.a ["{long}"]
        alice PUBLISH 5 {{"retain":true}} com.b ["{long}"]
        alice PUBLISH 6 {{"retain":true}} com.c [3]
        bob   SUBSCRIBE 1 {{"get_retained":true}} com.b
        bob   SUBSCRIBE 2 {{"get_retained":true}} com.c
        "#
    ));
    assert_eq!(conversation.router.counters().events_not_retained.get(), 3);
    expect![[r#"
        alice < PUBLISHED 3 p1
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p2 {"retained":true} ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
        bob < SUBSCRIBED 2 s2
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn retained_events_survive_a_restart_if_they_are_to() {
    let retention = Retention { persistent: true, ..Retention::default() };
    let mut conversation = Conversation::in_realm(realm(retention));
    conversation.play(
        r#"
        alice PUBLISH 1 {"retain":true,"acknowledge":true} com.news [1]
        alice PUBLISH 2 {"retain":true,"acknowledge":true} com.news [2]
        alice PUBLISH 3 {"retain":true,"acknowledge":true,"eligible":[7]} com.news ["for a session"]
        alice PUBLISH 4 {"retain":true,"acknowledge":true} com.weather ["not written in time"]
        STORE writes 2
        ROUTER starts again
        bob   SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        bob   PUBLISH 2 {"retain":true,"acknowledge":true} com.news ["after the restart"]
        STORE writes all
        ROUTER starts again
        carol SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        "#,
    );
    assert_eq!(conversation.store().counts(), (0, 1));
    expect![[r#"
        alice < PUBLISHED 3 p1
        alice < PUBLISHED 1 p2
        alice < PUBLISHED 2 p3
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p3 {"topic":"com.news","retained":true} [2]
        bob < PUBLISHED 2 p2
        carol < SUBSCRIBED 1 s1
        carol < EVENT s1 p2 {"topic":"com.news","retained":true} ["after the restart"]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn retained_events_do_not_survive_a_restart_otherwise() {
    check(
        r#"
        alice PUBLISH 1 {"retain":true,"acknowledge":true} com.news [1]
        STORE writes all
        ROUTER starts again
        bob   SUBSCRIBE 1 {"get_retained":true} com.news
        "#,
        expect![[r#"
            alice < PUBLISHED 1 p1
            bob < SUBSCRIBED 1 s1
        "#]],
    );
}

/// What is meant for single sessions is not stored, and what it has replaced for others goes, too:
/// nothing is better than what is out of date.
#[test]
fn a_restart_does_not_bring_back_what_was_before() {
    let retention = Retention { persistent: true, ..Retention::default() };
    let mut conversation = Conversation::in_realm(realm(retention));
    conversation.play(
        r#"
        alice PUBLISH 1 {"retain":true,"acknowledge":true} com.news ["old"]
        alice PUBLISH 2 {"retain":true,"acknowledge":true,"exclude":[7]} com.news ["new"]
        alice PUBLISH 3 {"retain":true,"acknowledge":true,"exclude":[]} com.weather ["for all"]
        bob   SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        STORE writes all
        ROUTER starts again
        carol SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        "#,
    );
    expect![[r#"
        alice < PUBLISHED 2 p1
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"com.news","retained":true} ["new"]
        bob < EVENT s1 p2 {"topic":"com.weather","retained":true} ["for all"]
        alice < PUBLISHED 1 p3
        alice < PUBLISHED 3 p2
        carol < SUBSCRIBED 1 s1
        carol < EVENT s1 p2 {"topic":"com.weather","retained":true} ["for all"]
    "#]]
    .assert_eq(&conversation.transcript());
}
