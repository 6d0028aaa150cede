//! The store's file: a redb database with a table for each [`Table`], and its format.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crosspoint_router::store::{Change, Table};
use redb::backends::FileBackend;
use redb::{
    Database, Durability, ReadableDatabase as _, ReadableTable as _, StorageBackend,
    TableDefinition, WriteTransaction,
};
use tracing::error;

use super::debts::Debts;
use super::error::StoreError;

/// What this Crosspoint writes and reads. To be counted up with each change that an older one would
/// misread.
pub(super) const FORMAT: u64 = 1;

const FORMAT_TABLE: TableDefinition<'_, &str, u64> = TableDefinition::new("crosspoint");
const FORMAT_KEY: &str = "format";

/// A realm and a number: the order of keys is the order in which records are read.
type Key = (&'static str, u64);
type Records<'t> = redb::Table<'t, Key, &'static [u8]>;

/// Memory for pages that were read or are being written. New records are put down beside each other
/// and old ones removed beside each other, so few pages are in use; the library's own 1 GiB would
/// also be filled by reading everything at the start.
const CACHE_OCTETS: usize = 16 << 20;

/// How long a file that had an error is left alone. Opening it means to check it as a whole, which
/// is too much work to be done for each publication while the disk is full.
const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// It is left alone as long once more for each time that it takes so long to open it.
const LONG_TO_OPEN_MS: u32 = 50;

/// A file that was being made has at most this length: 1 MiB, and what describes it.
const UNFINISHED_OCTETS_MAX: u64 = 4 << 20;

/// Makes a database of a file: tests put something between the two.
pub(super) type Attach = dyn Fn(File) -> Result<Database, redb::Error> + Send + Sync;

/// The file. Whoever uses it, waits for whoever does: it belongs to the writer's thread, but for
/// the reading at the start.
pub(super) struct StoreFile {
    path: PathBuf,
    attach: Box<Attach>,
    reopen_interval: Duration,
    /// How long it took to open it, the last time.
    opened_in_ms: AtomicU32,
    state: Mutex<State>,
}

enum State {
    Open(Database),
    /// An error has closed it: the library cannot go on after one.
    Broken {
        retry_at: Instant,
    },
    Closed,
}

/// Why changes were not made.
pub(super) struct Unmade {
    pub(super) error: StoreError,
    /// An error of the transaction itself: it may have come to the disk nevertheless.
    pub(super) tried: bool,
}

impl StoreFile {
    pub(super) fn open(path: &Path) -> Result<StoreFile, StoreError> {
        let attach = |file| attach(FileBackend::new(file)?);
        StoreFile::open_with(path, Box::new(attach), REOPEN_INTERVAL)
    }

    pub(super) fn open_with(
        path: &Path,
        attach: Box<Attach>,
        reopen_interval: Duration,
    ) -> Result<StoreFile, StoreError> {
        let started = Instant::now();
        let file = open_file(path, true)?;
        let database = attach(file).map_err(|error| StoreError::database(path, error))?;
        check_format(path, &database)?;
        // Not every file system can do it, and those that cannot have no need of it.
        let _ = sync_folder(path);
        let (path, state) = (path.to_owned(), Mutex::new(State::Open(database)));
        let opened_in_ms = AtomicU32::new(milliseconds_since(started));
        Ok(StoreFile { path, attach, reopen_interval, opened_in_ms, state })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes changes and pays debts in one transaction: when it returns, all are safe, or none was
    /// made.
    pub(super) fn write(&self, changes: &[Change], debts: &mut Debts) -> Result<(), Unmade> {
        let mut state = self.state();
        let database = self.database(&mut state);
        let database = database.map_err(|error| Unmade { error, tried: false })?;
        let Err(error) = transact(database, changes, debts) else { return Ok(()) };
        self.give_up(&mut state);
        Err(Unmade { error: StoreError::database(&self.path, error), tried: true })
    }

    /// How long a file that had an error is left alone: much longer than it takes to check it, so that a
    /// large file on a disk that is full is not all that the machine is busy with.
    pub(super) fn reopen_interval(&self) -> Duration {
        let opened_in_ms = self.opened_in_ms.load(Ordering::Relaxed);
        self.reopen_interval.saturating_mul(1 + opened_in_ms / LONG_TO_OPEN_MS)
    }

    /// The next use opens the file anew, however short ago it had an error.
    pub(super) fn retry_at_once(&self) {
        if let State::Broken { retry_at } = &mut *self.state() {
            *retry_at = Instant::now();
        }
    }

    /// All records, of one table after the other.
    pub(super) fn for_each(
        &self,
        mut each: impl FnMut(&str, Table, u64, &[u8]),
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let database = self.database(&mut state)?;
        let Err(error) = read(database, &mut each) else { return Ok(()) };
        self.give_up(&mut state);
        Err(StoreError::database(&self.path, error))
    }

    /// Gives back to the system what the file has and does not need, if that is more than what it needs
    /// and at least so much. How long the file was before that, and is now.
    pub(super) fn compact(&self, unused_octets_min: u64) -> Result<Option<(u64, u64)>, StoreError> {
        let mut state = self.state();
        let State::Open(database) = &mut *state else { return Ok(None) };
        let length = || Ok(std::fs::metadata(&self.path)?.len());
        let compacted = compact(database, length, unused_octets_min);
        compacted.map_err(|error| {
            // As after any error it has to be opened anew. What could not be made shorter may work well
            // otherwise, so that need not wait.
            *state = State::Broken { retry_at: Instant::now() };
            StoreError::database(&self.path, error)
        })
    }

    /// Lets go of the file, for good.
    pub(super) fn close(&self) {
        let State::Open(database) = std::mem::replace(&mut *self.state(), State::Closed) else {
            return;
        };
        if let Err(error) = database.close() {
            let error = StoreError::database(&self.path, error);
            error!("{error}; all that was confirmed is safe, and the next start repairs the file");
        }
    }

    fn give_up(&self, state: &mut State) {
        // First the old one goes: it has the file's lock.
        *state = State::Broken { retry_at: Instant::now() + self.reopen_interval() };
    }

    fn database<'s>(&self, state: &'s mut State) -> Result<&'s Database, StoreError> {
        if let State::Broken { retry_at } = state
            && *retry_at <= Instant::now()
        {
            match self.reopen() {
                Ok(database) => *state = State::Open(database),
                Err(error) => {
                    self.give_up(state);
                    return Err(error);
                }
            }
        }
        match state {
            State::Open(database) => Ok(database),
            State::Broken { .. } | State::Closed => {
                Err(StoreError::Closed { path: self.path.clone() })
            }
        }
    }

    /// A file that has gone is not made anew: it would look as if nothing had been in it.
    fn reopen(&self) -> Result<Database, StoreError> {
        let started = Instant::now();
        let file = open_file(&self.path, false)?;
        let database =
            (self.attach)(file).map_err(|error| StoreError::database(&self.path, error))?;
        self.opened_in_ms.store(milliseconds_since(started), Ordering::Relaxed);
        check_format(&self.path, &database)?;
        Ok(database)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves a transaction that was not committed, which is none.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds_since(started: Instant) -> u32 {
    u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX)
}

pub(super) fn attach(backend: impl StorageBackend) -> Result<Database, redb::Error> {
    let mut builder = Database::builder();
    // All is read at the start anyway; and without the check, damage would be a panic.
    builder.set_cache_size(CACHE_OCTETS).set_check_integrity_on_open(true);
    Ok(builder.create_with_backend(backend)?)
}

fn open_file(path: &Path, create: bool) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create);
    // What realms tell their sessions is not for everybody on the machine.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| StoreError::io(path, error))?;
    match empty_unfinished(&file) {
        Ok(()) => Ok(file),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(StoreError::InUse { path: path.to_owned() })
        }
        Err(error) => Err(StoreError::io(path, error)),
    }
}

