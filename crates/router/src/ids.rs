//! IDs of the global scope, drawn from randomness that comes from outside.
//!
//! See "IDs" in the specification's Basic Profile.

use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::limits::ID_MAX;

/// Randomness for one session, from a source that nobody can guess. The two numbers must be
/// independent: publication IDs are seen by others and must not tell the session ID.
#[derive(Clone, Copy, Debug)]
pub struct Entropy {
    /// For the session's ID.
    pub session: u64,
    /// For the IDs of its publications.
    pub publications: u64,
}

/// Session IDs are at least this: a client in Java reads smaller ones as 32-bit integers and loses
/// the message.
const SESSION_ID_MIN: u64 = 1 << 31;

impl Entropy {
    pub(crate) fn session_id(self) -> SessionId {
        SessionId(SESSION_ID_MIN + self.session % (ID_MAX - SESSION_ID_MIN + 1))
    }
}

/// Publication IDs, uniform over the whole range: the `SplitMix64` sequence.
pub(crate) struct PublicationIds(u64);

impl PublicationIds {
    pub(crate) fn new(entropy: Entropy) -> Self {
        PublicationIds(entropy.publications)
    }

    pub(crate) fn draw(&mut self) -> PublicationId {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        PublicationId(1 + mixed % ID_MAX)
    }
}
