//! The embedded store: events that outlive the router, also one that was killed, in a single file.
//!
//! The router keeps in memory what it works with. It reads the store once, when it starts, and from
//! then on only tells it what changes. `writer` makes the changes, many in one transaction; `file`
//! is the database; `debts` is what failures leave behind.

mod debts;
mod error;
mod file;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crosspoint_router::store::{Change, Receipt, Store, Table};

pub use self::error::StoreError;
use self::file::StoreFile;
use self::writer::Queue;

/// What may wait to be written, in octets: records, removals, and [`CHANGE_OCTETS`] for each
/// change.
///
/// At a disk's usual speed that is about a second, so it bridges a stall of the disk; and it is
/// memory that a router can spare. It is asked before a change is counted, so what may really wait
/// is this and one change of each thread that had just asked; and removals, which free more than
/// they cost, are always taken, if their records were.
pub const STORE_QUEUE_OCTETS_MAX: usize = 64 << 20;

/// What a change costs in the queue besides its record: its own fields, and its place in the queue.
pub const CHANGE_OCTETS: usize = 256;

/// What is remembered of records that could not be put down, in octets, counted as in the queue:
/// tens of thousands of events, and no more than can be tried again every second.
pub const STORE_DEBTS_OCTETS_MAX: usize = 16 << 20;

/// What a file may have without need, in octets: less is nothing to a disk, and will be used again.
pub const STORE_UNUSED_OCTETS_MIN: u64 = 64 << 20;

/// A store in one file.
///
/// Changes are made by a thread of its own, in the order in which they are submitted. Those that were
/// submitted together are made together or not at all, and what a receipt was confirmed for is there after the
/// process was killed or the machine lost its power, as far as the disk keeps what it says it has
/// written.
///
/// When a transaction fails, because the disk is full for instance, the receipts of its changes
/// fail. The store goes on with the next ones, and tries to open its file anew, once a second. When
/// it works again, and a last time when it is closed, it makes up for what it was to do meanwhile:
/// it removes what is not needed any more, and puts down the records that are, as many as fit into
/// [`STORE_DEBTS_OCTETS_MAX`], each by itself; the others are lost. So a record may be found at the
/// next start although its receipt has failed.
///
/// One process has the file at a time, with a single `EventStore`. It may be shared; when the last
/// reference is dropped, it is [closed](EventStore::close).
///
/// ```
/// use crosspoint::store::EventStore;
/// use crosspoint_router::store::{Change, Store, Table};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("events.store");
///
/// let store = EventStore::open(&path)?;
/// let change = Change {
///     realm: "realm1".into(),
///     table: Table::History,
///     put: Some((1, b"a record".to_vec())),
///     remove: Vec::new(),
/// };
/// store.submit(vec![change], None);
/// store.close();
///
/// let store = EventStore::open(&path)?;
/// let mut records = Vec::new();
/// store.for_each(|realm, table, sequence, record| {
///     records.push((realm.to_owned(), table, sequence, record.to_vec()));
/// })?;
/// assert_eq!(records, [("realm1".to_owned(), Table::History, 1, b"a record".to_vec())]);
/// # Ok(())
/// # }
/// ```
pub struct EventStore {
    file: Arc<StoreFile>,
    queue: Queue<Receipt>,
}

impl EventStore {
    /// Opens the store in this file, or makes an empty one if there is none. The file is checked as
    /// a whole, and repaired if a crash has left something half done: this may take its time, and
    /// blocks.
    ///
    /// The folder must be there. On Unix, a new file is for the router's user only.
    pub fn open(path: impl AsRef<Path>) -> Result<EventStore, StoreError> {
        let path = path.as_ref();
        let file = Arc::new(StoreFile::open(path)?);
        let queue = Queue::start(Arc::clone(&file)).map_err(|error| StoreError::io(path, error))?;
        Ok(EventStore { file, queue })
    }

    /// Gives out every record: its realm, its table, its sequence number, and its octets. Within a
    /// realm and a table they come in ascending order of their numbers.
    ///
    /// To be called once, at the start, before anybody publishes: nothing is written while it
    /// reads. It blocks. What was given out before an error was there.
    pub fn for_each(&self, each: impl FnMut(&str, Table, u64, &[u8])) -> Result<(), StoreError> {
        self.file.for_each(each)
    }

    /// Ready when all that was submitted before this call is written and confirmed, or has failed.
    pub fn flush(&self) -> impl Future<Output = ()> + use<> {
        self.queue.flush()
    }

    /// From now on it is full for whoever waits for a receipt, and takes only what nobody waits for.
    /// Ready when every receipt that it has is confirmed, or has failed.
    pub fn drain(&self) -> impl Future<Output = ()> + use<> {
        self.queue.drain()
    }

    /// Makes the file shorter if most of it, and at least [`STORE_UNUSED_OCTETS_MIN`], is not needed any
    /// more: how long it was, and is now. Nothing is written meanwhile. It blocks, for a second where
    /// 100 MB are needed, so it is for the start. After an error the store goes on as it was.
    pub fn compact(&self) -> Result<Option<(u64, u64)>, StoreError> {
        self.file.compact(STORE_UNUSED_OCTETS_MIN)
    }

    /// Waits until all that was submitted is written and confirmed, and lets go of the file. What
    /// is submitted after that is left out, and its receipts are dropped. It blocks; to call it
    /// again does nothing.
    pub fn close(&self) {
        self.queue.close();
    }
}

impl Store for EventStore {
    /// Do more than [`STORE_QUEUE_OCTETS_MAX`] octets wait? Also a store that is to be
    /// [drained](EventStore::drain) or was closed takes nothing.
    fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Takes changes; never waits. While the store is full, the records of those without a receipt are
    /// left out; what they remove is removed.
    fn submit(&self, changes: Vec<Change>, receipt: Option<Receipt>) -> bool {
        self.queue.submit(changes, receipt)
    }
}

impl fmt::Debug for EventStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStore").field("path", &self.file.path()).finish_non_exhaustive()
    }
}
