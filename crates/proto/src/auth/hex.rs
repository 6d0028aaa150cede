//! Hexadecimal digits, as cryptosign writes octets: lower case, read in either case.

use super::AuthError;

pub(crate) fn encode(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * octets.len());
    for octet in octets {
        text.push(char::from(DIGITS[usize::from(octet >> 4)]));
        text.push(char::from(DIGITS[usize::from(octet & 15)]));
    }
    text
}

pub(super) fn decode<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], AuthError> {
    let not_hex = AuthError::NotHex { what, digits: 2 * N };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(not_hex);
    }
    let mut octets = [0; N];
    for (octet, &[high, low]) in octets.iter_mut().zip(pairs) {
        match (value(high), value(low)) {
            (Some(high), Some(low)) => *octet = high << 4 | low,
            _ => return Err(not_hex),
        }
    }
    Ok(octets)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_there_and_back() {
        assert_eq!(encode(&[0x00, 0x9a, 0xff]), "009aff");
        assert_eq!(decode::<3>("009aFF", "a key"), Ok([0x00, 0x9a, 0xff]));
        for wrong in ["", "009aF", "009aff00", "009ag0", "+09aff", "ä9aff"] {
            let refused = AuthError::NotHex { what: "a key", digits: 6 };
            assert_eq!(decode::<3>(wrong, "a key"), Err(refused), "{wrong}");
        }
    }
}
