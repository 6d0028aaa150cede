//! The frames of `RawSocket`: a header of four octets, `RRRR XTTT` and a length of 24 bits, then
//! the payload.

use super::LengthLimit;
use crate::framing::encoder::total_len;
use crate::framing::{Frame, MessageTooLong, Progress, Violation};

/// What precedes every payload.
pub const HEADER_LEN: usize = 4;

/// The extra, 25th bit of the length stands for exactly 2^24 octets.
const EXTRA_LENGTH_BIT: u8 = 0b1000;
const RESERVED_BITS: u8 = 0b1111_0000;
const TYPE_BITS: u8 = 0b0111;

const MESSAGE: u8 = 0;
const PING: u8 = 1;
const PONG: u8 = 2;

/// Cuts frames out of what a peer sent after the handshake. It remembers nothing from one frame to
/// the next.
#[derive(Debug)]
pub struct Decoder {
    pub(in crate::framing) limit: usize,
}

impl Decoder {
    /// A decoder that takes payloads of up to `limit` octets: what our own handshake announced, or
    /// less.
    pub fn new(limit: usize) -> Self {
        Self { limit }
    }

    /// Says what the octets at the front of `buffer` are.
    pub fn decode<'a>(&mut self, buffer: &'a mut [u8]) -> Result<Progress<'a>, Violation> {
        let buffered = buffer.len();
        let Some((&header, rest)) = buffer.split_first_chunk::<HEADER_LEN>() else {
            return Ok(Progress::Need { octets: HEADER_LEN - buffered });
        };
        let (frame_type, len) = read_header(header)?;
        if len > self.limit {
            return Err(Violation::MessageTooLong { limit: self.limit });
        }
        let Some(payload) = rest.get(..len) else {
            return Ok(Progress::Need { octets: len - rest.len() });
        };
        let frame = match frame_type {
            PING => Frame::Ping(payload),
            PONG => Frame::Pong(payload),
            _ => Frame::Message { octets: payload, text: false },
        };
        Ok(Progress::Took { octets: HEADER_LEN + len, frame: Some(frame) })
    }
}

/// Frames what is sent to one peer, none of it longer than what the peer's handshake allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoder {
    limit: LengthLimit,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new(LengthLimit::MAX)
    }
}

impl Encoder {
    /// What the peer accepts.
    pub fn limit(&self) -> LengthLimit {
        self.limit
    }

    /// An encoder for a peer whose handshake announced this limit.
    pub fn new(limit: LengthLimit) -> Self {
        Self { limit }
    }

    /// Appends one message, given in parts, to `out`.
    pub fn write_message(&self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), MessageTooLong> {
        let octets = total_len(parts);
        let limit = self.limit.octets();
        if octets > limit {
            return Err(MessageTooLong { octets, limit });
        }
        write_frame(MESSAGE, parts, octets, out);
        Ok(())
    }

    /// Appends a ping; a payload longer than the peer accepts is cut off.
    pub fn write_ping(&self, payload: &[u8], out: &mut Vec<u8>) {
        self.write_control(PING, payload, out);
    }

    /// Appends a pong, the answer to a ping with the same payload.
    pub fn write_pong(&self, payload: &[u8], out: &mut Vec<u8>) {
        self.write_control(PONG, payload, out);
    }

    fn write_control(self, frame_type: u8, payload: &[u8], out: &mut Vec<u8>) {
        let payload = &payload[..payload.len().min(self.limit.octets())];
        write_frame(frame_type, &[payload], payload.len(), out);
    }
}

fn read_header([first, len @ ..]: [u8; HEADER_LEN]) -> Result<(u8, usize), Violation> {
    if first & RESERVED_BITS != 0 {
        return Err(Violation::ReservedBits);
    }
    let len = len.into_iter().fold(0, |len, octet| len << 8 | usize::from(octet));
    let len = match (first & EXTRA_LENGTH_BIT != 0, len) {
        (false, len) => len,
        (true, 0) => 1 << 24,
        (true, _) => return Err(Violation::LengthBeyondExtraBit),
    };
    match first & TYPE_BITS {
        known @ (MESSAGE | PING | PONG) => Ok((known, len)),
        unknown => Err(Violation::FrameType(unknown)),
    }
}

