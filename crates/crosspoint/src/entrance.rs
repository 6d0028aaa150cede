//! The entrance to a listener: where TLS is spoken, the handshake comes before everything else.
//!
//! What it speaks TLS with may be replaced while the router runs. Connections that are there keep
//! what they have; those that come get the new.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crosspoint_transport::stream::Stream;
use crosspoint_transport::tls::server::Acceptor;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::connection::HELLO_TIMEOUT;

/// How many TLS handshakes may be under way at a time; more wait, and their time runs. Each may keep
/// 64 KiB of what a client has sent (so much rustls takes), so together they keep 256 MiB at most.
const HANDSHAKES_MAX: usize = 4096;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = HELLO_TIMEOUT;

/// What every connection of a listener comes through.
#[derive(Debug)]
pub(crate) struct Entrance {
    acceptor: RwLock<Option<Acceptor>>,
    handshakes: Semaphore,
}

impl Entrance {
    pub(crate) fn new(acceptor: Option<Acceptor>) -> Entrance {
        let handshakes = Semaphore::new(HANDSHAKES_MAX);
        Entrance { acceptor: RwLock::new(acceptor), handshakes }
    }

    /// Does the handshake, if there is to be one.
    pub(crate) async fn admit(&self, stream: Stream) -> io::Result<Stream> {
        let Some(acceptor) = self.acceptor() else { return Ok(stream) };
        let admitted = async {
            let _place = self.handshakes.acquire().await.map_err(io::Error::other)?;
            acceptor.accept(stream).await
        };
        timeout(HANDSHAKE_TIMEOUT, admitted).await.unwrap_or_else(|_elapsed| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long"))
        })
    }

    fn acceptor(&self) -> Option<Acceptor> {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Speaks TLS with this from now on, or none. What is the same stays: then clients can resume.
    /// Is it another?
    fn replace(&self, acceptor: Option<&Acceptor>) -> bool {
        let mut current = self.acceptor.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = current.as_ref() != acceptor;
        if is_other {
            *current = acceptor.cloned();
        }
        is_other
    }
}

/// The entrances of a server's listeners, for who replaces what TLS is spoken with.
#[derive(Clone, Debug, Default)]
pub struct Entrances(pub(crate) Vec<(String, Arc<Entrance>)>);

impl Entrances {
    /// Has the listener of this name speak TLS with this, or none, from the next connection on. Is
    /// that something else than before?
    pub fn replace(&self, listener: &str, acceptor: Option<&Acceptor>) -> bool {
        let entrance = self.0.iter().find(|(name, _)| name == listener);
        entrance.is_some_and(|(_, entrance)| entrance.replace(acceptor))
    }
}
