//! A transport of theirs: a port, and what is spoken there.

use super::draft::{Draft, path_of_listener};
use super::endpoint::{self, Spot};
use super::item::Item;
use super::options;
use super::report::Report;
use crate::config::file::{Listener, Serializer, Transport};
use crate::config::tree::Path;
use crate::config::units::UrlPath;

/// A way into the router, with what is asked of those who come by it.
#[derive(Debug)]
pub(super) struct Entrance {
    /// Where it stands in their file.
    pub(super) theirs: String,
    /// `None` if nothing is said: then everybody is anonymous.
    pub(super) auth: Option<Item>,
    /// Only this machine comes by it.
    pub(super) is_local: bool,
}

/// What is gathered of a transport that has one port, and may have several paths.
#[derive(Debug, Default)]
struct Services {
    websocket: Vec<(Option<String>, Item)>,
    rawsocket: Vec<Item>,
}

/// Takes up a transport: its ways into the router.
pub(super) fn take(mut item: Item, draft: &mut Draft) -> Vec<Entrance> {
    let report = &mut draft.report;
    let kind = item.text("type", report).unwrap_or_default();
    let id = item.text("id", report);
    let Some(services) = services(&kind, &mut item, report) else { return Vec::new() };
    if services.websocket.is_empty() && services.rawsocket.is_empty() {
        report.missing(item.path(), "WAMP is not spoken here, so there is nothing to listen for");
        return Vec::new();
    }
    let Some(endpoint) = item.item("endpoint", report) else {
        report.missing(item.path(), "it is not said where it listens");
        return Vec::new();
    };
    let mut listener = Listener::default();
    listener.transports.clear();
    listener.serializers.clear();
    let spot = endpoint::take(endpoint, &mut listener, draft);
    let (place, of_id, of_type) = (item.path().to_owned(), item.place("id"), item.place("type"));
    item.skip(&[("debug", "see level in [log]")], &mut draft.report);
    item.finish(&mut draft.report);
    let Some(spot) = spot else {
        draft.report.missing(place, "there is no place where it could listen");
        return Vec::new();
    };
    let name = add(id.as_deref().unwrap_or(&kind), &place, listener, spot, draft);
    let path = path_of_listener(&name);
    if id.is_some() {
        draft.report.taken(of_id, &path);
    }
    draft.report.taken(of_type, &path.name("transports"));
    enter(&name, services, draft)
}

/// What is spoken, or `None` if it is nothing of ours.
fn services(kind: &str, item: &mut Item, report: &mut Report) -> Option<Services> {
    let mut services = Services::default();
    match kind {
        "websocket" => services.websocket.push((path_of_url(item, report), own(item))),
        "rawsocket" => services.rawsocket.push(own(item)),
        "web" => take_web(item, &mut services, report),
        "universal" => take_universal(item, &mut services, report),
        _ => {
            let why = match kind {
                "mqtt" => "MQTT is not spoken",
                "websocket.testee" | "stream.testee" => "a testee: every listener is one",
                "flashpolicy" => "Flash is gone",
                _ => "this kind of transport does not exist here",
            };
            report.missing(item.path(), why);
            return None;
        }
    }
    Some(services)
}

fn take_universal(item: &mut Item, services: &mut Services, report: &mut Report) {
    services.rawsocket.extend(item.item("rawsocket", report));
    for (path, service) in item.named("websocket", report) {
        services.websocket.push((Some(url_path(&path)), service));
    }
    if let Some(mut web) = item.item("web", report) {
        take_web(&mut web, services, report);
        web.finish(report);
    }
    item.leave(&[("mqtt", "MQTT is not spoken")], report);
}

/// What a service of its own leaves for it, of a transport that is one.
fn own(item: &mut Item) -> Item {
    let mut service = Item::empty(item.path());
    for name in ["serializers", "serializer", "options", "auth", "cookie", "max_message_size"] {
        service.put(name, item.take(name));
    }
    service
}

/// A transport that is WebSocket only takes clients at any path; the URL says which one they use.
fn path_of_url(item: &mut Item, report: &mut Report) -> Option<String> {
    let place = item.place("url");
    let url = item.text("url", report)?;
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let what = if path.is_some() {
        "its path is among the listener's, and clients may call this machine what they like"
    } else {
        "clients may call this machine what they like"
    };
    report.needless(place, what);
    path.map(|(_, path)| url_path(path))
}

fn take_web(item: &mut Item, services: &mut Services, report: &mut Report) {
    let paths = item.named("paths", report);
    take_paths("", paths, services, report);
    let why = "these are of a web server, which the router is only for its own page";
    item.leave(&[("options", why)], report);
}

fn take_paths(
    base: &str,
    paths: Vec<(String, Item)>,
    services: &mut Services,
    report: &mut Report,
) {
    for (name, mut service) in paths {
        let path = [base, name.trim_start_matches('/')].concat();
        let place = service.place("type");
        let kind = service.text("type", report).unwrap_or_default();
        if matches!(kind.as_str(), "websocket" | "path") {
            report.needless(place, "its place says what it is");
        }
        match kind.as_str() {
            "websocket" => services.websocket.push((Some(url_path(&path)), service)),
            "path" => {
                let nested = service.named("paths", report);
                take_paths(&format!("{path}/"), nested, services, report);
                service.finish(report);
            }
            kind => report.missing(service.path(), why_not(kind)),
        }
    }
}

