//! The broker: takes publications and gives them to the subscribers of their topic.
//!
//! A publication goes to every subscription that its topic matches, so a session with several such
//! subscriptions gets an event for each. An event is encoded once for each wire among a
//! subscription's subscribers, framing included; every outbox gets the same octets.
//!
//! - [`subscriptions`]: the table of what sessions have subscribed to, and what changes it
//! - [`subscription`]: one of them
//! - [`publication`]: what is published, and who may receive it
//! - [`kept`]: a publication that outlives its dispatch, because it is [`retained`] or for the
//!   [`history`]; what outlives the router goes into the [`archive`]
//! - [`outstanding`]: what a new subscriber gets of what is retained
//! - [`wording`]: what an event says, in each notation
//!
//! See "Publish and Subscribe" in the specification's Basic Profile, and the features of publish and
//! subscribe in its Advanced Profile.

mod archive;
pub(crate) mod history;
pub(crate) mod kept;
pub(crate) mod outstanding;
pub(crate) mod publication;
mod retained;
pub(crate) mod subscription;
pub(crate) mod subscriptions;
mod wording;

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::error_uri;
use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::Message;

use crate::counters::Counters;
use crate::limits::{OCTETS_OF_WORK, SHARED_FRAME_OCTETS_MIN};
use crate::member::{Member, Undeliverable};
use crate::outbox::compact;
use crate::refusal::Refusal;
use crate::settings::{RealmSettings, SlowSubscribers};
use crate::store::{Receipt, Store, Table};
use crate::time::Time;
use crate::turn::{Frame, Turn};
use crate::why::EndedBy;
use crate::wire::Wire;
use archive::Archive;
use history::History;
use kept::Kept;
pub(crate) use publication::Publication;
use retained::Retained;
use subscription::Subscription;
use subscriptions::Subscriptions;
use wording::Wording;

/// The broker of one realm.
pub(crate) struct Broker {
    pub(crate) subscriptions: Subscriptions,
    pub(crate) history: History,
    retained: Retained,
    archive: Option<Archive>,
    /// The number of the last event that was kept.
    last_kept: AtomicU64,
    settings: Arc<RealmSettings>,
    counters: Arc<Counters>,
}

impl Broker {
    pub(crate) fn new(
        settings: Arc<RealmSettings>,
        counters: Arc<Counters>,
        store: Option<Arc<dyn Store>>,
    ) -> Broker {
        let archive = store.map(|store| Archive::new(store, &settings.name, &counters));
        Broker {
            subscriptions: Subscriptions::default(),
            history: History::new(&settings.history),
            retained: Retained::new(settings.retention),
            archive,
            last_kept: AtomicU64::new(0),
            settings,
            counters,
        }
    }

    /// Gives a publication to all subscribers of its topic, after it is kept, if it is to be. Who waits
    /// for PUBLISHED, if that is somebody, gets it now, or when the event is safe.
    pub(crate) fn publish(
        &self,
        publication: &Publication<'_>,
        retain: bool,
        acknowledged: Option<(&Arc<Member>, RequestId)>,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let rule = self.history.rule_for(publication);
        let rule = match rule.filter(|rule| !self.history.can_hold(*rule, publication.octets())) {
            Some(_too_small) if acknowledged.is_some() => return Err(too_long_for_the_history()),
            Some(_too_small) => {
                self.counters.events_not_stored.add(1);
                None
            }
            None => rule,
        };
        let is_kept = rule.is_some() || retain;
        if is_kept && acknowledged.is_some() && self.stores(publication, rule, retain) {
            self.check_store()?;
        }
        let receipt = |(publisher, request)| Receipt::new(publisher, request, publication.id);
        let mut receipt = acknowledged.map(receipt);
        if is_kept {
            self.keep_and_dispatch(publication, rule, retain, &mut receipt, turn);
        } else {
            self.dispatch(publication, turn);
        }
        if let Some(receipt) = receipt {
            receipt.confirm(turn);
        }
        Ok(())
    }

