//! The cookie of a browser: by it a router knows again somebody who has proved who he is.
//!
//! The value is drawn at random, and on the wire as it is: whoever reads it is taken for its owner. The router
//! keeps a digest and looks for that, so that how long it looks tells nobody anything of the values that there
//! are.
//!
//! See "Authentication Methods" in the specification's Advanced Profile, which names the method.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::hex;

/// What a cookie says.
///
/// ```
/// use crosspoint_proto::auth::cookie::CookieValue;
///
/// let value = CookieValue::new([42; 32]);
/// let shown = CookieValue::from_text(&value.to_text()).unwrap();
/// assert_eq!(shown.digest(), value.digest());
/// assert!(CookieValue::from_text("42").is_none());
/// ```
pub struct CookieValue(Zeroizing<[u8; 32]>);

impl CookieValue {
    /// Of octets that were drawn at random.
    pub fn new(octets: [u8; 32]) -> Self {
        CookieValue(Zeroizing::new(octets))
    }

    /// As a browser shows it; `None` if no router has ever made such a one.
    pub fn from_text(text: &str) -> Option<Self> {
        let value = CookieValue::new(hex::decode(text, "the cookie").ok()?);
        (*value.to_text() == text).then_some(value)
    }

    /// As a browser is given it: hexadecimal digits.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(&*self.0))
    }

    /// What it is known by.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(*self.0).into()
    }
}

impl fmt::Debug for CookieValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieValue(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_are_no_cookies() {
        let text = CookieValue::new([7; 32]).to_text();
        for other in ["", "x", &text[1..], &format!("{}0", *text), &text.replace('7', "g")] {
            assert!(CookieValue::from_text(other).is_none(), "{other}");
        }
    }

    /// Others read digits in either case; a browser shows what it was given.
    #[test]
    fn what_is_written_otherwise_is_no_cookie() {
        let text = CookieValue::new([0xab; 32]).to_text();
        assert!(CookieValue::from_text(&text).is_some());
        assert!(CookieValue::from_text(&text.to_uppercase()).is_none());
    }

    #[test]
    fn it_does_not_show() {
        assert_eq!(format!("{:?}", CookieValue::new([7; 32])), "CookieValue(..)");
    }
}
