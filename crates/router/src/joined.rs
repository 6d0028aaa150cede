//! What a session has joined: its place in a realm, what it holds there, and what it may ask for.
//!
//! Everything that is owned by one session (its request IDs, its subscriptions) is here, and changed
//! by its own task only. Registrations may be taken away by others, so they are the
//! [realm's](crate::control). Calls and their answers go on in the [`dealer`](crate::dealer), events
//! in the [`broker`](crate::broker).

use std::collections::BTreeMap;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::SubscriptionId;
use crosspoint_proto::message::pubsub::{
    Publish, Published, Subscribe, Subscribed, Unsubscribe, Unsubscribed,
};
use crosspoint_proto::message::rpc::{self, Register, Unregister};
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::uri::{self, InvalidUri};

use crate::broker::Publication;
use crate::broker::subscription::{Subscription, Subscriptions};
use crate::dealer::registrations::{Wanted, match_policy};
use crate::dealer::{self, cancel};
use crate::ids::{Entropy, PublicationIds};
use crate::member::Member;
use crate::meta;
use crate::realm::Realm;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::requests::Requests;
use crate::turn::Turn;

/// An established session's place in its realm.
pub(crate) struct Joined {
    realm: Arc<Realm>,
    requests: Requests,
    publication_ids: PublicationIds,
    /// For choosing among those that share what it registers.
    choices: u64,
    subscriptions: BTreeMap<SubscriptionId, Arc<Subscription>>,
}

impl Joined {
    pub(crate) fn new(realm: Arc<Realm>, requests: Requests, entropy: Entropy) -> Joined {
        Joined {
            realm,
            requests,
            publication_ids: PublicationIds::new(entropy),
            choices: entropy.choices,
            subscriptions: BTreeMap::new(),
        }
    }

    /// A message of an established session, but for those that end it.
    pub(crate) fn on_message(
        &mut self,
        member: &Arc<Member>,
        message: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        match message {
            Message::Call(call) => return self.on_call(member, call, turn),
            Message::Yield(result) => return dealer::on_yield(member, result, turn),
            Message::Error(error) => return dealer::on_error(member, error, turn),
            Message::Cancel(cancel) => cancel::on_cancel(member, *cancel, turn),
            Message::Publish(publish) => {
                self.requests.check("PUBLISH", publish.request)?;
                self.on_publish(member, publish, turn);
            }
            Message::Register(register) => {
                self.requests.check("REGISTER", register.request)?;
                self.on_register(member, register, turn);
            }
            Message::Unregister(unregister) => {
                self.requests.check("UNREGISTER", unregister.request)?;
                self.on_unregister(member, *unregister, turn);
            }
            Message::Subscribe(subscribe) => {
                self.requests.check("SUBSCRIBE", subscribe.request)?;
                self.on_subscribe(member, subscribe, turn);
            }
            Message::Unsubscribe(unsubscribe) => {
                self.requests.check("UNSUBSCRIBE", unsubscribe.request)?;
                self.on_unsubscribe(member, *unsubscribe, turn);
            }
            other => {
                let name = other.name();
                return Err(ProtocolViolation(format!(
                    "received {name} after the session was established"
                )));
            }
        }
        Ok(())
    }

    fn on_register(&mut self, member: &Arc<Member>, register: &Register<'_>, turn: &mut Turn) {
        if let Err(refusal) = self.register(member, register, turn) {
            member.refuse(RequestKind::Register, register.request, &refusal, turn);
        }
    }

    fn register(
        &mut self,
        member: &Arc<Member>,
        register: &Register<'_>,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let wanted = Wanted::new(register, member, &self.realm.settings)?;
        let choices = self.choices;
        self.realm.change_registrations(&mut self.publication_ids, turn, |dealer, control, turn| {
            let held = control.places.get(&member.session).map_or(0, |p| p.registrations.len());
            check_limit("registrations", held, member.limits.registrations_max)?;
            dealer.register(control, member, &wanted, choices, turn)
        })
    }

    fn on_unregister(&mut self, member: &Arc<Member>, unregister: Unregister, turn: &mut Turn) {
        let left = self.realm.change_registrations(
            &mut self.publication_ids,
            turn,
            |dealer, control, turn| dealer.unregister(control, member, unregister, turn),
        );
        if !left {
            let Unregister { request, registration } = unregister;
            let error = error_uri::NO_SUCH_REGISTRATION;
            let text = format!("this session has no registration {registration}");
            let refusal = Refusal { error, text };
            member.refuse(RequestKind::Unregister, request, &refusal, turn);
        }
    }

    /// CALL, of a callee's procedure or of one of the router's own.
    fn on_call(
        &mut self,
        member: &Arc<Member>,
        message: &rpc::Call<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        let freshness = self.requests.check_call(message.request)?;
        let admitted = self.realm.dealer.admit(member, message, freshness, turn)?;
        let Some(call) = admitted else { return Ok(()) };
        match meta::registration::Procedure::from_uri(&message.procedure) {
            None => self.realm.dealer.on_call(message, &call, turn),
            Some(procedure) => {
                let result = dealer::check_meta(&call).and_then(|()| {
                    procedure.call(&self.realm, message, &mut self.publication_ids, turn)
                });
                dealer::answer_meta(&call, result, turn);
            }
        }
        Ok(())
    }

