//! The registration meta API: what it tells of the model's registrations, as they come and go and
//! when it is asked.

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::{Dict, Value};

use super::{by_policy, iso_8601};
use crate::simulation::inbox::Inbox;
use crate::simulation::model::{Model, Name, Registration};

/// A call of one of its procedures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfRegistrations {
    List,
    Lookup { uri: &'static str, matching: MatchPolicy },
    Match { procedure: &'static str },
    Get { registration: u64 },
    ListCallees { registration: u64 },
    CountCallees { registration: u64 },
    RemoveCallee { registration: u64, session: u64, reason: &'static str },
}

impl OfRegistrations {
    pub(super) fn procedure(self) -> &'static str {
        match self {
            OfRegistrations::List => "wamp.registration.list",
            OfRegistrations::Lookup { .. } => "wamp.registration.lookup",
            OfRegistrations::Match { .. } => "wamp.registration.match",
            OfRegistrations::Get { .. } => "wamp.registration.get",
            OfRegistrations::ListCallees { .. } => "wamp.registration.list_callees",
            OfRegistrations::CountCallees { .. } => "wamp.registration.count_callees",
            OfRegistrations::RemoveCallee { .. } => "wamp.registration.remove_callee",
        }
    }

    pub(super) fn args(self) -> Vec<Value> {
        match self {
            OfRegistrations::List => vec![],
            OfRegistrations::Lookup { uri, matching } => {
                vec![uri.into(), Dict::from([("match", matching.name())]).into()]
            }
            OfRegistrations::Match { procedure } => vec![procedure.into()],
            OfRegistrations::Get { registration }
            | OfRegistrations::ListCallees { registration }
            | OfRegistrations::CountCallees { registration } => vec![registration.into()],
            OfRegistrations::RemoveCallee { registration, session, reason } => {
                vec![registration.into(), session.into(), reason.into()]
            }
        }
    }
}

impl Model {
    pub(super) fn registrations_reply(
        &mut self,
        question: OfRegistrations,
        inbox: &mut Inbox,
    ) -> Result<Vec<Value>, &'static str> {
        let get = |registration: u64| {
            self.registrations.get(&registration).ok_or("wamp.error.no_such_registration")
        };
        Ok(vec![match question {
            OfRegistrations::List => {
                let registrations = self.registrations.iter();
                by_policy(&registrations.map(|(id, r)| (r.matching, *id)).collect::<Vec<_>>())
            }
            OfRegistrations::Lookup { uri, matching } => self.registered(matching, uri).into(),
            OfRegistrations::Match { procedure } => self.resolve(procedure).into(),
            OfRegistrations::Get { registration } => {
                let found = get(registration)?;
                let callees = found.callees.iter();
                let in_flight: u64 = callees.map(|c| self.in_flight(registration, c)).sum();
                let mut details = details(registration, found);
                details.insert("x_calls_in_flight", in_flight);
                details.insert("x_calls_served", found.served);
                details.into()
            }
            OfRegistrations::ListCallees { registration } => {
                let callees = get(registration)?.callees.iter();
                callees.map(|callee| self.sessions[&callee.name].id).collect()
            }
            OfRegistrations::CountCallees { registration } => {
                (get(registration)?.callees.len() as u64).into()
            }
            OfRegistrations::RemoveCallee { registration, session, reason } => {
                let callees = &get(registration)?.callees;
                let found = callees.iter().find(|c| self.sessions[&c.name].id == session);
                let callee = found.ok_or("wamp.error.no_such_session")?.name;
                self.revoke(registration, callee, reason, inbox);
                return Ok(vec![]);
            }
        }])
    }

    pub(in crate::simulation::model) fn announce_created(
        &mut self,
        name: Name,
        registration: u64,
        inbox: &mut Inbox,
    ) {
        let details = details(registration, &self.registrations[&registration]);
        let args = [self.sessions[&name].id.into(), details.into()];
        self.announce("wamp.registration.on_create", &args, inbox);
    }

    pub(in crate::simulation::model) fn announce_callee(
        &mut self,
        topic: &'static str,
        name: Name,
        registration: u64,
        inbox: &mut Inbox,
    ) {
        let args = [self.sessions[&name].id.into(), registration.into()];
        self.announce(topic, &args, inbox);
    }
}

fn details(id: u64, registration: &Registration) -> Dict {
    Dict::from([
        ("id", Value::from(id)),
        ("created", iso_8601(registration.created).into()),
        ("uri", registration.uri.into()),
        ("match", registration.matching.name().into()),
        ("invoke", registration.invoke.into()),
    ])
}
