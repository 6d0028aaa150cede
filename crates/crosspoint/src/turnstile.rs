//! The turnstile of a listener: so many connections at a time, so many of them without a session, and so many from
//! one address.
//!
//! Who finds no place waits with the system, in the order in which he came, and nothing is kept of him. To refuse
//! him would help nobody: an attacker comes again at once, and so would all clients of a router that was
//! started again, of whom each needs but a moment. Only those who have no session yet, and come from an address that has
//! many of them, wait here ([`Arrivals`]), so that they are in nobody's way.

use std::collections::HashMap;
use std::io;
use std::mem;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crosspoint_proto::transport::{PeerAddress, network};
use crosspoint_router::counters::Counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::arrivals::{Arrival, Arrivals};
use crate::connection::HELLO_TIMEOUT;
use crate::proxies::Proxies;
use crate::refusals::Refusals;
use crate::server::ListenerSettings;

/// Of the connections without a session an address has one in so many, if nobody says: then it takes as many addresses
/// to make others wait, and one behind which very many clients are is still served at once.
const HANDSHAKES_SHARE: usize = 4;

/// Counts those who are in.
#[derive(Debug)]
pub(crate) struct Turnstile {
    places: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    arrivals: Arc<Arrivals>,
    per_address_max: usize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
    refusals: Arc<Refusals>,
}

/// A place that nobody has taken yet.
#[derive(Debug)]
pub(crate) struct FreePlace {
    place: OwnedSemaphorePermit,
    handshake: OwnedSemaphorePermit,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    _place: OwnedSemaphorePermit,
    handshake: Mutex<Handshake>,
    client: Mutex<Client>,
    turnstile: Arc<Turnstile>,
    /// When there has to be a session, or the connection ends.
    pub(crate) due: Instant,
}

/// What a connection has among those without a session, while it has none.
#[derive(Debug, Default)]
struct Handshake {
    /// None while it waits for others of its address.
    place: Option<OwnedSemaphorePermit>,
    /// Among those of its address, if that is known and counted.
    arrival: Option<Arrival>,
}

/// Whose connection it is, as far as that is known.
#[derive(Clone, Copy, Debug, Default)]
struct Client {
    peer: Option<PeerAddress>,
    /// Where it is counted, if it is.
    counted: Option<IpAddr>,
}

impl Turnstile {
    pub(crate) fn new(settings: &ListenerSettings, refusals: Arc<Refusals>) -> Arc<Turnstile> {
        let permits = |max: usize| Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        let handshakes_max = settings.handshakes_max;
        let at_a_time = settings.handshakes_per_address_max;
        let at_a_time = at_a_time.unwrap_or(handshakes_max / HANDSHAKES_SHARE).max(1);
        Arc::new(Turnstile {
            places: permits(settings.connections_max),
            handshakes: permits(handshakes_max),
            arrivals: Arrivals::new(at_a_time, handshakes_max),
            per_address_max: settings.connections_per_address_max,
            by_address: Mutex::default(),
            refusals,
        })
    }

    /// Waits for a place: whoever has none yet waits with the system.
    pub(crate) async fn place(&self) -> io::Result<FreePlace> {
        let place = permit(&self.places, &self.refusals.connections_full).await?;
        let handshake = permit(&self.handshakes, &self.refusals.handshakes_full).await?;
        Ok(FreePlace { place, handshake })
    }

    /// Lets somebody in who has a place and comes from there, if not too many of them are in.
    pub(crate) fn admit(
        self: &Arc<Self>,
        free: FreePlace,
        peer: Option<PeerAddress>,
        proxies: &Proxies,
    ) -> Option<Pass> {
        let FreePlace { place, handshake } = free;
        let pass = Pass {
            _place: place,
            handshake: Mutex::new(Handshake { place: Some(handshake), arrival: None }),
            client: Mutex::default(),
            turnstile: Arc::clone(self),
            due: Instant::now() + HELLO_TIMEOUT,
        };
        peer.is_none_or(|peer| pass.belongs_to(peer, proxies)).then_some(pass)
    }

    /// Is there room for one more from there? Then it is taken.
    fn count(&self, address: IpAddr) -> bool {
        let mut by_address = self.lock();
        let count = by_address.entry(address).or_default();
        if *count >= self.per_address_max {
            self.refusals.addresses_crowded.add(1);
            return false;
        }
        *count += 1;
        true
    }

