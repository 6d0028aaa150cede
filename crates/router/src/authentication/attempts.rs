//! Attempts to be somebody that were wrong: so many are taken from one address, and so many for one name. Beyond
//! that also a right one is refused, so that who guesses on learns nothing.
//!
//! Each wrong attempt is owed for a while: with a limit of ten it is six seconds, and when a whole minute is owed,
//! nothing more is taken until some of it has passed. What is owed is one moment for each address and name: when
//! all is paid off.
//!
//! A limit for a name is a means to lock somebody out, and so is one for an address that many share. So who has
//! got in before, by this name and from this address, is a regular: he is held to nothing but the wrong
//! attempts for his name from his address. Those are counted for everybody, and a wrong proof gets the answer that it
//! would get if nobody was a regular: so nobody learns who is.
//!
//! The tables have a size. When one is full, those are forgotten who owe least, a quarter at a time: nobody is
//! refused because of it, and who wants to be forgotten has to see to it that most others owe more than he does.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::net::IpAddr;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::error_uri;
use crosspoint_proto::transport;

use super::denied;
use crate::limits::{ATTEMPTS_REMEMBERED_MAX, REGULAR_FOR_MS};
use crate::refusal::Refusal;
use crate::sync::Mutex;
use crate::time::Time;

/// How many wrong attempts to join a realm are taken in a minute. They may all come at once; 0 is any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimits {
    /// From one address; with IPv6, from one network of 64 bits. Unix sockets have none.
    pub per_address_max: u32,
    /// For one `authid`, from wherever they come.
    pub per_authid_max: u32,
}

impl AttemptLimits {
    /// For one name from one address, where who has got in before is held to nothing else.
    fn per_pair_max(self) -> u32 {
        if self.per_address_max > 0 { self.per_address_max } else { self.per_authid_max }
    }
}

impl Default for AttemptLimits {
    /// As many as somebody needs who mistypes, and ten times as many for those who have forgotten to change a
    /// password in all of their programs.
    fn default() -> Self {
        AttemptLimits { per_address_max: 10, per_authid_max: 100 }
    }
}

/// Who tries to be somebody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Claimant {
    address: Option<IpAddr>,
    /// A digest of the name, with the router's key: names may be long.
    authid: Option<u64>,
}

impl Claimant {
    pub(crate) fn new(
        address: Option<IpAddr>,
        authid: Option<&str>,
        key: &StrangersKey,
    ) -> Claimant {
        let authid = authid.map(|authid| key.number(&format!("attempts\0{authid}")));
        Claimant { address: address.map(transport::network), authid }
    }

    fn pair(self) -> Option<(IpAddr, u64)> {
        self.address.zip(self.authid)
    }
}

/// The wrong attempts to join a realm that are not forgiven yet.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    /// What all of this was judged by.
    limits: AttemptLimits,
    addresses: Debts<IpAddr>,
    authids: Debts<u64>,
    /// For a name, from an address.
    pairs: Debts<(IpAddr, u64)>,
    /// Who has got in, and when for the last time.
    regulars: HashMap<(IpAddr, u64), Time>,
}

impl Attempts {
    /// May a proof of his be right? So much is to be known before somebody is asked.
    pub(crate) fn check(
        &self,
        claimant: Claimant,
        limits: AttemptLimits,
        now: Time,
    ) -> Result<(), Refusal> {
        let mut tables = self.0.lock();
        tables.hold_to(limits);
        tables.check(claimant, now)
    }

    /// A proof was right. It does not count if too many before it were not.
    pub(crate) fn on_right(
        &self,
        claimant: Claimant,
        limits: AttemptLimits,
        now: Time,
    ) -> Result<(), Refusal> {
        let mut tables = self.0.lock();
        tables.hold_to(limits);
        tables.check(claimant, now)?;
        if let Some(pair) = claimant.pair() {
            if tables.regulars.len() >= ATTEMPTS_REMEMBERED_MAX {
                forget_a_quarter(&mut tables.regulars);
            }
            tables.regulars.insert(pair, now);
        }
        Ok(())
    }

    /// A proof was wrong: what its client is told.
    pub(crate) fn on_wrong(&self, claimant: Claimant, limits: AttemptLimits, now: Time) -> Refusal {
        let mut tables = self.0.lock();
        tables.hold_to(limits);
        let Tables { addresses, authids, pairs, .. } = &mut *tables;
        let Claimant { address, authid } = claimant;
        let of_address = address.is_none_or(|it| addresses.charge(it, limits.per_address_max, now));
        let of_pair = claimant.pair().is_none_or(|it| pairs.charge(it, limits.per_pair_max(), now));
        // Who is refused whatever he says guesses at nothing: else one address could lock out every name.
        let is_guess = of_address && of_pair;
        let is_taken =
            is_guess && authid.is_none_or(|it| authids.charge(it, limits.per_authid_max, now));
        if is_taken { denied() } else { too_many() }
    }
}

impl Tables {
    /// What is owed by other limits is forgiven.
    fn hold_to(&mut self, limits: AttemptLimits) {
        if self.limits != limits {
            let regulars = mem::take(&mut self.regulars);
            *self = Tables { limits, regulars, ..Tables::default() };
        }
    }

