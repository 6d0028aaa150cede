//! What transactions that failed have left undone, until one succeeds and makes up for it.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use crosspoint_router::store::{Change, Table};

use super::{CHANGE_OCTETS, STORE_DEBTS_OCTETS_MAX};

/// Records that were to be put down while nothing could be written, as far as there is memory for
/// them; and records that were to be removed meanwhile, and are still there.
///
/// Without the former, a restart would lose what the router still has in memory. Without the
/// latter, what nobody needs any more would come back with it: a retained event that was taken
/// back, for one. However long the failures last, there are hardly more removals than records in
/// the file: what has not come there is not removed either.
#[derive(Debug, Default)]
pub(super) struct Debts {
    puts: BTreeMap<Key, Put>,
    /// What these take up.
    octets: usize,
    removals: BTreeSet<Key>,
    /// The greatest number that is in the file. Numbers do not come quite in order, but every one
    /// from an earlier start is smaller than every one from this.
    reach: BTreeMap<(Table, Arc<str>), u64>,
}

type Key = (Table, Arc<str>, u64);

#[derive(Debug)]
struct Put {
    record: Vec<u8>,
    /// It may be in the file: a commit that reports an error may have come to the disk nevertheless.
    tried: bool,
}

impl Debts {
    pub(super) fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.removals.is_empty()
    }

    /// How many records wait to be put down.
    pub(super) fn records(&self) -> usize {
        self.puts.len()
    }

    /// A transaction tries to pay: first what is to be removed, then what is to be put down. `pay`
    /// says what was there before. What was not needs no removal, whether this transaction succeeds
    /// or not.
    pub(super) fn pay<E>(
        &mut self,
        mut pay: impl FnMut(Table, &str, u64, Option<&[u8]>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut absent = Vec::new();
        for key @ (table, realm, number) in &self.removals {
            if !pay(*table, realm, *number, None)? {
                absent.push(key.clone());
            }
        }
        for key in absent {
            self.removals.remove(&key);
        }
        for ((table, realm, number), put) in &mut self.puts {
            put.tried = true;
            pay(*table, realm, *number, Some(&put.record))?;
        }
        Ok(())
    }

    /// These changes were made, and all that was owed.
    pub(super) fn settle(&mut self, changes: &[Change]) {
        self.removals.clear();
        self.octets = 0;
        for (table, realm, number) in mem::take(&mut self.puts).into_keys() {
            self.extend_reach(table, &realm, number);
        }
        for Change { realm, table, put, .. } in changes {
            if let Some((number, _)) = put {
                self.extend_reach(*table, realm, *number);
            }
        }
    }

    /// These changes have failed together; a transaction was tried with them, or not even that. How
    /// many of their records there is no room for.
    pub(super) fn incur(&mut self, changes: impl Iterator<Item = Change>, tried: bool) -> usize {
        let mut lost = 0;
        for Change { realm, table, put, remove } in changes {
            if let Some((number, record)) = put {
                let reach = self.reach.entry((table, Arc::clone(&realm)));
                reach.or_insert(number.saturating_sub(1));
                let put = Put { record, tried };
                lost += usize::from(!self.owe((table, Arc::clone(&realm), number), put));
            }
            for number in remove {
                self.cancel((table, Arc::clone(&realm), number));
            }
        }
        lost
    }

    /// Is there room for it? Else it is lost for good, also if it should be in the file.
    fn owe(&mut self, key: Key, put: Put) -> bool {
        let octets = octets(&put);
        let fits = self.octets + octets <= STORE_DEBTS_OCTETS_MAX;
        if fits {
            self.octets += octets;
            self.puts.insert(key, put);
        } else if put.tried {
            self.removals.insert(key);
        }
        fits
    }

    /// It is not needed any more.
    fn cancel(&mut self, key: Key) {
        let may_be_there = if let Some(put) = self.puts.remove(&key) {
            self.octets -= octets(&put);
            put.tried
        } else {
            let reach = self.reach.get(&(key.0, Arc::clone(&key.1)));
            reach.is_none_or(|reach| key.2 <= *reach)
        };
        if may_be_there {
            self.removals.insert(key);
        }
    }

    fn extend_reach(&mut self, table: Table, realm: &Arc<str>, number: u64) {
        let reach = self.reach.entry((table, Arc::clone(realm))).or_default();
        *reach = (*reach).max(number);
    }
}