    fn discount(&self, address: IpAddr) {
        let mut by_address = self.lock();
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Nothing is done under the lock that could leave the numbers wrong.
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts that there is none, if it has to be waited for.
async fn permit(of: &Arc<Semaphore>, full: &Counter) -> io::Result<OwnedSemaphorePermit> {
    if let Ok(permit) = Arc::clone(of).try_acquire_owned() {
        return Ok(permit);
    }
    full.add(1);
    Arc::clone(of).acquire_owned().await.map_err(io::Error::other)
}

impl Pass {
    /// Whose connection it is.
    pub(crate) fn peer(&self) -> Option<PeerAddress> {
        self.client().peer
    }

    /// It is this one's, as is known now. False if too many come from there. Those who come through a Unix socket
    /// have no address; and a proxy speaks for others, of whom each counts for himself.
    pub(crate) fn belongs_to(&self, peer: PeerAddress, proxies: &Proxies) -> bool {
        let address = match peer {
            _ if proxies.include(peer) => None,
            PeerAddress::Tcp(address) => Some(network(address.ip())),
            PeerAddress::Host(address) => Some(network(address)),
            PeerAddress::Unix { .. } => None,
        };
        if !address.is_none_or(|address| self.turnstile.count(address)) {
            return false;
        }
        let client = Client { peer: Some(peer), counted: address };
        let before = mem::replace(&mut *self.client(), client);
        self.leave(before);
        address.is_none_or(|address| self.arrive(address))
    }

    /// It comes from there. While it has to wait for others it does not keep those of other addresses waiting.
    fn arrive(&self, address: IpAddr) -> bool {
        let Some(arrival) = self.turnstile.arrivals.add(address) else {
            self.turnstile.refusals.addresses_crowded.add(1);
            return false;
        };
        let mut handshake = self.handshake();
        if arrival.awaited().is_some() {
            handshake.place = None;
        }
        handshake.arrival = Some(arrival);
        true
    }

    /// Waits for its turn. Its time begins then: if it ran meanwhile, those who come after silent ones would get
    /// theirs when it is over.
    pub(crate) async fn turn(&mut self) {
        if self.has_waited().await {
            self.due = Instant::now() + HELLO_TIMEOUT;
        }
    }

    /// Waits until so few others of its address have no session that it may go on. False if there was nothing to
    /// wait for.
    pub(crate) async fn has_waited(&self) -> bool {
        let Some(turns) = self.handshake().arrival.as_ref().and_then(Arrival::awaited) else {
            return false;
        };
        self.turnstile.refusals.handshakes_crowded.add(1);
        // Nobody closes them.
        let Ok(turn) = turns.acquire_owned().await else { return true };
        let place = permit(&self.turnstile.handshakes, &self.turnstile.refusals.handshakes_full);
        let place = place.await.ok();
        let mut handshake = self.handshake();
        handshake.place = place;
        if let Some(arrival) = &mut handshake.arrival {
            arrival.take(turn);
        }
        true
    }

    fn handshake(&self) -> MutexGuard<'_, Handshake> {
        self.handshake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, client: Client) {
        if let Some(address) = client.counted {
            self.turnstile.discount(address);
        }
    }

    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection has a session: it is no handshake any more.
    pub(crate) fn joined(&self) {
        drop(mem::take(&mut *self.handshake()));
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let client = mem::take(&mut *self.client());
        self.leave(client);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    fn turnstile(connections_max: usize, connections_per_address_max: usize) -> Arc<Turnstile> {
        let at = ListenerSettings::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let settings = ListenerSettings { connections_max, connections_per_address_max, ..at };
        Turnstile::new(&settings, Arc::default())
    }

    #[tokio::test]
    async fn so_many_may_come_from_one_address() {
        let turnstile = turnstile(10, 2);
        let admit = async |address: &str| {
            let place = turnstile.place().await.unwrap();
            let peer = PeerAddress::Host(address.parse().unwrap());
            turnstile.admit(place, Some(peer), &Proxies::default())
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
        assert_eq!(turnstile.refusals.addresses_crowded.get(), 2);
    }

    /// As long as somebody of the one waits, nobody of the other does.
    #[tokio::test]
    async fn handshakes_from_one_address_leave_room_for_others() {
        let at = ListenerSettings::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let handshakes_per_address_max = Some(2);
        let settings = ListenerSettings { handshakes_max: 4, handshakes_per_address_max, ..at };
        let turnstile = Turnstile::new(&settings, Arc::default());
        let admit = async |address: &str| {
            let peer = PeerAddress::Host(address.parse().unwrap());
            turnstile.admit(turnstile.place().await.unwrap(), Some(peer), &Proxies::default())
        };
        let mut crowd = Vec::new();
        for _ in 0..6 {
            crowd.push(admit("192.0.2.1").await.unwrap());
        }
        assert!(admit("192.0.2.1").await.is_none());
        assert_eq!(turnstile.refusals.addresses_crowded.get(), 1);
        let others = [admit("192.0.2.2").await.unwrap(), admit("192.0.2.2").await.unwrap()];
        for other in &others {
            assert!(!other.has_waited().await);
        }
        assert_eq!(turnstile.refusals.handshakes_crowded.get(), 0);
        let cx = &mut Context::from_waker(Waker::noop());
        {
            let (mut third, mut fourth) =
                (pin!(crowd[2].has_waited()), pin!(crowd[3].has_waited()));
            assert!(third.as_mut().poll(cx).is_pending() && fourth.as_mut().poll(cx).is_pending());
            crowd[0].joined();
            assert!(third.as_mut().poll(cx).is_ready() && fourth.as_mut().poll(cx).is_pending());
        }
        assert_eq!(turnstile.refusals.handshakes_crowded.get(), 2);
        assert_eq!(turnstile.handshakes.available_permits(), 0);
        drop((crowd, others));
        assert_eq!(turnstile.handshakes.available_permits(), 4);
        assert!(turnstile.arrivals.is_empty());
    }

    #[tokio::test]
    async fn who_has_left_is_not_remembered() {
        let (turnstile, proxies) = (turnstile(1, 1), Proxies::default());
        for _ in 0..3 {
            let place = turnstile.place().await.unwrap();
            let [one, another] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
            let pass = turnstile.admit(place, Some(PeerAddress::Host(one)), &proxies).unwrap();
            // It is found out that it is another's.
            assert!(pass.belongs_to(PeerAddress::Host(another), &proxies));
            assert_eq!(turnstile.lock().len(), 1);
        }
        assert!(turnstile.lock().is_empty() && turnstile.arrivals.is_empty());
        let place = turnstile.place().await.unwrap();
        assert!(turnstile.admit(place, None, &proxies).is_some());
    }
}
