//! The CBOR lists, dicts and tags that are open, and where they end.

use super::head::{BREAK, Cursor};
use crate::serializer::nesting::Nesting;
use crate::serializer::{Malformed, malformed};

/// What is open, from the outermost to the innermost.
#[derive(Clone)]
pub(super) struct Levels {
    innermost: Level,
    outer: Nesting,
}

/// One list, dict or tag, by what is still to come of it: the number of values, where a key counts
/// as one, or one of the constants. All in four octets, since every message sets up a reader.
type Level = u32;

/// Nothing is open: values may come without end.
const OUTSIDE: Level = u32::MAX;
/// A list that goes on until a break.
const LIST: Level = u32::MAX - 1;
/// A dict that goes on until a break, a key or the break next.
const KEY: Level = u32::MAX - 2;
/// The same, a value next.
const VALUE: Level = u32::MAX - 3;
/// A tag around a list or dict. Ends with it.
const TAG: Level = u32::MAX - 4;
/// The largest number of values.
const VALUES_MAX: Level = u32::MAX - 5;

impl Default for Levels {
    fn default() -> Self {
        Self { innermost: OUTSIDE, outer: Nesting::default() }
    }
}

impl Levels {
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.outer.depth()
    }

    /// Counts off one value of the innermost list or dict. A break where a value is due is found
    /// when the value is read.
    #[inline]
    pub(super) fn count(&mut self, cursor: Cursor<'_>) -> Result<(), Malformed> {
        self.innermost = match self.innermost {
            0 => return malformed(cursor.at, "a value is missing"),
            values @ 1..=VALUES_MAX => values - 1,
            KEY => VALUE,
            VALUE => KEY,
            level => level,
        };
        Ok(())
    }

    /// Does the innermost list or dict end here? Outside of them: are there no more octets?
    #[inline]
    pub(super) fn at_end(&self, cursor: Cursor<'_>) -> bool {
        match self.innermost {
            0 => true,
            LIST | KEY => cursor.octets.get(cursor.at) == Some(&BREAK),
            OUTSIDE => cursor.at == cursor.octets.len(),
            _ => false,
        }
    }

    /// Opens a list, given its length if there is one, the number of tags around it and the offset
    /// of its head.
    #[inline]
    pub(super) fn open_list(
        &mut self,
        len: Option<u64>,
        tags: usize,
        start: usize,
        cursor: Cursor<'_>,
    ) -> Result<(), Malformed> {
        self.open(len, LIST, tags, start, cursor)
    }

    /// Opens a dict, given the same.
    #[inline]
    pub(super) fn open_dict(
        &mut self,
        len: Option<u64>,
        tags: usize,
        start: usize,
        cursor: Cursor<'_>,
    ) -> Result<(), Malformed> {
        self.open(len.map(|len| len.saturating_mul(2)), KEY, tags, start, cursor)
    }

    /// There must be an octet for each of the values, so a length alone never costs anything.
    #[inline]
    fn open(
        &mut self,
        values: Option<u64>,
        until_break: Level,
        tags: usize,
        start: usize,
        cursor: Cursor<'_>,
    ) -> Result<(), Malformed> {
        let level = match values.map(Level::try_from) {
            None => until_break,
            Some(Ok(values @ ..=VALUES_MAX))
                if values as usize <= cursor.octets.len() - cursor.at =>
            {
                values
            }
            Some(_) => return malformed(start, "a length beyond the end"),
        };
        for _ in 0..tags {
            self.push(TAG, start)?;
        }
        self.push(level, start)
    }

    #[inline]
    fn push(&mut self, level: Level, start: usize) -> Result<(), Malformed> {
        if self.outer.push(self.innermost).is_none() {
            return malformed(start, "nested too deep");
        }
        self.innermost = level;
        Ok(())
    }

    /// Closes the innermost list or dict, with its break and the tags around it.
    #[inline]
    pub(super) fn close(&mut self, cursor: &mut Cursor<'_>) {
        if self.innermost > VALUES_MAX {
            cursor.at += 1;
        }
        self.pop();
        while self.innermost == TAG {
            self.pop();
        }
    }

    #[inline]
    fn pop(&mut self) {
        self.innermost = self.outer.pop();
    }
}