fn octets(put: &Put) -> usize {
    CHANGE_OCTETS + put.record.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(put: Option<u64>, remove: &[u64]) -> Change {
        let (put, remove) = (put.map(|number| (number, Vec::new())), remove.to_vec());
        Change { realm: "realm1".into(), table: Table::History, put, remove }
    }

    fn incur(debts: &mut Debts, changes: Vec<Change>, tried: bool) {
        assert_eq!(debts.incur(changes.into_iter(), tried), 0);
    }

    /// What is paid when these numbers are in the file: removals, and records.
    fn paid(debts: &mut Debts, there: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let (mut removals, mut puts) = (Vec::new(), Vec::new());
        let paid = debts.pay(|_, _, number, record| {
            let paid = if record.is_some() { &mut puts } else { &mut removals };
            paid.push(number);
            Ok::<_, ()>(there.contains(&number))
        });
        assert_eq!(paid, Ok(()));
        (removals, puts)
    }

    #[test]
    fn only_removals_of_what_may_be_there_are_owed() {
        let mut debts = Debts::default();
        debts.settle(&[change(Some(5), &[])]);
        incur(&mut debts, vec![change(Some(6), &[1])], true);
        // It may have been written; what comes now has not.
        incur(&mut debts, vec![change(Some(7), &[2, 6]), change(Some(8), &[7])], false);
        assert_eq!(paid(&mut debts, &[1, 2, 5]), (vec![1, 2, 6], vec![8]));
        // It was not; whether 8 was put down is not known either.
        incur(&mut debts, vec![change(Some(9), &[8])], true);
        assert_eq!(paid(&mut debts, &[1, 2, 5]), (vec![1, 2, 8], vec![9]));
        debts.settle(&[change(Some(10), &[])]);
        assert!(debts.is_empty());
        incur(&mut debts, vec![change(None, &[9, 10, 11])], false);
        assert_eq!(paid(&mut debts, &[9, 10]), (vec![9, 10], vec![]));
    }

    #[test]
    fn removals_of_what_an_earlier_start_has_left_are_owed() {
        let mut debts = Debts::default();
        incur(&mut debts, vec![change(None, &[3])], true);
        incur(&mut debts, vec![change(Some(10), &[4])], false);
        incur(&mut debts, vec![change(Some(11), &[5, 10])], false);
        assert_eq!(paid(&mut debts, &[3, 4, 5]), (vec![3, 4, 5], vec![11]));
    }

    /// A transaction that ends halfway has paid nothing.
    #[test]
    fn what_is_not_paid_is_still_owed() {
        let mut debts = Debts::default();
        incur(&mut debts, vec![change(None, &[1, 2]), change(Some(5), &[])], false);
        let failed = debts.pay(|_, _, number, _| if number == 1 { Ok(true) } else { Err(()) });
        assert_eq!(failed, Err(()));
        assert_eq!(paid(&mut debts, &[1, 2]), (vec![1, 2], vec![5]));
    }

    /// However long it lasts, and however often it is tried.
    #[test]
    fn what_is_owed_is_bounded() {
        let record = vec![0; STORE_DEBTS_OCTETS_MAX / 4];
        let long = |number| {
            let put = Some((number, record.clone()));
            Change { put, ..change(None, &[]) }
        };
        let mut debts = Debts::default();
        debts.settle(&[change(Some(1), &[])]);
        assert_eq!(debts.incur([2, 3, 4, 1000].map(long).into_iter(), true), 1);
        // What is lost is not to be found later.
        assert_eq!(paid(&mut debts, &[1, 1000]), (vec![1000], vec![2, 3, 4]));
        for number in 5..200 {
            // One goes, another one comes.
            incur(&mut debts, vec![change(None, &[number - 3]), long(number)], true);
            assert_eq!(paid(&mut debts, &[1]).1, [number - 2, number - 1, number]);
            assert!(debts.removals.is_empty());
        }
    }
}
