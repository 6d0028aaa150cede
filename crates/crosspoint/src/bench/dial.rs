//! Dialling a router: connection, handshake of the transport, session, and what a session sets up
//! before the load begins. All of it blocks: none of it is measured.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crosspoint_proto::feature::{Features, Role, Roles};
use crosspoint_proto::framing::rawsocket::{self, Handshake, LengthLimit};
use crosspoint_proto::framing::websocket::handshake::{Request, Subprotocol};
use crosspoint_proto::framing::{Decoder, Encoder, Role as FramingRole, websocket};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::session::{Hello, HelloDetails};
use crosspoint_proto::serializer::Serializer;

use super::url::{Transport, Url};
use super::wire::{Incoming, Wire, unexpected};
use super::{ConnectError, Error};

/// How long a router may take to answer.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(5);

/// The head of a response to a WebSocket handshake has no more headers than this.
const HEADERS_MAX: usize = 32;

/// A connection that messages go over.
pub(super) struct Dialled {
    pub(super) stream: TcpStream,
    pub(super) wire: Wire,
    /// What has been read, but was not asked for yet.
    pub(super) brought: Vec<u8>,
    party: String,
}

impl Dialled {
    /// Connects, and joins a realm.
    pub(super) fn join(url: &Url, serializer: Serializer, realm: &str) -> Result<Dialled, Error> {
        let connected = connect(url, serializer);
        let connected = connected.map_err(|error| Error::Connect { url: url.to_string(), error });
        let (stream, wire, brought) = connected?;
        let mut dialled = Dialled { stream, wire, brought, party: url.to_string() };
        let client_roles = [Role::Caller, Role::Callee, Role::Publisher, Role::Subscriber];
        let details = HelloDetails {
            roles: client_roles
                .into_iter()
                .fold(Roles::NONE, |roles, role| roles.with(role, Features::NONE)),
            authmethods: vec!["anonymous".into()],
            ..HelloDetails::default()
        };
        dialled.request(
            &Message::Hello(Hello { realm: realm.into(), details: Box::new(details) }),
            "WELCOME",
        )?;
        Ok(dialled)
    }

    /// Sends a message and waits for the one that has to answer it.
    pub(super) fn request(
        &mut self,
        request: &Message<'_>,
        answer: &'static str,
    ) -> Result<(), Error> {
        let mut out = Vec::new();
        self.wire.writing.message(request, &mut out)?;
        self.write(&out)?;
        while !self.take(answer)? {
            let mut octets = [0; 4096];
            let read = self.stream.read(&mut octets).and_then(|read| match read {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                read => Ok(read),
            });
            let read = read.map_err(|error| self.broken(error))?;
            self.brought.extend_from_slice(&octets[..read]);
        }
        Ok(())
    }

    /// Takes what has come off the buffer, up to the answer. Has that come?
    fn take(&mut self, answer: &'static str) -> Result<bool, Error> {
        let mut out = Vec::new();
        let mut answered = false;
        while !answered {
            let taken = self.wire.reading.take(&mut self.brought)?;
            let Some((octets, incoming)) = taken else { break };
            match incoming {
                Incoming::Message(message) if message.name() == answer => answered = true,
                Incoming::Message(message) => return Err(unexpected(answer, &message)),
                Incoming::Ping(payload) => self.wire.writing.pong(payload, &mut out),
                Incoming::Nothing => {}
            }
            self.brought.drain(..octets);
        }
        self.write(&out)?;
        Ok(answered)
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.stream.write_all(octets).map_err(|error| self.broken(error))
    }

    fn broken(&self, error: io::Error) -> Error {
        Error::Connection { party: self.party.clone(), error }
    }
}

fn connect(url: &Url, serializer: Serializer) -> Result<(TcpStream, Wire, Vec<u8>), ConnectError> {
    let mut stream = TcpStream::connect(&url.authority)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    match url.transport {
        Transport::RawSocket => {
            let wire = rawsocket(&mut stream, serializer)?;
            Ok((stream, wire, Vec::new()))
        }
        Transport::WebSocket => {
            let (wire, brought) = websocket(&mut stream, url, serializer)?;
            Ok((stream, wire, brought))
        }
    }
}

fn rawsocket(stream: &mut TcpStream, serializer: Serializer) -> Result<Wire, ConnectError> {
    let limit = LengthLimit::MAX;
    stream.write_all(&Handshake { serializer, limit }.to_octets())?;
    let mut reply = [0; 4];
    stream.read_exact(&mut reply)?;
    let Handshake { limit: peer_limit, .. } = Handshake::from_reply(reply, serializer)?;
    let encoder = Encoder::RawSocket(rawsocket::Encoder::new(peer_limit));
    let decoder = Decoder::RawSocket(rawsocket::Decoder::new(limit.octets()));
    Ok(Wire::new(serializer, encoder, decoder))
}

/// The wire, and what came behind the response.
fn websocket(
    stream: &mut TcpStream,
    url: &Url,
    serializer: Serializer,
) -> Result<(Wire, Vec<u8>), ConnectError> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| io::Error::other(error.to_string()))?;
    let offered = [Subprotocol { serializer, batched: false }];
    let request = Request::new(nonce, &offered, false);

    let mut head = format!("GET {} HTTP/1.1\r\nHost: {}\r\n", url.path, url.authority);
    for (name, value) in request.headers() {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;

    let mut octets = Vec::new();
    let length = read_response(stream, &request, &mut octets)?;
    let text = serializer == Serializer::Json;
    let encoder = Encoder::WebSocket(websocket::Encoder::new(text));
    let limit = LengthLimit::MAX.octets();
    let decoder = websocket::Decoder::new(FramingRole::Client, false, limit);
    let wire = Wire::new(serializer, encoder, Decoder::WebSocket(decoder));
    Ok((wire, octets.split_off(length)))
}

/// Reads the head of the response into `octets`, perhaps more; checks it and gives its length.
fn read_response(
    stream: &mut TcpStream,
    request: &Request<'_>,
    octets: &mut Vec<u8>,
) -> Result<usize, ConnectError> {
    loop {
        let mut read = [0; 4096];
        match stream.read(&mut read)? {
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            count => octets.extend_from_slice(&read[..count]),
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        if let httparse::Status::Complete(length) = response.parse(octets)? {
            let headers = &*response.headers;
            request.check_response(response.code.unwrap_or_default(), |name| {
                headers
                    .iter()
                    .filter(move |header| header.name.eq_ignore_ascii_case(name))
                    .filter_map(|header| str::from_utf8(header.value).ok())
            })?;
            return Ok(length);
        }
    }
}
