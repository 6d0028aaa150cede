//! What is made up for users who do not exist, so that nobody learns that they do not.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
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
/// assert_eq!(key.salt("zoe", "salt123"), key.salt("zoe", "salt123"));
/// assert_ne!(key.salt("zoe", "salt123"), key.salt("zoey", "salt123"));
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

    /// A salt for WAMP-CRA that looks like another one: as long, and of the same signs.
    pub fn salt(&self, name: &str, like: &str) -> String {
        let octets = mac::octets(&*self.0, name);
        let is_of = |signs: &&[u8]| like.bytes().all(|octet| signs.contains(&octet));
        let of_octets = BASE64.decode(like).ok();
        match (SIGNS.iter().copied().find(is_of), of_octets) {
            (None, Some(like)) => BASE64.encode(octets.take(like.len()).collect::<Vec<_>>()),
            (signs, _) => {
                let signs = signs.unwrap_or(LETTERS);
                let sign = |octet: u8| char::from(signs[usize::from(octet) % signs.len()]);
                octets.map(sign).take(like.chars().count()).collect()
            }
        }
    }

    /// A salt for SCRAM that is as long as another one.
    pub fn scram_salt(&self, name: &str, like: &Salt) -> Salt {
        Salt::of_nobody(&*self.0, name, like)
    }

    /// Any number. Who does not have the key finds no two names that have the same one.
    pub fn number(&self, name: &str) -> u64 {
        let octets = mac::mac(&*self.0, name.as_bytes());
        octets.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet))
    }
}

/// What salts are written in that are not base64, from the least on.
const SIGNS: [&[u8]; 4] = [
    b"0123456789",
    b"0123456789abcdef",
    b"0123456789ABCDEF",
    b"0123456789abcdefghijklmnopqrstuvwxyz",
];

/// Of all others.
const LETTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

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
        assert_ne!(key.salt("zoe", "salt123"), other.salt("zoe", "salt123"));
    }

    #[test]
    fn salts_look_like_others() {
        let key = StrangersKey::of("a secret");
        let salts = [
            "salt123",
            "20261127",
            "00ff",
            "00FF",
            "DUEC2HnUJV9qGqDDIs15Yw==",
            "Pepper & sält",
            "",
        ];
        let made_up = salts.map(|salt| key.salt("zoe", salt));
        let expected = [
            "cdkwcp3",
            "67028135",
            "cd44",
            "CD44",
            "nJ0U1DA9t3210nugd/E/SQ==",
            "wxkqMZX1VoZAV",
            "",
        ];
        assert_eq!(made_up, expected);
        let long = "x".repeat(1000);
        assert_eq!(key.salt("zoe", &long).len(), long.len());
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
