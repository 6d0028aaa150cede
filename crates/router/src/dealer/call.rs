//! The record of one call: shared by the caller's and the callee's tables until it is done.
//!
//! A call ends by a result, an error, a cancel, or the loss of either side, and any of these may
//! come from any thread at the same moment. [`Call::finish`] is the one step that they race on:
//! exactly one of them wins, and the winner answers the caller.

use std::sync::Arc;

use crosspoint_proto::id::{InvocationId, RequestId};

use crate::member::Member;
use crate::sync::Mutex;

/// A call in flight.
pub(crate) struct Call {
    pub(crate) caller: Arc<Member>,
    pub(crate) request: RequestId,
    state: Mutex<State>,
}

enum State {
    /// No callee has it yet.
    Routing,
    /// A callee has it.
    Pending(Pending),
    /// The caller has its answer, or is gone.
    Done,
}

/// Who works on the call, and under which invocation.
#[derive(Clone)]
pub(crate) struct Pending {
    pub(crate) callee: Arc<Member>,
    pub(crate) invocation: InvocationId,
    /// The callee has been told that nobody waits any more.
    interrupted: bool,
}

impl Call {
    pub(crate) fn new(caller: Arc<Member>, request: RequestId) -> Arc<Call> {
        Arc::new(Call { caller, request, state: Mutex::new(State::Routing) })
    }

    /// A callee gets the call. Done under the callee's lock, so that nobody sees the invocation
    /// before it is known here. Only the caller's own task routes, so nobody has finished it before.
    pub(crate) fn assign(&self, callee: &Arc<Member>, invocation: InvocationId) {
        let mut state = self.state.lock();
        debug_assert!(matches!(*state, State::Routing));
        let callee = Arc::clone(callee);
        *state = State::Pending(Pending { callee, invocation, interrupted: false });
    }

    /// Who works on it, to be interrupted: the first who asks gets it, and nobody afterwards.
    pub(crate) fn interrupt(&self) -> Option<Pending> {
        match &mut *self.state.lock() {
            State::Pending(pending) if !pending.interrupted => {
                pending.interrupted = true;
                Some(pending.clone())
            }
            State::Pending(_) | State::Routing | State::Done => None,
        }
    }

    /// The one step from pending to done: whoever gets `Some` answers the caller.
    pub(crate) fn finish(&self) -> Option<Pending> {
        match std::mem::replace(&mut *self.state.lock(), State::Done) {
            State::Pending(pending) => Some(pending),
            State::Routing | State::Done => None,
        }
    }
}
