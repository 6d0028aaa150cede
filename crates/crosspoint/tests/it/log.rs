//! What the log says of sessions: who, from where, how that was found out, who has ended it and why. And that it
//! says no secret.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crosspoint_client::Client as Joining;
use expect_test::expect;

use crate::config::ConfigFile;
use crate::process::{Router, output};

/// `alice` has the ticket sesame, and `bob` the password pencil.
const REALMS: &str = r#"
[realms.realm1]
authmethods = ["anonymous", "ticket", "wampcra"]
[[realms.realm1.roles.anonymous.permissions]]
uri = "com.example."
match = "prefix"
allow = ["publish", "subscribe"]
[[realms.realm1.roles.anonymous.permissions]]
uri = "wamp.session.kill_all"
allow = ["call"]
[realms.realm1.roles.user]
[realms.realm1.principals.alice]
role = "user"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
[realms.realm1.principals.bob]
role = "user"
wampcra = "plain:pencil"
"#;

/// A router with a realm that will be taken away, and its log.
struct Logged {
    file: ConfigFile,
    router: Router,
    settings: String,
    lines: String,
    _guard: Sender<()>,
}

/// A line that does not come would be waited for without end: so long after its start the router is ended.
const PATIENCE: Duration = Duration::from_mins(1);

/// Ends the process if the sender is there for too long.
fn guard(process: u32) -> Sender<()> {
    let (guard, guarded) = channel();
    thread::spawn(move || {
        if guarded.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-KILL", &process.to_string()]).status();
        }
    });
    guard
}

impl Logged {
    fn start(log: &str, listener: &str) -> Logged {
        let listener = format!("listeners.main = {{ address = \"127.0.0.1:0\"{listener} }}");
        let settings = format!("log = {log}\n{listener}\n{REALMS}");
        let file = ConfigFile::new(&format!("{settings}\n[realms.doomed]\n"));
        let router = file.serve(&[], &[]);
        let guard = guard(router.process.id());
        Logged { file, router, settings, lines: String::new(), _guard: guard }
    }

    fn connect(&self) -> Client {
        Client::connect(&self.router.address)
    }

    fn join(&self, realm: &str) -> Client {
        let mut client = self.connect();
        client.say(&format!(r#"[1,"{realm}",{{"roles":{{"caller":{{}}}}}}]"#));
        assert!(client.hear().starts_with("[2,"));
        client
    }

    /// The next line that tells of a session, without what is another every time.
    fn expect_line(&mut self, how: &str) {
        let mut line = self.router.process.notice();
        while !line.contains("session ended") && !line.contains("session refused") {
            line = self.router.process.notice();
        }
        writeln!(self.lines, "{how}\n  {}", without_what_changes(&line)).unwrap();
    }

    /// Takes away the realm.
    fn reload(&self) {
        self.file.write(&self.settings);
        output(&["reload", &self.router.process.id().to_string()]);
    }
}

/// Time, IDs and addresses are another every time.
fn without_what_changes(line: &str) -> String {
    let mut line = match line.split_once("Z ") {
        Some((_time, line)) => line.trim_start().to_owned(),
        None => line.to_owned(),
    };
    for name in ["timestamp", "session", "killer", "peer", "seconds"] {
        for begin in [format!("{name}="), format!("\"{name}\":")] {
            let Some((before, after)) = line.split_once(&begin) else { continue };
            let end = after.find([' ', ',', '}']).unwrap_or(after.len());
            let value = if after.starts_with('"') { "\"…\"" } else { "…" };
            line = [before, &begin, value, &after[end..]].concat();
        }
    }
    line
}

/// JSON over `RawSocket`.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn connect(address: &str) -> Client {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"\x7F\xF1\0\0").unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        Client(stream)
    }

    pub(crate) fn say(&mut self, message: &str) {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        self.0.write_all(&[&length, message.as_bytes()].concat()).unwrap();
    }

    /// The next message.
    pub(crate) fn hear(&mut self) -> String {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let mut message = vec![0; u32::from_be_bytes(length).try_into().unwrap()];
        self.0.read_exact(&mut message).unwrap();
        String::from_utf8(message).unwrap()
    }

