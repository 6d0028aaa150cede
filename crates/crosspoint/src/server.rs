//! The server: a router and its listener, from start to orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{RealmSettings, Router, Settings};
use crosspoint_router::turn::Turn;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::connection::CLOSING_TIMEOUT;
use crate::listener::Listener;
use crate::liveness::{Liveness, Watch};

/// How long an orderly end takes at most: every session has its time to say goodbye and to read
/// what is left, and the tasks a moment to see that it is over.
const SHUTDOWN_TIMEOUT: Duration =
    CLOSING_TIMEOUT.saturating_mul(2).saturating_add(Duration::from_secs(1));

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The realms, open to anybody who can connect.
    pub realms: Vec<RealmSettings>,
    /// What one session may hold.
    pub limits: Limits,
    /// What to do with clients that do not count their requests.
    pub uncounted_requests: UncountedRequests,
    /// After which time a peer that gives no sign of life counts as gone.
    pub liveness: Liveness,
}

/// A router that listens.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    router: Arc<Router>,
    watch: Arc<Watch>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Server {
    /// Binds the port and begins to serve. Fails if the port cannot be had.
    pub async fn start(settings: ServerSettings) -> io::Result<Server> {
        let ServerSettings { listen, realms, limits, uncounted_requests, liveness } = settings;
        let realm = realms.first().map(|realm| realm.name.clone()).unwrap_or_default();
        let watch = Arc::new(Watch::start(liveness)?);
        let listener = Listener::bind(listen, Arc::clone(&watch)).await?;
        let address = listener.address()?;
        let router = Arc::new(Router::new(Settings {
            realms,
            limits,
            uncounted_requests,
            agent: concat!("Crosspoint-", env!("CARGO_PKG_VERSION")).into(),
            started: clock::now(),
        }));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(listener.serve(Arc::clone(&router), realm, tasks.clone(), stop.clone()));
        Ok(Server { address, router, watch, tasks, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The router behind the listener.
    pub fn router(&self) -> &Arc<Router> {
        &self.router
    }

    /// How many peers were found gone without a word, or hanging.
    pub fn peers_lost(&self) -> u64 {
        self.watch.peers_lost()
    }

    /// Stops listening, says GOODBYE to every session, and waits until all have gone; at most
    /// 11 seconds.
    pub async fn shut_down(self) {
        self.stop.cancel();
        let mut turn = Turn::default();
        turn.begin(clock::now());
        self.router.shut_down(&mut turn);
        turn.flush();
        self.tasks.close();
        let _ = timeout(SHUTDOWN_TIMEOUT, self.tasks.wait()).await;
    }
}
