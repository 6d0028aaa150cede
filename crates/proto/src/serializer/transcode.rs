//! From one serializer to another: what a payload says, said again in other octets.
//!
//! | Says | JSON | `MessagePack` | CBOR |
//! |---|---|---|---|
//! | integer to 64 bits | digits | int, uint | unsigned, negative |
//! | integer beyond | digits | refused | bignum |
//! | float | digits with `.` or `e` | float 64 | float 64 |
//! | NaN, infinity | null | float 64 | float 64 |
//! | bytes | `"\u0000` and base64 | bin | byte string |
//! | undefined | null | `d4 00 00` | undefined |
//! | integer key | its digits | as it is | as it is |
//! | key of another kind | refused | as it is | as it is |
//! | text that looks like bytes | bytes for the others | | |
//! | extension of another type | | its data as bytes | its data as bytes |
//! | under a CBOR tag | its content | its content | |
//!
//! Dicts keep their order and their duplicate keys. Numbers that the target cannot hold are
//! refused, never rounded, and the refusal is for the sender: who only receives learns nothing of
//! it. Integers beyond [`super::INTEGER_DIGITS_MAX`] are refused likewise
//! where digits become octets or octets digits.

use super::{
    CborReader, CborWriter, JsonReader, JsonWriter, Malformed, MsgPackReader, MsgPackWriter,
    Reader, Serializer, Token, Unwritable, Writer, json, text_of_key, write_integer,
};
use crate::payload::Payload;

/// A payload says something that another serializer cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at octet {offset} of the payload cannot be said in {to}")]
pub struct Untranslatable {
    /// What it is, in a few words: `an integer beyond 64 bits`.
    pub what: &'static str,
    /// Where, counted from the start of the payload's octets.
    pub offset: usize,
    /// The serializer that has no words for it.
    pub to: Serializer,
}

/// Appends what a payload says in another serializer's notation, as in [`Payload::octets`]. If that
/// cannot be done, nothing is appended.
///
/// ```
/// use crosspoint_proto::payload::{Arity, Payload};
/// use crosspoint_proto::serializer::{Serializer, transcode};
///
/// let octets = br#"[1],{"a":2}"#;
/// let payload = Payload { serializer: Serializer::Json, arity: Arity::ArgsKwargs, octets };
/// let mut out = Vec::new();
/// transcode(payload, Serializer::MsgPack, &mut out)?;
/// assert_eq!(out, b"\x91\x01\x81\xa1a\x02");
/// # Ok::<(), crosspoint_proto::serializer::Untranslatable>(())
/// ```
pub fn transcode(
    payload: Payload<'_>,
    to: Serializer,
    out: &mut Vec<u8>,
) -> Result<(), Untranslatable> {
    let start = out.len();
    // The other notation is seldom much longer.
    out.reserve(payload.octets.len());
    let transcoded = match payload.serializer {
        same if same == to => {
            out.extend_from_slice(payload.octets);
            Ok(())
        }
        Serializer::Json => from::<JsonReader<'_>>(payload, to, out),
        Serializer::MsgPack => from::<MsgPackReader<'_>>(payload, to, out),
        Serializer::Cbor => from::<CborReader<'_>>(payload, to, out),
    };
    if transcoded.is_err() {
        out.truncate(start);
    }
    transcoded
}

fn from<'a, R: Reader<'a>>(
    payload: Payload<'a>,
    to: Serializer,
    out: &mut Vec<u8>,
) -> Result<(), Untranslatable> {
    let reader = R::new(payload.octets);
    let elements = payload.arity.elements();
    let transcoded = match to {
        Serializer::Json => Transcoder::new(reader, JsonWriter::new(out)).run(elements),
        Serializer::MsgPack => Transcoder::new(reader, MsgPackWriter::new(out)).run(elements),
        Serializer::Cbor => Transcoder::new(reader, CborWriter::new(out)).run(elements),
    };
    transcoded.map_err(|Malformed { offset, what }| {
        let offset = match payload.serializer {
            Serializer::Json => json::over_separators(payload.octets, offset),
            Serializer::MsgPack | Serializer::Cbor => offset,
        };
        Untranslatable { what, offset, to }
    })
}

/// A writer with what only transcoding needs of it.
trait Target: Writer {
    /// Is it a binary format: lists and dicts begin with their lengths, keys may be anything?
    const BINARY: bool;

    /// The longest length that stands in the lowest bits of a head of one octet.
    const SHORT_LEN_MAX: usize;

    /// The buffer that it appends to.
    fn out(&mut self) -> &mut Vec<u8>;
}

impl Target for JsonWriter<'_> {
    const BINARY: bool = false;
    const SHORT_LEN_MAX: usize = 0;

    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}

