//! All that is written about a configuration: in a file, in the environment, and in flags. Each
//! later one counts more.

use std::fs::File as OpenFile;
use std::io::{self, Read as _};
use std::path::Path as FilePath;

use toml::Value;
use toml::de::{DeTable, DeValue, Error as TomlError};

use super::environment::Variables;
use super::problem::{FOUND_MAX, Problem, Problems};
use super::secrecy;
use super::source::{Origin, Quote, Source};
use super::tree::{Entry, Node, Path, Place, Step, Table, Written, place_of, table_of};

/// A file is not longer; who names a disk by mistake is not made to wait for it.
const FILE_OCTETS_MAX: u64 = 1 << 20;

/// The source of what no file says.
const FLAGS: usize = 0;

/// Settings as they are written, with all that is needed to say where.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    sources: Vec<Source>,
    pub(crate) root: Node,
    /// What could not be taken up.
    pub(crate) problems: Vec<Problem>,
    /// What is not taken up, and may have been meant to be.
    pub(crate) warnings: Vec<Problem>,
    /// Variables that settings may refer to.
    pub(super) variables: Variables,
}

impl Document {
    /// Nothing is written yet.
    pub(crate) fn new() -> Document {
        let source = Source { origin: Origin::Flag, text: String::new() };
        let root = Node::empty_table(Place { source: FLAGS, octets: 0..0 });
        let (problems, warnings, variables) = (Vec::new(), Vec::new(), Variables::default());
        Document { sources: vec![source], root, problems, warnings, variables }
    }

    /// What a file says. If it is no TOML, that is a problem, and it says nothing.
    pub(crate) fn read(path: &FilePath) -> Result<Document, Problems> {
        Ok(Document::of_text(Origin::File(path.to_owned()), read_text(path)?))
    }

    pub(crate) fn of_text(origin: Origin, text: String) -> Document {
        let mut document = Document::new();
        let source = document.add(origin, text);
        let Source { text, .. } = &document.sources[source];
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let place = Place { source, octets: 0..0 };
            document.root =
                Node { place, value: Written::Table(table_of(source, table.get_ref())) };
        } else {
            document.problems = document.syntax_problems(source, &errors);
        }
        document
    }

    fn add(&mut self, origin: Origin, text: String) -> usize {
        self.sources.push(Source { origin, text });
        self.sources.len() - 1
    }

    /// Takes up what a variable says, as a text or as TOML.
    pub(crate) fn add_variable(
        &mut self,
        name: &str,
        text: &str,
        names: &[String],
        is_text: bool,
    ) -> Result<(), Problems> {
        let source = self.add(Origin::Variable(name.to_owned()), text.to_owned());
        let place = Place { source, octets: 0..text.len() };
        if is_text {
            return self.set(names, Node { place, value: Written::Text(text.to_owned()) });
        }
        let parsed = DeValue::parse(text);
        // Whoever has left out the quotes is told what is wanted instead of a text.
        if parsed.is_err() && is_bare(text) {
            return self.set(names, Node { place, value: Written::Text(text.to_owned()) });
        }
        let value = parsed.map_err(|error| {
            let what = format!("{name} cannot be read: {}", error.message());
            let hint = "it is written as in the file: 10, true, [\"a\", \"b\"], { a = 1 }";
            Problem::new(what).at(self.quote(&place)).hint(hint)
        })?;
        self.set(names, Node::of(source, &value))
    }

    /// Takes up what a flag says.
    pub(crate) fn add_flag(&mut self, names: &[&str], value: &Value) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let node = Node::of_value(value, &Place { source: FLAGS, octets: 0..0 });
        if let Err(Problems(problems)) = self.set(&names, node) {
            self.problems.extend(problems);
        }
    }

    /// Puts a value where these names lead, through tables that are made if they are not there.
    fn set(&mut self, names: &[String], node: Node) -> Result<(), Problems> {
        let place = node.place.clone();
        put(&mut self.root, names, node).map_err(|kind| {
            let what = format!("what leads to {} is {kind}, not a table", names.join("."));
            Problem::new(what).at(self.quote(&place)).into()
        })
    }

    /// The table there, if there is one.
    pub(crate) fn table(&self, names: &[&str]) -> Option<&Table> {
        let mut table = self.root.table()?;
        for name in names {
            table = table.get(*name)?.node.table()?;
        }
        Some(table)
    }

    /// Does anything say what stands at a path?
    pub(crate) fn is_written(&self, path: &Path) -> bool {
        let mut node = Some(&self.root);
        for step in &path.0 {
            let Step::Name(name) = step else { return false };
            node = node.and_then(Node::table).and_then(|table| table.get(name)).map(|it| &it.node);
        }
        node.is_some()
    }

    /// Is anything of it written in a file?
    pub(crate) fn has_file(&self) -> bool {
        self.sources.iter().any(|source| matches!(source.origin, Origin::File(_)))
    }

    pub(crate) fn quote(&self, place: &Place) -> Option<Quote> {
        self.sources.get(place.source)?.quote(&place.octets)
    }

    /// What stands at a path, or where it should.
    pub(crate) fn quote_of(&self, path: &Path) -> Option<Quote> {
        self.quote(&place_of(&self.root, path)?)
    }

    /// The source that has the value at a path.
    pub(crate) fn source_of(&self, path: &Path) -> Option<&Source> {
        self.sources.get(place_of(&self.root, path)?.source)
    }

    /// What is no TOML: of each line only the first thing, for the rest may follow from that.
    fn syntax_problems(&self, source: usize, errors: &[TomlError]) -> Vec<Problem> {
        let text = self.sources[source].text.as_str();
        let mut errors: Vec<_> = errors
            .iter()
            .map(|error| (error.span().unwrap_or_default(), error.message()))
            .collect();
        errors.sort_by_key(|(octets, _)| octets.start);
        errors.truncate(FOUND_MAX);
        let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count();
        errors.dedup_by_key(|(octets, _)| line(octets.start));
        let problem = |(octets, message): (std::ops::Range<usize>, &str)| {
            let place = Place { source, octets };
            let (what, hint) = explain(text, &place, message);
            let problem = Problem::new(what).at(self.quote(&place));
            match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        };
        errors.into_iter().map(problem).collect()
    }
}

