//! Registrations: who has registered what, and how that changes.

use std::collections::{BTreeMap, VecDeque};

use crosspoint_proto::message::RequestKind;
use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_router::time::Time;

use super::{CallKey, Model, Name, precedence};
use crate::simulation::inbox::{Inbox, Told};

/// A procedure, or a pattern of procedures, with those who have registered it.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) uri: &'static str,
    pub(crate) matching: MatchPolicy,
    /// The policy's name.
    pub(crate) invoke: &'static str,
    pub(crate) created: Time,
    /// In the order in which they have registered.
    pub(crate) callees: Vec<Callee>,
    callees_made: u64,
    /// For roundrobin: the number of the last callee that was chosen, and one more; none where a
    /// session that was ended took the knowledge of it away.
    pub(super) next: Option<u64>,
    /// Calls that wait for a callee, in their order.
    pub(crate) waiting: VecDeque<CallKey>,
    /// Who may have the calls of a key: everybody, if it is not here.
    pub(super) owners: BTreeMap<&'static str, Vec<Name>>,
    /// Calls that callees have answered.
    pub(super) served: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Callee {
    pub(crate) name: Name,
    /// It is another one when it registers again.
    pub(crate) number: u64,
    pub(crate) options: Options,
}

/// What a callee asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) disclose_caller: bool,
    pub(crate) forward_timeout: bool,
    pub(crate) concurrency: Option<u64>,
    pub(crate) queue: u64,
}

/// A REGISTER.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) uri: &'static str,
    pub(crate) matching: MatchPolicy,
    pub(crate) invoke: &'static str,
    pub(crate) force: bool,
    pub(crate) options: Options,
}

impl Registration {
    fn add(&mut self, name: Name, options: Options) {
        self.callees.push(Callee { name, number: self.callees_made, options });
        self.callees_made += 1;
        // It may take any key from whoever has it.
        for owners in self.owners.values_mut() {
            owners.push(name);
        }
    }

    fn remove(&mut self, name: Name) {
        self.callees.retain(|callee| callee.name != name);
        // Only its own keys go to others, and nobody knows to whom.
        self.owners.retain(|_, owners| !owners.contains(&name));
    }

    pub(super) fn has(&self, name: Name) -> bool {
        self.callees.iter().any(|callee| callee.name == name)
    }

    /// Is it left to chance, as far as anybody knows, who gets the next call?
    pub(super) fn is_random(&self) -> bool {
        self.invoke == "random" || (self.invoke == "roundrobin" && self.next.is_none())
    }

    /// How many calls may wait.
    pub(super) fn queue(&self) -> usize {
        let asked = self.callees.iter().map(|callee| callee.options.queue).max();
        usize::try_from(asked.unwrap_or(0)).unwrap()
    }

    /// Why somebody cannot join.
    fn refuses(&self, name: Name, wanted: &Wanted) -> Option<&'static str> {
        if self.has(name) || self.invoke == "single" {
            return Some("wamp.error.procedure_already_exists");
        }
        if self.invoke != wanted.invoke {
            return Some("wamp.error.procedure_exists_with_different_invocation_policy");
        }
        None
    }
}

impl Model {
    pub(crate) fn register(&mut self, name: Name, request: u64, wanted: Wanted, inbox: &mut Inbox) {
        let found = self.registered(wanted.matching, wanted.uri);
        let refused = self.refuses(name, found, &wanted);
        if let Some(error) = refused {
            let (kind, error) = (RequestKind::Register, error.to_owned());
            return inbox.expect(name, Told::Refused { kind, request, error });
        }
        let registration = match found {
            Some(registration) if !wanted.force => {
                let joined = self.registrations.get_mut(&registration).unwrap();
                joined.add(name, wanted.options);
                registration
            }
            Some(old) => {
                let new = self.replace(old, name, wanted, inbox);
                self.successors.insert(old, new);
                new
            }
            None => self.create(name, wanted, inbox),
        };
        inbox.expect(name, Told::Registered { request, registration });
        self.announce_callee("wamp.registration.on_register", name, registration, inbox);
    }

