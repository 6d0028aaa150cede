//! A session: the state machine behind one connection, from HELLO to GOODBYE.
//!
//! Owned by the task that reads the connection, and called by it alone, message by message. What
//! others need of it stands in its [`Member`].
//!
//! ```text
//! Establishing -- HELLO/WELCOME --> Established -- GOODBYE --> Closed
//!       |                                |  the router's GOODBYE      ^
//!       |                                +--> ShuttingDown -- GOODBYE |
//!       +------------ ABORT --------------------------------------- -+
//! ```
//!
//! See "Sessions" and "Protocol Errors" in the specification's Basic Profile.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::framing::Encoder;
use crosspoint_proto::id::{RegistrationId, SubscriptionId};
use crosspoint_proto::message::pubsub::{
    Publish, Published, Subscribe, Subscribed, Unsubscribe, Unsubscribed,
};
use crosspoint_proto::message::rpc::{Register, Registered, Unregister, Unregistered};
use crosspoint_proto::message::session::{ClosingDetails, Goodbye, Hello, Welcome, WelcomeDetails};
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::uri;

use crate::broker::subscription::{Subscription, Subscriptions};
use crate::dealer::registration::Registration;
use crate::dealer::{self, cancel};
use crate::ids::{Entropy, PublicationIds};
use crate::member::{Ending, Member};
use crate::quirks;
use crate::realm::Realm;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::requests::Requests;
use crate::router::{Router, SHUTTING_DOWN};
use crate::turn::Turn;

/// The state machine behind one connection.
pub struct Session {
    router: Arc<Router>,
    member: Arc<Member>,
    stage: Stage,
    violation: Option<Box<str>>,
    requests: Requests,
    publication_ids: PublicationIds,
}

enum Stage {
    /// Waiting for HELLO.
    Establishing,
    Established(Joined),
    /// The router has said GOODBYE and waits for the client's.
    ShuttingDown,
    /// Nothing is expected any more.
    Closed,
}

/// What a session holds in its realm.
struct Joined {
    realm: Arc<Realm>,
    registrations: BTreeMap<RegistrationId, Arc<Registration>>,
    subscriptions: BTreeMap<SubscriptionId, Arc<Subscription>>,
}

impl Session {
    pub(crate) fn new(router: Arc<Router>, member: Arc<Member>, entropy: Entropy) -> Session {
        let requests = Requests::new(router.settings.uncounted_requests);
        let publication_ids = PublicationIds::new(entropy);
        Session {
            router,
            member,
            stage: Stage::Establishing,
            violation: None,
            requests,
            publication_ids,
        }
    }

    /// The session as others see it.
    pub fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Has the session joined a realm (and not left it)?
    pub fn is_established(&self) -> bool {
        matches!(self.stage, Stage::Established(_))
    }

