//! Holds what is written against the shape of the file, and finds everything that does not fit.

use toml::Value;

use super::document::Document;
use super::problem::{FOUND_MAX, Problem, did_you_mean, one_of};
use super::shape::{Setting, Shape, Word};
use super::source::Quote;
use super::tree::{Node, Path, Step, Table, Written, key};
use super::units::Format;

/// What of the document fits, as plain TOML; and what does not.
///
/// What does not fit is left out with the setting that it belongs to, so that the rest can be looked
/// at further.
pub(crate) fn conform(document: &Document, shape: &Shape) -> (Value, Vec<Problem>) {
    let mut inspection = Inspection { document, shape, problems: Vec::new() };
    let fitting = inspection.fit(&document.root, shape, &Path::default());
    (fitting.unwrap_or_else(|| Value::Table(toml::Table::new())), inspection.problems)
}

struct Inspection<'d> {
    document: &'d Document,
    /// That of the whole.
    shape: &'d Shape,
    problems: Vec<Problem>,
}

impl Inspection<'_> {
    /// The value, if it fits.
    fn fit(&mut self, node: &Node, shape: &Shape, path: &Path) -> Option<Value> {
        if self.is_enough() {
            return None;
        }
        match (shape, &node.value) {
            (Shape::Table(settings), Written::Table(table)) => {
                self.fit_settings(node, table, settings, path)
            }
            (Shape::Named { each, .. }, Written::Table(table)) => {
                Some(self.fit_named(table, each, path))
            }
            (Shape::List { least, each }, Written::List(items)) => {
                self.fit_list(node, items, (*least, each), path)
            }
            (Shape::Choice(words), Written::Text(text)) => self.fit_word(node, text, words, path),
            (Shape::Text(None), Written::Text(text)) => Some(Value::String(text.clone())),
            (Shape::Text(Some(format)), Written::Text(text)) => {
                self.fit_text(node, text, *format, path)
            }
            (Shape::Number { least, most }, Written::Number(number)) => {
                if (least..=most).contains(&number) {
                    return Some(Value::Integer(*number));
                }
                let what = format!("{path} cannot be {number}");
                self.report(node, Problem::new(what).label(expected(shape)))
            }
            (Shape::Boolean, Written::Boolean(value)) => Some(Value::Boolean(*value)),
            _ => self.wrong_kind(node, shape, path),
        }
    }

    fn fit_settings(
        &mut self,
        node: &Node,
        table: &Table,
        settings: &[Setting],
        path: &Path,
    ) -> Option<Value> {
        let mut fitting = toml::Table::new();
        for (name, entry) in table {
            let Some(setting) = settings.iter().find(|setting| setting.name == *name) else {
                if self.is_enough() {
                    return None;
                }
                let problem = match self.torn_name(name, &entry.node, settings, path) {
                    Some(whole) => {
                        let what = format!("there is no {} in {}", key(name), path.as_table());
                        let hint = format!("a name with dots is in quotes: {}", whole.as_table());
                        Problem::new(what).hint(hint)
                    }
                    None => self.unknown(name, settings, path),
                };
                let quote = self.document.quote(&entry.name);
                // It may be a secret under a name that is misspelt.
                let is_secret = settings.iter().any(|setting| setting.shape.is_secret());
                let quote = if is_secret { quote.map(Quote::without_values) } else { quote };
                self.problems.push(problem.at(quote));
                continue;
            };
            if let Some(value) = self.fit(&entry.node, &setting.shape, &path.name(name)) {
                fitting.insert(name.clone(), value);
            }
        }
        let missing = |setting: &&Setting| setting.required && !table.contains_key(&setting.name);
        let missing: Vec<&Setting> = settings.iter().filter(missing).collect();
        for setting in &missing {
            let Setting { name, about, shape, .. } = setting;
            let problem = Problem::new(format!("{path} lacks {name}")).label(expected(shape));
            let problem = problem.hint(format!("{name}: {about}"));
            self.problems.push(problem.at(self.document.quote(&node.place)));
        }
        let incomplete =
            settings.iter().any(|setting| setting.required && !fitting.contains_key(&setting.name));
        (!incomplete).then_some(Value::Table(fitting))
    }

    fn fit_named(&mut self, table: &Table, each: &Shape, path: &Path) -> Value {
        let mut fitting = toml::Table::new();
        for (name, entry) in table {
            if let Some(value) = self.fit(&entry.node, each, &path.name(name)) {
                fitting.insert(name.clone(), value);
            }
        }
        Value::Table(fitting)
    }

    /// All of it, or nothing: places in it are counted.
    fn fit_list(
        &mut self,
        node: &Node,
        items: &[Node],
        (least, each): (usize, &Shape),
        path: &Path,
    ) -> Option<Value> {
        if items.len() < least {
            let problem = Problem::new(format!("{path} is empty")).label(expected(each));
            return self.report(node, problem);
        }
        let mut fitting = Vec::new();
        for (index, item) in items.iter().enumerate() {
            fitting.extend(self.fit(item, each, &path.item(index)));
        }
        (fitting.len() == items.len()).then_some(Value::Array(fitting))
    }

    fn fit_word(&mut self, node: &Node, text: &str, words: &[Word], path: &Path) -> Option<Value> {
        let choice = || words.iter().map(|word| word.word.as_str());
        if choice().any(|word| word == text) {
            return Some(Value::String(text.to_owned()));
        }
        let label = match did_you_mean(text, choice()) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("{} is expected", one_of(quoted(words).iter().map(String::as_str))),
        };
        self.report(node, Problem::new(format!("{path} cannot be \"{text}\"")).label(label))
    }

    fn fit_text(&mut self, node: &Node, text: &str, format: Format, path: &Path) -> Option<Value> {
        let Err(unreadable) = format.check(text) else {
            return Some(Value::String(text.to_owned()));
        };
        let what = if format.is_secret() {
            format!("{path} cannot be read")
        } else {
            format!("{path} cannot be \"{text}\"")
        };
        let problem = Problem::new(what).label(unreadable.to_string());
        self.report(
            node,
            match unreadable.hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            },
        )
    }

    fn wrong_kind(&mut self, node: &Node, shape: &Shape, path: &Path) -> Option<Value> {
        let what = match path.0.as_slice() {
            [] => "the whole is no table".to_owned(),
            _ => format!("{path} is {}", node.value.kind()),
        };
        let problem = Problem::new(what).label(expected(shape));
        let hint = match (shape, &node.value) {
            (Shape::Text(Some(format)), Written::Number(number)) => {
                format.unit().map(|unit| format!("with its unit, in quotes: \"{number} {unit}\""))
            }
            (Shape::Boolean, Written::Text(text)) if matches!(text.as_str(), "true" | "false") => {
                Some(format!("without the quotes: {text}"))
            }
            (Shape::Number { .. }, Written::Text(text)) if text.parse::<i64>().is_ok() => {
                Some(format!("without the quotes: {text}"))
            }
            (Shape::List { .. }, Written::Text(text)) => {
                Some(format!("a list is in brackets: [\"{text}\"]"))
            }
            (Shape::Table(_) | Shape::Named { .. }, _) if !path.is_item() => {
                Some(format!("its settings stand below {}", path.as_table()))
            }
            _ => None,
        };
        self.report(
            node,
            match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            },
        )
    }

    /// The table that was meant, if somebody has left out the quotes around a name with dots: then its parts are tables
    /// within each other.
    fn torn_name(
        &self,
        name: &str,
        mut node: &Node,
        settings: &[Setting],
        path: &Path,
    ) -> Option<Path> {
        let names = settings.iter().map(|setting| setting.name.as_str());
        let (Step::Name(first), parents) = path.0.split_last()? else { return None };
        if did_you_mean(name, names).is_some() {
            return None;
        }
        let is_free = parents.iter().try_fold(self.shape, |shape, step| match (shape, step) {
            (Shape::Named { each, .. }, _) => Some(&**each),
            (shape, Step::Name(name)) => shape.setting(name).map(|setting| &setting.shape),
            _ => None,
        });
        if !matches!(is_free, Some(Shape::Named { .. })) {
            return None;
        }
        let mut whole = format!("{first}.{name}");
        while let Written::Table(table) = &node.value {
            let mut entries = table.iter();
            match (entries.next(), entries.next()) {
                (Some((name, entry)), None)
                    if !settings.iter().any(|setting| setting.name == *name)
                        && matches!(entry.node.value, Written::Table(_)) =>
                {
                    whole = format!("{whole}.{name}");
                    node = &entry.node;
                }
                _ => return Some(Path(parents.to_vec()).name(&whole)),
            }
        }
        None
    }

    /// There is no such setting here: perhaps it is misspelt, perhaps it belongs somewhere else.
    fn unknown(&self, name: &str, settings: &[Setting], path: &Path) -> Problem {
        let problem = Problem::new(format!("there is no {} in {}", key(name), path.as_table()));
        let names = || settings.iter().map(|setting| setting.name.as_str());
        if let Some(meant) = did_you_mean(name, names()) {
            return problem.label(format!("did you mean {meant}?"));
        }
        match home_of(name, self.shape, "") {
            Some(home) => problem.hint(format!("{name} stands in {home}")),
            None => problem.hint(format!("there is {}", all_of(names()))),
        }
    }

    /// Who has so many problems needs no more of them.
    fn is_enough(&self) -> bool {
        self.problems.len() >= FOUND_MAX
    }

    fn report(&mut self, node: &Node, problem: Problem) -> Option<Value> {
        self.problems.push(problem.at(self.document.quote(&node.place)));
        None
    }
}

