//! What a new subscriber is still to get of what was retained before he came.
//!
//! There may be a great many topics that a pattern matches, so they are looked at some at a time, and then
//! their events are given, in the order in which they were published, as the subscriber reads them. Meanwhile he
//! is heard and served, and gets what is published like everybody else: so an event that is not the topic's
//! newest any more is passed over.
//!
//! He gets what is retained for one of his subscriptions, and then for the next. Which others wait stands in
//! his [`Place`](crate::control::Place).

use std::mem;
use std::sync::Arc;

use crosspoint_proto::id::SubscriptionId;

use super::kept::Kept;
use super::retained::{Cursor, Entry};
use super::subscription::Subscription;
use super::wording::Wording;
use super::{Broker, Event, frame_for};
use crate::limits::WORK_OF_KEPT_EVENT;
use crate::member::{Member, Pace, Undeliverable};
use crate::turn::Turn;

/// What one subscriber is still to get of what is retained for one of his subscriptions.
pub(crate) struct Outstanding {
    subscription: Arc<Subscription>,
    /// The last number of an event that was published before he came.
    until: u64,
    /// Where to look on; `None` if all topics have been looked at.
    cursor: Option<Cursor>,
    /// The numbers of the events, and their topics: in the end the oldest is the last.
    found: Vec<(u64, Arc<str>)>,
    pace: Pace,
}

/// What has come of one portion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Portion {
    Last,
    /// There are others.
    More,
    /// There are others, when the subscriber has read: then his session's task is told.
    NoRoom,
}

impl Outstanding {
    pub(crate) fn new(subscription: Arc<Subscription>, until: u64) -> Outstanding {
        let (cursor, pace) = (Some(Cursor::default()), Pace::default());
        Outstanding { subscription, until, cursor, found: Vec::new(), pace }
    }

    pub(crate) fn is_of(&self, subscription: SubscriptionId) -> bool {
        self.subscription.id == subscription
    }
}

impl Broker {
    /// Looks at some topics, or gives one event.
    pub(crate) fn give(
        &self,
        outstanding: &mut Outstanding,
        subscriber: &Arc<Member>,
        turn: &mut Turn,
    ) -> Portion {
        if !subscriber.has_room_for_portion(&mut outstanding.pace) {
            return Portion::NoRoom;
        }
        if let Some(cursor) = outstanding.cursor.take() {
            outstanding.cursor = self.look(outstanding, cursor, subscriber, turn);
            return Portion::More;
        }
        let Some((sequence, topic)) = outstanding.found.pop() else { return Portion::Last };
        match self.give_one(outstanding, (sequence, &topic), subscriber, turn) {
            Err(Undeliverable::Gone) => return Portion::Last,
            Err(Undeliverable::Full) => {
                outstanding.found.push((sequence, topic));
                return Portion::NoRoom;
            }
            Err(Undeliverable::TooLong) => subscriber.count_dropped(1),
            Ok(false) => outstanding.found.push((sequence, topic)),
            Ok(true) => {}
        }
        Portion::More
    }

    /// Looks at the next topics. Where to go on, if there are others.
    fn look(
        &self,
        outstanding: &mut Outstanding,
        cursor: Cursor,
        subscriber: &Arc<Member>,
        turn: &mut Turn,
    ) -> Option<Cursor> {
        let Outstanding { subscription, until, found, .. } = outstanding;
        let (policy, pattern) = (subscription.policy, &subscription.pattern);
        let next = self.retained.look(cursor, policy, pattern, turn, |topic, entries| {
            // A later one he has had.
            let (newest, work) = newest_for(subscriber, subscription, entries);
            let newest = newest.filter(|(sequence, _)| sequence <= until);
            found.extend(newest.map(|(sequence, _)| (*sequence, Arc::clone(topic))));
            work
        });
        if next.is_none() {
            found.sort_unstable_by(|(one, _), (other, _)| other.cmp(one));
        }
        next
    }

    /// Gives an event, unless another has taken its place. `Gone` if the subscriber does not want any more. False
    /// if it has to be looked at again.
    fn give_one(
        &self,
        outstanding: &mut Outstanding,
        (sequence, topic): (u64, &str),
        subscriber: &Arc<Member>,
        turn: &mut Turn,
    ) -> Result<bool, Undeliverable> {
        let Outstanding { subscription, pace, .. } = outstanding;
        turn.spend(WORK_OF_KEPT_EVENT);
        // A later one he has had. An earlier one is what is left for him if that was taken away.
        let find = |turn: &mut Turn, entries: &[Entry]| {
            let (newest, work) = newest_for(subscriber, subscription, entries);
            turn.spend(work);
            newest.filter(|(newest, _)| *newest <= sequence).map(|(_, kept)| Arc::clone(kept))
        };
        let Some(kept) = self.retained.with(topic, |entries| find(turn, entries)) else {
            return Ok(true);
        };
        let publication = kept.publication();
        let mut frames = mem::take(&mut turn.buffers.frames);
        let wording = &mut Wording::new(publication.payload);
        let event = Event { subscription, publication: &publication, wording };
        // It may be long, so nobody waits for that.
        let frame = frame_for(&subscriber.wire, &mut frames, event, turn);
        let sent = self.retained.with(topic, |entries| {
            let is_still = find(turn, entries).is_some_and(|newest| Arc::ptr_eq(&newest, &kept));
            if !is_still {
                return Ok(false);
            }
            // Nothing comes after UNSUBSCRIBED.
            let subscribers = subscription.subscribers();
            if !subscribers.has(subscriber.session) {
                return Err(Undeliverable::Gone);
            }
            subscriber.send_portion(frame, pace, turn).map(|()| true)
        });
        turn.buffers.put_back(frames);
        sent
    }
}

/// Of the events that are retained for a topic, the newest that was meant for a subscriber, too; and how much
/// work it was to find it.
fn newest_for<'e>(
    subscriber: &Member,
    subscription: &Subscription,
    entries: &'e [Entry],
) -> (Option<&'e Entry>, usize) {
    let mut work = 0;
    let mut is_meant = |kept: &Kept| {
        work += 1;
        kept.may_reach(subscriber)
            && kept.rkey().is_none_or(|rkey| {
                let subscribers = subscription.subscribers();
                work += subscribers.work_of_key();
                subscribers.shares(Some(rkey), subscriber.session)
            })
    };
    let newest = entries.iter().rev().find(|(_, kept)| is_meant(kept));
    (newest, work)
}
