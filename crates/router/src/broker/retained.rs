//! Retained events: for each topic the last publication whose publisher wanted it to be there for those
//! who subscribe later.
//!
//! A publication that is for some receivers only does not take the place of one that is for
//! everybody: it stands beside it, and whoever comes later gets the newest that was meant for him, too.
//!
//! The lock of a topic is held while its event is replaced and dispatched, while a subscriber is added, and
//! while he is given what is retained for it ([`outstanding`](super::outstanding)): so every subscriber gets
//! each event once, and what is retained is what the last of them was.
//!
//! See "Event Retention" in the specification's Advanced Profile.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosspoint_proto::uri::{self, MatchPolicy};

use super::archive::Archive;
use super::kept::Kept;
use super::publication::Publication;
use crate::limits::{LOOKED_AT_AT_ONCE, RETAINED_FOR_SOME_MAX, WORK_OF_LOOK};
use crate::settings::Retention;
use crate::store::{Change, Table};
use crate::sync::Mutex;
use crate::turn::Turn;

/// The retained events of one realm.
pub(crate) struct Retained {
    settings: Retention,
    shards: [Mutex<Shard>; SHARDS],
    hasher: foldhash::quality::RandomState,
    topics: AtomicUsize,
    octets: AtomicUsize,
}

/// How far somebody has come who looks at one topic after the other.
#[derive(Default)]
pub(super) struct Cursor {
    shard: usize,
    after: Option<Arc<str>>,
}

/// Some of the topics.
type Shard = BTreeMap<Arc<str>, Vec<Entry>>;

/// An event and its number, the oldest first. The first may be for everybody, the others are not.
pub(super) type Entry = (u64, Arc<Kept>);

/// So many publishers of different topics hardly ever wait for each other.
const SHARDS: usize = 16;

impl Retained {
    pub(super) fn new(settings: Retention) -> Retained {
        Retained {
            settings,
            shards: std::array::from_fn(|_| Mutex::new(Shard::new())),
            hasher: foldhash::quality::RandomState::default(),
            topics: AtomicUsize::new(0),
            octets: AtomicUsize::new(0),
        }
    }

    /// Is this publication written down, if it is retained?
    pub(super) fn persists(&self, publication: &Publication<'_>) -> bool {
        self.settings.persistent && !publication.names_sessions()
    }

    /// From here on the event is what is retained for its topic, if there is room: else false. What
    /// follows from that is done in the same step: it is dispatched, and the archive gets its change, so that
    /// no other overtakes it. `stored` says whether the event itself goes there, too.
    pub(super) fn replace(
        &self,
        kept: &Arc<Kept>,
        draw: impl FnOnce() -> u64,
        archive: Option<&Archive>,
        stored: bool,
        follow: impl FnOnce(Option<Change>),
    ) -> bool {
        let mut shard = self.shard_of(&kept.topic).lock();
        let sequence = draw();
        let (fits, mut removed) = self.put(&mut shard, (sequence, Arc::clone(kept)));
        if archive.is_some() && !stored {
            // A restart must not bring back what was there before it.
            let others = shard.get(&kept.topic).into_iter().flatten();
            removed.extend(others.map(|(number, _)| *number).filter(|number| *number != sequence));
        }
        let archive = archive.filter(|_| self.settings.persistent);
        let change = archive.and_then(|archive| {
            if fits && stored {
                Some(archive.put(Table::Retained, (sequence, kept), removed))
            } else {
                archive.remove(Table::Retained, removed)
            }
        });
        follow(change);
        fits
    }

    /// Takes back what a store had. What is not to be stored any more goes: when it is again, it would
    /// be out of date.
    pub(super) fn restore(&self, sequence: u64, kept: &Arc<Kept>, archive: &Archive) {
        if !self.settings.persistent {
            return archive.clear_away(archive.remove(Table::Retained, vec![sequence]));
        }
        let mut shard = self.shard_of(&kept.topic).lock();
        let (fits, mut removed) = self.put(&mut shard, (sequence, Arc::clone(kept)));
        if !fits {
            removed.push(sequence);
        }
        archive.clear_away(archive.remove(Table::Retained, removed));
    }

    /// Does something while no event is retained, and dispatched, for a topic of a subscription.
    pub(super) fn while_still<T>(
        &self,
        policy: MatchPolicy,
        pattern: &str,
        act: impl FnOnce() -> T,
    ) -> T {
        if policy == MatchPolicy::Exact {
            let _still = self.shard_of(pattern).lock();
            return act();
        }
        // Always in this order, and nobody else takes two.
        let _still = self.shards.each_ref().map(Mutex::lock);
        act()
    }

