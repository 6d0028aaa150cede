//! INVOCATION: a call is put into its callee's outbox.
//!
//! ID, record and message are one step under the callee's lock, so that whatever answers the
//! invocation finds it known.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Features, Role};
use crosspoint_proto::id::InvocationId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{self, Disclosed, Invocation, InvocationDetails, Passthru};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::Untranslatable;
use crosspoint_proto::uri::MatchPolicy;

use super::call::{Call, Over, Pending};
use super::input::{Input, Kept};
use super::registration::Endpoint;
use super::used;
use crate::member::{State, Undeliverable};
use crate::refusal::Refusal;
use crate::turn::{Buffers, Turn};

/// Where the call's input is.
#[derive(Clone, Copy)]
pub(super) enum Source<'s> {
    /// In the CALL that is being routed.
    Message(&'s rpc::Call<'s>),
    /// In the call's record.
    Kept,
}

/// Why an invocation could not be made.
pub(super) enum NotInvoked {
    /// The endpoint has ended since it was chosen.
    Stale,
    /// The call is done already.
    Over,
    /// The callee is leaving.
    Gone,
    /// This callee cannot take it.
    Refused(Refusal),
}

impl From<Over> for NotInvoked {
    fn from(Over: Over) -> NotInvoked {
        NotInvoked::Over
    }
}

impl From<Refusal> for NotInvoked {
    fn from(refusal: Refusal) -> NotInvoked {
        NotInvoked::Refused(refusal)
    }
}

/// Invokes a call on an endpoint.
pub(super) fn invoke(
    endpoint: &Arc<Endpoint>,
    call: &Arc<Call>,
    source: Source<'_>,
    turn: &mut Turn,
) -> Result<(), NotInvoked> {
    let timeout_ms = call.left_ms(turn.now());
    match source {
        Source::Message(message) => {
            let subject = Subject {
                call,
                endpoint,
                procedure: &message.procedure,
                passthru: message.options.passthru.as_deref(),
                timeout_ms,
            };
            let progress = message.options.progress;
            with_payload(message.payload, endpoint, turn, |payload, turn| {
                endpoint.callee.with(turn, |state, turn| {
                    place(call, endpoint, state, |state, request, _input| {
                        subject.push(state, request, progress, payload, &mut turn.buffers)
                    })
                })
            })
        }
        Source::Kept => endpoint.callee.with(turn, |state, turn| {
            place(call, endpoint, state, |state, request, input| {
                let Some(input @ Input { kept: Some(kept), .. }) = input else {
                    debug_assert!(false, "what is routed again is kept");
                    return Err(NotInvoked::Over);
                };
                let subject = Subject::of(call, endpoint, input, timeout_ms);
                subject.push_all(state, request, kept, turn)
            })
        }),
    }
}

/// A further CALL of a progressive one goes to the callee that has the others. False if that has
/// it no more.
pub(super) fn invoke_further(
    pending: &Pending,
    call: &Arc<Call>,
    message: &rpc::Call<'_>,
    turn: &mut Turn,
) -> Result<bool, NotInvoked> {
    let Pending { endpoint, invocation, .. } = pending;
    with_payload(message.payload, endpoint, turn, |payload, turn| {
        endpoint.callee.with(turn, |state, turn| {
            call.deliver(pending, message, |input| {
                let progress = message.options.progress;
                let subject = Subject::of(call, endpoint, input, call.terms.timeout_ms);
                subject.push(state, *invocation, progress, payload, &mut turn.buffers)
            })
        })
    })
}

/// A payload as the callee reads it.
fn with_payload<T>(
    payload: Payload<'_>,
    endpoint: &Endpoint,
    turn: &mut Turn,
    invoke: impl FnOnce(Payload<'_>, &mut Turn) -> Result<T, NotInvoked>,
) -> Result<T, NotInvoked> {
    let mut scratch = mem::take(&mut turn.buffers.transcoded);
    let invoked = match payload.transcoded(endpoint.callee.wire.serializer, &mut scratch) {
        Ok(payload) => invoke(payload, turn),
        Err(untranslatable) => Err(untranslatable_arguments(&untranslatable).into()),
    };
    turn.buffers.transcoded = scratch;
    invoked
}

/// Gives the invocation its ID and its place among the callee's, if it can have one.
fn place(
    call: &Arc<Call>,
    endpoint: &Arc<Endpoint>,
    state: &mut State,
    push: impl FnOnce(&mut State, InvocationId, Option<&Input>) -> Result<(), NotInvoked>,
) -> Result<(), NotInvoked> {
    if !endpoint.is_active() {
        return Err(NotInvoked::Stale);
    }
    if state.invocations.len() >= endpoint.callee.limits.invocations_in_flight_max {
        return Err(queue_full().into());
    }
    let features = state.roles.features(Role::Callee);
    let invocation = InvocationId(state.invocations_sent + 1);
    call.assign(|input| {
        check_features(call, input, features)?;
        push(state, invocation, input)?;
        let takes_progress = takes_progress(call, state);
        Ok::<_, NotInvoked>(Pending::new(endpoint, invocation, takes_progress))
    })?;
    state.invocations_sent += 1;
    state.invocations.insert(invocation, Arc::clone(call));
    Ok(())
}

/// What is invoked, apart from its arguments.
#[derive(Clone, Copy)]
struct Subject<'s> {
    call: &'s Call,
    endpoint: &'s Endpoint,
    procedure: &'s str,
    passthru: Option<&'s Passthru<'s>>,
    /// For a callee that keeps the time itself.
    timeout_ms: u64,
}

