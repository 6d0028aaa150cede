//! Certificates and keys that a file names, and Unix sockets.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;

/// Makes a certificate for `localhost` that is signed by itself.
pub(in crate::config) fn write_certificate(certificate: &Path, key: &Path) {
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    write(&params, certificate, key);
}

fn write(params: &CertificateParams, certificate: &Path, key: &Path) {
    let pair = KeyPair::generate().unwrap();
    fs::write(certificate, params.self_signed(&pair).unwrap().pem()).unwrap();
    fs::write(key, pair.serialize_pem()).unwrap();
}

/// A folder with two certificates and their keys, and two files that are something else.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    write_certificate(&file("a.crt"), &file("a.key"));
    write_certificate(&file("b.crt"), &file("b.key"));
    fs::write(file("empty"), "").unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(file("damaged"), damaged).unwrap();
    folder
}

fn configuration_in(folder: &TempDir, text: &str) -> Result<Configuration, Problems> {
    let origin = Origin::File(folder.path().join("crosspoint.toml"));
    Configuration::of(Document::of_text(origin, text.to_owned()))
}

/// What is said of this listener, each thing in one line.
#[track_caller]
fn check(listener: &str, expected: &Expect) {
    let folder = folder();
    let text = format!("[listeners.main]\n{listener}\n");
    let Problems(problems) =
        configuration_in(&folder, &text).expect_err("nothing is wrong with it");
    let lines = problems.iter().map(|problem| problem.line() + "\n").collect::<String>();
    expected.assert_eq(&lines.replace(&format!("{}/", folder.path().display()), ""));
}

#[test]
fn files_are_read_from_where_the_configuration_is() {
    let folder = folder();
    let text = r#"
        [listeners.main.tls]
        certificate = "a.crt"
        key = "a.key"
        client_certificates = "required"
        client_ca = "b.crt"
        versions = ["1.3"]
    "#;
    let Configuration { settings, .. } = configuration_in(&folder, text).unwrap();
    let acceptor = settings.server.listeners[0].tls.clone().unwrap();
    assert_eq!(acceptor.outdated(), None);
    // The same files again are the same; others are not.
    let again = configuration_in(&folder, text).unwrap().settings;
    assert_eq!(again.server.listeners[0].tls, Some(acceptor.clone()));
    fs::copy(folder.path().join("a.crt"), folder.path().join("b.crt")).unwrap();
    let other = configuration_in(&folder, text).unwrap().settings;
    assert_ne!(other.server.listeners[0].tls, Some(acceptor));
}

#[test]
fn a_certificate_that_has_expired_is_no_mistake() {
    let folder = folder();
    let file = |name: &str| folder.path().join(name);
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2001, 1, 1);
    params.not_after = date_time_ymd(2002, 2, 3);
    write(&params, &file("old.crt"), &file("old.key"));
    let text = "listeners.main.tls = { certificate = \"old.crt\", key = \"old.key\" }";
    let Configuration { settings, .. } = configuration_in(&folder, text).unwrap();
    let outdated = settings.server.listeners[0].tls.as_ref().unwrap().outdated().unwrap();
    assert!(
        outdated.ends_with("old.crt has expired: it counted until 2002-02-03T00:00:00Z"),
        "{outdated}"
    );
}

