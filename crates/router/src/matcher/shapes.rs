//! Shapes of wildcard patterns: where a pattern's wildcards are, whatever the rest of it says.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosspoint_proto::limits::PATTERN_COMPONENTS_MAX;

use crate::limits::WILDCARD_SHAPES_MAX;
use crate::sync::{AtomicU64, Ordering, RwLock};

const _: () = assert!(PATTERN_COMPONENTS_MAX == u64::BITS as usize, "a bit for each component");

/// The bit of the first component: each further one's is the next lower.
const FIRST: u64 = 1 << (PATTERN_COMPONENTS_MAX - 1);

/// Where a pattern has wildcards. In the order of precedence among shapes of as many components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    components: usize,
    /// The bits of the wildcards.
    ///
    /// Where two patterns match one URI and differ first, one has a wildcard and the other a literal
    /// component; the latter's literal portion is the longer one there, so it takes precedence. As
    /// the first component has the highest bit, that is the order of the masks as numbers.
    wildcards: u64,
}

impl Shape {
    /// The shape of a pattern; none if it has more than [`PATTERN_COMPONENTS_MAX`] components.
    pub(super) fn of(pattern: &str) -> Option<Shape> {
        let mut shape = Shape { components: 0, wildcards: 0 };
        for component in pattern.as_bytes().split(|&octet| octet == b'.') {
            if shape.components == PATTERN_COMPONENTS_MAX {
                return None;
            }
            if component.is_empty() {
                shape.wildcards |= FIRST >> shape.components;
            }
            shape.components += 1;
        }
        Some(shape)
    }

    /// The URI with those components emptied where this shape has wildcards. Octet by octet: components
    /// are too short for a search to pay.
    pub(super) fn empty_wildcards(self, uri: &str, pattern: &mut String) {
        pattern.clear();
        pattern.reserve(uri.len());
        let (mut rest, mut component) = (uri, FIRST);
        while let Some(dot) = rest.bytes().position(|octet| octet == b'.') {
            // Of a wildcard only the dot behind it remains.
            let begin = if self.wildcards & component == 0 { 0 } else { dot };
            pattern.push_str(&rest[begin..=dot]);
            rest = &rest[dot + 1..];
            component >>= 1;
        }
        if self.wildcards & component == 0 {
            pattern.push_str(rest);
        }
    }

    /// The bit of its number of components.
    fn components_bit(self) -> u64 {
        1 << (self.components - 1)
    }
}

/// There are [`WILDCARD_SHAPES_MAX`] other shapes of as many components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyShapes;

/// The shapes in use.
#[derive(Default)]
pub(super) struct Shapes {
    /// A bit for each number of components that some shape has: where there are no wildcards nothing
    /// more is read.
    components_in_use: AtomicU64,
    /// By number of components, in the order of precedence. Readers take the list with them rather
    /// than holding the lock.
    by_components: RwLock<BTreeMap<usize, Arc<Vec<InUse>>>>,
}

/// A shape in use.
#[derive(Clone, Copy)]
struct InUse {
    shape: Shape,
    patterns: usize,
}

impl Shapes {
    /// The shapes that a URI may match, in the order of precedence.
    pub(super) fn fitting(&self, uri: &str) -> impl Iterator<Item = Shape> {
        self.of_uri(uri).into_iter().flat_map(|of_uri| {
            // A component that is empty in the URI, too, matches nothing but a wildcard.
            let fits = move |shape: &Shape| of_uri.wildcards & !shape.wildcards == 0;
            self.of_components(of_uri.components).filter(fits)
        })
    }

    /// One more pattern has this shape.
    pub(super) fn add(&self, shape: Shape) -> Result<(), TooManyShapes> {
        let mut by_components = self.by_components.write();
        let shapes = Arc::make_mut(by_components.entry(shape.components).or_default());
        match position(shapes, shape) {
            Ok(index) => shapes[index].patterns += 1,
            Err(_) if shapes.len() >= WILDCARD_SHAPES_MAX => return Err(TooManyShapes),
            Err(index) => shapes.insert(index, InUse { shape, patterns: 1 }),
        }
        self.components_in_use.fetch_or(shape.components_bit(), Ordering::Release);
        Ok(())
    }

    /// One pattern less has this shape.
    pub(super) fn remove(&self, shape: Shape) {
        let mut by_components = self.by_components.write();
        let Some(shapes) = by_components.get_mut(&shape.components) else { return };
        let shapes = Arc::make_mut(shapes);
        let Ok(index) = position(shapes, shape) else { return };
        shapes[index].patterns -= 1;
        if shapes[index].patterns == 0 {
            shapes.remove(index);
        }
        if shapes.is_empty() {
            by_components.remove(&shape.components);
            self.components_in_use.fetch_and(!shape.components_bit(), Ordering::Release);
        }
    }

    /// The URI as if it were a pattern, if there are patterns of as many components.
    fn of_uri(&self, uri: &str) -> Option<Shape> {
        let in_use = self.components_in_use.load(Ordering::Acquire);
        if in_use == 0 {
            return None;
        }
        Shape::of(uri).filter(|shape| in_use & shape.components_bit() != 0)
    }

    fn of_components(&self, components: usize) -> impl Iterator<Item = Shape> + use<> {
        let shapes = self.by_components.read().get(&components).cloned();
        let each = |shapes: Arc<Vec<InUse>>| (0..shapes.len()).map(move |i| shapes[i].shape);
        shapes.into_iter().flat_map(each)
    }
}

fn position(shapes: &[InUse], shape: Shape) -> Result<usize, usize> {
    shapes.binary_search_by_key(&shape, |in_use| in_use.shape)
}

#[cfg(test)]
impl Shapes {
    /// Is nothing left anywhere?
    pub(super) fn is_empty(&self) -> bool {
        self.by_components.read().is_empty() && self.components_in_use.load(Ordering::Relaxed) == 0
    }
}
