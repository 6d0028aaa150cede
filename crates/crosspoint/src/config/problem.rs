//! What is wrong with a configuration: what, where, what is expected, and what to do about it.

use std::fmt;

use super::source::Quote;
use crate::cli::plain;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    what: String,
    pub(crate) quote: Option<Quote>,
    /// What should stand there: shown behind the marks.
    label: Option<String>,
    hint: Option<String>,
}

impl Problem {
    /// On one line, without anything that a terminal would obey.
    pub(crate) fn new(what: impl AsRef<str>) -> Problem {
        Problem { what: plain(what.as_ref()), quote: None, label: None, hint: None }
    }

    pub(crate) fn at(self, quote: Option<Quote>) -> Problem {
        Problem { quote, ..self }
    }

    pub(crate) fn label(self, label: impl Into<String>) -> Problem {
        Problem { label: Some(label.into()), ..self }
    }

    pub(crate) fn hint(self, hint: impl AsRef<str>) -> Problem {
        Problem { hint: Some(plain(hint.as_ref())), ..self }
    }

    /// In one line, without what should be done about it.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// The same in one line, for a log.
    pub(crate) fn line(&self) -> String {
        let place = self.quote.iter().map(|quote| format!("{}: ", quote.place));
        let label = self.label.iter().map(|label| format!("; {label}"));
        let hint = self.hint.iter().map(|hint| format!("; hint: {hint}"));
        place.chain([self.what.clone()]).chain(label).chain(hint).collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match (&self.quote, &self.label) {
            (Some(quote), label) => quote.write(f, label.as_deref())?,
            (None, Some(label)) => write!(f, ": {label}")?,
            (None, None) => {}
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// All that is wrong, in the order in which it was found; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems(vec![problem])
    }
}

/// So many are looked for, with their places, in a file in which hardly anything is right.
pub(crate) const FOUND_MAX: usize = 100;

/// Who has more of them looks at the first, and then once more.
const SHOWN_MAX: usize = 20;

impl fmt::Display for Problems {
    /// As the command line shows it, which puts `error: ` before the first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().take(SHOWN_MAX).enumerate() {
            let separator = if number == 0 { "" } else { "\n\nerror: " };
            write!(f, "{separator}{problem}")?;
        }
        match self.0.len() {
            ..=SHOWN_MAX => Ok(()),
            FOUND_MAX.. => write!(f, "\n\nerror: and many more"),
            count => write!(f, "\n\nerror: and {} more", count - SHOWN_MAX),
        }
    }
}

/// What somebody may have meant, who wrote this.
pub(crate) fn did_you_mean<'w>(
    written: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let written = plain(written);
    // A third of it may be wrong, as long as something is right.
    let far = (written.chars().count() / 3).max(1);
    let distance = |word: &&str| strsim::osa_distance(&written, &plain(word));
    let words: Vec<&str> = words.into_iter().collect();
    let nearest = words.iter().copied().min_by_key(distance)?;
    if distance(&nearest) <= far && distance(&nearest) < nearest.chars().count() {
        return Some(nearest);
    }
    // Or it is one of them, cut off or gone on with: warning, messagepack.
    let is_begun = |word: &&str| {
        let word = plain(word);
        let (short, long) =
            if word.len() < written.len() { (&word, &written) } else { (&written, &word) };
        short.chars().count() >= BEGINNING_MIN && long.starts_with(short.as_str())
    };
    let mut begun = words.into_iter().filter(is_begun);
    begun.next().filter(|_| begun.next().is_none())
}

/// So much of a word has to be there so that nothing else may be meant.
const BEGINNING_MIN: usize = 3;

/// `a, b or c`
pub(crate) fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_near() {
        let words = ["ping_interval", "paths", "off", "warn"];
        for (written, meant) in [
            ("ping_intervall", Some("ping_interval")),
            ("PingInterval", Some("ping_interval")),
            ("ping-interval", Some("ping_interval")),
            ("path", Some("paths")),
            ("WARN", Some("warn")),
            ("wran", Some("warn")),
            ("warning", Some("warn")),
            ("Warning", Some("warn")),
            ("ping", Some("ping_interval")),
            ("x", None),
            ("verbose", None),
            ("", None),
        ] {
            assert_eq!(did_you_mean(written, words), meant, "{written}");
        }
    }

    #[test]
    fn choices_are_a_sentence() {
        assert_eq!(one_of(["a"]), "a");
        assert_eq!(one_of(["a", "b"]), "a or b");
        assert_eq!(one_of(["a", "b", "c"]), "a, b or c");
    }

    #[test]
    fn not_all_of_many_problems_are_shown() {
        let problems = Problems((0..25).map(|number| Problem::new(number.to_string())).collect());
        let shown = problems.to_string();
        assert!(shown.starts_with("0\n\nerror: 1\n"), "{shown}");
        assert!(shown.ends_with("\n\nerror: 19\n\nerror: and 5 more"), "{shown}");
    }
}
