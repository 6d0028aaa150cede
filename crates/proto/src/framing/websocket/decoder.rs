//! The decoder of a WebSocket connection. It judges frames by RFC 6455 and unmasks them in place.
//!
//! A message that comes in one frame and uncompressed, as nearly all do, is handed out as a slice
//! of the caller's buffer. Others are put together in an [`Assembly`], which exists only while it
//! is needed.

use super::assembly::{self, Assembly, Kind};
use super::frame::{CONTROL_LEN_MAX, Header, Opcode};
use super::{close, mask};
use crate::framing::{Frame, Progress, Role, Violation};

/// Cuts frames out of what a peer sent after the handshake.
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    /// permessage-deflate was negotiated.
    deflate: bool,
    /// A close frame was handed out: nothing counts that comes after it.
    closed: bool,
    pub(in crate::framing) limit: usize,
    assembly: Option<Box<Assembly>>,
}

impl Decoder {
    /// A decoder for our end of a connection. `limit` is the longest message that it takes, as the
    /// peer sends it and also when inflated.
    pub fn new(role: Role, deflate: bool, limit: usize) -> Self {
        Self { role, deflate, closed: false, limit, assembly: None }
    }

    /// Says what the octets at the front of `buffer` are, and unmasks a frame as it takes it.
    pub fn decode<'a>(&'a mut self, buffer: &'a mut [u8]) -> Result<Progress<'a>, Violation> {
        if self.closed && !buffer.is_empty() {
            return Ok(Progress::Took { octets: buffer.len(), frame: None });
        }
        let Some(header) = Header::read(buffer)? else {
            return Ok(self.wait(Header::len_of(buffer) - buffer.len()));
        };
        let payload_len = self.check(&header)?;
        let header_len = Header::len_of(buffer);
        let frame_len = header_len.saturating_add(payload_len);
        if buffer.len() < frame_len {
            return Ok(self.wait(frame_len - buffer.len()));
        }
        let payload = &mut buffer[header_len..frame_len];
        if let Some(key) = header.mask {
            mask::apply(key, payload);
        }
        let frame = if header.opcode.is_control() {
            self.control(header.opcode, payload).map(Some)
        } else {
            self.data(&header, payload)
        };
        frame.map(|frame| Progress::Took { octets: frame_len, frame })
    }

    /// Waiting may take long: a message that was handed out is not kept meanwhile.
    fn wait(&mut self, octets: usize) -> Progress<'static> {
        self.assembly.take_if(|assembly| !assembly.is_open());
        Progress::Need { octets }
    }

    /// Judges a header, before anything of its payload is looked at or waited for.
    fn check(&self, header: &Header) -> Result<usize, Violation> {
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(Violation::NotMasked),
            (Role::Client, Some(_)) => return Err(Violation::Masked),
            _ => {}
        }
        if header.reserved {
            return Err(Violation::ReservedBits);
        }
        let payload_len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
        if header.opcode.is_control() {
            check_control(header, payload_len)?;
        } else {
            self.check_data(header, payload_len)?;
        }
        Ok(payload_len)
    }

    fn check_data(&self, header: &Header, payload_len: usize) -> Result<(), Violation> {
        let continues = header.opcode == Opcode::Continuation;
        if header.compressed && (continues || !self.deflate) {
            return Err(Violation::ReservedBits);
        }
        let open = self.assembly.as_ref().filter(|assembly| assembly.is_open());
        match (continues, open) {
            (true, None) => return Err(Violation::NothingToContinue),
            (false, Some(_)) => return Err(Violation::MessageInterrupted),
            _ => {}
        }
        let stored = open.map_or(0, |assembly| assembly.stored_len());
        if payload_len > self.limit.saturating_sub(stored) {
            return Err(Violation::MessageTooLong { limit: self.limit });
        }
        Ok(())
    }

    fn control<'a>(&mut self, opcode: Opcode, payload: &'a [u8]) -> Result<Frame<'a>, Violation> {
        match opcode {
            Opcode::Ping => Ok(Frame::Ping(payload)),
            Opcode::Pong => Ok(Frame::Pong(payload)),
            _ => {
                self.closed = true;
                close::read(payload).map(Frame::Close)
            }
        }
    }

    fn data<'a>(
        &'a mut self,
        header: &Header,
        payload: &'a [u8],
    ) -> Result<Option<Frame<'a>>, Violation> {
        let begins = header.opcode != Opcode::Continuation;
        let kind = Kind { text: header.opcode == Opcode::Text, compressed: header.compressed };
        if begins && header.fin && !kind.compressed {
            return assembly::message(kind.text, payload).map(Some);
        }
        let assembly = self.assembly.get_or_insert_default();
        if begins && header.fin {
            return assembly.inflate(payload, kind.text, self.limit).map(Some);
        }
        if begins {
            assembly.begin(kind);
        }
        assembly.push(payload)?;
        if header.fin { assembly.finish(self.limit) } else { Ok(None) }
    }
}

