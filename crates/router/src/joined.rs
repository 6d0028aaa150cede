//! What a session has joined: its place in a realm, what it holds there, and what it may ask for.
//!
//! What is owned by one session (its request IDs) is here, and changed by its own task only.
//! Whether it may do what it asks for is found out first (`permission`).
//! Registrations and subscriptions may be taken away by others, so they are the
//! [realm's](crate::control). Calls and their answers go on in the [`dealer`](crate::dealer), events
//! in the [`broker`](crate::broker).

mod forfeit;
mod permission;

use self::forfeit::Forfeiting;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Role};
use crosspoint_proto::id::PublicationId;
use crosspoint_proto::message::pubsub::{Publish, Subscribe, Unsubscribe};
use crosspoint_proto::message::rpc::{self, Register, Unregister};
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::uri::{self, InvalidUri};

use crate::authorization::{Asking, Grant, Rights};
use crate::broker::Publication;
use crate::broker::outstanding::{Outstanding, Portion};
use crate::broker::subscriptions::{self, Joining};
use crate::control::Control;
use crate::dealer::registrations::Wanted;
use crate::dealer::{self, Admitted, cancel};
use crate::ids::{Entropy, PublicationIds};
use crate::limits::{OCTETS_OF_WORK, WORK_OF_MESSAGE};
use crate::member::Member;
use crate::meta::{self, Outcome, Testament, Testaments};
use crate::realm::Realm;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::requests::{Freshness, Requests};
use crate::settings::RealmSettings;
use crate::turn::Turn;
use crate::unfinished::Unfinished;

/// An established session's place in its realm.
pub(crate) struct Joined {
    realm: Arc<Realm>,
    requests: Requests,
    publication_ids: PublicationIds,
    /// What it wants to have published when it ends.
    testaments: Testaments,
    /// What it may ask for.
    rights: Rights,
    /// It may do less than before, perhaps, and what it holds is looked through.
    forfeiting: Option<Box<Forfeiting>>,
    /// What somebody else has to decide, where it depends on somebody else.
    asking: Option<Box<Asking>>,
    /// What it has asked for, and is not done yet: meanwhile it asks for nothing else.
    unfinished: Option<Box<Unfinished>>,
    /// What it is being given of what is retained, while it is served like everybody else.
    outstanding: Option<Box<Outstanding>>,
    /// For choosing among those that share what it registers.
    choices: u64,
}

impl Joined {
    pub(crate) fn new(
        realm: Arc<Realm>,
        authrole: &str,
        requests: Requests,
        entropy: Entropy,
    ) -> Joined {
        let rights = Rights::of(authrole, &realm.roles);
        Joined {
            realm,
            requests,
            publication_ids: PublicationIds::new(entropy),
            testaments: Testaments::default(),
            rights,
            forfeiting: None,
            asking: None,
            unfinished: None,
            outstanding: None,
            choices: entropy.choices,
        }
    }

    /// The session takes its place in the realm, and what it is welcomed with comes before anything
    /// that the place may bring. It is not let in where nobody is any more: it either learns that here, or is
    /// found by whoever closes the realm.
    pub(crate) fn enter(
        &mut self,
        member: &Arc<Member>,
        turn: &mut Turn,
        welcome: impl FnOnce(&mut Turn),
    ) -> Result<(), Refusal> {
        self.realm.change(&mut self.publication_ids, turn, |_realm, control, turn| {
            if let Some((error, text)) = control.closed {
                return Err(Refusal { error, text: text.to_owned() });
            }
            if control.is_full() {
                member.counters.sessions_beyond_max.add(1);
                let text = "the realm has as many sessions as it takes: try again later".to_owned();
                return Err(Refusal { error: error_uri::REALM_FULL, text });
            }
            welcome(turn);
            control.join(member);
            Ok(())
        })
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.unfinished.is_some() || self.asking.as_ref().is_some_and(|asking| asking.is_full())
    }

    /// Is there something to go on with, now or when its peer has read?
    pub(crate) fn has_more(&self) -> bool {
        self.unfinished.is_some()
            || self.outstanding.is_some()
            || self.holds_back()
            || self.forfeiting.is_some()
            || self.rights.are_outdated(&self.realm.roles)
    }

