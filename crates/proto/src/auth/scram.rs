//! SCRAM-SHA-256 in WAMP's form: both sides prove that they know a password, of which the router keeps
//! only [`StoredKeys`], and nobody who listens learns what to answer the next time.
//!
//! ```text
//! HELLO        authid, authextra {nonce}                              n=authid,r=nonce
//! CHALLENGE    {nonce: both, salt, kdf, iterations, memory?}          r=both,s=salt,i=iterations
//! AUTHENTICATE base64(ClientProof), {nonce: both}                     c=biws,r=both
//! WELCOME      authextra {verifier: base64(ServerSignature)}
//! ```
//!
//! What stands on the right, with commas between, is the [`AuthMessage`] that is signed: RFC 5802's
//! own, so that its test vectors are ours.
//!
//! - Nonces are base64, of 8 to 64 octets each, drawn at random by their side; the challenge's is the
//!   client's text with the router's behind it.
//! - There is no channel binding: the transports do not say what they would be bound to. A router
//!   refuses a client that asks for it.
//! - User names and passwords are prepared with `SASLprep` (RFC 4013 over Unicode 3.2, as written down in
//!   RFC 3454): compatibility characters are normalised, soft hyphens vanish, other spaces become spaces;
//!   control characters, unassigned code points, private use, and mixed directions are refused.
//!
//! Autobahn speaks a draft of this, called `scram`: see [`Dialect`] and [`Kdf::Argon2id13Text`].
//!
//! See "Salted Challenge Response Authentication" in the specification's Advanced Profile, RFC 5802 and
//! RFC 7677.

mod kdf;
mod keys;
mod nonce;
mod prepare;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use kdf::{Cost, Kdf};
pub use keys::{ClientKeys, StoredKeys};
pub use nonce::{ClientNonce, Nonce};
pub use prepare::prepare;

use base64::Engine as _;

use super::{AuthError, AuthMethod, BASE64, base64_octets, hex, mac};
use crate::limits::{SALT_OCTETS_MAX, SALT_OCTETS_MIN};

/// Which form of the messages is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The specification's, called `wamp-scram`.
    #[default]
    Specification,
    /// Autobahn's, called `scram`: commas in names stay commas, and where the absence of a channel
    /// binding should be said, nothing is.
    Autobahn,
}

impl Dialect {
    /// The dialect in which the method goes by this name, among `authmethods` and in CHALLENGE.
    pub fn from_method(name: &str) -> Option<Self> {
        [Dialect::Specification, Dialect::Autobahn].into_iter().find(|d| d.method() == name)
    }

    /// What the method is called in it.
    pub const fn method(self) -> &'static str {
        match self {
            Dialect::Specification => AuthMethod::WampScram.name(),
            Dialect::Autobahn => "scram",
        }
    }
}

/// What was said on both sides, as both sign it. It belongs to one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthMessage(String);

impl AuthMessage {
    /// Of a conversation without channel binding.
    pub fn new(
        dialect: Dialect,
        authid: &str,
        nonce: &Nonce,
        salt: &Salt,
        cost: Cost,
    ) -> Result<Self, AuthError> {
        let authid = prepare(authid, "the authid")?;
        let salt = salt.to_base64();
        Ok(Self::of_parts(dialect, &authid, nonce.client(), nonce.both(), &salt, cost.iterations()))
    }

    fn of_parts(
        dialect: Dialect,
        authid: &str,
        client_nonce: &str,
        nonce: &str,
        salt: &str,
        iterations: u32,
    ) -> Self {
        let (name, binding) = match dialect {
            Dialect::Specification => (escaped(authid), NO_BINDING),
            Dialect::Autobahn => (Cow::Borrowed(authid), ""),
        };
        AuthMessage(format!(
            "n={name},r={client_nonce},r={nonce},s={salt},i={iterations},c={binding},r={nonce}"
        ))
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Base64 of `n,,`: no channel binding, nobody to act for.
const NO_BINDING: &str = "biws";

/// Commas and equals signs mean something in what is signed. An equals sign goes first: the escapes
/// have them, too.
fn escaped(name: &str) -> Cow<'_, str> {
    if name.contains([',', '=']) {
        name.replace('=', "=3D").replace(',', "=2C").into()
    } else {
        name.into()
    }
}

/// What makes the keys of two users differ who have the same password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt(Vec<u8>);

impl Salt {
    /// Of octets that were drawn at random for this user.
    pub fn new(octets: &[u8]) -> Result<Self, AuthError> {
        if (SALT_OCTETS_MIN..=SALT_OCTETS_MAX).contains(&octets.len()) {
            return Ok(Salt(octets.to_vec()));
        }
        let (least, most) = (SALT_OCTETS_MIN as u64, SALT_OCTETS_MAX as u64);
        Err(AuthError::OutOfRange { what: "the salt's length", least, most })
    }

    /// As it stands in CHALLENGE.
    pub fn from_base64(text: &str) -> Result<Self, AuthError> {
        Salt::new(&base64_octets(text, "the salt")?)
    }

    /// As Crossbar.io's authenticators give it: 16 octets in hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, AuthError> {
        Salt::new(&hex::decode::<16>(text, "the salt")?)
    }

    /// The salt of a user who does not exist: always the same for a name, so that nobody learns from it
    /// that there is no such user. It is as long as another one. The key is the router's secret, and stays the same, too.
    pub fn of_nobody(key: &[u8], authid: &str, like: &Salt) -> Self {
        Salt(mac::octets(key, authid).take(like.0.len()).collect())
    }

    /// As it stands in CHALLENGE.
    pub fn to_base64(&self) -> String {
        BASE64.encode(&self.0)
    }
}
