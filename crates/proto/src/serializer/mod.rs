//! Serializers: how the octets of a message become words, and back.
//!
//! A [`Reader`] pulls [`Token`]s out of octets that nobody has checked yet, and a [`Writer`] puts
//! them on the wire. Everything above (messages, options, payloads) is written once, over these two
//! traits. Neither builds a tree: a payload that only passes through is skipped over and checked,
//! never decoded.
//!
//! See "Serializers" in the specification's Basic Profile.

use std::borrow::Cow;
use std::fmt;

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
}

impl fmt::Display for Serializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One step through a value. Lists and dicts are a start, their items, and an [`Token::End`].
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'a> {
    /// JSON `null`, MessagePack nil, CBOR null.
    Null,
    /// What JavaScript calls undefined: MessagePack `d4 00 00`, CBOR `f7`. Means "not there".
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

/// Pulls tokens out of octets, checking everything that the grammar demands on the way.
///
/// Lists and dicts may nest [`crate::limits::NESTING_DEPTH_MAX`] deep; deeper is [`Malformed`].
pub trait Reader<'a>: Sized {
    /// Starts at the first of these octets.
    fn new(octets: &'a [u8]) -> Self;

    /// The next token.
    fn token(&mut self) -> Result<Token<'a>, Malformed>;

    /// Passes over the next whole value, with all that is in it, checking it as [`Reader::token`]
    /// would, but without building anything. The value's octets are those between
    /// [`Reader::position`] before and after. Must not be called where an `End` comes next: see
    /// [`Reader::at_end`].
    fn skip(&mut self) -> Result<Kind, Malformed>;

    /// Does the innermost open list or dict end here? Consumes separators, but not the end itself.
    fn at_end(&mut self) -> Result<bool, Malformed>;

    /// The offset of the next value (or end), separators passed over.
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
    /// A truth value.
    fn bool(&mut self, value: bool);
    /// An ID, a type or a count: what nearly every head is made of.
    fn uint(&mut self, value: u64);
    /// An integer from -2^64 to 2^64 - 1.
    fn int(&mut self, value: i128);
    /// A floating point number; stays one on the wire also when it is whole.
    fn float(&mut self, value: f64);
    /// A text.
    fn str(&mut self, value: &str);
    /// A byte string.
    fn bytes(&mut self, value: &[u8]);
}