    /// The receipt is taken if the store has it now.
    fn keep_and_dispatch(
        &self,
        publication: &Publication<'_>,
        rule: Option<usize>,
        retain: bool,
        receipt: &mut Option<Receipt>,
        turn: &mut Turn,
    ) {
        let kept = Arc::new(Kept::new(publication, turn.now()));
        let archive = self.archive.as_ref();
        let draw = || self.last_kept.fetch_add(1, Ordering::Relaxed) + 1;
        let appended = rule.and_then(|rule| self.history.append(rule, &kept, draw, archive));
        let follow = |replaced| {
            self.dispatch(publication, turn);
            if let Some(archive) = archive {
                archive.submit(appended.into_iter().chain(replaced).collect(), receipt);
            }
        };
        if !retain {
            return follow(None);
        }
        let stored = self.retained.persists(publication);
        if !self.retained.replace(&kept, draw, archive, stored, follow) {
            self.counters.events_not_retained.add(1);
        }
    }

    /// Is the publication written to the store?
    fn stores(&self, publication: &Publication<'_>, rule: Option<usize>, retain: bool) -> bool {
        (retain && self.retained.persists(publication))
            || rule.is_some_and(|rule| self.history.is_persistent(rule))
    }

    /// Would a publication to this topic reach anybody? Whoever has to make one up asks first.
    pub(crate) fn is_heard(&self, topic: &str) -> bool {
        self.subscriptions.any(topic) || self.history.rule_of(topic).is_some()
    }

    /// Takes back what a store had, in the order of its numbers.
    pub(crate) fn restore(&self, table: Table, sequence: u64, record: &[u8], now: Time) {
        let Some(archive) = &self.archive else { return };
        self.last_kept.fetch_max(sequence, Ordering::Relaxed);
        let Some(kept) = Kept::from_record(record).map(Arc::new) else {
            return self.counters.records_unreadable.add(1);
        };
        match table {
            Table::History => self.history.restore(sequence, &kept, now, archive),
            Table::Retained => self.retained.restore(sequence, &kept, archive),
        }
    }

    /// Nothing more comes from the store.
    pub(crate) fn restored(&self) {
        if let Some(archive) = &self.archive {
            archive.restored();
        }
    }

    /// Lets go of what is too old to be kept: of so many events at most. How many they were.
    pub(crate) fn expire(&self, now: Time, events_max: usize) -> usize {
        self.history.expire(now, events_max, self.archive.as_ref())
    }

    fn check_store(&self) -> Result<(), Refusal> {
        if self.archive.as_ref().is_some_and(Archive::is_full) {
            let text =
                "the store takes no more events at the moment: publish it again, later".into();
            return Err(Refusal { error: error_uri::STORE_FULL, text });
        }
        Ok(())
    }

    fn dispatch(&self, publication: &Publication<'_>, turn: &mut Turn) {
        let mut wording = Wording::new(publication.payload);
        self.subscriptions.for_each(publication.topic, |subscription| {
            self.dispatch_to(subscription, publication, &mut wording, turn);
        });
    }

