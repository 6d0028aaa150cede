use super::{Dict, Value};
use crate::limits::NESTING_DEPTH_MAX;
use crate::payload::{Arity, Payload};
use crate::serializer::{
    CborReader, JsonReader, JsonWriter, Kind, MsgPackReader, Reader, Serializer,
};

fn json(text: &str) -> Value {
    Value::read(&mut JsonReader::new(text.as_bytes())).unwrap()
}

#[test]
fn shown_as_json() {
    for text in [
        "null",
        "true",
        "-18446744073709551617",
        "1.0",
        r#""a\"b""#,
        r#""\u0000AQID""#,
        "[1,[],{}]",
        r#"{"b":1,"a":{"c":[null]},"b":2}"#,
    ] {
        assert_eq!(json(text).to_string(), text);
    }
}

#[test]
fn a_value_is_all_that_is_there() {
    for (serializer, octets) in [
        (Serializer::Json, &b" [1,{\"a\":null}] "[..]),
        (Serializer::MsgPack, b"\x92\x01\x81\xa1a\xc0"),
        (Serializer::Cbor, b"\x82\x01\xa1\x61a\xf6"),
    ] {
        let value = Value::decode(serializer, octets).unwrap();
        assert_eq!(value.to_string(), r#"[1,{"a":null}]"#, "{serializer}");
        assert_eq!(serializer.check(octets), Ok(Kind::List), "{serializer}");
        let more = [octets, b"1"].concat();
        assert!(Value::decode(serializer, &more).is_err(), "{serializer}");
        assert!(serializer.check(&more).is_err(), "{serializer}");
        let less = &octets[..octets.len() - 2];
        assert!(Value::decode(serializer, less).is_err(), "{serializer}");
        assert!(serializer.check(less).is_err(), "{serializer}");
    }
}

#[test]
fn keys_that_are_integers_become_texts() {
    let octets = b"\x82\x01\xc0\xff\xc3";
    let dict = Dict::read(&mut MsgPackReader::new(octets)).unwrap();
    assert_eq!(dict.to_string(), r#"{"1":null,"-1":true}"#);
    let error = Dict::read(&mut MsgPackReader::new(b"\x81\xc0\x01")).unwrap_err();
    assert_eq!(error.to_string(), "a key that is neither a text nor an integer at octet 1");
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    let Value::Dict(mut dict) = json(r#"{"a":1,"b":2,"a":3}"#) else { panic!("no dict") };
    assert_eq!(dict.get("a"), Some(&3.into()));
    dict.insert("a", 4);
    assert_eq!(dict.to_string(), r#"{"a":1,"b":2,"a":4}"#);
    assert_eq!(dict.remove("a"), Some(4.into()));
    assert_eq!(dict.remove("a"), None);
    assert_eq!(dict, Dict::from([("b", 2)]));
}

#[test]
fn undefined_is_null() {
    assert_eq!(Value::read(&mut CborReader::new(b"\xf7")), Ok(Value::Null));
}

#[test]
fn a_list_that_ends_has_no_more_values() {
    let mut reader = JsonReader::new(b"[]");
    reader.token().unwrap();
    assert_eq!(Value::read(&mut reader).unwrap_err().what, "a value is missing");
    assert_eq!(Dict::read(&mut JsonReader::new(b"[]")).unwrap_err().what, "expected a dict");
    assert_eq!(Value::read_list(&mut JsonReader::new(b"{}")).unwrap_err().what, "expected a list");
}

#[test]
fn whole_floats_are_integers() {
    assert_eq!(Value::from(3.0).as_u64(), Some(3));
    assert_eq!(Value::from(9_007_199_254_740_992.0).as_u64(), Some(1 << 53));
    assert_eq!(Value::from(-1.0).as_u64(), None);
    assert_eq!(Value::from(-1.0).as_i64(), Some(-1));
    for value in [0.5, 1e300, f64::NAN, f64::INFINITY] {
        assert_eq!(Value::from(value).as_int(), None);
    }
}

#[test]
fn rust_types() {
    let value: Value = [1, 2].into_iter().collect();
    assert_eq!(value.as_list(), Some([1.into(), 2.into()].as_slice()));
    assert_eq!(Value::from(Some("x")).as_str(), Some("x"));
    assert!(Value::from(None::<bool>).is_null());
    assert_eq!(Value::from(vec![1u8]).as_bytes(), Some([1].as_slice()));
    assert_eq!(Value::from(true).as_bool(), Some(true));
    assert_eq!(Value::from(2).as_f64(), Some(2.0));
    assert!(Value::from(Dict::new()).as_dict().is_some());
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |value, _| Value::List(vec![value]))
}

#[test]
fn nesting_has_an_end() {
    let mut out = Vec::new();
    assert!(nested(NESTING_DEPTH_MAX - 1).write(&mut JsonWriter::new(&mut out)).is_ok());
    let error = nested(NESTING_DEPTH_MAX).write(&mut JsonWriter::new(&mut out)).unwrap_err();
    assert_eq!(error.to_string(), "nesting that deep cannot be written");
    assert!(nested(1000).to_string().ends_with("[[…"));
    assert!(Value::read(&mut JsonReader::new("[".repeat(1_000_000).as_bytes())).is_err());
}

#[test]
fn payloads() {
    let args = [Value::from(1), "a".into(), nested(3), 1.5.into(), vec![1u8, 2].into()];
    let kwargs = Dict::from([("b", Value::Null), ("c", true.into())]);
    for serializer in Serializer::ALL {
        for (args, kwargs, arity) in [
            (&[][..], &Dict::new(), Arity::None),
            (&args, &Dict::new(), Arity::Args),
            (&args, &kwargs, Arity::ArgsKwargs),
            (&[], &kwargs, Arity::ArgsKwargs),
        ] {
            let mut out = b"before".to_vec();
            let payload = Payload::write(args, kwargs, serializer, &mut out).unwrap();
            assert_eq!(payload.arity, arity);
            assert_eq!(payload.values(), Ok((args.to_vec(), kwargs.clone())), "{serializer}");
        }
    }
}

#[test]
fn a_payload_is_borrowed_or_transcoded() {
    let payload = Payload { serializer: Serializer::Json, arity: Arity::Args, octets: b"[1]" };
    let mut scratch = b"something old".to_vec();
    assert_eq!(payload.transcoded(Serializer::Json, &mut scratch), Ok(payload));
    let transcoded = payload.transcoded(Serializer::Cbor, &mut scratch).unwrap();
    assert_eq!((transcoded.serializer, transcoded.octets), (Serializer::Cbor, &b"\x81\x01"[..]));
}
