//! The elements of a message, taken off one by one and checked against what the specification says
//! of each; and the entries of a dict, likewise. How messages are written is each message's own.

use std::borrow::Cow;

use super::Violation;
use crate::id::SessionId;
use crate::limits::{ID_MAX, RECEIVERS_MAX, TEXTS_MAX};
use crate::payload::{Arity, Payload};
use crate::serializer::{Kind, Malformed, Reader, Serializer, Token};

/// A message that is being read: the list is open, the elements come off its front.
pub(super) struct Elements<'a, R> {
    serializer: Serializer,
    octets: &'a [u8],
    reader: R,
    message: &'static str,
}

impl<'a, R: Reader<'a>> Elements<'a, R> {
    pub(super) fn open(serializer: Serializer, octets: &'a [u8]) -> Result<Self, Violation> {
        let mut reader = R::new(octets);
        match reader.token() {
            Ok(Token::List(_)) => Ok(Elements { serializer, octets, reader, message: "message" }),
            Ok(_) => Err(Violation::NotAList),
            Err(malformed) => Err(Violation::Malformed { serializer, malformed }),
        }
    }

    pub(super) fn message_type(&mut self) -> Result<u64, Violation> {
        if self.at_end()? {
            return Err(Violation::Empty);
        }
        let token = self.token()?;
        let code = whole_number(&token).ok_or(Violation::TypeNotAnInteger)?;
        u64::try_from(code).map_err(|_| Violation::TypeNotAnInteger)
    }

    /// From here on the message is known by this name.
    pub(super) fn expect(&mut self, message: &'static str) {
        self.message = message;
    }

    /// The message must end here.
    pub(super) fn close(mut self) -> Result<(), Violation> {
        if !self.at_end()? {
            return Err(Violation::TooManyElements { message: self.message });
        }
        self.token()?;
        let serializer = self.serializer;
        self.reader.finish().map_err(|malformed| Violation::Malformed { serializer, malformed })
    }

    pub(super) fn id(&mut self, element: &'static str) -> Result<u64, Violation> {
        let found = self.number(element, "an integer")?;
        match u64::try_from(found) {
            Ok(id @ 1..=ID_MAX) => Ok(id),
            _ => Err(Violation::IdOutOfRange { message: self.message, element, found }),
        }
    }

    pub(super) fn integer(&mut self, element: &'static str) -> Result<u64, Violation> {
        let expected = "a non-negative integer";
        let found = self.number(element, expected)?;
        u64::try_from(found).map_err(|_| self.wrong_type(element, expected))
    }

    pub(super) fn text(&mut self, element: &'static str) -> Result<Cow<'a, str>, Violation> {
        match self.element(element)? {
            Token::Str(text) => Ok(text),
            _ => Err(self.wrong_type(element, "a string")),
        }
    }

    /// A dict whose entries are read into `D`.
    pub(super) fn dict<D: Entries<'a>>(&mut self, element: &'static str) -> Result<D, Violation> {
        match self.element(element)? {
            Token::Dict(_) => self.entries(element),
            _ => Err(self.wrong_type(element, "a dict")),
        }
    }

    /// As [`Elements::dict`], but the message may end before it, or say null in its place.
    pub(super) fn dict_or_absent<D: Entries<'a>>(
        &mut self,
        element: &'static str,
    ) -> Result<D, Violation> {
        if self.at_end()? {
            return Ok(D::default());
        }
        match self.token()? {
            Token::Dict(_) => self.entries(element),
            Token::Null | Token::Undefined => Ok(D::default()),
            _ => Err(self.wrong_type(element, "a dict")),
        }
    }

    /// What may stand at the end of a list and is not read: ABORT's arguments.
    pub(super) fn skip_rest(&mut self) -> Result<(), Violation> {
        while !self.at_end()? {
            self.skip()?;
        }
        Ok(())
    }

    /// `Arguments` and `ArgumentsKw`, if they are there: checked, and kept as they stand.
    pub(super) fn payload(&mut self) -> Result<Payload<'a>, Violation> {
        let serializer = self.serializer;
        if self.at_end()? {
            return Ok(Payload { serializer, arity: Arity::None, octets: &[] });
        }
        let start = self.reader.position();
        if self.skip()? != Kind::List {
            return Err(self.wrong_type("Arguments", "a list"));
        }
        let mut end = self.reader.position();
        let mut arity = Arity::Args;
        if !self.at_end()? {
            if self.skip()? != Kind::Dict {
                return Err(self.wrong_type("ArgumentsKw", "a dict"));
            }
            end = self.reader.position();
            arity = Arity::ArgsKwargs;
        }
        Ok(Payload { serializer, arity, octets: &self.octets[start..end] })
    }

    fn number(&mut self, element: &'static str, expected: &'static str) -> Result<i128, Violation> {
        let token = self.element(element)?;
        whole_number(&token).ok_or_else(|| self.wrong_type(element, expected))
    }

    fn element(&mut self, element: &'static str) -> Result<Token<'a>, Violation> {
        if self.at_end()? {
            return Err(Violation::MissingElement { message: self.message, element });
        }
        self.token()
    }

    fn entries<D: Entries<'a>>(&mut self, element: &'static str) -> Result<D, Violation> {
        let mut entries = D::default();
        while !self.at_end()? {
            let Token::Str(key) = self.token()? else {
                return Err(self.wrong_type(element, "a dict with strings as keys"));
            };
            entries.entry(&key, Entry { elements: self, element })?;
        }
        self.token()?;
        Ok(entries)
    }

    fn wrong_type(&self, element: &'static str, expected: &'static str) -> Violation {
        Violation::WrongType { message: self.message, element, expected }
    }

    fn token(&mut self) -> Result<Token<'a>, Violation> {
        self.reader.token().map_err(|malformed| self.malformed(malformed))
    }

    fn skip(&mut self) -> Result<Kind, Violation> {
        self.reader.skip().map_err(|malformed| self.malformed(malformed))
    }

    fn at_end(&mut self) -> Result<bool, Violation> {
        self.reader.at_end().map_err(|malformed| self.malformed(malformed))
    }

    fn malformed(&self, malformed: Malformed) -> Violation {
        Violation::Malformed { serializer: self.serializer, malformed }
    }
}

