//! Values onto the wire in `MessagePack`.

use crate::serializer::{Unwritable, Writer, integer};

/// Appends `MessagePack` to a buffer, everything in the smallest encoding that there is for it.
///
/// Floats have 64 bits, whole or not, so that typed receivers always see one type.
pub struct MsgPackWriter<'o> {
    pub(in crate::serializer) out: &'o mut Vec<u8>,
}

impl<'o> MsgPackWriter<'o> {
    /// Appends to this buffer.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    fn marked<const N: usize>(&mut self, marker: u8, octets: [u8; N]) {
        self.out.push(marker);
        self.out.extend_from_slice(&octets);
    }

    /// The head of what has a length: one marker each for lengths of 8, 16 and 32 bits.
    ///
    /// A longer one would be cut; no message is as long as that.
    #[expect(clippy::cast_possible_truncation, reason = "each arm's range fits")]
    fn length(&mut self, len: usize, [in_8, in_16, in_32]: [u8; 3]) {
        match len {
            // Lists and dicts have no length of 8 bits.
            0..=0xff if in_8 != 0 => self.marked(in_8, [len as u8]),
            0..=0xffff => self.marked(in_16, (len as u16).to_be_bytes()),
            _ => self.marked(in_32, (len as u32).to_be_bytes()),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "each arm's range fits")]
    fn negative(&mut self, value: i64) {
        match value {
            -0x20.. => self.out.push((value as i8).cast_unsigned()),
            -0x80.. => self.marked(0xd0, (value as i8).to_be_bytes()),
            -0x8000.. => self.marked(0xd1, (value as i16).to_be_bytes()),
            -0x8000_0000.. => self.marked(0xd2, (value as i32).to_be_bytes()),
            _ => self.marked(0xd3, value.to_be_bytes()),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each arm's range fits")]
impl Writer for MsgPackWriter<'_> {
    fn list(&mut self, len: usize) {
        match len {
            0..=0x0f => self.out.push(0x90 | len as u8),
            _ => self.length(len, [0, 0xdc, 0xdd]),
        }
    }

    fn end_list(&mut self) {}

    fn dict(&mut self, len: usize) {
        match len {
            0..=0x0f => self.out.push(0x80 | len as u8),
            _ => self.length(len, [0, 0xde, 0xdf]),
        }
    }

    fn end_dict(&mut self) {}

    fn key(&mut self, key: &str) {
        self.str(key);
    }

    fn null(&mut self) {
        self.out.push(0xc0);
    }

    fn undefined(&mut self) {
        self.out.extend_from_slice(&[0xd4, 0, 0]);
    }

    fn bool(&mut self, value: bool) {
        self.out.push(if value { 0xc3 } else { 0xc2 });
    }

    fn uint(&mut self, value: u64) {
        match value {
            0..=0x7f => self.out.push(value as u8),
            0x80..=0xff => self.marked(0xcc, [value as u8]),
            0x100..=0xffff => self.marked(0xcd, (value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.marked(0xce, (value as u32).to_be_bytes()),
            _ => self.marked(0xcf, value.to_be_bytes()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "documented at Writer::int")]
    fn int(&mut self, value: i128) {
        if let Ok(value) = u64::try_from(value) {
            self.uint(value);
        } else if let Ok(value) = i64::try_from(value) {
            self.negative(value);
        } else {
            self.float(value as f64);
        }
    }

    fn big_int(&mut self, negative: bool, magnitude: &[u8]) -> Result<(), Unwritable> {
        match integer::small(negative, magnitude) {
            Some(value) if value >= i64::MIN.into() => self.int(value),
            _ => {
                return Err(Unwritable { what: "an integer beyond 64 bits" });
            }
        }
        Ok(())
    }

    fn float(&mut self, value: f64) {
        self.marked(0xcb, value.to_be_bytes());
    }

    fn str(&mut self, value: &str) {
        match value.len() {
            len @ 0..=0x1f => self.out.push(0xa0 | len as u8),
            len => self.length(len, [0xd9, 0xda, 0xdb]),
        }
        self.out.extend_from_slice(value.as_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.length(value.len(), [0xc4, 0xc5, 0xc6]);
        self.out.extend_from_slice(value);
    }

    fn splice(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }
}
