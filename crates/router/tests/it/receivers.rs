//! Who receives a publication, and what they are told of its publisher.

use crosspoint_router::router::{Disclosure, RealmSettings, TrustRule};
use expect_test::expect;

use crate::conversation::{Conversation, check};

fn session(number: u64) -> u64 {
    (1 << 31) + number
}

/// bob, carol and dave are the first three sessions, and all anonymous.
#[test]
fn receivers_are_named_by_session() {
    let (bob, carol, dave) = (session(1), session(2), session(3));
    check(
        &format!(
            r#"
            bob   SUBSCRIBE 1 {{}} com.news
            carol SUBSCRIBE 1 {{}} com.news
            dave  SUBSCRIBE 1 {{}} com.news
            alice PUBLISH 1 {{"exclude":[{bob},{carol}]}} com.news [1]
            alice PUBLISH 2 {{"eligible":[{bob},{carol},99]}} com.news [2]
            alice PUBLISH 3 {{"eligible":[{bob},{carol},{dave}],"exclude":[{bob}]}} com.news [3]
            alice PUBLISH 4 {{"eligible":[],"acknowledge":true}} com.news [4]
            alice PUBLISH 5 {{"exclude":[]}} com.news [5]
            bob   PUBLISH 2 {{"eligible":[{bob},{dave}]}} com.news [6]
            bob   PUBLISH 3 {{"eligible":[{bob},{dave}],"exclude_me":false}} com.news [7]
            alice PUBLISH 6 {{"eligible":null,"exclude":null}} com.news [8]
            "#
        ),
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            dave < SUBSCRIBED 1 s1
            dave < EVENT s1 p1 {} [1]
            bob < EVENT s1 p2 {} [2]
            carol < EVENT s1 p2 {} [2]
            carol < EVENT s1 p3 {} [3]
            dave < EVENT s1 p3 {} [3]
            alice < PUBLISHED 4 p4
            bob < EVENT s1 p5 {} [5]
            carol < EVENT s1 p5 {} [5]
            dave < EVENT s1 p5 {} [5]
            dave < EVENT s1 p6 {} [6]
            bob < EVENT s1 p7 {} [7]
            dave < EVENT s1 p7 {} [7]
            bob < EVENT s1 p8 {} [8]
            carol < EVENT s1 p8 {} [8]
            dave < EVENT s1 p8 {} [8]
        "#]],
    );
}

#[test]
fn receivers_are_named_by_identity() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        alice PUBLISH 1 {"eligible_authrole":["anonymous","admin"]} com.news [1]
        alice PUBLISH 2 {"eligible_authrole":["admin"]} com.news [2]
        alice PUBLISH 3 {"eligible_authrole":[]} com.news [3]
        alice PUBLISH 4 {"exclude_authrole":["anonymous"]} com.news [4]
        alice PUBLISH 5 {"exclude_authrole":["admin"]} com.news [5]
        alice PUBLISH 6 {"eligible_authid":["anonymous"]} com.news [6]
        alice PUBLISH 7 {"eligible_authid":["joe"]} com.news [7]
        alice PUBLISH 8 {"exclude_authid":["anonymous"]} com.news [8]
        alice PUBLISH 9 {"eligible_authrole":["anonymous"],"eligible_authid":["joe"]} com.news [9]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} [1]
            bob < EVENT s1 p2 {} [5]
            bob < EVENT s1 p3 {} [6]
        "#]],
    );
}

/// Whoever is named must be named rightly: an event must not reach whom it was not meant for.
#[test]
fn receivers_that_are_not_sessions() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        alice PUBLISH 1 {"exclude":["bob"]} com.news [1]
        carol PUBLISH 1 {"eligible":7} com.news [1]
        dave  PUBLISH 1 {"exclude_authid":["joe",1]} com.news [1]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            alice < ABORT {"message":"PUBLISH.Options.exclude must be a list of at most 65536 session IDs"} wamp.error.protocol_violation
            alice is over
            carol < ABORT {"message":"PUBLISH.Options.eligible must be a list of at most 65536 session IDs"} wamp.error.protocol_violation
            carol is over
            dave < ABORT {"message":"PUBLISH.Options.exclude_authid must be a list of at most 65536 strings"} wamp.error.protocol_violation
            dave is over
        "#]],
    );
}

