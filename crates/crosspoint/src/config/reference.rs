//! The settings as a page: the second half of `docs/configuration.md`, which a test keeps in step.

use std::fmt::Write as _;

use super::shape::{Setting, Shape, Word};
use super::template::inline;
use super::units::Format;

/// Where the second half begins.
const MARK: &str = "<!-- generated from crates/crosspoint/src/config/file.rs by \
     UPDATE_EXPECT=1 cargo test -p crosspoint --lib config -->";

/// All tables with their settings, in Markdown.
fn reference() -> String {
    let mut page = String::new();
    if let Shape::Table(tables) = Shape::of_file() {
        for table in tables {
            write_table(&mut page, "", table);
        }
    }
    page
}

/// A table, and then those in it.
fn write_table(page: &mut String, parent: &str, table: &Setting) {
    let dot = if parent.is_empty() { "" } else { "." };
    let path = format!("{parent}{dot}{}", table.name);
    let (path, settings) = match &table.shape {
        Shape::Table(settings) => (path, settings),
        Shape::Named { placeholder, each, .. } => match &**each {
            Shape::Table(settings) => (format!("{path}.{placeholder}"), settings),
            _ => return,
        },
        _ => return,
    };
    let about = &table.about;
    // Writing to a text does not fail.
    let _ = write!(page, "\n## `[{path}]`\n\n{}\n", escaped(about));
    write_settings(page, settings);
    for setting in settings {
        if let Shape::List { each, .. } = &setting.shape
            && let Shape::Table(items) = &**each
        {
            let _ = write!(page, "\nEach of `{}` is a table:\n", setting.name);
            write_settings(page, items);
        }
    }
    for setting in settings {
        write_table(page, &path, setting);
    }
}

fn write_settings(page: &mut String, settings: &[Setting]) {
    page.push_str("\n| | by default | |\n|---|---|---|\n");
    for setting in settings {
        if matches!(setting.shape, Shape::Table(_) | Shape::Named { .. }) {
            continue;
        }
        let default = match &setting.default {
            Some(default) => format!("`{}`", inline(default)),
            None if setting.required => "it has to be there".to_owned(),
            None => "none".to_owned(),
        };
        let _ = writeln!(page, "| `{}` | {default} | {} |", setting.name, about(setting));
    }
}

/// What a setting means, what may stand there, and an example.
fn about(setting: &Setting) -> String {
    let mut about = escaped(&setting.about);
    let values = values(&setting.shape);
    if !values.is_empty() {
        about.extend([" ", &values]);
    }
    if let Some(example) = &setting.example {
        let _ = write!(about, " For example `{}`.", inline(example));
    }
    if setting.reload {
        about.push_str(" *Can be reloaded.*");
    }
    about
}

fn values(shape: &Shape) -> String {
    match shape {
        Shape::Choice(words) => {
            let word = |Word { word, about }: &Word| {
                format!("`\"{word}\"`: {}", escaped(about.trim_end_matches('.')))
            };
            words.iter().map(word).collect::<Vec<_>>().join("; ") + "."
        }
        Shape::List { each, .. } => values(each),
        Shape::Text(Some(Format::Patience)) => "A time up to an hour, or `\"off\"`.".to_owned(),
        Shape::Number { least: 1.., .. } => "At least 1.".to_owned(),
        _ => String::new(),
    }
}

/// What Markdown would take for a mark of its own.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<").replace('*', "\\*").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use expect_test::expect_file;

    use super::*;
    use crate::config::document::Document;
    use crate::config::source::Origin;
    use crate::config::{Configuration, shape};

    #[test]
    fn the_page_is_in_step() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        let page = fs::read_to_string(page).unwrap();
        let (written, _) = page.split_once(MARK).unwrap();
        expect_file!["../../../../docs/configuration.md"]
            .assert_eq(&format!("{written}{MARK}\n{}", reference()));
    }

    #[test]
    fn the_example_of_the_page_is_right() {
        let page = include_str!("../../../../docs/configuration.md");
        let (_, example) = page.split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let origin = Origin::File("docs/example.toml".into());
        let document = Document::of_text(origin, example.to_owned());
        let Configuration { settings, .. } = Configuration::of(document).unwrap();
        assert_eq!(settings.server.listeners.len(), 2);
        assert_eq!(settings.server.store, Some("docs/events.store".into()));
    }

    #[test]
    fn the_published_schema_is_in_step() {
        expect_file!["../../../../docs/crosspoint.schema.json"].assert_eq(&shape::schema_text());
    }
}
