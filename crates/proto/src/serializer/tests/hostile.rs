//! What no honest client sends.

use proptest::prelude::*;

use super::generate::{damaged, octets};
use super::{CborReader, JsonReader, MsgPackReader, Reader, skip, tokens, unhex};
use crate::limits::NESTING_DEPTH_MAX;
use crate::payload::{Arity, Payload};
use crate::serializer::{Malformed, Serializer, transcode};
use crate::value::Value;

/// Skips a message, and reads it token by token, in one of the serializers.
fn skip_and_read(serializer: Serializer, octets: &[u8]) -> [Result<(), Malformed>; 2] {
    fn both<'a, R: Reader<'a>>(octets: &'a [u8]) -> [Result<(), Malformed>; 2] {
        [skip::<R>(octets).map(drop), tokens::<R>(octets).map(drop)]
    }
    match serializer {
        Serializer::Json => both::<JsonReader<'_>>(octets),
        Serializer::MsgPack => both::<MsgPackReader<'_>>(octets),
        Serializer::Cbor => both::<CborReader<'_>>(octets),
    }
}

/// So many of `before`, the value, and as many of `after`.
fn nested(before: &str, value: &str, after: &str, depth: usize) -> String {
    [&before.repeat(depth), value, &after.repeat(depth)].concat()
}

#[test]
fn nesting_has_an_end() {
    use Serializer::{Cbor, Json, MsgPack};
    for (serializer, before, after) in [
        (Json, "[", "]"),
        (Json, "[0,", "]"),
        (Json, "{\"a\":", "}"),
        (MsgPack, "91", ""),
        (MsgPack, "9200", ""),
        (MsgPack, "81a0", ""),
        (MsgPack, "81", "00"),
        (MsgPack, "dc0001", ""),
        (Cbor, "81", ""),
        (Cbor, "8200", ""),
        (Cbor, "a100", ""),
        (Cbor, "a1", "00"),
        (Cbor, "9f", "ff"),
        (Cbor, "bf00", "ff"),
        (Cbor, "bf", "00ff"),
        (Cbor, "c1", ""),
    ] {
        for (depth, accepted) in [
            (NESTING_DEPTH_MAX, true),
            (NESTING_DEPTH_MAX + 1, false),
            (100 * NESTING_DEPTH_MAX, false),
        ] {
            let octets = match serializer {
                Json => nested(before, "0", after, depth).into_bytes(),
                MsgPack | Cbor => unhex(&nested(before, "00", after, depth)),
            };
            for result in skip_and_read(serializer, &octets) {
                match result {
                    Ok(()) => assert!(accepted, "{before} {depth}"),
                    Err(error) => assert_eq!((error.what, accepted), ("nested too deep", false)),
                }
            }
        }
    }
}

/// Tags around a value nest with the lists around them.
#[test]
fn tags_nest_like_lists() {
    let half = NESTING_DEPTH_MAX / 2;
    for (tags, accepted) in [(half, true), (half + 1, false)] {
        for value in ["00", "80", "9fff"] {
            // A list is a level of its own.
            let tags = if value == "00" { tags } else { tags - 1 };
            let octets = unhex(&nested("81", &nested("c1", value, "", tags), "", half));
            for result in skip_and_read(Serializer::Cbor, &octets) {
                assert_eq!(result.is_ok(), accepted, "{tags} tags around {value}");
            }
        }
    }
}

#[test]
fn lengths_of_what_is_not_there() {
    use Serializer::{Cbor, MsgPack};
    for (serializer, octets) in [
        (MsgPack, "ddffffffff00"),
        (MsgPack, "dfffffffff00"),
        (MsgPack, "df8000000000"),
        (MsgPack, "dbffffffff00"),
        (MsgPack, "c6ffffffff00"),
        (MsgPack, "c9ffffffff0000"),
        (MsgPack, "dd7fffffff00"),
        (Cbor, "9affffffff00"),
        (Cbor, "9bffffffffffffffff00"),
        (Cbor, "bb800000000000000000"),
        (Cbor, "bbffffffffffffffff00"),
        (Cbor, "9afffffffe00"),
        (Cbor, "9afffffffb00"),
        (Cbor, "ba7fffffff00"),
        (Cbor, "5bffffffffffffffff00"),
        (Cbor, "7bffffffffffffffff00"),
        (Cbor, "5f5bffffffffffffffff00"),
        (Cbor, "c25bffffffffffffffff00"),
    ] {
        for result in skip_and_read(serializer, &unhex(octets)) {
            assert_eq!(result.unwrap_err().what, "a length beyond the end", "{octets}");
        }
    }
}

