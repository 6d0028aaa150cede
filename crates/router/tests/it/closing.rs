//! Links that break and links that block.

use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn a_link_that_blocks_loses_nothing_and_keeps_the_order() {
    let script = "
        bob   SUBSCRIBE 1 {} com.news
        bob   takes 10
        alice PUBLISH 1 {} com.news [1]
        alice PUBLISH 2 {} com.news [2]
        bob   takes 1
        alice PUBLISH 3 {} com.news [3]
        bob   takes all
        alice PUBLISH 4 {} com.news [4]
        ";
    check(
        script,
        expect![[r#"
        bob < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {} [1]
        bob < EVENT s1 p2 {} [2]
        bob < EVENT s1 p3 {} [3]
        bob < EVENT s1 p4 {} [4]
    "#]],
    );
}

#[test]
fn long_events_are_shared_and_stay_in_order_with_short_ones() {
    let long = format!("[\"{}\"]", "x".repeat(5000));
    let mut conversation = Conversation::default();
    conversation.play(&format!(
        "
        bob   SUBSCRIBE 1 {{}} com.news
        carol SUBSCRIBE 1 {{}} com.news
        bob   takes 100
        alice PUBLISH 1 {{}} com.news [1]
        alice PUBLISH 2 {{}} com.news {long}
        alice PUBLISH 3 {{}} com.news [3]
        alice PUBLISH 4 {{}} com.news {long}
        bob   takes 3000
        alice PUBLISH 5 {{}} com.news [5]
        bob   takes all
        "
    ));
    let transcript = conversation.transcript().replace(&long, "LONG");
    expect![[r#"
        bob < SUBSCRIBED 1 s1
        carol < SUBSCRIBED 1 s1
        bob < EVENT s1 p1 {} [1]
        carol < EVENT s1 p1 {} [1]
        carol < EVENT s1 p2 {} LONG
        carol < EVENT s1 p3 {} [3]
        carol < EVENT s1 p4 {} LONG
        carol < EVENT s1 p5 {} [5]
        bob < EVENT s1 p2 {} LONG
        bob < EVENT s1 p3 {} [3]
        bob < EVENT s1 p4 {} LONG
        bob < EVENT s1 p5 {} [5]
    "#]]
    .assert_eq(&transcript);
}
