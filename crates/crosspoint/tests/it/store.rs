//! What outlives a router that is killed, and what is said of a store that cannot be used.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_client::{
    Arguments, Client, PublicationId, PublishOptions, Session, SubscribeOptions, Value,
};
use expect_test::{Expect, expect};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::process::{Router, check, output};

/// Each publishes one event after the other, so that there is an order to be held to.
const PUBLISHERS: u64 = 100;

const EVENTS_OF_EACH: u64 = 100;

/// The router dies when so many events are acknowledged: half of them.
const ENOUGH: u64 = PUBLISHERS * EVENTS_OF_EACH / 2;

fn router(store: &Path) -> Router {
    Router::start_with(&[
        "--history",
        "prefix:com.example.log.,events=20000,stored",
        "--store",
        store.to_str().unwrap(),
        "--store-retained",
    ])
}

async fn join(router: &Router) -> Session {
    Client::builder(router.rawsocket_url()).realm("realm1").connect().await.unwrap()
}

/// Everything that was acknowledged is there, once and in its order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.store");
    // As `kill -9`.
    let acknowledged = publish_until(router(&path), drop).await;
    assert!(acknowledged.iter().map(Vec::len).sum::<usize>() as u64 >= ENOUGH);

    let router = router(&path);
    let stored = history(&join(&router).await).await;
    let places: BTreeMap<_, _> =
        stored.iter().enumerate().map(|(place, event)| (event.0, (place, event.1))).collect();
    assert_eq!(places.len(), stored.len(), "an event is there twice");
    for publications in acknowledged {
        let found = publications.iter().map(|id| places[id]);
        // The events of each publisher are numbered from 0 on, and none was passed over.
        assert!(found.clone().zip(0..).all(|((_, number), expected)| number == expected));
        assert!(found.map(|(place, _)| place).is_sorted());
    }
}

/// At an orderly end everybody is told what has become of his events: those that are acknowledged are
/// there, and no others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_survives_an_orderly_end_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.store");
    let end = |router: Router| {
        router.process.terminate();
        let said = router.process.end();
        // The event that is looked at just when the store takes no more is not stored; its publisher is told
        // so, and it is counted.
        let is_expected = |line: &str| line.contains("events not stored that should have been");
        assert!(said.lines().all(is_expected), "{said}");
    };
    let mut acknowledged = publish_until(router(&path), end).await.concat();
    let stored = history(&join(&router(&path)).await).await;
    let mut stored: Vec<_> = stored.into_iter().map(|(publication, _)| publication).collect();
    acknowledged.sort();
    stored.sort();
    assert_eq!(acknowledged.len(), stored.len());
    assert_eq!(acknowledged, stored);
}

/// Publishes as fast as it goes, and ends the router meanwhile. What it had acknowledged to each of
/// the publishers.
async fn publish_until(router: Router, end: impl FnOnce(Router)) -> Vec<Vec<PublicationId>> {
    let session = join(&router).await;
    let (count, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let mut publishers = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let (session, count, enough) = (session.clone(), Arc::clone(&count), Arc::clone(&enough));
        publishers.spawn(async move {
            let topic = format!("com.example.log.{}", publisher % 3);
            let mut acknowledged = Vec::new();
            for number in 0..EVENTS_OF_EACH {
                let answer = session.publish_acknowledged(topic.as_str(), (number,)).await;
                let Ok(id) = answer else { break };
                acknowledged.push(id);
                if count.fetch_add(1, Ordering::Relaxed) + 1 == ENOUGH {
                    enough.notify_one();
                }
            }
            acknowledged
        });
    }
    enough.notified().await;
    end(router);
    publishers.join_all().await
}

/// All events of the log, page by page: publication and number.
async fn history(session: &Session) -> Vec<(PublicationId, u64)> {
    let mut events: Vec<(PublicationId, u64)> = Vec::new();
    loop {
        let mut question = Arguments::from((FIRST_SUBSCRIPTION,)).kwarg("limit", 500);
        if let Some((last, _)) = events.last() {
            question = question.kwarg("after_publication", last.0);
        }
        let page = session.call("wamp.subscription.get_events", question).await.unwrap().args;
        if page.is_empty() {
            return events;
        }
        for event in page {
            let event = event.as_dict().unwrap();
            let id = event.get("publication").and_then(Value::as_u64).unwrap();
            let Some(Value::List(args)) = event.get("args") else { panic!("{event:?}") };
            events.push((PublicationId(id), args[0].as_u64().unwrap()));
        }
    }
}

/// The history's own, which is there from the start.
const FIRST_SUBSCRIPTION: u64 = 1;

#[tokio::test]
async fn retained_events_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.store");
    let router = router(&path);
    let session = join(&router).await;
    for number in 0..3 {
        let options = PublishOptions::new().retain(true);
        let published = session.publish_acknowledged_with(options, "com.example.now", (number,));
        published.await.unwrap();
    }
    drop(router);

    let router = self::router(&path);
    let options = SubscribeOptions::new().get_retained(true);
    let mut events = join(&router).await.subscribe_with(options, "com.example.now").await.unwrap();
    let event = events.next().await.unwrap().unwrap();
    assert!(event.retained);
    assert_eq!(event.args, [Value::from(2)]);
}

#[test]
fn a_store_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.store");
    let path_text = path.to_str().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--store", path_text];
    let router = Router::start_with(&arguments[3..]);
    let said = |expected: &Expect| {
        expected.assert_eq(&output(&arguments).replace(path_text, "STORE"));
    };
    said(&expect![[r#"
        stderr: error: the store STORE is in use by another process
        stderr: hint: another router has it; stop that one, or give each its own file
        exit status: 1
    "#]]);
    drop(router);
    fs::write(&path, "a letter to a friend").unwrap();
    said(&expect![[r#"
        stderr: error: STORE is not a store of Crosspoint
        stderr: hint: it was left as it is; choose a file that does not exist yet
        exit status: 1
    "#]]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "a letter to a friend");
}

#[test]
fn what_is_to_be_stored_needs_a_store() {
    check(
        &["serve", "--history", "com.example.news,stored"],
        &expect![[r#"
            stderr: error: the history of com.example.news has nowhere to be stored
            stderr: hint: say where with --store FILE
            exit status: 1
        "#]],
    );
    check(
        &["serve", "--store-retained"],
        &expect![[r#"
            stderr: error: the retained events of realm1 have nowhere to be stored
            stderr: hint: say where with --store FILE
            exit status: 1
        "#]],
    );
    check(
        &["serve", "--history", "com.example.news,events=none"],
        &expect![[r#"
            stderr: error: invalid value 'com.example.news,events=none' for '--history <[MATCH:]TOPIC[,events=N][,octets=N][,age=N][,stored]>': 'events=none': a history is like com.example.news, or prefix:com.example.,events=10000,octets=64M,age=7d,stored
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
}
