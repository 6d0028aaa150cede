//! The grammar of JSON over octets: whether a value may stand there, and where it ends.
//!
//! This is all that a payload sees of JSON on its way from one session to another, so it makes no
//! values and takes no memory. UTF-8 is not its business: the reader checked it before.

use crate::limits::NESTING_DEPTH_MAX;
use crate::serializer::{Malformed, malformed};

/// Which lists and dicts are open, from the outermost to the innermost.
#[derive(Clone, Copy, Default)]
pub(super) struct Nesting {
    pub(super) depth: usize,
    /// One bit each, set for dicts; the innermost is the lowest.
    dicts: u128,
}

const _: () = assert!(NESTING_DEPTH_MAX <= 128, "one bit for each level");

impl Nesting {
    /// Opens a list or dict that begins at this offset.
    #[inline]
    pub(super) fn open(&mut self, dict: bool, offset: usize) -> Result<(), Malformed> {
        if self.depth == NESTING_DEPTH_MAX {
            return malformed(offset, "nested too deep");
        }
        self.depth += 1;
        self.dicts = self.dicts << 1 | u128::from(dict);
        Ok(())
    }

    #[inline]
    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.dicts >>= 1;
    }

    /// Is the innermost a dict?
    #[inline]
    pub(super) fn in_dict(self) -> bool {
        self.dicts & 1 == 1
    }
}

/// Passes over the value that begins at `at`, and gives the offset behind it.
pub(super) fn value(
    octets: &[u8],
    mut at: usize,
    mut nesting: Nesting,
) -> Result<usize, Malformed> {
    let outside = nesting.depth;
    loop {
        if nesting.depth > outside && nesting.in_dict() {
            at = key(octets, at)?.value;
        }
        at = match octets.get(at) {
            Some(b'"') => string(octets, at)?.end,
            Some(b'-' | b'0'..=b'9') => number(octets, at)?.end,
            Some(&bracket @ (b'[' | b'{')) => {
                let dict = bracket == b'{';
                nesting.open(dict, at)?;
                at = space(octets, at + 1);
                if octets.get(at) != Some(&closing(dict)) {
                    continue;
                }
                nesting.close();
                at + 1
            }
            _ => literal(octets, at)?,
        };
        at = next_item(octets, at, &mut nesting, outside)?;
        if nesting.depth == outside {
            return Ok(at);
        }
    }
}

/// From behind a value to the next value or key: over separators and ends. Stops behind the end that
/// leads outside.
#[inline]
fn next_item(
    octets: &[u8],
    mut at: usize,
    nesting: &mut Nesting,
    outside: usize,
) -> Result<usize, Malformed> {
    while nesting.depth > outside {
        at = space(octets, at);
        let dict = nesting.in_dict();
        match octets.get(at) {
            Some(b',') => return Ok(space(octets, at + 1)),
            Some(&octet) if octet == closing(dict) => {
                nesting.close();
                at += 1;
            }
            _ => return unseparated(octets, at),
        }
    }
    Ok(at)
}

/// The octet that ends a list or a dict.
#[inline]
pub(super) const fn closing(dict: bool) -> u8 {
    if dict { b'}' } else { b']' }
}

/// What stands behind a value is neither a comma nor the right end.
pub(super) fn unseparated<T>(octets: &[u8], at: usize) -> Result<T, Malformed> {
    match octets.get(at) {
        Some(_) => malformed(at, "expected a comma or the end of the list or dict"),
        None => malformed(at, "unexpected end"),
    }
}

/// Passes over white space.
#[inline]
pub(super) fn space(octets: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = octets.get(at) {
        at += 1;
    }
    at
}

/// From behind a value to the next one, or from one to itself.
pub(in crate::serializer) fn over_separators(octets: &[u8], at: usize) -> usize {
    let at = space(octets, at);
    if octets.get(at) == Some(&b',') { space(octets, at + 1) } else { at }
}

/// A string that was passed over, quotes included.
pub(super) struct StringSpan {
    pub(super) end: usize,
    /// Are there escapes in it?
    pub(super) escaped: bool,
}

