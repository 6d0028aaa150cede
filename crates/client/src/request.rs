//! What the handles ask of the driver.

use std::pin::Pin;
use std::sync::Arc;

use crosspoint_proto::id::{PublicationId, RegistrationId, SubscriptionId};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{Serializer, Unwritable};
use crosspoint_proto::value::{Dict, Value};
use tokio::sync::oneshot;

use crate::arguments::{Arguments, CallResult, Invocation};
use crate::error::{ApplicationError, RequestError};
use crate::events::EventSender;

/// Where an answer goes. Dropping it unanswered means that the session is over.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, RequestError>>;

/// Runs the invocations of one registration, each in a task of its own.
pub(crate) type Handler = Arc<dyn Fn(Invocation) -> Handling + Send + Sync>;

/// One invocation being handled.
pub(crate) type Handling =
    Pin<Box<dyn Future<Output = Result<Arguments, ApplicationError>> + Send>>;

/// A call's number among those of a session, by which it can be cancelled before anybody knows its
/// request ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// What is sent in the order in which it was asked for.
pub(crate) enum Request {
    Call {
        ticket: Ticket,
        procedure: String,
        payload: OwnedPayload,
        reply: Reply<CallResult>,
    },
    /// Answered as soon as it is framed.
    Publish {
        topic: String,
        payload: OwnedPayload,
        framed: Reply<()>,
    },
    PublishAcknowledged {
        topic: String,
        payload: OwnedPayload,
        reply: Reply<PublicationId>,
    },
    Register {
        procedure: String,
        handler: Handler,
        reply: Reply<RegistrationId>,
    },
    Unregister {
        registration: RegistrationId,
        reply: Reply<()>,
    },
    Subscribe {
        topic: String,
        events: EventSender,
        reply: Reply<SubscriptionId>,
    },
    Unsubscribe {
        subscription: SubscriptionId,
        reply: Reply<()>,
    },
    Leave,
}

/// What somebody has stopped waiting for. Said when something is dropped, where nobody can wait for
/// a place in a queue: there is at most one for each call and subscription alive.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Release {
    Call(Ticket),
    Subscription(SubscriptionId),
}

/// A payload that is written already, by the task that asks.
#[derive(Debug)]
pub(crate) struct OwnedPayload {
    serializer: Serializer,
    arity: Arity,
    octets: Vec<u8>,
}

impl OwnedPayload {
    pub(crate) fn write(
        args: &[Value],
        kwargs: &Dict,
        serializer: Serializer,
    ) -> Result<OwnedPayload, Unwritable> {
        let mut octets = Vec::new();
        let arity = Payload::write(args, kwargs, serializer, &mut octets)?.arity;
        Ok(OwnedPayload { serializer, arity, octets })
    }

    pub(crate) fn none(serializer: Serializer) -> OwnedPayload {
        OwnedPayload { serializer, arity: Arity::None, octets: Vec::new() }
    }

    /// Its length.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len()
    }

    pub(crate) fn as_payload(&self) -> Payload<'_> {
        let OwnedPayload { serializer, arity, octets } = self;
        Payload { serializer: *serializer, arity: *arity, octets }
    }
}
