//! What was written, as a tree: values, and of each where it was written.

use std::fmt;
use std::ops::Range;

use indexmap::IndexMap;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

/// Octets of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its index among the sources.
    pub(crate) source: usize,
    pub(crate) octets: Range<usize>,
}

/// A value, and where it stands. That of a table is where its head is.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Written,
}

#[derive(Clone, Debug)]
pub(crate) enum Written {
    Text(String),
    Number(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Table),
    /// What no setting takes: fractions, dates, numbers that are too large.
    Foreign(&'static str),
}

/// What stands in a table, in its order.
pub(crate) type Table = IndexMap<String, Entry>;

/// A value under a name, and where that stands.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Place,
    pub(crate) node: Node,
}

const FRACTION: &str = "a fraction";
const MOMENT: &str = "a date or a time of day";

impl Written {
    /// What it is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Written::Text(_) => "a text",
            Written::Number(_) => "a number",
            Written::Boolean(_) => "true or false",
            Written::List(_) => "a list",
            Written::Table(_) => "a table",
            Written::Foreign(kind) => kind,
        }
    }
}

impl Node {
    /// A table that nobody has written, as if it stood there.
    pub(crate) fn empty_table(place: Place) -> Node {
        Node { place, value: Written::Table(Table::new()) }
    }

    pub(crate) fn table(&self) -> Option<&Table> {
        match &self.value {
            Written::Table(table) => Some(table),
            _ => None,
        }
    }

    /// A value that nobody has to look up, at this place.
    pub(crate) fn of_value(value: &Value, place: &Place) -> Node {
        let node = |value: &Value| Node::of_value(value, place);
        let value = match value {
            Value::String(text) => Written::Text(text.clone()),
            Value::Integer(number) => Written::Number(*number),
            Value::Float(_) => Written::Foreign(FRACTION),
            Value::Boolean(value) => Written::Boolean(*value),
            Value::Datetime(_) => Written::Foreign(MOMENT),
            Value::Array(items) => Written::List(items.iter().map(node).collect()),
            Value::Table(table) => {
                let entry = |(name, value): (&String, &Value)| {
                    (name.clone(), Entry { name: place.clone(), node: node(value) })
                };
                Written::Table(table.iter().map(entry).collect())
            }
        };
        Node { place: place.clone(), value }
    }

    /// From what was parsed of a source.
    pub(crate) fn of(source: usize, parsed: &Spanned<DeValue<'_>>) -> Node {
        let value = match parsed.get_ref() {
            DeValue::String(text) => Written::Text(text.to_string()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Written::Number(number),
                    Err(_) => Written::Foreign("a number beyond all bounds"),
                }
            }
            DeValue::Float(_) => Written::Foreign(FRACTION),
            DeValue::Boolean(value) => Written::Boolean(*value),
            DeValue::Datetime(_) => Written::Foreign(MOMENT),
            DeValue::Array(items) => {
                Written::List(items.iter().map(|item| Node::of(source, item)).collect())
            }
            DeValue::Table(table) => Written::Table(table_of(source, table)),
        };
        Node { place: Place { source, octets: parsed.span() }, value }
    }
}

pub(crate) fn table_of(source: usize, parsed: &DeTable<'_>) -> Table {
    let entry = |(name, value): (&Spanned<_>, &_)| {
        let place = Place { source, octets: name.span() };
        (String::from(name.get_ref() as &str), Entry { name: place, node: Node::of(source, value) })
    };
    parsed.iter().map(entry).collect()
}

/// The way to a place in a tree: `realms."com.example".history[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path(pub(crate) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    /// From 0 on.
    Item(usize),
}

impl Path {
    pub(crate) fn of(names: &[&str]) -> Path {
        Path(names.iter().map(|name| Step::Name((*name).to_owned())).collect())
    }

    pub(crate) fn name(&self, name: &str) -> Path {
        self.then(Step::Name(name.to_owned()))
    }

    pub(crate) fn item(&self, index: usize) -> Path {
        self.then(Step::Item(index))
    }

    fn then(&self, step: Step) -> Path {
        Path(self.0.iter().cloned().chain([step]).collect())
    }

    /// Does it lead to an item of a list?
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.0.last(), Some(Step::Item(_)))
    }

    /// `[listeners.main]`, or the whole file.
    pub(crate) fn as_table(&self) -> String {
        if self.0.is_empty() { "the file".to_owned() } else { format!("[{self}]") }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            let dot = if number == 0 { "" } else { "." };
            match step {
                Step::Name(name) => write!(f, "{dot}{}", key(name))?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A name as TOML has it in front of `=`. Quotes are not those of a value: a name is in one line.
pub(crate) fn key(name: &str) -> String {
    const VALUE: &str = " = 0";
    let table = toml::Table::from_iter([(name.to_owned(), toml::Value::Integer(0))]).to_string();
    table.trim_end().strip_suffix(VALUE).unwrap_or(name).to_owned()
}

/// The value there; where there is none, its name's, its list's or its table's place.
pub(crate) fn place_of(root: &Node, path: &Path) -> Option<Place> {
    let mut node = root;
    let mut place = None;
    for step in &path.0 {
        let next = match (&node.value, step) {
            (Written::Table(table), Step::Name(name)) => table.get(name).map(|entry| &entry.node),
            (Written::List(items), Step::Item(index)) => items.get(*index),
            _ => None,
        };
        let Some(next) = next else { break };
        node = next;
        place = Some(next.place.clone());
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a value would be in lines of its own, too.
    #[test]
    fn a_name_is_a_key_whatever_is_in_it() {
        for (name, written) in [
            ("realm-1_A", "realm-1_A"),
            ("", r#""""#),
            ("com.example", r#""com.example""#),
            ("é", "\"é\""),
            ("it's", r#""it's""#),
            (r#"a "b""#, r#"'a "b"'"#),
            ("'a\"\"\"", r#""'a\"\"\"""#),
            ("a\nb = 0", r#""a\nb = 0""#),
        ] {
            assert_eq!(key(name), written);
            let table: toml::Table = format!("{written} = 1").parse().unwrap();
            assert!(table.contains_key(name));
        }
    }
}
