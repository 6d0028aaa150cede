//! The conversation with the router: what each message means, by the stage that the session is in.
//! It does no IO; what it says is put into its [`Outbox`].
//!
//! ```text
//! Joining -- WELCOME --> Joined -- our GOODBYE --> Leaving
//!    |  \- CHALLENGE, our AUTHENTICATE -> Joining      |
//!    |                     |                          |
//!    +-- ABORT             +-- ABORT, GOODBYE         +-- GOODBYE, ABORT
//!    |                     |                          |
//!    +---------------------+---> Over <---------------+        also when the connection is lost
//! ```
//!
//! What the roles do in between is told by [`Caller`], [`Callee`], [`Publisher`] and [`Subscriber`].
//!
//! See "Sessions" in the specification's Basic Profile.

use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crosspoint_proto::auth::AuthError;
use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Features, Role, Roles};
use crosspoint_proto::framing::websocket::close;
use crosspoint_proto::id::{RequestId, SessionId};
use crosspoint_proto::message::authentication::{Authenticate, AuthenticateExtra, Challenge};
use crosspoint_proto::message::session::{
    Abort, ClosingDetails, Goodbye, Hello, HelloDetails, Welcome,
};
use crosspoint_proto::message::{self, Message, RequestKind};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::callee::Callee;
use super::caller::Caller;
use super::outbox::Outbox;
use super::publisher::Publisher;
use super::subscriber::Subscriber;
use crate::error::{CloseReason, ConnectError, RequestError};
use crate::identity::{Answer, Expected, Prover, Unanswerable};
use crate::limits::OUTBOX_OCTETS_FULL;
use crate::request::{Release, Request};

pub(super) struct Conversation {
    stage: Stage,
    outbox: Outbox,
    caller: Caller,
    callee: Callee,
    publisher: Publisher,
    subscriber: Subscriber,
}

enum Stage {
    /// HELLO is sent.
    Joining(Box<Joining>),
    Joined,
    /// GOODBYE is sent: nothing may follow it.
    Leaving,
    Over(CloseReason),
}

/// What there is before WELCOME.
struct Joining {
    reply: oneshot::Sender<Result<Joined, ConnectError>>,
    prover: Prover,
    /// The answer to the router's challenge, while it is computed.
    answer: Option<JoinHandle<Result<Answer, AuthError>>>,
    /// What the router has to prove, when that is answered.
    expected: Option<Expected>,
}

/// What WELCOME said.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) session: SessionId,
    pub(crate) authid: String,
    pub(crate) authrole: String,
    pub(crate) authmethod: String,
    /// What the router can do for calls.
    pub(crate) dealer: Features,
    /// What it can do for events.
    pub(crate) broker: Features,
}

/// What this client can do.
const ROLES: Roles = Roles::NONE
    .with(Role::Caller, CALLER)
    .with(Role::Callee, CALLEE)
    .with(Role::Publisher, PUBLISHER)
    .with(Role::Subscriber, SUBSCRIBER);

const CALLER: Features = Features::NONE
    .with(Feature::CallCanceling)
    .with(Feature::CallerIdentification)
    .with(Feature::ProgressiveCallInvocations)
    .with(Feature::ProgressiveCallResults)
    .with(Feature::ShardedRegistration);

const CALLEE: Features = Features::NONE
    .with(Feature::CallCanceling)
    .with(Feature::CallReroute)
    .with(Feature::CallTimeout)
    .with(Feature::CallTrustlevels)
    .with(Feature::CallerIdentification)
    .with(Feature::PatternBasedRegistration)
    .with(Feature::ProgressiveCallInvocations)
    .with(Feature::ProgressiveCallResults)
    .with(Feature::RegistrationRevocation)
    .with(Feature::SharedRegistration)
    .with(Feature::ShardedRegistration);

const PUBLISHER: Features = Features::NONE
    .with(Feature::PublisherExclusion)
    .with(Feature::PublisherIdentification)
    .with(Feature::ShardedSubscription)
    .with(Feature::SubscriberBlackwhiteListing);