#[test]
fn files_that_are_not_what_they_should_be() {
    check(
        r#"tls = { certificate = "none", key = "a.key" }"#,
        &expect![[r#"
        crosspoint.toml:2:23: cannot read none: No such file or directory (os error 2); hint: a relative path begins where the configuration is
    "#]],
    );
    check(
        r#"tls = { certificate = "a.crt", key = "none" }"#,
        &expect![[r#"
        crosspoint.toml:2:38: cannot read none: No such file or directory (os error 2); hint: a relative path begins where the configuration is
    "#]],
    );
    check(
        r#"tls = { certificate = "empty", key = "a.key" }"#,
        &expect![[r#"
        crosspoint.toml:2:23: there is no certificate in empty; hint: it is in PEM and begins with -----BEGIN CERTIFICATE-----
    "#]],
    );
    check(
        r#"tls = { certificate = "damaged", key = "a.key" }"#,
        &expect![[r#"
        crosspoint.toml:2:23: the certificate in damaged cannot be used: BadEncoding
    "#]],
    );
    check(
        r#"tls = { certificate = "a.crt", key = "empty" }"#,
        &expect![[r#"
        crosspoint.toml:2:38: there is no private key in empty; hint: it is in PEM and begins with -----BEGIN PRIVATE KEY-----; one with a password has to be written without it
    "#]],
    );
    check(
        r#"tls = { certificate = "a.crt", key = "b.crt" }"#,
        &expect![[r#"
        crosspoint.toml:2:38: there is no private key in b.crt; hint: it is in PEM and begins with -----BEGIN PRIVATE KEY-----; one with a password has to be written without it
    "#]],
    );
    check(
        r#"tls = { certificate = "a.crt", key = "b.key" }"#,
        &expect![[r#"
        crosspoint.toml:2:38: the key in b.key is not that of the certificate in a.crt; hint: they are made together; the first certificate in the file has to be the router's own, and then come those that signed it
    "#]],
    );
    check(
        r#"tls = { certificate = "a.crt", key = "a.key", client_certificates = "optional", client_ca = "a.key" }"#,
        &expect![[r#"
            crosspoint.toml:2:93: there is no certificate in a.key; hint: it is in PEM and begins with -----BEGIN CERTIFICATE-----
        "#]],
    );
}

#[test]
fn what_needs_something_else() {
    check(
        r#"tls = { certificate = "a.crt" }"#,
        &expect![[r#"
        crosspoint.toml:2:7: the certificate cannot do without a key; hint: say key = "FILE" in [listeners.main.tls]
    "#]],
    );
    check(
        r#"tls = { key = "a.key" }"#,
        &expect![[r#"
        crosspoint.toml:2:7: the key cannot do without a certificate; hint: say certificate = "FILE" in [listeners.main.tls]
    "#]],
    );
    check(
        r#"tls = { client_certificates = "required", client_ca = "a.crt" }"#,
        &expect![[r#"
        crosspoint.toml:2:7: client_certificates cannot do without a certificate; hint: say certificate = "FILE" in [listeners.main.tls]
    "#]],
    );
    check(
        r#"tls = { certificate = "a.crt", key = "a.key", client_certificates = "required" }"#,
        &expect![[r#"
            crosspoint.toml:2:7: client_certificates cannot do without a client_ca; hint: say client_ca = "FILE" in [listeners.main.tls]
        "#]],
    );
    check(
        r#"tls = { versions = ["1.1"] }"#,
        &expect![[r#"
        crosspoint.toml:2:21: listeners.main.tls.versions[0] cannot be "1.1"; did you mean "1.2"?
    "#]],
    );
}

/// A key that was pasted into the file is not told.
#[test]
fn what_is_no_file_is_not_told() {
    let pasted =
        r#"tls = { certificate = "a.crt", key = "-----BEGIN PRIVATE KEY-----\nsesame\n" }"#;
    check(
        pasted,
        &expect![[r#"
        crosspoint.toml:2:38: key is no file, but what should stand in one; hint: put it into a file that only the router can read, and name that
    "#]],
    );
}

#[test]
fn a_listener_has_one_place() {
    check(
        "unix = \"a.sock\"\naddress = \"127.0.0.1:1\"",
        &expect![[r#"
        crosspoint.toml:2:8: a listener has an address or a Unix socket, not both; hint: leave one of them out, or describe another listener
    "#]],
    );
    check(
        "unix = \"a.sock\"\n[listeners.other]\nunix = \"a.sock\"",
        &expect![[r#"
        crosspoint.toml:4:8: a.sock is taken by listeners.main; hint: give each listener a socket of its own
    "#]],
    );
    check(
        "unix = \"./a.sock\"\n[listeners.other]\nunix = \".//a.sock\"\n[listeners.third]\nunix = \"b/../a.sock\"",
        &expect![[r#"
            crosspoint.toml:4:8: .//a.sock is taken by listeners.main; hint: give each listener a socket of its own
        "#]],
    );
    check(
        &format!("unix = \"{}\"", "/long".repeat(22)),
        &expect![[r#"
        crosspoint.toml:2:8: /long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long/long is too long for the path of a socket; hint: put it where its path is shorter
    "#]],
    );
    check(
        "unix = \"\"\nunix_mode = \"rw\"",
        &expect![[r#"
        crosspoint.toml:2:8: the socket has no name; hint: name a file
        crosspoint.toml:3:13: listeners.main.unix_mode cannot be "rw"; permissions such as "0660" is expected; hint: a digit each for the owner, the group and all others, of which 2 is to connect
    "#]],
    );
}

/// However their paths are written; what is not there has one path.
#[test]
fn no_two_listeners_have_one_socket() {
    let folder = folder();
    fs::create_dir(folder.path().join("run")).unwrap();
    std::os::unix::fs::symlink("run", folder.path().join("link")).unwrap();
    let absolute = folder.path().join("run/a.sock");
    let absolute = absolute.to_str().unwrap();
    let socket = |name: &str, path: &str| format!("[listeners.{name}]\nunix = \"{path}\"\n");
    for path in ["run/a.sock", "run/./a.sock", "run/../run/a.sock", "link/a.sock", absolute] {
        let text = [socket("one", "run/a.sock"), socket("other", path)].concat();
        let problems = configuration_in(&folder, &text).unwrap_err().to_string();
        assert!(problems.contains("is taken by listeners.one"), "{problems}");
    }
    for path in ["a.sock", "link/b.sock", "gone/a.sock", "gone/../run/a.sock"] {
        let text = [socket("one", "run/a.sock"), socket("other", path)].concat();
        configuration_in(&folder, &text).unwrap();
    }
}

/// The kernel takes 107 octets of a path as it is written, and a zero.
#[test]
fn the_path_of_a_socket_has_an_end() {
    for (letters, fits) in [(100, true), (101, false)] {
        let text = format!("listeners.main.unix = \"/tmp/./{}\"\n", "a".repeat(letters));
        assert_eq!(configuration(&text).is_ok(), fits, "{text}");
    }
}

/// Only this machine's programs come to a Unix socket.
#[test]
fn unix_sockets_are_never_exposed() {
    let folder = folder();
    let text = "[listeners.a]\nunix = \"a.sock\"\nunix_mode = \"666\"\n[listeners.b]\n";
    let Configuration { settings, .. } = configuration_in(&folder, text).unwrap();
    let place = settings.server.listeners[0].place.to_string();
    assert_eq!(place, format!("unix:{}/a.sock", folder.path().display()));
    assert_eq!(settings.server.listeners[1].place.to_string(), "127.0.0.1:8080");
}

/// A listener that asks for certificates, and this of a realm.
fn with_realm(realm: &str) -> String {
    let tls = r#"certificate = "a.crt", key = "a.key", client_certificates = "optional", client_ca = "b.crt""#;
    format!("[listeners.main]\ntls = {{ {tls} }}\n[realms.realm1]\n{realm}\n")
}

const PRINT: &str = "sha256:0FAE:6B:AE26A39E0B2A53C3D1B1B6B2F6CC7F6D9A0B4F0D8B1F6C1D1A8C0B7D3E";

#[test]
fn certificates_may_be_proofs() {
    let text = with_realm(&format!(
        "authmethods = [\"tls\"]\ncertificate_role = \"device\"\n\
         principals = {{ gate = {{ role = \"keeper\", certificates = [\"{PRINT}\"] }} }}"
    ));
    let configuration = configuration_in(&folder(), &text).unwrap();
    let authentication = &configuration.settings.server.realms[0].authentication;
    assert_eq!(authentication.certificate_role.as_deref(), Some("device"));
    let gate = authentication.principals.iter().next().unwrap();
    assert_eq!(gate.credentials.certificates[0][..4], [0x0F, 0xAE, 0x6B, 0xAE]);
    // By each of them alone.
    let alone = [
        "certificate_role = \"device\"".to_owned(),
        format!("principals.gate = {{ role = \"keeper\", certificates = [\"{PRINT}\"] }}"),
    ];
    for one in alone {
        let text = with_realm(&format!("authmethods = [\"tls\"]\n{one}"));
        configuration_in(&folder(), &text).unwrap();
    }
}

#[test]
fn certificates_that_nobody_can_use() {
    let gate = format!("principals.gate = {{ role = \"keeper\", certificates = [\"{PRINT}\"] }}");
    let door = format!("principals.door = {{ role = \"keeper\", certificates = [\"{PRINT}\"] }}");
    let role = "certificate_role = \"device\"";
    let tls = "authmethods = [\"tls\"]";
    let unasked = format!("[realms.realm1]\n{tls}\n{gate}\n");
    let texts = [
        unasked,
        with_realm(tls),
        with_realm(role),
        with_realm(&gate),
        with_realm(&format!("{tls}\n{gate}\n{door}")),
        with_realm(&format!(
            "{tls}\nprincipals.gate = {{ role = \"keeper\", certificates = [\"0f\"] }}"
        )),
        with_realm(&format!("{tls}\n{gate}\nauthenticators.tls.procedure = \"com.example.who\"")),
    ];
    let told = texts.map(|text| {
        let Problems(problems) = configuration_in(&folder(), &text).unwrap_err();
        problems.iter().flat_map(|problem| [problem.line(), "\n".to_owned()]).collect::<String>()
    });
    let places = told.concat();
    let lines =
        places.lines().map(|line| line.split_once("crosspoint.toml:").map_or(line, |it| it.1));
    expect![[r#"
        2:16: nobody can join realm1 by tls: no listener asks for certificates; hint: say client_certificates and client_ca in a listener's tls, or leave it out
        4:16: nobody can join realm1 by tls; hint: give certificates to a principal, say a certificate_role, ask an authenticator, or leave it out
        4:20: nobody gets this role: tls is not taken here; hint: add it to the realm's authmethods
        4:19: gate cannot join: tls is not taken here; hint: add it to the realm's authmethods
        6:53: door cannot be a principal: the certificate stands for somebody else already
        5:54: realms.realm1.principals.gate.certificates[0] cannot be "0f"; the fingerprint of a certificate, sha256: and 64 hexadecimal digits is expected; hint: openssl x509 -noout -fingerprint -sha256 -in FILE prints its digits
        6:16: the tls of gate is never looked at: an authenticator is asked; hint: leave out one of the two"#]].assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}