/// Options or details that are read into typed fields, once, here; nobody looks up a key later.
pub(super) trait Entries<'a>: Default {
    /// Reads the value of one entry. Keys that mean nothing are passed over with [`Entry::skip`].
    fn entry<R: Reader<'a>>(&mut self, key: &str, entry: Entry<'_, 'a, R>)
    -> Result<(), Violation>;
}

/// The value of one entry, not yet read. Null and undefined count as not there.
pub(super) struct Entry<'e, 'a, R> {
    elements: &'e mut Elements<'a, R>,
    element: &'static str,
}

impl<'a, R: Reader<'a>> Entry<'_, 'a, R> {
    pub(super) fn skip(self) -> Result<(), Violation> {
        self.elements.skip().map(|_kind| ())
    }

    pub(super) fn bool(self, key: &'static str) -> Result<Option<bool>, Violation> {
        match self.elements.token()? {
            Token::Bool(value) => Ok(Some(value)),
            Token::Null | Token::Undefined => Ok(None),
            _ => Err(self.wrong(key, "a bool")),
        }
    }

    pub(super) fn text(self, key: &'static str) -> Result<Option<Cow<'a, str>>, Violation> {
        match self.elements.token()? {
            Token::Str(value) => Ok(Some(value)),
            Token::Null | Token::Undefined => Ok(None),
            _ => Err(self.wrong(key, "a string")),
        }
    }

    /// A text, if it is one: where applications have entries of their own, they may have other values
    /// under the same key.
    pub(super) fn text_or_other(self) -> Result<Option<Cow<'a, str>>, Violation> {
        match self.elements.token()? {
            Token::Str(value) => return Ok(Some(value)),
            Token::List(_) => self.elements.skip_rest()?,
            Token::Dict(_) => {
                while !self.elements.at_end()? {
                    self.elements.token()?;
                    self.elements.skip()?;
                }
            }
            _ => return Ok(None),
        }
        self.elements.token()?;
        Ok(None)
    }

