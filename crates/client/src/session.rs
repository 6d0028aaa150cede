//! A session, as an application holds it: every request of WAMP is one method.
//!
//! What is asked goes to the [driver](crate::driver), which owns the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::serializer::Serializer;
use tokio::sync::{mpsc, oneshot, watch};

use crate::arguments::{Arguments, CallResult, Invocation};
use crate::client::close_reason;
use crate::driver::Joined;
use crate::error::{ApplicationError, CloseReason, RequestError};
use crate::events;
use crate::limits::{EVENTS_WAITING_MAX, MESSAGE_OCTETS_SHORT};
use crate::registration::Registration;
use crate::request::{Handler, Handling, OwnedPayload, Release, Reply, Request, Ticket};
use crate::subscription::Subscription;

/// A session with a router. Clones are the same session.
///
/// It ends when [`Session::leave`] is called, or when the last clone is dropped and with it all
/// [`Registration`]s and [`Subscription`]s: then it says goodbye by itself.
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
        let (procedure, payload) = (procedure.into(), self.write(&arguments.into())?);
        let ticket = Ticket(self.shared.tickets.fetch_add(1, Ordering::Relaxed));
        let (reply, answer) = oneshot::channel();
        self.send(Request::Call { ticket, procedure, payload, reply }).await?;
        let mut call = AwaitedCall { session: self, ticket, answer };
        match (&mut call.answer).await {
            Ok(answer) => answer,
            Err(_over) => Err(self.disconnected()),
        }
    }

    /// Publishes an event, and does not wait for the router to have it. Whoever leaves in good
    /// order afterwards can be sure that it has arrived.
    pub async fn publish(
        &self,
        topic: impl Into<String>,
        arguments: impl Into<Arguments>,
    ) -> Result<(), RequestError> {
        let (topic, payload) = (topic.into(), self.write(&arguments.into())?);
        // A URI's octets may be escaped, by six at most.
        let surely_short = payload.octets() + 6 * topic.len() < MESSAGE_OCTETS_SHORT;
        let (framed, sent) = oneshot::channel();
        self.send(Request::Publish { topic, payload, framed }).await?;
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
        let (topic, payload) = (topic.into(), self.write(&arguments.into())?);
        self.request(|reply| Request::PublishAcknowledged { topic, payload, reply }).await
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
        let procedure = procedure.into();
        let handler: Handler =
            Arc::new(move |invocation| -> Handling { Box::pin(handler(invocation)) });
        let registration =
            self.request(|reply| Request::Register { procedure, handler, reply }).await?;
        Ok(Registration::new(self.clone(), registration))
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
    /// println!("the session is over: {}", session.closed().await);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn subscribe(&self, topic: impl Into<String>) -> Result<Subscription, RequestError> {
        let topic = topic.into();
        let (events, received) = events::queue(EVENTS_WAITING_MAX);
        let subscription =
            self.request(|reply| Request::Subscribe { topic, events, reply }).await?;
        Ok(Subscription::new(self.clone(), subscription, received))
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

    fn write(&self, arguments: &Arguments) -> Result<OwnedPayload, RequestError> {
        let Arguments { args, kwargs } = arguments;
        Ok(OwnedPayload::write(args, kwargs, self.shared.serializer)?)
    }

    fn disconnected(&self) -> RequestError {
        RequestError::Disconnected(close_reason(&self.shared.closed))
    }
}

/// A call that waits for its answer, and is cancelled if it stops waiting.
struct AwaitedCall<'s> {
    session: &'s Session,
    ticket: Ticket,
    answer: oneshot::Receiver<Result<CallResult, RequestError>>,
}

impl Drop for AwaitedCall<'_> {
    fn drop(&mut self) {
        if self.answer.is_terminated() {
            return;
        }
        // In this order: a driver that hears of it before it has sent the call sees that nobody
        // waits, and never sends it.
        self.answer.close();
        self.session.release(Release::Call(self.ticket));
    }
}
