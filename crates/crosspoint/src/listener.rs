//! A listener: accepts connections on one port and leads each to its protocol, its session or its
//! page.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::serializer::Serializer;
#[cfg(fuzzing)]
use crosspoint_proto::transport::PeerAddress;
use crosspoint_router::router::Router;
use crosspoint_transport::channel::Channel;
use crosspoint_transport::rawsocket;
use crosspoint_transport::sniff::{Spoken, sniff};
use crosspoint_transport::stream::Stream;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::connection::Connection;
use crate::entrance::Entrance;
use crate::http::{self, Answer, Brought, Pages};
use crate::liveness::Watch;
use crate::place::{Place, Port};
use crate::server::ListenerSettings;
use crate::throttle::MessageRate;
use crate::turnstile::{Pass, Turnstile};

/// How long to wait when the system has no more file descriptors: accepting again at once would
/// only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The head of an HTTP request is not longer.
const REQUEST_OCTETS_MAX: usize = 16 << 10;

/// A port that is listened on.
pub(crate) struct Listener {
    port: Port,
    place: Place,
    entrance: Arc<Entrance>,
    settings: ListenerSettings,
    turnstile: Arc<Turnstile>,
    watch: Arc<Watch>,
}

/// What all connections of a listener have in common.
#[derive(Clone)]
struct Door {
    entrance: Arc<Entrance>,
    router: Arc<Router>,
    pages: Arc<Pages>,
    /// The longest message in `RawSocket`, if that is spoken here, and what messages are written in.
    rawsocket: Option<(LengthLimit, Arc<[Serializer]>)>,
    watch: Arc<Watch>,
    message_rate: Option<MessageRate>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Listener {
    pub(crate) async fn bind(
        settings: ListenerSettings,
        watch: Arc<Watch>,
    ) -> io::Result<Listener> {
        let port = Port::bind(&settings.place).await?;
        let place = port.place()?;
        let entrance = Arc::new(Entrance::new(place.clone(), &settings));
        let turnstile = Turnstile::new(&settings, Arc::clone(&watch.refusals));
        Ok(Listener { port, place, entrance, settings, turnstile, watch })
    }

    /// Where it listens, with the port that the system has chosen.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What its connections come through.
    pub(crate) fn entrance(&self) -> (String, Arc<Entrance>) {
        (self.settings.name.clone(), Arc::clone(&self.entrance))
    }

    /// Accepts until `stop`. Each connection is a task among `tasks`. The realm is the one that people
    /// are told of.
    pub(crate) async fn serve(
        self,
        router: Arc<Router>,
        realm: String,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) {
        let door = self.door(router, &realm, tasks, stop);
        loop {
            let accepted = tokio::select! {
                () = door.stop.cancelled() => return,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok((stream, pass)) => {
                    let door = door.clone();
                    let stop = door.stop.clone();
                    let watch = Arc::clone(&door.watch);
                    door.tasks.clone().spawn(async move {
                        let led_in = door.let_in(stream, pass);
                        // Who has not come in yet is left outside.
                        tokio::select! {
                            () = stop.cancelled() => {}
                            led_in = led_in => if led_in.is_err() {
                                watch.refusals.handshakes_late.add(1);
                                debug!("the handshake took too long");
                            }
                        }
                    });
                }
                Err(error) => {
                    warn!(%error, listener = self.settings.name, "cannot accept connections");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// What its connections come through. The realm is the one that people are told of.
    fn door(
        &self,
        router: Arc<Router>,
        realm: &str,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Door {
        let (watch, entrance) = (Arc::clone(&self.watch), Arc::clone(&self.entrance));
        let refusals = Arc::clone(&watch.refusals);
        let pages = Pages::new(&self.place, &self.settings, realm, Arc::clone(&entrance), refusals);
        let pages = Arc::new(pages);
        let length_limit = LengthLimit::at_most(self.settings.message_octets_max);
        let serializers = self.settings.serializers.as_slice().into();
        let rawsocket = self.settings.rawsocket.then_some((length_limit, serializers));
        let message_rate = self.settings.message_rate;
        Door { entrance, router, pages, rawsocket, watch, message_rate, tasks, stop }
    }

    async fn accept(&self) -> io::Result<(Stream, Pass)> {
        loop {
            let place = self.turnstile.place().await?;
            let stream = self.port.accept(self.watch.liveness).await?;
            let peer = stream.peer().ok();
            if let Some(pass) = self.turnstile.admit(place, peer, &self.entrance.proxies()) {
                return Ok((stream, pass));
            }
            debug!(peer = ?peer.map(|peer| peer.to_string()), "too many from there");
        }
    }
}

impl Door {
    /// Others of its address may be first, which is known at once or when a proxy has said for whom it speaks. What is
    /// done, and not waited for, has its time.
    async fn let_in(self, mut stream: Stream, mut pass: Pass) -> Result<(), Elapsed> {
        pass.turn().await;
        if timeout_at(pass.due, self.is_announced(&mut stream, &pass)).await? {
            pass.turn().await;
            timeout_at(pass.due, self.lead_in(stream, pass)).await?;
        }
        Ok(())
    }

    /// Is it known whose connection it is, as far as has to be, and may he come in?
    async fn is_announced(&self, stream: &mut Stream, pass: &Pass) -> bool {
        let proxies = self.entrance.proxies();
        match proxies.announced(pass.peer(), stream).await {
            Ok(None) => true,
            Ok(Some(client)) if pass.belongs_to(client, &proxies) => true,
            Ok(Some(client)) => {
                debug!(%client, "too many from there");
                false
            }
            Err(refused) => {
                self.watch.refusals.proxies_refused.add(1);
                let peer = pass.peer().map(|peer| peer.to_string());
                debug!(peer, "{refused}");
                false
            }
        }
    }

    /// After TLS the first octet says whether this is `RawSocket` or HTTP. Whoever calls sees to it that it does not
    /// take longer than the pass allows.
    async fn lead_in(self, stream: Stream, pass: Pass) {
        let mut stream = match self.entrance.admit(stream).await {
            Ok(stream) => stream,
            Err(error) => {
                // Otherwise the client is just gone.
                return self.refuse(error.kind() == io::ErrorKind::InvalidData, "no TLS", &error);
            }
        };
        match sniff(&mut stream).await {
            Ok(Spoken::RawSocket) => self.rawsocket(stream, pass).await,
            Ok(Spoken::Http) => self.http(stream, pass).await,
            Err(error) => debug!(%error, "the connection ended before it began"),
        }
    }

    async fn rawsocket(self, stream: Stream, pass: Pass) {
        // None of the errors of the handshake says that there is none.
        let Some((limit, serializers)) = &self.rawsocket else {
            return self.refuse(true, "no RawSocket", &"it is not spoken here");
        };
        match rawsocket::accept(stream, *limit, serializers).await {
            Ok(channel) => self.open(channel, Arc::new(pass), Brought::default()),
            Err(error) => {
                let is_wrong = matches!(error, rawsocket::AcceptError::Refused(_));
                self.refuse(is_wrong, "no RawSocket", &error);
            }
        }
    }

    async fn http(self, stream: Stream, pass: Pass) {
        let pass = Arc::new(pass);
        let service = service_fn(|mut request| {
            let proxies = self.entrance.proxies();
            let client = proxies.client_of(pass.peer(), request.headers());
            let response = match self.pages.answer(&mut request, &self.router) {
                Answer::WebSocket(..)
                    if client.is_some_and(|client| !pass.belongs_to(client, &proxies)) =>
                {
                    debug!(client = ?client.map(|client| client.to_string()), "too many from there");
                    http::crowded()
                }
                Answer::Page(response) => response,
                Answer::WebSocket(response, channel, brought) => {
                    let (door, pass) = (self.clone(), Arc::clone(&pass));
                    self.tasks.spawn(async move {
                        match channel.await {
                            Ok(channel) => door.open(channel, pass, brought),
                            Err(error) => debug!(%error, "no WebSocket"),
                        }
                    });
                    response
                }
            };
            // His turn comes before he is told that he has a WebSocket, within the time of the whole.
            let pass = Arc::clone(&pass);
            async move {
                pass.has_waited().await;
                Ok::<_, Infallible>(response)
            }
        });
        let served = http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(REQUEST_OCTETS_MAX)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        if let Err(error) = served.await {
            self.refuse(error.is_parse(), "no HTTP", &error);
        }
    }

    /// There will be no session: because what came is wrong, which is counted, or because nothing came.
    fn refuse(&self, is_wrong: bool, what: &str, error: &dyn fmt::Display) {
        debug!(%error, "{what}");
        if is_wrong {
            self.watch.refusals.handshakes_failed.add(1);
        }
    }

    /// A task of its own, so that nothing of the handshake is kept while the session lives. And the
    /// task is the connection and nothing more: an `async` block around it would hold it twice.
    fn open(&self, channel: Channel, pass: Arc<Pass>, brought: Brought) {
        let (router, watch) = (Arc::clone(&self.router), Arc::clone(&self.watch));
        let admitted = (pass, self.message_rate, brought);
        self.tasks.spawn(Connection::new(channel, router, watch, self.stop.clone(), admitted));
    }
}

#[cfg(fuzzing)]
impl Listener {
    /// Somebody from there is led in over this stream, as if he had connected.
    pub(crate) async fn lead_in(
        &self,
        (stream, peer): (Stream, PeerAddress),
        router: Arc<Router>,
        tasks: TaskTracker,
    ) -> io::Result<()> {
        let place = self.turnstile.place().await?;
        let pass = self.turnstile.admit(place, Some(peer), &self.entrance.proxies());
        let door = self.door(router, "realm1", tasks, CancellationToken::new());
        if let Some(pass) = pass {
            // Nobody waits until it is too late.
            drop(door.let_in(stream, pass).await);
        }
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

    use std::net::{Ipv4Addr, SocketAddr};

    use crosspoint_transport::stream::Writer;
    use tokio::net::TcpStream;

    use super::*;
    use crate::liveness::Liveness;

    async fn accepted(dead_peer_timeout: Option<Duration>) -> Writer {
        let liveness = Liveness { dead_peer_timeout, ..Liveness::default() };
        let settings = ListenerSettings::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let watch = Arc::new(Watch::start(liveness).unwrap());
        let listener = Listener::bind(settings, watch).await.unwrap();
        let Place::Tcp(address) = *listener.place() else { panic!("no TCP") };
        let _client = TcpStream::connect(address).await.unwrap();
        listener.accept().await.unwrap().0.into_split().1
    }

    #[tokio::test]
    async fn connections_that_are_accepted_have_their_options() {
        let stream = accepted(Some(Duration::from_secs(90))).await;
        let socket = stream.options();
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(45));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(9));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 5);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(90)));
    }

    #[tokio::test]
    async fn the_system_decides_where_nothing_is_set() {
        let stream = accepted(None).await;
        let socket = stream.options();
        assert!(socket.tcp_nodelay().unwrap());
        assert!(!socket.keepalive().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), None);
    }

    /// The system takes them, and they add up.
    #[tokio::test]
    async fn any_timeout_will_do() {
        for (timeout, seconds) in [
            (Duration::ZERO, 1),
            (Duration::from_millis(1500), 1),
            (Duration::from_secs(7), 7),
            (Duration::from_mins(1), 60),
            (Duration::from_secs(3599), 3599),
            (Duration::MAX, 3600),
        ] {
            let stream = accepted(Some(timeout)).await;
            let socket = stream.options();
            let interval = socket.tcp_keepalive_interval().unwrap();
            let probing = interval * socket.tcp_keepalive_retries().unwrap();
            let found = socket.tcp_keepalive_time().unwrap() + probing;
            let (timeout, tenth) =
                (Duration::from_secs(seconds), Duration::from_secs(1 + seconds / 10));
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timeout));
            assert!((timeout..=timeout + tenth).contains(&found), "{found:?} for {timeout:?}");
        }
    }
}
