//! What is kept of publications: for the history, or retained for later subscribers, or both. And
//! what of that outlives the router.
//!
//! Nothing is ever taken away here: what has become too much or too old is passed over.

use std::collections::BTreeSet;

use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_router::router::HistoryRule;
use crosspoint_router::time::Time;

use super::publications::{Publication, Receivers};
use super::subscriptions::Subscription;
use super::{Model, Name, precedence};
use crate::simulation::inbox::Inbox;

/// So many events of one topic are retained for some receivers only.
const RETAINED_FOR_SOME_MAX: usize = 16;

/// A publication that is kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) publication: Publication,
    /// It is in the history.
    in_history: bool,
    retained: bool,
    /// Which change to the store writes it down, for the history and as a retained event.
    history_change: Option<usize>,
    retained_change: Option<usize>,
    /// Which change takes what was retained before it out of the store, if it is not written down itself.
    sweep: Option<usize>,
}

/// A call of `get_events`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Query {
    pub(crate) subscription: u64,
    pub(crate) limit: Option<usize>,
    pub(crate) reverse: bool,
    pub(crate) topic: Option<&'static str>,
    pub(crate) from_time: Option<Time>,
    pub(crate) after_time: Option<Time>,
    pub(crate) before_time: Option<Time>,
    pub(crate) until_time: Option<Time>,
    /// By their IDs.
    pub(crate) from_publication: Option<u64>,
    pub(crate) after_publication: Option<u64>,
    pub(crate) before_publication: Option<u64>,
    pub(crate) until_publication: Option<u64>,
}

impl Model {
    /// Keeps a publication, if it is to be. Does the store write it down?
    pub(super) fn keep(&mut self, publication: &Publication, retain: bool) -> bool {
        let Publication { topic, receivers, .. } = publication;
        let rule = self.rule_for(topic, receivers).map(|rule| rule.persistent);
        let retained = retain && self.can_retain(topic);
        let persistent = self.settings.retention.persistent;
        let written = retained && persistent && !receivers.name_sessions();
        let sweeps = retained && persistent && !written && !self.retained_of(topic).is_empty();
        let takes_away = sweeps || (retained && persistent && self.replaces(publication));
        // For the history it is written first.
        let in_store = rule == Some(true);
        let change = (in_store || written || takes_away).then(|| self.next_change());
        let (history_change, retained_change) =
            (change.filter(|_| in_store), change.filter(|_| written));
        if rule.is_some() || retained {
            let (publication, in_history) = (publication.clone(), rule.is_some());
            let sweep = change.filter(|_| sweeps);
            self.kept.push(Kept {
                publication,
                in_history,
                retained,
                history_change,
                retained_change,
                sweep,
            });
        }
        history_change.or(retained_change).is_some()
    }

    fn next_change(&mut self) -> usize {
        self.submitted += 1;
        self.submitted
    }

    /// Does another retained event have to make room for it?
    fn replaces(&self, publication: &Publication) -> bool {
        let Publication { topic, receivers, rkey, .. } = publication;
        let is_same = |old: &Publication| (&old.receivers, old.rkey) == (receivers, *rkey);
        let mut retained = self.retained_of(topic).into_iter();
        retained.any(|old| !publication.is_restricted() || is_same(&old))
    }

    /// Of what is kept only this is left when the store has made so many changes and the router starts
    /// again.
    pub(super) fn forget_unwritten(&mut self, written: usize) {
        for place in (0..self.kept.len()).rev() {
            if self.kept[place].sweep.is_some_and(|change| change <= written) {
                let (before, swept_by) = self.kept.split_at_mut(place);
                let topic = swept_by[0].publication.topic;
                for kept in before.iter_mut().filter(|kept| kept.publication.topic == topic) {
                    kept.retained = false;
                }
            }
        }
        for kept in &mut self.kept {
            let is_written = |change: &mut Option<usize>| {
                *change = change.filter(|change| *change <= written);
                change.is_some()
            };
            kept.in_history &= is_written(&mut kept.history_change);
            kept.retained &= is_written(&mut kept.retained_change);
        }
        self.kept.retain(|kept| kept.in_history || kept.retained);
    }

