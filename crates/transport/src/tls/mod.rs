//! TLS over a socket.
//!
//! rustls does the cryptography and knows no sockets: `Tls` is its connection with the writing half
//! of a socket, behind one lock, and `TlsReader` has the reading half.
//!
//! ```text
//!   any thread --- try_write ---+                       +--- the socket's writing half --->
//!                               +--- rustls, one lock --+
//!   own task ----- poll_fill ---+                       +--- (pushed by whoever holds the lock)
//!        ^
//!        +---------------------------------------------------- the socket's reading half <---
//! ```
//!
//! - **Writing** is as without TLS: whoever has something writes it himself. He first pushes what is
//!   left over of what was encrypted before; if the socket does not take that, he gets `WouldBlock`, and
//!   nothing of his is taken. Otherwise up to `CIPHERTEXT_OCTETS_MAX` of it are encrypted and pushed.
//!   What the socket does not take of that stays in rustls, and has been taken nevertheless. So not more
//!   than that waits here, whatever the peer does, and the rest waits where it would without TLS.
//! - **What is left over** is pushed by the connection's own task (`Tls::poll_flush`), which is woken by
//!   whoever has left it, and later by the socket. "Ready to write" is: nothing is left over.
//! - **Reading** feeds rustls what one read has brought, up to 64 KiB, into a buffer of the thread, and
//!   takes the plaintext out after each record, so none stays in rustls. If rustls has something to say of
//!   its own (the handshake, alerts, new keys), it is pushed before the lock is given back, and if the
//!   socket does not take it, the task waits for the socket, too: it is the one that reads.
//! - **The end** is said by `close_notify`, after all that was taken; then the socket is shut down. If the
//!   socket is full, `Tls::poll_flush` does both later. Who lets go of a connection says it, too, as
//!   far as the socket takes it. A peer that ends without it is an error: somebody may have cut it off.
//!
//! Under the lock there is computing and system calls that do not wait: no waker, no other lock, nobody
//! else's code. A thread that panics there leaves a connection that is broken for all others.

pub mod client;
pub mod pem;
pub mod public_key;
pub mod server;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io::{self, BufRead as _, IoSlice, Write as _};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use crosspoint_proto::transport::{CertificateDetails, TlsDetails, TlsVersion};
use rustls::pki_types::CertificateDer;
use rustls::{Connection, ProtocolVersion};
use sha2::{Digest as _, Sha256};

use crate::receiver::READ_OCTETS;
use crate::socket::{SocketReader, SocketWriter};
use crate::stream::{Reader, ReaderKind, Stream, Writer, WriterKind};

/// How much encrypted output may wait for the socket before more is taken: as much as a read brings,
/// so that records are as long as they can be, and little for each of many slow peers.
const CIPHERTEXT_OCTETS_MAX: usize = 64 << 10;

/// What RFC 9266 derives a channel ID from.
const CHANNEL_BINDING_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

thread_local! {
    /// What a read brings, before it is decrypted.
    static CIPHERTEXT: RefCell<BytesMut> = RefCell::default();
}

/// A TLS connection, as far as it is shared.
#[derive(Debug)]
pub(crate) struct Tls {
    socket: SocketWriter,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    closing: Closing,
}

/// How far a connection's end has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    No,
    /// `close_notify` is among what is left over.
    Notified,
    Done,
}

/// The reading half of a TLS connection.
#[derive(Debug)]
pub(crate) struct TlsReader {
    socket: SocketReader,
    tls: Arc<Tls>,
    /// The peer has said that nothing more comes.
    ended: bool,
}

/// Makes TLS of a stream that is none: does the handshake. Whoever calls limits the time.
pub(crate) async fn handshake(stream: Stream, mut connection: Connection) -> io::Result<Stream> {
    connection.set_buffer_limit(Some(CIPHERTEXT_OCTETS_MAX));
    let Stream { reader, writer, mut brought } = stream;
    let (ReaderKind::Plain(reader), WriterKind::Plain(writer)) = (reader.0, writer.0) else {
        return Err(io::Error::other("TLS within TLS"));
    };
    let state = Mutex::new(State { connection, closing: Closing::No });
    let tls = Arc::new(Tls { socket: writer, state });
    let mut reader = TlsReader { socket: reader, tls: Arc::clone(&tls), ended: false };
    // What a proxy has said came first, and the beginning of the handshake may have come with it.
    let ciphertext = std::mem::take(&mut brought);
    reader.ended = tls.take_in(&ciphertext, &mut brought)?;
    std::future::poll_fn(|cx| reader.poll_handshake(cx, &mut brought)).await?;
    let (reader, writer) = (Reader(ReaderKind::Tls(reader)), Writer(WriterKind::Tls(tls)));
    Ok(Stream { reader, writer, brought })
}

impl TlsReader {
    fn poll_handshake(
        &mut self,
        cx: &mut Context<'_>,
        plaintext: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        loop {
            let handshaking = self.tls.lock()?.connection.is_handshaking();
            ready!(self.tls.poll_flush(cx))?;
            if !handshaking {
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_pull(cx, plaintext))?;
            if self.ended {
                return Poll::Ready(Err(cut_off()));
            }
        }
    }

