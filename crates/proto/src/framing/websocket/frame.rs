//! The header of a WebSocket frame, RFC 6455 section 5.2: read and written, but not judged.
//!
//! ```text
//! F C R R OOOO | M LLLLLLL | length, 0, 2 or 8 octets | mask key, 0 or 4 octets
//! ```

use crate::framing::Violation;

const FIN: u8 = 0b1000_0000;
const COMPRESSED: u8 = 0b0100_0000;
const RESERVED: u8 = 0b0011_0000;
const OPCODE: u8 = 0b0000_1111;
const MASKED: u8 = 0b1000_0000;
const LENGTH: u8 = 0b0111_1111;

/// The length field says: the length follows in 2 octets.
const LENGTH_16: u8 = 126;
/// The length field says: the length follows in 8 octets.
const LENGTH_64: u8 = 127;

/// The longest header there is.
pub(super) const HEADER_LEN_MAX: usize = 14;
/// The longest payload of a ping, pong or close frame.
pub(super) const CONTROL_LEN_MAX: usize = 125;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The last frame of its message.
    pub(super) fin: bool,
    /// The message that begins here is compressed: the first reserved bit, as RFC 7692 uses it.
    pub(super) compressed: bool,
    /// One of the other two reserved bits is set.
    pub(super) reserved: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<[u8; 4]>,
    /// The length of the payload that follows.
    pub(super) payload_len: u64,
}

impl Opcode {
    pub(super) fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }

    fn from_bits(bits: u8) -> Result<Self, Violation> {
        match bits {
            0 => Ok(Self::Continuation),
            1 => Ok(Self::Text),
            2 => Ok(Self::Binary),
            8 => Ok(Self::Close),
            9 => Ok(Self::Ping),
            10 => Ok(Self::Pong),
            other => Err(Violation::FrameType(other)),
        }
    }
}

impl Header {
    /// A frame that is a whole message or a control frame.
    pub(super) fn new(opcode: Opcode, mask: Option<[u8; 4]>, payload_len: usize) -> Self {
        let payload_len = payload_len as u64;
        Self { fin: true, compressed: false, reserved: false, opcode, mask, payload_len }
    }

    /// Reads the header at the front of `octets`; none if it is not all there.
    pub(super) fn read(octets: &[u8]) -> Result<Option<Self>, Violation> {
        let Some((&[first, second], rest)) = octets.split_first_chunk() else {
            return Ok(None);
        };
        let Some((payload_len, rest)) = read_len(second & LENGTH, rest) else {
            return Ok(None);
        };
        let mask = match (second & MASKED != 0, rest.first_chunk()) {
            (false, _) => None,
            (true, Some(key)) => Some(*key),
            (true, None) => return Ok(None),
        };
        if payload_len >> 63 != 0 {
            return Err(Violation::LengthOverflow);
        }
        Ok(Some(Self {
            fin: first & FIN != 0,
            compressed: first & COMPRESSED != 0,
            reserved: first & RESERVED != 0,
            opcode: Opcode::from_bits(first & OPCODE)?,
            mask,
            payload_len,
        }))
    }

    /// The length of the header at the front of `octets`, as far as they can tell.
    pub(super) fn len_of(octets: &[u8]) -> usize {
        let Some(second) = octets.get(1) else {
            return 2;
        };
        let extended = match second & LENGTH {
            LENGTH_16 => 2,
            LENGTH_64 => 8,
            _ => 0,
        };
        let mask = if second & MASKED != 0 { 4 } else { 0 };
        2 + extended + mask
    }

    /// Appends the header to `out`, in the shortest form.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let fin = if self.fin { FIN } else { 0 };
        let compressed = if self.compressed { COMPRESSED } else { 0 };
        let masked = if self.mask.is_some() { MASKED } else { 0 };
        out.push(fin | compressed | self.opcode as u8);
        if let Some(short) = u8::try_from(self.payload_len).ok().filter(|len| *len < LENGTH_16) {
            out.push(masked | short);
        } else if let Ok(len) = u16::try_from(self.payload_len) {
            out.push(masked | LENGTH_16);
            out.extend(len.to_be_bytes());
        } else {
            out.push(masked | LENGTH_64);
            out.extend(self.payload_len.to_be_bytes());
        }
        out.extend(self.mask.iter().flatten());
    }

    /// The length of this header once it is written.
    pub(super) fn len(&self) -> usize {
        let extended = match self.payload_len {
            0..126 => 0,
            126..=0xFFFF => 2,
            _ => 8,
        };
        let mask = if self.mask.is_some() { 4 } else { 0 };
        2 + extended + mask
    }
}

/// The length that the length field and what follows it mean, and the octets after it.
fn read_len(field: u8, octets: &[u8]) -> Option<(u64, &[u8])> {
    match field {
        LENGTH_16 => {
            let (len, rest) = octets.split_first_chunk()?;
            Some((u16::from_be_bytes(*len).into(), rest))
        }
        LENGTH_64 => {
            let (len, rest) = octets.split_first_chunk()?;
            Some((u64::from_be_bytes(*len), rest))
        }
        len => Some((len.into(), octets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_mask_comes_back_and_nothing_shorter_does() {
        for payload_len in [0, 1, 125, 126, 127, 65535, 65536, (1 << 63) - 1] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let header = Header { payload_len, ..Header::new(Opcode::Binary, mask, 0) };
                let mut octets = Vec::new();
                header.write(&mut octets);
                assert_eq!(octets.len(), header.len());
                assert_eq!(Header::len_of(&octets), header.len());
                assert_eq!(Header::read(&octets), Ok(Some(header)));
                for cut in 0..octets.len() {
                    assert_eq!(Header::read(&octets[..cut]), Ok(None));
                    assert!(Header::len_of(&octets[..cut]) > cut);
                }
            }
        }
    }

    #[test]
    fn a_length_is_read_in_any_form_but_has_63_bits() {
        let long_form = Header::read(b"\x82\x7F\0\0\0\0\0\0\0\x01").unwrap().unwrap();
        assert_eq!(long_form.payload_len, 1);
        let overflow = Header::read(b"\x82\x7F\x80\0\0\0\0\0\0\0");
        assert_eq!(overflow, Err(Violation::LengthOverflow));
    }

    #[test]
    fn unknown_opcodes_are_violations() {
        for bits in (3..8).chain(11..16) {
            assert_eq!(Header::read(&[FIN | bits, 0]), Err(Violation::FrameType(bits)));
        }
    }
}
