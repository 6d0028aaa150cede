//! An authenticator's word: what it says of a client, and what those look like whom it knows.
//!
//! It is a role, or a dict of `role` and, where that is so, `realm`, `authid`, `extra` (which the client finds in
//! its WELCOME), and what the method needs: `secret` with perhaps `salt`, `iterations` and `keylen`; `pubkey`, or
//! `authorized_keys`, which are several; or `stored-key`, `server-key`, `salt`, `kdf`, `iterations` and `memory`.
//! Null is as good as nothing. What has another type than it should, or is an empty text, is not understood, and
//! then nobody is let in. Entries of other names mean nothing.

use std::sync::OnceLock;

use crosspoint_proto::auth::cryptosign::PublicKey;
use crosspoint_proto::auth::scram::{Cost, Dialect, Kdf, Salt, StoredKeys};
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_proto::auth::{AuthError, AuthMethod};
use crosspoint_proto::message::session::HelloDetails;
use crosspoint_proto::value::{Dict, Value};

use super::ANONYMOUS;
use super::authid::check_authid;
use super::principal::{Credentials, Principal, ScramKeys, SharedKey};
use crate::limits::DERIVED_ITERATIONS_MAX;

/// What an authenticator says of a client.
pub(crate) struct Word {
    /// Where the client is to be, if it is somewhere else than it wanted.
    pub(crate) realm: Option<String>,
    pub(super) authid: Option<String>,
    pub(super) role: String,
    /// What the client is told beside its WELCOME.
    pub(super) extra: Dict,
    pub(super) credentials: Credentials,
}

impl Word {
    pub(super) fn read(method: AuthMethod, value: &Value) -> Result<Word, String> {
        let dict = match value {
            Value::Str(role) => &Dict::from([("role", role.as_str())]),
            Value::Dict(dict) => dict,
            _ => return Err("no role, no dict".into()),
        };
        let entries = Entries(dict);
        let extra = match dict.get("extra") {
            None | Some(Value::Null) => Dict::new(),
            Some(Value::Dict(extra)) => extra.clone(),
            Some(_) => return Err("'extra' is no dict".into()),
        };
        Ok(Word {
            realm: entries.text("realm")?.map(str::to_owned),
            authid: authid(method, &entries)?,
            role: entries.needed("role")?.to_owned(),
            extra,
            credentials: credentials(method, &entries)?,
        })
    }
}

/// Who has proved something is not nobody.
fn authid(method: AuthMethod, entries: &Entries<'_>) -> Result<Option<String>, String> {
    let authid = entries.text("authid")?;
    if method != AuthMethod::Anonymous && authid == Some(ANONYMOUS) {
        return Err("'authid' is nobody's name".into());
    }
    authid.map_or(Ok(()), check_authid).map_err(|invalid| invalid.to_string())?;
    Ok(authid.map(str::to_owned))
}

fn credentials(method: AuthMethod, entries: &Entries<'_>) -> Result<Credentials, String> {
    let mut credentials = Credentials::default();
    match method {
        AuthMethod::WampCra => credentials.wampcra = Some(shared_key(entries)?),
        AuthMethod::WampScram => credentials.scram = Some(scram_keys(entries)?),
        AuthMethod::Cryptosign => credentials.cryptosign = public_keys(entries)?,
        AuthMethod::Anonymous
        | AuthMethod::Ticket
        | AuthMethod::Cookie
        | AuthMethod::Tls
        | AuthMethod::Jwt => {}
    }
    Ok(credentials)
}

fn shared_key(entries: &Entries<'_>) -> Result<SharedKey, String> {
    // An empty one is what anybody can sign with.
    let secret = entries.needed("secret")?;
    let iterations = entries.number("iterations")?.unwrap_or(1000);
    let keylen = entries.number("keylen")?.unwrap_or(32);
    let Some(salt) = entries.text("salt")? else {
        return Ok(SharedKey { key: Key::from_secret(secret), salting: None });
    };
    let salting = Salting::new(salt, iterations, keylen).map_err(text_of)?;
    if salting.iterations() > DERIVED_ITERATIONS_MAX {
        let most = DERIVED_ITERATIONS_MAX.into();
        return Err(text_of(AuthError::OutOfRange { what: "iterations", least: 1, most }));
    }
    Ok(SharedKey { key: Key::derive(secret, &salting), salting: Some(salting) })
}

fn scram_keys(entries: &Entries<'_>) -> Result<ScramKeys, String> {
    let stored = entries.needed_as(["stored-key", "stored_key"])?;
    let server = entries.needed_as(["server-key", "server_key"])?;
    let kdf = Kdf::from_name(entries.needed("kdf")?).map_err(text_of)?;
    let iterations = entries.number("iterations")?.ok_or("no 'iterations'")?;
    Ok(ScramKeys {
        stored: StoredKeys::from_hex(stored, server).map_err(text_of)?,
        salt: Salt::from_hex(entries.needed("salt")?).map_err(text_of)?,
        cost: Cost::new(kdf, iterations, entries.number("memory")?).map_err(text_of)?,
    })
}

