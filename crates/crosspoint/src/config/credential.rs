//! Credentials as text: what somebody proves with who he is, or where that is kept.
//!
//! ```text
//! sha256:9f86d081…                             a ticket, as its digest
//! pbkdf2:600000:c2FsdA==:64xfzBvZ…             WAMP-CRA: iterations, salt, key
//! plain:secret                                 WAMP-CRA: the secret itself
//! pbkdf2:600000:c2FsdA==:1c1e6d38…:8f3a5b2c…   SCRAM: iterations, salt, stored key, server key
//! argon2id13:3:65536:c2FsdA==:1c1e…:8f3a…      SCRAM: iterations, memory in KiB, salt, and the keys
//! env:NAME                                     in a variable of the environment
//! file:PATH                                    in a file
//! ```
//!
//! In a variable or a file stands the same, or what is secret itself, where that will do. `crosspoint secret`
//! writes them.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use crosspoint_proto::auth::cryptosign::PublicKey;
use crosspoint_proto::auth::scram::{Cost, Kdf, Salt, StoredKeys};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_router::authentication::{ScramKeys, SharedKey};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::shape::FORMAT;
use super::units::{Unreadable, written};

/// Where a credential is kept, if it does not stand in the file itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'t> {
    /// A variable of the environment.
    Variable(&'t str),
    /// A file; a relative path begins where the configuration is.
    File(&'t str),
}

impl Place<'_> {
    /// What begins with `env:` or `file:`.
    fn of(text: &str) -> Option<Place<'_>> {
        let place = match text.split_once(':')? {
            ("env", name) => Place::Variable(name),
            ("file", path) => Place::File(path),
            _ => return None,
        };
        let (Place::Variable(name) | Place::File(name)) = place;
        (!name.is_empty()).then_some(place)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Variable(name) => write!(f, "the variable {name}"),
            Place::File(path) => write!(f, "the file {path}"),
        }
    }
}

/// What somebody proves with who he is, and how it is written.
pub(crate) trait Credential: Sized {
    /// Its name in the schema.
    const FORMAT: &'static str;
    /// What of the schema's pattern is its own.
    const PATTERN: &'static str;
    const EXPECTED: &'static str;
    /// For who has written something else.
    const HINT: &'static str;

    fn parse(text: &str) -> Option<Self>;

    /// As it is written.
    fn to_text(&self) -> String;

    /// Of what is secret itself, where the router can work with that.
    fn of_plain(text: &str) -> Option<Self>;
}

impl Credential for Ticket {
    const FORMAT: &'static str = "ticket";
    const PATTERN: &'static str = "sha256:[0-9A-Fa-f]{64}";
    const EXPECTED: &'static str = "sha256:…, env:NAME or file:PATH";
    const HINT: &'static str = "its digest is made by: crosspoint secret ticket";

    fn parse(text: &str) -> Option<Ticket> {
        let ticket = Ticket::from_hex(text.strip_prefix("sha256:")?).ok();
        // Such a digest is made of a variable that is not set.
        ticket.filter(|ticket| *ticket != Ticket::new(""))
    }

    fn to_text(&self) -> String {
        format!("sha256:{}", &*self.to_hex())
    }

    fn of_plain(text: &str) -> Option<Ticket> {
        Some(Ticket::new(text))
    }
}

impl Credential for SharedKey {
    const FORMAT: &'static str = "shared-key";
    const PATTERN: &'static str = r"pbkdf2:\d+:.+:[A-Za-z0-9+/]+=*|plain:.+";
    const EXPECTED: &'static str = "pbkdf2:…, plain:SECRET, env:NAME or file:PATH";
    const HINT: &'static str = "a key of a password is made by: crosspoint secret wampcra";

    fn parse(text: &str) -> Option<SharedKey> {
        match text.split_once(':')? {
            ("plain", secret) if !secret.is_empty() => SharedKey::of_plain(secret),
            ("pbkdf2", rest) => {
                let (iterations, rest) = rest.split_once(':')?;
                let (salt, key) = rest.rsplit_once(':')?;
                let salting = Salting::new(salt, iterations.parse().ok()?, base64_octets(key)?);
                Some(SharedKey { key: Key::from_secret(key), salting: Some(salting.ok()?) })
            }
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        let key = self.key.to_text();
        match &self.salting {
            None => format!("plain:{}", &*key),
            Some(salting) => {
                format!("pbkdf2:{}:{}:{}", salting.iterations(), salting.salt(), &*key)
            }
        }
    }

    fn of_plain(text: &str) -> Option<SharedKey> {
        Some(SharedKey { key: Key::from_secret(text), salting: None })
    }
}

/// How many octets this is the base64 of.
fn base64_octets(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let whole = text.len().is_multiple_of(4) && padding < 3 && digits.chars().all(is_digit);
    let octets = text.len() as u64 / 4 * 3;
    whole.then(|| octets.saturating_sub(padding as u64))
}

impl Credential for ScramKeys {
    const FORMAT: &'static str = "scram-keys";
    const PATTERN: &'static str =
        r"(pbkdf2|argon2id-?13:\d+):\d+:[A-Za-z0-9+/]+=*(:[0-9A-Fa-f]{64}){2}";
    const EXPECTED: &'static str = "pbkdf2:…, argon2id13:…, env:NAME or file:PATH";
    const HINT: &'static str = "the keys of a password are made by: crosspoint secret scram";

