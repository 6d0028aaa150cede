//! A session, as an application holds it: every request of WAMP is one method.
//!
//! What is asked goes to the [driver](crate::driver), which owns the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::feature::{Feature, Features};
use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::serializer::Serializer;
use tokio::sync::{mpsc, oneshot, watch};

use crate::arguments::{Arguments, CallResult};
use crate::call::{AwaitedCall, ChunkSender, ProgressiveCall};
use crate::chunks;
use crate::client::close_reason;
use crate::driver::Joined;
use crate::error::{ApplicationError, CloseReason, RequestError};
use crate::events;
use crate::invocation::Invocation;
use crate::limits::{EVENTS_WAITING_MAX, MESSAGE_OCTETS_SHORT};
use crate::options::{CallOptions, PublishOptions, RegisterOptions, SubscribeOptions};
use crate::registration::Registration;
use crate::request::{
    CallRequest, Handler, Handling, OwnedPayload, Progressive, Provided, Receiver, Release, Reply,
    Request, Ticket,
};
use crate::subscription::Subscription;

/// A session with a router. Clones are the same session.
///
/// It ends when [`Session::leave`] is called, or when the last clone is dropped and with it all
/// [`Registration`]s, [`Subscription`]s and calls under way: then it says goodbye by itself.
#[derive(Clone, Debug)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    joined: Joined,
    serializer: Serializer,
    /// To the driver. When all of these are gone, it leaves the realm.
    requests: mpsc::Sender<Request>,
    releases: mpsc::UnboundedSender<Release>,
    /// Why the session is over, as soon as it is. The driver drops its side when the connection is
    /// closed, too.
    closed: watch::Receiver<Option<CloseReason>>,
    tickets: AtomicU64,
}

impl Session {
    pub(crate) fn new(
        joined: Joined,
        serializer: Serializer,
        requests: mpsc::Sender<Request>,
        releases: mpsc::UnboundedSender<Release>,
        closed: watch::Receiver<Option<CloseReason>>,
    ) -> Session {
        let tickets = AtomicU64::new(0);
        let shared = Shared { joined, serializer, requests, releases, closed, tickets };
        Session { shared: Arc::new(shared) }
    }

    /// The session's ID.
    pub fn id(&self) -> SessionId {
        self.shared.joined.session
    }

    /// Who this is, as the router says: `anonymous`, if it does not know.
    pub fn authid(&self) -> &str {
        &self.shared.joined.authid
    }

    /// In which role this is here.
    pub fn authrole(&self) -> &str {
        &self.shared.joined.authrole
    }

    /// By which method the router has found that out.
    pub fn authmethod(&self) -> &str {
        &self.shared.joined.authmethod
    }

    /// The serializer that was agreed on with the router.
    pub fn serializer(&self) -> Serializer {
        self.shared.serializer
    }

