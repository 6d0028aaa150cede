//! The callee: registrations, and the handlers that run for their invocations.
//!
//! See "Registering and Unregistering" and "Calling and Invocations" in the specification's Basic
//! Profile, and "Call Canceling" in its Advanced Profile.

use std::collections::HashMap;
use std::task::{Context, Poll};

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{InvocationId, RegistrationId, RequestId};
use crosspoint_proto::message::rpc::{
    self, Interrupt, Register, RegisterOptions, Registered, ResultOptions, Unregister,
    Unregistered, Yield,
};
use crosspoint_proto::message::{self, Message, RequestKind};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::conversation::wamp_error;
use super::outbox::Outbox;
use crate::arguments::{Arguments, Invocation};
use crate::error::{ApplicationError, HANDLER_FAILED};
use crate::limits::INVOCATIONS_MAX;
use crate::request::{Handler, OwnedPayload, Reply};

#[derive(Default)]
pub(super) struct Callee {
    registering: HashMap<RequestId, (Handler, Reply<RegistrationId>)>,
    unregistering: HashMap<RequestId, (RegistrationId, Option<Reply<()>>)>,
    registrations: HashMap<RegistrationId, Handler>,
    /// Invocations without an answer.
    running: HashMap<InvocationId, AbortHandle>,
    /// Their tasks, and also those of interrupted ones until they have stopped.
    handlers: JoinSet<Handled>,
}

type Handled = (InvocationId, Result<Arguments, ApplicationError>);

impl Callee {
    pub(super) fn register(
        &mut self,
        procedure: &str,
        handler: Handler,
        reply: Reply<RegistrationId>,
        outbox: &mut Outbox,
    ) {
        let sent = outbox.request(|request| {
            let (options, procedure) = (RegisterOptions::default(), procedure.into());
            Message::Register(Register { request, options, procedure })
        });
        match sent {
            Ok(request) => drop(self.registering.insert(request, (handler, reply))),
            Err(too_long) => drop(reply.send(Err(too_long.into()))),
        }
    }

    pub(super) fn on_registered(&mut self, registered: Registered, outbox: &mut Outbox) {
        let Some((handler, reply)) = self.registering.remove(&registered.request) else { return };
        let registration = registered.registration;
        self.registrations.insert(registration, handler);
        if reply.send(Ok(registration)).is_err() {
            self.unregister(registration, None, outbox);
        }
    }

    pub(super) fn unregister(
        &mut self,
        registration: RegistrationId,
        reply: Option<Reply<()>>,
        outbox: &mut Outbox,
    ) {
        let message = |request| Message::Unregister(Unregister { request, registration });
        // No router finds an UNREGISTER too long.
        if let Ok(request) = outbox.request(message) {
            self.unregistering.insert(request, (registration, reply));
        }
    }

    /// Only now is the handler forgotten: invocations may have come until here.
    pub(super) fn on_unregistered(&mut self, unregistered: &Unregistered<'_>) {
        let Some((registration, reply)) = self.unregistering.remove(&unregistered.request) else {
            return;
        };
        self.registrations.remove(&registration);
        if let Some(reply) = reply {
            let _ = reply.send(Ok(()));
        }
    }

    pub(super) fn on_error(&mut self, error: &message::Error<'_>) {
        if error.request_kind == RequestKind::Register {
            if let Some((_, reply)) = self.registering.remove(&error.request) {
                let _ = reply.send(Err(wamp_error(error)));
            }
        } else if let Some((_, Some(reply))) = self.unregistering.remove(&error.request) {
            let _ = reply.send(Err(wamp_error(error)));
        }
    }

    /// Starts the handler, or says why not.
    pub(super) fn on_invocation(&mut self, invocation: &rpc::Invocation<'_>, outbox: &mut Outbox) {
        let id = invocation.request;
        match self.accept(invocation) {
            Ok((handler, invocation)) => {
                let task = self.handlers.spawn(async move { (id, handler(invocation).await) });
                self.running.insert(id, task);
            }
            Err(refusal) => send_error(id, &refusal, outbox),
        }
    }

