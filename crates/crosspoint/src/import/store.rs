//! What their realms keep: event histories, and calls that wait.

use std::path::PathBuf;

use super::draft::Draft;
use super::item::Item;
use super::report::Report;
use crate::config::file::{History, Match, Realm};
use crate::config::tree::Path;
use crosspoint_router::limits::HISTORY_RULES_MAX;

/// What theirs keeps of a topic, if nobody says.
const LIMIT: u64 = 1000;

/// Where ours keeps events.
const STORE: &str = "events.store";

pub(super) fn take(mut store: Item, path: &Path, realm: &mut Realm, draft: &mut Draft) {
    let report = &mut draft.report;
    let place = store.path().to_owned();
    let path = path.name("history");
    store.taken(&["type", "limit"], &path, report);
    let kind = store.text("type", report).unwrap_or_default();
    let stored = kind != "memory";
    let limit = store.number("limit", report).unwrap_or(LIMIT);
    for topic in store.items("event-history", report) {
        let place = topic.path().to_owned();
        let Some(history) = history(topic, limit, stored, report) else { continue };
        if realm.history.contains(&history) {
            report.taken(place, &path);
        } else if realm.history.len() == HISTORY_RULES_MAX {
            let why =
                format!("there may be {HISTORY_RULES_MAX} histories; a prefix covers many topics");
            report.missing(place, why);
        } else {
            report.taken(place, &path);
            realm.history.push(history);
        }
    }
    if !realm.history.is_empty() {
        let how = "the limit is for all topics that match, together, and an event is kept once, also if \
                   nobody subscribes";
        report.changed(&place, &path, how);
    }
    for queue in store.items("call-queue", report) {
        let why = "callees say themselves how many calls may wait for them: x_queue in REGISTER.Options, \
                   beside concurrency";
        report.missing(queue.path(), why);
    }
    let stored = stored && realm.history.iter().any(|history| history.stored);
    if stored && draft.file.store.path.is_none() {
        draft.file.store.path = Some(PathBuf::from(STORE));
        let how = "a file of our own: what theirs has kept cannot be read";
        draft.report.changed(&place, &Path::of(&["store", "path"]), how);
    }
    finish(store, &mut draft.report);
}

fn finish(mut store: Item, report: &mut Report) {
    let why = "the store is one file for all realms, in [store]";
    let names =
        ["path", "maxsize", "readonly", "sync", "buffer-flush", "max-buffer", "purge_on_startup"];
    store.skip(&names.map(|name| (name, why)), report);
    store.finish(report);
}

fn history(mut topic: Item, limit: u64, stored: bool, report: &mut Report) -> Option<History> {
    let Some(uri) = topic.text("uri", report) else {
        report.missing(topic.path(), "it is not said of which topic");
        return None;
    };
    let place = topic.place("match");
    let matching = match topic.text("match", report).as_deref() {
        Some("prefix") => Match::Prefix,
        Some("wildcard") => Match::Wildcard,
        Some("exact") | None => Match::Exact,
        Some(other) => {
            report.differs(place, format!("there is no match {other}: it is exact"));
            Match::Exact
        }
    };
    let events = topic.number("limit", report).unwrap_or(limit).max(1);
    let place = topic.path().to_owned();
    topic.finish(report);
    let events = u32::try_from(events).unwrap_or(u32::MAX);
    let history = History { matching, events, stored, ..History::of(&uri) };
    if let Err(invalid) = history.to_rule() {
        report.missing(place, format!("'{uri}' cannot be published to: {invalid}"));
        return None;
    }
    Some(history)
}
