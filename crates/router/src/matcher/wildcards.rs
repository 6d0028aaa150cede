//! Patterns of which some components are empty and stand for any.

use std::sync::Arc;

use super::shapes::{Shape, Shapes, TooManyShapes};
use super::{Patterns, look_up};

/// Wildcard patterns, and which shapes they have.
pub(super) struct Wildcards<T> {
    pub(super) patterns: Patterns<T>,
    pub(super) shapes: Shapes,
}

impl<T: Clone> Wildcards<T> {
    /// The entries of all patterns that a URI matches, in the order of their shapes. A shape makes of
    /// the URI the one pattern of that shape which it matches, to be looked up.
    pub(super) fn matching<'m>(&'m self, uri: &'m str) -> impl Iterator<Item = T> + 'm {
        let mut pattern = String::new();
        self.shapes.fitting(uri).filter_map(move |shape| {
            shape.empty_wildcards(uri, &mut pattern);
            look_up(&self.patterns, &pattern)
        })
    }

    /// The shape first: without it nothing of the pattern is left behind.
    pub(super) fn insert(&self, pattern: Arc<str>, entry: T) -> Result<(), TooManyShapes> {
        if !self.patterns.contains_key(&pattern) {
            self.shapes.add(Shape::of(&pattern).ok_or(TooManyShapes)?)?;
        }
        self.patterns.insert(pattern, entry);
        Ok(())
    }

    pub(super) fn remove(&self, pattern: &str) {
        if self.patterns.remove(pattern).is_none() {
            return;
        }
        if let Some(shape) = Shape::of(pattern) {
            self.shapes.remove(shape);
        }
    }
}

impl<T> Default for Wildcards<T> {
    fn default() -> Self {
        Wildcards { patterns: Patterns::default(), shapes: Shapes::default() }
    }
}
