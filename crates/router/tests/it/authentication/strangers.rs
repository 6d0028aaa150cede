//! Strangers learn nothing: not that they are strangers, and nothing of those who are not.

use std::collections::BTreeSet;

use crosspoint_proto::message::authentication::Challenge;
use crosspoint_router::authentication::{
    Authentication, Credentials, Principal, Principals, Taken,
};
use crosspoint_router::router::RealmSettings;
use expect_test::expect;

use super::{PROOFS, answer_to, key, password, realm};
use crate::conversation::Conversation;

const ALL: &str = r#"["scram","wampcra","cryptosign","ticket"]"#;

/// What somebody is asked who is ready for everything, without what differs from one time to another.
fn asked(conversation: &mut Conversation, authid: &str, attempt: usize) -> String {
    let public = key(7).public().to_hex();
    let extra = format!(r#"{{"nonce":"AAAAAAAAAAA=","pubkey":"{public}"}}"#);
    conversation.forget_transcript();
    conversation.play(&format!(
        r#"{authid}{attempt} HELLO realm1 {{"authid":"{authid}","authmethods":{ALL},"authextra":{extra}}}"#
    ));
    answer_to(conversation, |Challenge { method, extra }| {
        let role = extra.challenge.as_deref().and_then(|text| text.split('"').nth(7)).unwrap_or("");
        let (salt, kdf) = (extra.salt.as_deref(), extra.kdf.as_deref());
        let role = if method == "wampcra" { role } else { "" };
        format!("{method} {role} {salt:?} {kdf:?} {:?} {:?}", extra.iterations, extra.keylen)
    })
}

/// He is always asked the same, in the way in which one of those is asked who are known.
#[test]
fn a_stranger_seems_to_be_somebody() {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    let mut methods = BTreeSet::new();
    for number in 0..40 {
        let stranger = format!("stranger{number}x");
        let first = asked(&mut conversation, &stranger, 1);
        assert_eq!(first, asked(&mut conversation, &stranger, 2));
        methods.insert(first.split(' ').next().unwrap().to_owned());
    }
    assert_eq!(Vec::from_iter(methods), ["cryptosign", "scram", "ticket", "wampcra"]);
}

/// Each has his own salt, another one for each method, and of the length that others have.
#[test]
fn strangers_have_salts_of_their_own() {
    let mut principals = Principals::default();
    let credentials = Credentials {
        wampcra: Some(password()),
        scram: Some(super::scram()),
        ..Credentials::default()
    };
    let (authid, role) = ("carol".to_owned(), "user".to_owned());
    principals.add(Principal { authid, role, credentials }).unwrap();
    let methods = PROOFS.to_vec();
    let authentication = Authentication { methods, principals, ..Authentication::default() };
    let realm = RealmSettings { authentication, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        one   HELLO realm1 {"authid":"eve","authmethods":["wampcra"]}
        two   HELLO realm1 {"authid":"mallory","authmethods":["wampcra"]}
        three HELLO realm1 {"authid":"eve","authmethods":["scram"],"authextra":{"nonce":"AAAAAAAAAAA="}}
        "#,
    );
    expect![[r#"
        one < CHALLENGE wampcra {"challenge":"{\"authid\":\"eve\",\"authrole\":\"user\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0101010101010101010101010101010101010101010101010101010101010101\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483649}","salt":"WaAMh2NRrqsQJ2DRndQugQ==","iterations":10,"keylen":32}
        two < CHALLENGE wampcra {"challenge":"{\"authid\":\"mallory\",\"authrole\":\"user\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0202020202020202020202020202020202020202020202020202020202020202\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483650}","salt":"igDMPr/KapqRMZvNx5GjYg==","iterations":10,"keylen":32}
        three < CHALLENGE scram {"nonce":"AAAAAAAAAAA=AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=","kdf":"pbkdf2","salt":"Lh0ocvdZzZN1/ef8nv+Scg==","iterations":4096}
    "#]].assert_eq(&conversation.transcript());
}

/// Even if he knows the secret of whom he seems to be; nor does alice by a method that she does not have.
#[test]
fn a_stranger_never_gets_in() {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    let mut denied = BTreeSet::new();
    let strangers = (0..20).map(|number| (format!("stranger{number}"), "ticket"));
    for (authid, method) in strangers.chain([("alice".to_owned(), "wampcra")]) {
        conversation.forget_transcript();
        conversation.play(&format!(
            r#"{authid}x HELLO realm1 {{"authid":"{authid}","authmethods":["{method}"]}}"#
        ));
        let asked = conversation.transcript_so_far().to_owned();
        assert!(asked.contains(&format!("CHALLENGE {method}")), "{asked}");
        conversation.forget_transcript();
        conversation.play(&format!("{authid}x AUTHENTICATE sesame {{}}"));
        let line = conversation.transcript_so_far().lines().next().unwrap();
        denied.insert(line.split_once(" < ").unwrap().1.to_owned());
    }
    let denied = Vec::from_iter(denied).join("\n");
    expect![[r#"ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied"#]].assert_eq(&denied);
}

/// Where nobody is known, nobody seems to be.
#[test]
fn there_may_be_nobody_to_seem_to_be() {
    let authentication = Authentication { methods: PROOFS.to_vec(), ..Authentication::default() };
    let realm = RealmSettings { authentication, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(r#"one HELLO realm1 {"authid":"eve","authmethods":["ticket","wampcra"]}"#);
    expect![[r#"
        one < ABORT {"message":"none of the authmethods will do; this realm takes ticket, wampcra, wamp-scram, cryptosign"} wamp.error.no_matching_auth_method
        one is over
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn names_and_keys_belong_to_one() {
    let mut principals = Principals::default();
    let principal = |authid: &str, number| Principal {
        authid: authid.to_owned(),
        role: "user".to_owned(),
        credentials: Credentials {
            cryptosign: vec![key(number).public()],
            ..Credentials::default()
        },
    };
    assert_eq!(principals.add(principal("alice", 1)), Ok(()));
    assert_eq!(principals.add(principal("alice", 2)), Err(Taken::Authid));
    assert_eq!(principals.add(principal("bob", 1)), Err(Taken::PublicKey));
    assert_eq!(principals.add(principal("bob", 2)), Ok(()));
    assert_eq!(
        principals.iter().map(|it| it.authid.as_str()).collect::<Vec<_>>(),
        ["alice", "bob"]
    );
}
