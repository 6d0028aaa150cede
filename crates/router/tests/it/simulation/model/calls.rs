//! Calls: what becomes of one, from its CALL to its one answer.

use std::collections::BTreeSet;

use crosspoint_proto::message::rpc::CancelMode;
use crosspoint_proto::value::Value;
use crosspoint_router::router::Disclosure;
use crosspoint_router::time::Time;

use super::{CallKey, Model, Name};
use crate::simulation::inbox::{Inbox, Told};
use crate::simulation::world::Pressure;

const QUEUE_FULL: &str = "crosspoint.error.queue_full";

/// A call that has no answer yet.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) asked: Asked,
    /// Of each piece of its input: do others follow?
    pub(crate) pieces: Vec<bool>,
    /// Callees that have had it, or could not take it.
    pub(super) tried: BTreeSet<Name>,
    /// Callees of which nobody knows whether they could not take it.
    pub(super) doubted: BTreeSet<Name>,
    pub(crate) stage: Stage,
    /// Nobody knows where it is in the queue.
    pub(super) misplaced: bool,
    pub(super) deadline: Option<Time>,
    /// When its time is over, whoever keeps it.
    pub(super) due: Option<Time>,
    /// The registration and the number there of the callee that was unavailable last.
    pub(super) turned_down_by: Option<(u64, u64)>,
    /// Its input is kept for other callees: it was shared, or has waited.
    pub(super) kept: bool,
}

/// What the first CALL has said.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) procedure: &'static str,
    /// The input comes in pieces.
    pub(crate) progressive: bool,
    pub(crate) receive_progress: bool,
    pub(crate) disclose_me: bool,
    pub(crate) timeout_ms: u64,
    pub(crate) rkey: Option<&'static str>,
}

/// Where a call is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    Routing,
    /// At a registration, for a callee that is free. Or else this callee has it, who has been ended
    /// in the same step.
    Waiting {
        lost_with: Option<Name>,
    },
    At(Work),
}

/// A callee's work on a call.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Work {
    pub(crate) callee: Name,
    pub(crate) registration: u64,
    /// Which of the registration's callees it is.
    pub(crate) number: u64,
    pub(crate) invocation: u64,
    pub(super) is_pattern: bool,
    pub(super) disclose_caller: bool,
    pub(super) keeps_time: bool,
    /// Progressive results are welcome.
    pub(super) takes_progress: bool,
    pub(super) progressed: bool,
    /// The caller has canceled.
    pub(super) interrupted: bool,
}

/// What a callee answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Result,
    Failed,
    Unavailable,
}

impl Call {
    pub(crate) fn is_open(&self) -> bool {
        self.pieces.last() == Some(&true)
    }

    pub(crate) fn has_callee(&self) -> bool {
        self.work().is_some()
    }

    pub(super) fn work(&self) -> Option<Work> {
        if let Stage::At(work) = self.stage { Some(work) } else { None }
    }
}

impl Model {
    pub(crate) fn call(&mut self, key: CallKey, asked: Asked, inbox: &mut Inbox) {
        let timeout = Some(asked.timeout_ms).filter(|timeout| *timeout > 0);
        let call = Call {
            asked,
            pieces: vec![asked.progressive],
            tried: BTreeSet::new(),
            doubted: BTreeSet::new(),
            stage: Stage::Routing,
            misplaced: false,
            deadline: timeout.map(|timeout| self.now.after_ms(timeout)),
            due: timeout.map(|timeout| self.now.after_ms(timeout)),
            turned_down_by: None,
            kept: false,
        };
        self.calls.insert(key, call);
        if let Some(error) = self.refuses_disclosure(asked.disclose_me) {
            return self.fail(key, error, inbox);
        }
        match self.resolve(asked.procedure) {
            Some(registration) => self.route(key, registration, inbox),
            None => self.fail(key, "wamp.error.no_such_procedure", inbox),
        }
    }

