//! A turn: the processing of everything that one read brought.
//!
//! Messages are put into outboxes during the turn; at its end each outbox that was touched is
//! flushed once, so that a hundred messages for one session become one write.

use std::sync::Arc;

use bytes::Bytes;
use crosspoint_proto::message::Message;

use crate::dealer::registration::{Endpoint, Registration};
use crate::dealer::route::fill_vacancies;
use crate::limits::{SPARE_BUFFER_OCTETS_MAX, SPARE_BUFFERS_MAX};
use crate::member::Member;
use crate::time::Time;
use crate::wire::Wire;

/// What a turn has touched so far, and the buffers that it works with.
///
/// One for each thread is enough; it is empty between turns, but for buffers to be used again.
#[derive(Default)]
pub struct Turn {
    now: Time,
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

impl Turn {
    /// Begins a turn: tells it the time.
    pub fn begin(&mut self, now: Time) {
        self.now = now;
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Ends the turn: writes what it has put into outboxes, as far as the links take it.
    pub fn flush(&mut self) {
        fill_vacancies(self);
        // In the order of their first message; the list keeps its allocation for the next turn.
        let mut touched = std::mem::take(&mut self.touched);
        for member in touched.drain(..) {
            member.flush(self);
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
