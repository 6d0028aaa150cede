use super::{CborReader, CborWriter, Kind, Reader, Writer, hex, skip, tokens, unhex};

fn check(octets: &str, meaning: &str) {
    super::check::<CborReader<'_>>(&unhex(octets), meaning);
}

fn check_refused(octets: &str, reason: &str) {
    super::check_refused::<CborReader<'_>>(&unhex(octets), reason);
}

/// RFC 8949, appendix A.
#[test]
fn examples_of_the_rfc() {
    check("00", "0");
    check("01", "1");
    check("0a", "10");
    check("17", "23");
    check("1818", "24");
    check("1819", "25");
    check("1864", "100");
    check("1903e8", "1000");
    check("1a000f4240", "1000000");
    check("1b000000e8d4a51000", "1000000000000");
    check("1bffffffffffffffff", "18446744073709551615");
    check("c249010000000000000000", "0x010000000000000000");
    check("3bffffffffffffffff", "-18446744073709551616");
    check("c349010000000000000000", "-0x010000000000000001");
    check("20", "-1");
    check("29", "-10");
    check("3863", "-100");
    check("3903e7", "-1000");
    check("f90000", "0.0");
    check("f98000", "-0.0");
    check("f93c00", "1.0");
    check("fb3ff199999999999a", "1.1");
    check("f93e00", "1.5");
    check("f97bff", "65504.0");
    check("fa47c35000", "100000.0");
    check("fa7f7fffff", "3.4028234663852886e38");
    check("fb7e37e43c8800759c", "1e300");
    check("f90001", "5.960464477539063e-8");
    check("f90400", "6.103515625e-5");
    check("f9c400", "-4.0");
    check("fbc010666666666666", "-4.1");
    for infinity in ["f97c00", "fa7f800000", "fb7ff0000000000000"] {
        check(infinity, "inf");
    }
    for nan in ["f97e00", "fa7fc00000", "fb7ff8000000000000"] {
        check(nan, "NaN");
    }
    for infinity in ["f9fc00", "faff800000", "fbfff0000000000000"] {
        check(infinity, "-inf");
    }
    check("f4", "false");
    check("f5", "true");
    check("f6", "null");
    check("f7", "undefined");
    check("c074323031332d30332d32315432303a30343a30305a", "\"2013-03-21T20:04:00Z\"");
    check("c11a514b67b0", "1363896240");
    check("c1fb41d452d9ec200000", "1363896240.5");
    check("d74401020304", "h'01020304'");
    check("d818456449455446", "h'6449455446'");
    check("d82076687474703a2f2f7777772e6578616d706c652e636f6d", "\"http://www.example.com\"");
    check("40", "h''");
    check("4401020304", "h'01020304'");
    check("60", "\"\"");
    check("6161", "\"a\"");
    check("6449455446", "\"IETF\"");
    check("62225c", r#""\"\\""#);
    check("62c3bc", "\"ü\"");
    check("63e6b0b4", "\"水\"");
    check("64f0908591", "\"𐅑\"");
    check("80", "0[]");
    check("83010203", "3[1 2 3]");
    check("8301820203820405", "3[1 2[2 3] 2[4 5]]");
    check(
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        "25[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25]",
    );
    check("a0", "0{}");
    check("a201020304", "2{1 2 3 4}");
    check("a26161016162820203", r#"2{"a" 1 "b" 2[2 3]}"#);
    check("826161a161626163", r#"2["a" 1{"b" "c"}]"#);
    check(
        "a56161614161626142616361436164614461656145",
        r#"5{"a" "A" "b" "B" "c" "C" "d" "D" "e" "E"}"#,
    );
    check("5f42010243030405ff", "h'0102030405'");
    check("7f657374726561646d696e67ff", "\"streaming\"");
    check("9fff", "[]");
    check("9f018202039f0405ffff", "[1 2[2 3] [4 5]]");
    check("9f01820203820405ff", "[1 2[2 3] 2[4 5]]");
    check("83018202039f0405ff", "3[1 2[2 3] [4 5]]");
    check("83019f0203ff820405", "3[1 [2 3] 2[4 5]]");
    check("bf61610161629f0203ffff", r#"{"a" 1 "b" [2 3]}"#);
    check("826161bf61626163ff", r#"2["a" {"b" "c"}]"#);
    check("bf6346756ef563416d7421ff", r#"{"Fun" true "Amt" -2}"#);
}

/// The rest of appendix A: simple values that nobody gave a meaning.
#[test]
fn unassigned_simple_values_pass_but_make_no_token() {
    for octets in ["f0", "f8ff", "e0", "f820"].map(unhex) {
        assert_eq!(skip::<CborReader<'_>>(&octets), Ok(Kind::Scalar));
        let error = tokens::<CborReader<'_>>(&octets).unwrap_err();
        assert_eq!(error.to_string(), "a simple value without a meaning at octet 0");
    }
}

/// RFC 8949, appendix F, and some more.
#[test]
fn not_well_formed() {
    for octets in ["18", "19ff", "1a000000", "1b00000000000000", "38", "f8", "f900", "fa0000"] {
        check_refused(octets, "unexpected end at octet 1");
    }
    for octets in ["41", "61", "5affffffff00", "7b7fffffffffffffff010203", "5bffffffffffffffff"] {
        let offset = [("4", 1), ("6", 1), ("5a", 5), ("7b", 9), ("5b", 9)];
        let (_, offset) = offset.iter().rev().find(|(start, _)| octets.starts_with(start)).unwrap();
        check_refused(octets, &format!("a length beyond the end at octet {offset}"));
    }
    for octets in
        ["81", "818181", "8200", "a1", "a20102", "a100", "9affffffff", "bbffffffffffffffff"]
    {
        let error = skip::<CborReader<'_>>(&unhex(octets)).unwrap_err();
        assert_eq!(error.what, "a length beyond the end", "{octets}");
    }
    for octets in
        ["9f", "9f0102", "bf", "bf0102", "819f", "9f80", "9f9f9f9fffff", "5f4100", "7f6100"]
    {
        let error = skip::<CborReader<'_>>(&unhex(octets)).unwrap_err();
        assert_eq!(error.what, "unexpected end", "{octets}");
    }
    for initial in ["1c", "1d", "1e", "3c", "5d", "7e", "9c", "bd", "de", "fc", "fd", "fe"] {
        check_refused(initial, "reserved additional information at octet 0");
    }
    for octets in ["f800", "f801", "f818", "f81f"] {
        check_refused(octets, "a simple value in two octets at octet 0");
    }
    for octets in ["1f", "3f", "df00"] {
        check_refused(octets, "an integer or tag of indefinite length at octet 0");
    }
    for octets in ["ff", "c1ff", "81ff", "8200ff", "a1ff00", "a100ff", "bf00ff", "9f81ff"] {
        let error = skip::<CborReader<'_>>(&unhex(octets)).unwrap_err();
        assert_eq!(error.what, "a break where a value is due", "{octets}");
    }
    check_refused("5f00ff", "expected a chunk of bytes at octet 1");
    check_refused("5f6100ff", "expected a chunk of bytes at octet 1");
    check_refused("5f5f4100ffff", "expected a chunk of bytes at octet 1");
    check_refused("7f4100ff", "expected a chunk of text at octet 1");
    check_refused("7fc06100ff", "expected a chunk of text at octet 1");
    check_refused("0000", "more than one value at octet 1");
}

#[test]
fn text_is_utf_8_also_in_each_chunk() {
    check_refused("6261ff", "invalid UTF-8 at octet 2");
    check_refused("7f61c361bcff", "invalid UTF-8 at octet 2");
    check("7f6161 62c3bc ff", "\"aü\"");
}

#[test]
fn bignums_as_small_as_they_are() {
    check("c240", "0");
    check("c340", "-1");
    check("c24200ff", "255");
    check("c348ffffffffffffffff", "-18446744073709551616");
    check("c3480000000000000000", "-1");
    check("c25f41014800000000000000 00ff", "0x010000000000000000");
    check("c1c24101", "1");
    check("c2c14101", "h'01'");
    check("c26161", "\"a\"");
}

#[test]
fn tags_end_with_what_they_stand_before() {
    check("82c182c10203d9d9f7 9fc101ff", "2[2[2 3] [1]]");
    check("bfc16161c1a0ff", r#"{"a" 0{}}"#);
}

#[test]
fn written_small() {
    let check = |write: fn(&mut CborWriter<'_>), octets: &str| {
        let mut out = Vec::new();
        write(&mut CborWriter::new(&mut out));
        assert_eq!(hex(&out), octets);
    };
    check(|out| out.uint(23), "17");
    check(|out| out.uint(24), "1818");
    check(|out| out.uint(256), "190100");
    check(|out| out.uint(65536), "1a00010000");
    check(|out| out.uint(1 << 32), "1b0000000100000000");
    check(|out| out.int(-24), "37");
    check(|out| out.int(-25), "3818");
    check(|out| out.int((1 << 64) - 1), "1bffffffffffffffff");
    check(|out| out.int(-(1 << 64)), "3bffffffffffffffff");
    check(|out| out.big_int(true, &[1, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap(), "3bffffffffffffffff");
    check(|out| out.big_int(true, &[1, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap(), "c349010000000000000000");
    check(
        |out| out.big_int(false, &[1, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap(),
        "c249010000000000000000",
    );
    check(|out| out.float(1.0), "fb3ff0000000000000");
    check(|out| out.str("ü"), "62c3bc");
    check(|out| out.bytes(&[0]), "4100");
    let nothing = |out: &mut CborWriter<'_>| {
        out.null();
        out.undefined();
        out.bool(false);
    };
    check(nothing, "f6f7f4");
}

#[test]
fn positions() {
    let octets = unhex("83 01 8102 bf616103ff");
    let mut reader = CborReader::new(&octets);
    reader.token().unwrap();
    assert_eq!(reader.position(), 1);
    assert_eq!(reader.skip(), Ok(Kind::Scalar));
    assert_eq!(reader.position(), 2);
    assert_eq!(reader.skip(), Ok(Kind::List));
    assert_eq!(reader.at_end(), Ok(false));
    assert_eq!(reader.position(), 4);
    assert_eq!(reader.skip(), Ok(Kind::Dict));
    assert_eq!(reader.at_end(), Ok(true));
    assert_eq!(reader.position(), octets.len());
}
