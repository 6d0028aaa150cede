//! TLS and Unix sockets as a person meets them.

use expect_test::expect;

use crate::certificates::Authority;
use crate::config::ConfigFile;
use crate::process::{Router, output};

/// A router that speaks TLS at one of its listeners and has a Unix socket, too.
fn serve(authority: &Authority) -> (ConfigFile, Router) {
    let file = ConfigFile::new(&format!(
        "[listeners.main]\naddress = \"127.0.0.1:0\"\n[listeners.tls]\naddress = \"127.0.0.1:0\"\n{}\
         [listeners.local]\nunix = \"router.sock\"\n",
        authority.sign("router").setting()
    ));
    let router = file.serve(&[], &[]);
    (file, router)
}

/// The place in the URL of the banner that begins so.
fn place(router: &Router, scheme: &str) -> String {
    let (_, after) = router.banner.split_once(scheme).unwrap();
    after.split(['/', '\n']).next().unwrap().to_owned()
}

fn publish(url: &str, options: &[&str]) -> String {
    output(&[&["publish", "com.example.news", "1", "--url", url], options].concat())
}

#[test]
fn the_banner_names_every_place() {
    let (file, router) = serve(&Authority::new());
    let (main, tls) = (place(&router, "rs://"), place(&router, "rss://"));
    let folder = file.path().replace("/crosspoint.toml", "");
    let places = router.banner.lines().skip(2).take_while(|line| !line.is_empty());
    let places: String = places.map(|line| line.trim_start().to_owned() + "\n").collect();
    let places = places.replace(&main, "MAIN").replace(&tls, "TLS").replace(&folder, "FOLDER");
    expect![[r#"
        main       ws://MAIN/ws
        rs://MAIN
        http://MAIN/
        tls        wss://TLS/ws
        rss://TLS
        https://TLS/
        local      ws://unix:FOLDER/router.sock
        rs://unix:FOLDER/router.sock
        realm      realm1
    "#]]
    .assert_eq(&places);
}

#[test]
fn commands_connect_over_tls() {
    let authority = Authority::new();
    let (_file, router) = serve(&authority);
    let tls = place(&router, "rss://");
    let ca = authority.certificate();
    let trusting = ["--ca", ca.to_str().unwrap()];
    assert_eq!(publish(&format!("wss://{tls}/ws"), &trusting), "");
    assert_eq!(publish(&format!("rss://{tls}"), &trusting), "");
    assert_eq!(publish(&format!("rss://{tls}"), &["--insecure"]), "");
}

#[test]
fn who_is_not_trusted_is_not_spoken_to() {
    let (_file, router) = serve(&Authority::new());
    let tls = place(&router, "rss://");
    let other = Authority::common().certificate();
    let said = publish(&format!("rss://{tls}"), &["--ca", other.to_str().unwrap()]);
    expect![[r#"
        stderr: error: no TLS connection to TLS: the TLS handshake failed: invalid peer certificate: BadSignature
        stderr: hint: name the file with the certificate of who signed the router's, with --ca; a certificate is for the names in it
        exit status: 1
    "#]].assert_eq(&said.replace(&tls, "TLS"));
    let said = publish(&format!("rss://{tls}"), &["--ca", "nothing.pem"]);
    expect![[r#"
        stderr: error: no TLS connection to TLS: cannot read nothing.pem: No such file or directory (os error 2)
        exit status: 1
    "#]].assert_eq(&said.replace(&tls, "TLS"));
    // Nor is it understood who speaks no TLS.
    let main = place(&router, "rs://");
    let said = publish(&format!("rss://{main}"), &["--insecure"]);
    expect![[r#"
        stderr: error: no TLS connection to MAIN: the TLS handshake failed: received corrupt message of type InvalidContentType
        stderr: hint: is TLS spoken there? Without it, the URL begins with ws: or rs:
        exit status: 1
    "#]].assert_eq(&said.replace(&main, "MAIN"));
}

#[test]
fn commands_connect_to_a_unix_socket() {
    let (file, router) = serve(&Authority::new());
    let socket = file.path().replace("crosspoint.toml", "router.sock");
    assert_eq!(publish(&format!("rs://unix:{socket}"), &[]), "");
    assert_eq!(publish(&format!("ws://unix:{socket}"), &[]), "");
    let listed = output(&["call", "wamp.session.list", "--url", &format!("rs://unix:{socket}")]);
    assert!(listed.starts_with('['), "{listed}");
    router.process.terminate();
    router.process.end();
    assert!(!std::path::Path::new(&socket).exists());
}
