//! What a file is written in, and whose it is.

use expect_test::expect;

use super::{check_named, import};

#[test]
fn yaml_says_the_same() {
    let text = "\
version: 2
workers:
- type: router
  realms:
  - name: app
    roles:
    - name: anonymous
      permissions:
      - {uri: com.app.news, allow: {subscribe: true}}
  transports:
  - type: rawsocket
    endpoint: {type: tcp, port: 9000}
";
    check_named(
        "node/config.yaml",
        text,
        &expect![[r#"
            [listeners.rawsocket]
            address = "0.0.0.0:9000"
            transports = ["rawsocket"]

            [realms.app]

            [realms.app.roles.anonymous]
            permissions = [
                { uri = "com.app.news", allow = ["subscribe"] },
            ]

            ---
            taken:
              workers[0].realms[0].name -> [realms.app]
              workers[0].realms[0].roles[0].name -> [realms.app.roles.anonymous]
              workers[0].realms[0].roles[0].permissions[0] -> realms.app.roles.anonymous.permissions
              workers[0].transports[0].endpoint.{type,port} -> listeners.rawsocket.address
              workers[0].transports[0].type -> listeners.rawsocket.transports

            needs no setting:
              version: this version is what is read
              workers[0].type: a router is what this is

            in all: taken 6, needs no setting 2
        "#]],
    );
}

#[test]
fn files_of_somebody_else() {
    let files = [
        ("config.json", "version: 2\n"),
        ("config.json", "{\"version\": 2,\n \"workers\": [,]}"),
        ("config.yaml", "version: 2\nworkers: [\n"),
        ("config.json", "[]"),
        ("config.json", "{\"name\": \"app\"}"),
        ("config.json", "{\"workers\": 3}"),
    ];
    let said = files.map(|(name, text)| format!("error: {}\n", import(name, text).unwrap_err()));
    expect![[r#"
        error: this is no JSON: expected value
         --> config.json:1:1
          |
        1 | version: 2
          | ^
        hint: a file in YAML is called config.yaml

        error: this is no JSON: expected value
         --> config.json:2:14
          |
        2 |  "workers": [,]}
          |              ^
        hint: a file in YAML is called config.yaml

        error: this is no YAML: unclosed bracket '['
         --> config.yaml:2:10
          |
        2 | workers: [
          |          ^

        error: config.json is no configuration of Crossbar.io: it is no table
        hint: it is the file that a node is started with: .crossbar/config.json

        error: config.json is no configuration of Crossbar.io: it has no workers
        hint: it is the file that a node is started with: .crossbar/config.json

        error: config.json is no configuration of Crossbar.io: its workers are no list
        hint: it is the file that a node is started with: .crossbar/config.json
    "#]]
    .assert_eq(&said.join("\n"));
}

/// Editors of Windows put a byte order mark at the beginning.
#[test]
fn a_mark_at_the_beginning() {
    let text = "\u{feff}{\"workers\": []}";
    assert!(super::import(super::NODE, text).is_ok());
    assert!(super::import("config.yaml", "\u{feff}workers: []").is_ok());
}
