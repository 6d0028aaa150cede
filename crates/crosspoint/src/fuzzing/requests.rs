//! The doors for what a request brings along: heads of HTTP, tokens, and whole connections up to their first message.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use crosspoint_proto::transport::PeerAddress;
use crosspoint_router::authentication::{Cookie, TokenVerifier};
use crosspoint_router::router::Router;
use crosspoint_transport::stream::Stream;
use crosspoint_transport::tls::public_key::PublicKey;
use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tokio_util::task::TaskTracker;

use crate::entrance::Entrance;
use crate::http::{Answer, Pages};
use crate::listener::Listener;
use crate::liveness::{Liveness, Watch};
use crate::proxies::Proxies;
use crate::server::ListenerSettings;
use crate::tokens::{Issuer, IssuerKey, Issuers, RoleOf};

/// A listener as HTTP sees it, without a port.
pub struct Desk {
    pages: Pages,
    proxies: Proxies,
}

/// The head of a request.
pub struct Head<'h> {
    /// `GET`, or another.
    pub method: &'h str,
    /// From the first slash on.
    pub path: &'h str,
    /// In their order.
    pub headers: &'h [(&'h str, &'h [u8])],
}

/// What is found of a request.
#[derive(Debug)]
pub struct Found {
    /// 101 if it becomes a WebSocket.
    pub status: u16,
    /// Whose it is, as a proxy says that is believed.
    pub client: Option<PeerAddress>,
    /// What its browser is known by from now on.
    pub cookie: Option<Cookie>,
    /// What the browser is told of that.
    pub set_cookie: Option<String>,
    /// The token that it has brought.
    pub token: Option<String>,
}

impl Desk {
    /// Of a listener with these settings.
    pub fn new(settings: &ListenerSettings) -> Desk {
        let place = &settings.place;
        let entrance = Arc::new(Entrance::new(place.clone(), settings));
        let pages = Pages::new(place, settings, "realm1", entrance, Arc::default());
        Desk { pages, proxies: Proxies::of(settings) }
    }

    /// What becomes of a request of this peer's; `None` if HTTP has no such head.
    pub fn judge(&self, peer: PeerAddress, head: &Head<'_>, router: &Router) -> Option<Found> {
        let mut request = Request::builder().method(head.method).uri(head.path);
        for (name, value) in head.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request = request.header(name, HeaderValue::from_bytes(value).ok()?);
        }
        let mut request = request.body(()).ok()?;
        let client = self.proxies.client_of(Some(peer), request.headers());
        let (response, brought) = match self.pages.answer(&mut request, router) {
            Answer::Page(response) => (response, None),
            Answer::WebSocket(response, _, brought) => (response, Some(brought)),
        };
        let set_cookie = response.headers().get(SET_COOKIE);
        let brought = brought.unwrap_or_default();
        Some(Found {
            status: response.status().as_u16(),
            client,
            cookie: brought.cookie,
            set_cookie: set_cookie.and_then(|it| it.to_str().ok()).map(str::to_owned),
            token: brought.token.map(Into::into),
        })
    }

    /// Is this a proxy's address?
    pub fn trusts(&self, peer: PeerAddress) -> bool {
        self.proxies.include(peer)
    }
}

/// A listener whose connections come out of memory, more or less.
pub struct Gate {
    runtime: Runtime,
    listener: Listener,
    router: Arc<Router>,
}

impl Gate {
    /// With these settings, in front of this router.
    pub fn new(settings: ListenerSettings, router: Arc<Router>) -> io::Result<Gate> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(async {
            Listener::bind(settings, Arc::new(Watch::start(Liveness::default())?)).await
        })?;
        Ok(Gate { runtime, listener, router })
    }

    /// What somebody from there is answered who sends this, in these pieces, and then no more.
    pub fn connect(&self, peer: PeerAddress, pieces: &[&[u8]]) -> io::Result<Vec<u8>> {
        self.runtime.block_on(async {
            let (mut client, ours) = UnixStream::pair()?;
            let tasks = TaskTracker::new();
            let led_in = async {
                let led_in = (Stream::from(ours), peer);
                self.listener.lead_in(led_in, Arc::clone(&self.router), tasks.clone()).await
            };
            let conversation = async {
                for piece in pieces {
                    // Whoever is refused may be closed before he has said all.
                    let _ = client.write_all(piece).await;
                    yield_now().await;
                    yield_now().await;
                }
                let _ = client.shutdown().await;
                let mut answer = Vec::new();
                let _ = client.read_to_end(&mut answer).await;
                answer
            };
            let (led_in, answer) = tokio::join!(led_in, conversation);
            led_in?;
            tasks.close();
            tasks.wait().await;
            Ok(answer)
        })
    }
}

/// Takes the tokens of two: of `secrets`, by HS256, for the role `user`; and of `keys`, by an Ed25519 key, for one of
/// the roles `user` and `guest`, if they are for `crosspoint` and from `https://keys.example.com`. Bob proves
/// otherwise who he is.
pub fn tokens(secret: &[u8], public_key: &str) -> Option<Arc<dyn TokenVerifier>> {
    let roles = BTreeSet::from(["user".to_owned(), "guest".to_owned()]);
    let secrets = Issuer {
        name: "secrets".to_owned(),
        key: IssuerKey::Secret(secret.to_vec()),
        iss: None,
        aud: None,
        authid_claim: "sub".to_owned(),
        role: RoleOf::Issuer("user".to_owned()),
    };
    let keys = Issuer {
        name: "keys".to_owned(),
        key: IssuerKey::Public(PublicKey::from_pem(public_key)?),
        iss: Some("https://keys.example.com".to_owned()),
        aud: Some("crosspoint".to_owned()),
        authid_claim: "name".to_owned(),
        role: RoleOf::Claim("role".to_owned(), Some(roles)),
    };
    Some(Arc::new(Issuers::new(vec![secrets, keys], BTreeSet::from(["bob".to_owned()]))))
}
