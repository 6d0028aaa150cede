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
    CborReader, CborWriter, JsonReader, JsonWriter, MsgPackReader, MsgPackWriter, Reader,
    Serializer, Token, Unwritable, Writer, text_of_key, write_integer,
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
    transcoded.map_err(|(offset, what)| Untranslatable { what, offset, to })
}

/// A writer with what only transcoding needs of it.
trait Target: Writer {
    /// Is it a binary format: lists and dicts begin with their lengths, keys may be anything?
    const BINARY: bool;

    /// The buffer that it appends to.
    fn out(&mut self) -> &mut Vec<u8>;
}

impl Target for JsonWriter<'_> {
    const BINARY: bool = false;

    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}

impl Target for MsgPackWriter<'_> {
    const BINARY: bool = true;

    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}

impl Target for CborWriter<'_> {
    const BINARY: bool = true;

    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}

struct Transcoder<R, W> {
    reader: R,
    writer: W,
    /// The lists and dicts that are open. The reader bounds their number.
    levels: Vec<Level>,
    /// The heads that are left out.
    gaps: Vec<Gap>,
}

/// An open list or dict.
struct Level {
    dict: bool,
    /// How many values there were already; a key counts as one.
    values: usize,
    /// Its place in the list of gaps, if its head is left out.
    gap: Option<usize>,
}

/// The head of a list or dict, left out because its length is not known until its end.
struct Gap {
    /// Its offset in the output, as far as it is written.
    offset: usize,
    dict: bool,
    len: usize,
}

/// Where the trouble is, and what there is to say about it.
type Refusal = (usize, &'static str);

impl<'a, R: Reader<'a>, W: Target> Transcoder<R, W> {
    fn new(reader: R, writer: W) -> Self {
        Self { reader, writer, levels: Vec::with_capacity(8), gaps: Vec::new() }
    }

    /// Transcodes so many values.
    fn run(mut self, values: usize) -> Result<(), Refusal> {
        let start = self.writer.out().len();
        for _ in 0..values {
            self.step()?;
            while !self.levels.is_empty() {
                self.step()?;
            }
        }
        if !self.gaps.is_empty() {
            self.fill_gaps(start);
        }
        Ok(())
    }

    /// Transcodes the next token.
    fn step(&mut self) -> Result<(), Refusal> {
        // Whatever is malformed was refused when the message was read. What remains are numbers
        // that make no token.
        let ends = self.reader.at_end().map_err(|error| (error.offset, error.what))?;
        let offset = self.reader.position();
        let token = self.reader.token().map_err(|error| (error.offset, error.what))?;
        if ends {
            self.close();
            return Ok(());
        }
        let key = self.count();
        match token {
            Token::Str(text) if key => self.writer.key(&text),
            token if key && !W::BINARY => {
                let key =
                    text_of_key(&token).ok_or((offset, "a key that is no text or integer"))?;
                self.writer.key(&key);
            }
            Token::List(len) => self.open(false, len),
            Token::Dict(len) => self.open(true, len),
            token => scalar(&mut self.writer, &token).map_err(|error| (offset, error.what))?,
        }
        Ok(())
    }

    /// Counts a value of the innermost list or dict. Is it a key?
    fn count(&mut self) -> bool {
        let Some(level) = self.levels.last_mut() else {
            return false;
        };
        let key = level.dict && level.values % 2 == 0;
        level.values += 1;
        key
    }

    fn open(&mut self, dict: bool, len: Option<usize>) {
        let gap = match len {
            None if W::BINARY => {
                self.gaps.push(Gap { offset: self.writer.out().len(), dict, len: 0 });
                Some(self.gaps.len() - 1)
            }
            len => {
                open(&mut self.writer, dict, len.unwrap_or(0));
                None
            }
        };
        self.levels.push(Level { dict, values: 0, gap });
    }

    fn close(&mut self) {
        let Some(level) = self.levels.pop() else {
            return;
        };
        if level.dict {
            self.writer.end_dict();
        } else {
            self.writer.end_list();
        }
        if let Some(gap) = level.gap {
            self.gaps[gap].len = if level.dict { level.values / 2 } else { level.values };
        }
    }
    /// Puts the heads that were left out into the octets from `start`, in one pass.
    fn fill_gaps(&mut self, start: usize) {
        let body = self.writer.out().split_off(start);
        let mut from = 0;
        for gap in &self.gaps {
            let to = gap.offset - start;
            self.writer.out().extend_from_slice(&body[from..to]);
            open(&mut self.writer, gap.dict, gap.len);
            from = to;
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

/// Writes a token that is a value by itself.
fn scalar(writer: &mut impl Writer, token: &Token<'_>) -> Result<(), Unwritable> {
    match token {
        Token::Undefined => writer.undefined(),
        Token::Bool(value) => writer.bool(*value),
        Token::Int(value) => write_integer(writer, *value)?,
        Token::BigInt { negative, magnitude } => writer.big_int(*negative, magnitude)?,
        Token::Float(value) => writer.float(*value),
        Token::Str(value) => writer.str(value),
        Token::Bytes(value) => writer.bytes(value),
        // The others were handled before.
        Token::Null | Token::List(_) | Token::Dict(_) | Token::End => writer.null(),
    }
    Ok(())
}
