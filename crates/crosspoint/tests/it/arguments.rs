//! Arguments that are wrong, and what is told of them.

use expect_test::expect;

use crate::process::check;

#[test]
fn wrong_arguments_are_told() {
    check(
        &["call"],
        &expect![[r#"
            stderr: error: the following required arguments were not provided:
            stderr:   <URI>
            stderr:
            stderr: Usage: crosspoint call <URI> [ARG]...
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
    check(
        &["call", "com.example.hello", "[1"],
        &expect![[r#"
            stderr: error: invalid value '[1' for '[ARG]...': it begins like JSON, but is not: unexpected end at octet 2; a text is quoted like '"["'
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
    check(
        &["call", "com.example.hello", "-k", "a"],
        &expect![[r#"
            stderr: error: invalid value 'a' for '--kwarg <KEY=VALUE>': a keyword argument is like name=value
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
    check(
        &["call", "com.example.hello", "--serializer", "xml"],
        &expect![[r#"
            stderr: error: invalid value 'xml' for '--serializer <SERIALIZER>'
            stderr:   [possible values: json, msgpack, cbor]
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
    check(
        &["register", "com.example.hello"],
        &expect![[r#"
            stderr: error: the following required arguments were not provided:
            stderr:   <COMMAND>...
            stderr:
            stderr: Usage: crosspoint register <URI> -- <COMMAND>...
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
    check(
        &["register", "com.example.hello", "--queue", "3", "--", "echo"],
        &expect![[r#"
        stderr: error: the following required arguments were not provided:
        stderr:   --concurrency <N>
        stderr:
        stderr: Usage: crosspoint register --concurrency <N> --queue <N> <URI> -- <COMMAND>...
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
    check(
        &["call", "com.example.hello", "--timeout", "5"],
        &expect![[r#"
        stderr: error: invalid value '5' for '--timeout <DURATION>': a duration is like 500ms, 2s or 1m
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
    check(
        &["publish", "com.example.news", "--eligible", "alice"],
        &expect![[r#"
            stderr: error: invalid value 'alice' for '--eligible <ID>': a session's ID is a number from 1 to 9007199254740992
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
    check(
        &["subscribe", "com.example.news", "--count", "0"],
        &expect![[r#"
            stderr: error: invalid value '0' for '--count <N>': number would be zero for non-zero type
            stderr:
            stderr: For more information, try '--help'.
            exit status: 2
        "#]],
    );
}

#[test]
fn times_are_seconds_or_off() {
    check(
        &["serve", "--ping-interval", "1 week"],
        &expect![[r#"
        stderr: error: invalid value '1 week' for '--ping-interval <SECONDS>': it is a number of seconds, up to 3600, or 'off'
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
    check(
        &["serve", "--dead-peer-timeout", "86400"],
        &expect![[r#"
        stderr: error: invalid value '86400' for '--dead-peer-timeout <SECONDS>': it is a number of seconds, up to 3600, or 'off'
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
}
