//! How a session leaves its realm: in portions, for it may hold a great deal there.
//!
//! Its testaments are published first, as if it were still there; then it gives up what it has registered and
//! subscribed to, so that nothing new comes; then its leaving is told, and its calls end.

use std::sync::Arc;
use std::vec::IntoIter;

use crate::dealer::call::Call;
use crate::dealer::cancel;
use crate::joined::Joined;
use crate::limits::{GIVEN_UP_AT_ONCE, GIVEN_UP_WORK_MAX};
use crate::member::{Member, State};
use crate::meta::Testament;
use crate::turn::Turn;

/// A session that leaves, and how far it has come.
pub(crate) struct Leaving {
    joined: Joined,
    next: Next,
    /// How much of it at once: as much as others can wait for. That depends on who listens.
    at_once: usize,
}

/// What it gives up next.
enum Next {
    Testaments(IntoIter<Testament>),
    Registrations,
    Subscriptions,
    Invocations(IntoIter<Arc<Call>>),
    Calls(IntoIter<Arc<Call>>),
}

impl Leaving {
    pub(crate) fn new(mut joined: Joined, member: &Arc<Member>, turn: &mut Turn) -> Leaving {
        joined.stop_asking(turn);
        let testaments = joined.take_testaments(member);
        let next = if testaments.is_empty() {
            Next::registrations(member)
        } else {
            Next::Testaments(testaments.into_iter())
        };
        Leaving { joined, next, at_once: 1 }
    }

    /// Gives up some of it. Is that all?
    pub(crate) fn go_on(&mut self, member: &Arc<Member>, turn: &mut Turn) -> bool {
        let (session, before) = (member.session, turn.work());
        let Leaving { joined, next, at_once } = self;
        let most = *at_once;
        let more = match next {
            Next::Testaments(testaments) => {
                for testament in testaments.by_ref().take(most) {
                    joined.publish_testament(member, &testament, turn);
                }
                !testaments.as_slice().is_empty()
            }
            Next::Registrations => joined.change(turn, |realm, control, turn| {
                realm.dealer.give_up(control, session, most, turn)
            }),
            Next::Subscriptions => joined.change(turn, |realm, control, turn| {
                realm.broker.give_up(control, session, most, turn)
            }),
            Next::Invocations(invocations) => {
                cancel::callee_lost(invocations.by_ref().take(most), turn);
                !invocations.as_slice().is_empty()
            }
            Next::Calls(calls) => {
                cancel::caller_lost(calls.by_ref().take(most), turn);
                !calls.as_slice().is_empty()
            }
        };
        let is_much = turn.work() - before > GIVEN_UP_WORK_MAX;
        *at_once = if is_much { most / 2 } else { 2 * most }.clamp(1, GIVEN_UP_AT_ONCE);
        !more && self.begin_next(member, turn)
    }

    /// True if nothing is left.
    fn begin_next(&mut self, member: &Member, turn: &mut Turn) -> bool {
        self.next = match &self.next {
            Next::Testaments(_) => Next::registrations(member),
            Next::Registrations => Next::Subscriptions,
            Next::Subscriptions => {
                self.joined.change(turn, |_realm, control, _turn| control.leave(member.session));
                Next::Invocations(member.state(|state| state.invocations.take()).into_iter())
            }
            Next::Invocations(_) => Next::Calls(member.state(State::take_calls).into_iter()),
            Next::Calls(_) => return true,
        };
        false
    }
}

impl Next {
    /// From here on it hears nothing of what others do, and so nothing of what it gives up.
    fn registrations(member: &Member) -> Next {
        member.state(|state| state.leaves = true);
        Next::Registrations
    }
}
