//! A role of theirs: static permissions, or an authorizer that is asked.
//!
//! Of two permissions that are for a URI the more specific one counts, there as here. But theirs finds
//! it in another way, and what differs is reported.

use crosspoint_proto::uri::UriRules;
use indexmap::{IndexMap, IndexSet};

use super::item::Item;
use super::precedence::{self, Differences, Reason};
use super::report::Report;
use crate::config::file::{Action, Authorizer, Match, Permission, Realm, Role};
use crate::config::tree::Path;

pub(super) const ALL: [(&str, Action); 4] = [
    ("call", Action::Call),
    ("register", Action::Register),
    ("publish", Action::Publish),
    ("subscribe", Action::Subscribe),
];

const SENSITIVE: &str = "to end other sessions (wamp.session.kill and its kin), or to take their \
     registrations and subscriptions away, needs a permission that names the procedures, which this \
     one does not";

const UNDECIDED: &str = "it is not asked whether somebody may end other sessions (wamp.session.kill and its kin), or \
     take their registrations and subscriptions away: that needs a permission that names the procedures";

const HIDES: &str = "there, a permission that is not for a prefix hides the prefixes for whatever begins with its URI; here \
     they count";

const WILDCARDS: &str =
    "there, a wildcard that fits counts more than a prefix; here the prefix counts";

const OTHER_WILDCARDS: &str = "there, a wildcard is looked at only if it has two dots in a row, and of several the last of those that \
     have most before them; here each that fits may count";

const UNCOMPARED: &str = "it has too many permissions for seeing where others of them count here than there: there, a wildcard \
     that fits counts more than a prefix, and a permission that is not for a prefix hides the prefixes for \
     whatever begins with its URI";

const VERSION_1: &str =
    "what is allowed stands beside the URI, as in version 1, and is taken up so";

const UNASKED: &str = "beside permissions it is not asked there, and would be here";

/// So many examples are named of what may be done here and not there.
const EXAMPLES_MAX: usize = 5;

/// Takes up a role of a realm.
pub(super) fn take(mut item: Item, realm: &Path, into: &mut Realm, report: &mut Report) {
    let Some(name) = item.text("name", report) else {
        return report.missing(item.path(), "a role without a name");
    };
    let path = realm.name("roles").name(&name);
    let (place, place_of_name) = (item.path().to_owned(), item.place("name"));
    // What it says is of no interest if it is not taken.
    let mut said = Report::default();
    let role = role_of(item, &path, &mut said);
    match into.roles.get(&name) {
        Some(other) if *other != role => {
            let why = "another role of this name is there already, and stays as it is";
            report.missing_at(place, &path, why);
        }
        _ => {
            report.taken(place_of_name, &path);
            report.append(said);
            into.roles.insert(name, role);
        }
    }
}

fn role_of(mut item: Item, path: &Path, report: &mut Report) -> Role {
    let mut role = Role::default();
    if item.has("permissions") {
        item.leave(&[("authorizer", UNASKED)], report);
    }
    take_permissions(&mut item, path, &mut role, report);
    take_authorizer(&mut item, path, &mut role, report);
    take_default(&mut item, path, &mut role, report);
    report_differences(item.path(), &path.name("permissions"), &role, report);
    item.skip(&[("id", "a role has its name only")], report);
    item.leave(&[("activations", "there are no interfaces to activate")], report);
    item.finish(report);
    role
}

fn take_default(item: &mut Item, path: &Path, role: &mut Role, report: &mut Report) {
    let place = item.place("allow-by-default");
    match item.boolean("allow-by-default", report) {
        None => {}
        Some(false) => report.needless(place, "what no permission is for is denied"),
        Some(true) if *role == Role::default() => {
            let allow = ALL.map(|(_, action)| action).to_vec();
            let (uri, matching) = (String::new(), Match::Prefix);
            role.permissions.push(Permission { uri, matching, allow, disclose: false });
            report.taken(place, &path.name("permissions"));
        }
        Some(true) => {
            let why = "what no permission is for is denied, and an authorizer is always asked";
            report.missing(place, why);
        }
    }
}

fn take_permissions(item: &mut Item, path: &Path, role: &mut Role, report: &mut Report) {
    let path = path.name("permissions");
    // By their URIs, in the order in which those come for the last time.
    let mut last: IndexMap<String, (String, Permission)> = IndexMap::new();
    for permission in item.items("permissions", report) {
        let place = permission.path().to_owned();
        let Some(permission) = permission_of(permission, &path, report) else { continue };
        if let Some((earlier, _)) = last.shift_remove(&permission.uri) {
            let why = format!("the last permission for '{}' counts", permission.uri);
            report.missing_at(earlier, &path, why);
        }
        last.insert(permission.uri.clone(), (place, permission));
    }
    for (place, permission) in last.into_values() {
        report.taken(place, &path);
        role.permissions.push(permission);
    }
}

fn permission_of(mut item: Item, path: &Path, report: &mut Report) -> Option<Permission> {
    let Some(uri) = item.text("uri", report) else {
        report.missing(item.path(), "it is not said for which URI it is");
        return None;
    };
    let place = item.place("match");
    let (uri, matching) = match item.text("match", report).as_deref() {
        Some("exact") => (uri, Match::Exact),
        Some("prefix") => (uri, Match::Prefix),
        Some("wildcard") => (uri, Match::Wildcard),
        None => unstarred(&uri),
        Some(other) => {
            let how = format!("there is no match {other}: the URI's stars say what it matches");
            report.changed(place, path, how);
            unstarred(&uri)
        }
    };
    let allow = take_allowed(&mut item, report);
    let place = item.path().to_owned();
    let disclose = take_disclosure(&mut item, &allow, path, report);
    let cache = "a permission is found anew with each request, which costs little";
    item.skip(&[("cache", cache)], report);
    item.leave(&[("validate", "arguments are not held against types")], report);
    item.finish(report);
    let permission = Permission { uri, matching, allow, disclose };
    if let Err(invalid) = permission.to_permission() {
        report.missing(place, format!("'{}' matches nothing: {invalid}", permission.uri));
        return None;
    }
    if permission.meant_by_stars().is_some() {
        let why = format!("the star in '{}' is no wildcard, because of its match", permission.uri);
        report.missing(place, why);
        return None;
    }
    Some(permission)
}

