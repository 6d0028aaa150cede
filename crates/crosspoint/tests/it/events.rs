//! `crosspoint subscribe` and `crosspoint publish`.

use expect_test::expect;

use crate::process::Router;
use crate::scripted::Scripted;

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
    // A process that another test starts at this moment has the pipe for a moment, too.
    while subscriber.is_running() {
        router.check(&["publish", "com.example.news"], &expect![[""]]);
    }
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

#[test]
fn an_event_is_printed_with_all_that_is_told_of_it() {
    let options = ["--retained", "--nkey", "node23", "--match", "prefix", "--count", "3"];
    let arguments = [&["subscribe", "com.example"], &options[..]].concat();
    let (subscriber, mut router) = Scripted::start(&arguments, "");
    assert_eq!(
        router.hear(),
        r#"[32,1,{"match":"prefix","get_retained":true,"nkey":"node23"},"com.example"]"#
    );
    router.say("[33,1,7]");
    router.say(r#"[36,7,21,{"topic":"com.example.news","retained":true},[1]]"#);
    let publisher = r#""publisher":8,"publisher_authid":"alice","publisher_authrole":"user""#;
    let details = format!(r#"{{"topic":"com.example.news",{publisher},"trustlevel":0}}"#);
    router.say(&format!(r#"[36,7,22,{details},[2]]"#));
    router.say(r#"[36,7,23,{"topic":"com.example.news","publisher":8}]"#);
    router.hear();
    drop(router);
    expect![[r#"
        {"topic":"com.example.news","retained":true,"args":[1],"kwargs":{}}
        {"topic":"com.example.news","publisher":8,"publisher_authid":"alice","publisher_authrole":"user","trustlevel":0,"args":[2],"kwargs":{}}
        {"topic":"com.example.news","publisher":8,"args":[],"kwargs":{}}
        stderr: subscribed to com.example; Ctrl-C ends it
    "#]]
    .assert_eq(&subscriber.end());
}

#[test]
fn a_subscription_that_is_taken_away_is_told() {
    let (subscriber, mut router) = Scripted::start(&["subscribe", "com.example.news"], "");
    assert_eq!(router.hear(), r#"[32,1,{},"com.example.news"]"#);
    router.say("[33,1,7]");
    router.say("[36,7,21,{}]");
    router.say(r#"[35,0,{"subscription":7,"reason":"no longer authorized"}]"#);
    assert_eq!(router.hear(), r#"[6,{},"wamp.close.close_realm"]"#);
    drop(router);
    expect![[r#"
        {"args":[],"kwargs":{}}
        stderr: subscribed to com.example.news; Ctrl-C ends it
        stderr: error: the router has revoked the subscription: no longer authorized
        stderr: hint: another session may have called wamp.subscription.remove_subscriber
        exit status: 1
    "#]]
    .assert_eq(&subscriber.end());
}

#[test]
fn an_event_with_options_is_published_or_it_is_told_why_not() {
    let arguments = ["publish", "com.example.news", "1", "--exclude-authid", "bob", "--retain"];
    let (publisher, mut router) =
        Scripted::start(&arguments, r#""subscriber_blackwhite_listing":true"#);
    let options = r#"{"acknowledge":true,"retain":true,"exclude_authid":["bob"]}"#;
    assert_eq!(router.hear(), format!(r#"[16,1,{options},"com.example.news",[1]]"#));
    router.say("[17,1,21]");
    router.hear();
    drop(router);
    expect![[""]].assert_eq(&publisher.end());

    let arguments = ["publish", "com.example.news", "--disclose-me"];
    let (publisher, mut router) = Scripted::start(&arguments, "");
    router.hear();
    router.say(r#"[8,16,1,{},"wamp.error.option_disallowed.disclose_me"]"#);
    router.hear();
    drop(router);
    expect![[r#"
        stderr: error: wamp.error.option_disallowed.disclose_me
        stderr: hint: leave --disclose-me or --disclose-caller out, or ask who runs the router
        exit status: 1
    "#]]
    .assert_eq(&publisher.end());
}

#[test]
fn an_event_for_some_is_not_published_where_all_would_get_it() {
    let arguments = ["publish", "com.example.news", "--eligible-authrole", "admin"];
    let (publisher, mut router) = Scripted::start(&arguments, "");
    assert_eq!(router.hear(), r#"[6,{},"wamp.close.close_realm"]"#);
    drop(router);
    expect![[r#"
        stderr: error: the router does not announce subscriber_blackwhite_listing
        stderr: hint: leave the option out that needs it, or choose another router with --url
        exit status: 1
    "#]]
    .assert_eq(&publisher.end());
}

#[test]
fn an_event_to_be_retained_is_published_without_a_word() {
    let router = Router::start();
    let mut subscriber = router.subscribe("com.example.news", &["--count", "1", "--nkey", "node1"]);
    router.check(&["publish", "com.example.news", "1", "--retain", "--rkey", "a"], &expect![[""]]);
    let event = subscriber.line();
    assert_eq!(event, r#"{"args":[1],"kwargs":{}}"#);
    expect![[""]].assert_eq(&subscriber.end());
}

#[test]
fn what_the_router_refuses_is_told() {
    let router = Router::start();
    router.check(
        &["publish", "com..news"],
        &expect![[r#"
            stderr: error: wamp.error.invalid_uri: the topic is not a valid URI: a URI must not have empty components
            stderr: hint: a URI is like com.example.hello, and does not begin with wamp
            exit status: 1
        "#]],
    );
    let router = Router::start_with(&["--disclose-publisher", "never"]);
    router.check(
        &["publish", "com.example.news", "--disclose-me"],
        &expect![[r#"
            stderr: error: wamp.error.option_disallowed.disclose_me: this realm does not tell subscribers who publishes: leave out disclose_me
            stderr: hint: leave --disclose-me or --disclose-caller out, or ask who runs the router
            exit status: 1
        "#]],
    );
}

#[test]
fn a_retained_event_is_there_for_later() {
    let router = Router::start_with(&["--trust-level", "com.example.=3"]);
    router.check(&["publish", "com.example.news", "--retain", "old"], &expect![[""]]);
    router.check(&["publish", "com.example.news", "--retain", "new"], &expect![[""]]);
    router.check(
        &["subscribe", "com.example.news", "--retained", "--count", "1"],
        &expect![[r#"
            {"trustlevel":3,"retained":true,"args":["new"],"kwargs":{}}
            stderr: subscribed to com.example.news; Ctrl-C ends it
        "#]],
    );
}

#[test]
fn an_event_is_for_those_who_are_meant() {
    let router = Router::start();
    let mut subscriber = router.subscribe("com.example.news", &["--count", "2"]);
    let publish = |options: &[&str], word| {
        router.check(&[&["publish", "com.example.news", word], options].concat(), &expect![[""]]);
    };
    publish(&["--eligible-authrole", "admin"], "admins");
    publish(&["--exclude-authid", "anonymous"], "known users");
    publish(&["--eligible", "7"], "nobody");
    publish(&["--exclude", "7", "--eligible-authrole", "anonymous"], "all");
    assert_eq!(subscriber.line(), r#"{"args":["all"],"kwargs":{}}"#);
    publish(&[], "everybody");
    assert_eq!(subscriber.line(), r#"{"args":["everybody"],"kwargs":{}}"#);
}

#[test]
fn a_subscriber_that_is_removed_says_so() {
    let router = Router::start();
    let subscriber = router.subscribe("com.example.news", &[]);
    let output = router.output(&["call", "wamp.subscription.list_subscribers", "1"]);
    let session = output.trim().trim_matches(['[', ']']);
    let remove = ["call", "wamp.subscription.remove_subscriber", "1", session];
    let enough = ["-k", "reason=com.example.enough"];
    router.check(&[&remove[..], &enough].concat(), &expect![""]);
    expect![[r#"
        stderr: error: the router has revoked the subscription: com.example.enough
        stderr: hint: another session may have called wamp.subscription.remove_subscriber
        exit status: 1
    "#]]
    .assert_eq(&subscriber.end());
}
