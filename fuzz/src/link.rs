//! A link that ends in memory, and the messages that arrive there.

use std::io::{self, IoSlice};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crosspoint_proto::framing::rawsocket::{self, LengthLimit};
use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress};
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::member::Link;
use crosspoint_router::wire::Wire;

/// The peer's end of a session's connection.
pub struct MemoryLink {
    received: Mutex<Vec<u8>>,
    /// How many octets it takes before it blocks.
    room: AtomicUsize,
    broken: AtomicBool,
}

impl Default for MemoryLink {
    fn default() -> Self {
        MemoryLink {
            received: Mutex::default(),
            room: AtomicUsize::new(usize::MAX),
            broken: AtomicBool::new(false),
        }
    }
}

impl MemoryLink {
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
}

/// The wire of a link, for a peer that takes messages of up to `limit` octets.
pub fn wire(serializer: Serializer, limit: LengthLimit) -> Wire {
    Wire { serializer, encoder: Encoder::RawSocket(rawsocket::Encoder::new(limit)) }
}
