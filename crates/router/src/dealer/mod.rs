//! The dealer: routes calls from callers to callees, and results back.
//!
//! - [`registration`]: what a callee has registered, and the table of it
//! - [`call`]: the record of one call in flight
//! - [`cancel`]: how calls end without their callee's answer
//!
//! The way of a call: [`Dealer::on_call`] resolves the procedure and puts an INVOCATION into the
//! callee's outbox, [`on_yield`] or [`on_error`] finish the record and put the answer into the
//! caller's.
//!
//! See "Remote Procedure Calls" in the specification's Basic Profile.

pub(crate) mod call;
pub(crate) mod cancel;
pub(crate) mod registration;

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{InvocationId, RequestId};
use crosspoint_proto::message::rpc::{self, CallResult, Invocation, Yield};
use crosspoint_proto::message::{self, Message, RequestKind};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::Untranslatable;
use crosspoint_proto::uri::UriRules;

use crate::member::{Member, Undeliverable};
use crate::refusal::{ProtocolViolation, Refusal};
use crate::turn::Turn;
use call::Call;
use registration::{Registration, Registrations};

/// The dealer of one realm.
#[derive(Default)]
pub(crate) struct Dealer {
    pub(crate) registrations: Registrations,
}

/// Why an invocation could not be made on a callee.
enum NotInvoked {
    /// The registration has ended since it was resolved: resolve again.
    Stale,
    Refused(Refusal),
}

impl Dealer {
    /// CALL: the caller gets exactly one answer to it, now or later.
    pub(crate) fn on_call(
        &self,
        caller: &Arc<Member>,
        call: &rpc::Call<'_>,
        turn: &mut Turn,
    ) -> Result<(), ProtocolViolation> {
        let record = Call::new(Arc::clone(caller), call.request);
        let admitted = caller.state(|state| {
            if state.calls.contains(call.request) {
                return Err(ProtocolViolation(format!(
                    "CALL.Request {} is the ID of a call that is still in flight",
                    call.request
                )));
            }
            if state.calls.len() >= caller.limits.calls_in_flight_max {
                return Ok(false);
            }
            state.calls.insert(call.request, Arc::clone(&record));
            Ok(true)
        })?;
        let routed = if admitted { self.route(call, &record, turn) } else { Err(too_many_calls()) };
        if let Err(refusal) = routed {
            caller.state(|state| state.calls.remove(call.request));
            caller.refuse(RequestKind::Call, call.request, &refusal, turn);
        }
        Ok(())
    }

    /// Finds a callee and invokes it. A registration that ends meanwhile is out of the table
    /// before it is stale, so every further round sees a newer table.
    fn route(
        &self,
        call: &rpc::Call<'_>,
        record: &Arc<Call>,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        loop {
            let Some(registration) = self.registrations.resolve(&call.procedure) else {
                return Err(not_registered(&call.procedure));
            };
            match invoke(&registration, call, record, turn) {
                Ok(()) => return Ok(()),
                Err(NotInvoked::Stale) => {}
                Err(NotInvoked::Refused(refusal)) => return Err(refusal),
            }
        }
    }
}

/// Puts an INVOCATION into the callee's outbox: ID, record and message in one step.
fn invoke(
    registration: &Registration,
    call: &rpc::Call<'_>,
    record: &Arc<Call>,
    turn: &mut Turn,
) -> Result<(), NotInvoked> {
    let callee = &registration.callee;
    let mut scratch = std::mem::take(&mut turn.buffers.transcoded);
    let payload = call.payload.transcoded(callee.wire.serializer, &mut scratch);
    let invoked = match payload {
        Err(untranslatable) => Err(NotInvoked::Refused(Refusal {
            error: error_uri::INVALID_ARGUMENT,
            text: format!(
                "the arguments cannot be put in the callee's serializer: {untranslatable}"
            ),
        })),
        Ok(payload) => callee.with(turn, |state, turn| {
            if !registration.is_active() {
                return Err(NotInvoked::Stale);
            }
            if state.invocations.len() >= callee.limits.invocations_in_flight_max {
                return Err(NotInvoked::Refused(queue_full()));
            }
            let request = InvocationId(state.invocations_sent + 1);
            let message = Invocation {
                request,
                registration: registration.id,
                details: rpc::InvocationDetails::default(),
                payload,
            };
            callee.push(state, &Message::Invocation(message), turn).map_err(|undeliverable| {
                NotInvoked::Refused(match undeliverable {
                    Undeliverable::Gone => no_such_procedure(&call.procedure),
                    Undeliverable::Full => queue_full(),
                    Undeliverable::TooLong => too_long("the callee"),
                })
            })?;
            state.invocations_sent += 1;
            state.invocations.insert(request, Arc::clone(record));
            record.assign(callee, request);
            Ok(())
        }),
    };
    turn.buffers.transcoded = scratch;
    invoked
}

/// YIELD: the callee's result goes to the caller, if the call is not done already.
pub(crate) fn on_yield(
    callee: &Arc<Member>,
    result: &Yield<'_>,
    turn: &mut Turn,
) -> Result<(), ProtocolViolation> {
    if result.options.progress {
        // Never asked for: no INVOCATION says `receive_progress`. The final one still counts.
        return check_issued(callee, result.request, "YIELD");
    }
    let Some(call) = take_invocation(callee, result.request, "YIELD")? else { return Ok(()) };
    answer_caller(&call, &Answer::Result, result.payload, turn);
    Ok(())
}

