//! A wire: a connection to the server on which a test writes and reads octets.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crosspoint::server::Server;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;

/// How long a test hangs before it fails. No test that passes depends on it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection to the server.
pub(super) struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    pub(super) async fn connect(server: &Server) -> Wire {
        Wire::connect_to(server.address()).await
    }

    /// Connects to one of several listeners.
    pub(super) async fn connect_to(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Wire { stream: BufReader::new(stream) }
    }

    /// Where the server sees it.
    pub(super) fn address(&self) -> SocketAddr {
        self.stream.get_ref().local_addr().unwrap()
    }

    pub(super) async fn write(&mut self, octets: &[u8]) {
        self.try_write(octets).await.unwrap();
    }

    pub(super) async fn try_write(&mut self, octets: &[u8]) -> io::Result<()> {
        patiently(self.stream.write_all(octets)).await
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
        let stream = self.stream.into_inner();
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

async fn patiently<T>(done: impl Future<Output = T>) -> T {
    timeout(PATIENCE, done).await.expect("the server does what the test waits for")
}