    /// Calls a procedure and waits for what comes of it.
    ///
    /// Dropping the future cancels the call: the router and, if it can be told, the callee.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) {
    /// use crosspoint_client::RequestError;
    ///
    /// match session.call("com.example.add", (2, 3)).await {
    ///     Ok(result) => println!("{:?}", result.args),
    ///     Err(RequestError::Wamp { uri, args, .. }) => println!("the answer is no: {uri} {args:?}"),
    ///     Err(error) => println!("there is no answer: {error}"),
    /// }
    /// # }
    /// ```
    pub async fn call(
        &self,
        procedure: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<CallResult, RequestError> {
        self.call_with(CallOptions::new(), procedure, arguments).await
    }

    /// The same, with options.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
    /// use std::time::Duration;
    ///
    /// use crosspoint_client::CallOptions;
    ///
    /// let options = CallOptions::new().timeout(Duration::from_millis(500));
    /// let result = session.call_with(options, "com.example.add", (2, 3)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call_with(
        &self,
        options: CallOptions,
        procedure: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<CallResult, RequestError> {
        let call = self.begin_call(options, procedure.into(), &arguments.into(), None).await?;
        call.answer().await
    }

    /// Calls a procedure that may give progressive results before the last one. It is sent when
    /// this returns.
    ///
    /// See [`ProgressiveCall`] for an example.
    pub async fn call_progressive(
        &self,
        options: CallOptions,
        procedure: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<ProgressiveCall, RequestError> {
        self.begin_progressive(options, procedure.into(), &arguments.into(), false).await
    }

    /// The same, with arguments of which these are only the first chunk: the rest is sent with the
    /// [`ChunkSender`]. Router and callee have to support `progressive_call_invocations`.
    ///
    /// See [`ChunkSender`] for an example.
    pub async fn call_chunked(
        &self,
        options: CallOptions,
        procedure: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<(ChunkSender, ProgressiveCall), RequestError> {
        // A router that does not know what it is would end the session.
        self.require(Feature::ProgressiveCallInvocations)?;
        let call =
            self.begin_progressive(options, procedure.into(), &arguments.into(), true).await?;
        Ok((ChunkSender::new(self.clone(), call.call.ticket), call))
    }

    /// Publishes an event, and does not wait for the router to have it. Whoever leaves in good
    /// order afterwards can be sure that it has arrived.
    pub async fn publish(
        &self,
        topic: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<(), RequestError> {
        self.publish_with(PublishOptions::new(), topic, arguments).await
    }

    /// The same, with options: for some subscribers only, for example.
    ///
    /// A router that does not like an option publishes nothing, and has no way to say so: for that
    /// there is [`Session::publish_acknowledged_with`].
    ///
    /// ```no_run
    /// # async fn run(
    /// #     session: crosspoint_client::Session,
    /// #     caller: crosspoint_client::Caller,
    /// # ) -> Result<(), crosspoint_client::RequestError> {
    /// use crosspoint_client::PublishOptions;
    ///
    /// // Whoever has changed the price knows it.
    /// let options = PublishOptions::new().exclude([caller.session]).retain(true);
    /// session.publish_with(options, "com.example.price", (9.95,)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn publish_with(
        &self,
        options: PublishOptions,
        topic: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<(), RequestError> {
        self.require_for(&options)?;
        let (topic, payload) = (topic.into(), self.write(&arguments.into())?);
        // A URI's octets may be escaped, by six at most; and options are as long as they are.
        let surely_short = options == PublishOptions::new()
            && payload.octets() + 6 * topic.len() < MESSAGE_OCTETS_SHORT;
        let (framed, sent) = oneshot::channel();
        self.send(Request::Publish { options, topic, payload, framed }).await?;
        if surely_short {
            return Ok(());
        }
        sent.await.unwrap_or_else(|_over| Err(self.disconnected()))
    }

    /// Publishes an event, and waits until the router says that it has it.
    pub async fn publish_acknowledged(
        &self,
        topic: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<PublicationId, RequestError> {
        self.publish_acknowledged_with(PublishOptions::new(), topic, arguments).await
    }

    /// The same, with options.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
    /// use crosspoint_client::PublishOptions;
    ///
    /// let options = PublishOptions::new().disclose_me(true);
    /// let publication = session.publish_acknowledged_with(options, "com.example.news", (1,)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn publish_acknowledged_with(
        &self,
        options: PublishOptions,
        topic: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<PublicationId, RequestError> {
        self.require_for(&options)?;
        let (topic, payload) = (topic.into(), self.write(&arguments.into())?);
        self.request(|reply| Request::PublishAcknowledged { options, topic, payload, reply }).await
    }

    /// Registers a procedure. Each invocation runs the handler in a task of its own, so several run
    /// at a time; one that the caller cancels is dropped at its next `await`, as are all when the
    /// session ends.
    ///
    /// A handler that keeps a clone of the session keeps it open: [`Session::leave`] ends it.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
    /// use crosspoint_client::{ApplicationError, Arguments, Invocation, Value};
    ///
    /// async fn double(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    ///     match invocation.args.first().and_then(Value::as_i64) {
    ///         Some(number) => Ok((number * 2,).into()),
    ///         None => Err(ApplicationError::new("wamp.error.invalid_argument", "a number, please")),
    ///     }
    /// }
    ///
    /// let registration = session.register("com.example.double", double).await?;
    /// registration.unregister().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn register<H, F>(
        &self,
        procedure: impl Into<String>,
        handler: H,
    ) -> Result<Registration, RequestError>
    where
        H: Fn(Invocation) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Arguments, ApplicationError>> + Send + 'static,
    {
        self.register_with(RegisterOptions::new(), procedure, handler).await
    }

    /// The same, with options.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
    /// use crosspoint_client::{Arguments, Invocation, MatchPolicy, RegisterOptions};
    ///
    /// let options = RegisterOptions::new().matching(MatchPolicy::Prefix).disclose_caller(true);
    /// session
    ///     .register_with(options, "com.example", |invocation: Invocation| async move {
    ///         println!("{:?} calls {}", invocation.caller, invocation.procedure);
    ///         Ok(Arguments::default())
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn register_with<H, F>(
        &self,
        options: RegisterOptions,
        procedure: impl Into<String>,
        handler: H,
    ) -> Result<Registration, RequestError>
    where
        H: Fn(Invocation) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Arguments, ApplicationError>> + Send + 'static,
    {
        let procedure = procedure.into();
        let handler: Handler =
            Arc::new(move |invocation| -> Handling { Box::pin(handler(invocation)) });
        let (revoked, told) = watch::channel(None);
        let provided = Provided { procedure, handler, revoked };
        let registration =
            self.request(|reply| Request::Register { options, provided, reply }).await?;
        Ok(Registration::new(self.clone(), registration, told))
    }

    /// Subscribes to a topic.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
    /// let mut subscription = session.subscribe("com.example.news").await?;
    /// while let Some(event) = subscription.next().await {
    ///     match event {
    ///         Ok(event) => println!("{:?}", event.args),
    ///         Err(lagged) => println!("too slow: {lagged}"),
    ///     }
    /// }
    /// println!("no more events: {}", subscription.ended().await);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn subscribe(&self, topic: impl Into<String>) -> Result<Subscription, RequestError> {
        self.subscribe_with(SubscribeOptions::new(), topic).await
    }

    /// The same, with options: to all topics that match a pattern, for example.
    ///
    /// ```no_run
    /// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
    /// use crosspoint_client::MatchPolicy;
    ///
    /// let mut subscription = session.subscribe_with(MatchPolicy::Prefix, "com.example").await?;
    /// while let Some(Ok(event)) = subscription.next().await {
    ///     println!("{}: {:?}", event.topic, event.args);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn subscribe_with(
        &self,
        options: impl Into<SubscribeOptions>,
        topic: impl Into<String>,
    ) -> Result<Subscription, RequestError> {
        let (options, topic) = (options.into(), topic.into());
        let (sender, events) = events::queue(EVENTS_WAITING_MAX);
        let (revoked, told) = watch::channel(None);
        let wants_retained = options.get_retained;
        let receiver = Receiver { events: sender, wants_retained, revoked };
        let request = |reply| Request::Subscribe { options, topic, receiver, reply };
        let subscription = self.request(request).await?;
        Ok(Subscription::new(self.clone(), subscription, events, told))
    }

    /// Says goodbye, and waits until the connection is closed. What was published before has
    /// arrived then; calls that still wait fail.
    pub async fn leave(&self) {
        // If the session is over already there is nothing to be said.
        let _ = self.shared.requests.send(Request::Leave).await;
        self.closed().await;
    }

    /// Waits until the session is over and its connection closed, whoever has ended it.
    pub async fn closed(&self) -> CloseReason {
        let mut closed = self.shared.closed.clone();
        while closed.changed().await.is_ok() {}
        close_reason(&closed)
    }

    /// Does the router know how to cancel calls?
    pub(crate) fn require_canceling(&self) -> Result<(), RequestError> {
        self.require(Feature::CallCanceling)
    }

    /// Sends a call, and does not wait for its answer.
    async fn begin_call(
        &self,
        options: CallOptions,
        procedure: String,
        arguments: &Arguments,
        progressive: Option<Progressive>,
    ) -> Result<AwaitedCall, RequestError> {
        let payload = self.write(arguments)?;
        let ticket = Ticket(self.shared.tickets.fetch_add(1, Ordering::Relaxed));
        let (reply, answer) = oneshot::channel();
        let call = CallRequest { ticket, options, procedure, payload, progressive, reply };
        self.send(Request::Call(call)).await?;
        Ok(AwaitedCall { session: self.clone(), ticket, answer })
    }

    /// Sends a call with progressive results, and waits until it is among what will be written: what
    /// concerns it later does not find it unknown.
    async fn begin_progressive(
        &self,
        options: CallOptions,
        procedure: String,
        arguments: &Arguments,
        chunked: bool,
    ) -> Result<ProgressiveCall, RequestError> {
        let (results, received) = chunks::queue();
        let (framed, sent) = oneshot::channel();
        let progressive = Some(Progressive { results, chunked, framed });
        let call = self.begin_call(options, procedure, arguments, progressive).await?;
        sent.await.unwrap_or_else(|_over| Err(self.disconnected()))?;
        Ok(ProgressiveCall { results: received, call })
    }

    /// Does the router announce it, for calls?
    fn require(&self, feature: Feature) -> Result<(), RequestError> {
        announced(self.shared.joined.dealer, feature)
    }

    /// Does it announce what these options need? One that does not know of restrictions would give the
    /// event to everybody.
    fn require_for(&self, options: &PublishOptions) -> Result<(), RequestError> {
        if options.restrict_receivers() {
            announced(self.shared.joined.broker, Feature::SubscriberBlackwhiteListing)?;
        }
        Ok(())
    }

    /// Asks for something and waits for the answer.
    pub(crate) async fn request<T>(
        &self,
        request: impl FnOnce(Reply<T>) -> Request,
    ) -> Result<T, RequestError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply)).await?;
        answer.await.unwrap_or_else(|_over| Err(self.disconnected()))
    }

    /// Says that nobody waits any more.
    pub(crate) fn release(&self, release: Release) {
        // If the session is over nothing is held for anybody.
        let _ = self.shared.releases.send(release);
    }

    async fn send(&self, request: Request) -> Result<(), RequestError> {
        self.shared.requests.send(request).await.map_err(|_over| self.disconnected())
    }

    pub(crate) fn write(&self, arguments: &Arguments) -> Result<OwnedPayload, RequestError> {
        let Arguments { args, kwargs } = arguments;
        Ok(OwnedPayload::write(args, kwargs, self.shared.serializer)?)
    }

    pub(crate) fn disconnected(&self) -> RequestError {
        RequestError::Disconnected(close_reason(&self.shared.closed))
    }
}

fn announced(features: Features, feature: Feature) -> Result<(), RequestError> {
    if features.has(feature) { Ok(()) } else { Err(RequestError::Unsupported(feature)) }
}
