//! Places of their file of which the same is said, in few words, with each of them among these:
//! `permissions[0-7].cache`, `endpoint.{interface,port}`.

use std::collections::BTreeSet;

use indexmap::map::Entry;
use indexmap::{IndexMap, IndexSet};

/// A step of a place, or those that differ only there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    Names(Vec<String>),
    Items(BTreeSet<usize>),
    /// A name that is in quotes, with these and its brackets.
    Quoted(String),
}

/// The same places, in fewer words.
pub(super) fn folded<'p>(places: impl IntoIterator<Item = &'p &'p str>) -> Vec<String> {
    let mut places: Vec<Vec<Step>> = places.into_iter().map(|place| steps(place)).collect();
    let deepest = places.iter().map(Vec::len).max().unwrap_or_default();
    for behind in 0..deepest {
        places = folded_at(places, behind);
    }
    places.iter().map(|steps| spelled(steps)).collect()
}

/// Makes one out of those that differ only in the step behind which there are so many.
fn folded_at(places: Vec<Vec<Step>>, behind: usize) -> Vec<Vec<Step>> {
    let mut groups: IndexMap<_, Option<Step>> = IndexMap::new();
    for mut place in places {
        let Some(index) = place.len().checked_sub(behind + 1) else {
            groups.insert((place, None, None), None);
            continue;
        };
        let step = place.remove(index);
        // A quoted name is told by itself.
        let apart = matches!(step, Step::Quoted(_)).then(|| step.clone());
        let kind = (index, std::mem::discriminant(&step));
        match groups.entry((place, Some(kind), apart)) {
            Entry::Vacant(vacant) => drop(vacant.insert(Some(step))),
            Entry::Occupied(mut occupied) => {
                if let Some(joined) = occupied.get_mut() {
                    joined.join(step);
                }
            }
        }
    }
    let whole = |((mut place, kind, _), step): ((Vec<Step>, Option<(usize, _)>, _), _)| {
        if let (Some((index, _)), Some(step)) = (kind, step) {
            place.insert(index, step);
        }
        place
    };
    groups.into_iter().map(whole).collect()
}

impl Step {
    fn join(&mut self, other: Step) {
        match (self, other) {
            (Step::Names(names), Step::Names(others)) => {
                let names: &mut Vec<String> = names;
                let known: IndexSet<String> = names.drain(..).chain(others).collect();
                names.extend(known);
            }
            (Step::Items(items), Step::Items(others)) => items.extend(others),
            _ => {}
        }
    }
}

/// The steps of a place as [`Item`](super::item::Item) writes it.
fn steps(place: &str) -> Vec<Step> {
    let (mut steps, mut rest) = (Vec::new(), place);
    while !rest.is_empty() {
        let (step, length) = first(rest);
        steps.push(step);
        rest = rest.get(length..).unwrap_or_default();
    }
    steps
}

/// The first step, and its length.
fn first(rest: &str) -> (Step, usize) {
    let Some(bracketed) = rest.strip_prefix('[') else {
        let name = rest.strip_prefix('.').unwrap_or(rest);
        let name = &name[..name.find(['.', '[']).unwrap_or(name.len())];
        let dot = usize::from(rest.starts_with('.'));
        return (Step::Names(vec![name.to_owned()]), dot + name.len().max(1 - dot));
    };
    let item = bracketed.split_once(']').and_then(|(number, _)| number.parse().ok());
    let end = if item.is_some() { bracketed.find(']') } else { end_of_quoted(bracketed) };
    let length = end.map_or(rest.len(), |end| end + 2);
    match item {
        Some(item) => (Step::Items([item].into()), length),
        None => (Step::Quoted(rest[..length].to_owned()), length),
    }
}

/// Where the bracket is behind a name in quotes.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (index, sign) in text.char_indices().skip(1) {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(index + 1).filter(|&end| text[end..].starts_with(']')),
            _ => {}
        }
    }
    None
}

fn spelled(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Names(names) => {
                let dot = if text.is_empty() { "" } else { "." };
                match names.as_slice() {
                    [name] => text.extend([dot, name]),
                    names => text.extend([dot, "{", &names.join(","), "}"]),
                }
            }
            Step::Items(items) => text.extend(["[", &ranges(items), "]"]),
            Step::Quoted(name) => text.push_str(name),
        }
    }
    text
}

/// `0-3,5`
fn ranges(items: &BTreeSet<usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &item in items {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == item => *last = item,
            _ => ranges.push((item, item)),
        }
    }
    let spelled = |(first, last): (usize, usize)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.into_iter().map(spelled).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(places: &[&str], expected: &[&str]) {
        assert_eq!(folded(places), expected);
    }

    #[test]
    fn places_that_differ_in_one_step_are_one() {
        check(&[], &[]);
        check(&["version"], &["version"]);
        check(&["a[0].b", "a[0].c", "a[0].b.d"], &["a[0].{b,c}", "a[0].b.d"]);
        check(&["a[0]", "a[1]", "a[2]", "a[5]", "a"], &["a[0-2,5]", "a"]);
        check(&["a[0].b[0].x", "a[0].b[1].x", "a[1].b[0].x"], &["a[0].b[0-1].x", "a[1].b[0].x"]);
        let all: Vec<String> =
            (0..12).map(|number| format!("a[{}].b[{}].x", number / 4, number % 4)).collect();
        check(&all.iter().map(String::as_str).collect::<Vec<_>>(), &["a[0-2].b[0-3].x"]);
    }

    #[test]
    fn names_in_quotes_stay_as_they_are() {
        check(&[r#"a["/"].x"#, r#"a["/"].y"#], &[r#"a["/"].{x,y}"#]);
        check(&[r#"a["]"][0]"#, r#"a["]"][1]"#], &[r#"a["]"][0-1]"#]);
        check(&[r#"a["\"]["].x"#, r#"a["b"].x"#], &[r#"a["\"]["].x"#, r#"a["b"].x"#]);
        check(&[r#"a["/"]"#, "a.b", "a.b.c.d"], &[r#"a["/"]"#, "a.b", "a.b.c.d"]);
    }
}
