//! What all commands have in common that talk to a router: where it is, how they join it, and how
//! they leave.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::TypedValueParser;
use crosspoint_client::{
    Client, ConnectError, DialError, PrivateKey, RequestError, Serializer, Session, TlsError, Trust,
};
use crosspoint_proto::error_uri;

use super::Failure;
use super::choices::by_name;
use super::output::{json_if_any, plain, readable};
use super::signals::Signals;

/// How to reach the router.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown in a terminal, where backticks are noise")]
pub(super) struct SessionOptions {
    /// The router: ws://HOST:PORT/PATH, or rs://HOST:PORT for RawSocket; wss: and rss: over TLS;
    /// rs://unix:/PATH at a Unix socket
    #[arg(long, default_value = "ws://127.0.0.1:8080/ws", env = "CROSSPOINT_URL")]
    url: String,

    /// The realm to join
    #[arg(long, default_value = "realm1", env = "CROSSPOINT_REALM")]
    realm: String,

    /// How messages are written; without it whatever the router has, CBOR first
    #[arg(long, value_parser = serializers())]
    serializer: Option<Serializer>,

    /// The certificates of those who may sign the router's, in PEM; without it those whom the system
    /// trusts
    #[arg(long, value_name = "FILE", env = "CROSSPOINT_CA")]
    ca: Option<PathBuf>,

    /// Believe every certificate, whoever made it: somebody in between can read and change everything
    #[arg(long, conflicts_with = "ca")]
    insecure: bool,

    /// Who to be; without it nobody in particular
    #[arg(long, value_name = "NAME", env = "CROSSPOINT_AUTHID")]
    authid: Option<String>,

    /// The file with the password, for SCRAM and WAMP-CRA, which do not say it
    #[arg(long, value_name = "FILE", env = "CROSSPOINT_PASSWORD_FILE", requires = "authid")]
    password_file: Option<PathBuf>,

    /// The file with the ticket, which the router is told
    #[arg(long, value_name = "FILE", env = "CROSSPOINT_TICKET_FILE", requires = "authid")]
    ticket_file: Option<PathBuf>,

    /// The file with the private key, in hexadecimal digits, for cryptosign
    #[arg(long, value_name = "FILE", env = "CROSSPOINT_KEY_FILE")]
    key_file: Option<PathBuf>,
}

/// A serializer by its name.
pub(super) fn serializers() -> impl TypedValueParser<Value = Serializer> {
    by_name(&Serializer::ALL, Serializer::name)
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
        client = self.identify(client.trust(self.trust()))?;
        client.connect().await.map_err(|error| cannot_connect(&error))
    }

    /// What there is to prove who it is with, the strongest first.
    fn identify(&self, mut client: Client) -> Result<Client, Failure> {
        if let Some(authid) = &self.authid {
            client = client.authid(authid);
        }
        if let Some(file) = &self.key_file {
            let key = PrivateKey::from_hex(&secret(file)?);
            client = client.cryptosign(key.map_err(|error| {
                Failure::new(format!("{} has no private key: {error}", file.display()))
                    .hint("'crosspoint secret cryptosign' makes one")
            })?);
        }
        if let Some(file) = &self.password_file {
            let password = secret(file)?;
            client = client.scram(&password).wampcra(&password);
        }
        if let Some(file) = &self.ticket_file {
            client = client.ticket(secret(file)?);
        }
        Ok(client)
    }
}

/// What stands in the first line of a file.
fn secret(file: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

impl SessionOptions {
    fn trust(&self) -> Trust {
        match &self.ca {
            _ if self.insecure => Trust::Anybody,
            Some(file) => Trust::Authorities(file.clone()),
            None => Trust::System,
        }
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
        ConnectError::Dial(DialError::Tls { error, .. }) => match error {
            error if error.is_distrust() => failure.hint(
                "name the file with the certificate of who signed the router's, with --ca; a certificate \
                 is for the names in it",
            ),
            TlsError::Material(error) => match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            },
            _ => failure.hint("is TLS spoken there? Without it, the URL begins with ws: or rs:"),
        },
        ConnectError::Dial(DialError::Url { .. }) => {
            failure.hint("a router's URL is like ws://127.0.0.1:8080/ws or rs://127.0.0.1:8080")
        }
        ConnectError::Dial(DialError::WebSocket(_) | DialError::RawSocket(_)) => {
            failure.hint("is there a WAMP router at that URL? Crosspoint's WebSockets are at /ws")
        }
        ConnectError::Refused { reason, .. }
            if reason == error_uri::AUTHENTICATION_REQUIRED
                || reason == error_uri::NO_MATCHING_AUTH_METHOD =>
        {
            failure.hint(
                "say who you are with --authid, and prove it with --password-file, --ticket-file or \
                 --key-file",
            )
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
        let failure = Failure::new(plain(&error.to_string()));
        return match error {
            RequestError::Unsupported(_) => failure
                .hint("leave the option out that needs it, or choose another router with --url"),
            _ => failure,
        };
    };
    let mut what = error_uri.clone();
    if let Some(args) = readable(args) {
        what = format!("{what}: {args}");
    }
    if let Some(kwargs) = json_if_any(kwargs) {
        what = format!("{what} {kwargs}");
    }
    Failure { what: plain(&what), hint: hint(error_uri, uri) }
}

/// What to do about an error of the router.
fn hint(error_uri: &str, uri: &str) -> Option<String> {
    if error_uri == error_uri::NO_SUCH_PROCEDURE {
        return Some(format!("register it with: crosspoint register {uri} -- COMMAND"));
    }
    let hint = match error_uri {
        error_uri::PROCEDURE_ALREADY_EXISTS => {
            "another session has registered it; end that one, or choose another URI"
        }
        error_uri::DIFFERENT_INVOCATION_POLICY => {
            "other sessions share the procedure: say the same as they with --invoke"
        }
        error_uri::INVALID_URI => "a URI is like com.example.hello, and does not begin with wamp",
        error_uri::MAX_CONCURRENCY_REACHED => {
            "try again later, or let calls wait by registering with --queue"
        }
        error_uri::TIMEOUT => "give the callee more time with --timeout",
        error_uri::NO_AVAILABLE_CALLEE => "no callee takes calls at the moment; try again later",
        error_uri::FEATURE_NOT_SUPPORTED => {
            "the other side cannot do what was asked for; leave the option out that asks for it"
        }
        error_uri::OPTION_NOT_ALLOWED => "leave the option out, or ask who runs the router",
        error_uri::DISCLOSE_ME_DISALLOWED => {
            "leave --disclose-me or --disclose-caller out, or ask who runs the router"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
