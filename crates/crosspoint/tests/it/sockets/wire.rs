//! A wire: a connection to the server on which a test writes and reads octets.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crosspoint::server::Server;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
#[cfg(target_os = "linux")]
use tokio::net::TcpSocket;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a test hangs before it fails. No test that passes depends on it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection to the server.
pub(super) struct Wire {
    stream: BufReader<Box<dyn Octets>>,
}

/// What carries the octets.
pub(super) trait Octets: AsyncRead + AsyncWrite + Unpin {
    /// The socket below, if it is TCP's.
    fn tcp(&self) -> Option<&TcpStream>;
}

impl Octets for TcpStream {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

impl Octets for UnixStream {
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }
}

impl Octets for TlsStream<TcpStream> {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self.get_ref().0)
    }
}

impl Wire {
    pub(super) async fn connect(server: &Server) -> Wire {
        Wire::connect_to(server.address()).await
    }

    /// Connects to one of several listeners.
    pub(super) async fn connect_to(address: SocketAddr) -> Wire {
        Wire::over(tcp(address).await)
    }

    /// Connects from another address of this machine: on Linux all of 127.0.0.0/8 are.
    #[cfg(target_os = "linux")]
    pub(super) async fn connect_from(address: [u8; 4], server: &Server) -> Wire {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        Wire::over(socket.connect(server.address()).await.unwrap())
    }

    pub(super) fn over(octets: impl Octets + 'static) -> Wire {
        Wire { stream: BufReader::new(Box::new(octets)) }
    }

    /// Connects to a listener that speaks TLS.
    pub(super) async fn connect_securely(
        address: SocketAddr,
        config: Arc<ClientConfig>,
    ) -> io::Result<Wire> {
        Wire::connect_securely_behind(address, config, &[]).await
    }

    /// The same, after what a proxy says first.
    pub(super) async fn connect_securely_behind(
        address: SocketAddr,
        config: Arc<ClientConfig>,
        header: &[u8],
    ) -> io::Result<Wire> {
        let name = ServerName::try_from("localhost").unwrap();
        let mut tcp = tcp(address).await;
        patiently(tcp.write_all(header)).await?;
        let connecting = TlsConnector::from(config).connect(name, tcp);
        Ok(Wire::over(patiently(connecting).await?))
    }

    /// Connects to a listener's Unix socket.
    pub(super) async fn connect_to_unix(path: &Path) -> Wire {
        Wire::over(UnixStream::connect(path).await.unwrap())
    }

    /// Where the server sees it.
    pub(super) fn address(&self) -> SocketAddr {
        self.stream.get_ref().tcp().unwrap().local_addr().unwrap()
    }

    pub(super) async fn write(&mut self, octets: &[u8]) {
        self.try_write(octets).await.unwrap();
    }

    pub(super) async fn try_write(&mut self, octets: &[u8]) -> io::Result<()> {
        patiently(self.stream.write_all(octets)).await?;
        patiently(self.stream.flush()).await
    }

    /// Writes each octet by itself, and lets the server look at it.
    pub(super) async fn write_singly(&mut self, octets: &[u8]) {
        for octet in octets {
            self.write(&[*octet]).await;
            yield_now().await;
        }
    }

    pub(super) async fn read(&mut self, count: usize) -> Vec<u8> {
        let mut octets = vec![0; count];
        patiently(self.stream.read_exact(&mut octets)).await.unwrap();
        octets
    }

    /// What one read brings.
    pub(super) async fn read_once(&mut self) -> Vec<u8> {
        let mut octets = vec![0; 1 << 16];
        let count = patiently(self.stream.read(&mut octets)).await.unwrap();
        octets.truncate(count);
        octets
    }

    /// Reads up to and with the first `end`.
    pub(super) async fn read_until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut octets = Vec::new();
        while !octets.ends_with(end) {
            octets.push(patiently(self.stream.read_u8()).await.unwrap());
        }
        octets
    }

    /// Reads what is left until the server ends the stream; fails if the connection is reset.
    pub(super) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut octets = Vec::new();
        patiently(self.stream.read_to_end(&mut octets)).await.unwrap();
        octets
    }

    /// Waits for the connection's end, whatever comes before it; it may be reset.
    pub(super) async fn expect_end(&mut self) {
        let mut octets = Vec::new();
        let _ = patiently(self.stream.read_to_end(&mut octets)).await;
    }

    /// Waits for the end of a connection that brings nothing any more; it may be reset.
    pub(super) async fn expect_nothing(&mut self) {
        let read = patiently(self.stream.read_u8()).await;
        assert!(read.is_err(), "an octet came: {read:?}");
    }

    /// Writes nothing more, as the server will see.
    pub(super) async fn finish(&mut self) {
        patiently(self.stream.shutdown()).await.unwrap();
    }

    /// Ends the connection at once, as the system does for a process that crashed.
    pub(super) fn reset(self) {
        // A Unix socket knows no other end.
        if let Some(tcp) = self.stream.get_ref().tcp() {
            SockRef::from(tcp).set_linger(Some(Duration::ZERO)).unwrap();
        }
    }
}

pub(super) async fn tcp(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub(super) async fn patiently<T>(done: impl Future<Output = T>) -> T {
    timeout(PATIENCE, done).await.expect("the server does what the test waits for")
}