    /// A number that is not negative, rounded up: some clients write milliseconds as they measure
    /// them.
    pub(super) fn number(self, key: &'static str) -> Result<Option<u64>, Violation> {
        let wrong = self.wrong(key, "a non-negative number");
        match self.elements.token()? {
            Token::Int(value) => u64::try_from(value).map(Some).map_err(|_| wrong),
            #[expect(clippy::cast_possible_truncation, reason = "larger ones become the largest")]
            #[expect(clippy::cast_sign_loss, reason = "it is not negative")]
            Token::Float(value) if value >= 0.0 => Ok(Some(value.ceil() as u64)),
            Token::Null | Token::Undefined => Ok(None),
            _ => Err(wrong),
        }
    }

    /// A text, or an integer as its decimal digits.
    pub(super) fn text_or_integer(
        self,
        key: &'static str,
    ) -> Result<Option<Cow<'a, str>>, Violation> {
        match self.elements.token()? {
            Token::Str(value) => Ok(Some(value)),
            Token::Null | Token::Undefined => Ok(None),
            token => match whole_number(&token) {
                Some(number) => Ok(Some(number.to_string().into())),
                None => Err(self.wrong(key, "a string or an integer")),
            },
        }
    }

    /// A list of a few texts.
    pub(super) fn texts(self, key: &'static str) -> Result<Vec<Cow<'a, str>>, Violation> {
        let expected = "a list of at most 32 strings";
        self.list(key, TEXTS_MAX, expected, text_of).map(Option::unwrap_or_default)
    }

    /// A list of texts that name sessions, if there is one.
    pub(super) fn names(self, key: &'static str) -> Result<Option<Vec<Cow<'a, str>>>, Violation> {
        self.list(key, RECEIVERS_MAX, "a list of at most 65536 strings", text_of)
    }

    /// A list of session IDs, if there is one.
    pub(super) fn sessions(self, key: &'static str) -> Result<Option<Vec<SessionId>>, Violation> {
        let session = |token| match whole_number(&token).map(u64::try_from) {
            Some(Ok(id @ 1..=ID_MAX)) => Some(SessionId(id)),
            _ => None,
        };
        self.list(key, RECEIVERS_MAX, "a list of at most 65536 session IDs", session)
    }

    fn list<T>(
        self,
        key: &'static str,
        length_max: usize,
        expected: &'static str,
        item: impl Fn(Token<'a>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Violation> {
        match self.elements.token()? {
            Token::List(_) => {}
            Token::Null | Token::Undefined => return Ok(None),
            _ => return Err(self.wrong(key, expected)),
        }
        let mut list = Vec::new();
        while !self.elements.at_end()? {
            match item(self.elements.token()?) {
                Some(item) if list.len() < length_max => list.push(item),
                _ => return Err(self.wrong(key, expected)),
            }
        }
        self.elements.token()?;
        Ok(Some(list))
    }

    /// A dict within the dict.
    pub(super) fn dict<D: Entries<'a>>(self, key: &'static str) -> Result<D, Violation> {
        match self.elements.token()? {
            Token::Dict(_) => self.elements.entries(self.element),
            Token::Null | Token::Undefined => Ok(D::default()),
            _ => Err(self.wrong(key, "a dict")),
        }
    }

    pub(super) fn wrong(&self, key: &'static str, expected: &'static str) -> Violation {
        let message = self.elements.message;
        Violation::WrongEntry { message, element: self.element, key, expected }
    }
}

fn text_of(token: Token<'_>) -> Option<Cow<'_, str>> {
    match token {
        Token::Str(text) => Some(text),
        _ => None,
    }
}

/// An integer, also one that was written as floating point: some serializers of JavaScript write
/// large integers so.
fn whole_number(token: &Token<'_>) -> Option<i128> {
    match token {
        Token::Int(value) => Some(*value),
        #[expect(clippy::cast_possible_truncation, reason = "whole and small: the cast is exact")]
        Token::Float(value) if value.fract() == 0.0 && value.abs() <= 2f64.powi(63) => {
            Some(*value as i128)
        }
        _ => None,
    }
}
