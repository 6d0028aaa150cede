//! What a JSON string says, once its escapes are undone and WAMP's notation of bytes is understood.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::serializer::Token;

/// How a string that stands for bytes begins. The control character cannot stand there unescaped.
pub(super) const BYTES_MARK: &str = "\\u0000";

/// The token of a string with escapes, given what is between its quotes.
pub(super) fn escaped_token(inner: &str) -> Token<'_> {
    if let Some(bytes) = inner.strip_prefix(BYTES_MARK).and_then(bytes) {
        return Token::Bytes(Cow::Owned(bytes));
    }
    Token::Str(Cow::Owned(unescape(inner)))
}

/// The octets that are written here in base64, if they are. A slash may be escaped.
fn bytes(base64: &str) -> Option<Vec<u8>> {
    if base64.contains('\\') {
        BASE64.decode(unescape(base64)).ok()
    } else {
        BASE64.decode(base64).ok()
    }
}

/// Undoes the escapes of a string that was scanned before. A surrogate without its partner is no
/// character and becomes U+FFFD.
pub(super) fn unescape(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (character, behind) = character(escape);
        text.push(character);
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// The character of an escape, given what follows its backslash, and what follows the escape.
fn character(escape: &str) -> (char, &str) {
    // The scan found an ASCII character behind each backslash.
    let (letter, rest) = escape.split_at(1);
    let character = match letter {
        "b" => '\u{8}',
        "f" => '\u{c}',
        "n" => '\n',
        "r" => '\r',
        "t" => '\t',
        "u" => return unicode(rest),
        _ => letter.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    (character, rest)
}

/// The character of one `\u` escape, or of two that are a pair of surrogates.
fn unicode(hex: &str) -> (char, &str) {
    let (first, rest) = code_unit(hex);
    if let Some((second, behind)) = rest.strip_prefix("\\u").map(code_unit)
        && let Some(Ok(character)) = char::decode_utf16([first, second]).next()
        && character > '\u{ffff}'
    {
        return (character, behind);
    }
    (char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

/// The four hexadecimal digits that the scan found, and what follows them.
fn code_unit(hex: &str) -> (u16, &str) {
    let (digits, rest) = hex.split_at(4);
    (u16::from_str_radix(digits, 16).unwrap_or(0xfffd), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(unescape(r#"\"\\\/\b\f\n\r\t"#), "\"\\/\u{8}\u{c}\n\r\t");
        assert_eq!(unescape(r"a\u00e9\u20ACz"), "aé€z");
        assert_eq!(unescape(r"\ud83d\ude00!"), "😀!");
    }

    #[test]
    fn surrogates_without_partner() {
        assert_eq!(unescape(r"\ud83d"), "\u{fffd}");
        assert_eq!(unescape(r"\ude00x"), "\u{fffd}x");
        assert_eq!(unescape(r"\ud83d\u0041"), "\u{fffd}A");
        assert_eq!(unescape(r"\ud83d\ud83d\ude00"), "\u{fffd}😀");
    }

    #[test]
    fn bytes_by_their_mark() {
        let bytes = |octets: &[u8]| Token::Bytes(Cow::Owned(octets.to_vec()));
        let text = |text: &str| Token::Str(Cow::Owned(text.to_owned()));
        assert_eq!(escaped_token(r"\u0000AQID"), bytes(&[1, 2, 3]));
        assert_eq!(escaped_token(r"\u0000"), bytes(&[]));
        assert_eq!(escaped_token(r"\u0000+\/A="), bytes(&[0xfb, 0xf0]));
        assert_eq!(escaped_token(r"\u0000AQI"), text("\0AQI"));
        assert_eq!(escaped_token(r"\u0000 AQID"), text("\0 AQID"));
        assert_eq!(escaped_token(r"x\u0000AQID"), text("x\0AQID"));
    }
}
