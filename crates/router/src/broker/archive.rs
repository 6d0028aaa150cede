//! The archive of a realm: its part of the store.

use std::sync::Arc;

use super::kept::Kept;
use crate::counters::Counters;
use crate::store::{Change, Receipt, Store, Table};

/// Where the events of one realm are written down.
pub(super) struct Archive {
    pub(super) store: Arc<dyn Store>,
    pub(super) realm: Arc<str>,
    pub(super) counters: Arc<Counters>,
}

impl Archive {
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

    /// Makes a change for which nobody waits.
    pub(super) fn clear_away(&self, change: Option<Change>) {
        self.submit(change.into_iter().collect(), &mut None);
    }
}
