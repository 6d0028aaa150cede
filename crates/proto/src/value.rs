//! A value of any kind, as a tree in memory.
//!
//! For where convenience counts more than speed: details of the rare messages that open and close
//! sessions, arguments in a client, the command line. A router's payloads never become one of
//! these; see [`crate::payload`].

mod convert;
mod dict;
#[cfg(test)]
mod tests;

use std::fmt;

pub use dict::Dict;

use crate::limits::NESTING_DEPTH_MAX;
use crate::serializer::{
    CborReader, JsonReader, JsonWriter, Malformed, MsgPackReader, Reader, Serializer, Token,
    Unwritable, Writer, write_integer,
};

/// A value of any kind.
///
/// ```
/// use crosspoint_proto::value::{Dict, Value};
///
/// let mut details = Dict::new();
/// details.insert("realm", "realm1");
/// details.insert("retries", 3);
/// assert_eq!(details.get("retries").and_then(Value::as_u64), Some(3));
/// assert_eq!(Value::from(details).to_string(), r#"{"realm":"realm1","retries":3}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Null, or undefined.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// An integer that is too large for that. Its parts are those of [`Token::BigInt`].
    BigInt {
        /// Is it below zero?
        negative: bool,
        /// Its absolute value, most significant octet first, without leading zeros.
        magnitude: Vec<u8>,
    },
    /// A floating point number, whole or not.
    Float(f64),
    /// A text.
    Str(String),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A dict.
    Dict(Dict),
}

impl Value {
    /// Reads the value that these octets are in a serializer's notation, and nothing besides.
    pub fn decode(serializer: Serializer, octets: &[u8]) -> Result<Self, Malformed> {
        fn whole<'a>(mut reader: impl Reader<'a>) -> Result<Value, Malformed> {
            let value = Value::read(&mut reader)?;
            reader.finish()?;
            Ok(value)
        }
        match serializer {
            Serializer::Json => whole(JsonReader::new(octets)),
            Serializer::MsgPack => whole(MsgPackReader::new(octets)),
            Serializer::Cbor => whole(CborReader::new(octets)),
        }
    }

    /// Reads the next whole value. Keys that are integers become texts.
    pub fn read<'a>(reader: &mut impl Reader<'a>) -> Result<Self, Malformed> {
        let token = reader.token()?;
        Self::read_from(token, reader)
    }

    /// Reads on from a value's first token. The recursion ends where the reader refuses to go.
    fn read_from<'a>(token: Token<'a>, reader: &mut impl Reader<'a>) -> Result<Self, Malformed> {
        Ok(match token {
            Token::Null | Token::Undefined => Value::Null,
            Token::Bool(value) => Value::Bool(value),
            Token::Int(value) => Value::Int(value),
            Token::BigInt { negative, magnitude } => {
                Value::BigInt { negative, magnitude: magnitude.into_owned() }
            }
            Token::Float(value) => Value::Float(value),
            Token::Str(text) => Value::Str(text.into_owned()),
            Token::Bytes(bytes) => Value::Bytes(bytes.into_owned()),
            Token::List(_) => Value::List(read_items(reader)?),
            Token::Dict(_) => Value::Dict(Dict::read_entries(reader)?),
            Token::End => {
                return Err(Malformed { offset: reader.position(), what: "a value is missing" });
            }
        })
    }

    /// Reads a list.
    pub fn read_list<'a>(reader: &mut impl Reader<'a>) -> Result<Vec<Value>, Malformed> {
        let offset = reader.position();
        match reader.token()? {
            Token::List(_) => read_items(reader),
            _ => Err(Malformed { offset, what: "expected a list" }),
        }
    }

    /// Writes the value as an element of a message, in which lists and dicts may nest up to
    /// [`NESTING_DEPTH_MAX`], its own list included.
    pub fn write(&self, writer: &mut impl Writer) -> Result<(), Unwritable> {
        self.write_inside(1, writer)
    }

    /// Writes a list as an element of a message.
    pub fn write_list(list: &[Value], writer: &mut impl Writer) -> Result<(), Unwritable> {
        write_items(list, 1, writer)
    }

    /// Writes the value inside of so many lists and dicts.
    fn write_inside(&self, depth: usize, writer: &mut impl Writer) -> Result<(), Unwritable> {
        match self {
            Value::Null => writer.null(),
            Value::Bool(value) => writer.bool(*value),
            Value::Int(value) => write_integer(writer, *value)?,
            Value::BigInt { negative, magnitude } => writer.big_int(*negative, magnitude)?,
            Value::Float(value) => writer.float(*value),
            Value::Str(text) => writer.str(text),
            Value::Bytes(bytes) => writer.bytes(bytes),
            Value::List(list) => write_items(list, depth, writer)?,
            Value::Dict(dict) => dict.write_inside(depth, writer)?,
        }
        Ok(())
    }
}

fn read_items<'a>(reader: &mut impl Reader<'a>) -> Result<Vec<Value>, Malformed> {
    let mut list = Vec::new();
    loop {
        match reader.token()? {
            Token::End => return Ok(list),
            token => list.push(Value::read_from(token, reader)?),
        }
    }
}

fn write_items(list: &[Value], depth: usize, writer: &mut impl Writer) -> Result<(), Unwritable> {
    check_depth(depth)?;
    writer.list(list.len());
    for item in list {
        item.write_inside(depth + 1, writer)?;
    }
    writer.end_list();
    Ok(())
}

/// May a list or dict begin inside of so many others?
fn check_depth(depth: usize) -> Result<(), Unwritable> {
    if depth < NESTING_DEPTH_MAX { Ok(()) } else { Err(Unwritable { what: "nesting that deep" }) }
}

/// JSON, as it would be on the wire.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(f, |writer| self.write(writer))
    }
}

fn display(
    f: &mut fmt::Formatter<'_>,
    write: impl FnOnce(&mut JsonWriter<'_>) -> Result<(), Unwritable>,
) -> fmt::Result {
    let mut json = Vec::new();
    let written = write(&mut JsonWriter::new(&mut json));
    f.write_str(&String::from_utf8_lossy(&json))?;
    // Nothing that was ever read from JSON comes to this.
    if written.is_err() { f.write_str("…") } else { Ok(()) }
}
