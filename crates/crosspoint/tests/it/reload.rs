//! A configuration file that is read again while the router runs.

use expect_test::{Expect, expect};

use crate::certificates::{Authority, Certified};
use crate::config::ConfigFile;
use crate::log::Client;
use crate::process::{Router, check, output};

const LISTENER: &str = "listeners.main.address = \"127.0.0.1:0\"\n";

fn serve(settings: &str) -> (ConfigFile, Router) {
    let file = ConfigFile::new(&format!("{LISTENER}{settings}"));
    let router = file.serve(&[], &[]);
    (file, router)
}

/// Has it read again, and looks at so many lines of the log: without the time, and without the place in
/// the source.
#[track_caller]
fn reload(file: &ConfigFile, router: &mut Router, settings: &str, expected: &Expect) {
    file.write(&format!("{LISTENER}{settings}"));
    let said = output(&["reload", &router.process.id().to_string()]);
    assert_eq!(said, "the router reads its file again; its log says what came of it\n");
    let count = expected.data().lines().filter(|line| !line.trim().is_empty()).count();
    let lines: String = (0..count).map(|_| log_line(router, file) + "\n").collect();
    expected.assert_eq(&lines);
}

fn log_line(router: &mut Router, file: &ConfigFile) -> String {
    let line = router.process.notice().replace(&file.path(), "crosspoint.toml");
    let (_time, line) = line.split_once("Z ").unwrap();
    let (level, line) = line.trim_start().split_once(' ').unwrap();
    let (_place, line) = line.split_once(": ").unwrap();
    format!("{level} {line}")
}

