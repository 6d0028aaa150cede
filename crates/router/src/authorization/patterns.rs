//! What two patterns have in common: whether one is for all URIs that the other is for, or for some.
//!
//! What a pattern matches is in [`matches`](crosspoint_proto::uri::matches). A wildcard's empty component
//! stands for one that is not empty.

use crosspoint_proto::uri::{MatchPolicy, matches, wildcard_head};

/// A URI, or a pattern of URIs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern<'p> {
    pub(super) policy: MatchPolicy,
    pub(super) text: &'p str,
}

impl Pattern<'_> {
    /// Does it match every URI that the other one matches? If it is not certain, it does not.
    pub(super) fn covers(self, other: Pattern<'_>) -> bool {
        match (self.policy, other.policy) {
            (_, MatchPolicy::Exact) => matches(self.policy, self.text, other.text),
            (MatchPolicy::Prefix, MatchPolicy::Prefix) => other.text.starts_with(self.text),
            (MatchPolicy::Prefix, MatchPolicy::Wildcard) => {
                wildcard_head(other.text).starts_with(self.text)
            }
            (MatchPolicy::Wildcard, MatchPolicy::Wildcard) => {
                same_components(self.text, other.text, |mine, other| {
                    mine.is_empty() || mine == other
                })
            }
            (MatchPolicy::Exact, _) | (MatchPolicy::Wildcard, MatchPolicy::Prefix) => false,
        }
    }

    /// Is there a URI that both match? If it is not certain, there is.
    pub(super) fn overlaps(self, other: Pattern<'_>) -> bool {
        match (self.policy, other.policy) {
            (MatchPolicy::Exact, _) => matches(other.policy, other.text, self.text),
            (_, MatchPolicy::Exact) => matches(self.policy, self.text, other.text),
            (MatchPolicy::Prefix, MatchPolicy::Prefix) => {
                self.text.starts_with(other.text) || other.text.starts_with(self.text)
            }
            (MatchPolicy::Prefix, MatchPolicy::Wildcard) => {
                prefix_meets_wildcard(self.text, other.text)
            }
            (MatchPolicy::Wildcard, MatchPolicy::Prefix) => {
                prefix_meets_wildcard(other.text, self.text)
            }
            (MatchPolicy::Wildcard, MatchPolicy::Wildcard) => {
                same_components(self.text, other.text, |mine, other| {
                    mine.is_empty() || other.is_empty() || mine == other
                })
            }
        }
    }
}

fn same_components(one: &str, other: &str, agree: impl Fn(&str, &str) -> bool) -> bool {
    one.split('.').count() == other.split('.').count()
        && one.split('.').zip(other.split('.')).all(|(one, other)| agree(one, other))
}

/// May a URI that begins like this match the wildcard pattern? Its last component may go on.
fn prefix_meets_wildcard(prefix: &str, wildcard: &str) -> bool {
    let mut components = wildcard.split('.');
    let (whole, last) = prefix.rsplit_once('.').map_or((None, prefix), |(a, b)| (Some(a), b));
    let agrees = |component: &str| {
        components.next().is_some_and(|wanted| wanted.is_empty() || wanted == component)
    };
    whole.into_iter().flat_map(|whole| whole.split('.')).all(agrees)
        && components.next().is_some_and(|wanted| wanted.is_empty() || wanted.starts_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts of so many letters of a small alphabet.
    fn texts(length: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..length {
            last = last
                .iter()
                .flat_map(|text| ["a", "b", "."].map(|c| format!("{text}{c}")))
                .collect();
            texts.extend(last.iter().cloned());
        }
        texts
    }

    /// Against the definition, over all URIs of up to seven letters and all patterns of up to four.
    #[test]
    fn covering_and_overlapping_is_what_matching_says() {
        let uris: Vec<_> =
            texts(7).into_iter().filter(|text| text.split('.').all(|c| !c.is_empty())).collect();
        let patterns: Vec<_> = texts(4)
            .into_iter()
            .flat_map(|text| MatchPolicy::ALL.map(|policy| (policy, text.clone())))
            .filter(|(policy, text)| {
                *policy != MatchPolicy::Exact || text.split('.').all(|c| !c.is_empty())
            })
            .collect();
        let matched: Vec<Vec<usize>> = patterns
            .iter()
            .map(|(policy, text)| {
                let found = uris.iter().enumerate().filter(|(_, uri)| matches(*policy, text, uri));
                found.map(|(index, _)| index).collect()
            })
            .collect();
        for (one, of_one) in patterns.iter().zip(&matched) {
            for (other, of_other) in patterns.iter().zip(&matched) {
                let pattern = |(policy, text): &'_ (MatchPolicy, String)| (*policy, text.clone());
                let ((p, one), (q, other)) = (pattern(one), pattern(other));
                let (mine, others) =
                    (Pattern { policy: p, text: &one }, Pattern { policy: q, text: &other });
                let in_one = |uri: &usize| of_one.binary_search(uri).is_ok();
                let said = format!("{mine:?} and {others:?}");
                if mine.covers(others) {
                    assert!(of_other.iter().all(in_one), "{said}");
                }
                if of_other.iter().any(in_one) {
                    assert!(mine.overlaps(others), "{said}");
                }
            }
        }
    }

    #[test]
    fn it_is_as_certain_as_people_expect() {
        use MatchPolicy::{Exact, Prefix, Wildcard};
        let pattern = |(policy, text)| Pattern { policy, text };
        for (one, other) in [
            ((Prefix, ""), (Wildcard, ".x")),
            ((Prefix, "com."), (Prefix, "com.a")),
            ((Prefix, "com."), (Wildcard, "com..x")),
            ((Wildcard, "com..x"), (Wildcard, "com.a.x")),
            ((Wildcard, "com..x"), (Wildcard, "com..x")),
            ((Wildcard, "com..x"), (Exact, "com.a.x")),
        ] {
            assert!(pattern(one).covers(pattern(other)), "{one:?} {other:?}");
        }
        for (one, other) in [
            ((Prefix, "com.a"), (Wildcard, "com.b.")),
            ((Wildcard, "com..x"), (Wildcard, "com..y")),
            ((Prefix, "com.a."), (Prefix, "com.b.")),
            ((Exact, "com.a"), (Prefix, "com.b")),
            ((Prefix, "com.a.b.c"), (Wildcard, "com..")),
        ] {
            assert!(!pattern(one).overlaps(pattern(other)), "{one:?} {other:?}");
        }
    }
}
