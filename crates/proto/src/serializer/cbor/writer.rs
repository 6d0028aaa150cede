//! Values onto the wire in CBOR.

use super::head::{FALSE, NULL, TAG_NEGATIVE, TAG_POSITIVE, TRUE, UNDEFINED};
use crate::serializer::{Unwritable, Writer, integer};

/// Appends CBOR to a buffer: definite lengths, and every head in its smallest encoding.
///
/// Floats have 64 bits, whole or not, so that typed receivers always see one type.
pub struct CborWriter<'o> {
    pub(in crate::serializer) out: &'o mut Vec<u8>,
}

/// The major types.
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const STR: u8 = 3;
const LIST: u8 = 4;
const DICT: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// The additional information of an argument of so many bits.
const HEAD_8: u8 = 0x18;
const HEAD_16: u8 = 0x19;
const HEAD_32: u8 = 0x1a;
const HEAD_64: u8 = 0x1b;

impl<'o> CborWriter<'o> {
    /// Appends to this buffer.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    #[expect(clippy::cast_possible_truncation, reason = "each arm's range fits")]
    fn head(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        match argument {
            0..=23 => self.out.push(major | argument as u8),
            24..=0xff => self.initial(major | HEAD_8, [argument as u8]),
            0x100..=0xffff => self.initial(major | HEAD_16, (argument as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => {
                self.initial(major | HEAD_32, (argument as u32).to_be_bytes());
            }
            _ => self.initial(major | HEAD_64, argument.to_be_bytes()),
        }
    }

    fn initial<const N: usize>(&mut self, initial: u8, argument: [u8; N]) {
        self.out.push(initial);
        self.out.extend_from_slice(&argument);
    }

    fn simple(&mut self, value: u8) {
        self.head(SIMPLE, value.into());
    }
}

impl Writer for CborWriter<'_> {
    fn list(&mut self, len: usize) {
        self.head(LIST, len as u64);
    }

    fn end_list(&mut self) {}

    fn dict(&mut self, len: usize) {
        self.head(DICT, len as u64);
    }

    fn end_dict(&mut self) {}

    fn key(&mut self, key: &str) {
        self.str(key);
    }

    fn null(&mut self) {
        self.simple(NULL);
    }

    fn undefined(&mut self) {
        self.simple(UNDEFINED);
    }

    fn bool(&mut self, value: bool) {
        self.simple(if value { TRUE } else { FALSE });
    }

    fn uint(&mut self, value: u64) {
        self.head(UNSIGNED, value);
    }

    /// The caller keeps to the range, so that the argument has 64 bits.
    #[expect(clippy::cast_possible_truncation, reason = "see above")]
    fn int(&mut self, value: i128) {
        match value {
            0.. => self.head(UNSIGNED, value.cast_unsigned() as u64),
            _ => self.head(NEGATIVE, (-1 - value).cast_unsigned() as u64),
        }
    }

    fn big_int(&mut self, negative: bool, magnitude: &[u8]) -> Result<(), Unwritable> {
        if let Some(value) = integer::small(negative, magnitude) {
            self.int(value);
        } else if negative {
            self.head(TAG, TAG_NEGATIVE);
            self.bytes(&integer::decremented(magnitude));
        } else {
            self.head(TAG, TAG_POSITIVE);
            self.bytes(magnitude);
        }
        Ok(())
    }

    fn float(&mut self, value: f64) {
        self.initial(SIMPLE << 5 | HEAD_64, value.to_be_bytes());
    }

    fn str(&mut self, value: &str) {
        self.head(STR, value.len() as u64);
        self.out.extend_from_slice(value.as_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, value.len() as u64);
        self.out.extend_from_slice(value);
    }

    fn splice(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }
}
