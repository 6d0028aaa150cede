//! What transactions that failed have left undone, until one succeeds and makes up for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosspoint_router::store::{Change, Table};

/// Records that were to be removed while nothing could be written, and are still there.
///
/// Without them, what nobody needs any more would come back at the next start: a retained event
/// that was taken back, for one. There are never more than records in the file, however long the
/// failures last: what has not come there is not removed either.
#[derive(Debug, Default)]
pub(super) struct Debts {
    removals: BTreeSet<(Table, Arc<str>, u64)>,
    /// The greatest number that may be in the file. Numbers do not come quite in order, but every
    /// one from an earlier start is smaller than every one from this.
    reach: BTreeMap<(Table, Arc<str>), u64>,
}

impl Debts {
    pub(super) fn removals(&self) -> impl Iterator<Item = (Table, &str, u64)> {
        self.removals.iter().map(|(table, realm, number)| (*table, &**realm, *number))
    }

    /// These changes were made, and all removals that were owed.
    pub(super) fn settle(&mut self, changes: &[Change]) {
        self.removals.clear();
        self.extend_reach(changes);
    }

    /// These changes have failed together, as the first ones or after others.
    pub(super) fn incur(&mut self, changes: &[Change], first: bool) {
        if first {
            // A commit that reports an error may have come to the disk nevertheless.
            self.extend_reach(changes);
        }
        for Change { realm, table, put, remove, .. } in changes {
            let key = (*table, Arc::clone(realm));
            if let Some((number, _)) = put {
                self.reach.entry(key.clone()).or_insert(number.saturating_sub(1));
            }
            let reach = self.reach.get(&key).copied().unwrap_or(u64::MAX);
            let there = remove.iter().filter(|number| **number <= reach);
            self.removals.extend(there.map(|number| (*table, Arc::clone(realm), *number)));
        }
    }

    fn extend_reach(&mut self, changes: &[Change]) {
        for Change { realm, table, put, .. } in changes {
            let Some((number, _)) = put else { continue };
            let reach = self.reach.entry((*table, Arc::clone(realm))).or_default();
            *reach = (*reach).max(*number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(put: Option<u64>, remove: &[u64]) -> Change {
        let (put, remove) = (put.map(|number| (number, Vec::new())), remove.to_vec());
        Change { realm: "realm1".into(), table: Table::History, put, remove }
    }

    fn owed(debts: &Debts) -> Vec<u64> {
        debts.removals().map(|(_, _, number)| number).collect()
    }

    #[test]
    fn only_removals_of_what_may_be_there_are_owed() {
        let mut debts = Debts::default();
        debts.settle(&[change(Some(5), &[])]);
        debts.incur(&[change(Some(6), &[1])], true);
        // It may have been written; what comes now has not.
        debts.incur(&[change(Some(7), &[2, 6]), change(Some(8), &[7])], false);
        assert_eq!(owed(&debts), [1, 2, 6]);
        debts.settle(&[change(Some(9), &[])]);
        assert!(owed(&debts).is_empty());
    }

    #[test]
    fn removals_of_what_an_earlier_start_has_left_are_owed() {
        let mut debts = Debts::default();
        debts.incur(&[change(None, &[3])], true);
        debts.incur(&[change(Some(10), &[4])], false);
        debts.incur(&[change(Some(11), &[5, 10])], false);
        assert_eq!(owed(&debts), [3, 4, 5]);
    }
}
