//! Liveness: how peers are found that are gone without a word, or have stopped doing anything.
//!
//! | what has happened | found by | after, by default |
//! |---|---|---|
//! | the peer's machine is gone, or the way to it | TCP, whether or not anything is sent | 90 seconds |
//! | the peer's program takes nothing of what waits for it | TCP (on Linux) | 90 seconds |
//! | the peer's program hangs, and speaks WebSocket | a ping that has no answer | 90 seconds |
//!
//! A program that hangs, speaks `RawSocket` and is sent nothing looks like one that has nothing to
//! say. `RawSocket` has pings, too, but several clients take them for messages.
//!
//! Here are the settings and what TCP does of them; the pings are those of `silence`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::refusals::Refusals;
use crate::timers::Timers;
use crate::trace::Tracer;

/// After which time a peer counts as gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liveness {
    /// A WebSocket's peer from which nothing has come for so long is pinged; if nothing comes for as
    /// long again, no pong and nothing else, its session ends. `None`, like zero, is: never.
    pub ping_interval: Option<Duration>,
    /// A TCP connection ends when its peer's system has not answered for so long (and at most a tenth
    /// more), whether there was something to be acknowledged or only probes; on Linux also when the
    /// peer has made no room for so long for what waits for it. Counted in whole seconds, from one
    /// to an hour. `None` sets nothing: then the system decides, which mostly means never.
    pub dead_peer_timeout: Option<Duration>,
}

impl Default for Liveness {
    fn default() -> Liveness {
        Liveness {
            // Many a proxy, nginx for one, cuts a connection on which nothing has moved for a minute:
            // a ping gets there before. Nothing shorter, because there are simple clients that
            // stumble over pings, and others that let nothing happen while they are at work.
            ping_interval: Some(Duration::from_secs(45)),
            // As long as the pings take: longer than what a network needs to find another way, or a
            // computer to change its wireless access point.
            dead_peer_timeout: Some(Duration::from_secs(90)),
        }
    }
}

/// The system takes no part of a timeout that is longer than 32767 seconds.
const DEAD_PEER_TIMEOUT_SECONDS_MAX: u64 = 60 * 60;

impl Liveness {
    /// Tells TCP.
    pub(crate) fn set_on(self, stream: &TcpStream) -> io::Result<()> {
        let Some(timeout) = self.dead_peer_timeout else { return Ok(()) };
        let seconds = timeout.as_secs().clamp(1, DEAD_PEER_TIMEOUT_SECONDS_MAX);
        let socket = SockRef::from(stream);
        socket.set_tcp_keepalive(&keepalive(seconds))?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(Duration::from_secs(seconds)))?;
        Ok(())
    }
}

/// Silent for half of the time, then probed every tenth of it until the other half is over: five
/// lost packets in a row are no accident. Where there is a user timeout, too, it is looked at with
/// each probe, so the last one must not come before it is over.
fn keepalive(seconds: u64) -> TcpKeepalive {
    let interval = (seconds / 10).max(1);
    let retries = (seconds / 2 / interval).max(1);
    let idle = seconds.saturating_sub(retries * interval).max(1);
    TcpKeepalive::new()
        .with_time(Duration::from_secs(idle))
        .with_interval(Duration::from_secs(interval))
        .with_retries(u32::try_from(retries).unwrap_or(u32::MAX))
}

/// What the connections of a listener share: how long they wait for a sign of life; and what all of
/// the server share: by which timers, who looks on, how many peers have given none, and what was refused.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) liveness: Liveness,
    pub(crate) timers: Arc<Timers>,
    /// Who wants to see what is said, if anybody does.
    pub(crate) tracer: Option<Arc<Tracer>>,
    pub(crate) refusals: Arc<Refusals>,
    peers_lost: Arc<AtomicU64>,
}

impl Watch {
    pub(crate) fn start(liveness: Liveness) -> io::Result<Watch> {
        let (timers, tracer) = (Arc::new(Timers::start()?), None);
        let (refusals, peers_lost) = (Arc::default(), Arc::default());
        Ok(Watch { liveness, timers, tracer, refusals, peers_lost })
    }

    /// The same watch, with somebody who looks on.
    pub(crate) fn traced_by(self, tracer: Option<Arc<Tracer>>) -> Watch {
        Watch { tracer, ..self }
    }

    /// The same watch, for connections with other times.
    pub(crate) fn with(&self, liveness: Liveness) -> Watch {
        let (timers, tracer) = (Arc::clone(&self.timers), self.tracer.clone());
        let (refusals, peers_lost) = (Arc::clone(&self.refusals), Arc::clone(&self.peers_lost));
        Watch { liveness, timers, tracer, refusals, peers_lost }
    }

    pub(crate) fn count_lost(&self) {
        self.peers_lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn peers_lost(&self) -> u64 {
        self.peers_lost.load(Ordering::Relaxed)
    }
}

/// Does the error say that the peer's system does not answer any more?
pub(crate) fn is_loss(error: &io::Error) -> bool {
    use io::ErrorKind::{HostUnreachable, NetworkUnreachable, TimedOut};
    matches!(error.kind(), TimedOut | HostUnreachable | NetworkUnreachable)
}
