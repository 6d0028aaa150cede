//! The dealer: routes calls from callers to callees, and results back.
//!
//! - [`registrations`]: the table of what callees have registered, and what changes it
//! - [`registration`]: one of them, and which of its callees gets a call
//! - [`call`]: the record of one call in flight, and its [`input`] where that outlives the CALL
//! - [`route`]: from a call to a callee, by [`invoke`]
//! - [`progress`]: calls and results that come in pieces
//! - [`cancel`]: how calls end without their callee's answer
//! - [`answer`]: the one answer that a caller gets
//!
//! The way of a call: [`Dealer::admit`] makes its record, [`Dealer::on_call`] resolves the procedure
//! and puts an INVOCATION into the callee's outbox, [`on_yield`] or [`on_error`] finish the record and
//! put the answer into the caller's.
//!
//! See "Remote Procedure Calls" in the specification's Basic Profile, and "Advanced RPC" in its
//! Advanced Profile.

mod answer;
pub(crate) mod call;
pub(crate) mod cancel;
mod input;
mod invoke;
mod progress;
mod queue;
pub(crate) mod registration;
pub(crate) mod registrations;
pub(crate) mod route;

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Role};
use crosspoint_proto::id::InvocationId;
use crosspoint_proto::message::rpc::{self, CallOptions, Passthru, Yield};
use crosspoint_proto::message::{self, RequestKind};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::uri::{MatchPolicy, UriRules};
use crosspoint_proto::value::Dict;

use crate::authorization::Grant;
use crate::limits::{OCTETS_OF_WORK, PASSTHRU_OCTETS_MAX};
use crate::member::{Member, State};
use crate::meta::Reply;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::requests::{Freshness, out_of_sequence};
use crate::settings::{Disclosure, RealmSettings};
use crate::turn::Turn;
use answer::{Answer, answer_caller, answer_error, answer_refusal, refuse_caller};
use call::{Call, Pending, Terms, Unavailable, Whereabouts};
use input::Input;
use registrations::Registrations;
use route::{fill_vacancies, no_available_callee, on_unavailable};

/// The dealer of one realm.
pub(crate) struct Dealer {
    pub(crate) registrations: Registrations,
    settings: Arc<RealmSettings>,
}

/// What a CALL turned out to be.
enum Admission {
    /// A call of its own, whose record is in the caller's table.
    New(Arc<Call>),
    /// More of one that is in flight.
    Continuation(Arc<Call>),
    /// More of one that is done already.
    Discarded,
    Refused(Refusal),
    /// A call of its own, which nobody has permitted yet.
    NotPermitted,
}

/// What a CALL has come to.
pub(crate) enum Admitted {
    /// A call of its own, to be routed.
    Call(Arc<Call>),
    /// More of one that is in flight: for [`go_on`].
    More(Arc<Call>),
    /// Whatever it was, nothing is left to be done.
    Done,
    /// A call of its own for which there is no grant: nothing was done yet.
    NotPermitted,
}

impl Dealer {
    pub(crate) fn new(settings: Arc<RealmSettings>) -> Dealer {
        Dealer { registrations: Registrations::default(), settings }
    }

    /// CALL: from here on the caller gets exactly one answer to it, now or later. Gives the record of
    /// a call that is to be routed. What continues a call needs no grant, as long as it is not forbidden.
    pub(crate) fn admit(
        &self,
        caller: &Arc<Member>,
        message: &rpc::Call<'_>,
        freshness: Freshness,
        grant: Option<Grant>,
        turn: &mut Turn,
    ) -> Result<Admitted, ProtocolViolation> {
        let terms = self.terms(caller, message, grant.unwrap_or_default());
        let now = turn.now();
        let admission = caller.state(|state| {
            check_announced(&message.options, state)?;
            if let Some(call) = state.calls.get(message.request) {
                return Ok(Admission::Continuation(call));
            }
            if let Freshness::Used { next } = freshness {
                return discard(message, next, state);
            }
            if grant.is_none() {
                return Ok(Admission::NotPermitted);
            }
            let terms = match terms {
                Ok(terms) => terms,
                Err(refusal) => return Ok(Admission::Refused(refusal)),
            };
            if state.calls.len() >= caller.limits.calls_in_flight_max {
                return Ok(Admission::Refused(too_many_calls()));
            }
            let input = outlives_its_message(&message.options);
            let input = input.then(|| Box::new(Input::new(message)));
            let call = Call::new(Arc::clone(caller), message.request, terms, input, now);
            state.await_call(Arc::clone(&call));
            Ok(Admission::New(call))
        })?;
        match admission {
            Admission::New(call) => return Ok(Admitted::Call(call)),
            Admission::NotPermitted => return Ok(Admitted::NotPermitted),
            Admission::Continuation(call) => return Ok(Admitted::More(call)),
            Admission::Discarded => caller.counters.continuations_discarded.add(1),
            Admission::Refused(refusal) => {
                caller.refuse(RequestKind::Call, message.request, &refusal, turn);
            }
        }
        Ok(Admitted::Done)
    }

