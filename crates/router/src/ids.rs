//! IDs of the global scope, drawn from randomness that comes from outside.
//!
//! See "IDs" in the specification's Basic Profile.

use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::limits::ID_MAX;

/// Randomness for one session, from a source that nobody can guess. The numbers must be independent:
/// publication IDs are seen by others and must not tell the session ID.
#[derive(Clone, Copy, Debug)]
pub struct Entropy {
    /// For the session's ID.
    pub session: u64,
    /// For the IDs of its publications.
    pub publications: u64,
    /// For choosing among the callees of what it registers.
    pub choices: u64,
    /// For what it has to sign if it has to prove who it is.
    pub challenge: [u8; 32],
}

/// Session IDs are at least this: a client in Java reads smaller ones as 32-bit integers and loses
/// the message.
const SESSION_ID_MIN: u64 = 1 << 31;

impl Entropy {
    pub(crate) fn session_id(self) -> SessionId {
        SessionId(SESSION_ID_MIN + self.session % (ID_MAX - SESSION_ID_MIN + 1))
    }
}

/// Publication IDs, uniform over the whole range.
pub(crate) struct PublicationIds(SplitMix64);

impl PublicationIds {
    pub(crate) fn new(entropy: Entropy) -> Self {
        PublicationIds(SplitMix64(entropy.publications))
    }

    pub(crate) fn draw(&mut self) -> PublicationId {
        PublicationId(1 + self.0.next() % ID_MAX)
    }
}

/// A sequence of numbers that look drawn: whoever knows one of them knows the others.
pub(crate) struct SplitMix64(pub(crate) u64);

impl SplitMix64 {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below this one, each as often as the others but for what cannot be noticed.
    #[expect(clippy::cast_possible_truncation, reason = "it is less than a usize")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Lets each bit of a number decide about each bit of the result.
pub(crate) fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
