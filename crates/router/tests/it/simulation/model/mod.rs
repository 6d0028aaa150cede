//! The model: what the router has promised so far, in the simplest words that say it. It knows
//! nothing of outboxes, locks or records; it is told what clients send, and takes what must come of
//! it out of the [`Inbox`].
//!
//! - [`registrations`]: who has registered what
//! - [`calls`]: what becomes of a call, from its CALL to its answer
//! - [`routing`]: which callee gets it
//! - [`meta`]: what the meta API tells of all this
//!
//! Where the router is free to choose (a random callee, the callee of a key) or may refuse for want
//! of room, the inbox says what it has done, and the model whether it was free to.

mod calls;
mod meta;
mod registrations;
mod routing;

use std::collections::{BTreeMap, BTreeSet};

use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_proto::value::Value;
use crosspoint_router::router::Disclosure;
use crosspoint_router::time::Time;

use super::inbox::{Inbox, Told};
pub(crate) use calls::{Asked, Call, Outcome};
pub(crate) use meta::Question;
pub(crate) use registrations::{Options, Registration, Wanted};

/// A client's number.
pub(crate) type Name = usize;

/// A call: who called, and under which request.
pub(crate) type CallKey = (Name, u64);

/// What can be registered or subscribed to.
pub(crate) type Pattern = (MatchPolicy, &'static str);

/// All that is promised.
pub(crate) struct Model {
    pub(crate) now: Time,
    pub(crate) disclosure: Disclosure,
    pub(crate) sessions: BTreeMap<Name, Session>,
    /// By ID; one that has no callees is no more.
    pub(crate) registrations: BTreeMap<u64, Registration>,
    registrations_made: u64,
    /// What has replaced a registration by force.
    successors: BTreeMap<u64, u64>,
    /// Pattern to subscribers.
    pub(crate) subscriptions: BTreeMap<Pattern, BTreeSet<Name>>,
    /// Calls that have no answer yet.
    pub(crate) calls: BTreeMap<CallKey, Call>,
}

/// A client that has joined.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) knows: Knows,
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
    /// It forgets a call when it cancels it, and sends progressive results though it cannot be
    /// interrupted.
    pub(crate) is_autobahn_js: bool,
}

impl Model {
    pub(crate) fn new(now: Time, disclosure: Disclosure) -> Model {
        Model {
            now,
            disclosure,
            sessions: BTreeMap::new(),
            registrations: BTreeMap::new(),
            registrations_made: 0,
            successors: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            calls: BTreeMap::new(),
        }
    }

    pub(crate) fn join(&mut self, name: Name, session: Session, inbox: &mut Inbox) {
        self.sessions.insert(name, session);
        inbox.expect(name, Told::Welcome);
    }

    /// Everything that the client held is gone: what it has registered, the calls that it had, and
    /// the calls that it made.
    pub(crate) fn leave(&mut self, name: Name, inbox: &mut Inbox) {
        if !self.sessions.contains_key(&name) {
            return;
        }
        inbox.ignore(name);
        for key in self.calls_at(name, inbox) {
            self.forget_waiting(key);
            self.fail(key, "wamp.error.canceled", inbox);
        }
        let held: Vec<_> = self.held_by(name).collect();
        for registration in held {
            self.take_off(registration, name, inbox);
        }
        for key in self.calls_of(name) {
            self.drop_call(key, inbox);
        }
        for subscribers in self.subscriptions.values_mut() {
            subscribers.remove(&name);
        }
        self.subscriptions.retain(|_, subscribers| !subscribers.is_empty());
        self.sessions.remove(&name);
    }

    pub(crate) fn subscribe(
        &mut self,
        name: Name,
        request: u64,
        pattern: Pattern,
        inbox: &mut Inbox,
    ) {
        self.subscriptions.entry(pattern).or_default().insert(name);
        inbox.expect(name, Told::Subscribed { request });
    }

    pub(crate) fn unsubscribe(
        &mut self,
        name: Name,
        request: u64,
        pattern: Pattern,
        inbox: &mut Inbox,
    ) {
        self.subscriptions.get_mut(&pattern).unwrap().remove(&name);
        self.subscriptions.retain(|_, subscribers| !subscribers.is_empty());
        inbox.expect(name, Told::Unsubscribed { request });
    }

    /// Each subscription that matches gives an event to each of its subscribers.
    pub(crate) fn publish(
        &self,
        publisher: Option<Name>,
        topic: &'static str,
        args: &[Value],
        inbox: &mut Inbox,
    ) {
        for (pattern, subscribers) in &self.subscriptions {
            if uri::matches(pattern.0, pattern.1, topic) {
                for name in subscribers.iter().filter(|name| Some(**name) != publisher) {
                    inbox.expect_event(*name, *pattern, topic, args);
                }
            }
        }
    }

    fn knows(&self, name: Name) -> Knows {
        self.sessions[&name].knows
    }
}
