//! The broker: takes publications and gives them to the subscribers of their topic.
//!
//! An event is encoded once for each wire among its subscribers, framing included; every outbox
//! gets the same octets.
//!
//! See "Publish and Subscribe" in the specification's Basic Profile.

pub(crate) mod subscription;

use std::mem;
use std::sync::Arc;

use crosspoint_proto::id::PublicationId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{Event, Publish};

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

impl Broker {
    /// Gives a publication to all subscribers of its topic, but not to its publisher unless it
    /// asked for that.
    pub(crate) fn dispatch(
        &self,
        publisher: &Arc<Member>,
        publish: &Publish<'_>,
        publication: PublicationId,
        turn: &mut Turn,
    ) {
        let Some(subscription) = self.subscriptions.resolve(&publish.topic) else { return };
        let mut frames = mem::take(&mut turn.buffers.frames);
        let subscribers = subscription.subscribers();
        for subscriber in subscribers.values() {
            if publish.options.exclude_me && Arc::ptr_eq(subscriber, publisher) {
                continue;
            }
            let frame = frame_for(
                &subscriber.wire,
                &mut frames,
                &subscription,
                publish,
                publication,
                &mut turn.buffers,
            );
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
}

/// The event as it goes over this wire: encoded when the first subscriber of the wire is met.
fn frame_for<'f>(
    wire: &Wire,
    frames: &'f mut Vec<(Wire, Frame)>,
    subscription: &Subscription,
    publish: &Publish<'_>,
    publication: PublicationId,
    buffers: &mut Buffers,
) -> &'f Frame {
    let found = frames.iter().position(|(of, _)| of == wire);
    let index = found.unwrap_or_else(|| {
        let frame = encode_event(wire, subscription, publish, publication, buffers);
        frames.push((*wire, frame));
        frames.len() - 1
    });
    &frames[index].1
}

fn encode_event(
    wire: &Wire,
    subscription: &Subscription,
    publish: &Publish<'_>,
    publication: PublicationId,
    buffers: &mut Buffers,
) -> Frame {
    let mut scratch = mem::take(&mut buffers.transcoded);
    let mut octets = buffers.spare();
    let fits = publish.payload.transcoded(wire.serializer, &mut scratch).is_ok_and(|payload| {
        let event = Message::Event(Event {
            subscription: subscription.id,
            publication,
            topic: None,
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