    /// The rule that has a publication kept. What is meant for single sessions is not.
    pub(super) fn rule_for(&self, topic: &str, receivers: &Receivers) -> Option<&HistoryRule> {
        if receivers.name_sessions() { None } else { self.rule_of(topic) }
    }

    pub(super) fn rule_of(&self, topic: &str) -> Option<&HistoryRule> {
        let rules = self.settings.history.iter();
        let matching = rules.filter(|rule| uri::matches(rule.policy(), rule.topic(), topic));
        matching.max_by_key(|rule| precedence(rule.policy(), rule.topic()))
    }

    /// One more topic may be too much.
    fn can_retain(&self, topic: &str) -> bool {
        let retained = self.kept.iter().filter(|kept| kept.retained);
        let topics: BTreeSet<_> = retained.map(|kept| kept.publication.topic).collect();
        topics.contains(topic) || topics.len() < self.settings.retention.topics_max
    }

    /// A new subscriber gets what is retained: of each topic the newest that was meant for it, in the
    /// order in which they were published.
    pub(super) fn give_retained(&mut self, name: Name, subscription: u64, inbox: &mut Inbox) {
        let retained = self.kept.iter().filter(|kept| kept.retained);
        let topics: BTreeSet<_> = retained.map(|kept| kept.publication.topic).collect();
        let matching = |topic: &&'static str| self.subscriptions[&subscription].matches(topic);
        let topics: Vec<_> = topics.into_iter().filter(matching).collect();
        let mut given: Vec<_> = topics
            .into_iter()
            .filter_map(|topic| self.retained_for(name, topic, subscription, inbox))
            .collect();
        given.sort_by_key(|publication| publication.number);
        for publication in given {
            let event = self.event(&publication, subscription, true);
            self.expect_events(publication.number, name, vec![event], inbox);
        }
    }

    fn retained_for(
        &mut self,
        name: Name,
        topic: &str,
        subscription: u64,
        inbox: &Inbox,
    ) -> Option<Publication> {
        let entries = self.retained_of(topic);
        entries.into_iter().find(|entry| {
            self.may_reach(entry, name) && self.shares(entry, name, subscription, inbox)
        })
    }

    /// The newest first. One for everybody replaces all before it, any other one those that are for the
    /// same receivers.
    fn retained_of(&self, topic: &str) -> Vec<Publication> {
        let (mut found, mut for_some) = (Vec::<Publication>::new(), 0);
        let of = |kept: &&Kept| kept.retained && kept.publication.topic == topic;
        for Kept { publication, .. } in self.kept.iter().rev().filter(of) {
            let receivers = |of: &Publication| (of.receivers.clone(), of.rkey);
            let is_replaced = found.iter().any(|newer| receivers(newer) == receivers(publication));
            if !publication.is_restricted() {
                found.push(publication.clone());
                return found;
            }
            if !is_replaced && for_some < RETAINED_FOR_SOME_MAX {
                for_some += 1;
                found.push(publication.clone());
            }
        }
        found
    }

    /// Is a retained event, if it has a key, the subscriber's? Where that is not known yet the inbox
    /// says it.
    fn shares(
        &mut self,
        publication: &Publication,
        name: Name,
        subscription: u64,
        inbox: &Inbox,
    ) -> bool {
        let subscribers = &self.subscriptions[&subscription].subscribers;
        let (Some(rkey), Some(node)) = (publication.rkey, subscribers[&name]) else { return true };
        let nodes: BTreeSet<_> = subscribers.values().flatten().copied().collect();
        let event = self.event(publication, subscription, true);
        if self.may_have(rkey, node, &nodes) && inbox.has_event(name, &event) {
            self.note_preferred(rkey, node, &nodes);
            return true;
        }
        let excused = !inbox.has_room(name) || inbox.is_deaf(name);
        let others = nodes.iter().filter(|other| **other != node);
        let is_others = others.copied().any(|other| self.may_have(rkey, other, &nodes));
        assert!(excused || is_others, "{name} does not get {event:?} but {inbox:?}");
        !is_others
    }

