//! What is not shown of a line that is quoted to a person: what stands behind the names of secrets.
//!
//! The line may be any, also one that could not be parsed, so this goes by its letters, and rather hides too
//! much.

use super::environment::word_for;
use super::shape::Shape;
use super::source::Origin;

/// The line as it can be shown, of a source in which so much stands before it.
pub(super) fn shown(origin: &Origin, before: &str, line: &str) -> String {
    let shape = Shape::of_file();
    let secrets = shape.secrets();
    let is_value = match origin {
        Origin::Variable(name) => secrets.iter().any(|secret| name.ends_with(&word_for(secret))),
        Origin::File(_) | Origin::Flag => is_inside(before, &secrets),
    };
    let hidden = if is_value { Some(0) } else { value_of_secret(line, &secrets) };
    hidden.map_or_else(|| line.to_owned(), |start| hide_from(line, start))
}

/// Nothing behind the first sign that separates a name from its value.
pub(super) fn without_values(line: &str) -> String {
    line.find(SEPARATORS).map_or_else(|| line.to_owned(), |sign| hide_from(line, sign + 1))
}

/// One is TOML's; others may write the other.
const SEPARATORS: [char; 2] = ['=', ':'];

/// Where the value of the first secret begins that is not kept elsewhere.
fn value_of_secret(line: &str, secrets: &[&str]) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let values =
        secrets.iter().flat_map(|secret| lower.match_indices(secret)).filter_map(|found| {
            let rest = &line[found.0..];
            rest.find(SEPARATORS).map(|sign| found.0 + sign + 1)
        });
    values.filter(|&start| !is_elsewhere(&line[start..])).min()
}

/// Only the place stands here.
fn is_elsewhere(value: &str) -> bool {
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    value.starts_with("env:") || value.starts_with("file:")
}

/// Is what comes next the text of a secret, which has more than one line?
fn is_inside(before: &str, secrets: &[&str]) -> bool {
    ["\"\"\"", "'''"].iter().any(|quotes| {
        let Some((opening, _)) = before.rsplit_once(quotes) else { return false };
        let is_open = before.matches(quotes).count() % 2 == 1;
        let line = opening.lines().next_back().unwrap_or_default();
        is_open && secrets.iter().any(|secret| line.contains(secret))
    })
}

/// As wide as it was, so that the marks below it stay where they are.
fn hide_from(line: &str, start: usize) -> String {
    let (shown, hidden) = line.split_at(start);
    let hide = |c: char| if c.is_whitespace() { c } else { '*' };
    shown.chars().chain(hidden.chars().map(hide)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use expect_test::expect;

    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let file = Origin::File(PathBuf::from("crosspoint.toml"));
        let mut text = String::new();
        for line in [
            "ticket = \"sesame\"",
            "role = \"backend\"",
            "alice = { role = \"backend\", wampcra = \"plain:sesame\" }",
            "alice = { ticket = \"env:ALICE\", scram = sesame",
            "ticket = \"file:sésame\"",
            "tickets: sesame  # Sésame",
            "[realms.realm1.principals.ticket]",
        ] {
            text.extend([&shown(&file, "", line), "\n"]);
        }
        expect![[r#"
            ticket = ********
            role = "backend"
            alice = { role = "backend", wampcra = ************** *
            alice = { ticket = "env:ALICE", scram = ******
            ticket = "file:sésame"
            tickets: ******  * ******
            [realms.realm1.principals.ticket]
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn texts_of_several_lines_are_not_shown() {
        let file = Origin::File(PathBuf::from("crosspoint.toml"));
        for (before, line) in [
            ("ticket = \"\"\"\n", "******"),
            ("role = \"\"\"\n", "sesame"),
            ("ticket = '''\nsesame\n", "******"),
            ("ticket = '''\nsesame'''\n", "sesame"),
        ] {
            assert_eq!(shown(&file, before, "sesame"), line, "{before}");
        }
    }

    #[test]
    fn variables_are_not_shown() {
        let variable = |name: &str| Origin::Variable(format!("CROSSPOINT_REALMS__R__{name}"));
        assert_eq!(shown(&variable("PRINCIPALS__ALICE__TICKET"), "", "sesame"), "******");
        assert_eq!(shown(&variable("URI_RULES"), "", "sesame"), "sesame");
        let principals = variable("PRINCIPALS");
        assert_eq!(
            shown(&principals, "", "{ a = { ticket = \"b\" } }"),
            "{ a = { ticket = *** * *"
        );
    }
}
