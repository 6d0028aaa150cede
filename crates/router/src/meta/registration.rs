//! The registration meta API: `wamp.registration.*`
//!
//! See "Registration Meta API" in the specification's Advanced Profile. `remove_callee`, and the
//! details that begin with `x_`, are not of the specification.

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SessionId};
use crosspoint_proto::value::{Dict, Value};

use super::arguments::Arguments;
use super::lists::ListsByPolicy;
use super::{Asked, Outcome, Reply};
use crate::dealer::Dealer;
use crate::dealer::registration::Registration;
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
    pub(super) fn from_uri(uri: &str) -> Option<Procedure> {
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

    pub(super) fn call(self, asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Outcome, Refusal> {
        let (realm, args) = (asked.realm, &asked.args);
        Ok(match self {
            Procedure::List => Outcome::Search(ListsByPolicy::of_registrations()),
            Procedure::Lookup => lookup(&realm.dealer, args)?.into(),
            Procedure::Match => match_uri(&realm.dealer, args.name("a procedure's URI")?).into(),
            Procedure::Get => details_and_statistics(&*find(realm, args)?).into(),
            Procedure::ListCallees => list_callees(&*find(realm, args)?).into(),
            Procedure::CountCallees => {
                Value::from(find(realm, args)?.count_callees() as u64).into()
            }
            Procedure::RemoveCallee => remove_callee(asked, turn)?.into(),
        })
    }
}

/// The registration of just this procedure or pattern.
fn lookup(dealer: &Dealer, args: &Arguments) -> Result<Value, Refusal> {
    let procedure = args.name("a procedure's URI")?;
    let found = dealer.registrations.get(args.match_option()?, procedure);
    Ok(id_or_null(found.as_deref()))
}

/// The registration that a call of this procedure would go to.
fn match_uri(dealer: &Dealer, procedure: &str) -> Value {
    id_or_null(dealer.registrations.resolve(procedure).as_deref())
}

fn remove_callee(asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Reply, Refusal> {
    let Asked { realm, args, publication_ids, .. } = asked;
    let id = registration_argument(args)?;
    let session = SessionId(args.id(1, "a session's ID")?);
    let reason = args.reason()?;
    realm.change(publication_ids, turn, |realm, control, turn| {
        let Some(registration) = control.registrations.get(&id).cloned() else {
            return Err(no_such_registration(id));
        };
        if !realm.dealer.revoke(control, &registration, session, reason, turn) {
            let text = format!("session {session} is no callee of this registration");
            return Err(Refusal { error: error_uri::NO_SUCH_SESSION, text });
        }
        Ok(Reply::default())
    })
}

fn list_callees(registration: &Registration) -> Value {
    let callees = registration.callees().into_iter();
    Value::from(callees.map(|session| Value::from(session.0)).collect::<Vec<_>>())
}

fn find(realm: &Realm, args: &Arguments) -> Result<Arc<Registration>, Refusal> {
    let id = registration_argument(args)?;
    let found = realm.control.lock().registrations.get(&id).cloned();
    found.ok_or_else(|| no_such_registration(id))
}

/// What `get` and `on_create` tell of a registration.
pub(super) fn details(registration: &Registration) -> Dict {
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

fn registration_argument(args: &Arguments) -> Result<RegistrationId, Refusal> {
    args.id(0, "a registration's ID").map(RegistrationId)
}

fn id_or_null(registration: Option<&Registration>) -> Value {
    registration.map_or(Value::Null, |registration| registration.id.0.into())
}

fn no_such_registration(id: RegistrationId) -> Refusal {
    let text = format!("there is no registration {id}");
    Refusal { error: error_uri::NO_SUCH_REGISTRATION, text }
}