    /// Gives the events that are retained for some topics of a subscription, topic by topic, as many as can be
    /// looked at under one lock; `give` says how much work each was. Where to go on, if there may be others.
    pub(super) fn look(
        &self,
        cursor: Cursor,
        policy: MatchPolicy,
        pattern: &str,
        turn: &mut Turn,
        mut give: impl FnMut(&Arc<str>, &[Entry]) -> usize,
    ) -> Option<Cursor> {
        if policy == MatchPolicy::Exact {
            let shard = self.shard_of(pattern).lock();
            if let Some((topic, entries)) = shard.get_key_value(pattern) {
                turn.spend(give(topic, entries));
            }
            return None;
        }
        let Cursor { shard: index, after } = cursor;
        let shard = self.shards.get(index)?.lock();
        // Topics are in order, and those that a pattern matches begin as it does.
        let start = match policy {
            MatchPolicy::Wildcard => uri::wildcard_head(pattern),
            MatchPolicy::Exact | MatchPolicy::Prefix => pattern,
        };
        let from = after.as_deref().map_or(Bound::Included(start), Bound::Excluded);
        let topics = shard.range::<str, _>((from, Bound::Unbounded));
        let mut topics = topics.take_while(|(topic, _)| topic.starts_with(start));
        // Where there is nothing it was a look, too.
        let (mut last, mut work) = (None, WORK_OF_LOOK);
        for (topic, entries) in topics.by_ref() {
            work += WORK_OF_LOOK;
            if uri::matches(policy, pattern, topic) {
                work += give(topic, entries);
            }
            last = Some(topic);
            if work >= LOOKED_AT_AT_ONCE {
                break;
            }
        }
        turn.spend(work);
        Some(match topics.next() {
            Some(_) => Cursor { shard: index, after: last.map(Arc::clone) },
            None => Cursor { shard: index + 1, after: None },
        })
    }

    /// Gives the events that are retained for a topic. Nobody replaces one of them meanwhile.
    pub(super) fn with<T>(&self, topic: &str, give: impl FnOnce(&[Entry]) -> T) -> T {
        let shard = self.shard_of(topic).lock();
        give(shard.get(topic).map_or(&[], Vec::as_slice))
    }

    fn shard_of(&self, topic: &str) -> &Mutex<Shard> {
        #[expect(clippy::cast_possible_truncation, reason = "any of its bits will do")]
        let hash = self.hasher.hash_one(topic) as usize;
        &self.shards[hash % SHARDS]
    }

    /// Puts an event among those of its topic. Is there room for it; and whose place has it taken?
    /// One for which there is no room does not leave an older one behind that it should have replaced.
    fn put(&self, shard: &mut Shard, (sequence, kept): Entry) -> (bool, Vec<u64>) {
        let is_new = !shard.contains_key(&kept.topic);
        let entries = shard.entry(Arc::clone(&kept.topic)).or_default();
        let mut removed = Vec::new();
        let mut remove = |(number, old): &Entry| {
            removed.push(*number);
            self.octets.fetch_sub(old.octets(), Ordering::Relaxed);
        };
        let replaces = |(_, old): &Entry| !kept.is_restricted() || old.has_same_receivers(&kept);
        entries.retain(|entry| {
            let stays = !replaces(entry);
            if !stays {
                remove(entry);
            }
            stays
        });
        let first = usize::from(entries.first().is_some_and(|(_, old)| !old.is_restricted()));
        if entries.len() - first >= RETAINED_FOR_SOME_MAX {
            remove(&entries.remove(first));
        }
        let octets = kept.octets();
        let fits = self.octets.load(Ordering::Relaxed) + octets <= self.settings.octets_max
            && (!is_new || self.topics.load(Ordering::Relaxed) < self.settings.topics_max);
        if fits {
            self.octets.fetch_add(octets, Ordering::Relaxed);
            self.topics.fetch_add(usize::from(is_new), Ordering::Relaxed);
            entries.push((sequence, kept));
        } else if entries.is_empty() {
            self.topics.fetch_sub(usize::from(!is_new), Ordering::Relaxed);
            let topic = Arc::clone(&kept.topic);
            shard.remove(&topic);
        }
        (fits, removed)
    }
}
