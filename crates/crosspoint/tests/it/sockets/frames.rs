//! Frames, octet by octet: RFC 6455 section 5.2, and "`RawSocket` Transport" in the specification's
//! Advanced Profile.

use super::wire::Wire;

/// A fragment that begins a text message, and does not end it.
pub(super) const TEXT_BEGINS: u8 = 0x01;
/// A fragment that goes on with a message.
pub(super) const CONTINUES: u8 = 0x00;
/// The last fragment of a message.
pub(super) const CONTINUES_LAST: u8 = 0x80;
pub(super) const TEXT: u8 = 0x81;
pub(super) const BINARY: u8 = 0x82;
/// A text message that is compressed.
pub(super) const TEXT_COMPRESSED: u8 = 0xC1;
pub(super) const CLOSE: u8 = 0x88;
pub(super) const PING: u8 = 0x89;
pub(super) const PONG: u8 = 0x8A;

/// Any key will do, as long as it hides nothing by being zero.
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

const MASKED: u8 = 0x80;

/// A frame of a WebSocket client.
pub(super) fn websocket(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = websocket_header(first, payload.len() as u64, MASKED);
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(octet, key)| octet ^ key));
    frame
}

/// The header alone of a WebSocket client's frame, with its key.
pub(super) fn websocket_announcing(first: u8, len: u64) -> Vec<u8> {
    let mut header = websocket_header(first, len, MASKED);
    header.extend(KEY);
    header
}

/// A frame as only a server may send it.
pub(super) fn websocket_unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = websocket_header(first, payload.len() as u64, 0);
    frame.extend(payload);
    frame
}

fn websocket_header(first: u8, len: u64, masked: u8) -> Vec<u8> {
    let mut header = vec![first];
    match len {
        0..126 => header.push(masked + u8::try_from(len).unwrap()),
        126..0x1_0000 => {
            header.push(masked + 126);
            header.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        _ => {
            header.push(masked + 127);
            header.extend(len.to_be_bytes());
        }
    }
    header
}

/// The first octet and the payload of the server's next frame.
pub(super) async fn read_websocket(wire: &mut Wire) -> (u8, Vec<u8>) {
    let header = wire.read(2).await;
    let len = match header[1] {
        127 => u64::from_be_bytes(wire.read(8).await.try_into().unwrap()),
        126 => u16::from_be_bytes(wire.read(2).await.try_into().unwrap()).into(),
        len => len.into(),
    };
    (header[0], wire.read(usize::try_from(len).unwrap()).await)
}

pub(super) const RAWSOCKET_MESSAGE: u8 = 0;
pub(super) const RAWSOCKET_PING: u8 = 1;
pub(super) const RAWSOCKET_PONG: u8 = 2;

/// A frame of `RawSocket`. The bit above the type is the 25th of the length.
pub(super) fn rawsocket(first: u8, payload: &[u8]) -> Vec<u8> {
    let [beyond, len @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![first | beyond << 3];
    frame.extend(len);
    frame.extend(payload);
    frame
}

/// The first octet and the payload of the server's next frame.
pub(super) async fn read_rawsocket(wire: &mut Wire) -> (u8, Vec<u8>) {
    let header: [u8; 4] = wire.read(4).await.try_into().unwrap();
    let len = u32::from_be_bytes(header) & 0x00FF_FFFF;
    (header[0], wire.read(usize::try_from(len).unwrap()).await)
}