/// Passes over the string whose opening quote is at `start`.
#[expect(clippy::inline_always, reason = "most strings are short, and no call is shorter")]
#[inline(always)]
pub(super) fn string(octets: &[u8], start: usize) -> Result<StringSpan, Malformed> {
    let end = plain(octets, start + 1);
    if octets.get(end) == Some(&b'"') {
        return Ok(StringSpan { end: end + 1, escaped: false });
    }
    let end = escaped_string(octets, end)?;
    Ok(StringSpan { end, escaped: true })
}

/// Passes over the rest of a string from its first octet that does not stand for itself.
#[inline(never)]
fn escaped_string(octets: &[u8], mut at: usize) -> Result<usize, Malformed> {
    loop {
        match octets.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = plain(octets, escape(octets, at)?),
            Some(_) => return malformed(at, "control character in a string"),
            None => return malformed(at, "unterminated string"),
        }
    }
}

/// Passes over the octets of a string that stand for themselves: up to a quote, a backslash, a
/// control character, or the end.
#[inline]
pub(super) fn plain(octets: &[u8], mut at: usize) -> usize {
    while let Some(eight) = octets.get(at..).and_then(<[u8]>::first_chunk) {
        let marks = specials(u64::from_le_bytes(*eight));
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while octets.get(at).is_some_and(|&octet| !matches!(octet, b'"' | b'\\' | 0..0x20)) {
        at += 1;
    }
    at
}

/// Marks the octets of a word that do not stand for themselves, by their highest bits. A subtraction
/// that borrows can mark octets above the first that is rightly marked, never below it.
#[inline]
const fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let marks = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    marks & (ONES * 0x80)
}

/// Passes over the escape whose backslash is at `at`. Surrogates need not come in pairs here.
fn escape(octets: &[u8], at: usize) -> Result<usize, Malformed> {
    match octets.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match octets.get(at + 2..at + 6) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
            _ => malformed(at, "expected four hexadecimal digits after \\u"),
        },
        _ => malformed(at, "unknown escape"),
    }
}

/// A dict's key that was passed over with its colon.
pub(super) struct KeySpan {
    /// The key's string.
    pub(super) string: StringSpan,
    /// The offset of the value.
    pub(super) value: usize,
}

/// Passes over the key that begins at `at`, and its colon.
#[expect(clippy::inline_always, reason = "most strings are short, and no call is shorter")]
#[inline(always)]
pub(super) fn key(octets: &[u8], at: usize) -> Result<KeySpan, Malformed> {
    if octets.get(at) != Some(&b'"') {
        return malformed(at, "expected a string as key");
    }
    let string = string(octets, at)?;
    let colon = space(octets, string.end);
    if octets.get(colon) != Some(&b':') {
        return malformed(colon, "expected a colon");
    }
    Ok(KeySpan { string, value: space(octets, colon + 1) })
}

/// A number that was passed over.
pub(super) struct NumberSpan {
    pub(super) end: usize,
    /// Has it neither fraction nor exponent?
    pub(super) integer: bool,
}

/// Passes over the number that begins at `start`.
#[inline]
pub(super) fn number(octets: &[u8], start: usize) -> Result<NumberSpan, Malformed> {
    let first = start + usize::from(octets.get(start) == Some(&b'-'));
    let mut end = match octets.get(first) {
        Some(b'0') => first + 1,
        _ => digits(octets, first)?,
    };
    let integer_end = end;
    if octets.get(end) == Some(&b'.') {
        end = digits(octets, end + 1)?;
    }
    if let Some(b'e' | b'E') = octets.get(end) {
        let sign = usize::from(matches!(octets.get(end + 1), Some(b'+' | b'-')));
        end = digits(octets, end + 1 + sign)?;
    }
    Ok(NumberSpan { end, integer: end == integer_end })
}

/// Passes over one digit or more.
#[inline]
fn digits(octets: &[u8], start: usize) -> Result<usize, Malformed> {
    let mut at = start;
    while octets.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at == start { malformed(at, "expected a digit") } else { Ok(at) }
}

/// Passes over `true`, `false` or `null`: what is left when a value is nothing else.
#[inline]
pub(super) fn literal(octets: &[u8], at: usize) -> Result<usize, Malformed> {
    match octets.get(at..) {
        Some([b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..]) => Ok(at + 4),
        Some([b'f', b'a', b'l', b's', b'e', ..]) => Ok(at + 5),
        Some([_, ..]) => malformed(at, "expected a value"),
        _ => malformed(at, "unexpected end"),
    }
}
