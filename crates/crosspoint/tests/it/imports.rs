//! `crosspoint import`, as a command.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use crate::process::{check, output};

#[test]
fn help_says_what_an_import_does() {
    check(
        &["import", "--help"],
        &expect![[r#"
        Make a configuration file out of one of Crossbar.io

        FILE is that of a node, in JSON or YAML (.yaml). What it becomes is written to standard output, and what became of each thing in it to standard error: what is taken, what means something else here, what is not there, and what is left to you. Nothing is opened to the network that anybody could do anything with. Paths of certificates and sockets are made to begin where the new file is, with --output, or in the current folder.

        Usage: crosspoint import [OPTIONS] <FILE>

        Arguments:
          <FILE>
                  The file of Crossbar.io, such as .crossbar/config.json

        Options:
          -o, --output <OUT>
                  Write the configuration to this file, which must not be there yet

          -h, --help
                  Print help (see a summary with '-h')
    "#]],
    );
}

#[test]
fn files_that_cannot_be_imported() {
    check(
        &["import"],
        &expect![[r#"
        stderr: error: the following required arguments were not provided:
        stderr:   <FILE>
        stderr:
        stderr: Usage: crosspoint import <FILE>
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
    check(
        &["import", "nowhere.json"],
        &expect![[r#"
        stderr: error: cannot read nowhere.json: No such file or directory (os error 2)
        stderr: hint: in the folder of a node it is .crossbar/config.json
        exit status: 1
    "#]],
    );
    check(
        &["import", "/"],
        &expect![[r#"
        stderr: error: cannot read /: Is a directory (os error 21)
        stderr: hint: name the file in it: config.json or config.yaml
        exit status: 1
    "#]],
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    for (text, expected) in [
        (
            "workers: []\n",
            expect![[r#"
            stderr: error: this is no JSON: expected value
            stderr:  --> config.json:1:1
            stderr:   |
            stderr: 1 | workers: []
            stderr:   | ^
            stderr: hint: a file in YAML is called config.yaml
            exit status: 1
        "#]],
        ),
        (
            "{\"name\": \"shop\"}",
            expect![[r#"
            stderr: error: config.json is no configuration of Crossbar.io: it has no workers
            stderr: hint: it is the file that a node is started with: .crossbar/config.json
            exit status: 1
        "#]],
        ),
    ] {
        fs::write(&file, text).unwrap();
        let said = output(&["import", file.to_str().unwrap()]);
        expected.assert_eq(&said.replace(file.to_str().unwrap(), "config.json"));
    }
}

/// What is written may be secret, and what was there is somebody's work.
#[test]
fn an_import_writes_a_new_file_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, ours) = (folder.path().join("config.json"), folder.path().join("crosspoint.toml"));
    fs::write(&theirs, "{\"workers\": [{\"type\": \"guest\"}]}").unwrap();
    let import = || {
        let arguments = ["import", theirs.to_str().unwrap(), "-o", ours.to_str().unwrap()];
        output(&arguments).replace(folder.path().to_str().unwrap(), "FOLDER")
    };
    expect![[r#"
        stderr: not taken:
        stderr:   workers[0]: a guest: the router starts no programs; run this one under systemd or the like
        stderr:   workers: there is no transport that speaks WAMP, so the router listens where it does without a file: 127.0.0.1:8080
        stderr:
        stderr: in all: not taken 2
    "#]].assert_eq(&import());
    assert_eq!(fs::metadata(&ours).unwrap().permissions().mode() & 0o777, 0o600);
    expect![[r#"
        stderr: error: cannot write FOLDER/crosspoint.toml: File exists (os error 17)
        stderr: hint: name another file, or take this one away
        exit status: 1
    "#]]
    .assert_eq(&import());
}
