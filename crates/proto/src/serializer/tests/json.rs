use super::{JsonReader, JsonWriter, Kind, Reader, Token, Writer, skip, tokens};

fn check(text: &str, meaning: &str) {
    super::check::<JsonReader<'_>>(text.as_bytes(), meaning);
}

fn check_refused(text: impl AsRef<[u8]>, reason: &str) {
    super::check_refused::<JsonReader<'_>>(text.as_ref(), reason);
}

#[test]
fn values() {
    check("null", "null");
    check(" true\t", "true");
    check("\r\nfalse", "false");
    check("[]", "[]");
    check("[ ]", "[]");
    check("{ }", "{}");
    check("[1 , 2\n,[ ] ]", "[1 2 []]");
    check(r#"{"a":1,"a": {"" : null} , "b":[]}"#, r#"{"a" 1 "a" {"" null} "b" []}"#);
    check(r#""""#, r#""""#);
    check(r#""é水😀""#, r#""é水😀""#);
    check("\"\u{7f}\u{2028}\"", r#""\u{7f}\u{2028}""#);
    check(r#""\"\\\/\b\f\n\r\t\u00e9""#, r#""\"\\/\u{8}\u{c}\n\r\té""#);
    check(r#"{"\u0000AQID":1}"#, r#"{"\0AQID" 1}"#);
}

#[test]
fn numbers() {
    check("0", "0");
    check("-0", "0");
    check("-1", "-1");
    check("9223372036854775808", "9223372036854775808");
    check("18446744073709551615", "18446744073709551615");
    check("18446744073709551616", "0x010000000000000000");
    check("-18446744073709551616", "-18446744073709551616");
    check("-18446744073709551617", "-0x010000000000000001");
    check("1.0", "1.0");
    check("-0.0", "-0.0");
    check("1e3", "1000.0");
    check("1E+3", "1000.0");
    check("12.5e-1", "1.25");
    check("123456789012345678901234567890.0", "1.2345678901234568e29");
    check("1e-400", "0.0");
}

#[test]
fn what_no_token_can_hold_is_refused_only_there() {
    let digits = "9".repeat(crate::serializer::INTEGER_DIGITS_MAX);
    assert!(tokens::<JsonReader<'_>>(format!("-{digits}").as_bytes()).is_ok());
    for (text, reason) in [
        (format!("[1{digits}]"), "an integer of too many digits at octet 1"),
        ("[1e400]".to_owned(), "a number beyond the range of floats at octet 1"),
    ] {
        assert_eq!(skip::<JsonReader<'_>>(text.as_bytes()), Ok(Kind::List));
        assert_eq!(tokens::<JsonReader<'_>>(text.as_bytes()).unwrap_err().to_string(), reason);
    }
}

#[test]
fn bytes_by_their_mark() {
    check(r#""\u0000EOP/kFMHXFJvX8BtT+N82w==""#, "h'10e3ff9053075c526f5fc06d4fe37cdb'");
    check(r#""\u0000""#, "h''");
    check(r#""\u0000no base64""#, r#""\0no base64""#);
}

#[test]
fn not_json() {
    check_refused("", "a value is missing at octet 0");
    check_refused(" ", "a value is missing at octet 1");
    check_refused("[", "unexpected end at octet 1");
    check_refused("[1", "unexpected end at octet 2");
    check_refused("[1,", "unexpected end at octet 3");
    check_refused("[1,]", "expected a value at octet 3");
    check_refused("[,1]", "expected a value at octet 1");
    check_refused("[1 2]", "expected a comma or the end of the list or dict at octet 3");
    check_refused("[1}", "expected a comma or the end of the list or dict at octet 2");
    check_refused("[}", "expected a value at octet 1");
    check_refused("{]", "expected a string as key at octet 1");
    check_refused("]", "expected a value at octet 0");
    check_refused("[1]]", "more than one value at octet 3");
    check_refused("1 2", "more than one value at octet 2");
    check_refused("1,2", "more than one value at octet 1");
    check_refused("{1:2}", "expected a string as key at octet 1");
    check_refused(r#"{"a"}"#, "expected a colon at octet 4");
    check_refused(r#"{"a":}"#, "expected a value at octet 5");
    check_refused(r#"{"a":1,}"#, "expected a string as key at octet 7");
    check_refused(r#"{"a" 1}"#, "expected a colon at octet 5");
    check_refused(r#"{"a":1 "b":2}"#, "expected a comma or the end of the list or dict at octet 7");
    check_refused("nul", "expected a value at octet 0");
    check_refused("True", "expected a value at octet 0");
    check_refused("NaN", "expected a value at octet 0");
    check_refused("/**/1", "expected a value at octet 0");
    check_refused("\u{feff}1", "expected a value at octet 0");
    check_refused("\u{a0}1", "expected a value at octet 0");
}

#[test]
fn not_numbers() {
    for text in ["-", "+1", ".5", "-.5", "1.", "1.e3", "1e", "1e+", "0x10", "01", "-01", "1_0"] {
        assert!(skip::<JsonReader<'_>>(text.as_bytes()).is_err(), "{text}");
        assert!(tokens::<JsonReader<'_>>(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn not_strings() {
    check_refused(r#""abc"#, "unterminated string at octet 4");
    check_refused(r#""abcdefghij"#, "unterminated string at octet 11");
    check_refused("\"a\nb\"", "control character in a string at octet 2");
    check_refused("\"\\n\u{1f}\"", "control character in a string at octet 3");
    check_refused("\"abcdefgh\0\"", "control character in a string at octet 9");
    check_refused(r#""\x""#, "unknown escape at octet 1");
    check_refused(r#""\"#, "unknown escape at octet 1");
    check_refused(r#""\u12g4""#, "expected four hexadecimal digits after \\u at octet 1");
    check_refused(r#""\u12"#, "expected four hexadecimal digits after \\u at octet 1");
    check_refused("'a'", "expected a value at octet 0");
}

#[test]
fn not_utf_8() {
    check_refused(b"\"a\xff\"", "invalid UTF-8 at octet 2");
    check_refused(b"\"\xc0\x80\"", "invalid UTF-8 at octet 1");
    check_refused(b"\"\xed\xa0\x80\"", "invalid UTF-8 at octet 1");
    check_refused(b"[1]\xff", "invalid UTF-8 at octet 3");
    check_refused(b"[1\xff]", "invalid UTF-8 at octet 2");
    check_refused(b"\xff", "invalid UTF-8 at octet 0");
}

#[test]
fn surrogates_without_partner_pass() {
    check(r#""\ud800""#, "\"\u{fffd}\"");
    check(r#""\udc00\ud800x""#, "\"\u{fffd}\u{fffd}x\"");
}

#[test]
fn positions() {
    let text = r#" [1 , [ 2 ] ,{"a" : 3 } ]"#;
    let mut reader = JsonReader::new(text.as_bytes());
    assert_eq!(reader.position(), 1);
    reader.token().unwrap();
    let mut values = Vec::new();
    while !reader.at_end().unwrap() {
        let start = reader.position();
        reader.skip().unwrap();
        values.push(&text[start..reader.position()]);
    }
    assert_eq!(values, ["1", "[ 2 ]", r#"{"a" : 3 }"#]);
    assert!(reader.skip().is_err());
    assert_eq!(reader.token(), Ok(Token::End));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn a_payload_is_read_as_a_list_without_brackets() {
    let mut reader = JsonReader::new(b"[1],{\"a\":2} ");
    assert_eq!(reader.at_end(), Ok(false));
    assert_eq!(reader.skip(), Ok(Kind::List));
    assert_eq!(reader.token(), Ok(Token::Dict(None)));
    assert_eq!(reader.skip(), Ok(Kind::Scalar));
    assert_eq!(reader.position(), 9);
    assert_eq!(reader.skip(), Ok(Kind::Scalar));
    assert_eq!(reader.token(), Ok(Token::End));
    assert_eq!(reader.at_end(), Ok(true));
    assert!(reader.token().is_err());
}

#[test]
fn written() {
    let mut out = Vec::new();
    let mut writer = JsonWriter::new(&mut out);
    writer.list(3);
    writer.dict(2);
    writer.key("a\"\\\n\u{1}é");
    writer.uint(u64::MAX);
    writer.key("");
    writer.int(-(1 << 64));
    writer.end_dict();
    writer.dict(0);
    writer.end_dict();
    writer.list(0);
    writer.end_list();
    for value in [1.0, -0.0, 0.1, 1e16, 5e-324, f64::MAX, f64::NAN, f64::INFINITY] {
        writer.float(value);
    }
    writer.end_list();
    writer.bytes(&[1, 2, 3, 4]);
    writer.big_int(true, &[1, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap();
    writer.undefined();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"[{"a\"\\\n\u0001é":18446744073709551615,"":-18446744073709551616},{},[],"#,
            "1.0,-0.0,0.1,1e16,5e-324,1.7976931348623157e308,null,null],",
            r#""\u0000AQIDBA==",-18446744073709551617,null"#,
        )
    );
}
