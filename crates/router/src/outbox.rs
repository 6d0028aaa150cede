//! The outbox: the octets that wait to be written to one session's peer, in the order in which the
//! peer will read them.
//!
//! This is the queue alone. The lock around it, which decides the order, is
//! [`Member`](crate::member::Member)'s.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem;

use bytes::{Buf, Bytes};

/// What waits, and who is at it.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: Outgoing,
    /// All octets that are not written yet, also those that a writer has taken.
    octets: usize,
    writer: Writer,
}

/// Who writes. While it is anybody, others only put their octets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Nobody: whoever puts something in flushes it, too.
    #[default]
    Nobody,
    /// Somebody has taken octets and will look again when it has written them.
    AtWork,
    /// The link takes no more for now, or others have written enough: its own task goes on when it
    /// can.
    Blocked,
    /// Nobody ever again: all that waited was thrown away.
    Never,
}

/// Octets on their way out: long frames that are shared with other outboxes, in between and after
/// them the copied rest.
#[derive(Default)]
pub(crate) struct Outgoing {
    /// Before the tail.
    chunks: VecDeque<Bytes>,
    tail: Vec<u8>,
    /// How much of the tail is written.
    tail_written: usize,
}

impl Outbox {
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// Is there something to write, and nobody who will look at it anyway?
    pub(crate) fn wants_writer(&self) -> bool {
        self.octets > 0 && self.writer == Writer::Nobody
    }

    pub(crate) fn writer(&self) -> Writer {
        self.writer
    }

    /// The buffer to append frames to; `spare` gives one where there is none. Follow with
    /// [`Outbox::appended`].
    pub(crate) fn tail(&mut self, spare: impl FnOnce() -> Vec<u8>) -> &mut Vec<u8> {
        if self.waiting.tail.capacity() == 0 {
            self.waiting.tail = spare();
        }
        &mut self.waiting.tail
    }

    pub(crate) fn appended(&mut self, octets: usize) {
        self.octets += octets;
    }

    /// Appends a frame that other outboxes hold as well.
    pub(crate) fn push_shared(&mut self, frame: Bytes) {
        self.octets += frame.len();
        self.waiting.seal();
        self.waiting.chunks.push_back(frame);
    }

    /// Takes all that waits, for writing; `None` if there is nothing, or somebody is at it already.
    pub(crate) fn start(&mut self) -> Option<Outgoing> {
        if self.writer != Writer::Nobody || self.octets == 0 {
            return None;
        }
        self.writer = Writer::AtWork;
        Some(mem::take(&mut self.waiting))
    }

    /// The link takes octets again: whoever comes may write.
    pub(crate) fn unblock(&mut self) {
        if self.writer == Writer::Blocked {
            self.writer = Writer::Nobody;
        }
    }

    /// All that was taken is written. Gives what has come in the meantime, or ends the writing.
    pub(crate) fn go_on(&mut self, written: usize) -> Option<Outgoing> {
        if self.writer == Writer::Never {
            return None;
        }
        self.octets -= written;
        if self.octets == 0 {
            self.writer = Writer::Nobody;
            return None;
        }
        Some(mem::take(&mut self.waiting))
    }

    /// The link took only part: the rest goes back to the front.
    pub(crate) fn block(&mut self, written: usize, mut rest: Outgoing) {
        if self.writer == Writer::Never {
            return;
        }
        self.octets -= written;
        self.writer = Writer::Blocked;
        rest.append(mem::take(&mut self.waiting));
        self.waiting = rest;
    }

    /// Throws away all that waits: the link is dead. Another thread may be writing part of it at
    /// this moment, and what it has taken does not count any more.
    pub(crate) fn clear(&mut self) {
        *self = Outbox { writer: Writer::Never, ..Outbox::default() };
    }
}

impl Outgoing {
    /// The octets to be written next, as many slices as fit into `slices`; how many there are.
    pub(crate) fn slices<'s>(&'s self, slices: &mut [IoSlice<'s>]) -> usize {
        let tail = &self.tail[self.tail_written..];
        let chunks = self.chunks.iter().map(|chunk| &chunk[..]);
        let mut count = 0;
        for (slot, octets) in slices.iter_mut().zip(chunks.chain([tail])) {
            if !octets.is_empty() {
                *slot = IoSlice::new(octets);
                count += 1;
            }
        }
        count
    }

    /// Passes over octets that are written.
    pub(crate) fn advance(&mut self, mut written: usize) {
        while let Some(chunk) = self.chunks.front_mut() {
            if written < chunk.len() {
                chunk.advance(written);
                return;
            }
            written -= chunk.len();
            self.chunks.pop_front();
        }
        self.tail_written += written;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.tail_written == self.tail.len()
    }

    /// The buffer, for its next use.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.tail
    }

    /// Turns the tail into a chunk, so that something can follow it.
    fn seal(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let mut chunk = Bytes::from(mem::take(&mut self.tail));
        chunk.advance(mem::take(&mut self.tail_written));
        if !chunk.is_empty() {
            self.chunks.push_back(chunk);
        }
    }

    fn append(&mut self, later: Outgoing) {
        if later.is_empty() {
            return;
        }
        self.seal();
        self.chunks.extend(later.chunks);
        self.tail = later.tail;
        self.tail_written = later.tail_written;
    }
}
