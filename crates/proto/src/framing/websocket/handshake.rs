//! The handshake of a WebSocket connection, judged by the headers of an HTTP request and response
//! that somebody else reads and writes.
//!
//! ```text
//! client -> router   GET ... Sec-WebSocket-Key, -Version, -Protocol, -Extensions     Request
//! router -> client   101 ... Sec-WebSocket-Accept, -Protocol, -Extensions            Response
//! ```
//!
//! Headers are looked up by a function that gives all values of a name, whatever HTTP library holds
//! them: `|name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok())`.

mod client;
mod extension;
mod header;
mod server;
mod subprotocol;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha1::{Digest, Sha1};

pub use self::client::{Agreement, Request, ResponseError};
pub use self::server::{RequestError, Response};
pub use self::subprotocol::Subprotocol;

/// The only version of the protocol that was ever finished.
pub const VERSION: &str = "13";

const CONTENT_LENGTH: &str = "content-length";
const TRANSFER_ENCODING: &str = "transfer-encoding";
const UPGRADE: &str = "upgrade";
const CONNECTION: &str = "connection";
const KEY: &str = "sec-websocket-key";
const ACCEPT: &str = "sec-websocket-accept";
const VERSION_HEADER: &str = "sec-websocket-version";
const PROTOCOL: &str = "sec-websocket-protocol";
const EXTENSIONS: &str = "sec-websocket-extensions";

/// The `Sec-WebSocket-Accept` that proves that a server has understood a `Sec-WebSocket-Key`.
///
/// ```
/// use crosspoint_proto::framing::websocket::handshake::accept_key;
///
/// // The example of RFC 6455, section 1.3.
/// assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
pub fn accept_key(key: &str) -> String {
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    BASE64.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Whether request or response are about WebSocket, as both must say in the same headers.
fn is_upgrade<'h, V>(values: impl Fn(&'static str) -> V) -> bool
where
    V: Iterator<Item = &'h str>,
{
    header::contains(values(UPGRADE), "websocket")
        && header::contains(values(CONNECTION), "upgrade")
}
