//! The encoder of a WebSocket connection: each message goes out as one frame.

use super::deflate::{self, Deflate};
use super::frame::{CONTROL_LEN_MAX, HEADER_LEN_MAX, Header, Opcode};
use super::{close, mask};
use crate::framing::MessageTooLong;
use crate::framing::batched::{Batch, Envelope};
use crate::framing::encoder::total_len;

/// How many octets framing adds to a message at most: a header, and what makes it a batch of one.
pub const MESSAGE_OVERHEAD_MAX: usize = HEADER_LEN_MAX + Envelope::LEN_MAX;

/// Frames what is sent to one peer, in the way that the handshake settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoder {
    /// Messages are text: JSON. Those of the other serializers are binary.
    pub text: bool,
    /// Longer messages are compressed.
    pub deflate: Option<Deflate>,
    /// Each message is sent as a batch of one, for a batched subprotocol.
    pub batched: Option<Batch>,
    /// The key that masks the next frame, for a client.
    pub mask: Option<[u8; 4]>,
}

impl Encoder {
    /// Messages as they are, neither compressed nor batched nor masked.
    pub fn new(text: bool) -> Self {
        Self { text, deflate: None, batched: None, mask: None }
    }

    /// The same encoder with the key that masks the next frame.
    #[must_use]
    pub fn masked(self, key: [u8; 4]) -> Self {
        Self { mask: Some(key), ..self }
    }

    /// Appends one message, given in parts, to `out`.
    ///
    /// Only a batch counts its message with 32 bits: without one no message is too long.
    pub fn write_message(&self, parts: &[&[u8]], out: &mut Vec<u8>) -> Result<(), MessageTooLong> {
        let message_len = total_len(parts);
        let envelope = Envelope::new(self.batched, message_len)?;
        let payload_len = message_len + Envelope::len(self.batched);
        let opcode = if self.text { Opcode::Text } else { Opcode::Binary };
        let header = Header::new(opcode, self.mask, payload_len);
        let deflated = payload_len >= deflate::WORTHWHILE_LEN
            && self
                .deflate
                .is_some_and(|deflate| write_deflated(deflate, header, envelope.wrap(parts), out));
        if !deflated {
            write_frame(header, envelope.wrap(parts), out);
        }
        Ok(())
    }

    /// Appends a ping; a payload of more than 125 octets is cut off.
    pub fn write_ping(&self, payload: &[u8], out: &mut Vec<u8>) {
        self.write_control(Opcode::Ping, payload, out);
    }

    /// Appends a pong, the answer to a ping with the same payload.
    pub fn write_pong(&self, payload: &[u8], out: &mut Vec<u8>) {
        self.write_control(Opcode::Pong, payload, out);
    }

    /// Appends a close frame with a code and a reason; a long reason is cut off.
    pub fn write_close(&self, why: Option<(u16, &str)>, out: &mut Vec<u8>) {
        self.write_control(Opcode::Close, &close::payload(why), out);
    }

    /// How many octets `write_message` appends for a message of this length, at most.
    pub fn framed_len(&self, message_len: usize) -> usize {
        let payload_len = message_len + Envelope::len(self.batched);
        Header::new(Opcode::Binary, self.mask, payload_len).len() + payload_len
    }

    fn write_control(&self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        let payload = &payload[..payload.len().min(CONTROL_LEN_MAX)];
        write_frame(Header::new(opcode, self.mask, payload.len()), [payload], out);
    }
}

fn write_frame<'p>(header: Header, payload: impl IntoIterator<Item = &'p [u8]>, out: &mut Vec<u8>) {
    let payload_len = usize::try_from(header.payload_len).unwrap_or(0);
    out.reserve(header.len() + payload_len);
    header.write(out);
    let payload_start = out.len();
    for part in payload {
        out.extend_from_slice(part);
    }
    if let Some(key) = header.mask {
        mask::apply(key, &mut out[payload_start..]);
    }
}

