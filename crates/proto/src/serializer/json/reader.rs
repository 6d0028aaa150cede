//! Tokens out of JSON.

use std::borrow::Cow;

use super::scan::{self, Nesting};
use super::text;
use crate::serializer::integer::{self, INT_MAX, INT_MIN, INTEGER_DIGITS_MAX};
use crate::serializer::{Kind, Malformed, Reader, Token, malformed, valid_len};

/// Pulls tokens out of a JSON text.
///
/// An integer of more than [`INTEGER_DIGITS_MAX`] digits and a float beyond the range of `f64` can
/// be skipped, but make no token.
#[derive(Clone)]
pub struct JsonReader<'a> {
    /// All octets, or none if they are not UTF-8.
    text: &'a str,
    /// The first octet that is not UTF-8.
    invalid: Option<usize>,
    at: usize,
    nesting: Nesting,
    next: Next,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Right behind an opening bracket: the first item or the end.
    FirstOrEnd,
    /// Behind a value: a comma or the end.
    CommaOrEnd,
    /// A key, and nothing else.
    Key,
    /// A value, and nothing else.
    Value,
}

impl<'a> Reader<'a> for JsonReader<'a> {
    #[inline]
    fn new(octets: &'a [u8]) -> Self {
        let (text, invalid) = match simdutf8::basic::from_utf8(octets) {
            Ok(text) => (text, None),
            Err(_) => ("", Some(valid_len(octets))),
        };
        let at = scan::space(text.as_bytes(), 0);
        Self { text, invalid, at, nesting: Nesting::default(), next: Next::FirstOrEnd }
    }

    fn token(&mut self) -> Result<Token<'a>, Malformed> {
        if self.advance()? {
            return self.end();
        }
        if self.next == Next::Key { self.key() } else { self.value() }
    }

    fn skip(&mut self) -> Result<Kind, Malformed> {
        if self.advance()? {
            return malformed(self.at, "a value is missing");
        }
        if self.next == Next::Key {
            self.key()?;
            return Ok(Kind::Scalar);
        }
        let kind = match self.octets().get(self.at) {
            Some(b'[') => Kind::List,
            Some(b'{') => Kind::Dict,
            Some(b'n') => Kind::Absent,
            _ => Kind::Scalar,
        };
        self.at = scan::value(self.octets(), self.at, self.nesting)?;
        self.next = Next::CommaOrEnd;
        Ok(kind)
    }

    fn at_end(&mut self) -> Result<bool, Malformed> {
        self.advance()
    }

    fn position(&self) -> usize {
        self.at
    }

    fn finish(self) -> Result<(), Malformed> {
        let at = scan::space(self.octets(), self.at);
        if self.nesting.depth > 0 {
            return malformed(at, "a list or dict is still open");
        }
        if at < self.text.len() {
            return malformed(at, "more than one value");
        }
        self.check_utf8()
    }
}

impl<'a> JsonReader<'a> {
    fn octets(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn check_utf8(&self) -> Result<(), Malformed> {
        self.invalid.map_or(Ok(()), |offset| malformed(offset, "invalid UTF-8"))
    }

    /// Passes over separators. Does what is open end here?
    #[inline]
    fn advance(&mut self) -> Result<bool, Malformed> {
        if let Next::Key | Next::Value = self.next {
            return Ok(false);
        }
        let octets = self.octets();
        self.at = scan::space(octets, self.at);
        let dict = self.nesting.in_dict();
        match octets.get(self.at) {
            Some(&octet) if self.nesting.depth > 0 && octet == scan::closing(dict) => {
                return Ok(true);
            }
            None if self.nesting.depth == 0 => return self.check_utf8().map(|()| true),
            _ if self.next == Next::FirstOrEnd => {}
            Some(b',') => self.at = scan::space(octets, self.at + 1),
            _ => return scan::unseparated(octets, self.at),
        }
        self.next = if dict { Next::Key } else { Next::Value };
        Ok(false)
    }

    /// Passes over the end of what is open.
    fn end(&mut self) -> Result<Token<'a>, Malformed> {
        if self.nesting.depth == 0 {
            return malformed(self.at, "a value is missing");
        }
        self.nesting.close();
        self.at += 1;
        self.next = Next::CommaOrEnd;
        Ok(Token::End)
    }

    /// The key and its colon. A key is a text, whatever it begins with.
    fn key(&mut self) -> Result<Token<'a>, Malformed> {
        let span = scan::key(self.octets(), self.at)?;
        let inner = &self.text[self.at + 1..span.string.end - 1];
        self.at = span.value;
        self.next = Next::Value;
        Ok(Token::Str(if span.string.escaped {
            Cow::Owned(text::unescape(inner))
        } else {
            Cow::Borrowed(inner)
        }))
    }

    fn value(&mut self) -> Result<Token<'a>, Malformed> {
        let octets = self.octets();
        let start = self.at;
        match octets.get(start) {
            Some(b'[') => return self.open(false),
            Some(b'{') => return self.open(true),
            _ => self.next = Next::CommaOrEnd,
        }
        match octets[start..] {
            [b'"', ..] => {
                let span = scan::string(octets, start)?;
                self.at = span.end;
                let inner = &self.text[start + 1..span.end - 1];
                Ok(if span.escaped {
                    text::escaped_token(inner)
                } else {
                    Token::Str(Cow::Borrowed(inner))
                })
            }
            [b'-' | b'0'..=b'9', ..] => {
                let span = scan::number(octets, start)?;
                self.at = span.end;
                let number = &self.text[start..span.end];
                if span.integer { integer(number, start) } else { float(number, start) }
            }
            _ => {
                self.at = scan::literal(octets, start)?;
                Ok(match octets.get(start) {
                    Some(b't') => Token::Bool(true),
                    Some(b'f') => Token::Bool(false),
                    _ => Token::Null,
                })
            }
        }
    }

    fn open(&mut self, dict: bool) -> Result<Token<'a>, Malformed> {
        self.nesting.open(dict, self.at)?;
        self.at = scan::space(self.octets(), self.at + 1);
        self.next = Next::FirstOrEnd;
        Ok(if dict { Token::Dict(None) } else { Token::List(None) })
    }
}

fn integer(number: &str, offset: usize) -> Result<Token<'static>, Malformed> {
    if let Ok(small) = number.parse::<i64>() {
        return Ok(Token::Int(small.into()));
    }
    if let Ok(value @ INT_MIN..=INT_MAX) = number.parse::<i128>() {
        return Ok(Token::Int(value));
    }
    let digits = number.trim_start_matches('-');
    if digits.len() > INTEGER_DIGITS_MAX {
        return malformed(offset, "an integer of too many digits");
    }
    let magnitude = Cow::Owned(integer::magnitude_of_digits(digits));
    Ok(Token::BigInt { negative: number.starts_with('-'), magnitude })
}

fn float(number: &str, offset: usize) -> Result<Token<'static>, Malformed> {
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Token::Float(value)),
        _ => malformed(offset, "a number beyond the range of floats"),
    }
}
