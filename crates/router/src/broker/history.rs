//! The event history of a realm: publications to those topics of which one is kept, in the order in
//! which the broker received them.
//!
//! A publication is kept once, whoever is subscribed to it; what belongs to a subscription is found by
//! the topic. One lock is around all of it, so that events which are asked for page by page are never
//! joined by one that stands before the page.
//!
//! See "Event History" in the specification's Advanced Profile.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::{Bound, RangeBounds as _, RangeInclusive};
use std::sync::Arc;

use crosspoint_proto::id::PublicationId;
use crosspoint_proto::uri::{self, MatchPolicy};

use super::archive::Archive;
use super::kept::Kept;
use super::publication::Publication;
use crate::limits::{
    EXPIRED_PER_EVENT_MAX, HISTORY_RULES_MAX, LOOKED_AT_AT_ONCE, WORK_OF_KEPT_EVENT,
};
use crate::matcher::Matcher;
use crate::settings::HistoryRule;
use crate::store::{Change, Table};
use crate::sync::Mutex;
use crate::time::Time;
use crate::turn::Turn;

/// The events that are kept, by the rules that have them kept.
pub(crate) struct History {
    rules: Vec<HistoryRule>,
    /// The places of rules in that list.
    matcher: Matcher<usize>,
    events: Mutex<Events>,
}

/// Events, and the ways to find them.
struct Events {
    by_sequence: BTreeMap<u64, Arc<Kept>>,
    by_publication: HashMap<PublicationId, u64, foldhash::quality::RandomState>,
    by_topic: HashMap<Arc<str>, BTreeSet<u64>, foldhash::quality::RandomState>,
    /// What each rule has kept.
    streams: Vec<Stream>,
}

#[derive(Default)]
struct Stream {
    /// The oldest first.
    sequences: VecDeque<u64>,
    octets: usize,
}

/// Which events are asked for.
pub(crate) struct Query {
    /// Of the subscription.
    pub(crate) policy: MatchPolicy,
    /// Of the subscription: a topic or a pattern.
    pub(crate) pattern: Arc<str>,
    /// Only those of this topic.
    pub(crate) topic: Option<Box<str>>,
    pub(crate) times: (Bound<Time>, Bound<Time>),
    /// All of these bounds hold.
    pub(crate) publications: PublicationBounds,
    /// The newest first.
    pub(crate) reverse: bool,
    pub(crate) events_max: usize,
    /// Of the events with all that belongs to them; one is given all the same.
    pub(crate) octets_max: usize,
}

/// Bounds by publication, on both sides. Publications are not ordered by their IDs, so of two on one side
/// only the history knows which is the narrower one.
#[derive(Debug, Default)]
pub(crate) struct PublicationBounds {
    pub(crate) from: Option<PublicationId>,
    pub(crate) after: Option<PublicationId>,
    pub(crate) before: Option<PublicationId>,
    pub(crate) until: Option<PublicationId>,
}

/// A query on its way through the events.
pub(crate) struct Selection {
    query: Query,
    /// Where it has not been yet.
    range: RangeInclusive<u64>,
    events: usize,
    octets: usize,
}

/// Whether a selection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// It does.
    Some,
    /// It has been everywhere.
    All,
    /// Others did not fit into the page, or might not have.
    Page,
}

/// What an event takes up in an answer beside its payload and its topic: enough for its details, too, unless
/// these are of the publisher's own making.
const EVENT_OCTETS: usize = 256;

/// A publication that is to bound what is asked for is not in the history.
#[derive(Debug)]
pub(crate) struct NoSuchPublication(pub(crate) PublicationId);

impl History {
    pub(super) fn new(rules: &[HistoryRule]) -> History {
        debug_assert!(rules.len() <= HISTORY_RULES_MAX, "whoever configures rules counts them");
        let matcher = Matcher::default();
        for (index, rule) in rules.iter().enumerate() {
            let inserted = matcher.insert(rule.policy(), rule.topic().into(), index);
            debug_assert!(inserted.is_ok(), "there are as many shapes as rules");
        }
        let events = Events {
            by_sequence: BTreeMap::new(),
            by_publication: HashMap::default(),
            by_topic: HashMap::default(),
            streams: rules.iter().map(|_| Stream::default()).collect(),
        };
        History { rules: rules.to_vec(), matcher, events: Mutex::new(events) }
    }

    pub(super) fn rules(&self) -> &[HistoryRule] {
        &self.rules
    }

    /// The rule that has publications to this topic kept.
    pub(super) fn rule_of(&self, topic: &str) -> Option<usize> {
        if self.rules.is_empty() {
            return None;
        }
        self.matcher.best(topic, |_| true)
    }

    /// Is there a history that may have events of this subscription? Of a pattern that is not known
    /// without looking.
    pub(crate) fn is_kept_of(&self, policy: MatchPolicy, pattern: &str) -> bool {
        match policy {
            MatchPolicy::Exact => self.rule_of(pattern).is_some(),
            MatchPolicy::Prefix | MatchPolicy::Wildcard => !self.rules.is_empty(),
        }
    }

