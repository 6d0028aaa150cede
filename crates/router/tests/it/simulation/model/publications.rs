//! Publications: who gets them, what is said in the event, and when they are acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use crosspoint_proto::id::SessionId;
use crosspoint_proto::message::RequestKind;
use crosspoint_proto::message::pubsub::{Disclosed, EventDetails, Passthru};
use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_proto::value::Value;
use crosspoint_router::router::Disclosure;
use crosspoint_router::time::Time;

use super::{ANONYMOUS, Model, Name};
use crate::simulation::inbox::{Event, Inbox, Told};

/// A PUBLISH.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub(crate) struct Proposed {
    pub(crate) topic: &'static str,
    pub(crate) acknowledge: bool,
    pub(crate) exclude_me: bool,
    pub(crate) disclose_me: bool,
    pub(crate) retain: bool,
    pub(crate) receivers: Receivers,
    pub(crate) rkey: Option<&'static str>,
    pub(crate) passthru: Option<Passthru<'static>>,
    pub(crate) args: Vec<Value>,
}

/// Who may receive a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receivers {
    pub(crate) eligible: Option<BTreeSet<u64>>,
    pub(crate) exclude: Option<BTreeSet<u64>>,
    pub(crate) eligible_authid: Option<BTreeSet<&'static str>>,
    pub(crate) eligible_authrole: Option<BTreeSet<&'static str>>,
    pub(crate) exclude_authid: Option<BTreeSet<&'static str>>,
    pub(crate) exclude_authrole: Option<BTreeSet<&'static str>>,
}

/// What was published.
#[derive(Clone, Debug)]
pub(super) struct Publication {
    /// One more than that of the publication before it.
    pub(super) number: usize,
    pub(super) topic: &'static str,
    pub(super) time: Time,
    /// The publisher, if it does not want its own event.
    excluded: Option<Name>,
    pub(super) receivers: Receivers,
    pub(super) rkey: Option<&'static str>,
    /// What everybody is told.
    pub(super) details: EventDetails<'static>,
    pub(super) args: Vec<Value>,
}

/// A publisher that waits for its PUBLISHED.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unconfirmed {
    publisher: Name,
    request: u64,
    /// Of the publication.
    number: usize,
    /// Which change to the store has to be made first.
    change: usize,
}

impl Receivers {
    /// Lists that exclude nobody are as if they were not there.
    fn normal(self) -> Receivers {
        Receivers {
            exclude: self.exclude.filter(|list| !list.is_empty()),
            exclude_authid: self.exclude_authid.filter(|list| !list.is_empty()),
            exclude_authrole: self.exclude_authrole.filter(|list| !list.is_empty()),
            ..self
        }
    }

    pub(super) fn name_sessions(&self) -> bool {
        self.eligible.is_some() || self.exclude.as_ref().is_some_and(|list| !list.is_empty())
    }

    fn include(&self, session: u64) -> bool {
        self.eligible.as_ref().is_none_or(|list| list.contains(&session))
            && self.exclude.as_ref().is_none_or(|list| !list.contains(&session))
            && self.include_anonymous()
    }

    /// May they receive it, as far as that does not depend on the session?
    pub(super) fn include_anonymous(&self) -> bool {
        let eligible = [&self.eligible_authid, &self.eligible_authrole];
        let exclude = [&self.exclude_authid, &self.exclude_authrole];
        eligible.into_iter().flatten().all(|list| list.contains(ANONYMOUS))
            && exclude.into_iter().flatten().all(|list| !list.contains(ANONYMOUS))
    }
}

impl Publication {
    pub(super) fn is_restricted(&self) -> bool {
        self.receivers != Receivers::default() || self.rkey.is_some()
    }
}

impl Model {
    pub(crate) fn publish(
        &mut self,
        (name, request): (Name, u64),
        proposed: &Proposed,
        inbox: &mut Inbox,
    ) {
        if let Some(error) = self.refuses_publication(proposed) {
            if proposed.acknowledge {
                let (kind, error) = (RequestKind::Publish, error.to_owned());
                inbox.expect(name, Told::Refused { kind, request, error });
            }
            return;
        }
        let publication = self.publication(name, proposed);
        let number = publication.number;
        let is_stored = self.keep(&publication, proposed.retain);
        self.dispatch(&publication, inbox);
        if proposed.acknowledge && is_stored {
            let change = inbox.store.submitted;
            self.unconfirmed.push(Unconfirmed { publisher: name, request, number, change });
        } else if proposed.acknowledge {
            self.confirm(name, request, number, inbox);
        }
    }

