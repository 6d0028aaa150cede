//! A socket: a connection as the system has it, TCP or a Unix socket, in two halves. What the system
//! takes and gives goes over it as it is.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use crosspoint_proto::transport::PeerAddress;
use socket2::SockRef;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::{tcp, unix};
use tokio_util::io::poll_read_buf;

/// The half that is read from, by one task.
#[derive(Debug)]
pub(crate) enum SocketReader {
    Tcp(tcp::OwnedReadHalf),
    Unix(unix::OwnedReadHalf),
}

impl SocketReader {
    /// Reads once, into the room that the buffer has. Nothing is the end.
    pub(crate) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        match self {
            SocketReader::Tcp(half) => poll_read_buf(Pin::new(half), cx, buffer),
            SocketReader::Unix(half) => poll_read_buf(Pin::new(half), cx, buffer),
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self {
            SocketReader::Tcp(half) => Pin::new(half).poll_read(cx, buffer),
            SocketReader::Unix(half) => Pin::new(half).poll_read(cx, buffer),
        }
    }
}

/// The half that is written to, by whoever has something to write.
#[derive(Debug)]
pub(crate) enum SocketWriter {
    Tcp(tcp::OwnedWriteHalf),
    Unix(unix::OwnedWriteHalf),
}

impl SocketWriter {
    /// Writes what the system takes without waiting.
    pub(crate) fn try_write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        match (self, octets) {
            (SocketWriter::Tcp(half), [octets]) => half.try_write(octets),
            (SocketWriter::Tcp(half), octets) => half.try_write_vectored(octets),
            (SocketWriter::Unix(half), [octets]) => half.try_write(octets),
            (SocketWriter::Unix(half), octets) => half.try_write_vectored(octets),
        }
    }

    /// Ready when the system may take more. For one task: it knows the last that has asked.
    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            SocketWriter::Tcp(half) => half.as_ref().poll_write_ready(cx),
            SocketWriter::Unix(half) => half.as_ref().poll_write_ready(cx),
        }
    }

    /// Says that nothing more will be written.
    pub(crate) fn shut_down(&self) -> io::Result<()> {
        self.options().shutdown(Shutdown::Write)
    }

    /// The socket, for what can be asked of it and set on it.
    pub(crate) fn options(&self) -> SockRef<'_> {
        match self {
            SocketWriter::Tcp(half) => SockRef::from(half.as_ref()),
            SocketWriter::Unix(half) => SockRef::from(half.as_ref()),
        }
    }

    pub(crate) fn peer(&self) -> io::Result<PeerAddress> {
        match self {
            SocketWriter::Tcp(half) => half.peer_addr().map(PeerAddress::Tcp),
            SocketWriter::Unix(half) => {
                let credentials = half.as_ref().peer_cred()?;
                let (user, group) = (credentials.uid(), credentials.gid());
                Ok(PeerAddress::Unix { process: credentials.pid(), user, group })
            }
        }
    }
}
