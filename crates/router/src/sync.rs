//! The locks and atomics that the core's order hangs on.
//!
//! They are `parking_lot`'s and the standard library's. With the feature `shuttle` they are shuttle's
//! instead, which works inside its tests only: there each use of one is a point at which the test
//! decides who goes on (see `tests/interleavings`).
//!
//! Counters and the sources of IDs are not among them, for nothing is decided by their order; nor
//! are the locks inside of the tables' maps, for nobody holds an entry of a map when it takes one
//! of these.

#[cfg(not(feature = "shuttle"))]
pub(crate) use self::real::*;
#[cfg(feature = "shuttle")]
pub(crate) use self::scheduled::*;

#[cfg(not(feature = "shuttle"))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

    pub(crate) use parking_lot::{Mutex, RwLock, RwLockReadGuard};
}

/// Shuttle's locks with the face of `parking_lot`'s.
#[cfg(feature = "shuttle")]
mod scheduled {
    use std::sync::PoisonError;

    pub(crate) use shuttle::sync::RwLockReadGuard;
    pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
    use shuttle::sync::{MutexGuard, RwLockWriteGuard};

    #[derive(Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Mutex(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[derive(Default)]
    pub(crate) struct RwLock<T>(shuttle::sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
