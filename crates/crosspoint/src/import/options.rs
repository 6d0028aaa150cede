//! What their transports say of WebSocket and RawSocket, and of the serializers.

use std::time::Duration;

use super::item::Item;
use super::report::Report;
use super::transport::Entrance;
use crate::config::file::{Cookie, Listener};
use crate::config::sites::Site;
use crate::config::tree::Path;
use crate::config::units::{Octets, Patience, Period};
use crate::cookies::COOKIE_LIFETIME_MAX;
use crosspoint_proto::framing::rawsocket::LengthLimit;

/// What is so here in any case.
const SETTLED: &[(&str, &str)] = &[
    ("enable_webstatus", "a browser gets a page at /"),
    ("open_handshake_timeout", "a client has 10 s from its connection to its HELLO"),
    ("close_handshake_timeout", "a client has 5 s for closing"),
    ("validate_utf8", "texts are checked, as the protocol demands"),
    ("mask_server_frames", "frames are masked by clients only, as the protocol demands"),
    ("require_masked_client_frames", "frames are masked by clients, as the protocol demands"),
    ("apply_mask", "frames are unmasked, as the protocol demands"),
    ("fail_by_drop", "who breaks the protocol is told so, and then the connection ends"),
    ("echo_close_codereason", "a close is answered as the protocol demands"),
    ("tcp_nodelay", "nothing that is written waits for more"),
    ("auto_ping_size", "a ping says what it has to"),
    ("auto_ping_restart_on_any_traffic", "whatever comes is a sign of life"),
    ("require_websocket_subprotocol", "a client names a subprotocol, as WAMP demands"),
    ("show_server_version", "no version is told"),
    ("external_port", "the port in the request's Host is not looked at"),
    ("enable_rfc6455", "this is the version of WebSocket that is spoken"),
    ("compression", "permessage-deflate is used if the client offers it"),
    ("max_frame_size", "the length of a message counts, in however many frames it comes"),
    ("auto_fragment_size", "messages are sent in one frame"),
];

/// What is not there.
const ABSENT: &[(&str, &str)] = &[
    ("enable_hybi10", "drafts of WebSocket are not spoken"),
    ("enable_flash_policy", "Flash is gone"),
    ("flash_policy", "Flash is gone"),
];

/// What is so of cookies in any case.
const OF_COOKIES: &[(&str, &str)] = &[
    ("length", "a cookie has 256 random bits"),
    ("secure", "a cookie is for TLS alone where TLS is spoken"),
    ("http_strict", "no script can read a cookie"),
    ("same_site", "a cookie is for pages of the same site alone"),
];

/// Takes up what is said of one service of a listener.
pub(super) fn take(
    mut service: Item,
    path: &Path,
    listener: &mut Listener,
    report: &mut Report,
) -> Entrance {
    let theirs = service.path().to_owned();
    let mut names = service.texts("serializers", report);
    names.extend(service.text("serializer", report));
    for name in &names {
        take_serializer(name, &service.place("serializers"), report);
    }
    take_length(&mut service, path, listener, report);
    if let Some(mut options) = service.item("options", report) {
        take_length(&mut options, path, listener, report);
        take_pings(&mut options, path, listener, report);
        take_origins(&mut options, path, listener, report);
        options.skip(SETTLED, report);
        options.leave(ABSENT, report);
        options.finish(report);
    }
    let auth = service.item("auth", report);
    take_cookie(&mut service, path, listener, report);
    let id = "a listener has a name, and the paths in it have none";
    let url = "clients may call this machine what they like";
    let kind = "its place says what it is";
    let debug = "see level in [log]";
    service.skip(&[("debug", debug), ("id", id), ("url", url), ("type", kind)], report);
    service.finish(report);
    let is_local = listener.unix.is_some() || listener.address.0.ip().is_loopback();
    Entrance { theirs, auth, is_local }
}

fn take_serializer(name: &str, place: &str, report: &mut Report) {
    match name.trim_end_matches(".batched") {
        "json" | "msgpack" | "cbor" => {
            report.needless(place, "JSON, MessagePack and CBOR are spoken at each listener");
        }
        _ => report.missing(place, format!("there is no serializer {name}")),
    }
}

