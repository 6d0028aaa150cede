//! A disk that is full for a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{io, ops::Bound};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::super::file::attach;
use super::*;

/// A file on a disk that may be full.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    full: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        let full = self.full.load(Ordering::Relaxed);
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }
}

fn on_disk(path: &Path, reopen_interval: Duration) -> (Witnessed, Arc<AtomicBool>) {
    let full = Arc::new(AtomicBool::new(false));
    let disk = Arc::clone(&full);
    let attach =
        move |file| attach(Disk { file: FileBackend::new(file)?, full: Arc::clone(&disk) });
    let file = StoreFile::open_with(path, Box::new(attach), reopen_interval).unwrap();
    (Witnessed::new(file), full)
}

#[test]
fn a_full_disk_fails_receipts_and_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, full) = on_disk(&path, Duration::ZERO);
    for number in 1..=4 {
        assert!(store.put(number, &[]).safe);
    }
    full.store(true, Ordering::Relaxed);
    // Removals of what is there, and of what has not come there.
    for (number, remove) in [(5, &[1][..]), (6, &[2, 5]), (7, &[])] {
        assert_eq!(store.put(number, remove), Told { number, safe: false, readable: false });
    }
    full.store(false, Ordering::Relaxed);
    assert_eq!(store.put(8, &[3]), Told { number: 8, safe: true, readable: true });
    assert_eq!(store.put(9, &[]), Told { number: 9, safe: true, readable: true });
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [4, 8, 9]);
}

/// Numbers of one table come from many threads: a smaller one may come after a greater one.
#[test]
fn failures_cost_nothing_that_was_confirmed_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, full) = on_disk(&path, Duration::ZERO);
    assert!(store.put(2, &[]).safe);
    full.store(true, Ordering::Relaxed);
    assert!(!store.put(1, &[]).safe);
    assert!(!store.put(3, &[]).safe);
    full.store(false, Ordering::Relaxed);
    assert!(store.put(4, &[]).safe);
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [2, 4]);
}

#[test]
fn a_file_with_an_error_is_left_alone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, full) = on_disk(&path, Duration::from_hours(1));
    assert!(store.put(1, &[]).safe);
    full.store(true, Ordering::Relaxed);
    assert!(!store.put(2, &[]).safe);
    full.store(false, Ordering::Relaxed);
    assert!(!store.put(3, &[]).safe);
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [1]);
}

#[test]
fn a_file_that_was_taken_away_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, full) = on_disk(&path, Duration::ZERO);
    assert!(store.put(1, &[]).safe);
    full.store(true, Ordering::Relaxed);
    assert!(!store.put(2, &[]).safe);
    full.store(false, Ordering::Relaxed);
    std::fs::remove_file(&path).unwrap();
    assert!(!store.put(3, &[]).safe);
    assert!(!path.exists());
}
