//! The callee: registrations. What is invoked through them is told by [`Invocations`].
//!
//! See "Registering and Unregistering" in the specification's Basic Profile, and "Registration
//! Revocation" in its Advanced Profile.

use std::collections::HashMap;
use std::task::{Context, Poll};

use crosspoint_proto::id::{RegistrationId, RequestId};
use crosspoint_proto::message::rpc::{
    self, Interrupt, Register, Registered, Revocation, Unregister, Unregistered,
};
use crosspoint_proto::message::{self, Message, RequestKind};

use super::conversation::wamp_error;
use super::invocations::Invocations;
use super::outbox::Outbox;
use crate::options::RegisterOptions;
use crate::request::{Provided, Reply, Revoked};

#[derive(Default)]
pub(super) struct Callee {
    registering: HashMap<RequestId, (Provided, Reply<RegistrationId>)>,
    unregistering: HashMap<RequestId, (RegistrationId, Option<Reply<()>>)>,
    registrations: HashMap<RegistrationId, Provided>,
    invocations: Invocations,
}

impl Callee {
    pub(super) fn register(
        &mut self,
        options: &RegisterOptions,
        provided: Provided,
        reply: Reply<RegistrationId>,
        outbox: &mut Outbox,
    ) {
        let sent = outbox.request(|request| {
            let (options, procedure) = (options.to_message(), provided.procedure.as_str().into());
            Message::Register(Register { request, options, procedure })
        });
        match sent {
            Ok(request) => drop(self.registering.insert(request, (provided, reply))),
            Err(too_long) => drop(reply.send(Err(too_long.into()))),
        }
    }

    pub(super) fn on_registered(&mut self, registered: Registered, outbox: &mut Outbox) {
        let Some((provided, reply)) = self.registering.remove(&registered.request) else { return };
        let registration = registered.registration;
        self.registrations.insert(registration, provided);
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
    pub(super) fn on_unregistered(&mut self, unregistered: Unregistered<'_>) {
        if let Some(revocation) = unregistered.revocation {
            return self.on_revoked(revocation);
        }
        let Some((registration, reply)) = self.unregistering.remove(&unregistered.request) else {
            return;
        };
        self.registrations.remove(&registration);
        if let Some(reply) = reply {
            let _ = reply.send(Ok(()));
        }
    }

    /// The router has taken a registration away. One that is not known has ended meanwhile.
    fn on_revoked(&mut self, revocation: Revocation<'_>) {
        let registration = revocation.registration;
        let Some(provided) = registration.and_then(|id| self.registrations.remove(&id)) else {
            return;
        };
        provided.revoked.send_replace(Some(Revoked { reason: revocation.reason.map(Into::into) }));
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

    pub(super) fn on_invocation(&mut self, invocation: &rpc::Invocation<'_>, outbox: &mut Outbox) {
        let provided = self.registrations.get(&invocation.registration);
        self.invocations.on_invocation(provided, invocation, outbox);
    }

    pub(super) fn on_interrupt(&mut self, interrupt: Interrupt, outbox: &mut Outbox) {
        self.invocations.on_interrupt(interrupt, outbox);
    }

    /// Sends what the handlers have.
    pub(super) fn poll_handlers(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Poll<()> {
        self.invocations.poll(cx, outbox)
    }
}
