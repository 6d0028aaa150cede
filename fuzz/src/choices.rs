//! Choices: the fuzzer's octets as decisions, taken one after the other off their front.
//!
//! When there are none left, every choice is the first. So each input means something, and a change of one octet
//! changes one decision.

/// The octets that have not been used up.
#[derive(Clone, Copy)]
pub struct Choices<'a>(pub &'a [u8]);

impl<'a> Choices<'a> {
    /// Are there none left?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn octet(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below this one, which is at most 256.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.octet()) % end
    }

    /// Once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }

    /// So many octets, or what is left.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Octets up to this one, which is taken off, too, or what is left.
    pub fn until(&mut self, end: u8) -> &'a [u8] {
        let len = self.0.iter().position(|&octet| octet == end).unwrap_or(self.0.len());
        let taken = self.take(len);
        self.take(1);
        taken
    }
}
