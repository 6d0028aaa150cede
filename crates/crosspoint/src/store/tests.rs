//! What is kept, what is told of it, and what remains after failures and crashes.

mod crash;
mod failures;
mod files;

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use crosspoint_router::turn::Turn;

use super::debts::Debts;
use super::writer::Settle;
use super::*;

/// Who waits for a change in a test: hears whether it is safe, and whether its record can be read
/// then.
struct Witness {
    number: u64,
    file: Arc<StoreFile>,
    told: Sender<Told>,
}

#[derive(Debug, PartialEq, Eq)]
struct Told {
    number: u64,
    safe: bool,
    readable: bool,
}

impl Settle for Witness {
    fn settle(self, safe: bool, _turn: &mut Turn) {
        let Witness { number, file, told } = self;
        let readable = numbers(&file).contains(&number);
        let _ = told.send(Told { number, safe, readable });
    }
}

/// A writer with witnesses in place of publishers.
struct Witnessed {
    file: Arc<StoreFile>,
    queue: Queue<Witness>,
    told: Receiver<Told>,
    tell: Sender<Told>,
}

impl Witnessed {
    fn new(file: StoreFile) -> Witnessed {
        let file = Arc::new(file);
        let queue = Queue::start(Arc::clone(&file)).unwrap();
        let (tell, told) = channel();
        Witnessed { file, queue, told, tell }
    }

    /// Puts a record, removes others, and waits until that is settled.
    fn put(&self, number: u64, remove: &[u64]) -> Told {
        assert!(self.submit(put(number, remove), number));
        self.told.recv().unwrap()
    }

    fn submit(&self, changes: Vec<Change>, number: u64) -> bool {
        let (file, told) = (Arc::clone(&self.file), self.tell.clone());
        self.queue.submit(changes, Some(Witness { number, file, told }))
    }
}

fn change(put: Option<(u64, Vec<u8>)>, remove: &[u64]) -> Vec<Change> {
    let remove = remove.to_vec();
    vec![Change { realm: "realm1".into(), table: Table::History, put, remove }]
}

fn put(number: u64, remove: &[u64]) -> Vec<Change> {
    change(Some((number, number.to_string().into_bytes())), remove)
}

/// The numbers in the file, as they come.
fn numbers(file: &StoreFile) -> Vec<u64> {
    let mut numbers = Vec::new();
    // A file that an error has closed has nothing that could be read.
    let _ = file.for_each(|_, _, number, _| numbers.push(number));
    numbers
}

/// All that is in a store, a line each.
fn contents(path: &Path) -> String {
    let mut contents = String::new();
    let store = EventStore::open(path).unwrap();
    store
        .for_each(|realm, table, number, record| {
            let record = String::from_utf8_lossy(record);
            contents.extend([realm, &format!(" {table:?} {number} "), &record, "\n"]);
        })
        .unwrap();
    contents
}

#[test]
fn what_is_put_comes_back_in_order_and_what_is_removed_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EventStore::open(&path).unwrap();
    // Realms of which one begins with the other, and numbers whose octets sort otherwise than they
    // do.
    for (realm, table, number) in [
        ("realm1", Table::History, 1),
        ("realm", Table::Retained, 2),
        ("realm", Table::History, 3),
        ("realm1", Table::History, 256),
        ("realm", Table::History, 255),
        ("realm1", Table::Retained, 257),
        ("realm", Table::History, 65_536),
        ("realm", Table::History, u64::MAX),
    ] {
        let realm: Arc<str> = realm.into();
        let changes = put(number, &[]).into_iter();
        let changes = changes.map(|change| Change { realm: Arc::clone(&realm), table, ..change });
        assert!(store.submit(changes.collect(), None));
    }
    // One of the other realm, one of the other table, one that was never there, and one that was.
    assert!(store.submit(change(None, &[3, 257, 7, 256]), None));
    drop(store);
    expect_test::expect![[r"
        realm History 3 3
        realm History 255 255
        realm History 65536 65536
        realm History 18446744073709551615 18446744073709551615
        realm1 History 1 1
        realm Retained 2 2
        realm1 Retained 257 257
    "]]
    .assert_eq(&contents(&path));
}

#[test]
fn receipts_are_confirmed_when_others_can_read_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = Witnessed::new(StoreFile::open(&folder.path().join("store")).unwrap());
    for number in 1..=5 {
        assert_eq!(store.put(number, &[]), Told { number, safe: true, readable: true });
    }
}

#[tokio::test]
async fn a_flush_waits_for_what_was_submitted_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Witnessed::new(StoreFile::open(&folder.path().join("store")).unwrap());
    for number in 1..=100 {
        assert!(store.submit(put(number, &[]), number));
    }
    store.queue.flush().await;
    let told: Vec<_> = store.told.try_iter().map(|told| told.number).collect();
    assert_eq!(told, (1..=100).collect::<Vec<_>>());
    // Also if there is nothing to wait for, or nobody who could write it.
    store.queue.flush().await;
    store.queue.close();
    store.queue.flush().await;
}

/// It is full for who would wait, and not for what may come later.
#[tokio::test]
async fn a_store_that_is_drained_answers_all_that_wait_and_takes_no_more_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Witnessed::new(StoreFile::open(&path).unwrap());
    assert!(store.put(1, &[]).safe);
    let mut drained = None;
    // While somebody reads, nothing is written.
    let reading = store.file.for_each(|_, _, _, _| {
        assert!(store.submit(put(2, &[]), 2));
        assert!(!store.queue.is_full());
        drained = Some(store.queue.drain());
        assert!(store.queue.is_full());
        // Who had asked just before. He hears it when his receipt is dropped.
        assert!(store.submit(put(3, &[1]), 3));
        assert!(store.queue.submit(put(4, &[]), None));
    });
    reading.unwrap();
    drained.unwrap().await;
    let told: Vec<_> = store.told.try_iter().collect();
    assert_eq!(told, [Told { number: 2, safe: true, readable: true }]);
    store.queue.close();
    assert_eq!(numbers(&StoreFile::open(&path).unwrap()), [2, 4]);
}

