//! Settings in the environment: `CROSSPOINT_LISTENERS__MAIN__ADDRESS` is `address` in
//! `[listeners.main]`.
//!
//! The names along the way are joined by `__`, in capitals, and what is neither letter nor digit in
//! them is `_`. Variables without `__` belong to options of the command line.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use super::document::Document;
use super::problem::{Problem, Problems, did_you_mean};
use super::shape::Shape;

const PREFIX: &str = "CROSSPOINT_";

/// What stands between two names.
const SEPARATOR: &str = "__";

/// All variables, for settings that name one. They may be secrets: they do not show in `Debug` output.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(AsRef::as_ref)
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables(..)")
    }
}

impl Document {
    /// Takes up the settings among these variables.
    pub(crate) fn add_environment(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) {
        let shape = Shape::of_file();
        self.variables = Variables(variables.into_iter().collect());
        let settings = self.variables.0.iter().filter_map(|(name, value)| {
            let (name, value) = (name.clone().into_string().ok()?, value.clone());
            let is_setting = name.strip_prefix(PREFIX)?.contains(SEPARATOR);
            is_setting.then_some((name, value))
        });
        // A table, then what is in it.
        let mut settings: Vec<_> = settings.collect();
        settings.sort();
        for (name, value) in settings {
            if let Err(Problems(problems)) = self.add_setting(shape, &name, value) {
                self.problems.extend(problems);
            }
        }
    }

    fn add_setting(
        &mut self,
        shape: &Shape,
        variable: &str,
        value: OsString,
    ) -> Result<(), Problems> {
        let (names, shape) = self.resolve(shape, variable)?;
        let value = value
            .into_string()
            .map_err(|_| Problem::new(format!("the value of {variable} is no text in UTF-8")))?;
        let is_text = matches!(shape, Shape::Text(_) | Shape::Choice(_));
        self.add_variable(variable, &value, &names, is_text)
    }

    /// The names on the way to a variable's setting, and what may stand there.
    fn resolve<'s>(
        &self,
        whole: &'s Shape,
        variable: &str,
    ) -> Result<(Vec<String>, &'s Shape), Problems> {
        let mut names: Vec<String> = Vec::new();
        let mut shape = whole;
        let words: Vec<&str> = variable.trim_start_matches(PREFIX).split(SEPARATOR).collect();
        for (index, word) in words.iter().enumerate() {
            let (name, next) = match shape {
                Shape::Table(settings) => {
                    let known = settings.iter().map(|setting| word_for(&setting.name));
                    let Some(setting) =
                        settings.iter().find(|setting| word_for(&setting.name) == *word)
                    else {
                        let known: Vec<String> = known.collect();
                        return Err(unknown(variable, &words, index, &known).into());
                    };
                    (setting.name.clone(), &setting.shape)
                }
                Shape::Named { each, .. } => (self.table_for(variable, word, &names)?, &**each),
                _ => {
                    let what = format!("{variable}: nothing stands in {}", names.join("."));
                    let hint = format!("its value is that of {}", spelled(&words[..index]));
                    return Err(Problem::new(what).hint(hint).into());
                }
            };
            names.push(name);
            shape = next;
        }
        Ok((names, shape))
    }

    /// The table that is meant by a word: one that there is, or a new one.
    fn table_for(&self, variable: &str, word: &str, names: &[String]) -> Result<String, Problems> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let tables = self.table(&names).into_iter().flat_map(|table| table.keys());
        let meant: Vec<&String> = tables.filter(|table| word_for(table) == word).collect();
        match meant.as_slice() {
            [] if word.is_empty() => {
                let what = format!("{variable} names no table in [{}]", names.join("."));
                Err(Problem::new(what).into())
            }
            [] => Ok(word.to_lowercase()),
            [table] => Ok((*table).clone()),
            [first, second, ..] => {
                let what = format!("{variable} may mean \"{first}\" or \"{second}\"");
                Err(Problem::new(what).hint("say it in the file").into())
            }
        }
    }
}

/// The variable of a setting.
fn spelled(words: &[&str]) -> String {
    format!("{PREFIX}{}", words.join(SEPARATOR))
}

/// A name as variables have it.
pub(crate) fn word_for(name: &str) -> String {
    let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
    name.chars().map(word).collect::<String>().to_uppercase()
}

/// The variable for the setting to which these names lead.
pub(crate) fn variable_for<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let words: Vec<String> = names.into_iter().map(word_for).collect();
    format!("{PREFIX}{}", words.join(SEPARATOR))
}

fn unknown(variable: &str, words: &[&str], index: usize, known: &[String]) -> Problem {
    let problem = Problem::new(format!("{variable} is no setting"));
    let hint = match did_you_mean(words[index], known.iter().map(String::as_str)) {
        Some(word) => {
            let meant = [&words[..index], &[word], &words[index + 1..]].concat();
            format!("did you mean {}?", spelled(&meant))
        }
        None => format!(
            "after {} there may be {}",
            if index == 0 { PREFIX.to_owned() } else { spelled(&words[..index]) + SEPARATOR },
            known.join(", ")
        ),
    };
    problem.hint(hint)
}
