//! The subscriptions of a realm: the table in which publications find them, and everything that
//! changes it.
//!
//! Publications read the table at any time. Whoever changes it holds the realm's control lock, and
//! with it knows which session has which subscriptions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Role};
use crosspoint_proto::id::{RequestId, SessionId, SubscriptionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{
    Subscribe, Subscribed, SubscriptionRevocation, Unsubscribe, Unsubscribed,
};
use crosspoint_proto::uri::MatchPolicy;

use super::Broker;
use super::subscription::Subscription;
use crate::control::Control;
use crate::limits::{NKEY_OCTETS_MAX, WORK_OF_GIVING_UP};
use crate::matcher::{Matcher, TooManyShapes};
use crate::member::{Member, Undeliverable};
use crate::meta::changes::Change;
use crate::refusal::{Refusal, match_policy};
use crate::settings::RealmSettings;
use crate::time::Time;
use crate::turn::Turn;

/// The subscriptions that publications find.
#[derive(Default)]
pub(crate) struct Subscriptions {
    matcher: Matcher<Arc<Subscription>>,
    last_id: AtomicU64,
}

/// A SUBSCRIBE that makes sense.
pub(crate) struct Wanted<'s> {
    request: RequestId,
    topic: &'s str,
    policy: MatchPolicy,
    nkey: Option<&'s str>,
    get_retained: bool,
}

/// What a SUBSCRIBE has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joining {
    pub(crate) subscription: SubscriptionId,
    /// The session was not subscribed to it before, or not any more.
    pub(crate) is_new: bool,
    /// What is retained for it is outstanding.
    pub(crate) get_retained: bool,
}

impl Subscriptions {
    /// Each subscription that a publication to this topic goes to. No lock of the table is held
    /// meanwhile.
    pub(crate) fn for_each(&self, topic: &str, visit: impl FnMut(&Arc<Subscription>)) {
        self.matcher.for_each(topic, visit);
    }

    /// Would a publication to this topic go to anybody?
    pub(super) fn any(&self, topic: &str) -> bool {
        self.matcher.best(topic, |_| true).is_some()
    }

    /// The subscription to just this topic or pattern.
    pub(crate) fn get(&self, policy: MatchPolicy, topic: &str) -> Option<Arc<Subscription>> {
        self.matcher.get(policy, topic)
    }

    pub(crate) fn len(&self) -> usize {
        self.matcher.len()
    }

    /// The subscription of a pattern, made if there is none: nobody is added to it yet.
    fn of_pattern(
        &self,
        policy: MatchPolicy,
        pattern: &str,
        now: Time,
    ) -> Result<Arc<Subscription>, TooManyShapes> {
        if let Some(subscription) = self.get(policy, pattern) {
            return Ok(subscription);
        }
        self.create(policy, pattern, now, false)
    }

    fn create(
        &self,
        policy: MatchPolicy,
        pattern: &str,
        now: Time,
        has_history: bool,
    ) -> Result<Arc<Subscription>, TooManyShapes> {
        let id = SubscriptionId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let subscription = Arc::new(Subscription::new(id, (policy, pattern), now, has_history));
        let entry = Arc::clone(&subscription);
        self.matcher.insert(policy, Arc::clone(&subscription.pattern), entry)?;
        Ok(subscription)
    }
}

impl<'s> Wanted<'s> {
    /// Checks what a subscriber asks for against what its realm allows.
    pub(crate) fn new(
        subscribe: &'s Subscribe<'_>,
        realm: &RealmSettings,
    ) -> Result<Wanted<'s>, Refusal> {
        let Subscribe { request, options, topic } = subscribe;
        let policy = match_policy(options.matching.as_deref())?;
        let checked = realm.uri_rules.check_pattern(topic, policy);
        checked.map_err(|invalid| Refusal::invalid_uri("topic", invalid))?;
        let nkey = options.nkey.as_deref();
        if nkey.is_some_and(|nkey| nkey.len() > NKEY_OCTETS_MAX) {
            let text = format!("the nkey is longer than {NKEY_OCTETS_MAX} octets");
            return Err(Refusal { error: error_uri::LIMIT_EXCEEDED, text });
        }
        let get_retained = options.get_retained;
        Ok(Wanted { request: *request, topic, policy, nkey, get_retained })
    }
}

impl Broker {
    /// The topics of which a history is kept have subscriptions from the start: by their IDs it is
    /// asked for.
    pub(crate) fn subscribe_history(&self, control: &mut Control, now: Time) {
        for rule in self.history.rules() {
            // Two rules may be of the same topic, and then the second has it.
            if self.subscriptions.get(rule.policy(), rule.topic()).is_none() {
                let created = self.subscriptions.create(rule.policy(), rule.topic(), now, true);
                control.subscriptions.extend(created.into_iter().map(|s| (s.id, s)));
            }
        }
    }

