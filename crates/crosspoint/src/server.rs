//! The server: a router and its listeners, from start to orderly end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{RealmSettings, Router, Settings};
use crosspoint_router::store::Store;
use crosspoint_router::turn::Turn;
use crosspoint_transport::tls::server::Acceptor;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::clock;
use crate::connection::CLOSING_TIMEOUT;
use crate::cookies::CookieSettings;
use crate::entrance::Entrances;
use crate::listener::Listener;
use crate::liveness::{Liveness, Watch};
use crate::losses;
use crate::origins::Origin;
use crate::place::Place;
use crate::proxies::Proxy;
use crate::refusals::Refusals;
use crate::store::{EventStore, StoreError};
use crate::strangers;
use crate::throttle::MessageRate;
use crate::trace::Tracer;

/// How long an orderly end takes at most: every session has its time to say goodbye and to read
/// what is left, and the tasks a moment to see that it is over.
const SHUTDOWN_TIMEOUT: Duration =
    CLOSING_TIMEOUT.saturating_mul(2).saturating_add(Duration::from_secs(1));

/// How long the sessions' GOODBYE waits for the store, so that publishers hear before it what has
/// become of their events. The disk needs milliseconds, if it does anything at all.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_secs(2);

/// How often events that are too old are looked for, so that what nobody asks for does not stay.
const EXPIRY_INTERVAL: Duration = Duration::from_mins(1);

/// Where a listener listens, if nobody says.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The paths at which WebSocket clients connect, if nobody says.
pub const WEBSOCKET_PATHS: [&str; 2] = ["/ws", "/"];

/// Connections of a listener at a time, if nobody says. More wait in the kernel's queue until one
/// ends.
pub const CONNECTIONS_MAX: u32 = 100_000;

/// Connections of a listener at a time that have no session yet, if nobody says. Each may keep 64 KiB of what its
/// client has sent for TLS (so much rustls takes), so together they keep 256 MiB of that at most.
pub const HANDSHAKES_MAX: u32 = 4096;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where clients connect.
    pub listeners: Vec<ListenerSettings>,
    /// The realms.
    pub realms: Vec<RealmSettings>,
    /// What one session may hold.
    pub limits: Limits,
    /// What to do with clients that do not count their requests.
    pub uncounted_requests: UncountedRequests,
    /// The file of the [store](crate::store) where those events are kept that are to outlive the
    /// server; it is made if it is not there. Without one, none do.
    pub store: Option<PathBuf>,
    /// From which it follows what users look like who do not exist. Without one it is this machine's, if the machine
    /// has an ID (`/etc/machine-id`), else one for this start only.
    pub strangers: Option<StrangersKey>,
    /// Who traces the sessions, if anybody does.
    pub tracer: Option<Arc<Tracer>>,
}

/// What a port is opened with.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// What people call it.
    pub name: String,
    /// Where to listen.
    pub place: Place,
    /// What TLS is spoken with, if it is spoken: then there is nothing else on the port.
    pub tls: Option<Acceptor>,
    /// Take WebSocket clients.
    pub websocket: bool,
    /// Take `RawSocket` clients.
    pub rawsocket: bool,
    /// What clients may write messages in.
    pub serializers: Vec<Serializer>,
    /// The paths at which WebSocket clients connect.
    pub paths: Vec<String>,
    /// Whose pages may connect from a browser. If nobody says: where the listener is on loopback, those that this
    /// machine serves; elsewhere all.
    pub origins: Option<Vec<Origin>>,
    /// What browsers are told apart by, if they are, so that they need not prove each time who their users are.
    pub cookie: Option<CookieSettings>,
    /// Who is believed when he says for whom he speaks: proxies in front of the router.
    pub proxies: Vec<Proxy>,
    /// They say it in the PROXY protocol, each connection at its beginning, and nobody else may connect.
    pub proxy_protocol: bool,
    /// The longest message that is taken. `RawSocket` can only say powers of two: there it is the next
    /// lower one.
    pub message_octets_max: usize,
    /// Connections at a time. More wait in the kernel's queue until one ends.
    pub connections_max: usize,
    /// Those of them that have no session yet. More wait in the kernel's queue until one has, or ends.
    pub handshakes_max: usize,
    /// Those of them from one address, or network of 64 bits; if nobody says, a quarter. More are accepted, wait, and
    /// hold up nobody else; who comes when as many as `handshakes_max` wait there is closed at once. The address is
    /// that which `connections_per_address_max` counts.
    pub handshakes_per_address_max: Option<usize>,
    /// Those of them from one address; with IPv6, from one network of 64 bits. Whoever comes beyond that is
    /// closed at once. Unix sockets have no addresses, and proxies are not counted: their clients are.
    pub connections_per_address_max: usize,
    /// How many messages are taken from each connection in a second, if not any number. Who sends more is read more
    /// slowly.
    pub message_rate: Option<MessageRate>,
    /// After which time a peer that gives no sign of life counts as gone.
    pub liveness: Liveness,
}

