//! The registration meta API: `wamp.registration.*`
//!
//! See "Registration Meta API" in the specification's Advanced Profile. `remove_callee`, and the
//! details that begin with `x_`, are not of the specification.

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SessionId};
use crosspoint_proto::message::rpc;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{MsgPackWriter, Serializer};
use crosspoint_proto::uri::{MatchPolicy, UriRules};
use crosspoint_proto::value::{Dict, Value};

use crate::broker::{Broker, Publication};
use crate::dealer::Dealer;
use crate::dealer::registration::Registration;
use crate::dealer::registrations::match_policy;
use crate::ids::PublicationIds;
use crate::limits::META_ARGUMENTS_OCTETS_MAX;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::turn::Turn;

/// A procedure of the registration meta API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    List,
    Lookup,
    Match,
    Get,
    ListCallees,
    CountCallees,
    RemoveCallee,
}

impl Procedure {
    pub(crate) fn from_uri(uri: &str) -> Option<Procedure> {
        Some(match uri.strip_prefix("wamp.registration.")? {
            "list" => Procedure::List,
            "lookup" => Procedure::Lookup,
            "match" => Procedure::Match,
            "get" => Procedure::Get,
            "list_callees" => Procedure::ListCallees,
            "count_callees" => Procedure::CountCallees,
            "remove_callee" => Procedure::RemoveCallee,
            _ => return None,
        })
    }

    /// The result of a call, if it has one.
    pub(crate) fn call(
        self,
        realm: &Realm,
        message: &rpc::Call<'_>,
        publication_ids: &mut PublicationIds,
        turn: &mut Turn,
    ) -> Result<Option<Value>, Refusal> {
        if message.payload.octets.len() > META_ARGUMENTS_OCTETS_MAX {
            return Err(invalid("the arguments are longer than any that mean something here"));
        }
        let (args, kwargs) = message.payload.values().map_err(|unreadable| Refusal {
            error: error_uri::INVALID_ARGUMENT,
            text: format!("the arguments cannot be read: {unreadable}"),
        })?;
        Ok(Some(match self {
            Procedure::List => list(realm),
            Procedure::Lookup => lookup(&realm.dealer, &args)?,
            Procedure::Match => match_uri(&realm.dealer, uri_argument(&args)?),
            Procedure::Get => Value::Dict(details_and_statistics(&*find(realm, &args)?)),
            Procedure::ListCallees => list_callees(&*find(realm, &args)?),
            Procedure::CountCallees => (find(realm, &args)?.count_callees() as u64).into(),
            Procedure::RemoveCallee => {
                remove_callee(realm, &args, &kwargs, publication_ids, turn)?;
                return Ok(None);
            }
        }))
    }
}

/// The IDs of all registrations, by match policy.
fn list(realm: &Realm) -> Value {
    let mut lists = MatchPolicy::ALL.map(|policy| (policy, Vec::new()));
    for registration in realm.control.lock().registrations.values() {
        let list = lists.iter_mut().find(|(policy, _)| *policy == registration.matching);
        if let Some((_, ids)) = list {
            ids.push(Value::from(registration.id.0));
        }
    }
    let lists = lists.map(|(policy, ids)| (policy.name(), Value::from(ids)));
    Value::Dict(Dict::from(lists))
}

/// The registration of just this procedure or pattern.
fn lookup(dealer: &Dealer, args: &[Value]) -> Result<Value, Refusal> {
    let procedure = uri_argument(args)?;
    let matching = match args.get(1) {
        None | Some(Value::Null) => None,
        Some(Value::Dict(options)) => match options.get("match") {
            None | Some(Value::Null) => None,
            Some(Value::Str(name)) => Some(name.as_str()),
            Some(_) => return Err(invalid("options.match must be a string")),
        },
        Some(_) => return Err(invalid("the second argument, options, must be a dict")),
    };
    let found = dealer.registrations.get(match_policy(matching)?, procedure);
    Ok(id_or_null(found.as_deref()))
}

/// The registration that a call of this procedure would go to.
fn match_uri(dealer: &Dealer, procedure: &str) -> Value {
    id_or_null(dealer.registrations.resolve(procedure).as_deref())
}

fn remove_callee(
    realm: &Realm,
    args: &[Value],
    kwargs: &Dict,
    publication_ids: &mut PublicationIds,
    turn: &mut Turn,
) -> Result<(), Refusal> {
    let registration = registration_argument(args)?;
    let session = args.get(1).and_then(Value::as_u64).map(SessionId);
    let session =
        session.ok_or_else(|| invalid("the second argument, a session ID, is missing"))?;
    let reason = args.get(2).or_else(|| kwargs.get("reason")).and_then(Value::as_str);
    if let Some(Err(not_a_uri)) = reason.map(|reason| UriRules::Loose.check(reason)) {
        return Err(Refusal::invalid_uri("reason", not_a_uri));
    }
    realm.change_registrations(publication_ids, turn, |dealer, control, turn| {
        let Some(registration) = control.registrations.get(&registration).cloned() else {
            return Err(no_such_registration(registration));
        };
        if !dealer.revoke(control, &registration, session, reason, turn) {
            let text = format!("session {session} is no callee of this registration");
            return Err(Refusal { error: error_uri::NO_SUCH_SESSION, text });
        }
        Ok(())
    })
}

