//! What their transports say of cookies. A listener has one kind for all its services.

use std::time::Duration;

use super::item::{Agrees, Item};
use super::report::Report;
use crate::config::file::{Cookie, Listener};
use crate::config::tree::Path;
use crate::config::units::Period;
use crate::cookies::{COOKIE_LIFETIME_MAX, NAME, OF_HOST, OF_SECURE, is_cookie_name};

/// What is so of cookies in any case.
const SETTLED: &[(&str, Agrees, &str)] = &[
    ("length", Agrees::Any, "a cookie has 256 random bits"),
    ("http_strict", Agrees::If(true), "no script can read a cookie"),
];

const STRICT: &str = "a cookie is for pages of the same site alone";

const LAX: &str = "a cookie is SameSite=Strict: a browser does not send it for pages of other sites, also if they are in \
     origins, and who comes from there proves each time who he is";

pub(super) const FORGOTTEN: &str =
    "browsers are known until the router ends: then they prove again who they are";

/// Takes up a cookie of one service of a listener.
pub(super) fn take(mut item: Item, listener: &Path, into: &mut Listener, report: &mut Report) {
    let (path, place) = (listener.name("cookie"), item.path().to_owned());
    let mut cookie = Cookie { name: take_name(&mut item, &path, report), ..Cookie::default() };
    take_lifetime(&mut item, &path, &mut cookie, report);
    take_secure(&mut item, &path, &mut cookie, into.tls.certificate.is_some(), report);
    take_site(&mut item, &path, report);
    let store = item.item("store", report);
    if let Some(place) = store.and_then(|store| outliving(store, report)) {
        report.missing_at(place, &path, FORGOTTEN);
    }
    item.settle(SETTLED, report);
    item.finish(report);
    match &into.cookie {
        Some(other) if *other != cookie => {
            report.changed(&place, &path, "a listener has one kind of cookie, which is the first");
        }
        _ => into.cookie = Some(cookie),
    }
}

fn take_name(item: &mut Item, path: &Path, report: &mut Report) -> Option<String> {
    let place = item.place("name");
    let name = item.text("name", report)?;
    if is_cookie_name(&name) {
        report.taken(place, &path.name("name"));
        return Some(name);
    }
    report.changed(
        place,
        path,
        format!("'{name}' cannot be a cookie's name here, and it has ours"),
    );
    None
}

fn take_lifetime(item: &mut Item, path: &Path, cookie: &mut Cookie, report: &mut Report) {
    let place = item.place("max_age");
    let Some(seconds) = item.number("max_age", report) else { return };
    let within = seconds.clamp(1, COOKIE_LIFETIME_MAX.as_secs());
    cookie.lifetime = Period(Duration::from_secs(within));
    if within == seconds {
        return report.taken(place, &path.name("lifetime"));
    }
    let how = format!("it was {seconds} s, and is {} here", cookie.lifetime);
    report.changed(place, path, how);
}

/// Where TLS is spoken in front of the router it is the name that says so.
fn take_secure(
    item: &mut Item,
    path: &Path,
    cookie: &mut Cookie,
    over_tls: bool,
    report: &mut Report,
) {
    let place = item.place("secure");
    let Some(is_secure) = item.boolean("secure", report) else { return };
    let name = cookie.name.as_deref().unwrap_or(NAME);
    let is_called_so = name.starts_with(OF_HOST) || name.starts_with(OF_SECURE);
    match is_secure {
        true if over_tls || is_called_so => {
            report.needless(place, "a cookie is for TLS alone where TLS is spoken");
        }
        true => {
            cookie.name = Some(format!("{OF_HOST}{name}"));
            let how = "that it is for TLS alone its name says here, for TLS is spoken in front of this \
                       listener, if at all";
            report.changed(place, path, how);
        }
        false if over_tls || is_called_so => {
            report.differs(
                place,
                "it was false, and here a cookie is for TLS alone where TLS is spoken",
            );
        }
        false => report.needless(place, "where no TLS is spoken a cookie is for that, too"),
    }
}

fn take_site(item: &mut Item, path: &Path, report: &mut Report) {
    let place = item.place("same_site");
    match item.text("same_site", report).as_deref() {
        None => {}
        Some("Strict") => report.needless(place, STRICT),
        Some(_) => report.changed(place, path, LAX),
    }
}

/// Where they are stored, if that is to outlive the router.
pub(super) fn outliving(mut store: Item, report: &mut Report) -> Option<String> {
    let place = store.path().to_owned();
    let outlives = match store.text("type", report).as_deref() {
        Some("memory") => {
            report.needless(store.place("type"), "cookies are kept in memory");
            false
        }
        kind => kind.is_some(),
    };
    let nothing = "nothing is kept";
    let names = ["filename", "path", "maxsize", "readonly", "sync", "purge_on_startup"];
    store.skip(&names.map(|name| (name, nothing)), report);
    store.finish(report);
    outlives.then_some(place)
}
