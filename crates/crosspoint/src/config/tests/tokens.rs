//! Whose tokens are taken.

use expect_test::expect;

use super::*;

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAVF77CiGS22jUPxGM+b+a7ggUZuHvNscIuW7m9i3drZI=
-----END PUBLIC KEY-----
";

/// In a folder with the key of the accounts, and something else.
fn problems(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("accounts.pem"), PUBLIC_KEY).unwrap();
    std::fs::write(folder.path().join("secret"), "too short").unwrap();
    let path = folder.path().join("crosspoint.toml");
    std::fs::write(&path, text).unwrap();
    let checked = Configuration::of(Document::read(&path).unwrap());
    let folder = format!("{}/", folder.path().display());
    checked.map_or_else(|problems| problems.to_string().replace(&folder, ""), |_| String::new())
}

#[test]
fn tokens_are_understood() {
    let text = r#"
[realms.realm1]
authmethods = ["jwt"]

[realms.realm1.tokens.accounts]
algorithm = "EdDSA"
key = "file:accounts.pem"
issuer = "https://accounts.example.com"
audience = "crosspoint"
role_claim = "role"
roles = ["user", "guest"]

[realms.realm1.tokens.gates]
algorithm = "HS256"
key = "plain:a secret of thirty-two octets and more"
authid_claim = "gate"
role = "gate"
"#;
    assert_eq!(problems(text), "");
}

#[test]
fn what_is_wrong_with_tokens() {
    let text = r#"
[realms.realm1]
authmethods = ["anonymous"]

[realms.realm1.tokens]
a = { algorithm = "EdDSA", key = "file:accounts.pem", role = "a", role_claim = "role" }
b = { algorithm = "HS256", key = "file:accounts.pem", role = "b" }
c = { algorithm = "RS256", key = "file:accounts.pem", role = "c" }
d = { algorithm = "RS256", key = "file:secret", role = "d" }
e = { algorithm = "HS256", key = "file:secret" }
f = { algorithm = "HS256", key = "file:nowhere", role = "f" }
g = { algorithm = "EdDSA", key = "file:accounts.pem", role = "g", roles = ["user"] }
"#;
    expect![[r#"
        these tokens are of no use: jwt is not taken here
         --> crosspoint.toml:5:1
          |
        5 | [realms.realm1.tokens]
          | ^^^^^^^^^^^^^^^^^^^^^^
        hint: add it to the realm's authmethods

        error: there is a role for all of them already
         --> crosspoint.toml:6:80
          |
        6 | a = { algorithm = "EdDSA", key = "file:accounts.pem", role = "a", role_claim = "role" }
          |                                                                                ^^^^^^
        hint: leave out one of the two

        error: this is a public key: whoever knows it could sign
         --> crosspoint.toml:7:34
          |
        7 | b = { algorithm = "HS256", key = "file:accounts.pem", role = "b" }
          |                                  ^^^^^^^^^^^^^^^^^^^
        hint: say algorithm = "RS256" or "EdDSA", whichever it is for

        error: this is no key of RSA
         --> crosspoint.toml:8:34
          |
        8 | c = { algorithm = "RS256", key = "file:accounts.pem", role = "c" }
          |                                  ^^^^^^^^^^^^^^^^^^^
        hint: it is in PEM and begins with -----BEGIN PUBLIC KEY-----

        error: there is no public key of RSA here
         --> crosspoint.toml:9:34
          |
        9 | d = { algorithm = "RS256", key = "file:secret", role = "d" }
          |                                  ^^^^^^^^^^^^^
        hint: it is in PEM and begins with -----BEGIN PUBLIC KEY-----

        error: it is not said which role they have
          --> crosspoint.toml:10:5
           |
        10 | e = { algorithm = "HS256", key = "file:secret" }
           |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: say role, or the claim that does: role_claim

        error: a secret of HS256 has at least 32 octets
          --> crosspoint.toml:10:34
           |
        10 | e = { algorithm = "HS256", key = "file:secret" }
           |                                  ^^^^^^^^^^^^^
        hint: openssl rand -base64 32 makes one

        error: cannot read nowhere: No such file or directory (os error 2)
          --> crosspoint.toml:11:34
           |
        11 | f = { algorithm = "HS256", key = "file:nowhere", role = "f" }
           |                                  ^^^^^^^^^^^^^^

        error: there is a role for all of them already
          --> crosspoint.toml:12:75
           |
        12 | g = { algorithm = "EdDSA", key = "file:accounts.pem", role = "g", roles = ["user"] }
           |                                                                           ^^^^^^^^
        hint: they are for role_claim"#]]
    .assert_eq(&problems(text));
    let text = r#"
[realms.realm1]
authmethods = ["jwt"]

[realms.realm1.tokens.a]
algorithm = "none"
key = "sesame"
"#;
    expect![[r#"
        realms.realm1.tokens.a.algorithm cannot be "none"
         --> crosspoint.toml:6:13
          |
        6 | algorithm = "none"
          |             ^^^^^^ "HS256", "RS256" or "EdDSA" is expected

        error: realms.realm1.tokens.a.key cannot be read
         --> crosspoint.toml:7:7
          |
        7 | key = ********
          |       ^^^^^^^^ file:PATH, env:NAME or plain:SECRET is expected
        hint: a public key is in a file: file:PATH"#]]
    .assert_eq(&problems(text));
    expect![[r#"
        nobody can join realm1 by jwt
         --> crosspoint.toml:2:16
          |
        2 | authmethods = ["jwt"]
          |                ^^^^^
        hint: say in [realms.realm1.tokens.NAME] whose are taken, or leave it out"#]]
    .assert_eq(&problems("[realms.realm1]\nauthmethods = [\"jwt\"]\n"));
}
