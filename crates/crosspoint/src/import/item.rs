//! A table of their file, and where it stands. Whoever reads it takes things out of it; what is left at
//! the end is reported, so that nothing is passed over in silence.

use serde_json::{Map, Value};

use super::report::Report;
use crate::config::tree::Path;

/// A table.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its path: `workers[0].transports[1]`.
    path: String,
    entries: Map<String, Value>,
}

/// The value with which theirs says what is so here without being said.
#[derive(Clone, Copy, Debug)]
pub(super) enum Agrees {
    Any,
    If(bool),
    At(u64),
}

/// What is said of keys that nobody knows.
const UNKNOWN: &str = "it is not known what this is";

impl Item {
    /// The whole file.
    pub(super) fn root(entries: Map<String, Value>) -> Item {
        Item { path: String::new(), entries }
    }

    /// Nothing at all, at a place.
    pub(super) fn empty(path: &str) -> Item {
        Item { path: path.to_owned(), entries: Map::new() }
    }

    /// `None` if it is no table, which is reported.
    fn of(path: String, value: Value, report: &mut Report) -> Option<Item> {
        match value {
            Value::Object(entries) => Some(Item { path, entries }),
            other => wrong_kind(path, &other, "a table", report),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The path of something in it.
    pub(super) fn place(&self, name: &str) -> String {
        place_in(&self.path, name)
    }

    /// What nobody has taken out of it yet.
    pub(super) fn entries(&self) -> &Map<String, Value> {
        &self.entries
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.entries.shift_remove(name)
    }

    pub(super) fn put(&mut self, name: &str, value: Option<Value>) {
        self.entries.extend(value.map(|value| (name.to_owned(), value)));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    pub(super) fn text(&mut self, name: &str, report: &mut Report) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => wrong_kind(self.place(name), &other, "a text", report),
        }
    }

    pub(super) fn number(&mut self, name: &str, report: &mut Report) -> Option<u64> {
        let value = self.take(name)?;
        let number = value.as_u64();
        number.or_else(|| wrong_kind(self.place(name), &value, "a number", report))
    }

    pub(super) fn boolean(&mut self, name: &str, report: &mut Report) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            other => wrong_kind(self.place(name), &other, "true or false", report),
        }
    }

    /// The table of this name.
    pub(super) fn item(&mut self, name: &str, report: &mut Report) -> Option<Item> {
        let value = self.take(name)?;
        Item::of(self.place(name), value, report)
    }

    /// The values of a list, with their paths.
    pub(super) fn list(&mut self, name: &str, report: &mut Report) -> Vec<(String, Value)> {
        let path = self.place(name);
        match self.take(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => {
                let place = |(index, value)| (format!("{path}[{index}]"), value);
                values.into_iter().enumerate().map(place).collect()
            }
            Some(other) => wrong_kind(path, &other, "a list", report).unwrap_or_default(),
        }
    }

    /// The tables of a list.
    pub(super) fn items(&mut self, name: &str, report: &mut Report) -> Vec<Item> {
        let list = self.list(name, report);
        list.into_iter().filter_map(|(path, value)| Item::of(path, value, report)).collect()
    }

    /// The texts of a list.
    pub(super) fn texts(&mut self, name: &str, report: &mut Report) -> Vec<String> {
        let list = self.list(name, report);
        let text = |(path, value)| match value {
            Value::String(text) => Some(text),
            other => wrong_kind(path, &other, "a text", report),
        };
        list.into_iter().filter_map(text).collect()
    }

    /// The tables that have names in a table.
    pub(super) fn named(&mut self, name: &str, report: &mut Report) -> Vec<(String, Item)> {
        let Some(table) = self.item(name, report) else { return Vec::new() };
        table.into_named(report)
    }

    /// The tables in it, by their names.
    pub(super) fn into_named(mut self, report: &mut Report) -> Vec<(String, Item)> {
        let entries = std::mem::take(&mut self.entries);
        let named = |(name, value): (String, Value)| {
            let item = Item::of(self.place(&name), value, report)?;
            Some((name, item))
        };
        entries.into_iter().filter_map(named).collect()
    }

    /// What is known, and not there: of each that is written, why.
    pub(super) fn leave(&mut self, known: &[(&str, &str)], report: &mut Report) {
        for (name, why) in known {
            if self.take(name).is_some() {
                report.missing(self.place(name), *why);
            }
        }
    }

    /// What is so here without being said.
    pub(super) fn skip(&mut self, known: &[(&str, &str)], report: &mut Report) {
        for (name, why) in known {
            if self.take(name).is_some() {
                report.needless(self.place(name), *why);
            }
        }
    }

    /// What is in our file, at a place: of each that is written.
    pub(super) fn taken(&self, names: &[&str], ours: &Path, report: &mut Report) {
        for name in names.iter().filter(|name| self.has(name)) {
            report.taken(self.place(name), ours);
        }
    }

    /// What is so here in any case: of what theirs has otherwise it is said that it is different.
    pub(super) fn settle(&mut self, known: &[(&str, Agrees, &str)], report: &mut Report) {
        for (name, agrees, why) in known {
            let Some(value) = self.take(name) else { continue };
            if agrees.with(&value) {
                report.needless(self.place(name), *why);
            } else {
                report.differs(self.place(name), format!("it was {value}, and here {why}"));
            }
        }
    }

    /// Nobody takes anything more: what is still there is reported.
    pub(super) fn finish(self, report: &mut Report) {
        for name in self.entries.keys() {
            report.missing(self.place(name), UNKNOWN);
        }
    }
}

impl Agrees {
    fn with(self, value: &Value) -> bool {
        match self {
            Agrees::Any => true,
            Agrees::If(wanted) => *value == Value::Bool(wanted),
            Agrees::At(number) => value.as_u64() == Some(number),
        }
    }
}

/// The path of something in the table at a path.
pub(super) fn place_in(path: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    match (path, !name.is_empty() && name.chars().all(bare)) {
        ("", true) => name.to_owned(),
        (path, true) => format!("{path}.{name}"),
        (path, false) => format!("{path}[{name:?}]"),
    }
}

/// Reports what is something else than it should be.
fn wrong_kind<T>(path: String, value: &Value, expected: &str, report: &mut Report) -> Option<T> {
    let kind = match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    };
    report.missing(path, format!("this is {kind}, and {expected} is expected"));
    None
}
