//! Calls in flight of one member, as their caller or as their callee.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::dealer::call::Call;

/// Calls by the ID under which the member knows them.
///
/// A hash table rather than a tree: of the tables on the way of a call it is the only one that
/// changes with every call, and nothing is allocated while it stays as large as it is.
pub(crate) struct InFlight<I> {
    calls: HashMap<I, Arc<Call>, foldhash::quality::RandomState>,
}

/// An empty table that has grown beyond this gives its memory back, so that a session that was busy
/// once is as small as any other.
const CAPACITY_KEPT: usize = 64;

impl<I> Default for InFlight<I> {
    fn default() -> Self {
        InFlight { calls: HashMap::default() }
    }
}

impl<I: Copy + Eq + Hash + Ord> InFlight<I> {
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(crate) fn get(&self, id: I) -> Option<Arc<Call>> {
        self.calls.get(&id).cloned()
    }

    /// Is it this very call?
    pub(crate) fn is(&self, id: I, call: &Arc<Call>) -> bool {
        self.calls.get(&id).is_some_and(|found| Arc::ptr_eq(found, call))
    }

    pub(crate) fn insert(&mut self, id: I, call: Arc<Call>) {
        self.calls.insert(id, call);
    }

    pub(crate) fn remove(&mut self, id: I) -> Option<Arc<Call>> {
        let removed = self.calls.remove(&id);
        if self.calls.is_empty() && self.calls.capacity() > CAPACITY_KEPT {
            self.calls = HashMap::default();
        }
        removed
    }

    /// Takes all of them, in the order of their IDs.
    pub(crate) fn take(&mut self) -> Vec<Arc<Call>> {
        let mut calls: Vec<_> = std::mem::take(&mut self.calls).into_iter().collect();
        calls.sort_unstable_by_key(|(id, _)| *id);
        calls.into_iter().map(|(_, call)| call).collect()
    }
}
