//! `crosspoint serve`: how it starts, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use expect_test::expect;

use crate::process::{Router, check, check_at};

#[test]
fn the_banner_says_where_it_listens() {
    let router = Router::start();
    let banner = router.banner.replace(&router.address, "ADDRESS");
    let banner = banner.replace(env!("CARGO_BIN_EXE_crosspoint"), "crosspoint");
    expect![[r#"
        Crosspoint VERSION, a WAMP router

          WebSocket  ws://ADDRESS/ws
          RawSocket  rs://ADDRESS
          browser    http://ADDRESS/
          realm      realm1

        This is the development default: anybody on this machine may do anything.
        In a second terminal, provide a procedure; in a third one, call it:

          crosspoint register --url ws://ADDRESS/ws com.example.date -- date
          crosspoint call --url ws://ADDRESS/ws com.example.date

        Ctrl-C ends it.
    "#]]
    .assert_eq(&banner.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn it_ends_in_good_order_while_somebody_is_connected() {
    let router = Router::start();
    let subscriber = router.subscribe("com.example.news", &[]);
    router.process.terminate();
    expect![[r#"
        stderr: error: the router closed the session: wamp.close.system_shutdown: the router is shutting down
        exit status: 1
    "#]].assert_eq(&subscriber.end());
    expect![[""]].assert_eq(&router.process.end());
}

/// Joins a realm over `RawSocket` and in JSON, and says nothing more.
fn silent_session(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"\x7F\xF1\0\0").unwrap();
    let hello = br#"[1,"realm1",{"roles":{"caller":{}}}]"#;
    stream.write_all(&u32::try_from(hello.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(hello).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    assert!(read_message(&mut stream).starts_with("[2,"));
    stream
}

fn read_message(stream: &mut TcpStream) -> String {
    let mut header = [0; 4];
    stream.read_exact(&mut header).unwrap();
    let mut message = vec![0; u32::from_be_bytes(header) as usize];
    stream.read_exact(&mut message).unwrap();
    String::from_utf8(message).unwrap()
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let router = Router::start();
    let mut silent = silent_session(&router.address);
    router.process.terminate();
    assert!(read_message(&mut silent).starts_with("[6,"), "a GOODBYE that nobody answers");
    router.process.terminate();
    expect![[r#"
        stderr: error: stopped at once, by a second signal
        exit status: 1
    "#]]
    .assert_eq(&router.process.end());
}

#[test]
fn a_port_in_use_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    check_at(
        &address,
        &["serve", "--listen", &address],
        &expect![[r#"
            stderr: error: cannot listen on ADDRESS: Address already in use (os error 98)
            stderr: hint: another program has the port, perhaps another router; choose one with --listen
            exit status: 1
        "#]],
    );
}

#[test]
fn it_does_not_listen_to_the_network_by_accident() {
    check(
        &["serve", "--listen", "0.0.0.0:0"],
        &expect![[r#"
            stderr: error: 0.0.0.0:0 can be reached from other machines, and anybody may do anything in the realm realm1
            stderr: hint: listen on 127.0.0.1, or say --open-to-network if the network is yours alone
            exit status: 1
        "#]],
    );
}

#[test]
fn a_realm_has_a_name() {
    check(
        &["serve", "--listen", "127.0.0.1:0", "--realm", "no spaces"],
        &expect![[r#"
            stderr: error: 'no spaces' cannot be a realm: a URI must not contain white space, control characters or '#'
            stderr: hint: a realm is named like realm1 or com.example.app
            exit status: 1
        "#]],
    );
}

/// What a command says on standard error that fails where these are set.
fn fails_with(variables: [(&str, &str); 2], arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosspoint"));
    let output = command.args(arguments).envs(variables).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_a_command_it_obeys_the_environment() {
    let unnamed = [("CROSSPOINT_LISTEN", "127.0.0.1:0"), ("CROSSPOINT_REALM", "no spaces")];
    let exposed = [("CROSSPOINT_LISTEN", "0.0.0.0:0"), ("CROSSPOINT_REALM", "com.example")];
    for (variables, error) in [
        (unnamed, "error: 'no spaces' cannot be a realm"),
        (exposed, "error: 0.0.0.0:0 can be reached from other machines"),
    ] {
        let bare = fails_with(variables, &[]);
        assert!(bare.starts_with(error), "{bare}");
        assert_eq!(bare, fails_with(variables, &["serve"]));
    }
    // Commands have their own use for the same variables.
    let call = fails_with(exposed, &["call", "com.example.hello", "--url", "nowhere"]);
    assert!(call.starts_with("error: 'nowhere' cannot be dialled"), "{call}");
}

#[test]
fn without_a_command_it_has_the_options_of_serve() {
    check(
        &["--listen", "0.0.0.0:0", "--realm", "com.example"],
        &expect![[r#"
            stderr: error: 0.0.0.0:0 can be reached from other machines, and anybody may do anything in the realm com.example
            stderr: hint: listen on 127.0.0.1, or say --open-to-network if the network is yours alone
            exit status: 1
        "#]],
    );
}
