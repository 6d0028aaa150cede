//! The event history.

use std::fmt::Write as _;

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::router::{HistoryRule, RealmSettings, Retention};
use expect_test::expect;

use crate::conversation::{Conversation, check};

fn rule(policy: MatchPolicy, topic: &str) -> HistoryRule {
    HistoryRule::new(policy, topic).unwrap()
}

fn limited(mut rule: HistoryRule, limit: impl FnOnce(&mut HistoryRule)) -> HistoryRule {
    limit(&mut rule);
    rule
}

fn conversation(history: Vec<HistoryRule>) -> Conversation {
    Conversation::in_realm(RealmSettings { history, ..RealmSettings::from("realm1") })
}

/// The specification's example: an exact subscription has its own, a prefix all of them.
#[test]
fn a_subscription_has_the_events_of_its_topics() {
    let mut conversation = conversation(vec![rule(MatchPolicy::Prefix, "com.mycompany.log")]);
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {} com.mycompany.log.auth
        bob   SUBSCRIBE 2 {} com.mycompany.log.basket
        bob   SUBSCRIBE 3 {"match":"prefix"} com.mycompany.log
        alice PUBLISH 1 {} com.mycompany.log.auth [1]
        TIME  passes 1000
        alice PUBLISH 2 {} com.mycompany.log.basket [2]
        alice PUBLISH 3 {"disclose_me":true} com.mycompany.log.basket [3] {"k":"v"}
        alice PUBLISH 4 {} com.mycompany.log.checkout
        carol CALL 1 {} wamp.subscription.get_events [2]
        carol CALL 2 {} wamp.subscription.get_events [3]
        carol CALL 3 {} wamp.subscription.get_events [1]
        "#,
    );
    expect![[r#"
        bob < SUBSCRIBED 1 s2
        bob < SUBSCRIBED 2 s3
        bob < SUBSCRIBED 3 s1
        bob < EVENT s2 p1 {} [1]
        bob < EVENT s1 p1 {"topic":"com.mycompany.log.auth"} [1]
        bob < EVENT s3 p2 {} [2]
        bob < EVENT s1 p2 {"topic":"com.mycompany.log.basket"} [2]
        bob < EVENT s3 p3 {"publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [3] {"k":"v"}
        bob < EVENT s1 p3 {"topic":"com.mycompany.log.basket","publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} [3] {"k":"v"}
        bob < EVENT s1 p4 {"topic":"com.mycompany.log.checkout"}
        carol < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":2,"publication":6814627519747791,"details":{},"args":[1],"kwargs":{}}]
        carol < RESULT 2 {} [{"timestamp":"2026-11-25T14:23:04.000Z","subscription":3,"publication":2328834548178499,"details":{},"args":[2],"kwargs":{}},{"timestamp":"2026-11-25T14:23:04.000Z","subscription":3,"publication":7807356612006704,"details":{"publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"},"args":[3],"kwargs":{"k":"v"}}]
        carol < RESULT 3 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":6814627519747791,"details":{"topic":"com.mycompany.log.auth"},"args":[1],"kwargs":{}},{"timestamp":"2026-11-25T14:23:04.000Z","subscription":1,"publication":2328834548178499,"details":{"topic":"com.mycompany.log.basket"},"args":[2],"kwargs":{}},{"timestamp":"2026-11-25T14:23:04.000Z","subscription":1,"publication":7807356612006704,"details":{"topic":"com.mycompany.log.basket","publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"},"args":[3],"kwargs":{"k":"v"}},{"timestamp":"2026-11-25T14:23:04.000Z","subscription":1,"publication":5210014371804773,"details":{"topic":"com.mycompany.log.checkout"},"args":[],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// The topic of a rule has a subscription from the start, so that its history can be asked for.
#[test]
fn publications_without_subscribers_are_kept() {
    let mut conversation = conversation(vec![
        rule(MatchPolicy::Exact, "com.news"),
        rule(MatchPolicy::Wildcard, "org."),
    ]);
    conversation.play(
        r#"
        alice PUBLISH 1 {} com.news [1]
        alice PUBLISH 2 {} org.news [2]
        alice PUBLISH 3 {} com.weather [3]
        alice CALL 4 {} wamp.subscription.lookup ["com.news"]
        alice CALL 5 {} wamp.subscription.get_events [1]
        alice CALL 6 {} wamp.subscription.get_events [2]
        alice CALL 7 {} wamp.subscription.get [1]
        bob   SUBSCRIBE 1 {} com.news
        bob   UNSUBSCRIBE 2 s1
        alice CALL 8 {} wamp.subscription.get_events [1]
        alice CALL 9 {} wamp.subscription.get_events [3]
        carol SUBSCRIBE 1 {} com.weather
        carol CALL 2 {} wamp.subscription.get_events [3]
        carol CALL 3 {} wamp.subscription.get_events
        "#,
    );
    expect![[r#"
        alice < RESULT 4 {} [1]
        alice < RESULT 5 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{},"args":[1],"kwargs":{}}]
        alice < RESULT 6 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":2,"publication":3251949076933736,"details":{"topic":"org.news"},"args":[2],"kwargs":{}}]
        alice < RESULT 7 {} [{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.news","match":"exact"}]
        bob < SUBSCRIBED 1 s1
        bob < UNSUBSCRIBED 2
        alice < RESULT 8 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{},"args":[1],"kwargs":{}}]
        alice < ERROR 48 9 {} wamp.error.no_such_subscription ["there is no subscription 3"]
        carol < SUBSCRIBED 1 s3
        carol < ERROR 48 2 {} wamp.error.history_unavailable ["this realm keeps no history of com.weather"]
        carol < ERROR 48 3 {} wamp.error.invalid_argument ["the first argument, a subscription's ID, is missing"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Ten events, a second apart, of two topics; and what the filters make of them.
#[test]
fn events_are_asked_for_by_time_topic_and_publication() {
    let mut conversation = conversation(vec![rule(MatchPolicy::Prefix, "com.")]);
    for number in 1..=10 {
        let topic = if number % 2 == 0 { "com.even" } else { "com.odd" };
        conversation.play(&format!(
            r#"
            alice PUBLISH {number} {{"acknowledge":true}} {topic} [{number}]
            TIME passes 1000
            "#
        ));
    }
    let mut publications = Vec::new();
    for line in conversation.transcript_so_far().lines() {
        publications.push(line.rsplit_once(' ').unwrap().1.to_owned());
    }
    // 2026-11-25T14:23:03.000Z is the first.
    let asked = [
        r#"{}"#,
        r#"{"limit":3}"#,
        r#"{"limit":3,"reverse":true}"#,
        r#"{"reverse":true}"#,
        r#"{"topic":"com.even"}"#,
        r#"{"topic":"com.even","reverse":true,"limit":2}"#,
        r#"{"topic":"com.other"}"#,
        r#"{"from_time":"2026-11-25T14:23:10.000Z"}"#,
        r#"{"after_time":"2026-11-25T14:23:10.000Z"}"#,
        r#"{"before_time":"2026-11-25T14:23:05Z"}"#,
        r#"{"until_time":"2026-11-25T15:23:05+01:00"}"#,
        r#"{"after_time":"2026-11-25T14:23:05Z","from_time":"2026-11-25T14:23:05Z","before_time":"2026-11-25T14:23:08Z","until_time":"2026-11-25T14:23:09Z"}"#,
        r#"{"from_time":"2026-11-25T14:23:09Z","until_time":"2026-11-25T14:23:05Z"}"#,
        r#"{"from_publication":"P8"}"#,
        r#"{"after_publication":"P8"}"#,
        r#"{"before_publication":"P3"}"#,
        r#"{"until_publication":"P3"}"#,
        r#"{"after_publication":"P3","limit":2}"#,
        r#"{"before_publication":"P8","limit":2,"reverse":true}"#,
        r#"{"from_publication":"P8","until_publication":"P3"}"#,
        r#"{"from_publication":"P8","after_publication":"P8"}"#,
        r#"{"from_publication":"P9","after_publication":"P7"}"#,
        r#"{"before_publication":"P3","until_publication":"P2"}"#,
        r#"{"before_publication":"P3","until_publication":"P3"}"#,
        r#"{"before_publication":"P1"}"#,
        r#"{"after_publication":"P3","before_publication":"P4"}"#,
        r#"{"after_publication":"P3","before_publication":"P3"}"#,
        r#"{"from_publication":"P4","topic":"com.odd","until_time":"2026-11-25T14:23:09Z","reverse":true}"#,
    ];
    let mut told = String::new();
    for (index, kwargs) in asked.iter().enumerate() {
        let mut sent = (*kwargs).to_owned();
        for (number, id) in publications.iter().enumerate() {
            sent = sent.replace(&format!("\"P{}\"", number + 1), &conversation.publication(id));
        }
        let request = index + 1;
        conversation.forget_transcript();
        conversation
            .play(&format!("bob CALL {request} {{}} wamp.subscription.get_events [1] {sent}"));
        let answer = conversation.transcript_so_far();
        let numbers: Vec<_> = answer
            .split("\"args\":[")
            .skip(1)
            .map(|rest| rest.split_once(']').unwrap().0)
            .collect();
        writeln!(told, "{kwargs} {}", numbers.join(",")).unwrap();
    }
    expect![[r#"
        {} 1,2,3,4,5,6,7,8,9,10
        {"limit":3} 1,2,3
        {"limit":3,"reverse":true} 10,9,8
        {"reverse":true} 10,9,8,7,6,5,4,3,2,1
        {"topic":"com.even"} 2,4,6,8,10
        {"topic":"com.even","reverse":true,"limit":2} 10,8
        {"topic":"com.other"} 
        {"from_time":"2026-11-25T14:23:10.000Z"} 8,9,10
        {"after_time":"2026-11-25T14:23:10.000Z"} 9,10
        {"before_time":"2026-11-25T14:23:05Z"} 1,2
        {"until_time":"2026-11-25T15:23:05+01:00"} 1,2,3
        {"after_time":"2026-11-25T14:23:05Z","from_time":"2026-11-25T14:23:05Z","before_time":"2026-11-25T14:23:08Z","until_time":"2026-11-25T14:23:09Z"} 4,5
        {"from_time":"2026-11-25T14:23:09Z","until_time":"2026-11-25T14:23:05Z"} 
        {"from_publication":"P8"} 8,9,10
        {"after_publication":"P8"} 9,10
        {"before_publication":"P3"} 1,2
        {"until_publication":"P3"} 1,2,3
        {"after_publication":"P3","limit":2} 4,5
        {"before_publication":"P8","limit":2,"reverse":true} 7,6
        {"from_publication":"P8","until_publication":"P3"} 
        {"from_publication":"P8","after_publication":"P8"} 9,10
        {"from_publication":"P9","after_publication":"P7"} 9,10
        {"before_publication":"P3","until_publication":"P2"} 1,2
        {"before_publication":"P3","until_publication":"P3"} 1,2
        {"before_publication":"P1"} 
        {"after_publication":"P3","before_publication":"P4"} 
        {"after_publication":"P3","before_publication":"P3"} 
        {"from_publication":"P4","topic":"com.odd","until_time":"2026-11-25T14:23:09Z","reverse":true} 7,5
    "#]]
    .assert_eq(&told);
}

/// To the millisecond, as it is told: who asks for what came after an event does not get that event again.
#[test]
fn events_are_found_by_the_time_that_is_told() {
    let mut conversation = conversation(vec![rule(MatchPolicy::Exact, "com.news")]);
    conversation.play(
        r#"
        TIME  passes 700us
        alice PUBLISH 1 {} com.news [1]
        TIME  passes 999us
        alice PUBLISH 2 {} com.news [2]
        "#,
    );
    let first = r#"{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{},"args":[1],"kwargs":{}}"#;
    let second = r#"{"timestamp":"2026-11-25T14:23:03.001Z","subscription":1,"publication":3251949076933736,"details":{},"args":[2],"kwargs":{}}"#;
    let found = [
        (r#"{"until_time":"2026-11-25T14:23:03.001Z"}"#, format!("{first},{second}")),
        (r#"{"after_time":"2026-11-25T14:23:03.000Z"}"#, second.to_owned()),
        (r#"{"after_time":"2026-11-25T14:23:03.001Z"}"#, String::new()),
        (r#"{"from_time":"2026-11-25T14:23:03.000Z","limit":1}"#, first.to_owned()),
    ];
    for (index, (kwargs, events)) in found.iter().enumerate() {
        let request = index + 1;
        conversation.forget_transcript();
        conversation
            .play(&format!("bob CALL {request} {{}} wamp.subscription.get_events [1] {kwargs}"));
        let answer = conversation.transcript_so_far();
        assert_eq!(answer.trim(), format!("bob < RESULT {request} {{}} [{events}]"), "{kwargs}");
    }
}

#[test]
fn what_cannot_be_asked_for() {
    let mut conversation = conversation(vec![rule(MatchPolicy::Prefix, "com.")]);
    for (index, kwargs) in [
        r#"{"limit":0}"#,
        r#"{"limit":"many"}"#,
        r#"{"limit":-1}"#,
        r#"{"reverse":1}"#,
        r#"{"topic":1}"#,
        r#"{"from_time":"yesterday"}"#,
        r#"{"until_time":1795616583}"#,
        r#"{"from_publication":0}"#,
        r#"{"from_publication":7}"#,
        r#"{"after_publication":"7"}"#,
        r#"{"limit":null,"topic":null}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let request = index + 1;
        conversation
            .play(&format!("bob CALL {request} {{}} wamp.subscription.get_events [1] {kwargs}"));
    }
    expect![[r#"
        bob < ERROR 48 1 {} wamp.error.invalid_argument ["limit must be an integer of at least 1"]
        bob < ERROR 48 2 {} wamp.error.invalid_argument ["limit must be an integer of at least 1"]
        bob < ERROR 48 3 {} wamp.error.invalid_argument ["limit must be an integer of at least 1"]
        bob < ERROR 48 4 {} wamp.error.invalid_argument ["reverse must be a bool"]
        bob < ERROR 48 5 {} wamp.error.invalid_argument ["topic must be a string"]
        bob < ERROR 48 6 {} wamp.error.invalid_argument ["from_time must be a time like 2026-11-25T14:23:03.5Z (RFC 3339, and not before 1970)"]
        bob < ERROR 48 7 {} wamp.error.invalid_argument ["until_time must be a time like 2026-11-25T14:23:03.5Z (RFC 3339, and not before 1970)"]
        bob < ERROR 48 8 {} wamp.error.invalid_argument ["from_publication must be a publication's ID"]
        bob < ERROR 48 9 {} crosspoint.error.no_such_publication ["publication 7 is not in the history, or not any more"]
        bob < ERROR 48 10 {} wamp.error.invalid_argument ["after_publication must be a publication's ID"]
        bob < RESULT 11 {} []
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn what_was_not_meant_for_somebody_is_not_told_to_them() {
    let mut conversation = conversation(vec![rule(MatchPolicy::Exact, "com.news")]);
    conversation.play(
        r#"
        alice PUBLISH 1 {} com.news ["all"]
        alice PUBLISH 2 {"eligible_authrole":["admin"]} com.news ["admins"]
        alice PUBLISH 3 {"exclude_authid":["anonymous"]} com.news ["known users"]
        alice PUBLISH 4 {"exclude_authrole":["admin"]} com.news ["no admins"]
        alice PUBLISH 5 {"eligible":[2147483650]} com.news ["a session"]
        alice PUBLISH 6 {"exclude":[7]} com.news ["not a session"]
        alice PUBLISH 7 {"exclude_me":true} com.news ["not me"]
        bob   CALL 1 {} wamp.subscription.get_events [1]
        alice CALL 8 {} wamp.subscription.get_events [1] {"reverse":true,"limit":1}
        "#,
    );
    expect![[r#"
        bob < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{},"args":["all"],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":429432007477516,"details":{},"args":["no admins"],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":7296826629045414,"details":{},"args":["not me"],"kwargs":{}}]
        alice < RESULT 8 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":7296826629045414,"details":{},"args":["not me"],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn the_oldest_events_go_when_there_are_too_many() {
    let few = limited(rule(MatchPolicy::Exact, "com.few"), |rule| rule.events_max = 2);
    let small = limited(rule(MatchPolicy::Exact, "com.small"), |rule| rule.octets_max = 1800);
    let young = limited(rule(MatchPolicy::Exact, "com.young"), |rule| rule.age_max_ms = Some(1000));
    let mut conversation = conversation(vec![few, small, young]);
    let long = "x".repeat(400);
    conversation.play(&format!(
        r#"
        alice PUBLISH 1 {{}} com.few [1]
        alice PUBLISH 2 {{}} com.few [2]
        alice PUBLISH 3 {{}} com.few [3]
        alice PUBLISH 4 {{}} com.small [1]
        alice PUBLISH 5 {{}} com.small ["{long}"]
        alice PUBLISH 6 {{}} com.small [3]
        alice PUBLISH 7 {{}} com.young [1]
        TIME  passes 1000
        alice PUBLISH 8 {{}} com.young [2]
        bob   CALL 1 {{}} wamp.subscription.get_events [1]
        bob   CALL 2 {{}} wamp.subscription.get_events [2] {{"reverse":true,"limit":1}}
        bob   CALL 3 {{}} wamp.subscription.get_events [3]
        TIME  passes 1
        bob   CALL 4 {{}} wamp.subscription.get_events [3]
        TIME  passes 1000
        bob   CALL 5 {{}} wamp.subscription.get_events [3]
        "#
    ));
    expect![[r#"
        bob < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":3251949076933736,"details":{},"args":[2],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":5527171857798495,"details":{},"args":[3],"kwargs":{}}]
        bob < RESULT 2 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":2,"publication":3672366959100545,"details":{},"args":[3],"kwargs":{}}]
        bob < RESULT 3 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":3,"publication":7296826629045414,"details":{},"args":[1],"kwargs":{}},{"timestamp":"2026-11-25T14:23:04.000Z","subscription":3,"publication":2175998240458102,"details":{},"args":[2],"kwargs":{}}]
        bob < RESULT 4 {} [{"timestamp":"2026-11-25T14:23:04.000Z","subscription":3,"publication":2175998240458102,"details":{},"args":[2],"kwargs":{}}]
        bob < RESULT 5 {} []
    "#]]
    .assert_eq(&conversation.transcript());
}

/// The most specific rule has a publication, and only that one.
#[test]
fn a_publication_is_kept_once() {
    let all = limited(rule(MatchPolicy::Prefix, "com."), |rule| rule.events_max = 3);
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.events_max = 1);
    let mut conversation = conversation(vec![all, news]);
    conversation.play(
        r#"
        alice PUBLISH 1 {} com.news [1]
        alice PUBLISH 2 {} com.weather [2]
        alice PUBLISH 3 {} com.news [3]
        alice PUBLISH 4 {} com.weather [4]
        bob   CALL 1 {} wamp.subscription.get_events [1]
        bob   CALL 2 {} wamp.subscription.get_events [2]
        "#,
    );
    expect![[r#"
        bob < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":3251949076933736,"details":{"topic":"com.weather"},"args":[2],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":5527171857798495,"details":{"topic":"com.news"},"args":[3],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":429432007477516,"details":{"topic":"com.weather"},"args":[4],"kwargs":{}}]
        bob < RESULT 2 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":2,"publication":5527171857798495,"details":{},"args":[3],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// A page has so many events and octets; whoever asked for more is told.
#[test]
fn a_page_is_bounded() {
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.events_max = 3000);
    let mut conversation = conversation(vec![news]);
    for request in 1..=1500 {
        conversation.play(&format!("alice PUBLISH {request} {{}} com.news"));
    }
    for (request, kwargs) in [(1, "{}"), (2, r#"{"limit":1000}"#), (3, r#"{"limit":1001}"#)] {
        conversation.forget_transcript();
        conversation
            .play(&format!("bob CALL {request} {{}} wamp.subscription.get_events [1] {kwargs}"));
        let answer = conversation.transcript_so_far();
        assert_eq!(answer.matches("\"timestamp\"").count(), 1000);
        assert_eq!(answer.contains(r#"{"more":true}"#), request != 2, "{kwargs}");
    }
    let long = "x".repeat(600 << 10);
    for request in 1501..=1503 {
        conversation.play(&format!("alice PUBLISH {request} {{}} com.news [\"{long}\"]"));
    }
    conversation.forget_transcript();
    conversation
        .play(r#"bob CALL 4 {} wamp.subscription.get_events [1] {"reverse":true,"limit":3}"#);
    let answer = conversation.transcript_so_far();
    assert_eq!(answer.matches("\"timestamp\"").count(), 1);
    assert!(answer.contains(r#"{"more":true}"#));
}

/// PUBLISHED comes when the event is safe; what is acknowledged is there after a restart.
#[test]
fn what_is_acknowledged_survives() {
    let news = limited(rule(MatchPolicy::Prefix, "com."), |rule| rule.persistent = true);
    let mut conversation = conversation(vec![news, rule(MatchPolicy::Exact, "org.news")]);
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        alice PUBLISH 1 {"acknowledge":true} com.news ["one"]
        alice PUBLISH 2 {} com.news ["two"]
        alice PUBLISH 3 {"acknowledge":true,"disclose_me":true,"exclude_authrole":["admin"]} com.news ["three"] {"k":1}
        alice PUBLISH 4 {"acknowledge":true} org.news ["in memory"]
        STORE writes 3
        alice PUBLISH 5 {"acknowledge":true} com.news ["lost"]
        ROUTER starts again
        carol CALL 1 {} wamp.subscription.get_events [1]
        carol CALL 2 {} wamp.subscription.get_events [2]
        carol PUBLISH 3 {"acknowledge":true} com.news ["after the restart"]
        STORE writes all
        carol CALL 4 {} wamp.subscription.get_events [1] {"reverse":true,"limit":2}
        "#,
    );
    assert_eq!(conversation.store().counts(), (4, 0));
    expect![[r#"
        bob < SUBSCRIBED 1 s3
        bob < EVENT s3 p1 {} ["one"]
        bob < EVENT s3 p2 {} ["two"]
        bob < EVENT s3 p3 {"publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"} ["three"] {"k":1}
        alice < PUBLISHED 4 p4
        alice < PUBLISHED 1 p1
        alice < PUBLISHED 3 p3
        bob < EVENT s3 p5 {} ["lost"]
        carol < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":6814627519747791,"details":{"topic":"com.news"},"args":["one"],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2328834548178499,"details":{"topic":"com.news"},"args":["two"],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":7807356612006704,"details":{"topic":"com.news","publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"},"args":["three"],"kwargs":{"k":1}}]
        carol < RESULT 2 {} []
        carol < PUBLISHED 3 p6
        carol < RESULT 4 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{"topic":"com.news"},"args":["after the restart"],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":7807356612006704,"details":{"topic":"com.news","publisher":2147483650,"publisher_authid":"anonymous","publisher_authrole":"anonymous"},"args":["three"],"kwargs":{"k":1}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// What is trimmed is taken away from the store, too; also if only the restart finds it too much.
#[test]
fn the_store_holds_no_more_than_the_history() {
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.persistent = true);
    let mut conversation = conversation(vec![limited(news, |rule| {
        (rule.events_max, rule.age_max_ms) = (3, Some(5000));
    })]);
    for request in 1..=5 {
        conversation.play(&format!("alice PUBLISH {request} {{}} com.news [{request}]"));
    }
    conversation.play("STORE writes all");
    assert_eq!(conversation.store().counts(), (3, 0));
    conversation.play("TIME passes 5001");
    conversation.expire();
    conversation.play("STORE writes all");
    assert_eq!(conversation.store().counts(), (0, 0));

    conversation.play("alice PUBLISH 6 {} com.news [6]");
    conversation.play("STORE writes all");
    conversation.play("TIME passes 5001");
    conversation.play("ROUTER starts again");
    conversation.play("STORE writes all");
    assert_eq!(conversation.store().counts(), (0, 0));
}

/// Nobody waits for all that a pause has made too old: it goes in portions.
#[test]
fn what_is_too_old_goes_a_little_at_a_time() {
    const EVENTS: usize = 3000;
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.persistent = true);
    let mut conversation = conversation(vec![limited(news, |rule| {
        (rule.events_max, rule.age_max_ms) = (EVENTS, Some(5000));
    })]);
    for request in 1..=EVENTS {
        conversation.play(&format!("alice PUBLISH {request} {{}} com.news [{request}]"));
    }
    conversation.play("TIME passes 5001");
    conversation.play(&format!("alice PUBLISH {} {{}} com.news [0]", EVENTS + 1));
    conversation.play("STORE writes all");
    let mut counts = vec![conversation.store().counts().0];
    conversation.play("bob CALL 1 {} wamp.subscription.get_events [1]");
    while conversation.expire_some() {
        conversation.play("STORE writes all");
        counts.push(conversation.store().counts().0);
    }
    conversation.play("STORE writes all");
    counts.push(conversation.store().counts().0);
    // One had no place any more, and eight went with it.
    assert_eq!(counts, [2992, 1968, 944, 1]);
    let answer = conversation.transcript();
    assert!(answer.contains(r#""args":[0]"#) && answer.matches("args").count() == 2, "{answer}");
}

/// A change for each event would fill the store, and who publishes then would be refused.
#[test]
fn what_a_restart_finds_too_much_goes_with_one_change() {
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.persistent = true);
    let realm = |events_max| RealmSettings {
        history: vec![limited(news.clone(), |rule| rule.events_max = events_max)],
        retention: Retention { persistent: events_max > 2, ..Retention::default() },
        ..RealmSettings::from("realm1")
    };
    let mut conversation = Conversation::in_realm(realm(200));
    for request in 1..=200 {
        conversation.play(&format!(r#"alice PUBLISH {request} {{"retain":true}} com.news [1]"#));
    }
    conversation.play("STORE writes all");
    assert_eq!(conversation.store().counts(), (200, 1));
    let before = conversation.store().progress().submitted;
    conversation.change_realm(realm(2));
    conversation.play("ROUTER starts again");
    // Of the history, and of what is retained.
    assert_eq!(conversation.store().progress().submitted - before, 2);
    conversation.play("STORE writes all");
    assert_eq!(conversation.store().counts(), (2, 0));
}

#[test]
fn a_store_that_cannot_write() {
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.persistent = true);
    let mut conversation = conversation(vec![news]);
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        alice PUBLISH 1 {"acknowledge":true} com.news [1]
        STORE fails
        STORE is full
        alice PUBLISH 2 {"acknowledge":true} com.news ["refused, and not published"]
        alice PUBLISH 3 {} com.news ["published, and in memory only"]
        alice PUBLISH 4 {"acknowledge":true} com.weather ["not to be kept"]
        STORE has room
        alice PUBLISH 5 {"acknowledge":true} com.news [5]
        alice PUBLISH 6 {"acknowledge":true} com.news [6]
        STORE writes 2
        ROUTER starts again
        "#,
    );
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {} [1]
        alice < ERROR 16 1 {} crosspoint.error.not_stored ["the event was published, but could not be stored"]
        alice < ERROR 16 2 {} crosspoint.error.store_full ["the store takes no more events at the moment: publish it again, later"]
        bob < EVENT s1 p2 {} ["published, and in memory only"]
        alice < PUBLISHED 4 p3
        bob < EVENT s1 p4 {} [5]
        bob < EVENT s1 p5 {} [6]
        alice < PUBLISHED 5 p4
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Of two changes to the store the second is waited for; but there may be none.
#[test]
fn what_is_not_retained_waits_for_the_history() {
    let news = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.persistent = true);
    let retention = Retention { topics_max: 0, persistent: true, ..Retention::default() };
    let realm = RealmSettings { history: vec![news], retention, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        alice PUBLISH 1 {"retain":true,"acknowledge":true} com.news ["not yet safe"]
        ROUTER starts again
        alice PUBLISH 1 {"retain":true,"acknowledge":true} com.weather ["not to be kept"]
        alice PUBLISH 2 {"retain":true,"acknowledge":true} com.news ["safe"]
        STORE writes all
        ROUTER starts again
        alice CALL 1 {} wamp.subscription.get_events [1]
        "#,
    );
    expect![[r#"
        alice < PUBLISHED 1 p1
        alice < PUBLISHED 2 p2
        alice < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":3251949076933736,"details":{},"args":["safe"],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// What the router says of itself can be kept like anything else.
#[test]
fn meta_events_are_kept_if_that_is_asked_for() {
    let mut conversation = conversation(vec![rule(MatchPolicy::Prefix, "wamp.registration.on_")]);
    conversation.play(
        r#"
        alice REGISTER 1 {} com.add
        alice UNREGISTER 2 r1
        alice CALL 3 {} wamp.subscription.get_events [1]
        "#,
    );
    expect![[r#"
        alice < REGISTERED 1 r1
        alice < UNREGISTERED 2
        alice < RESULT 3 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{"topic":"wamp.registration.on_create"},"args":[2147483649,{"id":1,"created":"2026-11-25T14:23:03.000Z","uri":"com.add","match":"exact","invoke":"single"}],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":3251949076933736,"details":{"topic":"wamp.registration.on_register"},"args":[2147483649,1],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":5527171857798495,"details":{"topic":"wamp.registration.on_unregister"},"args":[2147483649,1],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":429432007477516,"details":{"topic":"wamp.registration.on_delete"},"args":[2147483649,1],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn without_rules_there_is_no_history() {
    check(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} com.
        bob   CALL 2 {} wamp.subscription.get_events [1]
        "#,
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < ERROR 48 2 {} wamp.error.history_unavailable ["this realm keeps no history of com."]
        "#]],
    );
}

/// An event that the history could not hold even alone does not push out the others.
#[test]
fn what_is_too_long_for_a_history_leaves_it_alone() {
    let small = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.octets_max = 2000);
    let mut conversation = conversation(vec![small]);
    let long = "x".repeat(2000);
    conversation.play("alice PUBLISH 1 {} com.news [1]");
    conversation.play(&format!("alice PUBLISH 2 {{}} com.news [\"{long}\"]"));
    conversation.play(&format!("alice PUBLISH 3 {{\"acknowledge\":true}} com.news [\"{long}\"]"));
    conversation.play("alice CALL 4 {} wamp.subscription.get_events [1]");
    assert_eq!(conversation.router.counters().events_not_stored.get(), 1);
    expect![[r#"
        alice < ERROR 16 3 {} wamp.error.payload_size_exceeded ["the event is longer than all that the history of its topic may hold"]
        alice < RESULT 4 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{},"args":[1],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// A restart with smaller limits takes what they hold: an event that is too long for them goes alone.
#[test]
fn a_restart_with_smaller_limits_takes_what_they_hold() {
    let stored = limited(rule(MatchPolicy::Exact, "com.news"), |rule| rule.persistent = true);
    let mut conversation = conversation(vec![stored.clone()]);
    let long = "x".repeat(2000);
    conversation.play("alice PUBLISH 1 {} com.news [1]");
    conversation.play(&format!("alice PUBLISH 2 {{}} com.news [\"{long}\"]"));
    conversation.play("alice PUBLISH 3 {} com.news [3]");
    conversation.play("STORE writes all");
    let history = vec![limited(stored, |rule| rule.octets_max = 2000)];
    conversation.change_realm(RealmSettings { history, ..RealmSettings::from("realm1") });
    conversation.play(
        r#"
        ROUTER starts again
        STORE writes all
        bob   CALL 1 {} wamp.subscription.get_events [1]
        "#,
    );
    assert_eq!(conversation.store().counts(), (2, 0));
    expect![[r#"
        bob < RESULT 1 {} [{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":2865243701271746,"details":{},"args":[1],"kwargs":{}},{"timestamp":"2026-11-25T14:23:03.000Z","subscription":1,"publication":5527171857798495,"details":{},"args":[3],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Arguments are given as they were published, in whatever notation, and as deep as they can stand there.
#[test]
fn arguments_come_in_the_notation_of_who_asks() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for publisher in ["json", "msgpack", "cbor"] {
        for reader in ["json", "msgpack", "cbor"] {
            let mut conversation = conversation(vec![rule(MatchPolicy::Exact, "com.news")]);
            conversation.play(&format!("alice joins {publisher}\nbob joins {reader}"));
            for (number, payload) in
                ["", "[1]", r#"[[2,"three"],{"a":null}] {"b":4.5}"#, &nested(125), &nested(126)]
                    .iter()
                    .enumerate()
            {
                conversation.play(&format!("alice PUBLISH {} {{}} com.news {payload}", number + 1));
            }
            conversation.play("bob CALL 1 {} wamp.subscription.get_events [1]");
            let transcript = conversation.transcript();
            let expected = [
                r#""args":[],"kwargs":{}"#,
                r#""args":[1],"kwargs":{}"#,
                r#""args":[[2,"three"],{"a":null}],"kwargs":{"b":4.5}"#,
                &format!(r#""args":{},"kwargs":{{}}"#, nested(125)),
                // This one is left out.
                r#""details":{}}]"#,
            ];
            let mut rest = transcript.as_str();
            for expected in expected {
                let found = rest.split_once(expected);
                rest = found.unwrap_or_else(|| panic!("no {expected} in {transcript}")).1;
            }
        }
    }
}