/// What is allowed, in a table of its own; or, as it was in version 1, beside the URI.
fn take_allowed(item: &mut Item, report: &mut Report) -> Vec<Action> {
    if !item.has("allow") && ALL.iter().any(|(name, _)| item.has(name)) {
        report.differs(item.path(), VERSION_1);
        return actions(item, report);
    }
    let Some(mut allowed) = item.item("allow", report) else { return Vec::new() };
    let allow = actions(&mut allowed, report);
    allowed.finish(report);
    allow
}

fn actions(allowed: &mut Item, report: &mut Report) -> Vec<Action> {
    let is = |name, report: &mut Report, item: &mut Item| item.boolean(name, report) == Some(true);
    ALL.iter().filter(|(name, _)| is(name, report, allowed)).map(|(_, action)| *action).collect()
}

/// A URI with stars: one at the end is a prefix, others stand for components.
fn unstarred(uri: &str) -> (String, Match) {
    match uri.strip_suffix('*') {
        Some(prefix) if !prefix.contains('*') => return (prefix.to_owned(), Match::Prefix),
        _ => {}
    }
    let components = uri.split('.').map(|component| if component == "*" { "" } else { component });
    let pattern = components.collect::<Vec<_>>().join(".");
    let matching = if pattern.contains("..") { Match::Wildcard } else { Match::Exact };
    (pattern, matching)
}

/// Ours discloses whoever calls or publishes; theirs, one of both.
fn take_disclosure(item: &mut Item, allow: &[Action], path: &Path, report: &mut Report) -> bool {
    let Some(mut disclose) = item.item("disclose", report) else { return false };
    let place = disclose.path().to_owned();
    let mut is = |name, action| {
        let is = disclose.boolean(name, report).unwrap_or_default();
        allow.contains(&action).then_some(is)
    };
    let asked = [is("caller", Action::Call), is("publisher", Action::Publish)];
    disclose.finish(report);
    let is_mixed = asked.contains(&Some(true)) && asked.contains(&Some(false));
    if is_mixed {
        let how = "callers and publishers are disclosed alike: here neither, unless they or their callees \
                   ask for it; see disclose_caller and disclose_publisher of the realm";
        report.changed(place, path, how);
    }
    asked.contains(&Some(true)) && !is_mixed
}

fn take_authorizer(item: &mut Item, path: &Path, role: &mut Role, report: &mut Report) {
    let place = item.place("authorizer");
    let Some(procedure) = item.text("authorizer", report) else { return };
    if let Err(invalid) = UriRules::Loose.check(&procedure) {
        return report.missing(place, format!("'{procedure}' cannot be called: {invalid}"));
    }
    let path = path.name("authorizer");
    report.taken(&place, &path);
    let how = "an answer that says cache holds for the session that asked, and for 10 min, not for the role \
               and for ever; publications without subscribers are asked about, too";
    report.changed(&place, &path, how);
    report.changed(&place, &path, UNDECIDED);
    let what = format!(
        "whoever registers {procedure} needs a role that may do so without being asked about"
    );
    report.open(&place, &path, what);
    role.authorizer = Some(Authorizer::of(procedure));
}

fn report_differences(theirs: &str, ours: &Path, role: &Role, report: &mut Report) {
    let of = |matching| role.permissions.iter().filter(move |it| it.matching == matching);
    if of(Match::Prefix).any(|it| "wamp.".starts_with(&it.uri) && it.allow.contains(&Action::Call))
    {
        report.differs(theirs, SENSITIVE);
    }
    let Some(Differences { only_here, only_there }) = precedence::compare(&role.permissions) else {
        return report.open(theirs, ours, UNCOMPARED);
    };
    for (reason, examples) in only_there {
        let how =
            format!("{}, so that this may be done only there: {}", why(reason), some(&examples));
        report.changed(theirs, ours, how);
    }
    for (reason, examples) in only_here {
        let what = format!(
            "{}, so that this may be done only here: {}; {}",
            why(reason),
            some(&examples),
            remedy(reason)
        );
        report.open(theirs, ours, what);
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Hidden => HIDES,
        Reason::Wildcard => WILDCARDS,
        Reason::OtherWildcard => OTHER_WILDCARDS,
    }
}

/// What helps if it must not be done here, either.
fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::Hidden => {
            "where that must not be, say the URI once more, as a prefix that allows nothing"
        }
        Reason::Wildcard => {
            "where that must not be, say narrower prefixes, which leave out what the wildcard is for"
        }
        Reason::OtherWildcard => "where that must not be, leave it out of what the wildcard allows",
    }
}

/// The first examples, and how many there are beside them.
fn some(examples: &IndexSet<String>) -> String {
    let named: Vec<&str> = examples.iter().take(EXAMPLES_MAX).map(String::as_str).collect();
    match examples.len().saturating_sub(EXAMPLES_MAX) {
        0 => named.join(", "),
        others => format!("{} and {others} more", named.join(", ")),
    }
}
