//! A subscription: the events of a topic, one after the other.

use std::fmt;

use crosspoint_proto::id::SubscriptionId;
use tokio::sync::watch;

use crate::arguments::Event;
use crate::error::{CloseReason, RequestError};
use crate::events::{EventReceiver, Lagged};
use crate::request::{Release, Request, Revoked};
use crate::session::Session;

/// The events of a topic. Dropping it unsubscribes.
///
/// Events wait in a queue of 1024. If they come faster than they are taken, the oldest are lost, and
/// [`Lagged`] stands in their place.
#[derive(Debug)]
pub struct Subscription {
    session: Session,
    id: SubscriptionId,
    events: EventReceiver,
    /// Told by the driver if the router takes the subscription away; dropped when the session is
    /// over.
    revoked: watch::Receiver<Option<Revoked>>,
}

/// Why there are no more events, although nobody has unsubscribed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscriptionEnd {
    /// The router has taken the subscription away, and the session goes on.
    Revoked {
        /// Why, if the router says.
        reason: Option<String>,
    },
    /// The session is over.
    SessionClosed(CloseReason),
}

impl Subscription {
    pub(crate) fn new(
        session: Session,
        id: SubscriptionId,
        events: EventReceiver,
        revoked: watch::Receiver<Option<Revoked>>,
    ) -> Subscription {
        Subscription { session, id, events, revoked }
    }

    /// The subscription's ID. Two subscriptions of a session to one topic have the same.
    pub fn id(&self) -> SubscriptionId {
        self.id
    }

    /// The next event, or how many are missing before it. None when the session is over, or the
    /// router has taken the subscription away ([`Subscription::ended`] says which), and all events
    /// have been taken. The future can be dropped without losing anything.
    pub async fn next(&mut self) -> Option<Result<Event, Lagged>> {
        self.events.next().await
    }

    /// Waits until the router takes the subscription away, or the session is over, and says why.
    ///
    /// Events that came before can still be taken. To subscribe again is to ask the router anew.
    ///
    /// ```no_run
    /// # async fn run(mut subscription: crosspoint_client::Subscription) {
    /// use crosspoint_client::SubscriptionEnd;
    ///
    /// while let Some(Ok(event)) = subscription.next().await {
    ///     println!("{:?}", event.args);
    /// }
    /// match subscription.ended().await {
    ///     SubscriptionEnd::Revoked { reason } => println!("no more events for us: {reason:?}"),
    ///     end => println!("{end}"),
    /// }
    /// # }
    /// ```
    pub async fn ended(&self) -> SubscriptionEnd {
        match Revoked::told(&self.revoked).await {
            Some(Revoked { reason }) => SubscriptionEnd::Revoked { reason },
            None => SubscriptionEnd::SessionClosed(self.session.closed().await),
        }
    }

    /// Ends the subscription, and waits until the router says that no more events will come. Nothing
    /// is left to be done if the router has taken it away.
    pub async fn unsubscribe(self) -> Result<(), RequestError> {
        self.events.abandon();
        let subscription = self.id;
        self.session.request(|reply| Request::Unsubscribe { subscription, reply }).await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.events.abandon();
        self.session.release(Release::Subscription(self.id));
    }
}

impl fmt::Display for SubscriptionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubscriptionEnd::Revoked { reason: Some(reason) } => {
                write!(f, "the router has revoked the subscription: {reason}")
            }
            SubscriptionEnd::Revoked { reason: None } => {
                f.write_str("the router has revoked the subscription")
            }
            SubscriptionEnd::SessionClosed(reason) => reason.fmt(f),
        }
    }
}
