//! What the router tells unasked: the meta events.
//!
//! What happens is noted down under the realm's control lock, and told before the lock is given back,
//! so in the order in which it happened.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{MsgPackWriter, Serializer};
use crosspoint_proto::value::Value;

use super::{registration, session, subscription};
use crate::broker::subscription::Subscription;
use crate::broker::{Broker, Publication};
use crate::dealer::registration::Registration;
use crate::ids::PublicationIds;
use crate::member::Member;
use crate::turn::Turn;

/// What has happened and is not told yet.
#[derive(Default)]
pub(crate) struct Changes(Vec<Happened>);

enum Happened {
    Joined(Arc<Member>),
    Left(Arc<Member>),
    Registration(Change, SessionId, Arc<Registration>),
    Subscription(Change, SessionId, Arc<Subscription>),
}

/// What happens to registrations and subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Create,
    /// A session joins it.
    Add,
    /// A session leaves it.
    Remove,
    Delete,
}

impl Changes {
    pub(crate) fn note_joined(&mut self, member: &Arc<Member>) {
        self.0.push(Happened::Joined(Arc::clone(member)));
    }

    pub(crate) fn note_left(&mut self, member: &Arc<Member>) {
        self.0.push(Happened::Left(Arc::clone(member)));
    }

    pub(crate) fn note_registration(
        &mut self,
        change: Change,
        session: SessionId,
        registration: &Arc<Registration>,
    ) {
        self.0.push(Happened::Registration(change, session, Arc::clone(registration)));
    }

    pub(crate) fn note_subscription(
        &mut self,
        change: Change,
        session: SessionId,
        subscription: &Arc<Subscription>,
    ) {
        self.0.push(Happened::Subscription(change, session, Arc::clone(subscription)));
    }

    /// Publishes what has been noted down, as far as anybody listens.
    pub(crate) fn tell(
        &mut self,
        broker: &Broker,
        publication_ids: &mut PublicationIds,
        turn: &mut Turn,
    ) {
        let mut happened = mem::take(&mut self.0);
        for happened in happened.drain(..) {
            let topic = happened.topic();
            if broker.is_heard(topic) {
                publish(broker, publication_ids.draw(), topic, &happened.args(), turn);
            }
        }
        // Keeps its allocation, unless that is of a session which had a great many.
        if happened.capacity() <= CHANGES_KEPT_MAX {
            self.0 = happened;
        }
    }
}

/// Places that are kept for the next changes.
const CHANGES_KEPT_MAX: usize = 1 << 10;

impl Happened {
    fn topic(&self) -> &'static str {
        match self {
            Happened::Joined(_) => "wamp.session.on_join",
            Happened::Left(_) => "wamp.session.on_leave",
            Happened::Registration(change, ..) => match change {
                Change::Create => "wamp.registration.on_create",
                Change::Add => "wamp.registration.on_register",
                Change::Remove => "wamp.registration.on_unregister",
                Change::Delete => "wamp.registration.on_delete",
            },
            Happened::Subscription(change, ..) => match change {
                Change::Create => "wamp.subscription.on_create",
                Change::Add => "wamp.subscription.on_subscribe",
                Change::Remove => "wamp.subscription.on_unsubscribe",
                Change::Delete => "wamp.subscription.on_delete",
            },
        }
    }

    fn args(&self) -> Vec<Value> {
        let (session, subject) = match self {
            Happened::Joined(member) => return vec![session::details(member).into()],
            Happened::Left(member) => return session::last_details(member),
            Happened::Registration(change, session, registration) => match change {
                Change::Create => (session, registration::details(registration).into()),
                _ => (session, registration.id.0.into()),
            },
            Happened::Subscription(change, session, subscription) => match change {
                Change::Create => (session, subscription::details(subscription).into()),
                _ => (session, subscription.id.0.into()),
            },
        };
        vec![session.0.into(), subject]
    }
}

fn publish(broker: &Broker, id: PublicationId, topic: &str, args: &[Value], turn: &mut Turn) {
    let mut octets = Vec::new();
    // MessagePack has words for all of this.
    let written = Value::write_list(args, &mut MsgPackWriter::new(&mut octets));
    debug_assert!(written.is_ok());
    let payload = Payload { serializer: Serializer::MsgPack, arity: Arity::Args, octets: &octets };
    let published = broker.publish(&Publication::new(id, topic, payload), false, None, turn);
    debug_assert!(published.is_ok(), "nobody waits for it to be stored");
}