    /// Goes on with what is not done yet, until the turn is spent. False if there is nothing to be done now.
    pub(crate) fn go_on(
        &mut self,
        member: &Arc<Member>,
        turn: &mut Turn,
    ) -> Result<bool, ProtocolViolation> {
        let goes_on = self.go_on_once(member, turn)?;
        while !turn.is_spent() && self.go_on_once(member, turn)? {}
        Ok(goes_on)
    }

    /// One portion of it.
    fn go_on_once(
        &mut self,
        member: &Arc<Member>,
        turn: &mut Turn,
    ) -> Result<bool, ProtocolViolation> {
        if self.rights.are_outdated(&self.realm.roles) {
            self.renew_rights(member);
        }
        if let Some(forfeiting) = self.forfeiting.take() {
            self.forfeit(forfeiting, member, turn);
            return Ok(true);
        }
        if let Some(unfinished) = &mut self.unfinished {
            if unfinished.go_on(&self.realm, member, turn) {
                self.unfinished = None;
            }
            return Ok(true);
        }
        if self.follow_answer(member, turn)? {
            return Ok(true);
        }
        let Some(outstanding) = &mut self.outstanding else { return Ok(false) };
        let portion = self.realm.broker.give(outstanding, member, turn);
        if portion == Portion::Last {
            self.give_next(member);
        }
        Ok(portion != Portion::NoRoom)
    }

    /// From here on it is given what is retained for its next subscription, if that is outstanding.
    fn give_next(&mut self, member: &Member) {
        let next = self.realm.control.lock().next_outstanding(member.session);
        self.outstanding = next.map(Box::new);
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
                let freshness = self.requests.check_call(call.request)?;
                let grant = self.grant_for_everything();
                if self.on_call(member, call, freshness, grant, turn)? {
                    return Ok(());
                }
                return self.on_request(member, message, turn);
            }
            Message::Publish(publish) => {
                self.requests.check("PUBLISH", publish.request)?;
                return self.on_request(member, message, turn);
            }
            Message::Register(register) => {
                self.requests.check("REGISTER", register.request)?;
                return self.on_request(member, message, turn);
            }
            Message::Subscribe(subscribe) => {
                self.requests.check("SUBSCRIBE", subscribe.request)?;
                return self.on_request(member, message, turn);
            }
            Message::Yield(result) => return dealer::on_yield(member, result, turn),
            Message::Error(error) => return dealer::on_error(member, error, turn),
            Message::Cancel(cancel) => cancel::on_cancel(member, *cancel, turn),
            Message::Unregister(unregister) => {
                self.requests.check("UNREGISTER", unregister.request)?;
                self.on_unregister(member, *unregister, turn);
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

    /// A request that was granted.
    fn grant(
        &mut self,
        member: &Arc<Member>,
        message: &Message<'_>,
        grant: Grant,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        match message {
            Message::Call(call) => {
                self.on_call(member, call, Freshness::New, Some(grant), turn)?;
            }
            Message::Publish(publish) => return self.on_publish(member, publish, grant, turn),
            Message::Register(register) => self.on_register(member, register, turn),
            Message::Subscribe(subscribe) => self.on_subscribe(member, subscribe, turn),
            _ => debug_assert!(false, "nothing else needs a permission"),
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
        let wanted = Wanted::new(register, (member, &self.rights), &self.realm.settings)?;
        let choices = self.choices;
        self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| {
            let Some(place) = control.place(member.session) else { return Ok(()) };
            check_limit(
                "registrations",
                place.registrations.len(),
                member.limits.registrations_max,
            )?;
            place.check_room(&register.procedure)?;
            realm.dealer.register(control, member, &wanted, choices, turn)
        })
    }

    fn on_unregister(&mut self, member: &Arc<Member>, unregister: Unregister, turn: &mut Turn) {
        let left = self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| {
            realm.dealer.unregister(control, member, unregister, turn)
        });
        if !left {
            let Unregister { request, registration } = unregister;
            let error = error_uri::NO_SUCH_REGISTRATION;
            let text = format!("this session has no registration {registration}");
            let refusal = Refusal { error, text };
            member.refuse(RequestKind::Unregister, request, &refusal, turn);
        }
    }

