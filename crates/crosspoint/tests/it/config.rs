//! Configuration files as a person meets them. What is said of each mistake is tested beside the
//! code that says it.

use std::fs;

use expect_test::{Expect, expect};

use crate::process::{check, check_with, output};

/// A file in a folder of its own, which goes with the test.
struct ConfigFile(tempfile::TempDir);

impl ConfigFile {
    fn new(text: &str) -> ConfigFile {
        let file = ConfigFile(tempfile::tempdir().unwrap());
        fs::write(file.path(), text).unwrap();
        file
    }

    fn path(&self) -> String {
        self.0.path().join("crosspoint.toml").to_str().unwrap().to_owned()
    }

    /// What a command says of it that ends by itself.
    #[track_caller]
    fn check(&self, command: &str, expected: &Expect) {
        let said = output(&[command, &self.path()]);
        expected.assert_eq(&said.replace(&self.path(), "crosspoint.toml"));
    }
}

/// What everybody begins with.
#[test]
fn the_default_that_is_printed_is_right() {
    let default = output(&["config"]);
    assert!(default.starts_with("# The configuration of Crosspoint"), "{default}");
    ConfigFile::new(&default).check(
        "check",
        &expect![[r#"
        crosspoint.toml is right: listener main; realm realm1
    "#]],
    );
}

#[test]
fn the_schema_that_is_printed_is_the_one_that_is_published() {
    let published = include_str!("../../../../docs/crosspoint.schema.json");
    assert_eq!(output(&["config", "--schema"]), published);
}

#[test]
fn a_file_that_is_right() {
    let text = "[listeners.main]\n[listeners.local]\naddress = \"127.0.0.1:9000\"\n[realms.app]\n";
    ConfigFile::new(text).check(
        "check",
        &expect![[r#"
        crosspoint.toml is right: listeners main, local; realm app
    "#]],
    );
    ConfigFile::new("").check(
        "check",
        &expect![[r#"
        crosspoint.toml is right: listener main; realm realm1
    "#]],
    );
}

#[test]
fn a_file_with_mistakes() {
    let text = "[listeners.main]\nadress = \"127.0.0.1:9000\"\n[log]\nlevel = 3\n";
    ConfigFile::new(text).check(
        "check",
        &expect![[r#"
        stderr: error: there is no adress in [listeners.main]
        stderr:  --> crosspoint.toml:2:1
        stderr:   |
        stderr: 2 | adress = "127.0.0.1:9000"
        stderr:   | ^^^^^^ did you mean address?
        stderr:
        stderr: error: log.level is a number
        stderr:  --> crosspoint.toml:4:9
        stderr:   |
        stderr: 4 | level = 3
        stderr:   |         ^ "off", "error", "warn", "info", "debug" or "trace" is expected
        exit status: 1
    "#]],
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    check(
        &["check", "nowhere.toml"],
        &expect![[r#"
        stderr: error: cannot read nowhere.toml: No such file or directory (os error 2)
        stderr: hint: begin with: crosspoint config > nowhere.toml
        exit status: 1
    "#]],
    );
    check(
        &["check", "/"],
        &expect![[r#"
        stderr: error: cannot read /: Is a directory (os error 21)
        stderr: hint: name a file in that folder
        exit status: 1
    "#]],
    );
    check(
        &["check", "/dev/zero"],
        &expect![[r#"
        stderr: error: /dev/zero is longer than 1048576 octets
        stderr: hint: is it the configuration?
        exit status: 1
    "#]],
    );
    check(
        &["check"],
        &expect![[r#"
        stderr: error: the following required arguments were not provided:
        stderr:   <FILE>
        stderr:
        stderr: Usage: crosspoint check <FILE>
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
    let file = ConfigFile::new("");
    fs::write(file.path(), b"[log]\nlevel = \"\xFF\"\n").unwrap();
    file.check(
        "check",
        &expect![[r#"
        stderr: error: crosspoint.toml is no text in UTF-8
        stderr:  --> crosspoint.toml:2:10
        stderr:   |
        stderr: 2 | level = "�"
        stderr:   |          ^
        exit status: 1
    "#]],
    );
}

#[test]
fn the_environment_is_checked_too() {
    let file = ConfigFile::new("");
    let variables =
        [("CROSSPOINT_CONFIG", file.path()), ("CROSSPOINT_LOG__LEVLE", "debug".to_owned())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    check_with(
        &variables,
        &["check"],
        &expect![[r#"
        stderr: error: CROSSPOINT_LOG__LEVLE is no setting
        stderr: hint: did you mean CROSSPOINT_LOG__LEVEL?
        exit status: 1
    "#]],
    );
}
