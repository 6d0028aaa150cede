//! What is not shown of a line that is quoted to a person: what stands behind the names of secrets.
//!
//! The line may be any, also one that could not be parsed, so this goes by its letters, and rather hides too
//! much.

use super::environment::{table_of as variable_table, word_for};
use super::shape::Shape;
use super::source::Origin;

/// The line as it can be shown, of a source in which so much stands before it.
pub(super) fn shown(origin: &Origin, before: &str, line: &str) -> String {
    let shape = Shape::of_file();
    let secrets = shape.secrets();
    let (is_value, is_kept) = match origin {
        Origin::Variable(name) => {
            let secrets = secrets_at(origin, before, line, secrets.clone());
            let is_one_of = |names: &[&str]| names.iter().any(|it| name.ends_with(&word_for(it)));
            let is_keeper = keeps(&name.to_lowercase(), shape);
            let is_table = line.trim_start().starts_with('{');
            let is_unknown = is_keeper && !is_table && !is_one_of(&shape.harmless());
            (is_one_of(&secrets) || is_unknown, is_keeper || keeps(line, shape))
        }
        Origin::File(_) | Origin::Flag => {
            let is_kept = keeps(section(before), shape) || keeps(line, shape);
            (is_inside(before, &secrets), is_kept)
        }
    };
    let secrets = secrets_at(origin, before, line, secrets);
    let hidden = if is_value {
        Some(0)
    } else {
        let harmless = shape.harmless();
        // The variable's name is that of its value.
        let is_item = matches!(origin, Origin::Variable(_)) || is_nameless(before, line, &harmless);
        let unknown = is_kept.then(|| value_of_unknown(line, &harmless, is_item)).flatten();
        let values = [value_of_secret(line, &secrets), value_of_word(line), unknown];
        values.into_iter().flatten().min()
    };
    hidden.map_or_else(|| line.to_owned(), |start| hide_from(line, start))
}

/// The names of secrets, but for those that are none in this table: the key of a listener is a file. What stands
/// there instead of a file's name is hidden.
fn secrets_at<'s>(
    origin: &Origin,
    before: &str,
    line: &str,
    mut secrets: Vec<&'s str>,
) -> Vec<&'s str> {
    let is_file = !["-----", "\"\"\"", "'''", "\\n", ":"].iter().any(|sign| line.contains(sign));
    let table = match origin {
        Origin::Variable(name) => variable_table(name),
        Origin::File(_) | Origin::Flag => head(before),
    };
    let setting = table.and_then(|table| Shape::of_file().setting(&table));
    if let Some(setting) = setting.filter(|_| is_file) {
        let harmless = setting.shape.harmless();
        let own = setting.shape.secrets();
        secrets.retain(|name| own.contains(name) || !harmless.contains(name));
    }
    secrets
}

/// The table of the file in which what comes next stands, by the head before it.
fn head(before: &str) -> Option<String> {
    let head = section(before).strip_prefix('[')?.lines().next()?.trim_start_matches('[');
    let name = head.split(['.', ']']).next()?;
    Some(name.trim().to_owned())
}

/// Is this about somebody's secrets? There also names that nobody knows may be a secret's, mistyped.
fn keeps(text: &str, shape: &Shape) -> bool {
    shape.keepers().iter().any(|keeper| text.contains(keeper))
}

/// From the last head of a table on.
fn section(before: &str) -> &str {
    let head = before.rmatch_indices('[').map(|(index, _)| index).find(|&index| {
        let line = before[..index].rfind('\n').map_or(0, |newline| newline + 1);
        before[line..index].trim().is_empty()
    });
    &before[head.unwrap_or_default()..]
}

/// Where the first value begins that has no name, or one that is not one of these. Tables are looked into; that items
/// of a list have no names is no news.
fn value_of_unknown(line: &str, harmless: &[&str], is_in_list: bool) -> Option<usize> {
    let mut open = vec![Entry::at(0, is_in_list)];
    let (mut quote, mut unknown) = (None, None);
    // The end of the line ends what is written there, as a comma does.
    for (index, sign) in line.char_indices().chain([(line.len(), ',')]) {
        let is_nested = open.len() > 1;
        let Some(entry) = open.last_mut() else { break };
        match (quote, sign) {
            (Some(mark), _) if sign == mark => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '{' | '[') => open.push(Entry::at(index + 1, sign == '[')),
            (None, ',' | '}' | ']') => {
                unknown = unknown.or(entry.unnamed(line, index));
                if sign == ',' {
                    *entry = Entry::at(index + 1, entry.is_item);
                } else if is_nested {
                    open.pop();
                }
            }
            (None, '=' | ':') => {
                let name = line[entry.start..index].trim().trim_matches(['"', '\'']);
                let value = line[index + 1..].trim_start();
                let is_shown = harmless.contains(&name) || value.starts_with('{');
                if !is_shown && !is_elsewhere(value) {
                    unknown = unknown.or(Some(index + 1));
                }
                *entry = Entry { start: index + 1, is_named: true, ..*entry };
            }
            _ => {}
        }
    }
    // Where a quote is missing, names and texts cannot be told apart.
    let is_broken = quote.is_some().then(|| line.find(SEPARATORS).map_or(0, |sign| sign + 1));
    unknown.into_iter().chain(is_broken).min()
}

