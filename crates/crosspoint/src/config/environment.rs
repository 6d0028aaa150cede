//! Settings in the environment: `CROSSPOINT_LISTENERS__MAIN__ADDRESS` is `address` in
//! `[listeners.main]`.
//!
//! The names along the way are joined by `__`, in capitals, and what is neither letter nor digit in
//! them is `_`: one for as many as there are in a row, and none at the ends. Variables without `__` belong to options
//! of the command line, or to somebody else; what looks as if it were meant for the router is told.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use super::document::Document;
use super::problem::{Problem, Problems, did_you_mean};
use super::shape::Shape;

const PREFIX: &str = "CROSSPOINT_";

/// What stands between two names.
const SEPARATOR: &str = "__";

/// What the command line knows, beside settings.
pub(crate) const OPTIONS: [&str; 13] = [
    "CROSSPOINT_AUTHID",
    "CROSSPOINT_CA",
    "CROSSPOINT_CONFIG",
    "CROSSPOINT_DEAD_PEER_TIMEOUT",
    "CROSSPOINT_KEY_FILE",
    "CROSSPOINT_LISTEN",
    "CROSSPOINT_LOG",
    "CROSSPOINT_PASSWORD_FILE",
    "CROSSPOINT_PING_INTERVAL",
    "CROSSPOINT_REALM",
    "CROSSPOINT_STORE",
    "CROSSPOINT_TICKET_FILE",
    "CROSSPOINT_URL",
];

/// Longer names are nobody's mistake.
const NAME_OCTETS_MAX: usize = 200;

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
            is_setting(&name).then_some((name, value))
        });
        // A table, then what is in it.
        let mut settings: Vec<_> = settings.collect();
        settings.sort();
        self.look_for_mistakes(shape);
        for (name, value) in settings {
            if let Err(Problems(problems)) = self.add_setting(shape, &name, value) {
                self.problems.extend(problems);
            }
        }
    }

    /// Tells of variables that are no settings, and that somebody may have meant to be: an error if it is clear what
    /// was meant, else a warning.
    fn look_for_mistakes(&mut self, shape: &Shape) {
        let variables = self.variables.0.iter().filter_map(|(name, value)| {
            let is_other = |name: &&str| !is_setting(name) && !OPTIONS.contains(name);
            let name = name.to_str().filter(is_other)?;
            (name.len() <= NAME_OCTETS_MAX && !is_of_kubernetes(name, value)).then_some(name)
        });
        let (mut mistakes, mut doubtful) = (Vec::new(), Vec::new());
        for name in variables {
            match (name.strip_prefix(PREFIX), name.split_once('_')) {
                (Some(rest), _) => match meant_by(rest, shape) {
                    Some(meant) => {
                        let problem = Problem::new(format!("{name} is no setting"));
                        mistakes.push(problem.hint(format!("did you mean {meant}?")));
                    }
                    None => doubtful
                        .push(Problem::new(format!("{name} is no setting, and is not looked at"))),
                },
                (None, Some((first, rest))) if is_almost_ours(first) => {
                    let known = is_setting(&format!("{PREFIX}{rest}")) || rest.starts_with('_');
                    let meant = meant_by(rest, shape).or(known.then(|| format!("{PREFIX}{rest}")));
                    doubtful.extend(meant.map(|meant| {
                        let problem = Problem::new(format!("{name} is not looked at"));
                        problem.hint(format!("did you mean {meant}?"))
                    }));
                }
                _ => {}
            }
        }
        self.problems.extend(mistakes);
        self.warnings.extend(doubtful);
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
        let words = words_of(variable);
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

/// A name as variables have it: two underscores in a row are a separator.
pub(crate) fn word_for(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("_").to_uppercase()
}

fn is_setting(variable: &str) -> bool {
    variable.strip_prefix(PREFIX).is_some_and(|rest| rest.contains(SEPARATOR))
}

fn words_of(variable: &str) -> Vec<&str> {
    variable.strip_prefix(PREFIX).unwrap_or(variable).split(SEPARATOR).collect()
}

/// The table of the file in which a variable's setting is.
pub(super) fn table_of(variable: &str) -> Option<String> {
    words_of(variable).first().map(|word| word.to_lowercase())
}

/// Is it one of those that Kubernetes sets for a service that is called crosspoint, or begins so?
/// `CROSSPOINT_SERVICE_HOST`, `CROSSPOINT_PORT_8080_TCP_ADDR`.
fn is_of_kubernetes(variable: &str, value: &OsStr) -> bool {
    const PORT: &str = "_PORT";
    if variable.ends_with("_SERVICE_HOST") || variable.contains("_SERVICE_PORT") {
        return true;
    }
    let is_port = |rest: &str| {
        let mut parts = rest.split('_').skip(1);
        let number = parts.next().is_some_and(|it| it.parse::<u16>().is_ok());
        let protocol = parts.next().is_some_and(|it| ["TCP", "UDP", "SCTP"].contains(&it));
        let more = parts.next().is_none_or(|it| ["PROTO", "PORT", "ADDR"].contains(&it));
        number && protocol && more && parts.next().is_none()
    };
    let behind = variable.match_indices(PORT).map(|(at, _)| &variable[at + PORT.len()..]);
    let is_url = value.to_str().is_some_and(|value| value.contains("://"));
    behind
        .into_iter()
        .any(|rest| rest.is_empty() && is_url || rest.starts_with('_') && is_port(rest))
}

/// Crosspoint, but for a letter or two.
fn is_almost_ours(first: &str) -> bool {
    strsim::osa_distance(&first.to_uppercase(), PREFIX.trim_end_matches('_')) <= 2
}

/// The variable that was meant by what stands behind the prefix: with other separators, or with another letter.
fn meant_by(rest: &str, shape: &Shape) -> Option<String> {
    if let Some(words) = separated(&rest.to_uppercase(), shape) {
        return Some(spelled(&words.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    let options = OPTIONS.iter().filter_map(|option| option.strip_prefix(PREFIX));
    let meant = did_you_mean(rest, options)?;
    // A short name is soon like another one.
    (strsim::osa_distance(rest, meant) <= 2 && rest.len() > 2).then(|| format!("{PREFIX}{meant}"))
}

/// The names on the way to a setting, where they are joined by whatever number of underscores.
fn separated(text: &str, shape: &Shape) -> Option<Vec<String>> {
    let text = text.trim_start_matches('_');
    let rest_behind = |name: &str| text.strip_prefix(name)?.strip_prefix('_');
    match shape {
        Shape::Table(settings) => settings.iter().find_map(|setting| {
            let word = word_for(&setting.name);
            let is_value = !matches!(setting.shape, Shape::Table(_) | Shape::Named { .. });
            if text == word {
                return is_value.then(|| vec![word]);
            }
            let rest = separated(rest_behind(&word)?, &setting.shape)?;
            Some([vec![word], rest].concat())
        }),
        Shape::Named { each, .. } => text.match_indices('_').find_map(|(at, _)| {
            let rest = separated(&text[at..], each)?;
            (at > 0).then(|| [vec![text[..at].to_owned()], rest].concat())
        }),
        _ => None,
    }
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
