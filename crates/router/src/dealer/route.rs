//! Routing: from a call to a callee that takes it.
//!
//! A registration chooses; a callee may still turn out to have ended, to have no room, or not to be
//! able to take just this call. Then the registration chooses again, and never the same callee twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SessionId};
use crosspoint_proto::message::rpc;
use crosspoint_proto::uri::MatchPolicy;

use super::answer::answer_refusal;
use super::call::{Call, Pending};
use super::invoke::{NotInvoked, Source, invoke, keeps_time};
use super::registration::{Choice, Endpoint, Registration, Wish};
use super::{Dealer, no_such_procedure, not_registered};
use crate::limits::CALLEES_PASSED_OVER_MAX;
use crate::refusal::Refusal;
use crate::shard::ShardKey;
use crate::turn::Turn;

/// What came of routing a call on a registration.
enum Routed {
    /// A callee has it, or it waits for one, or it is done already.
    Settled,
    /// The registration has ended: another one may be there for it.
    Ended,
    Refused(Refusal),
}

impl Dealer {
    /// Finds a callee for a new call. A registration that ends meanwhile is out of the table before
    /// its endpoints are, so every further round sees a newer table.
    pub(super) fn route(
        &self,
        message: &rpc::Call<'_>,
        call: &Arc<Call>,
        turn: &mut Turn,
    ) -> Result<(), Refusal> {
        loop {
            let Some(registration) = self.registrations.resolve(&message.procedure) else {
                return Err(not_registered(&message.procedure, self.settings.uri_rules));
            };
            if registration.matching != MatchPolicy::Exact {
                // What was registered is a valid URI; what matches a pattern need not be one.
                let checked = self.settings.uri_rules.check(&message.procedure);
                checked.map_err(|invalid| Refusal::invalid_uri("procedure", invalid))?;
            }
            if registration.invoke.is_shared() {
                call.keep(message);
            }
            match route_on(&registration, call, Source::Message(message), None, turn) {
                Routed::Settled => return Ok(()),
                Routed::Ended => {}
                Routed::Refused(refusal) => return Err(refusal),
            }
        }
    }
}

/// A call that was routed before goes to a callee of the registration that has not had it; which may
/// be chosen already. Where the registration has been replaced, its successor's are asked, too.
fn route_again(
    registration: &Arc<Registration>,
    call: &Arc<Call>,
    mut chosen: Option<Arc<Endpoint>>,
    turn: &mut Turn,
) {
    let mut registration = Arc::clone(registration);
    loop {
        let refusal = match route_on(&registration, call, Source::Kept, chosen.take(), turn) {
            Routed::Settled => return,
            Routed::Ended => no_available_callee(),
            Routed::Refused(refusal) => refusal,
        };
        match registration.successor() {
            Some(successor) => registration = successor,
            None => return answer_refusal(call, &refusal, turn),
        }
    }
}

/// Calls that have waited at a registration which is no more go to the one in its place.
pub(super) fn move_waiting(from: &Registration, to: &Arc<Registration>, turn: &mut Turn) {
    for call in from.take_waiting() {
        call.wait_no_more();
        route_again(to, &call, None, turn);
    }
}

/// Calls that have waited at a registration which is no more are answered.
pub(super) fn disappoint_waiting(registration: &Registration, turn: &mut Turn) {
    for call in registration.take_waiting() {
        let text = "the last callee left while the call waited for its turn".into();
        answer_refusal(&call, &Refusal { error: error_uri::CANCELED, text }, turn);
    }
}

/// Places have become free: the calls that have waited for them get them.
pub(crate) fn fill_vacancies(turn: &mut Turn) {
    while let Some(registration) = turn.next_vacancy() {
        while let Some((call, endpoint)) = registration.next_waiting() {
            call.wait_no_more();
            route_again(&registration, &call, endpoint, turn);
        }
    }
}