#[test]
fn what_can_be_changed_is_and_sessions_stay() {
    let (file, mut router) = serve("");
    let mut subscriber = router.subscribe("com.example.news", &[]);
    reload(
        &file,
        &mut router,
        "log.level = \"info\"",
        &expect![[r#"
            INFO reloaded: log.level: "info", was "warn"
        "#]],
    );
    router.check(&["publish", "com.example.news", "1"], &expect![[""]]);
    assert_eq!(subscriber.line(), "{\"args\":[1],\"kwargs\":{}}");
    // At the level that it had before, this would not be said.
    while !log_line(&mut router, &file).starts_with("INFO session ended") {}
}

/// Also for those who are there.
#[test]
fn permissions_change_while_sessions_stay() {
    let role = |allow: &str| {
        format!(
            "[realms.realm1.roles.anonymous]\npermissions = [{{ uri = \"\", match = \"prefix\", allow = [{allow}] }}]"
        )
    };
    let (file, mut router) = serve(&role("'subscribe'"));
    let mut subscriber = router.subscribe("com.example.news", &[]);
    let publish = ["publish", "com.example.news", "1"];
    router.check(
        &publish,
        &expect![[r#"
        stderr: error: wamp.error.not_authorized: role 'anonymous' has no permission for this
        exit status: 1
    "#]],
    );
    reload(
        &file,
        &mut router,
        &role("'subscribe', 'publish'"),
        &expect![[r#"
            INFO reloaded: realms.realm1.roles.anonymous.permissions: [{ uri = "", match = "prefix", allow = ["subscribe", "publish"], disclose = false }], was [{ uri = "", match = "prefix", allow = ["subscribe"], disclose = false }]
        "#]],
    );
    router.check(&publish, &expect![[""]]);
    assert_eq!(subscriber.line(), "{\"args\":[1],\"kwargs\":{}}");
}

/// A realm in which everything is allowed below this, and nothing elsewhere.
fn allowing(prefix: &str) -> String {
    format!(
        "[realms.realm1.roles.anonymous]\npermissions = [{{ uri = \"{prefix}\", match = \"prefix\", allow = ['call', 'register', 'publish', 'subscribe'] }}]"
    )
}

/// When it starts, when its file is read again, and to whoever has it read.
#[test]
fn strangers_with_whole_namespaces_are_warned_of() {
    let settings =
        |prefix| format!("listeners.main.proxies = [\"192.0.2.1\"]\n{}", allowing(prefix));
    let (file, mut router) = serve(&settings("com."));
    let warning = "WARN crosspoint.toml:4:24: whoever gets to its proxies can connect here";
    assert!(log_line(&mut router, &file).starts_with(warning));
    file.write(&format!("{LISTENER}{}", settings("org.")));
    let said = output(&["reload", &router.process.id().to_string()]);
    expect![[r#"
        the router reads its file again; its log says what came of it
        stderr: warning: whoever gets to its proxies can connect here, and anybody may register any procedure that begins with org. in the realm realm1
        stderr:  --> crosspoint.toml:4:24
        stderr:   |
        stderr: 4 | permissions = [{ uri = "org.", match = "prefix", allow = ['call', 'register', 'publish', 'subscribe'
        stderr:   |                        ^^^^^^
        stderr: hint: allow that below a prefix of their own, like com.example.public., ask for a proof with authmethods in [realms.realm1], or say open_to_network = true in [listeners.main] if strangers may get others' calls
    "#]].assert_eq(&said.replace(&file.path(), "crosspoint.toml"));
    let line = log_line(&mut router, &file);
    assert!(line.starts_with(warning) && line.contains("begins with org."), "{line}");
}

fn allow_less(file: &ConfigFile, router: &mut Router) {
    reload(
        file,
        router,
        &allowing("com.kept."),
        &expect![[r#"
            INFO reloaded: realms.realm1.roles.anonymous.permissions: [{ uri = "com.kept.", match = "prefix", allow = ["call", "register", "publish", "subscribe"], disclose = false }], was [{ uri = "com.", match = "prefix", allow = ["call", "register", "publish", "subscribe"], disclose = false }]
        "#]],
    );
}

/// The rest stays.
#[test]
fn what_may_not_be_held_any_more_is_revoked() {
    let (file, mut router) = serve(&allowing("com."));
    let mut session = Client::connect(&router.address);
    session.say(
        r#"[1,"realm1",{"roles":{"callee":{"features":{"registration_revocation":true}},"subscriber":{"features":{"subscription_revocation":true}}}}]"#,
    );
    assert!(session.hear().starts_with("[2,"));
    let mut hold = |request: &str| {
        session.say(request);
        let granted = session.hear();
        let (_, id) = granted.trim_end_matches(']').rsplit_once(',').unwrap();
        id.to_owned()
    };
    let registration = hold(r#"[64,1,{},"com.lost.add"]"#);
    let subscription = hold(r#"[32,2,{},"com.lost.news"]"#);
    let kept = hold(r#"[32,3,{},"com.kept.news"]"#);
    allow_less(&file, &mut router);
    let reason = "wamp.error.not_authorized";
    assert_eq!(
        [session.hear(), session.hear()],
        [
            format!(r#"[67,0,{{"registration":{registration},"reason":"{reason}"}}]"#),
            format!(r#"[35,0,{{"subscription":{subscription},"reason":"{reason}"}}]"#),
        ]
    );
    router.check(&["publish", "com.kept.news", "1"], &expect![[""]]);
    assert!(session.hear().starts_with(&format!("[36,{kept},")));
}

#[test]
fn commands_end_when_what_they_hold_is_revoked() {
    let (file, mut router) = serve(&allowing("com."));
    let subscriber = router.subscribe("com.lost.news", &[]);
    let callee = router.register("com.lost.add", &["cat"]);
    allow_less(&file, &mut router);
    expect![[r#"
        stderr: error: the router has revoked the subscription: wamp.error.not_authorized
        stderr: hint: the router's configuration allows less than before: see its log
        exit status: 1
    "#]]
    .assert_eq(&subscriber.end());
    expect![[r#"
        stderr: error: the router has revoked the registration: wamp.error.not_authorized
        stderr: hint: the router's configuration allows less than before: see its log
        exit status: 1
    "#]]
    .assert_eq(&callee.end());
}

/// For those who come then; those who are there have said who they are.
#[test]
fn who_may_join_changes_while_sessions_stay() {
    let (file, mut router) = serve("");
    let mut subscriber = router.subscribe("com.example.news", &[]);
    let ticket = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let realm = format!(
        "[realms.realm1]\nauthmethods = ['ticket']\n[realms.realm1.principals.alice]\nrole = 'backend'\nticket = 'sha256:{ticket}'\n"
    );
    reload(
        &file,
        &mut router,
        &realm,
        &expect![[r#"
            INFO reloaded: realms.realm1.authmethods: ["ticket"], was ["anonymous"]
            INFO reloaded: [realms.realm1.principals] is new
        "#]],
    );
    let publish = ["publish", "com.example.news", "1"];
    router.check(&publish, &expect![[r#"
        stderr: error: the router refused the session: wamp.error.authentication_required: this realm takes no anonymous sessions: offer one of ticket
        stderr: hint: say who you are with --authid, and prove it with --password-file, --ticket-file or --key-file
        exit status: 1
    "#]]);
    reload(
        &file,
        &mut router,
        "",
        &expect![[r#"
            INFO reloaded: realms.realm1.authmethods: ["anonymous"], was ["ticket"]
            INFO reloaded: [realms.realm1.principals] was taken away
        "#]],
    );
    router.check(&publish, &expect![[""]]);
    assert_eq!(subscriber.line(), "{\"args\":[1],\"kwargs\":{}}");
}

/// How many wrong proofs are taken is a matter of the next one.
#[test]
fn attempts_are_forgiven_by_other_limits() {
    let realm = |limit: u32| {
        format!(
            "[realms.realm1]\nauthmethods = ['wampcra']\nfailed_attempts_per_address_max = {limit}\n\
             [realms.realm1.principals.alice]\nrole = 'backend'\nwampcra = 'plain:pencil'\n"
        )
    };
    let (file, mut router) = serve(&realm(1));
    let folder = tempfile::tempdir().unwrap();
    let [wrong, right] = ["crayon", "pencil"].map(|password| {
        let path = folder.path().join(password);
        std::fs::write(&path, password).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let publish = |router: &mut Router, password: &str, expected: &Expect| {
        let who = ["--authid", "alice", "--password-file", password];
        router.check(&[&["publish", "com.example.news", "1"], &who[..]].concat(), expected);
    };
    publish(
        &mut router,
        &wrong,
        &expect![[r#"
        stderr: error: the router refused the session: wamp.error.authentication_denied: the proof is wrong, or nobody here has that name or key
        exit status: 1
    "#]],
    );
    publish(
        &mut router,
        &right,
        &expect![[r#"
        stderr: error: the router refused the session: crosspoint.error.too_many_attempts: too many proofs from there, or for that name, were wrong: try again in a minute
        exit status: 1
    "#]],
    );
    reload(
        &file,
        &mut router,
        &realm(0),
        &expect![[r#"
            INFO reloaded: realms.realm1.failed_attempts_per_address_max: 0, was 1
        "#]],
    );
    publish(&mut router, &right, &expect![[""]]);
}

#[test]
fn what_needs_a_restart_is_named() {
    let (file, mut router) = serve("");
    let settings = "store.path = \"events.store\"\nlog.level = \"info\"\nrealms.realm1.uri_rules = \"strict\"\nrealms.app.retained.stored = true";
    reload(
        &file,
        &mut router,
        settings,
        &expect![[r#"
            INFO reloaded: log.level: "info", was "warn"
            WARN needs a restart: realms.realm1.uri_rules: "strict", was "loose"
            WARN needs a restart: [realms.app] is new
            WARN needs a restart: store.path: "events.store", was nothing
        "#]],
    );
    // It is still so.
    reload(
        &file,
        &mut router,
        settings,
        &expect![[r#"
            INFO reloaded: nothing to be changed
            WARN needs a restart: realms.realm1.uri_rules: "strict", was "loose"
            WARN needs a restart: [realms.app] is new
            WARN needs a restart: store.path: "events.store", was nothing
        "#]],
    );
}

/// What would not be right without a restart is left alone as a whole, and the file, which is right, is not blamed.
#[test]
fn what_makes_no_sense_before_a_restart_waits_for_it() {
    let (file, mut router) = serve("");
    reload(
        &file,
        &mut router,
        r#"
        listeners.main.cookie = {}
        [realms.realm1]
        authmethods = ["ticket", "cookie"]
        [realms.realm1.principals.alice]
        role = "backend"
        ticket = "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
        "#,
        &expect![[r#"
            WARN needs a restart: [listeners.main.cookie] is new
            ERROR before a restart nobody can join realm1 by cookie: no listener gives cookies to browsers
            ERROR the configuration stays as it was
        "#]],
    );
}

/// In the file stands only where they are.
#[test]
fn credentials_change_where_they_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("ticket");
    std::fs::write(&secret, "sesame").unwrap();
    let settings = format!(
        "[realms.realm1]\nauthmethods = ['ticket']\n[realms.realm1.principals.alice]\nrole = 'backend'\nticket = 'file:{}'\n",
        secret.display()
    );
    let (file, mut router) = serve(&settings);
    std::fs::write(&secret, "tahini").unwrap();
    let expected = expect![[r#"
        INFO reloaded: alice has other credentials in realm1
    "#]];
    reload(&file, &mut router, &settings, &expected);
    let expected = expect![[r#"
        INFO reloaded: nothing to be changed
    "#]];
    reload(&file, &mut router, &settings, &expected);
}

/// A realm that is gone takes its sessions along; those of the others stay.
#[test]
fn realms_come_and_go() {
    let (file, mut router) = serve("[realms.realm1]\n[realms.other]\n");
    let mut subscriber = router.subscribe("com.example.news", &[]);
    let mut other = router.subscribe("com.example.news", &["--realm", "other"]);
    reload(
        &file,
        &mut router,
        "[realms.realm1]\n[realms.app]\nname = \"com.example.app\"\n",
        &expect![[r#"
            INFO reloaded: [realms.other] was taken away
            INFO reloaded: [realms.app] is new
        "#]],
    );
    expect!["error: the router closed the session: wamp.close.close_realm: the realm is not there any more"].assert_eq(&other.notice());
    router.check(&["publish", "com.example.news", "1"], &expect![[""]]);
    assert_eq!(subscriber.line(), "{\"args\":[1],\"kwargs\":{}}");
    router
        .check(&["publish", "com.example.news", "1", "--realm", "com.example.app"], &expect![[""]]);
    router.check(&["publish", "com.example.news", "1", "--realm", "other"], &expect![[r#"
        stderr: error: the router refused the session: wamp.error.no_such_realm: there is no realm other here
        stderr: hint: choose one of the router's realms with --realm
        exit status: 1
    "#]]);
}

#[test]
fn a_file_with_mistakes_changes_nothing() {
    let (file, mut router) = serve("");
    file.write(&format!("{LISTENER}log.level = \"debug\"\nlimits.calls_in_flight = 3\n"));
    router.process.signal("HUP");
    let lines = [log_line(&mut router, &file), log_line(&mut router, &file)].join("\n");
    expect![[r#"
        ERROR crosspoint.toml:3:8: there is no calls_in_flight in [limits]; did you mean calls_in_flight_max?
        ERROR the configuration stays as it was"#]]
    .assert_eq(&lines);
    // The level, which was right, has not changed either.
    reload(
        &file,
        &mut router,
        "log.level = \"warn\"\n",
        &expect![[r#"
            INFO reloaded: nothing to be changed
        "#]],
    );
    std::fs::remove_file(file.path()).unwrap();
    router.process.signal("HUP");
    expect!["ERROR cannot read crosspoint.toml: No such file or directory (os error 2); hint: begin with: crosspoint config > crosspoint.toml"].assert_eq(&log_line(&mut router, &file));
    assert!(router.process.is_running());
}

/// Whoever has it read again is told what the router would say; it is not asked.
#[test]
fn mistakes_are_told_before_the_router_is_asked() {
    let file = ConfigFile::new("listeners.main.address = \"127.0.0.1:0\"\n[limits]\n");
    let level = ("CROSSPOINT_LOG__LEVEL", "info");
    let mut router = file.serve(&[level], &["--ping-interval", "30"]);
    // What is wrong depends on the flags and the environment of the router.
    file.write("limits.calls_in_flight = 3\n");
    let said = output(&["reload", &router.process.id().to_string()]);
    expect![[r#"
        stderr: error: there is no calls_in_flight in [limits]
        stderr:  --> crosspoint.toml:1:8
        stderr:   |
        stderr: 1 | limits.calls_in_flight = 3
        stderr:   |        ^^^^^^^^^^^^^^^ did you mean calls_in_flight_max?
        stderr: error: the router keeps the configuration that it has
        stderr: hint: mend what is wrong, and have it read its file again
        exit status: 1
    "#]]
    .assert_eq(&said.replace(&file.path(), "crosspoint.toml"));
    file.write(
        "[listeners.main]\naddress = \"127.0.0.1:0\"\n[listeners.other]\nunix = \"x.sock\"\n",
    );
    let said = output(&["reload", &router.process.id().to_string()]);
    expect![[r#"
        stderr: error: --ping-interval may mean each of the listeners main, other
        stderr: hint: say it in the file, or with CROSSPOINT_LISTENERS__MAIN__PING_INTERVAL
        stderr: error: the router keeps the configuration that it has
        stderr: hint: mend what is wrong, and have it read its file again
        exit status: 1
    "#]]
    .assert_eq(&said.replace(&file.path(), "crosspoint.toml"));
    file.write("listeners.main.address = \"127.0.0.1:0\"\n");
    let said = output(&["reload", &router.process.id().to_string()]);
    assert_eq!(said, "the router reads its file again; its log says what came of it\n");
    assert_eq!(log_line(&mut router, &file), "INFO reloaded: nothing to be changed");
}

/// What TLS is spoken with is read again, though the file that names it has not changed.
#[test]
fn a_renewed_certificate_is_taken_up() {
    let authority = Authority::new();
    let certified = authority.sign("router");
    let listener = "log.level = \"info\"\n[listeners.tls]\naddress = \"127.0.0.1:0\"\n";
    let (file, mut router) = serve(&[listener, &certified.setting()].concat());
    let Certified { certificate, key } = certified;
    let (_, after) = router.banner.split_once("rss://").unwrap();
    let url = format!("rss://{}", after.lines().next().unwrap());
    let publish = |authority: &Authority| {
        let ca = authority.certificate();
        output(&["publish", "com.news", "1", "--url", &url, "--ca", ca.to_str().unwrap()])
    };
    assert_eq!(publish(&authority), "");
    while !log_line(&mut router, &file).starts_with("INFO session ended") {}

    let other = Authority::new();
    let Certified { certificate: new_certificate, key: new_key } = other.sign("router");
    // Only half of it is there: nothing changes.
    std::fs::copy(new_certificate, certificate).unwrap();
    router.process.signal("HUP");
    let line = log_line(&mut router, &file);
    assert!(line.starts_with("ERROR crosspoint.toml:5:"), "{line}");
    assert!(line.contains("router.key is not that of the certificate in "), "{line}");
    assert_eq!(log_line(&mut router, &file), "ERROR the configuration stays as it was");
    assert_eq!(publish(&authority), "");
    while !log_line(&mut router, &file).starts_with("INFO session ended") {}

    std::fs::copy(new_key, key).unwrap();
    router.process.signal("HUP");
    let line = log_line(&mut router, &file);
    let expected = "INFO reloaded: [listeners.tls] shows the certificate with the SHA-256 ";
    assert!(line.starts_with(expected), "{line}");
    assert_eq!(publish(&other), "");
    assert!(publish(&authority).contains("error: no TLS connection to 127.0.0.1:"));
}

#[test]
fn only_routers_with_a_file_are_asked_to_reload() {
    let router = Router::start();
    let pid = router.process.id().to_string();
    let said = output(&["reload", &pid]).replace(&pid, "PID");
    expect![[r#"
        stderr: error: process PID has no configuration file
        stderr: hint: a router has one that was started with: crosspoint serve -c FILE
        exit status: 1
    "#]]
    .assert_eq(&said);

    // The test itself is no router, either.
    let pid = std::process::id().to_string();
    let said = output(&["reload", &pid]);
    let expected = format!("stderr: error: process {pid} is no router, but it-");
    assert!(said.starts_with(&expected), "{said}");

    check(
        &["reload", "2147483647"],
        &expect![[r#"
        stderr: error: there is no process 2147483647
        stderr: hint: the router's banner says which it is
        exit status: 1
    "#]],
    );
    check(
        &["reload", "0"],
        &expect![[r#"
        stderr: error: invalid value '0' for '<PID>': 0 is not in 1..=2147483647
        stderr:
        stderr: For more information, try '--help'.
        exit status: 2
    "#]],
    );
}

/// Whose pages may connect is asked of each that comes.
#[test]
fn origins_change_at_once() {
    let (file, mut router) = serve("");
    reload(
        &file,
        &mut router,
        "listeners.main.origins = [\"https://app.example.com\"]",
        &expect![[r#"
            INFO reloaded: listeners.main.origins: ["https://app.example.com"], was nothing
        "#]],
    );
}

/// For those who come then.
#[test]
fn how_many_sessions_a_realm_takes_changes_while_they_stay() {
    let (file, mut router) = serve("");
    let mut subscriber = router.subscribe("com.example.news", &[]);
    reload(
        &file,
        &mut router,
        "realms.realm1.sessions_max = 1",
        &expect![[r#"
            INFO reloaded: realms.realm1.sessions_max: 1, was nothing
        "#]],
    );
    let publish = ["publish", "com.example.news", "1"];
    router.check(&publish, &expect![[r#"
        stderr: error: the router refused the session: crosspoint.error.realm_full: the realm has as many sessions as it takes: try again later
        exit status: 1
    "#]]);
    reload(
        &file,
        &mut router,
        "realms.realm1.sessions_max = 2",
        &expect![[r#"
            INFO reloaded: realms.realm1.sessions_max: 2, was 1
        "#]],
    );
    router.check(&publish, &expect![[""]]);
    assert_eq!(subscriber.line(), "{\"args\":[1],\"kwargs\":{}}");
}
