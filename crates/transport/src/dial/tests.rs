use std::convert::Infallible;
use std::net::SocketAddr;

use crosspoint_proto::framing::websocket::handshake::{ResponseError, Subprotocol, accept_key};
use crosspoint_proto::framing::{Encoder, rawsocket as rawsocket_frames};
use http_body_util::Empty;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn parsed(url: &str) -> Result<Target, InvalidUrl> {
    url.parse()
}

#[test]
fn urls_are_taken_apart() {
    let place = |host: &str, port| Place::Tcp { host: host.to_owned(), port };
    let websocket = |path: &str| Transport::WebSocket { path: path.to_owned() };
    let target = |host: &str, port, path: &str| Target {
        transport: websocket(path),
        place: place(host, port),
        tls: false,
    };
    assert_eq!(parsed("ws://127.0.0.1:8080/ws"), Ok(target("127.0.0.1", 8080, "/ws")));
    assert_eq!(parsed("WS://router.example"), Ok(target("router.example", 80, "/")));
    assert_eq!(parsed("ws://[::1]:9000?a=b"), Ok(target("::1", 9000, "/?a=b")));
    assert_eq!(parsed("ws://[::1]/a/b?c"), Ok(target("::1", 80, "/a/b?c")));
    let place = place("localhost", 8080);
    let rawsocket = Target { transport: Transport::RawSocket, place, tls: false };
    assert_eq!(parsed("rs://localhost:8080"), Ok(rawsocket.clone()));
    assert_eq!(parsed("rs://localhost:8080/"), Ok(rawsocket.clone()));
    assert_eq!(parsed("ws://[::1]:9000").unwrap().place.authority(), "[::1]:9000");
    let with_tls = |target| Target { tls: true, ..target };
    assert_eq!(parsed("wss://a.example/ws"), Ok(with_tls(target("a.example", 443, "/ws"))));
    assert_eq!(parsed("RSS://localhost:8080"), Ok(with_tls(rawsocket)));
    let unix = |transport| Target { transport, place: Place::Unix("/run/a".into()), tls: false };
    assert_eq!(parsed("rs://unix:/run/a"), Ok(unix(Transport::RawSocket)));
    assert_eq!(parsed("ws://unix:/run/a"), Ok(unix(websocket("/"))));
}

#[test]
fn urls_are_refused() {
    for (url, fault) in [
        ("", InvalidUrl::Scheme),
        ("127.0.0.1:8080", InvalidUrl::Scheme),
        ("http://127.0.0.1:8080/ws", InvalidUrl::Scheme),
        ("wss://unix:/run/socket", InvalidUrl::Tls),
        ("rss://unix:/run/socket", InvalidUrl::Tls),
        ("rs://unix:", InvalidUrl::Host),
        ("rs://unix:/", InvalidUrl::Host),
        ("rss://router.example", InvalidUrl::Port),
        ("ws://router.example/a b", InvalidUrl::Character),
        ("ws://router.example/\r\nx: y", InvalidUrl::Character),
        ("ws://straße.example/", InvalidUrl::Character),
        ("ws://joe:secret@router.example/", InvalidUrl::UserInfo),
        ("ws:///ws", InvalidUrl::Host),
        ("ws://:8080/ws", InvalidUrl::Host),
        ("ws://::1/ws", InvalidUrl::Host),
        ("ws://[::1/ws", InvalidUrl::Host),
        ("ws://[::1]8080/ws", InvalidUrl::Host),
        ("ws://router.example:/ws", InvalidUrl::Port),
        ("ws://router.example:0/ws", InvalidUrl::Port),
        ("ws://router.example:65536/ws", InvalidUrl::Port),
        ("rs://router.example", InvalidUrl::Port),
        ("rs://router.example:8080/ws", InvalidUrl::Rest),
        ("ws://router.example/ws#top", InvalidUrl::Rest),
    ] {
        assert_eq!(parsed(url), Err(fault), "{url}");
    }
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The error of dialling a server that answers the WebSocket handshake with these octets.
async fn dial_answered_with(response: &str) -> DialError {
    let (listener, address) = listener().await;
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(response.as_bytes()).await.unwrap();
    };
    let url = format!("ws://{address}/ws");
    let (dialled, ()) = tokio::join!(dial(&url, &[Serializer::Json]), answer);
    dialled.unwrap_err()
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(request).unwrap()
}

