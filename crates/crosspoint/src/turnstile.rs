//! The turnstile of a listener: so many connections at a time, and so many from one address.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Counts those who are in.
#[derive(Debug)]
pub(crate) struct Turnstile {
    places: Arc<Semaphore>,
    per_address_max: usize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    _place: OwnedSemaphorePermit,
    address: Option<IpAddr>,
    turnstile: Arc<Turnstile>,
}

impl Turnstile {
    pub(crate) fn new(connections_max: usize, per_address_max: usize) -> Arc<Turnstile> {
        let places = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
        Arc::new(Turnstile { places, per_address_max, by_address: Mutex::default() })
    }

    /// Waits for a place: whoever has none yet waits with the system.
    pub(crate) async fn place(&self) -> io::Result<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)
    }

    /// Lets somebody in who has a place and comes from there, if not too many of them are in. Those who come
    /// through a Unix socket have no address.
    pub(crate) fn admit(
        self: &Arc<Self>,
        place: OwnedSemaphorePermit,
        address: Option<IpAddr>,
    ) -> Option<Pass> {
        let address = address.map(network);
        if let Some(address) = address {
            let mut by_address = self.lock();
            let count = by_address.entry(address).or_default();
            if *count >= self.per_address_max {
                return None;
            }
            *count += 1;
        }
        Some(Pass { _place: place, address, turnstile: Arc::clone(self) })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Nothing is done under the lock that could leave the numbers wrong.
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut by_address = self.turnstile.lock();
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address: with IPv6 whoever has one has all those that begin with the same 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & (u128::MAX << 64);
            Ipv6Addr::from(bits).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_may_come_from_one_address() {
        let turnstile = Turnstile::new(10, 2);
        let admit = async |address: &str| {
            let place = turnstile.place().await.unwrap();
            turnstile.admit(place, Some(address.parse().unwrap()))
        };
        let first = admit("192.0.2.1").await.unwrap();
        let _second = admit("::ffff:192.0.2.1").await.unwrap();
        assert!(admit("192.0.2.1").await.is_none());
        let _other = admit("192.0.2.2").await.unwrap();
        drop(first);
        let _third = admit("192.0.2.1").await.unwrap();
        let _sixth = admit("2001:db8:1:2::1").await.unwrap();
        let _seventh = admit("2001:db8:1:2:3::1").await.unwrap();
        assert!(admit("2001:db8:1:2:ffff::").await.is_none());
        let _neighbour = admit("2001:db8:1:3::1").await.unwrap();
    }

    #[tokio::test]
    async fn who_has_left_is_not_remembered() {
        let turnstile = Turnstile::new(1, 1);
        for _ in 0..3 {
            let place = turnstile.place().await.unwrap();
            drop(turnstile.admit(place, Some("192.0.2.1".parse().unwrap())).unwrap());
        }
        assert!(turnstile.lock().is_empty());
        let place = turnstile.place().await.unwrap();
        assert!(turnstile.admit(place, None).is_some());
    }
}
