//! What strangers could do at a listener that other machines can reach.

use expect_test::{Expect, expect};

use super::{check, configuration};

const EVERY: &str = "'publish', 'subscribe', 'call', 'register'";

/// A router that others can reach, with one role.
fn exposed(role: &str, permissions: &[(&str, &str, &str)], word: &str) -> String {
    let permission = |(matching, uri, allow): &(&str, &str, &str)| {
        format!("    {{ uri = \"{uri}\", match = '{matching}', allow = [{allow}] }},\n")
    };
    let permissions: String = permissions.iter().map(permission).collect();
    format!(
        "[listeners.main]\naddress = \"0.0.0.0:8080\"\n{word}\n\
         [realms.app.roles.{role}]\npermissions = [\n{permissions}]\n"
    )
}

/// Everything for everybody is that also where it stands in a role.
#[test]
fn a_role_that_may_do_anything_is_not_for_the_network() {
    check(
        &exposed("anonymous", &[("prefix", "", EVERY)], ""),
        &expect![[r#"
        error: 0.0.0.0:8080 can be reached from other machines, and anybody may do anything in the realm app
         --> crosspoint.toml:2:11
          |
        2 | address = "0.0.0.0:8080"
          |           ^^^^^^^^^^^^^^
        hint: listen on 127.0.0.1, ask for a proof with authmethods in [realms.app], allow less in [realms.app.roles.anonymous], or say open_to_network = true in [listeners.main] if the network is yours alone
    "#]],
    );
    let meant = "open_to_network = true";
    for (role, uri, allow, word) in [
        ("backend", "", EVERY, ""),
        ("anonymous", "com.", EVERY, ""),
        ("anonymous", "", "'publish', 'subscribe', 'call'", ""),
        ("anonymous", "", EVERY, meant),
    ] {
        configuration(&exposed(role, &[("prefix", uri, allow)], word)).unwrap();
    }
}

/// Wildcards that name nothing are no less, and may stand in pieces; but none counts beside the prefix for all.
#[test]
fn wildcards_may_be_for_anything() {
    let every = ("wildcard", "..", EVERY);
    check(
        &exposed("anonymous", &[every], ""),
        &expect![[r#"
        error: 0.0.0.0:8080 can be reached from other machines, and anybody may do anything in the realm app
         --> crosspoint.toml:2:11
          |
        2 | address = "0.0.0.0:8080"
          |           ^^^^^^^^^^^^^^
        hint: listen on 127.0.0.1, ask for a proof with authmethods in [realms.app], allow less in [realms.app.roles.anonymous], or say open_to_network = true in [listeners.main] if the network is yours alone
    "#]],
    );
    let pieces =
        [("wildcard", ".", "'register', 'call'"), ("wildcard", "..", "'subscribe', 'publish'")];
    assert!(configuration(&exposed("anonymous", &pieces, "")).is_err());
    let less = [("prefix", "", "'call'"), every];
    configuration(&exposed("anonymous", &less, "")).unwrap();
}

#[track_caller]
fn warned(text: &str, expected: &Expect) {
    let configuration = configuration(text).unwrap();
    let lines = configuration.warnings().map(|warning| format!("{warning}\n"));
    expected.assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

/// To call, publish and subscribe is for the public; to register is to be called by others.
#[test]
fn strangers_who_register_whole_namespaces_are_warned_of() {
    let permissions = [
        ("prefix", "", "'call', 'register'"),
        ("prefix", "com", EVERY),
        ("prefix", "org.", "'register'"),
        ("wildcard", "com..", "'register'"),
        ("prefix", "net.", "'call', 'publish', 'subscribe'"),
        ("prefix", "com.example.", EVERY),
        ("wildcard", "com..add", "'register'"),
        ("exact", "add", "'register'"),
    ];
    warned(
        &exposed("anonymous", &permissions, ""),
        &expect![[r#"
            0.0.0.0:8080 can be reached from other machines, and anybody may register any procedure in the realm app
             --> crosspoint.toml:6:13
              |
            6 |     { uri = "", match = 'prefix', allow = ['call', 'register'] },
              |             ^^
            hint: allow that below a prefix of their own, like com.example.public., ask for a proof with authmethods in [realms.app], or say open_to_network = true in [listeners.main] if strangers may get others' calls

            0.0.0.0:8080 can be reached from other machines, and anybody may register any procedure that begins with com in the realm app
             --> crosspoint.toml:7:13
              |
            7 |     { uri = "com", match = 'prefix', allow = ['publish', 'subscribe', 'call', 'register'] },
              |             ^^^^^
            hint: allow that below a prefix of their own, like com.example.public., ask for a proof with authmethods in [realms.app], or say open_to_network = true in [listeners.main] if strangers may get others' calls

            0.0.0.0:8080 can be reached from other machines, and anybody may register any procedure that begins with org. in the realm app
             --> crosspoint.toml:8:13
              |
            8 |     { uri = "org.", match = 'prefix', allow = ['register'] },
              |             ^^^^^^
            hint: allow that below a prefix of their own, like com.example.public., ask for a proof with authmethods in [realms.app], or say open_to_network = true in [listeners.main] if strangers may get others' calls

            0.0.0.0:8080 can be reached from other machines, and anybody may register any procedure that fits 'com..' in the realm app
             --> crosspoint.toml:9:13
              |
            9 |     { uri = "com..", match = 'wildcard', allow = ['register'] },
              |             ^^^^^^^
            hint: allow that below a prefix of their own, like com.example.public., ask for a proof with authmethods in [realms.app], or say open_to_network = true in [listeners.main] if strangers may get others' calls
        "#]],
    );
    let none = expect![[""]];
    warned(&exposed("anonymous", &permissions, "open_to_network = true"), &none);
    warned(&exposed("backend", &permissions, ""), &none);
    let proved = format!(
        "{}[realms.app]\nauthmethods = ['ticket']\n\
         [realms.app.authenticators.ticket]\nprocedure = 'com.example.who'\n",
        exposed("anonymous", &permissions, "")
    );
    warned(&proved, &none);
    warned(&exposed("anonymous", &permissions, "").replace("0.0.0.0", "127.0.0.1"), &none);
}

/// A proxy brings others in also where the listener is for this machine.
#[test]
fn strangers_come_through_proxies() {
    let permissions = [("prefix", "com.", "'register'")];
    let text = exposed("anonymous", &permissions, "proxies = ['::1']");
    warned(
        &text.replace("0.0.0.0", "127.0.0.1"),
        &expect![[r#"
            whoever gets to its proxies can connect here, and anybody may register any procedure that begins with com. in the realm app
             --> crosspoint.toml:6:13
              |
            6 |     { uri = "com.", match = 'prefix', allow = ['register'] },
              |             ^^^^^^
            hint: allow that below a prefix of their own, like com.example.public., ask for a proof with authmethods in [realms.app], or say open_to_network = true in [listeners.main] if strangers may get others' calls
        "#]],
    );
}

/// Programs of this machine are its owner's; pages are anybody's.
#[test]
fn pages_of_anybody_are_warned_of() {
    let listener = |origins: &str| {
        format!("[listeners.main]\naddress = \"127.0.0.1:8080\"\norigins = [{origins}]\n")
    };
    for origins in ["\"*\"", "\"https://app.example.com\", \"null\"", "\"https://*\""] {
        let configuration = configuration(&listener(origins)).unwrap();
        assert_eq!(configuration.warnings().count(), 1, "{origins}");
    }
    warned(
        &listener("\"*\""),
        &expect![[r#"
        any page that a browser on this machine shows can connect here, and may do anything in the realm realm1
         --> crosspoint.toml:3:11
          |
        3 | origins = ["*"]
          |           ^^^^^
        hint: name the sites that are meant, ask for a proof with authmethods in [realms.realm1], or say open_to_network = true in [listeners.main]
    "#]],
    );
    let named = listener("\"https://app.example.com\", \"https://*.example.com\"");
    let meant = listener("\"*\"") + "open_to_network = true\n";
    let elsewhere = listener("\"*\"") + "transports = [\"rawsocket\"]\n";
    let limited = listener("\"*\"") + "[realms.app.roles.anonymous]\n";
    for text in [named, meant, elsewhere, limited, String::new()] {
        warned(&text, &expect![""]);
    }
}
