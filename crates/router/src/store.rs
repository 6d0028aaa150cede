//! The store: where events are kept beyond the router's life, as far as the realm's settings want that.
//!
//! The core holds all that it keeps in memory, and reads nothing from a store but at its start. A store
//! writes down what it is told, in the order in which it is told, and says when that is safe: a
//! publication that is to be acknowledged is acknowledged then.

use std::fmt;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{PublicationId, RequestId};
use crosspoint_proto::message::pubsub::Published;
use crosspoint_proto::message::{Message, RequestKind};

use crate::member::Member;
use crate::refusal::Refusal;
use crate::turn::Turn;

/// Where events are kept: what an embedder implements. Nothing in it may block.
pub trait Store: Send + Sync {
    /// Does so much wait to be written that nothing more should come? Then publications that are to
    /// be acknowledged are refused.
    fn is_full(&self) -> bool;

    /// Takes changes that belong together: all of them are made, or none. They are made in the order
    /// in which they come, and in each the record is put down before others are removed. When they are
    /// safe, their receipt is [confirmed](Receipt::confirm), or [failed](Receipt::fail) if they cannot
    /// be made; a store may make up for these later, for each by itself. The records of those without
    /// a receipt may be left out while the store is full (what they remove is removed): false then.
    fn submit(&self, changes: Vec<Change>, receipt: Option<Receipt>) -> bool;
}

/// A change to what is kept of one realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The realm's URI.
    pub realm: Arc<str>,
    /// What it is kept as.
    pub table: Table,
    /// A record to be put down, by its number. No two in a realm have the same; later ones have greater
    /// numbers, but may come a little before earlier ones.
    pub put: Option<(u64, Vec<u8>)>,
    /// The numbers of records that are not needed any more. Some of them may never have been there.
    pub remove: Vec<u64>,
}

/// What records are kept as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Event history.
    History,
    /// Retained events.
    Retained,
}

/// A publisher that waits for PUBLISHED. It gets exactly one answer: an ERROR if the receipt is dropped.
pub struct Receipt {
    publisher: Option<Arc<Member>>,
    request: RequestId,
    publication: PublicationId,
}

impl Receipt {
    pub(crate) fn new(
        publisher: &Arc<Member>,
        request: RequestId,
        publication: PublicationId,
    ) -> Receipt {
        Receipt { publisher: Some(Arc::clone(publisher)), request, publication }
    }

    /// The publication is safe. Flush the turn afterwards.
    pub fn confirm(mut self, turn: &mut Turn) {
        let Some(publisher) = self.publisher.take() else { return };
        let Receipt { request, publication, .. } = self;
        publisher.send(&Message::Published(Published { request, publication }), turn);
    }

    /// The publication could not be written down. Flush the turn afterwards.
    pub fn fail(mut self, turn: &mut Turn) {
        self.refuse(turn);
    }

    fn refuse(&mut self, turn: &mut Turn) {
        let Some(publisher) = self.publisher.take() else { return };
        let text = "the event was published, but could not be stored".into();
        let refusal = Refusal { error: error_uri::NOT_STORED, text };
        publisher.counters.events_not_stored.add(1);
        publisher.refuse(RequestKind::Publish, self.request, &refusal, turn);
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Receipt { request, publication, .. } = self;
        f.debug_struct("Receipt")
            .field("request", request)
            .field("publication", publication)
            .finish_non_exhaustive()
    }
}

impl Drop for Receipt {
    /// Whoever loses it has not stored anything.
    fn drop(&mut self) {
        if self.publisher.is_some() {
            let mut turn = Turn::default();
            self.refuse(&mut turn);
            turn.flush();
        }
    }
}
