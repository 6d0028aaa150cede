//! Integers beyond 64 bits, which stand as decimal digits in JSON and as octets in CBOR.
//!
//! Turning one into the other takes time in the square of their length, so both lengths are
//! bounded. Only transcoding asks for it: an integer that passes through may be of any length.

use std::fmt::Write as _;

use super::{Unwritable, Writer};

/// The longest integer, in decimal digits, that is turned into octets: room for 4096 bits (1234
/// digits), which is as large as the integers of cryptography come.
pub const INTEGER_DIGITS_MAX: usize = 1280;

/// The longest integer, in octets, that is turned into digits: that of [`INTEGER_DIGITS_MAX`].
pub const INTEGER_OCTETS_MAX: usize = 532;

/// The range of [`super::Token::Int`].
pub(super) const INT_MIN: i128 = -(1 << 64);
pub(super) const INT_MAX: i128 = (1 << 64) - 1;

const DIGITS_PER_LIMB: usize = 9;
const LIMB: u64 = 1_000_000_000;

/// The octets of a whole number, most significant first, without leading zeros. The digits must be
/// ASCII digits.
pub(super) fn magnitude_of_digits(digits: &str) -> Vec<u8> {
    // Limbs of 32 bits, least significant first.
    let mut limbs: Vec<u32> = Vec::with_capacity(digits.len() / DIGITS_PER_LIMB + 1);
    for group in digits.as_bytes().chunks(DIGITS_PER_LIMB) {
        let (mut factor, mut carry) = (1u64, 0u64);
        for &digit in group {
            factor *= 10;
            carry = carry * 10 + u64::from(digit - b'0');
        }
        for limb in &mut limbs {
            let sum = u64::from(*limb) * factor + carry;
            (*limb, carry) = halves(sum);
        }
        if carry > 0 {
            limbs.push(halves(carry).0);
        }
    }
    let octets = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes());
    octets.skip_while(|&octet| octet == 0).collect()
}

/// The digits of an integer with its sign, if they are not too many.
pub(super) fn digits(negative: bool, magnitude: &[u8]) -> Option<String> {
    let fits = magnitude.len() <= INTEGER_OCTETS_MAX;
    let sign = if negative { "-" } else { "" };
    fits.then(|| format!("{sign}{}", digits_of_magnitude(magnitude)))
}

/// The decimal digits of a magnitude.
fn digits_of_magnitude(magnitude: &[u8]) -> String {
    // Limbs of nine decimal digits, least significant first.
    let mut limbs: Vec<u64> = Vec::with_capacity(magnitude.len() / 3 + 1);
    // The remainder goes first, so that all other groups have four octets.
    let (first, rest) = magnitude.split_at(magnitude.len() % 4);
    for group in std::iter::once(first).chain(rest.chunks(4)) {
        let mut carry = group.iter().fold(0, |sum, &octet| sum << 8 | u64::from(octet));
        for limb in &mut limbs {
            let sum = (*limb << 32) + carry;
            *limb = sum % LIMB;
            carry = sum / LIMB;
        }
        while carry > 0 {
            limbs.push(carry % LIMB);
            carry /= LIMB;
        }
    }
    let mut digits = limbs.pop().unwrap_or(0).to_string();
    for limb in limbs.iter().rev() {
        // Writing to a String does not fail.
        let _ = write!(digits, "{limb:0DIGITS_PER_LIMB$}");
    }
    digits
}

/// The value of a magnitude with its sign, if [`super::Token::Int`] can hold it.
pub(super) fn small(negative: bool, magnitude: &[u8]) -> Option<i128> {
    if magnitude.len() > 9 {
        return None;
    }
    let absolute = magnitude.iter().fold(0, |sum, &octet| sum << 8 | i128::from(octet));
    let value = if negative { -absolute } else { absolute };
    (INT_MIN..=INT_MAX).contains(&value).then_some(value)
}

/// Writes any integer, unless the format has no words for it.
pub(crate) fn write(writer: &mut impl Writer, value: i128) -> Result<(), Unwritable> {
    if let Ok(value) = u64::try_from(value) {
        writer.uint(value);
    } else if i64::try_from(value).is_ok() {
        writer.int(value);
    } else {
        let octets = value.unsigned_abs().to_be_bytes();
        let leading_zeros = octets.iter().take_while(|&&octet| octet == 0).count();
        writer.big_int(value < 0, &octets[leading_zeros..])?;
    }
    Ok(())
}

/// Adds one to a magnitude.
pub(super) fn increment(magnitude: &mut Vec<u8>) {
    for octet in magnitude.iter_mut().rev() {
        *octet = octet.wrapping_add(1);
        if *octet != 0 {
            return;
        }
    }
    magnitude.insert(0, 1);
}

/// A magnitude above zero, minus one.
pub(super) fn decremented(magnitude: &[u8]) -> Vec<u8> {
    let mut octets = magnitude.to_vec();
    for octet in octets.iter_mut().rev() {
        *octet = octet.wrapping_sub(1);
        if *octet != 0xff {
            break;
        }
    }
    if octets.first() == Some(&0) {
        octets.remove(0);
    }
    octets
}

/// The low and the high half of a limb product.
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn halves(sum: u64) -> (u32, u64) {
    (sum as u32, sum >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: &str, magnitude: &[u8]) {
        assert_eq!(magnitude_of_digits(digits), magnitude, "{digits}");
        assert_eq!(digits_of_magnitude(magnitude), digits);
    }

    #[test]
    fn digits_and_octets() {
        check("1", &[1]);
        check("255", &[255]);
        check("4294967296", &[1, 0, 0, 0, 0]);
        check("18446744073709551616", &[1, 0, 0, 0, 0, 0, 0, 0, 0]);
        check("1000000000000000000000", &[0x36, 0x35, 0xc9, 0xad, 0xc5, 0xde, 0xa0, 0, 0]);
        check("340282366920938463463374607431768211455", &[255; 16]);
    }

    #[test]
    fn the_two_limits_are_one() {
        let largest = magnitude_of_digits(&"9".repeat(INTEGER_DIGITS_MAX));
        assert_eq!(largest.len(), INTEGER_OCTETS_MAX);
        assert_eq!(digits_of_magnitude(&largest), "9".repeat(INTEGER_DIGITS_MAX));
    }

    #[test]
    fn small_is_the_range_of_one_cbor_head() {
        assert_eq!(small(false, &[]), Some(0));
        assert_eq!(small(false, &[255; 8]), Some(INT_MAX));
        assert_eq!(small(false, &[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(small(true, &[1, 0, 0, 0, 0, 0, 0, 0, 0]), Some(INT_MIN));
        assert_eq!(small(true, &[1, 0, 0, 0, 0, 0, 0, 0, 1]), None);
    }
}