fn public_keys(entries: &Entries<'_>) -> Result<Vec<PublicKey>, String> {
    let read = |key: &str| PublicKey::from_hex(key).map_err(text_of);
    let keys = match entries.0.get("authorized_keys") {
        None | Some(Value::Null) => return Ok(vec![read(entries.needed("pubkey")?)?]),
        Some(keys) => keys.as_list().ok_or("'authorized_keys' is no list")?,
    };
    let key = entries.text("pubkey")?.map(read).transpose()?;
    let text = |key: &Value| match key.as_str() {
        Some(key) => read(key),
        None => Err("'authorized_keys' has what is no text".to_owned()),
    };
    key.map(Ok).into_iter().chain(keys.iter().map(text)).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn text_of(error: AuthError) -> String {
    error.to_string()
}

/// The entries of an answer.
struct Entries<'a>(&'a Dict);

impl<'a> Entries<'a> {
    fn text(&self, key: &str) -> Result<Option<&'a str>, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Str(text)) if text.is_empty() => Err(format!("'{key}' is empty")),
            Some(Value::Str(text)) => Ok(Some(text)),
            Some(_) => Err(format!("'{key}' is no text")),
        }
    }

    fn needed(&self, key: &str) -> Result<&'a str, String> {
        self.text(key)?.ok_or_else(|| format!("no '{key}'"))
    }

    /// Under the first of two names by which it goes, or else the second.
    fn needed_as(&self, [key, other]: [&str; 2]) -> Result<&'a str, String> {
        self.text(other)?.map_or_else(|| self.needed(key), Ok)
    }

    fn number(&self, key: &str) -> Result<Option<u64>, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(format!("'{key}' is no number")),
            },
        }
    }
}

/// What those look like to clients whom a realm's authenticators know: as the first of whom they have told since
/// the router's start. It stays, so that a stranger is always asked the same.
#[derive(Default)]
pub(crate) struct Likeness {
    wampcra: OnceLock<(String, Option<Salting>)>,
    scram: OnceLock<Cost>,
}

impl Likeness {
    /// Somebody is known.
    pub(super) fn learn(&self, Word { role, credentials, .. }: &Word) {
        if let Some(SharedKey { salting, .. }) = &credentials.wampcra {
            self.wampcra.get_or_init(|| (role.clone(), salting.clone()));
        }
        if let Some(ScramKeys { cost, .. }) = &credentials.scram {
            self.scram.get_or_init(|| *cost);
        }
    }

    /// Whom a client seems to be of whom nobody knows. As much is computed for him.
    pub(super) fn of_nobody(
        &self,
        (method, name): (AuthMethod, &str),
        hello: &HelloDetails<'_>,
    ) -> Principal {
        let (mut credentials, mut role) = (Credentials::default(), USUAL_ROLE.to_owned());
        match method {
            AuthMethod::WampCra => {
                let (like, salting) = self.wampcra.get().cloned().unwrap_or((role, None));
                let key = match &salting {
                    None => Key::from_secret(""),
                    Some(salting) => Key::derive("", salting),
                };
                role = like;
                credentials.wampcra = Some(SharedKey { key, salting });
            }
            AuthMethod::WampScram => {
                let zeros = "0".repeat(64);
                let usual = || Cost::new(usual_kdf(name), USUAL_ITERATIONS, Some(USUAL_MEMORY_KIB));
                let cost = self.scram.get().map_or_else(usual, |cost| Ok(*cost));
                let (stored, salt) = (StoredKeys::from_hex(&zeros, &zeros), Salt::new(&[0; 16]));
                if let (Ok(stored), Ok(salt), Ok(cost)) = (stored, salt, cost) {
                    credentials.scram = Some(ScramKeys { stored, salt, cost });
                }
            }
            AuthMethod::Cryptosign => {
                let key = hello.authextra.pubkey.as_deref().map(PublicKey::from_hex);
                credentials.cryptosign.extend(key.and_then(Result::ok));
            }
            AuthMethod::Anonymous
            | AuthMethod::Ticket
            | AuthMethod::Cookie
            | AuthMethod::Tls
            | AuthMethod::Jwt => {}
        }
        Principal { authid: String::new(), role, credentials }
    }
}

/// What strangers are like before anybody was known: a secret without salt, or SCRAM as `crosspoint secret` has it.
const USUAL_ROLE: &str = "user";
/// See [`USUAL_ROLE`].
const USUAL_ITERATIONS: u64 = 3;
/// See [`USUAL_ROLE`].
const USUAL_MEMORY_KIB: u64 = 65536;

/// One that the client knows, whatever it calls the method.
fn usual_kdf(name: &str) -> Kdf {
    match Dialect::from_method(name) {
        Some(Dialect::Autobahn) => Kdf::Argon2id13Text,
        _ => Kdf::Argon2id13,
    }
}
