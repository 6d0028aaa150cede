//! The handshake of WebSocket: an HTTP request that asks for an upgrade.
//!
//! See "WebSocket Transport" in the specification's Basic Profile, and RFC 6455 section 4.

use std::future::Future;

use bytes::Bytes;
use crosspoint_proto::framing::websocket::handshake::{RequestError, Response, Subprotocol};
use crosspoint_proto::framing::{Decoder, Encoder, Role, websocket};
use http::{HeaderMap, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::channel::Channel;

/// What a listener allows of WebSocket connections.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The longest message that is taken, in octets, inflated where it was compressed.
    pub message_octets_max: usize,
    /// Compress messages for clients that ask for it.
    pub deflate: bool,
}

/// Answers a request that asks for an upgrade: the response to be sent, and the channel that will
/// be there once it has been.
pub fn accept<B>(
    request: &mut http::Request<B>,
    settings: Settings,
) -> Result<
    (http::Response<()>, impl Future<Output = Result<Channel, hyper::Error>> + use<B>),
    RequestError,
> {
    let agreed = {
        let headers = request.headers();
        Response::to_request(|name| values(headers, name), &Subprotocol::ALL, settings.deflate)?
    };
    let mut response = http::Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in agreed.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    let upgrade = hyper::upgrade::on(request);
    let channel = async move { Ok(channel(upgrade.await?, &agreed, settings)) };
    Ok((response, channel))
}

fn values<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

fn channel(upgraded: Upgraded, agreed: &Response, settings: Settings) -> Channel {
    let (stream, received) = into_stream(upgraded);
    let Response { subprotocol, deflate, .. } = agreed;
    let limit = settings.message_octets_max;
    Channel {
        stream,
        received,
        serializer: subprotocol.serializer,
        decoder: Decoder::WebSocket(websocket::Decoder::new(
            Role::Server,
            deflate.is_some(),
            limit,
        )),
        encoder: Encoder::WebSocket(websocket::Encoder {
            text: subprotocol.is_text(),
            deflate: *deflate,
            batched: subprotocol.batch(),
            mask: None,
        }),
    }
}

/// The connection as it was before HTTP, and what HTTP has read too much of it.
fn into_stream(upgraded: Upgraded) -> (TcpStream, Bytes) {
    match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => (parts.io.into_inner(), parts.read_buf),
        Err(_) => unreachable!("every connection here is served over a TokioIo<TcpStream>"),
    }
}
