//! A link that ends in memory, and the messages that arrive there.

use std::io::{self, IoSlice};
use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
pub struct MemoryLink {
    received: Mutex<Vec<u8>>,
    /// How many octets it takes before it blocks.
    room: AtomicUsize,
    broken: AtomicBool,
    brought: Brought,
    /// The token, until somebody asks for it.
    token: Mutex<Option<Box<str>>>,
}

/// What a connection has brought along by which its client may be known.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    pub cookie: Option<Cookie>,
    pub certificate: Option<CertificateDetails>,
    pub token: Option<Box<str>>,
}

impl Default for MemoryLink {
    fn default() -> Self {
        MemoryLink {
            received: Mutex::default(),
            room: AtomicUsize::new(usize::MAX),
            broken: AtomicBool::new(false),
            brought: Brought::default(),
            token: Mutex::default(),
        }
    }
}

impl MemoryLink {
    /// One that has brought this along.
    pub fn with(brought: Brought) -> MemoryLink {
        let token = Mutex::new(brought.token.clone());
        MemoryLink { brought, token, ..MemoryLink::default() }
    }

    pub fn brought(&self) -> &Brought {
        &self.brought
    }

    /// From here on it takes so many octets, and then blocks.
    pub fn make_room(&self, octets: usize) {
        self.room.store(octets, Ordering::Relaxed);
    }

    /// From here on it takes none.
    pub fn sever(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// Takes the messages that have arrived whole.
    pub fn take(&self) -> Vec<Vec<u8>> {
        let mut received = self.received.lock().expect("nobody panics under it");
        let mut decoder = Decoder::RawSocket(rawsocket::Decoder::new(1 << 24));
        let (mut messages, mut done) = (Vec::new(), 0);
        let sound = "the router writes whole frames";
        while let Progress::Took { octets, frame } =
            decoder.decode(&mut received[done..]).expect(sound)
        {
            if let Some(Frame::Message { octets, .. }) = frame {
                messages.push(octets.to_vec());
            }
            done += octets;
        }
        received.drain(..done);
        messages
    }
}

impl Link for MemoryLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let (room, mut written) = (self.room.load(Ordering::Relaxed), 0);
        let mut received = self.received.lock().expect("nobody panics under it");
        for slice in octets {
            let taken = slice.len().min(room - written);
            received.extend_from_slice(&slice[..taken]);
            written += taken;
        }
        if room != usize::MAX {
            self.room.store(room - written, Ordering::Relaxed);
        }
        if written == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }

    /// Whoever has the session looks after it anyway.
    fn attend(&self) {}

    fn transport(&self) -> Option<TransportDetails> {
        let certificate = Some(self.brought.certificate.clone()?);
        let (version, cipher) = (TlsVersion::Tls13, "TLS13_AES_256_GCM_SHA384".to_owned());
        let tls = Some(TlsDetails { version, cipher, certificate, channel_id: Some([6; 32]) });
        Some(TransportDetails { peer: PeerAddress::Host(Ipv4Addr::LOCALHOST.into()), tls })
    }

    fn take_token(&self) -> Option<Box<str>> {
        self.token.lock().expect("nobody panics under it").take()
    }

    fn cookie(&self) -> Option<Cookie> {
        self.brought.cookie
    }
}

/// The wire of a link, for a peer that takes messages of up to `limit` octets.
pub fn wire(serializer: Serializer, limit: LengthLimit) -> Wire {
    Wire { serializer, encoder: Encoder::RawSocket(rawsocket::Encoder::new(limit)) }
}
