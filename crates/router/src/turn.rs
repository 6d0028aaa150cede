//! A turn: the processing of what one read brought.
//!
//! Messages are put into outboxes during the turn; at its end each outbox that was touched is
//! flushed once, so that a hundred messages for one session become one write. A turn counts the work that it
//! does: when that is enough, whatever is left of the read waits for the session's next turn.

use std::sync::Arc;

use bytes::Bytes;
use crosspoint_proto::message::Message;

use crate::dealer::registration::{Endpoint, Registration};
use crate::dealer::route::fill_vacancies;
use crate::limits::{
    FLUSHED_AT_ONCE, LONGER_TURNS_MAX, SPARE_BUFFER_OCTETS_MAX, SPARE_BUFFERS_MAX, TURN_WORK_MAX,
    WORK_OF_FLUSH,
};
use crate::member::Member;
use crate::time::Time;
use crate::wire::Wire;

/// What a turn has touched so far, and the buffers that it works with.
///
/// One for each thread is enough; it is empty between turns, but for buffers to be used again.
pub struct Turn {
    now: Time,
    /// Done since it began: see [`TURN_WORK_MAX`].
    work: usize,
    work_max: usize,
    touched: Vec<Arc<Member>>,
    /// Where a callee has become free, and calls may have waited for it.
    vacancies: Vec<Arc<Registration>>,
    pub(crate) buffers: Buffers,
}

/// Buffers that outlive a turn, so that routing a small message allocates nothing.
#[derive(Default)]
pub(crate) struct Buffers {
    /// The head of the message that is being encoded.
    pub(crate) head: Vec<u8>,
    /// A payload in the receiver's notation.
    pub(crate) transcoded: Vec<u8>,
    /// The frames of the event that is being published.
    pub(crate) frames: Vec<(Wire, Frame)>,
    spare: Vec<Vec<u8>>,
}

/// An event, encoded for all subscribers of one wire.
pub(crate) enum Frame {
    /// To be copied into each outbox.
    Copied(Vec<u8>),
    /// To be shared by all outboxes.
    Shared(Bytes),
    /// It cannot be said in this serializer, or is longer than the wire takes.
    Impossible,
}

impl Default for Turn {
    fn default() -> Turn {
        Turn::with_work_max(TURN_WORK_MAX)
    }
}

impl Turn {
    /// A turn that is [spent](Turn::is_spent) after so much work, in units of 0.1 us or so. The default is
    /// 2 ms: what others may have to wait is as long, for each thread.
    pub fn with_work_max(work_max: usize) -> Turn {
        Turn {
            now: Time::default(),
            work: 0,
            work_max,
            touched: Vec::new(),
            vacancies: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    /// Begins a turn: tells it the time.
    pub fn begin(&mut self, now: Time) {
        self.now = now;
        self.work = 0;
    }

    /// Has it done enough? Then [flush](Turn::flush) it, and let others have theirs before the session goes
    /// on.
    pub fn is_spent(&self) -> bool {
        let work_of_flush = self.touched.len() * WORK_OF_FLUSH;
        self.work >= self.work_max + work_of_flush.min(LONGER_TURNS_MAX * self.work_max)
    }

    /// How much is done, in units of 0.1 us or so.
    pub(crate) fn work(&self) -> usize {
        self.work
    }

    /// So much work is done, in units of 0.1 us or so.
    pub(crate) fn spend(&mut self, work: usize) {
        self.work += work;
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Ends the turn: writes what it has put into outboxes, as far as the links take it.
    pub fn flush(&mut self) {
        fill_vacancies(self);
        // In the order of their first message; the list keeps its allocation for the next turn.
        let mut touched = std::mem::take(&mut self.touched);
        for (index, member) in touched.drain(..).enumerate() {
            if index < FLUSHED_AT_ONCE {
                member.flush(self);
            } else {
                member.leave_flush_to_task();
            }
        }
        self.touched = touched;
    }

    /// A call does not take up a place at its callee any more: if others have waited for it, they
    /// get it at the end of the turn.
    pub(crate) fn give_back(&mut self, endpoint: &Endpoint) {
        if endpoint.give_back() {
            self.note_vacancy(&endpoint.registration);
        }
    }

    pub(crate) fn note_vacancy(&mut self, registration: &Arc<Registration>) {
        if !self.vacancies.last().is_some_and(|last| Arc::ptr_eq(last, registration)) {
            self.vacancies.push(Arc::clone(registration));
        }
    }

    pub(crate) fn next_vacancy(&mut self) -> Option<Arc<Registration>> {
        self.vacancies.pop()
    }

    pub(crate) fn touch(&mut self, member: &Arc<Member>) {
        self.touched.push(Arc::clone(member));
    }
}

impl Buffers {
    pub(crate) fn spare(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_else(|| Vec::with_capacity(1 << 10))
    }

    pub(crate) fn give_back(&mut self, mut buffer: Vec<u8>) {
        let useful = 1..=SPARE_BUFFER_OCTETS_MAX;
        if useful.contains(&buffer.capacity()) && self.spare.len() < SPARE_BUFFERS_MAX {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// The frames of an event that everybody has got.
    pub(crate) fn put_back(&mut self, mut frames: Vec<(Wire, Frame)>) {
        for (_wire, frame) in frames.drain(..) {
            if let Frame::Copied(buffer) = frame {
                self.give_back(buffer);
            }
        }
        self.frames = frames;
    }

    /// Encodes a message and gives its parts, framing aside.
    pub(crate) fn encode<'b>(&'b mut self, message: &'b Message<'_>, wire: &Wire) -> [&'b [u8]; 3] {
        self.head.clear();
        let encoded = message.encode(wire.serializer, &mut self.head);
        [&self.head, encoded.payload, encoded.tail]
    }
}