/// ERROR for an INVOCATION: the callee's error goes to the caller, if the call is not done already.
pub(crate) fn on_error(
    callee: &Arc<Member>,
    error: &message::Error<'_>,
    turn: &mut Turn,
) -> Result<(), ProtocolViolation> {
    if error.request_kind != RequestKind::Invocation {
        return Err(ProtocolViolation(format!(
            "ERROR.REQUEST.Type is {}, but only an INVOCATION (68) can be answered with an ERROR",
            error.request_kind as u8
        )));
    }
    let invocation = InvocationId(error.request.0);
    let Some(call) = take_invocation(callee, invocation, "ERROR")? else { return Ok(()) };
    // A callee's URI that breaks the rules is still the callee's answer; the caller gets one that
    // every client can read.
    let uri = match UriRules::Loose.check(&error.error) {
        Ok(()) => &error.error,
        Err(_invalid) => error_uri::INVALID_URI,
    };
    answer_caller(&call, &Answer::Error(uri), error.payload, turn);
    Ok(())
}

/// Takes the call of an invocation off the callee's table and finishes it; `None` if somebody else
/// has finished it before.
fn take_invocation(
    callee: &Arc<Member>,
    invocation: InvocationId,
    message: &str,
) -> Result<Option<Arc<Call>>, ProtocolViolation> {
    match callee.state(|state| state.invocations.remove(invocation)) {
        Some(call) => Ok(call.finish().map(|_pending| call)),
        None => check_issued(callee, invocation, message).map(|()| None),
    }
}

/// An answer to an invocation that is done is late and ignored; one that never was is a violation.
fn check_issued(
    callee: &Arc<Member>,
    invocation: InvocationId,
    message: &str,
) -> Result<(), ProtocolViolation> {
    if callee.state(|state| invocation.0 <= state.invocations_sent) {
        return Ok(());
    }
    Err(ProtocolViolation(format!(
        "{message} answers invocation {invocation}, which was never sent to this session"
    )))
}

/// What a caller is answered, its payload aside.
pub(crate) enum Answer<'a> {
    Result,
    Error(&'a str),
}

impl Answer<'_> {
    fn message<'m>(&'m self, request: RequestId, payload: Payload<'m>) -> Message<'m> {
        match *self {
            Answer::Result => Message::Result(CallResult {
                request,
                details: rpc::ResultOptions::default(),
                payload,
            }),
            Answer::Error(uri) => Message::Error(message::Error {
                request_kind: RequestKind::Call,
                request,
                passthru: None,
                error: uri.into(),
                payload,
            }),
        }
    }
}

/// Gives the caller its one answer, and takes the call off its table. An answer that cannot be
/// delivered as it is becomes an error.
fn answer_caller(call: &Call, answer: &Answer<'_>, payload: Payload<'_>, turn: &mut Turn) {
    let caller = &call.caller;
    let mut scratch = std::mem::take(&mut turn.buffers.transcoded);
    let translated = payload.transcoded(caller.wire.serializer, &mut scratch);
    let delivered = caller.with(turn, |state, turn| {
        state.calls.remove(call.request);
        let payload =
            translated.map_err(|untranslatable| untranslatable_answer(&untranslatable))?;
        match caller.push_answer(state, &answer.message(call.request, payload), turn) {
            Err(Undeliverable::TooLong) => Err(too_long("the caller")),
            Err(Undeliverable::Full) => {
                caller.overflow(state);
                Ok(())
            }
            Ok(()) | Err(Undeliverable::Gone) => Ok(()),
        }
    });
    turn.buffers.transcoded = scratch;
    if let Err(refusal) = delivered {
        caller.refuse(RequestKind::Call, call.request, &refusal, turn);
    }
}

fn untranslatable_answer(untranslatable: &Untranslatable) -> Refusal {
    Refusal {
        error: error_uri::INVALID_ARGUMENT,
        text: format!("the answer cannot be put in the caller's serializer: {untranslatable}"),
    }
}

/// What is registered is a valid URI, so only what is not has to be looked at.
fn not_registered(procedure: &str) -> Refusal {
    match UriRules::Loose.check(procedure) {
        Ok(()) => no_such_procedure(procedure),
        Err(invalid) => Refusal::invalid_uri("procedure", invalid),
    }
}

fn no_such_procedure(procedure: &str) -> Refusal {
    Refusal {
        error: error_uri::NO_SUCH_PROCEDURE,
        text: format!("no callee has registered {procedure}"),
    }
}

fn queue_full() -> Refusal {
    Refusal {
        error: error_uri::QUEUE_FULL,
        text: "the callee does not keep up: too much waits for it already".into(),
    }
}

fn too_long(receiver: &str) -> Refusal {
    Refusal {
        error: error_uri::PAYLOAD_SIZE_EXCEEDED,
        text: format!("the message is longer than {receiver} accepts"),
    }
}

fn too_many_calls() -> Refusal {
    Refusal {
        error: error_uri::LIMIT_EXCEEDED,
        text: "this session has too many calls in flight".into(),
    }
}
