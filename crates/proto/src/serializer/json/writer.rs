//! Values onto the wire in JSON, without any white space.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::scan;
use super::text::BYTES_MARK;
use crate::serializer::{Unwritable, Writer, integer};

/// Appends JSON to a buffer.
///
/// Floats are the shortest digits that read back as the same float, with a point or an exponent.
/// Values that follow each other outside of all lists and dicts get commas, as in a payload.
pub struct JsonWriter<'o> {
    pub(in crate::serializer) out: &'o mut Vec<u8>,
    /// Does a comma come before the next value or key?
    comma: bool,
}

impl<'o> JsonWriter<'o> {
    /// Appends to this buffer.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, comma: false }
    }

    /// The place of the next value.
    #[inline]
    fn value(&mut self) -> &mut Vec<u8> {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
        self.out
    }

    fn open(&mut self, bracket: u8) {
        self.value().push(bracket);
        self.comma = false;
    }

    fn close(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.comma = true;
    }
}

impl Writer for JsonWriter<'_> {
    fn list(&mut self, _len: usize) {
        self.open(b'[');
    }

    fn end_list(&mut self) {
        self.close(b']');
    }

    fn dict(&mut self, _len: usize) {
        self.open(b'{');
    }

    fn end_dict(&mut self) {
        self.close(b'}');
    }

    fn key(&mut self, key: &str) {
        string(self.value(), key);
        self.out.push(b':');
        self.comma = false;
    }

    fn null(&mut self) {
        self.value().extend_from_slice(b"null");
    }

    fn undefined(&mut self) {
        self.null();
    }

    fn bool(&mut self, value: bool) {
        self.value().extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn uint(&mut self, value: u64) {
        digits(self.value(), value);
    }

    fn int(&mut self, value: i128) {
        match u64::try_from(value.unsigned_abs()) {
            Ok(absolute) => {
                let out = self.value();
                if value < 0 {
                    out.push(b'-');
                }
                digits(out, absolute);
            }
            Err(_) => display(self.value(), value),
        }
    }

    fn big_int(&mut self, negative: bool, magnitude: &[u8]) -> Result<(), Unwritable> {
        let Some(digits) = integer::digits(negative, magnitude) else {
            return Err(Unwritable { what: "an integer that long" });
        };
        self.value().extend_from_slice(digits.as_bytes());
        Ok(())
    }

    fn float(&mut self, value: f64) {
        if value.is_finite() {
            display(self.value(), format_args!("{value:?}"));
        } else {
            self.null();
        }
    }

    fn str(&mut self, value: &str) {
        string(self.value(), value);
    }

    fn bytes(&mut self, value: &[u8]) {
        let out = self.value();
        out.push(b'"');
        out.extend_from_slice(BYTES_MARK.as_bytes());
        out.extend_from_slice(BASE64.encode(value).as_bytes());
        out.push(b'"');
    }

    fn splice(&mut self, value: &[u8]) {
        self.value().extend_from_slice(value);
    }
}

fn display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to a Vec does not fail.
    let _ = write!(out, "{value}");
}

/// Appends a number in decimal digits.
fn digits(out: &mut Vec<u8>, mut value: u64) {
    let mut buffer = [0; 20];
    let mut start = buffer.len();
    loop {
        start -= 1;
        // A digit fits into an octet.
        buffer[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return out.extend_from_slice(&buffer[start..]);
        }
    }
}

/// Appends a string in quotes, with only those escapes that must be.
fn string(out: &mut Vec<u8>, text: &str) {
    let octets = text.as_bytes();
    out.push(b'"');
    let mut start = 0;
    loop {
        let end = scan::plain(octets, start);
        out.extend_from_slice(&octets[start..end]);
        let Some(&octet) = octets.get(end) else { break };
        escape(out, octet);
        start = end + 1;
    }
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, octet: u8) {
    let letter = match octet {
        b'"' | b'\\' => octet,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => return display(out, format_args!("\\u{octet:04x}")),
    };
    out.extend_from_slice(&[b'\\', letter]);
}
