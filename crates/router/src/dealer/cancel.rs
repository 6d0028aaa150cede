//! How calls end without their callee's answer: the caller cancels, its time is over, the caller
//! leaves, or the callee leaves.
//!
//! See "Call Canceling" and "Call Timeouts" in the specification's Advanced Profile, "Caller Leaving
//! During an RPC Invocation" and "Callee Leaving During an RPC Invocation" in its Basic Profile.

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::Feature;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{Cancel, CancelMode, Interrupt};

use super::answer::answer_error;
use super::call::{Call, Killed, Pending, Whereabouts};
use crate::limits::WORK_OF_GIVING_UP;
use crate::member::Member;
use crate::turn::Turn;

/// CANCEL. A call that is done, or never was, is not answered: its answer is on the way already.
pub(crate) fn on_cancel(caller: &Arc<Member>, cancel: Cancel, turn: &mut Turn) {
    let Some(call) = caller.state(|state| state.calls.get(cancel.request)) else {
        return;
    };
    match cancel.mode {
        CancelMode::Kill => kill(&call, turn),
        CancelMode::Skip | CancelMode::KillNoWait => {
            let Some(whereabouts) = call.finish() else { return };
            release(&call, whereabouts, cancel.mode == CancelMode::KillNoWait, turn);
            if caller.state(|state| state.forgets_canceled_calls) {
                caller.state(|state| state.forget_call(call.request));
            } else {
                answer_canceled(&call, "the caller canceled the call", turn);
            }
        }
    }
}

/// Tells the callee and lets it answer; a callee that does not know cancelling is skipped, and so is
/// one that is still being looked for.
fn kill(call: &Arc<Call>, turn: &mut Turn) {
    let finished = match call.kill() {
        Killed::Before => None,
        Killed::Finished(whereabouts) => Some(whereabouts),
        Killed::Pending(pending) if can_be_interrupted(&pending.endpoint.callee) => {
            return interrupt(&pending, CancelMode::Kill, turn);
        }
        Killed::Pending(_) => call.finish(),
    };
    if let Some(whereabouts) = finished {
        release(call, whereabouts, false, turn);
        answer_canceled(call, "the caller canceled the call", turn);
    }
}

/// The caller's `timeout` is over: as if it had canceled, but for the error.
pub(crate) fn on_timeout(call: &Arc<Call>, turn: &mut Turn) {
    let Some(whereabouts) = call.finish() else { return };
    release(call, whereabouts, true, turn);
    let text = format!("there was no result within {} ms", call.terms.timeout_ms);
    answer_error(call, error_uri::TIMEOUT, &text, turn);
}

/// The caller is gone: nobody waits for these calls any more.
pub(crate) fn caller_lost(calls: impl IntoIterator<Item = Arc<Call>>, turn: &mut Turn) {
    for call in calls {
        turn.spend(WORK_OF_GIVING_UP);
        if let Some(whereabouts) = call.finish() {
            release(&call, whereabouts, true, turn);
        }
    }
}

/// The callee is gone: its callers get their answer from the router.
pub(crate) fn callee_lost(invocations: impl IntoIterator<Item = Arc<Call>>, turn: &mut Turn) {
    for call in invocations {
        turn.spend(WORK_OF_GIVING_UP);
        if let Some(whereabouts) = call.finish() {
            release(&call, whereabouts, false, turn);
            answer_canceled(&call, "the callee left before it answered", turn);
        }
    }
}

/// A call that is finished is taken off wherever it was: a callee's late answer is ignored, and its
/// place is free for another. The callee is told if it wants to know.
pub(super) fn release(call: &Arc<Call>, whereabouts: Whereabouts, tell: bool, turn: &mut Turn) {
    match whereabouts {
        Whereabouts::Routing => {}
        Whereabouts::Waiting(registration) => registration.forget_waiting(call),
        Whereabouts::Callee(pending) => {
            let callee = &pending.endpoint.callee;
            callee.state(|state| state.invocations.remove(pending.invocation));
            if tell && can_be_interrupted(callee) {
                interrupt(&pending, CancelMode::KillNoWait, turn);
            }
            turn.give_back(&pending.endpoint);
        }
    }
}

/// An INTERRUPT is advice: a callee that has no room for it just goes on, and its answer is ignored
/// or counts. It must not cost it its session.
fn interrupt(pending: &Pending, mode: CancelMode, turn: &mut Turn) {
    let Pending { endpoint, invocation, .. } = pending;
    let message = Message::Interrupt(Interrupt { request: *invocation, mode });
    endpoint.callee.with(turn, |state, turn| {
        let _ = endpoint.callee.push(state, &message, &mut turn.buffers);
    });
}

/// An INTERRUPT is fatal to clients that did not announce that they know it.
fn can_be_interrupted(callee: &Member) -> bool {
    callee.features_as_callee().has(Feature::CallCanceling)
}

fn answer_canceled(call: &Call, text: &str, turn: &mut Turn) {
    answer_error(call, error_uri::CANCELED, text, turn);
}
