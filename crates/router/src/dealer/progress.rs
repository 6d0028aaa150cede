//! Progress, in both directions: results that come in pieces, and calls that do.
//!
//! ```text
//! Caller                    Dealer                    Callee
//!   | --- CALL progress ----> |                         |
//!   |                         | - INVOCATION progress > |
//!   | --- CALL progress ----> |                         |   the same request, the same invocation
//!   |                         | - INVOCATION progress > |
//!   |                         | <--- YIELD progress --- |
//!   | <--- RESULT progress -- |                         |
//!   | --------- CALL -------> |                         |   the last of the input
//!   |                         | ------ INVOCATION ----> |
//!   |                         | <-------- YIELD ------- |
//!   | <------- RESULT ------- |                         |
//! ```
//!
//! Nothing of it is ever left out silently: a piece that finds no room ends the call, with an ERROR
//! for the caller and an INTERRUPT for the callee.
//!
//! See "Progressive Call Results" and "Progressive Call Invocations" in the specification's Advanced
//! Profile.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{self, CallResult, ResultOptions, Yield};

use super::answer::{refuse_caller, untranslatable_answer};
use super::call::{Call, Continuation};
use super::cancel::release;
use super::invoke::{NotInvoked, invoke_further};
use super::{check_issued, knows_passthru, passthru_unknown_to_caller, too_long, used};
use crate::member::{Member, Undeliverable};
use crate::refusal::{ProtocolViolation, Refusal};
use crate::turn::Turn;

/// YIELD with `progress`: a piece of the result goes to the caller, if that takes such.
pub(super) fn on_progress(
    callee: &Arc<Member>,
    result: &Yield<'_>,
    turn: &mut Turn,
) -> Result<(), ProtocolViolation> {
    let Some(call) = callee.state(|state| state.invocations.get(result.request)) else {
        return check_issued(callee, result.request, "YIELD");
    };
    if !call.note_progress() {
        // Nobody asked for it. The final result still counts.
        callee.counters.progress_ignored.add(1);
        return Ok(());
    }
    if let Err(refusal) = send_progress(&call, result, turn) {
        give_up(&call, &refusal, turn);
    }
    Ok(())
}

/// Puts a piece of the result into the caller's outbox, where it finds less room than an answer. The
/// time until the next one begins anew.
fn send_progress(call: &Arc<Call>, result: &Yield<'_>, turn: &mut Turn) -> Result<(), Refusal> {
    let caller = &call.caller;
    let passthru = used(result.options.passthru.as_deref());
    if passthru.is_some() && !knows_passthru(caller) {
        return Err(passthru_unknown_to_caller());
    }
    let mut scratch = mem::take(&mut turn.buffers.transcoded);
    let translated = result.payload.transcoded(caller.wire.serializer, &mut scratch);
    let sent = caller.with(turn, |state, turn| {
        // Not behind the final answer.
        if !state.calls.is(call.request, call) {
            return Ok(());
        }
        let payload =
            translated.map_err(|untranslatable| untranslatable_answer(&untranslatable))?;
        let passthru = passthru.map(|passthru| Box::new(passthru.clone()));
        let (request, details) = (call.request, ResultOptions { progress: true, passthru });
        let message = Message::Result(CallResult { request, details, payload });
        match caller.push(state, &message, &mut turn.buffers) {
            Err(Undeliverable::TooLong) => Err(too_long("the caller")),
            Err(Undeliverable::Full) => Err(does_not_keep_up("the caller")),
            Ok(()) | Err(Undeliverable::Gone) => {
                state.restart_time_of(call, turn.now());
                Ok(())
            }
        }
    });
    turn.buffers.transcoded = scratch;
    sent
}

/// A further CALL under the ID of one that is in flight.
pub(super) fn on_continuation(
    call: &Arc<Call>,
    message: &rpc::Call<'_>,
    turn: &mut Turn,
) -> Result<(), ProtocolViolation> {
    loop {
        let delivered = match call.continue_with(message) {
            Continuation::Deliver(pending) => invoke_further(&pending, call, message, turn),
            Continuation::Kept | Continuation::Over => Ok(true),
            Continuation::NoRoom => Err(does_not_keep_up("the callee").into()),
            Continuation::Wrong(what) => {
                return Err(ProtocolViolation(format!(
                    "CALL.Request {} is the ID of a call that is still in flight, and {what}",
                    message.request
                )));
            }
        };
        match delivered {
            // What a callee that is leaving has in flight is answered when it has left.
            Ok(true) | Err(NotInvoked::Over | NotInvoked::Gone) => return Ok(()),
            // It has moved on: look again where it is.
            Ok(false) | Err(NotInvoked::Stale) => {}
            Err(NotInvoked::Refused(refusal)) => {
                give_up(call, &refusal, turn);
                return Ok(());
            }
        }
    }
}

/// A piece is missing, so the rest is worth nothing.
pub(super) fn give_up(call: &Arc<Call>, refusal: &Refusal, turn: &mut Turn) {
    let Some(whereabouts) = call.finish() else { return };
    release(call, whereabouts, true, turn);
    refuse_caller(call, refusal, turn);
}

fn does_not_keep_up(who: &str) -> Refusal {
    Refusal {
        error: error_uri::QUEUE_FULL,
        text: format!("{who} does not keep up with what comes in pieces: too much waits for it"),
    }
}
