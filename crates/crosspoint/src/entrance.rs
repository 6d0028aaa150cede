//! The entrance to a listener: where TLS is spoken, the handshake comes before everything else; whose pages are
//! let in; and which proxies are believed.
//!
//! All of it may be replaced while the router runs. Connections that are there keep what they have; those that
//! come get the new.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use crosspoint_transport::stream::Stream;
use crosspoint_transport::tls::server::Acceptor;

use crate::origins::Origins;
use crate::place::Place;
use crate::proxies::Proxies;
use crate::server::ListenerSettings;

/// What every connection of a listener comes through.
#[derive(Debug)]
pub(crate) struct Entrance {
    /// Where it is.
    place: Place,
    acceptor: RwLock<Option<Acceptor>>,
    origins: RwLock<Arc<Origins>>,
    proxies: RwLock<Arc<Proxies>>,
}

impl Entrance {
    /// The entrance to a listener with these settings, at this place.
    pub(crate) fn new(place: Place, settings: &ListenerSettings) -> Entrance {
        let acceptor = RwLock::new(settings.tls.clone());
        let origins = RwLock::new(Arc::new(Origins::at(&place, settings.origins.as_deref())));
        let proxies = RwLock::new(Arc::new(Proxies::of(settings)));
        Entrance { place, acceptor, origins, proxies }
    }

    /// Does the handshake, if there is to be one. Whoever calls limits the time.
    pub(crate) async fn admit(&self, stream: Stream) -> io::Result<Stream> {
        match self.acceptor() {
            Some(acceptor) => acceptor.accept(stream).await,
            None => Ok(stream),
        }
    }

    fn acceptor(&self) -> Option<Acceptor> {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whose pages are let in.
    pub(crate) fn origins(&self) -> Arc<Origins> {
        Arc::clone(&self.origins.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who may say for whom he speaks.
    pub(crate) fn proxies(&self) -> Arc<Proxies> {
        Arc::clone(&self.proxies.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Is as these settings want it from now on. What TLS is spoken with stays if it is the same: then clients can
    /// resume. Is it another?
    fn replace(&self, settings: &ListenerSettings) -> bool {
        let origins = Arc::new(Origins::at(&self.place, settings.origins.as_deref()));
        *self.origins.write().unwrap_or_else(PoisonError::into_inner) = origins;
        let proxies = Arc::new(Proxies::of(settings));
        *self.proxies.write().unwrap_or_else(PoisonError::into_inner) = proxies;
        self.speak(settings.tls.as_ref())
    }

    fn speak(&self, acceptor: Option<&Acceptor>) -> bool {
        let mut current = self.acceptor.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = current.as_ref() != acceptor;
        if is_other {
            *current = acceptor.cloned();
        }
        is_other
    }
}

/// The entrances of a server's listeners, for who has them changed while the server runs.
#[derive(Clone, Debug, Default)]
pub struct Entrances(pub(crate) Vec<(String, Arc<Entrance>)>);

impl Entrances {
    /// Has the listener of the settings' name do as they say, from the next connection on, as far as it can while it
    /// listens: what TLS is spoken with, if it is, whose pages may connect, and which proxies are believed. Is TLS
    /// spoken with something else than before?
    pub fn replace(&self, settings: &ListenerSettings) -> bool {
        let entrance = self.0.iter().find(|(name, _)| *name == settings.name);
        entrance.is_some_and(|(_, entrance)| entrance.replace(settings))
    }
}