    /// Says GOODBYE for this reason.
    fn leave(mut self, reason: &str) {
        self.say(&format!(r#"[6,{{}},"{reason}"]"#));
        assert_eq!(self.hear(), r#"[6,{},"wamp.close.goodbye_and_out"]"#);
    }

    /// Answers the GOODBYE of the router.
    fn answer_goodbye(mut self) {
        assert!(self.hear().starts_with("[6,"));
        self.say(r#"[6,{},"wamp.close.goodbye_and_out"]"#);
    }

    fn claims(&mut self, realm: &str, authid: &str, methods: &str) {
        let details = format!(r#"{{"roles":{{}},"authid":"{authid}","authmethods":[{methods}]}}"#);
        self.say(&format!(r#"[1,"{realm}",{details}]"#));
    }
}

/// Ends a session in each way, and then the router.
fn endings(log: &str) -> String {
    let mut logged = Logged::start(log, "");

    logged.join("realm1").leave("com.example.enough");
    logged.expect_line("GOODBYE");
    logged.join("realm1").leave("wamp.close.system_shutdown");
    logged.expect_line("GOODBYE in the words of a router");
    logged.join("realm1").leave(r"com.line\u0085\u001b[31m\u0022by=\u0022router");
    logged.expect_line("GOODBYE in control characters");
    logged.join("realm1").leave(&format!("com.{}", "x".repeat(1 << 20)));
    logged.expect_line("GOODBYE at length");
    let mut client = logged.join("realm1");
    client.say(r#"[3,{},"com.example.broken"]"#);
    drop(client);
    logged.expect_line("ABORT");
    drop(logged.join("realm1"));
    logged.expect_line("the connection closed");
    let mut client = logged.join("realm1");
    client.say("[99]");
    drop(client);
    logged.expect_line("protocol violation");

    // Nobody is there who has not said anything.
    drop(logged.connect());
    let mut client = logged.connect();
    client.0.write_all(&[0, 0, 1, 0, b'[']).unwrap();
    drop(client);
    let mut client = logged.connect();
    client.say(r#"[48,1,{},"com.example.add"]"#);
    drop(client);
    logged.expect_line("CALL before HELLO");
    let mut client = logged.connect();
    client.claims("nowhere", "alice", r#""ticket""#);
    drop(client);
    logged.expect_line("no such realm");
    let mut client = logged.connect();
    client.claims(&"x".repeat(2000), "", r#""anonymous","ticket""#);
    drop(client);
    logged.expect_line("no such realm, at length");
    let mut client = logged.connect();
    client.claims("realm1", "alice", r#""cryptosign""#);
    drop(client);
    logged.expect_line("none of the methods");
    let mut client = logged.connect();
    client.claims("realm1", "alice", r#""cryptosign","ticket""#);
    client.hear();
    client.say(r#"[5,"pepper",{}]"#);
    drop(client);
    logged.expect_line("wrong ticket");
    let mut client = logged.connect();
    client.claims("realm1", r"mallory\u0022", r#""wampcra""#);
    client.hear();
    client.say(r#"[5,"crayon",{}]"#);
    drop(client);
    logged.expect_line("wrong name");
    let mut client = logged.connect();
    client.claims("realm1", r"mallory\u001b[31m", r#""wampcra""#);
    drop(client);
    logged.expect_line("no name");
    let mut client = logged.connect();
    client.claims("realm1", &"x".repeat(2000), r#""ticket""#);
    drop(client);
    logged.expect_line("long name");
    let mut client = logged.connect();
    client.claims("realm1", "alice", r#""ticket""#);
    client.hear();
    drop(client);
    logged.expect_line("no proof");
    let mut client = logged.connect();
    client.claims("realm1", "alice", r#""ticket""#);
    client.hear();
    client.say(r#"[3,{},"com.example.no_ticket"]"#);
    drop(client);
    logged.expect_line("ABORT instead of a proof");
    let mut client = logged.connect();
    client.claims("realm1", "alice", r#""ticket""#);
    client.hear();
    client.say(r#"[5,"sesame",{}]"#);
    client.hear();
    client.leave("wamp.close.logout");
    logged.expect_line("GOODBYE of somebody");

    let (victim, mut killer) = (logged.join("realm1"), logged.join("realm1"));
    killer.say(r#"[48,1,{},"wamp.session.kill_all",[],{"reason":"wamp.close.normal"}]"#);
    killer.hear();
    victim.answer_goodbye();
    logged.expect_line("killed");
    killer.leave("wamp.close.close_realm");
    logged.expect_line("the killer");
    let client = logged.join("doomed");
    logged.reload();
    client.answer_goodbye();
    logged.expect_line("realm taken away");
    let client = logged.join("realm1");
    logged.router.process.terminate();
    client.answer_goodbye();
    logged.expect_line("router ended");

    // What was counted is told as it stops, before or after the last session has gone.
    let rest = logged.router.process.end();
    assert!(rest.lines().all(|line| line.contains("crosspoint::losses")), "{rest}");
    let mut lines = logged.lines;
    while lines.contains("xx") {
        lines = lines.replace("xx", "x");
    }
    lines
}

#[test]
fn who_has_ended_a_session_and_why() {
    let lines = endings(r#"{ level = "info" }"#);
    expect![[r#"
        GOODBYE
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="com.example.enough"
        GOODBYE in the words of a router
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="wamp.close.system_shutdown"
        GOODBYE in control characters
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="com.line\u{85}\u{1b}[31m\"by=\"router"
        GOODBYE at length
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="com.x… (1048068 octets more)"
        ABORT
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="com.example.broken"
        the connection closed
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="connection" why="the connection closed"
        protocol violation
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="router" why="99 is not a message type"
        CALL before HELLO
          INFO crosspoint::connection: session refused peer="…" transport="rawsocket.json" by="router" why="received CALL before the session was established: HELLO comes first"
        no such realm
          INFO crosspoint::connection: session refused realm="nowhere" authid="alice" authmethod="ticket" peer="…" transport="rawsocket.json" by="router" why="wamp.error.no_such_realm: there is no realm nowhere here"
        no such realm, at length
          INFO crosspoint::connection: session refused realm="x… (1488 octets more)" peer="…" transport="rawsocket.json" by="router" why="wamp.error.invalid_uri: the realm is not a valid URI: a URI must not be longer than 1024 octets"
        none of the methods
          INFO crosspoint::connection: session refused realm="realm1" authid="alice" authmethod="cryptosign" peer="…" transport="rawsocket.json" by="router" why="wamp.error.no_matching_auth_method: none of the authmethods will do; this realm takes ticket, wampcra"
        wrong ticket
          INFO crosspoint::connection: session refused realm="realm1" authid="alice" authmethod="ticket" peer="…" transport="rawsocket.json" by="router" why="wamp.error.authentication_denied: the proof is wrong, or nobody here has that name or key"
        wrong name
          INFO crosspoint::connection: session refused realm="realm1" authid="mallory\"" authmethod="wampcra" peer="…" transport="rawsocket.json" by="router" why="wamp.error.authentication_denied: the proof is wrong, or nobody here has that name or key"
        no name
          INFO crosspoint::connection: session refused realm="realm1" authid="mallory\u{1b}[31m" authmethod="wampcra" peer="…" transport="rawsocket.json" by="router" why="wamp.error.authentication_denied: an authid has no control characters"
        long name
          INFO crosspoint::connection: session refused realm="realm1" authid="x… (976 octets more)" authmethod="ticket" peer="…" transport="rawsocket.json" by="router" why="wamp.error.authentication_denied: an authid is not longer than 1024 octets"
        no proof
          INFO crosspoint::connection: session refused realm="realm1" authid="alice" authmethod="ticket" peer="…" transport="rawsocket.json" by="connection" why="the connection closed"
        ABORT instead of a proof
          INFO crosspoint::connection: session refused realm="realm1" authid="alice" authmethod="ticket" peer="…" transport="rawsocket.json" by="client" why="com.example.no_ticket"
        GOODBYE of somebody
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="alice" authrole="user" authmethod="ticket" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="wamp.close.logout"
        killed
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="session" killer=… why="wamp.close.normal"
        the killer
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="client" why="wamp.close.close_realm"
        realm taken away
          INFO crosspoint::connection: session ended session=… realm="doomed" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="router" why="wamp.close.close_realm"
        router ended
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="rawsocket.json" seconds=… events_dropped=0 by="router" why="wamp.close.system_shutdown"
    "#]].assert_eq(&lines);
}

#[test]
fn machines_read_the_same() {
    let lines = endings(r#"{ level = "info", format = "json" }"#);
    expect![[r#"
        GOODBYE
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"com.example.enough","target":"crosspoint::connection"}
        GOODBYE in the words of a router
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"wamp.close.system_shutdown","target":"crosspoint::connection"}
        GOODBYE in control characters
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"com.line\u001b[31m\"by=\"router","target":"crosspoint::connection"}
        GOODBYE at length
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"com.x… (1048068 octets more)","target":"crosspoint::connection"}
        ABORT
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"com.example.broken","target":"crosspoint::connection"}
        the connection closed
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"connection","why":"the connection closed","target":"crosspoint::connection"}
        protocol violation
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"router","why":"99 is not a message type","target":"crosspoint::connection"}
        CALL before HELLO
          {"timestamp":"…","level":"INFO","message":"session refused","peer":"…","transport":"rawsocket.json","by":"router","why":"received CALL before the session was established: HELLO comes first","target":"crosspoint::connection"}
        no such realm
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"nowhere","authid":"alice","authmethod":"ticket","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.no_such_realm: there is no realm nowhere here","target":"crosspoint::connection"}
        no such realm, at length
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"x… (1488 octets more)","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.invalid_uri: the realm is not a valid URI: a URI must not be longer than 1024 octets","target":"crosspoint::connection"}
        none of the methods
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"alice","authmethod":"cryptosign","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.no_matching_auth_method: none of the authmethods will do; this realm takes ticket, wampcra","target":"crosspoint::connection"}
        wrong ticket
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"alice","authmethod":"ticket","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.authentication_denied: the proof is wrong, or nobody here has that name or key","target":"crosspoint::connection"}
        wrong name
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"mallory\"","authmethod":"wampcra","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.authentication_denied: the proof is wrong, or nobody here has that name or key","target":"crosspoint::connection"}
        no name
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"mallory\u001b[31m","authmethod":"wampcra","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.authentication_denied: an authid has no control characters","target":"crosspoint::connection"}
        long name
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"x… (976 octets more)","authmethod":"ticket","peer":"…","transport":"rawsocket.json","by":"router","why":"wamp.error.authentication_denied: an authid is not longer than 1024 octets","target":"crosspoint::connection"}
        no proof
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"alice","authmethod":"ticket","peer":"…","transport":"rawsocket.json","by":"connection","why":"the connection closed","target":"crosspoint::connection"}
        ABORT instead of a proof
          {"timestamp":"…","level":"INFO","message":"session refused","realm":"realm1","authid":"alice","authmethod":"ticket","peer":"…","transport":"rawsocket.json","by":"client","why":"com.example.no_ticket","target":"crosspoint::connection"}
        GOODBYE of somebody
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"alice","authrole":"user","authmethod":"ticket","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"wamp.close.logout","target":"crosspoint::connection"}
        killed
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"session","killer":…,"why":"wamp.close.normal","target":"crosspoint::connection"}
        the killer
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"client","why":"wamp.close.close_realm","target":"crosspoint::connection"}
        realm taken away
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"doomed","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"router","why":"wamp.close.close_realm","target":"crosspoint::connection"}
        router ended
          {"timestamp":"…","level":"INFO","message":"session ended","session":…,"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","peer":"…","transport":"rawsocket.json","seconds":…,"events_dropped":0,"by":"router","why":"wamp.close.system_shutdown","target":"crosspoint::connection"}
    "#]].assert_eq(&lines);
}

/// A `WebSocket` that says HELLO, in JSON, and then listens up to these octets, whatever is in between.
fn websocket(address: &str, path: &str, headers: &str, realm: &str, end: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Protocol: wamp.2.json\r\n{headers}\r\n"
    );
    let hello = format!(r#"[1,"{realm}",{{"roles":{{"caller":{{}}}}}}]"#);
    // A frame of text, with a mask that changes nothing.
    let header = [0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0];
    stream.write_all(&[request.as_bytes(), &header, hello.as_bytes()].concat()).unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(end) {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        heard.extend(octet);
    }
    stream
}

/// A `WebSocket` whose client answers no ping.
#[test]
fn who_answers_no_ping_has_one_line() {
    let mut logged = Logged::start(r#"{ level = "info" }"#, ", ping_interval = '1s'");
    let end = b"not even a pong\"},\"wamp.error.protocol_violation\"]";
    let mute = websocket(&logged.router.address, "/ws", "", "realm1", end);
    drop(mute);
    logged.expect_line("mute");
    logged.router.process.terminate();
    assert_eq!(logged.router.process.end(), "");
    expect![[r#"
        mute
          INFO crosspoint::connection: session ended session=… realm="realm1" authid="anonymous" authrole="anonymous" authmethod="anonymous" peer="…" transport="websocket.json" seconds=… events_dropped=0 by="router" why="nothing has come for 2s, not even a pong"
    "#]].assert_eq(&logged.lines);
}

/// It is there, but reads nothing of what is published to it: not who is gone.
#[cfg(target_os = "linux")]
#[test]
fn who_does_not_read_is_not_taken_for_gone() {
    let mut logged = Logged::start(r#"{ level = "info" }"#, ", dead_peer_timeout = '1s'");
    let mut stalled = logged.join("realm1");
    stalled.say(r#"[32,1,{},"com.example.news"]"#);
    stalled.hear();
    let mut publisher = logged.join("realm1");
    let news = "x".repeat(1 << 20);
    for request in 1..=24 {
        publisher.say(&format!(
            r#"[16,{request},{{"acknowledge":true}},"com.example.news",["{news}"]]"#
        ));
        publisher.hear();
    }
    logged.expect_line("stalled");
    drop(stalled);
    publisher.leave("wamp.close.close_realm");
    // How many events find no room is up to the system.
    let (_, line) = logged.lines.split_once(" by=").unwrap();
    expect![[r#"
        "connection" why="the peer took nothing of what waited for it, or was gone"
    "#]]
    .assert_eq(line);
}

/// However much is said: nobody's ticket, password or token, right or wrong.
#[tokio::test]
async fn no_secret_is_told_at_any_level() {
    let logged = Logged::start(r#"{ level = "trace" }"#, "");
    let url = format!("ws://{}/ws", logged.router.address);
    for (authid, ticket) in [("alice", "sesame"), ("alice", "pepper"), ("mallory", "cinnamon")] {
        let client = Joining::builder(&url).authid(authid).ticket(ticket);
        let joined = client.connect().await;
        assert_eq!(joined.is_ok(), ticket == "sesame");
    }
    for password in ["pencil", "crayon"] {
        let client = Joining::builder(&url).authid("bob").wampcra(password);
        assert_eq!(client.connect().await.is_ok(), password == "pencil");
    }
    // What comes with a request for the connection.
    let headers = "Authorization: Bearer turmeric\r\nCookie: crosspoint=vanilla\r\n";
    let (path, end) = ("/ws?token=saffron", b"\"wamp.error.no_such_realm\"]");
    drop(websocket(&logged.router.address, path, headers, "nowhere", end));
    logged.router.process.terminate();
    let said = logged.router.process.end();
    assert_eq!(said.matches("session ended").count(), 2, "{said}");
    assert_eq!(said.matches("session refused").count(), 4, "{said}");
    assert!(said.contains("TRACE") || said.contains("DEBUG"), "{said}");
    let digest = "d0c04f4b1951e4aeaaec8223";
    let proofs = ["sesame", "pepper", "cinnamon", "pencil", "crayon", digest];
    for secret in proofs.into_iter().chain(["saffron", "turmeric", "vanilla"]) {
        assert!(!said.contains(secret), "{secret} in:\n{said}");
    }
}

/// Also who does not ask for a line of each session learns that somebody guesses.
#[test]
fn wrong_proofs_are_counted_at_the_default_level() {
    let mut logged = Logged::start(r#"{ level = "warn" }"#, "");
    let mut client = logged.connect();
    client.claims("realm1", "alice", r#""ticket""#);
    client.hear();
    client.say(r#"[5,"pepper",{}]"#);
    assert!(client.hear().starts_with("[3,"));
    drop(client);
    logged.router.process.terminate();
    let line = without_what_changes(&logged.router.process.notice());
    expect![[r#"WARN crosspoint::losses: sessions refused, because their proofs were wrong, or nobody goes by their names or keys: 1 in the last 10 s hint="somebody mistypes, guesses, or has an old password; at level info the log says of each session who wanted to be whom, and from where""#]].assert_eq(&line);
    assert_eq!(logged.router.process.end(), "");
}