    pub(super) fn refuses_disclosure(&self, asked: bool) -> Option<&'static str> {
        let refuses = asked && self.settings.disclosure == Disclosure::Never;
        refuses.then_some("wamp.error.option_disallowed.disclose_me")
    }

    /// More of a call's input: its callee gets it, or it is kept for the callee to come. Who is done
    /// already needs no more.
    pub(crate) fn go_on(&mut self, key: CallKey, progress: bool, inbox: &mut Inbox) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        call.pieces.push(progress);
        let call = call.clone();
        let work = call.work();
        let told = work.map(|work| {
            let whole = call.asked.timeout_ms;
            self.invocation(key, &call, &work, call.pieces.len() - 1, whole)
        });
        let delivered = match (work, told) {
            (Some(Work { callee, .. }), Some(told)) if inbox.has(callee, &told) => {
                inbox.expect(callee, told);
                true
            }
            (Some(Work { callee, .. }), _) => inbox.is_deaf(callee) && !lacked_room(key, inbox),
            (None, _) => !lacked_room(key, inbox),
        };
        if !delivered {
            assert!(lacked_room(key, inbox), "{key:?} does not go on: {inbox:?}");
            self.release(key, true, inbox);
            self.fail(key, QUEUE_FULL, inbox);
        }
    }

    /// The caller does not want the result any more.
    pub(crate) fn cancel(&mut self, key: CallKey, mode: CancelMode, inbox: &mut Inbox) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        if mode == CancelMode::Kill
            && let Stage::At(work) = &mut call.stage
            && self.sessions[&work.callee].knows.canceling
        {
            let again = std::mem::replace(&mut work.interrupted, true);
            let Work { callee, invocation, .. } = *work;
            if !again {
                inbox.expect_if_room(callee, Told::Interrupt { invocation, mode });
            }
            return;
        }
        self.release(key, mode == CancelMode::KillNoWait, inbox);
        if mode != CancelMode::Kill && self.knows(key.0).is_autobahn_js {
            self.calls.remove(&key);
        } else {
            self.fail(key, "wamp.error.canceled", inbox);
        }
    }

    /// Time has passed, and the router has been told on behalf of this caller.
    pub(crate) fn tick(&mut self, caller: Name, inbox: &mut Inbox) {
        for key in self.calls_of(caller) {
            if self.calls[&key].deadline.is_some_and(|deadline| deadline <= self.now) {
                self.release(key, true, inbox);
                self.fail(key, "wamp.error.timeout", inbox);
            }
        }
    }

    /// When the router has to look at the time on behalf of this caller.
    pub(crate) fn deadline(&self, caller: Name) -> Option<Time> {
        let calls = self.calls.range((caller, 0)..(caller + 1, 0));
        calls.filter_map(|(_, call)| call.deadline).min()
    }

    /// A callee's piece of a result: it goes to the caller if that is told that such may come.
    pub(crate) fn progress(
        &mut self,
        callee: Name,
        invocation: u64,
        args: &[u64],
        inbox: &mut Inbox,
    ) {
        let Some((key, work)) = self.work_of(callee, invocation) else { return };
        if !work.takes_progress {
            return;
        }
        let told = result(key, true, args);
        if lacked_room(key, inbox) && !inbox.has(key.0, &told) {
            self.release(key, true, inbox);
            return self.fail(key, QUEUE_FULL, inbox);
        }
        inbox.expect(key.0, told);
        let (now, call) = (self.now, self.calls.get_mut(&key).unwrap());
        call.stage = Stage::At(Work { progressed: true, ..work });
        call.deadline = call.deadline.map(|_| now.after_ms(call.asked.timeout_ms));
    }

    /// A callee's answer: it counts if the call still waits for it.
    pub(crate) fn answer(
        &mut self,
        callee: Name,
        invocation: u64,
        outcome: Outcome,
        args: &[u64],
        inbox: &mut Inbox,
    ) {
        let Some((key, work)) = self.work_of(callee, invocation) else { return };
        if outcome != Outcome::Unavailable
            && let Some(registration) = self.registrations.get_mut(&work.registration)
        {
            registration.served += 1;
        }
        match outcome {
            Outcome::Result => {
                self.calls.remove(&key);
                expect_answer(key, result(key, false, args), inbox);
            }
            Outcome::Failed => self.pass_on(key, "com.error.failed", inbox),
            Outcome::Unavailable if work.interrupted => {
                self.pass_on(key, "wamp.error.unavailable", inbox);
            }
            Outcome::Unavailable if work.progressed => {
                self.fail(key, "wamp.error.no_available_callee", inbox);
            }
            Outcome::Unavailable => self.move_on(key, work, inbox),
        }
    }

    /// The others of the registration get their chance.
    fn move_on(&mut self, key: CallKey, work: Work, inbox: &mut Inbox) {
        let call = self.calls.get_mut(&key).unwrap();
        call.tried.insert(work.callee);
        call.turned_down_by = Some((work.registration, work.number));
        call.stage = Stage::Routing;
        // If the callee has kept the time, now the router does, until another callee may.
        call.deadline = call.deadline.or(call.due);
        let kept = call.kept;
        match self.standing(work.registration).filter(|_| kept) {
            Some(registration) => self.route(key, registration, inbox),
            None => self.fail(key, "wamp.error.no_available_callee", inbox),
        }
    }

    /// The caller is gone.
    pub(super) fn drop_call(&mut self, key: CallKey, inbox: &mut Inbox) {
        self.release(key, true, inbox);
        self.calls.remove(&key);
    }

    /// The call is not its callee's any more, who is told if it knows what that means; or it does
    /// not wait any more.
    fn release(&mut self, key: CallKey, tell: bool, inbox: &mut Inbox) {
        if let Some(Work { callee, invocation, .. }) = self.calls[&key].work()
            && tell
            && self.knows(callee).canceling
        {
            let mode = CancelMode::KillNoWait;
            inbox.expect_if_room(callee, Told::Interrupt { invocation, mode });
        }
        self.forget_waiting(key);
    }

    pub(super) fn forget_waiting(&mut self, key: CallKey) {
        for registration in self.registrations.values_mut() {
            registration.waiting.retain(|waiting| *waiting != key);
        }
    }

    /// A callee's error.
    fn pass_on(&mut self, key: CallKey, error: &str, inbox: &mut Inbox) {
        self.calls.remove(&key).unwrap();
        expect_answer(key, Told::Error { request: key.1, error: error.to_owned() }, inbox);
    }

    /// The call's one answer is an error.
    pub(super) fn fail(&mut self, (name, request): CallKey, error: &str, inbox: &mut Inbox) {
        self.calls.remove(&(name, request)).unwrap();
        inbox.expect(name, Told::Error { request, error: error.to_owned() });
    }

    pub(super) fn calls_of(&self, caller: Name) -> Vec<CallKey> {
        self.calls.range((caller, 0)..(caller + 1, 0)).map(|(key, _)| *key).collect()
    }

    /// The calls that are lost with a callee.
    pub(super) fn calls_at(&self, name: Name, inbox: &Inbox) -> Vec<CallKey> {
        let at = |(key, call): &(&CallKey, &Call)| match call.stage {
            Stage::At(work) => work.callee == name,
            Stage::Waiting { lost_with: Some(callee) } => {
                callee == name && inbox.error_of(**key).as_deref() == Some("wamp.error.canceled")
            }
            Stage::Waiting { lost_with: None } | Stage::Routing => false,
        };
        self.calls.iter().filter(at).map(|(key, _)| *key).collect()
    }

    fn work_of(&self, callee: Name, invocation: u64) -> Option<(CallKey, Work)> {
        self.calls.iter().find_map(|(key, call)| {
            let work = call.work()?;
            (work.callee == callee && work.invocation == invocation).then_some((*key, work))
        })
    }
}

/// Has a piece found no room? That ends the call.
fn lacked_room((caller, request): CallKey, inbox: &Inbox) -> bool {
    let error = Told::Error { request, error: QUEUE_FULL.to_owned() };
    inbox.pressure == Pressure::SmallOutboxes
        && (inbox.has(caller, &error) || inbox.is_deaf(caller))
}

/// An answer whose length is not the router's choice: where it found no room an error is in its place.
pub(super) fn expect_answer(key: CallKey, told: Told, inbox: &mut Inbox) {
    if lacked_room(key, inbox) && !inbox.has(key.0, &told) {
        inbox.expect(key.0, Told::Error { request: key.1, error: QUEUE_FULL.to_owned() });
    } else {
        inbox.expect(key.0, told);
    }
}

fn result((_, request): CallKey, progress: bool, args: &[u64]) -> Told {
    let args = args.iter().copied().map(Value::from).collect();
    Told::Result { request, progress, args }
}
