//! The commented default: a file that says nothing new, to begin one's own with.

use std::fmt::Write as _;

use serde_json::Value;

use super::file::File;
use super::shape::{Setting, Shape, Word};
use super::tree::{Path, Step, key};

/// How wide the comments are.
const WIDTH: usize = 96;

const HEAD: &str = "\
The configuration of Crosspoint: everything that can be set, as it is if nobody sets it. Keep what \
you change, and leave the rest out.

  crosspoint check FILE      says what is wrong with it
  crosspoint serve -c FILE   starts the router with it

A setting may be in the environment, too, where it counts more: CROSSPOINT_LOG__LEVEL is level in \
[log], CROSSPOINT_REALMS__REALM1__URI_RULES is uri_rules in [realms.realm1]. Sizes and times have \
their unit: \"16 MiB\", \"64 KiB\"; \"500 ms\", \"90 s\", \"10 min\", \"7 d\".

Editors that know TOML complete and check the file if its first line is

  #:schema ./crosspoint.schema.json

where that is what is printed by: crosspoint config --schema > crosspoint.schema.json";

/// The file as TOML.
pub(crate) fn commented_default() -> String {
    let mut template =
        Template { text: String::new(), defaults: serde_json::json!(File::default()) };
    template.comment(HEAD);
    if let Shape::Table(settings) = Shape::of_file() {
        template.tables(settings, &Path::default());
    }
    template.text
}

struct Template {
    text: String,
    /// The whole default: it knows what tables are called.
    defaults: Value,
}

impl Template {
    /// A table: what stands in it, and then the tables in it, for TOML wants it so.
    fn table(&mut self, settings: &[Setting], path: &Path) {
        self.line(&path.as_table());
        let is_table = |shape: &Shape| matches!(shape, Shape::Table(_) | Shape::Named { .. });
        for setting in settings.iter().filter(|setting| !is_table(&setting.shape)) {
            self.value(setting);
        }
        self.tables(settings, path);
    }

    fn tables(&mut self, settings: &[Setting], path: &Path) {
        for Setting { name, about, shape, .. } in settings {
            match shape {
                Shape::Table(settings) if !self.is_there(&path.name(name)) => {
                    self.head(about);
                    self.absent_table(settings, &path.name(name));
                }
                Shape::Table(settings) => {
                    self.head(about);
                    self.table(settings, &path.name(name));
                }
                Shape::Named { each, placeholder, .. } => {
                    let Shape::Table(settings) = &**each else { continue };
                    let tables = self.defaults.get(name).and_then(Value::as_object).cloned();
                    for table in tables.iter().flat_map(|tables| tables.keys()) {
                        self.head(about);
                        self.table(settings, &path.name(name).name(table));
                    }
                    if tables.is_none() {
                        self.head(about);
                        self.absent_table(settings, &path.name(name).name(placeholder));
                    }
                }
                _ => {}
            }
        }
    }

    fn is_there(&self, path: &Path) -> bool {
        let mut value = Some(&self.defaults);
        for step in &path.0 {
            value = match step {
                Step::Name(name) => value.and_then(|value| value.get(name)),
                Step::Item(_) => None,
            };
        }
        value.is_some()
    }

    /// A table that is not there: what could stand in it.
    fn absent_table(&mut self, settings: &[Setting], path: &Path) {
        self.line(&format!("# {}", path.as_table()));
        for Setting { name, about, default, example, shape, .. } in settings {
            self.line("#");
            if let Shape::Table(settings) = shape {
                self.comment(about);
                self.absent_table(settings, &path.name(name));
                continue;
            }
            self.comment(about);
            self.words(shape);
            if let Some(value) = example.as_ref().or(default.as_ref()) {
                self.line(&format!("#   {} = {}", key(name), inline(value)));
            }
        }
    }

    /// What a table is about, apart from the one before it.
    fn head(&mut self, about: &str) {
        self.text.push('\n');
        self.line("");
        self.comment(about);
    }

    fn value(&mut self, setting: &Setting) {
        let Setting { name, about, default, example, shape, .. } = setting;
        self.line("");
        self.comment(about);
        self.words(shape);
        let assign = |value: &Value| format!("{} = {}", key(name), inline(value));
        match (default, example) {
            (Some(default), None) => self.line(&assign(default)),
            (Some(default), Some(example)) => {
                self.line(&format!("# For example: {}", assign(example)));
                self.line(&assign(default));
            }
            (None, Some(example)) => self.line(&format!("# {}", assign(example))),
            (None, None) => {}
        }
    }

    /// The words that one can choose from, and what they mean.
    fn words(&mut self, shape: &Shape) {
        let words = match shape {
            Shape::Choice(words) => words,
            Shape::List { each, .. } => return self.words(each),
            _ => return,
        };
        let width = words.iter().map(|word| word.word.len()).max().unwrap_or_default() + 2;
        for Word { word, about } in words {
            self.line(&format!("#   {:width$}  {about}", format!("\"{word}\"")));
        }
    }

