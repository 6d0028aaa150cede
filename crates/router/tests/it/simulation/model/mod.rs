//! The model: what the router has promised so far, in the simplest words that say it. It knows
//! nothing of outboxes, locks or records; it is told what clients send, and takes what must come of
//! it out of the [`Inbox`].
//!
//! - [`sessions`]: who is there, and what happens when they leave
//! - [`registrations`]: who has registered what
//! - [`calls`]: what becomes of a call, from its CALL to its answer
//! - [`routing`]: which callee gets it
//! - [`subscriptions`]: who has subscribed to what
//! - [`publications`]: who gets what is published
//! - [`kept`]: what is retained, what is in the history, and what outlives the router
//! - [`meta`]: what the meta API tells of all this
//!
//! Where the router is free to choose (a random callee, the callee or the node of a key, the ID of a
//! publication) or may refuse for want of room, the inbox says what it has done, and the model
//! whether it was free to.

mod calls;
mod kept;
mod meta;
mod publications;
mod registrations;
mod routing;
mod sessions;
mod subscriptions;

use std::collections::{BTreeMap, BTreeSet};

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::router::RealmSettings;
use crosspoint_router::time::Time;

pub(crate) use calls::{Asked, Call, Outcome};
use kept::Kept;
pub(crate) use kept::Query;
pub(crate) use meta::{OfRegistrations, OfSessions, OfSubscriptions, Question};
use publications::Unconfirmed;
pub(crate) use publications::{Proposed, Receivers};
pub(crate) use registrations::{Options, Registration, Wanted};
pub(crate) use sessions::{Scope, Session, TESTAMENTS_MAX};
use subscriptions::Subscription;

/// A client's number.
pub(crate) type Name = usize;

/// A call: who called, and under which request.
pub(crate) type CallKey = (Name, u64);

/// What can be registered or subscribed to.
pub(crate) type Pattern = (MatchPolicy, &'static str);

/// All that is promised.
pub(crate) struct Model {
    pub(crate) now: Time,
    pub(crate) settings: RealmSettings,
    pub(crate) sessions: BTreeMap<Name, Session>,
    /// By ID; one that has no callees is no more.
    pub(crate) registrations: BTreeMap<u64, Registration>,
    registrations_made: u64,
    /// What has replaced a registration by force.
    successors: BTreeMap<u64, u64>,
    /// By ID; one that has no subscribers is no more, unless a history is kept of it.
    pub(crate) subscriptions: BTreeMap<u64, Subscription>,
    subscriptions_made: u64,
    /// Of two nodes, which has a key: key, this one, not that one. It turns out with the first
    /// publication that has the key.
    preferred: BTreeSet<(&'static str, &'static str, &'static str)>,
    publications_made: usize,
    /// The IDs of publications, as far as anybody was told them, and whose they are.
    pub(crate) publication_numbers: BTreeMap<u64, usize>,
    publication_ids: BTreeMap<usize, u64>,
    /// All that was ever kept.
    kept: Vec<Kept>,
    /// Publications whose PUBLISHED waits for the store.
    unconfirmed: Vec<Unconfirmed>,
    /// How many changes the store had been given before this step.
    pub(crate) submitted: usize,
    pub(crate) store_is_full: bool,
    /// Calls that have no answer yet.
    pub(crate) calls: BTreeMap<CallKey, Call>,
}

/// What a client has announced.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a feature")]
pub(crate) struct Knows {
    /// As a caller: progressive call invocations.
    pub(crate) sending_pieces: bool,
    /// As a callee: the same.
    pub(crate) taking_pieces: bool,
    /// As a callee: progressive call results.
    pub(crate) progress: bool,
    pub(crate) canceling: bool,
    pub(crate) revocation: bool,
    pub(crate) timeout: bool,
    /// As a publisher.
    pub(crate) passthru: bool,
    /// As a subscriber.
    pub(crate) subscription_revocation: bool,
    /// It forgets a call when it cancels it, and sends progressive results though it cannot be
    /// interrupted.
    pub(crate) is_autobahn_js: bool,
}

impl Model {
    pub(crate) fn new(now: Time, settings: RealmSettings) -> Model {
        let mut model = Model {
            now,
            settings,
            sessions: BTreeMap::new(),
            registrations: BTreeMap::new(),
            registrations_made: 0,
            successors: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            subscriptions_made: 0,
            preferred: BTreeSet::new(),
            publications_made: 0,
            publication_numbers: BTreeMap::new(),
            publication_ids: BTreeMap::new(),
            kept: Vec::new(),
            unconfirmed: Vec::new(),
            submitted: 0,
            store_is_full: false,
            calls: BTreeMap::new(),
        };
        model.subscribe_history();
        model
    }

    /// The router was killed after the store had made so many changes, and starts again: of what was
    /// written then it knows, and of nothing else.
    pub(crate) fn start_again(&mut self, written: usize) {
        self.sessions.clear();
        self.registrations.clear();
        self.registrations_made = 0;
        self.successors.clear();
        self.subscriptions.clear();
        self.subscriptions_made = 0;
        self.calls.clear();
        self.unconfirmed.clear();
        self.forget_unwritten(written);
        self.subscribe_history();
    }

    fn knows(&self, name: Name) -> Knows {
        self.sessions[&name].knows
    }

    /// Of the first rule that fits. Everybody is anonymous.
    fn trust_level(&self, uri: &str) -> Option<u64> {
        let mut rules = self.settings.trust_rules.iter();
        let is_anybodys = |role: &Option<String>| role.as_deref().is_none_or(|r| r == ANONYMOUS);
        let rule = rules.find(|r| is_anybodys(&r.authrole) && uri.starts_with(&r.uri_prefix));
        rule.map(|rule| rule.level)
    }
}

/// Everybody's `authid` and `authrole`.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// Of several patterns that match: the exact one, the longest prefix, the wildcard whose components
/// are literal for longer.
fn precedence(matching: MatchPolicy, uri: &str) -> (u8, usize, Vec<bool>) {
    let literal = uri.split('.').map(|component| !component.is_empty());
    match matching {
        MatchPolicy::Exact => (2, 0, Vec::new()),
        MatchPolicy::Prefix => (1, uri.len(), Vec::new()),
        MatchPolicy::Wildcard => (0, 0, literal.collect()),
    }
}