    /// Is the session over? Then what waits in the outbox is to be written, and the connection
    /// closed. A session whose link is broken finds out by [`Session::attend`].
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Closed)
    }

    /// How the peer broke the protocol, if that is how the session ended.
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// Puts octets of the transport itself (a pong, a close frame) among the messages.
    pub fn send_control(&self, write: impl FnOnce(&Encoder, &mut Vec<u8>), turn: &mut Turn) {
        self.member.send_control(write, turn);
    }

    /// The peer had its time to read and to close: whatever still waits for it is thrown away.
    pub fn break_off(&mut self, turn: &mut Turn) {
        self.member.break_off();
        self.close(turn);
    }

    /// Processes one message as it came from the peer, to its end. Before the first of a read, call
    /// [`Session::attend`].
    pub fn receive(&mut self, octets: &[u8], turn: &mut Turn) {
        match Message::decode(self.member.wire.serializer, octets) {
            Ok(message) => self.handle(&message, turn),
            Err(_) if matches!(self.stage, Stage::Closed) => {}
            Err(violation) => self.violate(&violation.to_string(), turn),
        }
    }

    /// As [`Session::receive`], for a message that is read already.
    pub fn handle(&mut self, message: &Message<'_>, turn: &mut Turn) {
        let handled = match &self.stage {
            Stage::Established(_) => self.on_message(message, turn),
            Stage::Establishing => self.on_opening(message, turn),
            Stage::ShuttingDown => {
                self.on_last(message);
                Ok(())
            }
            Stage::Closed => Ok(()),
        };
        if let Err(ProtocolViolation(text)) = handled {
            self.violate(&text, turn);
        }
    }

    /// The peer broke the protocol, in its messages or in its transport: ABORT.
    pub fn violate(&mut self, text: &str, turn: &mut Turn) {
        self.violation = Some(text.into());
        self.member.counters.protocol_violations.add(1);
        self.refuse(error_uri::PROTOCOL_VIOLATION, text, turn);
    }

    /// Ends the session with an ABORT.
    pub fn refuse(&mut self, reason: &str, text: &str, turn: &mut Turn) {
        self.member.abort(reason, text, turn);
        self.leave(turn);
        self.stage = Stage::Closed;
    }

    /// Somebody else may have ended the session: follows them.
    pub fn attend(&mut self, turn: &mut Turn) {
        let Stage::Established(_) = self.stage else { return };
        match self.member.ending() {
            None => {}
            Some(Ending::Goodbye) => {
                self.leave(turn);
                self.stage = Stage::ShuttingDown;
            }
            Some(Ending::Closed | Ending::Broken) => self.close(turn),
        }
    }

    /// The session ends without a word: the connection is gone, or closes. Whatever the session
    /// held is given up, its callers are answered, and its callees told.
    pub fn close(&mut self, turn: &mut Turn) {
        self.member.finish();
        self.leave(turn);
    }

    fn on_opening(
        &mut self,
        message: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        match message {
            Message::Hello(hello) => self.on_hello(hello, turn),
            Message::Abort(_) => self.stage = Stage::Closed,
            other => {
                let name = other.name();
                return Err(ProtocolViolation(format!(
                    "received {name} before the session was established: HELLO comes first"
                )));
            }
        }
        Ok(())
    }

    fn on_message(
        &mut self,
        message: &Message<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        match message {
            Message::Call(call) => {
                self.requests.check("CALL", call.request)?;
                return self.joined().realm.dealer.on_call(&self.member, call, turn);
            }
            Message::Yield(result) => return dealer::on_yield(&self.member, result, turn),
            Message::Error(error) => return dealer::on_error(&self.member, error, turn),
            Message::Cancel(cancel) => cancel::on_cancel(&self.member, *cancel, turn),
            Message::Publish(publish) => {
                self.requests.check("PUBLISH", publish.request)?;
                self.on_publish(publish, turn);
            }
            Message::Register(register) => {
                self.requests.check("REGISTER", register.request)?;
                self.on_register(register, turn);
            }
            Message::Unregister(unregister) => {
                self.requests.check("UNREGISTER", unregister.request)?;
                self.on_unregister(*unregister, turn);
            }
            Message::Subscribe(subscribe) => {
                self.requests.check("SUBSCRIBE", subscribe.request)?;
                self.on_subscribe(subscribe, turn);
            }
            Message::Unsubscribe(unsubscribe) => {
                self.requests.check("UNSUBSCRIBE", unsubscribe.request)?;
                self.on_unsubscribe(*unsubscribe, turn);
            }
            Message::Goodbye(_) => self.on_goodbye(turn),
            Message::Abort(_) => self.close(turn),
            other => {
                let name = other.name();
                return Err(ProtocolViolation(format!(
                    "received {name} after the session was established"
                )));
            }
        }
        Ok(())
    }

    /// After the router's own GOODBYE everything is ignored but the client's.
    fn on_last(&mut self, message: &Message<'_>) {
        if matches!(message, Message::Goodbye(_) | Message::Abort(_)) {
            self.stage = Stage::Closed;
        }
    }

    fn on_hello(&mut self, hello: &Hello<'_>, turn: &mut Turn) {
        if let Err((reason, text)) = self.join(hello, turn) {
            self.member.counters.sessions_refused.add(1);
            self.refuse(reason, &text, turn);
        }
    }

    fn join(&mut self, hello: &Hello<'_>, turn: &mut Turn) -> Result<(), (&'static str, String)> {
        let Hello { realm: name, details } = hello;
        uri::check_loose(name).map_err(|invalid| {
            (error_uri::INVALID_URI, format!("the realm is not a valid URI: {invalid}"))
        })?;
        let Some(realm) = self.router.realm(name).cloned() else {
            return Err((error_uri::NO_SUCH_REALM, format!("there is no realm {name} here")));
        };
        if !details.authmethods.is_empty() && !details.authmethods.iter().any(|m| m == ANONYMOUS) {
            let text = "this realm takes anonymous sessions only: offer authmethod 'anonymous'";
            return Err((error_uri::NO_MATCHING_AUTH_METHOD, text.into()));
        }
        self.welcome(realm, hello, turn)
    }

    fn welcome(
        &mut self,
        realm: Arc<Realm>,
        hello: &Hello<'_>,
        turn: &mut Turn,
    ) -> Result<(), (&'static str, String)> {
        self.member.state(|state| {
            state.roles = hello.details.roles;
            state.forgets_canceled_calls = quirks::forgets_canceled_calls(&hello.details);
        });
        let welcome = Welcome {
            session: self.member.session,
            details: Box::new(WelcomeDetails {
                realm: realm.name.as_ref().into(),
                authid: ANONYMOUS.into(),
                authrole: ANONYMOUS.into(),
                authmethod: ANONYMOUS.into(),
                authprovider: "static".into(),
                agent: self.router.settings.agent.as_str().into(),
                roles: Router::ROLES,
            }),
        };
        let mut members = realm.control.lock();
        // Under the lock: a session is either refused here, or found by the shutdown.
        if self.router.is_closing() {
            return Err((error_uri::SYSTEM_SHUTDOWN, SHUTTING_DOWN.into()));
        }
        self.member.send(&Message::Welcome(welcome), turn);
        members.insert(self.member.session, Arc::clone(&self.member));
        drop(members);
        self.stage = Stage::Established(Joined {
            realm,
            registrations: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
        });
        Ok(())
    }

    fn on_goodbye(&mut self, turn: &mut Turn) {
        self.leave(turn);
        let reason = error_uri::GOODBYE_AND_OUT.into();
        let goodbye = Message::Goodbye(Goodbye { details: ClosingDetails::default(), reason });
        self.member.end(&goodbye, Ending::Closed, turn);
        self.stage = Stage::Closed;
    }

    fn on_register(&mut self, register: &Register<'_>, turn: &mut Turn) {
        if let Err(refusal) = self.register(register, turn) {
            self.member.refuse(RequestKind::Register, register.request, &refusal, turn);
        }
    }

    fn register(&mut self, register: &Register<'_>, turn: &mut Turn) -> Result<(), Refusal> {
        let Register { request, options, procedure } = register;
        let member = Arc::clone(&self.member);
        let joined = self.joined_mut();
        only("match", options.matching.as_deref(), "exact")?;
        only("invoke", options.invoke.as_deref(), "single")?;
        uri::check_unreserved(procedure)
            .map_err(|invalid| Refusal::invalid_uri("procedure", invalid))?;
        check_limit("registrations", joined.registrations.len(), member.limits.registrations_max)?;

        let _control = joined.realm.control.lock();
        let registrations = &joined.realm.dealer.registrations;
        if registrations.is_registered(procedure) {
            return Err(Refusal {
                error: error_uri::PROCEDURE_ALREADY_EXISTS,
                text: format!("{procedure} is registered already"),
            });
        }
        let registration = registrations.create(procedure, &member);
        let registered = Registered { request: *request, registration: registration.id };
        // REGISTERED is in the outbox before the first call can find the registration.
        member.send(&Message::Registered(registered), turn);
        registrations.insert(Arc::clone(&registration));
        joined.registrations.insert(registration.id, registration);
        Ok(())
    }

    fn on_unregister(&mut self, unregister: Unregister, turn: &mut Turn) {
        let Unregister { request, registration: id } = unregister;
        let member = Arc::clone(&self.member);
        let joined = self.joined_mut();
        let Some(registration) = joined.registrations.remove(&id) else {
            let error = error_uri::NO_SUCH_REGISTRATION;
            let text = format!("this session has no registration {id}");
            let refusal = Refusal { error, text };
            return member.refuse(RequestKind::Unregister, request, &refusal, turn);
        };
        let control = joined.realm.control.lock();
        joined.realm.dealer.registrations.remove(&registration);
        drop(control);
        // In one step: whoever still holds the registration has invoked it before UNREGISTERED, or
        // finds that it has ended.
        let unregistered = Message::Unregistered(Unregistered { request });
        member.send_after(|| registration.deactivate(), &unregistered, turn);
    }

    fn on_subscribe(&mut self, subscribe: &Subscribe<'_>, turn: &mut Turn) {
        if let Err(refusal) = self.subscribe(subscribe, turn) {
            self.member.refuse(RequestKind::Subscribe, subscribe.request, &refusal, turn);
        }
    }

    fn subscribe(&mut self, subscribe: &Subscribe<'_>, turn: &mut Turn) -> Result<(), Refusal> {
        let Subscribe { request, options, topic } = subscribe;
        let member = Arc::clone(&self.member);
        let joined = self.joined_mut();
        only("match", options.matching.as_deref(), "exact")?;
        uri::check_loose(topic).map_err(|invalid| Refusal::invalid_uri("topic", invalid))?;
        check_limit("subscriptions", joined.subscriptions.len(), member.limits.subscriptions_max)?;

        let _control = joined.realm.control.lock();
        let subscription = joined.realm.broker.subscriptions.of_topic(topic);
        let subscribed = Subscribed { request: *request, subscription: subscription.id };
        // SUBSCRIBED is in the outbox before the first event can find the subscriber.
        member.send(&Message::Subscribed(subscribed), turn);
        Subscriptions::add(&subscription, &member);
        joined.subscriptions.insert(subscription.id, subscription);
        Ok(())
    }

    fn on_unsubscribe(&mut self, unsubscribe: Unsubscribe, turn: &mut Turn) {
        let Unsubscribe { request, subscription: id } = unsubscribe;
        let member = Arc::clone(&self.member);
        let joined = self.joined_mut();
        let Some(subscription) = joined.subscriptions.remove(&id) else {
            let error = error_uri::NO_SUCH_SUBSCRIPTION;
            let text = format!("this session has no subscription {id}");
            let refusal = Refusal { error, text };
            return member.refuse(RequestKind::Unsubscribe, request, &refusal, turn);
        };
        let control = joined.realm.control.lock();
        joined.realm.broker.subscriptions.remove(&subscription, &member);
        drop(control);
        member.send(&Message::Unsubscribed(Unsubscribed { request }), turn);
    }

    fn on_publish(&mut self, publish: &Publish<'_>, turn: &mut Turn) {
        let acknowledge = publish.options.acknowledge;
        if let Err(refusal) = check_publication(publish) {
            if acknowledge {
                self.member.refuse(RequestKind::Publish, publish.request, &refusal, turn);
            } else {
                self.member.counters.requests_refused.add(1);
            }
            return;
        }
        let publication = self.publication_ids.draw();
        self.joined().realm.broker.dispatch(&self.member, publish, publication, turn);
        if acknowledge {
            let published = Published { request: publish.request, publication };
            self.member.send(&Message::Published(published), turn);
        }
    }

    /// Gives up everything that the session holds in its realm. Tables first, so that nothing new
    /// comes; calls in flight second.
    fn leave(&mut self, turn: &mut Turn) {
        let Stage::Established(joined) = mem::replace(&mut self.stage, Stage::Closed) else {
            return;
        };
        let Joined { realm, registrations, subscriptions } = joined;
        let mut members = realm.control.lock();
        members.remove(&self.member.session);
        for registration in registrations.values() {
            realm.dealer.registrations.remove(registration);
        }
        for subscription in subscriptions.values() {
            realm.broker.subscriptions.remove(subscription, &self.member);
        }
        drop(members);
        let (calls, invocations) = self.member.state(|state| {
            for registration in registrations.values() {
                registration.deactivate();
            }
            (state.calls.take(), state.invocations.take())
        });
        cancel::callee_lost(invocations, turn);
        cancel::caller_lost(calls, turn);
    }

    fn joined(&self) -> &Joined {
        match &self.stage {
            Stage::Established(joined) => joined,
            _ => unreachable!("messages of an established session come here only"),
        }
    }

    fn joined_mut(&mut self) -> &mut Joined {
        match &mut self.stage {
            Stage::Established(joined) => joined,
            _ => unreachable!("messages of an established session come here only"),
        }
    }
}

const ANONYMOUS: &str = "anonymous";

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
    uri::check_unreserved(&publish.topic).map_err(|invalid| Refusal::invalid_uri("topic", invalid))
}
