//! What the authentication methods compute, for the side that proves and the side that checks.
//!
//! ```text
//! Client                              Router
//!   | HELLO        authid, authextra -> |   whom it wants to be, how it can prove that
//!   | <- CHALLENGE method, extra        |   [`wampcra`], [`scram`], [`cryptosign`], [`ticket`]
//!   | AUTHENTICATE signature, extra  -> |   checked here
//!   | <- WELCOME   authextra            |   with SCRAM the router has proved itself, too
//! ```
//!
//! This is arithmetic: nonces, times and keys come in as arguments, and proofs or their refusal come
//! out. Who exists, which method he may use, how long a challenge is good for and what an
//! authenticated session may do is the server's business. The messages are those of
//! [`crate::message::session`] and [`crate::message::authentication`].
//!
//! Comparisons of what is secret take the same time whatever is compared, secrets are wiped when they
//! are dropped and do not show in `Debug` output.
//!
//! See "Authentication Methods" in the specification's Advanced Profile.

pub mod cookie;
pub mod cryptosign;
mod error;
pub(crate) mod hex;
mod mac;
mod method;
pub mod scram;
mod strangers;
pub mod ticket;
pub mod wampcra;

pub use error::AuthError;
pub use method::AuthMethod;
pub use strangers::{StrangersKey, places_of};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Decodes base64 in its canonical form: padded, no white space, no bits left over.
fn base64_octets(text: &str, what: &'static str) -> Result<Vec<u8>, AuthError> {
    BASE64.decode(text).map_err(|_| AuthError::NotBase64 { what })
}

/// As [`base64_octets`], for what has one length: digests and proofs.
fn base64_digest(text: &str, what: &'static str) -> Result<[u8; 32], AuthError> {
    let octets = base64_octets(text, what)?;
    octets.try_into().map_err(|_| AuthError::WrongLength { what, octets: 32 })
}
