//! A client: where to find the router, and as what to join it.

use crosspoint_proto::serializer::Serializer;
use crosspoint_transport::dial::dial_trusting;
use crosspoint_transport::tls::client::Trust;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::driver::{Driver, Handles};
use crate::error::{CloseReason, ConnectError};
use crate::limits::{JOIN_TIMEOUT, REQUESTS_WAITING_MAX};
use crate::session::Session;

/// Where to find the router, which realm to join, and how to speak. One client can open any number
/// of sessions.
///
/// ```no_run
/// # async fn run() -> Result<(), crosspoint_client::ConnectError> {
/// use crosspoint_client::{Client, Serializer};
///
/// let client = Client::builder("rs://127.0.0.1:8080").realm("realm1").serializer(Serializer::Cbor);
/// let session = client.connect().await?;
/// println!("joined as {}", session.id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a client does nothing until it connects"]
pub struct Client {
    url: String,
    realm: String,
    serializers: Vec<Serializer>,
    trust: Trust,
}

impl Client {
    /// A client of the router at a URL: `ws://host:port/path`, `rs://host:port`, `wss:` and `rss:` for
    /// the same over TLS, or `rs://unix:/path` for a Unix socket; for the realm `realm1`, with whatever serializer the router has, CBOR first.
    pub fn builder(url: impl Into<String>) -> Client {
        let serializers = vec![Serializer::Cbor, Serializer::MsgPack, Serializer::Json];
        Client { url: url.into(), realm: "realm1".to_owned(), serializers, trust: Trust::System }
    }

    /// Joins this realm.
    pub fn realm(self, realm: impl Into<String>) -> Client {
        Client { realm: realm.into(), ..self }
    }

    /// Speaks only this serializer.
    pub fn serializer(self, serializer: Serializer) -> Client {
        Client { serializers: vec![serializer], ..self }
    }

    /// Trusts these to say who a router is, where there is TLS. Without this it is whom the system
    /// trusts.
    pub fn trust(self, trust: Trust) -> Client {
        Client { trust, ..self }
    }

    /// Connects and opens a session. Within tokio's runtime only: a task of it serves the session.
    pub async fn connect(&self) -> Result<Session, ConnectError> {
        let channel = dial_trusting(&self.url, &self.serializers, &self.trust).await?;
        let serializer = channel.serializer;
        let (requests, requests_taken) = mpsc::channel(REQUESTS_WAITING_MAX);
        let (releases, releases_taken) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(None);
        let (joining, joined) = oneshot::channel();
        let handles =
            Handles { requests: requests_taken, releases: releases_taken, joining, closing };
        tokio::spawn(Driver::new(channel, &self.realm, handles).run());
        match timeout(JOIN_TIMEOUT, joined).await {
            Ok(Ok(joined)) => Ok(Session::new(joined?, serializer, requests, releases, closed)),
            Ok(Err(_over)) => Err(ConnectError::Closed(close_reason(&closed))),
            Err(_elapsed) => Err(ConnectError::Timeout),
        }
    }
}

/// Why the session is over, once it is.
pub(crate) fn close_reason(closed: &watch::Receiver<Option<CloseReason>>) -> CloseReason {
    let reason = closed.borrow().clone();
    reason.unwrap_or_else(|| CloseReason::Lost("its task has ended".to_owned()))
}
