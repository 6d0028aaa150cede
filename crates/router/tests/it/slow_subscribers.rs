//! Subscribers that do not keep up: they lose events, or their session, as their realm is set.

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;
use crosspoint_router::settings::SlowSubscribers;
use expect_test::expect;

use crate::conversation::Conversation;

fn conversation(slow_subscribers: SlowSubscribers, outbox_octets_max: usize) -> Conversation {
    let limits = Limits { outbox_octets_max, ..Limits::default() };
    let realm = RealmSettings { slow_subscribers, ..RealmSettings::from("realm1") };
    Conversation::in_realm_within(realm, limits)
}

/// What was dropped is counted, and what comes after it is not held up by it.
#[test]
fn who_reads_again_gets_what_fitted_and_what_comes_then() {
    let mut conversation = conversation(SlowSubscribers::Drop, 120);
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        bob   takes 0
        alice PUBLISH 1 {"acknowledge":true} com.news [1]
        alice PUBLISH 2 {"acknowledge":true} com.news [2]
        alice PUBLISH 3 {"acknowledge":true} com.news [3]
        alice PUBLISH 4 {"acknowledge":true} com.news [4]
        "#,
    );
    assert_eq!(conversation.router.counters().events_dropped.get(), 2);
    conversation.play(
        r#"
        bob   takes all
        alice PUBLISH 5 {"acknowledge":true} com.news [5]
        bob   UNSUBSCRIBE 2 s1
        "#,
    );
    assert_eq!(conversation.router.counters().events_dropped.get(), 2);
    assert_eq!(conversation.router.counters().slow_subscribers_closed.get(), 0);
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        carol < SUBSCRIBED 1 s1
        alice < PUBLISHED 1 p1
        carol < EVENT s1 p1 {} [1]
        alice < PUBLISHED 2 p2
        carol < EVENT s1 p2 {} [2]
        alice < PUBLISHED 3 p3
        carol < EVENT s1 p3 {} [3]
        alice < PUBLISHED 4 p4
        carol < EVENT s1 p4 {} [4]
        bob < EVENT s1 p1 {} [1]
        bob < EVENT s1 p2 {} [2]
        alice < PUBLISHED 5 p5
        bob < EVENT s1 p5 {} [5]
        carol < EVENT s1 p5 {} [5]
        bob < UNSUBSCRIBED 2
    "#]]
    .assert_eq(&conversation.transcript());
}