const SUBSCRIBER: Features = Features::NONE
    .with(Feature::PatternBasedSubscription)
    .with(Feature::PublicationTrustlevels)
    .with(Feature::PublisherIdentification)
    .with(Feature::ShardedSubscription)
    .with(Feature::SubscriptionRevocation);

const AGENT: &str = concat!("Crosspoint-client-", env!("CARGO_PKG_VERSION"));

impl Conversation {
    /// Says HELLO.
    pub(super) fn open(
        realm: &str,
        prover: Prover,
        mut outbox: Outbox,
        reply: oneshot::Sender<Result<Joined, ConnectError>>,
    ) -> Conversation {
        let mut details =
            HelloDetails { roles: ROLES, agent: Some(AGENT.into()), ..HelloDetails::default() };
        prover.introduce(&mut details);
        let hello = Message::Hello(Hello { realm: realm.into(), details: Box::new(details) });
        let sent = outbox.send(&hello).map_err(|too_long| too_long.to_string());
        drop(hello);
        let joining = Joining { reply, prover, answer: None, expected: None };
        let mut conversation = Conversation {
            stage: Stage::Joining(Box::new(joining)),
            outbox,
            caller: Caller::default(),
            callee: Callee::default(),
            publisher: Publisher::default(),
            subscriber: Subscriber::default(),
        };
        if let Err(why) = sent {
            conversation.lose(&why);
        }
        conversation
    }

    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// May anything be asked for? Not once GOODBYE is said, by whichever side.
    pub(super) fn takes_requests(&self) -> bool {
        matches!(self.stage, Stage::Joining(_) | Stage::Joined)
    }

    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.stage, Stage::Leaving)
    }

    fn is_joined(&self) -> bool {
        matches!(self.stage, Stage::Joined)
    }

    /// Why the session is over, once it is.
    pub(super) fn reason(&self) -> Option<&CloseReason> {
        match &self.stage {
            Stage::Over(reason) => Some(reason),
            _ => None,
        }
    }

    /// Gives up whatever is waited for, and ends all handlers; gives what is left to be written.
    pub(super) fn end(self) -> Outbox {
        self.outbox
    }

    /// A handle asks for something; none is left if it is nothing.
    pub(super) fn on_request(&mut self, request: Option<Request>) {
        debug_assert!(self.takes_requests());
        let outbox = &mut self.outbox;
        match request {
            Some(Request::Call(call)) => self.caller.call(call, outbox),
            Some(Request::Chunk { ticket, payload, is_last, framed }) => {
                let sent = self.caller.send_chunk(ticket, &payload, is_last, outbox);
                let _ = framed.send(sent);
            }
            Some(Request::Publish { options, topic, payload, framed }) => {
                Publisher::publish(options, &topic, &payload, framed, outbox);
            }
            Some(Request::PublishAcknowledged { options, topic, payload, reply }) => {
                self.publisher.publish_acknowledged(options, &topic, &payload, reply, outbox);
            }
            Some(Request::Register { options, provided, reply }) => {
                self.callee.register(&options, provided, reply, outbox);
            }
            Some(Request::Unregister { registration, reply }) => {
                self.callee.unregister(registration, Some(reply), outbox);
            }
            Some(Request::Subscribe { options, topic, receiver, reply }) => {
                self.subscriber.subscribe(&options, topic, receiver, reply, outbox);
            }
            Some(Request::Unsubscribe { subscription, reply }) => {
                self.subscriber.unsubscribe(subscription, reply, outbox);
            }
            Some(Request::Leave) | None => self.leave(),
        }
    }

    pub(super) fn on_release(&mut self, release: Release) {
        if !self.is_joined() {
            return;
        }
        match release {
            Release::Call(ticket) => self.caller.cancel(ticket, None, &mut self.outbox),
            Release::Cancel(ticket, mode) => {
                self.caller.cancel(ticket, Some(mode), &mut self.outbox);
            }
            Release::Subscription(id) => self.subscriber.release(id, &mut self.outbox),
        }
    }

    /// Sends what the handlers have.
    pub(super) fn poll_handlers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_joined() {
            self.callee.poll_handlers(cx, &mut self.outbox)
        } else {
            Poll::Pending
        }
    }

    /// A message came. Breaks when nothing that may follow it counts.
    pub(super) fn on_octets(&mut self, octets: &[u8]) -> ControlFlow<()> {
        match Message::decode(self.outbox.serializer(), octets) {
            Ok(message) => self.on_message(message),
            Err(violation) => self.on_violation(&violation.to_string()),
        }
        self.flow()
    }

    /// A pong that does not fit is left out: the router does not read, so it does not miss it.
    pub(super) fn on_ping(&mut self, payload: &[u8]) -> ControlFlow<()> {
        if self.outbox.octets() < OUTBOX_OCTETS_FULL {
            self.outbox.pong(payload);
        }
        self.flow()
    }

    /// The router closes the WebSocket.
    pub(super) fn on_close(&mut self, code: Option<u16>) -> ControlFlow<()> {
        self.outbox.close(code);
        match code {
            Some(code) => self.lose(&format!("it was closed with the code {code}")),
            None => self.lose("it was closed"),
        }
        self.flow()
    }

    /// There will be nothing more from the router. If we were leaving anyway, so be it.
    pub(super) fn lose(&mut self, why: &str) {
        self.over(match self.stage {
            Stage::Leaving => CloseReason::Left,
            _ => CloseReason::Lost(why.to_owned()),
        });
    }

    /// The router broke the protocol: it is told, and nothing more is expected of it.
    pub(super) fn on_violation(&mut self, what: &str) {
        self.abort(error_uri::PROTOCOL_VIOLATION, what);
        self.outbox.close(Some(close::PROTOCOL_ERROR));
        self.over(CloseReason::Violation(what.to_owned()));
    }

    fn on_message(&mut self, message: Message<'_>) {
        match self.stage {
            Stage::Joining(_) => self.on_message_while_joining(message),
            Stage::Joined => self.on_message_while_joined(message),
            Stage::Leaving => self.on_message_while_leaving(&message),
            Stage::Over(_) => {}
        }
    }

    fn on_message_while_joining(&mut self, message: Message<'_>) {
        match message {
            Message::Welcome(welcome) => self.on_welcome(&welcome),
            Message::Abort(abort) => {
                let message = abort.details.message.map(Into::into);
                self.refuse(ConnectError::Refused { reason: abort.reason.into(), message });
            }
            Message::Challenge(challenge) => self.on_challenge(&challenge),
            message => self.on_violation(&format!("{} came before WELCOME", message.name())),
        }
    }

    fn on_challenge(&mut self, challenge: &Challenge<'_>) {
        let Stage::Joining(joining) = &mut self.stage else { return };
        if joining.answer.is_some() || joining.expected.is_some() {
            return self.on_violation("CHALLENGE came a second time");
        }
        match joining.prover.answer(challenge) {
            Ok(task) => joining.answer = Some(spawn_blocking(task)),
            Err(Unanswerable::Unknown) => {
                self.abort(
                    error_uri::NO_MATCHING_AUTH_METHOD,
                    "there is nothing to prove that with",
                );
                let method = challenge.method.as_ref().to_owned();
                self.refuse(ConnectError::Challenged { method });
            }
            Err(Unanswerable::Unfit(error)) => self.decline(error),
        }
    }

    /// The challenge is one that nobody should answer.
    fn decline(&mut self, error: AuthError) {
        self.abort(error_uri::AUTHENTICATION_FAILED, &error.to_string());
        self.refuse(ConnectError::Unanswerable(error));
    }

    /// Sends the answer to the router's challenge when it is computed.
    pub(super) fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Stage::Joining(joining) = &mut self.stage else { return Poll::Pending };
        let Some(answer) = &mut joining.answer else { return Poll::Pending };
        let computed = ready!(Pin::new(answer).poll(cx));
        joining.answer = None;
        match computed {
            Ok(Ok(Answer { signature, nonce, expected })) => {
                joining.expected = Some(expected);
                let nonce = nonce.map(Into::into);
                let extra = AuthenticateExtra { nonce, ..AuthenticateExtra::default() };
                let signature = signature.into();
                let message = Message::Authenticate(Authenticate { signature, extra });
                if let Err(too_long) = self.outbox.send(&message) {
                    self.lose(&too_long.to_string());
                }
            }
            Ok(Err(error)) => self.decline(error),
            Err(panic) => self.lose(&panic.to_string()),
        }
        Poll::Ready(())
    }

    fn on_welcome(&mut self, welcome: &Welcome<'_>) {
        let Stage::Joining(joining) = &self.stage else { return };
        let Joining { prover, answer, expected, .. } = &**joining;
        if answer.is_some() {
            return self.on_violation("WELCOME came before AUTHENTICATE");
        }
        let is_met = |expected: &Expected| expected.is_met(&welcome.details);
        if !expected.as_ref().map_or_else(|| prover.trusts_unasked(), is_met) {
            self.abort(error_uri::AUTHENTICATION_DENIED, "the router has not proved itself");
            return self.refuse(ConnectError::NotTheRouter);
        }
        let dealer = welcome.details.roles.features(Role::Dealer);
        self.caller.may_cancel = dealer.has(Feature::CallCanceling);
        let joining = mem::replace(&mut self.stage, Stage::Joined);
        let broker = welcome.details.roles.features(Role::Broker);
        let details = &welcome.details;
        let joined = Joined {
            session: welcome.session,
            authid: details.authid.clone().into_owned(),
            authrole: details.authrole.clone().into_owned(),
            authmethod: details.authmethod.clone().into_owned(),
            dealer,
            broker,
        };
        if let Stage::Joining(joining) = joining
            && joining.reply.send(Ok(joined)).is_err()
        {
            self.leave();
        }
    }

    /// There will be no session.
    fn refuse(&mut self, error: ConnectError) {
        self.outbox.close(Some(close::NORMAL));
        let joining = mem::replace(&mut self.stage, Stage::Over(CloseReason::Left));
        if let Stage::Joining(joining) = joining {
            // If nobody waits any more nobody minds.
            let _ = joining.reply.send(Err(error));
        }
    }

    fn on_message_while_joined(&mut self, message: Message<'_>) {
        if let Some(request) = answered(&message)
            && !self.outbox.has_requested(request)
        {
            let name = message.name();
            return self.on_violation(&format!("{name} answers request {request}, never made"));
        }
        let outbox = &mut self.outbox;
        match message {
            Message::Goodbye(goodbye) => self.on_goodbye(goodbye),
            Message::Abort(abort) => self.on_abort(abort),
            Message::Error(error) => self.on_error(&error),
            Message::Result(result) => self.caller.on_result(&result, outbox),
            Message::Registered(registered) => self.callee.on_registered(registered, outbox),
            Message::Unregistered(unregistered) => self.callee.on_unregistered(unregistered),
            Message::Invocation(invocation) => self.callee.on_invocation(&invocation, outbox),
            Message::Interrupt(interrupt) => self.callee.on_interrupt(interrupt, outbox),
            Message::Published(published) => self.publisher.on_published(published),
            Message::Subscribed(subscribed) => self.subscriber.on_subscribed(subscribed, outbox),
            Message::Unsubscribed(unsubscribed) => self.subscriber.on_unsubscribed(unsubscribed),
            Message::Event(event) => self.subscriber.on_event(&event),
            message => self.on_violation(&format!("{} is not for a client", message.name())),
        }
    }

    fn on_error(&mut self, error: &message::Error<'_>) {
        match error.request_kind {
            RequestKind::Call => self.caller.on_error(error),
            RequestKind::Publish => self.publisher.on_error(error),
            RequestKind::Subscribe | RequestKind::Unsubscribe => {
                self.subscriber.on_error(error, &mut self.outbox);
            }
            RequestKind::Register | RequestKind::Unregister => self.callee.on_error(error),
            RequestKind::Invocation => self.on_violation("an ERROR for INVOCATION is a callee's"),
        }
    }

    /// What the router sent before it read our GOODBYE does not matter any more.
    fn on_message_while_leaving(&mut self, message: &Message<'_>) {
        if matches!(message, Message::Goodbye(_) | Message::Abort(_)) {
            self.outbox.close(Some(close::NORMAL));
            self.over(CloseReason::Left);
        }
    }

    fn on_goodbye(&mut self, goodbye: Goodbye<'_>) {
        self.say_goodbye(error_uri::GOODBYE_AND_OUT);
        self.outbox.close(Some(close::NORMAL));
        let message = goodbye.details.message.map(Into::into);
        self.over(CloseReason::Goodbye { reason: goodbye.reason.into(), message });
    }

    fn on_abort(&mut self, abort: Abort<'_>) {
        self.outbox.close(Some(close::NORMAL));
        let message = abort.details.message.map(Into::into);
        self.over(CloseReason::Aborted { reason: abort.reason.into(), message });
    }

    fn leave(&mut self) {
        match self.stage {
            Stage::Joined => {
                self.say_goodbye(error_uri::CLOSE_REALM);
                self.stage = Stage::Leaving;
            }
            Stage::Joining(_) => self.over(CloseReason::Left),
            Stage::Leaving | Stage::Over(_) => {}
        }
    }

    fn say_goodbye(&mut self, reason: &str) {
        let details = ClosingDetails::default();
        // No router finds a GOODBYE too long.
        let _ = self.outbox.send(&Message::Goodbye(Goodbye { details, reason: reason.into() }));
    }

    fn abort(&mut self, reason: &str, text: &str) {
        let details = ClosingDetails { message: Some(text.into()) };
        // If the text is too long for the router, the end of the connection says it all.
        let _ = self.outbox.send(&Message::Abort(Abort { details, reason: reason.into() }));
    }

    /// The first reason is the one that counts.
    fn over(&mut self, reason: CloseReason) {
        if self.reason().is_none() {
            self.stage = Stage::Over(reason);
        }
    }

    fn flow(&self) -> ControlFlow<()> {
        match self.stage {
            Stage::Over(_) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// The request of ours that a message answers.
fn answered(message: &Message<'_>) -> Option<RequestId> {
    match message {
        Message::Error(error) => Some(error.request),
        Message::Result(result) => Some(result.request),
        Message::Registered(registered) => Some(registered.request),
        Message::Unregistered(unregistered) => Some(unregistered.request),
        Message::Published(published) => Some(published.request),
        Message::Subscribed(subscribed) => Some(subscribed.request),
        Message::Unsubscribed(unsubscribed) => Some(unsubscribed.request),
        _ => None,
    }
}

/// An ERROR, as the one who asked gets it. Arguments that cannot be read are left out.
pub(super) fn wamp_error(error: &message::Error<'_>) -> RequestError {
    let uri = error.error.as_ref().to_owned();
    let (args, kwargs) = error.payload.values().unwrap_or_default();
    RequestError::Wamp { uri, args, kwargs }
}

#[cfg(test)]
mod tests {
    use crosspoint_proto::framing::{Encoder, rawsocket};
    use crosspoint_proto::serializer::Serializer;

    use super::*;
    use crate::identity::Identity;

    #[test]
    fn after_the_routers_goodbye_nothing_is_asked_for() {
        let encoder = Encoder::RawSocket(rawsocket::Encoder::default());
        let (joining, mut joined) = oneshot::channel();
        let outbox = Outbox::new(encoder, Serializer::Json);
        let prover = Prover::new(&Identity::default(), [0; 16]).unwrap();
        let mut conversation = Conversation::open("realm1", prover, outbox, joining);
        let welcome = br#"[2,1,{"roles":{"broker":{},"dealer":{}}}]"#;
        assert!(conversation.on_octets(welcome).is_continue());
        assert!(conversation.takes_requests());
        assert_eq!(joined.try_recv().unwrap().unwrap().session, SessionId(1));
        let goodbye = br#"[6,{},"wamp.close.system_shutdown"]"#;
        assert!(conversation.on_octets(goodbye).is_break());
        assert!(!conversation.takes_requests());

        conversation.lose("it was closed");
        let reason = "wamp.close.system_shutdown".to_owned();
        assert_eq!(conversation.reason(), Some(&CloseReason::Goodbye { reason, message: None }));
    }
}