/// Whoever is killed while the library makes the file leaves one that it does not know again. There
/// is nothing in it but a header without its first octets: it may be made once more.
fn empty_unfinished(file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    if length == 0 || length > UNFINISHED_OCTETS_MAX {
        return Ok(());
    }
    file.try_lock()?;
    let mut octets = Vec::new();
    (&mut &*file).take(UNFINISHED_OCTETS_MAX).read_to_end(&mut octets)?;
    let (magic, header) = (9.min(octets.len()), 512.min(octets.len()));
    if octets[..magic].iter().chain(&octets[header..]).all(|octet| *octet == 0) {
        file.set_len(0)?;
    }
    file.unlock()
}

/// A new file is there after a power failure only if its folder says so.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}

fn check_format(path: &Path, database: &Database) -> Result<(), StoreError> {
    let format = format(database).map_err(|error| StoreError::database(path, error))?;
    match format {
        Some(FORMAT) => Ok(()),
        Some(format @ FORMAT..) => Err(StoreError::Newer { path: path.to_owned(), format }),
        Some(_) | None => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// The format that the database says it has; it gets ours if it is empty.
fn format(database: &Database) -> Result<Option<u64>, redb::Error> {
    let reading = database.begin_read()?;
    if reading.list_tables()?.next().is_none() {
        let transaction = begin(database)?;
        transaction.open_table(FORMAT_TABLE)?.insert(FORMAT_KEY, FORMAT)?;
        for table in TABLES {
            transaction.open_table(definition(table))?;
        }
        transaction.commit()?;
        return Ok(Some(FORMAT));
    }
    let format = reading.open_table(FORMAT_TABLE)?.get(FORMAT_KEY)?;
    Ok(format.map(|format| format.value()))
}

const TABLES: [Table; 2] = [Table::History, Table::Retained];

fn definition(table: Table) -> TableDefinition<'static, Key, &'static [u8]> {
    TableDefinition::new(match table {
        Table::History => "history",
        Table::Retained => "retained",
    })
}

fn read(
    database: &Database,
    each: &mut impl FnMut(&str, Table, u64, &[u8]),
) -> Result<(), redb::Error> {
    let transaction = database.begin_read()?;
    for table in TABLES {
        for entry in transaction.open_table(definition(table))?.iter()? {
            let (key, record) = entry?;
            let (realm, number) = key.value();
            each(realm, table, number, record.value());
        }
    }
    Ok(())
}

fn compact(
    database: &mut Database,
    length: impl Fn() -> io::Result<u64>,
    unused_octets_min: u64,
) -> Result<Option<(u64, u64)>, redb::Error> {
    let before = length()?;
    let transaction = database.begin_write()?;
    let stats = transaction.stats()?;
    transaction.abort()?;
    let needed = stats.allocated_pages() * stats.page_size() as u64;
    let unused = before.saturating_sub(needed);
    if unused < needed || unused < unused_octets_min {
        return Ok(None);
    }
    database.compact()?;
    Ok(Some((before, length()?)))
}

fn transact(database: &Database, changes: &[Change], debts: &mut Debts) -> Result<(), redb::Error> {
    let transaction = begin(database)?;
    let mut tables = Tables::open(&transaction)?;
    debts.pay(|table, realm, number, record| {
        let records = tables.records(table);
        Ok::<_, redb::Error>(match record {
            Some(record) => records.insert((realm, number), record)?.is_some(),
            None => records.remove((realm, number))?.is_some(),
        })
    })?;
    for change in changes {
        tables.make(change)?;
    }
    drop(tables);
    Ok(transaction.commit()?)
}

fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    // Otherwise what tells half a transaction from a whole one after a crash is a checksum, and
    // whoever publishes chooses octets that go into it.
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

/// The tables in a transaction.
struct Tables<'t> {
    history: Records<'t>,
    retained: Records<'t>,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Tables<'t>, redb::Error> {
        Ok(Tables {
            history: transaction.open_table(definition(Table::History))?,
            retained: transaction.open_table(definition(Table::Retained))?,
        })
    }

    fn records(&mut self, table: Table) -> &mut Records<'t> {
        match table {
            Table::History => &mut self.history,
            Table::Retained => &mut self.retained,
        }
    }

    fn make(&mut self, change: &Change) -> Result<(), redb::Error> {
        let records = self.records(change.table);
        if let Some((number, record)) = &change.put {
            records.insert((&*change.realm, *number), record.as_slice())?;
        }
        for number in &change.remove {
            records.remove((&*change.realm, *number))?;
        }
        Ok(())
    }
}