    /// The rule that has this publication kept. What is meant for single sessions is not kept.
    pub(super) fn rule_for(&self, publication: &Publication<'_>) -> Option<usize> {
        if publication.names_sessions() { None } else { self.rule_of(publication.topic) }
    }

    /// Could the rule's limits hold an event of that length at all? One that is too long for them would
    /// only push out all others.
    pub(super) fn can_hold(&self, rule: usize, octets: usize) -> bool {
        octets <= self.rules[rule].octets_max
    }

    pub(super) fn is_persistent(&self, rule: usize) -> bool {
        self.rules[rule].persistent
    }

    /// Keeps an event under its number, which is drawn here: later ones have greater numbers. What
    /// is too much for the rule's limits goes; of what is only too old no more than a few events, so
    /// that who publishes after a pause does not pay for it. The change is the archive's.
    pub(super) fn append(
        &self,
        rule: usize,
        kept: &Arc<Kept>,
        draw: impl FnOnce() -> u64,
        archive: Option<&Archive>,
    ) -> Option<Change> {
        let mut events = self.events.lock();
        let sequence = draw();
        events.insert(rule, sequence, kept);
        let mut removed = events.trim(rule, &self.rules[rule]);
        removed.extend(events.expire(rule, &self.rules[rule], kept.time, EXPIRED_PER_EVENT_MAX));
        drop(events);
        let archive = archive.filter(|_| self.is_persistent(rule))?;
        Some(archive.put(Table::History, (sequence, kept), removed))
    }

    /// Takes back what a store had. What no rule asks for stays there: the rule may come back.
    pub(super) fn restore(&self, sequence: u64, kept: &Arc<Kept>, now: Time, archive: &Archive) {
        let rule = self.rule_of(&kept.topic).filter(|rule| self.is_persistent(*rule));
        let Some(rule) = rule else { return };
        let settings = &self.rules[rule];
        let removed = if !self.can_hold(rule, kept.octets()) || settings.is_too_old(kept, now) {
            vec![sequence]
        } else {
            let mut events = self.events.lock();
            events.insert(rule, sequence, kept);
            events.trim(rule, settings)
        };
        archive.clear_away(archive.remove(Table::History, removed));
    }

    /// Lets go of events that are too old, also of topics to which nobody publishes any more: of so
    /// many at most. How many they were.
    pub(super) fn expire(&self, now: Time, events_max: usize, archive: Option<&Archive>) -> usize {
        let mut count = 0;
        for (rule, settings) in self.rules.iter().enumerate() {
            let mut events = self.events.lock();
            let removed = events.expire(rule, settings, now, events_max - count);
            drop(events);
            count += removed.len();
            if let Some(archive) = archive.filter(|_| settings.persistent) {
                archive.submit_unasked(archive.remove(Table::History, removed));
            }
        }
        count
    }

    /// Begins with a query.
    pub(crate) fn select(&self, query: Query) -> Result<Selection, NoSuchPublication> {
        let range = self.events.lock().range_of(&query.publications)?;
        Ok(Selection { query, range, events: 0, octets: 0 })
    }

    /// Looks at the next events, and gives those that are asked for, by a reader of this `authid` and
    /// `authrole`. The lock is held only to find them.
    pub(crate) fn go_on(
        &self,
        selection: &mut Selection,
        (authid, authrole): (&str, &str),
        turn: &mut Turn,
        mut give: impl FnMut(&Arc<Kept>),
    ) -> Selected {
        let looked_at = self.events.lock().slice(&selection.query, &selection.range);
        let Some((last, _)) = looked_at.last() else { return Selected::All };
        selection.pass(*last);
        turn.spend(looked_at.len());
        for (_sequence, kept) in &looked_at {
            let is_asked_for = selection.query.asks_for(kept)
                && kept.may_reach_identity(authid, authrole)
                && !self.is_too_old(kept, turn.now());
            if !is_asked_for {
                continue;
            }
            if !selection.has_room_for(kept) {
                return Selected::Page;
            }
            turn.spend(WORK_OF_KEPT_EVENT);
            give(kept);
            if selection.events >= selection.query.events_max {
                // Whether there are really more would take a look at all of them.
                return Selected::Page;
            }
        }
        Selected::Some
    }

    fn is_too_old(&self, kept: &Kept, now: Time) -> bool {
        let rule = self.rule_of(&kept.topic).map(|rule| &self.rules[rule]);
        rule.is_some_and(|rule| rule.is_too_old(kept, now))
    }
}

impl HistoryRule {
    fn is_too_old(&self, kept: &Kept, now: Time) -> bool {
        self.age_max_ms.is_some_and(|age_max_ms| kept.time.after_ms(age_max_ms) < now)
    }
}

impl Selection {
    /// It has been at this event.
    fn pass(&mut self, sequence: u64) {
        let (first, last) = (*self.range.start(), *self.range.end());
        self.range = if self.query.reverse { first..=sequence - 1 } else { sequence + 1..=last };
    }

    /// Takes an event into the page, if it is the first or fits.
    fn has_room_for(&mut self, kept: &Kept) -> bool {
        self.octets += kept.payload().octets.len() + kept.topic.len() + EVENT_OCTETS;
        self.events += 1;
        self.events == 1 || self.octets <= self.query.octets_max
    }
}

