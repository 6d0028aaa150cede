//! The record of one call: shared by the caller's and the callee's tables until it is done.
//!
//! ```text
//!            a callee is found              result, error, cancel, timeout, loss
//! Routing ------------------------> Pending ------------------------------------> Done
//!  |   ^ |                           |                                             ^
//!  |   | +---------------------------+---------------------------------------------+
//!  |   +-- "unavailable" ------------+                                             |
//!  v                                                                               |
//! Waiting, for a callee with a free place -----------------------------------------+
//! ```
//!
//! A call ends by a result, an error, a cancel, a timeout, or the loss of either side, and any of
//! these may come from any thread at the same moment. [`Call::finish`] is the one step that they race
//! on: exactly one of them wins, and the winner answers the caller and gives the callee's place back.

use std::collections::BTreeSet;
use std::sync::Arc;

use crosspoint_proto::id::{InvocationId, RequestId, SessionId};
use crosspoint_proto::message::rpc;

use super::input::{Input, Kept};
use super::registration::{Endpoint, Registration, Wish};
use crate::member::Member;
use crate::sync::Mutex;
use crate::time::Time;

/// A call in flight.
pub(crate) struct Call {
    pub(crate) caller: Arc<Member>,
    pub(crate) request: RequestId,
    pub(crate) terms: Terms,
    /// When its `timeout` is over, if it has one and no progressive result comes.
    pub(crate) due: Time,
    state: Mutex<State>,
}

/// What the initiating CALL has settled for the whole of the call: later ones change nothing of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    /// The input comes in several CALLs.
    pub(crate) progressive: bool,
    /// The caller takes progressive results.
    pub(crate) receive_progress: bool,
    /// The callee is to know who calls.
    pub(crate) disclosed: bool,
    /// 0 is none.
    pub(crate) timeout_ms: u64,
    pub(crate) trust_level: Option<u64>,
}

struct State {
    stage: Stage,
    /// Kept where more of it is to come, or where another callee may need it.
    input: Option<Box<Input>>,
}

enum Stage {
    /// No callee has it yet, or not any more.
    Routing,
    /// All callees have as many calls as they take.
    Waiting(Arc<Registration>),
    /// A callee has it.
    Pending(Pending),
    /// The caller has its answer, or is gone.
    Done,
}

/// Who works on the call, and under which invocation.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) invocation: InvocationId,
    /// The callee was told that progressive results are welcome.
    pub(crate) takes_progress: bool,
    /// The callee has been told that nobody waits any more.
    interrupted: bool,
    /// The callee has begun to answer.
    progressed: bool,
}

impl Pending {
    pub(crate) fn new(
        endpoint: &Arc<Endpoint>,
        invocation: InvocationId,
        takes_progress: bool,
    ) -> Pending {
        let endpoint = Arc::clone(endpoint);
        Pending { endpoint, invocation, takes_progress, interrupted: false, progressed: false }
    }

    /// Has the caller canceled the call?
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted
    }
}

/// Where a call was when it was finished.
pub(crate) enum Whereabouts {
    /// On its way to a callee.
    Routing,
    Waiting(Arc<Registration>),
    Callee(Pending),
}

/// What a CANCEL with mode `kill` found.
pub(crate) enum Killed {
    /// A callee, which is to be told.
    Pending(Pending),
    /// A callee that was told before, or a call that is done.
    Before,
    /// No callee: the call is finished.
    Finished(Whereabouts),
}

/// What becomes of a call whose callee is not available.
pub(crate) enum Unavailable {
    /// It is to be routed again.
    Again(Pending),
    /// It ends here.
    Final(Pending),
}

/// The call is done already.
pub(crate) struct Over;