    fn comment(&mut self, text: &str) {
        for line in wrapped(text, WIDTH) {
            self.line(format!("# {line}").trim_end());
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.text, "{line}");
    }
}

/// A value of JSON as TOML has it behind `=`.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => toml::Value::from(text.as_str()).to_string(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(name, value)| format!("{} = {}", key(name), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Lines that are not longer, broken at spaces; those that are indented stay as they are.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let words = if paragraph.starts_with(' ') {
            vec![paragraph]
        } else {
            paragraph.split(' ').collect()
        };
        for word in words {
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            let space = if line.is_empty() { "" } else { " " };
            line.extend([space, word]);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::config::Configuration;
    use crate::config::conform::conform;
    use crate::config::document::Document;
    use crate::config::source::Origin;
    use crate::config::tests::tls::write_certificate;

    fn read(text: &str) -> Document {
        read_in(Path::new(""), text)
    }

    fn read_in(folder: &Path, text: &str) -> Document {
        Document::of_text(Origin::File(folder.join("default.toml")), text.to_owned())
    }

    /// It says everything, and nothing new.
    #[test]
    fn the_default_is_the_default() {
        let document = read(&commented_default());
        let (written, _) = conform(&document, Shape::of_file());
        Configuration::of(document).unwrap();
        assert_eq!(written, toml::Value::try_from(File::default()).unwrap());
    }

    /// Of RFC 8410, section 10.1.
    const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    /// Whoever takes the sign away from an example has a setting that works.
    #[test]
    fn the_examples_are_right() {
        let text = commented_default();
        let examples = text.lines().filter_map(|line| {
            let example = line.strip_prefix("# For example: ").or(line.strip_prefix("# "))?;
            let name = example.split(" = ").next()?;
            let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
            (example.contains(" = ") && name.chars().all(is_name)).then_some((name, example))
        });
        let examples: Vec<_> = examples.collect();
        let names: Vec<&str> = examples.iter().map(|(name, _)| *name).collect();
        let of_listeners = ["unix", "origins", "proxies"];
        let rates = ["handshakes_per_address_max", "messages_per_second", "messages_burst"];
        let certificates = ["certificate", "key", "client_ca"];
        let others = ["name", "authmethods", "certificate_role"];
        let of_realms = ["sessions_max", "trust_levels", "history"];
        let others_still = ["path", "key"];
        assert_eq!(
            names,
            [&of_listeners[..], &rates, &certificates, &others, &of_realms, &others_still].concat()
        );
        let is_table = |line: &str| line.starts_with('[') && line.ends_with(']');
        let mut changed = String::new();
        for line in text.lines() {
            let is_example = |(_, example): &&(&str, &str)| line.ends_with(example);
            let replaced =
                examples.iter().any(|(name, _)| line.starts_with(&format!("{name} = [")));
            let absent = line.strip_prefix("#   ").filter(|line| line.contains(" = "));
            let absent = absent.or(line.strip_prefix("# ").filter(|line| is_table(line)));
            // An authenticator knows the tickets.
            let absent = absent.filter(|line| !line.starts_with("ticket = "));
            match examples.iter().find(is_example) {
                // Through a Unix socket nobody comes from an address.
                Some((_, example)) => changed.extend([&example.replace("::1", "unix"), "\n"]),
                None if absent.is_some() => {
                    let absent = absent.unwrap_or_default().replace("METHOD", "ticket");
                    changed.extend([absent.as_str(), "\n"]);
                }
                // A listener has an address or a Unix socket.
                None if replaced || line.starts_with("address = ") => {}
                None => changed.extend([line, "\n"]),
            }
        }
        changed.push_str("[realms.\"com.example.accounts\"]\n");
        for role in ["backend", "device", "user"] {
            writeln!(changed, "[realms.realm1.roles.{role}]").unwrap();
        }
        // Certificates are of use where they are asked for.
        let asked = "client_certificates = \"optional\"";
        let changed = changed.replace("client_certificates = \"off\"", asked);
        let folder = tempfile::tempdir().unwrap();
        write_certificate(&folder.path().join("router.crt"), &folder.path().join("router.key"));
        fs::copy(folder.path().join("router.crt"), folder.path().join("clients-ca.crt")).unwrap();
        fs::write(folder.path().join("accounts.pem"), PUBLIC_KEY).unwrap();
        // Proxies bring anybody.
        let changed = changed.replace("open_to_network = false", "open_to_network = true");
        fs::write(folder.path().join("strangers.key"), "0123456789abcdef".repeat(2)).unwrap();
        Configuration::of(read_in(folder.path(), &changed)).unwrap();
    }
}