    /// A call that was admitted goes to a callee, or is refused.
    pub(crate) fn on_call(&self, message: &rpc::Call<'_>, call: &Arc<Call>, turn: &mut Turn) {
        // Those that have waited for what became free in this turn go first.
        fill_vacancies(turn);
        if let Err(refusal) = self.route(message, call, turn) {
            answer_refusal(call, &refusal, turn);
        }
    }

    /// The same for a call that is meant for whoever has registered that procedure, and for nobody who has a pattern which
    /// covers it.
    pub(crate) fn on_call_by_name(
        &self,
        message: &rpc::Call<'_>,
        call: &Arc<Call>,
        turn: &mut Turn,
    ) {
        if self.registrations.get(MatchPolicy::Exact, &message.procedure).is_some() {
            self.on_call(message, call, turn);
        } else {
            answer_refusal(call, &no_such_procedure(&message.procedure), turn);
        }
    }

    /// What the caller's options come to in this realm.
    fn terms(
        &self,
        caller: &Member,
        message: &rpc::Call<'_>,
        grant: Grant,
    ) -> Result<Terms, Refusal> {
        let options = &message.options;
        check_sharding(options)?;
        check_passthru(options.passthru.as_deref())?;
        let disclosed = match self.settings.disclosure {
            _ if grant.disclose => true,
            Disclosure::Asked => options.disclose_me,
            Disclosure::Always => true,
            Disclosure::Never if options.disclose_me => {
                return Err(Refusal::disclosure("callees who calls", "disclose_me"));
            }
            Disclosure::Never => false,
        };
        let authrole = &caller.identity().authrole;
        Ok(Terms {
            progressive: options.progress,
            receive_progress: options.receive_progress,
            disclosed,
            timeout_ms: options.timeout_ms,
            trust_level: self.settings.trust_level(authrole, &message.procedure),
        })
    }
}

/// Features that a caller must have announced before it uses them.
fn check_announced(options: &CallOptions<'_>, state: &State) -> Result<(), ProtocolViolation> {
    let features = state.roles.features(Role::Caller);
    let missing = |feature: Feature| {
        let name = feature.name();
        Err(ProtocolViolation(format!("CALL uses {name}, which HELLO has not announced")))
    };
    if options.progress && !features.has(Feature::ProgressiveCallInvocations) {
        return missing(Feature::ProgressiveCallInvocations);
    }
    if used(options.passthru.as_deref()).is_some() && !features.has(Feature::PayloadPassthruMode) {
        return missing(Feature::PayloadPassthruMode);
    }
    Ok(())
}

/// A CALL under the ID of an earlier request that is done. Its sender may not have known that when it
/// sent more of a progressive call; whoever does not know such calls has no excuse.
fn discard(
    message: &rpc::Call<'_>,
    next: u64,
    state: &State,
) -> Result<Admission, ProtocolViolation> {
    if state.roles.features(Role::Caller).has(Feature::ProgressiveCallInvocations) {
        return Ok(Admission::Discarded);
    }
    Err(out_of_sequence("CALL", message.request.0, next))
}

/// Is more of the CALL needed than what is routed with it?
fn outlives_its_message(options: &CallOptions<'_>) -> bool {
    options.progress || options.runmode.is_some() || used(options.passthru.as_deref()).is_some()
}

