//! A link that ends in memory. Whoever writes can be interrupted in the middle of it.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};

use crosspoint_proto::framing::rawsocket::{self, LengthLimit};
use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress};
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::member::Link;
use crosspoint_router::wire::Wire;
use shuttle::sync::Mutex;

/// The connection of one peer.
pub(crate) struct RaceLink {
    stream: Mutex<Stream>,
    /// Somebody is in the middle of writing.
    writing: AtomicBool,
    /// The connection's task has been asked to look after it.
    asked: AtomicBool,
}

struct Stream {
    received: Vec<u8>,
    /// How many octets the link takes before it blocks.
    room: usize,
    broken: bool,
}

impl RaceLink {
    pub(crate) fn new() -> RaceLink {
        let stream = Stream { received: Vec::new(), room: usize::MAX, broken: false };
        RaceLink {
            stream: Mutex::new(stream),
            writing: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        }
    }

    /// The octets that the link takes from now on.
    pub(crate) fn set_room(&self, room: usize) {
        self.stream.lock().unwrap().room = room;
    }

    pub(crate) fn has_room(&self) -> bool {
        self.stream.lock().unwrap().room > 0
    }

    pub(crate) fn break_off(&self) {
        self.stream.lock().unwrap().broken = true;
    }

    /// Has the connection's task been asked to look after it since the last time?
    pub(crate) fn was_asked(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst)
    }

    /// Takes the messages that have arrived whole.
    pub(crate) fn take(&self) -> Vec<Vec<u8>> {
        let received = &mut self.stream.lock().unwrap().received;
        let mut decoder = Decoder::RawSocket(rawsocket::Decoder::new(1 << 24));
        let (mut messages, mut done) = (Vec::new(), 0);
        while let Progress::Took { octets, frame } = decoder.decode(&mut received[done..]).unwrap()
        {
            if let Some(Frame::Message { octets, .. }) = frame {
                messages.push(octets.to_vec());
            }
            done += octets;
        }
        received.drain(..done);
        messages
    }

    /// Has anything arrived that is not a whole message?
    pub(crate) fn has_rest(&self) -> bool {
        !self.stream.lock().unwrap().received.is_empty()
    }
}

impl Link for RaceLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.writing.swap(true, Ordering::SeqCst), "one thread writes at a time");
        // Others go on here and after it.
        let mut stream = self.stream.lock().unwrap();
        let before = stream.room;
        for slice in octets {
            let taken = slice.len().min(stream.room);
            stream.received.extend_from_slice(&slice[..taken]);
            stream.room -= taken;
        }
        let (written, broken) = (before - stream.room, stream.broken);
        if before == usize::MAX {
            stream.room = before;
        }
        drop(stream);
        self.writing.store(false, Ordering::SeqCst);
        match written {
            _ if broken => Err(io::ErrorKind::BrokenPipe.into()),
            0 => Err(io::ErrorKind::WouldBlock.into()),
            written => Ok(written),
        }
    }

    fn attend(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }
}

/// The wire of all peers.
pub(crate) fn wire() -> Wire {
    let encoder = Encoder::RawSocket(rawsocket::Encoder::new(LengthLimit::MAX));
    Wire { serializer: Serializer::Json, encoder }
}
