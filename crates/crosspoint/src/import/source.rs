//! Their file: read, and parsed as JSON or YAML.

use std::fs::File as OpenFile;
use std::io::{self, Read as _};
use std::path::Path as FilePath;

use serde_json::Value;

use super::item::Item;
use crate::config::problem::{Problem, Problems};
use crate::config::source::{Origin, Source};

/// A file is not longer; who names a disk by mistake is not made to wait for it.
const FILE_OCTETS_MAX: u64 = 1 << 20;

pub(super) fn read(path: &FilePath) -> Result<String, Problems> {
    let mut text = String::new();
    let read = OpenFile::open(path)
        .and_then(|file| file.take(FILE_OCTETS_MAX + 1).read_to_string(&mut text));
    if let Err(error) = read {
        let problem = Problem::new(format!("cannot read {}: {error}", path.display()));
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "in the folder of a node it is .crossbar/config.json",
            io::ErrorKind::IsADirectory => "name the file in it: config.json or config.yaml",
            io::ErrorKind::PermissionDenied => "it is the user of Crossbar.io who may read it",
            _ => "it is a text: JSON or YAML",
        };
        return Err(problem.hint(hint).into());
    }
    if text.len() as u64 > FILE_OCTETS_MAX {
        let what = format!("{} is longer than {FILE_OCTETS_MAX} octets", path.display());
        return Err(Problem::new(what).hint("is it the configuration?").into());
    }
    Ok(text)
}

/// The whole of it: a table with workers.
pub(super) fn parse(path: &FilePath, text: &str) -> Result<Item, Problems> {
    // Editors of Windows mark a text as Unicode by what is no part of it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
    let value = if is_yaml { yaml(path, text)? } else { json(path, text)? };
    let Value::Object(table) = value else { return Err(foreign(path, "it is no table")) };
    match table.get("workers") {
        Some(Value::Array(_)) => Ok(Item::root(table)),
        Some(_) => Err(foreign(path, "its workers are no list")),
        None => Err(foreign(path, "it has no workers")),
    }
}

fn foreign(path: &FilePath, why: &str) -> Problems {
    let what = format!("{} is no configuration of Crossbar.io: {why}", path.display());
    let hint = "it is the file that a node is started with: .crossbar/config.json";
    Problem::new(what).hint(hint).into()
}

fn json(path: &FilePath, text: &str) -> Result<Value, Problems> {
    serde_json::from_str(text).map_err(|error| {
        // The parser puts the place behind what it says.
        let said = error.to_string();
        let message = said.split(" at line ").next().unwrap_or_default();
        let place = (error.line(), error.column());
        let problem = unreadable(path, text, "JSON", message, place);
        problem.hint("a file in YAML is called config.yaml").into()
    })
}

fn yaml(path: &FilePath, text: &str) -> Result<Value, Problems> {
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let number = |number| usize::try_from(number).unwrap_or(1);
        let place = error.location().map(|place| (number(place.line()), number(place.column())));
        let said = error.to_string();
        let message = said.split(" at line ").next().unwrap_or_default();
        unreadable(path, text, "YAML", message, place.unwrap_or((1, 1))).into()
    })
}

/// What is no JSON or YAML, at a line and a column from 1 on.
fn unreadable(
    path: &FilePath,
    text: &str,
    language: &str,
    message: &str,
    (line, column): (usize, usize),
) -> Problem {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len);
    let start = before.sum::<usize>() + column.saturating_sub(1);
    let source = Source { origin: Origin::File(path.to_owned()), text: text.to_owned() };
    Problem::new(format!("this is no {language}: {message}")).at(source.quote(&(start..start)))
}
