//! `crosspoint secret`: what stands in the configuration instead of a password.

use std::io::{self, IsTerminal as _, Read as _};

use clap::{Args, ValueEnum};
use crosspoint_proto::auth::AuthError;
use crosspoint_proto::auth::cryptosign::PrivateKey;
use crosspoint_proto::auth::scram::{ClientKeys, Cost, Kdf, Salt};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_proto::limits::PREPARED_OCTETS_MAX;
use crosspoint_router::authentication::{ScramKeys, SharedKey};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Failure;
use super::choices::variants;
use super::output::{notice, print_line};
use crate::config::credential::Credential;
use crate::entropy;

/// Make of a password what stands in the configuration instead
///
/// The password is read from standard input, up to the end of its line; a terminal does not show it. The
/// lines that are printed belong to a principal: [realms.realm1.principals.alice]
#[derive(Debug, Args)]
pub(super) struct Secret {
    /// For which methods; without any for ticket, wampcra and scram
    #[arg(value_parser = variants::<Method>())]
    methods: Vec<Method>,

    /// How scram makes keys of the password
    #[arg(long, default_value = "argon2id13", value_parser = variants::<Function>())]
    kdf: Function,

    /// How often wampcra and pbkdf2 go round: 100000 and 600000 if nobody says; argon2 3 times
    #[arg(long, value_name = "NUMBER")]
    iterations: Option<u64>,

    /// How much memory argon2 fills, in KiB
    #[arg(long, value_name = "KIB", default_value_t = 65536)]
    memory: u64,
}

/// Something to be proved with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Method {
    /// The digest of a ticket
    Ticket,
    /// A key to sign with
    Wampcra,
    /// The keys of SCRAM
    Scram,
    /// A new pair of keys; no password is read for it
    Cryptosign,
}

/// A key derivation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Function {
    /// Argon2id, as the specification has it
    #[value(name = "argon2id13")]
    Argon2id13,
    /// The same for clients of Autobahn
    #[value(name = "argon2id-13")]
    Argon2id13Text,
    /// PBKDF2, for clients of all kinds
    Pbkdf2,
}

/// What browsers can go round in a second or so.
const CRA_ITERATIONS: u64 = 100_000;

/// What is recommended for what is stolen one day.
const PBKDF2_ITERATIONS: u64 = 600_000;

/// The second of RFC 9106's recommendations, with 64 MiB.
const ARGON2_ITERATIONS: u64 = 3;

impl Secret {
    pub(super) fn run(self) -> Result<(), Failure> {
        let methods = match self.methods.as_slice() {
            [] => &[Method::Ticket, Method::Wampcra, Method::Scram],
            methods => methods,
        };
        let password = match methods {
            [Method::Cryptosign] => String::new(),
            _ => read_password()?,
        };
        for method in methods {
            let line = self.line(*method, &password);
            print_line(&line.map_err(|error| refused(*method, &error))?)?;
        }
        Ok(())
    }

    fn line(&self, method: Method, password: &str) -> Result<String, AuthError> {
        Ok(match method {
            Method::Ticket => format!("ticket = \"{}\"", Ticket::new(password).to_text()),
            Method::Wampcra => format!("wampcra = \"{}\"", self.wampcra(password)?.to_text()),
            Method::Scram => format!("scram = \"{}\"", self.scram(password)?.to_text()),
            Method::Cryptosign => cryptosign(),
        })
    }

    fn wampcra(&self, password: &str) -> Result<SharedKey, AuthError> {
        let iterations = self.iterations.unwrap_or(CRA_ITERATIONS);
        let salting = Salting::new(&salt()?.to_base64(), iterations, 32)?;
        Ok(SharedKey { key: Key::derive(password, &salting), salting: Some(salting) })
    }

    fn scram(&self, password: &str) -> Result<ScramKeys, AuthError> {
        let (kdf, iterations) = match self.kdf {
            Function::Argon2id13 => (Kdf::Argon2id13, ARGON2_ITERATIONS),
            Function::Argon2id13Text => (Kdf::Argon2id13Text, ARGON2_ITERATIONS),
            Function::Pbkdf2 => (Kdf::Pbkdf2, PBKDF2_ITERATIONS),
        };
        let cost = Cost::new(kdf, self.iterations.unwrap_or(iterations), Some(self.memory))?;
        let salt = salt()?;
        let stored = ClientKeys::derive(password, &salt, cost)?.stored().clone();
        Ok(ScramKeys { stored, salt, cost })
    }
}

/// As strangers seem to have it.
fn salt() -> Result<Salt, AuthError> {
    Salt::new(&entropy::octets::<16>())
}

/// A key for each side.
fn cryptosign() -> String {
    let key = PrivateKey::new(&entropy::octets());
    let (private, public) = (key.to_hex(), key.public().to_hex());
    format!("cryptosign = [\"{public}\"]\n# The private key, for the client alone: {}", &*private)
}

fn refused(method: Method, error: &AuthError) -> Failure {
    let failure = Failure::new(format!("nothing can be made of it: {error}"));
    match (method, error) {
        (Method::Scram, AuthError::OutOfRange { .. }) => {
            failure.hint("choose other numbers with --iterations and --memory")
        }
        _ => failure,
    }
}

/// A line of standard input, without its end.
fn read_password() -> Result<String, Failure> {
    let stdin = io::stdin();
    let read = if stdin.is_terminal() {
        notice("The password, and Enter:");
        unseen(read_line)
    } else {
        read_line()
    };
    let line = read.map_err(|error| Failure::new(format!("cannot read the password: {error}")))?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(Failure::new("there is no password").hint("give one on standard input")),
        password => Ok(password.to_owned()),
    }
}

fn read_line() -> io::Result<String> {
    let mut line = String::new();
    let most = PREPARED_OCTETS_MAX as u64;
    io::BufRead::read_line(&mut io::stdin().lock().take(most + 1), &mut line)?;
    if line.len() as u64 > most {
        let what = format!("it is longer than {most} octets");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(line)
}

/// Does something while the terminal does not show what is typed.
fn unseen<T>(action: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let terminal = io::stdin();
    let before = tcgetattr(&terminal)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
    let done = action();
    tcsetattr(&terminal, OptionalActions::Now, &before)?;
    done
}
