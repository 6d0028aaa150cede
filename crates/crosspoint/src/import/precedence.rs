//! Which of a role's permissions counts for a URI, there and here, and what somebody may do for that who
//! might not, or the other way round.
//!
//! Theirs looks for the longest permission that a URI begins with, of whatever kind. If that is neither a prefix
//! nor the URI itself, it is as if there were none, and shorter ones are hidden. Unless it is the URI itself,
//! one wildcard is tried, too, and counts more: the one that has most before its first two dots.
//!
//! Ours takes the exact one, else the longest prefix, else the first wildcard that fits.
//!
//! Both are asked about URIs that are made of the permissions, so that each two meet that can.

use std::collections::{HashMap, HashSet};

use crosspoint_proto::uri::{self, MatchPolicy};
use indexmap::{IndexMap, IndexSet};

use super::role::ALL;
use crate::config::file::{Action, Match, Permission};

/// So many pairs of permissions are looked at: seconds go by for more, and no role has them.
const PAIRS_MAX: usize = 1 << 16;

/// Why another permission counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reason {
    /// There a prefix is hidden, here it counts.
    Hidden,
    /// There a wildcard counts, here a prefix.
    Wildcard,
    /// Here a wildcard counts that is not looked at there.
    OtherWildcard,
}

/// What may be done only here, or only there: examples, by why that is so.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) only_here: IndexMap<Reason, IndexSet<String>>,
    pub(super) only_there: IndexMap<Reason, IndexSet<String>>,
}

/// Compares what may be done; `None` if there are too many permissions for that.
pub(super) fn compare(permissions: &[Permission]) -> Option<Differences> {
    let wildcards = permissions.iter().filter(|it| it.matching == Match::Wildcard).count();
    if permissions.len().saturating_mul(wildcards + 1) > PAIRS_MAX {
        return None;
    }
    let (theirs, ours) = (Theirs::of(permissions), Ours::of(permissions));
    let (mut differences, mut seen) = (Differences::default(), HashSet::new());
    for example in examples(permissions) {
        let (there, here) = (theirs.counting(&example), ours.counting(&example));
        let uri = |permission: Option<&Permission>| permission.map(|it| it.uri.clone());
        // One example is enough of each two.
        if there == here || !seen.insert((theirs.longest(&example), uri(there), uri(here))) {
            continue;
        }
        let reason = match (there, here) {
            (_, Some(here)) if here.matching == Match::Wildcard => Reason::OtherWildcard,
            (Some(_), _) => Reason::Wildcard,
            (None, _) => Reason::Hidden,
        };
        let (here, there) = (allowed(here), allowed(there));
        let mut note = |side: fn(&mut Differences) -> &mut IndexMap<_, IndexSet<_>>, more, less| {
            if let Some(what) = beyond(more, less) {
                let examples = side(&mut differences).entry(reason).or_default();
                examples.insert(format!("{example} ({what})"));
            }
        };
        note(|it| &mut it.only_here, here, there);
        note(|it| &mut it.only_there, there, here);
    }
    Some(differences)
}

fn allowed(permission: Option<&Permission>) -> &[Action] {
    permission.map_or(&[], |permission| &permission.allow)
}

/// The names of the actions of which one has more.
fn beyond(more: &[Action], less: &[Action]) -> Option<String> {
    let is_more = |action| more.contains(action) && !less.contains(action);
    let names: Vec<_> =
        ALL.iter().filter(|(_, action)| is_more(action)).map(|(name, _)| *name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The permissions as theirs has them.
struct Theirs<'p> {
    /// Those without two dots in a row, by their URI.
    plain: HashMap<&'p str, &'p Permission>,
    /// The others, by what is before the dots; the last of those that begin alike.
    wild: HashMap<&'p str, &'p Permission>,
}

impl<'p> Theirs<'p> {
    fn of(permissions: &'p [Permission]) -> Theirs<'p> {
        let mut theirs = Theirs { plain: HashMap::new(), wild: HashMap::new() };
        for permission in permissions {
            match permission.uri.split_once("..") {
                Some((head, _)) => theirs.wild.insert(head, permission),
                None => theirs.plain.insert(&permission.uri, permission),
            };
        }
        theirs
    }

    /// The longest that a URI begins with.
    fn longest(&self, uri: &str) -> Option<&'p str> {
        beginnings(uri).find_map(|head| self.plain.get_key_value(head)).map(|(head, _)| *head)
    }

    fn counting(&self, uri: &str) -> Option<&'p Permission> {
        let longest = self.longest(uri).and_then(|head| self.plain.get(head)).copied();
        let is_for = |it: &&Permission| it.matching == Match::Prefix || it.uri == uri;
        let plain = longest.filter(is_for);
        if plain.is_some_and(|it| it.matching == Match::Exact) {
            return plain;
        }
        // What has nothing before its dots is never found.
        let mut heads = beginnings(uri).filter(|head| !head.is_empty());
        let wild = heads.find_map(|head| self.wild.get(head)).copied();
        wild.filter(|it| uri::matches(MatchPolicy::Wildcard, &it.uri, uri)).or(plain)
    }
}

/// What a URI begins with, from itself to nothing.
fn beginnings(uri: &str) -> impl Iterator<Item = &str> {
    (0..=uri.len()).rev().filter_map(|end| uri.get(..end))
}

