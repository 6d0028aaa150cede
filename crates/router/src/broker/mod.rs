//! The broker: takes publications and gives them to the subscribers of their topic.
//!
//! A publication goes to every subscription that its topic matches, so a session with several such
//! subscriptions gets an event for each. An event is encoded once for each wire among a
//! subscription's subscribers, framing included; every outbox gets the same octets.
//!
//! See "Publish and Subscribe" in the specification's Basic Profile, and "Pattern-based Subscription"
//! in its Advanced Profile.

pub(crate) mod subscription;

use std::mem;
use std::sync::Arc;

use crosspoint_proto::id::PublicationId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{Event, EventDetails};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::uri::MatchPolicy;

use crate::limits::SHARED_FRAME_OCTETS_MIN;
use crate::member::Member;
use crate::outbox::compact;
use crate::turn::{Buffers, Frame, Turn};
use crate::wire::Wire;
use subscription::{Subscription, Subscriptions};

/// The broker of one realm.
#[derive(Default)]
pub(crate) struct Broker {
    pub(crate) subscriptions: Subscriptions,
}

/// What is published, by a session or by the router itself.
pub(crate) struct Publication<'p> {
    pub(crate) id: PublicationId,
    pub(crate) topic: &'p str,
    pub(crate) payload: Payload<'p>,
    /// Gets no event, even if it is subscribed: the publisher, unless it asked for its events.
    pub(crate) excluded: Option<&'p Arc<Member>>,
}

impl Broker {
    /// Gives a publication to all subscribers of its topic.
    pub(crate) fn dispatch(&self, publication: &Publication<'_>, turn: &mut Turn) {
        self.subscriptions.for_each(publication.topic, |subscription| {
            dispatch_to(subscription, publication, turn);
        });
    }

    /// Would a publication to this topic reach anybody? Whoever has to make one up asks first.
    pub(crate) fn has_subscribers(&self, topic: &str) -> bool {
        self.subscriptions.any(topic)
    }
}

/// One event for the subscribers of one subscription, whose list is locked meanwhile.
fn dispatch_to(subscription: &Subscription, publication: &Publication<'_>, turn: &mut Turn) {
    let mut frames = mem::take(&mut turn.buffers.frames);
    let subscribers = subscription.subscribers();
    for subscriber in subscribers.values() {
        if publication.excluded.is_some_and(|excluded| Arc::ptr_eq(subscriber, excluded)) {
            continue;
        }
        let wire = &subscriber.wire;
        let frame = frame_for(wire, &mut frames, subscription, publication, &mut turn.buffers);
        subscriber.send_event(frame, turn);
    }
    drop(subscribers);
    for (_wire, frame) in frames.drain(..) {
        if let Frame::Copied(buffer) = frame {
            turn.buffers.give_back(buffer);
        }
    }
    turn.buffers.frames = frames;
}

/// The event as it goes over this wire: encoded when the first subscriber of the wire is met.
fn frame_for<'f>(
    wire: &Wire,
    frames: &'f mut Vec<(Wire, Frame)>,
    subscription: &Subscription,
    publication: &Publication<'_>,
    buffers: &mut Buffers,
) -> &'f Frame {
    let found = frames.iter().position(|(of, _)| of == wire);
    let index = found.unwrap_or_else(|| {
        let frame = encode_event(wire, subscription, publication, buffers);
        frames.push((*wire, frame));
        frames.len() - 1
    });
    &frames[index].1
}

fn encode_event(
    wire: &Wire,
    subscription: &Subscription,
    publication: &Publication<'_>,
    buffers: &mut Buffers,
) -> Frame {
    let mut scratch = mem::take(&mut buffers.transcoded);
    let mut octets = buffers.spare();
    // A topic that is the subscription's own need not be said.
    let is_pattern = subscription.policy != MatchPolicy::Exact;
    let fits = publication.payload.transcoded(wire.serializer, &mut scratch).is_ok_and(|payload| {
        let event = Message::Event(Event {
            subscription: subscription.id,
            publication: publication.id,
            details: EventDetails {
                topic: is_pattern.then(|| publication.topic.into()),
                ..EventDetails::default()
            },
            payload,
        });
        let parts = buffers.encode(&event, wire);
        wire.encoder.write_message(&parts, &mut octets).is_ok()
    });
    buffers.transcoded = scratch;
    match octets.len() {
        _ if !fits => Frame::Impossible,
        SHARED_FRAME_OCTETS_MIN.. => Frame::Shared(compact(octets, 0)),
        _ => Frame::Copied(octets),
    }
}
