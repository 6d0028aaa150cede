//! What other implementations think of the same octets.
//!
//! A message is accepted if and only if the peer accepts it. Where the peer is known to be wrong,
//! or to have limits of its own, it is not asked; each such place says why.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::generate::{damaged, octets};
use super::{CborReader, JsonReader, MsgPackReader, Reader, hex, skip};
use crate::serializer::Serializer;
use crate::value::Value;

fn read<'a, R: Reader<'a>>(octets: &'a [u8]) -> Option<Value> {
    let mut reader = R::new(octets);
    let value = Value::read(&mut reader).ok()?;
    reader.finish().ok()?;
    Some(value)
}

/// `serde_json` skips any nesting depth, and asks for UTF-8 only where it builds a string.
fn check_json(octets: &[u8]) {
    let ours = skip::<JsonReader<'_>>(octets);
    let text = std::str::from_utf8(octets).ok();
    let theirs = text.map(serde_json::from_str::<IgnoredAny>);
    let accepted = theirs.is_some_and(|theirs| theirs.is_ok());
    assert_eq!(ours.is_ok(), accepted, "{ours:?} {}", String::from_utf8_lossy(octets));
    let value = serde_json::from_slice::<serde_json::Value>(octets);
    if let (Some(ours), Ok(theirs)) = (read::<JsonReader<'_>>(octets), value) {
        assert!(same_as_json(&ours, &theirs), "{ours:?} {theirs:?}");
    }
}

fn same_as_json(ours: &Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == theirs,
        // A float there if it has more than 64 bits, or is minus zero.
        (Value::Int(_) | Value::BigInt { .. }, Theirs::Number(theirs)) if theirs.is_f64() => true,
        (Value::Int(ours), Theirs::Number(theirs)) => ours.to_string() == theirs.to_string(),
        (Value::Float(ours), Theirs::Number(theirs)) => theirs.as_f64() == Some(*ours),
        (Value::Str(ours), Theirs::String(theirs)) => ours == theirs,
        (Value::Bytes(ours), Theirs::String(theirs)) => {
            theirs.strip_prefix('\0') == Some(&BASE64.encode(ours))
        }
        (Value::List(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same_as_json(a, b))
        }
        (Value::Dict(ours), Theirs::Object(theirs)) => ours.iter().all(|(key, _)| {
            let (ours, theirs) = (ours.get(key), theirs.get(key));
            ours.zip(theirs).is_some_and(|(ours, theirs)| same_as_json(ours, theirs))
        }),
        _ => false,
    }
}

fn check_msgpack(octets: &[u8]) {
    let ours = skip::<MsgPackReader<'_>>(octets);
    // It takes the marker that means nothing for nil.
    if ours.is_err_and(|error| error.what == "the marker c1 means nothing") {
        return;
    }
    let mut rest = octets;
    let theirs = rmpv::decode::read_value(&mut rest).ok().filter(|_| rest.is_empty());
    // It hands over texts that are not UTF-8.
    let theirs = theirs.filter(is_utf8);
    assert_eq!(ours.is_ok(), theirs.is_some(), "{ours:?} {}", hex(octets));
    if let (Some(ours), Some(theirs)) = (read::<MsgPackReader<'_>>(octets), theirs) {
        assert!(same_as_msgpack(&ours, &theirs), "{ours:?} {theirs:?}");
    }
}

fn is_utf8(value: &rmpv::Value) -> bool {
    match value {
        rmpv::Value::String(text) => text.is_str(),
        rmpv::Value::Array(items) => items.iter().all(is_utf8),
        rmpv::Value::Map(entries) => {
            entries.iter().all(|(key, value)| is_utf8(key) && is_utf8(value))
        }
        _ => true,
    }
}

