//! Patterns that URIs begin with, wherever the pattern ends: also within a component.

use std::sync::Arc;

use super::lengths::Lengths;
use super::{Patterns, look_up};

/// Prefixes, and which lengths they have.
pub(super) struct Prefixes<T> {
    pub(super) patterns: Patterns<T>,
    pub(super) lengths: Lengths,
}

impl<T: Clone> Prefixes<T> {
    /// The entries of all prefixes of a URI, the longest first.
    pub(super) fn matching(&self, uri: &str) -> impl Iterator<Item = T> {
        // A length that another prefix has may be amid a character of this URI.
        let begins = self.lengths.up_to(uri.len()).filter_map(|length| uri.get(..length));
        begins.filter_map(|prefix| look_up(&self.patterns, prefix))
    }

    pub(super) fn insert(&self, pattern: Arc<str>, entry: T) {
        let length = pattern.len();
        if self.patterns.insert(pattern, entry).is_none() {
            self.lengths.add(length);
        }
    }

    pub(super) fn remove(&self, pattern: &str) {
        if self.patterns.remove(pattern).is_some() {
            self.lengths.remove(pattern.len());
        }
    }
}

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Prefixes { patterns: Patterns::default(), lengths: Lengths::default() }
    }
}