    /// What is asked for, or why there is none. Publications that are too old may be known still, or
    /// not.
    pub(super) fn select(
        &self,
        query: &Query,
        may_be_unknown: bool,
    ) -> Result<Vec<Publication>, &'static str> {
        let subscription = self.subscriptions.get(&query.subscription);
        let subscription = subscription.ok_or("wamp.error.no_such_subscription")?;
        let Query { from_publication: from, after_publication: after, .. } = *query;
        let Query { until_publication: until, before_publication: before, .. } = *query;
        if !self.has_history(subscription) {
            return Err("wamp.error.history_unavailable");
        }
        let mut named = [from, after, until, before].into_iter().flatten();
        if named.any(|id| !self.knows_publication(id, may_be_unknown)) {
            return Err("crosspoint.error.no_such_publication");
        }
        let history = self.history().into_iter().filter(|publication| {
            !self.is_too_old(publication)
                && subscription.matches(publication.topic)
                && publication.receivers.include_anonymous()
                && self.asks_for(query, publication)
        });
        let mut found: Vec<_> = history.cloned().collect();
        if query.reverse {
            found.reverse();
        }
        found.truncate(query.limit.unwrap_or(usize::MAX));
        Ok(found)
    }

    fn has_history(&self, subscription: &Subscription) -> bool {
        match subscription.matching {
            MatchPolicy::Exact => self.rule_of(&subscription.topic).is_some(),
            MatchPolicy::Prefix | MatchPolicy::Wildcard => !self.settings.history.is_empty(),
        }
    }

    fn knows_publication(&self, id: u64, may_be_unknown: bool) -> bool {
        let history = self.history();
        let found = history.into_iter().find(|found| self.id_of(found.number) == Some(id));
        found.is_some_and(|found| !may_be_unknown || !self.is_too_old(found))
    }

    fn asks_for(&self, query: &Query, publication: &Publication) -> bool {
        let (time, number) = (publication.time, publication.number);
        let number_of = |id: u64| self.publication_numbers[&id];
        query.topic.is_none_or(|topic| publication.topic == topic)
            && query.from_time.is_none_or(|from| time >= from)
            && query.after_time.is_none_or(|after| time > after)
            && query.before_time.is_none_or(|before| time < before)
            && query.until_time.is_none_or(|until| time <= until)
            && query.from_publication.is_none_or(|from| number >= number_of(from))
            && query.after_publication.is_none_or(|after| number > number_of(after))
            && query.before_publication.is_none_or(|before| number < number_of(before))
            && query.until_publication.is_none_or(|until| number <= number_of(until))
    }

    /// What is in the history, but for its age: of each rule the last few.
    fn history(&self) -> Vec<&Publication> {
        let mut found = Vec::new();
        for rule in &self.settings.history {
            let kept = self.kept.iter().filter(|kept| kept.in_history);
            let of_rule = kept.map(|kept| &kept.publication).filter(|publication| {
                self.rule_of(publication.topic).is_some_and(|of| std::ptr::eq(of, rule))
            });
            found.extend(of_rule.rev().take(rule.events_max));
        }
        found.sort_by_key(|publication| publication.number);
        found
    }

    fn is_too_old(&self, publication: &Publication) -> bool {
        let age_max_ms = self.rule_of(publication.topic).and_then(|rule| rule.age_max_ms);
        age_max_ms.is_some_and(|age| publication.time.after_ms(age) < self.now)
    }
}
