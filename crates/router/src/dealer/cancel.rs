//! How calls end without their callee's answer: the caller cancels, the caller leaves, or the
//! callee leaves.
//!
//! See "Call Canceling", "Caller Leaving During an RPC Invocation" and "Callee Leaving During an
//! RPC Invocation" in the specification.

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Role};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{Cancel, CancelMode, Interrupt};

use super::call::{Call, Pending};
use super::{Answer, answer_caller};
use crate::member::Member;
use crate::refusal::text_payload;
use crate::turn::Turn;

/// CANCEL. A call that is done, or never was, is not answered: its answer is on the way already.
pub(crate) fn on_cancel(caller: &Arc<Member>, cancel: Cancel, turn: &mut Turn) {
    let Some(call) = caller.state(|state| state.calls.get(cancel.request)) else {
        return;
    };
    match cancel.mode {
        CancelMode::Kill => kill(&call, turn),
        CancelMode::Skip | CancelMode::KillNoWait => {
            let Some(pending) = call.finish() else { return };
            let interrupt = cancel.mode == CancelMode::KillNoWait;
            release(&pending, interrupt, turn);
            if caller.state(|state| state.forgets_canceled_calls) {
                caller.state(|state| state.calls.remove(call.request));
            } else {
                answer_canceled(&call, "the caller canceled the call", turn);
            }
        }
    }
}

/// Tells the callee and lets it answer; a callee that does not know cancelling is skipped.
fn kill(call: &Arc<Call>, turn: &mut Turn) {
    let Some(pending) = call.interrupt() else { return };
    if can_be_interrupted(&pending.callee) {
        interrupt(&pending, CancelMode::Kill, turn);
    } else if let Some(pending) = call.finish() {
        release(&pending, false, turn);
        answer_canceled(call, "the caller canceled the call", turn);
    }
}

/// The caller is gone: nobody waits for these calls any more.
pub(crate) fn caller_lost(calls: impl IntoIterator<Item = Arc<Call>>, turn: &mut Turn) {
    for call in calls {
        if let Some(pending) = call.finish() {
            release(&pending, true, turn);
        }
    }
}

/// The callee is gone: its callers get their answer from the router.
pub(crate) fn callee_lost(invocations: impl IntoIterator<Item = Arc<Call>>, turn: &mut Turn) {
    for call in invocations {
        if call.finish().is_some() {
            answer_canceled(&call, "the callee left before it answered", turn);
        }
    }
}

/// Takes the invocation off the callee's table, so that a late answer to it is ignored, and tells
/// the callee so if it wants to know.
fn release(pending: &Pending, tell: bool, turn: &mut Turn) {
    pending.callee.state(|state| state.invocations.remove(pending.invocation));
    if tell && can_be_interrupted(&pending.callee) {
        interrupt(pending, CancelMode::KillNoWait, turn);
    }
}

/// An INTERRUPT is advice: a callee that has no room for it just goes on, and its answer is ignored
/// or counts. It must not cost it its session.
fn interrupt(pending: &Pending, mode: CancelMode, turn: &mut Turn) {
    let Pending { callee, invocation, .. } = pending;
    let message = Message::Interrupt(Interrupt { request: *invocation, mode });
    callee.with(turn, |state, turn| {
        let _ = callee.push(state, &message, turn);
    });
}

/// An INTERRUPT is fatal to clients that did not announce that they know it.
fn can_be_interrupted(callee: &Member) -> bool {
    callee.state(|state| state.roles.features(Role::Callee).has(Feature::CallCanceling))
}

fn answer_canceled(call: &Call, text: &str, turn: &mut Turn) {
    let mut args = Vec::new();
    let payload = text_payload(call.caller.wire.serializer, text, &mut args);
    answer_caller(call, &Answer::Error(error_uri::CANCELED), payload, turn);
}
