//! Subscriptions: who has subscribed to what, and how that changes.

use std::collections::BTreeMap;

use crosspoint_proto::message::RequestKind;
use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_router::time::Time;

use super::{Model, Name, Pattern};
use crate::simulation::inbox::{Inbox, Told};

/// A topic, or a pattern of topics, with its subscribers.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) matching: MatchPolicy,
    pub(crate) topic: String,
    pub(super) created: Time,
    /// Each with the node that it belongs to, if it belongs to one.
    pub(crate) subscribers: BTreeMap<Name, Option<&'static str>>,
    /// It is there with or without subscribers.
    has_history: bool,
}

impl Subscription {
    pub(super) fn matches(&self, topic: &str) -> bool {
        uri::matches(self.matching, &self.topic, topic)
    }
}

impl Model {
    /// Of each topic that a history is kept of there is a subscription from the start.
    pub(super) fn subscribe_history(&mut self) {
        for rule in self.settings.history.clone() {
            self.create_subscription((rule.policy(), rule.topic()), true);
        }
    }

    fn create_subscription(
        &mut self,
        (matching, topic): (MatchPolicy, &str),
        has_history: bool,
    ) -> u64 {
        self.subscriptions_made += 1;
        let (topic, created, subscribers) = (topic.to_owned(), self.now, BTreeMap::new());
        let subscription = Subscription { matching, topic, created, subscribers, has_history };
        self.subscriptions.insert(self.subscriptions_made, subscription);
        self.subscriptions_made
    }

    /// The subscriber gets SUBSCRIBED, what is told of that, and what is retained, if it asks for that.
    /// Who subscribes again gets nothing twice, but belongs to the node that it names now.
    pub(crate) fn subscribe(
        &mut self,
        (name, request): (Name, u64),
        pattern: Pattern,
        node: Option<&'static str>,
        get_retained: bool,
        inbox: &mut Inbox,
    ) {
        let found = self.subscribed(pattern.0, pattern.1);
        let id = found.unwrap_or_else(|| self.create_subscription(pattern, false));
        let subscribers = &mut self.subscriptions.get_mut(&id).unwrap().subscribers;
        let is_first = subscribers.is_empty();
        let is_new = subscribers.insert(name, node).is_none();
        inbox.expect_first(name, Told::Subscribed { request, subscription: id });
        if is_new && is_first {
            self.announce_subscription(name, id, inbox);
        }
        if is_new {
            self.announce_subscriber("wamp.subscription.on_subscribe", name, id, inbox);
        }
        if get_retained {
            self.give_retained(name, id, inbox);
        }
    }

    pub(crate) fn unsubscribe(
        &mut self,
        (name, request): (Name, u64),
        subscription: u64,
        inbox: &mut Inbox,
    ) {
        if !self.subscribed_by(name).contains(&subscription) {
            let (kind, error) = (RequestKind::Unsubscribe, "wamp.error.no_such_subscription");
            let error = error.to_owned();
            return inbox.expect(name, Told::Refused { kind, request, error });
        }
        inbox.expect_first(name, Told::Unsubscribed { request });
        self.end_subscription(subscription, name, inbox);
    }

    /// A subscriber loses its subscription, and is told if it knows what that means.
    pub(super) fn revoke_subscription(
        &mut self,
        subscription: u64,
        name: Name,
        reason: &str,
        inbox: &mut Inbox,
    ) {
        if self.knows(name).subscription_revocation {
            let reason = reason.to_owned();
            inbox.expect_if_room(name, Told::SubscriptionRevoked { subscription, reason });
        }
        self.end_subscription(subscription, name, inbox);
    }

    /// A subscriber has its part in a subscription no more.
    pub(super) fn end_subscription(&mut self, id: u64, name: Name, inbox: &mut Inbox) {
        let left = self.subscriptions.get_mut(&id).unwrap();
        left.subscribers.remove(&name);
        let (ended, stays) = (left.subscribers.is_empty(), left.has_history);
        if ended && !stays {
            self.subscriptions.remove(&id);
        }
        self.announce_subscriber("wamp.subscription.on_unsubscribe", name, id, inbox);
        if ended {
            self.announce_subscriber("wamp.subscription.on_delete", name, id, inbox);
        }
    }

    /// In the order of their IDs.
    pub(super) fn subscribed_by(&self, name: Name) -> Vec<u64> {
        let subscriptions = self.subscriptions.iter();
        let of = subscriptions.filter(|(_, found)| found.subscribers.contains_key(&name));
        of.map(|(id, _)| *id).collect()
    }

    /// The subscription of just this topic or pattern.
    pub(super) fn subscribed(&self, matching: MatchPolicy, topic: &str) -> Option<u64> {
        let mut subscriptions = self.subscriptions.iter();
        let found = subscriptions.find(|(_, s)| s.matching == matching && s.topic == topic);
        found.map(|(id, _)| *id)
    }
}
