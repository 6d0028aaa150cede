//! A link that ends in memory, and the messages that arrive there.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crosspoint_proto::auth::cryptosign::ChannelId;
use crosspoint_proto::framing::rawsocket::{self, LengthLimit};
use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress};
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::transport::{
    CertificateDetails, PeerAddress, TlsDetails, TlsVersion, TransportDetails,
};
use crosspoint_router::authentication::Cookie;
use crosspoint_router::member::Link;
use crosspoint_router::wire::Wire;

/// The peer's end of a session's connection.
#[derive(Debug)]
pub(crate) struct TestLink {
    received: Mutex<Vec<u8>>,
    /// What it was offered last, and has not taken.
    refused: Mutex<Vec<u8>>,
    /// How many octets it takes before it blocks.
    pub(crate) room: AtomicUsize,
    pub(crate) broken: AtomicBool,
    pub(crate) attended: AtomicBool,
    /// What both ends know of the connection, if it is one over TLS.
    channel: Option<ChannelId>,
    /// The name in the certificate that the client has shown, if it is one over TLS.
    certificate: Option<String>,
    /// Where it comes from; this machine, if it is one over TLS.
    address: Option<IpAddr>,
    /// The cookie that the client's browser has.
    cookie: Option<Cookie>,
}

impl Default for TestLink {
    fn default() -> Self {
        TestLink {
            received: Mutex::default(),
            refused: Mutex::default(),
            room: AtomicUsize::new(usize::MAX),
            broken: AtomicBool::new(false),
            attended: AtomicBool::new(false),
            channel: None,
            certificate: None,
            address: None,
            cookie: None,
        }
    }
}

impl TestLink {
    /// One over which somebody comes from that address.
    pub(crate) fn from(address: IpAddr) -> TestLink {
        TestLink { address: Some(address), ..TestLink::default() }
    }

    /// One over which a browser comes with the cookie of this name, by which it is remembered for an hour; or is given
    /// it, if it is new.
    pub(crate) fn with_cookie(name: &str, is_new: bool) -> TestLink {
        let cookie = Cookie { digest: fingerprint(name), is_new, lifetime_ms: 60 * 60 * 1000 };
        TestLink { cookie: Some(cookie), ..TestLink::default() }
    }

    /// One over TLS, over which somebody may have shown a certificate with this name.
    pub(crate) fn over_tls(channel: ChannelId, certificate: Option<&str>) -> TestLink {
        let certificate = certificate.map(ToOwned::to_owned);
        TestLink { channel: Some(channel), certificate, ..TestLink::default() }
    }

    /// Takes the messages that have arrived whole.
    pub(crate) fn take(&self) -> Vec<Vec<u8>> {
        let mut received = self.received.lock().unwrap();
        let (messages, done) = whole_messages(&mut received);
        received.drain(..done);
        messages
    }

    /// All messages that are under way: those that have arrived, and those that it was offered last
    /// and has not taken.
    pub(crate) fn peek(&self) -> Vec<Vec<u8>> {
        let mut octets = self.received.lock().unwrap().clone();
        octets.extend_from_slice(&self.refused.lock().unwrap());
        whole_messages(&mut octets).0
    }
}

impl Link for TestLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut room = self.room.load(Ordering::Relaxed);
        let mut written = 0;
        let mut refused = self.refused.lock().unwrap();
        refused.clear();
        for slice in octets {
            let taken = slice.len().min(room);
            self.received.lock().unwrap().extend_from_slice(&slice[..taken]);
            refused.extend_from_slice(&slice[taken..]);
            room -= taken;
            written += taken;
        }
        if self.room.load(Ordering::Relaxed) != usize::MAX {
            self.room.store(room, Ordering::Relaxed);
        }
        if written == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }

    fn attend(&self) {
        self.attended.store(true, Ordering::Relaxed);
    }

    fn transport(&self) -> Option<TransportDetails> {
        let certificate = self.certificate.as_ref().map(|name| CertificateDetails {
            subject: format!("CN={name}"),
            common_name: Some(name.clone()),
            fingerprint: fingerprint(name),
        });
        let tls = self.channel.map(|ChannelId(id)| TlsDetails {
            version: TlsVersion::Tls13,
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            certificate,
            channel_id: Some(id),
        });
        let here = || tls.as_ref().map(|_| Ipv4Addr::LOCALHOST.into());
        let address = self.address.or_else(here)?;
        Some(TransportDetails { peer: PeerAddress::Tcp((address, 1).into()), tls })
    }

    fn cookie(&self) -> Option<Cookie> {
        self.cookie
    }
}

/// What the certificate is known by in which this name stands.
pub(crate) fn fingerprint(name: &str) -> [u8; 32] {
    let mut fingerprint = [0; 32];
    fingerprint.iter_mut().zip(name.bytes()).for_each(|(octet, of_name)| *octet = of_name);
    fingerprint
}

/// The messages that are there to their end, and how many octets they take.
fn whole_messages(received: &mut [u8]) -> (Vec<Vec<u8>>, usize) {
    let mut decoder = Decoder::RawSocket(rawsocket::Decoder::new(1 << 24));
    let (mut messages, mut done) = (Vec::new(), 0);
    while let Progress::Took { octets, frame } = decoder.decode(&mut received[done..]).unwrap() {
        if let Some(Frame::Message { octets, .. }) = frame {
            messages.push(octets.to_vec());
        }
        done += octets;
    }
    (messages, done)
}

/// A `RawSocket` wire for a peer that takes messages of up to `limit` octets.
pub(crate) fn wire(serializer: Serializer, limit: LengthLimit) -> Wire {
    Wire { serializer, encoder: Encoder::RawSocket(rawsocket::Encoder::new(limit)) }
}
