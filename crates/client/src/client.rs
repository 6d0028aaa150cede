//! A client: where to find the router, and as what to join it.

use crosspoint_proto::auth::cryptosign::PrivateKey;
use crosspoint_proto::serializer::Serializer;
use crosspoint_transport::dial::dial_trusting;
use crosspoint_transport::tls::client::Trust;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::driver::{Driver, Handles};
use crate::error::{CloseReason, ConnectError};
use crate::identity::{Credential, Identity, Prover};
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
    identity: Identity,
}

impl Client {
    /// A client of the router at a URL: `ws://host:port/path`, `rs://host:port`, `wss:` and `rss:` for
    /// the same over TLS, or `rs://unix:/path` for a Unix socket; for the realm `realm1`, with whatever serializer the router has, CBOR first.
    pub fn builder(url: impl Into<String>) -> Client {
        let serializers = vec![Serializer::Cbor, Serializer::MsgPack, Serializer::Json];
        Client {
            url: url.into(),
            realm: "realm1".to_owned(),
            serializers,
            trust: Trust::System,
            identity: Identity::default(),
        }
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

    /// Says who this is. It has to be proved by what follows: what is given first is offered first, and the
    /// router chooses.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), crosspoint_client::ConnectError> {
    /// use crosspoint_client::Client;
    ///
    /// let client = Client::builder("wss://example.com/ws").authid("alice").scram("pencil");
    /// let session = client.connect().await?;
    /// assert_eq!(session.authid(), "alice");
    /// # Ok(())
    /// # }
    /// ```
    pub fn authid(mut self, authid: impl Into<String>) -> Client {
        self.identity.authid = Some(authid.into());
        self
    }

    /// Proves it by a ticket, which the router reads as it is.
    pub fn ticket(self, ticket: impl Into<String>) -> Client {
        self.proving(Credential::Ticket(ticket.into()))
    }

    /// Proves it by WAMP-CRA, with a secret or a password.
    pub fn wampcra(self, secret: impl Into<String>) -> Client {
        self.proving(Credential::WampCra(secret.into()))
    }

    /// Proves it by SCRAM, with a password. The router has to prove that it knows this user, too.
    pub fn scram(self, password: impl Into<String>) -> Client {
        self.proving(Credential::Scram(password.into()))
    }

    /// Proves it by signing with a key. The router may know by the key who this is, so that
    /// [`Client::authid`] can be left out.
    pub fn cryptosign(self, key: PrivateKey) -> Client {
        self.proving(Credential::Cryptosign(key))
    }

    /// Offers to be nobody in particular, as a client does that has nothing to prove anything with.
    pub fn anonymous(self) -> Client {
        self.proving(Credential::Anonymous)
    }

    fn proving(mut self, credential: Credential) -> Client {
        self.identity.credentials.push(credential);
        self
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
        let prover = self.prover()?;
        tokio::spawn(Driver::new(channel, &self.realm, prover, handles).run());
        match timeout(JOIN_TIMEOUT, joined).await {
            Ok(Ok(joined)) => Ok(Session::new(joined?, serializer, requests, releases, closed)),
            Ok(Err(_over)) => Err(ConnectError::Closed(close_reason(&closed))),
            Err(_elapsed) => Err(ConnectError::Timeout),
        }
    }

    fn prover(&self) -> Result<Prover, ConnectError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .expect("the operating system has randomness for its processes");
        Prover::new(&self.identity, random).map_err(ConnectError::Unanswerable)
    }
}

/// Why the session is over, once it is.
pub(crate) fn close_reason(closed: &watch::Receiver<Option<CloseReason>>) -> CloseReason {
    let reason = closed.borrow().clone();
    reason.unwrap_or_else(|| CloseReason::Lost("its task has ended".to_owned()))
}
