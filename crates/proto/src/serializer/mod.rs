//! Serializers: how the octets of a message become words, and back.
//!
//! A [`Reader`] pulls [`Token`]s out of octets that nobody has checked yet, and a [`Writer`] puts
//! them on the wire. Everything above (messages, options, payloads) is written once, over these two
//! traits. Neither builds a tree: a payload that only passes through is skipped over and checked,
//! never decoded.
//!
//! See "Serializers" in the specification's Basic Profile.

mod cbor;
mod integer;
mod json;
mod msgpack;
mod nesting;
#[cfg(test)]
mod tests;
mod transcode;

use std::borrow::Cow;
use std::fmt;

pub use cbor::{CborReader, CborWriter};
pub(crate) use integer::write as write_integer;
pub use integer::{INTEGER_DIGITS_MAX, INTEGER_OCTETS_MAX};
pub use json::{JsonReader, JsonWriter};
pub use msgpack::{MsgPackReader, MsgPackWriter};
pub use transcode::{Untranslatable, transcode};

/// One of the serializers that a session can be opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Serializer {
    /// `wamp.2.json`
    Json,
    /// `wamp.2.msgpack`
    MsgPack,
    /// `wamp.2.cbor`
    Cbor,
}

impl Serializer {
    /// All of them, in the order in which this crate lists things.
    pub const ALL: [Serializer; 3] = [Serializer::Json, Serializer::MsgPack, Serializer::Cbor];

    /// The name as it stands in WebSocket subprotocols: `json`, `msgpack`, `cbor`.
    pub const fn name(self) -> &'static str {
        match self {
            Serializer::Json => "json",
            Serializer::MsgPack => "msgpack",
            Serializer::Cbor => "cbor",
        }
    }

    /// Checks that these octets are one value in this notation, and builds nothing: see [`Reader::skip`].
    pub fn check(self, octets: &[u8]) -> Result<Kind, Malformed> {
        fn whole<'a>(mut reader: impl Reader<'a>) -> Result<Kind, Malformed> {
            let kind = reader.skip()?;
            reader.finish()?;
            Ok(kind)
        }
        match self {
            Serializer::Json => whole(JsonReader::new(octets)),
            Serializer::MsgPack => whole(MsgPackReader::new(octets)),
            Serializer::Cbor => whole(CborReader::new(octets)),
        }
    }
}

impl fmt::Display for Serializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One step through a value. Lists and dicts are a start, their items, and an [`Token::End`].
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'a> {
    /// JSON `null`, `MessagePack` nil, CBOR null.
    Null,
    /// What JavaScript calls undefined: `MessagePack` `d4 00 00`, CBOR `f7`. Means "not there".
    Undefined,
    /// A truth value.
    Bool(bool),
    /// An integer from -2^64 to 2^64 - 1, which is what CBOR can say in one head.
    Int(i128),
    /// An integer beyond that: JSON digits, or a CBOR bignum (tags 2 and 3).
    BigInt {
        /// Is it below zero?
        negative: bool,
        /// Its absolute value, most significant octet first, without leading zeros.
        magnitude: Cow<'a, [u8]>,
    },
    /// A number that was written as floating point, also when it is whole (`1.0`).
    Float(f64),
    /// A text. Borrowed unless escapes or chunks had to be put together.
    Str(Cow<'a, str>),
    /// A byte string. In JSON a string that starts with U+0000 and is base64 after it.
    Bytes(Cow<'a, [u8]>),
    /// A list begins; its length where the format says it in advance.
    List(Option<usize>),
    /// A dict begins; its number of entries where the format says it in advance. Keys and values
    /// follow in turn.
    Dict(Option<usize>),
    /// The innermost list or dict ends.
    End,
}

/// What a skipped value was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Null or undefined: treated as not there.
    Absent,
    /// A list.
    List,
    /// A dict.
    Dict,
    /// Anything else.
    Scalar,
}

/// The octets are not what the serializer's grammar allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at octet {offset}")]
pub struct Malformed {
    /// Where, counted from the start of the message.
    pub offset: usize,
    /// What was wrong, in a few words: `unterminated string`.
    pub what: &'static str,
}

/// A value that a format has no words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be written")]
pub struct Unwritable {
    /// What it is, in a few words: `an integer beyond 64 bits`.
    pub what: &'static str,
}

