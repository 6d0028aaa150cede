//! permessage-deflate, RFC 7692, without context takeover: every message is compressed by itself.
//!
//! Compressors and decompressors are kept by the thread, not by the connection: 30 to 300 kB each,
//! and needed only for the moment in which a message is written or read.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::framing::Violation;

/// Shorter messages hardly shrink, and compressing them costs more than sending them.
pub(super) const WORTHWHILE_LEN: usize = 256;

/// Level 2 of 9: it writes up to 6 % more than zlib's usual level 6, in as little as half of the
/// time. Level 1 takes half to a third of that, but writes 20 to 40 % more.
const LEVEL: Compression = Compression::new(2);

/// What a flush ends with: a sender leaves it out, a receiver puts it back. RFC 7692, section 7.2.
const FLUSH_TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// The smallest and largest window. RFC 7692 also has 8, which zlib reads but does not write.
const WINDOW_BITS_MIN: u8 = 9;
const WINDOW_BITS_MAX: u8 = 15;

/// What was agreed on for the messages that we compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Deflate {
    window_bits: u8,
}

impl Default for Deflate {
    fn default() -> Self {
        Self { window_bits: WINDOW_BITS_MAX }
    }
}

impl Deflate {
    /// With a window of `2^window_bits` octets; none if we cannot compress with such a window.
    pub fn with_window_bits(window_bits: u8) -> Option<Self> {
        let possible = (WINDOW_BITS_MIN..=WINDOW_BITS_MAX).contains(&window_bits);
        possible.then_some(Self { window_bits })
    }

    /// The base-2 logarithm of the window that we compress with.
    pub fn window_bits(self) -> u8 {
        self.window_bits
    }

    /// Appends a payload to `out`, compressed, and says how long it became. None, and rubbish in
    /// `out`, if it did not become shorter.
    pub(super) fn deflate<'p>(
        self,
        parts: impl Iterator<Item = &'p [u8]>,
        len: usize,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let start = out.len();
        out.reserve(len + FLUSH_TAIL.len());
        with_compressor(self.window_bits, |compressor| compress(compressor, parts, out))?;
        let deflated_len = out.len() - start - FLUSH_TAIL.len();
        out.truncate(start + deflated_len);
        (deflated_len < len).then_some(deflated_len)
    }
}

/// Compresses into the spare capacity of `out`; none if that is not enough.
fn compress<'p>(
    compressor: &mut Compress,
    parts: impl Iterator<Item = &'p [u8]>,
    out: &mut Vec<u8>,
) -> Option<()> {
    for part in parts {
        let before = compressor.total_in();
        compressor.compress_vec(part, out, FlushCompress::None).ok()?;
        if compressor.total_in() - before < part.len() as u64 {
            return None;
        }
    }
    compressor.compress_vec(&[], out, FlushCompress::Sync).ok()?;
    let flushed = out.len() < out.capacity();
    (flushed && out.ends_with(&FLUSH_TAIL)).then_some(())
}

