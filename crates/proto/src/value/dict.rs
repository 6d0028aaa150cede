//! A dict in memory.

use std::fmt;

use super::{Value, check_depth, display};
use crate::serializer::{Malformed, Reader, Token, Unwritable, Writer, text_of_key};

/// Texts with a value each, in order. Looking one up takes time in the number of entries, of which
/// the dicts of WAMP have a handful.
///
/// A dict that was read or collected keeps its duplicate keys; the last entry of a key is the one that counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict {
    entries: Vec<(String, Value)>,
}

impl Dict {
    /// An empty dict.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Are there no entries?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().rev().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Is there an entry of this key?
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Gives a key this value: in its old place, or at the end if it is new.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.entries.iter_mut().rev().find(|(other, _)| *other == key) {
            Some((_, old)) => *old = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Takes out all entries of a key, and gives the value that counted.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.entries.extract_if(.., |(other, _)| other == key).last().map(|(_, value)| value)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Reads a dict. Keys that are integers become texts.
    pub fn read<'a>(reader: &mut impl Reader<'a>) -> Result<Self, Malformed> {
        let offset = reader.position();
        match reader.token()? {
            Token::Dict(_) => Self::read_entries(reader),
            _ => Err(Malformed { offset, what: "expected a dict" }),
        }
    }

    pub(super) fn read_entries<'a>(reader: &mut impl Reader<'a>) -> Result<Self, Malformed> {
        let mut entries = Vec::new();
        while !reader.at_end()? {
            let offset = reader.position();
            let what = "a key that is neither a text nor an integer";
            let key = match reader.token()? {
                Token::Str(text) => text.into_owned(),
                token => text_of_key(&token).ok_or(Malformed { offset, what })?.into_owned(),
            };
            entries.push((key, Value::read(reader)?));
        }
        reader.token()?;
        Ok(Self { entries })
    }

    /// Writes the dict as an element of a message, under the conditions of [`Value::write`].
    pub fn write(&self, writer: &mut impl Writer) -> Result<(), Unwritable> {
        self.write_inside(1, writer)
    }

    pub(super) fn write_inside(
        &self,
        depth: usize,
        writer: &mut impl Writer,
    ) -> Result<(), Unwritable> {
        check_depth(depth)?;
        writer.dict(self.len());
        for (key, value) in self.iter() {
            writer.key(key);
            value.write_inside(depth + 1, writer)?;
        }
        writer.end_dict();
        Ok(())
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
        Self { entries: entries.collect() }
    }
}

impl<K: Into<String>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Dict {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl IntoIterator for Dict {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// JSON, as it would be on the wire.
impl fmt::Display for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, |writer| self.write(writer))
    }
}
