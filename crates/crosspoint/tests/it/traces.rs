//! `--trace-session`: what sessions say and are told.

use crosspoint_client::{Arguments, Client, Serializer};
use expect_test::expect;

use crate::config::ConfigFile;
use crate::process::Router;

const REALM: &str = r#"
[realms.realm1]
authmethods = ["anonymous", "ticket"]
[realms.realm1.principals.alice]
role = "user"
ticket = "sha256:d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272"
"#;

/// A router that traces this one's sessions.
fn serve(whom: &[&str]) -> (ConfigFile, Router) {
    let file = ConfigFile::new(REALM);
    let flags = whom.iter().flat_map(|whom| ["--trace-session", whom]);
    let arguments: Vec<&str> = ["--listen", "127.0.0.1:0"].into_iter().chain(flags).collect();
    let router = file.serve(&[], &arguments);
    (file, router)
}

/// All traces that it has printed when it has ended, without what is another every time: IDs and ports. Beside them
/// the log says how many proofs were wrong.
fn traces(router: Router) -> String {
    router.process.terminate();
    let said = router.process.end();
    let mut traces = String::new();
    let is_trace = |line: &&str| !line.contains("exit status") && !line.contains(" WARN ");
    for line in said.lines().filter(is_trace) {
        for word in line.split_inclusive(' ') {
            let number = word.trim_end().trim_start_matches(|it: char| !it.is_ascii_digit());
            let is_port = word.starts_with("127.0.0.1:");
            let is_id = number.len() > 6 && number.bytes().all(|it| it.is_ascii_digit());
            match word.strip_suffix(' ') {
                _ if is_port => traces.push_str("127.0.0.1:PORT, "),
                _ if is_id => traces.push_str(&word.replace(number, "N")),
                _ => traces.push_str(word),
            }
        }
        traces.push('\n');
    }
    traces
}

fn alice(router: &Router, ticket: &str) -> Client {
    Client::builder(format!("ws://{}/ws", router.address)).authid("alice").ticket(ticket)
}

#[tokio::test]
async fn a_session_is_traced_from_its_hello_to_its_end() {
    let (_file, router) = serve(&["alice"]);
    assert!(alice(&router, "pepper").connect().await.is_err());
    // Of no interest.
    router.output(&["publish", "com.example.news", "1"]);
    let session = alice(&router, "sesame").connect().await.unwrap();
    let login = Arguments::from([1]).kwarg("password", "pepper");
    session.publish_acknowledged("com.example.news", login).await.unwrap();
    session.publish_acknowledged("com.example.news", ["x".repeat(5000)]).await.unwrap();
    assert!(session.call("com.example.nothing", ["two words"]).await.is_err());
    session.leave().await;
    expect![[r#"
        alice is no session at 127.0.0.1:PORT, over websocket.cbor
        alice HELLO realm1 {"roles":{"caller":{"features":{"call_canceling":true,"caller_identification":true,"progressive_call_results":true,"progressive_call_invocations":true,"sharded_registration":true}},"callee":{"features":{"call_canceling":true,"caller_identification":true,"progressive_call_results":true,"pattern_based_registration":true,"shared_registration":true,"registration_revocation":true,"progressive_call_invocations":true,"call_timeout":true,"call_trustlevels":true,"sharded_registration":true,"call_reroute":true}},"publisher":{"features":{"publisher_exclusion":true,"publisher_identification":true,"subscriber_blackwhite_listing":true,"sharded_subscription":true}},"subscriber":{"features":{"publisher_identification":true,"pattern_based_subscription":true,"subscription_revocation":true,"publication_trustlevels":true,"sharded_subscription":true}}},"authid":"alice","authmethods":["ticket"],"agent":"Crosspoint-client-0.1.0"}
        alice < CHALLENGE ticket {}
        alice AUTHENTICATE … {}
        alice < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        alice is gone
        alice is session N at 127.0.0.1:PORT, over websocket.cbor
        alice HELLO realm1 {"roles":{"caller":{"features":{"call_canceling":true,"caller_identification":true,"progressive_call_results":true,"progressive_call_invocations":true,"sharded_registration":true}},"callee":{"features":{"call_canceling":true,"caller_identification":true,"progressive_call_results":true,"pattern_based_registration":true,"shared_registration":true,"registration_revocation":true,"progressive_call_invocations":true,"call_timeout":true,"call_trustlevels":true,"sharded_registration":true,"call_reroute":true}},"publisher":{"features":{"publisher_exclusion":true,"publisher_identification":true,"subscriber_blackwhite_listing":true,"sharded_subscription":true}},"subscriber":{"features":{"publisher_identification":true,"pattern_based_subscription":true,"subscription_revocation":true,"publication_trustlevels":true,"sharded_subscription":true}}},"authid":"alice","authmethods":["ticket"],"agent":"Crosspoint-client-0.1.0"}
        alice < CHALLENGE ticket {}
        alice AUTHENTICATE … {}
        alice < WELCOME N {"realm":"realm1","authid":"alice","authrole":"user","authmethod":"ticket","authprovider":"static","agent":"Crosspoint-0.1.0"}
        alice PUBLISH 1 {"acknowledge":true} com.example.news [1] {"password":"…"}
        alice < PUBLISHED 1 pN
        alice PUBLISH 2 {"acknowledge":true} com.example.news ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (1058 octets more)
        alice < PUBLISHED 2 pN
        alice CALL 3 {} com.example.nothing ["two words"]
        alice < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.example.nothing"]
        alice GOODBYE {} wamp.close.close_realm
        alice < GOODBYE {} wamp.close.goodbye_and_out
        alice is gone
    "#]].assert_eq(&traces(router));
}

#[tokio::test]
async fn sessions_of_one_name_have_names_of_their_own() {
    let (_file, router) = serve(&["all"]);
    let first = alice(&router, "sesame").connect().await.unwrap();
    let second = alice(&router, "sesame").serializer(Serializer::Json).connect().await.unwrap();
    let _ = second.subscribe("com.example.news").await.unwrap();
    second.leave().await;
    first.leave().await;
    let traces = traces(router);
    let of_interest =
        traces.lines().filter(|line| line.contains("is session") || line.contains("SUBSCRIBE"));
    expect![[r#"
        alice is session N at 127.0.0.1:PORT, over websocket.cbor
        alice2 is session N at 127.0.0.1:PORT, over websocket.json
        alice2 SUBSCRIBE 1 {} com.example.news
        alice2 < SUBSCRIBED 1 s1
        alice2 UNSUBSCRIBE 2 s1
        alice2 < UNSUBSCRIBED 2
    "#]]
    .assert_eq(&of_interest.flat_map(|line| [line, "\n"]).collect::<String>());
    // In whatever order: they have said goodbye to different tasks.
    assert!(traces.contains("alice is gone") && traces.contains("alice2 is gone"), "{traces}");
}