#[test]
fn publishers_are_disclosed_when_they_ask_for_it() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        carol joins msgpack
        carol SUBSCRIBE 1 {"match":"prefix"} com.
        alice PUBLISH 1 {"disclose_me":true} com.news [1]
        alice PUBLISH 2 {"disclose_me":false} com.news [2]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s2
            bob < EVENT s1 p1 {"publisher":2147483651,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [1]
            carol < EVENT s2 p1 {"topic":"com.news","publisher":2147483651,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [1]
            bob < EVENT s1 p2 {} [2]
            carol < EVENT s2 p2 {"topic":"com.news"} [2]
        "#]],
    );
}

#[test]
fn a_realm_may_disclose_publishers_always_or_never() {
    let script = r#"
        bob   SUBSCRIBE 1 {} com.news
        alice PUBLISH 1 {"disclose_me":true,"acknowledge":true} com.news [1]
        alice PUBLISH 2 {"disclose_me":true} com.news [2]
        alice PUBLISH 3 {} com.news [3]
        "#;
    let play = |publisher_disclosure| {
        let realm = RealmSettings { publisher_disclosure, ..RealmSettings::from("realm1") };
        let mut conversation = Conversation::in_realm(realm);
        conversation.play(script);
        conversation.transcript()
    };
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        alice < PUBLISHED 1 p1
        bob < EVENT s1 p1 {"publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [1]
        bob < EVENT s1 p2 {"publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [2]
        bob < EVENT s1 p3 {"publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [3]
    "#]]
    .assert_eq(&play(Disclosure::Always));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        alice < ERROR 16 1 {} wamp.error.option_disallowed.disclose_me ["this realm does not tell subscribers who publishes: leave out disclose_me"]
        bob < EVENT s1 p1 {} [3]
    "#]]
    .assert_eq(&play(Disclosure::Never));
}

#[test]
fn publications_have_the_trust_level_of_the_first_rule_that_fits() {
    let rule = |authrole: Option<&str>, prefix: &str, level| TrustRule {
        authrole: authrole.map(str::to_owned),
        uri_prefix: prefix.to_owned(),
        level,
    };
    let trust_rules = vec![
        rule(Some("admin"), "com.", 9),
        rule(Some("anonymous"), "com.news", 3),
        rule(None, "com.", 0),
    ];
    let realm = RealmSettings { trust_rules, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} ""
        alice PUBLISH 1 {} com.news.today
        alice PUBLISH 2 {} com.weather
        alice PUBLISH 3 {} org.news
        "#,
    );
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"wamp.subscription.on_create"} [2147483649,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"","match":"prefix"}]
        bob < EVENT s1 p2 {"topic":"wamp.subscription.on_subscribe"} [2147483649,1]
        bob < EVENT s1 p3 {"topic":"wamp.session.on_join"} [{"session":2147483650,"authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
        bob < EVENT s1 p4 {"topic":"com.news.today","trustlevel":3}
        bob < EVENT s1 p5 {"topic":"com.weather","trustlevel":0}
        bob < EVENT s1 p6 {"topic":"org.news"}
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Subscribers that do not know the mode get the event all the same: the specification leaves it to
/// them.
#[test]
fn payloads_pass_through_with_what_they_are() {
    check(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        alice knows payload_passthru_mode
        alice PUBLISH 1 {"ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"c","ppt_keyid":"k"} com.news ["secret"]
        alice PUBLISH 2 {"ppt_scheme":""} com.news ["no secret"]
        carol PUBLISH 1 {"ppt_scheme":"wamp"} com.news ["secret"]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"c","ppt_keyid":"k"} ["secret"]
            bob < EVENT s1 p2 {} ["no secret"]
            carol < ABORT {"message":"PUBLISH uses payload_passthru_mode, which HELLO has not announced"} wamp.error.protocol_violation
            carol is over
        "#]],
    );
}

/// Keys go to one node each; whoever belongs to none gets everything.
#[test]
fn publications_with_a_key_go_to_one_node() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"nkey":"node1"} com.sensor
        carol SUBSCRIBE 1 {"nkey":"node2"} com.sensor
        dave  SUBSCRIBE 1 {} com.sensor
        alice PUBLISH 1 {"rkey":"a"} com.sensor ["a"]
        alice PUBLISH 2 {"rkey":"b"} com.sensor ["b"]
        alice PUBLISH 3 {"rkey":"c"} com.sensor ["c"]
        alice PUBLISH 4 {"rkey":"a"} com.sensor ["a again"]
        alice PUBLISH 5 {} com.sensor ["everybody"]
        alice PUBLISH 6 {"rkey":7} com.sensor [7]
        alice PUBLISH 7 {"rkey":"7"} com.sensor ["7"]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            carol < SUBSCRIBED 1 s1
            dave < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} ["a"]
            dave < EVENT s1 p1 {} ["a"]
            carol < EVENT s1 p2 {} ["b"]
            dave < EVENT s1 p2 {} ["b"]
            carol < EVENT s1 p3 {} ["c"]
            dave < EVENT s1 p3 {} ["c"]
            bob < EVENT s1 p4 {} ["a again"]
            dave < EVENT s1 p4 {} ["a again"]
            bob < EVENT s1 p5 {} ["everybody"]
            carol < EVENT s1 p5 {} ["everybody"]
            dave < EVENT s1 p5 {} ["everybody"]
            carol < EVENT s1 p6 {} [7]
            dave < EVENT s1 p6 {} [7]
            carol < EVENT s1 p7 {} ["7"]
            dave < EVENT s1 p7 {} ["7"]
        "#]],
    );
}

