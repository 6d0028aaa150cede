//! What a session holds and may not hold any more, because its role was given fewer permissions: its testaments, and in
//! portions its registrations and subscriptions, are looked through. What would be refused now is revoked, and so is
//! what a permission had granted of which an authorizer decides now. What an authorizer has granted stays.

use std::ops::Bound;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SessionId, SubscriptionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::uri::MatchPolicy;

use super::Joined;
use crate::authorization::{Action, Decision, Rights};
use crate::control::Control;
use crate::limits::{GIVEN_UP_AT_ONCE, WORK_OF_GIVING_UP};
use crate::member::Member;
use crate::realm::Realm;
use crate::turn::Turn;

/// How far that has come, and what was permitted before.
pub(super) struct Forfeiting {
    before: Rights,
    next: Next,
}

/// Behind which of them it goes on.
#[derive(Clone, Copy)]
enum Next {
    Testaments,
    Registrations(Option<RegistrationId>),
    Subscriptions(Option<SubscriptionId>),
}

/// What was done, or would be.
type Deed<'u> = (Action, MatchPolicy, &'u str);

impl Forfeiting {
    /// Rights have changed: what was permitted before counts as it was when it had all been looked through.
    pub(super) fn begin(before: Rights, unfinished: Option<Box<Forfeiting>>) -> Forfeiting {
        let before = unfinished.map_or(before, |unfinished| unfinished.before);
        Forfeiting { before, next: Next::Testaments }
    }

    /// Is that not good any more, if it was before?
    pub(super) fn takes_away(&self, (action, policy, uri): Deed<'_>, now: &Rights) -> bool {
        match now.decide(action, policy, uri) {
            Decision::Granted(_) => false,
            Decision::Refused => true,
            Decision::Asked => {
                matches!(self.before.decide(action, policy, uri), Decision::Granted(_))
            }
        }
    }
}

impl Joined {
    /// Looks at one portion.
    pub(super) fn forfeit(
        &mut self,
        mut forfeiting: Box<Forfeiting>,
        member: &Member,
        turn: &mut Turn,
    ) {
        let (rights, session) = (&self.rights, member.session);
        let is_gone = |deed: Deed<'_>| forfeiting.takes_away(deed, rights);
        let next = match forfeiting.next {
            Next::Testaments => {
                let gone = self.testaments.retain(|testament| {
                    turn.spend(WORK_OF_GIVING_UP);
                    // It was read when it was added.
                    let message = Message::decode(member.wire.serializer, testament);
                    let Ok(Message::Publish(publish)) = message else { return true };
                    !is_gone((Action::Publish, MatchPolicy::Exact, &publish.topic))
                });
                member.counters.requests_refused.add(gone as u64);
                Some(Next::Registrations(None))
            }
            Next::Registrations(last) => {
                self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| {
                    let last = registrations(realm, control, (session, last), is_gone, turn);
                    let next = last.map(|last| Next::Registrations(Some(last)));
                    Some(next.unwrap_or(Next::Subscriptions(None)))
                })
            }
            Next::Subscriptions(last) => {
                self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| {
                    let last = subscriptions(realm, control, (session, last), is_gone, turn);
                    last.map(|last| Next::Subscriptions(Some(last)))
                })
            }
        };
        if let Some(next) = next {
            forfeiting.next = next;
            self.forfeiting = Some(forfeiting);
        }
    }
}

/// Says which it has looked at last, if there may be more.
fn registrations(
    realm: &Realm,
    control: &mut Control,
    (session, last): (SessionId, Option<RegistrationId>),
    is_gone: impl Fn(Deed<'_>) -> bool,
    turn: &mut Turn,
) -> Option<RegistrationId> {
    let held = control.place(session)?.registrations.range((behind(last), Bound::Unbounded));
    let ids: Vec<_> = held.take(GIVEN_UP_AT_ONCE).copied().collect();
    for id in &ids {
        turn.spend(WORK_OF_GIVING_UP);
        let Some(registration) = control.registrations.get(id).cloned() else { continue };
        if is_gone((Action::Register, registration.matching, &registration.procedure)) {
            let reason = Some(error_uri::NOT_AUTHORIZED);
            realm.dealer.revoke(control, &registration, session, reason, turn);
        }
    }
    ids.last().copied()
}

/// The same, of subscriptions.
fn subscriptions(
    realm: &Realm,
    control: &mut Control,
    (session, last): (SessionId, Option<SubscriptionId>),
    is_gone: impl Fn(Deed<'_>) -> bool,
    turn: &mut Turn,
) -> Option<SubscriptionId> {
    let held = control.place(session)?.subscriptions.range((behind(last), Bound::Unbounded));
    let ids: Vec<_> = held.take(GIVEN_UP_AT_ONCE).copied().collect();
    for id in &ids {
        turn.spend(WORK_OF_GIVING_UP);
        let Some(subscription) = control.subscriptions.get(id).cloned() else { continue };
        if is_gone((Action::Subscribe, subscription.policy, &subscription.pattern)) {
            let reason = Some(error_uri::NOT_AUTHORIZED);
            realm.broker.revoke(control, &subscription, session, reason, turn);
        }
    }
    ids.last().copied()
}

fn behind<T>(last: Option<T>) -> Bound<T> {
    last.map_or(Bound::Unbounded, Bound::Excluded)
}
