//! A process that is killed while it writes, and what is found afterwards.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::*;

/// Tells the test below that it is the one to be killed, and which file it is to write.
const VICTIM: &str = "CROSSPOINT_TEST_STORE_VICTIM";

/// How many records are alive at a time.
const ALIVE: u64 = 500;

/// Publishers who print the numbers that they know to be safe.
struct Printer(u64, Sender<()>);

impl Settle for Printer {
    fn settle(self, safe: bool, _turn: &mut Turn) {
        assert!(safe);
        println!("safe {}", self.0);
        let _ = self.1.send(());
    }
}

/// Nothing, unless it is run by the test below: then it writes until it is killed.
#[test]
fn victim() {
    const AT_ONCE: u64 = 50;
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let file = Arc::new(StoreFile::open(Path::new(&path)).unwrap());
    let mut number = numbers(&file).last().copied().unwrap_or_default();
    let queue = Queue::start(file).unwrap();
    let (tell, told) = channel();
    loop {
        for _ in 0..AT_ONCE {
            number += 1;
            let remove: &[u64] = if number > ALIVE { &[number - ALIVE] } else { &[] };
            queue.submit(put(number, remove), Some(Printer(number, tell.clone())));
        }
        (0..AT_ONCE).for_each(|_| told.recv().unwrap());
    }
}

#[test]
fn what_was_confirmed_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    // The last of them when everything is put and removed, the first when the file is young.
    for lines in [1, 10, 333, 77, 1201, 1] {
        let safe = kill_after(&path, lines);
        let numbers = numbers(&StoreFile::open(&path).unwrap());
        // As one writer has left it: some more than we know of, without a gap, and none too many.
        let last = *numbers.last().unwrap();
        assert!(last >= safe, "{safe} was confirmed, and the last in the file is {last}");
        assert_eq!(numbers, (last.saturating_sub(ALIVE) + 1..=last).collect::<Vec<_>>());
    }
    for line in contents(&path).lines() {
        let mut words = line.rsplit(' ');
        assert_eq!(words.next(), words.next(), "{line}");
    }
}

/// Starts a victim, kills it after so many of its lines, and gives the last number that it has
/// confirmed.
fn kill_after(path: &Path, lines: usize) -> u64 {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::crash::victim", "--nocapture"])
        .env(VICTIM, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut safe = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .filter_map(|line| line.unwrap().strip_prefix("safe ")?.parse().ok());
    let last = safe.nth(lines - 1).expect("it writes until it is killed");
    assert!(matches!(EventStore::open(path), Err(StoreError::InUse { .. })));
    victim.kill().unwrap();
    let last = safe.last().unwrap_or(last);
    assert!(!victim.wait().unwrap().success());
    last
}
