//! Routing: which callee gets a call, or why none does.

use std::cmp::Reverse;

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::router::Disclosure;

use super::calls::{Call, Stage, Work};
use super::registrations::Callee;
use super::{CallKey, Model, Name};
use crate::simulation::inbox::{Details, Inbox, Told};
use crate::simulation::world::{INVOCATIONS_MAX, Pressure};

const NOT_SUPPORTED: &str = "wamp.error.feature_not_supported";
const NOBODY: &str = "wamp.error.no_available_callee";
const BUSY: &str = "crossbar.error.max_concurrency_reached";
const NO_ROOM: &str = "crosspoint.error.queue_full";
const GONE: &str = "wamp.error.no_such_procedure";

/// What may come of a call. Where nothing is left to chance it is one thing only.
#[derive(Debug, Default)]
struct Prospects {
    /// One of these gets it.
    callees: Vec<Name>,
    /// It fails with one of these errors.
    errors: Vec<&'static str>,
    /// It waits.
    waits: bool,
    /// A callee that may have it has as many calls as it takes.
    busy: bool,
    /// Who is asked, in this order, and cannot take it unless it gets it.
    asked: Vec<Name>,
}

impl Model {
    /// A call goes to a callee of a registration, waits there, or fails.
    pub(super) fn route(&mut self, key: CallKey, registration: u64, inbox: &mut Inbox) {
        let is_shared = self.registrations[&registration].invoke != "single";
        self.calls.get_mut(&key).unwrap().kept |= is_shared;
        let prospects = self.prospects(key, registration, inbox);
        let invoked = inbox.invoked(key).filter(|(name, _)| prospects.callees.contains(name));
        let error = inbox.error_of(key).filter(|error| prospects.errors.contains(&&**error));
        // Of several the last one: the others have been asked before.
        let unheard = prospects.callees.iter().copied().rfind(|name| inbox.is_deaf(*name));
        if let Some((name, invocation)) = invoked {
            self.place(key, registration, (name, invocation), &prospects, inbox);
        } else if let Some(error) = error {
            let heard = prospects.asked.iter().any(|name| !inbox.is_deaf(*name));
            // Without its input a call is not routed again.
            if error != NOBODY || !heard {
                self.note_asked(key, registration, &prospects.asked);
            }
            self.fail(key, &error, inbox);
        } else if prospects.waits {
            self.note_asked(key, registration, &prospects.asked);
            self.wait(key, registration, unheard);
        } else if inbox.is_deaf(key.0) {
            // Nobody knows whether anybody was asked.
            self.registrations.get_mut(&registration).unwrap().next = None;
            self.calls.remove(&key);
        } else {
            let name = unheard.unwrap_or_else(|| {
                panic!("{key:?} has not come to {prospects:?}: {inbox:?}");
            });
            self.place(key, registration, (name, 0), &prospects, inbox);
        }
    }

    /// Whoever is free gets a call that has waited for it: the one that has waited longest, of those
    /// that it may have.
    pub(crate) fn fill(&mut self, inbox: &mut Inbox) {
        let registrations: Vec<_> = self.registrations.keys().copied().collect();
        for id in registrations {
            while let Some(key) = self.next_waiting(id, inbox) {
                let waiting = &mut self.registrations.get_mut(&id).unwrap().waiting;
                waiting.retain(|waiting| *waiting != key);
                self.calls.get_mut(&key).unwrap().stage = Stage::Routing;
                self.route(key, id, inbox);
            }
            for key in self.registrations[&id].waiting.clone() {
                let callees = self.prospects(key, id, inbox).callees;
                if let Some(name) = callees.into_iter().find(|name| inbox.is_deaf(*name)) {
                    let call = self.calls.get_mut(&key).unwrap();
                    call.stage = Stage::Waiting { lost_with: Some(name) };
                    call.kept = true;
                    call.misplaced = true;
                }
            }
        }
    }