/// Asks one callee of a registration after the other; the first may be chosen already.
fn route_on(
    registration: &Arc<Registration>,
    call: &Arc<Call>,
    source: Source<'_>,
    mut chosen: Option<Arc<Endpoint>>,
    turn: &mut Turn,
) -> Routed {
    let (mut tried, rkey, turned_down_by) = wish_of(call, source);
    let (mut refused, mut refusals) = (None, 0);
    loop {
        let wish = Wish { tried: &tried, rkey, turned_down_by };
        let choice = match chosen.take() {
            Some(endpoint) => Some(Choice::Endpoint(endpoint)),
            None => choose(registration, call, source, wish, turn),
        };
        let endpoint = match choice {
            None => return Routed::Settled,
            Some(Choice::Endpoint(endpoint)) => endpoint,
            Some(Choice::Busy) => return Routed::Refused(refused.unwrap_or_else(max_concurrency)),
            Some(Choice::Nobody) => {
                return match (refused, source) {
                    (Some(refusal), _) => Routed::Refused(refusal),
                    (None, _) if tried.is_empty() => Routed::Ended,
                    (None, Source::Message(message)) => {
                        Routed::Refused(no_such_procedure(&message.procedure))
                    }
                    (None, Source::Kept) => Routed::Refused(no_available_callee()),
                };
            }
        };
        match invoke(&endpoint, call, source, turn) {
            Ok(()) => {
                settle_time(&endpoint, call);
                return Routed::Settled;
            }
            Err(NotInvoked::Over) => {
                turn.give_back(&endpoint);
                return Routed::Settled;
            }
            Err(NotInvoked::Stale) => turn.give_back(&endpoint),
            Err(NotInvoked::Gone) => {
                turn.give_back(&endpoint);
                // Also if the call is going to wait: else it would be offered the same place again.
                call.note_tried(&endpoint);
                tried.insert(endpoint.callee.session);
            }
            Err(NotInvoked::Refused(refusal)) => {
                turn.give_back(&endpoint);
                if rkey.is_some() {
                    // A callee that just has no room keeps its keys.
                    return Routed::Refused(refusal);
                }
                call.note_tried(&endpoint);
                tried.insert(endpoint.callee.session);
                refusals += 1;
                if refusals == CALLEES_PASSED_OVER_MAX {
                    return Routed::Refused(refusal);
                }
                refused.get_or_insert(refusal);
            }
        }
    }
}

/// What a [`Wish`] is made of.
type Wishes = (BTreeSet<SessionId>, Option<ShardKey>, Option<(RegistrationId, u64)>);

fn wish_of(call: &Call, source: Source<'_>) -> Wishes {
    match source {
        Source::Message(message) if message.options.runmode.is_none() => {
            (BTreeSet::new(), None, None)
        }
        Source::Message(_) | Source::Kept => {
            call.with_wish(|wish| (wish.tried.clone(), wish.rkey, wish.turned_down_by))
        }
    }
}

/// None if the call waits.
fn choose(
    registration: &Arc<Registration>,
    call: &Arc<Call>,
    source: Source<'_>,
    wish: Wish<'_>,
    turn: &mut Turn,
) -> Option<Choice> {
    match registration.choose(wish) {
        Choice::Busy if registration.has_queue() => {
            if let Source::Message(message) = source
                && !call.keep(message)
            {
                return Some(Choice::Busy);
            }
            let choice = registration.wait(call, wish, call.caller.limits.calls_waiting_max);
            if choice.is_none() {
                // It may wait behind others although there is a place: at the end of the turn they
                // have it.
                turn.note_vacancy(registration);
            }
            choice
        }
        choice => Some(choice),
    }
}

/// A callee that keeps the time of calls itself is told how much there is; for all others the dealer
/// keeps it.
fn settle_time(endpoint: &Endpoint, call: &Arc<Call>) {
    if call.terms.timeout_ms == 0 {
        return;
    }
    let features = endpoint.callee.features_as_callee();
    call.caller.keep_time_of(call, !keeps_time(endpoint, features));
}

/// The callee of an invocation has said that it is not available.
pub(super) fn on_unavailable(call: &Arc<Call>, pending: &Pending, turn: &mut Turn) {
    turn.give_back(&pending.endpoint);
    if call.terms.timeout_ms > 0 {
        // That callee may have kept the time; until another one does the dealer keeps it.
        call.caller.keep_time_of(call, true);
    }
    route_again(&pending.endpoint.registration, call, None, turn);
}

fn max_concurrency() -> Refusal {
    Refusal {
        error: error_uri::MAX_CONCURRENCY_REACHED,
        text: "every callee has as many calls as it takes at a time".into(),
    }
}

pub(super) fn no_available_callee() -> Refusal {
    Refusal {
        error: error_uri::NO_AVAILABLE_CALLEE,
        text: "no callee of the procedure is available".into(),
    }
}