    /// The router publishes.
    pub(super) fn announce(&mut self, topic: &'static str, args: &[Value], inbox: &mut Inbox) {
        let publication = Publication {
            number: self.next_publication(),
            topic,
            time: self.now,
            excluded: None,
            receivers: Receivers::default(),
            rkey: None,
            details: EventDetails::default(),
            args: args.to_vec(),
        };
        self.keep(&publication, false);
        self.dispatch(&publication, inbox);
    }

    /// The store has written so much: whoever has waited for that gets PUBLISHED, in the order of the
    /// publications.
    pub(crate) fn store_has_written(&mut self, inbox: &mut Inbox) {
        let written = inbox.store.done;
        let (safe, others) = self.unconfirmed.iter().partition(|u| u.change <= written);
        self.unconfirmed = others;
        let safe: Vec<Unconfirmed> = safe;
        for Unconfirmed { publisher, request, number, .. } in safe {
            self.confirm(publisher, request, number, inbox);
        }
    }

    /// The store cannot write what waits.
    pub(crate) fn store_has_failed(&mut self, inbox: &mut Inbox) {
        for Unconfirmed { publisher, request, .. } in std::mem::take(&mut self.unconfirmed) {
            if self.sessions.contains_key(&publisher) {
                let error = "crosspoint.error.not_stored".to_owned();
                let kind = RequestKind::Publish;
                inbox.expect(publisher, Told::Refused { kind, request, error });
            }
        }
    }

    /// Is there a receipt for the client at the store?
    pub(crate) fn is_unconfirmed(&self, name: Name) -> bool {
        self.unconfirmed.iter().any(|unconfirmed| unconfirmed.publisher == name)
    }

    fn confirm(&mut self, name: Name, request: u64, number: usize, inbox: &mut Inbox) {
        if !self.sessions.contains_key(&name) || inbox.is_deaf(name) {
            return;
        }
        let publication = inbox.published(name, request).unwrap_or_else(|| {
            panic!("{name} gets no PUBLISHED for {request} but {inbox:?}");
        });
        self.identify(number, publication);
        inbox.expect(name, Told::Published { request, publication });
    }

