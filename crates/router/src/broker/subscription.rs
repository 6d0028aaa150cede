//! Subscriptions, and the table in which publications find them.
//!
//! A subscription belongs to a topic and has any number of subscribers, who all know it by the
//! same ID. Its list of subscribers is locked for reading while an event is dispatched, so whoever
//! has been taken off it gets no event any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::id::{SessionId, SubscriptionId};
use dashmap::DashMap;
use indexmap::IndexMap;

use crate::member::Member;
use crate::sync::{RwLock, RwLockReadGuard};

/// The subscribers of one subscription; the order means nothing.
pub(crate) type Subscribers = IndexMap<SessionId, Arc<Member>, foldhash::quality::RandomState>;

/// A topic that somebody is subscribed to.
pub(crate) struct Subscription {
    pub(crate) id: SubscriptionId,
    pub(crate) topic: Arc<str>,
    subscribers: RwLock<Subscribers>,
}

impl Subscription {
    pub(crate) fn subscribers(&self) -> RwLockReadGuard<'_, Subscribers> {
        self.subscribers.read()
    }
}

/// The subscriptions of one realm, by topic. Reading takes the lock of one shard for the length of a
/// look; whoever changes it holds the realm's control lock, too.
#[derive(Default)]
pub(crate) struct Subscriptions {
    exact: DashMap<Arc<str>, Arc<Subscription>, foldhash::quality::RandomState>,
    last_id: AtomicU64,
}

impl Subscriptions {
    /// The subscription that a publication to this topic goes to.
    pub(crate) fn resolve(&self, topic: &str) -> Option<Arc<Subscription>> {
        self.exact.get(topic).map(|found| Arc::clone(&found))
    }

    /// The subscription of a topic, made if there is none: nobody is added to it yet.
    pub(crate) fn of_topic(&self, topic: &str) -> Arc<Subscription> {
        self.resolve(topic).unwrap_or_else(|| {
            let subscription = Arc::new(Subscription {
                id: SubscriptionId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1),
                topic: topic.into(),
                subscribers: RwLock::default(),
            });
            let topic = Arc::clone(&subscription.topic);
            self.exact.insert(topic, Arc::clone(&subscription));
            subscription
        })
    }

    /// From here on the subscriber gets the topic's events.
    pub(crate) fn add(subscription: &Subscription, subscriber: &Arc<Member>) {
        subscription.subscribers.write().insert(subscriber.session, Arc::clone(subscriber));
    }

    /// From here on it does not. A subscription without subscribers is forgotten.
    pub(crate) fn remove(&self, subscription: &Subscription, subscriber: &Member) {
        let mut subscribers = subscription.subscribers.write();
        subscribers.swap_remove(&subscriber.session);
        if subscribers.is_empty() {
            self.exact.remove(&subscription.topic);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.exact.len()
    }
}