/// Of several services of one port the one that takes most.
fn take_length(item: &mut Item, path: &Path, listener: &mut Listener, report: &mut Report) {
    let place = item.place("max_message_size");
    let Some(octets) = item.number("max_message_size", report) else { return };
    let (least, most) = (LengthLimit::MIN.octets() as u64, LengthLimit::MAX.octets() as u64);
    let within = if octets == 0 { most } else { octets.clamp(least, most) };
    let path = path.name("message_octets_max");
    if within != octets {
        report.changed(&place, &path, format!("it was {octets}, and is {} here", Octets(within)));
    }
    let before = listener.message_octets_max;
    let is_default = before == Listener::default().message_octets_max;
    if !is_default && before.0 != within {
        report.changed(&place, &path, "a listener has one length, which is the greatest of all");
    }
    listener.message_octets_max =
        if is_default { Octets(within) } else { Octets(before.0.max(within)) };
}

/// A listener has one list for all its services: who may use one of them may use them all.
fn take_origins(options: &mut Item, path: &Path, listener: &mut Listener, report: &mut Report) {
    if !options.has("allowed_origins") && !options.has("allow_null_origin") {
        return;
    }
    let (path, place) = (path.name("origins"), options.place("allowed_origins"));
    let names_any = options.has("allowed_origins");
    let mut allowed = options.texts("allowed_origins", report);
    if !names_any {
        allowed.push("*".to_owned());
    }
    let allows_null = options.boolean("allow_null_origin", report).unwrap_or(true);
    allowed.extend(allows_null.then(|| "null".to_owned()));
    let mut origins = Vec::new();
    for text in allowed {
        match text.parse::<Site>() {
            Ok(site) if !origins.contains(&site) => origins.push(site),
            Ok(_) => {}
            Err(_unreadable) => {
                let why = format!("an origin that cannot be said here is left out: {text}");
                report.missing_at(&place, &path, why);
            }
        }
    }
    report.taken(&place, &path);
    match &mut listener.origins {
        Some(others) if *others != origins => {
            report.changed(
                &place,
                &path,
                "a listener has one list, which is that of all its services",
            );
            others.retain(|other| !origins.contains(other));
            others.append(&mut origins);
        }
        of_listener => *of_listener = Some(origins),
    }
}

/// A listener has one kind of cookies for all its services.
fn take_cookie(service: &mut Item, path: &Path, listener: &mut Listener, report: &mut Report) {
    let Some(mut item) = service.item("cookie", report) else { return };
    let (path, place) = (path.name("cookie"), item.path().to_owned());
    let mut cookie = Cookie { name: item.text("name", report), ..Cookie::default() };
    let max_age = item.place("max_age");
    if let Some(seconds) = item.number("max_age", report) {
        let within = seconds.clamp(1, COOKIE_LIFETIME_MAX.as_secs());
        cookie.lifetime = Period(Duration::from_secs(within));
        if within != seconds {
            let how = format!("it was {seconds} s, and is {} here", cookie.lifetime);
            report.changed(max_age, &path, how);
        }
    }
    if let Some(mut store) = item.item("store", report) {
        if store.text("type", report).as_deref() == Some("file") {
            let why =
                "browsers are known until the router ends: then they prove again who they are";
            report.missing_at(store.path(), &path, why);
        }
        let nothing = "nothing is kept";
        store.skip(&[("filename", nothing), ("purge_on_startup", nothing)], report);
        store.finish(report);
    }
    item.skip(OF_COOKIES, report);
    item.finish(report);
    report.taken(&place, &path);
    match &listener.cookie {
        Some(other) if *other != cookie => {
            report.changed(&place, &path, "a listener has one kind of cookie, which is the first");
        }
        _ => listener.cookie = Some(cookie),
    }
}

fn take_pings(options: &mut Item, path: &Path, listener: &mut Listener, report: &mut Report) {
    let path = path.name("ping_interval");
    let place = options.place("auto_ping_interval");
    if let Some(milliseconds) = options.number("auto_ping_interval", report) {
        let interval = Patience::from_secs(milliseconds.div_ceil(1000));
        listener.ping_interval = interval.unwrap_or(Patience(None));
        if listener.ping_interval.0.is_some_and(|it| it != Duration::from_millis(milliseconds)) {
            let how = format!("it was {milliseconds} ms, and is whole seconds here");
            report.changed(place, &path, how);
        }
    }
    let place = options.place("auto_ping_timeout");
    if options.number("auto_ping_timeout", report).is_some() {
        let how = "a ping is waited for as long as ping_interval";
        report.changed(place, &path, how);
    }
}
