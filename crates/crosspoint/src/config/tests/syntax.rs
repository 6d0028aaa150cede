//! What is no TOML, and how any of it is quoted.

use expect_test::expect;

use super::check;

#[test]
fn what_is_no_toml_is_told_line_by_line() {
    check(
        "address = 127.0.0.1:8080\nlevel = debug\nopen = yes\n[log\nx\n\"a\" = \"b\n",
        &expect![[r#"
            error: this is no TOML: a text without quotes
             --> crosspoint.toml:1:16
              |
            1 | address = 127.0.0.1:8080
              |                ^^^^^^^^^
            hint: write address = "127.0.0.1:8080"

            error: this is no TOML: a text without quotes
             --> crosspoint.toml:2:9
              |
            2 | level = debug
              |         ^^^^^
            hint: write level = "debug"

            error: this is no TOML: a text without quotes
             --> crosspoint.toml:3:8
              |
            3 | open = yes
              |        ^^^
            hint: write open = true

            error: this is no TOML: unclosed table, expected `]`
             --> crosspoint.toml:4:5
              |
            4 | [log
              |     ^

            error: this is no TOML: key with no value, expected `=`
             --> crosspoint.toml:5:2
              |
            5 | x
              |  ^
        "#]],
    );
    check(
        "listeners:\n  main:\n    address: 127.0.0.1\n",
        &expect![[r#"
        error: this is no TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
         --> crosspoint.toml:1:10
          |
        1 | listeners:
          |          ^
        hint: a setting is written like name = value, in the table of its [head]

        error: this is no TOML: key with no value, expected `=`
         --> crosspoint.toml:2:8
          |
        2 |   main:
          |        ^
        hint: a setting is written like name = value, in the table of its [head]

        error: this is no TOML: key with no value, expected `=`
         --> crosspoint.toml:3:14
          |
        3 |     address: 127.0.0.1
          |              ^
        hint: a setting is written like name = value, in the table of its [head]
    "#]],
    );
    check(
        "{\"listeners\": {\"main\": {}}}\n",
        &expect![[r#"
        error: this is no TOML: invalid key-value pair, expected key
         --> crosspoint.toml:1:1
          |
        1 | {"listeners": {"main": {}}}
          | ^
        hint: this looks like JSON; see the TOML that it should be: crosspoint config
    "#]],
    );
    check(
        "[log]\nlevel = \"warn\"\nlevel = \"info\"\n[log]\n",
        &expect![[r#"
        error: level is there twice
         --> crosspoint.toml:3:1
          |
        3 | level = "info"
          | ^^^^^
        hint: leave one of them out

        error: the table [log] is there twice
         --> crosspoint.toml:4:2
          |
        4 | [log]
          |  ^^^
        hint: put what belongs to it under one head
    "#]],
    );
}

/// Whoever has a terminal that is narrow, or a file from somewhere else.
#[test]
fn quotations_fit_the_terminal() {
    let long =
        format!("[log]\nlevel = \"warn\" # {}\nx = 1 # \u{1b}[2J\ttab\n", "long ".repeat(50));
    check(
        &long,
        &expect![[r#"
        error: this is no TOML: invalid comment character, expected printable characters
         --> crosspoint.toml:3:9
          |
        3 | x = 1 #  [2J tab
          |         ^
    "#]],
    );
    let wide = format!("[store]\n\"{}\" = 1\n[log]\nlével = 3\n", "ü".repeat(150));
    check(
        &wide,
        &expect![[r#"
            error: this is no TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
             --> crosspoint.toml:4:2
              |
            4 | lével = 3
              |  ^
        "#]],
    );
    let late =
        format!("[log]\nlevel = {}\"a\u{1b}\"\n", " ".repeat(150)).replace('\u{1b}', "\\u001b");
    check(
        &late,
        &expect![[r#"
            error: log.level cannot be "a\u{1b}"
             --> crosspoint.toml:2:159
              |
            2 |                                                   "a\u001b"
              |                                                   ^^^^^^^^^ "off", "error", "warn", "info", "debug" or "trace" is expected
        "#]],
    );
}
