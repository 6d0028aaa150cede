//! A role: what those who have it may do.
//!
//! Of the permissions that are for a URI the most specific one counts, and it alone: the exact one, else the
//! longest prefix, else the first wildcard in the order that registrations have. What it does not allow is
//! refused. Where there is none, the role's authorizer is asked, if it has one.
//!
//! Who registers or subscribes to a pattern may do so for all URIs that match it, so he needs the permission for
//! each of them: one permission must cover them all, and none of those that are more specific may refuse any.

use std::fmt;
use std::sync::Arc;

use crosspoint_proto::uri::{InvalidUri, MatchPolicy, UriRules};

use super::patterns::Pattern;
use super::{Action, Actions, Authorizer, Decision, Grant};
use crate::matcher::Matcher;

/// What sessions may do whose `authrole` is its name.
pub struct Role {
    name: String,
    permissions: Vec<Arc<Permission>>,
    /// The same, to be found by URI.
    table: Matcher<Arc<Permission>>,
    authorizer: Option<Authorizer>,
}

/// What may be done at the URIs that match a pattern: these actions, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    policy: MatchPolicy,
    uri: String,
    /// What may be done.
    pub allow: Actions,
    /// Callees get to know who calls, and subscribers who publishes, whether anybody asks or not.
    pub disclose: bool,
}

/// Why there cannot be such a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRole {
    /// Its wildcards stand in too many different places: put them where others have them.
    #[error("the wildcards of its permissions stand in too many different sets of places")]
    TooManyShapes,
    /// Two permissions are for the same pattern: say which of them is meant.
    #[error("it has two permissions for the same URI or pattern")]
    Ambiguous,
}

/// Procedures of the router itself that end others' sessions, registrations or subscriptions. Whoever may call
/// everything, or all that begins with `wamp.`, may not call these: a permission for them names them
/// ([`PRIVILEGES`]), and no authorizer is asked.
const PRIVILEGED: [&str; 6] = [
    "wamp.session.kill",
    "wamp.session.kill_by_authid",
    "wamp.session.kill_by_authrole",
    "wamp.session.kill_all",
    "wamp.registration.remove_callee",
    "wamp.subscription.remove_subscriber",
];

/// What their permissions begin with: those to end sessions may be given together.
const PRIVILEGES: [&str; 3] =
    ["wamp.session.kill", "wamp.registration.remove_callee", "wamp.subscription.remove_subscriber"];

impl Permission {
    /// For a URI or a pattern: nothing is allowed yet.
    pub fn new(policy: MatchPolicy, uri: &str) -> Result<Permission, InvalidUri> {
        UriRules::Loose.check_pattern(uri, policy)?;
        Ok(Permission { policy, uri: uri.to_owned(), allow: Actions::NONE, disclose: false })
    }

    /// To do everything.
    fn of_everything() -> Permission {
        let (policy, uri) = (MatchPolicy::Prefix, String::new());
        Permission { policy, uri, allow: Actions::ALL, disclose: false }
    }

    fn pattern(&self) -> Pattern<'_> {
        Pattern { policy: self.policy, text: &self.uri }
    }

    /// Is it meant for this action at this URI?
    fn is_for(&self, action: Action, uri: &str) -> bool {
        let names_it = || PRIVILEGES.iter().any(|privilege| self.uri.starts_with(privilege));
        !is_privileged(action, uri) || names_it()
    }

    fn decision(&self, action: Action) -> Decision {
        if self.allow.has(action) {
            Decision::Granted(Grant { disclose: self.disclose })
        } else {
            Decision::Refused
        }
    }
}

fn is_privileged(action: Action, uri: &str) -> bool {
    action == Action::Call && PRIVILEGED.contains(&uri)
}

impl Role {
    /// A role of this name. What none of its permissions is for its authorizer decides, or it is refused.
    pub fn new(
        name: &str,
        permissions: Vec<Permission>,
        authorizer: Option<Authorizer>,
    ) -> Result<Role, InvalidRole> {
        let permissions: Vec<_> = permissions.into_iter().map(Arc::new).collect();
        let table = Matcher::default();
        for permission in &permissions {
            let (policy, uri) = (permission.policy, permission.uri.as_str());
            if table.get(policy, uri).is_some() {
                return Err(InvalidRole::Ambiguous);
            }
            let inserted = table.insert(policy, uri.into(), Arc::clone(permission));
            inserted.map_err(|_| InvalidRole::TooManyShapes)?;
        }
        Ok(Role { name: name.to_owned(), permissions, table, authorizer })
    }

    /// One that may do everything that does not go against others.
    pub(super) fn of_everybody() -> Role {
        let (everything, table) = (Arc::new(Permission::of_everything()), Matcher::default());
        // A prefix has no wildcards, of which there could be too many.
        let inserted = table.insert(everything.policy, "".into(), Arc::clone(&everything));
        debug_assert!(inserted.is_ok());
        Role { name: String::new(), permissions: vec![everything], table, authorizer: None }
    }

    /// One that may do nothing.
    pub(super) fn powerless(name: &str) -> Role {
        let (name, permissions, table) = (name.to_owned(), Vec::new(), Matcher::default());
        Role { name, permissions, table, authorizer: None }
    }

    /// What is called so in `authrole`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn authorizer(&self) -> Option<&Authorizer> {
        self.authorizer.as_ref()
    }

    /// May it be done? The pattern is a URI, or what is registered or subscribed to.
    pub(super) fn decide(&self, action: Action, policy: MatchPolicy, pattern: &str) -> Decision {
        if policy != MatchPolicy::Exact {
            return self.decide_pattern(action, Pattern { policy, text: pattern });
        }
        let best = self.table.best(pattern, |permission| permission.is_for(action, pattern));
        match best {
            Some(best) => best.decision(action),
            None if is_privileged(action, pattern) => Decision::Refused,
            None => self.undecided(),
        }
    }

    fn decide_pattern(&self, action: Action, wanted: Pattern<'_>) -> Decision {
        let covering = self.permissions.iter().filter(|p| p.pattern().covers(wanted));
        // Among several wildcards it may depend on the URI which of them counts.
        let best = covering.max_by_key(|permission| permission.precedence());
        let rank = best.map(|permission| permission.precedence());
        let may_count = |permission: &&Arc<Permission>| {
            Some(permission.precedence()) >= rank && permission.pattern().overlaps(wanted)
        };
        let mut overlapping = self.permissions.iter().filter(may_count);
        if !overlapping.all(|permission| permission.allow.has(action)) {
            return Decision::Refused;
        }
        best.map_or_else(|| self.undecided(), |best| best.decision(action))
    }

    fn undecided(&self) -> Decision {
        if self.authorizer.is_some() { Decision::Asked } else { Decision::Refused }
    }
}

impl Permission {
    /// Where two are for the same URI, the greater counts; of two that are equal, either may.
    fn precedence(&self) -> (u8, usize) {
        match self.policy {
            MatchPolicy::Exact => (2, 0),
            MatchPolicy::Prefix => (1, self.uri.len()),
            MatchPolicy::Wildcard => (0, 0),
        }
    }
}

impl PartialEq for Role {
    fn eq(&self, other: &Role) -> bool {
        // The table says the same again.
        (&self.name, &self.permissions, &self.authorizer)
            == (&other.name, &other.permissions, &other.authorizer)
    }
}

impl Eq for Role {}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Role { name, permissions, authorizer, .. } = self;
        f.debug_struct("Role")
            .field("name", name)
            .field("permissions", permissions)
            .field("authorizer", authorizer)
            .finish()
    }
}
