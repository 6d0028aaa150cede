//! Events that are kept, while others come for them; and subscriptions that are taken away.

use std::collections::BTreeSet;
use std::sync::Arc;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{HistoryRule, RealmSettings, Retention, Router, Settings};
use crosspoint_router::store::{Change, Receipt, Store};
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use expect_test::expect;
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::peer::Peer;
use crate::race::{Race, check, explore};

/// It comes once: as the event that is retained, or as the one that is published.
#[test]
fn a_retained_publication_and_who_asks_for_it() {
    check(
        "
        alice joins
        bob   joins
        ",
        &[
            r#"alice PUBLISH 1 {"retain":true} com.news [1,1]
               alice PUBLISH 2 {"retain":true} com.news [1,2]"#,
            r#"bob   SUBSCRIBE 1 {"get_retained":true} com.news"#,
        ],
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"retained":true} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"retained":true} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {} [1,2]
        "#]],
    );
}

#[test]
fn retained_publications_and_who_asks_for_those_of_a_pattern() {
    check(
        "
        alice joins
        carol joins
        bob   joins
        ",
        &[
            r#"alice PUBLISH 1 {"retain":true} com.news [1,1]"#,
            r#"carol PUBLISH 1 {"retain":true} com.weather [2,1]"#,
            r#"bob   SUBSCRIBE 1 {"get_retained":true,"match":"prefix"} com."#,
        ],
        expect![[r#"
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news","retained":true} [1,1]
            bob < EVENT s1 p2 {"topic":"com.weather","retained":true} [2,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news","retained":true} [1,1]
            bob < EVENT s1 p2 {"topic":"com.weather"} [2,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p2 {"topic":"com.weather","retained":true} [2,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.news"} [1,1]
            bob < EVENT s1 p2 {"topic":"com.weather"} [2,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.weather","retained":true} [2,1]
            bob < EVENT s1 p2 {"topic":"com.news","retained":true} [1,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.weather","retained":true} [2,1]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.weather"} [2,1]
            bob < EVENT s1 p2 {"topic":"com.news","retained":true} [1,1]
            or
            bob < SUBSCRIBED 1 s1
            bob < EVENT s1 p1 {"topic":"com.weather"} [2,1]
            bob < EVENT s1 p2 {"topic":"com.news"} [1,1]
        "#]],
    );
}

/// Of two publishers at once: what is retained is what everybody got last.
#[test]
fn two_retained_publications_of_one_topic() {
    let race = Race {
        before: "
            alice joins
            carol joins
            bob   SUBSCRIBE 1 {} com.news
            ",
        threads: &[
            r#"alice PUBLISH 1 {"retain":true} com.news [1,1]"#,
            r#"carol PUBLISH 1 {"retain":true} com.news [2,1]"#,
            r#"bob   SUBSCRIBE 2 {"get_retained":true} com.news"#,
        ],
        ..Race::default()
    };
    let outcomes = race.outcomes();
    for outcome in outcomes.split("or\n") {
        let mut last = None;
        for event in outcome.lines().filter(|line| line.contains("EVENT")) {
            let args = event.rsplit_once(' ').unwrap().1;
            let retained = event.contains("retained");
            assert!(!retained || last.is_none_or(|last| last == args), "{outcome}");
            last = Some(args);
        }
    }
    assert!(outcomes.contains("[1,1]") && outcomes.contains("[2,1]"));
}

/// Who asks twice finds what he found before, and perhaps more behind it, however many publish.
#[test]
fn the_history_only_grows_at_its_end() {
    let history = vec![HistoryRule::new(MatchPolicy::Prefix, "com.").unwrap()];
    let race = Race {
        before: "
            alice joins
            carol joins
            bob   joins
            ",
        threads: &[
            "alice PUBLISH 1 {} com.news [11]
             alice PUBLISH 2 {} com.news [12]",
            "carol PUBLISH 1 {} com.weather [21]",
            "bob   CALL 1 {} wamp.subscription.get_events [1]
             bob   CALL 2 {} wamp.subscription.get_events [1]",
        ],
        realm: RealmSettings { history, ..RealmSettings::from("realm1") },
        ..Race::default()
    };
    let mut lengths = Vec::new();
    for outcome in race.outcomes().split("or\n") {
        let found: Vec<Vec<_>> =
            outcome.lines().map(|line| line.split("\"args\":").skip(1).collect()).collect();
        let [first, second] = &found[..] else { panic!("{outcome}") };
        let arguments = |events: &[&str]| -> Vec<String> {
            events.iter().map(|event| event.split(']').next().unwrap().to_owned()).collect()
        };
        let (first, second) = (arguments(first), arguments(second));
        assert!(second.starts_with(&first), "{outcome}");
        let place = |event| second.iter().position(|found| found == event);
        assert!(place("[12").is_none_or(|place| second[..place].contains(&"[11".to_owned())));
        lengths.push(second.len());
    }
    assert!(lengths.contains(&0) && lengths.contains(&3), "{lengths:?}");
}

/// No event comes behind the news that the subscription is gone.
#[test]
fn a_publication_and_a_subscription_that_is_taken_away() {
    let bob = (1_u64 << 31) + 1;
    check(
        r#"
        bob   opens
        bob   HELLO realm1 {"roles":{"subscriber":{"features":{"subscription_revocation":true}}}}
        bob   SUBSCRIBE 1 {} com.news
        alice joins
        carol joins
        "#,
        &[
            "alice PUBLISH 1 {} com.news [1,1]
             alice PUBLISH 2 {} com.news [1,2]",
            &format!("carol CALL 1 {{}} wamp.subscription.remove_subscriber [1,{bob}]"),
        ],
        expect![[r#"
            bob < EVENT s1 p1 {} [1,1]
            bob < EVENT s1 p2 {} [1,2]
            bob < UNSUBSCRIBED 0 {"subscription":1}
            carol < RESULT 1 {}
            or
            bob < EVENT s1 p1 {} [1,1]
            bob < UNSUBSCRIBED 0 {"subscription":1}
            carol < RESULT 1 {}
            or
            bob < UNSUBSCRIBED 0 {"subscription":1}
            carol < RESULT 1 {}
        "#]],
    );
}

/// What a store was told, in that order.
#[derive(Default)]
struct Told(Mutex<Vec<Change>>);

impl Store for Told {
    fn is_full(&self) -> bool {
        false
    }

    fn submit(&self, changes: Vec<Change>, _receipt: Option<Receipt>) -> bool {
        self.0.lock().unwrap().extend(changes);
        true
    }
}

/// One is written down, the other takes its place and is not: a restart must not bring back the first.
#[test]
fn what_takes_away_a_retained_event_never_comes_before_it() {
    explore(|| {
        let realm = RealmSettings {
            retention: Retention { persistent: true, ..Retention::default() },
            ..RealmSettings::from("realm1")
        };
        let settings = Settings {
            realms: vec![realm],
            limits: Limits::default(),
            uncounted_requests: UncountedRequests::Refuse,
            agent: "Crosspoint".into(),
            strangers: StrangersKey::new([0; 32]),
            started: Time(0),
        };
        let told = Arc::new(Told::default());
        let router = Arc::new(Router::with_store(settings, told.clone()));
        let publications = [
            r#"PUBLISH 1 {"retain":true} com.news [1]"#,
            r#"PUBLISH 1 {"retain":true,"eligible":[1]} com.news [2]"#,
        ];
        let publishers = publications.into_iter().zip(1..).map(|(publication, number)| {
            let router = Arc::clone(&router);
            thread::spawn(move || {
                let mut turn = Turn::default();
                let mut peer = Peer::open("publisher", number, &router);
                peer.send(r#"HELLO realm1 {"roles":{"publisher":{}}}"#, &mut turn);
                peer.send(publication, &mut turn);
                turn.flush();
                peer.hang_up(&mut turn);
            })
        });
        publishers.collect::<Vec<_>>().into_iter().for_each(|publisher| publisher.join().unwrap());
        let mut removed = BTreeSet::new();
        for Change { put, remove, .. } in told.0.lock().unwrap().iter() {
            removed.extend(remove.iter().copied());
            assert!(put.as_ref().is_none_or(|(number, _)| !removed.contains(number)));
        }
    });
}