/// What a further CALL found.
pub(crate) enum Continuation {
    /// It goes to this callee.
    Deliver(Pending),
    /// It was kept for the callee that is being looked for.
    Kept,
    /// The call is done already.
    Over,
    /// There is no room to keep it.
    NoRoom,
    /// The call takes no more input, or is one of another procedure: the text says which.
    Wrong(&'static str),
}

impl Call {
    pub(crate) fn new(
        caller: Arc<Member>,
        request: RequestId,
        terms: Terms,
        input: Option<Box<Input>>,
        now: Time,
    ) -> Arc<Call> {
        let state = Mutex::new(State { stage: Stage::Routing, input });
        Arc::new(Call { caller, request, terms, due: now.after_ms(terms.timeout_ms), state })
    }

    /// What is left of its `timeout`, at least a moment; 0 if it has none.
    pub(crate) fn left_ms(&self, now: Time) -> u64 {
        match self.terms.timeout_ms {
            0 => 0,
            timeout_ms => self.due.0.saturating_sub(now.0).div_ceil(1000).clamp(1, timeout_ms),
        }
    }

    /// A callee gets the call: `place` does it, with what the caller has sent so far. Done under the
    /// callee's lock, so that nobody sees the invocation before it is known here.
    pub(crate) fn assign<E: From<Over>>(
        &self,
        place: impl FnOnce(Option<&Input>) -> Result<Pending, E>,
    ) -> Result<(), E> {
        let mut state = self.state.lock();
        match state.stage {
            Stage::Routing => {}
            Stage::Done => return Err(Over.into()),
            Stage::Waiting(_) | Stage::Pending(_) => {
                debug_assert!(false, "only who routes a call assigns it");
                return Err(Over.into());
            }
        }
        let pending = place(state.input.as_deref())?;
        state.stage = Stage::Pending(pending);
        Ok(())
    }

    /// Keeps what the caller has sent, for callees to come. False if there is no room for it.
    pub(crate) fn keep(&self, message: &rpc::Call<'_>) -> bool {
        let mut state = self.state.lock();
        let input = state.input.get_or_insert_with(|| Box::new(Input::new(message)));
        if input.kept.is_none() {
            input.kept = Kept::new(&self.caller, message);
        }
        input.kept.is_some()
    }

    /// Somebody could not take the call.
    pub(crate) fn note_tried(&self, endpoint: &Endpoint) {
        if let Some(input) = &mut self.state.lock().input {
            input.tried.insert(endpoint.callee.session);
        }
    }