impl ListenerSettings {
    /// A listener at this address or place, and everything else as it is if nobody says.
    pub fn at(place: impl Into<Place>) -> ListenerSettings {
        ListenerSettings {
            name: "main".to_owned(),
            place: place.into(),
            tls: None,
            websocket: true,
            rawsocket: true,
            serializers: Serializer::ALL.to_vec(),
            paths: WEBSOCKET_PATHS.map(str::to_owned).to_vec(),
            origins: None,
            cookie: None,
            proxies: Vec::new(),
            proxy_protocol: false,
            message_octets_max: MESSAGE_OCTETS_MAX,
            connections_max: CONNECTIONS_MAX as usize,
            handshakes_max: HANDSHAKES_MAX as usize,
            handshakes_per_address_max: None,
            connections_per_address_max: CONNECTIONS_MAX as usize,
            message_rate: None,
            liveness: Liveness::default(),
        }
    }
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be had. Choose another, or see the reason.
    #[error("cannot listen on {place}: {error}")]
    Listen {
        /// The listener's name.
        listener: String,
        /// Where it was to listen.
        place: Place,
        /// The operating system's reason.
        error: io::Error,
    },
    /// There is no thread to be had for the timers.
    #[error("cannot start: {0}")]
    Timers(#[source] io::Error),
    /// The store cannot be used: see its [hint](StoreError::hint).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A router that listens.
#[derive(Debug)]
pub struct Server {
    places: Vec<Place>,
    entrances: Entrances,
    router: Arc<Router>,
    watch: Arc<Watch>,
    store: Option<Arc<EventStore>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Server {
    /// Binds all ports, reads what the store has, and begins to serve.
    pub async fn start(settings: ServerSettings) -> Result<Server, StartError> {
        let ServerSettings {
            listeners,
            realms,
            limits,
            uncounted_requests,
            store,
            strangers,
            tracer,
        } = settings;
        let realm = realms.first().map(|realm| realm.name.clone()).unwrap_or_default();
        let watch = Watch::start(Liveness::default()).map_err(StartError::Timers)?;
        let watch = Arc::new(watch.traced_by(tracer));
        let listeners = bind(listeners, &watch).await?;
        let places = listeners.iter().map(|listener| listener.place().clone()).collect();
        let entrances = Entrances(listeners.iter().map(Listener::entrance).collect());
        let settings = Settings {
            realms,
            limits,
            uncounted_requests,
            agent: concat!("Crosspoint-", env!("CARGO_PKG_VERSION")).into(),
            strangers: strangers.unwrap_or_else(strangers::usual_key),
            started: clock::now(),
        };
        let (router, store) = match store {
            None => (Arc::new(Router::new(settings)), None),
            Some(path) => {
                // Nobody is served yet, so nobody minds that this blocks.
                let (router, store) = restored(settings, &path)?;
                store.flush().await;
                compact(&store, &path);
                (router, Some(store))
            }
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(expire(Arc::clone(&router), stop.clone()));
        let refusals = Arc::clone(&watch.refusals);
        tasks.spawn(losses::tell(Arc::clone(&router), refusals, stop.clone()));
        for listener in listeners {
            let (router, stop) = (Arc::clone(&router), stop.clone());
            tasks.spawn(listener.serve(router, realm.clone(), tasks.clone(), stop));
        }
        Ok(Server { places, entrances, router, watch, store, tasks, stop })
    }

    /// Where its first listener listens that does so on an address.
    ///
    /// # Panics
    ///
    /// If it has none.
    pub fn address(&self) -> SocketAddr {
        let address = |place: &Place| match place {
            Place::Tcp(address) => Some(*address),
            Place::Unix { .. } => None,
        };
        self.places.iter().find_map(address).expect("there is a listener on an address")
    }

    /// Where its listeners listen, in the order of the settings.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What its connections come through.
    pub fn entrances(&self) -> &Entrances {
        &self.entrances
    }

    /// The router behind the listeners.
    pub fn router(&self) -> &Arc<Router> {
        &self.router
    }

    /// How many peers were found gone without a word, or hanging.
    pub fn peers_lost(&self) -> u64 {
        self.watch.peers_lost()
    }

    /// What its listeners have refused.
    pub fn refusals(&self) -> &Refusals {
        &self.watch.refusals
    }

    /// Stops listening, waits until the store has confirmed what it has, at most 2 seconds, says
    /// GOODBYE to every session, and waits until all have gone, at most 11 seconds; then until the
    /// store has written what was submitted to it.
    ///
    /// From the beginning on, publications that are to be stored and acknowledged are refused: who
    /// publishes meanwhile is answered, too.
    pub async fn shut_down(self) {
        self.stop.cancel();
        if let Some(store) = &self.store {
            let _ = timeout(CONFIRMATION_TIMEOUT, store.drain()).await;
        }
        let mut turn = Turn::default();
        turn.begin(clock::now());
        self.router.shut_down(&mut turn);
        turn.flush();
        self.tasks.close();
        let _ = timeout(SHUTDOWN_TIMEOUT, self.tasks.wait()).await;
        if let Some(store) = self.store {
            // Whoever waits for this may have other things to do, such as to give up.
            let _ = spawn_blocking(move || store.close()).await;
        }
    }
}

/// All listeners, or none. Each judges its peers in its own way, but they are counted together.
async fn bind(
    listeners: Vec<ListenerSettings>,
    watch: &Watch,
) -> Result<Vec<Listener>, StartError> {
    let mut bound = Vec::new();
    for settings in listeners {
        let (listener, place) = (settings.name.clone(), settings.place.clone());
        let watch = Arc::new(watch.with(settings.liveness));
        let cannot_listen = |error| StartError::Listen { listener, place, error };
        bound.push(Listener::bind(settings, watch).await.map_err(cannot_listen)?);
    }
    Ok(bound)
}

/// A router that has what the store had, and a store that will soon have no more than that.
fn restored(settings: Settings, path: &Path) -> Result<(Arc<Router>, Arc<EventStore>), StoreError> {
    let store = Arc::new(EventStore::open(path)?);
    let router = Router::with_store(settings, Arc::clone(&store) as Arc<dyn Store>);
    store.for_each(|realm, table, sequence, record| {
        router.restore(realm, table, sequence, record);
    })?;
    router.restored();
    let unreadable = router.counters().records_unreadable.get();
    if unreadable > 0 {
        warn!(unreadable, store = %path.display(), "events of the store cannot be read; they stay there");
    }
    Ok((Arc::new(router), store))
}

/// Now that what is too much is gone. A file that stays as long as it was can be used all the same.
fn compact(store: &EventStore, path: &Path) {
    match store.compact() {
        Ok(None) => {}
        Ok(Some((before, after))) => {
            info!(before, after, store = %path.display(), "the store's file is shorter now");
        }
        Err(error) => warn!("the store's file cannot be made shorter: {error}"),
    }
}

/// Lets go of events that are too old, until the server stops.
async fn expire(router: Arc<Router>, stop: CancellationToken) {
    let mut ticks = interval(EXPIRY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        while router.expire(clock::now()) && !stop.is_cancelled() {
            yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::mpsc::channel;
    use std::thread;

    use crosspoint_router::store::{Change, Table};
    use tokio::sync::oneshot;

    use super::*;

    /// How long a test hangs before it fails. No test that passes depends on it.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// A file with one record, of a realm that is not there.
    fn write_store(path: &Path) {
        let store = EventStore::open(path).unwrap();
        let put = Some((1, b"a record".to_vec()));
        let (realm, remove) = ("realm2".into(), Vec::new());
        assert!(store.submit(vec![Change { realm, table: Table::History, put, remove }], None));
    }

    async fn serve(store: PathBuf) -> Server {
        let settings = ServerSettings {
            listeners: vec![ListenerSettings::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))],
            realms: vec!["realm1".into()],
            limits: Limits::default(),
            uncounted_requests: UncountedRequests::Tolerate,
            store: Some(store),
            strangers: None,
            tracer: None,
        };
        Server::start(settings).await.unwrap()
    }

    /// The end waits for a disk that hangs; who waits for the end does something else.
    #[tokio::test]
    async fn closing_the_store_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        write_store(&path);
        let server = serve(path).await;
        let (router, store) = (Arc::clone(&server.router), server.store.clone().unwrap());
        let ((say_reading, reading), (let_go, held)) = (oneshot::channel(), channel::<()>());
        // Who reads has the file.
        let reader = thread::spawn(move || {
            let mut say_reading = Some(say_reading);
            store.for_each(|_, _, _, _| {
                say_reading.take().unwrap().send(()).unwrap();
                let _ = held.recv_timeout(PATIENCE);
            })
        });
        reading.await.unwrap();
        let end = tokio::spawn(server.shut_down());
        while !router.is_closing() {
            yield_now().await;
        }
        for _ in 0..1000 {
            assert!(!end.is_finished());
            yield_now().await;
        }
        let_go.send(()).unwrap();
        end.await.unwrap();
        reader.join().unwrap().unwrap();
    }
}