/// A setting, or an item of a list, as far as it has been looked at.
struct Entry {
    start: usize,
    is_item: bool,
    is_named: bool,
}

impl Entry {
    fn at(start: usize, is_item: bool) -> Entry {
        Entry { start, is_item, is_named: false }
    }

    /// Where it begins, if it should have a name and has none.
    fn unnamed(&self, line: &str, end: usize) -> Option<usize> {
        let is_there = line.get(self.start..end).is_some_and(|text| !text.trim().is_empty());
        (is_there && !self.is_item && !self.is_named).then_some(self.start)
    }
}

/// Is what comes next a head, or in a list that was begun before under one of these names?
fn is_nameless(before: &str, line: &str, harmless: &[&str]) -> bool {
    let is_in_list = || {
        let (opening, items) = before.rsplit_once("[\n")?;
        let (name, _) = opening.lines().next_back()?.split_once('=')?;
        Some(!items.contains(']') && harmless.contains(&name.trim()))
    };
    line.trim_start().starts_with('[') || is_in_list().unwrap_or_default()
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

/// What others call their secrets, as Crossbar.io does, or somebody thinks that we might. None of our settings that is no
/// secret has such a name.
const WORDS: [&str; 6] = ["secret", "passw", "token", "_key", "pwd", "psk"];

/// Where the first value begins whose name has such a word in it.
fn value_of_word(line: &str) -> Option<usize> {
    let mut ends = line.match_indices(SEPARATORS).map(|(end, _)| end);
    let is_meant = |end: &usize| {
        let name = line[..*end].trim_end().trim_end_matches(['"', '\'']);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let name = name[name.trim_end_matches(is_part).len()..].to_ascii_lowercase();
        let is_word = name == "pw" || WORDS.iter().any(|word| name.contains(word));
        is_word && name != "tokens" && !is_elsewhere(&line[end + 1..])
    };
    ends.find(is_meant).map(|end| end + 1)
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
            "principals = \"sesame\"",
            "    secret: \"sesame, unclosed",
            "\"peter\": {\"secret\": sesame}",
            "key_password = \"sesame\"",
            "user = { name = \"joe\", pw = \"sesame\" }",
            "uri = \"com.example.token\"",
            "strangers = \"sesame\"",
            "strangers sesame",
            "principals = { alice = { role = \"user\", tickt = \"sesame\" } }",
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
            principals = ********
                secret: ******** ********
            "peter": {"secret": *******
            key_password = ********
            user = { name = "joe", pw = ******** *
            uri = "com.example.token"
            strangers = ********
            ********* ******
            principals = { alice = { role = "user", tickt = ******** * *
        "#]]
        .assert_eq(&text);
    }

    /// What is mistyped is no less secret.
    #[test]
    fn among_secrets_only_what_is_known_is_shown() {
        let file = Origin::File(PathBuf::from("crosspoint.toml"));
        let mut text = String::new();
        for (head, line) in [
            ("[realms.a.principals]", "x = {wampra = \"plain:sesame\"}"),
            ("[realms.a.principals]", "x = \"sesame\""),
            ("[realms.a.principals.x]", "tickt = \"sesame\""),
            ("[realms.a.principals.x]", "role = \"user\", tickt = \"sesame\""),
            ("[realms.a.principals.x]", "role = \"user, tickt = \"sesame\""),
            ("[realms.a.principals.x]", "certificates = [\"64xfz:1\"]"),
            ("[realms.a.tokens]", "t = {kee = \"plain:sesame\", role=\"x\"}"),
            ("[realms.a.tokens.t]", "issuer = \"https://accounts.example.com\""),
            ("[realms.a.tokens.t]", "kee = \"file:accounts.pem\""),
            ("[realms.a.tokens.t]\nrole = \"x\"\n[realms.b]", "naem = \"shown\""),
        ] {
            text.extend([&shown(&file, &format!("{head}\n"), line), "\n"]);
        }
        expect![[r#"
            x = {wampra = ***************
            x = ********
            tickt = ********
            role = "user", tickt = ********
            role = ****** ***** * ********
            certificates = ["64xfz:1"]
            t = {kee = *************** *********
            issuer = "https://accounts.example.com"
            kee = "file:accounts.pem"
            naem = "shown"
        "#]]
        .assert_eq(&text);
    }

    /// Whoever forgets the name has written the secret all the same.
    #[test]
    fn among_secrets_what_has_no_name_is_not_shown() {
        let file = Origin::File(PathBuf::from("crosspoint.toml"));
        let mut text = String::new();
        for (head, line) in [
            ("[strangers]", "\"sesame\""),
            ("[strangers]", "sesame"),
            ("[strangers]", "\"sesame"),
            ("[strangers]\nkey =", "\"sesame\""),
            ("[realms.a]\nprincipals = [", "\"sesame\","),
            ("[realms.a]\nprincipals = [", "\"sesame"),
            ("[realms.a.principals.x]\nticket = [", "\"sesame\"]"),
            ("[realms.a.principals.x]", "ticket sesame"),
            ("[realms.a.principals]", "x = {role = \"user\", ticket sesame}"),
            ("[realms.a.principals]", "x = {\"sesame\"}"),
            ("[realms.a.principals.x]", "certificates = [\"0f\", \"1f\"]"),
            ("[realms.a.principals.x]\ncertificates = [", "    \"0f\","),
            ("[realms.a.principals.x]\ncertificates = [\n\"0f\"\n]", "sesame"),
            ("[realms.a.principals.x]", "[realms.a.principals.y"),
        ] {
            text.extend([&shown(&file, &format!("{head}\n"), line), "\n"]);
        }
        expect![[r#"
            ********
            ******
            *******
            ********
            *********
            *******
            *********
            ****** ******
            x = {role = "user", ****** *******
            x = {*********
            certificates = ["0f", "1f"]
                "0f",
            ******
            [realms.a.principals.y
        "#]]
        .assert_eq(&text);
    }

    /// What is called like a secret elsewhere, and is a file.
    #[test]
    fn names_of_files_are_shown() {
        let file = Origin::File(PathBuf::from("crosspoint.toml"));
        let mut text = String::new();
        for (head, line) in [
            ("[listeners.main.tls]", "key = \"tls/server.pem\""),
            ("[listeners.main]", "tls = { certificate = \"a.crt\", key = \"a.key\" }"),
            ("[listeners.main.tls]", "key = \"-----BEGIN PRIVATE KEY-----\\nsesame\""),
            ("[listeners.main.tls]", "key = \"\"\"sesame"),
            ("[listeners.main.tls]", "ticket = \"sesame\""),
            ("[realms.a.tokens.t]", "key = \"sesame\""),
            ("[listeners.main.tls]\n[realms.a.tokens.t]", "key = \"sesame\""),
            ("", "key = \"sesame\""),
        ] {
            text.extend([&shown(&file, &format!("{head}\n"), line), "\n"]);
        }
        let variable = |name: &str| Origin::Variable(format!("CROSSPOINT_{name}"));
        text.extend([&shown(&variable("LISTENERS__MAIN__TLS__KEY"), "", "tls/server.pem"), "\n"]);
        text.extend([&shown(&variable("REALMS__R__TOKENS__T__KEY"), "", "sesame"), "\n"]);
        expect![[r#"
            key = "tls/server.pem"
            tls = { certificate = "a.crt", key = "a.key" }
            key = *********** ******* *****************
            key = *********
            ticket = ********
            key = ********
            key = ********
            key = ********
            tls/server.pem
            ******
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
        assert_eq!(shown(&variable("PRINCIPALS__X__TICKT"), "", "sesame"), "******");
        assert_eq!(shown(&variable("PRINCIPALS__X__ROLE"), "", "user"), "user");
        let tokens = variable("TOKENS");
        assert_eq!(shown(&tokens, "", "{x={kee=\"plain:sesame\"}}"), "{x={kee=****************");
        let strangers = Origin::Variable("CROSSPOINT_STRANGERS".to_owned());
        assert_eq!(shown(&strangers, "", "sesame"), "******");
        let realm = Origin::Variable("CROSSPOINT_REALMS__R".to_owned());
        for (value, line) in [
            ("{principals=\"sesame\"}", "{principals=*********"),
            ("{principals={alice=\"sesame\"}}", "{principals={alice=**********"),
            ("{principals={\"sesame", "{principals=********"),
            ("{principals sesame", "{********** ******"),
        ] {
            assert_eq!(shown(&realm, "", value), line);
        }
        let principals = variable("PRINCIPALS");
        assert_eq!(
            shown(&principals, "", "{ a = { ticket = \"b\" } }"),
            "{ a = { ticket = *** * *"
        );
    }
}
