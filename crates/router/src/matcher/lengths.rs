//! Which lengths the prefixes of a table have: a set of small numbers that is read without a lock.

use std::collections::BTreeMap;
use std::iter;

use crosspoint_proto::limits::URI_OCTETS_MAX;

use crate::sync::{AtomicU64, Mutex, Ordering};

const WORD_BITS: usize = u64::BITS as usize;
const WORDS: usize = URI_OCTETS_MAX / WORD_BITS + 1;
const _: () = assert!(WORDS <= WORD_BITS, "one word has a bit for each word");

/// The lengths in use, in octets.
#[derive(Default)]
pub(super) struct Lengths {
    /// A bit for each of the words that is not zero: nothing more is read where there are no prefixes.
    words_in_use: AtomicU64,
    /// A bit for each length in use.
    words: [AtomicU64; WORDS],
    /// How many patterns have each length: only whoever changes the set asks.
    patterns: Mutex<BTreeMap<usize, usize>>,
}

impl Lengths {
    /// The lengths in use that are not above `length`, the longest first.
    pub(super) fn up_to(&self, length: usize) -> impl Iterator<Item = usize> {
        let length = length.min(URI_OCTETS_MAX);
        let (last_word, last_bit) = (length / WORD_BITS, length % WORD_BITS);
        let words_in_use = self.words_in_use.load(Ordering::Acquire);
        descending(words_in_use & bits_up_to(last_word)).flat_map(move |word| {
            let in_use = self.words[word].load(Ordering::Acquire);
            let highest = if word == last_word { last_bit } else { WORD_BITS - 1 };
            descending(in_use & bits_up_to(highest)).map(move |bit| word * WORD_BITS + bit)
        })
    }

    /// One more pattern has this length.
    pub(super) fn add(&self, length: usize) {
        debug_assert!(length <= URI_OCTETS_MAX, "patterns are checked before");
        let mut patterns = self.patterns.lock();
        let count = patterns.entry(length).or_default();
        *count += 1;
        if *count == 1 {
            self.mark(length, true);
        }
    }

    /// One pattern less has this length.
    pub(super) fn remove(&self, length: usize) {
        let mut patterns = self.patterns.lock();
        let Some(count) = patterns.get_mut(&length) else { return };
        *count -= 1;
        if *count == 0 {
            patterns.remove(&length);
            self.mark(length, false);
        }
    }

    /// Whoever changes the set holds its lock, so nothing changes between loading and storing.
    fn mark(&self, length: usize, in_use: bool) {
        let index = length / WORD_BITS;
        let word = &self.words[index];
        let bits = with_bit(word.load(Ordering::Relaxed), length % WORD_BITS, in_use);
        word.store(bits, Ordering::Release);
        let words_in_use = self.words_in_use.load(Ordering::Relaxed);
        self.words_in_use.store(with_bit(words_in_use, index, bits != 0), Ordering::Release);
    }
}

fn with_bit(bits: u64, bit: usize, set: bool) -> u64 {
    bits & !(1 << bit) | u64::from(set) << bit
}

/// The bits from the lowest to this one.
fn bits_up_to(bit: usize) -> u64 {
    u64::MAX >> (WORD_BITS - 1 - bit)
}

/// The bits that are set, the highest first.
fn descending(mut bits: u64) -> impl Iterator<Item = usize> {
    iter::from_fn(move || {
        let highest = bits.checked_ilog2()?;
        bits &= !(1 << highest);
        Some(highest as usize)
    })
}

#[cfg(test)]
impl Lengths {
    /// Is nothing left anywhere?
    pub(super) fn is_empty(&self) -> bool {
        let is_zero = |word: &AtomicU64| word.load(Ordering::Relaxed) == 0;
        self.patterns.lock().is_empty()
            && is_zero(&self.words_in_use)
            && self.words.iter().all(is_zero)
    }
}
