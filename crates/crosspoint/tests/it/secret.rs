//! What is made of passwords for the configuration.

use std::fs;

use expect_test::expect;

use crate::process::{check, output, output_given};

#[test]
fn help_says_what_is_made() {
    check(
        &["secret", "--help"],
        &expect![[r#"
        Make of a password what stands in the configuration instead

        The password is read from standard input, up to the end of its line; a terminal does not show it. The lines that are printed belong to a principal: [realms.realm1.principals.alice]

        Usage: crosspoint secret [OPTIONS] [METHODS]...

        Arguments:
          [METHODS]...
                  For which methods; without any for ticket, wampcra and scram

                  Possible values:
                  - ticket:     The digest of a ticket
                  - wampcra:    A key to sign with
                  - scram:      The keys of SCRAM
                  - cryptosign: A new pair of keys; no password is read for it

        Options:
              --kdf <KDF>
                  How scram makes keys of the password

                  Possible values:
                  - argon2id13:  Argon2id, as the specification has it
                  - argon2id-13: The same for clients of Autobahn
                  - pbkdf2:      PBKDF2, for clients of all kinds

                  [default: argon2id13]

              --iterations <NUMBER>
                  How often wampcra and pbkdf2 go round: 100000 and 600000 if nobody says; argon2 3 times

              --memory <KIB>
                  How much memory argon2 fills, in KiB

                  [default: 65536]

          -h, --help
                  Print help (see a summary with '-h')
    "#]],
    );
}

/// With another salt and another key each time, so the digits are not compared.
#[test]
fn what_is_made_of_a_password_stands_in_the_file() {
    let cheap = ["--iterations", "1", "--memory", "32768"];
    let mut principals = output_given("pencil\n", &[&["secret"], &cheap[..]].concat());
    principals += &output(&["secret", "cryptosign"]);
    let begins = ["ticket = \"sha256:", "wampcra = \"pbkdf2:1:", "scram = \"argon2id13:1:32768:"];
    let begins =
        begins.into_iter().chain(["cryptosign = [\"", "# The private key, for the client"]);
    assert_eq!(principals.lines().count(), 5, "{principals}");
    for (line, begin) in principals.lines().zip(begins) {
        assert!(line.starts_with(begin), "{line}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crosspoint.toml");
    let methods =
        "[realms.realm1]\nauthmethods = [\"ticket\", \"wampcra\", \"scram\", \"cryptosign\"]";
    let head = "[realms.realm1.principals.alice]\nrole = \"backend\"";
    fs::write(&file, format!("{methods}\n{head}\n{principals}")).unwrap();
    let said = output(&["check", file.to_str().unwrap()]);
    assert!(said.contains("is right"), "{said}");
}

#[test]
fn clients_may_need_other_functions() {
    for (kdf, begin) in
        [("pbkdf2", "scram = \"pbkdf2:4096:"), ("argon2id-13", "scram = \"argon2id-13:4096:8:")]
    {
        let options = ["--kdf", kdf, "--iterations", "4096", "--memory", "8"];
        let line = output_given("pencil", &[&["secret", "scram"], &options[..]].concat());
        assert!(line.starts_with(begin), "{line}");
    }
}

#[test]
fn passwords_of_which_nothing_can_be_made() {
    let mut said = String::new();
    let long = "x".repeat(1025);
    for (password, options) in [
        ("", &["secret", "ticket"][..]),
        ("\n", &["secret", "ticket"]),
        (&long, &["secret", "ticket"]),
        ("bell\u{7}", &["secret", "scram"]),
        ("pencil", &["secret", "scram", "--memory", "1"]),
    ] {
        said += &output_given(password, options);
    }
    expect![[r#"
        stderr: error: there is no password
        stderr: hint: give one on standard input
        exit status: 1
        stderr: error: there is no password
        stderr: hint: give one on standard input
        exit status: 1
        stderr: error: cannot read the password: it is longer than 1024 octets
        exit status: 1
        stderr: error: nothing can be made of it: the password cannot be normalised: it has characters that must not stand there
        exit status: 1
        stderr: error: nothing can be made of it: memory must be from 8 to 262144
        stderr: hint: choose other numbers with --iterations and --memory
        exit status: 1
    "#]].assert_eq(&said);
}
