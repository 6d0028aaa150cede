//! The registration meta API: what it tells of the model's registrations, as they come and go and
//! when it is asked.

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::{Dict, Value};
use crosspoint_router::time::Time;

use super::calls::expect_answer;
use super::{CallKey, Model, Name, Registration};
use crate::simulation::inbox::{Inbox, Told};

/// A call of one of its procedures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    List,
    Lookup { uri: &'static str, matching: MatchPolicy },
    Match { procedure: &'static str },
    Get { registration: u64 },
    ListCallees { registration: u64 },
    CountCallees { registration: u64 },
    RemoveCallee { registration: u64, session: u64, reason: &'static str },
}

impl Question {
    pub(crate) fn procedure(self) -> &'static str {
        match self {
            Question::List => "wamp.registration.list",
            Question::Lookup { .. } => "wamp.registration.lookup",
            Question::Match { .. } => "wamp.registration.match",
            Question::Get { .. } => "wamp.registration.get",
            Question::ListCallees { .. } => "wamp.registration.list_callees",
            Question::CountCallees { .. } => "wamp.registration.count_callees",
            Question::RemoveCallee { .. } => "wamp.registration.remove_callee",
        }
    }

    pub(crate) fn args(self) -> Vec<Value> {
        match self {
            Question::List => vec![],
            Question::Lookup { uri, matching } => {
                vec![uri.into(), Dict::from([("match", matching.name())]).into()]
            }
            Question::Match { procedure } => vec![procedure.into()],
            Question::Get { registration }
            | Question::ListCallees { registration }
            | Question::CountCallees { registration } => vec![registration.into()],
            Question::RemoveCallee { registration, session, reason } => {
                vec![registration.into(), session.into(), reason.into()]
            }
        }
    }
}

impl Model {
    pub(crate) fn ask(
        &mut self,
        (caller, request): CallKey,
        question: Question,
        inbox: &mut Inbox,
    ) {
        let told = match self.reply(question, inbox) {
            Ok(args) => Told::Result { request, progress: false, args },
            Err(error) => Told::Error { request, error: error.to_owned() },
        };
        expect_answer((caller, request), told, inbox);
    }

    fn reply(&mut self, question: Question, inbox: &mut Inbox) -> Result<Vec<Value>, &'static str> {
        let get = |registration: u64| {
            self.registrations.get(&registration).ok_or("wamp.error.no_such_registration")
        };
        Ok(vec![match question {
            Question::List => self.list(),
            Question::Lookup { uri, matching } => self.registered(matching, uri).into(),
            Question::Match { procedure } => self.resolve(procedure).into(),
            Question::Get { registration } => {
                let found = get(registration)?;
                let callees = found.callees.iter();
                let in_flight: u64 = callees.map(|c| self.in_flight(registration, c)).sum();
                let mut details = details(registration, found);
                details.insert("x_calls_in_flight", in_flight);
                details.insert("x_calls_served", found.served);
                details.into()
            }
            Question::ListCallees { registration } => {
                let callees = get(registration)?.callees.iter();
                callees.map(|callee| self.sessions[&callee.name].id).collect()
            }
            Question::CountCallees { registration } => {
                (get(registration)?.callees.len() as u64).into()
            }
            Question::RemoveCallee { registration, session, reason } => {
                let callees = &get(registration)?.callees;
                let found = callees.iter().find(|c| self.sessions[&c.name].id == session);
                let callee = found.ok_or("wamp.error.no_such_session")?.name;
                self.revoke(registration, callee, reason, inbox);
                return Ok(vec![]);
            }
        }])
    }

    fn list(&self) -> Value {
        let lists = MatchPolicy::ALL.map(|policy| {
            let ids = self.registrations.iter().filter(|(_, r)| r.matching == policy);
            (policy.name(), ids.map(|(id, _)| *id).collect::<Value>())
        });
        Dict::from(lists).into()
    }

    pub(super) fn announce_created(&self, name: Name, registration: u64, inbox: &mut Inbox) {
        let details = details(registration, &self.registrations[&registration]);
        let args = [self.sessions[&name].id.into(), details.into()];
        self.publish(None, "wamp.registration.on_create", &args, inbox);
    }

    pub(super) fn announce_callee(
        &self,
        topic: &'static str,
        name: Name,
        registration: u64,
        inbox: &mut Inbox,
    ) {
        let args = [self.sessions[&name].id.into(), registration.into()];
        self.publish(None, topic, &args, inbox);
    }
}

fn details(id: u64, registration: &Registration) -> Dict {
    Dict::from([
        ("id", Value::from(id)),
        ("created", time(registration.created).into()),
        ("uri", registration.uri.into()),
        ("match", registration.matching.name().into()),
        ("invoke", registration.invoke.into()),
    ])
}

/// In ISO 8601. The simulation takes less than a day.
fn time(time: Time) -> String {
    let milliseconds = time.0 / 1000;
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("1970-01-01T{:02}:{:02}:{seconds:02}.{milliseconds:03}Z", minutes / 60, minutes % 60)
}
