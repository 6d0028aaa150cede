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
    /// All that were written so far; it begins again at zero when it is too large.
    written: usize,
    writer: Writer,
    /// Its session's task waits until it is written.
    awaited: bool,
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

/// A place in an outbox, to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    octets: usize,
    tail: usize,
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

    /// How much has been written since this was as much.
    pub(crate) fn written_since(&self, written: usize) -> usize {
        self.written.wrapping_sub(written)
    }

    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// Its session's task waits until all is written.
    pub(crate) fn await_room(&mut self) {
        self.awaited = true;
    }

    /// All is written: has its session's task waited for that?
    pub(crate) fn take_awaited(&mut self) -> bool {
        mem::take(&mut self.awaited)
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

    /// Where it ends now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { octets: self.octets, tail: self.waiting.tail.len() }
    }

    /// Takes back what has been appended to the tail since.
    pub(crate) fn rewind(&mut self, Mark { octets, tail }: Mark) {
        self.octets = octets;
        self.waiting.tail.truncate(tail);
    }

    /// Appends a copy of a frame. What cannot be written for long becomes many chunks, not one buffer that
    /// doubles: each is given back when it is written, and as they are of one length the next takes its
    /// place in memory.
    pub(crate) fn push_copied(&mut self, frame: &[u8], spare: impl FnOnce() -> Vec<u8>) {
        if self.waiting.tail.len() + frame.len() > CHUNK_OCTETS {
            self.waiting.seal();
            self.waiting.tail.reserve_exact(CHUNK_OCTETS);
        }
        self.tail(spare).extend_from_slice(frame);
        self.appended(frame.len());
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

    /// Leaves it to its session's own task to write what waits. False if there is nothing, or somebody is at
    /// it already.
    pub(crate) fn hand_over(&mut self) -> bool {
        let wants_writer = self.wants_writer();
        if wants_writer {
            self.writer = Writer::Blocked;
        }
        wants_writer
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
        self.note_written(written);
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
        self.note_written(written);
        self.writer = Writer::Blocked;
        // What is written is given back now, not when all is.
        if rest.tail_written > 0 {
            rest.seal();
        }
        rest.append(mem::take(&mut self.waiting));
        self.waiting = rest;
    }

    fn note_written(&mut self, octets: usize) {
        self.octets -= octets;
        self.written = self.written.wrapping_add(octets);
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
        let tail = mem::take(&mut self.tail);
        let written = mem::take(&mut self.tail_written);
        if written == tail.len() {
            return;
        }
        self.chunks.push_back(compact(tail, written));
    }

    fn append(&mut self, later: Outgoing) {
        if later.is_empty() {
            return;
        }
        if later.chunks.is_empty() && later.tail.len() <= COPIED_OCTETS_MAX && !self.tail.is_empty()
        {
            self.tail.extend_from_slice(&later.tail);
            return;
        }
        self.seal();
        self.chunks.extend(later.chunks);
        self.tail = later.tail;
        self.tail_written = later.tail_written;
    }

    /// The memory that is held, whatever is in it.
    #[cfg(test)]
    fn capacity(&self) -> usize {
        self.tail.capacity() + self.chunks.iter().map(Bytes::len).sum::<usize>()
    }
}

/// The length of the chunks in which much waits.
const CHUNK_OCTETS: usize = 256 << 10;

/// Tails up to this length are copied behind one another rather than kept as chunks of their own.
const COPIED_OCTETS_MAX: usize = 4 << 10;

/// The unwritten rest of a buffer, in memory of about its size: a buffer may be much larger than
/// what is in it, and only what is in it counts against the limit.
pub(crate) fn compact(buffer: Vec<u8>, written: usize) -> Bytes {
    let unused = buffer.capacity() - buffer.len();
    if 2 * written > buffer.len() || 4 * unused > buffer.len() {
        return Bytes::copy_from_slice(&buffer[written..]);
    }
    let mut chunk = Bytes::from(buffer);
    chunk.advance(written);
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A peer that has stopped reading costs no more than what waits for it, and one that reads slowly
    /// gets rid of that piece by piece.
    #[test]
    fn what_waits_for_long_is_many_small_chunks() {
        let mut outbox = Outbox::default();
        let octets = 4 << 20;
        while outbox.octets() < octets {
            outbox.push_copied(&[7; 120], Vec::new);
        }
        let Outgoing { chunks, tail, .. } = &outbox.waiting;
        assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_OCTETS));
        assert_eq!(tail.capacity(), CHUNK_OCTETS);
        assert!(outbox.waiting.capacity() <= octets + CHUNK_OCTETS);
    }

    fn put(outbox: &mut Outbox, octets: &[u8]) {
        outbox.tail(Vec::new).extend_from_slice(octets);
        outbox.appended(octets.len());
    }

    /// A peer that always lags behind by as much must not cost more and more.
    #[test]
    fn a_constant_lag_costs_constant_memory() {
        let mut outbox = Outbox::default();
        put(&mut outbox, &vec![7; 100_000]);
        for round in 0..1000 {
            outbox.unblock();
            let mut taken = outbox.start().unwrap();
            taken.advance(10_000);
            put(&mut outbox, &[7; 5_000]);
            outbox.block(10_000, taken);
            put(&mut outbox, &[7; 5_000]);
            assert_eq!(outbox.octets(), 100_000);
            assert!(outbox.waiting.capacity() < 300_000, "round {round}");
        }
    }

    #[test]
    fn what_is_blocked_and_what_comes_later_stay_in_order() {
        let mut outbox = Outbox::default();
        let mut written = Vec::new();
        for number in 0..200_u8 {
            put(&mut outbox, &[number; 40]);
            if number % 50 == 9 {
                outbox.push_shared(Bytes::from(vec![number; 3000]));
            }
            outbox.unblock();
            let mut taken = outbox.start().unwrap();
            let mut slices = [IoSlice::new(&[]); 4];
            let count = taken.slices(&mut slices);
            let next: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            let step = next.len().min(37);
            written.extend_from_slice(&next[..step]);
            taken.advance(step);
            put(&mut outbox, &[number; 2]);
            outbox.block(step, taken);
        }
        outbox.unblock();
        let mut taken = outbox.start().unwrap();
        while !taken.is_empty() {
            let mut slices = [IoSlice::new(&[]); 4];
            let count = taken.slices(&mut slices);
            let next: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            written.extend_from_slice(&next);
            taken.advance(next.len());
        }
        assert_eq!(written.len(), 200 * 42 + 4 * 3000);
        assert!(written.is_sorted());
    }
}
