//! The model: what the router has promised so far, in the simplest words that say it. It knows
//! nothing of outboxes, locks or records; it is told what clients send, and asked about what they
//! get.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crosspoint_proto::uri::{self, MatchPolicy};

/// A client's number.
pub(crate) type Name = usize;

/// A call: who called, and under which request.
pub(crate) type CallKey = (Name, u64);

/// What can be subscribed to.
pub(crate) type Pattern = (MatchPolicy, &'static str);

/// An event: the subscription's pattern, the publisher, and the number of the publication.
pub(crate) type EventKey = (Pattern, Name, u64);

/// What the caller of a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Its callee.
    Callee(Name),
    /// The result, which the callee has given.
    Result,
    /// An error, given by the callee or by the router.
    Error(&'static str),
}

/// All that is promised.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) joined: BTreeSet<Name>,
    /// Procedure to callee.
    pub(crate) procedures: BTreeMap<&'static str, Name>,
    /// Pattern to subscribers.
    pub(crate) subscriptions: BTreeMap<Pattern, BTreeSet<Name>>,
    /// Calls that have no answer yet.
    pub(crate) calls: BTreeMap<CallKey, Expected>,
    /// Events that each client is to get, in this order.
    pub(crate) events: BTreeMap<Name, VecDeque<EventKey>>,
}

impl Model {
    pub(crate) fn join(&mut self, name: Name) {
        self.joined.insert(name);
    }

    /// Everything that the client held is gone, and the calls that others made to it fail.
    pub(crate) fn leave(&mut self, name: Name) {
        if !self.joined.remove(&name) {
            return;
        }
        self.procedures.retain(|_, callee| *callee != name);
        for subscribers in self.subscriptions.values_mut() {
            subscribers.remove(&name);
        }
        self.subscriptions.retain(|_, subscribers| !subscribers.is_empty());
        self.events.remove(&name);
        self.calls.retain(|(caller, _), _| *caller != name);
        for expected in self.calls.values_mut() {
            if *expected == Expected::Callee(name) {
                *expected = Expected::Error("wamp.error.canceled");
            }
        }
    }

    /// Is the procedure the client's from here on?
    pub(crate) fn register(&mut self, name: Name, procedure: &'static str) -> bool {
        if self.procedures.contains_key(procedure) {
            return false;
        }
        self.procedures.insert(procedure, name);
        true
    }

    pub(crate) fn subscribe(&mut self, name: Name, pattern: Pattern) {
        self.subscriptions.entry(pattern).or_default().insert(name);
    }

    /// Was the client subscribed?
    pub(crate) fn unsubscribe(&mut self, name: Name, pattern: Pattern) -> bool {
        let Some(subscribers) = self.subscriptions.get_mut(&pattern) else { return false };
        let subscribed = subscribers.remove(&name);
        if subscribers.is_empty() {
            self.subscriptions.remove(&pattern);
        }
        subscribed
    }

    pub(crate) fn call(&mut self, key: CallKey, procedure: &'static str) {
        let expected = match self.procedures.get(procedure) {
            Some(callee) => Expected::Callee(*callee),
            None => Expected::Error("wamp.error.no_such_procedure"),
        };
        self.calls.insert(key, expected);
    }

    /// The caller does not wait for its callee any more.
    pub(crate) fn cancel(&mut self, key: CallKey) {
        self.decide(key, Expected::Error("wamp.error.canceled"));
    }

    /// The callee answers; that counts if it is still waited for.
    pub(crate) fn answer(&mut self, key: CallKey, failed: bool) {
        let error = Expected::Error("com.error.failed");
        self.decide(key, if failed { error } else { Expected::Result });
    }

    fn decide(&mut self, key: CallKey, outcome: Expected) {
        if let Some(expected @ Expected::Callee(_)) = self.calls.get_mut(&key) {
            *expected = outcome;
        }
    }

    /// Each subscription gets its event, in the order in which policies are tried.
    pub(crate) fn publish(&mut self, publisher: Name, number: u64, topic: &'static str) {
        let matching = self
            .subscriptions
            .iter()
            .filter(|((policy, pattern), _)| uri::matches(*policy, pattern, topic));
        for (pattern, subscribers) in matching {
            for subscriber in subscribers.iter().filter(|subscriber| **subscriber != publisher) {
                let event = (*pattern, publisher, number);
                self.events.entry(*subscriber).or_default().push_back(event);
            }
        }
    }
}