    /// CALL, of a callee's procedure or of one of the router's own. False if it is a call of its own, and needs a
    /// grant.
    fn on_call(
        &mut self,
        member: &Arc<Member>,
        message: &rpc::Call<'_>,
        freshness: Freshness,
        grant: Option<Grant>,
        turn: &mut Turn,
    ) -> Result<bool, ProtocolViolation> {
        let call = match self.realm.dealer.admit(member, message, freshness, grant, turn)? {
            Admitted::Call(call) => call,
            Admitted::More(call) => {
                let forbidden = self.forbidden_call(member, &message.procedure);
                dealer::go_on(&call, message, forbidden.as_ref(), turn)?;
                return Ok(true);
            }
            Admitted::Done => return Ok(true),
            Admitted::NotPermitted => return Ok(false),
        };
        match meta::Procedure::from_uri(&message.procedure) {
            None => self.realm.dealer.on_call(message, &call, turn),
            Some(procedure) => {
                let outcome = dealer::check_meta(&call)
                    .and_then(|()| self.call_meta(member, procedure, message, turn));
                match outcome {
                    Ok(Outcome::Reply(reply)) => dealer::answer_meta(&call, Ok(reply), turn),
                    Err(refusal) => dealer::answer_meta(&call, Err(refusal), turn),
                    Ok(Outcome::Search(search)) => {
                        self.unfinished = Some(Box::new(Unfinished::new(call, search)));
                    }
                }
            }
        }
        Ok(true)
    }

    fn call_meta(
        &mut self,
        member: &Arc<Member>,
        procedure: meta::Procedure,
        message: &rpc::Call<'_>,
        turn: &mut Turn,
    ) -> Result<Outcome, Refusal> {
        let mut asked = meta::Asked {
            realm: &self.realm,
            caller: member,
            publication_ids: &mut self.publication_ids,
            testaments: &mut self.testaments,
            args: procedure.arguments(message.payload, &member.limits)?,
        };
        procedure.call(&mut asked, turn)
    }

    fn on_subscribe(&mut self, member: &Arc<Member>, subscribe: &Subscribe<'_>, turn: &mut Turn) {
        match self.subscribe(member, subscribe, turn) {
            Ok(joining) => self.follow_joining(joining, member),
            Err(refusal) => {
                member.refuse(RequestKind::Subscribe, subscribe.request, &refusal, turn);
            }
        }
    }

