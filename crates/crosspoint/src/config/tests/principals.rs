//! Who may join, with what proof, and what of that is secret.

use std::fs;
use std::path::Path;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_router::authentication::{AttemptLimits, Authentication, Principal};
use crosspoint_router::authorization::Permitted;
use expect_test::expect;

use super::*;

/// A file in which everything is written as it may be.
const ALL: &str = r#"
[realms.realm1]
authmethods = ["anonymous", "ticket", "wampcra", "scram", "cryptosign"]
anonymous_role = "guest"
failed_attempts_per_address_max = 3

[realms.realm1.principals.alice]
role = "backend"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
wampcra = "pbkdf2:1000:salt:with:colons:64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc="

[realms.realm1.principals.bob]
authid = "bob@example.com"
role = "frontend"
wampcra = "plain:secret:with:colons"
scram = "argon2id13:3:32768:W22ZaJ0SNY7soEsUEjb6gQ==:586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6:c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5"
cryptosign = ["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]
"#;

fn authentication(configuration: &Configuration) -> &Authentication {
    &configuration.settings.server.realms[0].authentication
}

#[test]
fn principals_are_understood() {
    let configuration = configuration(ALL).unwrap();
    let Authentication { methods, anonymous_role, principals, attempts, .. } =
        authentication(&configuration);
    let expected = AttemptLimits { per_address_max: 3, ..AttemptLimits::default() };
    assert_eq!(*attempts, expected);
    assert_eq!(methods.len(), 5);
    assert_eq!(anonymous_role, "guest");
    let principals: Vec<&Principal> = principals.iter().collect();
    let [alice, bob] = principals.as_slice() else { panic!("{principals:?}") };
    assert_eq!([&*alice.authid, &*bob.authid], ["alice", "bob@example.com"]);
    assert_eq!([&*alice.role, &*bob.role], ["backend", "frontend"]);
    assert!(alice.credentials.ticket.as_ref().unwrap().is("sesame"));
    let salted = alice.credentials.wampcra.as_ref().unwrap();
    let salting = salted.salting.as_ref().unwrap();
    assert_eq!(
        (salting.salt(), salting.iterations(), salting.keylen()),
        ("salt:with:colons", 1000, 32)
    );
    let secret = bob.credentials.wampcra.as_ref().unwrap();
    assert_eq!(*secret.key.to_text(), "secret:with:colons");
    assert!(secret.salting.is_none());
    let scram = bob.credentials.scram.as_ref().unwrap();
    assert_eq!((scram.cost.kdf().name(), scram.cost.memory_kib()), ("argon2id13", Some(32768)));
    assert!(bob.credentials.has(AuthMethod::Cryptosign));
}

/// A document in a folder, with these variables.
fn in_folder(folder: &Path, text: &str, variables: &[(&str, &str)]) -> Document {
    let origin = Origin::File(folder.join("crosspoint.toml"));
    let mut document = Document::of_text(origin, text.to_owned());
    document.add_environment(variables.iter().map(|(name, value)| (name.into(), value.into())));
    document
}

#[test]
fn secrets_may_be_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bob.secret"), "from the file\n").unwrap();
    let digest = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272";
    let text = r#"
[realms.realm1]
authmethods = ["ticket", "wampcra"]
[realms.realm1.principals]
alice = { role = "user", ticket = "env:ALICE" }
bob   = { role = "user", wampcra = "file:bob.secret" }
carol = { role = "user", ticket = "env:CAROL" }
"#;
    let variables = [
        ("ALICE", "sesame"),
        ("CAROL", digest),
        ("CROSSPOINT_REALMS__REALM1__PRINCIPALS__DAVE__ROLE", "user"),
        ("CROSSPOINT_REALMS__REALM1__PRINCIPALS__DAVE__TICKET", digest),
    ];
    let document = in_folder(folder.path(), text, &variables);
    let configuration = Configuration::of(document).unwrap();
    let principals = &authentication(&configuration).principals;
    let tickets = principals.iter().filter_map(|it| it.credentials.ticket.as_ref());
    assert_eq!(tickets.filter(|ticket| ticket.is("sesame")).count(), 3);
    let bob = principals.iter().find_map(|it| it.credentials.wampcra.as_ref()).unwrap();
    assert_eq!(*bob.key.to_text(), "from the file");
}