    fn on_subscribe(&mut self, member: &Arc<Member>, subscribe: &Subscribe<'_>, turn: &mut Turn) {
        if let Err(refusal) = self.subscribe(member, subscribe, turn) {
            member.refuse(RequestKind::Subscribe, subscribe.request, &refusal, turn);
        }
    }

    fn subscribe(
        &mut self,
        member: &Arc<Member>,
        subscribe: &Subscribe<'_>,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let Subscribe { request, options, topic } = subscribe;
        let policy = match_policy(options.matching.as_deref())?;
        let checked = self.realm.settings.uri_rules.check_pattern(topic, policy);
        checked.map_err(|invalid| Refusal::invalid_uri("topic", invalid))?;
        check_limit("subscriptions", self.subscriptions.len(), member.limits.subscriptions_max)?;

        let _control = self.realm.control.lock();
        let subscription = self.realm.broker.subscriptions.of_pattern(policy, topic)?;
        let subscribed = Subscribed { request: *request, subscription: subscription.id };
        // SUBSCRIBED is in the outbox before the first event can find the subscriber.
        member.send(&Message::Subscribed(subscribed), turn);
        Subscriptions::add(&subscription, member);
        self.subscriptions.insert(subscription.id, subscription);
        Ok(())
    }

    fn on_unsubscribe(&mut self, member: &Arc<Member>, unsubscribe: Unsubscribe, turn: &mut Turn) {
        let Unsubscribe { request, subscription: id } = unsubscribe;
        let Some(subscription) = self.subscriptions.remove(&id) else {
            let error = error_uri::NO_SUCH_SUBSCRIPTION;
            let text = format!("this session has no subscription {id}");
            let refusal = Refusal { error, text };
            return member.refuse(RequestKind::Unsubscribe, request, &refusal, turn);
        };
        let control = self.realm.control.lock();
        self.realm.broker.subscriptions.remove(&subscription, member);
        drop(control);
        member.send(&Message::Unsubscribed(Unsubscribed { request, revocation: None }), turn);
    }

    fn on_publish(&mut self, member: &Arc<Member>, publish: &Publish<'_>, turn: &mut Turn) {
        let acknowledge = publish.options.acknowledge;
        if let Err(refusal) = self.check_publication(member, publish) {
            if acknowledge {
                member.refuse(RequestKind::Publish, publish.request, &refusal, turn);
            } else {
                member.counters.requests_refused.add(1);
            }
            return;
        }
        let publication = Publication {
            id: self.publication_ids.draw(),
            topic: &publish.topic,
            payload: publish.payload,
            excluded: publish.options.exclude_me.then_some(member),
        };
        self.realm.broker.dispatch(&publication, turn);
        if acknowledge {
            let published = Published { request: publish.request, publication: publication.id };
            member.send(&Message::Published(published), turn);
        }
    }

    fn check_publication(&self, member: &Member, publish: &Publish<'_>) -> Result<(), Refusal> {
        if publish.options.receivers.is_some() {
            return Err(Refusal {
                error: error_uri::OPTION_NOT_ALLOWED,
                text: "eligible and exclude are not supported".into(),
            });
        }
        let settings = &self.realm.settings;
        let reserved = uri::is_reserved(&publish.topic)
            && !settings.may_use_reserved(&member.identity().authrole);
        let checked = match settings.uri_rules.check(&publish.topic) {
            Ok(()) if reserved => Err(InvalidUri::Reserved),
            checked => checked,
        };
        checked.map_err(|invalid| Refusal::invalid_uri("topic", invalid))
    }

    /// Gives up everything that the session holds in its realm. Tables first, so that nothing new
    /// comes; calls in flight second.
    pub(crate) fn leave(mut self, member: &Member, turn: &mut Turn) {
        let session = member.session;
        let mut more = true;
        while more {
            more = self.realm.change_registrations(
                &mut self.publication_ids,
                turn,
                |dealer, control, turn| dealer.give_up(control, session, turn),
            );
            if more {
                // Whoever listens to what is given up has room for so much at a time.
                turn.flush();
            }
        }
        let mut control = self.realm.control.lock();
        control.places.remove(&session);
        for subscription in self.subscriptions.values() {
            self.realm.broker.subscriptions.remove(subscription, member);
        }
        drop(control);
        let (calls, invocations) =
            member.state(|state| (state.take_calls(), state.invocations.take()));
        cancel::callee_lost(invocations, turn);
        cancel::caller_lost(calls, turn);
    }
}

fn check_limit(what: &str, held: usize, limit: usize) -> Result<(), Refusal> {
    if held < limit {
        return Ok(());
    }
    Err(Refusal {
        error: error_uri::LIMIT_EXCEEDED,
        text: format!("this session has {held} {what}, which is the limit"),
    })
}
