//! What a session holds and may not hold any more, because its role was given fewer permissions: its registrations and
//! subscriptions are looked through, in portions, and those that would be refused now are revoked. Where an authorizer
//! would be asked, what it has granted stays.

use std::ops::Bound;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{RegistrationId, SessionId, SubscriptionId};

use super::Joined;
use crate::authorization::{Action, Decision, Rights};
use crate::control::Control;
use crate::limits::{GIVEN_UP_AT_ONCE, WORK_OF_GIVING_UP};
use crate::member::Member;
use crate::realm::Realm;
use crate::turn::Turn;

/// How far that has come: behind which of them it goes on.
#[derive(Clone, Copy)]
pub(super) enum Forfeiting {
    Registrations(Option<RegistrationId>),
    Subscriptions(Option<SubscriptionId>),
}

impl Forfeiting {
    pub(super) const BEGIN: Forfeiting = Forfeiting::Registrations(None);
}

impl Joined {
    /// Looks at one portion.
    pub(super) fn forfeit(&mut self, from: Forfeiting, member: &Member, turn: &mut Turn) {
        let (rights, session) = (&self.rights, member.session);
        self.forfeiting =
            self.realm.change(&mut self.publication_ids, turn, |realm, control, turn| match from {
                Forfeiting::Registrations(last) => {
                    let next = registrations(realm, control, (session, last), rights, turn);
                    Some(next.map_or(Forfeiting::Subscriptions(None), |last| {
                        Forfeiting::Registrations(Some(last))
                    }))
                }
                Forfeiting::Subscriptions(last) => {
                    let next = subscriptions(realm, control, (session, last), rights, turn);
                    next.map(|last| Forfeiting::Subscriptions(Some(last)))
                }
            });
    }
}

/// Says which it has looked at last, if there may be more.
fn registrations(
    realm: &Realm,
    control: &mut Control,
    (session, last): (SessionId, Option<RegistrationId>),
    rights: &Rights,
    turn: &mut Turn,
) -> Option<RegistrationId> {
    let held = control.place(session)?.registrations.range((behind(last), Bound::Unbounded));
    let ids: Vec<_> = held.take(GIVEN_UP_AT_ONCE).copied().collect();
    for id in &ids {
        turn.spend(WORK_OF_GIVING_UP);
        let Some(registration) = control.registrations.get(id).cloned() else { continue };
        let (policy, procedure) = (registration.matching, &registration.procedure);
        if rights.decide(Action::Register, policy, procedure) == Decision::Refused {
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
    rights: &Rights,
    turn: &mut Turn,
) -> Option<SubscriptionId> {
    let held = control.place(session)?.subscriptions.range((behind(last), Bound::Unbounded));
    let ids: Vec<_> = held.take(GIVEN_UP_AT_ONCE).copied().collect();
    for id in &ids {
        turn.spend(WORK_OF_GIVING_UP);
        let Some(subscription) = control.subscriptions.get(id).cloned() else { continue };
        let (policy, pattern) = (subscription.policy, &subscription.pattern);
        if rights.decide(Action::Subscribe, policy, pattern) == Decision::Refused {
            let reason = Some(error_uri::NOT_AUTHORIZED);
            realm.broker.revoke(control, &subscription, session, reason, turn);
        }
    }
    ids.last().copied()
}

fn behind<T>(last: Option<T>) -> Bound<T> {
    last.map_or(Bound::Unbounded, Bound::Excluded)
}