/// A long event that does not fit does not keep out a short one that does; still nothing comes before
/// what was published earlier.
#[test]
fn events_that_others_share_count_in_full() {
    let long = "x".repeat(3000);
    let mut conversation = conversation(SlowSubscribers::Drop, 9000);
    let publish = |n: u32| {
        format!(
            "alice PUBLISH {} {{}} com.news [{n},\"{long}\"]
             alice PUBLISH {} {{}} com.news [{n}]\n",
            2 * n - 1,
            2 * n,
        )
    };
    conversation.play("bob SUBSCRIBE 1 {} com.news\ncarol SUBSCRIBE 1 {} com.news\nbob takes 0");
    conversation.play(&(1..=4).map(publish).collect::<String>());
    assert_eq!(conversation.router.counters().events_dropped.get(), 2);
    conversation.forget_transcript();
    conversation.play("bob takes all");
    conversation.play(&publish(5));
    let transcript = conversation.transcript().replace(&long, "(long)");
    expect![[r#"
        bob < EVENT s1 p1 {} [1,"(long)"]
        bob < EVENT s1 p2 {} [1]
        bob < EVENT s1 p3 {} [2,"(long)"]
        bob < EVENT s1 p4 {} [2]
        bob < EVENT s1 p6 {} [3]
        bob < EVENT s1 p8 {} [4]
        bob < EVENT s1 p9 {} [5,"(long)"]
        carol < EVENT s1 p9 {} [5,"(long)"]
        bob < EVENT s1 p10 {} [5]
        carol < EVENT s1 p10 {} [5]
    "#]]
    .assert_eq(&transcript);
}

/// The others notice nothing: who publishes, who reads, and who calls the one that is closed.
#[test]
fn who_is_closed_gets_what_waits_and_learns_why() {
    let mut conversation = conversation(SlowSubscribers::Close, 600);
    let padding = "x".repeat(100);
    conversation.play(
        "
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        bob   REGISTER 2 {} com.add
        carol CALL 2 {} com.add
        bob   takes 0
        ",
    );
    for n in 1..=5 {
        conversation.play(&format!(
            "alice PUBLISH {n} {{\"acknowledge\":true}} com.news [{n},\"{padding}\"]"
        ));
    }
    assert_eq!(conversation.router.counters().slow_subscribers_closed.get(), 1);
    assert_eq!(conversation.router.counters().events_dropped.get(), 1);
    // What it held is free before it has read why.
    conversation.play("carol REGISTER 3 {} com.add");
    assert_eq!(conversation.router.census().subscriptions, 1);
    conversation.play("bob takes all\nbob GOODBYE {} wamp.close.goodbye_and_out");
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        carol < SUBSCRIBED 1 s1
        bob < REGISTERED 2 r1
        bob < INVOCATION i1 r1 {}
        alice < PUBLISHED 1 p1
        carol < EVENT s1 p1 {} [1,"(100)"]
        alice < PUBLISHED 2 p2
        carol < EVENT s1 p2 {} [2,"(100)"]
        alice < PUBLISHED 3 p3
        carol < EVENT s1 p3 {} [3,"(100)"]
        alice < PUBLISHED 4 p4
        carol < EVENT s1 p4 {} [4,"(100)"]
        carol < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
        alice < PUBLISHED 5 p5
        carol < EVENT s1 p5 {} [5,"(100)"]
        carol < REGISTERED 3 r2
        bob < EVENT s1 p1 {} [1,"(100)"]
        bob < EVENT s1 p2 {} [2,"(100)"]
        bob < EVENT s1 p3 {} [3,"(100)"]
        bob < GOODBYE {"message":"events came faster than they were read, and no more of them can wait"} crosspoint.close.too_slow
        bob is over
    "#]].assert_eq(&conversation.transcript().replace(&padding, "(100)"));
}

/// A GOODBYE that finds no room, either, is left out: the connection ends at once.
#[test]
fn who_has_no_room_for_the_reason_is_disconnected() {
    let mut conversation = conversation(SlowSubscribers::Close, 120);
    conversation.play(
        r#"
        bob   SUBSCRIBE 1 {} com.news
        carol SUBSCRIBE 1 {} com.news
        bob   takes 0
        alice PUBLISH 1 {} com.news [1]
        alice PUBLISH 2 {} com.news [2]
        alice PUBLISH 3 {} com.news [3]
        alice PUBLISH 4 {} com.news [4]
        "#,
    );
    assert_eq!(conversation.router.counters().slow_subscribers_closed.get(), 1);
    assert_eq!(conversation.router.counters().outboxes_overflown.get(), 1);
    assert_eq!(conversation.router.census().sessions, 2);
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        carol < SUBSCRIBED 1 s1
        carol < EVENT s1 p1 {} [1]
        carol < EVENT s1 p2 {} [2]
        bob is over
        carol < EVENT s1 p3 {} [3]
        carol < EVENT s1 p4 {} [4]
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Several events in one turn find it full, and it has one session to lose.
#[test]
fn who_is_closed_is_closed_once() {
    let mut conversation = conversation(SlowSubscribers::Close, 600);
    let long = format!("[\"{}\"]", "x".repeat(200));
    conversation.play(&format!(
        r#"
        bob   SUBSCRIBE 1 {{}} com.news
        bob   SUBSCRIBE 2 {{"match":"prefix"}} com
        bob   takes 0
        alice PUBLISH 1 {{}} com.news {long}
        + alice PUBLISH 2 {{}} com.news {long}
        + alice PUBLISH 3 {{}} com.news {long}
        + alice PUBLISH 4 {{}} com.news {long}
        bob   takes all
        "#
    ));
    assert_eq!(conversation.router.counters().slow_subscribers_closed.get(), 1);
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < SUBSCRIBED 2 s2
        bob < EVENT s1 p1 {} [(long)]
        bob < GOODBYE {"message":"events came faster than they were read, and no more of them can wait"} crosspoint.close.too_slow
    "#]].assert_eq(&conversation.transcript().replace(&long, "[(long)]"));
}

/// An event that a subscriber could never take says nothing of how it keeps up.
#[test]
fn nobody_is_closed_for_an_event_that_is_too_long_for_it() {
    let mut conversation = conversation(SlowSubscribers::Close, 20_000);
    conversation.play("carol joins json");
    conversation.limit(LengthLimit::at_most(1024));
    conversation.play(
        r#"
        bob SUBSCRIBE 1 {} com.news
        bob takes 0
        "#,
    );
    conversation.play(&format!(r#"carol PUBLISH 1 {{}} com.news ["{}"]"#, "x".repeat(500)));
    conversation.play(&format!(r#"carol PUBLISH 2 {{}} com.news ["{}"]"#, "y".repeat(19_000)));
    let counters = conversation.router.counters();
    assert_eq!((counters.events_dropped.get(), counters.slow_subscribers_closed.get()), (1, 0));
}
