//! A page of the event history, as its reader gets it: arguments are not read for that, but spliced, so that a
//! page costs what it costs to copy it.

use std::sync::Arc;

use crosspoint_proto::limits::NESTING_DEPTH_MAX;
use crosspoint_proto::message::pubsub::EventDetails;
use crosspoint_proto::payload::Arity;
use crosspoint_proto::serializer::{CborWriter, JsonWriter, MsgPackWriter, Serializer, Writer};
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::Dict;

use super::Reply;
use crate::broker::kept::Kept;
use crate::broker::subscription::Subscription;
use crate::member::Member;

/// The most that an event of a page may have: the caller takes no message that is longer than twice this.
pub(super) fn octets_max(caller: &Member) -> usize {
    caller.wire.encoder.message_octets_max() / 2
}

/// The events that were found, in the caller's notation, and whether there are more.
pub(super) fn page(
    found: &[Arc<Kept>],
    more: bool,
    subscription: &Subscription,
    caller: &Member,
) -> Reply {
    let mut octets = Vec::new();
    let event = |kept: &Kept, out: &mut Vec<u8>| write_event(kept, subscription, caller, out);
    match caller.wire.serializer {
        Serializer::Json => write(&mut JsonWriter::new(&mut octets), found, more, event),
        Serializer::MsgPack => write(&mut MsgPackWriter::new(&mut octets), found, more, event),
        Serializer::Cbor => write(&mut CborWriter::new(&mut octets), found, more, event),
    }
    Reply::Octets { arity: if more { Arity::ArgsKwargs } else { Arity::Args }, octets }
}

fn write<W: Writer>(
    w: &mut W,
    found: &[Arc<Kept>],
    more: bool,
    write_event: impl Fn(&Kept, &mut Vec<u8>),
) {
    let mut event = Vec::new();
    w.list(found.len());
    for kept in found {
        event.clear();
        write_event(kept, &mut event);
        w.splice(&event);
    }
    w.end_list();
    if more {
        w.dict(1);
        w.key("more");
        w.bool(true);
        w.end_dict();
    }
}

/// Writes an event, as the specification has it in the history. What nests too deep to stand inside of a
/// result, is too long for one, or cannot be said in the caller's notation, is left out, as the specification
/// allows: whoever pages through the history must be able to go on.
fn write_event(kept: &Kept, subscription: &Subscription, caller: &Member, out: &mut Vec<u8>) {
    let (serializer, payload) = (caller.wire.serializer, kept.payload());
    let mut scratch = Vec::new();
    let fits = payload.octets.len() <= octets_max(caller);
    let payload = fits.then(|| payload.transcoded(serializer, &mut scratch).ok()).flatten();
    let elements = payload.and_then(|payload| payload.elements().ok());
    write_description(kept, subscription, elements, serializer, out);
    // Each level takes an octet at least.
    let may_be_deep = payload.is_some_and(|payload| payload.octets.len() >= NESTING_DEPTH_MAX - 4);
    if may_be_deep && !stands_inside(out, serializer) {
        out.clear();
        write_description(kept, subscription, None, serializer, out);
    }
}

fn write_description(
    kept: &Kept,
    subscription: &Subscription,
    elements: Option<[Option<&[u8]>; 2]>,
    serializer: Serializer,
    out: &mut Vec<u8>,
) {
    match serializer {
        Serializer::Json => describe(&mut JsonWriter::new(out), kept, subscription, elements),
        Serializer::MsgPack => describe(&mut MsgPackWriter::new(out), kept, subscription, elements),
        Serializer::Cbor => describe(&mut CborWriter::new(out), kept, subscription, elements),
    }
}

fn describe<W: Writer>(
    w: &mut W,
    kept: &Kept,
    subscription: &Subscription,
    elements: Option<[Option<&[u8]>; 2]>,
) {
    w.dict(if elements.is_some() { 6 } else { 4 });
    w.key("timestamp");
    w.str(&kept.time.to_iso_8601());
    w.key("subscription");
    w.uint(subscription.id.0);
    w.key("publication");
    w.uint(kept.id.0);
    w.key("details");
    let written = details(kept, subscription).write(w);
    debug_assert!(written.is_ok(), "every serializer has words for them");
    if let Some([args, kwargs]) = elements {
        w.key("args");
        if let Some(args) = args {
            w.splice(args);
        } else {
            w.list(0);
            w.end_list();
        }
        w.key("kwargs");
        if let Some(kwargs) = kwargs {
            w.splice(kwargs);
        } else {
            w.dict(0);
            w.end_dict();
        }
    }
    w.end_dict();
}

/// Does a value nest no deeper than a reader takes it inside of a message and the list of its arguments?
fn stands_inside(value: &[u8], serializer: Serializer) -> bool {
    let mut message = Vec::new();
    match serializer {
        Serializer::Json => enclose(&mut JsonWriter::new(&mut message), value),
        Serializer::MsgPack => enclose(&mut MsgPackWriter::new(&mut message), value),
        Serializer::Cbor => enclose(&mut CborWriter::new(&mut message), value),
    }
    serializer.check(&message).is_ok()
}

fn enclose<W: Writer>(w: &mut W, value: &[u8]) {
    w.list(1);
    w.list(1);
    w.splice(value);
    w.end_list();
    w.end_list();
}

/// `Details`, as a subscriber would have got them.
fn details(kept: &Kept, subscription: &Subscription) -> Dict {
    let is_pattern = subscription.policy != MatchPolicy::Exact;
    let topic = is_pattern.then(|| (&*kept.topic).into());
    EventDetails { topic, ..kept.details().clone() }.to_dict()
}