fn check_sharding(options: &CallOptions<'_>) -> Result<(), Refusal> {
    match (options.runmode.as_deref(), &options.rkey) {
        (None, _) | (Some("partition"), Some(_)) => Ok(()),
        (Some("partition"), None) => Err(Refusal {
            error: error_uri::INVALID_ARGUMENT,
            text: "a call with runmode 'partition' needs an rkey".into(),
        }),
        (Some(other), _) => Err(Refusal {
            error: error_uri::OPTION_NOT_ALLOWED,
            text: format!("runmode '{other}' is not known: partition is"),
        }),
    }
}

/// More of a call in flight goes to its callee; or the call ends, if its caller may not call that any more.
pub(crate) fn go_on(
    call: &Arc<Call>,
    message: &rpc::Call<'_>,
    forbidden: Option<&Refusal>,
    turn: &mut Turn,
) -> Result<(), ProtocolViolation> {
    match forbidden.filter(|_| call.takes_more_of(&message.procedure)) {
        Some(refusal) => progress::give_up(call, refusal, turn),
        None => progress::on_continuation(call, message, turn)?,
    }
    Ok(())
}

pub(crate) fn check_passthru(passthru: Option<&Passthru<'_>>) -> Result<(), Refusal> {
    let Some(Passthru { scheme, serializer, cipher, keyid }) = passthru else { return Ok(()) };
    let texts = [Some(scheme), serializer.as_ref(), cipher.as_ref(), keyid.as_ref()];
    if texts.into_iter().flatten().map(|text| text.len()).sum::<usize>() <= PASSTHRU_OCTETS_MAX {
        return Ok(());
    }
    Err(Refusal {
        error: error_uri::LIMIT_EXCEEDED,
        text: format!("the ppt_* options are longer than {PASSTHRU_OCTETS_MAX} octets together"),
    })
}

/// Payload passthru mode is in use only where a scheme is named.
pub(crate) fn used<'p>(passthru: Option<&'p Passthru<'p>>) -> Option<&'p Passthru<'p>> {
    passthru.filter(|passthru| !passthru.scheme.is_empty())
}

/// A procedure of the router itself is called: not if more of its input is to come.
pub(crate) fn check_meta(call: &Call) -> Result<(), Refusal> {
    if !call.terms.progressive {
        return Ok(());
    }
    Err(Refusal {
        error: error_uri::FEATURE_NOT_SUPPORTED,
        text: "the router's own procedures are called in one piece".into(),
    })
}

/// A procedure of the router itself has its result.
pub(crate) fn answer_meta(call: &Call, result: Result<Reply, Refusal>, turn: &mut Turn) {
    if call.finish().is_none() {
        return;
    }
    let serializer = call.caller.wire.serializer;
    let (arity, octets) = match result {
        Err(refusal) => return refuse_caller(call, &refusal, turn),
        Ok(Reply::Octets { arity, octets }) => (arity, octets),
        Ok(Reply::Values(args)) => {
            let mut octets = Vec::new();
            // Integers, texts, lists and dicts of them: every serializer has words for these.
            let written =
                Payload::write_as(Arity::Args, &args, &Dict::new(), serializer, &mut octets);
            debug_assert!(written.is_ok());
            (Arity::Args, octets)
        }
    };
    turn.spend(octets.len() / OCTETS_OF_WORK);
    let payload = Payload { serializer, arity, octets: &octets };
    answer_caller(call, &Answer { error: None, passthru: None, payload, may_be_long: true }, turn);
}