/// The length is at most 2^24, of which the 25th bit falls on the extra length bit of the first
/// octet.
fn write_frame(frame_type: u8, parts: &[&[u8]], len: usize, out: &mut Vec<u8>) {
    out.reserve(HEADER_LEN + len);
    let extra = if len == 1 << 24 { EXTRA_LENGTH_BIT } else { 0 };
    let [.., high, middle, low] = len.to_be_bytes();
    out.extend([frame_type | extra, high, middle, low]);
    for part in parts {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(octets: &[u8]) -> Result<String, Violation> {
        let mut buffer = octets.to_vec();
        let mut decoder = Decoder::new(1 << 24);
        decoder.decode(&mut buffer).map(|progress| format!("{progress:?}"))
    }

    fn fault(octets: &[u8]) -> Violation {
        decode(octets).unwrap_err()
    }

    #[test]
    fn frames_of_every_type_are_written_and_read() {
        let encoder = Encoder::default();
        let mut buffer = Vec::new();
        encoder.write_message(&[b"[1", b"]"], &mut buffer).unwrap();
        encoder.write_ping(b"here?", &mut buffer);
        encoder.write_pong(b"", &mut buffer);
        assert_eq!(buffer, b"\0\0\0\x03[1]\x01\0\0\x05here?\x02\0\0\0");

        let mut decoder = Decoder::new(512);
        let mut frames = Vec::new();
        let mut rest = &mut buffer[..];
        while let Progress::Took { octets, frame } = decoder.decode(rest).unwrap() {
            frames.push(format!("{:?}", frame.unwrap()));
            rest = &mut rest[octets..];
        }
        assert_eq!(
            frames,
            [
                "Message { octets: [91, 49, 93], text: false }",
                "Ping([104, 101, 114, 101, 63])",
                "Pong([])"
            ]
        );
    }

    #[test]
    fn what_is_missing_is_told_exactly() {
        assert_eq!(decode(b"").unwrap(), "Need { octets: 4 }");
        assert_eq!(decode(b"\0\0\0").unwrap(), "Need { octets: 1 }");
        assert_eq!(decode(b"\0\0\x01\0abc").unwrap(), "Need { octets: 253 }");
        assert_eq!(decode(b"\x08\0\0\0abc").unwrap(), "Need { octets: 16777213 }");
    }

    #[test]
    fn malformed_headers_are_violations() {
        assert_eq!(fault(b"\x10\0\0\0"), Violation::ReservedBits);
        assert_eq!(fault(b"\x80\0\0\0"), Violation::ReservedBits);
        assert_eq!(fault(b"\x03\0\0\x09"), Violation::FrameType(3));
        assert_eq!(fault(b"\x08\0\0\x01"), Violation::LengthBeyondExtraBit);
    }

    #[test]
    fn the_length_has_a_limit_both_ways() {
        let limit = LengthLimit::MIN;
        let encoder = Encoder::new(limit);
        let mut buffer = Vec::new();
        let refused = encoder.write_message(&[&[0; 512], &[0]], &mut buffer);
        assert_eq!(refused, Err(MessageTooLong { octets: 513, limit: 512 }));
        assert!(buffer.is_empty());

        let violation = Decoder::new(512).decode(&mut [0, 0, 2, 1]).unwrap_err();
        assert_eq!(violation, Violation::MessageTooLong { limit: 512 });
    }

    #[test]
    fn exactly_16_mib_takes_the_extra_bit() {
        let message = vec![b'x'; 1 << 24];
        let encoder = Encoder::default();
        for (len, header) in [((1 << 24) - 1, [0, 0xFF, 0xFF, 0xFF]), (1 << 24, [8, 0, 0, 0])] {
            let mut buffer = Vec::new();
            encoder.write_message(&[&message[..len]], &mut buffer).unwrap();
            assert_eq!(buffer[..4], header);

            let mut decoder = Decoder::new(1 << 24);
            let progress = decoder.decode(&mut buffer).unwrap();
            let frame = Some(Frame::Message { octets: &message[..len], text: false });
            assert_eq!(progress, Progress::Took { octets: 4 + len, frame });
        }
    }
}
