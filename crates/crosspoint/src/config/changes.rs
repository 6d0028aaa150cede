//! What is different in a file that is read again, and which of it a router that runs can take up.
//!
//! Which settings these are is said where they are described, in [`file`](super::file): `x-reload`, and of
//! tables with names of their own `x-come-and-go`. Whoever makes another one work at run time says so there,
//! and applies it where the server is told of its new settings.

use std::fmt;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::file::File;
use super::problem::{Problem, Problems};
use super::shape::{Setting, Shape};
use super::tree::{Path, Step};

/// What is different.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    /// What can be taken up.
    pub(crate) applied: Vec<Change>,
    /// What cannot, before the router is started again.
    pub(crate) need_restart: Vec<Change>,
    /// What the router runs with then: the old file, and what is taken up of the new one.
    pub(crate) file: File,
}

/// A setting, or a table, that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) path: Path,
    /// `None` if it was not there.
    pub(crate) old: Option<Value>,
    /// `None` if it is not there any more.
    pub(crate) new: Option<Value>,
    /// Nobody is shown what it was and is.
    is_secret: bool,
}

impl Changes {
    /// From the file with which a router runs to another one.
    pub(crate) fn between(old: &File, new: &File) -> Result<Changes, Problems> {
        let (old, new) = (table(old)?, table(new)?);
        let mut comparison = Comparison::default();
        comparison.compare(Shape::of_file(), &old, &new, &Path::default(), false);
        let Comparison { applied, need_restart } = comparison;
        let mut running = old;
        for change in &applied {
            put(&mut running, &change.path.0, change.new.as_ref());
        }
        let file = File::deserialize(running).map_err(|error| Problem::new(error.to_string()))?;
        Ok(Changes { applied, need_restart, file })
    }
}

fn table(file: &File) -> Result<Value, Problems> {
    Ok(Value::try_from(file).map_err(|error| Problem::new(error.to_string()))?)
}

#[derive(Default)]
struct Comparison {
    applied: Vec<Change>,
    need_restart: Vec<Change>,
}

impl Comparison {
    /// Goes down to the settings; to whole tables where one of the two files has none.
    fn compare(&mut self, shape: &Shape, old: &Value, new: &Value, path: &Path, reload: bool) {
        let (Value::Table(old_table), Value::Table(new_table)) = (old, new) else {
            return self.note(shape, (Some(old), Some(new)), path, reload);
        };
        for name in names(old_table, new_table) {
            let (each, reload, comes_or_goes) = match shape {
                Shape::Table(_) => match shape.setting(name) {
                    Some(Setting { shape, reload: own, .. }) => (shape, reload || *own, false),
                    None => continue,
                },
                Shape::Named { each, come_and_go, .. } => (&**each, reload, *come_and_go),
                _ => return self.note(shape, (Some(old), Some(new)), path, reload),
            };
            let path = path.name(name);
            match (old_table.get(name), new_table.get(name)) {
                (Some(old), Some(new)) => self.compare(each, old, new, &path, reload),
                changed => {
                    let reload = reload || comes_or_goes && !changed.1.is_some_and(is_stored);
                    self.note(each, changed, &path, reload);
                }
            }
        }
    }

    fn note(
        &mut self,
        shape: &Shape,
        (old, new): (Option<&Value>, Option<&Value>),
        path: &Path,
        reload: bool,
    ) {
        if old != new {
            let (path, is_secret) = (path.clone(), shape.is_secret());
            let change = Change { path, old: old.cloned(), new: new.cloned(), is_secret };
            if reload { self.applied.push(change) } else { self.need_restart.push(change) }
        }
    }
}

/// Does it keep events in the store? What is there is read when the router starts.
fn is_stored(value: &Value) -> bool {
    match value {
        Value::Table(table) => {
            let stored = table.get("stored").and_then(Value::as_bool);
            stored.unwrap_or_default() || table.values().any(is_stored)
        }
        Value::Array(values) => values.iter().any(is_stored),
        _ => false,
    }
}

/// Those of the old table, and then those that are new.
fn names<'t>(old: &'t Table, new: &'t Table) -> impl Iterator<Item = &'t String> {
    old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)))
}

/// Sets what stands at a path, or takes it away.
fn put(value: &mut Value, path: &[Step], new: Option<&Value>) {
    let Value::Table(table) = value else { return };
    match (path, new) {
        ([Step::Name(name)], Some(new)) => drop(table.insert(name.clone(), new.clone())),
        ([Step::Name(name)], None) => drop(table.remove(name)),
        ([Step::Name(name), others @ ..], _) => {
            if let Some(next) = table.get_mut(name) {
                put(next, others, new);
            }
        }
        _ => {}
    }
}

