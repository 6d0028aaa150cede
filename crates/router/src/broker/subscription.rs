//! A subscription: a topic, or a pattern of topics, with the sessions that have subscribed to it.
//!
//! They all know it by the same ID. The list of subscribers is locked for reading while an event is
//! dispatched, so whoever has been taken off it gets no event any more.
//!
//! See "Subscribing and Unsubscribing" in the specification's Basic Profile, "Pattern-based
//! Subscription" and "Sharded Subscription" in its Advanced Profile.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crosspoint_proto::id::{SessionId, SubscriptionId};
use crosspoint_proto::uri::MatchPolicy;
use indexmap::IndexMap;

use crate::limits::NODES_OF_WORK;
use crate::member::Member;
use crate::shard::ShardKey;
use crate::sync::{RwLock, RwLockReadGuard};
use crate::time::Time;

/// What somebody is subscribed to.
pub(crate) struct Subscription {
    pub(crate) id: SubscriptionId,
    pub(crate) policy: MatchPolicy,
    /// A topic, if the policy is to match exactly.
    pub(crate) pattern: Arc<str>,
    pub(crate) created: Time,
    /// It is there as long as the router, with or without subscribers: a history is kept of it.
    pub(super) has_history: bool,
    subscribers: RwLock<Subscribers>,
}

/// The subscribers of one subscription; their order means nothing.
#[derive(Default)]
pub(crate) struct Subscribers {
    by_session: IndexMap<SessionId, Subscriber, foldhash::quality::RandomState>,
    /// The nodes that subscribers belong to.
    nodes: BTreeMap<Node, NodeState>,
}

struct NodeState {
    /// What its `nkey` comes to, computed once.
    hash: ShardKey,
    /// How many belong to it.
    subscribers: usize,
}

struct Subscriber {
    member: Arc<Member>,
    node: Option<Node>,
}

/// The `nkey` of subscribers that share publications with an `rkey`: all with the same key are one
/// node.
pub(crate) type Node = Arc<str>;

impl Subscription {
    pub(super) fn new(
        id: SubscriptionId,
        (policy, pattern): (MatchPolicy, &str),
        created: Time,
        has_history: bool,
    ) -> Subscription {
        let (pattern, subscribers) = (pattern.into(), RwLock::default());
        Subscription { id, policy, pattern, created, has_history, subscribers }
    }

    pub(crate) fn subscribers(&self) -> RwLockReadGuard<'_, Subscribers> {
        self.subscribers.read()
    }

    /// From here on the subscriber gets the subscription's events. False if it did before.
    pub(super) fn add(&self, subscriber: &Arc<Member>, node: Option<&str>) -> bool {
        self.subscribers.write().add(subscriber, node)
    }

    /// From here on it does not. Gives it, if it did before.
    pub(super) fn remove(&self, session: SessionId) -> Option<Arc<Member>> {
        self.subscribers.write().remove(session)
    }
}

impl Subscribers {
    pub(crate) fn len(&self) -> usize {
        self.by_session.len()
    }

    /// Those at some places.
    pub(crate) fn sessions(&self, places: Range<usize>) -> impl Iterator<Item = SessionId> {
        self.by_session.get_range(places).into_iter().flat_map(|some| some.keys().copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_session.is_empty()
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.by_session.contains_key(&session)
    }

    /// What it costs to find the node that has a key.
    pub(super) fn work_of_key(&self) -> usize {
        self.nodes.len() / NODES_OF_WORK
    }

    /// Does a subscriber get an event with this key, if it has one?
    pub(super) fn shares(&self, rkey: Option<ShardKey>, session: SessionId) -> bool {
        let subscriber = self.by_session.get(&session);
        let node = subscriber.and_then(|subscriber| subscriber.node.as_ref());
        // Whoever belongs to no node gets everything: no need to look for the node.
        node.is_none_or(|node| self.node_of(rkey).is_none_or(|chosen| chosen == node))
    }

    /// Everybody who gets an event with this key, if it has one: those that belong to no node, and
    /// those of the node that has the key.
    pub(super) fn sharing(&self, rkey: Option<ShardKey>) -> impl Iterator<Item = &Arc<Member>> {
        Self::of_node(self.node_of(rkey), self.by_session.values())
    }

    /// As [`Subscribers::sharing`], but only these sessions: as many look-ups as there are of them.
    pub(super) fn sharing_among(
        &self,
        rkey: Option<ShardKey>,
        sessions: &[SessionId],
    ) -> impl Iterator<Item = &Arc<Member>> {
        let found = sessions.iter().filter_map(|session| self.by_session.get(session));
        Self::of_node(self.node_of(rkey), found)
    }

    fn of_node<'s>(
        chosen: Option<&'s Node>,
        subscribers: impl Iterator<Item = &'s Subscriber>,
    ) -> impl Iterator<Item = &'s Arc<Member>> {
        let shares = move |subscriber: &&Subscriber| match (chosen, &subscriber.node) {
            (Some(chosen), Some(node)) => chosen == node,
            _ => true,
        };
        subscribers.filter(shares).map(|subscriber| &subscriber.member)
    }

    /// The node that has a key.
    fn node_of(&self, rkey: Option<ShardKey>) -> Option<&Node> {
        let rkey = rkey?;
        let nodes = self.nodes.iter();
        nodes.max_by_key(|(_, state)| rkey.weight_of_node(state.hash)).map(|(node, _)| node)
    }

    fn add(&mut self, member: &Arc<Member>, node: Option<&str>) -> bool {
        let node = node.map(|nkey| self.join_node(nkey));
        let subscriber = Subscriber { member: Arc::clone(member), node };
        match self.by_session.insert(member.session, subscriber) {
            Some(before) => self.leave_node(before.node),
            None => return true,
        }
        false
    }

    fn remove(&mut self, session: SessionId) -> Option<Arc<Member>> {
        let Subscriber { member, node } = self.by_session.swap_remove(&session)?;
        self.leave_node(node);
        Some(member)
    }

    fn join_node(&mut self, nkey: &str) -> Node {
        let found = self.nodes.get_key_value(nkey).map(|(node, _)| Arc::clone(node));
        let node = found.unwrap_or_else(|| nkey.into());
        let new = || NodeState { hash: ShardKey::new(nkey), subscribers: 0 };
        self.nodes.entry(Arc::clone(&node)).or_insert_with(new).subscribers += 1;
        node
    }

    fn leave_node(&mut self, node: Option<Node>) {
        let Some(node) = node else { return };
        if let Some(state) = self.nodes.get_mut(&node) {
            state.subscribers -= 1;
            if state.subscribers == 0 {
                self.nodes.remove(&node);
            }
        }
    }
}
