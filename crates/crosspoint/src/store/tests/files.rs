//! Files that cannot be used, and what a person is told.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use expect_test::{Expect, expect};

use super::*;

/// What opening the file comes to, in the command line's way.
#[track_caller]
fn check(path: &Path, expected: &Expect) {
    let error = EventStore::open(path).unwrap_err();
    let hint = error.hint().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
    let text = format!("error: {error}\n{hint}");
    let folder = path.parent().unwrap().display().to_string();
    expected.assert_eq(&text.replace(&folder, "FOLDER"));
}

/// A store with a few pages of records, closed.
fn filled(path: &Path) {
    let store = EventStore::open(path).unwrap();
    for number in 0..1000 {
        assert!(store.submit(change(Some((number, vec![0x5a; 200])), &[]), None));
    }
}

#[test]
fn a_store_is_for_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _store = EventStore::open(&path).unwrap();
    check(
        &path,
        &expect![[r"
            error: the store FOLDER/store is in use by another process
            hint: another router has it; stop that one, or give each its own file
        "]],
    );
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage");
    let text = "To whom it may concern: this is no store. ".repeat(1000);
    fs::write(&garbage, &text).unwrap();
    check(
        &garbage,
        &expect![[r"
            error: FOLDER/garbage is not a store of Crosspoint
            hint: it was left as it is; choose a file that does not exist yet
        "]],
    );
    assert_eq!(fs::read_to_string(&garbage).unwrap(), text);

    let database = folder.path().join("database");
    let other = redb::Database::create(&database).unwrap();
    let transaction = other.begin_write().unwrap();
    transaction.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
    transaction.commit().unwrap();
    drop(other);
    check(
        &database,
        &expect![[r"
            error: FOLDER/database is not a store of Crosspoint
            hint: it was left as it is; choose a file that does not exist yet
        "]],
    );
}

#[test]
fn a_newer_format_is_not_misread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    filled(&path);
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let format = redb::TableDefinition::<&str, u64>::new("crosspoint");
    transaction.open_table(format).unwrap().insert("format", 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    check(
        &path,
        &expect![[r"
            error: the store FOLDER/store has format 2, and this Crosspoint reads only 1
            hint: start the newer Crosspoint that wrote it, or choose another file
        "]],
    );
}

#[test]
fn damage_is_found_when_the_store_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut");
    filled(&cut);
    fs::OpenOptions::new().write(true).open(&cut).unwrap().set_len(100).unwrap();
    let error = EventStore::open(&cut).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");

    let changed = folder.path().join("changed");
    filled(&changed);
    let octets = fs::read(&changed).unwrap();
    let record = octets.windows(200).position(|octets| octets == [0x5a; 200]).unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(&changed).unwrap();
    // Of the many pages with records some are free by now: change them all.
    for page in record / 4096..octets.len() / 4096 {
        file.seek(SeekFrom::Start(page as u64 * 4096 + 2048)).unwrap();
        file.write_all(b"changed").unwrap();
    }
    let error = EventStore::open(&changed).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[test]
fn places_where_no_file_can_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("events")).unwrap();
    check(
        &folder.path().join("events"),
        &expect![[r"
            error: cannot use the store FOLDER/events: Is a directory (os error 21)
            hint: name a file in that folder, such as events.store
        "]],
    );
    check(
        &folder.path().join("nowhere/store"),
        &expect![[r"
            error: cannot use the store FOLDER/store: No such file or directory (os error 2)
            hint: the folder must be there; make it, or choose another
        "]],
    );
}

/// As far as the library has come when it is killed: a file of its length, the header without its
/// first octets.
#[test]
fn a_file_that_was_being_made_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(EventStore::open(&path).unwrap());
    let made = fs::read(&path).unwrap();
    let header = [&[0; 9], &made[9..512]].concat();
    for begun in [&[][..], &header] {
        fs::write(&path, begun).unwrap();
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 20).unwrap();
        let store = EventStore::open(&path).unwrap();
        assert!(store.submit(put(1, &[]), None));
        drop(store);
        assert_eq!(contents(&path), "realm1 History 1 1\n");
    }
}
