//! The nonces of a conversation, which make its proofs good for once.

use base64::Engine as _;

use super::super::{AuthError, BASE64, base64_octets};
use crate::limits::{NONCE_OCTETS_MAX, NONCE_OCTETS_MIN};

/// What the client sends in `HELLO.Details.authextra.nonce`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientNonce(String);

impl ClientNonce {
    /// Of octets that the client has drawn at random: 16 are recommended.
    pub fn new(octets: &[u8]) -> Result<Self, AuthError> {
        base64_of(octets).map(ClientNonce)
    }

    /// What a client has sent.
    pub fn from_base64(text: &str) -> Result<Self, AuthError> {
        check_length(base64_octets(text, "the nonce")?.len())?;
        Ok(ClientNonce(text.into()))
    }

    /// As it stands in HELLO.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The nonces of both sides: what stands in CHALLENGE, and again in AUTHENTICATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    both: String,
    client_len: usize,
}

impl Nonce {
    /// The router's, of octets that it has drawn at random.
    pub fn answer(client: &ClientNonce, octets: &[u8]) -> Result<Self, AuthError> {
        let both = format!("{}{}", client.0, base64_of(octets)?);
        Ok(Nonce { both, client_len: client.0.len() })
    }

    /// What a router has sent in answer to the client's nonce.
    pub fn of_challenge(client: &ClientNonce, both: &str) -> Result<Self, AuthError> {
        let router = both.strip_prefix(client.as_str()).ok_or(AuthError::ForeignNonce)?;
        if router.is_empty() {
            return Err(AuthError::ForeignNonce);
        }
        check_length(base64_octets(router, "the router's nonce")?.len())?;
        Ok(Nonce { both: both.into(), client_len: client.0.len() })
    }

    /// Whether AUTHENTICATE belongs to this conversation. Autobahn does not repeat the nonce there, but
    /// in what it signs.
    pub fn check(&self, sent: Option<&str>) -> Result<(), AuthError> {
        match sent {
            Some(sent) if sent != self.both => Err(AuthError::NotTheNonce),
            _ => Ok(()),
        }
    }

    /// As it stands in CHALLENGE.
    pub fn both(&self) -> &str {
        &self.both
    }

    pub(super) fn client(&self) -> &str {
        &self.both[..self.client_len]
    }
}

fn base64_of(octets: &[u8]) -> Result<String, AuthError> {
    check_length(octets.len())?;
    Ok(BASE64.encode(octets))
}

fn check_length(len: usize) -> Result<(), AuthError> {
    if (NONCE_OCTETS_MIN..=NONCE_OCTETS_MAX).contains(&len) {
        return Ok(());
    }
    let (least, most) = (NONCE_OCTETS_MIN as u64, NONCE_OCTETS_MAX as u64);
    Err(AuthError::OutOfRange { what: "the nonce's length", least, most })
}