    fn parse(text: &str) -> Option<ScramKeys> {
        let (kdf, rest) = text.split_once(':')?;
        let kdf = Kdf::from_name(kdf).ok()?;
        let (iterations, rest) = rest.split_once(':')?;
        let (memory, rest) = match kdf {
            Kdf::Pbkdf2 => (None, rest),
            Kdf::Argon2id13 | Kdf::Argon2id13Text => {
                let (memory, rest) = rest.split_once(':')?;
                (Some(memory.parse().ok()?), rest)
            }
        };
        let (salt, keys) = rest.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        Some(ScramKeys {
            stored: StoredKeys::from_hex(stored_key, server_key).ok()?,
            salt: Salt::from_base64(salt).ok()?,
            cost: Cost::new(kdf, iterations.parse().ok()?, memory).ok()?,
        })
    }

    fn to_text(&self) -> String {
        let (kdf, iterations) = (self.cost.kdf().name(), self.cost.iterations());
        let memory = self.cost.memory_kib().map(|kib| format!("{kib}:")).unwrap_or_default();
        let (stored_key, server_key) = self.stored.to_hex();
        let (salt, keys) = (self.salt.to_base64(), [&**stored_key, &**server_key].join(":"));
        format!("{kdf}:{iterations}:{memory}{salt}:{keys}")
    }

    /// To make the keys takes long, and a salt that stays the same.
    fn of_plain(_text: &str) -> Option<ScramKeys> {
        None
    }
}

/// What tokens are signed with: a secret, or a public key in PEM.
pub(crate) struct TokenKey(pub(crate) String);

impl Credential for TokenKey {
    const FORMAT: &'static str = "token-key";
    const PATTERN: &'static str = "plain:.+";
    const EXPECTED: &'static str = "file:PATH, env:NAME or plain:SECRET";
    const HINT: &'static str = "a public key is in a file: file:PATH";

    fn parse(text: &str) -> Option<TokenKey> {
        let secret = text.strip_prefix("plain:").filter(|secret| !secret.is_empty());
        secret.map(|secret| TokenKey(secret.to_owned()))
    }

    fn to_text(&self) -> String {
        format!("plain:{}", self.0)
    }

    fn of_plain(text: &str) -> Option<TokenKey> {
        Some(TokenKey(text.to_owned()))
    }
}

/// What is made up for strangers follows from it.
pub(crate) struct StrangersSecret(pub(crate) String);

impl Credential for StrangersSecret {
    const FORMAT: &'static str = "strangers-key";
    const PATTERN: &'static str = "plain:.{32,}";
    const EXPECTED: &'static str =
        "file:PATH, env:NAME or plain:SECRET, a secret of at least 32 characters";
    const HINT: &'static str = "openssl rand -hex 32 prints one";

    fn parse(text: &str) -> Option<StrangersSecret> {
        StrangersSecret::of_plain(text.strip_prefix("plain:")?)
    }

    fn to_text(&self) -> String {
        format!("plain:{}", self.0)
    }

    fn of_plain(text: &str) -> Option<StrangersSecret> {
        (text.chars().count() >= 32).then(|| StrangersSecret(text.to_owned()))
    }
}

/// A credential as it is written.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound(deserialize = "C: Credential", serialize = ""))]
pub(crate) struct Secret<C> {
    text: String,
    of: PhantomData<fn() -> C>,
}

impl<C: Credential> Secret<C> {
    /// Where it is, if not here.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        Place::of(&self.text)
    }

    /// Itself, if it is here.
    pub(crate) fn here(&self) -> Option<C> {
        C::parse(&self.text)
    }

    /// What was found where it should be: it is written as here, or what is secret itself.
    pub(crate) fn found(text: &str) -> Option<C> {
        C::parse(text).or_else(|| C::of_plain(text)).filter(|_| !text.is_empty())
    }

    pub(crate) fn check(text: &str) -> Result<(), Unreadable> {
        text.parse().map(|Secret::<C> { .. }| ())
    }
}

impl<C: Credential> FromStr for Secret<C> {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Secret<C>, Unreadable> {
        if Place::of(text).is_none() && C::parse(text).is_none() {
            return Err(Unreadable { expected: C::EXPECTED, hint: Some(C::HINT.into()) });
        }
        Ok(Secret { text: text.to_owned(), of: PhantomData })
    }
}

impl<C: Credential> TryFrom<String> for Secret<C> {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Secret<C>, Unreadable> {
        text.parse()
    }
}

impl<C> From<Secret<C>> for String {
    fn from(secret: Secret<C>) -> String {
        secret.text
    }
}

