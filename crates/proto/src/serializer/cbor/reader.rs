//! Tokens out of CBOR.

use std::borrow::Cow;

use super::head::{Cursor, FALSE, Head, NULL, TAG_NEGATIVE, TAG_POSITIVE, TRUE, UNDEFINED};
use super::levels::Levels;
use crate::limits::NESTING_DEPTH_MAX;
use crate::serializer::{Kind, Malformed, Reader, Token, integer, malformed, utf8};

/// Pulls tokens out of CBOR.
///
/// A tag counts as one level of nesting. A simple value other than false, true, null and undefined
/// can be skipped, but makes no token.
#[derive(Clone)]
pub struct CborReader<'a> {
    cursor: Cursor<'a>,
    levels: Levels,
}

/// A head without the tags before it.
struct Item {
    start: usize,
    head: Head,
    /// How many tags there were.
    tags: usize,
    /// The last of them.
    tag: Option<u64>,
}

impl<'a> Reader<'a> for CborReader<'a> {
    #[inline]
    fn new(octets: &'a [u8]) -> Self {
        Self { cursor: Cursor { octets, at: 0 }, levels: Levels::default() }
    }

    fn token(&mut self) -> Result<Token<'a>, Malformed> {
        if self.levels.depth() > 0 && self.levels.at_end(self.cursor) {
            self.levels.close(&mut self.cursor);
            return Ok(Token::End);
        }
        self.levels.count(self.cursor)?;
        let item = item(&mut self.cursor, &self.levels)?;
        Ok(match item.head {
            Head::Unsigned(value) => Token::Int(value.into()),
            Head::Negative(value) => Token::Int(-1 - i128::from(value)),
            Head::Float(value) => Token::Float(value),
            Head::Str(len) => Token::Str(text(&mut self.cursor, len)?),
            Head::Bytes(len) => {
                let bytes = bytes(&mut self.cursor, len)?;
                match item.tag {
                    Some(TAG_POSITIVE) => big_int(false, bytes),
                    Some(TAG_NEGATIVE) => big_int(true, bytes),
                    _ => Token::Bytes(bytes),
                }
            }
            Head::List(len) => {
                self.levels.open_list(len, item.tags, item.start, self.cursor)?;
                Token::List(known(len))
            }
            Head::Dict(len) => {
                self.levels.open_dict(len, item.tags, item.start, self.cursor)?;
                Token::Dict(known(len))
            }
            Head::Simple(FALSE) => Token::Bool(false),
            Head::Simple(TRUE) => Token::Bool(true),
            Head::Simple(NULL) => Token::Null,
            Head::Simple(UNDEFINED) => Token::Undefined,
            Head::Simple(_) => return malformed(item.start, "a simple value without a meaning"),
            Head::Tag(_) | Head::Break => return misplaced(item.start),
        })
    }

    fn skip(&mut self) -> Result<Kind, Malformed> {
        let outside = self.levels.depth();
        // A copy, which stays in registers.
        let mut cursor = self.cursor;
        let mut kind = None;
        loop {
            self.levels.count(cursor)?;
            let skipped = skip_head(&mut cursor, &mut self.levels)?;
            let kind = *kind.get_or_insert(skipped);
            while self.levels.depth() > outside && self.levels.at_end(cursor) {
                self.levels.close(&mut cursor);
            }
            if self.levels.depth() == outside {
                self.cursor = cursor;
                return Ok(kind);
            }
        }
    }

    fn at_end(&mut self) -> Result<bool, Malformed> {
        Ok(self.levels.at_end(self.cursor))
    }

    fn position(&self) -> usize {
        self.cursor.at
    }

    fn finish(self) -> Result<(), Malformed> {
        if self.levels.depth() > 0 {
            return malformed(self.cursor.at, "a list or dict is still open");
        }
        if self.cursor.at < self.cursor.octets.len() {
            return malformed(self.cursor.at, "more than one value");
        }
        Ok(())
    }
}

/// The next head, tags passed over. Tags nest like lists and dicts do: receivers recurse there, too.
#[expect(clippy::inline_always, reason = "otherwise the cursor lives in memory")]
#[inline(always)]
fn item(cursor: &mut Cursor<'_>, levels: &Levels) -> Result<Item, Malformed> {
    let (mut tags, mut tag) = (0, None);
    loop {
        let start = cursor.at;
        let head = cursor.head()?;
        let Head::Tag(number) = head else {
            return Ok(Item { start, head, tags, tag });
        };
        tags += 1;
        tag = Some(number);
        if levels.depth() + tags > NESTING_DEPTH_MAX {
            return malformed(start, "nested too deep");
        }
    }
}

