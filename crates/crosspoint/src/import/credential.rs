//! What their principals prove with who they are, as ours has it.
//!
//! Theirs keeps tickets and secrets as they are; ours keeps of them what is enough to check a proof.

use crosspoint_proto::auth::AuthError;
use crosspoint_proto::auth::scram::{Cost, Kdf, Salt, StoredKeys};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_router::authentication::{ScramKeys, SharedKey};

use super::item::Item;
use super::report::Report;
use crate::config::credential::{ClientKey, Credential, Secret};
use crate::config::file::{Method, Principal};

/// What one of them has, for one method.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    Ticket(Secret<Ticket>),
    WampCra(Secret<SharedKey>),
    Scram(Secret<ScramKeys>),
    Cryptosign(Vec<ClientKey>),
}

/// A proof, and what has become different with it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) proof: Proof,
    pub(super) change: Option<String>,
    /// The variable that it is in.
    pub(super) variable: Option<String>,
}

impl Proof {
    /// Gives it to somebody; what he has had for the method stays.
    pub(super) fn give(self, to: &mut Principal) -> Result<(), &'static str> {
        const TWICE: &str = "there is another one already, which counts";
        match self {
            Proof::Ticket(ticket) => put(&mut to.ticket, ticket).ok_or(TWICE),
            Proof::WampCra(key) => put(&mut to.wampcra, key).ok_or(TWICE),
            Proof::Scram(keys) => put(&mut to.scram, keys).ok_or(TWICE),
            Proof::Cryptosign(keys) => {
                let is_new = |key: &ClientKey| !to.cryptosign.contains(key);
                let keys: Vec<ClientKey> = keys.into_iter().filter(is_new).collect();
                to.cryptosign.extend(keys);
                Ok(())
            }
        }
    }
}

/// `None` if another one is there; the same one may come again.
fn put<C: Credential>(slot: &mut Option<Secret<C>>, secret: Secret<C>) -> Option<()> {
    let text = |secret: &Secret<C>| String::from(secret.clone());
    if let Some(there) = slot {
        return (text(there) == text(&secret)).then_some(());
    }
    *slot = Some(secret);
    Some(())
}

/// Takes out of a principal what he has for a method; or says why that cannot be.
pub(super) fn take(method: Method, item: &mut Item, report: &mut Report) -> Result<Found, String> {
    match method {
        Method::Anonymous => Err("nobody proves to be anonymous".to_owned()),
        Method::Cookie => Err("a cookie is nobody's before he has proved who he is".to_owned()),
        Method::Ticket => ticket(item, report),
        Method::WampCra => wampcra(item, report),
        Method::Scram => scram(item, report).map_err(|error| error.to_string()),
        Method::Cryptosign => cryptosign(item, report),
        Method::Tls => {
            item.text("certificate-sha1", report);
            Err("certificates are known by their SHA-256 here: write that to his certificates, and tls to \
                 the realm's authmethods"
                .to_owned())
        }
        // Crossbar.io has none.
        Method::Jwt => Err("tokens are no principal's".to_owned()),
    }
}

fn ticket(item: &mut Item, report: &mut Report) -> Result<Found, String> {
    let text = item.text("ticket", report).ok_or("there is no ticket")?;
    if let Some(name) = variable(&text) {
        return in_variable(name, None, Proof::Ticket);
    }
    let proof = Proof::Ticket(written(&Ticket::new(&text))?);
    let change = "the ticket is kept as its digest".to_owned();
    Ok(Found { proof, change: Some(change), variable: None })
}

fn wampcra(item: &mut Item, report: &mut Report) -> Result<Found, String> {
    let (secret, salt) = (item.text("secret", report), item.text("salt", report));
    let (iterations, keylen) = (item.number("iterations", report), item.number("keylen", report));
    let secret = secret.ok_or("there is no secret")?;
    // Only all three together are a salting, there as here.
    let salting = salt.zip(iterations).zip(keylen);
    if let Some(name) = variable(&secret) {
        let how = "its secret is used without a salt, which clients are told; with a salt the variable \
                   needs what is made by: crosspoint secret wampcra";
        let change = salting.map(|_| how.to_owned());
        return in_variable(name, change, Proof::WampCra);
    }
    let Some(((salt, iterations), keylen)) = salting else {
        let key = SharedKey { key: Key::from_secret(&secret), salting: None };
        return Ok(Found { proof: Proof::WampCra(written(&key)?), change: None, variable: None });
    };
    let salting = Salting::new(&salt, iterations, keylen).map_err(|error| error.to_string())?;
    let key = SharedKey { key: Key::derive(&secret, &salting), salting: Some(salting) };
    let change = "the key is kept that is made of the secret, not the secret".to_owned();
    Ok(Found { proof: Proof::WampCra(written(&key)?), change: Some(change), variable: None })
}

fn scram(item: &mut Item, report: &mut Report) -> Result<Found, AuthError> {
    let mut text = |name| item.text(name, report).unwrap_or_default();
    let (kdf, salt) = (Kdf::from_name(&text("kdf")), text("salt"));
    let (stored_key, server_key) = (text("stored-key"), text("server-key"));
    let (iterations, memory) = (item.number("iterations", report), item.number("memory", report));
    let stored = StoredKeys::from_hex(&stored_key, &server_key)?;
    let cost = Cost::new(kdf?, iterations.unwrap_or_default(), memory)?;
    let keys = ScramKeys { stored, salt: Salt::from_hex(&salt)?, cost };
    let secret = written(&keys).map_err(|_| AuthError::UnknownKdf)?;
    Ok(Found { proof: Proof::Scram(secret), change: None, variable: None })
}

fn cryptosign(item: &mut Item, report: &mut Report) -> Result<Found, String> {
    let texts = item.texts("authorized_keys", report);
    let keys: Result<Vec<ClientKey>, _> = texts.iter().map(|text| text.parse()).collect();
    let keys = keys.map_err(|unreadable| format!("of each key {unreadable}"))?;
    if keys.is_empty() {
        return Err("there is no key".to_owned());
    }
    Ok(Found { proof: Proof::Cryptosign(keys), change: None, variable: None })
}

/// `${NAME}`
fn variable(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}')
}

fn in_variable<C: Credential>(
    name: &str,
    change: Option<String>,
    proof: fn(Secret<C>) -> Proof,
) -> Result<Found, String> {
    let secret = format!("env:{name}").parse().map_err(|_| "the variable has no name")?;
    Ok(Found { proof: proof(secret), change, variable: Some(name.to_owned()) })
}

/// A credential as it is written in the file.
fn written<C: Credential>(credential: &C) -> Result<Secret<C>, String> {
    credential.to_text().parse().map_err(|unreadable| format!("{unreadable}"))
}