#[tokio::test]
async fn a_websocket_listener_accepts_what_is_dialled() {
    let (listener, address) = listener().await;
    let (accepted, mut channels) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(move |mut request| {
            let subprotocols = Subprotocol::ALL.to_vec();
            let settings =
                websocket::Settings { subprotocols, message_octets_max: 1 << 20, deflate: true };
            let (response, channel) = websocket::accept(&mut request, &settings).unwrap();
            let accepted = accepted.clone();
            tokio::spawn(async move { accepted.send(channel.await.unwrap()).await.unwrap() });
            async move { Ok::<_, Infallible>(response.map(|()| Empty::<bytes::Bytes>::new())) }
        });
        let served =
            http1::Builder::new().serve_connection(TokioIo::new(Stream::from(stream)), service);
        served.with_upgrades().await.unwrap();
    });
    let preferences = [Serializer::Cbor, Serializer::Json];
    let dialled = dial(&format!("ws://{address}/ws"), &preferences).await.unwrap();
    let accepted = channels.recv().await.unwrap();
    assert_eq!((dialled.serializer, accepted.serializer), (Serializer::Cbor, Serializer::Cbor));
    let Encoder::WebSocket(encoder) = dialled.encoder else { panic!("not a WebSocket") };
    assert!(encoder.mask.is_some(), "clients mask");
}

#[tokio::test]
async fn a_message_right_behind_the_response_is_not_lost() {
    let (listener, address) = listener().await;
    let answer = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        assert!(request.starts_with("GET /ws?x HTTP/1.1\r\nhost: 127.0.0.1:"), "{request}");
        let (_, key) = request.split_once("sec-websocket-key: ").unwrap();
        let accept = accept_key(key.split_once("\r\n").unwrap().0);
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n\
             the first frame"
        );
        stream.write_all(response.as_bytes()).await.unwrap();
    };
    let url = format!("ws://{address}/ws?x");
    let (dialled, ()) = tokio::join!(dial(&url, &[Serializer::Json]), answer);
    let (_, _, brought) = dialled.unwrap().stream.into_split();
    assert_eq!(brought, "the first frame");
}

#[tokio::test]
async fn websocket_refusals_are_told_apart() {
    let not_found = dial_answered_with("HTTP/1.1 404 Not Found\r\n\r\n").await;
    assert!(matches!(
        not_found,
        DialError::WebSocket(websocket::ConnectError::Refused(ResponseError::Status(404)))
    ));
    assert_eq!(
        not_found.to_string(),
        "no WebSocket connection: the server answered with HTTP status 404 instead of 101"
    );
    let other = dial_answered_with("220 mail.example ESMTP\r\n\r\n").await;
    assert!(matches!(other, DialError::WebSocket(websocket::ConnectError::NotHttp(_))));
    let cut = dial_answered_with("HTTP/1.1 101 Switching").await;
    assert!(matches!(cut, DialError::WebSocket(websocket::ConnectError::Io(_))));
    let endless = format!("HTTP/1.1 101 Switching Protocols\r\na: {}", "a".repeat(32 << 10));
    let endless = dial_answered_with(&endless).await;
    assert!(matches!(endless, DialError::WebSocket(websocket::ConnectError::TooLong)));
}

#[tokio::test]
async fn a_rawsocket_listener_accepts_what_is_dialled() {
    let (listener, address) = listener().await;
    let accept = async {
        let (stream, _) = listener.accept().await.unwrap();
        rawsocket::accept(stream.into(), LengthLimit::MIN, &Serializer::ALL).await.unwrap()
    };
    let url = format!("rs://{address}");
    let (dialled, accepted) = tokio::join!(dial(&url, &[Serializer::MsgPack]), accept);
    assert_eq!(accepted.serializer, Serializer::MsgPack);
    let limited = Encoder::RawSocket(rawsocket_frames::Encoder::new(LengthLimit::MIN));
    assert_eq!(dialled.unwrap().encoder, limited);
}

#[tokio::test]
async fn rawsocket_offers_one_serializer_after_the_other() {
    let (listener, address) = listener().await;
    let answer = async {
        let mut offered = Vec::new();
        for refused in [true, false] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4];
            stream.read_exact(&mut request).await.unwrap();
            offered.push(request[1] & 0x0F);
            let refusal = Refusal::SerializerUnsupported.to_octets();
            stream.write_all(if refused { &refusal } else { &request }).await.unwrap();
        }
        offered
    };
    let url = format!("rs://{address}");
    let preferences = [Serializer::Cbor, Serializer::Json];
    let (dialled, offered) = tokio::join!(dial(&url, &preferences), answer);
    assert_eq!((dialled.unwrap().serializer, offered), (Serializer::Json, vec![3, 1]));
}

#[tokio::test]
async fn a_port_without_a_listener_is_unreachable() {
    let (listener, address) = listener().await;
    drop(listener);
    let error = dial(&format!("rs://{address}"), &[Serializer::Json]).await.unwrap_err();
    let DialError::Unreachable { authority, error } = error else { panic!("{error}") };
    assert_eq!((authority, error.kind()), (address.to_string(), io::ErrorKind::ConnectionRefused));
}

#[tokio::test]
async fn misuse_is_told() {
    let tls = dial("wss://unix:/run/socket", &[Serializer::Json]).await.unwrap_err();
    assert_eq!(
        tls.to_string(),
        "'wss://unix:/run/socket' cannot be dialled: a Unix socket needs no TLS: write ws:// or rs://"
    );
    let none = dial("ws://127.0.0.1:8080/ws", &[]).await.unwrap_err();
    assert!(matches!(none, DialError::NoSerializer));
}