impl fmt::Display for Change {
    /// `log.level: "debug", was "warn"`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { path, old, new, is_secret } = self;
        match (old, new) {
            _ if *is_secret => write!(f, "{path} is another one"),
            (Some(Value::Table(_)), None) => write!(f, "{} was taken away", path.as_table()),
            (None, Some(Value::Table(_))) => write!(f, "{} is new", path.as_table()),
            (Some(old), None) => write!(f, "{path}: nothing, was {old}"),
            (None, Some(new)) => write!(f, "{path}: {new}, was nothing"),
            (Some(old), Some(new)) => write!(f, "{path}: {new}, was {old}"),
            (None, None) => write!(f, "{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

    use expect_test::{Expect, expect};

    use super::*;

    fn file(text: &str) -> File {
        toml::from_str(text).unwrap()
    }

    /// What is told of these changes.
    #[track_caller]
    fn check(old: &str, new: &str, expected: &Expect) -> Changes {
        let changes = Changes::between(&file(old), &file(new)).unwrap();
        let applied = changes.applied.iter().map(|change| format!("applied  {change}\n"));
        let restart = changes.need_restart.iter().map(|change| format!("restart  {change}\n"));
        expected.assert_eq(&applied.chain(restart).collect::<String>());
        changes
    }

    #[test]
    fn what_says_the_same_in_other_words_is_no_change() {
        check("", "[log]\nlevel = \"warn\"\n[listeners.main]\n[realms.realm1]\n", &expect![[""]]);
        check(
            "[limits]\nkept_octets_max = \"1 MiB\"\n",
            "limits = { kept_octets_max = \"1024 K\" }\n",
            &expect![[""]],
        );
    }

    #[test]
    fn what_can_be_taken_up_is_and_the_rest_stays() {
        let old = "[log]\nlevel = \"info\"\n[limits]\ncalls_in_flight_max = 1\n";
        let new = "[log]\nlevel = \"debug\"\n[limits]\ncalls_in_flight_max = 2\n";
        let changes = check(
            old,
            new,
            &expect![[r#"
            applied  log.level: "debug", was "info"
            restart  limits.calls_in_flight_max: 2, was 1
        "#]],
        );
        let running = "[log]\nlevel = \"debug\"\n[limits]\ncalls_in_flight_max = 1\n";
        assert_eq!(table(&changes.file), table(&file(running)));
        // What needs a restart is told as long as there was none.
        let again = Changes::between(&changes.file, &file(new)).unwrap();
        assert_eq!((again.applied, again.need_restart), (Vec::new(), changes.need_restart));
    }

    #[test]
    fn secrets_are_not_told() {
        let alice = |credentials: &str| {
            format!("[realms.realm1.principals.alice]\nrole = \"user\"\n{credentials}\n")
        };
        check(
            &alice("wampcra = \"plain:sesame\""),
            &alice("wampcra = \"plain:tahini\"\nticket = \"env:ALICE\""),
            &expect![[r#"
                applied  realms.realm1.principals.alice.wampcra is another one
                applied  realms.realm1.principals.alice.ticket is another one
            "#]],
        );
        let nobody = "[realms.realm1]\n";
        let expected = expect![[r#"
            applied  [realms.realm1.principals] is new
        "#]];
        check(nobody, &alice("wampcra = \"plain:sesame\""), &expected);
    }

    /// If everything could be taken up, the router would run with the new file.
    #[test]
    fn what_comes_and_goes_can_be_taken_up() {
        let old =
            table(&file("[realms.a]\nname = \"x\"\n[realms.b]\n[store]\npath = \"s\"\n")).unwrap();
        let new = table(&file("[realms.a]\nuri_rules = \"strict\"\n[realms.c]\n")).unwrap();
        let mut comparison = Comparison::default();
        comparison.compare(Shape::of_file(), &old, &new, &Path::default(), true);
        assert_eq!(comparison.need_restart, []);
        let mut running = old;
        for change in &comparison.applied {
            put(&mut running, &change.path.0, change.new.as_ref());
        }
        assert_eq!(running, new);
    }

    #[test]
    fn every_change_has_its_place() {
        check(
            r#"
[listeners.main]
address = "127.0.0.1:1"
[listeners.other]
address = "127.0.0.1:2"
[realms.app]
name = "com.example"
history = [{ topic = "com.example.a" }]
"#,
            r#"
[listeners.main]
address = "127.0.0.1:3"
paths = ["/ws"]
[listeners.another]
address = "127.0.0.1:2"
[realms.app]
history = [{ topic = "com.example.b" }]
[realms."com.example.new"]
[store]
path = "events.store"
"#,
            &expect![[r#"
                applied  [realms."com.example.new"] is new
                restart  listeners.main.address: "127.0.0.1:3", was "127.0.0.1:1"
                restart  listeners.main.paths: ["/ws"], was ["/ws", "/"]
                restart  [listeners.other] was taken away
                restart  [listeners.another] is new
                restart  realms.app.name: nothing, was "com.example"
                restart  realms.app.history: [{ topic = "com.example.b", match = "exact", events = 1000, octets = "16 MiB", stored = false }], was [{ topic = "com.example.a", match = "exact", events = 1000, octets = "16 MiB", stored = false }]
                restart  store.path: "events.store", was nothing
            "#]],
        );
    }
}
