use super::{Kind, MsgPackReader, MsgPackWriter, Reader, Writer, hex, skip, unhex};

fn check(octets: &str, meaning: &str) {
    super::check::<MsgPackReader<'_>>(&unhex(octets), meaning);
}

fn check_refused(octets: &str, reason: &str) {
    super::check_refused::<MsgPackReader<'_>>(&unhex(octets), reason);
}

#[test]
fn every_marker() {
    check("00", "0");
    check("7f", "127");
    check("e0", "-32");
    check("ff", "-1");
    check("c0", "null");
    check("c2", "false");
    check("c3", "true");
    check("ccff", "255");
    check("cdffff", "65535");
    check("ceffffffff", "4294967295");
    check("cfffffffffffffffff", "18446744073709551615");
    check("d080", "-128");
    check("d18000", "-32768");
    check("d280000000", "-2147483648");
    check("d38000000000000000", "-9223372036854775808");
    check("ca3fc00000", "1.5");
    check("cb3ff0000000000000", "1.0");
    check("a0", "\"\"");
    check("a161", "\"a\"");
    check("d90161", "\"a\"");
    check("da000161", "\"a\"");
    check("db0000000161", "\"a\"");
    check("c400", "h''");
    check("c401ff", "h'ff'");
    check("c50001ff", "h'ff'");
    check("c600000001ff", "h'ff'");
    check("90", "0[]");
    check("920102", "2[1 2]");
    check("dc000101", "1[1]");
    check("dd0000000101", "1[1]");
    check("80", "0{}");
    check("82a16101 02 80", r#"2{"a" 1 2 0{}}"#);
    check("de0001a16101", r#"1{"a" 1}"#);
    check("df00000001a16101", r#"1{"a" 1}"#);
}

#[test]
fn extensions_are_bytes_but_one_is_undefined() {
    check("d40000", "undefined");
    check("c7010000", "undefined");
    check("d40001", "h'01'");
    check("d40100", "h'00'");
    check("d5000000", "h'0000'");
    check("d6ff01020304", "h'01020304'");
    check("d7ff0102030405060708", "h'0102030405060708'");
    check("d8051112131415161718 1112131415161718", "h'11121314151617181112131415161718'");
    check("c70005", "h''");
    check("c8000105aa", "h'aa'");
    check("c90000000105aa", "h'aa'");
    assert_eq!(skip::<MsgPackReader<'_>>(&unhex("d40000")), Ok(Kind::Absent));
}

#[test]
fn not_well_formed() {
    check_refused("", "unexpected end at octet 0");
    check_refused("c1", "the marker c1 means nothing at octet 0");
    check_refused("a2c328", "invalid UTF-8 at octet 1");
    check_refused("cd00", "unexpected end at octet 1");
    check_refused("0000", "more than one value at octet 1");
    check_refused("9101 01", "more than one value at octet 2");
    for octets in ["a161ff", "90ff", "c000"] {
        assert_eq!(
            skip::<MsgPackReader<'_>>(&unhex(octets)).unwrap_err().what,
            "more than one value"
        );
    }
}

#[test]
fn lengths_beyond_the_end() {
    check_refused("ddffffffff", "a length beyond the end at octet 0");
    check_refused("dfffffffff00", "a length beyond the end at octet 0");
    check_refused("8101", "a length beyond the end at octet 0");
    check_refused("dbffffffff", "a length beyond the end at octet 5");
    check_refused("c6ffffffff00", "a length beyond the end at octet 5");
    check_refused("c9ffffffff0000", "a length beyond the end at octet 6");
}

#[test]
fn written_small() {
    let check = |write: &dyn Fn(&mut MsgPackWriter<'_>), octets: &str| {
        let mut out = Vec::new();
        write(&mut MsgPackWriter::new(&mut out));
        assert_eq!(hex(&out), octets);
    };
    for (value, octets) in [
        (127, "7f"),
        (128, "cc80"),
        (256, "cd0100"),
        (65536, "ce00010000"),
        (1 << 32, "cf0000000100000000"),
        (u64::MAX.into(), "cfffffffffffffffff"),
        (-32, "e0"),
        (-33, "d0df"),
        (-128, "d080"),
        (-129, "d1ff7f"),
        (-32769, "d2ffff7fff"),
        (-2_147_483_649, "d3ffffffff7fffffff"),
        (i64::MIN.into(), "d38000000000000000"),
    ] {
        check(&|out| out.int(value), octets);
    }
    check(&|out| out.float(1.0), "cb3ff0000000000000");
    check(&|out| out.bytes(&[7]), "c40107");
    check(&|out| out.list(15), "9f");
    check(&|out| out.list(16), "dc0010");
    check(&|out| out.list(65536), "dd00010000");
    check(&|out| out.dict(15), "8f");
    check(&|out| out.dict(16), "de0010");
    check(&|out| out.dict(65536), "df00010000");
    let nothing = |out: &mut MsgPackWriter<'_>| {
        out.null();
        out.undefined();
        out.bool(false);
    };
    check(&nothing, "c0d40000c2");
    for (len, head) in [(31, "bf"), (32, "d920"), (256, "da0100"), (65536, "db00010000")] {
        let text = "x".repeat(len);
        check(&|out| out.str(&text), &(head.to_owned() + &hex(text.as_bytes())));
    }
}

#[test]
fn integers_beyond_64_bits_are_refused() {
    let mut out = Vec::new();
    let mut writer = MsgPackWriter::new(&mut out);
    let error = writer.big_int(false, &[1, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap_err();
    assert_eq!(error.to_string(), "an integer beyond 64 bits cannot be written");
    assert!(writer.big_int(true, &[0x80, 0, 0, 0, 0, 0, 0, 1]).is_err());
    assert!(writer.big_int(true, &[0x80, 0, 0, 0, 0, 0, 0, 0]).is_ok());
    assert_eq!(hex(&out), "d38000000000000000");
}

#[test]
fn positions() {
    let octets = unhex("93 01 9102 81a16103");
    let mut reader = MsgPackReader::new(&octets);
    reader.token().unwrap();
    assert_eq!(reader.position(), 1);
    assert_eq!(reader.skip(), Ok(Kind::Scalar));
    assert_eq!(reader.position(), 2);
    assert_eq!(reader.skip(), Ok(Kind::List));
    assert_eq!(reader.at_end(), Ok(false));
    assert_eq!(reader.position(), 4);
    assert_eq!(reader.skip(), Ok(Kind::Dict));
    assert_eq!(reader.at_end(), Ok(true));
    assert!(reader.skip().is_err());
    assert_eq!(reader.token(), Ok(super::Token::End));
    assert_eq!(reader.at_end(), Ok(true));
}
