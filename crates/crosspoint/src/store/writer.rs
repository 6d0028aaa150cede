//! The writer: a queue that never makes anybody wait, and the thread that writes what is in it.
//!
//! Whatever waits when a transaction ends is written in the next one (group commit): under load,
//! the disk's delay is shared by many changes, and without it a change waits for nobody.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use crosspoint_router::store::{Change, Receipt, Table};
use crosspoint_router::turn::Turn;
use tokio::sync::oneshot;
use tracing::{error, warn};

use super::debts::Debts;
use super::file::{StoreFile, Unmade};
use super::{CHANGE_OCTETS, STORE_QUEUE_OCTETS_MAX};
use crate::clock;

/// What one transaction takes, counted as in the queue. More would hardly be written faster, and
/// keep the first of them waiting for their receipts.
const BATCH_OCTETS_MAX: usize = 4 << 20;

/// What is told when a change is safe, or has failed: a [`Receipt`], but for the tests of this
/// module.
pub(super) trait Settle: Send + 'static {
    fn settle(self, safe: bool, turn: &mut Turn);
}

impl Settle for Receipt {
    fn settle(self, safe: bool, turn: &mut Turn) {
        if safe {
            self.confirm(turn);
        } else {
            self.fail(turn);
        }
    }
}

/// The queue's end for those who have changes. The thread ends when it is told so.
pub(super) struct Queue<R> {
    orders: Sender<Order<R>>,
    load: Arc<Load>,
    /// The last record that was taken of each table.
    taken: Mutex<BTreeMap<(Table, Arc<str>), u64>>,
    /// Nothing more is taken that somebody waits for. Whoever sends an order holds it, so that no
    /// such order comes behind the flush of those before it.
    draining: RwLock<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Order<R> {
    /// Changes that belong together, and who waits for them.
    Write(Vec<Change>, Option<R>),
    /// Who waits for all that came before.
    Flush(oneshot::Sender<()>),
    /// Everything that is in the queue, and then no more.
    Close,
}

/// How the writer is doing, as those who have changes see it.
#[derive(Default)]
struct Load {
    /// What has been submitted and is not written yet, in octets.
    waiting: AtomicUsize,
    /// The thread has ended, perhaps by a panic.
    gone: AtomicBool,
}

impl<R: Settle> Queue<R> {
    /// Starts the thread that writes to the file and closes it at the end.
    pub(super) fn start(file: Arc<StoreFile>) -> io::Result<Queue<R>> {
        let (orders, received) = mpsc::channel();
        let load = Arc::new(Load::default());
        let writer = Writer {
            file,
            orders: received,
            load: Arc::clone(&load),
            closing: false,
            batch: Batch {
                changes: Vec::new(),
                receipts: Vec::new(),
                flushed: Vec::new(),
                octets: 0,
            },
            turn: Turn::default(),
            debts: Debts::default(),
            fails: false,
            lost: 0,
        };
        let thread = thread::Builder::new().name("store-writer".into()).spawn(|| writer.run())?;
        let (draining, thread) = (RwLock::new(false), Mutex::new(Some(thread)));
        Ok(Queue { orders, load, taken: Mutex::default(), draining, thread })
    }

    pub(super) fn is_full(&self) -> bool {
        self.load.is_full() || *self.draining.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn waiting_octets(&self) -> usize {
        self.load.waiting.load(Ordering::Relaxed)
    }

    /// False if records were left out for which nobody waits. A receipt that comes too late is
    /// dropped, and then its records are left out, too.
    pub(super) fn submit(&self, mut changes: Vec<Change>, receipt: Option<R>) -> bool {
        let draining = self.draining.read().unwrap_or_else(PoisonError::into_inner);
        let awaited = receipt.is_some();
        let has_room = if awaited { !*draining } else { !self.load.is_full() };
        let (receipt, _too_late) = if has_room { (receipt, None) } else { (None, receipt) };
        let left_out = !has_room && self.leave_records_out(&mut changes);
        self.note_taken(&changes);
        let sent = if changes.is_empty() && receipt.is_none() {
            Ok(())
        } else {
            // First, so that the writer never takes off what is not yet on it.
            self.load.waiting.fetch_add(octets(&changes), Ordering::Relaxed);
            self.orders.send(Order::Write(changes, receipt))
        };
        // Receipts that were not taken are dropped after it: they write to their publishers.
        drop(draining);
        awaited || (sent.is_ok() && !left_out)
    }

    /// Leaves of changes what they remove, unless that was left out itself: so however long nothing can be
    /// written, there are no more removals than there were records. Were there any records?
    fn leave_records_out(&self, changes: &mut Vec<Change>) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records = 0;
        for Change { realm, table, put, remove } in &mut *changes {
            records += usize::from(put.take().is_some());
            // Where nothing was taken yet there is what an earlier start has left.
            let last = taken.get(&(*table, Arc::clone(realm))).copied().unwrap_or(u64::MAX);
            remove.retain(|number| *number <= last);
        }
        changes.retain(|change| !change.remove.is_empty());
        records > 0
    }

    fn note_taken(&self, changes: &[Change]) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for Change { realm, table, put, .. } in changes {
            let Some((number, _)) = put else { continue };
            let last = taken.entry((*table, Arc::clone(realm))).or_default();
            *last = (*last).max(*number);
        }
    }

    /// From now on takes nothing more that somebody waits for. Ready when all who wait know.
    pub(super) fn drain(&self) -> impl Future<Output = ()> + use<R> {
        *self.draining.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.flush()
    }