    /// The first that need not wait. Of one that was perhaps passed on nobody knows where it is in
    /// the queue, so it comes last unless it is seen to be the first.
    fn next_waiting(&self, id: u64, inbox: &Inbox) -> Option<CallKey> {
        let waiting = || self.registrations[&id].waiting.iter().copied();
        let next = |key: &CallKey| self.is_next(*key, id, inbox);
        let seen = |key| inbox.invoked(key).is_some() || inbox.error_of(key).is_some();
        let sure = |key: &CallKey| !self.calls[key].misplaced || seen(*key);
        waiting().find(|key| sure(key) && next(key)).or_else(|| waiting().find(next))
    }

    /// Is there something that the call need not wait for?
    fn is_next(&self, key: CallKey, registration: u64, inbox: &Inbox) -> bool {
        let prospects = self.prospects(key, registration, inbox);
        let invoked = inbox.invoked(key).is_some_and(|(name, _)| prospects.callees.contains(&name));
        let failed = inbox.error_of(key).is_some_and(|e| prospects.errors.contains(&&*e));
        invoked || failed || !prospects.asked.is_empty() || !prospects.busy
    }

    fn wait(&mut self, key: CallKey, registration: u64, lost_with: Option<Name>) {
        let call = self.calls.get_mut(&key).unwrap();
        call.stage = Stage::Waiting { lost_with };
        call.kept = true;
        let registration = self.registrations.get_mut(&registration).unwrap();
        registration.waiting.push_back(key);
    }

    fn prospects(&self, key: CallKey, registration: u64, inbox: &Inbox) -> Prospects {
        let call = &self.calls[&key];
        match call.asked.rkey {
            None => self.prospects_in_turn(call, registration, inbox),
            Some(rkey) => self.prospects_by_key(call, registration, rkey, inbox),
        }
    }

    /// The callees that are free are asked one after the other, until one takes the call.
    fn prospects_in_turn(&self, call: &Call, registration: u64, inbox: &Inbox) -> Prospects {
        let pressure = inbox.pressure == Pressure::SmallOutboxes;
        let random = self.registrations[&registration].is_random()
            // With calls that are lost unseen nobody knows for sure whose turn it is.
            || (pressure && self.registrations[&registration].invoke == "roundrobin");
        let mut prospects = Prospects::default();
        for callee in self.in_turn(call, registration) {
            let name = callee.name;
            if self.is_busy(registration, &callee) {
                prospects.busy = true;
                continue;
            }
            prospects.asked.push(name);
            prospects.errors.extend(pressure.then_some(NO_ROOM));
            if call.asked.progressive && !self.takes_pieces(name) {
                prospects.errors.push(NOT_SUPPORTED);
                continue;
            }
            prospects.callees.push(name);
            if !random && self.must_take(name, call, inbox) {
                let lost = pressure && !call.tried.is_empty();
                let errors = if lost { vec![NOBODY] } else { Vec::new() };
                return Prospects { errors, ..prospects };
            }
        }
        if !prospects.callees.is_empty() && !pressure {
            return Prospects { errors: Vec::new(), ..prospects };
        }
        prospects.waits = prospects.busy && self.has_room(registration);
        if !call.doubted.is_empty() {
            // Whoever of them was asked is not asked again.
            prospects.errors.extend([BUSY, NOBODY]);
        } else if prospects.waits && !pressure {
            prospects.errors.clear();
        } else if prospects.errors.is_empty() || pressure {
            prospects.errors.push(if prospects.busy { BUSY } else { NOBODY });
        }
        if pressure {
            prospects.errors.extend(unfortunate(call, &prospects.callees, inbox));
        }
        prospects
    }

