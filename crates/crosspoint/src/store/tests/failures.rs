//! A disk that is full for a while, or does not know what it has written.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;
use std::{io, ops::Bound};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::super::file::attach;
use super::*;

/// A file on a disk with a fault. It never syncs: here nobody loses his power.
#[derive(Debug)]
struct Disk {
    file: FileBackend,
    fault: Arc<Fault>,
}

/// What is wrong with a disk, from one moment to the next.
#[derive(Debug, Default)]
struct Fault {
    now: AtomicU8,
    syncs: AtomicUsize,
}

const NONE: u8 = 0;
/// Nothing can be written.
const FULL: u8 = 1;
/// Everything is written, and every second time said not to be: a transaction syncs twice, and
/// after the second time it is there.
const DENIAL: u8 = 2;

impl Fault {
    fn set(&self, fault: u8) {
        self.now.store(fault, Ordering::Relaxed);
    }

    fn on_write(&self) -> io::Result<()> {
        fail_if(self.now.load(Ordering::Relaxed) == FULL)
    }

    fn on_sync(&self) -> io::Result<()> {
        let is_second = self.syncs.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        fail_if(match self.now.load(Ordering::Relaxed) {
            FULL => true,
            DENIAL => is_second,
            _ => false,
        })
    }
}

fn fail_if(fails: bool) -> io::Result<()> {
    if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
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
        self.fault.on_sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.fault.on_write()?;
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

fn on_disk(path: &Path, reopen_interval: Duration) -> (Witnessed, Arc<Fault>) {
    let fault = Arc::new(Fault::default());
    let of_disk = Arc::clone(&fault);
    let attach =
        move |file| attach(Disk { file: FileBackend::new(file)?, fault: Arc::clone(&of_disk) });
    let file = StoreFile::open_with(path, Box::new(attach), reopen_interval).unwrap();
    (Witnessed::new(file), fault)
}

#[test]
fn a_full_disk_fails_receipts_and_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, fault) = on_disk(&path, Duration::ZERO);
    for number in 1..=4 {
        assert!(store.put(number, &[]).safe);
    }
    fault.set(FULL);
    // Removals of what is there, and of what has not come there.
    for (number, remove) in [(5, &[1][..]), (6, &[2, 5]), (7, &[])] {
        assert_eq!(store.put(number, remove), Told { number, safe: false, readable: false });
    }
    fault.set(NONE);
    assert_eq!(store.put(8, &[3]), Told { number: 8, safe: true, readable: true });
    assert_eq!(store.put(9, &[]), Told { number: 9, safe: true, readable: true });
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [4, 6, 7, 8, 9]);
}

/// Numbers of one table come from many threads: a smaller one may come after a greater one.
#[test]
fn failures_cost_nothing_that_was_confirmed_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, fault) = on_disk(&path, Duration::ZERO);
    assert!(store.put(2, &[]).safe);
    fault.set(FULL);
    assert!(!store.put(1, &[]).safe);
    assert!(!store.put(3, &[]).safe);
    fault.set(NONE);
    assert!(store.put(4, &[]).safe);
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [1, 2, 3, 4]);
}

#[test]
fn a_file_with_an_error_is_left_alone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, fault) = on_disk(&path, Duration::from_hours(1));
    assert!(store.put(1, &[]).safe);
    fault.set(FULL);
    assert!(!store.put(2, &[]).safe);
    fault.set(NONE);
    assert!(!store.put(3, &[]).safe);
    // At the end it is tried once more.
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [1, 2, 3]);
}

#[test]
fn a_file_that_was_taken_away_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, fault) = on_disk(&path, Duration::from_hours(1));
    assert!(store.put(1, &[]).safe);
    fault.set(FULL);
    assert!(!store.put(2, &[]).safe);
    fault.set(NONE);
    std::fs::remove_file(&path).unwrap();
    // At the end it is tried once more.
    store.queue.close();
    assert!(!path.exists());
}

#[test]
fn what_could_not_be_stored_is_made_up_for_although_nothing_more_comes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, fault) = on_disk(&folder.path().join("store"), Duration::ZERO);
    assert!(store.put(1, &[]).safe);
    fault.set(FULL);
    assert!(!store.put(2, &[1]).safe);
    fault.set(NONE);
    while numbers(&store.file) != [2] {
        std::thread::yield_now();
    }
}

/// Whatever the disk says, in the end the file has what it should.
#[test]
fn faults_in_any_order_end_well() {
    (0..20).for_each(end_well);
}

fn end_well(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, fault) = on_disk(&path, Duration::ZERO);
    let mut random = seed;
    let mut roll = |sides: u64| {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (random >> 33) % sides
    };
    let mut expected = BTreeSet::new();
    for number in 1..=60 {
        match roll(8) {
            0 => fault.set(FULL),
            1 => fault.set(DENIAL),
            2 => fault.set(NONE),
            _ => {}
        }
        let remove: Vec<u64> = expected.iter().copied().filter(|_| roll(6) == 0).collect();
        expected.retain(|number| !remove.contains(number));
        expected.insert(number);
        // Some in a transaction of their own, others together.
        if roll(2) == 0 {
            store.put(number, &remove);
        } else {
            assert!(store.queue.submit(put(number, &remove), None));
        }
    }
    fault.set(NONE);
    store.queue.close();
    let found = numbers(&StoreFile::open(&path).unwrap());
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "with the seed {seed}");
}

#[test]
fn a_file_that_cannot_be_made_shorter_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (store, fault) = on_disk(&path, Duration::from_hours(1));
    assert!(store.put(1, &[]).safe);
    fault.set(FULL);
    assert!(store.file.compact(0).is_err());
    fault.set(NONE);
    assert_eq!(store.put(2, &[]), Told { number: 2, safe: true, readable: true });
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [1, 2]);
}
