//! The table against the specification's examples, and against a naive one that tries every pattern.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crosspoint_proto::limits::{PATTERN_COMPONENTS_MAX, URI_OCTETS_MAX};
use crosspoint_proto::uri::{self, MatchPolicy};
use proptest::prelude::*;

use super::shapes::Shape;
use super::*;
use crate::limits::WILDCARD_SHAPES_MAX;

impl<T: Clone> Matcher<T> {
    fn best_of_all(&self, uri: &str) -> Option<T> {
        self.best(uri, |_| true)
    }

    fn all(&self, uri: &str) -> Vec<T> {
        let mut all = Vec::new();
        self.for_each(uri, |entry| all.push(entry.clone()));
        all
    }

    fn add(&self, policy: MatchPolicy, pattern: &str, entry: T) {
        self.insert(policy, pattern.into(), entry).unwrap();
    }
}

/// The table of examples in the specification's "Pattern-based Registrations".
#[test]
fn the_specifications_examples() {
    let matcher = Matcher::default();
    matcher.add(MatchPolicy::Exact, "a1.b2.c3.d4.e55", 1);
    matcher.add(MatchPolicy::Prefix, "a1.b2.c3", 2);
    matcher.add(MatchPolicy::Prefix, "a1.b2.c3.d4", 3);
    matcher.add(MatchPolicy::Wildcard, "a1.b2..d4.e5", 4);
    matcher.add(MatchPolicy::Wildcard, "a1.b2.c33..e5", 5);
    matcher.add(MatchPolicy::Wildcard, "a1.b2..d4.e5..g7", 6);
    matcher.add(MatchPolicy::Wildcard, "a1.b2..d4..f6.g7", 7);
    for (uri, expected) in [
        ("a1.b2.c3.d4.e55", Some(1)),
        ("a1.b2.c3.d98.e74", Some(2)),
        ("a1.b2.c3.d4.e325", Some(3)),
        ("a1.b2.c55.d4.e5", Some(4)),
        // The specification gives it to 5, as if prefixes ended with components; where it defines
        // prefixes, and shows them, they do not, so 'a1.b2.c3' is one of 'a1.b2.c33'.
        ("a1.b2.c33.d4.e5", Some(2)),
        ("a1.b2.c88.d4.e5.f6.g7", Some(6)),
        ("a2.b2.c2.d2.e2", None),
    ] {
        assert_eq!(matcher.best_of_all(uri), expected, "{uri}");
    }
    matcher.remove(MatchPolicy::Prefix, "a1.b2.c3");
    assert_eq!(matcher.best_of_all("a1.b2.c33.d4.e5"), Some(5));
    assert_eq!(matcher.all("a1.b2.c33.d4.e5"), [5, 4]);
    assert_eq!(matcher.best("a1.b2.c33.d4.e5", |&entry| entry != 5), Some(4));
}

#[test]
fn an_empty_pattern_matches_everything_or_any_one_component() {
    let matcher = Matcher::default();
    matcher.add(MatchPolicy::Prefix, "", "prefix");
    matcher.add(MatchPolicy::Wildcard, "", "wildcard");
    assert_eq!(matcher.all("a"), ["prefix", "wildcard"]);
    assert_eq!(matcher.all("a.b"), ["prefix"]);
    assert_eq!(matcher.all(""), ["prefix", "wildcard"]);
}

#[test]
fn a_pattern_has_one_entry() {
    for policy in MatchPolicy::ALL {
        let matcher = Matcher::default();
        matcher.add(policy, "a..b", 1);
        matcher.add(policy, "a..b", 2);
        assert_eq!((matcher.get(policy, "a..b"), matcher.len()), (Some(2), 1), "{policy:?}");
        matcher.remove(policy, "a..b");
        matcher.remove(policy, "a..b");
        assert_eq!((matcher.all("a..b"), matcher.len()), (vec![], 0), "{policy:?}");
        assert_nothing_is_left(&matcher);
    }
}

#[test]
fn the_longest_patterns() {
    let matcher = Matcher::default();
    let uri = "u".repeat(URI_OCTETS_MAX);
    matcher.add(MatchPolicy::Prefix, &uri, "uri");
    assert_eq!(matcher.all(&uri[1..]), [] as [&str; 0]);
    assert_eq!(matcher.all(&uri), ["uri"]);
    // Longer than a URI may be, but what is looked up need not have been checked.
    assert_eq!(matcher.all(&format!("{uri}u")), ["uri"]);

    let dots = ".".repeat(PATTERN_COMPONENTS_MAX - 1);
    matcher.add(MatchPolicy::Wildcard, &dots, "dots");
    assert_eq!(matcher.all(&dots), ["dots"]);
    assert_eq!(matcher.all(&format!("a{}", ".a".repeat(PATTERN_COMPONENTS_MAX - 1))), ["dots"]);
    assert_eq!(matcher.all(&format!("{dots}.")), [] as [&str; 0]);
    let longer = matcher.insert(MatchPolicy::Wildcard, format!("{dots}.").into(), "longer");
    assert_eq!(longer, Err(TooManyShapes));
}

