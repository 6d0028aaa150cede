//! How passwords become keys, and at what cost.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::super::AuthError;
use super::{Salt, prepare};
use crate::limits::{
    ARGON2_MEMORY_KIB_MAX, ARGON2_WORK_KIB_MAX, ARGON2_WORK_KIB_MIN, PBKDF2_ITERATIONS_MAX,
    SCRAM_PBKDF2_ITERATIONS_MIN,
};

/// A key derivation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kdf {
    /// PBKDF2-HMAC-SHA256
    Pbkdf2,
    /// Argon2id, version 1.3, with a parallelism of 1.
    Argon2id13,
    /// The same as Autobahn takes it: the key is the text of the hash, base64 without padding. Its name is
    /// `argon2id-13`.
    Argon2id13Text,
}

impl Kdf {
    /// As it stands in CHALLENGE.
    pub const fn name(self) -> &'static str {
        match self {
            Kdf::Pbkdf2 => "pbkdf2",
            Kdf::Argon2id13 => "argon2id13",
            Kdf::Argon2id13Text => "argon2id-13",
        }
    }

    /// The function of that name.
    pub fn from_name(name: &str) -> Result<Self, AuthError> {
        [Kdf::Pbkdf2, Kdf::Argon2id13, Kdf::Argon2id13Text]
            .into_iter()
            .find(|kdf| kdf.name() == name)
            .ok_or(AuthError::UnknownKdf)
    }
}

/// A key derivation function with what it costs, within limits on both sides: what is too cheap is soon
/// guessed, and what is too expensive is an attack on whoever computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    kdf: Kdf,
    iterations: u32,
    memory_kib: u32,
}

impl Cost {
    /// Of PBKDF2.
    pub fn pbkdf2(iterations: u64) -> Result<Self, AuthError> {
        let (least, most) = (SCRAM_PBKDF2_ITERATIONS_MIN.into(), PBKDF2_ITERATIONS_MAX.into());
        let iterations = in_range("iterations", iterations, least, most)?;
        Ok(Cost { kdf: Kdf::Pbkdf2, iterations, memory_kib: 0 })
    }

    /// Of Argon2id.
    pub fn argon2id13(iterations: u64, memory_kib: u64) -> Result<Self, AuthError> {
        let memory_max = ARGON2_MEMORY_KIB_MAX.into();
        let memory_kib = in_range("memory", memory_kib, Params::MIN_M_COST.into(), memory_max)?;
        let (least, most) = (ARGON2_WORK_KIB_MIN, ARGON2_WORK_KIB_MAX);
        let work = iterations.saturating_mul(memory_kib.into());
        in_range("iterations times memory", work, least, most)?;
        let iterations = in_range("iterations", iterations, 1, most)?;
        Ok(Cost { kdf: Kdf::Argon2id13, iterations, memory_kib })
    }

    /// As in CHALLENGE: without `memory` Argon2 has nothing to work with, and PBKDF2 does not look at it.
    pub fn new(kdf: Kdf, iterations: u64, memory_kib: Option<u64>) -> Result<Self, AuthError> {
        match kdf {
            Kdf::Pbkdf2 => Cost::pbkdf2(iterations),
            Kdf::Argon2id13 | Kdf::Argon2id13Text => {
                let cost = Cost::argon2id13(iterations, memory_kib.unwrap_or_default())?;
                Ok(Cost { kdf, ..cost })
            }
        }
    }

    /// Which function it is.
    pub fn kdf(self) -> Kdf {
        self.kdf
    }

    /// `CHALLENGE.Extra.iterations`
    pub fn iterations(self) -> u32 {
        self.iterations
    }

    /// `CHALLENGE.Extra.memory`, where there is one.
    pub fn memory_kib(self) -> Option<u32> {
        (self.kdf != Kdf::Pbkdf2).then_some(self.memory_kib)
    }

    /// `SaltedPassword`
    pub(super) fn salted(
        self,
        password: &str,
        salt: &Salt,
    ) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        let password = Zeroizing::new(prepare(password, "the password")?.into_owned());
        let mut salted = Zeroizing::new(vec![0; 32]);
        match self.kdf {
            Kdf::Pbkdf2 => {
                let (password, salt) = (password.as_bytes(), &salt.0);
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, self.iterations, &mut salted);
            }
            Kdf::Argon2id13 => self.argon2(&password, salt, &mut salted)?,
            Kdf::Argon2id13Text => {
                self.argon2(&password, salt, &mut salted)?;
                salted = Zeroizing::new(STANDARD_NO_PAD.encode(&*salted).into_bytes());
            }
        }
        Ok(salted)
    }

    /// Every refusal of the library is about a number that [`Cost`] and [`Salt`] keep within narrower
    /// limits; what is left is a machine without the memory.
    fn argon2(self, password: &str, salt: &Salt, key: &mut [u8]) -> Result<(), AuthError> {
        Params::new(self.memory_kib, self.iterations, 1, Some(key.len()))
            .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
            .and_then(|argon2| argon2.hash_password_into(password.as_bytes(), &salt.0, key))
            .map_err(|_| AuthError::OutOfRange {
                what: "memory",
                least: Params::MIN_M_COST.into(),
                most: ARGON2_MEMORY_KIB_MAX.into(),
            })
    }
}

fn in_range(what: &'static str, number: u64, least: u64, most: u64) -> Result<u32, AuthError> {
    match u32::try_from(number) {
        Ok(found) if (least..=most).contains(&number) => Ok(found),
        _ => Err(AuthError::OutOfRange { what, least, most }),
    }
}