/// Gives back what there is instead of a table, where the way ends.
fn put(table: &mut Node, names: &[String], node: Node) -> Result<(), &'static str> {
    let Written::Table(entries) = &mut table.value else { return Err(table.value.kind()) };
    let name = node.place.clone();
    match names {
        [] => {}
        [last] => drop(entries.insert(last.clone(), Entry { name, node })),
        [first, others @ ..] => {
            let absent = || Entry { name: name.clone(), node: Node::empty_table(name.clone()) };
            let entry = entries.entry(first.clone()).or_insert_with(absent);
            return put(&mut entry.node, others, node);
        }
    }
    Ok(())
}

fn read_text(path: &FilePath) -> Result<String, Problems> {
    let mut octets = Vec::new();
    let read = OpenFile::open(path)
        .and_then(|file| file.take(FILE_OCTETS_MAX + 1).read_to_end(&mut octets));
    if let Err(error) = read {
        let problem = Problem::new(format!("cannot read {}: {error}", path.display()));
        let problem = match error.kind() {
            io::ErrorKind::NotFound => {
                problem.hint(format!("begin with: crosspoint config > {}", path.display()))
            }
            io::ErrorKind::PermissionDenied => {
                problem.hint("the router's user must be allowed to read the file")
            }
            io::ErrorKind::IsADirectory => problem.hint("name a file in that folder"),
            _ => problem,
        };
        return Err(problem.into());
    }
    if octets.len() as u64 > FILE_OCTETS_MAX {
        let what = format!("{} is longer than {FILE_OCTETS_MAX} octets", path.display());
        return Err(Problem::new(what).hint("is it the configuration?").into());
    }
    String::from_utf8(octets).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let source = Source { origin: Origin::File(path.to_owned()), text };
        Problem::new(format!("{} is no text in UTF-8", path.display()))
            .at(source.quote(&(valid..valid)))
            .into()
    })
}

/// What the parser says, in the words of somebody who wants to put it right.
fn explain(text: &str, place: &Place, message: &str) -> (String, Option<String>) {
    let before = text.get(..place.octets.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let (line, is_value) =
        (line.trim(), before.get(line_start..).is_some_and(|it| it.contains('=')));
    if message == "duplicate key" {
        let name = text.get(place.octets.clone()).unwrap_or_default();
        if line.starts_with('[') {
            let what = format!("the table {line} is there twice");
            return (what, Some("put what belongs to it under one head".to_owned()));
        }
        return (format!("{name} is there twice"), Some("leave one of them out".to_owned()));
    }
    if let Some((name, value)) = unquoted(line).filter(|_| is_value) {
        let before = text.get(..line_start).unwrap_or_default();
        let is_secret = secrecy::shown(&Origin::Flag, before, line) != line;
        let value = match value.to_lowercase().as_str() {
            "true" | "yes" | "on" => "true".to_owned(),
            "false" | "no" => "false".to_owned(),
            _ if is_secret => "\"…\"".to_owned(),
            _ => format!("\"{value}\""),
        };
        let what = "this is no TOML: a text without quotes".to_owned();
        return (what, Some(format!("write {name} = {value}")));
    }
    let hint = if text.trim_start().starts_with('{') {
        Some("this looks like JSON; see the TOML that it should be: crosspoint config")
    } else if line.contains(':') && !line.contains('=') {
        Some("a setting is written like name = value, in the table of its [head]")
    } else {
        None
    };
    (format!("this is no TOML: {message}"), hint.map(str::to_owned))
}

/// A line whose value is a single word that would do with quotes.
fn unquoted(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let value = value.trim();
    is_bare(value).then_some((name.trim(), value))
}

fn is_bare(value: &str) -> bool {
    let odd = |c: char| matches!(c, '"' | '\'' | '[' | ']' | '{' | '}' | '#' | '=' | ',');
    !value.is_empty() && !value.contains(odd)
}
