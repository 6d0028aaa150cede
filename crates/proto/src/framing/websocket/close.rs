//! The close frame: why a peer ends the connection, RFC 6455 sections 5.5.1 and 7.4.

use super::frame::CONTROL_LEN_MAX;
use crate::framing::Violation;

/// The purpose is fulfilled: the answer to GOODBYE.
pub const NORMAL: u16 = 1000;
/// The router shuts down, or the user left the page.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke the rules of the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;
/// Text was not UTF-8, or compressed data not compressed.
pub const INVALID_PAYLOAD: u16 = 1007;
/// The peer did what we do not allow.
pub const POLICY_VIOLATION: u16 = 1008;
/// A message is longer than we accept.
pub const MESSAGE_TOO_BIG: u16 = 1009;
/// Something unexpected on our side.
pub const INTERNAL_ERROR: u16 = 1011;

/// The longest reason that fits beside the code.
const REASON_LEN_MAX: usize = CONTROL_LEN_MAX - 2;

/// Reads the payload of a close frame: nothing, or a code and a reason.
pub(super) fn read(payload: &[u8]) -> Result<Option<(u16, &str)>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::CloseCodeCut) };
    };
    let code = u16::from_be_bytes(*code);
    if !may_be_sent(code) {
        return Err(Violation::CloseCode(code));
    }
    let reason = simdutf8::basic::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some((code, reason)))
}

/// The payload of a close frame. A reason that does not fit is cut off after a whole character.
pub(super) fn payload(why: Option<(u16, &str)>) -> Vec<u8> {
    let Some((code, reason)) = why else {
        return Vec::new();
    };
    let reason = &reason[..reason.floor_char_boundary(REASON_LEN_MAX)];
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

/// 1004 has no meaning; 1005, 1006 and 1015 stand for what is never said on the wire. The rest up
/// to 1014 are in IANA's registry, 3000 to 4999 belong to libraries and applications.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_reason_come_back() {
        assert_eq!(read(&payload(None)), Ok(None));
        for why in [(NORMAL, ""), (4999, "bye"), (3000, "tschüß")] {
            assert_eq!(read(&payload(Some(why))), Ok(Some(why)));
        }
    }

    #[test]
    fn a_long_reason_is_cut_after_a_whole_character() {
        let reason = "é".repeat(100);
        let payload = payload(Some((NORMAL, &reason)));
        assert_eq!(payload.len(), 2 + 122);
        assert_eq!(read(&payload), Ok(Some((NORMAL, &reason[..122]))));
    }

    #[test]
    fn malformed_payloads_are_violations() {
        assert_eq!(read(b"\x03"), Err(Violation::CloseCodeCut));
        assert_eq!(read(b"\x03\xE8\xFF"), Err(Violation::NotUtf8));
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, u16::MAX] {
            assert_eq!(read(&code.to_be_bytes()), Err(Violation::CloseCode(code)));
        }
    }
}
