//! `crosspoint subscribe` and `crosspoint publish`.

use expect_test::expect;

use crate::process::Router;

#[test]
fn events_are_lines_of_json() {
    let router = Router::start();
    let mut subscriber = router.subscribe("com.example.news", &["--count", "3"]);
    router.check(&["publish", "com.example.news", "1", "two words", "-k", "a=[1]"], &expect![[""]]);
    assert_eq!(subscriber.line(), r#"{"args":[1,"two words"],"kwargs":{"a":[1]}}"#);
    router.check(&["publish", "com.example.other", "1"], &expect![[""]]);
    router.check(&["publish", "com.example.news"], &expect![[""]]);
    router.check(&["publish", "com.example.news", "3"], &expect![[""]]);
    expect![[r#"
        {"args":[],"kwargs":{}}
        {"args":[3],"kwargs":{}}
    "#]]
    .assert_eq(&subscriber.end());
}

#[test]
fn an_acknowledged_event_has_an_id() {
    let router = Router::start();
    let mut publisher = router.start_command(&["publish", "com.example.news", "--acknowledge"]);
    let id: u64 = publisher.line().parse().unwrap();
    assert!(id > 0);
    expect![[""]].assert_eq(&publisher.end());
    router.check(&["publish", "wamp.news", "--acknowledge"], &expect![[r#"
        stderr: error: wamp.error.invalid_uri: the topic is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol
        stderr: hint: a URI is like com.example.hello, and does not begin with wamp
        exit status: 1
    "#]]);
}

#[test]
fn a_terminated_subscriber_ends_well() {
    let router = Router::start();
    let subscriber = router.subscribe("com.example.news", &[]);
    subscriber.terminate();
    expect![[""]].assert_eq(&subscriber.end());
}

#[test]
fn a_subscriber_whose_output_nobody_reads_ends() {
    let router = Router::start();
    let mut subscriber = router.subscribe("com.example.news", &[]);
    subscriber.close_output();
    router.check(&["publish", "com.example.news"], &expect![[""]]);
    expect![[""]].assert_eq(&subscriber.end());
}

#[test]
fn events_of_a_pattern_say_their_topic() {
    let router = Router::start();
    let mut subscriber = router.subscribe("com.example", &["--match", "prefix", "--count", "2"]);
    router.check(&["publish", "com.example.news", "1"], &expect![[""]]);
    assert_eq!(subscriber.line(), r#"{"topic":"com.example.news","args":[1],"kwargs":{}}"#);
    router.check(&["publish", "com.elsewhere.news", "2"], &expect![[""]]);
    router.check(&["publish", "com.example", "3", "-k", "a=1"], &expect![[""]]);
    expect![[r#"
        {"topic":"com.example","args":[3],"kwargs":{"a":1}}
    "#]]
    .assert_eq(&subscriber.end());

    let mut subscriber = router.subscribe("com..news", &["--match", "wildcard"]);
    router.check(&["publish", "com.example.sport", "4"], &expect![[""]]);
    router.check(&["publish", "com.elsewhere.news", "5"], &expect![[""]]);
    assert_eq!(subscriber.line(), r#"{"topic":"com.elsewhere.news","args":[5],"kwargs":{}}"#);
}
