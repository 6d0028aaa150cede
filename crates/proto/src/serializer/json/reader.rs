//! Tokens out of JSON.

use std::borrow::Cow;

use super::scan::{self, Nesting};
use super::text;
use crate::serializer::integer::{self, INT_MAX, INT_MIN, INTEGER_DIGITS_MAX};
use crate::serializer::{Kind, Malformed, Reader, Token, malformed};

/// Pulls tokens out of a JSON text.
///
/// An integer of more than [`INTEGER_DIGITS_MAX`] digits and a float beyond the range of `f64` can
/// be skipped, but make no token.
#[derive(Clone)]
pub struct JsonReader<'a> {
    /// The octets up to the first that is not UTF-8. Whatever is right before it never ends a
    /// message, so it is found in the end, if nothing else is wrong first.
    text: &'a str,
    /// The number of all octets.
    len: usize,
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
    fn new(octets: &'a [u8]) -> Self {
        let text = simdutf8::basic::from_utf8(octets).unwrap_or_else(|_| valid_prefix(octets));
        let at = scan::space(text.as_bytes(), 0);
        let nesting = Nesting::default();
        Self { text, len: octets.len(), at, nesting, next: Next::FirstOrEnd }
    }

    fn token(&mut self) -> Result<Token<'a>, Malformed> {
        if self.at_end()? {
            return self.end();
        }
        let token = if self.next == Next::Key { self.key() } else { self.value() };
        token.map_err(|error| self.blame(error))
    }

    fn skip(&mut self) -> Result<Kind, Malformed> {
        if self.at_end()? {
            return self.missing();
        }
        if self.next == Next::Key {
            self.key().map_err(|error| self.blame(error))?;
            return Ok(Kind::Scalar);
        }
        let kind = match self.octets().get(self.at) {
            Some(b'[') => Kind::List,
            Some(b'{') => Kind::Dict,
            Some(b'n') => Kind::Absent,
            _ => Kind::Scalar,
        };
        let end = scan::value(self.octets(), self.at, self.nesting);
        self.at = end.map_err(|error| self.blame(error))?;
        self.next = Next::CommaOrEnd;
        Ok(kind)
    }

    fn at_end(&mut self) -> Result<bool, Malformed> {
        match self.next {
            Next::Key | Next::Value => return Ok(false),
            Next::FirstOrEnd if self.closes() => return Ok(true),
            Next::FirstOrEnd => {}
            Next::CommaOrEnd => {
                self.at = scan::space(self.octets(), self.at);
                if self.closes() {
                    return Ok(true);
                }
                if self.octets().get(self.at) != Some(&b',') {
                    let error = scan::unseparated(self.octets(), self.at);
                    return error.map_err(|error| self.blame(error));
                }
                self.at = scan::space(self.octets(), self.at + 1);
            }
        }
        self.next = if self.nesting.in_dict() { Next::Key } else { Next::Value };
        Ok(false)
    }

    fn position(&self) -> usize {
        self.at
    }

    fn finish(self) -> Result<(), Malformed> {
        let at = scan::space(self.octets(), self.at);
        if self.nesting.depth > 0 {
            return malformed(at, "a list or dict is still open");
        }
        if at < self.len {
            return Err(self.blame(Malformed { offset: at, what: "more than one value" }));
        }
        Ok(())
    }
}

impl<'a> JsonReader<'a> {
    fn octets(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// Is the next octet the end of what is open?
    fn closes(&self) -> bool {
        let octet = self.octets().get(self.at);
        if self.nesting.depth == 0 {
            return octet.is_none();
        }
        octet == Some(&scan::closing(self.nesting.in_dict()))
    }

    fn end(&mut self) -> Result<Token<'a>, Malformed> {
        if self.nesting.depth == 0 {
            return self.missing();
        }
        self.nesting.close();
        self.at += 1;
        self.next = Next::CommaOrEnd;
        Ok(Token::End)
    }

    /// A value was asked for where there is none.
    fn missing<T>(&self) -> Result<T, Malformed> {
        Err(self.blame(Malformed { offset: self.at, what: "a value is missing" }))
    }

    /// Where the text ends too early because of an octet that is not UTF-8, says so.
    #[cold]
    fn blame(&self, error: Malformed) -> Malformed {
        if self.text.len() < self.len && error.offset >= self.text.len() {
            return Malformed { offset: self.text.len(), what: "invalid UTF-8" };
        }
        error
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

/// The longest part from the start that is UTF-8.
#[cold]
fn valid_prefix(octets: &[u8]) -> &str {
    octets.utf8_chunks().next().map_or("", |chunk| chunk.valid())
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