    fn subscribe(
        &mut self,
        member: &Arc<Member>,
        subscribe: &Subscribe<'_>,
        turn: &mut Turn,
    ) -> Result<Option<Joining>, Refusal> {
        let wanted = subscriptions::Wanted::new(subscribe, &self.realm.settings)?;
        self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| {
            let Some(place) = control.place(member.session) else { return Ok(None) };
            check_limit(
                "subscriptions",
                place.subscriptions.len(),
                member.limits.subscriptions_max,
            )?;
            place.check_room(&subscribe.topic)?;
            realm.broker.subscribe(control, member, &wanted, turn).map(Some)
        })
    }

    /// What is retained for the subscription may be outstanding now, and what was of an earlier one to the same
    /// is of no interest any more.
    fn follow_joining(&mut self, joining: Option<Joining>, member: &Member) {
        let Some(Joining { subscription, is_new, get_retained }) = joining else { return };
        let begins = match &self.outstanding {
            None => get_retained,
            Some(given) => given.is_of(subscription) && (is_new || get_retained),
        };
        if begins {
            self.give_next(member);
        }
    }

    fn on_unsubscribe(&mut self, member: &Arc<Member>, unsubscribe: Unsubscribe, turn: &mut Turn) {
        let left = self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| {
            realm.broker.unsubscribe(control, member, unsubscribe, turn)
        });
        let Unsubscribe { request, subscription } = unsubscribe;
        if self.outstanding.as_ref().is_some_and(|given| given.is_of(subscription)) {
            self.give_next(member);
        }
        if !left {
            let error = error_uri::NO_SUCH_SUBSCRIPTION;
            let text = format!("this session has no subscription {subscription}");
            let refusal = Refusal { error, text };
            member.refuse(RequestKind::Unsubscribe, request, &refusal, turn);
        }
    }

    fn on_publish(
        &mut self,
        member: &Arc<Member>,
        publish: &Publish<'_>,
        grant: Grant,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        check_announced(member, publish)?;
        if let Err(refusal) = self.publish(member, publish, grant, turn) {
            if publish.options.acknowledge {
                member.refuse(RequestKind::Publish, publish.request, &refusal, turn);
            } else {
                member.counters.requests_refused.add(1);
            }
        }
        Ok(())
    }

    fn publish(
        &mut self,
        member: &Arc<Member>,
        publish: &Publish<'_>,
        grant: Grant,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        let Publish { request, options, .. } = publish;
        let id = self.publication_ids.draw();
        let publication = publication(id, member, publish, &self.realm.settings, grant)?;
        let acknowledged = options.acknowledge.then_some((member, *request));
        self.realm.broker.publish(&publication, options.retain, acknowledged, turn)
    }

    /// Changes what the session holds in its realm.
    pub(crate) fn change<T>(
        &mut self,
        turn: &mut Turn,
        change: impl FnOnce(&Realm, &mut Control, &mut Turn) -> T,
    ) -> T {
        self.realm.change(&mut self.publication_ids, turn, change)
    }

    /// What the session leaves behind, to be published.
    pub(crate) fn take_testaments(&mut self, member: &Member) -> Vec<Testament> {
        if self.testaments.is_empty() || self.realm.control.lock().leaves_silently(member.session) {
            return Vec::new();
        }
        self.testaments.take()
    }

    /// Publishes a testament, as if the session did so itself, if it may yet.
    pub(crate) fn publish_testament(
        &mut self,
        member: &Arc<Member>,
        testament: &Testament,
        turn: &mut Turn,
    ) {
        // It was read and checked when it was added.
        let message = Message::decode(member.wire.serializer, testament);
        let Ok(Message::Publish(mut publish)) = message else { return };
        // Nobody is there to read it.
        publish.options.acknowledge = false;
        turn.spend(WORK_OF_MESSAGE + testament.len() / OCTETS_OF_WORK);
        let grant = self.last_grant(member, &publish.topic);
        let published =
            grant.is_some_and(|grant| self.publish(member, &publish, grant, turn).is_ok());
        if !published {
            member.counters.requests_refused.add(1);
        }
    }
}

/// What a session publishes, if it may.
pub(crate) fn publication<'p>(
    id: PublicationId,
    publisher: &'p Arc<Member>,
    publish: &'p Publish<'_>,
    realm: &RealmSettings,
    grant: Grant,
) -> Result<Publication<'p>, Refusal> {
    let Publish { options, topic, payload, .. } = publish;
    check_topic(topic, publisher, realm)?;
    dealer::check_passthru(options.passthru.as_deref())?;
    Publication::new(id, topic, *payload).by(publisher, options, realm, grant)
}

/// Features that a publisher must have announced before it uses them.
pub(crate) fn check_announced(
    publisher: &Member,
    publish: &Publish<'_>,
) -> Result<(), ProtocolViolation> {
    let passthru = dealer::used(publish.options.passthru.as_deref());
    let known = || {
        let features = publisher.state(|state| state.roles.features(Role::Publisher));
        features.has(Feature::PayloadPassthruMode)
    };
    if passthru.is_none() || known() {
        return Ok(());
    }
    let name = Feature::PayloadPassthruMode.name();
    Err(ProtocolViolation(format!("PUBLISH uses {name}, which HELLO has not announced")))
}

/// May the publisher publish to the topic?
fn check_topic(topic: &str, publisher: &Member, realm: &RealmSettings) -> Result<(), Refusal> {
    let reserved =
        uri::is_reserved(topic) && !realm.may_use_reserved(&publisher.identity().authrole);
    let checked = match realm.uri_rules.check(topic) {
        Ok(()) if reserved => Err(InvalidUri::Reserved),
        checked => checked,
    };
    checked.map_err(|invalid| Refusal::invalid_uri("topic", invalid))
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