#[test]
fn every_prefix_is_refused() {
    use Serializer::{Cbor, Json, MsgPack};
    let json =
        r#"[1,-2.5e+3,"a\n\u00e9\ud83d\ude00é",{"k":[true,false,null],"":{}},[],"\u0000AQID"]"#;
    let payload = Payload { serializer: Json, arity: Arity::Args, octets: json.as_bytes() };
    let mut messages = vec![(Json, json.as_bytes().to_vec())];
    for serializer in [MsgPack, Cbor] {
        let mut octets = Vec::new();
        transcode(payload, serializer, &mut octets).unwrap();
        messages.push((serializer, octets));
    }
    messages.push((
        MsgPack,
        unhex("96 d40000 d6ff00000000 cf0000000000000000 d90161 ca00000000 df00000000"),
    ));
    messages.push((Cbor, unhex("9f f93c00 fa00000000 7f61616162ff 5f4101ff c24101 bf6161f7ff d818f6 f820 1b0000000000000000 ff")));
    for (serializer, octets) in messages {
        assert!(skip_and_read(serializer, &octets)[0].is_ok(), "{serializer}");
        for end in 0..octets.len() {
            for result in skip_and_read(serializer, &octets[..end]) {
                assert!(result.is_err(), "{serializer} {end}");
            }
        }
    }
}

/// Reads octets in every way that there is. Nothing of it may panic.
fn read_in_every_way(serializer: Serializer, octets: &[u8]) {
    let [skipped, read] = skip_and_read(serializer, octets);
    if let Err(error) = skipped {
        assert!(error.offset <= octets.len());
        assert!(read.is_err(), "read what skipping refuses: {error}");
    }
    for arity in [Arity::Args, Arity::ArgsKwargs] {
        let payload = Payload { serializer, arity, octets };
        let _ = payload.values();
        for to in Serializer::ALL {
            let mut out = Vec::new();
            if transcode(payload, to, &mut out).is_ok() && to != serializer && skipped.is_ok() {
                skip_and_read(to, &out)[0].expect("transcoded octets are well-formed");
            }
        }
    }
    match serializer {
        Serializer::Json => walk(JsonReader::new(octets), octets.len()),
        Serializer::MsgPack => walk(MsgPackReader::new(octets), octets.len()),
        Serializer::Cbor => walk(CborReader::new(octets), octets.len()),
    }
}

/// Calls a reader in an order that no sane caller would.
fn walk<'a>(mut reader: impl Reader<'a> + Clone, len: usize) {
    for step in 0..=2 * len {
        assert!(reader.position() <= len);
        let _ = reader.clone().finish();
        let _ = Value::read(&mut reader.clone());
        let failed = match step % 5 {
            0 | 3 => reader.token().is_err(),
            1 => reader.at_end().is_err(),
            2 => {
                let _ = reader.clone().skip();
                false
            }
            _ => reader.skip().is_err(),
        };
        if failed {
            return;
        }
    }
}

proptest! {
    #[test]
    fn octets_never_panic(octets in octets()) {
        for serializer in Serializer::ALL {
            read_in_every_way(serializer, &octets);
        }
    }

    #[test]
    fn damaged_messages_never_panic(
        json in damaged(Serializer::Json),
        msgpack in damaged(Serializer::MsgPack),
        cbor in damaged(Serializer::Cbor),
    ) {
        read_in_every_way(Serializer::Json, &json);
        read_in_every_way(Serializer::MsgPack, &msgpack);
        read_in_every_way(Serializer::Cbor, &cbor);
    }

    #[test]
    fn json_soup_never_panics(text in r#"[\[\]{}",:01\-.eE tn\\u"é]{0,30}"#) {
        read_in_every_way(Serializer::Json, text.as_bytes());
    }
}
