//! Where settings come from, and how a place in it is shown to a person.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::secrecy;

/// Something that settings are read from, and all of its text.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) origin: Origin,
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    File(PathBuf),
    /// The text is its value.
    Variable(String),
    /// An option of the command line, which needs no quoting: it was typed a moment ago.
    Flag,
}

impl Source {
    /// The folder in which relative paths of a file begin.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => path.parent(),
            Origin::Variable(_) | Origin::Flag => None,
        }
    }

    /// The line at these octets, with them underlined.
    pub(crate) fn quote(&self, octets: &Range<usize>) -> Option<Quote> {
        let start = floor(&self.text, octets.start);
        let end = floor(&self.text, octets.end).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let shown = secrecy::shown(&self.origin, &self.text[..line_start], line);
        let column = self.text[line_start..start].chars().count();
        let marked = self.text[start..end].lines().next().unwrap_or_default().chars().count();
        let number = self.text[..start].matches('\n').count() + 1;
        let place = match &self.origin {
            Origin::File(path) => format!("{}:{number}:{}", path.display(), column + 1),
            Origin::Variable(name) => name.clone(),
            Origin::Flag => return None,
        };
        let number = matches!(self.origin, Origin::File(_)).then_some(number);
        Some(Quote { number, column, place, line: shown, marked: marked.max(1) })
    }
}

/// The last boundary between characters that is not behind this.
fn floor(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (0..=index).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

/// A line, and what of it is meant. Quotes are in the order of the lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quote {
    /// The number of the line, from 1 on, if that says anything.
    number: Option<usize>,
    /// Characters before what is meant.
    column: usize,
    /// `crosspoint.toml:3:15`, or the name of a variable.
    pub(crate) place: String,
    line: String,
    /// Characters that are meant.
    marked: usize,
}

/// What fits into a terminal, beside the number.
const QUOTED_CHARACTERS_MAX: usize = 100;

impl Quote {
    /// With nothing to be seen of what stands behind names.
    pub(crate) fn without_values(self) -> Quote {
        Quote { line: secrecy::without_values(&self.line), ..self }
    }

    /// The lines of a quotation, with a label behind the marks.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, label: Option<&str>) -> fmt::Result {
        // Of a long line only what is around the marks.
        let skipped = match self.column.checked_sub(QUOTED_CHARACTERS_MAX / 2) {
            Some(skipped) if self.line.chars().count() > QUOTED_CHARACTERS_MAX => skipped,
            _ => 0,
        };
        let shown = self.line.chars().skip(skipped).take(QUOTED_CHARACTERS_MAX);
        let shown: String = shown.map(|c| if c.is_control() { ' ' } else { c }).collect();
        let column = self.column - skipped;
        let marks = self.marked.min(QUOTED_CHARACTERS_MAX.saturating_sub(column)).max(1);
        let number = self.number.map_or_else(|| " ".to_owned(), |number| number.to_string());
        let margin = number.len();
        let label = label.map_or_else(String::new, |label| format!(" {label}"));
        write!(f, "\n{:margin$}--> {}", "", self.place)?;
        write!(f, "\n{:margin$} |", "")?;
        write!(f, "\n{number} | {shown}")?;
        write!(f, "\n{:margin$} | {:column$}{:^<marks$}{label}", "", "", "")
    }
}
