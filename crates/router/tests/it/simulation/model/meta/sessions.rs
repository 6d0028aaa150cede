//! The session meta API, but for testaments.

use crosspoint_proto::value::{Dict, Value};

use super::in_any_order;
use crate::simulation::inbox::{Inbox, Told};
use crate::simulation::model::{ANONYMOUS, CallKey, Model, Name};

/// A call of one of its procedures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfSessions {
    Count { roles: Option<&'static [&'static str]> },
    List { roles: Option<&'static [&'static str]> },
    Get { session: u64 },
    Kill { session: u64, reason: Option<&'static str> },
    KillByAuthid { authid: &'static str },
    KillByAuthrole { authrole: &'static str },
    KillAll,
}

impl OfSessions {
    pub(super) fn procedure(self) -> &'static str {
        match self {
            OfSessions::Count { .. } => "wamp.session.count",
            OfSessions::List { .. } => "wamp.session.list",
            OfSessions::Get { .. } => "wamp.session.get",
            OfSessions::Kill { .. } => "wamp.session.kill",
            OfSessions::KillByAuthid { .. } => "wamp.session.kill_by_authid",
            OfSessions::KillByAuthrole { .. } => "wamp.session.kill_by_authrole",
            OfSessions::KillAll => "wamp.session.kill_all",
        }
    }

    pub(super) fn args(self) -> Vec<Value> {
        match self {
            OfSessions::Count { roles } | OfSessions::List { roles } => {
                let names = |roles: &[&str]| roles.iter().map(|role| Value::from(*role)).collect();
                roles.map(names).into_iter().collect()
            }
            OfSessions::Get { session } | OfSessions::Kill { session, .. } => vec![session.into()],
            OfSessions::KillByAuthid { authid: name }
            | OfSessions::KillByAuthrole { authrole: name } => vec![name.into()],
            OfSessions::KillAll => vec![],
        }
    }

    pub(super) fn kwargs(self) -> Dict {
        match self {
            OfSessions::Kill { reason: Some(reason), .. } => Dict::from([("reason", reason)]),
            _ => Dict::new(),
        }
    }
}

impl Model {
    pub(super) fn sessions_reply(
        &mut self,
        key: CallKey,
        question: OfSessions,
        inbox: &mut Inbox,
    ) -> Result<Vec<Value>, &'static str> {
        let caller = self.sessions[&key.0].id;
        let in_roles = |roles: Option<&[&str]>| {
            let all = self.sessions.values().map(|session| session.id);
            let meant = roles.is_none_or(|roles| roles.contains(&ANONYMOUS));
            all.filter(|_| meant).collect::<Vec<_>>()
        };
        Ok(vec![match question {
            OfSessions::Count { roles } => (in_roles(roles).len() as u64).into(),
            OfSessions::List { roles } => in_any_order(in_roles(roles), key, inbox),
            OfSessions::Get { session } => {
                let name = self.session_of(session).ok_or("wamp.error.no_such_session")?;
                let mut details = self.session_details(name);
                details.insert("x_events_dropped", events_dropped(key, inbox));
                details.into()
            }
            OfSessions::Kill { session, reason } => {
                let other = self.session_of(session).filter(|_| session != caller);
                kill(other.ok_or("wamp.error.no_such_session")?, reason, inbox);
                return Ok(vec![]);
            }
            OfSessions::KillByAuthid { authid: name } => {
                let killed = self.kill_others(key.0, name == ANONYMOUS, inbox);
                in_any_order(killed, key, inbox)
            }
            OfSessions::KillByAuthrole { authrole: name } => {
                (self.kill_others(key.0, name == ANONYMOUS, inbox).len() as u64).into()
            }
            OfSessions::KillAll => {
                let killed = self.kill_others(key.0, true, inbox);
                for session in self.sessions.values_mut().filter(|s| killed.contains(&s.id)) {
                    session.leaves_silently = true;
                }
                (killed.len() as u64).into()
            }
        }])
    }

    /// All but the caller, if they are meant.
    fn kill_others(&self, caller: Name, are_meant: bool, inbox: &mut Inbox) -> Vec<u64> {
        let others = self.sessions.iter().filter(|(name, _)| **name != caller && are_meant);
        let others: Vec<_> = others.map(|(name, session)| (*name, session.id)).collect();
        for (name, _) in &others {
            kill(*name, None, inbox);
        }
        others.into_iter().map(|(_, id)| id).collect()
    }

    fn session_of(&self, id: u64) -> Option<Name> {
        self.sessions.iter().find(|(_, session)| session.id == id).map(|(name, _)| *name)
    }

    fn session_details(&self, name: Name) -> Dict {
        let session = &self.sessions[&name];
        let transport = [("type", "rawsocket"), ("serializer", session.serializer)];
        Dict::from([
            ("session", Value::from(session.id)),
            ("authid", ANONYMOUS.into()),
            ("authrole", ANONYMOUS.into()),
            ("authmethod", ANONYMOUS.into()),
            ("authprovider", "static".into()),
            ("transport", Dict::from(transport).into()),
        ])
    }

    pub(in crate::simulation::model) fn announce_joined(&mut self, name: Name, inbox: &mut Inbox) {
        let args = [self.session_details(name).into()];
        self.announce("wamp.session.on_join", &args, inbox);
    }

    pub(in crate::simulation::model) fn announce_left(&mut self, name: Name, inbox: &mut Inbox) {
        let args = [self.sessions[&name].id.into(), ANONYMOUS.into(), ANONYMOUS.into()];
        self.announce("wamp.session.on_leave", &args, inbox);
    }
}

/// It is told, and leaves in a step of its own.
fn kill(name: Name, reason: Option<&str>, inbox: &mut Inbox) {
    let reason = reason.unwrap_or("wamp.close.killed").to_owned();
    inbox.expect(name, Told::Goodbye { reason });
    inbox.ignore(name);
}

/// Where there is room for everything none is dropped; elsewhere nobody counts them.
fn events_dropped(key: CallKey, inbox: &Inbox) -> u64 {
    match inbox.result_of(key) {
        Some([Value::Dict(told)]) if !inbox.has_room_for_all() => {
            told.get("x_events_dropped").and_then(Value::as_u64).unwrap_or_default()
        }
        _ => 0,
    }
}
