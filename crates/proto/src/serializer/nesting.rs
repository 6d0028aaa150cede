//! How deep a reader is: one number for each list or dict that is open.

use crate::limits::NESTING_DEPTH_MAX;

/// A stack of at most [`NESTING_DEPTH_MAX`] numbers. A reader is made for every message, and few
/// messages nest deep: the first numbers are in place, the rest is allocated.
#[derive(Clone, Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    first: [u32; IN_PLACE],
    rest: Vec<u32>,
}

const IN_PLACE: usize = 6;

impl Nesting {
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Goes one deeper, if that is allowed.
    #[inline]
    pub(super) fn push(&mut self, number: u32) -> Option<()> {
        match self.first.get_mut(self.depth) {
            Some(slot) => *slot = number,
            None if self.depth < NESTING_DEPTH_MAX => self.rest.push(number),
            None => return None,
        }
        self.depth += 1;
        Some(())
    }

    /// Comes back from the last [`Nesting::push`]; zero where there was none.
    #[inline]
    pub(super) fn pop(&mut self) -> u32 {
        self.depth = self.depth.saturating_sub(1);
        match self.first.get(self.depth) {
            Some(number) => *number,
            None => self.rest.pop().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_up_to_the_limit() {
        let mut nesting = Nesting::default();
        for number in 0..128 {
            assert_eq!(nesting.push(number), Some(()));
        }
        assert_eq!(nesting.push(128), None);
        for number in (0..128).rev() {
            assert_eq!(nesting.depth(), number as usize + 1);
            assert_eq!(nesting.pop(), number);
        }
        assert_eq!(nesting.depth(), 0);
    }
}
