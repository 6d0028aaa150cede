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
}

impl Call {
    pub(crate) fn new(caller: Arc<Member>, request: RequestId) -> Arc<Call> {
        Arc::new(Call { caller, request, state: Mutex::new(State::Routing) })
    }

    /// A callee gets the call. Done under the callee's lock, so that nobody sees the invocation
    /// before it is known here.
    pub(crate) fn assign(&self, callee: &Arc<Member>, invocation: InvocationId) {
        *self.state.lock() = State::Pending(Pending { callee: Arc::clone(callee), invocation });
    }

    /// Who works on it, if anybody still does.
    pub(crate) fn pending(&self) -> Option<Pending> {
        match &*self.state.lock() {
            State::Pending(pending) => Some(pending.clone()),
            State::Routing | State::Done => None,
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
