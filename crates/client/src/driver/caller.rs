//! The caller: calls that wait for their results.
//!
//! See "Calling" in the specification's Basic Profile, and "Call Canceling" in its Advanced Profile.

use std::collections::HashMap;

use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::rpc::{self, Call, CallOptions, Cancel, CancelMode};
use crosspoint_proto::message::{self, Message};

use super::conversation::wamp_error;
use super::outbox::Outbox;
use crate::arguments::CallResult;
use crate::error::RequestError;
use crate::limits::CALLS_MAX;
use crate::request::{OwnedPayload, Reply, Ticket};

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
    reply: Reply<CallResult>,
}

impl Caller {
    pub(super) fn call(
        &mut self,
        ticket: Ticket,
        procedure: &str,
        payload: &OwnedPayload,
        reply: Reply<CallResult>,
        outbox: &mut Outbox,
    ) {
        if reply.is_closed() {
            return;
        }
        if self.calls.len() >= CALLS_MAX {
            return drop(reply.send(Err(RequestError::TooManyCalls)));
        }
        let sent = outbox.request(|request| {
            let (procedure, payload) = (procedure.into(), payload.as_payload());
            let options = CallOptions::default();
            Message::Call(Call { request, options, procedure, payload })
        });
        match sent {
            Ok(request) => {
                self.requests.insert(ticket, request);
                self.calls.insert(request, Waiting { ticket, reply });
            }
            Err(too_long) => drop(reply.send(Err(too_long.into()))),
        }
    }

    /// Nobody waits for the answer any more.
    pub(super) fn cancel(&mut self, ticket: Ticket, outbox: &mut Outbox) {
        let Some(request) = self.requests.remove(&ticket) else { return };
        if self.may_cancel {
            // No router finds a CANCEL too long.
            let _ = outbox.send(&Message::Cancel(Cancel { request, mode: CancelMode::KillNoWait }));
        }
    }

    pub(super) fn on_result(&mut self, result: &rpc::CallResult<'_>) {
        let answer = result.payload.values().map_err(RequestError::Unreadable);
        self.answer(result.request, answer.map(|(args, kwargs)| CallResult { args, kwargs }));
    }

    pub(super) fn on_error(&mut self, error: &message::Error<'_>) {
        self.answer(error.request, Err(wamp_error(error)));
    }

    fn answer(&mut self, request: RequestId, answer: Result<CallResult, RequestError>) {
        let Some(Waiting { ticket, reply }) = self.calls.remove(&request) else { return };
        self.requests.remove(&ticket);
        // If nobody waits any more the call was cancelled.
        let _ = reply.send(answer);
    }
}