/// A node keeps its keys while another comes and goes, and all of its sessions get them.
#[test]
fn nodes_come_and_go() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"nkey":"node1"} com.sensor
        erin  SUBSCRIBE 1 {"nkey":"node1"} com.sensor
        alice PUBLISH 1 {"rkey":"a"} com.sensor ["one node"]
        carol SUBSCRIBE 1 {"nkey":"node2"} com.sensor
        alice PUBLISH 2 {"rkey":"a"} com.sensor ["a, two nodes"]
        alice PUBLISH 3 {"rkey":"b"} com.sensor ["b, two nodes"]
        carol SUBSCRIBE 2 {"nkey":"node1"} com.sensor
        alice PUBLISH 4 {"rkey":"b"} com.sensor ["one node again"]
        carol UNSUBSCRIBE 3 s1
        bob   is gone
        erin  UNSUBSCRIBE 2 s1
        dave  SUBSCRIBE 1 {"nkey":"node3"} com.sensor
        alice PUBLISH 5 {"rkey":"a"} com.sensor ["another node"]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            erin < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} ["one node"]
            erin < EVENT s1 p1 {} ["one node"]
            carol < SUBSCRIBED 1 s1
            bob < EVENT s1 p2 {} ["a, two nodes"]
            erin < EVENT s1 p2 {} ["a, two nodes"]
            carol < EVENT s1 p3 {} ["b, two nodes"]
            carol < SUBSCRIBED 2 s1
            bob < EVENT s1 p4 {} ["one node again"]
            carol < EVENT s1 p4 {} ["one node again"]
            erin < EVENT s1 p4 {} ["one node again"]
            carol < UNSUBSCRIBED 3
            erin < UNSUBSCRIBED 2
            dave < SUBSCRIBED 1 s2
            dave < EVENT s2 p5 {} ["another node"]
        "#]],
    );
}

#[test]
fn a_node_must_have_a_name_that_can_be_kept() {
    check(
        &format!(r#"bob SUBSCRIBE 1 {{"nkey":"{}"}} com.sensor"#, "n".repeat(257)),
        expect![[r#"
            bob < ERROR 32 1 {} crosspoint.error.limit_exceeded ["the nkey is longer than 256 octets"]
        "#]],
    );
}
