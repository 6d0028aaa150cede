//! What is said of each thing that stands in their file: taken, changed, not there, or left to a person.
//!
//! That nothing is left out is for [`unsaid`](super::unsaid) to see to.

use std::fmt;

use indexmap::{IndexMap, IndexSet};

use super::places;
use crate::cli::plain;
use crate::config::shape::Shape;
use crate::config::tree::{Path, Step};

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

    /// Is what is said of a table said of all that stands in it? What is changed, or left to somebody, may be
    /// one thing of many.
    fn is_of_all(self) -> bool {
        matches!(self, Verdict::Taken | Verdict::Needless | Verdict::Missing)
    }
}

/// What is said of a place in their file.
#[derive(Clone, Debug)]
struct Note {
    verdict: Verdict,
    theirs: String,
    what: String,
    /// What it is about in our file, where it then stands as a comment.
    ours: Option<Path>,
    /// It is said of all that stands in it, too.
    of_all: bool,
}

/// All that is said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report(Vec<Note>);

impl Report {
    pub(super) fn taken(&mut self, theirs: impl Into<String>, ours: &Path) {
        self.note(Verdict::Taken, theirs, spelled(ours), None);
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

    /// The same of something that is not there, among what is.
    pub(super) fn lacking(
        &mut self,
        theirs: impl Into<String>,
        ours: Option<&Path>,
        why: impl Into<String>,
    ) {
        self.note(Verdict::Missing, theirs, why, ours.cloned());
        if let Some(note) = self.0.last_mut() {
            note.of_all = false;
        }
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
        let of_all = verdict.is_of_all();
        self.0.push(Note { verdict, theirs: theirs.into(), what: what.into(), ours, of_all });
    }

    /// Says what was said elsewhere, too.
    pub(super) fn append(&mut self, Report(notes): Report) {
        self.0.extend(notes);
    }

    /// The places of which something is said; and is it said of all that stands there?
    pub(super) fn places(&self) -> IndexMap<&str, bool> {
        let mut places = IndexMap::new();
        for note in &self.0 {
            *places.entry(note.theirs.as_str()).or_default() |= note.of_all;
        }
        places
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
        let mut counts = Vec::new();
        for (verdict, head) in Verdict::ALL {
            let mut places: IndexMap<&str, IndexSet<&str>> = IndexMap::new();
            for note in self.0.iter().filter(|note| note.verdict == verdict) {
                places.entry(&note.what).or_default().insert(&note.theirs);
            }
            if places.is_empty() {
                continue;
            }
            writeln!(f, "{head}:")?;
            let link = if verdict == Verdict::Taken { " ->" } else { ":" };
            for (what, places) in &places {
                let places: Vec<String> =
                    places::folded(places).iter().map(|place| plain(place)).collect();
                writeln!(f, "  {}{link} {}", places.join(", "), plain(what))?;
            }
            writeln!(f)?;
            let count = places.values().flatten().collect::<IndexSet<_>>().len();
            counts.push(format!("{head} {count}"));
        }
        if counts.is_empty() { Ok(()) } else { writeln!(f, "in all: {}", counts.join(", ")) }
    }
}

/// `[realms.app]`, where there is a table in our file; `realms.app.uri_rules`, where there is a value.
fn spelled(path: &Path) -> String {
    let step = |shape: Option<&'static Shape>, step: &Step| match (shape?, step) {
        (Shape::Named { each, .. }, Step::Name(_)) => Some(&**each),
        (shape, Step::Name(name)) => shape.setting(name).map(|setting| &setting.shape),
        (_, Step::Item(_)) => None,
    };
    match path.0.iter().fold(Some(Shape::of_file()), step) {
        Some(Shape::Table(_) | Shape::Named { .. }) => path.as_table(),
        _ => path.to_string(),
    }
}
