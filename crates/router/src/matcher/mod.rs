//! A table of patterns: finds the entries that match a URI. The dealer keeps its registrations in
//! one, the broker its subscriptions.
//!
//! - [`prefixes`]: patterns that URIs begin with, found by the [`lengths`] in use
//! - [`wildcards`]: patterns with components that stand for any, found by the [`shapes`] in use
//!
//! A look-up asks a hash table once for each length and each shape, so it costs the same among ten
//! patterns and among a million. It takes the lock of one shard for the length of a look, and gives
//! out clones: no lock of the table is held while the caller works with what it has found.
//!
//! What a match is stands in [`matches`](crosspoint_proto::uri::matches). See "Pattern-based
//! Registrations" and "Pattern-based Subscription" in the specification's Advanced Profile.

mod lengths;
mod prefixes;
mod shapes;
#[cfg(test)]
mod tests;
mod wildcards;

use std::sync::Arc;

use crosspoint_proto::uri::MatchPolicy;
use dashmap::DashMap;

use prefixes::Prefixes;
pub(crate) use shapes::TooManyShapes;
use wildcards::Wildcards;

/// Entries by their patterns. Any thread may read at any time; only one changes it at a time.
pub(crate) struct Matcher<T> {
    exact: Patterns<T>,
    prefixes: Prefixes<T>,
    wildcards: Wildcards<T>,
}

/// Patterns of one policy, each with its entry.
type Patterns<T> = DashMap<Arc<str>, T, foldhash::quality::RandomState>;

impl<T: Clone> Matcher<T> {
    /// The entry of this very pattern.
    pub(crate) fn get(&self, policy: MatchPolicy, pattern: &str) -> Option<T> {
        look_up(self.patterns(policy), pattern)
    }

    /// The first entry that is accepted, in the order of precedence that the specification gives
    /// registrations: the exact one, prefixes from the longest on, wildcards as their
    /// [shapes](shapes::Shape) are ordered.
    pub(crate) fn best(&self, uri: &str, accepts: impl Fn(&T) -> bool) -> Option<T> {
        look_up(&self.exact, uri)
            .filter(&accepts)
            .or_else(|| self.prefixes.matching(uri).find(&accepts))
            .or_else(|| self.wildcards.matching(uri).find(&accepts))
    }

    /// Every entry that matches, each once, in the order of [`Matcher::best`].
    pub(crate) fn for_each(&self, uri: &str, mut visit: impl FnMut(&T)) {
        let exact = look_up(&self.exact, uri).into_iter();
        let patterns = self.prefixes.matching(uri).chain(self.wildcards.matching(uri));
        // Not the chain's own `for_each`, which would make three copies of the visitor, none inlined.
        for entry in exact.chain(patterns) {
            visit(&entry);
        }
    }

    /// Adds a pattern that the URI rules have let through, or gives the one that is there another
    /// entry.
    pub(crate) fn insert(
        &self,
        policy: MatchPolicy,
        pattern: Arc<str>,
        entry: T,
    ) -> Result<(), TooManyShapes> {
        match policy {
            MatchPolicy::Exact => drop(self.exact.insert(pattern, entry)),
            MatchPolicy::Prefix => self.prefixes.insert(pattern, entry),
            MatchPolicy::Wildcard => return self.wildcards.insert(pattern, entry),
        }
        Ok(())
    }

    pub(crate) fn remove(&self, policy: MatchPolicy, pattern: &str) {
        match policy {
            MatchPolicy::Exact => drop(self.exact.remove(pattern)),
            MatchPolicy::Prefix => self.prefixes.remove(pattern),
            MatchPolicy::Wildcard => self.wildcards.remove(pattern),
        }
    }

    /// How many patterns there are.
    pub(crate) fn len(&self) -> usize {
        MatchPolicy::ALL.into_iter().map(|policy| self.patterns(policy).len()).sum()
    }

    fn patterns(&self, policy: MatchPolicy) -> &Patterns<T> {
        match policy {
            MatchPolicy::Exact => &self.exact,
            MatchPolicy::Prefix => &self.prefixes.patterns,
            MatchPolicy::Wildcard => &self.wildcards.patterns,
        }
    }
}

/// Entries need no default of their own.
impl<T> Default for Matcher<T> {
    fn default() -> Self {
        Matcher {
            exact: DashMap::default(),
            prefixes: Prefixes::default(),
            wildcards: Wildcards::default(),
        }
    }
}

fn look_up<T: Clone>(patterns: &Patterns<T>, pattern: &str) -> Option<T> {
    patterns.get(pattern).map(|found| found.clone())
}
