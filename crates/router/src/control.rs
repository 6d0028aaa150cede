//! What the control lock of a realm holds: who is there, and what each has registered and subscribed to.
//!
//! It is held by whoever changes a table of the realm: joins and leaves, registers and unregisters,
//! subscribes and unsubscribes. Calls and publications do not take it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SessionId, SubscriptionId};

use crate::broker::outstanding::Outstanding;
use crate::broker::subscription::Subscription;
use crate::dealer::registration::Registration;
use crate::limits::HELD_OCTETS;
use crate::member::Member;
use crate::meta::changes::Changes;
use crate::refusal::Refusal;

#[derive(Default)]
pub(crate) struct Control {
    /// The sessions that have joined the realm.
    pub(crate) places: BTreeMap<SessionId, Place>,
    pub(crate) registrations: BTreeMap<RegistrationId, Arc<Registration>>,
    pub(crate) subscriptions: BTreeMap<SubscriptionId, Arc<Subscription>>,
    /// What has happened and is not told yet: empty when the lock is given back.
    pub(crate) changes: Changes,
    /// The most sessions that are let in; those that are there may be more, if it was changed.
    pub(crate) sessions_max: Option<usize>,
    /// Nobody is let in any more: why, as an error or the reason for a GOODBYE, and in words.
    pub(crate) closed: Option<(&'static str, &'static str)>,
}

/// A session's place in its realm.
pub(crate) struct Place {
    pub(crate) member: Arc<Member>,
    pub(crate) registrations: BTreeSet<RegistrationId>,
    pub(crate) subscriptions: BTreeSet<SubscriptionId>,
    /// What these and its registrations take up.
    pub(crate) held_octets: usize,
    /// Those of them whose retained events it has not begun to get, and until which number it gets them.
    pub(crate) outstanding: BTreeMap<SubscriptionId, u64>,
    /// Its leaving is not told, nor are its testaments published: it was killed with all others.
    pub(crate) leaves_silently: bool,
}

impl Place {
    /// It has registered this.
    pub(crate) fn add_registration(&mut self, registration: &Registration) {
        if self.registrations.insert(registration.id) {
            self.held_octets += octets_of(&registration.procedure);
        }
    }

    pub(crate) fn remove_registration(&mut self, registration: &Registration) {
        if self.registrations.remove(&registration.id) {
            self.held_octets -= octets_of(&registration.procedure);
        }
    }

    /// It has subscribed to this.
    pub(crate) fn add_subscription(&mut self, subscription: &Subscription) {
        if self.subscriptions.insert(subscription.id) {
            self.held_octets += octets_of(&subscription.pattern);
        }
    }

    pub(crate) fn remove_subscription(&mut self, subscription: &Subscription) {
        if self.subscriptions.remove(&subscription.id) {
            self.held_octets -= octets_of(&subscription.pattern);
        }
    }

    /// Has it room for one more registration or subscription?
    pub(crate) fn check_room(&self, uri: &str) -> Result<(), Refusal> {
        let (held, max) = (self.held_octets, self.member.limits.held_octets_max);
        if held.saturating_add(octets_of(uri)) <= max {
            return Ok(());
        }
        let text = format!(
            "this session's registrations and subscriptions take up {held} octets, and with this one more than {max}, \
             which is the limit (held_octets_max)"
        );
        Err(Refusal { error: error_uri::LIMIT_EXCEEDED, text })
    }
}

/// What a registration or subscription takes up.
fn octets_of(uri: &str) -> usize {
    HELD_OCTETS + uri.len()
}

impl Control {
    /// Has the realm as many sessions as it takes?
    pub(crate) fn is_full(&self) -> bool {
        self.sessions_max.is_some_and(|sessions_max| self.places.len() >= sessions_max)
    }

    pub(crate) fn join(&mut self, member: &Arc<Member>) {
        let place = Place {
            member: Arc::clone(member),
            registrations: BTreeSet::new(),
            subscriptions: BTreeSet::new(),
            held_octets: 0,
            outstanding: BTreeMap::new(),
            leaves_silently: false,
        };
        self.places.insert(member.session, place);
        self.changes.note_joined(member);
    }

    pub(crate) fn leave(&mut self, session: SessionId) {
        let Some(place) = self.places.remove(&session) else { return };
        if !place.leaves_silently {
            self.changes.note_left(&place.member);
        }
    }

    pub(crate) fn leaves_silently(&self, session: SessionId) -> bool {
        self.places.get(&session).is_some_and(|place| place.leaves_silently)
    }

    /// A session's place, unless it has been ended: then it gives up what it has, and gets nothing
    /// more.
    pub(crate) fn place(&self, session: SessionId) -> Option<&Place> {
        self.places.get(&session).filter(|place| !place.member.has_ended())
    }

    /// What a session is to get next of what is retained for its subscriptions.
    pub(crate) fn next_outstanding(&mut self, session: SessionId) -> Option<Outstanding> {
        let (id, until) = self.places.get_mut(&session)?.outstanding.pop_first()?;
        let subscription = self.subscriptions.get(&id)?;
        Some(Outstanding::new(Arc::clone(subscription), until))
    }

    /// Everybody who has a place, also those that have been ended and have not left yet.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.places.values().map(|place| &place.member)
    }
}
