//! The IDs of all that there is of something: there may be many, so others get at the control lock in
//! between. What comes or goes meanwhile is in the list, or is not.

use std::collections::BTreeSet;
use std::mem;
use std::ops::Bound;
use std::sync::Arc;

use crosspoint_proto::id::{RegistrationId, SessionId, SubscriptionId};
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::{Dict, Value};

use super::{Reply, Search};
use crate::broker::subscription::Subscription;
use crate::control::Control;
use crate::limits::LOOKED_AT_AT_ONCE;
use crate::member::Member;
use crate::realm::Realm;
use crate::turn::Turn;

/// Lists of IDs, one for each match policy.
pub(super) struct ListsByPolicy {
    /// Finds the next ones, behind one of them.
    next: fn(&Control, u64) -> Vec<(MatchPolicy, u64)>,
    last: u64,
    lists: [(MatchPolicy, Vec<Value>); 3],
}

impl ListsByPolicy {
    pub(super) fn of_registrations() -> Box<dyn Search> {
        Self::of(|control, last| {
            let behind = (Bound::Excluded(RegistrationId(last)), Bound::Unbounded);
            let next = control.registrations.range(behind).take(LOOKED_AT_AT_ONCE);
            next.map(|(id, registration)| (registration.matching, id.0)).collect()
        })
    }

    pub(super) fn of_subscriptions() -> Box<dyn Search> {
        Self::of(|control, last| {
            let behind = (Bound::Excluded(SubscriptionId(last)), Bound::Unbounded);
            let next = control.subscriptions.range(behind).take(LOOKED_AT_AT_ONCE);
            next.map(|(id, subscription)| (subscription.policy, id.0)).collect()
        })
    }

    fn of(next: fn(&Control, u64) -> Vec<(MatchPolicy, u64)>) -> Box<dyn Search> {
        let lists = MatchPolicy::ALL.map(|policy| (policy, Vec::new()));
        Box::new(ListsByPolicy { next, last: 0, lists })
    }
}

impl Search for ListsByPolicy {
    fn look(&mut self, realm: &Realm, _caller: &Arc<Member>, turn: &mut Turn) -> Option<Reply> {
        let found = (self.next)(&realm.control.lock(), self.last);
        turn.spend(found.len());
        let Some((_, last)) = found.last() else {
            let lists = self.lists.each_mut();
            let lists = lists.map(|(policy, ids)| (policy.name(), Value::from(mem::take(ids))));
            return Some(Value::Dict(Dict::from(lists)).into());
        };
        self.last = *last;
        for (policy, id) in found {
            if let Some((_, list)) = self.lists.iter_mut().find(|(of, _)| *of == policy) {
                list.push(id.into());
            }
        }
        None
    }
}

/// The subscribers of a subscription.
pub(super) struct Subscribers {
    subscription: Arc<Subscription>,
    /// Those at this place and behind it have been looked at. Their order means nothing, and changes when one
    /// leaves, but so that nobody is moved from before it to behind it.
    until: usize,
    found: BTreeSet<SessionId>,
}

impl Subscribers {
    pub(super) fn of(subscription: Arc<Subscription>) -> Box<dyn Search> {
        Box::new(Subscribers { subscription, until: usize::MAX, found: BTreeSet::new() })
    }
}

impl Search for Subscribers {
    fn look(&mut self, _realm: &Realm, _caller: &Arc<Member>, turn: &mut Turn) -> Option<Reply> {
        let subscribers = self.subscription.subscribers();
        let until = self.until.min(subscribers.len());
        self.until = until.saturating_sub(LOOKED_AT_AT_ONCE);
        self.found.extend(subscribers.sessions(self.until..until));
        turn.spend(until - self.until);
        drop(subscribers);
        let found = || self.found.iter().map(|session| Value::from(session.0));
        (self.until == 0).then(|| Value::from(found().collect::<Vec<_>>()).into())
    }
}

/// The sessions that have not been ended, or those of them in certain roles.
pub(super) struct Sessions {
    roles: Option<Vec<String>>,
    last: SessionId,
    found: Vec<Value>,
    /// What is made of them.
    reply: fn(Vec<Value>) -> Reply,
}

impl Sessions {
    pub(super) fn new(roles: Option<Vec<String>>, reply: fn(Vec<Value>) -> Reply) -> Sessions {
        Sessions { roles, last: SessionId(0), found: Vec::new(), reply }
    }

    fn is_asked_for(roles: Option<&[String]>, member: &Member) -> bool {
        let has = |role: &String| *role == member.identity().authrole;
        !member.has_ended() && roles.is_none_or(|roles| roles.iter().any(has))
    }
}

impl Search for Sessions {
    fn look(&mut self, realm: &Realm, _caller: &Arc<Member>, turn: &mut Turn) -> Option<Reply> {
        let control = realm.control.lock();
        let behind = (Bound::Excluded(self.last), Bound::Unbounded);
        let mut last = None;
        for (session, place) in control.places.range(behind).take(LOOKED_AT_AT_ONCE) {
            turn.spend(1);
            last = Some(*session);
            if Self::is_asked_for(self.roles.as_deref(), &place.member) {
                self.found.push(session.0.into());
            }
        }
        drop(control);
        let Some(last) = last else { return Some((self.reply)(mem::take(&mut self.found))) };
        self.last = last;
        None
    }
}