    fn accept(
        &self,
        invocation: &rpc::Invocation<'_>,
    ) -> Result<(Handler, Invocation), ApplicationError> {
        let Some(handler) = self.registrations.get(&invocation.registration) else {
            let text = "the registration has ended";
            return Err(ApplicationError::new(error_uri::NO_SUCH_PROCEDURE, text));
        };
        if self.handlers.len() >= INVOCATIONS_MAX {
            let text = format!("{INVOCATIONS_MAX} invocations are being handled; try again later");
            return Err(ApplicationError::new(error_uri::QUEUE_FULL, text));
        }
        let (args, kwargs) = invocation.payload.values().map_err(|unreadable| {
            ApplicationError::new(error_uri::INVALID_ARGUMENT, unreadable.to_string())
        })?;
        Ok((Handler::clone(handler), Invocation { args, kwargs }))
    }

    pub(super) fn on_interrupt(&mut self, interrupt: Interrupt, outbox: &mut Outbox) {
        // One that is answered already crossed the INTERRUPT on the way.
        let Some(handler) = self.running.remove(&interrupt.request) else { return };
        handler.abort();
        let canceled = ApplicationError::new(error_uri::CANCELED, "the call was cancelled");
        send_error(interrupt.request, &canceled, outbox);
    }

    /// Answers for one handler that has ended.
    pub(super) fn poll_handlers(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Poll<()> {
        match self.handlers.poll_join_next(cx) {
            Poll::Ready(Some(ended)) => {
                self.on_ended(ended, outbox);
                Poll::Ready(())
            }
            // The next invocation brings it back here.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn on_ended(&mut self, ended: Result<Handled, JoinError>, outbox: &mut Outbox) {
        match ended {
            Ok((id, answer)) => self.answer(id, answer, outbox),
            Err(panicked) => {
                let mut running = self.running.iter();
                let Some((&id, _)) = running.find(|(_, task)| task.id() == panicked.id()) else {
                    return;
                };
                let failed = ApplicationError::new(HANDLER_FAILED, "the handler has panicked");
                self.answer(id, Err(failed), outbox);
            }
        }
    }

    fn answer(
        &mut self,
        id: InvocationId,
        answer: Result<Arguments, ApplicationError>,
        outbox: &mut Outbox,
    ) {
        // One that was interrupted is answered already.
        if self.running.remove(&id).is_none() {
            return;
        }
        match answer {
            Ok(result) => send_result(id, &result, outbox),
            Err(error) => send_error(id, &error, outbox),
        }
    }
}

/// Sends YIELD, or if that cannot be, why.
fn send_result(request: InvocationId, result: &Arguments, outbox: &mut Outbox) {
    let payload = match OwnedPayload::write(&result.args, &result.kwargs, outbox.serializer()) {
        Ok(payload) => payload,
        Err(unwritable) => {
            let text = format!("the result cannot be sent: {unwritable}");
            return send_error(request, &ApplicationError::new(HANDLER_FAILED, text), outbox);
        }
    };
    let (options, payload) = (ResultOptions::default(), payload.as_payload());
    let sent = outbox.send(&Message::Yield(Yield { request, options, payload }));
    if let Err(too_long) = sent {
        let text = format!("the result cannot be sent: {too_long}");
        let error = ApplicationError::new(error_uri::PAYLOAD_SIZE_EXCEEDED, text);
        send_error(request, &error, outbox);
    }
}

/// Sends ERROR, or if it cannot be written or is too long, one without a word that could be.
fn send_error(request: InvocationId, error: &ApplicationError, outbox: &mut Outbox) {
    let ApplicationError { uri, args, kwargs } = error;
    let sent = OwnedPayload::write(args, kwargs, outbox.serializer())
        .is_ok_and(|payload| send_error_with(request, uri, &payload, outbox));
    if !sent {
        let nothing = OwnedPayload::none(outbox.serializer());
        send_error_with(request, HANDLER_FAILED, &nothing, outbox);
    }
}

fn send_error_with(
    request: InvocationId,
    uri: &str,
    payload: &OwnedPayload,
    outbox: &mut Outbox,
) -> bool {
    let error = message::Error {
        request_kind: RequestKind::Invocation,
        request: RequestId(request.0),
        passthru: None,
        error: uri.into(),
        payload: payload.as_payload(),
    };
    outbox.send(&Message::Error(error)).is_ok()
}