/// Pulls tokens out of octets, checking everything that the grammar demands on the way.
///
/// Lists and dicts may nest [`crate::limits::NESTING_DEPTH_MAX`] deep; deeper is [`Malformed`].
/// What is outside of all lists and dicts is read as if it stood in a list without brackets: a
/// message is one value there, the octets of a [`crate::payload::Payload`] are up to two.
///
/// After [`Malformed`] a reader is of no further use.
pub trait Reader<'a>: Sized {
    /// Starts at the first of these octets.
    fn new(octets: &'a [u8]) -> Self;

    /// The next token.
    fn token(&mut self) -> Result<Token<'a>, Malformed>;

    /// Passes over the next whole value, with all that is in it, checking it as [`Reader::token`]
    /// would, but without building anything. Only what cannot be built is no reason to refuse it
    /// here: a JSON number that is too long or too large, a CBOR simple value without a meaning.
    ///
    /// The value's octets are those from [`Reader::position`] after [`Reader::at_end`] said no, to
    /// the position after `skip`. It is malformed where an `End` comes next.
    fn skip(&mut self) -> Result<Kind, Malformed>;

    /// Does the innermost open list or dict end here? Passes over separators, but not over the end
    /// itself. Where none is open: are there no more octets?
    fn at_end(&mut self) -> Result<bool, Malformed>;

    /// The offset right behind what was read last; after [`Reader::at_end`], and between a key and
    /// its value, that of the next value (or end).
    fn position(&self) -> usize;

    /// Checks that nothing but insignificant white space follows the outermost value.
    fn finish(self) -> Result<(), Malformed>;
}

/// Puts values on the wire. Lengths are known in advance; the calls must match them.
pub trait Writer {
    /// Begins a list of `len` items.
    fn list(&mut self, len: usize);
    /// Ends the innermost list.
    fn end_list(&mut self);
    /// Begins a dict of `len` entries, each a [`Writer::key`] and a value.
    fn dict(&mut self, len: usize);
    /// Ends the innermost dict.
    fn end_dict(&mut self);
    /// The key of the next entry.
    fn key(&mut self, key: &str);
    /// Null.
    fn null(&mut self);
    /// Undefined; null in JSON.
    fn undefined(&mut self);
    /// A truth value.
    fn bool(&mut self, value: bool);
    /// An ID, a type or a count: what nearly every head is made of.
    fn uint(&mut self, value: u64);
    /// An integer from -2^64 to 2^64 - 1. `MessagePack` has none below -2^63 and writes the nearest
    /// float; who minds calls [`Writer::big_int`], which refuses.
    fn int(&mut self, value: i128);
    /// Any integer, given like [`Token::BigInt`].
    fn big_int(&mut self, negative: bool, magnitude: &[u8]) -> Result<(), Unwritable>;
    /// A floating point number; stays one on the wire also when it is whole. JSON has neither NaN
    /// nor infinities: null.
    fn float(&mut self, value: f64);
    /// A text.
    fn str(&mut self, value: &str);
    /// A byte string.
    fn bytes(&mut self, value: &[u8]);
    /// A value whose octets are in this notation already, and were checked.
    fn splice(&mut self, value: &[u8]);
}

/// The text that a dict's key becomes where keys must be texts. Only integers and texts do.
pub(crate) fn text_of_key<'t>(key: &'t Token<'_>) -> Option<Cow<'t, str>> {
    match key {
        Token::Str(text) => Some(Cow::Borrowed(text)),
        Token::Int(value) => Some(Cow::Owned(value.to_string())),
        Token::BigInt { negative, magnitude } => {
            integer::digits(*negative, magnitude).map(Cow::Owned)
        }
        _ => None,
    }
}

#[cold]
fn malformed<T>(offset: usize, what: &'static str) -> Result<T, Malformed> {
    Err(Malformed { offset, what })
}

/// Checks that octets which begin at `offset` are a text. Most are short and ASCII.
#[inline]
fn utf8(octets: &[u8], offset: usize) -> Result<&str, Malformed> {
    simdutf8::basic::from_utf8(octets)
        .map_err(|_| Malformed { offset: offset + valid_len(octets), what: "invalid UTF-8" })
}

/// How many octets are UTF-8, counted from the start.
#[cold]
fn valid_len(octets: &[u8]) -> usize {
    octets.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len())
}
