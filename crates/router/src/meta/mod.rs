//! The meta API: what the router tells of itself, by procedures and events that begin with `wamp.`
//!
//! Its procedures are not registered: calls of them are answered at once, in the turn in which they
//! come; or, if there may be much to look at, by a [`Search`].
//!
//! - [`arguments`]: what they are called with
//! - [`registration`], [`subscription`], [`session`]: each of the APIs; [`events`] is the history,
//!   and [`page`] what is given of it
//! - [`lists`]: all there is of something; [`killing`]: all sessions of a kind are ended
//! - [`testament`]: what sessions leave behind
//! - [`changes`]: the events

mod arguments;
pub(crate) mod changes;
mod events;
mod killing;
mod lists;
mod page;
mod registration;
mod session;
mod subscription;
pub(crate) mod testament;

use std::sync::Arc;

use crosspoint_proto::message::rpc;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::Value;

use crate::authorization::{Action, Question};
use crate::ids::PublicationIds;
use crate::limits::Limits;
use crate::member::Member;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::turn::Turn;
pub(crate) use arguments::Arguments;
pub(crate) use session::{details as session_details, transport as transport_details};
pub(crate) use testament::{Testament, Testaments};

/// A procedure of the router itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    Registration(registration::Procedure),
    Subscription(subscription::Procedure),
    Session(session::Procedure),
    Testament(testament::Procedure),
}

/// A call of such a procedure.
pub(crate) struct Asked<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) caller: &'a Arc<Member>,
    pub(crate) publication_ids: &'a mut PublicationIds,
    pub(crate) testaments: &'a mut Testaments,
    pub(crate) args: Arguments,
}

/// What a call of such a procedure comes to.
#[derive(Debug)]
pub(crate) enum Reply {
    /// These positional results.
    Values(Vec<Value>),
    /// These elements, in the caller's notation.
    Octets { arity: Arity, octets: Vec<u8> },
}

/// No result, but for the fact that it is done.
impl Default for Reply {
    fn default() -> Reply {
        Reply::Octets { arity: Arity::None, octets: Vec::new() }
    }
}

/// What a call of such a procedure begins.
pub(crate) enum Outcome {
    Reply(Reply),
    /// What it comes to is found in portions.
    Search(Box<dyn Search>),
}

/// A look at more than one turn is for.
pub(crate) trait Search: Send {
    /// Looks at some of it. The last time it gives what the call comes to.
    fn look(&mut self, realm: &Realm, caller: &Arc<Member>, turn: &mut Turn) -> Option<Reply>;
}

impl<T: Into<Reply>> From<T> for Outcome {
    fn from(reply: T) -> Outcome {
        Outcome::Reply(reply.into())
    }
}

impl<T: Into<Value>> From<T> for Reply {
    fn from(value: T) -> Reply {
        Reply::Values(vec![value.into()])
    }
}

/// What else whoever calls one of these has to have permission for: to publish what his testament says, and to
/// subscribe to what he asks for the history of.
pub(crate) fn also_needs(
    call: &rpc::Call<'_>,
    realm: &Realm,
    caller: &Member,
) -> Result<Option<Question>, Refusal> {
    let Some(procedure) = Procedure::from_uri(&call.procedure) else { return Ok(None) };
    let args = || procedure.arguments(call.payload, &caller.limits);
    Ok(match procedure {
        Procedure::Testament(testament::Procedure::Add) => {
            let uri = args()?.name("a topic")?.to_owned();
            Some(Question::new(Action::Publish, MatchPolicy::Exact, uri))
        }
        Procedure::Subscription(subscription::Procedure::GetEvents) => {
            // One that is made while somebody is asked about it must not be the one that is read.
            let subscription = subscription::find(realm, &args()?)?;
            let uri = subscription.pattern.to_string();
            Some(Question::new(Action::Subscribe, subscription.policy, uri))
        }
        _ => None,
    })
}

impl Procedure {
    pub(crate) fn from_uri(uri: &str) -> Option<Procedure> {
        registration::Procedure::from_uri(uri)
            .map(Procedure::Registration)
            .or_else(|| subscription::Procedure::from_uri(uri).map(Procedure::Subscription))
            .or_else(|| session::Procedure::from_uri(uri).map(Procedure::Session))
            .or_else(|| testament::Procedure::from_uri(uri).map(Procedure::Testament))
    }

    /// What a call comes with.
    pub(crate) fn arguments(
        self,
        payload: Payload<'_>,
        limits: &Limits,
    ) -> Result<Arguments, Refusal> {
        match self {
            Procedure::Testament(procedure) => procedure.arguments(payload, limits),
            _ => Arguments::read(payload),
        }
    }

    /// What a call begins, or has come to already.
    pub(crate) fn call(self, asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Outcome, Refusal> {
        match self {
            Procedure::Registration(procedure) => procedure.call(asked, turn),
            Procedure::Subscription(procedure) => procedure.call(asked, turn),
            Procedure::Session(procedure) => procedure.call(asked, turn),
            Procedure::Testament(procedure) => procedure.call(asked).map(Outcome::Reply),
        }
    }
}
