//! Which callee a partitioned call goes to: rendezvous hashing.
//!
//! Every callee draws a number from the key and its own session ID, and the highest has the call. So
//! equal keys go to the same callee while the set of callees stands; a callee that leaves gives away
//! its own keys only, and one that joins takes only those that become its own.
//!
//! See "Sharded Registration" in the specification's Advanced Profile.

use crosspoint_proto::id::SessionId;

use crate::ids::mix;

/// What a callee draws for a key.
pub(crate) fn weight(rkey: &str, callee: SessionId) -> u64 {
    // FNV-1a over the key, then a mixer that lets each bit decide about each.
    let hash = rkey.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    });
    mix(hash ^ mix(callee.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: usize = 10_000;

    fn owner(key: usize, callees: &[u64]) -> u64 {
        let rkey = key.to_string();
        callees.iter().copied().max_by_key(|id| weight(&rkey, SessionId(*id))).unwrap()
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
