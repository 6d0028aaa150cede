//! Right and wrong proofs, by each method.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::cryptosign::{self, ChannelId};
use crosspoint_proto::auth::scram::{AuthMessage, ClientKeys, ClientNonce, Dialect, Nonce, Salt};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_router::authentication::{Authentication, Credentials, Principal, Principals};
use crosspoint_router::router::RealmSettings;
use expect_test::{Expect, expect};

use super::{PROOFS, answer_to, cost, key, play, realm};
use crate::conversation::{CHANNEL, Conversation};

#[test]
fn tickets() {
    expect![[r#"
        one < CHALLENGE ticket {}
        one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
        two < CHALLENGE ticket {}
        two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        two is over
        three < CHALLENGE ticket {}
        three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        three is over
    "#]].assert_eq(&play(
        r#"
        one   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        one   AUTHENTICATE sesame {}
        two   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        two   AUTHENTICATE tahini {}
        three HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        three AUTHENTICATE "" {}
        "#,
    ));
}

/// A client that knows this secret, or password, signs what it is asked.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check_wampcra(authid: &str, secret: &str, expected: Expect) {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    conversation
        .play(&format!(r#"one HELLO realm1 {{"authid":"{authid}","authmethods":["wampcra"]}}"#));
    let signature = answer_to(&conversation, |challenge| {
        let extra = &challenge.extra;
        let key = match extra.salt.as_deref() {
            None => Key::from_secret(secret),
            Some(salt) => {
                let (iterations, keylen) = (extra.iterations.unwrap(), extra.keylen.unwrap());
                Key::derive(secret, &Salting::new(salt, iterations, keylen).unwrap())
            }
        };
        key.sign(extra.challenge.as_deref().unwrap())
    });
    conversation.play(&format!("one AUTHENTICATE \"{signature}\" {{}}"));
    expected.assert_eq(&conversation.transcript());
}

#[test]
fn secrets_without_salt() {
    check_wampcra(
        "bob",
        "secret",
        expect![[r#"
            one < CHALLENGE wampcra {"challenge":"{\"authid\":\"bob\",\"authrole\":\"role-of-bob\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0101010101010101010101010101010101010101010101010101010101010101\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483649}"}
            one < WELCOME #one {"realm":"realm1","authid":"bob","authrole":"role-of-bob","authmethod":"wampcra","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
    check_wampcra(
        "bob",
        "wrong",
        expect![[r#"
            one < CHALLENGE wampcra {"challenge":"{\"authid\":\"bob\",\"authrole\":\"role-of-bob\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0101010101010101010101010101010101010101010101010101010101010101\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483649}"}
            one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            one is over
        "#]],
    );
}

#[test]
fn passwords_with_salt() {
    check_wampcra(
        "carol",
        "password",
        expect![[r#"
            one < CHALLENGE wampcra {"challenge":"{\"authid\":\"carol\",\"authrole\":\"role-of-carol\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0101010101010101010101010101010101010101010101010101010101010101\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483649}","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":10,"keylen":32}
            one < WELCOME #one {"realm":"realm1","authid":"carol","authrole":"role-of-carol","authmethod":"wampcra","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
    check_wampcra(
        "carol",
        "wrong",
        expect![[r#"
            one < CHALLENGE wampcra {"challenge":"{\"authid\":\"carol\",\"authrole\":\"role-of-carol\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0101010101010101010101010101010101010101010101010101010101010101\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483649}","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":10,"keylen":32}
            one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            one is over
        "#]],
    );
}

/// Each challenge names another session, and has another nonce.
#[test]
fn a_signature_is_good_for_one_session() {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    let hello = r#"HELLO realm1 {"authid":"bob","authmethods":["wampcra"]}"#;
    conversation.play(&format!("one {hello}"));
    let signature = answer_to(&conversation, |challenge| {
        Key::from_secret("secret").sign(challenge.extra.challenge.as_deref().unwrap())
    });
    conversation.forget_transcript();
    conversation.play(&format!(
        "two {hello}\n two AUTHENTICATE \"{signature}\" {{}}\n one AUTHENTICATE \"{signature}\" {{}}"
    ));
    expect![[r#"
        two < CHALLENGE wampcra {"challenge":"{\"authid\":\"bob\",\"authrole\":\"role-of-bob\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0202020202020202020202020202020202020202020202020202020202020202\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483650}"}
        two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        two is over
        one < WELCOME #one {"realm":"realm1","authid":"bob","authrole":"role-of-bob","authmethod":"wampcra","authprovider":"static","agent":"Crosspoint"}
    "#]].assert_eq(&conversation.transcript());
}

const NONCE: &str = "Y2xpZW50J3Mgb2N0ZXRz";

/// A client that speaks this dialect, knows this password, and puts this into its AUTHENTICATE.Extra.
fn play_scram(dialect: Dialect, password: &str, extra: impl FnOnce(&Nonce) -> String) -> String {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    let method = dialect.method();
    conversation.play(&format!(
        r#"one HELLO realm1 {{"authid":"dave","authmethods":["{method}"],"authextra":{{"nonce":"{NONCE}"}}}}"#
    ));
    let answer = answer_to(&conversation, |challenge| {
        assert_eq!(challenge.method, method);
        let client = ClientNonce::from_base64(NONCE).unwrap();
        let nonce = challenge.extra.nonce.as_deref().unwrap();
        let nonce = Nonce::of_challenge(&client, nonce).unwrap();
        let salt = Salt::from_base64(challenge.extra.salt.as_deref().unwrap()).unwrap();
        let message = AuthMessage::new(dialect, "dave", &nonce, &salt, cost()).unwrap();
        let keys = ClientKeys::derive(password, &salt, cost()).unwrap();
        format!("\"{}\" {}", keys.prove(&message), extra(&nonce))
    });
    conversation.play(&format!("one AUTHENTICATE {answer}"));
    conversation.transcript()
}

fn both(nonce: &Nonce) -> String {
    format!("{{\"nonce\":\"{}\"}}", nonce.both())
}

#[test]
fn passwords_that_the_router_does_not_have() {
    expect![[r#"
        one < CHALLENGE wamp-scram {"nonce":"Y2xpZW50J3Mgb2N0ZXRzAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","kdf":"pbkdf2","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":4096}
        one < WELCOME #one {"realm":"realm1","authid":"dave","authrole":"role-of-dave","authmethod":"wamp-scram","authprovider":"static","authextra":{"verifier":"xs0QTd8epQyGjToBmEgdaT69zMQSoEZnrFZhDmKcT6c=","scram_server_signature":"xs0QTd8epQyGjToBmEgdaT69zMQSoEZnrFZhDmKcT6c="},"agent":"Crosspoint"}
    "#]].assert_eq(&play_scram(Dialect::Specification, "pencil", both));
    expect![[r#"
        one < CHALLENGE scram {"nonce":"Y2xpZW50J3Mgb2N0ZXRzAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","kdf":"pbkdf2","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":4096}
        one < WELCOME #one {"realm":"realm1","authid":"dave","authrole":"role-of-dave","authmethod":"scram","authprovider":"static","authextra":{"verifier":"8P5PCrJI/lE4+YJz5zqqzkfD1/txO0/ozhx/73oJ/eI=","scram_server_signature":"8P5PCrJI/lE4+YJz5zqqzkfD1/txO0/ozhx/73oJ/eI="},"agent":"Crosspoint"}
    "#]].assert_eq(&play_scram(Dialect::Autobahn, "pencil", |_| "{}".to_owned()));
    let transcript = play_scram(Dialect::Specification, "crayon", both);
    expect![[r#"
        one < CHALLENGE wamp-scram {"nonce":"Y2xpZW50J3Mgb2N0ZXRzAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","kdf":"pbkdf2","salt":"c2FsdCBvZiAxNiBvY3RldA==","iterations":4096}
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&transcript);
}

/// A proof of something else.
#[test]
fn the_answer_repeats_what_was_said() {
    for extra in [
        r#"{"nonce":"Y2xpZW50J3Mgb2N0ZXRz"}"#,
        r#"{"channel_binding":"tls-exporter"}"#,
        r#"{"cbind_data":"AAAA"}"#,
    ] {
        let transcript = play_scram(Dialect::Specification, "pencil", |_| extra.to_owned());
        assert!(transcript.contains("wamp.error.authentication_denied"), "{extra}: {transcript}");
    }
}

/// A client that says it has the key of `announced`, names itself or not, and signs with the key of
/// `signing`.
fn play_cryptosign(authid: &str, announced: u8, signing: u8) -> String {
    play_cryptosign_in(realm(&PROOFS), authid, announced, signing)
}

fn play_cryptosign_in(realm: RealmSettings, authid: &str, announced: u8, signing: u8) -> String {
    let mut conversation = Conversation::in_realm(realm);
    let public = key(announced).public().to_hex();
    conversation.play(&format!(
        r#"one HELLO realm1 {{{authid}"authmethods":["cryptosign"],"authextra":{{"pubkey":"{public}"}}}}"#
    ));
    let signed = answer_to(&conversation, |challenge| {
        let challenge = challenge.extra.challenge.as_deref().unwrap();
        key(signing).sign(&cryptosign::Challenge::from_hex(challenge).unwrap(), None)
    });
    conversation.play(&format!("one AUTHENTICATE \"{signed}\" {{}}"));
    let mut lines = conversation.transcript();
    lines.drain(..=lines.find('\n').unwrap());
    lines
}

#[test]
fn keys() {
    let frank = r#""authid":"frank","#;
    let known = [("", 1), ("", 2), (frank, 1), (frank, 2)];
    let transcripts = known.map(|(authid, number)| play_cryptosign(authid, number, number));
    expect![[r#"
        one < WELCOME #one {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
        one < WELCOME #one {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
        one < WELCOME #one {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
        one < WELCOME #one {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
    "#]].assert_eq(&transcripts.concat());
}

/// A key that nobody has, and one that is known but not there.
#[test]
fn wrong_keys() {
    let frank = r#""authid":"frank","#;
    let wrong = [("", 3, 3), (frank, 3, 3), ("", 1, 2), (frank, 1, 3)];
    let transcripts =
        wrong.map(|(authid, announced, signing)| play_cryptosign(authid, announced, signing));
    expect![[r#"
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&transcripts.concat());
}

/// Frank and grace have keys. Who says that he is one of them does not become him, nor himself, by the other's.
#[test]
fn nobody_is_another_by_his_own_key() {
    let transcripts = [("", 4), (r#""authid":"grace","#, 4), (r#""authid":"frank","#, 4)];
    let transcripts = transcripts.map(|(authid, number)| {
        let mut realm = realm(&PROOFS);
        let credentials =
            Credentials { cryptosign: vec![key(4).public()], ..Credentials::default() };
        let (grace, role) = ("grace".to_owned(), "role-of-grace".to_owned());
        let grace = Principal { authid: grace, role, credentials };
        realm.authentication.principals.add(grace).unwrap();
        play_cryptosign_in(realm, authid, number, number)
    });
    expect![[r#"
        one < WELCOME #one {"realm":"realm1","authid":"grace","authrole":"role-of-grace","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
        one < WELCOME #one {"realm":"realm1","authid":"grace","authrole":"role-of-grace","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&transcripts.concat());
}

/// A client that has asked for its signature to be bound to its channel.
fn play_bound(channel: Option<&ChannelId>) -> String {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    let public = key(1).public().to_hex();
    conversation.play(&format!(
        r#"
        one opens over TLS
        one HELLO realm1 {{"authmethods":["cryptosign"],"authextra":{{"pubkey":"{public}","channel_binding":"tls-exporter"}}}}
        "#
    ));
    let signed = answer_to(&conversation, |challenge| {
        let challenge = challenge.extra.challenge.as_deref().unwrap();
        key(1).sign(&cryptosign::Challenge::from_hex(challenge).unwrap(), channel)
    });
    conversation.play(&format!("one AUTHENTICATE \"{signed}\" {{}}"));
    conversation.transcript()
}

#[test]
fn a_signature_may_be_bound_to_its_channel() {
    expect![[r#"
        one < CHALLENGE cryptosign {"challenge":"0101010101010101010101010101010101010101010101010101010101010101","channel_binding":"tls-exporter"}
        one < WELCOME #one {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"cryptosign","authprovider":"static","agent":"Crosspoint"}
    "#]].assert_eq(&play_bound(Some(&CHANNEL)));
    let elsewhere = play_bound(Some(&ChannelId([8; 32])));
    expect![[r#"
        one < CHALLENGE cryptosign {"challenge":"0101010101010101010101010101010101010101010101010101010101010101","channel_binding":"tls-exporter"}
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&elsewhere);
    assert_eq!(play_bound(None), elsewhere);
}

/// What has been asked about before is not good for those who are not known any more, or as others.
#[test]
fn a_challenge_is_no_longer_good_when_credentials_have_changed() {
    let another = |ticket: &str| {
        let credentials =
            Credentials { ticket: Some(Ticket::new(ticket)), ..Credentials::default() };
        let mut principals = Principals::default();
        let (authid, role) = ("alice".to_owned(), "role-of-alice".to_owned());
        principals.add(Principal { authid, role, credentials }).unwrap();
        principals
    };
    let outcomes =
        [another("sesame"), another("tahini"), Principals::default()].map(|principals| {
            let mut conversation = Conversation::in_realm(realm(&[AuthMethod::Ticket]));
            conversation.play(r#"one HELLO realm1 {"authid":"alice","authmethods":["ticket"]}"#);
            let authentication =
                Authentication { principals, ..realm(&[AuthMethod::Ticket]).authentication };
            assert!(conversation.router.set_authentication("realm1", authentication).is_some());
            conversation.play("one AUTHENTICATE sesame {}");
            conversation.transcript().contains("WELCOME")
        });
    assert_eq!(outcomes, [true, false, false]);
}