    /// Only the callee of the key is asked. Which one that is turns out when the key is first used.
    fn prospects_by_key(
        &self,
        call: &Call,
        id: u64,
        rkey: &'static str,
        inbox: &Inbox,
    ) -> Prospects {
        let registration = &self.registrations[&id];
        let pressure = inbox.pressure == Pressure::SmallOutboxes;
        let deaf = registration.callees.iter().any(|callee| inbox.is_deaf(callee.name));
        // Who is tried already does not count, so another one is the key's.
        let owners = registration.owners.get(rkey).filter(|_| call.tried.is_empty() && !deaf);
        let mut prospects = Prospects::default();
        for callee in &registration.callees {
            let name = callee.name;
            if call.tried.contains(&name) || owners.is_some_and(|owners| !owners.contains(&name)) {
                continue;
            }
            if self.is_busy(id, callee) {
                prospects.busy = true;
                prospects.waits |= self.has_room(id);
                prospects.errors.extend((pressure || !prospects.waits).then_some(BUSY));
            } else if call.asked.progressive && !self.takes_pieces(name) {
                prospects.errors.push(NOT_SUPPORTED);
            } else {
                prospects.callees.push(name);
            }
        }
        if registration.callees.iter().all(|callee| call.tried.contains(&callee.name)) {
            prospects.errors.push(NOBODY);
        }
        if pressure {
            prospects.errors.push(NO_ROOM);
            prospects.errors.extend(unfortunate(call, &prospects.callees, inbox));
        }
        prospects
    }

    /// The callees that have not had the call, in the order in which they are asked.
    fn in_turn(&self, call: &Call, id: u64) -> Vec<Callee> {
        let registration = &self.registrations[&id];
        let untried = registration.callees.iter().filter(|c| !call.tried.contains(&c.name));
        let mut callees: Vec<_> = untried.copied().collect();
        // The one after, or before, who was unavailable last; then the others in their order.
        let last = call.turned_down_by.filter(|(registration, _)| *registration == id);
        match (registration.invoke, last) {
            ("last", None) => callees.reverse(),
            ("last", Some((_, last))) => {
                callees.sort_by_key(|callee| (callee.number > last, Reverse(callee.number)));
            }
            ("first", Some((_, last))) => {
                callees.sort_by_key(|callee| (callee.number < last, callee.number));
            }
            ("roundrobin", _) => {
                let next = registration.next.unwrap_or(0);
                callees.sort_by_key(|callee| (callee.number < next, callee.number));
            }
            ("x_least_pending", _) => callees.sort_by_key(|callee| self.in_flight(id, callee)),
            _ => {}
        }
        callees
    }

    /// May one more call wait?
    fn has_room(&self, id: u64) -> bool {
        let registration = &self.registrations[&id];
        registration.waiting.len() < registration.queue()
    }

    /// A callee has got the call.
    fn place(
        &mut self,
        key: CallKey,
        id: u64,
        (callee, invocation): (Name, u64),
        prospects: &Prospects,
        inbox: &mut Inbox,
    ) {
        let before = prospects.asked.iter().position(|name| *name == callee).unwrap_or(0);
        if self.registrations[&id].is_random() {
            self.calls.get_mut(&key).unwrap().doubted.extend(&prospects.asked);
        } else {
            self.note_asked(key, id, &prospects.asked[..before]);
        }
        self.note_chosen(key, id, callee);
        let registration = &self.registrations[&id];
        let found = registration.callees.iter().find(|found| found.name == callee);
        let Callee { number, options, .. } = *found.unwrap();
        let is_pattern = registration.matching != MatchPolicy::Exact;
        let knows = self.knows(callee);
        let call = self.calls.get_mut(&key).unwrap();
        assert!(!call.tried.contains(&callee), "{callee} gets {key:?} again");
        let streams = knows.canceling || knows.is_autobahn_js;
        let takes_progress = call.asked.receive_progress && knows.progress && streams;
        let keeps_time = options.forward_timeout && knows.timeout;
        call.deadline = if keeps_time { None } else { call.deadline.or(call.due) };
        let work = Work {
            callee,
            registration: id,
            number,
            invocation,
            is_pattern,
            disclose_caller: options.disclose_caller,
            keeps_time,
            takes_progress,
            progressed: false,
            interrupted: false,
        };
        call.stage = Stage::At(work);
        let call = call.clone();
        let left = call.due.map_or(0, |due| {
            due.0.saturating_sub(self.now.0).div_ceil(1000).clamp(1, call.asked.timeout_ms)
        });
        for piece in 0..call.pieces.len() {
            inbox.expect(callee, self.invocation(key, &call, &work, piece, left));
        }
    }