    /// SUBSCRIBE: the subscriber joins a subscription, or makes one. What is retained for it may be outstanding
    /// from then on.
    pub(crate) fn subscribe(
        &self,
        control: &mut Control,
        subscriber: &Arc<Member>,
        wanted: &Wanted<'_>,
        turn: &mut Turn,
    ) -> Result<Joining, Refusal> {
        let Wanted { topic, policy, get_retained, .. } = *wanted;
        let subscription = self.subscriptions.of_pattern(policy, topic, turn.now())?;
        let id = subscription.id;
        if !get_retained {
            let is_new = join(control, &subscription, subscriber, wanted, turn);
            return Ok(Joining { subscription: id, is_new, get_retained });
        }
        let (is_new, until) = self.retained.while_still(policy, topic, || {
            let is_new = join(control, &subscription, subscriber, wanted, turn);
            (is_new, self.last_kept.load(Ordering::Relaxed))
        });
        if let Some(place) = control.places.get_mut(&subscriber.session) {
            place.outstanding.insert(id, until);
        }
        Ok(Joining { subscription: id, is_new, get_retained })
    }

    /// UNSUBSCRIBE: the subscriber leaves a subscription. False if it is not in it.
    pub(crate) fn unsubscribe(
        &self,
        control: &mut Control,
        subscriber: &Arc<Member>,
        unsubscribe: Unsubscribe,
        turn: &mut Turn,
    ) -> bool {
        let Unsubscribe { request, subscription } = unsubscribe;
        let Some(subscription) = control.subscriptions.get(&subscription).cloned() else {
            return false;
        };
        if self.detach(control, &subscription, subscriber.session).is_none() {
            return false;
        }
        let unsubscribed = Unsubscribed { request, revocation: None };
        subscriber.send(&Message::Unsubscribed(unsubscribed), turn);
        true
    }

    /// A subscriber loses a subscription, and is told if it wants to know. False if it is not in it.
    ///
    /// See "Subscription Revocation" in the specification's Advanced Profile.
    pub(crate) fn revoke(
        &self,
        control: &mut Control,
        subscription: &Arc<Subscription>,
        session: SessionId,
        reason: Option<&str>,
        turn: &mut Turn,
    ) -> bool {
        let Some(subscriber) = self.detach(control, subscription, session) else { return false };
        subscriber.with(turn, |state, turn| {
            if !state.roles.features(Role::Subscriber).has(Feature::SubscriptionRevocation) {
                return;
            }
            // Advice, as a revoked registration is: who has no room for it has lost the subscription
            // all the same, but not its session.
            let (message, shorter) =
                (revoked(subscription.id, reason), revoked(subscription.id, None));
            let pushed = subscriber.push(state, &message, &mut turn.buffers);
            if pushed == Err(Undeliverable::TooLong) {
                let _ = subscriber.push(state, &shorter, &mut turn.buffers);
            }
        });
        true
    }

    /// A session leaves: it gives up so much of what it has subscribed to. False if that was the last.
    pub(crate) fn give_up(
        &self,
        control: &mut Control,
        session: SessionId,
        most: usize,
        turn: &mut Turn,
    ) -> bool {
        for _ in 0..most {
            let Some(place) = control.places.get_mut(&session) else { return false };
            let Some(id) = place.subscriptions.pop_first() else { return false };
            let Some(subscription) = control.subscriptions.get(&id).cloned() else { continue };
            self.detach(control, &subscription, session);
            turn.spend(WORK_OF_GIVING_UP);
        }
        true
    }

    /// Takes a subscriber off a subscription, and the subscription off the table with its last.
    fn detach(
        &self,
        control: &mut Control,
        subscription: &Arc<Subscription>,
        session: SessionId,
    ) -> Option<Arc<Member>> {
        let subscriber = subscription.remove(session)?;
        if let Some(place) = control.places.get_mut(&session) {
            place.remove_subscription(subscription);
            place.outstanding.remove(&subscription.id);
        }
        control.changes.note_subscription(Change::Remove, session, subscription);
        if subscription.subscribers().is_empty() {
            if !subscription.has_history {
                self.subscriptions.matcher.remove(subscription.policy, &subscription.pattern);
                control.subscriptions.remove(&subscription.id);
            }
            control.changes.note_subscription(Change::Delete, session, subscription);
        }
        Some(subscriber)
    }
}

/// A session becomes a subscriber. False if it was one.
fn join(
    control: &mut Control,
    subscription: &Arc<Subscription>,
    subscriber: &Arc<Member>,
    wanted: &Wanted<'_>,
    turn: &mut Turn,
) -> bool {
    let granted = Subscribed { request: wanted.request, subscription: subscription.id };
    // SUBSCRIBED is in the outbox before the first event can find the subscriber.
    subscriber.send(&Message::Subscribed(granted), turn);
    let first = subscription.subscribers().is_empty();
    if !subscription.add(subscriber, wanted.nkey) {
        return false;
    }
    if let Some(place) = control.places.get_mut(&subscriber.session) {
        place.add_subscription(subscription);
    }
    if first {
        control.changes.note_subscription(Change::Create, subscriber.session, subscription);
    }
    control.changes.note_subscription(Change::Add, subscriber.session, subscription);
    control.subscriptions.insert(subscription.id, Arc::clone(subscription));
    true
}

/// UNSUBSCRIBED, without having been asked for.
fn revoked(subscription: SubscriptionId, reason: Option<&str>) -> Message<'_> {
    let (subscription, reason) = (Some(subscription), reason.map(Into::into));
    let revocation = Some(SubscriptionRevocation { subscription, reason });
    Message::Unsubscribed(Unsubscribed { request: RequestId(0), revocation })
}
