//! The session meta API: `wamp.session.*`, but for testaments.
//!
//! A session that is killed is gone for everybody from that moment on: it is not counted or found any
//! more, and gets nothing after its GOODBYE. What it holds is given up by its own task, which says
//! so then.
//!
//! See "Session Meta API" in the specification's Advanced Profile. Details that begin with `x_` are
//! not of the specification, and what stands in `transport` is the router's own.

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::framing::Encoder;
use crosspoint_proto::id::SessionId;
use crosspoint_proto::value::{Dict, Value};

use super::arguments::Arguments;
use super::killing::{Farewell, Killing, Victims};
use super::lists::Sessions;
use super::{Asked, Outcome, Reply};
use crate::member::{Identity, Member};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::turn::Turn;

/// A procedure of the session meta API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    Count,
    List,
    Get,
    Kill,
    KillByAuthid,
    KillByAuthrole,
    KillAll,
}

impl Procedure {
    pub(super) fn from_uri(uri: &str) -> Option<Procedure> {
        Some(match uri.strip_prefix("wamp.session.")? {
            "count" => Procedure::Count,
            "list" => Procedure::List,
            "get" => Procedure::Get,
            "kill" => Procedure::Kill,
            "kill_by_authid" => Procedure::KillByAuthid,
            "kill_by_authrole" => Procedure::KillByAuthrole,
            "kill_all" => Procedure::KillAll,
            _ => return None,
        })
    }

    pub(super) fn call(self, asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Outcome, Refusal> {
        let (realm, args, caller) = (asked.realm, &asked.args, asked.caller.session);
        Ok(match self {
            Procedure::Count => find(args, |sessions| (sessions.len() as u64).into())?,
            Procedure::List => find(args, |sessions| Value::from(sessions).into())?,
            Procedure::Get => get(realm, args)?.into(),
            Procedure::Kill => kill(asked, turn)?.into(),
            Procedure::KillByAuthid => {
                let authid = args.name("an authid")?.to_owned();
                kill_others(args, caller, Victims::OfAuthid(authid), |killed| ids(killed).into())?
            }
            Procedure::KillByAuthrole => {
                let authrole = args.name("an authrole")?.to_owned();
                kill_others(args, caller, Victims::OfAuthrole(authrole), |killed| {
                    count(killed).into()
                })?
            }
            Procedure::KillAll => {
                kill_others(args, caller, Victims::All, |killed| count(killed).into())?
            }
        })
    }
}

/// The sessions of the realm, or those in one of the roles that are asked for.
fn find(args: &Arguments, reply: fn(Vec<Value>) -> Reply) -> Result<Outcome, Refusal> {
    let roles = args.names("the roles to count")?;
    let roles = roles.map(|roles| roles.into_iter().map(Into::into).collect());
    Ok(Outcome::Search(Box::new(Sessions::new(roles, reply))))
}

fn get(realm: &Realm, args: &Arguments) -> Result<Dict, Refusal> {
    let session = session_argument(args)?;
    let found = realm.control.lock().place(session).map(|place| Arc::clone(&place.member));
    let member = found.ok_or_else(|| no_such_session(format!("there is no session {session}")))?;
    let mut details = details(&member);
    details.insert("x_events_dropped", member.events_dropped());
    Ok(details)
}

/// Ends one session. The caller cannot mean itself.
fn kill(asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Reply, Refusal> {
    let Asked { realm, caller, publication_ids, args, .. } = asked;
    let (session, farewell) = (session_argument(args)?, Farewell::read(args, caller.session)?);
    let killed = realm.change(publication_ids, turn, |realm, control, turn| {
        let may = session != caller.session && !caller.has_ended();
        may && control.place(session).is_some_and(|place| {
            // Before it is told, upon which it may come again at once.
            forget(realm, &place.member, caller);
            farewell.say_to(&place.member, turn)
        })
    });
    if !killed {
        return Err(no_such_session(format!("there is no other session {session}")));
    }
    Ok(Reply::default())
}

/// Who is killed does not come back by his cookie, unless the caller has the same.
fn forget(realm: &Realm, victim: &Member, caller: &Member) {
    let cookie = victim.cookie().map(|cookie| cookie.digest);
    let own = caller.cookie().map(|cookie| cookie.digest);
    if let Some(digest) = cookie.filter(|digest| Some(*digest) != own) {
        realm.cookies.forget(&digest);
    }
}

fn kill_others(
    args: &Arguments,
    killer: SessionId,
    victims: Victims,
    reply: fn(&[SessionId]) -> Reply,
) -> Result<Outcome, Refusal> {
    let killing = Killing::new(victims, Farewell::read(args, killer)?, reply);
    Ok(Outcome::Search(Box::new(killing)))
}

/// What `get` and `on_join` tell of a session.
pub(crate) fn details(member: &Member) -> Dict {
    let Identity { authid, authrole, authmethod, authprovider } = member.identity();
    Dict::from([
        ("session", Value::from(member.session.0)),
        ("authid", Value::from(&**authid)),
        ("authrole", Value::from(&**authrole)),
        ("authmethod", Value::from(&**authmethod)),
        ("authprovider", Value::from(&**authprovider)),
        ("transport", Value::from(transport(member))),
    ])
}

/// What `on_leave` tells of a session.
pub(super) fn last_details(member: &Member) -> Vec<Value> {
    let Identity { authid, authrole, .. } = member.identity();
    vec![member.session.0.into(), Value::from(&**authid), Value::from(&**authrole)]
}

pub(crate) fn transport(member: &Member) -> Dict {
    let kind = match member.wire.encoder {
        Encoder::WebSocket(_) => "websocket",
        Encoder::RawSocket(_) => "rawsocket",
    };
    let mut transport = Dict::from([("type", kind), ("serializer", member.wire.serializer.name())]);
    if let Some(peer) = member.peer() {
        transport.insert("peer", peer);
    }
    transport
}

fn ids(sessions: &[SessionId]) -> Value {
    sessions.iter().map(|session| session.0).collect()
}

fn count(sessions: &[SessionId]) -> Value {
    Value::from(sessions.len() as u64)
}

fn session_argument(args: &Arguments) -> Result<SessionId, Refusal> {
    args.id(0, "a session's ID").map(SessionId)
}

fn no_such_session(text: String) -> Refusal {
    Refusal { error: error_uri::NO_SUCH_SESSION, text }
}
