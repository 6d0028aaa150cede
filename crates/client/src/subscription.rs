//! A subscription: the events of a topic, one after the other.

use crosspoint_proto::id::SubscriptionId;

use crate::arguments::Event;
use crate::error::RequestError;
use crate::events::{EventReceiver, Lagged};
use crate::request::{Release, Request};
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
}

impl Subscription {
    pub(crate) fn new(session: Session, id: SubscriptionId, events: EventReceiver) -> Subscription {
        Subscription { session, id, events }
    }

    /// The subscription's ID. Two subscriptions of a session to one topic have the same.
    pub fn id(&self) -> SubscriptionId {
        self.id
    }

    /// The next event, or how many are missing before it. None when the session is over and all
    /// events have been taken. The future can be dropped without losing anything.
    pub async fn next(&mut self) -> Option<Result<Event, Lagged>> {
        self.events.next().await
    }

    /// Ends the subscription, and waits until the router says that no more events will come.
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