    /// Reads until there is plaintext, which is appended, or the end: nothing.
    pub(crate) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        plaintext: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let before = plaintext.len();
        while plaintext.len() == before && !self.ended {
            ready!(self.poll_pull(cx, plaintext))?;
        }
        Poll::Ready(Ok(plaintext.len() - before))
    }

    /// Reads once; what comes need not have plaintext in it.
    fn poll_pull(
        &mut self,
        cx: &mut Context<'_>,
        plaintext: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        CIPHERTEXT.with_borrow_mut(|ciphertext| {
            ciphertext.clear();
            ciphertext.reserve(READ_OCTETS);
            if ready!(self.socket.poll_fill(cx, ciphertext))? == 0 {
                return Poll::Ready(Err(cut_off()));
            }
            self.ended = self.tls.take_in(ciphertext, plaintext)?;
            if self.tls.is_behind() {
                // Nobody waits for this; but the task is to be woken when it can go on.
                let _ = self.tls.poll_flush(cx);
            }
            Poll::Ready(Ok(()))
        })
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the peer ended TLS without saying so")
}

impl Tls {
    fn lock(&self) -> io::Result<MutexGuard<'_, State>> {
        self.state.lock().map_err(|_| io::Error::other("a thread has failed within TLS"))
    }

    pub(crate) fn socket(&self) -> &SocketWriter {
        &self.socket
    }

    pub(crate) fn try_write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.lock()?;
        if state.closing != Closing::No {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.push(&self.socket)?;
        let taken = state.connection.writer().write_vectored(octets)?;
        match state.push(&self.socket) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.lock().is_ok_and(|state| state.is_behind())
    }

    /// Pushes what is left over; ready when nothing is, or nothing helps.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.lock()?.push(&self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                pushed => return Poll::Ready(pushed),
            }
            ready!(self.socket.poll_write_ready(cx))?;
        }
    }

    pub(crate) fn shut_down(&self) -> io::Result<()> {
        let mut state = self.lock()?;
        state.notify();
        match state.push(&self.socket) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            pushed => pushed,
        }
    }

    /// Decrypts what has come, all of it. Is it the end?
    fn take_in(&self, mut ciphertext: &[u8], plaintext: &mut BytesMut) -> io::Result<bool> {
        let mut state = self.lock()?;
        let taken = state.take_in(&mut ciphertext, plaintext);
        // An error has an alert, which tells the peer what it was. If that cannot go, nobody waits for it.
        let _ = state.push(&self.socket);
        taken
    }

    /// What the handshake has led to; `None` if it has led to nothing.
    pub(crate) fn details(&self) -> Option<TlsDetails> {
        let state = self.lock().ok()?;
        let connection = &state.connection;
        let version = match connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => TlsVersion::Tls12,
            _ => TlsVersion::Tls13,
        };
        let certificate = connection.peer_certificates().and_then(<[_]>::first);
        let channel_id =
            || connection.export_keying_material([0; 32], CHANNEL_BINDING_LABEL, Some(&[])).ok();
        Some(TlsDetails {
            version,
            cipher: format!("{:?}", connection.negotiated_cipher_suite()?.suite()),
            certificate: certificate.map(certificate_details),
            channel_id: if version == TlsVersion::Tls13 { channel_id() } else { None },
        })
    }
}

fn certificate_details(certificate: &CertificateDer<'_>) -> CertificateDetails {
    let subject = pem::decoded(certificate).map(|it| it.tbs_certificate.subject);
    CertificateDetails {
        subject: subject.as_ref().map(ToString::to_string).unwrap_or_default(),
        common_name: subject.as_ref().and_then(pem::common_name),
        fingerprint: Sha256::digest(certificate).into(),
    }
}

/// The door that only a fuzzer goes through: what is made of a certificate that TLS has verified.
#[cfg(fuzzing)]
pub fn fuzzed(certificate: &[u8]) -> CertificateDetails {
    certificate_details(&CertificateDer::from(certificate))
}

impl State {
    fn is_behind(&self) -> bool {
        self.connection.wants_write() || self.closing == Closing::Notified
    }

    /// Writes all that is encrypted, and then the end, if it was said. `WouldBlock` is: not all.
    fn push(&mut self, socket: &SocketWriter) -> io::Result<()> {
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut Now(socket))? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        if self.closing == Closing::Notified {
            self.closing = Closing::Done;
            socket.shut_down()?;
        }
        Ok(())
    }

    fn notify(&mut self) {
        if self.closing == Closing::No {
            self.closing = Closing::Notified;
            self.connection.send_close_notify();
        }
    }

    fn take_in(&mut self, ciphertext: &mut &[u8], plaintext: &mut BytesMut) -> io::Result<bool> {
        while !ciphertext.is_empty() {
            self.connection.read_tls(ciphertext)?;
            let processed = self.connection.process_new_packets();
            let processed =
                processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.take_out(processed.plaintext_bytes_to_read(), plaintext)?;
            if processed.peer_has_closed() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn take_out(&mut self, mut octets: usize, plaintext: &mut BytesMut) -> io::Result<()> {
        let mut reader = self.connection.reader();
        while octets > 0 {
            let chunk = reader.fill_buf()?;
            plaintext.extend_from_slice(chunk);
            let taken = chunk.len();
            reader.consume(taken);
            octets = if taken == 0 { 0 } else { octets.saturating_sub(taken) };
        }
        Ok(())
    }
}

/// Nobody is left who could wait: what the socket takes at once is what the peer gets.
impl Drop for Tls {
    fn drop(&mut self) {
        if let Ok(state) = self.state.get_mut() {
            state.notify();
            let _ = state.push(&self.socket);
        }
    }
}

/// A socket as rustls writes to it: what does not go at once does not go.
struct Now<'s>(&'s SocketWriter);

impl io::Write for Now<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.try_write(&[IoSlice::new(octets)])
    }

    fn write_vectored(&mut self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