/// Writes a compressed frame if that makes it shorter; otherwise nothing.
///
/// How long the header is shows only when the payload is compressed: there is room left for the
/// longest that it can be, and what was too much of it is closed afterwards.
fn write_deflated<'p>(
    deflate: Deflate,
    plain: Header,
    payload: impl Iterator<Item = &'p [u8]>,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let room = plain.len();
    out.resize(start + room, 0);
    let payload_len = usize::try_from(plain.payload_len).unwrap_or(0);
    let Some(deflated_len) = deflate.deflate(payload, payload_len, out) else {
        out.truncate(start);
        return false;
    };
    let header = Header { compressed: true, payload_len: deflated_len as u64, ..plain };
    if let Some(key) = header.mask {
        mask::apply(key, &mut out[start + room..]);
    }
    let mut octets = Vec::with_capacity(HEADER_LEN_MAX);
    header.write(&mut octets);
    out.splice(start..start + room, octets);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::batched::Separator;
    use crate::framing::{Decoder, Frame, Progress, Role, websocket};
    use flate2::Compression;

    const COMPRESSIBLE: &[u8] = &[b'a'; 100_000];

    fn written(encoder: Encoder, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        encoder.write_message(parts, &mut out).unwrap();
        out.split_off(6)
    }

    fn deflating() -> Encoder {
        Encoder { deflate: Some(Deflate::default()), ..Encoder::new(true) }
    }

    fn read_back(role: Role, mut octets: Vec<u8>) -> Vec<u8> {
        let mut decoder = Decoder::WebSocket(websocket::Decoder::new(role, true, 1 << 24));
        match decoder.decode(&mut octets) {
            Ok(Progress::Took { frame: Some(Frame::Message { octets, .. }), .. }) => {
                octets.to_vec()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_message_is_one_frame_whatever_parts_it_comes_in() {
        assert_eq!(written(Encoder::new(true), &[b"[1", b"", b"]"]), b"\x81\x03[1]");
        assert_eq!(written(Encoder::new(false), &[b"\x91\x01"]), b"\x82\x02\x91\x01");
        assert_eq!(written(Encoder::new(false), &[]), b"\x82\0");
    }

    #[test]
    fn a_batch_of_one_is_framed_around_the_message() {
        let json = Batch::Separated(Separator::Specified);
        let encoder = Encoder { batched: Some(json), ..Encoder::new(true) };
        assert_eq!(written(encoder, &[b"[", b"1]"]), b"\x81\x04[1]\x1E");

        let encoder = Encoder { batched: Some(Batch::Counted), ..Encoder::new(false) };
        assert_eq!(written(encoder, &[b"\x91", b"\x01"]), b"\x82\x06\0\0\0\x02\x91\x01");
    }

    #[test]
    fn control_frames_are_short_and_whole() {
        let encoder = Encoder::new(true);
        let mut out = Vec::new();
        encoder.write_ping(b"hi", &mut out);
        encoder.write_pong(b"", &mut out);
        encoder.write_close(Some((close::NORMAL, "bye")), &mut out);
        encoder.write_close(None, &mut out);
        assert_eq!(out, b"\x89\x02hi\x8A\0\x88\x05\x03\xE8bye\x88\0");

        out.clear();
        encoder.write_ping(&[0; 126], &mut out);
        assert_eq!(out.len(), 2 + 125);
    }

    #[test]
    fn a_client_masks_every_frame() {
        let encoder = Encoder::new(true).masked([1, 2, 3, 4]);
        assert_eq!(written(encoder, &[b"\x01\x02", b"\x03"]), b"\x81\x83\x01\x02\x03\x04\0\0\0");
        let deflated = written(deflating().masked([9; 4]), &[COMPRESSIBLE]);
        assert!(deflated.len() < 1000);
        assert_eq!(read_back(Role::Server, deflated), COMPRESSIBLE);
    }

    #[test]
    fn long_messages_are_compressed_and_short_ones_are_not() {
        let (short, long) = (&COMPRESSIBLE[..255], &COMPRESSIBLE[..256]);
        assert_eq!(written(deflating(), &[short])[..4], [0x81, 126, 0, 255]);
        let deflated = written(deflating(), &[&long[..100], &long[100..]]);
        assert_eq!(deflated[0], 0xC1);
        assert!(deflated.len() < 20, "{} octets", deflated.len());
        assert_eq!(read_back(Role::Client, deflated), long);
    }

    #[test]
    fn what_does_not_compress_is_sent_as_it_is() {
        let mut noise = Vec::new();
        let mut compressor = flate2::Compress::new(Compression::best(), false);
        let numbers: Vec<u8> = (0..20_000_u32).flat_map(|n| n.pow(2).to_be_bytes()).collect();
        noise.reserve(numbers.len());
        compressor.compress_vec(&numbers, &mut noise, flate2::FlushCompress::Finish).unwrap();

        let frame = written(deflating(), &[&noise]);
        assert_eq!(frame[0], 0x81);
        assert_eq!(frame.len(), deflating().framed_len(noise.len()));
    }

    #[test]
    fn framed_len_is_exact_without_compression() {
        for len in [0, 125, 126, 65_534, 65_535, 65_536] {
            for batched in [None, Some(Batch::Counted)] {
                for mask in [None, Some([1; 4])] {
                    let encoder = Encoder { batched, mask, ..Encoder::new(false) };
                    let frame = written(encoder, &[&COMPRESSIBLE[..len]]);
                    assert_eq!(frame.len(), encoder.framed_len(len));
                    assert!(frame.len() <= len + MESSAGE_OVERHEAD_MAX);
                }
            }
        }
    }
}
