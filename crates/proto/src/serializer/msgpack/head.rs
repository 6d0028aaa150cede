//! What stands in `MessagePack` before a value's own octets.

use crate::serializer::{Malformed, malformed};

/// The marker of a value, with the number or length that belongs to it. Lengths are as written:
/// whether there is that much is not checked here.
pub(super) enum Head {
    Nil,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(usize),
    Bytes(usize),
    /// An extension; the length is without its type.
    Extension(usize),
    List(usize),
    Dict(usize),
}

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
        let marker = self.u8()?;
        Ok(match marker {
            0x00..=0x7f => Head::Int(marker.into()),
            0x80..=0x8f => Head::Dict((marker & 0x0f).into()),
            0x90..=0x9f => Head::List((marker & 0x0f).into()),
            0xa0..=0xbf => Head::Str((marker & 0x1f).into()),
            0xc0 => Head::Nil,
            0xc1 => return malformed(start, "the marker c1 means nothing"),
            0xc2 => Head::Bool(false),
            0xc3 => Head::Bool(true),
            0xc4 => Head::Bytes(self.u8()?.into()),
            0xc5 => Head::Bytes(self.u16()?.into()),
            0xc6 => Head::Bytes(self.u32()? as usize),
            0xc7 => Head::Extension(self.u8()?.into()),
            0xc8 => Head::Extension(self.u16()?.into()),
            0xc9 => Head::Extension(self.u32()? as usize),
            0xca => Head::Float(f32::from_bits(self.u32()?).into()),
            0xcb => Head::Float(f64::from_bits(self.u64()?)),
            0xcc => Head::Int(self.u8()?.into()),
            0xcd => Head::Int(self.u16()?.into()),
            0xce => Head::Int(self.u32()?.into()),
            0xcf => Head::Int(self.u64()?.into()),
            0xd0 => Head::Int(self.u8()?.cast_signed().into()),
            0xd1 => Head::Int(self.u16()?.cast_signed().into()),
            0xd2 => Head::Int(self.u32()?.cast_signed().into()),
            0xd3 => Head::Int(self.u64()?.cast_signed().into()),
            0xd4..=0xd8 => Head::Extension(1 << (marker - 0xd4)),
            0xd9 => Head::Str(self.u8()?.into()),
            0xda => Head::Str(self.u16()?.into()),
            0xdb => Head::Str(self.u32()? as usize),
            0xdc => Head::List(self.u16()?.into()),
            0xdd => Head::List(self.u32()? as usize),
            0xde => Head::Dict(self.u16()?.into()),
            0xdf => Head::Dict(self.u32()? as usize),
            0xe0..=0xff => Head::Int(marker.cast_signed().into()),
        })
    }

    /// The next octets, if there are that many.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let Some(octets) = self.octets[self.at..].get(..len) else {
            return malformed(self.at, "a length beyond the end");
        };
        self.at += len;
        Ok(octets)
    }

    /// The data of an extension, or nothing if it is undefined.
    #[inline]
    pub(super) fn extension(&mut self, len: usize) -> Result<Option<&'a [u8]>, Malformed> {
        let kind = self.u8()?;
        let data = self.take(len)?;
        Ok(if kind == 0 && data == [0] { None } else { Some(data) })
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let Some(array) = self.octets[self.at..].first_chunk() else {
            return malformed(self.at, "unexpected end");
        };
        self.at += N;
        Ok(*array)
    }

    #[inline]
    fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    #[inline]
    fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline]
    fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_be_bytes)
    }
}