#[test]
fn shapes_are_limited_for_each_number_of_components() {
    let matcher = Matcher::default();
    let pattern = |shape: usize, literal: &str| -> String {
        let component = |bit: usize| if shape & (1_usize << bit) == 0 { literal } else { "" };
        (0..8).map(component).collect::<Vec<_>>().join(".")
    };
    for shape in 0..WILDCARD_SHAPES_MAX {
        matcher.add(MatchPolicy::Wildcard, &pattern(shape, "a"), shape);
    }
    let insert = |pattern: String| matcher.insert(MatchPolicy::Wildcard, pattern.into(), 0);
    assert_eq!(insert(pattern(WILDCARD_SHAPES_MAX, "a")), Err(TooManyShapes));
    assert_eq!(matcher.len(), WILDCARD_SHAPES_MAX);
    assert_eq!(insert(pattern(3, "b")), Ok(()), "a shape that is there");
    assert_eq!(insert(pattern(3, "a")), Ok(()), "a pattern that is there");
    assert_eq!(insert("a..a".into()), Ok(()), "another number of components");
    matcher.remove(MatchPolicy::Wildcard, &pattern(3, "a"));
    assert_eq!(insert(pattern(WILDCARD_SHAPES_MAX, "a")), Err(TooManyShapes));
    matcher.remove(MatchPolicy::Wildcard, &pattern(3, "b"));
    assert_eq!(insert(pattern(WILDCARD_SHAPES_MAX, "a")), Ok(()));
}

/// A table that tries every pattern.
#[derive(Default)]
struct Naive(BTreeMap<(MatchPolicy, String), usize>);

impl Naive {
    /// What matches, in the specification's order of precedence.
    fn all(&self, uri: &str) -> Vec<usize> {
        let matches = |(policy, pattern): &(_, String)| uri::matches(*policy, pattern, uri);
        let mut found: Vec<_> = self.0.iter().filter(|(pattern, _)| matches(pattern)).collect();
        found.sort_by_key(|((policy, pattern), _)| (*policy, Reverse(portions(*policy, pattern))));
        found.into_iter().map(|(_, &entry)| entry).collect()
    }

    fn patterns(&self, policy: MatchPolicy) -> impl Iterator<Item = &str> {
        self.0.keys().filter(move |(of, _)| *of == policy).map(|(_, pattern)| pattern.as_str())
    }
}

/// The more of them, the better: the octets of a prefix, or the literal components before each of a
/// pattern's wildcards, and behind the last one.
fn portions(policy: MatchPolicy, pattern: &str) -> Vec<usize> {
    if policy != MatchPolicy::Wildcard {
        return vec![pattern.len()];
    }
    let mut portions = vec![0];
    for component in pattern.split('.') {
        match component {
            "" => portions.push(0),
            _ => *portions.last_mut().unwrap() += 1,
        }
    }
    portions
}

/// Both tables changed in the same way.
fn change(matcher: &Matcher<usize>, naive: &mut Naive, changes: Vec<Change>) {
    for (entry, (add, policy, pattern)) in changes.into_iter().enumerate() {
        if add {
            matcher.add(policy, &pattern, entry);
            naive.0.insert((policy, pattern), entry);
        } else {
            matcher.remove(policy, &pattern);
            naive.0.remove(&(policy, pattern));
        }
    }
}

/// Add or remove, and what.
type Change = (bool, MatchPolicy, String);

/// Few and short ones, so that they meet, and characters of several octets that begin alike.
fn uris() -> impl Strategy<Value = String> {
    "[ab.äö日]{0,6}"
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let policies = prop::sample::select(&MatchPolicy::ALL[..]);
    prop::collection::vec((prop::bool::weighted(0.7), policies, uris()), 0..80)
}

proptest! {
    #[test]
    fn the_table_finds_what_trying_every_pattern_finds(
        changes in changes(),
        uris in prop::collection::vec(uris(), 20),
    ) {
        let (matcher, mut naive) = (Matcher::default(), Naive::default());
        change(&matcher, &mut naive, changes);
        prop_assert_eq!(matcher.len(), naive.0.len());
        for uri in uris {
            let expected = naive.all(&uri);
            let accepts = |entry: &usize| !entry.is_multiple_of(3);
            let best = expected.iter().copied().find(accepts);
            prop_assert_eq!(matcher.best(&uri, accepts), best, "{}", uri);
            prop_assert_eq!(matcher.all(&uri), expected, "{}", uri);
            for policy in MatchPolicy::ALL {
                let expected = naive.0.get(&(policy, uri.clone())).copied();
                prop_assert_eq!(matcher.get(policy, &uri), expected, "{:?} {}", policy, uri);
            }
        }
    }

    #[test]
    fn lengths_and_shapes_are_those_of_the_patterns(changes in changes()) {
        let (matcher, mut naive) = (Matcher::default(), Naive::default());
        change(&matcher, &mut naive, changes);
        let lengths: BTreeSet<_> = naive.patterns(MatchPolicy::Prefix).map(str::len).collect();
        let longest_first: Vec<_> = lengths.into_iter().rev().collect();
        let in_use: Vec<_> = matcher.prefixes.lengths.up_to(URI_OCTETS_MAX).collect();
        prop_assert_eq!(in_use, longest_first);
        let shapes = naive.patterns(MatchPolicy::Wildcard).map(|pattern| Shape::of(pattern).unwrap());
        let shapes: BTreeSet<_> = shapes.collect();
        // Of each number of components a URI that fits all shapes.
        let uris = (1..10).map(|components| ["a"; 10][..components].join("."));
        let fitting = |uri: String| matcher.wildcards.shapes.fitting(&uri).collect::<Vec<_>>();
        let in_use: Vec<_> = uris.flat_map(fitting).collect();
        prop_assert_eq!(in_use, Vec::from_iter(shapes));
        for (policy, pattern) in naive.0.into_keys() {
            matcher.remove(policy, &pattern);
        }
        assert_nothing_is_left(&matcher);
    }
}

#[track_caller]
fn assert_nothing_is_left<T: Clone>(matcher: &Matcher<T>) {
    assert_eq!(matcher.len(), 0);
    assert!(matcher.prefixes.lengths.is_empty());
    assert!(matcher.wildcards.shapes.is_empty());
}
