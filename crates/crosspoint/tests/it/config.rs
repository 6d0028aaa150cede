//! Configuration files as a person meets them. What is said of each mistake is tested beside the
//! code that says it.

use std::fs;

use expect_test::{Expect, expect};

use crate::process::{Router, check, check_with, crosspoint, output};

/// A file in a folder of its own, which goes with the test.
pub(crate) struct ConfigFile(tempfile::TempDir);

impl ConfigFile {
    pub(crate) fn new(text: &str) -> ConfigFile {
        let file = ConfigFile(tempfile::tempdir().unwrap());
        file.write(text);
        file
    }

    pub(crate) fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    pub(crate) fn path(&self) -> String {
        self.0.path().join("crosspoint.toml").to_str().unwrap().to_owned()
    }

    /// The router that it describes, with these variables.
    pub(crate) fn serve(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Router {
        let mut command = crosspoint();
        command.args(["serve", "--config", &self.path()]).args(arguments);
        Router::of(command.envs(variables.iter().copied()))
    }

    /// What it says of why it does not start.
    #[track_caller]
    fn check_serve(&self, arguments: &[&str], expected: &Expect) {
        let said = output(&[&["serve", "--config", &self.path()], arguments].concat());
        expected.assert_eq(&said.replace(&self.path(), "crosspoint.toml"));
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

/// The banner with what is the same in every test.
fn banner(router: &Router, file: &ConfigFile) -> String {
    let banner = router.banner.replace(&file.path(), "crosspoint.toml");
    let banner = banner.replace(env!("CARGO_BIN_EXE_crosspoint"), "crosspoint");
    let banner = banner.replace(&format!("reload {}'", router.process.id()), "reload PID'");
    let port = |line: &str| {
        let (before, after) = line.split_once("127.0.0.1:")?;
        Some(format!("{before}127.0.0.1:PORT{}", after.trim_start_matches(char::is_numeric)))
    };
    let lines = banner.lines().map(|line| port(line).unwrap_or_else(|| line.to_owned()) + "\n");
    lines.collect::<String>().replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn a_file_has_several_listeners_and_realms() {
    let file = ConfigFile::new(
        r#"
[listeners.public]
address = "127.0.0.1:0"
paths = ["/wamp"]

[listeners.backend]
address = "127.0.0.1:0"
transports = ["rawsocket"]

[realms."com.example.app"]
[realms.tests]
"#,
    );
    let router = file.serve(&[], &[]);
    expect![[r#"
        Crosspoint VERSION, a WAMP router

          public     ws://127.0.0.1:PORT/wamp
                     rs://127.0.0.1:PORT
                     http://127.0.0.1:PORT/
          backend    rs://127.0.0.1:PORT
          realms     com.example.app, tests

        As crosspoint.toml says: anybody on this machine may do anything.
        In a second terminal, provide a procedure; in a third one, call it:

          crosspoint register --url ws://127.0.0.1:PORT/wamp --realm com.example.app com.example.date -- date
          crosspoint call --url ws://127.0.0.1:PORT/wamp --realm com.example.app com.example.date

        'crosspoint reload PID' reads the file again; Ctrl-C ends it.
    "#]].assert_eq(&banner(&router, &file));
    let backend = router.banner.lines().find_map(|line| line.trim().strip_prefix("backend"));
    let backend = backend.unwrap().trim();
    let public = router.banner.lines().find_map(|line| line.trim().strip_prefix("public"));
    let mut subscriber = router.start_command(&[
        "subscribe",
        "com.example.news",
        "--url",
        public.unwrap().trim(),
        "--realm",
        "com.example.app",
        "--count",
        "1",
    ]);
    assert_eq!(subscriber.notice(), "subscribed to com.example.news; Ctrl-C ends it");
    for (realm, said) in [("tests", "1"), ("com.example.app", "2")] {
        let arguments = ["publish", "com.example.news", said, "--url", backend, "--realm", realm];
        router.check(&arguments, &expect![[""]]);
    }
    expect![[r#"
        {"args":[2],"kwargs":{}}
    "#]]
    .assert_eq(&subscriber.end());
}

#[test]
fn without_a_file_the_environment_may_say_everything() {
    let variables = [
        ("CROSSPOINT_LISTENERS__MAIN__ADDRESS", "127.0.0.1:0"),
        ("CROSSPOINT_REALMS__APP__URI_RULES", "strict"),
    ];
    let router = Router::of(crosspoint().arg("serve").envs(variables));
    let arguments = ["publish", "com.Example", "--realm", "app", "--url", &router.rawsocket_url()];
    router.check(&arguments, &expect![[r#"
        stderr: error: wamp.error.invalid_uri: the topic is not a valid URI: a URI of this realm has lower-case letters, digits and '_' between its dots only
        stderr: hint: a URI is like com.example.hello, and does not begin with wamp
        exit status: 1
    "#]]);
}

#[test]
fn flags_count_more_than_the_environment_and_that_more_than_the_file() {
    let file = ConfigFile::new("[listeners.main]\naddress = \"127.0.0.1:1\"\n[realms.app]\n");
    let in_environment = [("CROSSPOINT_LISTENERS__MAIN__ADDRESS", "127.0.0.1:0")];
    drop(file.serve(&in_environment, &[]));
    let in_environment = [("CROSSPOINT_LISTENERS__MAIN__ADDRESS", "127.0.0.1:1")];
    let router = file.serve(&in_environment, &["--listen", "127.0.0.1:0", "--realm", "other"]);
    expect![[r#"
        Crosspoint VERSION, a WAMP router

          WebSocket  ws://127.0.0.1:PORT/ws
          RawSocket  rs://127.0.0.1:PORT
          browser    http://127.0.0.1:PORT/
          realm      other

        As crosspoint.toml says: anybody on this machine may do anything.
        In a second terminal, provide a procedure; in a third one, call it:

          crosspoint register --url ws://127.0.0.1:PORT/ws --realm other com.example.date -- date
          crosspoint call --url ws://127.0.0.1:PORT/ws --realm other com.example.date

        'crosspoint reload PID' reads the file again; Ctrl-C ends it.
    "#]]
    .assert_eq(&banner(&router, &file));
}

#[test]
fn flags_are_for_what_is_not_to_be_guessed() {
    let text = "[listeners.a]\n[listeners.b]\naddress = \"127.0.0.1:1\"\n[realms.a]\n[realms.b]\n";
    let file = ConfigFile::new(text);
    file.check_serve(
        &["--listen", "127.0.0.1:0"],
        &expect![[r#"
        stderr: error: --listen may mean each of the listeners a, b
        stderr: hint: say it in the file, or with CROSSPOINT_LISTENERS__A__ADDRESS
        exit status: 1
    "#]],
    );
    file.check_serve(
        &["--realm", "c"],
        &expect![[r#"
            stderr: error: --realm cannot add to the realms a, b
            stderr: hint: say it in the file, and leave out --realm and CROSSPOINT_REALM
            exit status: 1
        "#]],
    );
}

/// A warning has its lines, as an error has.
#[test]
fn what_may_be_a_mistake_is_told_beside() {
    check_with(
        &[("CROSPOINT_LOG__LEVEL", "debug")],
        &["serve", "--check"],
        &expect![[r#"
        the configuration is right: listener main; realm realm1
        stderr: warning: CROSPOINT_LOG__LEVEL is not looked at
        stderr: hint: did you mean CROSSPOINT_LOG__LEVEL?
    "#]],
    );
}

#[test]
fn a_router_that_would_not_be_right_does_not_start() {
    let file =
        ConfigFile::new("[listeners.main]\naddress = \"0.0.0.0:0\"\n[log]\nlevel = \"all\"\n");
    file.check_serve(&[], &expect![[r#"
        stderr: error: 0.0.0.0:0 can be reached from other machines, and anybody may do anything in the realm realm1
        stderr:  --> crosspoint.toml:2:11
        stderr:   |
        stderr: 2 | address = "0.0.0.0:0"
        stderr:   |           ^^^^^^^^^^^
        stderr: hint: listen on 127.0.0.1, ask for a proof with authmethods in [realms.realm1], say what is allowed in [realms.realm1.roles], or say open_to_network = true in [listeners.main] if the network is yours alone
        stderr:
        stderr: error: log.level cannot be "all"
        stderr:  --> crosspoint.toml:4:9
        stderr:   |
        stderr: 4 | level = "all"
        stderr:   |         ^^^^^ "off", "error", "warn", "info", "debug" or "trace" is expected
        exit status: 1
    "#]]);
    let file =
        ConfigFile::new("[listeners.main]\naddress = \"192.0.2.1:8080\"\nopen_to_network = true\n");
    file.check_serve(&[], &expect![[r#"
        stderr: error: cannot listen on 192.0.2.1:8080: Cannot assign requested address (os error 99)
        stderr: hint: this machine does not have the address; choose another address for [listeners.main]
        exit status: 1
    "#]]);
}

#[test]
fn the_file_knows_where_its_store_is() {
    let text = r#"
listeners.main.address = "127.0.0.1:0"
store.path = "events.store"
realms.realm1.retained.stored = true
"#;
    let file = ConfigFile::new(text);
    let router = file.serve(&[], &[]);
    assert!(file.0.path().join("events.store").exists());
    drop(router);
}

/// Each session has a line, when it has ended; for machines, if they are to read it.
#[test]
fn a_session_has_its_line_in_the_log() {
    let log = "log = { level = \"info\", format = \"json\" }\n";
    let file = ConfigFile::new(&format!("{log}listeners.main.address = \"127.0.0.1:0\"\n"));
    let mut router = file.serve(&[], &[]);
    router.check(&["publish", "com.example.news", "1"], &expect![[""]]);
    let line = router.process.notice();
    let mut line: serde_json::Value = serde_json::from_str(&line).unwrap();
    for changing in ["timestamp", "session", "peer", "seconds"] {
        let value = line.as_object_mut().unwrap().remove(changing);
        assert!(value.is_some_and(|value| !value.is_null()), "no {changing}");
    }
    expect![[r#"
        {"target":"crosspoint::connection","level":"INFO","message":"session ended","why":"wamp.close.close_realm","realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","by":"client","transport":"websocket.cbor","events_dropped":0}
    "#]]
    .assert_eq(&format!("{line}\n"));
}
