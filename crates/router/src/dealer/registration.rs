//! Registrations, and the table in which calls find them.
//!
//! A call holds what it has found there longer than any lock of the table, so it may hold a
//! registration that ends at the same moment. That is decided under the callee's lock: a registration is taken out of the table first
//! and marked as ended, together with UNREGISTERED, second; whoever finds the mark resolves again.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crosspoint_proto::id::RegistrationId;
use dashmap::DashMap;

use crate::member::Member;
use crate::sync::{AtomicBool, Ordering};

/// A procedure that a callee has registered.
pub(crate) struct Registration {
    pub(crate) id: RegistrationId,
    pub(crate) procedure: Arc<str>,
    /// Whoever holds the registration holds its callee, until both are out of all tables.
    pub(crate) callee: Arc<Member>,
    /// Changed and read under the callee's lock only.
    active: AtomicBool,
}

impl Registration {
    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// From here on nothing is invoked by it. The caller holds the callee's lock.
    pub(crate) fn deactivate(&self) {
        self.active.store(false, Ordering::Relaxed);
    }
}

/// The registrations of one realm, by procedure. Reading takes the lock of one shard for the length
/// of a look; whoever changes it holds the realm's control lock, too.
#[derive(Default)]
pub(crate) struct Registrations {
    exact: DashMap<Arc<str>, Arc<Registration>, foldhash::quality::RandomState>,
    last_id: AtomicU64,
}

impl Registrations {
    /// The registration that a call of this procedure goes to.
    pub(crate) fn resolve(&self, procedure: &str) -> Option<Arc<Registration>> {
        self.exact.get(procedure).map(|found| Arc::clone(&found))
    }

    pub(crate) fn is_registered(&self, procedure: &str) -> bool {
        self.exact.contains_key(procedure)
    }

    /// A new registration, not in the table yet.
    pub(crate) fn create(&self, procedure: &str, callee: &Arc<Member>) -> Arc<Registration> {
        Arc::new(Registration {
            id: RegistrationId(self.last_id.fetch_add(1, Ordering::Relaxed) + 1),
            procedure: procedure.into(),
            callee: Arc::clone(callee),
            active: AtomicBool::new(true),
        })
    }

    pub(crate) fn insert(&self, registration: Arc<Registration>) {
        self.exact.insert(Arc::clone(&registration.procedure), registration);
    }

    pub(crate) fn remove(&self, registration: &Registration) {
        self.exact.remove(&registration.procedure);
    }

    pub(crate) fn len(&self) -> usize {
        self.exact.len()
    }
}
