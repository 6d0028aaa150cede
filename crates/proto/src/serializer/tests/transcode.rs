use super::{hex, unhex};
use crate::payload::{Arity, Payload};
use crate::serializer::Serializer::{self, Cbor, Json, MsgPack};
use crate::serializer::{INTEGER_DIGITS_MAX, transcode};

/// Octets as a test shows them: JSON as it is, the others in hexadecimal digits.
fn shown(serializer: Serializer, octets: &[u8]) -> String {
    match serializer {
        Json => String::from_utf8(octets.to_vec()).unwrap(),
        MsgPack | Cbor => hex(octets),
    }
}

fn transcoded(arity: Arity, from: Serializer, octets: &str, to: Serializer) -> String {
    let octets = if from == Json { octets.as_bytes().to_vec() } else { unhex(octets) };
    // What is there already stays.
    let mut out = b"[".to_vec();
    let result = transcode(Payload { serializer: from, arity, octets: &octets }, to, &mut out);
    assert_eq!(out[0], b'[');
    match result {
        Ok(()) => shown(to, &out[1..]),
        Err(error) => {
            assert_eq!(out.len(), 1, "nothing is appended after all");
            error.to_string()
        }
    }
}

/// One value from one serializer to the other.
fn check(from: Serializer, octets: &str, to: Serializer, expected: &str) {
    assert_eq!(transcoded(Arity::Args, from, octets, to), expected);
}

/// One value, there and back.
fn check_both(one: Serializer, octets: &str, other: Serializer, others: &str) {
    check(one, octets, other, others);
    check(other, others, one, octets);
}

#[test]
fn args_and_kwargs() {
    for (arity, json, msgpack, cbor) in [
        (Arity::None, "", "", ""),
        (Arity::Args, "[]", "90", "80"),
        (Arity::Args, "[1,[2,{}]]", "9201920280", "82018202a0"),
        (
            Arity::ArgsKwargs,
            r#"[1],{"a":[2],"b":3}"#,
            "910182a1619102a16203",
            "8101a261618102616203",
        ),
    ] {
        for (from, octets) in [(Json, json), (MsgPack, msgpack), (Cbor, cbor)] {
            for (to, expected) in [(Json, json), (MsgPack, msgpack), (Cbor, cbor)] {
                assert_eq!(transcoded(arity, from, octets, to), expected, "{from} to {to}");
            }
        }
    }
    let spaced = " [ 1 ] , { \"a\" : [ 2 ] , \"b\" : 3 } ";
    assert_eq!(transcoded(Arity::ArgsKwargs, Json, spaced, MsgPack), "910182a1619102a16203");
}

#[test]
fn integers() {
    check_both(Json, "[18446744073709551615]", MsgPack, "91cfffffffffffffffff");
    check_both(Json, "[-9223372036854775808]", MsgPack, "91d38000000000000000");
    check_both(Json, "[-18446744073709551616]", Cbor, "813bffffffffffffffff");
    check_both(Json, "[18446744073709551616]", Cbor, "81c249010000000000000000");
    check_both(Json, "[-18446744073709551617]", Cbor, "81c349010000000000000000");
    let refused = "an integer beyond 64 bits at octet 1 of the payload cannot be said in msgpack";
    check(Json, "[-9223372036854775809]", MsgPack, refused);
    check(Json, "[18446744073709551616]", MsgPack, refused);
    check(Cbor, "813bffffffffffffffff", MsgPack, refused);
    check(Cbor, "81c249010000000000000000", MsgPack, refused);
}

#[test]
fn integers_without_end() {
    let digits = "9".repeat(INTEGER_DIGITS_MAX);
    let cbor = transcoded(Arity::Args, Json, &format!("[{digits}]"), Cbor);
    check(Cbor, &cbor, Json, &format!("[{digits}]"));
    let refused = "an integer of too many digits at octet 4 of the payload cannot be said in cbor";
    check(Json, &format!("[0, -1{digits}]"), Cbor, refused);
    let longer = cbor.replace("c2590214", "c259021501");
    let refused = "an integer that long at octet 1 of the payload cannot be said in json";
    check(Cbor, &longer, Json, refused);
}

#[test]
fn floats() {
    check_both(
        Json,
        "[1.0,-0.0,1e300]",
        MsgPack,
        "93cb3ff0000000000000cb8000000000000000cb7e37e43c8800759c",
    );
    check_both(MsgPack, "91cb7ff0000000000000", Cbor, "81fb7ff0000000000000");
    check(MsgPack, "91cb7ff8000000000000", Json, "[null]");
    check(Cbor, "83f97e00f97c00f9fc00", Json, "[null,null,null]");
    check(Json, "[1e3]", Cbor, "81fb408f400000000000");
    check(MsgPack, "91ca3fc00000", Cbor, "81fb3ff8000000000000");
    check(
        Json,
        "[1e400]",
        Cbor,
        "a number beyond the range of floats at octet 1 of the payload cannot be said in cbor",
    );
}