/// The permissions as ours has them.
struct Ours<'p> {
    exact: HashMap<&'p str, &'p Permission>,
    prefixes: HashMap<&'p str, &'p Permission>,
    /// As they are tried: where two differ first, the one that says something there comes first.
    wildcards: Vec<&'p Permission>,
}

impl<'p> Ours<'p> {
    fn of(permissions: &'p [Permission]) -> Ours<'p> {
        let of = |matching| permissions.iter().filter(move |it| it.matching == matching);
        let by_uri = |matching| of(matching).map(|it| (it.uri.as_str(), it)).collect();
        let mut wildcards: Vec<&Permission> = of(Match::Wildcard).collect();
        wildcards.sort_by_key(|it| it.uri.split('.').map(str::is_empty).collect::<Vec<_>>());
        Ours { exact: by_uri(Match::Exact), prefixes: by_uri(Match::Prefix), wildcards }
    }

    fn counting(&self, uri: &str) -> Option<&'p Permission> {
        let prefix = || beginnings(uri).find_map(|head| self.prefixes.get(head));
        let fits = |it: &&&Permission| uri::matches(MatchPolicy::Wildcard, &it.uri, uri);
        let wildcard = || self.wildcards.iter().find(fits);
        self.exact.get(uri).or_else(prefix).or_else(wildcard).copied()
    }
}

/// URIs for which one permission is, or two are.
fn examples(permissions: &[Permission]) -> IndexSet<String> {
    let any = unnamed(permissions);
    let mut examples = IndexSet::new();
    for Permission { uri, matching, .. } in permissions {
        if *matching == Match::Wildcard {
            let others = permissions.iter().map(|other| filled(uri, &other.uri, &any));
            examples.extend(others);
        } else if uri.is_empty() || uri.ends_with('.') {
            examples.insert(format!("{uri}{any}"));
        } else {
            examples.extend([uri.clone(), format!("{uri}.{any}"), format!("{uri}{any}")]);
        }
    }
    examples
}

/// A component with which none of theirs begins.
fn unnamed(permissions: &[Permission]) -> String {
    let components = || permissions.iter().flat_map(|it| it.uri.split('.'));
    let mut any = "x".to_owned();
    while components().any(|component| component.starts_with(&any)) {
        any.push('x');
    }
    any
}

/// A URI for which a wildcard is, and another permission, too, if they have any in common.
fn filled(wildcard: &str, other: &str, any: &str) -> String {
    let mut others = other.split('.');
    let component = |own: &'_ str| {
        let other = others.next().unwrap_or_default();
        [own, other, any].into_iter().find(|it| !it.is_empty()).unwrap_or_default().to_owned()
    };
    wildcard.split('.').map(component).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts of so many letters of a small alphabet.
    fn texts(length: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut last = texts.clone();
        for _ in 0..length {
            let longer = |text: &String| ["a", "b", "."].map(|c| format!("{text}{c}"));
            last = last.iter().flat_map(longer).collect();
            texts.extend(last.iter().cloned());
        }
        texts
    }

    fn is_uri(text: &str) -> bool {
        text.split('.').all(|component| !component.is_empty())
    }

    /// Each permission that there may be, with one action or none.
    fn all_permissions() -> Vec<Permission> {
        let mut permissions = Vec::new();
        for uri in texts(4) {
            for matching in [Match::Exact, Match::Prefix, Match::Wildcard] {
                let is_odd = match matching {
                    Match::Exact => !is_uri(&uri),
                    Match::Prefix => uri.contains(".."),
                    Match::Wildcard => is_uri(&uri),
                };
                for allow in [vec![], vec![Action::Call]] {
                    let permission =
                        Permission { uri: uri.clone(), matching, allow, disclose: false };
                    permissions.extend((!is_odd).then_some(permission));
                }
            }
        }
        permissions
    }

    /// Where more may be done at any URI, here or there, an example of that is found.
    #[test]
    fn no_difference_is_passed_over() {
        let (all, uris) = (all_permissions(), texts(6));
        let uris: Vec<_> = uris.into_iter().filter(|text| is_uri(text)).collect();
        // Numbers that look drawn, and are the same each time.
        let mut state = 1_u64;
        let mut drawn = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap_or_default() % below
        };
        for _ in 0..500 {
            let mut permissions: Vec<Permission> = Vec::new();
            for _ in 0..2 + drawn(3) {
                let permission = &all[drawn(all.len())];
                if permissions.iter().all(|other| other.uri != permission.uri) {
                    permissions.push(permission.clone());
                }
            }
            let (theirs, ours) = (Theirs::of(&permissions), Ours::of(&permissions));
            let Differences { only_here, only_there } = compare(&permissions).unwrap();
            for uri in &uris {
                let (there, here) = (allowed(theirs.counting(uri)), allowed(ours.counting(uri)));
                let is_told = beyond(here, there).is_none() || !only_here.is_empty();
                assert!(is_told, "only here: {uri} {permissions:?}");
                let is_told = beyond(there, here).is_none() || !only_there.is_empty();
                assert!(is_told, "only there: {uri} {permissions:?}");
            }
        }
    }
}