    pub(super) fn refuses_publication(&self, proposed: &Proposed) -> Option<&'static str> {
        let retention = self.settings.retention;
        let names_sessions = proposed.receivers.name_sessions();
        let is_stored = proposed.retain && retention.persistent && !names_sessions
            || self.rule_for(proposed.topic, &proposed.receivers).is_some_and(|r| r.persistent);
        if uri::is_reserved(proposed.topic) {
            return Some("wamp.error.invalid_uri");
        }
        if proposed.disclose_me && self.settings.publisher_disclosure == Disclosure::Never {
            return Some("wamp.error.option_disallowed.disclose_me");
        }
        (self.store_is_full && is_stored && proposed.acknowledge)
            .then_some("crosspoint.error.store_full")
    }

    fn publication(&mut self, name: Name, proposed: &Proposed) -> Publication {
        let disclosure = self.settings.publisher_disclosure;
        let disclosed = proposed.disclose_me || disclosure == Disclosure::Always;
        let publisher = Disclosed {
            session: Some(SessionId(self.sessions[&name].id)),
            authid: Some(ANONYMOUS.into()),
            authrole: Some(ANONYMOUS.into()),
        };
        let details = EventDetails {
            publisher: disclosed.then_some(publisher),
            trust_level: self.trust_level(proposed.topic),
            passthru: proposed.passthru.clone().map(Box::new),
            ..EventDetails::default()
        };
        Publication {
            number: self.next_publication(),
            topic: proposed.topic,
            time: self.now,
            excluded: proposed.exclude_me.then_some(name),
            receivers: proposed.receivers.clone().normal(),
            rkey: proposed.rkey,
            details,
            args: proposed.args.clone(),
        }
    }

    fn next_publication(&mut self) -> usize {
        self.publications_made += 1;
        self.publications_made
    }

    /// Each subscription that matches gives an event to each of its subscribers that may have it.
    fn dispatch(&mut self, publication: &Publication, inbox: &mut Inbox) {
        let matching = self.subscriptions.iter().filter(|(_, s)| s.matches(publication.topic));
        let matching: Vec<_> = matching.map(|(id, _)| *id).collect();
        let mut events = BTreeMap::<Name, Vec<Event>>::new();
        for id in matching {
            let event = self.event(publication, id, false);
            for name in self.receivers(publication, id, inbox) {
                events.entry(name).or_default().push(event.clone());
            }
        }
        for (name, events) in events {
            self.expect_events(publication.number, name, events, inbox);
        }
    }

    pub(super) fn expect_events(
        &mut self,
        number: usize,
        name: Name,
        events: Vec<Event>,
        inbox: &mut Inbox,
    ) {
        for id in inbox.expect_events(name, events) {
            self.identify(number, id);
        }
    }

    /// Those subscribers of a subscription that get a publication: where there are nodes, and the
    /// publication has a key, those of one node, and those that belong to none.
    fn receivers(
        &mut self,
        publication: &Publication,
        subscription: u64,
        inbox: &Inbox,
    ) -> Vec<Name> {
        let subscribers = self.subscriptions[&subscription].subscribers.clone();
        let nodes: BTreeSet<_> = subscribers.values().flatten().copied().collect();
        let mut reached = subscribers;
        reached.retain(|name, _| self.may_reach(publication, *name));
        if let Some(rkey) = publication.rkey.filter(|_| !nodes.is_empty()) {
            let event = self.event(publication, subscription, false);
            let node = self.node_of(rkey, &nodes, &reached, &event, inbox);
            reached.retain(|_, of| of.is_none_or(|of| of == node));
        }
        reached.into_keys().collect()
    }

    /// The node that has a key: one of whose subscribers somebody is told; or else one that has nobody
    /// who could have been told.
    fn node_of(
        &mut self,
        rkey: &'static str,
        nodes: &BTreeSet<&'static str>,
        reached: &BTreeMap<Name, Option<&'static str>>,
        event: &Event,
        inbox: &Inbox,
    ) -> &'static str {
        let of = |node| reached.iter().filter(move |(_, of)| **of == Some(node)).map(|(n, _)| *n);
        let may_have = || nodes.iter().copied().filter(|node| self.may_have(rkey, node, nodes));
        let told = may_have().find(|node| of(*node).any(|name| inbox.has_event(name, event)));
        if let Some(node) = told {
            self.note_preferred(rkey, node, nodes);
            return node;
        }
        let excused = |name| !inbox.has_room(name) || inbox.is_deaf(name);
        may_have().find(|node| of(*node).all(excused)).unwrap_or_else(|| {
            panic!("no node of {nodes:?} gets {event:?}: {inbox:?}");
        })
    }

    /// May the key be this node's, as far as anybody knows?
    pub(super) fn may_have(
        &self,
        rkey: &'static str,
        node: &'static str,
        nodes: &BTreeSet<&'static str>,
    ) -> bool {
        !nodes.iter().any(|other| self.preferred.contains(&(rkey, other, node)))
    }

    /// The key is this node's wherever it is among these.
    pub(super) fn note_preferred(
        &mut self,
        rkey: &'static str,
        node: &'static str,
        nodes: &BTreeSet<&'static str>,
    ) {
        let others = nodes.iter().filter(|other| **other != node);
        self.preferred.extend(others.map(|other| (rkey, node, *other)));
    }

    pub(super) fn may_reach(&self, publication: &Publication, name: Name) -> bool {
        publication.excluded != Some(name) && publication.receivers.include(self.sessions[&name].id)
    }

    /// The topic is said where the subscription is to a pattern.
    pub(super) fn event(
        &self,
        publication: &Publication,
        subscription: u64,
        retained: bool,
    ) -> Event {
        let is_pattern = self.subscriptions[&subscription].matching != MatchPolicy::Exact;
        let topic = is_pattern.then(|| publication.topic.into());
        let details = EventDetails { topic, retained, ..publication.details.clone() };
        Event { subscription, details, args: publication.args.clone() }
    }

    /// A publication has the same ID wherever it appears, and no other has it.
    pub(super) fn identify(&mut self, number: usize, id: u64) {
        let known = *self.publication_numbers.entry(id).or_insert(number);
        assert_eq!(known, number, "two publications are called {id}");
        let known = *self.publication_ids.entry(number).or_insert(id);
        assert_eq!(known, id, "publication {number} has two IDs");
    }

    pub(super) fn id_of(&self, number: usize) -> Option<u64> {
        self.publication_ids.get(&number).copied()
    }
}
