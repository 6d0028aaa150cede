//! Settings in the environment.

use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::*;

/// What is said of an empty file where these variables are set.
#[track_caller]
fn check_environment(variables: &[(&str, &str)], expected: &Expect) {
    let problems = environment("", variables).expect_err("nothing is wrong with it");
    expected.assert_eq(&format!("error: {problems}\n"));
}

fn environment(text: &str, variables: &[(&str, &str)]) -> Result<Configuration, Problems> {
    let origin = Origin::File(PathBuf::from("crosspoint.toml"));
    let mut document = Document::of_text(origin, text.to_owned());
    document.add_environment(variables.iter().map(|&(name, value)| (name.into(), value.into())));
    Configuration::of(document)
}

#[test]
fn variables_count_more_than_the_file() {
    let text = r#"
[listeners.main]
address = "127.0.0.1:1"
[realms."com.example"]
uri_rules = "strict"
"#;
    let Configuration { settings, .. } = environment(
        text,
        &[
            ("CROSSPOINT_LISTENERS__MAIN__ADDRESS", "127.0.0.1:2"),
            ("CROSSPOINT_LISTENERS__BACKEND_2__ADDRESS", "127.0.0.1:3"),
            ("CROSSPOINT_LISTENERS__BACKEND_2__TRANSPORTS", r#"["rawsocket"]"#),
            ("CROSSPOINT_REALMS__COM_EXAMPLE__DISCLOSE_CALLER", "never"),
            ("CROSSPOINT_REALMS__APP", r#"{ uri_rules = "strict", slow_subscribers = "close" }"#),
            ("CROSSPOINT_REALMS__APP__URI_RULES", "loose"),
            ("CROSSPOINT_LIMITS__CALLS_IN_FLIGHT_MAX", "7"),
            ("CROSSPOINT_STORE__PATH", "here/events.store"),
            ("CROSSPOINT_LISTEN", "of a flag"),
            ("ANOTHER__NAME", "of somebody else"),
        ],
    )
    .unwrap();
    let listeners = settings.server.listeners.iter();
    let listeners: Vec<_> =
        listeners.map(|listener| (&*listener.name, listener.place.to_string())).collect();
    let place = |port: u16| format!("127.0.0.1:{port}");
    assert_eq!(listeners, [("main", place(2)), ("backend_2", place(3))]);
    assert!(!settings.server.listeners[1].websocket);
    let realms = settings.server.realms.iter();
    let realms: Vec<_> = realms
        .map(|realm| {
            format!(
                "{} {:?} {:?} {:?}",
                realm.name, realm.uri_rules, realm.disclosure, realm.slow_subscribers
            )
        })
        .collect();
    assert_eq!(realms, ["com.example Strict Never Drop", "app Loose Asked Close"]);
    assert_eq!(settings.server.limits.calls_in_flight_max, 7);
    // Not where the file is: nobody would look for it there.
    assert_eq!(settings.server.store, Some(PathBuf::from("here/events.store")));
}

#[test]
fn variables_that_mean_nothing_are_told() {
    check_environment(
        &[
            ("CROSSPOINT_LISTENER__MAIN__ADDRESS", "127.0.0.1:1"),
            ("CROSSPOINT_LISTENERS__MAIN__ADRESS", "127.0.0.1:1"),
            ("CROSSPOINT_LISTENERS____ADDRESS", "127.0.0.1:1"),
            ("CROSSPOINT_LOG__LEVEL__WARN", "yes"),
            ("CROSSPOINT_SERVER__PORT", "80"),
        ],
        &expect![[r#"
            error: CROSSPOINT_LISTENERS__MAIN__ADRESS is no setting
            hint: did you mean CROSSPOINT_LISTENERS__MAIN__ADDRESS?

            error: CROSSPOINT_LISTENERS____ADDRESS names no table in [listeners]

            error: CROSSPOINT_LISTENER__MAIN__ADDRESS is no setting
            hint: did you mean CROSSPOINT_LISTENERS__MAIN__ADDRESS?

            error: CROSSPOINT_LOG__LEVEL__WARN: nothing stands in log.level
            hint: its value is that of CROSSPOINT_LOG__LEVEL

            error: CROSSPOINT_SERVER__PORT is no setting
            hint: after CROSSPOINT_ there may be LISTENERS, REALMS, STORE, LIMITS, CLIENTS, STRANGERS, LOG
        "#]],
    );
    check_environment(
        &[
            ("CROSSPOINT_LISTENERS__MAIN__ADDRESS", "0.0.0.0:80"),
            ("CROSSPOINT_LISTENERS__MAIN__CONNECTIONS_MAX", "0"),
            ("CROSSPOINT_LISTENERS__MAIN__PATHS", "/ws"),
            ("CROSSPOINT_LISTENERS__MAIN__TRANSPORTS", r#"["webscoket"]"#),
            ("CROSSPOINT_LISTENERS__MAIN__SERIALIZERS", "json"),
            ("CROSSPOINT_LISTENERS__MAIN__OPEN_TO_NETWORK", "yes"),
            ("CROSSPOINT_LISTENERS__MAIN__HANDSHAKES_MAX", "many"),
            ("CROSSPOINT_LISTENERS__MAIN__TLS", "{ key = "),
            ("CROSSPOINT_LOG", "warn"),
            ("CROSSPOINT_LOG__LEVEL", "wran"),
        ],
        &expect![[r#"
            error: 0.0.0.0:80 can be reached from other machines, and anybody may do anything in the realm realm1
             --> CROSSPOINT_LISTENERS__MAIN__ADDRESS
              |
              | 0.0.0.0:80
              | ^^^^^^^^^^
            hint: listen on 127.0.0.1, ask for a proof with authmethods in [realms.realm1], say what is allowed in [realms.realm1.roles], or say open_to_network = true in [listeners.main] if the network is yours alone

            error: listeners.main.connections_max cannot be 0
             --> CROSSPOINT_LISTENERS__MAIN__CONNECTIONS_MAX
              |
              | 0
              | ^ a whole number from 1 to 4294967295 is expected

            error: listeners.main.handshakes_max is a text
             --> CROSSPOINT_LISTENERS__MAIN__HANDSHAKES_MAX
              |
              | many
              | ^^^^ a whole number from 1 to 4294967295 is expected

            error: listeners.main.open_to_network is a text
             --> CROSSPOINT_LISTENERS__MAIN__OPEN_TO_NETWORK
              |
              | yes
              | ^^^ true or false is expected

            error: listeners.main.paths is a text
             --> CROSSPOINT_LISTENERS__MAIN__PATHS
              |
              | /ws
              | ^^^ a list is expected
            hint: a list is in brackets: ["/ws"]

            error: listeners.main.serializers is a text
             --> CROSSPOINT_LISTENERS__MAIN__SERIALIZERS
              |
              | json
              | ^^^^ a list is expected
            hint: a list is in brackets: ["json"]

            error: CROSSPOINT_LISTENERS__MAIN__TLS cannot be read: unclosed inline table, expected `}`
             --> CROSSPOINT_LISTENERS__MAIN__TLS
              |
              | { key = 
              | ^^^^^^^^
            hint: it is written as in the file: 10, true, ["a", "b"], { a = 1 }

            error: log.level cannot be "wran"
             --> CROSSPOINT_LOG__LEVEL
              |
              | wran
              | ^^^^ did you mean "warn"?

            error: listeners.main.transports[0] cannot be "webscoket"
             --> CROSSPOINT_LISTENERS__MAIN__TRANSPORTS
              |
              | ["webscoket"]
              |  ^^^^^^^^^^^ did you mean "websocket"?
        "#]],
    );
}

#[test]
fn a_variable_does_not_guess_which_table_is_meant() {
    let text = "[realms.\"com.example\"]\n[realms.com_example]\n";
    let problems = environment(text, &[("CROSSPOINT_REALMS__COM_EXAMPLE__URI_RULES", "strict")]);
    expect![[r#"
        CROSSPOINT_REALMS__COM_EXAMPLE__URI_RULES may mean "com.example" or "com_example"
        hint: say it in the file"#]]
    .assert_eq(&problems.unwrap_err().to_string());
}

/// What was meant for the router and does not reach it is told: an error where it is clear what was meant.
#[test]
fn variables_that_are_almost_settings_are_told() {
    check_environment(
        &[
            ("CROSSPOINT_LOG_LEVEL", "info"),
            ("CROSSPOINT_LISTENERS_MAIN_TLS_KEY", "key.pem"),
            ("CROSSPOINT_LISTN", "127.0.0.1:1"),
            ("CROSSPOINT__LOG__LEVEL", "info"),
        ],
        &expect![[r#"
            error: CROSSPOINT_LISTENERS_MAIN_TLS_KEY is no setting
            hint: did you mean CROSSPOINT_LISTENERS__MAIN__TLS__KEY?

            error: CROSSPOINT_LISTN is no setting
            hint: did you mean CROSSPOINT_LISTEN?

            error: CROSSPOINT_LOG_LEVEL is no setting
            hint: did you mean CROSSPOINT_LOG__LEVEL?

            error: CROSSPOINT__LOG__LEVEL is no setting
            hint: did you mean CROSSPOINT_LOG__LEVEL?
        "#]],
    );
    let warned = |variables: &[(&str, &str)]| {
        let configuration = environment("", variables).unwrap();
        let lines = configuration.warnings().map(|warning| format!("{warning}\n"));
        lines.collect::<String>()
    };
    expect![[r#"
        CROSPOINT_LOG__LEVEL is not looked at
        hint: did you mean CROSSPOINT_LOG__LEVEL?
        CROSSPOINTS_LOG_LEVEL is not looked at
        hint: did you mean CROSSPOINT_LOG__LEVEL?
        CROSSPOINT_HOME is no setting, and is not looked at
        CROSSPOINT_SERVER_PORT is no setting, and is not looked at
    "#]]
    .assert_eq(&warned(&[
        ("CROSSPOINT_HOME", "/opt/crosspoint"),
        ("CROSSPOINT_SERVER_PORT", "8080"),
        ("CROSPOINT_LOG__LEVEL", "info"),
        ("CROSSPOINTS_LOG_LEVEL", "info"),
        ("CROSSPOND_SIZE", "1"),
    ]));
}

/// In a cluster with a service that is called crosspoint, or crosspoint-log, these are in every container.
#[test]
fn variables_of_kubernetes_are_no_settings() {
    let names = [
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_WEBSOCKET",
        "PORT",
        "PORT_8080_TCP",
        "PORT_8080_TCP_ADDR",
        "PORT_8080_TCP_PORT",
        "PORT_8080_TCP_PROTO",
        "LOG_SERVICE_HOST",
        "LOG_PORT_80_UDP",
        "STORE_PORT",
    ];
    let names = names.map(|name| format!("CROSSPOINT_{name}"));
    let variables: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "tcp://10.0.0.1:8080")).collect();
    assert_eq!(environment("", &variables).unwrap().warnings().count(), 0);
}

/// Whatever a realm, a role or a principal is called, there is a way to it.
#[test]
fn every_name_can_be_reached() {
    let text = r#"
[realms.x__y]
[realms._z_]
[realms."com.example"]
[realms.x__y.roles."my.role"]
[realms.x__y.roles.anonymous]
"#;
    let permissions = r#"[{ uri = "a.", match = "prefix", allow = [] }]"#;
    let variables = [
        ("CROSSPOINT_REALMS__X_Y__URI_RULES", "strict"),
        ("CROSSPOINT_REALMS__Z__URI_RULES", "strict"),
        ("CROSSPOINT_REALMS__COM_EXAMPLE__URI_RULES", "strict"),
        ("CROSSPOINT_REALMS__X_Y__ROLES__MY_ROLE__PERMISSIONS", permissions),
        ("CROSSPOINT_REALMS__NEW__NAME", "com.example.New__one"),
        ("CROSSPOINT_REALMS__NEW__ROLES", r#"{ "Its.Role" = {}, anonymous = {} }"#),
    ];
    let Configuration { file, settings, .. } = environment(text, &variables).unwrap();
    let realms = settings.server.realms.iter();
    let realms: Vec<_> =
        realms.map(|realm| format!("{} {:?}", realm.name, realm.uri_rules)).collect();
    let expected =
        ["x__y Strict", "_z_ Strict", "com.example Strict", "com.example.New__one Loose"];
    assert_eq!(realms, expected);
    assert_eq!(file.realms["x__y"].roles["my.role"].permissions.len(), 1);
    assert!(file.realms["new"].roles.contains_key("Its.Role"));
    check_environment(
        &[
            ("CROSSPOINT_REALMS", r#"{ "a.b" = {}, a__b = {} }"#),
            ("CROSSPOINT_REALMS__A_B__URI_RULES", "strict"),
        ],
        &expect![[r#"
            error: CROSSPOINT_REALMS is no setting
            hint: did you mean CROSSPOINT_REALM?
        "#]],
    );
}