#[test]
fn bytes_and_texts() {
    check_both(Json, r#"["\u0000AQID",""]"#, MsgPack, "92c403010203a0");
    check_both(Json, r#"["\u0000"]"#, Cbor, "8140");
    check_both(Json, r#"["\u0000AQI"]"#, Cbor, "816400415149");
    check_both(Json, r#"["é\"\\\n\u0001"]"#, MsgPack, "91a6c3a9225c0a01");
    check(Json, r#"["\ud83d\ude00\/\ud83d"]"#, Cbor, "8168f09f98802fefbfbd");
    check(Cbor, "817f6161 6162ff", MsgPack, "91a26162");
    check(Cbor, "815f4161 4162ff", MsgPack, "91c4026162");
}

#[test]
fn undefined_extensions_and_tags() {
    check_both(MsgPack, "91d40000", Cbor, "81f7");
    check(MsgPack, "91d40000", Json, "[null]");
    check(MsgPack, "91d6ff00000001", Json, r#"["\u0000AAAAAQ=="]"#);
    check(MsgPack, "91d6ff00000001", Cbor, "814400000001");
    check(Cbor, "82c101c18102", Json, "[1,[2]]");
    check(
        Cbor,
        "81e0",
        Json,
        "a simple value without a meaning at octet 1 of the payload cannot be said in json",
    );
}

#[test]
fn keys() {
    check(MsgPack, "9183 0102 ff03 a16104", Json, r#"[{"1":2,"-1":3,"a":4}]"#);
    check_both(MsgPack, "91820102ff03", Cbor, "81a201022003");
    check(Cbor, "81a1c24901000000000000000000", Json, r#"[{"18446744073709551616":0}]"#);
    check(Json, r#"[{"a":1,"a":2}]"#, Cbor, "81a2616101616102");
    check(Json, r#"[{"\u0000AQID":1}]"#, MsgPack, "9181a5004151494401");
    check_both(MsgPack, "9182910102c40103c0", Cbor, "81a28101024103f6");
    for key in ["c2", "c0", "c400", "90", "80", "cb3ff0000000000000", "d40000"] {
        let refused = "a key that is neither a text nor an integer at octet 2 of the payload cannot be said in json";
        check(MsgPack, &format!("9181{key}00"), Json, refused);
    }
}

#[test]
fn lengths_that_come_late() {
    let json = format!("[{}]", vec!["[{}]"; 20].join(","));
    check_both(Json, &json, MsgPack, &format!("dc0014{}", "9180".repeat(20)));
    check_both(Json, &json, Cbor, &format!("94{}", "81a0".repeat(20)));
    check(Cbor, "9f9fff9fbfffffff", MsgPack, "92909180");
    for len in [15, 16, 23, 24, 255, 256, 65535, 65536, 70_000] {
        let json = format!("[{}]", vec!["0"; len].join(","));
        let items = "00".repeat(len);
        let (msgpack, cbor) = match len {
            0..=15 => (format!("{:02x}", 0x90 + len), format!("{:02x}", 0x80 + len)),
            16..=23 => (format!("dc{len:04x}"), format!("{:02x}", 0x80 + len)),
            24..=255 => (format!("dc{len:04x}"), format!("98{len:02x}")),
            256..=65535 => (format!("dc{len:04x}"), format!("99{len:04x}")),
            _ => (format!("dd{len:08x}"), format!("9a{len:08x}")),
        };
        check_both(Json, &json, MsgPack, &(msgpack + &items));
        check_both(Json, &json, Cbor, &(cbor + &items));
    }
}

/// Long heads in each other, behind each other, and with short ones between them.
#[test]
fn long_heads_among_short_ones() {
    let json = (0..30)
        .fold("{}".to_owned(), |inner, _| format!("[{inner},{}]", vec!["[0]"; 20].join(",")));
    let msgpack =
        (0..30).fold("80".to_owned(), |inner, _| format!("dc0015{inner}{}", "9100".repeat(20)));
    check_both(Json, &json, MsgPack, &msgpack);
    let payload = format!("{json},{{\"a\":{json}}}");
    let expected = format!("{msgpack}81a161{msgpack}");
    assert_eq!(transcoded(Arity::ArgsKwargs, Json, &payload, MsgPack), expected);
}
