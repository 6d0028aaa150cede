//! The CBOR lists, dicts and tags that are open, and where they end.

use super::head::{BREAK, Cursor};
use crate::limits::NESTING_DEPTH_MAX;
use crate::serializer::{Malformed, malformed};

/// What is open, from the outermost to the innermost.
#[derive(Clone)]
pub(super) struct Levels {
    innermost: Level,
    depth: usize,
    outer: [Level; NESTING_DEPTH_MAX],
}

/// One list, dict or tag.
#[derive(Clone, Copy)]
enum Level {
    /// Nothing is open: values may come without end.
    Outside,
    /// A list or dict with so many values still to come; a key counts as one.
    Remaining(u32),
    /// A list that goes on until a break.
    List,
    /// A dict that goes on until a break, a key or the break next.
    Key,
    /// The same, a value next.
    Value,
    /// A tag around a list or dict. Ends with it.
    Tag,
}

impl Default for Levels {
    fn default() -> Self {
        Self { innermost: Level::Outside, depth: 0, outer: [Level::Outside; NESTING_DEPTH_MAX] }
    }
}

impl Levels {
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Counts off one value of the innermost list or dict. A break where a value is due is found
    /// when the value is read.
    #[inline]
    pub(super) fn count(&mut self, cursor: Cursor<'_>) -> Result<(), Malformed> {
        self.innermost = match self.innermost {
            Level::Remaining(0) => return malformed(cursor.at, "a value is missing"),
            Level::Remaining(values) => Level::Remaining(values - 1),
            Level::Key => Level::Value,
            Level::Value => Level::Key,
            level => level,
        };
        Ok(())
    }

    /// Does the innermost list or dict end here? Outside of them: are there no more octets?
    #[inline]
    pub(super) fn at_end(&self, cursor: Cursor<'_>) -> bool {
        match self.innermost {
            Level::Outside => cursor.at == cursor.octets.len(),
            Level::Remaining(values) => values == 0,
            Level::List | Level::Key => cursor.octets.get(cursor.at) == Some(&BREAK),
            Level::Value | Level::Tag => false,
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
        self.open(len, Level::List, tags, start, cursor)
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
        self.open(len.map(|len| len.saturating_mul(2)), Level::Key, tags, start, cursor)
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
        let level = match values.map(u32::try_from) {
            None => until_break,
            Some(Ok(values)) if values as usize <= cursor.octets.len() - cursor.at => {
                Level::Remaining(values)
            }
            Some(_) => return malformed(start, "a length beyond the end"),
        };
        for _ in 0..tags {
            self.push(Level::Tag, start)?;
        }
        self.push(level, start)
    }

    #[inline]
    fn push(&mut self, level: Level, start: usize) -> Result<(), Malformed> {
        let Some(outer) = self.outer.get_mut(self.depth) else {
            return malformed(start, "nested too deep");
        };
        *outer = self.innermost;
        self.innermost = level;
        self.depth += 1;
        Ok(())
    }

    /// Closes the innermost list or dict, with its break and the tags around it.
    #[inline]
    pub(super) fn close(&mut self, cursor: &mut Cursor<'_>) {
        if !matches!(self.innermost, Level::Remaining(_)) {
            cursor.at += 1;
        }
        self.pop();
        while matches!(self.innermost, Level::Tag) {
            self.pop();
        }
    }

    #[inline]
    fn pop(&mut self) {
        self.depth -= 1;
        self.innermost = self.outer[self.depth];
    }
}
