//! The subscriber: subscriptions, and where their events go.
//!
//! A router has one subscription for a topic (or pattern) and a session, however often the session
//! subscribes. Here it may have several receivers, and ends with the last.
//!
//! See "Subscribing and Unsubscribing" in the specification's Basic Profile, and "Pattern-based
//! Subscription", "Event Retention" and "Subscription Revocation" in its Advanced Profile.

use std::collections::HashMap;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RequestId, SubscriptionId};
use crosspoint_proto::message::pubsub::{
    self, EventDetails, Subscribe, Subscribed, SubscriptionRevocation, Unsubscribe, Unsubscribed,
};
use crosspoint_proto::message::{self, Message, RequestKind};
use crosspoint_proto::uri::MatchPolicy;

use super::conversation::wamp_error;
use super::outbox::Outbox;
use crate::arguments::Event;
use crate::events::Lagged;
use crate::options::SubscribeOptions;
use crate::request::{Receiver, Reply, Revoked};

#[derive(Default)]
pub(super) struct Subscriber {
    subscribing: HashMap<RequestId, Subscribing>,
    unsubscribing: HashMap<RequestId, Reply<()>>,
    subscriptions: HashMap<SubscriptionId, Subscription>,
}

struct Subscribing {
    topic: Topic,
    receiver: Receiver,
    reply: Reply<SubscriptionId>,
}

struct Subscription {
    topic: Topic,
    receivers: Vec<Receiver>,
}

/// What is subscribed to: the same URI as a pattern is something else. Other options make no other
/// subscription.
#[derive(PartialEq)]
struct Topic {
    uri: String,
    matching: MatchPolicy,
}

impl Subscriber {
    pub(super) fn subscribe(
        &mut self,
        options: &SubscribeOptions,
        uri: String,
        receiver: Receiver,
        reply: Reply<SubscriptionId>,
        outbox: &mut Outbox,
    ) {
        let sent = outbox.request(|request| {
            let (options, topic) = (options.to_message(), uri.as_str().into());
            Message::Subscribe(Subscribe { request, options, topic })
        });
        match sent {
            Ok(request) => {
                let topic = Topic { uri, matching: options.matching };
                self.subscribing.insert(request, Subscribing { topic, receiver, reply });
            }
            Err(too_long) => drop(reply.send(Err(too_long.into()))),
        }
    }

    pub(super) fn on_subscribed(&mut self, subscribed: Subscribed, outbox: &mut Outbox) {
        let Some(subscribing) = self.subscribing.remove(&subscribed.request) else { return };
        let Subscribing { topic, receiver, reply } = subscribing;
        let id = subscribed.subscription;
        let subscription = self.subscriptions.entry(id);
        let receivers = &mut subscription
            .or_insert_with(|| Subscription { topic, receivers: Vec::new() })
            .receivers;
        receivers.push(receiver);
        if reply.send(Ok(id)).is_err() {
            self.release(id, outbox);
        }
    }

    /// Forgets the receivers that nobody listens to any more, and the subscription with the last.
    pub(super) fn release(&mut self, id: SubscriptionId, outbox: &mut Outbox) {
        // Nobody waits for the answer.
        let _ = self.request_unsubscribe(id, outbox);
    }

    pub(super) fn unsubscribe(
        &mut self,
        id: SubscriptionId,
        reply: Reply<()>,
        outbox: &mut Outbox,
    ) {
        match self.request_unsubscribe(id, outbox) {
            Some(request) => drop(self.unsubscribing.insert(request, reply)),
            // Others still listen, so there is nothing to wait for.
            None => drop(reply.send(Ok(()))),
        }
    }

    /// Sends UNSUBSCRIBE if nobody is left.
    fn request_unsubscribe(
        &mut self,
        id: SubscriptionId,
        outbox: &mut Outbox,
    ) -> Option<RequestId> {
        let subscription = self.subscriptions.get_mut(&id)?;
        subscription.receivers.retain(|receiver| !receiver.events.is_abandoned());
        // A SUBSCRIBE under way to the same topic will join this subscription.
        let joining = |subscribing: &Subscribing| subscribing.topic == subscription.topic;
        if !subscription.receivers.is_empty() || self.subscribing.values().any(joining) {
            return None;
        }
        self.subscriptions.remove(&id);
        let subscription = id;
        // No router finds an UNSUBSCRIBE too long.
        let message = |request| Message::Unsubscribe(Unsubscribe { request, subscription });
        outbox.request(message).ok()
    }

    pub(super) fn on_unsubscribed(&mut self, unsubscribed: Unsubscribed<'_>) {
        if let Some(revocation) = unsubscribed.revocation {
            return self.on_revoked(revocation);
        }
        if let Some(reply) = self.unsubscribing.remove(&unsubscribed.request) {
            let _ = reply.send(Ok(()));
        }
    }

    /// The router has taken a subscription away. One that is not known has ended meanwhile.
    fn on_revoked(&mut self, revocation: SubscriptionRevocation<'_>) {
        let id = revocation.subscription;
        let Some(revoked) = id.and_then(|id| self.subscriptions.remove(&id)) else { return };
        let reason: Option<String> = revocation.reason.map(Into::into);
        for Receiver { events, revoked, .. } in revoked.receivers {
            // Whoever sees the end of the events finds out why.
            revoked.send_replace(Some(Revoked { reason: reason.clone() }));
            drop(events);
        }
    }

    pub(super) fn on_event(&mut self, event: &pubsub::Event<'_>) {
        // One that was on its way while the subscription ended is for nobody.
        let Some(subscription) = self.subscriptions.get(&event.subscription) else { return };
        let details = &event.details;
        let receivers = subscription.receivers_of(details);
        let Some((last, others)) = receivers.split_last() else { return };
        let event = match event.payload.values() {
            Ok(values) => {
                Ok(Event::new(event.publication, &subscription.topic.uri, details, values))
            }
            Err(_unreadable) => Err(Lagged(1)),
        };
        for receiver in others {
            receiver.events.push(event.clone());
        }
        last.events.push(event);
    }

    pub(super) fn on_error(&mut self, error: &message::Error<'_>, outbox: &mut Outbox) {
        if error.request_kind == RequestKind::Unsubscribe {
            if let Some(reply) = self.unsubscribing.remove(&error.request) {
                // One that the router has taken away meanwhile has ended, as was asked for.
                let ended = error.error == error_uri::NO_SUCH_SUBSCRIPTION;
                let _ = reply.send(if ended { Ok(()) } else { Err(wamp_error(error)) });
            }
            return;
        }
        let Some(refused) = self.subscribing.remove(&error.request) else { return };
        let _ = refused.reply.send(Err(wamp_error(error)));
        // A subscription that waited for this one to join it waits in vain.
        let same = |(_, subscription): &(_, &Subscription)| subscription.topic == refused.topic;
        if let Some((&id, _)) = self.subscriptions.iter().find(same) {
            self.release(id, outbox);
        }
    }
}

impl Subscription {
    /// Everybody; but what is retained follows the SUBSCRIBED of the one who has asked for it. Those
    /// who were there before have had it, or do not want it.
    fn receivers_of(&self, details: &EventDetails<'_>) -> &[Receiver] {
        if !details.retained {
            return &self.receivers;
        }
        let latest = self.receivers.iter().rposition(|receiver| receiver.wants_retained);
        latest.map_or(&[], |latest| &self.receivers[latest..=latest])
    }
}