#[test]
fn secrets_that_are_not_where_they_should_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("long"), "x".repeat(4097)).unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    let text = r#"
[realms.realm1]
authmethods = ["ticket", "wampcra", "scram"]
[realms.realm1.principals]
alice = { role = "user", ticket = "env:ALICE" }
bob   = { role = "user", wampcra = "file:nothing" }
carol = { role = "user", scram = "env:CAROL" }
dave  = { role = "user", ticket = "file:long" }
erin  = { role = "user", ticket = "file:empty" }
"#;
    let document = in_folder(folder.path(), text, &[("CAROL", "pencil")]);
    let problems = Configuration::of(document).unwrap_err();
    let text = format!("error: {problems}\n").replace(&folder.path().display().to_string(), "…");
    expect![[r#"
        error: the variable ALICE is not set
         --> …/crosspoint.toml:5:35
          |
        5 | alice = { role = "user", ticket = "env:ALICE" }
          |                                   ^^^^^^^^^^^

        error: cannot read …/nothing: No such file or directory (os error 2)
         --> …/crosspoint.toml:6:36
          |
        6 | bob   = { role = "user", wampcra = "file:nothing" }
          |                                    ^^^^^^^^^^^^^^

        error: the variable CAROL has something else
         --> …/crosspoint.toml:7:34
          |
        7 | carol = { role = "user", scram = "env:CAROL" }
          |                                  ^^^^^^^^^^^
        hint: the keys of a password are made by: crosspoint secret scram

        error: cannot read …/long: it is longer than 4096 octets
         --> …/crosspoint.toml:8:35
          |
        8 | dave  = { role = "user", ticket = "file:long" }
          |                                   ^^^^^^^^^^^

        error: the file empty is empty
         --> …/crosspoint.toml:9:35
          |
        9 | erin  = { role = "user", ticket = "file:empty" }
          |                                   ^^^^^^^^^^^^
        hint: its digest is made by: crosspoint secret ticket
    "#]]
    .assert_eq(&text);
}

#[test]
fn what_is_no_credential() {
    check(
        r#"
[realms.realm1.principals.alice]
role = "user"
ticket = "sesame"
wampcra = "sesame"
scram = "pbkdf2:1:W22ZaJ0SNY7soEsUEjb6gQ==:00:00"
cryptosign = ["00"]
[realms.realm1.principals.bob]
role = "user"
ticket = 12345
wampcar = "plain:sesame"
[realms.realm1.principals.carol]
ticket = ["sesame"]
"#,
        &expect![[r#"
            error: realms.realm1.principals.alice.ticket cannot be read
             --> crosspoint.toml:4:10
              |
            4 | ticket = ********
              |          ^^^^^^^^ sha256:…, env:NAME or file:PATH is expected
            hint: its digest is made by: crosspoint secret ticket

            error: realms.realm1.principals.alice.wampcra cannot be read
             --> crosspoint.toml:5:11
              |
            5 | wampcra = ********
              |           ^^^^^^^^ pbkdf2:…, plain:SECRET, env:NAME or file:PATH is expected
            hint: a key of a password is made by: crosspoint secret wampcra

            error: realms.realm1.principals.alice.scram cannot be read
             --> crosspoint.toml:6:9
              |
            6 | scram = *****************************************
              |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ pbkdf2:…, argon2id13:…, env:NAME or file:PATH is expected
            hint: the keys of a password are made by: crosspoint secret scram

            error: realms.realm1.principals.alice.cryptosign[0] cannot be "00"
             --> crosspoint.toml:7:15
              |
            7 | cryptosign = ["00"]
              |               ^^^^ a public key of Ed25519, in 64 hexadecimal digits is expected
            hint: a pair of keys is made by: crosspoint secret cryptosign

            error: realms.realm1.principals.bob.ticket is a number
              --> crosspoint.toml:10:10
               |
            10 | ticket = *****
               |          ^^^^^ sha256:…, env:NAME or file:PATH is expected

            error: there is no wampcar in [realms.realm1.principals.bob]
              --> crosspoint.toml:11:1
               |
            11 | wampcar = **************
               | ^^^^^^^ did you mean wampcra?

            error: realms.realm1.principals.carol lacks role
              --> crosspoint.toml:12:1
               |
            12 | [realms.realm1.principals.carol]
               | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ a text is expected
            hint: role: The role of the sessions: others are told of it, and trust levels go by it.

            error: realms.realm1.principals.carol.ticket is a list
              --> crosspoint.toml:13:10
               |
            13 | ticket = **********
               |          ^^^^^^^^^^ sha256:…, env:NAME or file:PATH is expected
        "#]],
    );
}

/// Neither its line, nor what the parser thinks of it.
#[test]
fn a_secret_without_quotes_is_not_shown() {
    check(
        "[realms.realm1.principals.alice]\nticket = sesame\nwampcra = plain:sesame\n",
        &expect![[r#"
            error: this is no TOML: a text without quotes
             --> crosspoint.toml:2:10
              |
            2 | ticket = ******
              |          ^^^^^^
            hint: write ticket = "…"

            error: this is no TOML: a text without quotes
             --> crosspoint.toml:3:11
              |
            3 | wampcra = ************
              |           ^^^^^^^^^^^^
            hint: write wampcra = "…"
        "#]],
    );
}

#[test]
fn who_could_not_join() {
    check(
        r#"
[realms.realm1]
authmethods = ["ticket", "scram", "cryptosign"]
[realms.realm1.principals.alice]
role = "user"
[realms.realm1.principals.bob]
role = "user"
wampcra = "plain:secret"
[realms.realm1.principals.anonymous]
role = "user"
cryptosign = ["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]
[realms.realm1.principals.carol]
role = "user"
cryptosign = ["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]
[realms.realm1.principals.dave]
authid = "alice"
role = "user"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
[realms.realm1.principals.erin]
authid = "erin\u001b[2J"
role = "user"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
"#,
        &expect![[r#"
            error: nobody can join realm1 by scram
             --> crosspoint.toml:3:26
              |
            3 | authmethods = ["ticket", "scram", "cryptosign"]
              |                          ^^^^^^^
            hint: give scram to a principal, or leave it out

            error: alice has nothing to prove that with
             --> crosspoint.toml:4:1
              |
            4 | [realms.realm1.principals.alice]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: add a ticket, wampcra, scram, cryptosign or certificates

            error: bob cannot join: wampcra is not taken here
             --> crosspoint.toml:6:1
              |
            6 | [realms.realm1.principals.bob]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: add it to the realm's authmethods

            error: 'anonymous' cannot be an authid: those are called so who do not say who they are
             --> crosspoint.toml:9:1
              |
            9 | [realms.realm1.principals.anonymous]
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error: carol cannot be a principal: the public key stands for somebody else already
              --> crosspoint.toml:14:14
               |
            14 | cryptosign = ["545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122"]
               |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error: alice cannot be a principal: there is a principal of that name already
              --> crosspoint.toml:16:10
               |
            16 | authid = "alice"
               |          ^^^^^^^

            error: 'erin\u{1b}[2J' cannot be an authid: an authid has no control characters
              --> crosspoint.toml:20:10
               |
            20 | authid = "erin\u001b[2J"
               |          ^^^^^^^^^^^^^^^
        "#]],
    );
}

/// What is meant for this machine alone is a realm that takes everybody.
#[test]
fn realms_that_ask_for_a_proof_may_be_open_to_the_network() {
    let text = ALL.replace("\"anonymous\", ", "");
    let text = format!("[listeners.main]\naddress = \"0.0.0.0:8080\"\n{text}");
    configuration(&text).unwrap();
    assert!(configuration(&format!("{text}[realms.other]\n")).is_err());
}

/// Without roles: that is for development, unless somebody has to prove who he is, or others can connect.
#[test]
fn what_goes_against_others_takes_a_role_in_production() {
    let permitted =
        |text: &str| configuration(text).unwrap().settings.server.realms[0].permitted.clone();
    let is_everything = |text: &str| matches!(permitted(text), Permitted::Everything);
    assert!(is_everything(""));
    assert!(is_everything("[listeners.a]\nunix = \"a.sock\"\n[realms.a]\n"));
    let ticket = "[realms.a]\nauthmethods = [\"ticket\"]\n[realms.a.principals.b]\nrole = \"c\"\n";
    let ticket = format!("{ticket}ticket = \"sha256:{}\"\n", "0".repeat(64));
    let open = "[listeners.a]\naddress = \"0.0.0.0:8080\"\nopen_to_network = true\n";
    let behind = "[listeners.a]\nproxies = [\"127.0.0.1\"]\nopen_to_network = true\n";
    for text in [ticket.as_str(), open, behind] {
        assert!(matches!(permitted(text), Permitted::NothingAgainstOthers), "{text}");
    }
    // Who comes through a proxy comes from anywhere.
    assert!(configuration(&behind.replace("open_to_network = true\n", "")).is_err());
    let role = "[realms.a.roles.anonymous]\npermissions = []\n";
    assert!(matches!(permitted(role), Permitted::ByRole(_)));
}

#[test]
fn strangers_have_a_key() {
    let (secret, other) = ("0123456789abcdef".repeat(2), "x".repeat(40));
    let key = |text: &str| configuration(text).unwrap().settings.server.strangers;
    assert!(key("").is_none());
    let of = |secret: &str| key(&format!("[strangers]\nkey = \"plain:{secret}\"\n")).unwrap();
    assert_eq!(of(&secret).number("zoe"), of(&secret).number("zoe"));
    assert_ne!(of(&secret).number("zoe"), of(&other).number("zoe"));
    check(
        "[strangers]\nkey = \"plain:too short\"\n",
        &expect![[r#"
            error: strangers.key cannot be read
             --> crosspoint.toml:2:7
              |
            2 | key = ********** ******
              |       ^^^^^^^^^^^^^^^^^ file:PATH, env:NAME or plain:SECRET, a secret of at least 32 characters is expected
            hint: openssl rand -hex 32 prints one
        "#]],
    );
}
