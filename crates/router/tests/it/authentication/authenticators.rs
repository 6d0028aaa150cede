//! Clients of whom the router knows nothing, and somebody else does: alice, in a realm of her own.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::cryptosign;
use crosspoint_proto::auth::scram::{AuthMessage, ClientKeys, ClientNonce, Dialect, Nonce, Salt};
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_router::authentication::{Authentication, Authenticator};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::{Census, RealmSettings};
use expect_test::{Expect, expect};

use super::{answer_to, cost, key};
use crate::conversation::Conversation;

const METHODS: [AuthMethod; 5] = [
    AuthMethod::Anonymous,
    AuthMethod::Ticket,
    AuthMethod::WampCra,
    AuthMethod::WampScram,
    AuthMethod::Cryptosign,
];

/// Somebody in the second realm is asked for each method.
fn asked(procedure: &str) -> Authentication {
    let authenticator = || Authenticator {
        procedure: procedure.to_owned(),
        realm: Some("realm2".to_owned()),
        timeout_ms: 1000,
    };
    Authentication {
        methods: METHODS.to_vec(),
        authenticators: METHODS.map(|method| (method, authenticator())).to_vec(),
        ..Authentication::default()
    }
}

/// Alice knows everybody in two realms. Her own asks nobody.
fn asking_alice() -> Conversation {
    let asking = ["realm1", "realm3"].map(|name| RealmSettings {
        authentication: asked("com.auth"),
        ..RealmSettings::from(name)
    });
    let realms = [&asking[..], &["realm2".into()]].concat();
    let mut conversation = Conversation::in_realms(realms, Limits::default());
    conversation.play(r#"alice HELLO realm2 {"roles":{"callee":{}}}"#);
    conversation.play("alice REGISTER 1 {} com.auth");
    conversation.forget_transcript();
    conversation
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check(script: &str, expected: Expect) {
    let mut conversation = asking_alice();
    conversation.play(script);
    expected.assert_eq(&conversation.transcript());
}

/// What an authenticator has failed at, as the log says it. The client has heard the same as of all such failures.
#[track_caller]
fn failure(conversation: &Conversation, client: &str) -> String {
    let heard = conversation.transcript_so_far().lines().find(|line| line.contains(" < ABORT "));
    let expected = "ABORT {\"message\":\"the authenticator has not said who this is\"} \
                    wamp.error.authentication_failed";
    assert_eq!(heard.unwrap(), format!("{client} < {expected}"));
    let why = conversation.why(client);
    let known = "wamp.error.authentication_failed: the authenticator has not said who this is: ";
    why.strip_prefix(known).unwrap_or_else(|| panic!("{why}")).to_owned()
}

#[test]
fn a_ticket_is_asked_about_when_it_was_said() {
    check(
        r#"
        one   HELLO realm1 {"authid":"joe","authmethods":["ticket"],"authextra":{"device":7}}
        one   AUTHENTICATE sesame {}
        alice YIELD 1 {} ["backend"]
        two   HELLO realm1 {"authid":"joe","authmethods":["ticket"]}
        two   AUTHENTICATE wrong {}
        alice ERROR 68 2 {} com.error.wrong_ticket
        three HELLO realm1 {"authid":"joe","authmethods":["ticket"]}
        three AUTHENTICATE sesame {}
        alice YIELD 3 {} [{"role":"backend","authid":"joseph","realm":"realm3"}]
        four  HELLO realm1 {"authid":"joe","authmethods":["ticket"]}
        four  AUTHENTICATE sesame {}
        alice YIELD 4 {} [{"role":"backend","realm":"realm2"}]
        "#,
        expect![[r#"
            one < CHALLENGE ticket {}
            alice < INVOCATION i1 r1 {} ["realm1","joe",{"session":2147483650,"authmethod":"ticket","transport":{"type":"rawsocket","serializer":"json"},"authextra":{"device":7},"authid":"joe","ticket":"sesame"}]
            one < WELCOME #one {"realm":"realm1","authid":"joe","authrole":"backend","authmethod":"ticket","authprovider":"dynamic","agent":"Crosspoint"}
            two < CHALLENGE ticket {}
            alice < INVOCATION i2 r1 {} ["realm1","joe",{"session":2147483651,"authmethod":"ticket","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authid":"joe","ticket":"wrong"}]
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
            three < CHALLENGE ticket {}
            alice < INVOCATION i3 r1 {} ["realm1","joe",{"session":2147483652,"authmethod":"ticket","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authid":"joe","ticket":"sesame"}]
            three < WELCOME #three {"realm":"realm3","authid":"joseph","authrole":"backend","authmethod":"ticket","authprovider":"dynamic","agent":"Crosspoint"}
            four < CHALLENGE ticket {}
            alice < INVOCATION i4 r1 {} ["realm1","joe",{"session":2147483653,"authmethod":"ticket","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authid":"joe","ticket":"sesame"}]
            four < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            four is over
        "#]],
    );
}

#[test]
fn nobody_need_be_somebody() {
    check(
        r#"
        one   HELLO realm1 {}
        alice YIELD 1 {} [{"role":"guest","authid":"guest-17"}]
        two   HELLO realm1 {}
        alice ERROR 68 2 {} com.error.full
        "#,
        expect![[r#"
            alice < INVOCATION i1 r1 {} ["realm1",null,{"session":2147483650,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
            one < WELCOME #one {"realm":"realm1","authid":"guest-17","authrole":"guest","authmethod":"anonymous","authprovider":"dynamic","agent":"Crosspoint"}
            alice < INVOCATION i2 r1 {} ["realm1",null,{"session":2147483651,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
        "#]],
    );
}

#[test]
fn a_secret_is_told_before_the_challenge() {
    let mut conversation = asking_alice();
    conversation.play(r#"one HELLO realm1 {"authid":"joe","authmethods":["wampcra"]}"#);
    conversation.play(
        r#"alice YIELD 1 {} [{"role":"backend","secret":"sesame","salt":"salt123","iterations":100,"keylen":32}]"#,
    );
    let signature = answer_to(&conversation, |challenge| {
        let salting = Salting::new("salt123", 100, 32).unwrap();
        Key::derive("sesame", &salting).sign(challenge.extra.challenge.as_deref().unwrap())
    });
    conversation.play(&format!("one AUTHENTICATE \"{signature}\" {{}}"));
    let transcript = conversation.transcript();
    assert!(transcript.ends_with("\"authrole\":\"backend\",\"authmethod\":\"wampcra\",\"authprovider\":\"dynamic\",\"agent\":\"Crosspoint\"}\n"), "{transcript}");
}

/// The router derives the key itself, and nothing else meanwhile.
#[test]
fn a_secret_takes_so_much_time_at_most() {
    for (iterations, is_taken) in [(100_000, true), (100_001, false)] {
        let mut conversation = asking_alice();
        conversation.play(r#"one HELLO realm1 {"authid":"joe","authmethods":["wampcra"]}"#);
        conversation.play(&format!(
            r#"alice YIELD 1 {{}} [{{"role":"backend","secret":"s","salt":"s","iterations":{iterations}}}]"#
        ));
        let is_asked = conversation.transcript_so_far().contains("CHALLENGE");
        assert_eq!(is_asked, is_taken);
        if !is_taken {
            let why = failure(&conversation, "one");
            let what = "iterations must be from 1 to 100000";
            assert_eq!(why, format!("its answer is not understood: {what}"));
        }
    }
}

/// An authenticator is asked about no name that is longer than one that is known may be.
#[test]
fn an_authid_is_as_long_for_an_authenticator_as_for_others() {
    for method in ["anonymous", "ticket", "wampcra", "scram", "cryptosign"] {
        let public = key(1).public().to_hex();
        for (octets, is_taken) in [(1024, true), (1025, false)] {
            let mut conversation = asking_alice();
            let authid = "x".repeat(octets);
            conversation.play(&format!(
                r#"one HELLO realm1 {{"authid":"{authid}","authmethods":["{method}"],"authextra":{{"pubkey":"{public}"}}}}"#
            ));
            let transcript = conversation.transcript();
            let refused = transcript.starts_with("one < ABORT");
            assert_eq!(refused, !is_taken, "{method}: {transcript}");
        }
    }
}

/// Otherwise anybody could sign with it.
#[test]
fn a_secret_is_not_empty() {
    for (answer, why) in [
        (r#"{"role":"backend"}"#, "no 'secret'"),
        (r#"{"role":"backend","secret":""}"#, "'secret' is empty"),
    ] {
        let mut conversation = asking_alice();
        conversation.play(r#"one HELLO realm1 {"authid":"joe","authmethods":["wampcra"]}"#);
        conversation.play(&format!("alice YIELD 1 {{}} [{answer}]"));
        let said = failure(&conversation, "one");
        let transcript = conversation.transcript();
        assert!(!transcript.contains("CHALLENGE"), "{transcript}");
        assert_eq!(said, format!("its answer is not understood: {why}"));
    }
}

#[test]
fn keys_are_told_before_the_challenge() {
    let mut conversation = asking_alice();
    let public = key(1).public().to_hex();
    let hello = format!(r#"{{"authmethods":["cryptosign"],"authextra":{{"pubkey":"{public}"}}}}"#);
    for (client, invocation, known) in [("one", 1, &public), ("two", 2, &key(2).public().to_hex())]
    {
        conversation.play(&format!("{client} HELLO realm1 {hello}"));
        conversation.play(&format!(
            r#"alice YIELD {invocation} {{}} [{{"role":"backend","authid":"joe","pubkey":"{known}"}}]"#
        ));
        let signature = answer_to(&conversation, |challenge| {
            let challenge = challenge.extra.challenge.as_deref().unwrap();
            key(1).sign(&cryptosign::Challenge::from_hex(challenge).unwrap(), None)
        });
        conversation.play(&format!("{client} AUTHENTICATE \"{signature}\" {{}}"));
    }
    expect![[r#"
        alice < INVOCATION i1 r1 {} ["realm1",null,{"session":2147483650,"authmethod":"cryptosign","transport":{"type":"rawsocket","serializer":"json"},"authextra":{"pubkey":"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"}}]
        one < CHALLENGE cryptosign {"challenge":"0202020202020202020202020202020202020202020202020202020202020202"}
        one < WELCOME #one {"realm":"realm1","authid":"joe","authrole":"backend","authmethod":"cryptosign","authprovider":"dynamic","agent":"Crosspoint"}
        alice < INVOCATION i2 r1 {} ["realm1",null,{"session":2147483651,"authmethod":"cryptosign","transport":{"type":"rawsocket","serializer":"json"},"authextra":{"pubkey":"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"}}]
        two < CHALLENGE cryptosign {"challenge":"0303030303030303030303030303030303030303030303030303030303030303"}
        two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        two is over
    "#]]
    .assert_eq(&conversation.transcript());
}

/// Nobody is let in, whatever becomes of the question; and nothing is left behind.
#[test]
fn an_authenticator_that_fails_lets_nobody_in() {
    check(
        r#"
        one   HELLO realm1 {}
        alice YIELD 1 {} [7]
        two   HELLO realm1 {}
        alice YIELD 2 {} [{"authid":"joe"}]
        three HELLO realm1 {}
        TIME  passes 1000
        alice YIELD 3 {} ["late"]
        four  HELLO realm1 {"authid":"joe","authmethods":["wampcra"]}
        alice YIELD 4 {} [{"role":"x","secret":"y","salt":"z","iterations":100000000000}]
        five  HELLO realm1 {}
        alice is gone
        six   HELLO realm1 {}
        "#,
        expect![[r#"
            alice < INVOCATION i1 r1 {} ["realm1",null,{"session":2147483650,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
            one < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            one is over
            alice < INVOCATION i2 r1 {} ["realm1",null,{"session":2147483651,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
            two < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            two is over
            alice < INVOCATION i3 r1 {} ["realm1",null,{"session":2147483652,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
            three < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            three is over
            alice < INVOCATION i4 r1 {} ["realm1","joe",{"session":2147483653,"authmethod":"wampcra","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authid":"joe"}]
            four < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            four is over
            alice < INVOCATION i5 r1 {} ["realm1",null,{"session":2147483654,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
            five < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            five is over
            six < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
            six is over
        "#]],
    );
}

#[test]
fn who_leaves_before_the_answer_leaves_nothing_behind() {
    let mut conversation = asking_alice();
    conversation.play(
        r#"
        one   HELLO realm1 {}
        one   is gone
        two   HELLO realm1 {}
        two   ABORT {} wamp.close.goodbye_and_out
        three HELLO realm1 {}
        three AUTHENTICATE sesame {}
        alice YIELD 1 {} ["guest"]
        alice YIELD 2 {} ["guest"]
        alice YIELD 3 {} ["guest"]
        alice is gone
        "#,
    );
    assert_eq!(conversation.router.census(), Census::default());
    expect![[r#"
        alice < INVOCATION i1 r1 {} ["realm1",null,{"session":2147483650,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
        alice < INVOCATION i2 r1 {} ["realm1",null,{"session":2147483651,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
        two is over
        alice < INVOCATION i3 r1 {} ["realm1",null,{"session":2147483652,"authmethod":"anonymous","transport":{"type":"rawsocket","serializer":"json"},"authextra":{}}]
        three < ABORT {"message":"received AUTHENTICATE before the session was established, out of turn"} wamp.error.protocol_violation
        three is over
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn scram_keys_are_told_before_the_challenge() {
    let mut conversation = asking_alice();
    let salt = Salt::new(b"salt of 16 octet").unwrap();
    let keys = ClientKeys::derive("pencil", &salt, cost()).unwrap();
    let (stored, server) = keys.stored().to_hex();
    let nonce = ClientNonce::new(&[0; 8]).unwrap();
    conversation.play(&format!(
        r#"one HELLO realm1 {{"authid":"joe","authmethods":["scram"],"authextra":{{"nonce":"{}"}}}}"#,
        nonce.as_str()
    ));
    let salt_hex = "73616c74206f66203136206f63746574";
    conversation.play(&format!(
        r#"alice YIELD 1 {{}} [{{"role":"backend","salt":"{salt_hex}","iterations":4096,"kdf":"pbkdf2","stored-key":"{}","server-key":"{}"}}]"#,
        *stored, *server
    ));
    let (proof, both) = answer_to(&conversation, |challenge| {
        let both = challenge.extra.nonce.as_deref().unwrap();
        let nonce = Nonce::of_challenge(&nonce, both).unwrap();
        let message = AuthMessage::new(Dialect::Autobahn, "joe", &nonce, &salt, cost()).unwrap();
        (keys.prove(&message), both.to_owned())
    });
    conversation.play(&format!(r#"one AUTHENTICATE "{proof}" {{"nonce":"{both}"}}"#));
    let transcript = conversation.transcript();
    assert!(transcript.contains("\"authrole\":\"backend\""), "{transcript}");
}

/// A stranger learns nothing of other realms, of procedures, or of what is known of clients.
#[test]
fn what_an_authenticator_has_failed_at_is_for_the_log() {
    for (answer, why) in [
        (r#"YIELD 1 {} [{"role":"x","realm":"secret"}]"#, "there is no realm secret here"),
        (r#"YIELD 1 {} [{"role":"x","realm":"not a uri"}]"#, "there is no realm not a uri here"),
        (r#"YIELD 1 {} [{"role":"x","realm":"realm2"}]"#, "realm realm2 does not ask it"),
        ("YIELD 1 {} [7]", "its answer is not understood: no role, no dict"),
        ("ERROR 68 1 {} wamp.error.no_such_procedure", "wamp.error.no_such_procedure"),
        ("is gone", "wamp.error.canceled"),
    ] {
        let mut conversation = asking_alice();
        conversation.play(r#"one HELLO realm1 {"authid":"joe","authmethods":["ticket"]}"#);
        conversation.play("one AUTHENTICATE sesame {}");
        conversation.play(&format!("alice {answer}"));
        assert_eq!(failure(&conversation, "one"), why);
        let counters = conversation.router.counters();
        assert_eq!(counters.authenticators_failed.get(), 1, "{why}");
        assert_eq!(counters.authentications_failed.get(), 0, "{why}");
    }
}

/// So that nobody gets the role, or the key, of somebody else because of a slip.
#[test]
fn what_has_another_type_is_not_understood() {
    let overlong = format!(r#"{{"role":"user","authid":"{}"}}"#, "x".repeat(1025));
    for (method, answer, why) in [
        ("ticket", r#"{"role":7}"#, "'role' is no text"),
        ("ticket", r#"{"role":""}"#, "'role' is empty"),
        (
            "ticket",
            r#"{"role":"user","authid":"a\u001b[2J"}"#,
            "an authid has no control characters",
        ),
        ("ticket", &overlong, "an authid is not longer than 1024 octets"),
        ("ticket", r#"{"role":"user","authid":7}"#, "'authid' is no text"),
        ("ticket", r#"{"role":"user","realm":["realm2"]}"#, "'realm' is no text"),
        ("ticket", r#"{"role":"user","extra":"more"}"#, "'extra' is no dict"),
        ("wampcra", r#"{"role":"user","secret":7}"#, "'secret' is no text"),
        ("wampcra", r#"{"role":"user","secret":"s","salt":7}"#, "'salt' is no text"),
        (
            "wampcra",
            r#"{"role":"user","secret":"s","salt":"s","iterations":"7"}"#,
            "'iterations' is no number",
        ),
        (
            "wampcra",
            r#"{"role":"user","secret":"s","salt":"s","keylen":-1}"#,
            "'keylen' is no number",
        ),
        ("cryptosign", r#"{"role":"user","pubkey":["00"]}"#, "'pubkey' is no text"),
        ("cryptosign", r#"{"role":"user","authorized_keys":"00"}"#, "'authorized_keys' is no list"),
        (
            "cryptosign",
            r#"{"role":"user","authorized_keys":[7]}"#,
            "'authorized_keys' has what is no text",
        ),
        ("scram", r#"{"role":"user","stored-key":7}"#, "'stored-key' is no text"),
    ] {
        let mut conversation = asking_alice();
        let extra =
            format!(r#"{{"nonce":"AAAAAAAAAAA=","pubkey":"{}"}}"#, key(1).public().to_hex());
        conversation.play(&format!(
            r#"one HELLO realm1 {{"authid":"joe","authmethods":["{method}"],"authextra":{extra}}}"#
        ));
        if method == "ticket" {
            conversation.play("one AUTHENTICATE sesame {}");
        }
        conversation.play(&format!("alice YIELD 1 {{}} [{answer}]"));
        let said = failure(&conversation, "one");
        assert_eq!(said, format!("its answer is not understood: {why}"));
    }
}

/// Null is how some languages say nothing.
#[test]
fn a_client_is_told_what_the_authenticator_has_it_told() {
    check(
        r#"
        one   HELLO realm1 {"authid":"joe","authmethods":["ticket"],"authrole":"admin"}
        one   AUTHENTICATE sesame {}
        alice YIELD 1 {} [{"role":"user","realm":null,"authid":null,"extra":{"tier":3,"tags":["a"]}}]
        "#,
        expect![[r#"
            one < CHALLENGE ticket {}
            alice < INVOCATION i1 r1 {} ["realm1","joe",{"session":2147483650,"authmethod":"ticket","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authrole":"admin","authid":"joe","ticket":"sesame"}]
            one < WELCOME #one {"realm":"realm1","authid":"joe","authrole":"user","authmethod":"ticket","authprovider":"dynamic","authextra":{"tier":3,"tags":["a"]},"agent":"Crosspoint"}
        "#]],
    );
    let mut conversation = asking_alice();
    conversation.play(r#"one HELLO realm1 {"authid":"joe","authmethods":["wampcra"]}"#);
    conversation.play(
        r#"alice YIELD 1 {} [{"role":"user","secret":"sesame","extra":{"verifier":"mine"}}]"#,
    );
    let signature = answer_to(&conversation, |challenge| {
        Key::from_secret("sesame").sign(challenge.extra.challenge.as_deref().unwrap())
    });
    conversation.play(&format!("one AUTHENTICATE \"{signature}\" {{}}"));
    let transcript = conversation.transcript();
    assert!(transcript.contains(r#""authextra":{"verifier":"mine"}"#), "{transcript}");
}

/// Whom the authenticator does not know is asked like those whom it knows, and never right.
#[test]
fn a_stranger_to_the_authenticator_is_asked_like_others() {
    check(
        r#"
        one   HELLO realm1 {"authid":"joe","authmethods":["wampcra"]}
        alice YIELD 1 {} [{"role":"backend","secret":"sesame","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":100}]
        two   HELLO realm1 {"authid":"eve","authmethods":["wampcra"]}
        alice ERROR 68 2 {} com.error.no_such_user
        one   AUTHENTICATE wrong {}
        two   AUTHENTICATE wrong {}
        "#,
        expect![[r#"
            alice < INVOCATION i1 r1 {} ["realm1","joe",{"session":2147483650,"authmethod":"wampcra","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authid":"joe"}]
            one < CHALLENGE wampcra {"challenge":"{\"authid\":\"joe\",\"authrole\":\"backend\",\"authmethod\":\"wampcra\",\"authprovider\":\"dynamic\",\"nonce\":\"0202020202020202020202020202020202020202020202020202020202020202\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483650}","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":100,"keylen":32}
            alice < INVOCATION i2 r1 {} ["realm1","eve",{"session":2147483651,"authmethod":"wampcra","transport":{"type":"rawsocket","serializer":"json"},"authextra":{},"authid":"eve"}]
            two < CHALLENGE wampcra {"challenge":"{\"authid\":\"eve\",\"authrole\":\"backend\",\"authmethod\":\"wampcra\",\"authprovider\":\"dynamic\",\"nonce\":\"0303030303030303030303030303030303030303030303030303030303030303\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483651}","salt":"WaAMh2NRrqsQJ2DRndQugQ==","iterations":100,"keylen":32}
            one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            one is over
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
        "#]],
    );
}

/// Also for the other methods with a challenge, and if nobody has ever been known.
#[test]
fn strangers_are_asked_by_every_method() {
    for (method, hello) in [
        ("wampcra", r#""authid":"eve""#.to_owned()),
        ("scram", r#""authid":"eve","authextra":{"nonce":"AAAAAAAAAAA="}"#.to_owned()),
        ("wamp-scram", r#""authid":"eve","authextra":{"nonce":"AAAAAAAAAAA="}"#.to_owned()),
        ("cryptosign", format!(r#""authextra":{{"pubkey":"{}"}}"#, key(1).public().to_hex())),
    ] {
        let mut conversation = asking_alice();
        conversation.play(&format!(r#"one HELLO realm1 {{{hello},"authmethods":["{method}"]}}"#));
        conversation.play("alice ERROR 68 1 {} com.error.no_such_user");
        let signature = answer_to(&conversation, |challenge| match method {
            // As good as it gets.
            "wampcra" => Key::from_secret("").sign(challenge.extra.challenge.as_deref().unwrap()),
            "cryptosign" => {
                let challenge = challenge.extra.challenge.as_deref().unwrap();
                key(1).sign(&cryptosign::Challenge::from_hex(challenge).unwrap(), None)
            }
            _ => "AAAA".to_owned(),
        });
        conversation.play(&format!("one AUTHENTICATE \"{signature}\" {{}}"));
        let transcript = conversation.transcript();
        assert!(transcript.contains(&format!("\"authmethod\":\"{method}\"")), "{transcript}");
        // Autobahn knows its own name only.
        let kdf = transcript.contains("\"kdf\":\"argon2id-13\"");
        assert_eq!(kdf, method == "scram", "{transcript}");
        assert!(
            transcript.contains("ABORT") && transcript.contains("authentication_denied"),
            "{transcript}"
        );
    }
}

#[test]
fn a_client_may_have_several_keys() {
    let mut conversation = asking_alice();
    let keys = [1, 2].map(|number| key(number).public().to_hex());
    conversation.play(&format!(
        r#"one HELLO realm1 {{"authid":"joe","authmethods":["cryptosign"],"authextra":{{"pubkey":"{}"}}}}"#,
        keys[1]
    ));
    conversation.play(&format!(
        r#"alice YIELD 1 {{}} [{{"role":"backend","authorized_keys":["{}","{}"]}}]"#,
        keys[0], keys[1]
    ));
    let signature = answer_to(&conversation, |challenge| {
        let challenge = challenge.extra.challenge.as_deref().unwrap();
        key(2).sign(&cryptosign::Challenge::from_hex(challenge).unwrap(), None)
    });
    conversation.play(&format!("one AUTHENTICATE \"{signature}\" {{}}"));
    assert!(conversation.transcript().contains("one < WELCOME"));
}

/// Otherwise whoever may register something above it would be asked while it is not there, and be told the tickets.
#[test]
fn who_has_a_pattern_is_not_asked() {
    let mut conversation = asking_alice();
    conversation.play(
        r#"
        mallory HELLO realm2 {"roles":{"callee":{}}}
        mallory REGISTER 1 {"match":"prefix"} com.
        alice   UNREGISTER 2 r1
        one     HELLO realm1 {"authid":"joe","authmethods":["ticket"]}
        one     AUTHENTICATE sesame {}
        "#,
    );
    expect![[r#"
        mallory < WELCOME #mallory {"realm":"realm2","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        mallory < REGISTERED 1 r2
        alice < UNREGISTERED 2
        one < CHALLENGE ticket {}
        one < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
        one is over
    "#]].assert_eq(&conversation.transcript());
}

/// What alice says when others are asked instead of her, or nobody for that method, or nobody at all: of a ticket, and
/// of a secret, whether she has said it before or not.
#[test]
fn who_is_not_asked_any_more_lets_nobody_in() {
    let without = |method: AuthMethod| {
        let mut authentication = asked("com.auth");
        authentication.authenticators.retain(|(other, _)| *other != method);
        authentication
    };
    let secret = Key::from_secret("secret");
    let mut outcomes = Vec::new();
    for (method, said) in [
        ("ticket", r#"alice YIELD 1 {} ["backend"]"#),
        ("wampcra", r#"alice YIELD 1 {} [{"role":"backend","secret":"secret"}]"#),
    ] {
        let of = AuthMethod::from_name(method).unwrap();
        for after in [asked("com.auth"), asked("com.other"), without(of), Authentication::default()]
        {
            for is_late in [true, false] {
                let mut conversation = asking_alice();
                let hello =
                    format!(r#"one HELLO realm1 {{"authid":"joe","authmethods":["{method}"]}}"#);
                conversation.play(&hello);
                if of == AuthMethod::Ticket {
                    conversation.play("one AUTHENTICATE sesame {}");
                }
                if !is_late {
                    conversation.play(said);
                }
                assert!(conversation.router.set_authentication("realm1", after.clone()).is_some());
                if is_late {
                    conversation.play(said);
                }
                let transcript = conversation.transcript_so_far().to_owned();
                if let Some((_, challenge)) = transcript.split_once("one < CHALLENGE wampcra ") {
                    let challenge = challenge.lines().next().unwrap();
                    let (_, text) = challenge.split_once(r#""challenge":""#).unwrap();
                    let text = text.trim_end_matches("\"}").replace("\\\"", "\"");
                    conversation.play(&format!("one AUTHENTICATE {} {{}}", secret.sign(&text)));
                }
                outcomes.push(conversation.transcript().contains("one < WELCOME"));
            }
        }
    }
    let (ticket, wampcra) = outcomes.split_at(8);
    assert_eq!(ticket, [true, true, false, true, false, true, false, true]);
    assert_eq!(wampcra, [true, true, false, false, false, false, false, false]);
}
