//! A realm of theirs.

use crosspoint_proto::uri;
use crosspoint_router::authentication::ANONYMOUS;

use super::draft::{Draft, path_of_realm};
use super::item::{Agrees, Item};
use super::report::Report;
use super::{role, store};
use crate::config::file::{Realm, Role, UriRules};
use crate::config::tree::Path;

const META: &str =
    "the meta API is always there: who may call or subscribe to what begins with wamp. may use it";

/// Takes up a realm, and says its name.
pub(super) fn take(mut item: Item, draft: &mut Draft) -> Option<String> {
    let Some(name) = item.text("name", &mut draft.report) else {
        draft.report.missing(item.path(), "a realm without a name");
        return None;
    };
    if let Err(invalid) = uri::UriRules::Loose.check(&name) {
        draft.report.missing(item.path(), format!("'{name}' cannot be a realm: {invalid}"));
        return None;
    }
    let path = path_of_realm(&name);
    draft.report.taken(item.place("name"), &path);
    // Of a realm of another worker what is new is added: what was said first stays.
    let mut realm = draft.file.realms.get(&name).cloned().unwrap_or_default();
    if draft.file.realms.contains_key(&name) {
        let what =
            "it is in two workers, where it was two realms; here it is one, and the stricter one";
        draft.report.changed(item.path(), &path, what);
    }
    let report = &mut draft.report;
    take_options(&mut item, &path, &mut realm, report);
    for role in item.items("roles", report) {
        role::take(role, &path, &mut realm, report);
    }
    if let Some(store) = item.item("store", report) {
        store::take(store, &path, &mut realm, draft);
    }
    finish(item, &mut draft.report);
    close(&path, &mut realm, &mut draft.report);
    draft.file.realms.insert(name.clone(), realm);
    Some(name)
}

fn take_options(item: &mut Item, path: &Path, realm: &mut Realm, report: &mut Report) {
    let Some(mut options) = item.item("options", report) else { return };
    let (place, ours) = (options.place("uri_check"), path.name("uri_rules"));
    match options.text("uri_check", report).as_deref() {
        None => {}
        Some("loose") => report.taken(place, &ours),
        Some("strict") => {
            realm.uri_rules = UriRules::Strict;
            report.taken(place, &ours);
        }
        Some(other) => {
            let how = format!("there is no uri_check {other}: URIs are loose");
            report.changed(place, &ours, how);
        }
    }
    options.settle(
        &[
            ("enable_meta_api", Agrees::If(true), META),
            (
                "event_dispatching_chunk_size",
                Agrees::Any,
                "what is much work is done in portions of its own",
            ),
        ],
        report,
    );
    options.leave(
        &[("bridge_meta_api", "the meta API of a realm is in that realm, and in no other")],
        report,
    );
    options.finish(report);
}

fn finish(mut item: Item, report: &mut Report) {
    item.skip(&[("id", "a realm has its name only")], report);
    item.leave(
        &[
            ("rlinks", "routers are not linked"),
            ("stats", "there is no event with a session's figures"),
            ("trace", "what a session says is not recorded"),
            ("inventory", "arguments are not held against types"),
        ],
        report,
    );
    item.finish(report);
}

/// A realm without roles lets nobody in; ours lets everybody do everything there.
fn close(path: &Path, realm: &mut Realm, report: &mut Report) {
    if realm.roles.is_empty() {
        realm.roles.insert(ANONYMOUS.to_owned(), Role::default());
        let what =
            "it had no role, and nobody could join; without one, everybody could do everything";
        report.open(path.as_table(), &path.name("roles").name(ANONYMOUS), what);
    }
}
