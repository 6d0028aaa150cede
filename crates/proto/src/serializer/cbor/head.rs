//! What every CBOR data item begins with: its major type and its argument.
//!
//! See RFC 8949, section 3.

use crate::serializer::{Malformed, malformed};

/// The beginning of a data item. Lengths are as written: whether there is that much is not checked
/// here. Without a length, it goes on until a [`Head::Break`].
#[derive(Clone, Copy)]
pub(super) enum Head {
    Unsigned(u64),
    /// The integer -1 minus this.
    Negative(u64),
    Bytes(Option<u64>),
    Str(Option<u64>),
    List(Option<u64>),
    Dict(Option<u64>),
    Tag(u64),
    Simple(u8),
    Float(f64),
    Break,
}

pub(super) const FALSE: u8 = 20;
pub(super) const TRUE: u8 = 21;
pub(super) const NULL: u8 = 22;
pub(super) const UNDEFINED: u8 = 23;

/// The initial octet of a [`Head::Break`].
pub(super) const BREAK: u8 = 0xff;

/// The tags of bignums.
pub(super) const TAG_POSITIVE: u64 = 2;
pub(super) const TAG_NEGATIVE: u64 = 3;

/// Octets, and how far they were read.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) octets: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    #[expect(clippy::inline_always, reason = "otherwise the cursor lives in memory")]
    #[inline(always)]
    pub(super) fn head(&mut self) -> Result<Head, Malformed> {
        let start = self.at;
        let initial = u8::from_be_bytes(self.array()?);
        let (major, information) = (initial >> 5, initial & 0x1f);
        let argument = match information {
            0..=23 => information.into(),
            24 => u8::from_be_bytes(self.array()?).into(),
            25 => u16::from_be_bytes(self.array()?).into(),
            26 => u32::from_be_bytes(self.array()?).into(),
            27 => u64::from_be_bytes(self.array()?),
            31 => return indefinite(major, start),
            _ => return malformed(start, "reserved additional information"),
        };
        Ok(match major {
            0 => Head::Unsigned(argument),
            1 => Head::Negative(argument),
            2 => Head::Bytes(Some(argument)),
            3 => Head::Str(Some(argument)),
            4 => Head::List(Some(argument)),
            5 => Head::Dict(Some(argument)),
            6 => Head::Tag(argument),
            _ => return simple_or_float(information, argument, start),
        })
    }

    /// The next octets, if there are that many.
    #[inline]
    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8], Malformed> {
        let rest = &self.octets[self.at..];
        let Some(octets) = usize::try_from(len).ok().and_then(|len| rest.get(..len)) else {
            return malformed(self.at, "a length beyond the end");
        };
        self.at += octets.len();
        Ok(octets)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let Some(array) = self.octets[self.at..].first_chunk() else {
            return malformed(self.at, "unexpected end");
        };
        self.at += N;
        Ok(*array)
    }
}

fn indefinite(major: u8, start: usize) -> Result<Head, Malformed> {
    Ok(match major {
        2 => Head::Bytes(None),
        3 => Head::Str(None),
        4 => Head::List(None),
        5 => Head::Dict(None),
        7 => Head::Break,
        _ => return malformed(start, "an integer or tag of indefinite length"),
    })
}

/// Major type 7. The argument has as many bits as its additional information says.
#[expect(clippy::cast_possible_truncation, reason = "as many bits as there are")]
#[inline]
fn simple_or_float(information: u8, argument: u64, start: usize) -> Result<Head, Malformed> {
    Ok(match information {
        24 if argument < 32 => return malformed(start, "a simple value in two octets"),
        25 => Head::Float(half(argument as u16)),
        26 => Head::Float(f32::from_bits(argument as u32).into()),
        27 => Head::Float(f64::from_bits(argument)),
        _ => Head::Simple(argument as u8),
    })
}

/// A float of 16 bits. See RFC 8949, appendix D.
fn half(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    let absolute = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -absolute } else { absolute }
}