    fn refuses(&self, name: Name, found: Option<u64>, wanted: &Wanted) -> Option<&'static str> {
        if let Some(error) = self.refuses_disclosure(wanted.options.disclose_caller) {
            return Some(error);
        }
        let found = found.filter(|_| !wanted.force)?;
        self.registrations[&found].refuses(name, wanted)
    }

    fn create(&mut self, name: Name, wanted: Wanted, inbox: &mut Inbox) -> u64 {
        self.registrations_made += 1;
        let id = self.registrations_made;
        let mut registration = Registration {
            uri: wanted.uri,
            matching: wanted.matching,
            invoke: wanted.invoke,
            created: self.now,
            callees: Vec::new(),
            callees_made: 0,
            next: Some(0),
            waiting: VecDeque::new(),
            owners: BTreeMap::new(),
            served: 0,
        };
        registration.add(name, wanted.options);
        self.registrations.insert(id, registration);
        self.announce_created(name, id, inbox);
        id
    }

    /// By force: whoever had it loses it, and whoever waited there waits here.
    fn replace(&mut self, old: u64, name: Name, wanted: Wanted, inbox: &mut Inbox) -> u64 {
        let waiting = std::mem::take(&mut self.registrations.get_mut(&old).unwrap().waiting);
        let callees: Vec<_> = self.registrations[&old].callees.iter().map(|c| c.name).collect();
        for callee in callees {
            self.revoke(old, callee, "wamp.error.unregistered", inbox);
        }
        let new = self.create(name, wanted, inbox);
        for key in waiting {
            self.route(key, new, inbox);
        }
        new
    }

    pub(crate) fn unregister(
        &mut self,
        name: Name,
        request: u64,
        registration: u64,
        inbox: &mut Inbox,
    ) {
        if self.held_by(name).all(|held| held != registration) {
            let (kind, error) = (RequestKind::Unregister, "wamp.error.no_such_registration");
            let error = error.to_owned();
            return inbox.expect(name, Told::Refused { kind, request, error });
        }
        inbox.expect(name, Told::Unregistered { request });
        self.take_off(registration, name, inbox);
    }

    /// A callee loses its part in a registration, and is told if it knows what that means.
    pub(super) fn revoke(
        &mut self,
        registration: u64,
        name: Name,
        reason: &str,
        inbox: &mut Inbox,
    ) {
        if self.knows(name).revocation {
            let reason = reason.to_owned();
            inbox.expect_if_room(name, Told::Revoked { registration, reason });
        }
        self.take_off(registration, name, inbox);
    }

    /// A callee has its part in a registration no more. Its calls go on, but who has waited for the
    /// last of them waits in vain.
    pub(super) fn take_off(&mut self, registration: u64, name: Name, inbox: &mut Inbox) {
        let left = self.registrations.get_mut(&registration).unwrap();
        left.remove(name);
        let ended = left.callees.is_empty();
        self.announce_callee("wamp.registration.on_unregister", name, registration, inbox);
        if ended {
            let ended = self.registrations.remove(&registration).unwrap();
            self.announce_callee("wamp.registration.on_delete", name, registration, inbox);
            for key in ended.waiting {
                self.fail(key, "wamp.error.canceled", inbox);
            }
        }
    }

    pub(crate) fn held_by(&self, name: Name) -> impl Iterator<Item = u64> {
        self.registrations.iter().filter(move |(_, r)| r.has(name)).map(|(id, _)| *id)
    }

    /// The registration of just this procedure or pattern.
    /// The last that has replaced a registration by force, or itself; if that is still there.
    pub(super) fn standing(&self, mut id: u64) -> Option<u64> {
        while let Some(successor) = self.successors.get(&id) {
            id = *successor;
        }
        Some(id).filter(|id| self.registrations.contains_key(id))
    }

    pub(super) fn registered(&self, matching: MatchPolicy, uri: &str) -> Option<u64> {
        let found = self.registrations.iter().find(|(_, r)| r.matching == matching && r.uri == uri);
        found.map(|(id, _)| *id)
    }

    /// The registration that a call goes to.
    pub(super) fn resolve(&self, procedure: &str) -> Option<u64> {
        let matching =
            self.registrations.iter().filter(|(_, r)| uri::matches(r.matching, r.uri, procedure));
        matching.max_by_key(|(_, r)| precedence(r.matching, r.uri)).map(|(id, _)| *id)
    }
}
