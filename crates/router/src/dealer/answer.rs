//! The one answer that a caller gets.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::rpc::{CallResult, Passthru, ResultOptions};
use crosspoint_proto::message::{Error, Message, RequestKind};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::Untranslatable;

use super::call::Call;
use crate::member::Undeliverable;
use crate::refusal::{Refusal, text_payload};
use crate::turn::Turn;

/// What a caller is answered.
pub(super) struct Answer<'a> {
    /// Why there is no result.
    pub(super) error: Option<&'a str>,
    pub(super) passthru: Option<&'a Passthru<'a>>,
    pub(super) payload: Payload<'a>,
    /// How long it is was somebody else's choice, so it finds the room that others have.
    pub(super) may_be_long: bool,
}

impl Answer<'_> {
    fn message<'m>(&'m self, request: RequestId, payload: Payload<'m>) -> Message<'m> {
        let passthru = self.passthru.map(|passthru| Box::new(passthru.clone()));
        match self.error {
            None => {
                let details = ResultOptions { progress: false, passthru };
                Message::Result(CallResult { request, details, payload })
            }
            Some(error) => {
                let (request_kind, error) = (RequestKind::Call, error.into());
                Message::Error(Error { request_kind, request, passthru, error, payload })
            }
        }
    }
}

/// Gives the caller its one answer, and takes the call off its table. An answer that cannot be
/// delivered as it is becomes an error. Only who has finished the call calls this.
pub(super) fn answer_caller(call: &Call, answer: &Answer<'_>, turn: &mut Turn) {
    let caller = &call.caller;
    let mut scratch = mem::take(&mut turn.buffers.transcoded);
    let translated = answer.payload.transcoded(caller.wire.serializer, &mut scratch);
    let delivered = caller.with(turn, |state, turn| {
        state.forget_call(call.request);
        let payload =
            translated.map_err(|untranslatable| untranslatable_answer(&untranslatable))?;
        let message = answer.message(call.request, payload);
        let pushed = if answer.may_be_long {
            caller.push(state, &message, &mut turn.buffers)
        } else {
            caller.push_answer(state, &message, &mut turn.buffers)
        };
        match pushed {
            Err(Undeliverable::TooLong) => Err(super::too_long("the caller")),
            Err(Undeliverable::Full) if answer.may_be_long => Err(no_room()),
            Err(Undeliverable::Full) => {
                caller.overflow(state, Undeliverable::Full);
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

/// Answers with an error and a sentence that says why.
pub(super) fn answer_error(call: &Call, error: &str, text: &str, turn: &mut Turn) {
    let mut args = Vec::new();
    let payload = text_payload(call.caller.wire.serializer, text, &mut args);
    let (error, may_be_long) = (Some(error), false);
    answer_caller(call, &Answer { error, passthru: None, payload, may_be_long }, turn);
}

/// Answers a call that no callee has, unless it is done already.
pub(super) fn answer_refusal(call: &Arc<Call>, refusal: &Refusal, turn: &mut Turn) {
    if call.finish().is_some() {
        refuse_caller(call, refusal, turn);
    }
}

/// Answers a finished call with the router's own reason, which is counted.
pub(super) fn refuse_caller(call: &Call, refusal: &Refusal, turn: &mut Turn) {
    call.caller.state(|state| state.forget_call(call.request));
    call.caller.refuse(RequestKind::Call, call.request, refusal, turn);
}

fn no_room() -> Refusal {
    Refusal {
        error: error_uri::QUEUE_FULL,
        text: "the caller does not keep up: too much waits for it, and the answer found no room"
            .into(),
    }
}

pub(super) fn untranslatable_answer(untranslatable: &Untranslatable) -> Refusal {
    Refusal {
        error: error_uri::INVALID_ARGUMENT,
        text: format!("the answer cannot be put in the caller's serializer: {untranslatable}"),
    }
}
