//! What is made up for users who do not exist, so that nobody learns that they do not.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::mac;
use super::scram::Salt;

/// A router's secret, with which it makes up what would differ from one user to another: always the
/// same for a name.
///
/// ```
/// use crosspoint_proto::auth::StrangersKey;
///
/// let key = StrangersKey::new([42; 32]);
/// assert_eq!(key.salt("zoe"), key.salt("zoe"));
/// assert!(key.salt("zoe") != key.salt("zoey"));
/// ```
#[derive(Clone)]
pub struct StrangersKey(Zeroizing<[u8; 32]>);

impl StrangersKey {
    /// Of octets that were drawn at random, and stay the same for as long as the users do.
    pub fn new(octets: [u8; 32]) -> Self {
        StrangersKey(Zeroizing::new(octets))
    }

    /// Of a text that nobody outside can guess, and that may serve other purposes, too: none of them is
    /// endangered by this one.
    pub fn of(secret: &str) -> Self {
        StrangersKey::new(mac::mac(secret.as_bytes(), b"what is made up for strangers"))
    }

    /// A salt.
    pub fn salt(&self, name: &str) -> Salt {
        Salt::of_nobody(&*self.0, name)
    }

    /// Any number. Who does not have the key finds no two names that have the same one.
    pub fn number(&self, name: &str) -> u64 {
        let octets = mac::mac(&*self.0, name.as_bytes());
        octets.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet))
    }
}

/// Where a user's name stands among all numbers, so that each stranger's [number](StrangersKey::number) has a user
/// next to it: at four places, with which chance favours none of them much.
pub fn places_of(name: &str) -> [u64; 4] {
    let digest: [u8; 32] = Sha256::digest(name).into();
    let (places, _) = digest.as_chunks();
    std::array::from_fn(|index| places.get(index).map_or(0, |place| u64::from_be_bytes(*place)))
}

impl fmt::Debug for StrangersKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StrangersKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_with_the_key() {
        let (key, other) = (StrangersKey::of("a secret"), StrangersKey::of("another"));
        assert_eq!(key.number("zoe"), StrangersKey::of("a secret").number("zoe"));
        assert_ne!(key.number("zoe"), key.number("zoey"));
        assert_ne!(key.number("zoe"), other.number("zoe"));
        assert!(key.salt("zoe") != other.salt("zoe"));
    }

    #[test]
    fn places_are_spread() {
        let names = (0..1000).map(|number| number.to_string());
        let low = names.flat_map(|name| places_of(&name)).filter(|place| place >> 63 == 0).count();
        assert!((1900..2100).contains(&low), "{low}");
        assert_ne!(places_of("zoe"), places_of("zoey"));
    }

    #[test]
    fn it_does_not_show() {
        assert_eq!(format!("{:?}", StrangersKey::new([42; 32])), "StrangersKey(..)");
    }
}