    /// What the call wants of a registration, by what is kept of it.
    pub(crate) fn with_wish<T>(&self, look: impl FnOnce(Wish<'_>) -> T) -> T {
        const NOBODY: BTreeSet<SessionId> = BTreeSet::new();
        let state = self.state.lock();
        let input = state.input.as_deref();
        look(Wish {
            tried: input.map_or(&NOBODY, |input| &input.tried),
            rkey: input.and_then(|input| input.rkey),
            turned_down_by: input.and_then(|input| input.turned_down_by),
        })
    }

    /// From here on the call waits at a registration; not if it is done. The caller holds the
    /// registration's lock.
    pub(crate) fn wait(&self, registration: &Arc<Registration>) -> bool {
        let mut state = self.state.lock();
        if !matches!(state.stage, Stage::Routing) {
            return false;
        }
        state.stage = Stage::Waiting(Arc::clone(registration));
        true
    }

    /// It has been taken out of the queue; not if it is done.
    pub(crate) fn wait_no_more(&self) {
        let mut state = self.state.lock();
        if matches!(state.stage, Stage::Waiting(_)) {
            state.stage = Stage::Routing;
        }
    }

    /// The caller cancels it and waits for the callee's answer, where there is a callee.
    pub(crate) fn kill(&self) -> Killed {
        let mut state = self.state.lock();
        match &mut state.stage {
            Stage::Pending(pending) if pending.interrupted => Killed::Before,
            Stage::Pending(pending) => {
                pending.interrupted = true;
                Killed::Pending(pending.clone())
            }
            Stage::Routing | Stage::Waiting(_) | Stage::Done => {
                state.finish().map_or(Killed::Before, Killed::Finished)
            }
        }
    }

    /// A progressive result has come: is it welcome?
    pub(crate) fn note_progress(&self) -> bool {
        match &mut self.state.lock().stage {
            Stage::Pending(pending) if pending.takes_progress => {
                pending.progressed = true;
                true
            }
            Stage::Pending(_) | Stage::Routing | Stage::Waiting(_) | Stage::Done => false,
        }
    }

    /// The callee cannot take the call. Somebody else may, if what the caller has sent is still
    /// there, the callee has not begun to answer, and the caller has not canceled.
    pub(crate) fn unassign(&self) -> Option<Unavailable> {
        let mut state = self.state.lock();
        let Stage::Pending(pending) = std::mem::replace(&mut state.stage, Stage::Done) else {
            return None;
        };
        let kept = state.input.as_deref_mut().filter(|input| input.kept.is_some());
        match kept {
            Some(input) if !pending.progressed && !pending.interrupted => {
                input.tried.insert(pending.endpoint.callee.session);
                input.turned_down_by = Some(pending.endpoint.place());
                state.stage = Stage::Routing;
                Some(Unavailable::Again(pending))
            }
            _ => Some(Unavailable::Final(pending)),
        }
    }

    /// Is this a progressive call of that procedure?
    pub(crate) fn takes_more_of(&self, procedure: &str) -> bool {
        let state = self.state.lock();
        let input = state.input.as_deref().filter(|_| self.terms.progressive);
        input.is_some_and(|input| *input.procedure == *procedure)
    }

    /// A further CALL of a progressive one.
    pub(crate) fn continue_with(&self, message: &rpc::Call<'_>) -> Continuation {
        let mut state = self.state.lock();
        let State { stage, input } = &mut *state;
        let Some(input) = input.as_deref_mut().filter(|_| self.terms.progressive) else {
            return Continuation::Wrong("is not progressive");
        };
        if *input.procedure != *message.procedure {
            return Continuation::Wrong("is one of another procedure");
        }
        if !input.open {
            return Continuation::Wrong("has got its last input");
        }
        match stage {
            Stage::Done => Continuation::Over,
            Stage::Pending(pending) => Continuation::Deliver(pending.clone()),
            Stage::Routing | Stage::Waiting(_) if input.keep_more(message) => Continuation::Kept,
            Stage::Routing | Stage::Waiting(_) => Continuation::NoRoom,
        }
    }

    /// The further CALL goes to its callee, by `push`, if that still has it: not if the call has
    /// moved on or is done. Done under the callee's lock.
    pub(crate) fn deliver<E>(
        &self,
        to: &Pending,
        message: &rpc::Call<'_>,
        push: impl FnOnce(&Input) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut state = self.state.lock();
        let State { stage: Stage::Pending(pending), input: Some(input) } = &mut *state else {
            return Ok(false);
        };
        let same =
            pending.invocation == to.invocation && Arc::ptr_eq(&pending.endpoint, &to.endpoint);
        if !same {
            return Ok(false);
        }
        push(input)?;
        if input.kept.is_some() && !input.keep_more(message) {
            // From here on it cannot move on.
            input.kept = None;
        }
        input.open = message.options.progress;
        Ok(true)
    }

    /// The one step to done: whoever gets `Some` answers the caller.
    pub(crate) fn finish(&self) -> Option<Whereabouts> {
        self.state.lock().finish()
    }
}

impl State {
    fn finish(&mut self) -> Option<Whereabouts> {
        let whereabouts = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Routing => Whereabouts::Routing,
            Stage::Waiting(registration) => Whereabouts::Waiting(registration),
            Stage::Pending(pending) => Whereabouts::Callee(pending),
            Stage::Done => return None,
        };
        // What was kept is given back now, not when the last who holds the record lets it go.
        if let Some(input) = &mut self.input {
            input.kept = None;
        }
        Some(whereabouts)
    }
}
