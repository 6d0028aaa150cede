//! Who of several a key belongs to: rendezvous hashing. For partitioned calls these are callees, for
//! publications with an `rkey` the nodes that subscribers belong to.
//!
//! Each of them draws a number from the key and its own name, and the highest has the key. So equal
//! keys go to the same one while the set stands; one that leaves gives away its own keys only, and
//! one that joins takes only those that become its own.
//!
//! See "Sharded Registration" and "Sharded Subscription" in the specification's Advanced Profile.

use crosspoint_proto::id::SessionId;

use crate::ids::mix;

/// What is remembered of an `rkey`, however long that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardKey(pub(crate) u64);

impl ShardKey {
    /// FNV-1a, then a mixer that lets each bit decide about each.
    pub(crate) fn new(rkey: &str) -> ShardKey {
        let hash = rkey.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, octet| {
            (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
        });
        ShardKey(mix(hash))
    }

    /// What a callee draws for the key.
    pub(crate) fn weight(self, callee: SessionId) -> u64 {
        mix(self.0 ^ mix(callee.0))
    }

    /// What a node draws for the key.
    pub(crate) fn weight_of_node(self, nkey: ShardKey) -> u64 {
        mix(self.0 ^ mix(nkey.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: usize = 10_000;

    fn owner(key: usize, callees: &[u64]) -> u64 {
        let key = ShardKey::new(&key.to_string());
        callees.iter().copied().max_by_key(|id| key.weight(SessionId(*id))).unwrap()
    }

    #[test]
    fn keys_are_spread_evenly() {
        let callees: Vec<u64> = (1..=8).collect();
        let mut counts = [0; 9];
        for key in 0..KEYS {
            counts[usize::try_from(owner(key, &callees)).unwrap()] += 1;
        }
        for count in &counts[1..] {
            assert!((1050..1450).contains(count), "{counts:?}");
        }
    }

    #[test]
    fn a_callee_takes_and_gives_its_own_keys_only() {
        let (few, many) = ([10, 20, 30], [10, 20, 30, 40]);
        let mut moved = 0;
        for key in 0..KEYS {
            let (before, after) = (owner(key, &few), owner(key, &many));
            assert!(after == before || after == 40);
            moved += usize::from(after == 40);
        }
        assert!((2200..2800).contains(&moved), "{moved} of {KEYS}");
    }
}
