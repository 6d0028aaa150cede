//! The draft as TOML: what differs from the default, in the order of the documentation, with comments.

use std::fmt::Write as _;
use std::path::Path as FilePath;

use serde_json::{Map, Value};

use super::report::Report;
use crate::config::file::File;
use crate::config::shape::{Setting, Shape};
use crate::config::template::{inline, wrapped};
use crate::config::tree::{Path, key};

/// How wide the comments are.
const WIDTH: usize = 96;

const ADDRESS: &str = "address";

/// A table that says something by being there, even if it is empty.
const COOKIE: &str = "cookie";

pub(super) fn write(theirs: &FilePath, file: &File, report: &Report) -> String {
    let mut writer = Writer { text: String::new(), report };
    writer.comment(&format!(
        "From {} of Crossbar.io. What is not said here is as it is by default: crosspoint config.",
        theirs.display()
    ));
    let (Shape::Table(settings), Ok(Value::Object(table))) =
        (Shape::of_file(), serde_json::to_value(file))
    else {
        return writer.text;
    };
    writer.tables(&table, settings, &Path::default());
    writer.text
}

struct Writer<'r> {
    text: String,
    report: &'r Report,
}

impl Writer<'_> {
    /// A table with a head, and those in it. One that says nothing is left out, unless it has to be there.
    fn table(
        &mut self,
        table: &Map<String, Value>,
        settings: &[Setting],
        path: &Path,
        needed: bool,
    ) {
        let said: Vec<_> = settings.iter().filter_map(|it| self.said(it, table, path)).collect();
        let has_comment = !self.report.comments_at(path).is_empty();
        if needed || !said.is_empty() || has_comment {
            self.text.push('\n');
            self.comments(path);
            self.line(&path.as_table());
            for (name, value) in said {
                self.comments(&path.name(name));
                self.line(&format!("{} = {value}", key(name)));
            }
        }
        self.tables(table, settings, path);
    }

    fn tables(&mut self, table: &Map<String, Value>, settings: &[Setting], path: &Path) {
        for Setting { name, shape, .. } in settings {
            let Some(Value::Object(inner)) = table.get(name) else { continue };
            let path = path.name(name);
            match shape {
                Shape::Table(settings) => self.table(inner, settings, &path, name == COOKIE),
                Shape::Named { each, .. } => {
                    let Shape::Table(settings) = &**each else { continue };
                    for (name, value) in inner {
                        let Value::Object(table) = value else { continue };
                        self.table(table, settings, &path.name(name), true);
                    }
                }
                _ => {}
            }
        }
    }

    /// A setting and its value, if it is not what it is by default, or something is said of it. Where a
    /// router listens nobody should have to look up.
    fn said<'s>(
        &self,
        setting: &'s Setting,
        table: &Map<String, Value>,
        path: &Path,
    ) -> Option<(&'s str, String)> {
        let is_place = setting.name == ADDRESS && !table.contains_key("unix");
        if is_place || !self.report.comments_at(&path.name(&setting.name)).is_empty() {
            return value_of(setting, table);
        }
        said_of(setting, table)
    }

    fn comments(&mut self, path: &Path) {
        let report = self.report;
        for what in report.comments_at(path) {
            self.comment(&sentence(what));
        }
    }

    fn comment(&mut self, text: &str) {
        for line in wrapped(text, WIDTH) {
            self.line(format!("# {line}").trim_end());
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "{line}");
    }
}

/// A setting that is not what it is by default, as TOML has it behind `=`.
fn said_of<'s>(setting: &'s Setting, table: &Map<String, Value>) -> Option<(&'s str, String)> {
    let is_default = table.get(&setting.name) == setting.default.as_ref();
    value_of(setting, table).filter(|_| !is_default)
}

fn value_of<'s>(setting: &'s Setting, table: &Map<String, Value>) -> Option<(&'s str, String)> {
    let value = table.get(&setting.name).filter(|value| !value.is_null())?;
    let is_table = matches!(setting.shape, Shape::Table(_) | Shape::Named { .. });
    (!is_table).then(|| (setting.name.as_str(), written(value, &setting.shape)))
}

fn written(value: &Value, shape: &Shape) -> String {
    match (value, shape) {
        (Value::Array(items), Shape::List { each, .. }) => {
            let items: Vec<String> = items.iter().map(|item| written(item, each)).collect();
            // Tables stand on lines of their own.
            let (open, between, close) = match **each {
                Shape::Table(_) if !items.is_empty() => ("[\n    ", ",\n    ", ",\n]"),
                _ => ("[", ", ", "]"),
            };
            [open, &items.join(between), close].concat()
        }
        (Value::Object(table), Shape::Table(settings)) => {
            let said = settings.iter().filter_map(|setting| said_of(setting, table));
            let said = said.map(|(name, value)| format!("{} = {value}", key(name)));
            format!("{{ {} }}", said.collect::<Vec<_>>().join(", "))
        }
        _ => inline(value),
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
