//! What a session has joined: its place in a realm, what it holds there, and what it may ask for.
//!
//! Everything that is owned by one session (its request IDs, its registrations, its subscriptions) is
//! here, and changed by its own task only. Calls and their answers go on in the
//! [`dealer`](crate::dealer), events in the [`broker`](crate::broker).

use std::collections::BTreeMap;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SubscriptionId};
use crosspoint_proto::message::pubsub::{
    Publish, Published, Subscribe, Subscribed, Unsubscribe, Unsubscribed,
};
use crosspoint_proto::message::rpc::{Register, Registered, Unregister, Unregistered};
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::uri::{self, InvalidUri, MatchPolicy, UriRules};

use crate::broker::Publication;
use crate::broker::subscription::{Subscription, Subscriptions};
use crate::dealer::registration::Registration;
use crate::dealer::{self, cancel};
use crate::ids::{Entropy, PublicationIds};
use crate::member::Member;
use crate::realm::Realm;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::requests::Requests;
use crate::turn::Turn;

/// An established session's place in its realm.
pub(crate) struct Joined {
    realm: Arc<Realm>,
    requests: Requests,
    publication_ids: PublicationIds,
    registrations: BTreeMap<RegistrationId, Arc<Registration>>,
    subscriptions: BTreeMap<SubscriptionId, Arc<Subscription>>,
}

impl Joined {
    pub(crate) fn new(realm: Arc<Realm>, requests: Requests, entropy: Entropy) -> Joined {
        Joined {
            realm,
            requests,
            publication_ids: PublicationIds::new(entropy),
            registrations: BTreeMap::new(),
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
            Message::Call(call) => {
                self.requests.check("CALL", call.request)?;
                return self.realm.dealer.on_call(member, call, turn);
            }
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
        let Register { request, options, procedure } = register;
        only("match", options.matching.as_deref(), "exact")?;
        only("invoke", options.invoke.as_deref(), "single")?;
        check_unreserved("procedure", procedure)?;
        check_limit("registrations", self.registrations.len(), member.limits.registrations_max)?;

        let _control = self.realm.control.lock();
        let registrations = &self.realm.dealer.registrations;
        if registrations.is_registered(procedure) {
            return Err(Refusal {
                error: error_uri::PROCEDURE_ALREADY_EXISTS,
                text: format!("{procedure} is registered already"),
            });
        }
        let registration = registrations.create(procedure, member);
        let registered = Registered { request: *request, registration: registration.id };
        // REGISTERED is in the outbox before the first call can find the registration.
        member.send(&Message::Registered(registered), turn);
        registrations.insert(Arc::clone(&registration));
        self.registrations.insert(registration.id, registration);
        Ok(())
    }

    fn on_unregister(&mut self, member: &Arc<Member>, unregister: Unregister, turn: &mut Turn) {
        let Unregister { request, registration: id } = unregister;
        let Some(registration) = self.registrations.remove(&id) else {
            let error = error_uri::NO_SUCH_REGISTRATION;
            let text = format!("this session has no registration {id}");
            let refusal = Refusal { error, text };
            return member.refuse(RequestKind::Unregister, request, &refusal, turn);
        };
        let control = self.realm.control.lock();
        self.realm.dealer.registrations.remove(&registration);
        drop(control);
        // In one step: whoever still holds the registration has invoked it before UNREGISTERED, or
        // finds that it has ended.
        let unregistered = Message::Unregistered(Unregistered { request, revocation: None });
        member.send_after(|| registration.deactivate(), &unregistered, turn);
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
        let checked = UriRules::Loose.check_pattern(topic, policy);
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
        member.send(&Message::Unsubscribed(Unsubscribed { request }), turn);
    }

    fn on_publish(&mut self, member: &Arc<Member>, publish: &Publish<'_>, turn: &mut Turn) {
        let acknowledge = publish.options.acknowledge;
        if let Err(refusal) = check_publication(publish) {
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

    /// Gives up everything that the session holds in its realm. Tables first, so that nothing new
    /// comes; calls in flight second.
    pub(crate) fn leave(self, member: &Member, turn: &mut Turn) {
        let Joined { realm, registrations, subscriptions, .. } = self;
        let mut members = realm.control.lock();
        members.remove(&member.session);
        for registration in registrations.values() {
            realm.dealer.registrations.remove(registration);
        }
        for subscription in subscriptions.values() {
            realm.broker.subscriptions.remove(subscription, member);
        }
        drop(members);
        let (calls, invocations) = member.state(|state| {
            for registration in registrations.values() {
                registration.deactivate();
            }
            (state.calls.take(), state.invocations.take())
        });
        cancel::callee_lost(invocations, turn);
        cancel::caller_lost(calls, turn);
    }
}

/// What `Options.match` says, if it says something that there is.
fn match_policy(name: Option<&str>) -> Result<MatchPolicy, Refusal> {
    let Some(name) = name else { return Ok(MatchPolicy::default()) };
    MatchPolicy::from_name(name).ok_or_else(|| Refusal {
        error: error_uri::OPTION_NOT_ALLOWED,
        text: format!("match '{name}' is not known, only 'exact', 'prefix' and 'wildcard'"),
    })
}

/// An option of which one value works so far. Any other is refused rather than passed over: the
/// client would believe that it has what it asked for.
fn only(option: &str, value: Option<&str>, works: &str) -> Result<(), Refusal> {
    match value {
        None => Ok(()),
        Some(value) if value == works => Ok(()),
        Some(value) => Err(Refusal {
            error: error_uri::OPTION_NOT_ALLOWED,
            text: format!("{option} '{value}' is not supported, only '{works}'"),
        }),
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

fn check_publication(publish: &Publish<'_>) -> Result<(), Refusal> {
    if publish.options.restricts_receivers {
        return Err(Refusal {
            error: error_uri::OPTION_NOT_ALLOWED,
            text: "eligible and exclude are not supported".into(),
        });
    }
    check_unreserved("topic", &publish.topic)
}

fn check_unreserved(what: &str, uri: &str) -> Result<(), Refusal> {
    let checked = UriRules::Loose.check(uri);
    let reserved = if uri::is_reserved(uri) { Err(InvalidUri::Reserved) } else { Ok(()) };
    checked.and(reserved).map_err(|invalid| Refusal::invalid_uri(what, invalid))
}
