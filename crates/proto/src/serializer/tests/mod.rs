//! Tests of the serializers as a reader and writer of the wire would see them.

mod cbor;
mod differential;
mod generate;
mod hostile;
mod json;
mod msgpack;
mod roundtrip;
mod transcode;

use std::fmt::Write as _;

use super::{
    CborReader, CborWriter, JsonReader, JsonWriter, Kind, Malformed, MsgPackReader, MsgPackWriter,
    Reader, Serializer, Token, Writer,
};
use crate::value::Value;

/// Skips the only value that there should be.
fn skip<'a, R: Reader<'a>>(octets: &'a [u8]) -> Result<Kind, Malformed> {
    let mut reader = R::new(octets);
    let kind = reader.skip()?;
    reader.finish()?;
    Ok(kind)
}

/// The tokens of the only value that there should be, as in `[1, {"a": h'00'}]` without separators.
fn tokens<'a, R: Reader<'a>>(octets: &'a [u8]) -> Result<String, Malformed> {
    let mut reader = R::new(octets);
    let (mut text, mut open) = (String::new(), Vec::new());
    loop {
        let token = reader.token()?;
        match &token {
            Token::List(_) => open.push("]"),
            Token::Dict(_) => open.push("}"),
            _ => {}
        }
        let end = if token == Token::End { open.pop() } else { None };
        render(&mut text, &token, end);
        if open.is_empty() {
            reader.finish()?;
            return Ok(text.trim_end().to_owned());
        }
    }
}

fn render(text: &mut String, token: &Token<'_>, end: Option<&str>) {
    match token {
        Token::Null => text.push_str("null"),
        Token::Undefined => text.push_str("undefined"),
        Token::Bool(value) => write!(text, "{value}").unwrap(),
        Token::Int(value) => write!(text, "{value}").unwrap(),
        Token::BigInt { negative, magnitude } => {
            let sign = if *negative { "-" } else { "" };
            write!(text, "{sign}0x{}", hex(magnitude)).unwrap();
        }
        Token::Float(value) => write!(text, "{value:?}").unwrap(),
        Token::Str(value) => write!(text, "{value:?}").unwrap(),
        Token::Bytes(value) => write!(text, "h'{}'", hex(value)).unwrap(),
        Token::List(Some(len)) => write!(text, "{len}[").unwrap(),
        Token::Dict(Some(len)) => write!(text, "{len}{{").unwrap(),
        Token::List(None) => text.push('['),
        Token::Dict(None) => text.push('{'),
        Token::End => {
            text.truncate(text.trim_end().len());
            text.push_str(end.unwrap_or("end outside"));
        }
    }
    if !matches!(token, Token::List(_) | Token::Dict(_)) {
        text.push(' ');
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// The octets have this meaning, and skipping finds nothing wrong either.
fn check<'a, R: Reader<'a>>(octets: &'a [u8], meaning: &str) {
    assert_eq!(tokens::<R>(octets).as_deref(), Ok(meaning), "{}", hex(octets));
    assert!(skip::<R>(octets).is_ok(), "{}", hex(octets));
}

/// The octets are refused for this reason, read or skipped.
fn check_refused<'a, R: Reader<'a>>(octets: &'a [u8], reason: &str) {
    let refused = |error: Malformed| error.to_string();
    assert_eq!(tokens::<R>(octets).map_err(refused), Err(reason.to_owned()), "{}", hex(octets));
    assert_eq!(skip::<R>(octets).map_err(refused), Err(reason.to_owned()), "{}", hex(octets));
}

/// A value in one of the serializers.
fn written(serializer: Serializer, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let written = match serializer {
        Serializer::Json => value.write(&mut JsonWriter::new(&mut out)),
        Serializer::MsgPack => value.write(&mut MsgPackWriter::new(&mut out)),
        Serializer::Cbor => value.write(&mut CborWriter::new(&mut out)),
    };
    written.unwrap();
    out
}
