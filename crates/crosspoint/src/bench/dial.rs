//! Dialling a router: connection, handshake of the transport, session, and what a session sets up
//! before the load begins. All of it blocks: none of it is measured.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crosspoint_proto::feature::{Features, Role, Roles};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::session::{Hello, HelloDetails};
use crosspoint_proto::serializer::Serializer;
use crosspoint_transport::dial::dial;

use super::url::Url;
use super::wire::{Incoming, Wire, unexpected};
use super::{ConnectError, Error};

/// How long a router may take to answer.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(5);

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

    pub(super) fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.stream.write_all(octets).map_err(|error| self.broken(error))
    }

    fn broken(&self, error: io::Error) -> Error {
        Error::Connection { party: self.party.clone(), error }
    }
}

/// The stream, the wire, and what came behind the handshake.
fn connect(url: &Url, serializer: Serializer) -> Result<(TcpStream, Wire, Vec<u8>), ConnectError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let channel = runtime.block_on(dial(&url.to_string(), &[serializer]))?;
    let tcp = channel.stream.into_tcp();
    let (stream, received) = tcp.ok_or(io::Error::other("only plain TCP is measured"))?;
    let stream = {
        let _context = runtime.enter();
        stream.into_std()?
    };
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    let wire = Wire::new(serializer, channel.encoder, channel.decoder);
    Ok((stream, wire, received.to_vec()))
}
