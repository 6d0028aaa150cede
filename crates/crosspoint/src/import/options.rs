//! What their transports say of WebSocket and RawSocket, and of the serializers.

use std::time::Duration;

use super::cookie;
use super::item::{Agrees, Item};
use super::report::Report;
use super::transport::Entrance;
use crate::config::file::{Listener, Serializer};
use crate::config::sites::Site;
use crate::config::tree::Path;
use crate::config::units::{Octets, Patience};
use crate::connection::{CLOSING_TIMEOUT, HELLO_TIMEOUT};
use crosspoint_proto::framing::rawsocket::LengthLimit;

/// What is so here in any case.
const SETTLED: &[(&str, Agrees, &str)] = &[
    ("enable_webstatus", Agrees::If(true), "a browser gets a page at /"),
    (
        "open_handshake_timeout",
        Agrees::At(HELLO_TIMEOUT.as_secs() * 1000),
        "a client has 10 s from its connection to its session",
    ),
    (
        "close_handshake_timeout",
        Agrees::At(CLOSING_TIMEOUT.as_secs() * 1000),
        "a client has 5 s for closing",
    ),
    ("validate_utf8", Agrees::If(true), "texts are checked, as the protocol demands"),
    ("mask_server_frames", Agrees::If(false), BY_CLIENTS),
    ("require_masked_client_frames", Agrees::If(true), BY_CLIENTS),
    ("apply_mask", Agrees::If(true), "frames are unmasked, as the protocol demands"),
    (
        "fail_by_drop",
        Agrees::If(false),
        "who breaks the protocol is told so, and then the connection ends",
    ),
    ("echo_close_codereason", Agrees::Any, "a close is answered as the protocol demands"),
    ("tcp_nodelay", Agrees::If(true), "nothing that is written waits for more"),
    ("auto_ping_size", Agrees::Any, "a ping says what it has to"),
    ("auto_ping_restart_on_any_traffic", Agrees::If(true), "whatever comes is a sign of life"),
    (
        "require_websocket_subprotocol",
        Agrees::If(true),
        "a client has to name a subprotocol, as WAMP demands",
    ),
    ("show_server_version", Agrees::If(false), "no version is told"),
    ("external_port", Agrees::Any, "the port in the request's Host is not looked at"),
    ("enable_rfc6455", Agrees::If(true), "this is the version of WebSocket that is spoken"),
    ("compression", Agrees::Any, "permessage-deflate is used if the client offers it"),
    (
        "max_frame_size",
        Agrees::At(0),
        "the length of a message counts, in however many frames it comes",
    ),
    ("auto_fragment_size", Agrees::At(0), "messages are sent in one frame"),
];

const BY_CLIENTS: &str = "frames are masked by clients only, as the protocol demands";

/// What is not there.
const ABSENT: &[(&str, &str)] = &[
    ("enable_hybi10", "drafts of WebSocket are not spoken"),
    ("enable_flash_policy", "Flash is gone"),
    ("flash_policy", "Flash is gone"),
];

/// Takes up what is said of one service of a listener.
pub(super) fn take(
    mut service: Item,
    path: &Path,
    listener: &mut Listener,
    lengths: &mut Vec<Option<Length>>,
    report: &mut Report,
) -> Entrance {
    let theirs = service.path().to_owned();
    let mut said: Vec<_> = length(&mut service, report).into_iter().collect();
    if let Some(mut options) = service.item("options", report) {
        said.extend(length(&mut options, report));
        take_pings(&mut options, path, listener, report);
        take_origins(&mut options, path, listener, report);
        options.settle(SETTLED, report);
        options.leave(ABSENT, report);
        options.finish(report);
    }
    // A service that does not say takes any.
    let is_silent = said.is_empty();
    lengths.extend(said.into_iter().map(Some).chain(is_silent.then_some(None)));
    let auth = service.item("auth", report);
    if let Some(item) = service.item("cookie", report) {
        cookie::take(item, path, listener, report);
    }
    let id = "a listener has a name, and the paths in it have none";
    let url = "clients may call this machine what they like";
    let kind = "its place says what it is";
    let debug = "see level in [log]";
    service.skip(&[("debug", debug), ("id", id), ("url", url), ("type", kind)], report);
    service.finish(report);
    let is_local = listener.unix.is_some() || listener.address.0.ip().is_loopback();
    Entrance { theirs, auth, is_local }
}

