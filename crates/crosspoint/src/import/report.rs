//! What is said of each thing that stands in their file: taken, changed, not there, or left to a person.

use std::fmt;

use indexmap::{IndexMap, IndexSet};

use crate::cli::plain;
use crate::config::tree::Path;

/// What has become of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is in our file, and means the same.
    Taken,
    /// It is so without being said.
    Needless,
    /// It is in our file, but means something else.
    Changed,
    /// There is nothing like it.
    Missing,
    /// A person has to decide, or to do something.
    Open,
}

impl Verdict {
    /// The most important last, where a terminal shows it.
    const ALL: [(Verdict, &'static str); 5] = [
        (Verdict::Taken, "taken"),
        (Verdict::Needless, "needs no setting"),
        (Verdict::Changed, "changed"),
        (Verdict::Missing, "not taken"),
        (Verdict::Open, "left to you"),
    ];
}

/// What is said of a place in their file.
#[derive(Clone, Debug)]
struct Note {
    verdict: Verdict,
    theirs: String,
    what: String,
    /// What it is about in our file, where it then stands as a comment.
    ours: Option<Path>,
}

/// All that is said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report(Vec<Note>);

/// So many places are named that the same is said of; the others are counted.
const PLACES_MAX: usize = 3;

impl Report {
    pub(super) fn taken(&mut self, theirs: impl Into<String>, ours: &Path) {
        self.note(Verdict::Taken, theirs, ours.as_table(), None);
    }

    pub(super) fn needless(&mut self, theirs: impl Into<String>, why: impl Into<String>) {
        self.note(Verdict::Needless, theirs, why, None);
    }

    /// What stands at a place of our file, and is not what stood in theirs.
    pub(super) fn changed(
        &mut self,
        theirs: impl Into<String>,
        ours: &Path,
        how: impl Into<String>,
    ) {
        self.note(Verdict::Changed, theirs, how, Some(ours.clone()));
    }

    /// What means something else here, and stands in our file as in theirs.
    pub(super) fn differs(&mut self, theirs: impl Into<String>, how: impl Into<String>) {
        self.note(Verdict::Changed, theirs, how, None);
    }

    pub(super) fn missing(&mut self, theirs: impl Into<String>, why: impl Into<String>) {
        self.note(Verdict::Missing, theirs, why, None);
    }

    /// The same, where a place of our file is the less for it.
    pub(super) fn missing_at(
        &mut self,
        theirs: impl Into<String>,
        ours: &Path,
        why: impl Into<String>,
    ) {
        self.note(Verdict::Missing, theirs, why, Some(ours.clone()));
    }

    pub(super) fn open(&mut self, theirs: impl Into<String>, ours: &Path, what: impl Into<String>) {
        self.note(Verdict::Open, theirs, what, Some(ours.clone()));
    }

    fn note(
        &mut self,
        verdict: Verdict,
        theirs: impl Into<String>,
        what: impl Into<String>,
        ours: Option<Path>,
    ) {
        self.0.push(Note { verdict, theirs: theirs.into(), what: what.into(), ours });
    }

    /// What a person who reads our file should know at this place; what is said of several of theirs, once.
    pub(super) fn comments_at(&self, path: &Path) -> IndexSet<&str> {
        let here = self.0.iter().filter(|note| note.ours.as_ref() == Some(path));
        here.map(|note| note.what.as_str()).collect()
    }
}

impl fmt::Display for Report {
    /// What is the same for several places is said once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for (verdict, head) in Verdict::ALL {
            let mut places: IndexMap<&str, IndexSet<&str>> = IndexMap::new();
            for note in self.0.iter().filter(|note| note.verdict == verdict) {
                places.entry(&note.what).or_default().insert(&note.theirs);
            }
            if places.is_empty() {
                continue;
            }
            let gap = if std::mem::take(&mut is_first) { "" } else { "\n" };
            writeln!(f, "{gap}{head}:")?;
            let link = if verdict == Verdict::Taken { " ->" } else { ":" };
            for (what, places) in places {
                writeln!(f, "  {}{link} {}", listed(&places), plain(what))?;
            }
        }
        Ok(())
    }
}

/// The first places, and how many there are beside them.
fn listed(places: &IndexSet<&str>) -> String {
    let named: Vec<String> = places.iter().take(PLACES_MAX).map(|place| plain(place)).collect();
    match places.len().saturating_sub(PLACES_MAX) {
        0 => named.join(", "),
        others => format!("{} and {others} more", named.join(", ")),
    }
}
