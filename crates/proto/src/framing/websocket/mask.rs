//! Masking: what a client sends is combined with a key of four octets by exclusive or. Doing it
//! twice undoes it.

/// Masks or unmasks a payload, from its first octet on.
pub(super) fn apply(key: [u8; 4], payload: &mut [u8]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (octet, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *octet ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_meets_its_own_of_the_key() {
        let key = [1, 2, 4, 8];
        for len in 0..40 {
            let mut payload = vec![0x80; len];
            apply(key, &mut payload);
            for (i, octet) in payload.iter().enumerate() {
                assert_eq!(*octet, 0x80 ^ key[i % 4], "octet {i} of {len}");
            }
            apply(key, &mut payload);
            assert_eq!(payload, vec![0x80; len]);
        }
    }
}