impl Query {
    fn asks_for(&self, kept: &Kept) -> bool {
        self.topic.as_deref().is_none_or(|topic| *kept.topic == *topic)
            && uri::matches(self.policy, &self.pattern, &kept.topic)
            && self.times.contains(&kept.time)
    }

    /// The only topic whose events can be asked for, if there is but one.
    fn only_topic(&self) -> Option<&str> {
        let is_exact = self.policy == MatchPolicy::Exact;
        self.topic.as_deref().or(is_exact.then_some(&*self.pattern))
    }
}

impl Events {
    fn insert(&mut self, rule: usize, sequence: u64, kept: &Arc<Kept>) {
        self.by_sequence.insert(sequence, Arc::clone(kept));
        self.by_publication.insert(kept.id, sequence);
        self.by_topic.entry(Arc::clone(&kept.topic)).or_default().insert(sequence);
        let stream = &mut self.streams[rule];
        stream.sequences.push_back(sequence);
        stream.octets += kept.octets();
    }

    /// Removes the oldest events of a rule until no more than it may have are left. Their numbers.
    fn trim(&mut self, rule: usize, settings: &HistoryRule) -> Vec<u64> {
        let mut removed = Vec::new();
        loop {
            let stream = &self.streams[rule];
            let exceeds =
                stream.sequences.len() > settings.events_max || stream.octets > settings.octets_max;
            let oldest = if exceeds { self.remove_oldest(rule) } else { None };
            let Some(oldest) = oldest else { return removed };
            removed.push(oldest);
        }
    }

    /// Removes the oldest events of a rule, as far as they are too old, so many at most. Their numbers.
    fn expire(
        &mut self,
        rule: usize,
        settings: &HistoryRule,
        now: Time,
        events_max: usize,
    ) -> Vec<u64> {
        let mut removed = Vec::new();
        while removed.len() < events_max {
            let Some(oldest) = self.streams[rule].sequences.front() else { break };
            if self.by_sequence.get(oldest).is_some_and(|kept| !settings.is_too_old(kept, now)) {
                break;
            }
            removed.extend(self.remove_oldest(rule));
        }
        removed
    }

    /// Its number, if there is one.
    fn remove_oldest(&mut self, rule: usize) -> Option<u64> {
        let oldest = self.streams[rule].sequences.pop_front()?;
        self.streams[rule].octets -= self.remove(oldest);
        Some(oldest)
    }

    /// Removes an event from all tables but its stream. The octets that it had.
    fn remove(&mut self, sequence: u64) -> usize {
        let Some(kept) = self.by_sequence.remove(&sequence) else { return 0 };
        self.by_publication.remove(&kept.id);
        if let Some(sequences) = self.by_topic.get_mut(&kept.topic) {
            sequences.remove(&sequence);
            if sequences.is_empty() {
                self.by_topic.remove(&kept.topic);
            }
        }
        kept.octets()
    }

    /// From publications to their numbers; of two bounds on one side the narrower one.
    fn range_of(
        &self,
        bounds: &PublicationBounds,
    ) -> Result<RangeInclusive<u64>, NoSuchPublication> {
        let number = |id: Option<PublicationId>| {
            let found = id.map(|id| self.by_publication.get(&id).ok_or(NoSuchPublication(id)));
            found.transpose().map(Option::<&u64>::copied)
        };
        let (from, after) = (number(bounds.from)?, number(bounds.after)?);
        let (before, until) = (number(bounds.before)?, number(bounds.until)?);
        // Numbers are whole, so "after 5" is "from 6", and "before 5" is "until 4".
        let first = from.max(after.map(|number| number + 1));
        let last = [until, before.map(|number| number - 1)].into_iter().flatten().min();
        Ok(first.unwrap_or(0)..=last.unwrap_or(u64::MAX))
    }

    /// The next events in a range, whether they are asked for or not, but for their topic where there
    /// is but one.
    fn slice(&self, query: &Query, range: &RangeInclusive<u64>) -> Vec<(u64, Arc<Kept>)> {
        // Clients ask for ranges that are the wrong way round, too; the tables do not take them.
        if range.is_empty() {
            return Vec::new();
        }
        let range = range.clone();
        if let Some(topic) = query.only_topic() {
            let Some(sequences) = self.by_topic.get(topic) else { return Vec::new() };
            let event = |sequence: &u64| Some((*sequence, self.by_sequence.get(sequence)?.clone()));
            return first_of(sequences.range(range).filter_map(event), query.reverse);
        }
        let event = |(sequence, kept): (&u64, &Arc<Kept>)| (*sequence, Arc::clone(kept));
        first_of(self.by_sequence.range(range).map(event), query.reverse)
    }
}

/// As many as are looked at in one go, from the one end or the other.
fn first_of<T>(items: impl DoubleEndedIterator<Item = T>, reverse: bool) -> Vec<T> {
    let count = LOOKED_AT_AT_ONCE;
    if reverse { items.rev().take(count).collect() } else { items.take(count).collect() }
}