fn same_as_msgpack(ours: &Value, theirs: &rmpv::Value) -> bool {
    use rmpv::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Nil) => true,
        (Value::Null, Theirs::Ext(0, data)) => data == &[0],
        (Value::Bool(ours), Theirs::Boolean(theirs)) => ours == theirs,
        (Value::Int(ours), Theirs::Integer(theirs)) => ours.to_string() == theirs.to_string(),
        (Value::Float(ours), Theirs::F32(theirs)) => same_float(*ours, (*theirs).into()),
        (Value::Float(ours), Theirs::F64(theirs)) => same_float(*ours, *theirs),
        (Value::Str(ours), Theirs::String(theirs)) => theirs.as_str() == Some(ours),
        (Value::Bytes(ours), Theirs::Binary(theirs) | Theirs::Ext(_, theirs)) => ours == theirs,
        (Value::List(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(a, b)| same_as_msgpack(a, b))
        }
        (Value::Dict(ours), Theirs::Map(theirs)) => {
            let mut entries = ours.iter().zip(theirs);
            ours.len() == theirs.len()
                && entries.all(|((our_key, ours), (their_key, theirs))| {
                    let their_key = match their_key {
                        Theirs::Integer(key) => Cow::Owned(key.to_string()),
                        key => Cow::Borrowed(key.as_str().unwrap_or("no key")),
                    };
                    our_key == their_key && same_as_msgpack(ours, theirs)
                })
        }
        _ => false,
    }
}

fn same_float(ours: f64, theirs: f64) -> bool {
    ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan())
}

fn check_cbor(octets: &[u8]) {
    let ours = skip::<CborReader<'_>>(octets);
    let mut rest = octets;
    let theirs = ciborium::from_reader::<ciborium::Value, _>(&mut rest).ok();
    let theirs = theirs.filter(|_| rest.is_empty());
    match ours.map_err(|error| error.what) {
        // It lets chunks consist of chunks, and false, true, null and undefined have two octets.
        Err(
            "expected a chunk of text"
            | "expected a chunk of bytes"
            | "a simple value in two octets",
        ) => return,
        ours => assert!(ours.is_ok() || theirs.is_none(), "{ours:?} {}", hex(octets)),
    }
    let Some(value) = read::<CborReader<'_>>(octets) else { return };
    match theirs {
        Some(theirs) => assert!(same_as_cbor(&value, &theirs), "{value:?} {theirs:?}"),
        // It has no simple values without a meaning, and no negative integers beyond 127 bits.
        None => assert!(octets.contains(&0xc3), "{value:?} {}", hex(octets)),
    }
}

fn same_as_cbor(ours: &Value, theirs: &ciborium::Value) -> bool {
    use ciborium::Value as Theirs;
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == theirs,
        (Value::Int(ours), Theirs::Integer(theirs)) => *ours == i128::from(*theirs),
        // Bignums are tagged bytes there.
        (Value::Int(_) | Value::BigInt { .. }, Theirs::Tag(2 | 3, theirs)) if theirs.is_bytes() => {
            true
        }
        (ours, Theirs::Tag(_, theirs)) => same_as_cbor(ours, theirs),
        (Value::Float(ours), Theirs::Float(theirs)) => same_float(*ours, *theirs),
        (Value::Str(ours), Theirs::Text(theirs)) => ours == theirs,
        (Value::Bytes(ours), Theirs::Bytes(theirs)) => ours == theirs,
        (Value::List(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same_as_cbor(a, b))
        }
        (Value::Dict(ours), Theirs::Map(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|((_, a), (_, b))| same_as_cbor(a, b))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn damaged_json(octets in damaged(Serializer::Json)) {
        check_json(&octets);
    }

    #[test]
    fn damaged_msgpack(octets in damaged(Serializer::MsgPack)) {
        check_msgpack(&octets);
    }

    #[test]
    fn damaged_cbor(octets in damaged(Serializer::Cbor)) {
        check_cbor(&octets);
    }

    #[test]
    fn any_octets(octets in octets()) {
        check_json(&octets);
        check_msgpack(&octets);
        check_cbor(&octets);
    }

    #[test]
    fn json_soup(text in r#"[\[\]{}",:01\-.eE tn\\u"é]{0,12}"#) {
        check_json(text.as_bytes());
    }

    #[test]
    fn json_numbers(text in r"-?[01]{0,3}\.?[0-9]{0,3}([eE][+-]?[0-9]{0,3})?") {
        check_json(text.as_bytes());
    }

    #[test]
    fn json_strings(text in r#""(\\["\\/bfnrtu]|\\u[0-9a-fA-F]{4}|\\ud[89ab]00|[ -~]|[\x00-\x20]){0,9}""#) {
        check_json(text.as_bytes());
    }
}
