//! The archive of a realm: its part of the store.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::kept::Kept;
use crate::counters::Counters;
use crate::limits::CLEARED_AWAY_AT_ONCE;
use crate::store::{Change, Receipt, Store, Table};
use crate::sync::Mutex;

/// Where the events of one realm are written down.
pub(super) struct Archive {
    store: Arc<dyn Store>,
    realm: Arc<str>,
    counters: Arc<Counters>,
    /// What the restart has found to be too much, until all that there was is read.
    cleared_away: Mutex<BTreeMap<Table, Vec<u64>>>,
}

impl Archive {
    pub(super) fn new(store: Arc<dyn Store>, realm: &str, counters: &Arc<Counters>) -> Archive {
        let (realm, counters) = (realm.into(), Arc::clone(counters));
        Archive { store, realm, counters, cleared_away: Mutex::default() }
    }

    /// See [`Store::is_full`].
    pub(super) fn is_full(&self) -> bool {
        self.store.is_full()
    }

    /// To put down an event, and take away those whose place it has.
    pub(super) fn put(
        &self,
        table: Table,
        (sequence, kept): (u64, &Kept),
        remove: Vec<u64>,
    ) -> Change {
        let put = Some((sequence, kept.record()));
        Change { realm: Arc::clone(&self.realm), table, put, remove }
    }

    /// To take away events, if there are any.
    pub(super) fn remove(&self, table: Table, remove: Vec<u64>) -> Option<Change> {
        let realm = Arc::clone(&self.realm);
        (!remove.is_empty()).then_some(Change { realm, table, put: None, remove })
    }

    /// Makes the changes that a publication brings. Who waits for it to be safe is told by the store,
    /// if there is anything to be put down; else the receipt stays where it is.
    pub(super) fn submit(&self, changes: Vec<Change>, receipt: &mut Option<Receipt>) {
        if changes.is_empty() {
            return;
        }
        let puts = changes.iter().any(|change| change.put.is_some());
        let receipt = if puts { receipt.take() } else { None };
        if !self.store.submit(changes, receipt) {
            self.counters.events_not_stored.add(1);
        }
    }

    /// Makes a change that follows from what was published before, and for which nobody waits.
    pub(super) fn submit_unasked(&self, change: Option<Change>) {
        self.submit(change.into_iter().collect(), &mut None);
    }

    /// Remembers what is to be taken away when all is read: a change for each event would fill the
    /// store before anybody has published.
    pub(super) fn clear_away(&self, change: Option<Change>) {
        let Some(Change { table, remove, .. }) = change else { return };
        self.cleared_away.lock().entry(table).or_default().extend(remove);
    }

    /// All is read: takes away what was too much.
    pub(super) fn restored(&self) {
        for (table, numbers) in mem::take(&mut *self.cleared_away.lock()) {
            for numbers in numbers.chunks(CLEARED_AWAY_AT_ONCE) {
                self.submit_unasked(self.remove(table, numbers.to_vec()));
            }
        }
    }
}
