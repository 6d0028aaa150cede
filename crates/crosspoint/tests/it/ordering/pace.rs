//! The pace of the publishers: they wait for those who come and go, so that these have been everywhere
//! before all is published.

use std::sync::{Condvar, Mutex};

use super::heard::Numbers;
use super::session::PATIENCE;
use super::subscriber::WANDERERS;

/// How far a publisher is ahead at most, and by a burst.
const LEAD: u64 = 500;

#[derive(Default)]
pub(super) struct Pace {
    /// The last that each wanderer has heard.
    heard: Mutex<[Numbers; WANDERERS]>,
    changed: Condvar,
}

impl Pace {
    /// How far a wanderer has come.
    pub(super) fn note(&self, wanderer: usize, heard: &Numbers) {
        self.heard.lock().unwrap()[wanderer] = *heard;
        self.changed.notify_all();
    }

    /// A publisher has come to that number, and waits until everybody else has nearly.
    pub(super) fn wait(&self, publisher: usize, number: u64) {
        let behind = |heard: &mut [Numbers; WANDERERS]| {
            heard.iter().any(|heard| heard[publisher].unwrap_or(0) + LEAD < number)
        };
        let heard = self.heard.lock().unwrap();
        let (heard, waited) = self.changed.wait_timeout_while(heard, PATIENCE, behind).unwrap();
        // Whoever fails after that is to fail for a reason of his own.
        drop(heard);
        assert!(!waited.timed_out(), "nobody hears what comes after {number}");
    }
}