/// Passes over a value, or over the beginning of a list or dict.
#[expect(clippy::inline_always, reason = "otherwise the cursor lives in memory")]
#[inline(always)]
fn skip_head(cursor: &mut Cursor<'_>, levels: &mut Levels) -> Result<Kind, Malformed> {
    let item = item(cursor, levels)?;
    match item.head {
        Head::Str(Some(len)) => {
            let start = cursor.at;
            let octets = cursor.take(len)?;
            if !octets.is_ascii() {
                utf8(octets, start)?;
            }
        }
        Head::Bytes(Some(len)) => {
            cursor.take(len)?;
        }
        Head::Str(None) => cursor.at = skip_chunks(*cursor, next_text_chunk)?,
        Head::Bytes(None) => cursor.at = skip_chunks(*cursor, next_bytes_chunk)?,
        Head::List(len) => {
            levels.open_list(len, item.tags, item.start, *cursor)?;
            return Ok(Kind::List);
        }
        Head::Dict(len) => {
            levels.open_dict(len, item.tags, item.start, *cursor)?;
            return Ok(Kind::Dict);
        }
        Head::Simple(NULL | UNDEFINED) => return Ok(Kind::Absent),
        Head::Unsigned(_) | Head::Negative(_) | Head::Float(_) | Head::Simple(_) => {}
        Head::Tag(_) | Head::Break => return misplaced(item.start),
    }
    Ok(Kind::Scalar)
}

#[cold]
fn misplaced<T>(offset: usize) -> Result<T, Malformed> {
    malformed(offset, "a break where a value is due")
}

/// The length of a list or dict that was opened, if it is known. Then there are as many octets.
fn known(len: Option<u64>) -> Option<usize> {
    len.and_then(|len| usize::try_from(len).ok())
}

/// Passes over the chunks of a string of indefinite length, and gives the offset behind them.
fn skip_chunks<'a, T>(
    mut cursor: Cursor<'a>,
    next: fn(&mut Cursor<'a>) -> Result<Option<T>, Malformed>,
) -> Result<usize, Malformed> {
    while next(&mut cursor)?.is_some() {}
    Ok(cursor.at)
}

/// The next chunk of a text of indefinite length. Each must be UTF-8 by itself.
fn next_text_chunk<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a str>, Malformed> {
    let start = cursor.at;
    match cursor.head()? {
        Head::Str(Some(len)) => {
            let start = cursor.at;
            utf8(cursor.take(len)?, start).map(Some)
        }
        Head::Break => Ok(None),
        _ => malformed(start, "expected a chunk of text"),
    }
}

/// The next chunk of a byte string of indefinite length.
fn next_bytes_chunk<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a [u8]>, Malformed> {
    let start = cursor.at;
    match cursor.head()? {
        Head::Bytes(Some(len)) => cursor.take(len).map(Some),
        Head::Break => Ok(None),
        _ => malformed(start, "expected a chunk of bytes"),
    }
}

fn text<'a>(cursor: &mut Cursor<'a>, len: Option<u64>) -> Result<Cow<'a, str>, Malformed> {
    if let Some(len) = len {
        let start = cursor.at;
        return utf8(cursor.take(len)?, start).map(Cow::Borrowed);
    }
    let mut text = String::new();
    while let Some(chunk) = next_text_chunk(cursor)? {
        text.push_str(chunk);
    }
    Ok(Cow::Owned(text))
}

fn bytes<'a>(cursor: &mut Cursor<'a>, len: Option<u64>) -> Result<Cow<'a, [u8]>, Malformed> {
    if let Some(len) = len {
        return cursor.take(len).map(Cow::Borrowed);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = next_bytes_chunk(cursor)? {
        bytes.extend_from_slice(chunk);
    }
    Ok(Cow::Owned(bytes))
}

/// The integer of a bignum: with tag 2 that of its octets, with tag 3 it is -1 minus that.
fn big_int(negative: bool, octets: Cow<'_, [u8]>) -> Token<'_> {
    let leading_zeros = octets.iter().take_while(|&&octet| octet == 0).count();
    let mut magnitude = match octets {
        Cow::Borrowed(octets) => Cow::Borrowed(&octets[leading_zeros..]),
        Cow::Owned(octets) => Cow::Owned(octets[leading_zeros..].to_vec()),
    };
    if negative {
        integer::increment(magnitude.to_mut());
    }
    match integer::small(negative, &magnitude) {
        Some(value) => Token::Int(value),
        None => Token::BigInt { negative, magnitude },
    }
}
