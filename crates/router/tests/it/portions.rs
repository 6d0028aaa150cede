//! What is more than one turn is for: it is done in portions, and others have their turns in between.

use std::fmt::Write as _;

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::limits::Limits;
use crosspoint_router::router::{Census, HistoryRule, RealmSettings};
use expect_test::expect;

use crate::conversation::Conversation;

/// Portions in which all topics of a small table are looked at: one for each of its parts.
const LOOKS: usize = 16;

/// Alice has published three events that are retained; bob has begun to get them, and has none yet.
fn three_are_outstanding() -> Conversation {
    let mut conversation = Conversation::default();
    conversation.play(
        r#"
        alice PUBLISH 1 {"retain":true} com.a [1]
        alice PUBLISH 2 {"retain":true} com.b [2]
        alice PUBLISH 3 {"retain":true} com.c [3]
        "#,
    );
    conversation.shorten_turns();
    conversation.play(r#"bob SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com."#);
    conversation.play(&format!("bob goes on {LOOKS}"));
    assert!(conversation.waits("bob"));
    conversation
}

#[test]
fn others_are_heard_while_retained_events_are_given() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        bob   goes on 1
        carol SUBSCRIBE 1 {"match":"prefix"} com.
        alice PUBLISH 4 {} com.d ["live"]
        bob   goes on 3
        "#,
    );
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
        carol < SUBSCRIBED 1 s1
        bob < EVENT s1 p2 {"topic":"com.d"} ["live"]
        carol < EVENT s1 p2 {"topic":"com.d"} ["live"]
        bob < EVENT s1 p3 {"topic":"com.b","retained":true} [2]
        bob < EVENT s1 p4 {"topic":"com.c","retained":true} [3]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// He has had the newer one already: an older one behind it would be a lie.
#[test]
fn an_event_that_is_replaced_meanwhile_is_not_given_any_more() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        alice PUBLISH 4 {"retain":true} com.b ["newer"]
        alice PUBLISH 5 {"retain":true,"eligible":[]} com.c ["for nobody"]
        alice PUBLISH 6 {} com.a ["not retained"]
        bob   goes on 4
        "#,
    );
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"com.b"} ["newer"]
        bob < EVENT s1 p2 {"topic":"com.a"} ["not retained"]
        bob < EVENT s1 p3 {"topic":"com.a","retained":true} [1]
        bob < EVENT s1 p4 {"topic":"com.c","retained":true} [3]
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn nothing_is_given_of_a_subscription_that_is_taken_away_meanwhile() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        bob   goes on 1
        carol CALL 1 {} wamp.subscription.list_subscribers [1]
        carol CALL 2 {} wamp.subscription.remove_subscriber [1,2147483650]
        bob   goes on 1
        "#,
    );
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
        carol < RESULT 1 {} [[2147483650]]
        carol < RESULT 2 {}
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn who_is_killed_meanwhile_leaves_nothing_behind() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        bob   goes on 1
        carol CALL 1 {} wamp.session.kill [2147483650]
        carol is gone
        alice is gone
        bob   goes on 5
        "#,
    );
    assert!(!conversation.waits("bob"));
    assert_eq!(conversation.router.census(), Census::default());
}

