//! Sessions: who is there, what they leave behind, and what happens when they leave.

use super::publications::Proposed;
use super::{CallKey, Knows, Model, Name};
use crate::simulation::inbox::{Inbox, Told};

/// So many testaments a session may have.
pub(crate) const TESTAMENTS_MAX: usize = 2;

/// A client that has joined.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) knows: Knows,
    /// The name of its serializer.
    pub(crate) serializer: &'static str,
    /// What is published when it ends.
    testaments: Vec<(Scope, Proposed)>,
    /// It has been killed with all others: nobody is told that it leaves, and nothing is published.
    pub(super) leaves_silently: bool,
}

/// When a testament is published: those that are detached come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Detached,
    Destroyed,
}

impl Session {
    pub(crate) fn new(id: u64, knows: Knows, serializer: &'static str) -> Session {
        Session { id, knows, serializer, testaments: Vec::new(), leaves_silently: false }
    }
}

impl Model {
    pub(crate) fn join(&mut self, name: Name, session: Session, inbox: &mut Inbox) {
        self.sessions.insert(name, session);
        inbox.expect_first(name, Told::Welcome);
        self.announce_joined(name, inbox);
    }

    /// However it ends: what it leaves behind is published; everything that it held is gone, what it
    /// has registered and subscribed to, the calls that it had, and the calls that it made; and the
    /// others are told.
    pub(crate) fn leave(&mut self, name: Name, inbox: &mut Inbox) {
        let Some(session) = self.sessions.get(&name).cloned() else { return };
        inbox.ignore(name);
        for key in self.calls_at(name, inbox) {
            self.forget_waiting(key);
            self.fail(key, "wamp.error.canceled", inbox);
        }
        if !session.leaves_silently {
            self.publish_testaments(name, session.testaments, inbox);
        }
        let held: Vec<_> = self.held_by(name).collect();
        for registration in held {
            self.take_off(registration, name, inbox);
        }
        for subscription in self.subscribed_by(name) {
            self.end_subscription(subscription, name, inbox);
        }
        for key in self.calls_of(name) {
            self.drop_call(key, inbox);
        }
        if !session.leaves_silently {
            self.announce_left(name, inbox);
        }
        self.sessions.remove(&name);
    }

    fn publish_testaments(
        &mut self,
        name: Name,
        mut testaments: Vec<(Scope, Proposed)>,
        inbox: &mut Inbox,
    ) {
        testaments.sort_by_key(|(scope, _)| *scope);
        for (_, testament) in testaments {
            // Nobody is there to get PUBLISHED.
            let testament = Proposed { acknowledge: false, ..testament };
            self.publish((name, 0), &testament, inbox);
        }
    }

    pub(crate) fn add_testament(
        &mut self,
        (name, request): CallKey,
        scope: Scope,
        testament: Proposed,
        inbox: &mut Inbox,
    ) {
        let error = self.refuses_testament(name, &testament);
        if let Some(error) = error {
            return inbox.expect(name, Told::Error { request, error: error.to_owned() });
        }
        self.sessions.get_mut(&name).unwrap().testaments.push((scope, testament));
        inbox.expect(name, Told::Result { request, progress: false, args: vec![] });
    }

    pub(crate) fn flush_testaments(
        &mut self,
        (name, request): CallKey,
        scope: Scope,
        inbox: &mut Inbox,
    ) {
        self.sessions.get_mut(&name).unwrap().testaments.retain(|(of, _)| *of != scope);
        inbox.expect(name, Told::Result { request, progress: false, args: vec![] });
    }

    fn refuses_testament(&self, name: Name, testament: &Proposed) -> Option<&'static str> {
        // What it does not acknowledge is not refused by a store that is full.
        let testament = Proposed { acknowledge: false, ..testament.clone() };
        let has_many = self.sessions[&name].testaments.len() >= TESTAMENTS_MAX;
        let too_many = has_many.then_some("crosspoint.error.limit_exceeded");
        self.refuses_publication(&testament).or(too_many)
    }
}
