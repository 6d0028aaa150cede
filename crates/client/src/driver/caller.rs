//! The caller: calls that wait for their results.
//!
//! ```text
//! CALL -> RESULT or ERROR
//! CALL -> RESULT (progress), ... -> RESULT or ERROR     progressive results
//! CALL (progress), ... CALL -> RESULT or ERROR          arguments in chunks, all under one ID
//! CALL ... CANCEL -> ERROR, or whatever was faster
//! ```
//!
//! See "Calling" in the specification's Basic Profile, and "Progressive Call Results", "Progressive
//! Call Invocations" and "Call Canceling" in its Advanced Profile.

use std::collections::HashMap;

use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::rpc::{self, Call, CallOptions, Cancel, CancelMode};
use crosspoint_proto::message::{self, Message};

use super::conversation::wamp_error;
use super::outbox::Outbox;
use crate::arguments::{Arguments, CallResult};
use crate::chunks::{self, Overflow};
use crate::error::RequestError;
use crate::limits::CALLS_MAX;
use crate::request::{CallRequest, OwnedPayload, Progressive, Reply, Ticket};

#[derive(Default)]
pub(super) struct Caller {
    /// Calls without an answer, also those that nobody waits for any more.
    calls: HashMap<RequestId, Waiting>,
    requests: HashMap<Ticket, RequestId>,
    /// The router announced that it understands CANCEL.
    pub(super) may_cancel: bool,
}

struct Waiting {
    ticket: Ticket,
    cancel_mode: CancelMode,
    /// Where progressive results go, if they are wanted.
    results: Option<chunks::Sender>,
    /// The procedure, as long as more of the arguments is to come.
    chunked: Option<String>,
    /// None once the call is given up: then the router's own answer is for nobody.
    reply: Option<Reply<CallResult>>,
}

impl Caller {
    pub(super) fn call(&mut self, call: CallRequest, outbox: &mut Outbox) {
        if call.reply.is_closed() {
            return;
        }
        if self.calls.len() >= CALLS_MAX {
            return call.refuse(RequestError::TooManyCalls);
        }
        let progressive = call.progressive.as_ref();
        let sent = outbox.request(|request| {
            let options = CallOptions {
                progress: progressive.is_some_and(|progressive| progressive.chunked),
                receive_progress: progressive.is_some(),
                ..call.options.to_message()
            };
            let (procedure, payload) = (call.procedure.as_str().into(), call.payload.as_payload());
            Message::Call(Call { request, options, procedure, payload })
        });
        match sent {
            Ok(request) => {
                self.requests.insert(call.ticket, request);
                self.calls.insert(request, Waiting::for_answer_to(call));
            }
            Err(too_long) => call.refuse(too_long.into()),
        }
    }

    /// Sends more of a call's arguments.
    pub(super) fn send_chunk(
        &mut self,
        ticket: Ticket,
        payload: &OwnedPayload,
        is_last: bool,
        outbox: &mut Outbox,
    ) -> Result<(), RequestError> {
        let request = *self.requests.get(&ticket).ok_or(RequestError::CallEnded)?;
        let waiting = self.calls.get_mut(&request).ok_or(RequestError::CallEnded)?;
        let procedure = waiting.chunked.as_deref().ok_or(RequestError::CallEnded)?;
        // All other options are those of the first CALL.
        let options = CallOptions { progress: !is_last, ..CallOptions::default() };
        let (procedure, payload) = (procedure.into(), payload.as_payload());
        outbox.send(&Message::Call(Call { request, options, procedure, payload }))?;
        if is_last {
            waiting.chunked = None;
        }
        Ok(())
    }

    /// Cancels a call, as its options say if no mode is given.
    pub(super) fn cancel(&mut self, ticket: Ticket, mode: Option<CancelMode>, outbox: &mut Outbox) {
        let Some(request) = self.requests.remove(&ticket) else { return };
        if self.may_cancel
            && let Some(waiting) = self.calls.get(&request)
        {
            let mode = mode.unwrap_or(waiting.cancel_mode);
            // No router finds a CANCEL too long.
            let _ = outbox.send(&Message::Cancel(Cancel { request, mode }));
        }
    }

    pub(super) fn on_result(&mut self, result: &rpc::CallResult<'_>, outbox: &mut Outbox) {
        if result.details.progress {
            return self.on_progress(result, outbox);
        }
        let answer = result.payload.values().map_err(RequestError::Unreadable);
        self.answer(result.request, answer.map(|(args, kwargs)| CallResult { args, kwargs }));
    }

    /// A progressive result: it is put into the caller's queue, or the call is given up.
    fn on_progress(&mut self, result: &rpc::CallResult<'_>, outbox: &mut Outbox) {
        let waiting = self.calls.get(&result.request);
        // One that nobody has asked for is passed over.
        let Some(results) = waiting.and_then(|waiting| waiting.results.as_ref()) else { return };
        let taken = match result.payload.values() {
            Ok((args, kwargs)) => results
                .push(Arguments { args, kwargs }, result.payload.octets.len())
                .map_err(|Overflow| RequestError::TooSlow),
            Err(unreadable) => Err(RequestError::Unreadable(unreadable)),
        };
        if let Err(error) = taken {
            self.give_up(result.request, error, outbox);
        }
    }

    /// Cancels a call that cannot be answered as it should, and says why.
    fn give_up(&mut self, request: RequestId, error: RequestError, outbox: &mut Outbox) {
        let Some(waiting) = self.calls.get_mut(&request) else { return };
        let ticket = waiting.ticket;
        waiting.results = None;
        if let Some(reply) = waiting.reply.take() {
            let _ = reply.send(Err(error));
        }
        self.cancel(ticket, None, outbox);
    }

    pub(super) fn on_error(&mut self, error: &message::Error<'_>) {
        self.answer(error.request, Err(wamp_error(error)));
    }

    fn answer(&mut self, request: RequestId, answer: Result<CallResult, RequestError>) {
        let Some(Waiting { ticket, reply, .. }) = self.calls.remove(&request) else { return };
        self.requests.remove(&ticket);
        if let Some(reply) = reply {
            // If nobody waits any more the call was cancelled.
            let _ = reply.send(answer);
        }
    }
}

impl CallRequest {
    /// Tells whoever waits for it first.
    fn refuse(self, error: RequestError) {
        match self.progressive {
            Some(progressive) => drop(progressive.framed.send(Err(error))),
            None => drop(self.reply.send(Err(error))),
        }
    }
}

impl Waiting {
    fn for_answer_to(call: CallRequest) -> Waiting {
        let CallRequest { ticket, options, procedure, progressive, reply, .. } = call;
        let (results, chunked) = match progressive {
            Some(Progressive { results, chunked, framed }) => {
                // If nobody waits any more the call is cancelled next.
                let _ = framed.send(Ok(()));
                (Some(results), chunked.then_some(procedure))
            }
            None => (None, None),
        };
        Waiting { ticket, cancel_mode: options.cancel_mode, results, chunked, reply: Some(reply) }
    }
}
