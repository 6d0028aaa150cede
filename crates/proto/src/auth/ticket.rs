//! Ticket authentication: the client sends a secret, and the router knows it.
//!
//! ```text
//! CHALLENGE "ticket" {}    AUTHENTICATE the ticket {}
//! ```
//!
//! The secret is on the wire as it is: only for connections that are private. The router keeps a digest,
//! which is as good as the ticket where tickets are drawn at random, and no protection for passwords
//! that people choose.
//!
//! See "Ticket-based Authentication" in the specification's Advanced Profile.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{AuthError, hex};

/// A ticket that the router takes.
///
/// ```
/// use crosspoint_proto::auth::ticket::Ticket;
///
/// let ticket = Ticket::new("secret!!!");
/// assert!(ticket.is("secret!!!"));
/// assert!(!ticket.is("secret"));
/// ```
#[derive(Clone)]
pub struct Ticket(Zeroizing<[u8; 32]>);

impl Ticket {
    /// Of the text that the client has to send.
    pub fn new(text: &str) -> Self {
        Ticket(Zeroizing::new(Sha256::digest(text).into()))
    }

    /// As it was kept: SHA-256 of the text, in hexadecimal digits.
    pub fn from_hex(digest: &str) -> Result<Self, AuthError> {
        Ok(Ticket(Zeroizing::new(hex::decode(digest, "the ticket's digest")?)))
    }

    /// To be kept.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(&*self.0))
    }

    /// Whether this is what the client sent. The time that it takes depends on the length of what was
    /// sent and on nothing else: digests are compared.
    pub fn is(&self, sent: &str) -> bool {
        self.0.ct_eq(&*Ticket::new(sent).0).into()
    }
}

/// For who reads a configuration again: in constant time.
impl PartialEq for Ticket {
    fn eq(&self, other: &Ticket) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_the_same_text_is_the_ticket(ticket in ".{0,40}", other in ".{0,40}") {
            prop_assert!(Ticket::new(&ticket).is(&ticket));
            prop_assert_eq!(Ticket::new(&ticket).is(&other), ticket == other);
        }
    }

    #[test]
    fn it_can_be_kept() {
        let kept = Ticket::new("secret!!!").to_hex();
        assert!(Ticket::from_hex(&kept).unwrap().is("secret!!!"));
        assert!(Ticket::from_hex(&kept[1..]).is_err());
    }

    #[test]
    fn it_does_not_show() {
        assert_eq!(format!("{:?}", Ticket::new("secret")), "Ticket(..)");
    }
}