/// The first table that has a setting of this name: `[listeners.NAME]`.
fn home_of(name: &str, shape: &Shape, path: &str) -> Option<String> {
    match shape {
        Shape::Table(_) if shape.setting(name).is_some() && !path.is_empty() => {
            Some(format!("[{path}]"))
        }
        Shape::Table(settings) => settings.iter().find_map(|setting| {
            let dot = if path.is_empty() { "" } else { "." };
            home_of(name, &setting.shape, &format!("{path}{dot}{}", setting.name))
        }),
        Shape::Named { placeholder, each, .. } => {
            home_of(name, each, &format!("{path}.{placeholder}"))
        }
        _ => None,
    }
}

fn quoted(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| format!("\"{}\"", word.word)).collect()
}

/// `a, b and c`
fn all_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.split_last() {
        Some((last, others @ [_, ..])) => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// What should stand there.
fn expected(shape: &Shape) -> String {
    let what = match shape {
        Shape::Table(_) | Shape::Named { .. } => "a table",
        Shape::List { .. } => "a list",
        Shape::Choice(words) => &one_of(quoted(words).iter().map(String::as_str)),
        Shape::Text(None) => "a text",
        Shape::Text(Some(format)) => format.expected(),
        Shape::Number { least, most: i64::MAX } => &format!("a whole number of at least {least}"),
        Shape::Number { least, most } => &format!("a whole number from {least} to {most}"),
        Shape::Boolean => "true or false",
    };
    format!("{what} is expected")
}
