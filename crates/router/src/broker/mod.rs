//! The broker: takes publications and gives them to the subscribers of their topic.
//!
//! A publication goes to every subscription that its topic matches, so a session with several such
//! subscriptions gets an event for each. An event is encoded once for each wire among a
//! subscription's subscribers, framing included; every outbox gets the same octets.
//!
//! - [`subscriptions`]: the table of what sessions have subscribed to, and what changes it
//! - [`subscription`]: one of them
//! - [`publication`]: what is published, and who may receive it
//!
//! See "Publish and Subscribe" in the specification's Basic Profile, and the features of publish and
//! subscribe in its Advanced Profile.

pub(crate) mod publication;
pub(crate) mod subscription;
pub(crate) mod subscriptions;

use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::message::Message;

use crate::limits::SHARED_FRAME_OCTETS_MIN;
use crate::member::{Member, Undeliverable};
use crate::outbox::compact;
use crate::settings::{RealmSettings, SlowSubscribers};
use crate::turn::{Buffers, Frame, Turn};
use crate::wire::Wire;
pub(crate) use publication::Publication;
use subscription::Subscription;
use subscriptions::Subscriptions;

/// The broker of one realm.
pub(crate) struct Broker {
    pub(crate) subscriptions: Subscriptions,
    settings: Arc<RealmSettings>,
}

impl Broker {
    pub(crate) fn new(settings: Arc<RealmSettings>) -> Broker {
        Broker { subscriptions: Subscriptions::default(), settings }
    }

    /// Gives a publication to all subscribers of its topic.
    pub(crate) fn dispatch(&self, publication: &Publication<'_>, turn: &mut Turn) {
        self.subscriptions.for_each(publication.topic, |subscription| {
            self.dispatch_to(subscription, publication, turn);
        });
    }

    /// Would a publication to this topic reach anybody? Whoever has to make one up asks first.
    pub(crate) fn is_heard(&self, topic: &str) -> bool {
        self.subscriptions.any(topic)
    }

    /// One event for the subscribers of one subscription, whose list is locked meanwhile.
    fn dispatch_to(
        &self,
        subscription: &Subscription,
        publication: &Publication<'_>,
        turn: &mut Turn,
    ) {
        let mut frames = mem::take(&mut turn.buffers.frames);
        let subscribers = subscription.subscribers();
        let mut send = |subscriber: &Arc<Member>| {
            if publication.may_reach(subscriber) {
                let buffers = &mut turn.buffers;
                let frame =
                    frame_for(&subscriber.wire, &mut frames, subscription, publication, buffers);
                self.send_event(subscriber, frame, turn);
            }
        };
        match publication.eligible_sessions() {
            Some(sessions) if sessions.len() < subscribers.len() => {
                subscribers.sharing_among(publication.rkey, sessions).for_each(&mut send);
            }
            _ => subscribers.sharing(publication.rkey).for_each(&mut send),
        }
        drop(subscribers);
        for (_wire, frame) in frames.drain(..) {
            if let Frame::Copied(buffer) = frame {
                turn.buffers.give_back(buffer);
            }
        }
        turn.buffers.frames = frames;
    }

    /// Puts an event into a subscriber's outbox. If there is no room for it, the subscriber does not
    /// get it, or loses its session: as the realm is set.
    fn send_event(&self, subscriber: &Arc<Member>, frame: &Frame, turn: &mut Turn) {
        let Err(undeliverable) = subscriber.send_event(frame, turn) else { return };
        let slow = undeliverable == Undeliverable::Full;
        if slow && self.settings.slow_subscribers == SlowSubscribers::Close {
            subscriber.counters.slow_subscribers_closed.add(1);
            subscriber.say_goodbye(error_uri::TOO_SLOW, TOO_SLOW, turn);
        }
    }
}

const TOO_SLOW: &str = "events came faster than they were read, and no more of them can wait";

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
    let fits = publication.payload.transcoded(wire.serializer, &mut scratch).is_ok_and(|payload| {
        let event = Message::Event(publication.event(subscription, payload));
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