#[test]
fn a_full_store_takes_only_what_somebody_waits_for_and_what_frees() {
    const RECORD_OCTETS: usize = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Witnessed::new(StoreFile::open(&path).unwrap());
    store.put(1, &[]);
    let large = |number| change(Some((number, vec![0; RECORD_OCTETS])), &[]);
    let mut taken = 0;
    // While somebody reads, nothing is written.
    let reading = store.file.for_each(|_, _, _, _| {
        while store.queue.submit(large(2 + taken), None) {
            taken += 1;
        }
        assert!(store.queue.is_full());
        assert!(store.queue.submit(change(None, &[1, 2]), None));
        // However long that goes on, what was not taken needs no removal.
        let waiting = store.queue.waiting_octets();
        for number in 500..600 {
            assert!(!store.queue.submit(change(Some((number, Vec::new())), &[number - 1]), None));
        }
        assert_eq!(store.queue.waiting_octets(), waiting);
        assert!(store.submit(large(1000), 1000));
    });
    reading.unwrap();
    assert_eq!(taken, (STORE_QUEUE_OCTETS_MAX / RECORD_OCTETS) as u64);
    assert_eq!(store.told.recv().unwrap(), Told { number: 1000, safe: true, readable: true });
    assert!(!store.queue.is_full());
    store.queue.close();
    let numbers = numbers(&StoreFile::open(&path).unwrap());
    assert_eq!(numbers, (3..2 + taken).chain([1000]).collect::<Vec<_>>());
}

#[test]
fn a_closed_store_takes_nothing_and_lets_go_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EventStore::open(&path).unwrap();
    assert!(store.submit(put(1, &[]), None));
    store.close();
    store.close();
    assert!(store.is_full());
    assert!(!store.submit(put(2, &[]), None));
    assert!(!store.submit(change(None, &[1]), None));
    assert!(matches!(store.for_each(|_, _, _, _| ()), Err(StoreError::Closed { .. })));
    assert_eq!(contents(&path), "realm1 History 1 1\n");
}

/// A publisher may be the last that holds its router, and so the store.
#[test]
fn the_writer_may_drop_the_store() {
    struct Holder(Receiver<Arc<Queue<Holder>>>);
    impl Settle for Holder {
        fn settle(self, _safe: bool, _turn: &mut Turn) {
            drop(self.0.recv().unwrap());
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let file = Arc::new(StoreFile::open(&path).unwrap());
    let queue = Arc::new(Queue::start(Arc::clone(&file)).unwrap());
    let (give, given) = channel();
    queue.submit(put(1, &[]), Some(Holder(given)));
    queue.submit(put(2, &[]), None);
    let thread = queue.take_thread().unwrap();
    give.send(queue).unwrap();
    thread.join().unwrap();
    assert_eq!(contents(&path), "realm1 History 1 1\nrealm1 History 2 2\n");
}

/// What a smaller history leaves free is given back, and what it has stays.
#[test]
fn the_file_shrinks_when_most_of_it_is_not_needed() {
    const RECORDS: u64 = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let file = StoreFile::open(&path).unwrap();
    let length = || std::fs::metadata(&path).unwrap().len();
    let records: Vec<_> =
        (0..RECORDS).flat_map(|number| change(Some((number, vec![0x5a; 200])), &[])).collect();
    assert!(file.write(&records, &mut Debts::default()).is_ok());
    let full = length();
    let removed: Vec<_> = (0..RECORDS).filter(|number| number % 100 != 0).collect();
    assert!(file.write(&change(None, &removed), &mut Debts::default()).is_ok());
    assert_eq!(file.compact(full).unwrap(), None);
    let (before, after) = file.compact(0).unwrap().unwrap();
    assert_eq!(after, length());
    assert!(after < before / 4, "{before} octets, and then {after}");
    // Now all of it is needed. It goes on.
    assert_eq!(file.compact(0).unwrap(), None);
    assert!(file.write(&put(RECORDS, &[]), &mut Debts::default()).is_ok());
    file.close();
    let numbers = numbers(&StoreFile::open(&path).unwrap());
    assert_eq!(numbers, (0..=RECORDS).step_by(100).collect::<Vec<_>>());
}

/// Space that is freed is used again: the file does not grow with what has passed through it.
#[test]
fn the_file_does_not_grow_with_what_has_passed_through() {
    const PASSED: u64 = 200_000;
    const ALIVE: u64 = 5_000;
    /// It was 4.3 MB when this was written: the records are 1 MB, and a transaction writes what it
    /// changes a second time before the first is free. All that passes through is 40 MB.
    const FILE_OCTETS_MAX: u64 = 16 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EventStore::open(&path).unwrap();
    for number in 1..=PASSED {
        let remove: &[u64] = if number > ALIVE { &[number - ALIVE] } else { &[] };
        let record = vec![0x5a; 200];
        // What is submitted to a store that is full is removed all the same.
        while store.is_full() {
            std::thread::yield_now();
        }
        assert!(store.submit(change(Some((number, record)), remove), None));
    }
    store.close();
    let octets = std::fs::metadata(&path).unwrap().len();
    assert!(octets < FILE_OCTETS_MAX, "{octets} octets");
    let numbers = numbers(&StoreFile::open(&path).unwrap());
    assert_eq!(numbers, (PASSED - ALIVE + 1..=PASSED).collect::<Vec<_>>());
}
