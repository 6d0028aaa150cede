//! HMAC-SHA256, on which WAMP-CRA and SCRAM are built.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// HMAC-SHA256 with this key, over these octets.
pub(super) fn mac(key: &[u8], octets: &[u8]) -> [u8; 32] {
    keyed(key).chain_update(octets).finalize().into_bytes().into()
}

/// As many octets as somebody wants, which look as if they were drawn: always the same for a key and a name.
pub(super) fn octets(key: &[u8], name: &str) -> impl Iterator<Item = u8> {
    (0u64..).flat_map(move |block| match block {
        0 => mac(key, name.as_bytes()),
        _ => mac(key, format!("{name} {block}").as_bytes()),
    })
}

/// Whether this is the code of these octets, found in a time that does not depend on it.
pub(super) fn is_mac(key: &[u8], octets: &[u8], code: &[u8]) -> bool {
    keyed(key).chain_update(octets).verify_slice(code).is_ok()
}

/// Keys of any length: one that is longer than a block stands for its digest, as RFC 2104 has it, so
/// that what is given to the library always is a block.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    match block.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        None => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    Hmac::new((&*block).into())
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;

    /// RFC 4231, test cases 1, 2 and 6.
    #[test]
    fn known_codes() {
        for (key, octets, code) in [
            (
                &[0x0b; 20][..],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let found = mac(key, octets);
            assert_eq!(hex::encode(&found), code);
            assert!(is_mac(key, octets, &found));
            assert!(!is_mac(key, octets, &found[1..]));
        }
    }
}
