//! Authorization: may a session do what it asks for? That depends on its [`Role`], and is found out before
//! anything is looked up, so that a refusal does not tell what there is.
//!
//! - `role`: what a role may do; `patterns`: how permissions for patterns compare
//! - `asking`: the question to an authorizer, and what waits for its answer
//!
//! A realm without roles lets everybody do everything.

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
/// dynamic authorizers are, with `(details, uri, action, options)`. Its answer is a truth value, or a dict with
/// `allow`, `disclose` and `cache`. Whatever else comes of it, in time or not, is a refusal.
#[derive(Clone, Debug)]
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
}

/// The roles of a realm, which may change while it runs.
pub(crate) struct Roles {
    /// Counted up with each change.
    version: AtomicU64,
    roles: Mutex<Option<HashMap<String, Arc<Role>>>>,
}

impl Roles {
    pub(crate) fn new(roles: Option<&[Arc<Role>]>) -> Roles {
        Roles { version: AtomicU64::new(0), roles: Mutex::new(roles.map(by_name)) }
    }

    /// From here on these are the roles, also for sessions that are there.
    pub(crate) fn replace(&self, roles: Option<&[Arc<Role>]>) {
        let mut current = self.roles.lock();
        *current = roles.map(by_name);
        self.version.fetch_add(1, Ordering::Release);
    }
}

fn by_name(roles: &[Arc<Role>]) -> HashMap<String, Arc<Role>> {
    roles.iter().map(|role| (role.name().to_owned(), Arc::clone(role))).collect()
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
        let role = current.as_ref().map(|roles| {
            roles.get(authrole).cloned().unwrap_or_else(|| Arc::new(Role::powerless(authrole)))
        });
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
