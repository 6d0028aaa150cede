//! WAMP-CRA: the client signs a challenge with a secret that the router shares.
//!
//! ```text
//! CHALLENGE "wampcra" {challenge, salt?, iterations?, keylen?}    AUTHENTICATE base64(HMAC) {}
//! ```
//!
//! With a salt the key is not the secret, but the base64 text of what PBKDF2 makes of it; the router
//! keeps that text instead of the password. It still is as good as the password here: who reads it
//! can sign. [`super::scram`] does not have that flaw.
//!
//! Secrets are taken as their UTF-8 octets, without any normalisation, as all clients do it.
//!
//! See "Challenge Response Authentication" in the specification's Advanced Profile.

use std::fmt;

use base64::Engine as _;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{AuthError, AuthMethod, BASE64, base64_digest, mac};
use crate::id::SessionId;
use crate::limits::{CRA_KEY_OCTETS_MAX, PBKDF2_ITERATIONS_MAX, SALT_OCTETS_MAX};
use crate::serializer::{JsonWriter, Writer};

/// What the router asks the client to sign: who the session will be. The nonce and the session ID make
/// it good for once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Challenge<'a> {
    /// Whom the client will be.
    pub authid: &'a str,
    /// In which role.
    pub authrole: &'a str,
    /// By whose word.
    pub authprovider: &'a str,
    /// Drawn at random for this challenge, as a text.
    pub nonce: &'a str,
    /// When it was made, as ISO 8601 writes it, in UTC: `2014-06-22T16:36:25.448Z`.
    pub timestamp: &'a str,
    /// The ID that the session will have.
    pub session: SessionId,
}

impl Challenge<'_> {
    /// `CHALLENGE.Extra.challenge`: an object in JSON, whatever the session's serializer is. The router
    /// keeps this text, for [`Key::verify`].
    pub fn to_json(&self) -> String {
        let mut octets = Vec::with_capacity(256);
        let mut w = JsonWriter::new(&mut octets);
        w.dict(7);
        for (key, text) in [
            ("authid", self.authid),
            ("authrole", self.authrole),
            ("authmethod", AuthMethod::WampCra.name()),
            ("authprovider", self.authprovider),
            ("nonce", self.nonce),
            ("timestamp", self.timestamp),
        ] {
            w.key(key);
            w.str(text);
        }
        w.key("session");
        w.uint(self.session.0);
        w.end_dict();
        String::from_utf8_lossy(&octets).into_owned()
    }
}

/// How a password is made a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salting {
    salt: String,
    iterations: u32,
    keylen: u32,
}

impl Salting {
    /// As in `CHALLENGE.Extra`, or in a configuration. The salt is a text, of which the octets count; it
    /// is not decoded.
    pub fn new(salt: &str, iterations: u64, keylen: u64) -> Result<Self, AuthError> {
        in_range("the salt's length", salt.len() as u64, SALT_OCTETS_MAX as u64)?;
        Ok(Salting {
            salt: salt.into(),
            iterations: in_range("iterations", iterations, PBKDF2_ITERATIONS_MAX.into())?,
            keylen: in_range("keylen", keylen, CRA_KEY_OCTETS_MAX.into())?,
        })
    }

    /// `CHALLENGE.Extra.salt`
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// `CHALLENGE.Extra.iterations`
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// `CHALLENGE.Extra.keylen`, in octets before they are written as base64.
    pub fn keylen(&self) -> u32 {
        self.keylen
    }
}

/// What both sides share.
///
/// ```
/// use crosspoint_proto::auth::wampcra::{Key, Salting};
///
/// let salting = Salting::new("salt123", 1000, 32)?;
/// let client = Key::derive("secret1", &salting);
/// assert_eq!(*client.to_text(), "64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc=");
/// let router = Key::from_secret("64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc=");
/// router.verify("challenge", &client.sign("challenge"))?;
/// # Ok::<(), crosspoint_proto::auth::AuthError>(())
/// ```
#[derive(Clone)]
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// The secret itself; also a derived key that is kept as its base64 text.
    pub fn from_secret(secret: &str) -> Self {
        Key(Zeroizing::new(secret.as_bytes().to_vec()))
    }

    /// Of a password. This is meant to take long: not where others wait.
    pub fn derive(password: &str, salting: &Salting) -> Self {
        let mut derived = Zeroizing::new([0; CRA_KEY_OCTETS_MAX as usize]);
        let derived = &mut derived[..salting.keylen as usize];
        let salt = salting.salt.as_bytes();
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, salting.iterations, derived);
        Key(Zeroizing::new(BASE64.encode(derived).into_bytes()))
    }

    /// To be kept: what [`Key::from_secret`] makes a key of.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(String::from_utf8_lossy(&self.0).into_owned())
    }

    /// The client's `AUTHENTICATE.Signature`.
    pub fn sign(&self, challenge: &str) -> String {
        BASE64.encode(mac::mac(&self.0, challenge.as_bytes()))
    }

    /// Whether the client's signature is that of the challenge.
    pub fn verify(&self, challenge: &str, signature: &str) -> Result<(), AuthError> {
        let code = base64_digest(signature, "the signature")?;
        if mac::is_mac(&self.0, challenge.as_bytes(), &code) {
            Ok(())
        } else {
            Err(AuthError::WrongProof)
        }
    }
}

/// For who reads a configuration again: in constant time, if they are equally long.
impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

fn in_range(what: &'static str, number: u64, most: u64) -> Result<u32, AuthError> {
    match u32::try_from(number) {
        Ok(found) if found > 0 && number <= most => Ok(found),
        _ => Err(AuthError::OutOfRange { what, least: 1, most }),
    }
}

#[cfg(test)]
mod tests;
