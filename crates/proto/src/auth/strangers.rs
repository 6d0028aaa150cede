//! What is made up for users who do not exist, so that nobody learns that they do not.

use std::fmt;

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

    /// A salt.
    pub fn salt(&self, name: &str) -> Salt {
        Salt::of_nobody(&*self.0, name)
    }

    /// A number below this one, each as often as the others; 0 where there is none.
    pub fn below(&self, name: &str, end: usize) -> usize {
        let below = self.number(name).checked_rem(end as u64).unwrap_or_default();
        usize::try_from(below).unwrap_or_default()
    }

    /// Any number. Who does not have the key finds no two names that have the same one.
    pub fn number(&self, name: &str) -> u64 {
        let octets = mac::mac(&*self.0, name.as_bytes());
        octets.iter().take(8).fold(0, |number, octet| number << 8 | u64::from(*octet))
    }
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
    fn choices_stay_and_are_spread() {
        let key = StrangersKey::new([42; 32]);
        let mut chosen = [0; 4];
        for number in 0..1000 {
            let name = number.to_string();
            let choice = key.below(&name, 4);
            assert_eq!(choice, key.below(&name, 4));
            chosen[choice] += 1;
        }
        assert!(chosen.iter().all(|often| (200..300).contains(often)), "{chosen:?}");
        assert_eq!(key.below("zoe", 0), 0);
    }

    #[test]
    fn it_does_not_show() {
        assert_eq!(format!("{:?}", StrangersKey::new([42; 32])), "StrangersKey(..)");
    }
}
