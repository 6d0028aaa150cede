//! A stream: octets in their order, both ways, over TCP, over a Unix socket, or over TLS on top of
//! either.
//!
//! A stream has two halves. The [`Reader`] belongs to one task. The [`Writer`] is written to by any
//! thread, at once and without waiting, and what a socket does not take waits for the task that has
//! the reader: this one alone calls the methods that begin with `poll`. How TLS does that is in
//! [`tls`](crate::tls).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use crosspoint_proto::transport::{PeerAddress, TransportDetails};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::socket::{SocketReader, SocketWriter};
use crate::tls::{Tls, TlsReader};

/// A connection before it is a channel.
#[derive(Debug)]
pub struct Stream {
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    /// What was read and is still to be handed out.
    pub(crate) brought: BytesMut,
}

/// The half of a stream that is read from.
#[derive(Debug)]
pub struct Reader(pub(crate) ReaderKind);

#[derive(Debug)]
pub(crate) enum ReaderKind {
    Plain(SocketReader),
    Tls(TlsReader),
}

/// The half of a stream that is written to.
#[derive(Debug)]
pub struct Writer(pub(crate) WriterKind);

#[derive(Debug)]
pub(crate) enum WriterKind {
    Plain(SocketWriter),
    Tls(Arc<Tls>),
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Stream {
        let (reader, writer) = stream.into_split();
        Stream::plain(SocketReader::Tcp(reader), SocketWriter::Tcp(writer))
    }
}

impl From<UnixStream> for Stream {
    fn from(stream: UnixStream) -> Stream {
        let (reader, writer) = stream.into_split();
        Stream::plain(SocketReader::Unix(reader), SocketWriter::Unix(writer))
    }
}

impl Stream {
    fn plain(reader: SocketReader, writer: SocketWriter) -> Stream {
        Stream {
            reader: Reader(ReaderKind::Plain(reader)),
            writer: Writer(WriterKind::Plain(writer)),
            brought: BytesMut::new(),
        }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> io::Result<PeerAddress> {
        self.writer.peer()
    }

    /// Both halves, and what was read and not handed out.
    pub fn into_split(self) -> (Reader, Writer, Bytes) {
        (self.reader, self.writer, self.brought.freeze())
    }

    /// The TCP connection that it is, if it is no more than that, and what was read of it.
    pub fn into_tcp(self) -> Option<(TcpStream, Bytes)> {
        let (
            ReaderKind::Plain(SocketReader::Tcp(reader)),
            WriterKind::Plain(SocketWriter::Tcp(writer)),
        ) = (self.reader.0, self.writer.0)
        else {
            return None;
        };
        Some((reader.reunite(writer).ok()?, self.brought.freeze()))
    }

    /// The same, with what somebody has read too much of it.
    pub(crate) fn with(mut self, read: &[u8]) -> Stream {
        if !read.is_empty() {
            let rest = std::mem::replace(&mut self.brought, BytesMut::from(read));
            self.brought.extend_from_slice(&rest);
        }
        self
    }

    /// Waits for the first octet, and leaves it where it is.
    pub(crate) async fn first(&mut self) -> io::Result<u8> {
        match self.brought.first() {
            Some(&first) => Ok(first),
            None => self.fill().await,
        }
    }

    /// Reads more, and leaves it where it is. The first octet of all that is there.
    pub(crate) async fn fill(&mut self) -> io::Result<u8> {
        self.brought.reserve(HANDSHAKE_OCTETS);
        let octets =
            std::future::poll_fn(|cx| self.reader.poll_fill(cx, &mut self.brought)).await?;
        let first = self.brought.first().filter(|_| octets > 0);
        first.copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Most requests for an upgrade are not longer.
const HANDSHAKE_OCTETS: usize = 512;

impl Reader {
    /// Reads once, and appends what came: what the buffer has room for or, with TLS, somewhat more. How
    /// much that was; nothing is the end of the stream.
    pub fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            ReaderKind::Plain(socket) => socket.poll_fill(cx, buffer),
            ReaderKind::Tls(reader) => reader.poll_fill(cx, buffer),
        }
    }
}

impl Writer {
    /// Writes as much as goes without waiting, and says how much that was. `WouldBlock` is: not now.
    ///
    /// With TLS, some of what was taken may be left over: see [`Writer::is_behind`].
    pub fn try_write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.0 {
            WriterKind::Plain(socket) => socket.try_write(octets),
            WriterKind::Tls(tls) => tls.try_write(octets),
        }
    }

    /// Is something left over that was taken already? Then the stream's own task is to be woken, so
    /// that it calls [`Writer::poll_flush`].
    pub fn is_behind(&self) -> bool {
        match &self.0 {
            WriterKind::Plain(_) => false,
            WriterKind::Tls(tls) => tls.is_behind(),
        }
    }

    /// Ready when more can be written.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            WriterKind::Plain(socket) => socket.poll_write_ready(cx),
            WriterKind::Tls(tls) => tls.poll_flush(cx),
        }
    }

    /// Goes on with what is left over, and is ready when that is nothing.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            WriterKind::Plain(_) => Poll::Ready(Ok(())),
            WriterKind::Tls(tls) => tls.poll_flush(cx),
        }
    }

    /// Says that nothing more will be written, after what is left over: until that is said, the
    /// stream [is behind](Writer::is_behind).
    pub fn shut_down(&self) -> io::Result<()> {
        match &self.0 {
            WriterKind::Plain(socket) => socket.shut_down(),
            WriterKind::Tls(tls) => tls.shut_down(),
        }
    }

    /// The socket below, for what can be asked of it and set on it.
    pub fn options(&self) -> SockRef<'_> {
        self.socket().options()
    }

    /// Who is at the other end.
    pub fn peer(&self) -> io::Result<PeerAddress> {
        self.socket().peer()
    }

    /// All that is known of the stream. With TLS it takes some computing.
    pub fn details(&self) -> io::Result<TransportDetails> {
        let tls = match &self.0 {
            WriterKind::Plain(_) => None,
            WriterKind::Tls(tls) => tls.details(),
        };
        Ok(TransportDetails { peer: self.peer()?, tls })
    }

    pub(crate) fn socket(&self) -> &SocketWriter {
        match &self.0 {
            WriterKind::Plain(socket) => socket,
            WriterKind::Tls(tls) => tls.socket(),
        }
    }

    fn poll_write(&self, cx: &mut Context<'_>, octets: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        loop {
            match self.try_write(octets) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.poll_write_ready(cx))?;
                }
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Writer::poll_write(&self, cx, &[IoSlice::new(octets)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Writer::poll_write(&self, cx, octets)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Writer::poll_flush(&self, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut_down()?;
        Writer::poll_flush(&self, cx)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Stream { reader, brought, .. } = &mut *self;
        if brought.is_empty() {
            match &mut reader.0 {
                ReaderKind::Plain(socket) => return socket.poll_read(cx, buffer),
                ReaderKind::Tls(tls) => drop(ready!(tls.poll_fill(cx, brought))?),
            }
        }
        let octets = brought.len().min(buffer.remaining());
        buffer.put_slice(&brought[..octets]);
        brought.advance(octets);
        if brought.is_empty() {
            *brought = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writer.poll_write(cx, &[IoSlice::new(octets)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writer.poll_write(cx, octets)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.shut_down()?;
        self.writer.poll_flush(cx)
    }
}