    /// Ready when all that was submitted before is written and settled, or has failed.
    pub(super) fn flush(&self) -> impl Future<Output = ()> + use<R> {
        let (flushed, done) = oneshot::channel();
        let _ = self.orders.send(Order::Flush(flushed));
        // An error is the writer's end: it has settled all that it ever will.
        async { done.await.unwrap_or_default() }
    }
}

impl<R> Queue<R> {
    /// Waits until all that was submitted is written, and the thread has ended.
    pub(super) fn close(&self) {
        let _ = self.orders.send(Order::Close);
        // The thread may have held the last of what held the store. It cannot wait for itself.
        let another = |thread: &JoinHandle<()>| thread.thread().id() != thread::current().id();
        let Some(thread) = self.take_thread().filter(another) else { return };
        if thread.join().is_err() {
            error!("the store's writer had ended by a panic; events since then are not stored");
        }
    }

    pub(super) fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<R> Drop for Queue<R> {
    fn drop(&mut self) {
        self.close();
    }
}

impl Load {
    fn is_full(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
            || self.waiting.load(Ordering::Relaxed) > STORE_QUEUE_OCTETS_MAX
    }
}

/// What changes take up while they wait.
fn octets(changes: &[Change]) -> usize {
    let octets = |Change { put, remove, .. }: &Change| {
        let record = put.as_ref().map_or(0, |(_, record)| record.len());
        CHANGE_OCTETS + record + remove.len() * size_of::<u64>()
    };
    changes.iter().map(octets).sum()
}

/// The thread's side.
struct Writer<R> {
    file: Arc<StoreFile>,
    orders: Receiver<Order<R>>,
    load: Arc<Load>,
    closing: bool,
    batch: Batch<R>,
    turn: Turn,
    debts: Debts,
    /// The last transaction has failed.
    fails: bool,
    /// Of the records that have failed since one did not, those that are lost for good.
    lost: usize,
}

/// What goes into one transaction.
struct Batch<R> {
    changes: Vec<Change>,
    receipts: Vec<R>,
    flushed: Vec<oneshot::Sender<()>>,
    octets: usize,
}

impl<R: Settle> Writer<R> {
    fn run(mut self) {
        while self.collect() {
            let is_idle = self.batch.changes.is_empty() && self.debts.is_empty();
            let safe = is_idle || self.write();
            self.settle(safe);
        }
        if !self.debts.is_empty() {
            self.pay_at_last();
        }
    }

    fn write(&mut self) -> bool {
        let written = self.file.write(&self.batch.changes, &mut self.debts);
        let safe = written.is_ok();
        match written {
            Ok(()) => self.on_written(),
            Err(unmade) => self.on_failed(&unmade),
        }
        self.batch.changes.clear();
        self.load.waiting.fetch_sub(self.batch.octets, Ordering::Relaxed);
        self.batch.octets = 0;
        safe
    }

    /// What is not paid now never is.
    fn pay_at_last(&mut self) {
        self.file.retry_at_once();
        if !self.write() {
            let lost = self.lost + self.debts.records();
            error!("the store is closed; {lost} events that could not be stored are lost with it");
        }
    }

    /// Waits for something to write, and takes all that is there. False when nothing more will
    /// come.
    fn collect(&mut self) -> bool {
        if !self.closing
            && let Some(order) = self.wait()
        {
            self.take(order);
        }
        while self.batch.octets < BATCH_OCTETS_MAX
            && let Ok(order) = self.orders.try_recv()
        {
            self.take(order);
        }
        !self.closing || !self.batch.is_empty()
    }

    /// The next order. While there are debts it may be time to pay them before one comes: none.
    fn wait(&self) -> Option<Order<R>> {
        if self.debts.is_empty() {
            return Some(self.orders.recv().unwrap_or(Order::Close));
        }
        match self.orders.recv_timeout(self.file.reopen_interval()) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Order::Close),
        }
    }

    fn take(&mut self, order: Order<R>) {
        match order {
            Order::Write(changes, receipt) => {
                self.batch.octets += octets(&changes);
                self.batch.changes.extend(changes);
                self.batch.receipts.extend(receipt);
            }
            Order::Flush(flushed) => self.batch.flushed.push(flushed),
            Order::Close => self.closing = true,
        }
    }

    fn on_written(&mut self) {
        self.debts.settle(&self.batch.changes);
        if self.fails {
            warn!("events are stored again; {} were lost", self.lost);
            (self.fails, self.lost) = (false, 0);
        }
    }

    fn on_failed(&mut self, Unmade { error, tried }: &Unmade) {
        // One line for a streak: a disk that is full would else fill its log.
        if !self.fails {
            let hint = error.hint();
            error!(hint, "events cannot be stored: {error}");
        }
        self.fails = true;
        self.lost += self.debts.incur(self.batch.changes.drain(..), *tried);
    }

    fn settle(&mut self, safe: bool) {
        self.turn.begin(clock::now());
        for receipt in self.batch.receipts.drain(..) {
            receipt.settle(safe, &mut self.turn);
        }
        self.turn.flush();
        for flushed in self.batch.flushed.drain(..) {
            let _ = flushed.send(());
        }
    }
}

impl<R> Batch<R> {
    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.receipts.is_empty() && self.flushed.is_empty()
    }
}

impl<R> Drop for Writer<R> {
    /// However the thread ends: nothing more is taken, and the file is free for others.
    fn drop(&mut self) {
        self.load.gone.store(true, Ordering::Relaxed);
        self.file.close();
    }
}
