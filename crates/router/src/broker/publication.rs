//! A publication: what is published, by a session or by the router itself, and who may receive it.
//!
//! See "Publishing and Events" in the specification's Basic Profile; "Publisher Exclusion",
//! "Publisher Identification", "Publication Trust Levels" and "Subscriber Black- and Whitelisting" in
//! its Advanced Profile.

use std::sync::Arc;

use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::message::pubsub::{
    Disclosed, Event, EventDetails, Passthru, PublishOptions, Receivers,
};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::uri::MatchPolicy;

use super::subscription::Subscription;
use crate::authorization::Grant;
use crate::limits::KEPT_EVENT_OCTETS;
use crate::member::Member;
use crate::refusal::Refusal;
use crate::settings::{Disclosure, RealmSettings};
use crate::shard::ShardKey;

/// What is published.
pub(crate) struct Publication<'p> {
    pub(crate) id: PublicationId,
    pub(crate) topic: &'p str,
    pub(crate) payload: Payload<'p>,
    /// Gets no event, even if it is subscribed: the publisher, unless it asked for its events.
    pub(super) excluded: Option<SessionId>,
    pub(super) receivers: Option<&'p Receivers<'p>>,
    pub(super) rkey: Option<ShardKey>,
    /// What subscribers are told, apart from what depends on their subscription.
    pub(super) details: EventDetails<'p>,
}

impl<'p> Publication<'p> {
    /// One of which nothing more is to be said.
    pub(crate) fn new(id: PublicationId, topic: &'p str, payload: Payload<'p>) -> Publication<'p> {
        let (excluded, receivers, rkey) = (None, None, None);
        let details = EventDetails::default();
        Publication { id, topic, payload, excluded, receivers, rkey, details }
    }

    /// What a session publishes, as its options have it and its realm and its permissions allow.
    pub(crate) fn by(
        self,
        publisher: &'p Arc<Member>,
        options: &'p PublishOptions<'_>,
        realm: &RealmSettings,
        grant: Grant,
    ) -> Result<Publication<'p>, Refusal> {
        let identity = publisher.identity();
        let disclosed = match realm.publisher_disclosure {
            _ if grant.disclose => true,
            Disclosure::Asked => options.disclose_me,
            Disclosure::Always => true,
            Disclosure::Never if options.disclose_me => {
                return Err(Refusal::disclosure("subscribers who publishes", "disclose_me"));
            }
            Disclosure::Never => false,
        };
        let details = EventDetails {
            topic: None,
            publisher: disclosed.then(|| Disclosed {
                session: Some(publisher.session),
                authid: Some(identity.authid.as_ref().into()),
                authrole: Some(identity.authrole.as_ref().into()),
            }),
            trust_level: realm.trust_level(&identity.authrole, self.topic),
            retained: false,
            passthru: options.passthru.clone(),
        };
        Ok(Publication {
            excluded: options.exclude_me.then_some(publisher.session),
            receivers: options.receivers.as_deref(),
            rkey: options.rkey.as_deref().map(ShardKey::new),
            details,
            ..self
        })
    }

    /// May a subscriber get it?
    pub(super) fn may_reach(&self, subscriber: &Member) -> bool {
        may_reach(self.excluded, self.receivers, subscriber)
    }

    /// The memory that it takes up if it is kept.
    pub(super) fn octets(&self) -> usize {
        octets(self.topic, self.payload, self.receivers, &self.details)
    }

    /// Is it meant for single sessions? What is kept of it means nothing when they have ended.
    pub(super) fn names_sessions(&self) -> bool {
        self.receivers.is_some_and(Receivers::name_sessions)
    }

    /// The only sessions that may get it, if it names them.
    pub(super) fn eligible_sessions(&self) -> Option<&'p [SessionId]> {
        Some(self.receivers?.eligible.as_ref()?.items())
    }

    /// The event for subscribers of this subscription.
    pub(super) fn event<'e>(
        &'e self,
        subscription: &Subscription,
        payload: Payload<'e>,
    ) -> Event<'e> {
        // A topic that is the subscription's own need not be said.
        let is_pattern = subscription.policy != MatchPolicy::Exact;
        let details =
            EventDetails { topic: is_pattern.then(|| self.topic.into()), ..self.details.clone() };
        Event { subscription: subscription.id, publication: self.id, details, payload }
    }
}

/// May a subscriber get a publication that somebody is excluded from, and that has these receivers?
pub(super) fn may_reach(
    excluded: Option<SessionId>,
    receivers: Option<&Receivers<'_>>,
    subscriber: &Member,
) -> bool {
    excluded != Some(subscriber.session)
        && receivers.is_none_or(|receivers| {
            let identity = subscriber.identity();
            receivers.include(subscriber.session, &identity.authid, &identity.authrole)
        })
}

/// The memory that a publication takes up if it is kept, all that a client has a say in included.
pub(super) fn octets(
    topic: &str,
    payload: Payload<'_>,
    receivers: Option<&Receivers<'_>>,
    details: &EventDetails<'_>,
) -> usize {
    let identity = |Disclosed { authid, authrole, .. }: &Disclosed<'_>| {
        [authid, authrole].into_iter().flatten().map(|text| text.len()).sum::<usize>()
    };
    let passthru = |passthru: &Passthru<'_>| {
        let Passthru { scheme, serializer, cipher, keyid } = passthru;
        let others = [serializer, cipher, keyid].into_iter().flatten().map(|text| text.len());
        size_of::<Passthru<'_>>() + scheme.len() + others.sum::<usize>()
    };
    KEPT_EVENT_OCTETS
        + topic.len()
        + payload.octets.len()
        + receivers.map_or(0, Receivers::octets)
        + details.publisher.as_ref().map_or(0, identity)
        + details.passthru.as_deref().map_or(0, passthru)
}
