//! What strangers look like: always the same, also after a restart, or whoever compares would find out who exists.

use std::fs;

use crosspoint_proto::auth::StrangersKey;

use crate::entropy;

/// Made by systemd, for programs that derive something of their own from it, and stays with the machine.
const MACHINE_ID: &str = "/etc/machine-id";

/// The key of this machine, if nobody has said one; where the machine has no name, one for this time only.
pub(crate) fn usual_key() -> StrangersKey {
    let id = fs::read_to_string(MACHINE_ID).unwrap_or_default();
    key_of(&id).unwrap_or_else(|| StrangersKey::new(entropy::octets()))
}

/// There may be a file without an ID in it: empty, or `uninitialized`.
fn key_of(id: &str) -> Option<StrangersKey> {
    let id = id.trim();
    let is_id = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    (is_id && id.bytes().any(|digit| digit != b'0')).then(|| StrangersKey::of(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_one_key() {
        let number = |id: &str| key_of(id).map(|key| key.number("zoe"));
        let id = "0f4ac1b2d3e4f5061728394a5b6c7d8e\n";
        assert!(number(id).is_some());
        assert_eq!(number(id), number(id.trim()));
        assert_ne!(number(id), number(&id.replace('a', "b")));
        for nameless in ["", "uninitialized\n", "00000000000000000000000000000000"] {
            assert_eq!(number(nameless), None, "{nameless}");
        }
    }
}