/// Inflates a message of at most `limit` octets into `out`, which is empty.
///
/// The limit holds while inflating: a bomb costs no more memory than the longest message.
pub(super) fn inflate(compressed: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Violation> {
    with_decompressor(|decompressor| {
        out.reserve_exact(compressed.len().saturating_mul(2).min(limit.saturating_add(1)));
        inflate_part(decompressor, compressed, limit, out)?;
        inflate_part(decompressor, &FLUSH_TAIL, limit, out)
    })
}

fn inflate_part(
    decompressor: &mut Decompress,
    mut input: &[u8],
    limit: usize,
    out: &mut Vec<u8>,
) -> Result<(), Violation> {
    loop {
        if out.len() == out.capacity() {
            // One octet above the limit tells a message that just fits from one that does not.
            out.reserve_exact(out.len().max(1024).min(limit.saturating_add(1) - out.len()));
        }
        let (read, written) = (decompressor.total_in(), out.len());
        let status = decompressor.decompress_vec(input, out, FlushDecompress::None);
        let status = status.map_err(|_| Violation::NotDeflate)?;
        if out.len() > limit {
            return Err(Violation::MessageTooLong { limit });
        }
        let read = usize::try_from(decompressor.total_in() - read).unwrap_or(0);
        input = &input[read..];
        if status == Status::StreamEnd {
            // Section 7.2.3.4: a sender may end the stream within a message, and begin another.
            decompressor.reset(false);
        }
        if input.is_empty() && out.len() < out.capacity() {
            return Ok(());
        }
        if read == 0 && out.len() == written && status != Status::StreamEnd {
            return Err(Violation::NotDeflate);
        }
    }
}

fn with_compressor<T>(window_bits: u8, work: impl FnOnce(&mut Compress) -> T) -> T {
    const WINDOWS: usize = (WINDOW_BITS_MAX - WINDOW_BITS_MIN + 1) as usize;
    thread_local! {
        static COMPRESSORS: RefCell<[Option<Compress>; WINDOWS]> = const {
            RefCell::new([const { None }; WINDOWS])
        };
    }
    COMPRESSORS.with_borrow_mut(|compressors| {
        let compressor = &mut compressors[usize::from(window_bits - WINDOW_BITS_MIN)];
        let compressor = compressor
            .get_or_insert_with(|| Compress::new_with_window_bits(LEVEL, false, window_bits));
        compressor.reset();
        work(compressor)
    })
}

fn with_decompressor<T>(work: impl FnOnce(&mut Decompress) -> T) -> T {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<Decompress>> = const { RefCell::new(None) };
    }
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = decompressor.get_or_insert_with(|| Decompress::new(false));
        decompressor.reset(false);
        work(decompressor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflated(deflate: Deflate, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        deflate.deflate([payload].into_iter(), payload.len(), &mut out).unwrap();
        out
    }

    fn inflated(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Violation> {
        let mut out = Vec::new();
        inflate(compressed, limit, &mut out).map(|()| out)
    }

    #[test]
    fn what_is_deflated_inflates_again_with_every_window() {
        let payload: Vec<u8> = (0..200_000_u32).map(|n| (n % 1009).to_be_bytes()[3]).collect();
        for window_bits in WINDOW_BITS_MIN..=WINDOW_BITS_MAX {
            let deflate = Deflate::with_window_bits(window_bits).unwrap();
            let compressed = deflated(deflate, &payload);
            assert_eq!(inflated(&compressed, payload.len()), Ok(payload.clone()));
        }
        assert_eq!(Deflate::with_window_bits(8), None);
        assert_eq!(Deflate::with_window_bits(16), None);
    }

    #[test]
    fn each_message_stands_alone() {
        let payload = [b'x'; 1000];
        let first = deflated(Deflate::default(), &payload);
        assert_eq!(deflated(Deflate::default(), &payload), first);
    }

    #[test]
    fn examples_of_the_rfc_inflate() {
        let hello = Ok(b"Hello".to_vec());
        // One block; no compression; a block that ends the stream; two blocks. Section 7.2.3.
        assert_eq!(inflated(b"\xf2\x48\xcd\xc9\xc9\x07\x00", 5), hello);
        assert_eq!(inflated(b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 5), hello);
        assert_eq!(inflated(b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 5), hello);
        let two_blocks = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
        assert_eq!(inflated(two_blocks, 5), hello);
        assert_eq!(inflated(b"\x00", 0), Ok(Vec::new()));
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = deflated(Deflate::default(), &vec![0; 10_000_000]);
        for limit in [0, 1, 1000, 9_999_999] {
            let mut out = Vec::new();
            let violation = inflate(&bomb, limit, &mut out).unwrap_err();
            assert_eq!(violation, Violation::MessageTooLong { limit });
            assert!(out.capacity() <= limit + 1);
        }
        assert_eq!(inflated(&bomb, 10_000_000).unwrap().len(), 10_000_000);
    }

    #[test]
    fn what_is_not_deflate_is_a_violation() {
        assert_eq!(inflated(b"\xFF\xFF\xFF\xFF", 1000), Err(Violation::NotDeflate));
    }
}
