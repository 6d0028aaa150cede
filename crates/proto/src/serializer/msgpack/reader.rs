//! Tokens out of `MessagePack`.

use std::borrow::Cow;

use super::head::{Cursor, Head};
use crate::serializer::nesting::Nesting;
use crate::serializer::{Kind, Malformed, Reader, Token, malformed, utf8};

/// Pulls tokens out of `MessagePack`.
#[derive(Clone)]
pub struct MsgPackReader<'a> {
    cursor: Cursor<'a>,
    levels: Levels,
}

/// The lists and dicts that are open, by the number of values still to come; a key counts as one.
#[derive(Clone)]
struct Levels {
    /// Of the innermost. Where none is open, values may come without end.
    innermost: u32,
    /// Of those around it.
    outer: Nesting,
}

impl<'a> Reader<'a> for MsgPackReader<'a> {
    #[inline]
    fn new(octets: &'a [u8]) -> Self {
        let levels = Levels { innermost: u32::MAX, outer: Nesting::default() };
        Self { cursor: Cursor { octets, at: 0 }, levels }
    }

    fn token(&mut self) -> Result<Token<'a>, Malformed> {
        if self.levels.innermost == 0 {
            self.levels.close();
            return Ok(Token::End);
        }
        self.levels.innermost -= 1;
        let start = self.cursor.at;
        Ok(match self.cursor.head()? {
            Head::Nil => Token::Null,
            Head::Bool(value) => Token::Bool(value),
            Head::Int(value) => Token::Int(value),
            Head::Float(value) => Token::Float(value),
            Head::Str(len) => {
                let start = self.cursor.at;
                Token::Str(Cow::Borrowed(utf8(self.cursor.take(len)?, start)?))
            }
            Head::Bytes(len) => Token::Bytes(Cow::Borrowed(self.cursor.take(len)?)),
            Head::Extension(len) => match self.cursor.extension(len)? {
                Some(data) => Token::Bytes(Cow::Borrowed(data)),
                None => Token::Undefined,
            },
            Head::List(len) => {
                self.levels.open(len, start, self.cursor)?;
                Token::List(Some(len))
            }
            Head::Dict(len) => {
                self.levels.open(len.saturating_mul(2), start, self.cursor)?;
                Token::Dict(Some(len))
            }
        })
    }

    fn skip(&mut self) -> Result<Kind, Malformed> {
        if self.levels.innermost == 0 {
            return malformed(self.cursor.at, "a value is missing");
        }
        // Work on copies, which stay in registers.
        let mut cursor = self.cursor;
        let outside = self.levels.outer.depth();
        let mut kind = None;
        loop {
            self.levels.innermost -= 1;
            let skipped = skip_head(&mut cursor, &mut self.levels)?;
            let kind = *kind.get_or_insert(skipped);
            while self.levels.innermost == 0 && self.levels.outer.depth() > outside {
                self.levels.close();
            }
            if self.levels.outer.depth() == outside {
                self.cursor = cursor;
                return Ok(kind);
            }
        }
    }

    fn at_end(&mut self) -> Result<bool, Malformed> {
        let empty = self.cursor.at == self.cursor.octets.len();
        Ok(if self.levels.outer.depth() == 0 { empty } else { self.levels.innermost == 0 })
    }

    fn position(&self) -> usize {
        self.cursor.at
    }

    fn finish(self) -> Result<(), Malformed> {
        if self.levels.outer.depth() > 0 {
            return malformed(self.cursor.at, "a list or dict is still open");
        }
        if self.cursor.at < self.cursor.octets.len() {
            return malformed(self.cursor.at, "more than one value");
        }
        Ok(())
    }
}

/// Passes over a value, or over the beginning of a list or dict.
#[expect(clippy::inline_always, reason = "otherwise the cursor lives in memory, 1.4 times as slow")]
#[inline(always)]
fn skip_head(cursor: &mut Cursor<'_>, levels: &mut Levels) -> Result<Kind, Malformed> {
    let start = cursor.at;
    match cursor.head()? {
        Head::Nil => return Ok(Kind::Absent),
        Head::Bool(_) | Head::Int(_) | Head::Float(_) => {}
        Head::Str(len) => {
            let start = cursor.at;
            let octets = cursor.take(len)?;
            if !octets.is_ascii() {
                utf8(octets, start)?;
            }
        }
        Head::Bytes(len) => {
            cursor.take(len)?;
        }
        Head::Extension(len) => {
            if cursor.extension(len)?.is_none() {
                return Ok(Kind::Absent);
            }
        }
        Head::List(len) => {
            levels.open(len, start, *cursor)?;
            return Ok(Kind::List);
        }
        Head::Dict(len) => {
            levels.open(len.saturating_mul(2), start, *cursor)?;
            return Ok(Kind::Dict);
        }
    }
    Ok(Kind::Scalar)
}

impl Levels {
    /// Opens a list or dict of so many values, whose head is at `start`. There must be an octet for
    /// each of them, so a length alone never costs anything.
    #[inline]
    fn open(&mut self, values: usize, start: usize, cursor: Cursor<'_>) -> Result<(), Malformed> {
        let fits = values <= cursor.octets.len() - cursor.at;
        let Some(values) = u32::try_from(values).ok().filter(|_| fits) else {
            return malformed(start, "a length beyond the end");
        };
        if self.outer.push(self.innermost).is_none() {
            return malformed(start, "nested too deep");
        }
        self.innermost = values;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.innermost = self.outer.pop();
    }
}
