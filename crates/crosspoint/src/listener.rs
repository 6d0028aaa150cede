//! A listener: accepts connections on one port and leads each to its protocol, its session or its
//! page.

use std::convert::Infallible;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_router::router::Router;
use crosspoint_transport::channel::Channel;
use crosspoint_transport::rawsocket;
use crosspoint_transport::sniff::{Spoken, sniff};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::connection::{Connection, HELLO_TIMEOUT};
use crate::http::{Answer, Pages};

/// Connections at a time. More wait in the kernel's queue until one ends.
const CONNECTIONS_MAX: usize = 100_000;

/// How long to wait when the system has no more file descriptors: accepting again at once would
/// only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A peer that does not answer the kernel for two minutes is gone.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// How long an HTTP request and its response may take together.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The head of an HTTP request is not longer.
const REQUEST_OCTETS_MAX: usize = 16 << 10;

/// A port that is listened on.
pub(crate) struct Listener {
    socket: TcpListener,
    connections: Arc<Semaphore>,
}

/// What all connections of a listener have in common.
#[derive(Clone)]
struct Door {
    router: Arc<Router>,
    pages: Arc<Pages>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Listener> {
        let socket = TcpListener::bind(address).await?;
        Ok(Listener { socket, connections: Arc::new(Semaphore::new(CONNECTIONS_MAX)) })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
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
        let loopback = self.address().is_ok_and(|address| address.ip().is_loopback());
        let door = Door { router, pages: Arc::new(Pages::new(loopback, &realm)), tasks, stop };
        loop {
            let accepted = tokio::select! {
                () = door.stop.cancelled() => return,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok((stream, permit)) => {
                    let door = door.clone();
                    let stop = door.stop.clone();
                    door.tasks.clone().spawn(async move {
                        // Who has not come in yet is left outside.
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = door.lead_in(stream, permit) => {}
                        }
                    });
                }
                Err(error) => {
                    warn!(%error, "cannot accept connections");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.connections).acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let (stream, _peer) = self.socket.accept().await?;
        Ok((stream, permit))
    }
}

impl Door {
    /// The first octet says whether this is `RawSocket` or HTTP.
    async fn lead_in(self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        // Messages go out whole; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        // A peer that has vanished without a word would keep its registrations for ever.
        let _ = SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE);
        match timeout(HELLO_TIMEOUT, sniff(&stream)).await {
            Ok(Ok(Spoken::RawSocket)) => self.rawsocket(stream, permit).await,
            Ok(Ok(Spoken::Http)) => self.http(stream, permit).await,
            Ok(Err(error)) => debug!(%error, "the connection ended before it began"),
            Err(_elapsed) => debug!("the connection was silent"),
        }
    }

    async fn rawsocket(self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        match timeout(HELLO_TIMEOUT, rawsocket::accept(stream, LengthLimit::MAX)).await {
            Ok(Ok(channel)) => self.open(channel, Arc::new(permit)),
            Ok(Err(error)) => debug!(%error, "no RawSocket"),
            Err(_elapsed) => debug!("the RawSocket handshake took too long"),
        }
    }

    async fn http(self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        let permit = Arc::new(permit);
        let service = service_fn(|mut request| {
            let answer = self.pages.answer(&mut request);
            let response = match answer {
                Answer::Page(response) => response,
                Answer::WebSocket(response, channel) => {
                    let (door, permit) = (self.clone(), Arc::clone(&permit));
                    self.tasks.spawn(async move {
                        match channel.await {
                            Ok(channel) => door.open(channel, permit),
                            Err(error) => debug!(%error, "no WebSocket"),
                        }
                    });
                    response
                }
            };
            future::ready(Ok::<_, Infallible>(response))
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HELLO_TIMEOUT)
            .max_buf_size(REQUEST_OCTETS_MAX)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        match timeout(REQUEST_TIMEOUT, served).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "HTTP ended"),
            Err(_elapsed) => debug!("the HTTP request took too long"),
        }
    }

    /// A task of its own, so that nothing of the handshake is kept while the session lives.
    fn open(&self, channel: Channel, permit: Arc<OwnedSemaphorePermit>) {
        let router = Arc::clone(&self.router);
        let connection = Connection::new(channel, router, self.stop.clone());
        self.tasks.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
}
