//! Subscriptions, and the table in which publications find them.
//!
//! A subscription belongs to a topic, or to a pattern of topics, and has any number of subscribers,
//! who all know it by the same ID. Its list of subscribers is locked for reading while an event is
//! dispatched, so whoever has been taken off it gets no event any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::id::{SessionId, SubscriptionId};
use crosspoint_proto::uri::MatchPolicy;
use indexmap::IndexMap;

use crate::matcher::{Matcher, TooManyShapes};
use crate::member::Member;
use crate::sync::{RwLock, RwLockReadGuard};

/// The subscribers of one subscription; the order means nothing.
pub(crate) type Subscribers = IndexMap<SessionId, Arc<Member>, foldhash::quality::RandomState>;

/// What somebody is subscribed to.
pub(crate) struct Subscription {
    pub(crate) id: SubscriptionId,
    pub(crate) policy: MatchPolicy,
    /// A topic, if the policy is to match exactly.
    pub(crate) pattern: Arc<str>,
    subscribers: RwLock<Subscribers>,
}

impl Subscription {
    pub(crate) fn subscribers(&self) -> RwLockReadGuard<'_, Subscribers> {
        self.subscribers.read()
    }
}

/// The subscriptions of one realm, by pattern. Whoever changes it holds the realm's control lock.
#[derive(Default)]
pub(crate) struct Subscriptions {
    table: Matcher<Arc<Subscription>>,
    last_id: AtomicU64,
}

impl Subscriptions {
    /// Each subscription that a publication to this topic goes to. No lock of the table is held
    /// meanwhile.
    pub(crate) fn for_each(&self, topic: &str, visit: impl FnMut(&Arc<Subscription>)) {
        self.table.for_each(topic, visit);
    }

    /// Would a publication to this topic go to anybody?
    pub(crate) fn any(&self, topic: &str) -> bool {
        self.table.best(topic, |_| true).is_some()
    }

    /// The subscription of a pattern, made if there is none: nobody is added to it yet.
    pub(crate) fn of_pattern(
        &self,
        policy: MatchPolicy,
        pattern: &str,
    ) -> Result<Arc<Subscription>, TooManyShapes> {
        if let Some(subscription) = self.table.get(policy, pattern) {
            return Ok(subscription);
        }
        let pattern: Arc<str> = pattern.into();
        let subscription = Arc::new(Subscription {
            id: SubscriptionId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1),
            policy,
            pattern: Arc::clone(&pattern),
            subscribers: RwLock::default(),
        });
        self.table.insert(policy, pattern, Arc::clone(&subscription))?;
        Ok(subscription)
    }

    /// From here on the subscriber gets the subscription's events.
    pub(crate) fn add(subscription: &Subscription, subscriber: &Arc<Member>) {
        subscription.subscribers.write().insert(subscriber.session, Arc::clone(subscriber));
    }

    /// From here on it does not. A subscription without subscribers is forgotten.
    pub(crate) fn remove(&self, subscription: &Subscription, subscriber: &Member) {
        let mut subscribers = subscription.subscribers.write();
        subscribers.swap_remove(&subscriber.session);
        let forgotten = subscribers.is_empty();
        drop(subscribers);
        if forgotten {
            self.table.remove(subscription.policy, &subscription.pattern);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }
}