impl<'s> Subject<'s> {
    fn of(
        call: &'s Call,
        endpoint: &'s Endpoint,
        input: &'s Input,
        timeout_ms: u64,
    ) -> Subject<'s> {
        let passthru = input.passthru.as_deref();
        Subject { call, endpoint, procedure: &input.procedure, passthru, timeout_ms }
    }

    /// Puts an INVOCATION into the callee's outbox.
    fn push(
        self,
        state: &mut State,
        request: InvocationId,
        progress: bool,
        payload: Payload<'_>,
        buffers: &mut Buffers,
    ) -> Result<(), NotInvoked> {
        let message = Message::Invocation(Invocation {
            request,
            registration: self.endpoint.registration.id,
            details: self.details(progress, state),
            payload,
        });
        let pushed = self.endpoint.callee.push(state, &message, buffers);
        pushed.map_err(|undeliverable| match undeliverable {
            Undeliverable::Gone => NotInvoked::Gone,
            Undeliverable::Full => queue_full().into(),
            Undeliverable::TooLong => super::too_long("the callee").into(),
        })
    }

    /// All that the caller has sent so far, or nothing.
    fn push_all(
        self,
        state: &mut State,
        request: InvocationId,
        kept: &Kept,
        turn: &mut Turn,
    ) -> Result<(), NotInvoked> {
        let mark = state.mark();
        let mut scratch = mem::take(&mut turn.buffers.transcoded);
        let pushed = kept.chunks().try_for_each(|(payload, progress)| {
            let payload = payload
                .transcoded(self.endpoint.callee.wire.serializer, &mut scratch)
                .map_err(|untranslatable| untranslatable_arguments(&untranslatable))?;
            self.push(state, request, progress, payload, &mut turn.buffers)
        });
        turn.buffers.transcoded = scratch;
        if pushed.is_err() {
            state.rewind(mark);
        }
        pushed
    }

    fn details(self, progress: bool, callee: &State) -> InvocationDetails<'s> {
        let features = callee.roles.features(Role::Callee);
        let Subject { call, endpoint, procedure, passthru, timeout_ms } = self;
        let disclosed = call.terms.disclosed || endpoint.options.disclose_caller;
        InvocationDetails {
            procedure: match endpoint.registration.matching {
                MatchPolicy::Exact => None,
                MatchPolicy::Prefix | MatchPolicy::Wildcard => Some(procedure.into()),
            },
            progress,
            receive_progress: takes_progress(call, callee),
            timeout_ms: if keeps_time(endpoint, features) { timeout_ms } else { 0 },
            caller: disclosed.then(|| {
                let identity = call.caller.identity();
                Disclosed {
                    session: Some(call.caller.session),
                    authid: Some(identity.authid.as_ref().into()),
                    authrole: Some(identity.authrole.as_ref().into()),
                }
            }),
            trust_level: call.terms.trust_level,
            passthru: used(passthru).map(|passthru| Box::new(passthru.clone())),
        }
    }
}

/// What a callee must have announced for a call that is more than a plain one.
fn check_features(call: &Call, input: Option<&Input>, features: Features) -> Result<(), Refusal> {
    let progressive = call.terms.progressive && !is_progressive(features);
    let passthru = used(input.and_then(|input| input.passthru.as_deref())).is_some();
    let missing = if progressive && !features.has(Feature::ProgressiveCallInvocations) {
        Feature::ProgressiveCallInvocations
    } else if progressive {
        Feature::CallCanceling
    } else if passthru && !features.has(Feature::PayloadPassthruMode) {
        Feature::PayloadPassthruMode
    } else {
        return Ok(());
    };
    let error = error_uri::FEATURE_NOT_SUPPORTED;
    Err(Refusal { error, text: format!("the callee has not announced {}", missing.name()) })
}

/// A callee that cannot be interrupted counts as one that knows nothing of progressive invocations.
fn is_progressive(features: Features) -> bool {
    features.has(Feature::ProgressiveCallInvocations) && features.has(Feature::CallCanceling)
}

/// Is the callee told that progressive results are welcome? Not if it cannot be interrupted, unless
/// it is known to send them all the same.
fn takes_progress(call: &Call, callee: &State) -> bool {
    let features = callee.roles.features(Role::Callee);
    call.terms.receive_progress
        && features.has(Feature::ProgressiveCallResults)
        && (features.has(Feature::CallCanceling) || callee.streams_uninterrupted)
}

/// Does the callee keep the time of calls itself?
pub(super) fn keeps_time(endpoint: &Endpoint, features: Features) -> bool {
    endpoint.options.forward_timeout && features.has(Feature::CallTimeout)
}

fn untranslatable_arguments(untranslatable: &Untranslatable) -> Refusal {
    Refusal {
        error: error_uri::INVALID_ARGUMENT,
        text: format!("the arguments cannot be put in the callee's serializer: {untranslatable}"),
    }
}

fn queue_full() -> Refusal {
    Refusal {
        error: error_uri::QUEUE_FULL,
        text: "the callee does not keep up: too much waits for it already".into(),
    }
}