/// YIELD: the callee's result goes to the caller, if the call is not done already.
pub(crate) fn on_yield(
    callee: &Arc<Member>,
    result: &Yield<'_>,
    turn: &mut Turn,
) -> Result<(), ProtocolViolation> {
    let passthru = used(result.options.passthru.as_deref());
    check_result_passthru(callee, passthru)?;
    if result.options.progress {
        return progress::on_progress(callee, result, turn);
    }
    let Some(call) = take_invocation(callee, result.request, "YIELD")? else { return Ok(()) };
    if let Some(pending) = finish(&call) {
        pending.endpoint.count_served();
        if passthru.is_some() && !knows_passthru(&call.caller) {
            let Refusal { error, text } = passthru_unknown_to_caller();
            answer_error(&call, error, &text, turn);
        } else {
            answer_caller(
                &call,
                &Answer { error: None, passthru, payload: result.payload, may_be_long: true },
                turn,
            );
        }
        turn.give_back(&pending.endpoint);
    }
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
    let passthru = used(error.passthru.as_deref());
    check_result_passthru(callee, passthru)?;
    let invocation = InvocationId(error.request.0);
    let Some(call) = take_invocation(callee, invocation, "ERROR")? else { return Ok(()) };
    if error.error == error_uri::UNAVAILABLE {
        on_unavailable_error(&call, error.payload, turn);
    } else if let Some(pending) = finish(&call) {
        pending.endpoint.count_served();
        let passthru = passthru.filter(|_| knows_passthru(&call.caller));
        let answer = Answer {
            error: Some(readable(&error.error)),
            passthru,
            payload: error.payload,
            may_be_long: true,
        };
        answer_caller(&call, &answer, turn);
        turn.give_back(&pending.endpoint);
    }
    Ok(())
}

/// "unavailable" moves the call on, or is the last word on it.
fn on_unavailable_error(call: &Arc<Call>, payload: Payload<'_>, turn: &mut Turn) {
    match call.unassign() {
        None => {}
        Some(Unavailable::Again(pending)) => on_unavailable(call, &pending, turn),
        Some(Unavailable::Final(pending)) => {
            if pending.is_interrupted() {
                let error = Some(error_uri::UNAVAILABLE);
                answer_caller(
                    call,
                    &Answer { error, passthru: None, payload, may_be_long: true },
                    turn,
                );
            } else {
                let Refusal { error, text } = no_available_callee();
                answer_error(call, error, &text, turn);
            }
            turn.give_back(&pending.endpoint);
        }
    }
}

/// A callee's URI that breaks the rules is still the callee's answer; the caller gets one that every
/// client can read.
fn readable(error: &str) -> &str {
    match UriRules::Loose.check(error) {
        Ok(()) => error,
        Err(_invalid) => error_uri::INVALID_URI,
    }
}

/// A callee that answers in payload passthru mode must have announced it.
fn check_result_passthru(
    callee: &Member,
    passthru: Option<&Passthru<'_>>,
) -> Result<(), ProtocolViolation> {
    let announced = || callee.features_as_callee().has(Feature::PayloadPassthruMode);
    if passthru.is_none() || announced() {
        return Ok(());
    }
    let name = Feature::PayloadPassthruMode.name();
    Err(ProtocolViolation(format!("a result uses {name}, which HELLO has not announced")))
}

fn knows_passthru(caller: &Member) -> bool {
    let features = caller.state(|state| state.roles.features(Role::Caller));
    features.has(Feature::PayloadPassthruMode)
}

fn passthru_unknown_to_caller() -> Refusal {
    Refusal {
        error: error_uri::FEATURE_NOT_SUPPORTED,
        text: "the result is in payload passthru mode, which the caller has not announced".into(),
    }
}

/// Finishes a call that its callee has answered; `None` if somebody else has finished it before.
fn finish(call: &Call) -> Option<Pending> {
    match call.finish()? {
        Whereabouts::Callee(pending) => Some(pending),
        Whereabouts::Routing | Whereabouts::Waiting(_) => {
            debug_assert!(false, "only the callee that has a call takes it off its table");
            None
        }
    }
}

/// Takes the call of an invocation off the callee's table.
fn take_invocation(
    callee: &Arc<Member>,
    invocation: InvocationId,
    message: &str,
) -> Result<Option<Arc<Call>>, ProtocolViolation> {
    match callee.state(|state| state.invocations.remove(invocation)) {
        Some(call) => Ok(Some(call)),
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

/// What is registered is a valid URI, so only what is not has to be looked at.
fn not_registered(procedure: &str, rules: UriRules) -> Refusal {
    match rules.check(procedure) {
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
