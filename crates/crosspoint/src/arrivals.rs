//! Arrivals: the connections without a session that come from one address, so many at a time.
//!
//! More of them are accepted and wait, without being read, while those of other addresses go past: with the system they
//! would stand in everybody's way. They wait rather than being refused, because very many clients may have one
//! address, behind a router of their own or a proxy that is not known, and all come at once when this
//! router was started again. How many may wait has a limit, too: beyond it they take places from others by waiting.
//!
//! Who has a place keeps it for his time, also where silent ones of a few addresses have all of them. SECURITY.md says why.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who have arrived, by their address.
#[derive(Debug)]
pub(crate) struct Arrivals {
    at_a_time: usize,
    waiting_max: usize,
    by_address: Mutex<HashMap<IpAddr, Queue>>,
}

/// Those from one address. It is there as long as one of them is.
#[derive(Debug)]
struct Queue {
    /// With those who wait.
    len: usize,
    turns: Arc<Semaphore>,
}

/// One of them; it has left when this is dropped.
#[derive(Debug)]
pub(crate) struct Arrival {
    address: IpAddr,
    turns: Arc<Semaphore>,
    /// It need not wait, or not any more.
    turn: Option<OwnedSemaphorePermit>,
    arrivals: Arc<Arrivals>,
}

impl Arrivals {
    pub(crate) fn new(at_a_time: usize, waiting_max: usize) -> Arc<Arrivals> {
        let at_a_time = at_a_time.min(Semaphore::MAX_PERMITS);
        Arc::new(Arrivals { at_a_time, waiting_max, by_address: Mutex::default() })
    }

    /// One more from there, unless too many wait already.
    pub(crate) fn add(self: &Arc<Self>, address: IpAddr) -> Option<Arrival> {
        let mut by_address = self.lock();
        let queue = by_address
            .entry(address)
            .or_insert_with(|| Queue { len: 0, turns: Arc::new(Semaphore::new(self.at_a_time)) });
        if queue.len >= self.at_a_time.saturating_add(self.waiting_max) {
            return None;
        }
        queue.len += 1;
        let turns = Arc::clone(&queue.turns);
        let turn = Arc::clone(&turns).try_acquire_owned().ok();
        Some(Arrival { address, turns, turn, arrivals: Arc::clone(self) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Queue>> {
        // Nothing is done under the lock that could leave the numbers wrong.
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

impl Arrival {
    /// Where it gets its turn, if it has to wait for it.
    pub(crate) fn awaited(&self) -> Option<Arc<Semaphore>> {
        self.turn.is_none().then(|| Arc::clone(&self.turns))
    }

    /// It has waited for this.
    pub(crate) fn take(&mut self, turn: OwnedSemaphorePermit) {
        self.turn = Some(turn);
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let mut by_address = self.arrivals.lock();
        if let Some(queue) = by_address.get_mut(&self.address) {
            queue.len -= 1;
            if queue.len == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}
