//! The configuration: of any file it is said what is wrong with it, or what it means; and what is imported from
//! Crossbar.io is a configuration of ours.
//!
//! ```text
//! 0   a configuration in TOML
//! 1   one of Crossbar.io in JSON
//! 2   the same in YAML
//! ```

#![no_main]

use crosspoint::fuzzing::{Said, check, import};
use crosspoint_fuzz::memory::within;
use libfuzzer_sys::fuzz_target;

/// What a file of a few thousand octets may take in memory: an alias of YAML stands for more than it is long.
const MEMORY: usize = 64 << 20;

fuzz_target!(|input: &[u8]| {
    let Some((&first, octets)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(octets) else { return };
    within(MEMORY, || match first % 3 {
        0 => check_ours(text),
        1 => check_theirs("node/.crossbar/config.json", text),
        _ => check_theirs("node/.crossbar/config.yaml", text),
    });
});

fn check_ours(text: &str) {
    match check(text) {
        Err(said) => check_said(&said, text),
        Ok((written, meaning)) => {
            let again = check(&written).unwrap_or_else(|said| panic!("{}\n{written}", said.text));
            assert_eq!(again.0, written, "written again");
            assert_eq!(again.1, meaning, "{written}");
        }
    }
}

fn check_theirs(name: &str, text: &str) {
    match import(name, text) {
        Err(said) => check_shown(&said),
        Ok((ours, report, problems)) => {
            check_text(&report);
            // Files and variables that are not here.
            if let Some(said) = problems {
                let is_ours = said.lines.iter().any(|line| line.contains("and that is a bug"));
                assert!(!is_ours, "{}", said.text);
                check_said(&said, &ours);
                assert!(
                    said.lines.iter().all(|line| !line.contains("there is no")),
                    "{}\n{ours}",
                    said.text
                );
            }
        }
    }
}

/// Problems are where the file is, and are shown as they should be.
fn check_said(said: &Said, text: &str) {
    check_shown(said);
    for place in &said.places {
        let mut numbers =
            place.rsplit(':').map(|number| number.parse::<usize>().expect("a number"));
        let (column, line) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        // What is missing may be behind the end.
        let lines = || text.split('\n');
        assert!((1..=lines().count()).contains(&line), "{place}\n{text}");
        let len = lines().nth(line - 1).map_or(0, |line| line.chars().count());
        assert!((1..=len + 1).contains(&column), "{place}\n{text}");
    }
}

fn check_shown(said: &Said) {
    assert!(!said.lines.is_empty() && !said.text.is_empty());
    assert!(said.lines.iter().all(|line| !line.contains(char::is_control)), "{:?}", said.lines);
    check_text(&said.text);
}

/// Nothing that a terminal would obey.
fn check_text(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}
