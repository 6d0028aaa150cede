//! The keys of both sides, and what they prove with them.

use std::fmt;

use base64::Engine as _;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::super::{AuthError, BASE64, base64_digest, hex, mac};
use super::{AuthMessage, Cost, Salt};

/// What a client has of a password. It may keep them for the next time, as carefully as the password.
#[derive(Clone)]
pub struct ClientKeys {
    client_key: Zeroizing<[u8; 32]>,
    stored: StoredKeys,
}

impl ClientKeys {
    /// Of a password. This is meant to take long: not where others wait.
    pub fn derive(password: &str, salt: &Salt, cost: Cost) -> Result<Self, AuthError> {
        let salted = cost.salted(password, salt)?;
        let client_key = Zeroizing::new(mac::mac(&salted, b"Client Key"));
        let stored = StoredKeys {
            stored_key: Zeroizing::new(Sha256::digest(client_key.as_slice()).into()),
            server_key: Zeroizing::new(mac::mac(&salted, b"Server Key")),
        };
        Ok(ClientKeys { client_key, stored })
    }

    /// What a router has to keep of this user.
    pub fn stored(&self) -> &StoredKeys {
        &self.stored
    }

    /// `AUTHENTICATE.Signature`: base64 of the `ClientProof`.
    pub fn prove(&self, message: &AuthMessage) -> String {
        let signature = mac::mac(&*self.stored.stored_key, message.as_bytes());
        BASE64.encode(xor(&signature, &self.client_key))
    }

    /// Whether the router knows this user, by `WELCOME.Details.authextra.verifier`. The specification's
    /// example has RFC 5802's `v=` before it, its text does not: either will do.
    pub fn verify_router(&self, message: &AuthMessage, verifier: &str) -> Result<(), AuthError> {
        let verifier = verifier.strip_prefix("v=").unwrap_or(verifier);
        let signature = base64_digest(verifier, "the verifier")?;
        if mac::is_mac(&*self.stored.server_key, message.as_bytes(), &signature) {
            Ok(())
        } else {
            Err(AuthError::WrongProof)
        }
    }
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKeys(..)")
    }
}

/// What a router keeps of a user, besides salt and [`Cost`]. Who reads it can play the router, and, once he
/// has listened to a conversation, the client; the password he still has to guess.
#[derive(Clone)]
pub struct StoredKeys {
    stored_key: Zeroizing<[u8; 32]>,
    server_key: Zeroizing<[u8; 32]>,
}

impl StoredKeys {
    /// As they were kept, in hexadecimal digits.
    pub fn from_hex(stored_key: &str, server_key: &str) -> Result<Self, AuthError> {
        Ok(StoredKeys {
            stored_key: Zeroizing::new(hex::decode(stored_key, "the stored key")?),
            server_key: Zeroizing::new(hex::decode(server_key, "the server key")?),
        })
    }

    /// `StoredKey` and `ServerKey`, to be kept.
    pub fn to_hex(&self) -> (Zeroizing<String>, Zeroizing<String>) {
        let text = |key: &[u8; 32]| Zeroizing::new(hex::encode(key));
        (text(&self.stored_key), text(&self.server_key))
    }

    /// Checks the client's proof; where it is right, the router's is returned, base64 of the
    /// `ServerSignature`, for `WELCOME.Details.authextra`.
    pub fn verify(&self, message: &AuthMessage, proof: &str) -> Result<String, AuthError> {
        let proof = base64_digest(proof, "the proof")?;
        let signature = mac::mac(&*self.stored_key, message.as_bytes());
        let client_key = Zeroizing::new(xor(&signature, &proof));
        if bool::from(Sha256::digest(client_key.as_slice()).ct_eq(&*self.stored_key)) {
            Ok(BASE64.encode(mac::mac(&*self.server_key, message.as_bytes())))
        } else {
            Err(AuthError::WrongProof)
        }
    }
}

/// For who reads a configuration again: in constant time.
impl PartialEq for StoredKeys {
    fn eq(&self, other: &StoredKeys) -> bool {
        let is_same = self.stored_key.ct_eq(&*other.stored_key);
        (is_same & self.server_key.ct_eq(&*other.server_key)).into()
    }
}

impl fmt::Debug for StoredKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredKeys(..)")
    }
}

fn xor(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|i| one[i] ^ other[i])
}
