//! What all commands have in common that talk to a router: where it is, how they join it, and how
//! they leave.

use std::io;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use crosspoint_client::{Client, ConnectError, DialError, RequestError, Serializer, Session};
use crosspoint_proto::error_uri;

use super::Failure;
use super::output::{json_if_any, plain, readable};
use super::signals::Signals;

/// How to reach the router.
#[derive(Debug, Args)]
pub(super) struct SessionOptions {
    /// The router: ws://HOST:PORT/PATH, or rs://HOST:PORT for RawSocket
    #[arg(long, default_value = "ws://127.0.0.1:8080/ws", env = "CROSSPOINT_URL")]
    url: String,

    /// The realm to join
    #[arg(long, default_value = "realm1", env = "CROSSPOINT_REALM")]
    realm: String,

    /// How messages are written; without it whatever the router has, CBOR first
    #[arg(long, value_parser = serializers())]
    serializer: Option<Serializer>,
}

/// A serializer by its name.
pub(super) fn serializers() -> impl TypedValueParser<Value = Serializer> {
    PossibleValuesParser::new(Serializer::ALL.map(Serializer::name)).try_map(|name| {
        let mut serializers = Serializer::ALL.into_iter();
        serializers.find(|serializer| serializer.name() == name).ok_or("no such serializer")
    })
}

impl SessionOptions {
    /// Joins, works, and leaves in good order, also if the work fails. None if a signal ended the
    /// work; a second one ends everything.
    pub(super) fn run<T>(
        &self,
        work: impl AsyncFnOnce(&Session) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let cannot_start = |error: io::Error| Failure::new(format!("cannot start: {error}"));
        // The session has a thread of its own, so output that blocks does not hold it up.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(cannot_start)?;
        runtime.block_on(async {
            let session = self.connect().await?;
            let mut signals = Signals::new().map_err(cannot_start)?;
            let worked = tokio::select! {
                worked = work(&session) => Some(worked),
                () = signals.next() => None,
            };
            tokio::select! {
                () = session.leave() => worked.transpose(),
                () = signals.next() => Err(Failure::new("stopped at once, by a second signal")),
            }
        })
    }

    async fn connect(&self) -> Result<Session, Failure> {
        let mut client = Client::builder(&self.url).realm(&self.realm);
        if let Some(serializer) = self.serializer {
            client = client.serializer(serializer);
        }
        client.connect().await.map_err(|error| cannot_connect(&error))
    }
}

fn cannot_connect(error: &ConnectError) -> Failure {
    let failure = Failure::new(plain(&error.to_string()));
    match error {
        ConnectError::Dial(DialError::Unreachable { error, .. })
            if error.kind() == io::ErrorKind::ConnectionRefused =>
        {
            failure.hint("start a router with: crosspoint; or choose another one with --url")
        }
        ConnectError::Dial(DialError::Url { .. }) => {
            failure.hint("a router's URL is like ws://127.0.0.1:8080/ws or rs://127.0.0.1:8080")
        }
        ConnectError::Dial(DialError::WebSocket(_) | DialError::RawSocket(_)) => {
            failure.hint("is there a WAMP router at that URL? Crosspoint's WebSockets are at /ws")
        }
        ConnectError::Refused { reason, .. } if reason == error_uri::NO_SUCH_REALM => {
            failure.hint("choose one of the router's realms with --realm")
        }
        _ => failure,
    }
}

/// What went wrong with a request about this procedure or topic.
pub(super) fn request_failure(uri: &str, error: &RequestError) -> Failure {
    let RequestError::Wamp { uri: error_uri, args, kwargs } = error else {
        return Failure::new(plain(&error.to_string()));
    };
    let mut what = error_uri.clone();
    if let Some(args) = readable(args) {
        what = format!("{what}: {args}");
    }
    if let Some(kwargs) = json_if_any(kwargs) {
        what = format!("{what} {kwargs}");
    }
    let failure = Failure::new(plain(&what));
    match error_uri.as_str() {
        error_uri::NO_SUCH_PROCEDURE => {
            failure.hint(format!("register it with: crosspoint register {uri} -- COMMAND"))
        }
        error_uri::PROCEDURE_ALREADY_EXISTS => {
            failure.hint("another session has registered it; end that one, or choose another URI")
        }
        error_uri::INVALID_URI => {
            failure.hint("a URI is like com.example.hello, and does not begin with wamp")
        }
        _ => failure,
    }
}