/// What a service takes messages in, and where that stands; `None` if it does not say, and takes all.
pub(super) fn serializers(
    service: &mut Item,
    report: &mut Report,
) -> Option<(String, Vec<Serializer>)> {
    let of_one = !service.has("serializers") && service.has("serializer");
    let place = service.place(if of_one { "serializer" } else { "serializers" });
    let mut names = service.texts("serializers", report);
    names.extend(service.text("serializer", report));
    let mut known = Vec::new();
    for name in &names {
        match name.trim_end_matches(".batched") {
            "json" => known.push(Serializer::Json),
            "msgpack" => known.push(Serializer::MsgPack),
            "cbor" => known.push(Serializer::Cbor),
            _ => report.missing(&place, format!("there is no serializer {name}")),
        }
    }
    (!known.is_empty()).then_some((place, known))
}

/// How long messages may be, and where that stands.
type Length = (String, u64);

fn length(item: &mut Item, report: &mut Report) -> Option<Length> {
    let place = item.place("max_message_size");
    item.number("max_message_size", report).map(|octets| (place, octets))
}

/// Of several services of one port the one that takes most.
pub(super) fn settle_lengths(
    lengths: Vec<Option<Length>>,
    before: Option<Octets>,
    path: &Path,
    listener: &mut Listener,
    report: &mut Report,
) {
    let (least, most) = (LengthLimit::MIN.octets() as u64, LengthLimit::MAX.octets() as u64);
    let within = |octets: u64| if octets == 0 { most } else { octets.clamp(least, most) };
    let each = lengths.iter().map(|it| it.as_ref().map_or(most, |(_, octets)| within(*octets)));
    let greatest = each.chain(before.map(|before| before.0)).max().unwrap_or(most);
    for (place, octets) in lengths.into_iter().flatten() {
        if within(octets) != greatest {
            report.changed(&place, path, "a listener has one length, which is the greatest of all");
        } else if within(octets) == octets {
            report.taken(&place, path);
        } else {
            let how = format!("it was {octets}, and is {} here", Octets(greatest));
            report.changed(&place, path, how);
        }
    }
    listener.message_octets_max = Octets(greatest);
}

/// A listener has one list for all its services: who may use one of them may use them all.
fn take_origins(options: &mut Item, path: &Path, listener: &mut Listener, report: &mut Report) {
    if !options.has("allowed_origins") && !options.has("allow_null_origin") {
        return;
    }
    let (path, place) = (path.name("origins"), options.place("allowed_origins"));
    let names_any = options.has("allowed_origins");
    options.taken(&["allowed_origins", "allow_null_origin"], &path, report);
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

fn take_pings(options: &mut Item, path: &Path, listener: &mut Listener, report: &mut Report) {
    let path = path.name("ping_interval");
    let place = options.place("auto_ping_interval");
    if let Some(milliseconds) = options.number("auto_ping_interval", report) {
        let interval = Patience::from_secs(milliseconds.div_ceil(1000));
        listener.ping_interval = interval.unwrap_or(Patience(None));
        if listener.ping_interval.0.is_some_and(|it| it != Duration::from_millis(milliseconds)) {
            let how = format!("it was {milliseconds} ms, and is whole seconds here");
            report.changed(place, &path, how);
        } else {
            report.taken(place, &path);
        }
    }
    let place = options.place("auto_ping_timeout");
    if options.number("auto_ping_timeout", report).is_some() {
        let how = "a ping is waited for as long as ping_interval";
        report.changed(place, &path, how);
    }
}