    /// One event for the subscribers of one subscription, whose list is locked meanwhile.
    fn dispatch_to<'p>(
        &self,
        subscription: &Subscription,
        publication: &Publication<'p>,
        wording: &mut Wording<'p>,
        turn: &mut Turn,
    ) {
        let mut frames = mem::take(&mut turn.buffers.frames);
        let subscribers = subscription.subscribers();
        if publication.rkey.is_some() {
            turn.spend(subscribers.work_of_key());
        }
        let mut send = |subscriber: &Arc<Member>| {
            turn.spend(1);
            if publication.may_reach(subscriber) {
                let event = Event { subscription, publication, wording };
                match send_to(subscriber, &mut frames, event, turn) {
                    Err(Undeliverable::Full) => self.on_full(subscriber, turn),
                    Err(Undeliverable::TooLong) => subscriber.count_dropped(1),
                    Ok(()) | Err(Undeliverable::Gone) => {}
                }
            }
        };
        match publication.eligible_sessions() {
            Some(sessions) if sessions.len() < subscribers.len() => {
                subscribers.sharing_among(publication.rkey, sessions).for_each(&mut send);
            }
            _ => subscribers.sharing(publication.rkey).for_each(&mut send),
        }
        drop(subscribers);
        turn.buffers.put_back(frames);
    }

    /// A subscriber that has no room for an event does not get it, or loses its session, as the realm
    /// is set.
    fn on_full(&self, subscriber: &Arc<Member>, turn: &mut Turn) {
        subscriber.count_dropped(1);
        let closes = self.settings.slow_subscribers == SlowSubscribers::Close;
        // Another publisher may have found it full at the same time.
        let (by, reason) = (EndedBy::Router, error_uri::TOO_SLOW);
        if closes && subscriber.say_goodbye(by, reason, Some(TOO_SLOW), turn) {
            subscriber.counters.slow_subscribers_closed.add(1);
        }
    }
}

const TOO_SLOW: &str = "events came faster than they were read, and no more of them can wait";

fn too_long_for_the_history() -> Refusal {
    let text = "the event is longer than all that the history of its topic may hold".into();
    Refusal { error: error_uri::PAYLOAD_SIZE_EXCEEDED, text }
}

/// What there is to send.
struct Event<'e, 'p> {
    subscription: &'e Subscription,
    publication: &'e Publication<'p>,
    wording: &'e mut Wording<'p>,
}

/// The event for one subscriber.
fn send_to(
    subscriber: &Arc<Member>,
    frames: &mut Vec<(Wire, Frame)>,
    event: Event<'_, '_>,
    turn: &mut Turn,
) -> Result<(), Undeliverable> {
    let wire = &subscriber.wire;
    if event.publication.payload.octets.len() >= SHARED_FRAME_OCTETS_MIN && !has(frames, wire) {
        // Nothing long is made for who has no room for it, or does not take it at all.
        let said = event.wording.in_serializer(wire.serializer, turn);
        let octets = said.ok_or(Undeliverable::TooLong)?.octets.len();
        if octets > wire.encoder.message_octets_max() {
            return Err(Undeliverable::TooLong);
        }
        subscriber.check_room_for_event(octets)?;
    }
    let frame = frame_for(wire, frames, event, turn);
    subscriber.send_event(frame, turn)
}

fn has(frames: &[(Wire, Frame)], wire: &Wire) -> bool {
    frames.iter().any(|(of, _)| of == wire)
}

/// The event as it goes over this wire: encoded when the first subscriber of the wire is met.
fn frame_for<'f>(
    wire: &Wire,
    frames: &'f mut Vec<(Wire, Frame)>,
    event: Event<'_, '_>,
    turn: &mut Turn,
) -> &'f Frame {
    let found = frames.iter().position(|(of, _)| of == wire);
    let index = found.unwrap_or_else(|| {
        let frame = encode_event(wire, event, turn);
        frames.push((*wire, frame));
        frames.len() - 1
    });
    &frames[index].1
}

fn encode_event(wire: &Wire, event: Event<'_, '_>, turn: &mut Turn) -> Frame {
    let Event { subscription, publication, wording } = event;
    let mut octets = turn.buffers.spare();
    let payload = wording.in_serializer(wire.serializer, turn);
    let fits = payload.is_some_and(|payload| {
        let event = Message::Event(publication.event(subscription, payload));
        let parts = turn.buffers.encode(&event, wire);
        wire.encoder.write_message(&parts, &mut octets).is_ok()
    });
    turn.spend(octets.len() / OCTETS_OF_WORK);
    match octets.len() {
        _ if !fits => Frame::Impossible,
        SHARED_FRAME_OCTETS_MIN.. => Frame::Shared(compact(octets, 0)),
        _ => Frame::Copied(octets),
    }
}