fn list_callees(registration: &Registration) -> Value {
    let callees = registration.callees().into_iter();
    Value::from(callees.map(|session| Value::from(session.0)).collect::<Vec<_>>())
}

fn find(realm: &Realm, args: &[Value]) -> Result<Arc<Registration>, Refusal> {
    let id = registration_argument(args)?;
    let found = realm.control.lock().registrations.get(&id).cloned();
    found.ok_or_else(|| no_such_registration(id))
}

/// What `get` and `on_create` tell of a registration.
fn details(registration: &Registration) -> Dict {
    Dict::from([
        ("id", Value::from(registration.id.0)),
        ("created", Value::from(registration.created.to_iso_8601())),
        ("uri", Value::from(&*registration.procedure)),
        ("match", Value::from(registration.matching.name())),
        ("invoke", Value::from(registration.invoke.name())),
    ])
}

/// What only `get` tells: it changes from call to call.
fn details_and_statistics(registration: &Registration) -> Dict {
    let mut details = details(registration);
    let (in_flight, served) = registration.statistics();
    details.insert("x_calls_in_flight", in_flight);
    details.insert("x_calls_served", served);
    details
}

fn uri_argument(args: &[Value]) -> Result<&str, Refusal> {
    let uri = args.first().and_then(Value::as_str);
    uri.ok_or_else(|| invalid("the first argument, a procedure's URI, is missing"))
}

fn registration_argument(args: &[Value]) -> Result<RegistrationId, Refusal> {
    let id = args.first().and_then(Value::as_u64).map(RegistrationId);
    id.ok_or_else(|| invalid("the first argument, a registration's ID, is missing"))
}

fn id_or_null(registration: Option<&Registration>) -> Value {
    registration.map_or(Value::Null, |registration| registration.id.0.into())
}

fn invalid(text: &str) -> Refusal {
    Refusal { error: error_uri::INVALID_ARGUMENT, text: text.into() }
}

fn no_such_registration(id: RegistrationId) -> Refusal {
    let text = format!("there is no registration {id}");
    Refusal { error: error_uri::NO_SUCH_REGISTRATION, text }
}

/// What has happened to registrations.
#[derive(Default)]
pub(crate) struct Changes {
    /// Somebody listens. Else nothing is noted down.
    wanted: bool,
    changes: Vec<(Change, SessionId, Arc<Registration>)>,
}

/// The events of the registration meta API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Create,
    Register,
    Unregister,
    Delete,
}

impl Change {
    const ALL: [Change; 4] = [Change::Create, Change::Register, Change::Unregister, Change::Delete];

    fn topic(self) -> &'static str {
        match self {
            Change::Create => "wamp.registration.on_create",
            Change::Register => "wamp.registration.on_register",
            Change::Unregister => "wamp.registration.on_unregister",
            Change::Delete => "wamp.registration.on_delete",
        }
    }
}

impl Changes {
    /// Finds out whether anybody listens.
    pub(crate) fn start(&mut self, broker: &Broker) {
        self.wanted = Change::ALL.iter().any(|change| broker.has_subscribers(change.topic()));
    }

    pub(crate) fn note(
        &mut self,
        change: Change,
        session: SessionId,
        registration: &Arc<Registration>,
    ) {
        if self.wanted {
            self.changes.push((change, session, Arc::clone(registration)));
        }
    }
}

/// Publishes what has been noted down.
pub(crate) fn announce(
    changes: &mut Changes,
    broker: &Broker,
    publication_ids: &mut PublicationIds,
    turn: &mut Turn,
) {
    for (change, session, registration) in changes.changes.drain(..) {
        let subject = match change {
            Change::Create => Value::Dict(details(&registration)),
            Change::Register | Change::Unregister | Change::Delete => registration.id.0.into(),
        };
        let mut octets = Vec::new();
        let args = [Value::from(session.0), subject];
        // MessagePack has words for all of this.
        let written = Value::write_list(&args, &mut MsgPackWriter::new(&mut octets));
        debug_assert!(written.is_ok());
        let payload =
            Payload { serializer: Serializer::MsgPack, arity: Arity::Args, octets: &octets };
        let (id, topic) = (publication_ids.draw(), change.topic());
        broker.dispatch(&Publication { id, topic, payload, excluded: None }, turn);
    }
}
