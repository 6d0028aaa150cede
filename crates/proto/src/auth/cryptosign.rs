//! Cryptosign: the client signs the router's challenge with its Ed25519 key, by which it is known.
//!
//! ```text
//! HELLO        authextra {pubkey, channel_binding?, challenge?}
//! CHALLENGE    {challenge, channel_binding?, pubkey?, signature?}
//! AUTHENTICATE hex(signature, signed octets)
//! ```
//!
//! Where the client sends a challenge, too, the router signs that in the same way. With channel binding
//! what is signed is the challenge XOR the 32 octets of the channel's ID, so that a signature is worth
//! nothing on another connection. Octets are written as hexadecimal digits everywhere.
//!
//! Signatures are verified strictly: keys of small order, and second forms of a signature, are refused.
//! Certificates and trust roots are not known here.
//!
//! See "Cryptosign-based Authentication" in the specification's Advanced Profile, and RFC 8032.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{AuthError, hex};

/// 32 octets that one side has drawn at random for the other to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge(pub [u8; 32]);

impl Challenge {
    /// As it stands in the message.
    pub fn from_hex(text: &str) -> Result<Self, AuthError> {
        hex::decode(text, "the challenge").map(Challenge)
    }

    /// As it stands in the message.
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }

    /// The octets that are signed.
    fn bound_to(&self, channel: Option<&ChannelId>) -> [u8; 32] {
        match channel {
            Some(ChannelId(id)) => std::array::from_fn(|i| self.0[i] ^ id[i]),
            None => self.0,
        }
    }
}

/// What both ends of one TLS connection know of it and nobody else's has: for `tls-exporter` as in
/// RFC 9266.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelId(pub [u8; 32]);

/// By which a client is known.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// As it stands in `authextra.pubkey`, and in a router's configuration. A point has one encoding
    /// (RFC 8032, section 5.1.3), so that nobody is known by two keys.
    pub fn from_hex(text: &str) -> Result<Self, AuthError> {
        let octets = hex::decode(text, "the public key")?;
        let key = VerifyingKey::from_bytes(&octets).map_err(|_| AuthError::WeakKey)?;
        let canonical = key.to_edwards().compress().to_bytes() == octets;
        if canonical && !key.is_weak() { Ok(PublicKey(key)) } else { Err(AuthError::WeakKey) }
    }

    /// As it stands in `authextra.pubkey`.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0.as_bytes())
    }

    /// Whether this is the signature of this challenge, with the octets that were signed behind it.
    pub fn verify(
        &self,
        challenge: &Challenge,
        channel: Option<&ChannelId>,
        signed: &str,
    ) -> Result<(), AuthError> {
        let octets: [u8; SIGNED_OCTETS] = hex::decode(signed, "the signature")?;
        let Some((signature, message)) = octets.split_first_chunk::<64>() else {
            return Err(AuthError::WrongProof);
        };
        if message != challenge.bound_to(channel) {
            return Err(AuthError::WrongProof);
        }
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| AuthError::WrongProof)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_hex())
    }
}

/// With which a client signs, or a router that proves itself.
///
/// ```
/// use crosspoint_proto::auth::cryptosign::{Challenge, PrivateKey};
///
/// let key = PrivateKey::new(&[7; 32]);
/// let challenge = Challenge([42; 32]);
/// let signed = key.sign(&challenge, None);
/// key.public().verify(&challenge, None, &signed)?;
/// # Ok::<(), crosspoint_proto::auth::AuthError>(())
/// ```
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Of 32 octets that were drawn at random: RFC 8032's seed.
    pub fn new(seed: &[u8; 32]) -> Self {
        PrivateKey(SigningKey::from_bytes(seed))
    }

    /// Of the seed in hexadecimal digits, as key files have it.
    pub fn from_hex(text: &str) -> Result<Self, AuthError> {
        let seed = Zeroizing::new(hex::decode(text, "the private key")?);
        Ok(PrivateKey::new(&seed))
    }

    /// As key files have it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_bytes()))
    }

    /// By which the others know it.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature and what was signed, as it stands in AUTHENTICATE.
    pub fn sign(&self, challenge: &Challenge, channel: Option<&ChannelId>) -> String {
        let message = challenge.bound_to(channel);
        let mut signed = [0; SIGNED_OCTETS];
        signed[..64].copy_from_slice(&self.0.sign(&message).to_bytes());
        signed[64..].copy_from_slice(&message);
        hex::encode(&signed)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// A signature, and the 32 octets that it is of.
const SIGNED_OCTETS: usize = 64 + 32;

#[cfg(test)]
mod tests;