impl<C> Clone for Secret<C> {
    fn clone(&self) -> Secret<C> {
        Secret { text: self.text.clone(), of: PhantomData }
    }
}

impl<C> fmt::Debug for Secret<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<C: Credential> JsonSchema for Secret<C> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        C::FORMAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^(env:.+|file:.+|{})$", C::PATTERN);
        json_schema!({ "type": "string", "pattern": pattern, (FORMAT): C::FORMAT })
    }
}

/// The public key of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ClientKey(pub(crate) PublicKey);

written!(
    ClientKey,
    "public-key",
    "^[0-9A-Fa-f]{64}$",
    "a public key of Ed25519, in 64 hexadecimal digits"
);

impl FromStr for ClientKey {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<ClientKey, Unreadable> {
        let unreadable = |_| {
            ClientKey::unreadable(Some(
                "a pair of keys is made by: crosspoint secret cryptosign".into(),
            ))
        };
        PublicKey::from_hex(text).map(ClientKey).map_err(unreadable)
    }
}

impl fmt::Display for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

/// A certificate, as the SHA-256 of the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Fingerprint(pub(crate) [u8; 32]);

written!(
    Fingerprint,
    "fingerprint",
    "^sha256:([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$",
    "the fingerprint of a certificate, sha256: and 64 hexadecimal digits"
);

impl FromStr for Fingerprint {
    type Err = Unreadable;

    /// With colons between the octets, as openssl prints it, or without.
    fn from_str(text: &str) -> Result<Fingerprint, Unreadable> {
        let digits = text.strip_prefix("sha256:").map(|digits| digits.replace(':', ""));
        let octets = digits.and_then(|digits| octets_of_hex(&digits));
        octets.map(Fingerprint).ok_or_else(|| {
            Fingerprint::unreadable(Some(
                "openssl x509 -noout -fingerprint -sha256 -in FILE prints its digits".into(),
            ))
        })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

fn octets_of_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut octets = [0; 32];
    for (octet, index) in octets.iter_mut().zip((0..64).step_by(2)) {
        *octet = u8::from_str_radix(digits.get(index..index + 2)?, 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRAM: &str = "W22ZaJ0SNY7soEsUEjb6gQ==:\
        586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6:\
        c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5";

    #[track_caller]
    fn check<C: Credential>(text: &str) {
        assert_eq!(C::parse(text).unwrap().to_text(), text);
        assert_eq!(format!("{:?}", text.parse::<Secret<C>>().unwrap()), "Secret(..)");
    }

    #[test]
    fn credentials_are_written_as_they_are_read() {
        check::<Ticket>("sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272");
        check::<SharedKey>("plain:secret:with:colons");
        check::<StrangersSecret>("plain:0123456789abcdef0123456789abcdef");
        check::<SharedKey>("pbkdf2:1000:a:b:64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc=");
        check::<ScramKeys>(&format!("pbkdf2:4096:{SCRAM}"));
        check::<ScramKeys>(&format!("argon2id13:3:65536:{SCRAM}"));
        check::<ScramKeys>(&format!("argon2id-13:3:65536:{SCRAM}"));
    }

    #[test]
    fn what_is_no_credential() {
        let of_nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for text in ["", "sesame", "sha256:", "sha256:00", of_nothing, "env:", "file:", "plain:x"] {
            assert!(text.parse::<Secret<Ticket>>().is_err(), "{text}");
        }
        for text in [
            "plain:",
            "pbkdf2:1000:salt",
            "pbkdf2:0:salt:AAAA",
            "pbkdf2:1:salt:AAA",
            "pbkdf2:1:salt:AA=A",
            "pbkdf2:1:salt:====",
            "pbkdf2:1::AAAA",
        ] {
            assert!(text.parse::<Secret<SharedKey>>().is_err(), "{text}");
        }
        for text in ["pbkdf2:4095:", "argon2id13:3:", "argon2id13:3:1024:", "scrypt:4096:"] {
            assert!(format!("{text}{SCRAM}").parse::<Secret<ScramKeys>>().is_err(), "{text}");
        }
        assert!(Secret::<ScramKeys>::found("pencil").is_none());
        assert!(Secret::<StrangersSecret>::found(&"x".repeat(31)).is_none());
        assert!(Secret::<Ticket>::found("").is_none());
    }

    #[test]
    fn fingerprints_are_read_as_openssl_prints_them() {
        let plain = format!("sha256:{}", "0a".repeat(32));
        let printed = format!("sha256:{}", ["0A"; 32].join(":"));
        for text in [&plain, &printed] {
            assert_eq!(text.parse::<Fingerprint>().unwrap().to_string(), plain);
        }
        for text in [&plain[7..], &plain[..69], &format!("{plain}0"), "sha256:+a"] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }

    #[test]
    fn keys_of_base64_are_as_long_as_they_look() {
        for (text, octets) in
            [("AAAA", Some(3)), ("AAA=", Some(2)), ("AA==", Some(1)), ("A===", None), ("A", None)]
        {
            assert_eq!(base64_octets(text), octets, "{text}");
        }
    }
}