    /// One INVOCATION, of those that a call's input comes in.
    pub(super) fn invocation(
        &self,
        key: CallKey,
        call: &Call,
        work: &Work,
        piece: usize,
        timeout_ms: u64,
    ) -> Told {
        let asked = &call.asked;
        let disclosed = asked.disclose_me
            || work.disclose_caller
            || self.settings.disclosure == Disclosure::Always;
        let details = Details {
            procedure: work.is_pattern.then(|| asked.procedure.to_owned()),
            progress: call.pieces[piece],
            receive_progress: work.takes_progress,
            timeout_ms: if work.keeps_time { timeout_ms } else { 0 },
            caller: disclosed.then(|| self.sessions[&key.0].id),
            trust_level: self.trust_level(asked.procedure),
        };
        let Work { invocation, registration, .. } = *work;
        Told::Invocation { invocation, registration, call: key, piece: piece as u64, details }
    }

    /// These were asked, and could not take the call.
    fn note_asked(&mut self, key: CallKey, registration: u64, asked: &[Name]) {
        // Where the order is not known neither is the last of them.
        let known = !self.registrations[&registration].is_random();
        for name in asked.iter().filter(|_| known) {
            self.note_chosen(key, registration, *name);
        }
        self.calls.get_mut(&key).unwrap().tried.extend(asked);
    }

    /// Roundrobin goes on behind whoever was chosen last; a key is from here on whoever's it is.
    fn note_chosen(&mut self, key: CallKey, registration: u64, name: Name) {
        let call = &self.calls[&key];
        let registration = self.registrations.get_mut(&registration).unwrap();
        match call.asked.rkey {
            None => {
                let chosen = registration.callees.iter().find(|callee| callee.name == name);
                registration.next = Some(chosen.unwrap().number + 1);
            }
            Some(rkey) if call.tried.is_empty() => {
                registration.owners.insert(rkey, vec![name]);
            }
            Some(_) => {}
        }
    }

    /// A callee that cannot be interrupted is not given calls in pieces.
    fn takes_pieces(&self, name: Name) -> bool {
        self.knows(name).taking_pieces && self.knows(name).canceling
    }

    /// Is there room for the call, for sure?
    fn must_take(&self, name: Name, call: &Call, inbox: &Inbox) -> bool {
        let works = self.calls.values().filter_map(Call::work).filter(|work| work.callee == name);
        let is_small = call.pieces.len() == 1 && works.count() < INVOCATIONS_MAX;
        inbox.pressure == Pressure::None || (is_small && inbox.has_room(name))
    }

    pub(super) fn is_busy(&self, registration: u64, callee: &Callee) -> bool {
        let in_flight = self.in_flight(registration, callee);
        callee.options.concurrency.is_some_and(|concurrency| in_flight >= concurrency)
    }

    /// How many calls a callee has by a registration.
    pub(super) fn in_flight(&self, registration: u64, callee: &Callee) -> u64 {
        let of_callee =
            |work: &Work| (work.registration, work.number) == (registration, callee.number);
        self.calls.values().filter_map(Call::work).filter(of_callee).count() as u64
    }
}

/// What else may come of a call where there is no room: its input may not have been kept, and who is
/// asked may just have been ended.
fn unfortunate(call: &Call, asked: &[Name], inbox: &Inbox) -> Vec<&'static str> {
    let mut errors = Vec::new();
    if !call.tried.is_empty() {
        errors.push(NOBODY);
    }
    if asked.iter().any(|name| inbox.is_deaf(*name)) {
        errors.extend([GONE, NOBODY, BUSY]);
    }
    errors
}