/// All that is retained together is more than may wait for one session.
#[test]
fn retained_events_wait_for_their_reader() {
    const TOPICS: usize = 100;
    let limits = Limits { outbox_octets_max: 1000, ..Limits::default() };
    let mut conversation = Conversation::in_realm_within("realm1".into(), limits);
    let mut script = String::new();
    for topic in 0..TOPICS {
        writeln!(script, r#"alice PUBLISH {} {{"retain":true}} com.t{topic} [{topic}]"#, topic + 1)
            .unwrap();
    }
    conversation.play(&script);
    conversation.play(
        r#"
        bob joins json
        bob takes 0
        bob SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com.
        "#,
    );
    assert!(conversation.waits("bob"));
    // Live events find their room beside them.
    conversation.play("alice PUBLISH 101 {} com.live []");
    while conversation.waits("bob") {
        conversation.play("bob takes 300");
    }
    conversation.play("bob takes all");
    assert_eq!(conversation.router.counters().events_dropped.get(), 0);
    let transcript = conversation.transcript();
    let events = transcript.lines().filter(|line| line.contains("bob < EVENT"));
    let (retained, live): (Vec<_>, Vec<_>) = events.partition(|event| event.contains("retained"));
    let topics = retained.iter().map(|event| event.split('"').nth(3).unwrap().to_owned());
    assert!(topics.eq((0..TOPICS).map(|topic| format!("com.t{topic}"))), "{transcript}");
    assert_eq!(live.len(), 1, "{transcript}");
}

/// Events that others publish fill up whatever room bob makes. What he has asked for gets its share of it, and
/// he is heard and answered meanwhile.
#[test]
fn retained_events_come_through_a_flood_of_others() {
    const TOPICS: usize = 40;
    let limits = Limits { outbox_octets_max: 4000, ..Limits::default() };
    let mut conversation = Conversation::in_realm_within("realm1".into(), limits);
    conversation.play("bob SUBSCRIBE 1 {} com.news");
    for topic in 1..=TOPICS {
        conversation.play(&format!(r#"alice PUBLISH {topic} {{"retain":true}} com.t.{topic} []"#));
    }
    conversation.play("bob takes 0");
    let mut request = TOPICS;
    let mut flood = |conversation: &mut Conversation| {
        let dropped = conversation.router.counters().events_dropped.get();
        while conversation.router.counters().events_dropped.get() == dropped {
            request += 1;
            conversation.play(&format!("alice PUBLISH {request} {{}} com.news [{request}]"));
        }
    };
    flood(&mut conversation);
    conversation.play(r#"bob SUBSCRIBE 2 {"get_retained":true,"match":"prefix"} com.t."#);
    // He reads a great deal now and then; about half of that is what he has asked for.
    let mut rounds = 0;
    while conversation.waits("bob") {
        rounds += 1;
        conversation.play("bob takes 1000");
        flood(&mut conversation);
    }
    assert!((5..20).contains(&rounds), "{rounds}");
    conversation.play("bob UNSUBSCRIBE 3 s2");
    conversation.play("bob takes all");
    let transcript = conversation.transcript();
    assert_eq!(transcript.matches("retained").count(), TOPICS, "{transcript}");
    assert!(transcript.ends_with("bob < UNSUBSCRIBED 3\n"), "{transcript}");
}

#[test]
fn what_is_asked_for_anew_begins_anew() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        bob   goes on 1
        bob   SUBSCRIBE 2 {"get_retained":true} com.b
        bob   SUBSCRIBE 3 {"get_retained":true,"match":"prefix"} com.
        "#,
    );
    conversation.play(&format!("bob goes on {}", 2 * LOOKS));
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
        bob < SUBSCRIBED 2 s2
        bob < EVENT s1 p2 {"topic":"com.b","retained":true} [2]
        bob < SUBSCRIBED 3 s1
        bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
        bob < EVENT s1 p2 {"topic":"com.b","retained":true} [2]
        bob < EVENT s1 p3 {"topic":"com.c","retained":true} [3]
        bob < EVENT s2 p2 {"retained":true} [2]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// They wait for what is retained for another: what is not wanted any more is not given, nor remembered.
#[test]
fn subscriptions_that_come_and_go_leave_nothing_outstanding() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        bob   SUBSCRIBE 2 {"get_retained":true} com.b
        bob   UNSUBSCRIBE 3 s2
        bob   UNSUBSCRIBE 4 s1
        "#,
    );
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < SUBSCRIBED 2 s2
        bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
        bob < UNSUBSCRIBED 3
        bob < EVENT s1 p2 {"topic":"com.b","retained":true} [2]
        bob < UNSUBSCRIBED 4
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Whoever asks again, but not for what is retained, does not get the rest of what he had asked for.
#[test]
fn nothing_is_given_after_a_revocation_that_was_not_asked_for_anew() {
    let mut conversation = three_are_outstanding();
    conversation.play(
        r#"
        erin  SUBSCRIBE 1 {"match":"prefix"} com.
        bob   goes on 1
        carol CALL 1 {} wamp.subscription.remove_subscriber [1,2147483650]
        bob   SUBSCRIBE 2 {"match":"prefix"} com.
        bob   goes on 3
        "#,
    );
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        erin < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {"topic":"com.a","retained":true} [1]
        carol < RESULT 1 {}
        bob < SUBSCRIBED 2 s1
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Topics that do not match are work, too.
#[test]
fn looking_in_vain_is_work() {
    let mut conversation = Conversation::default();
    let mut script = String::new();
    for topic in 1..=12_000 {
        writeln!(script, r#"+ alice PUBLISH {topic} {{"retain":true}} com.t{topic}.state []"#)
            .unwrap();
    }
    conversation.play(&script);
    conversation.play(r#"+ bob SUBSCRIBE 1 {"get_retained":true,"match":"wildcard"} com..none"#);
    assert!(conversation.turns > 0, "all in one turn");
}

/// What a session gives up is told under the realm's lock: the more listen, the less at once.
#[test]
fn who_leaves_gives_up_less_at_once_where_many_listen() {
    const LISTENERS: usize = 700;
    const SUBSCRIPTIONS: usize = 100;
    let mut conversation = Conversation::default();
    let mut script = String::new();
    for number in 1..=LISTENERS {
        writeln!(script, r#"+ l{number} SUBSCRIBE 1 {{"match":"prefix"}} wamp.subscription."#)
            .unwrap();
    }
    conversation.play(&script);
    let mut script = String::new();
    for number in 1..=SUBSCRIPTIONS {
        writeln!(script, "+ bob SUBSCRIBE {number} {{}} com.t{number}").unwrap();
    }
    conversation.play(&script);
    conversation.shorten_turns();
    conversation.play("bob GOODBYE {} wamp.close.close_realm");
    let mut left = conversation.router.census().subscriptions;
    while conversation.waits("bob") {
        conversation.play("bob goes on 1");
        let now = conversation.router.census().subscriptions;
        assert!(left - now <= 4, "{} at once", left - now);
        left = now;
    }
    assert_eq!(left, 1);
}

/// Each portion is a part of what it holds; the others are served in between, and its GOODBYE is the last.
#[test]
fn who_holds_much_leaves_in_portions() {
    const REGISTRATIONS: usize = 1000;
    let mut conversation = Conversation::default();
    let mut script = String::new();
    for number in 1..=REGISTRATIONS {
        writeln!(script, "bob REGISTER {number} {{}} com.p{number}").unwrap();
    }
    conversation.play(&script);
    conversation.play(&format!("bob CALL {} {{}} com.p1", REGISTRATIONS + 1));
    conversation.forget_transcript();
    conversation.shorten_turns();
    conversation.play("bob GOODBYE {} wamp.close.close_realm");
    assert!(conversation.waits("bob"));
    conversation.play(
        r#"
        alice REGISTER 1 {} com.p1
        alice REGISTER 2 {} com.p1000
        bob   goes on 20
        alice REGISTER 3 {} com.p1000
        alice is gone
        "#,
    );
    assert!(!conversation.waits("bob"));
    assert_eq!(conversation.router.census(), Census::default());
    expect![[r#"
        alice < REGISTERED 1 r1001
        alice < ERROR 64 2 {} wamp.error.procedure_already_exists ["com.p1000 is registered already, and not to be shared"]
        bob < ERROR 48 1001 {} wamp.error.canceled ["the callee left before it answered"]
        bob < GOODBYE {} wamp.close.goodbye_and_out
        bob is over
        alice < REGISTERED 3 r1002
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Who comes meanwhile is ended, or is not. Who is ended is not found any more, and nobody is ended twice.
#[test]
fn many_sessions_are_killed_in_portions() {
    const SESSIONS: usize = 600;
    let mut conversation = Conversation::default();
    conversation.play("killer joins json");
    let mut script = String::new();
    for number in 1..=SESSIONS {
        writeln!(script, "+ s{number} joins json").unwrap();
    }
    conversation.play(&script);
    conversation.shorten_turns();
    conversation.play("killer CALL 1 {} wamp.session.kill_all");
    assert!(conversation.waits("killer"));
    let killed = conversation.transcript_so_far().matches("wamp.close.killed").count();
    assert!((1..SESSIONS).contains(&killed), "{killed} are killed");
    conversation.play("killer goes on 5");
    assert!(!conversation.waits("killer"));
    let transcript = conversation.transcript();
    assert_eq!(transcript.matches("wamp.close.killed").count(), SESSIONS);
    assert!(transcript.contains(&format!("killer < RESULT 1 {{}} [{SESSIONS}]")), "{transcript}");
}

/// One publisher does not write to everybody's sockets while others wait for him: the rest is left to the
/// subscribers' own tasks.
#[test]
fn a_great_many_subscribers_write_their_events_themselves() {
    const SUBSCRIBERS: usize = 2000;
    let mut conversation = Conversation::default();
    let mut script = String::new();
    for number in 1..=SUBSCRIBERS {
        writeln!(script, "+ s{number} SUBSCRIBE 1 {{}} com.news").unwrap();
    }
    conversation.play(&script);
    conversation.forget_transcript();
    conversation.play("alice PUBLISH 1 {} com.news []");
    let written = conversation.transcript_so_far().matches("EVENT").count();
    assert!((1000..SUBSCRIBERS).contains(&written), "{written} were written to");
    for number in 1..=SUBSCRIBERS {
        conversation.play(&format!("+ s{number} takes all"));
    }
    conversation.play("alice CALL 1 {} wamp.session.count");
    assert_eq!(conversation.transcript().matches("EVENT").count(), SUBSCRIBERS);
}

#[test]
fn a_call_that_takes_its_time_is_answered_once() {
    let mut conversation = Conversation::default();
    conversation.play("alice SUBSCRIBE 1 {} com.a");
    conversation.shorten_turns();
    conversation.play(
        r#"
        bob   CALL 1 {} wamp.subscription.list
        bob   goes on 5
        bob   CALL 2 {"timeout":100} wamp.subscription.list
        TIME  passes 100
        bob   goes on 5
        "#,
    );
    assert!(!conversation.waits("bob"));
    expect![[r#"
        alice < SUBSCRIBED 1 s1
        bob < RESULT 1 {} [{"exact":[1],"prefix":[],"wildcard":[]}]
        bob < ERROR 48 2 {} wamp.error.timeout ["there was no result within 100 ms"]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Somebody publishes while bob looks: what comes behind his place is found, too.
#[test]
fn the_history_is_looked_at_in_portions() {
    const EVENTS: usize = 3000;
    let mut rule = HistoryRule::new(MatchPolicy::Prefix, "com.").unwrap();
    rule.events_max = 2 * EVENTS;
    let realm = RealmSettings { history: vec![rule], ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    let mut script = String::new();
    for number in 1..=EVENTS {
        writeln!(script, "alice PUBLISH {number} {{}} com.a [{number}]").unwrap();
    }
    conversation.play(&script);
    conversation.shorten_turns();
    conversation
        .play(r#"bob CALL 1 {} wamp.subscription.get_events [1] {"topic":"com.a","limit":1}"#);
    assert!(!conversation.waits("bob"), "one portion is enough");
    conversation.forget_transcript();
    let asked = r#"bob CALL 2 {} wamp.subscription.get_events [1] {"after_time":"2026-11-25T14:23:03.001Z"}"#;
    conversation.play(asked);
    assert!(conversation.waits("bob"));
    conversation.play("TIME passes 2");
    conversation.play(&format!("alice PUBLISH {} {{}} com.b []", EVENTS + 1));
    conversation.play("bob goes on 3");
    assert!(!conversation.waits("bob"));
    expect![[r#"
        bob < RESULT 2 {} [{"timestamp":"2026-11-25T14:23:03.002Z","subscription":1,"publication":6859299627076164,"details":{"topic":"com.b"},"args":[],"kwargs":{}}]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// He does not keep up with his events, and others fill up whatever room he makes. That is no reason not to
/// listen to him.
#[test]
fn who_lags_behind_is_answered_and_heard() {
    let limits = Limits { outbox_octets_max: 4000, ..Limits::default() };
    let mut conversation = Conversation::in_realm_within("realm1".into(), limits);
    conversation.play("bob SUBSCRIBE 1 {} com.news");
    conversation.play("bob takes 0");
    let mut script = String::new();
    for number in 1..=400 {
        writeln!(script, "alice PUBLISH {number} {{}} com.news [{number}]").unwrap();
    }
    conversation.play(&script);
    conversation.forget_transcript();
    for (request, procedure) in
        [(2, "wamp.session.count"), (3, "wamp.subscription.list"), (4, "wamp.registration.list")]
    {
        conversation.play(&format!("bob CALL {request} {{}} {procedure}"));
        assert!(!conversation.waits("bob"));
    }
    conversation.play("bob UNSUBSCRIBE 5 s1");
    conversation.play("bob takes all");
    let transcript = conversation.transcript();
    let answers: Vec<_> =
        transcript.lines().filter(|line| !line.contains("EVENT")).map(|line| &line[..16]).collect();
    let expected = ["bob < ERROR 48 2", "bob < ERROR 48 3", "bob < ERROR 48 4", "bob < UNSUBSCRIB"];
    assert_eq!(answers, expected, "{transcript}");
}

/// Whoever comes or goes meanwhile is in the list, or is not; all others are, once each.
#[test]
fn many_subscribers_are_listed_in_portions() {
    const SUBSCRIBERS: usize = 3000;
    let mut conversation = Conversation::default();
    let mut script = String::new();
    for number in 1..=SUBSCRIBERS {
        writeln!(script, "+ s{number} SUBSCRIBE 1 {{}} com.news").unwrap();
    }
    conversation.play(&script);
    conversation.shorten_turns();
    conversation.play("alice CALL 1 {} wamp.subscription.list_subscribers [1]");
    assert!(conversation.waits("alice"));
    conversation.play("s1 UNSUBSCRIBE 2 s1");
    conversation.forget_transcript();
    conversation.play("alice goes on 5");
    let transcript = conversation.transcript();
    let (_, ids) = transcript.split_once("[[").unwrap();
    let ids: Vec<_> = ids.trim_end().trim_end_matches(']').split(',').collect();
    assert!((SUBSCRIBERS - 1..=SUBSCRIBERS).contains(&ids.len()), "{}", ids.len());
    assert!(ids.is_sorted_by(|one, next| one < next));
}

/// Who has said GOODBYE hears nothing of what follows from that, and is not called any more.
#[test]
fn who_leaves_gets_no_events_of_that() {
    let mut conversation = Conversation::default();
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {"match":"prefix"} wamp.subscription.
        bob   SUBSCRIBE 2 {} com.news
        bob   SUBSCRIBE 3 {} com.weather
        bob   REGISTER 4 {} com.add
        "#,
    );
    conversation.forget_transcript();
    conversation.shorten_turns();
    conversation.play(
        r#"
        + bob GOODBYE {} wamp.close.close_realm
        alice PUBLISH 1 {} com.news []
        alice CALL 2 {} com.add
        bob   goes on 9
        "#,
    );
    expect![[r#"
        alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
        bob < GOODBYE {} wamp.close.goodbye_and_out
        bob is over
    "#]]
    .assert_eq(&conversation.transcript());
}