fn check_control(header: &Header, payload_len: usize) -> Result<(), Violation> {
    if header.compressed {
        return Err(Violation::ReservedBits);
    }
    if !header.fin {
        return Err(Violation::ControlFragmented);
    }
    if payload_len > CONTROL_LEN_MAX {
        return Err(Violation::ControlTooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::websocket::{Deflate, Encoder};

    const LIMIT: usize = 1 << 20;

    /// What a server hears of unmasked frames, one line each; they are masked on the way.
    fn hear(frames: &[&[u8]]) -> Result<Vec<String>, Violation> {
        let mut decoder = Decoder::new(Role::Server, true, LIMIT);
        let mut heard = Vec::new();
        for frame in frames {
            let mut buffer = masked(frame);
            let Progress::Took { octets, frame } = decoder.decode(&mut buffer)? else {
                panic!("an incomplete frame");
            };
            heard.push(frame.map_or("-".to_owned(), describe));
            assert_eq!(octets, buffer.len());
        }
        Ok(heard)
    }

    fn describe(frame: Frame<'_>) -> String {
        match frame {
            Frame::Message { octets, text: true } => format!("text {}", octets.escape_ascii()),
            Frame::Message { octets, text: false } => format!("binary {}", octets.escape_ascii()),
            Frame::Ping(payload) => format!("ping {}", payload.escape_ascii()),
            Frame::Pong(payload) => format!("pong {}", payload.escape_ascii()),
            Frame::Close(None) => "close".to_owned(),
            Frame::Close(Some((code, reason))) => format!("close {code} {reason}"),
        }
    }

    fn masked(frame: &[u8]) -> Vec<u8> {
        let key = [0x11, 0x22, 0x33, 0x44];
        let (header, payload) = frame.split_at(Header::len_of(frame));
        let mut payload = payload.to_vec();
        mask::apply(key, &mut payload);
        let mut frame = [header, &key, &payload].concat();
        frame[1] |= 0x80;
        frame
    }

    fn fault(frames: &[&[u8]]) -> Violation {
        hear(frames).unwrap_err()
    }

    #[test]
    fn whole_messages_and_control_frames_are_handed_out() {
        let frames: [&[u8]; 6] =
            [b"\x81\x02hi", b"\x82\x01\xFF", b"\x81\0", b"\x89\x01p", b"\x8A\0", b"\x88\0"];
        let heard = ["text hi", "binary \\xff", "text ", "ping p", "pong ", "close"];
        assert_eq!(hear(&frames).unwrap(), heard);
        assert_eq!(hear(&[b"\x88\x05\x03\xE8bye"]).unwrap(), ["close 1000 bye"]);
    }

    #[test]
    fn fragments_become_a_message_with_control_frames_between_them() {
        let heard = hear(&[b"\x01\x01a", b"\x89\x01p", b"\0\x01b", b"\0\0", b"\x80\x01c"]);
        assert_eq!(heard.unwrap(), ["-", "ping p", "-", "-", "text abc"]);
        let twice = hear(&[b"\x02\x01a", b"\x80\x01b", b"\x01\x01c", b"\x80\0"]);
        assert_eq!(twice.unwrap(), ["-", "binary ab", "-", "text c"]);
    }

    #[test]
    fn compressed_messages_are_inflated_also_from_fragments() {
        let whole = b"\xC1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
        let fragments: [&[u8]; 2] = [b"\x42\x03\xf2\x48\xcd", b"\x80\x04\xc9\xc9\x07\x00"];
        assert_eq!(hear(&[whole, whole]).unwrap(), ["text Hello", "text Hello"]);
        assert_eq!(hear(&fragments).unwrap(), ["-", "binary Hello"]);
    }

    #[test]
    fn what_comes_after_a_close_is_not_heard() {
        assert_eq!(hear(&[b"\x88\0", b"\x81\x02hi"]).unwrap(), ["close", "-"]);
        let mut decoder = Decoder::new(Role::Server, false, LIMIT);
        decoder.decode(&mut masked(b"\x88\0")).unwrap();
        let progress = decoder.decode(b"not a frame".to_vec().leak()).unwrap();
        assert_eq!(progress, Progress::Took { octets: 11, frame: None });
    }

    #[test]
    fn headers_are_judged() {
        assert_eq!(fault(&[b"\xA1\0"]), Violation::ReservedBits);
        assert_eq!(fault(&[b"\x91\0"]), Violation::ReservedBits);
        assert_eq!(fault(&[b"\xC9\0"]), Violation::ReservedBits);
        assert_eq!(fault(&[b"\x83\0"]), Violation::FrameType(3));
        assert_eq!(fault(&[b"\x09\0"]), Violation::ControlFragmented);
        assert_eq!(
            fault(&[&[b"\x89\x7E\0\x7E", &[0; 126][..]].concat()]),
            Violation::ControlTooLong
        );
        assert_eq!(fault(&[b"\x80\0"]), Violation::NothingToContinue);
        assert_eq!(fault(&[b"\x01\0", b"\x81\0"]), Violation::MessageInterrupted);
        assert_eq!(fault(&[b"\x01\0", b"\xC0\0"]), Violation::ReservedBits);
        assert_eq!(fault(&[b"\x88\x01\x03"]), Violation::CloseCodeCut);
    }

    #[test]
    fn compression_needs_to_be_negotiated() {
        let mut frame = masked(b"\xC1\0");
        let violation = Decoder::new(Role::Server, false, LIMIT).decode(&mut frame).unwrap_err();
        assert_eq!(violation, Violation::ReservedBits);
    }

    #[test]
    fn clients_mask_and_servers_do_not() {
        let mut decoder = Decoder::new(Role::Server, false, LIMIT);
        assert_eq!(decoder.decode(&mut [0x81, 0]), Err(Violation::NotMasked));
        let mut decoder = Decoder::new(Role::Client, false, LIMIT);
        assert_eq!(decoder.decode(&mut masked(b"\x81\0")), Err(Violation::Masked));
    }

    #[test]
    fn text_is_utf8_and_found_out_at_the_first_bad_fragment() {
        assert_eq!(fault(&[b"\x81\x02\xC3\x28"]), Violation::NotUtf8);
        assert_eq!(fault(&[b"\x01\x02\xF4\x90"]), Violation::NotUtf8);
        assert_eq!(fault(&[b"\x01\x01\xC3", b"\0\x01\x28"]), Violation::NotUtf8);
        assert_eq!(fault(&[b"\x01\x01\xC3", b"\x80\0"]), Violation::NotUtf8);
        let cut = hear(&[b"\x01\x02a\xE2", b"\0\x01\x82", b"\x80\x02\xACb"]);
        assert_eq!(cut.unwrap(), ["-", "-", "text a\\xe2\\x82\\xacb"]);
    }

    #[test]
    fn the_limit_counts_before_anything_is_waited_for() {
        let too_long = Err(Violation::MessageTooLong { limit: 4 });
        let decoder = || Decoder::new(Role::Client, true, 4);
        assert_eq!(decoder().decode(&mut [0x82, 5]), too_long);
        assert_eq!(decoder().decode(&mut [0x82, 127, 0x7F, 0, 0, 0, 0, 0, 0, 0]), too_long);
        assert_eq!(decoder().decode(&mut [0x82, 4]), Ok(Progress::Need { octets: 4 }));

        let mut decoder = decoder();
        decoder.decode(&mut b"\x02\x03abc".to_owned()).unwrap();
        assert_eq!(decoder.decode(&mut [0x00, 2]), too_long);
    }

    #[test]
    fn an_inflated_message_has_the_same_limit() {
        let mut bomb = Vec::new();
        let encoder = Encoder { deflate: Some(Deflate::default()), ..Encoder::new(false) };
        encoder.write_message(&[&vec![0; LIMIT + 1]], &mut bomb).unwrap();
        assert!(bomb.len() < 2000);
        let violation = Decoder::new(Role::Client, true, LIMIT).decode(&mut bomb).unwrap_err();
        assert_eq!(violation, Violation::MessageTooLong { limit: LIMIT });
    }

    #[test]
    fn a_decoder_that_waits_keeps_only_fragments() {
        let mut decoder = Decoder::new(Role::Client, false, LIMIT);
        decoder.decode(&mut b"\x02\x01a".to_owned()).unwrap();
        assert_eq!(decoder.decode(&mut []), Ok(Progress::Need { octets: 2 }));
        assert!(decoder.assembly.is_some());
        decoder.decode(&mut b"\x80\x01b".to_owned()).unwrap();
        assert_eq!(decoder.decode(&mut []), Ok(Progress::Need { octets: 2 }));
        assert!(decoder.assembly.is_none());
    }
}
