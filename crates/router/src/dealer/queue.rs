//! The queue of a registration: calls that wait for a callee with a free place.

use std::collections::VecDeque;
use std::sync::Arc;

use super::call::Call;

/// Calls that wait, the longest waiting first.
#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// How many of them are content with any callee.
    content: usize,
}

#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) call: Arc<Call>,
    /// Any callee will do: the call has no key, and nobody has refused it.
    pub(super) content: bool,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Does a call wait that would take any callee?
    pub(super) fn has_content(&self) -> bool {
        self.content > 0
    }

    /// Is there no call that is choosy?
    pub(super) fn has_only_content(&self) -> bool {
        self.content == self.waiting.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Waiting> {
        self.waiting.get(index).cloned()
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        self.content += usize::from(waiting.content);
        self.waiting.push_back(waiting);
    }

    pub(super) fn remove(&mut self, index: usize) {
        if let Some(removed) = self.waiting.remove(index) {
            self.content -= usize::from(removed.content);
        }
    }

    /// A call does not wait any more.
    pub(super) fn forget(&mut self, call: &Arc<Call>) {
        let index = self.waiting.iter().position(|waiting| Arc::ptr_eq(&waiting.call, call));
        if let Some(index) = index {
            self.remove(index);
        }
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = Arc<Call>> + use<> {
        self.content = 0;
        std::mem::take(&mut self.waiting).into_iter().map(|waiting| waiting.call)
    }
}
