//! permessage-deflate, RFC 7692.

use crosspoint::server::Server;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::client::{Client, HELLO, MESSAGE_TOO_BIG, PROTOCOL_ERROR, Transport};
use super::frames;
use super::response::Response;
use super::serve;
use super::upgrade;
use super::wire::Wire;

const OFFER: upgrade::Header =
    ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");

/// What a sender leaves out at the end of a message: RFC 7692, section 7.2.
const FLUSH_TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// A client with which compression was agreed on.
async fn connect(server: &Server) -> Client {
    let mut wire = Wire::connect(server).await;
    wire.write(upgrade::request("/ws", &[upgrade::JSON, OFFER]).as_bytes()).await;
    let response = Response::before_frames(&mut wire).await;
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(response.header(OFFER.0), Some(agreed));
    Client::after_handshake(wire, Transport::WebSocket)
}

fn compressed(message: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(message.len() / 2 + 1024);
    let mut compressor = Compress::new(Compression::default(), false);
    compressor.compress_vec(message, &mut octets, FlushCompress::Sync).unwrap();
    octets.truncate(octets.strip_suffix(&FLUSH_TAIL).unwrap().len());
    octets
}

fn inflated(octets: &[u8]) -> String {
    let mut message = Vec::with_capacity(1 << 20);
    let octets = [octets, &FLUSH_TAIL].concat();
    let mut decompressor = Decompress::new(false);
    decompressor.decompress_vec(&octets, &mut message, FlushDecompress::Sync).unwrap();
    String::from_utf8(message).unwrap()
}

/// The next message, which is long enough to be worth compressing.
async fn receive_compressed(client: &mut Client) -> String {
    let (first, octets) = frames::read_websocket(&mut client.wire).await;
    assert_eq!(first, frames::TEXT_COMPRESSED, "{}", octets.escape_ascii());
    inflated(&octets)
}

async fn send_compressed(client: &mut Client, message: &str) {
    let frame = frames::websocket(frames::TEXT_COMPRESSED, &compressed(message.as_bytes()));
    client.wire.write(&frame).await;
}

#[tokio::test]
async fn messages_are_compressed_in_both_directions() {
    let server = serve().await;
    let mut client = connect(&server).await;
    send_compressed(&mut client, HELLO).await;
    assert!(receive_compressed(&mut client).await.starts_with("[2,"));

    send_compressed(&mut client, r#"[64,1,{},"com.example.echo"]"#).await;
    assert!(client.receive().await.starts_with("[65,1,"), "short messages stay as they are");
    let text = "all work and no play ".repeat(1000);
    send_compressed(&mut client, &format!(r#"[48,2,{{}},"com.example.echo",["{text}"]]"#)).await;
    let invocation = receive_compressed(&mut client).await;
    assert!(invocation.starts_with("[68,1,"));
    assert!(invocation.ends_with(&format!(r#"{{}},["{text}"]]"#)));
}

#[tokio::test]
async fn a_client_that_compresses_may_send_plain_messages() {
    let server = serve().await;
    let mut client = connect(&server).await;
    client.send(HELLO).await;
    assert!(receive_compressed(&mut client).await.starts_with("[2,"));
}

/// That nothing is compressed for it, every other test sees.
#[tokio::test]
async fn who_did_not_offer_it_may_not_compress() {
    let server = serve().await;
    let mut client = Client::connect(&server, Transport::WebSocket).await;
    send_compressed(&mut client, HELLO).await;
    client.expect_violation("a frame has reserved bits set", PROTOCOL_ERROR).await;
}

#[tokio::test]
async fn what_cannot_be_inflated_is_refused() {
    let server = serve().await;
    let mut client = connect(&server).await;
    client.wire.write(&frames::websocket(frames::TEXT_COMPRESSED, &[0xFF; 64])).await;
    client.expect_violation("a compressed message cannot be inflated", 1007).await;
}

/// 17 MiB in 17 kB.
#[tokio::test]
async fn a_bomb_is_refused() {
    let server = serve().await;
    let mut client = connect(&server).await;
    client.send(HELLO).await;
    let _welcome = frames::read_websocket(&mut client.wire).await;
    let bomb = compressed(&vec![b' '; 17 << 20]);
    assert!(bomb.len() < 1 << 15);
    client.wire.write(&frames::websocket(frames::TEXT_COMPRESSED, &bomb)).await;
    let text = "a message is longer than the 16777216 octets allowed";
    client.expect_violation(text, MESSAGE_TOO_BIG).await;
}
