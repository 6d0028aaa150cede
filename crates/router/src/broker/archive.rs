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
    /// Puts down an event, and takes away those whose place it has. Who waits for that is told when it
    /// is safe.
    pub(super) fn put(
        &self,
        table: Table,
        (sequence, kept): (u64, &Kept),
        remove: Vec<u64>,
        receipt: Option<Receipt>,
    ) {
        let put = Some((sequence, kept.record()));
        let change = Change { realm: Arc::clone(&self.realm), table, put, remove, receipt };
        if !self.store.submit(change) {
            self.counters.events_not_stored.add(1);
        }
    }

    /// Who waits is told when all that was put down before is safe.
    pub(super) fn wait(&self, receipt: Option<Receipt>) {
        if receipt.is_some() {
            let (put, remove) = (None, Vec::new());
            let realm = Arc::clone(&self.realm);
            self.store.submit(Change { realm, table: Table::History, put, remove, receipt });
        }
    }

    pub(super) fn remove(&self, table: Table, remove: Vec<u64>) {
        if !remove.is_empty() {
            let (put, receipt) = (None, None);
            let realm = Arc::clone(&self.realm);
            self.store.submit(Change { realm, table, put, remove, receipt });
        }
    }
}
