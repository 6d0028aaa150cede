//! The meta API: what it tells of the model, as things come and go and when it is asked.
//!
//! - [`sessions`], [`registrations`], [`subscriptions`]: each of the APIs

mod registrations;
mod sessions;
mod subscriptions;

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::{Dict, Value};
use crosspoint_router::time::Time;

use super::calls::expect_answer;
use super::{CallKey, Model};
use crate::simulation::inbox::{Inbox, Told};
pub(crate) use registrations::OfRegistrations;
pub(crate) use sessions::OfSessions;
pub(crate) use subscriptions::OfSubscriptions;

/// A call of one of the router's procedures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    Sessions(OfSessions),
    Registrations(OfRegistrations),
    Subscriptions(OfSubscriptions),
}

impl Question {
    pub(crate) fn procedure(self) -> &'static str {
        match self {
            Question::Sessions(question) => question.procedure(),
            Question::Registrations(question) => question.procedure(),
            Question::Subscriptions(question) => question.procedure(),
        }
    }

    pub(crate) fn args(self) -> (Vec<Value>, Dict) {
        match self {
            Question::Sessions(question) => (question.args(), question.kwargs()),
            Question::Registrations(question) => (question.args(), Dict::new()),
            Question::Subscriptions(question) => (question.args(), question.kwargs()),
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
        let reply = match question {
            Question::Sessions(question) => self.sessions_reply((caller, request), question, inbox),
            Question::Registrations(question) => self.registrations_reply(question, inbox),
            Question::Subscriptions(question) => {
                self.subscriptions_reply((caller, request), question, inbox)
            }
        };
        let told = match reply {
            Ok(args) => Told::Result { request, progress: false, args },
            Err(error) => Told::Error { request, error: error.to_owned() },
        };
        expect_answer((caller, request), told, inbox);
    }
}

/// Lists of IDs, one for each match policy.
fn by_policy(ids: &[(MatchPolicy, u64)]) -> Value {
    let lists = MatchPolicy::ALL.map(|policy| {
        let ids = ids.iter().filter(|(of, _)| *of == policy);
        (policy.name(), ids.map(|(_, id)| *id).collect::<Value>())
    });
    Dict::from(lists).into()
}

/// The IDs as the caller is told them, if they are the right ones: their order means nothing.
fn in_any_order(mut ids: Vec<u64>, key: CallKey, inbox: &Inbox) -> Value {
    if let Some([Value::List(told)]) = inbox.result_of(key) {
        let mut sorted: Vec<_> = told.iter().filter_map(Value::as_u64).collect();
        sorted.sort_unstable();
        ids.sort_unstable();
        if sorted == ids {
            return told.clone().into();
        }
    }
    ids.into_iter().collect()
}

/// In ISO 8601. The simulation takes less than a day.
fn iso_8601(time: Time) -> String {
    let milliseconds = time.0 / 1000;
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("1970-01-01T{:02}:{:02}:{seconds:02}.{milliseconds:03}Z", minutes / 60, minutes % 60)
}
