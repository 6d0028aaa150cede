//! Ending all sessions of a kind: there may be many, so others get at the control lock in between. Who comes
//! meanwhile is ended, or is not. Cookies of that kind are forgotten first, also of those who are not there: none of
//! them is to come back without a proof.

use std::mem;
use std::ops::Bound;
use std::sync::Arc;

use crosspoint_proto::id::SessionId;

use super::arguments::Arguments;
use super::{Reply, Search};
use crate::control::Place;
use crate::limits::{GIVEN_UP_AT_ONCE, WORK_OF_FORGETTING, WORK_OF_GIVING_UP};
use crate::member::{Identity, Member};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::turn::Turn;
use crate::why::EndedBy;

/// What a session is told when it is killed.
pub(super) struct Farewell {
    /// Who has asked for that.
    killer: SessionId,
    reason: String,
    message: Option<String>,
}

/// Sessions of a kind, but for the caller's, and which of them have been ended.
pub(super) struct Killing {
    victims: Victims,
    farewell: Farewell,
    has_begun: bool,
    last: SessionId,
    killed: Vec<SessionId>,
    /// What is made of them.
    reply: fn(&[SessionId]) -> Reply,
}

/// Who is to be ended.
pub(super) enum Victims {
    OfAuthid(String),
    OfAuthrole(String),
    /// Their leaving is not told, as the specification has it: but for the caller nobody is left to hear
    /// of it.
    All,
}

impl Killing {
    pub(super) fn new(
        victims: Victims,
        farewell: Farewell,
        reply: fn(&[SessionId]) -> Reply,
    ) -> Killing {
        let (has_begun, last, killed) = (false, SessionId(0), Vec::new());
        Killing { victims, farewell, has_begun, last, killed, reply }
    }

    fn consider(&mut self, place: &mut Place, turn: &mut Turn) {
        turn.spend(1);
        if self.victims.include(place.member.identity())
            && self.farewell.say_to(&place.member, turn)
        {
            turn.spend(WORK_OF_GIVING_UP);
            place.leaves_silently = matches!(self.victims, Victims::All);
            self.killed.push(place.member.session);
        }
    }
}

impl Search for Killing {
    fn look(&mut self, realm: &Realm, caller: &Arc<Member>, turn: &mut Turn) -> Option<Reply> {
        if !mem::replace(&mut self.has_begun, true) {
            let own = caller.cookie().map(|cookie| cookie.digest);
            realm.cookies.forget_all(own.as_ref(), |identity| self.victims.include(identity));
            turn.spend(WORK_OF_FORGETTING);
        }
        let mut control = realm.control.lock();
        let mut last = None;
        // Of two that kill each other one is left.
        if !caller.has_ended() {
            let behind = (Bound::Excluded(self.last), Bound::Unbounded);
            for (session, place) in control.places.range_mut(behind).take(GIVEN_UP_AT_ONCE) {
                last = Some(*session);
                if *session != caller.session {
                    self.consider(place, turn);
                }
            }
        }
        drop(control);
        let Some(last) = last else { return Some((self.reply)(&self.killed)) };
        self.last = last;
        None
    }
}

impl Victims {
    fn include(&self, identity: &Identity) -> bool {
        match self {
            Victims::OfAuthid(authid) => identity.authid == *authid,
            Victims::OfAuthrole(authrole) => identity.authrole == *authrole,
            Victims::All => true,
        }
    }
}

impl Farewell {
    pub(super) fn read(args: &Arguments, killer: SessionId) -> Result<Farewell, Refusal> {
        let (reason, message) = (args.closing_reason()?.to_owned(), args.text("message")?);
        Ok(Farewell { killer, reason, message: message.map(str::to_owned) })
    }

    /// From here on the session is over. False if it was already.
    pub(super) fn say_to(&self, member: &Arc<Member>, turn: &mut Turn) -> bool {
        let by = EndedBy::Session(self.killer);
        member.say_goodbye(by, &self.reason, self.message.as_deref(), turn)
    }
}
