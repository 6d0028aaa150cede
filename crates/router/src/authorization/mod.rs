//! Authorization: may a session do what it asks for? That depends on its [`Role`], and is found out before
//! anything is looked up, so that a refusal does not tell what there is.
//!
//! - `role`: what a role may do; `patterns`: how permissions for patterns compare
//! - `asking`: the question to an authorizer, and what waits for its answer
//!
//! A realm without roles lets everybody do everything, or everything that does not go against others ([`Permitted`]).

mod asking;
mod patterns;
mod role;

use std::collections::HashMap;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::uri::MatchPolicy;

use crate::refusal::Refusal;
use crate::sync::{AtomicU64, Mutex, Ordering};
pub(crate) use asking::{Answered, Asking};
pub use role::{InvalidRole, Permission, Role};

/// What a session may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// CALL
    Call,
    /// REGISTER
    Register,
    /// PUBLISH
    Publish,
    /// SUBSCRIBE
    Subscribe,
}

impl Action {
    /// All there are.
    pub const ALL: [Action; 4] =
        [Action::Call, Action::Register, Action::Publish, Action::Subscribe];

    /// The name that authorizers are told.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Call => "call",
            Action::Register => "register",
            Action::Publish => "publish",
            Action::Subscribe => "subscribe",
        }
    }
}

/// Some of the actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(u8);

impl Actions {
    /// None of them.
    pub const NONE: Actions = Actions(0);

    /// All of them.
    pub const ALL: Actions = Actions::NONE
        .with(Action::Call)
        .with(Action::Register)
        .with(Action::Publish)
        .with(Action::Subscribe);

    /// These and another one.
    #[must_use]
    pub const fn with(self, action: Action) -> Actions {
        Actions(self.0 | 1 << action as u8)
    }

    /// Is it one of them?
    pub const fn has(self, action: Action) -> bool {
        self.0 & 1 << action as u8 != 0
    }
}

/// Who decides where no permission does: a procedure that is called for each question, as Crossbar.io's
/// dynamic authorizers are, with `(details, uri, action, options)`; the options are the request's, and their `match`
/// is always there. Its answer is a truth value, or a dict with
/// `allow`, `disclose` and `cache`. Whatever else comes of it, in time or not, is a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// The procedure's URI, in the same realm.
    pub procedure: String,
    /// How long its answer is waited for.
    pub timeout_ms: u64,
    /// How long an answer with `cache` holds. It holds for the session that asked, and is forgotten with it.
    pub cache_ms: u64,
}

/// What is known before anybody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Granted(Grant),
    Refused,
    /// The authorizer is to be asked.
    Asked,
}

/// It may be done, and this goes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Others get to know who does it.
    pub(crate) disclose: bool,
}

/// What somebody wants to do, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) action: Action,
    pub(crate) policy: MatchPolicy,
    pub(crate) uri: String,
    /// The request's options, in MessagePack: empty, if the question has none of its own.
    pub(crate) options: Box<[u8]>,
}

impl Question {
    /// One that no request asks by itself.
    pub(crate) fn new(action: Action, policy: MatchPolicy, uri: String) -> Question {
        Question { action, policy, uri, options: Box::default() }
    }
}

/// Who may do what in a realm.
#[derive(Clone, Debug, Default)]
pub enum Permitted {
    /// Everybody may do everything, as it is good for development.
    #[default]
    Everything,
    /// Everybody may do everything, but not end others' sessions, or take their registrations and subscriptions
    /// away: for that there is no permission without roles.
    NothingAgainstOthers,
    /// What each role has permissions for. Who has another one may do nothing.
    ByRole(Vec<Arc<Role>>),
}

/// What is permitted in a realm at the moment.
pub(crate) struct Roles {
    /// Counted up with each change.
    version: AtomicU64,
    roles: Mutex<Table>,
}

/// The same as [`Permitted`], to be found by name.
enum Table {
    Everything,
    /// The role that everybody has.
    Everybody(Arc<Role>),
    ByName(HashMap<String, Arc<Role>>),
}

impl Roles {
    pub(crate) fn new(permitted: &Permitted) -> Roles {
        Roles { version: AtomicU64::new(0), roles: Mutex::new(Table::of(permitted)) }
    }

    /// From here on this is permitted, also to sessions that are there.
    pub(crate) fn replace(&self, permitted: &Permitted) {
        let mut current = self.roles.lock();
        if current.is(permitted) {
            return;
        }
        *current = Table::of(permitted);
        self.version.fetch_add(1, Ordering::Release);
    }
}

impl Table {
    fn of(permitted: &Permitted) -> Table {
        match permitted {
            Permitted::Everything => Table::Everything,
            Permitted::NothingAgainstOthers => Table::Everybody(Arc::new(Role::of_everybody())),
            Permitted::ByRole(roles) => {
                let named = |role: &Arc<Role>| (role.name().to_owned(), Arc::clone(role));
                Table::ByName(roles.iter().map(named).collect())
            }
        }
    }

    fn is(&self, permitted: &Permitted) -> bool {
        match (self, permitted) {
            (Table::Everything, Permitted::Everything)
            | (Table::Everybody(_), Permitted::NothingAgainstOthers) => true,
            (Table::ByName(table), Permitted::ByRole(roles)) => {
                let is_there = |role: &Arc<Role>| table.get(role.name()) == Some(role);
                table.len() == roles.len() && roles.iter().all(is_there)
            }
            _ => false,
        }
    }
}

/// What one session may do, as far as it has found out.
pub(crate) struct Rights {
    version: u64,
    /// `None` if everybody may do everything.
    role: Option<Arc<Role>>,
}

impl Rights {
    pub(crate) fn of(authrole: &str, roles: &Roles) -> Rights {
        let current = roles.roles.lock();
        let role = match &*current {
            Table::Everything => None,
            Table::Everybody(role) => Some(Arc::clone(role)),
            Table::ByName(roles) => {
                let role = roles.get(authrole).cloned();
                Some(role.unwrap_or_else(|| Arc::new(Role::powerless(authrole))))
            }
        };
        Rights { version: roles.version.load(Ordering::Acquire), role }
    }

    /// Have the roles been changed since?
    pub(crate) fn are_outdated(&self, roles: &Roles) -> bool {
        self.version != roles.version.load(Ordering::Acquire)
    }

    pub(crate) fn decide(&self, action: Action, policy: MatchPolicy, pattern: &str) -> Decision {
        match &self.role {
            None => Decision::Granted(Grant::default()),
            Some(role) => role.decide(action, policy, pattern),
        }
    }

    /// May it take others' registrations away?
    pub(crate) fn may_remove_callees(&self) -> bool {
        let decision =
            self.decide(Action::Call, MatchPolicy::Exact, "wamp.registration.remove_callee");
        matches!(decision, Decision::Granted(_))
    }

    /// Is there something that it may not do?
    pub(crate) fn are_limited(&self) -> bool {
        self.role.is_some()
    }

    pub(crate) fn authorizer(&self) -> Option<&Authorizer> {
        self.role.as_ref()?.authorizer()
    }
}

/// It must not be done. Nothing is said of whether it could be.
pub(crate) fn refusal(authrole: &str) -> Refusal {
    let text = format!("role '{authrole}' has no permission for this");
    Refusal { error: error_uri::NOT_AUTHORIZED, text }
}

/// Nobody has said whether it may be done.
pub(crate) fn failure(why: &str) -> Refusal {
    let text = format!("the authorizer has not decided: {why}");
    Refusal { error: error_uri::AUTHORIZATION_FAILED, text }
}