impl Target for MsgPackWriter<'_> {
    const BINARY: bool = true;
    const SHORT_LEN_MAX: usize = 15;

    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}

impl Target for CborWriter<'_> {
    const BINARY: bool = true;
    const SHORT_LEN_MAX: usize = 23;

    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}

struct Transcoder<R, W> {
    reader: R,
    writer: W,
    innermost: Level,
    /// The lists and dicts around the innermost. The reader bounds their number.
    outer: Vec<Level>,
    /// The heads that need more room than they have.
    long_heads: Vec<LongHead>,
}

/// An open list or dict, or what is outside of them.
struct Level {
    dict: bool,
    /// How many values there were already; a key counts as one.
    values: usize,
    /// The offset of its head in the output, if its length is still to be put there.
    head: Option<usize>,
}

/// The head of a list or dict whose length was not known before its end, and does not fit into the
/// one octet that was left for it.
struct LongHead {
    offset: usize,
    dict: bool,
    len: usize,
}

impl<'a, R: Reader<'a>, W: Target> Transcoder<R, W> {
    fn new(reader: R, writer: W) -> Self {
        let outside = Level { dict: false, values: 0, head: None };
        let (outer, long_heads) = (Vec::with_capacity(8), Vec::new());
        Self { reader, writer, innermost: outside, outer, long_heads }
    }

    /// Transcodes so many values. What fails is told with its offset, or with that of the separators
    /// before it.
    fn run(mut self, values: usize) -> Result<(), Malformed> {
        while self.innermost.values < values || !self.outer.is_empty() {
            let offset = self.reader.position();
            // Whatever is malformed was refused when the message was read. What remains are numbers
            // that make no token.
            let token = self.reader.token()?;
            self.token(token).map_err(|Unwritable { what }| Malformed { offset, what })?;
        }
        if !self.long_heads.is_empty() {
            self.insert_long_heads();
        }
        Ok(())
    }

    #[inline]
    fn token(&mut self, token: Token<'a>) -> Result<(), Unwritable> {
        if let Token::End = token {
            self.close();
            return Ok(());
        }
        let key = self.innermost.dict && self.innermost.values.is_multiple_of(2);
        self.innermost.values += 1;
        // In the binary formats a key is written like a value.
        if key && !W::BINARY {
            let what = "a key that is neither a text nor an integer";
            let key = text_of_key(&token).ok_or(Unwritable { what })?;
            self.writer.key(&key);
            return Ok(());
        }
        match token {
            Token::Null | Token::End => self.writer.null(),
            Token::Undefined => self.writer.undefined(),
            Token::Bool(value) => self.writer.bool(value),
            Token::Int(value) => write_integer(&mut self.writer, value)?,
            Token::BigInt { negative, magnitude } => self.writer.big_int(negative, &magnitude)?,
            Token::Float(value) => self.writer.float(value),
            Token::Str(text) => self.writer.str(&text),
            Token::Bytes(bytes) => self.writer.bytes(&bytes),
            Token::List(len) => self.open(false, len),
            Token::Dict(len) => self.open(true, len),
        }
        Ok(())
    }

    fn open(&mut self, dict: bool, len: Option<usize>) {
        let head = len.is_none().then(|| self.writer.out().len());
        open(&mut self.writer, dict, len.unwrap_or(0));
        let level = Level { dict, values: 0, head };
        self.outer.push(std::mem::replace(&mut self.innermost, level));
    }

    fn close(&mut self) {
        let Some(outer) = self.outer.pop() else { return };
        let Level { dict, values, head } = std::mem::replace(&mut self.innermost, outer);
        if dict {
            self.writer.end_dict();
        } else {
            self.writer.end_list();
        }
        if let (Some(offset), true) = (head, W::BINARY) {
            let len = if dict { values / 2 } else { values };
            match u8::try_from(len) {
                Ok(short) if len <= W::SHORT_LEN_MAX => self.writer.out()[offset] |= short,
                _ => self.long_heads.push(LongHead { offset, dict, len }),
            }
        }
    }

    /// Puts the long heads in place of the single octets, in one pass over the output.
    fn insert_long_heads(&mut self) {
        self.long_heads.sort_unstable_by_key(|head| head.offset);
        let start = self.long_heads[0].offset;
        let body = self.writer.out().split_off(start);
        let mut from = 0;
        for head in &self.long_heads {
            let to = head.offset - start;
            self.writer.out().extend_from_slice(&body[from..to]);
            open(&mut self.writer, head.dict, head.len);
            from = to + 1;
        }
        self.writer.out().extend_from_slice(&body[from..]);
    }
}

fn open(writer: &mut impl Writer, dict: bool, len: usize) {
    if dict {
        writer.dict(len);
    } else {
        writer.list(len);
    }
}
