//! A store that writes when a test says so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crosspoint_router::router::Router;
use crosspoint_router::store::{Change, Receipt, Store, Table};
use crosspoint_router::turn::Turn;

/// What it has written, and what waits.
#[derive(Default)]
pub(crate) struct TestStore(Mutex<Contents>);

/// How far a store has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Submissions that it was given so far.
    pub(crate) submitted: usize,
    /// Of these, how many do not wait any more.
    pub(crate) done: usize,
}

/// Changes that belong together, and who waits for them.
type Submission = (Vec<Change>, Option<Receipt>);

#[derive(Default)]
struct Contents {
    records: BTreeMap<(String, Table, u64), Vec<u8>>,
    waiting: VecDeque<Submission>,
    /// Of these, all that it was ever given.
    submitted: usize,
    is_full: bool,
}

impl TestStore {
    pub(crate) fn fill_up(&self, is_full: bool) {
        self.with(|contents| contents.is_full = is_full);
    }

    /// Writes the next submissions that wait.
    pub(crate) fn write(&self, submissions: usize, turn: &mut Turn) {
        for _ in 0..submissions {
            let next = self.with(|contents| contents.waiting.pop_front());
            let Some((changes, receipt)) = next else { return };
            self.with(|contents| {
                for Change { realm, table, put, remove } in changes {
                    let key = |sequence| (realm.to_string(), table, sequence);
                    contents.records.extend(put.map(|(sequence, record)| (key(sequence), record)));
                    for sequence in remove {
                        contents.records.remove(&key(sequence));
                    }
                }
            });
            if let Some(receipt) = receipt {
                receipt.confirm(turn);
            }
        }
    }

    /// Cannot write what waits.
    pub(crate) fn fail(&self, turn: &mut Turn) {
        for (_changes, receipt) in self.take_waiting() {
            if let Some(receipt) = receipt {
                receipt.fail(turn);
            }
        }
    }

    /// Loses what waits, as a process does that is killed.
    pub(crate) fn crash(&self) {
        drop(self.take_waiting());
    }

    /// Gives a new router what it has.
    pub(crate) fn restore_to(&self, router: &Router) {
        let records = self.with(|contents| contents.records.clone());
        for ((realm, table, sequence), record) in &records {
            router.restore(realm, *table, *sequence, record);
        }
        router.restored();
    }

    pub(crate) fn progress(&self) -> Progress {
        self.with(|contents| {
            let submitted = contents.submitted;
            Progress { submitted, done: submitted - contents.waiting.len() }
        })
    }

    /// How many records of each table it has.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let count = |of| {
            self.with(|contents| {
                contents.records.keys().filter(|(_, table, _)| *table == of).count()
            })
        };
        (count(Table::History), count(Table::Retained))
    }

    fn take_waiting(&self) -> VecDeque<Submission> {
        self.with(|contents| std::mem::take(&mut contents.waiting))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for TestStore {
    fn is_full(&self) -> bool {
        self.with(|contents| contents.is_full)
    }

    fn submit(&self, mut changes: Vec<Change>, receipt: Option<Receipt>) -> bool {
        self.with(|contents| {
            let left_out = contents.is_full
                && receipt.is_none()
                && changes.iter().any(|change| change.put.is_some());
            if left_out {
                for change in &mut changes {
                    change.put = None;
                }
            }
            contents.submitted += 1;
            contents.waiting.push_back((changes, receipt));
            !left_out
        })
    }
}