/// Why a web service is not there.
fn why_not(kind: &str) -> String {
    let instead = match kind {
        "static" | "archive" | "json" | "redirect" | "wsgi" | "cgi" | "reverseproxy"
        | "resource" => {
            "let a web server do it, such as nginx or Caddy, which can pass WebSocket on to the router"
        }
        "websocket-reverseproxy" => "let a web server do it, such as nginx or Caddy",
        "publisher" | "caller" | "webhook" => {
            "publish and call by HTTP with a program that connects"
        }
        "longpoll" => "clients need WebSocket",
        "nodeinfo" => "the page at / says what this is",
        _ => "a web server, or a program that connects, can do it",
    };
    format!("there is no web service {kind}: {instead}")
}

fn url_path(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

/// Adds the listener, or finds the one that has its port already; says its name.
fn add(wish: &str, theirs: &str, mut listener: Listener, spot: Spot, draft: &mut Draft) -> String {
    if spot.is_free() {
        listener.address = draft.free_address(listener.address);
    }
    let same = |other: &&Listener| {
        other.unix == listener.unix
            && (other.unix.is_some() || other.address.meets(listener.address))
    };
    let taken = draft.file.listeners.iter().find(|(_, other)| same(other));
    let taken = taken.map(|(name, _)| name.clone());
    if let Some(name) = taken {
        let how = "another one has this port, too: here they are one listener, for one process uses all \
                   cores";
        draft.report.changed(theirs, &path_of_listener(&name), how);
        report_again(&name, &listener, spot, draft);
        return name;
    }
    let name = draft.add_listener(wish, listener);
    let path = path_of_listener(&name);
    spot.report(&path, &mut draft.report);
    name
}

/// Says what becomes of an endpoint whose port another one has.
fn report_again(name: &str, listener: &Listener, spot: Spot, draft: &mut Draft) {
    let Draft { file, report, .. } = draft;
    let Some(there) = file.listeners.get(name) else { return };
    let is_same = there.tls == listener.tls
        && there.dead_peer_timeout == listener.dead_peer_timeout
        && there.connections_max == listener.connections_max;
    let path = path_of_listener(name);
    if is_same {
        report.taken(spot.theirs, &path);
    } else {
        let why = "the first endpoint that has this port says what else is so there";
        report.missing_at(spot.theirs, &path, why);
    }
}

/// Puts the services into the listener: its ways into the router.
fn enter(name: &str, services: Services, draft: &mut Draft) -> Vec<Entrance> {
    let path = path_of_listener(name);
    let Draft { file, report, .. } = draft;
    let Some(listener) = file.listeners.get_mut(name) else { return Vec::new() };
    if listener.transports.is_empty() {
        listener.paths.clear();
    }
    let before = (!listener.transports.is_empty()).then_some(listener.message_octets_max);
    let (mut entrances, mut spoken, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for (path_of_service, mut service) in services.websocket {
        add_once(&mut listener.transports, Transport::WebSocket);
        match path_of_service.map(|path| path.parse::<UrlPath>()).transpose() {
            Ok(of_service) => {
                if let Some(path) = of_service {
                    add_once(&mut listener.paths, path);
                }
            }
            Err(unreadable) => {
                report.missing(service.path(), format!("its path makes none: {unreadable}"));
                continue;
            }
        }
        spoken.push(options::serializers(&mut service, report));
        entrances.push(options::take(service, &path, listener, &mut lengths, report));
    }
    for mut service in services.rawsocket {
        add_once(&mut listener.transports, Transport::RawSocket);
        spoken.push(options::serializers(&mut service, report));
        entrances.push(options::take(service, &path, listener, &mut lengths, report));
    }
    if listener.paths.is_empty() {
        listener.paths = Listener::default().paths;
    }
    if !listener.transports.contains(&Transport::WebSocket) && listener.cookie.take().is_some() {
        let why = "its cookie is for browsers, and no WebSocket is spoken here";
        let theirs = entrances.first().map(|entrance| entrance.theirs.as_str());
        report.missing_at(theirs.unwrap_or_default(), &path, why);
    }
    let path_of_length = path.name("message_octets_max");
    options::settle_lengths(lengths, before, &path_of_length, listener, report);
    settle_serializers(spoken, &path.name("serializers"), listener, report);
    entrances
}

/// A listener takes the same from all: what any of its services does.
fn settle_serializers(
    spoken: Vec<Option<(String, Vec<Serializer>)>>,
    path: &Path,
    listener: &mut Listener,
    report: &mut Report,
) {
    let takes = |it: &Option<(String, Vec<Serializer>)>, one: &Serializer| {
        it.as_ref().is_none_or(|(_, known)| known.contains(one))
    };
    let all = Listener::default().serializers;
    listener.serializers.extend(all.iter().filter(|one| spoken.iter().any(|it| takes(it, one))));
    // In their usual order; and somebody has to be understood.
    let nobody_is = listener.serializers.is_empty();
    let is_taken = |one: &Serializer| nobody_is || listener.serializers.contains(one);
    listener.serializers = all.iter().copied().filter(is_taken).collect();
    for (place, known) in spoken.into_iter().flatten() {
        if listener.serializers.iter().any(|one| !known.contains(one)) {
            let what =
                "a listener takes the same from all of its clients, so it takes what any did";
            report.changed(&place, path, what);
        } else if listener.serializers == all {
            report.needless(&place, "JSON, MessagePack and CBOR are taken by each listener");
        } else {
            report.taken(&place, path);
        }
    }
}

fn add_once<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}
