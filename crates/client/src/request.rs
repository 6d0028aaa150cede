//! What the handles ask of the driver.

use std::pin::Pin;
use std::sync::Arc;

use crosspoint_proto::id::{InvocationId, PublicationId, RegistrationId, SubscriptionId};
use crosspoint_proto::message::rpc::CancelMode;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{Serializer, Unwritable};
use crosspoint_proto::value::{Dict, Value};
use tokio::sync::{oneshot, watch};

use crate::arguments::{Arguments, CallResult};
use crate::chunks;
use crate::error::{ApplicationError, RequestError};
use crate::events::EventSender;
use crate::invocation::{Invocation, ProgressError};
use crate::options::{CallOptions, PublishOptions, RegisterOptions, SubscribeOptions};

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
    Call(CallRequest),
    /// More of a call's arguments. Answered as soon as it is framed.
    Chunk {
        ticket: Ticket,
        payload: OwnedPayload,
        is_last: bool,
        framed: Reply<()>,
    },
    /// Answered as soon as it is framed.
    Publish {
        options: PublishOptions,
        topic: String,
        payload: OwnedPayload,
        framed: Reply<()>,
    },
    PublishAcknowledged {
        options: PublishOptions,
        topic: String,
        payload: OwnedPayload,
        reply: Reply<PublicationId>,
    },
    Register {
        options: RegisterOptions,
        provided: Provided,
        reply: Reply<RegistrationId>,
    },
    Unregister {
        registration: RegistrationId,
        reply: Reply<()>,
    },
    Subscribe {
        options: SubscribeOptions,
        topic: String,
        receiver: Receiver,
        reply: Reply<SubscriptionId>,
    },
    Unsubscribe {
        subscription: SubscriptionId,
        reply: Reply<()>,
    },
    Leave,
}

/// A call to be sent.
pub(crate) struct CallRequest {
    pub(crate) ticket: Ticket,
    pub(crate) options: CallOptions,
    pub(crate) procedure: String,
    pub(crate) payload: OwnedPayload,
    pub(crate) progressive: Option<Progressive>,
    pub(crate) reply: Reply<CallResult>,
}

/// What a call has besides that takes progressive results.
pub(crate) struct Progressive {
    pub(crate) results: chunks::Sender,
    /// Its arguments come piece by piece.
    pub(crate) chunked: bool,
    /// Answered as soon as it is framed, or refused.
    pub(crate) framed: Reply<()>,
}

/// A procedure that the session provides.
pub(crate) struct Provided {
    pub(crate) procedure: String,
    pub(crate) handler: Handler,
    /// Told if the router takes the registration away.
    pub(crate) revoked: watch::Sender<Option<Revoked>>,
}

/// Where the events of a subscription go.
pub(crate) struct Receiver {
    pub(crate) events: EventSender,
    /// It has asked for what is retained.
    pub(crate) wants_retained: bool,
    /// Told if the router takes the subscription away.
    pub(crate) revoked: watch::Sender<Option<Revoked>>,
}

/// The router has taken a registration or a subscription away.
#[derive(Clone, Debug)]
pub(crate) struct Revoked {
    pub(crate) reason: Option<String>,
}

impl Revoked {
    /// Waits until the router takes it away; none if the session is over before.
    pub(crate) async fn told(revoked: &watch::Receiver<Option<Revoked>>) -> Option<Revoked> {
        let mut revoked = revoked.clone();
        revoked.wait_for(Option::is_some).await.ok().and_then(|revoked| revoked.clone())
    }
}

/// A progressive result of a handler that waits to be sent.
#[derive(Debug)]
pub(crate) struct ProgressiveYield {
    pub(crate) invocation: InvocationId,
    pub(crate) payload: OwnedPayload,
    /// Answered as soon as it is framed.
    pub(crate) framed: oneshot::Sender<Result<(), ProgressError>>,
}

/// What somebody has stopped waiting for. Said when something is dropped, or where nobody can wait
/// for a place in a queue: there are at most three for each call alive, and one for each
/// subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Release {
    /// It is cancelled as its options say.
    Call(Ticket),
    /// It is cancelled like that, and its answer waited for.
    Cancel(Ticket, CancelMode),
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
