//! The handshake of WebSocket, from both sides: an HTTP request that asks for an upgrade.
//!
//! See "WebSocket Transport" in the specification's Basic Profile, and RFC 6455 section 4.

use std::future::Future;
use std::io;
use std::str;

use bytes::{Buf as _, Bytes, BytesMut};
use crosspoint_proto::framing::websocket::handshake::{
    Agreement, Request, RequestError, Response, ResponseError, Subprotocol,
};
use crosspoint_proto::framing::{Decoder, Encoder, Role, websocket};
use crosspoint_proto::serializer::Serializer;
use http::{HeaderMap, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::channel::Channel;
use crate::stream::Stream;

/// What a listener allows of WebSocket connections.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is taken of what clients offer, in whichever order.
    pub subprotocols: Vec<Subprotocol>,
    /// The longest message that is taken, in octets, inflated where it was compressed.
    pub message_octets_max: usize,
    /// Compress messages for clients that ask for it.
    pub deflate: bool,
}

/// Answers a request that asks for an upgrade: the response to be sent, and the channel that will
/// be there once it has been.
pub fn accept<B>(
    request: &mut http::Request<B>,
    settings: &Settings,
) -> Result<
    (http::Response<()>, impl Future<Output = Result<Channel, hyper::Error>> + use<B>),
    RequestError,
> {
    let agreed = {
        let headers = request.headers();
        Response::to_request(
            |name| values(headers, name),
            &settings.subprotocols,
            settings.deflate,
        )?
    };
    let mut response = http::Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in agreed.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    let upgrade = hyper::upgrade::on(request);
    let agreement = Agreement { subprotocol: agreed.subprotocol, deflate: agreed.deflate };
    let limit = settings.message_octets_max;
    let channel = async move {
        let stream = into_stream(upgrade.await?);
        Ok(channel(stream, agreement, Role::Server, limit))
    };
    Ok((response, channel))
}

fn values<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

/// The connection as it was before HTTP, with what HTTP has read too much of it.
fn into_stream(upgraded: Upgraded) -> Stream {
    match upgraded.downcast::<TokioIo<Stream>>() {
        Ok(parts) => parts.io.into_inner().with(&parts.read_buf),
        Err(_) => unreachable!("every connection here is served over a TokioIo<Stream>"),
    }
}

/// The longest response to an upgrade that is read; all that count are a few short headers.
const RESPONSE_OCTETS_MAX: usize = 16 << 10;

/// The most headers that a response may have.
const RESPONSE_HEADERS_MAX: usize = 64;

/// Why a client has no channel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server said no, or speaks no WAMP.
    #[error("no WebSocket connection: {0}")]
    Refused(#[from] ResponseError),
    /// Whatever answers there, it is no HTTP server.
    #[error("the response to the WebSocket handshake is not HTTP: {0}")]
    NotHttp(#[from] httparse::Error),
    /// The response does not end where any sensible one does.
    #[error("the response to the WebSocket handshake is longer than {RESPONSE_OCTETS_MAX} octets")]
    TooLong,
    /// The connection broke.
    #[error("the connection broke during the WebSocket handshake: {0}")]
    Io(#[from] io::Error),
}

/// Asks a router for a channel: `authority` and `path` are those of the URL, `serializers` begin
/// with the one liked best. Messages longer than `message_octets_max` are not taken from it.
///
/// The channel's encoder has one random key. RFC 6455 section 5.3 wants another one for every frame:
/// see [`Encoder::masked`].
pub async fn connect(
    mut stream: Stream,
    authority: &str,
    path: &str,
    serializers: &[Serializer],
    message_octets_max: usize,
) -> Result<Channel, ConnectError> {
    let offered: Vec<Subprotocol> =
        serializers.iter().map(|&serializer| Subprotocol { serializer, batched: false }).collect();
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let [nonce @ .., a, b, c, d] = random;
    let request = Request::new(nonce, &offered, false);
    stream.write_all(request_head(&request, authority, path).as_bytes()).await?;
    let (agreement, received) = read_response(&mut stream, &request).await?;
    let channel = channel(stream.with(&received), agreement, Role::Client, message_octets_max);
    Ok(Channel { encoder: channel.encoder.masked([a, b, c, d]), ..channel })
}

fn request_head(request: &Request<'_>, authority: &str, path: &str) -> String {
    let mut head = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n");
    for (name, value) in request.headers() {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    head + "\r\n"
}

/// What the response agrees to, and what came after it.
async fn read_response(
    stream: &mut Stream,
    request: &Request<'_>,
) -> Result<(Agreement, Bytes), ConnectError> {
    let mut received = BytesMut::with_capacity(1 << 10);
    while received.len() < RESPONSE_OCTETS_MAX {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if let Some((agreement, head_octets)) = judge(&received, request)? {
            received.advance(head_octets);
            return Ok((agreement, received.freeze()));
        }
    }
    Err(ConnectError::TooLong)
}

/// What a response agrees to, and its length, as soon as it is there as a whole.
fn judge(
    received: &[u8],
    request: &Request<'_>,
) -> Result<Option<(Agreement, usize)>, ConnectError> {
    let mut headers = [httparse::EMPTY_HEADER; RESPONSE_HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(octets) = response.parse(received)? else { return Ok(None) };
    let headers = &*response.headers;
    let agreement = request.check_response(response.code.unwrap_or_default(), |name| {
        let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.filter_map(|header| str::from_utf8(header.value).ok())
    })?;
    Ok(Some((agreement, octets)))
}

/// The channel after a handshake in which this was our role.
fn channel(stream: Stream, agreement: Agreement, role: Role, message_octets_max: usize) -> Channel {
    let Agreement { subprotocol, deflate } = agreement;
    Channel {
        stream,
        serializer: subprotocol.serializer,
        decoder: Decoder::WebSocket(websocket::Decoder::new(
            role,
            deflate.is_some(),
            message_octets_max,
        )),
        encoder: Encoder::WebSocket(websocket::Encoder {
            text: subprotocol.is_text(),
            deflate,
            batched: subprotocol.batch(),
            mask: None,
        }),
    }
}