    fn check(&self, claimant: Claimant, now: Time) -> Result<(), Refusal> {
        let Tables { limits, .. } = self;
        let Claimant { address, authid } = claimant;
        let pair = claimant.pair();
        let has_room = pair.is_none_or(|it| self.pairs.has_room(&it, limits.per_pair_max(), now))
            && (self.is_regular(pair, now)
                || address
                    .is_none_or(|it| self.addresses.has_room(&it, limits.per_address_max, now))
                    && authid
                        .is_none_or(|it| self.authids.has_room(&it, limits.per_authid_max, now)));
        if has_room { Ok(()) } else { Err(too_many()) }
    }

    fn is_regular(&self, pair: Option<(IpAddr, u64)>, now: Time) -> bool {
        let last = pair.and_then(|pair| self.regulars.get(&pair));
        last.is_some_and(|last| now < last.after_ms(REGULAR_FOR_MS))
    }
}

/// Until when wrong attempts are owed for.
struct Debts<K>(HashMap<K, Time>);

impl<K> Default for Debts<K> {
    fn default() -> Self {
        Debts(HashMap::new())
    }
}

impl<K: Eq + Hash> Debts<K> {
    /// Is one more taken?
    fn has_room(&self, key: &K, limit: u32, now: Time) -> bool {
        let until = self.0.get(key).copied().unwrap_or_default();
        limit == 0 || with_one_more(until, limit, now) <= now.after_ms(MINUTE_MS)
    }

    /// Takes one more, if there is room for it. Who tries on and on owes no more for that, so that he may begin
    /// anew when the others may.
    fn charge(&mut self, key: K, limit: u32, now: Time) -> bool {
        if !self.has_room(&key, limit, now) {
            return false;
        }
        if limit > 0 {
            self.make_room(now);
            let until = self.0.entry(key).or_default();
            *until = with_one_more(*until, limit, now);
        }
        true
    }

    fn make_room(&mut self, now: Time) {
        if self.0.len() < ATTEMPTS_REMEMBERED_MAX {
            return;
        }
        self.0.retain(|_, until| now < *until);
        // Otherwise it would soon be full again.
        if self.0.len() > ATTEMPTS_REMEMBERED_MAX / 4 * 3 {
            forget_a_quarter(&mut self.0);
        }
    }
}

/// Those with the earliest times.
fn forget_a_quarter<K>(table: &mut HashMap<K, Time>) {
    let mut times: Vec<Time> = table.values().copied().collect();
    let mut surplus = times.len() / 4;
    let (_, latest, _) = times.select_nth_unstable(surplus);
    let latest = *latest;
    table.retain(|_, time| {
        let stays = *time > latest || surplus == 0;
        surplus -= usize::from(!stays);
        stays
    });
}

/// What may be owed.
const MINUTE_MS: u64 = 60_000;

fn with_one_more(until: Time, limit: u32, now: Time) -> Time {
    let one = MINUTE_MS.checked_div(u64::from(limit)).unwrap_or_default();
    until.max(now).after_ms(one)
}

/// The same words for everybody.
fn too_many() -> Refusal {
    Refusal {
        error: error_uri::TOO_MANY_ATTEMPTS,
        text: "too many proofs from there, or for that name, were wrong: try again in a minute"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LIMITS: AttemptLimits = AttemptLimits { per_address_max: 2, per_authid_max: 5 };

    fn claimant(address: u32, authid: u64) -> Claimant {
        Claimant { address: Some(Ipv4Addr::from(address).into()), authid: Some(authid) }
    }

    #[test]
    fn the_tables_have_a_size_and_forget_those_who_owe_least() {
        let attempts = Attempts::default();
        let now = Time(1_000_000);
        let guesser = claimant(0, 0);
        for _ in 0..2 {
            attempts.on_wrong(guesser, LIMITS, now);
        }
        let others = u32::try_from(ATTEMPTS_REMEMBERED_MAX).unwrap();
        for other in 1..=others * 2 {
            attempts.on_wrong(claimant(other, other.into()), LIMITS, now);
            assert!(attempts.0.lock().addresses.0.len() <= ATTEMPTS_REMEMBERED_MAX);
        }
        assert!(attempts.check(guesser, LIMITS, now).is_err());
    }

    #[test]
    fn of_regulars_those_stay_who_have_been_there_last() {
        let attempts = Attempts::default();
        let others = u32::try_from(ATTEMPTS_REMEMBERED_MAX).unwrap();
        for other in 0..=others {
            attempts.on_right(claimant(other, 7), LIMITS, Time(other.into())).unwrap();
        }
        let tables = attempts.0.lock();
        assert_eq!(tables.regulars.len(), ATTEMPTS_REMEMBERED_MAX / 4 * 3 + 1);
        let [first, last] = [0, others].map(|other| claimant(other, 7).pair());
        let now = Time(others.into());
        assert!(tables.is_regular(last, now) && !tables.is_regular(first, now));
    }

    #[test]
    fn what_is_paid_off_is_forgotten_first() {
        let mut debts = Debts::default();
        for key in 0..ATTEMPTS_REMEMBERED_MAX {
            debts.charge(key, 10, Time(0));
        }
        assert!(debts.charge(usize::MAX, 10, Time(6_000_000)));
        assert_eq!(debts.0.len(), 1);
    }
}
