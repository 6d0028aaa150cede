//! How often somebody may be wrong: by the address from which he comes, and by the name that he gives. Alice has a
//! ticket, and so has frank.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_router::authentication::{AttemptLimits, Authentication, Authenticator};
use crosspoint_router::router::RealmSettings;
use expect_test::expect;

use super::{answer_to, key, realm};
use crate::conversation::Conversation;

const HOME: &str = "192.0.2.1";

/// A realm in which two wrong proofs are taken from an address in a minute, and four for a name.
fn patient_realm() -> RealmSettings {
    let mut realm = realm(&[AuthMethod::Anonymous, AuthMethod::Ticket, AuthMethod::Cryptosign]);
    realm.authentication.attempts = AttemptLimits { per_address_max: 2, per_authid_max: 4 };
    realm
}

struct Door {
    conversation: Conversation,
    clients: usize,
}

impl Door {
    fn of(realm: RealmSettings) -> Door {
        Door { conversation: Conversation::in_realm(realm), clients: 0 }
    }

    /// What comes of it if somebody tries to be somebody.
    fn attempt(&mut self, address: &str, authid: &str, ticket: &str) -> &'static str {
        self.clients += 1;
        let client = format!("client{}", self.clients);
        self.conversation.forget_transcript();
        self.conversation.play(&format!(
            r#"
            {client} opens from {address}
            {client} HELLO realm1 {{"authid":"{authid}","authmethods":["ticket"]}}
            {client} AUTHENTICATE {ticket} {{}}
            "#
        ));
        outcome(self.conversation.transcript_so_far())
    }

    fn wait(&mut self, milliseconds: u64) {
        self.conversation.play(&format!("TIME passes {milliseconds}"));
    }
}

fn outcome(transcript: &str) -> &'static str {
    let words = [
        ("WELCOME", "welcome"),
        ("wamp.error.authentication_denied", "denied"),
        ("crosspoint.error.too_many_attempts", "too many"),
    ];
    words.into_iter().find(|(said, _)| transcript.contains(said)).expect(transcript).1
}

#[test]
fn so_many_are_taken_from_one_address() {
    let mut door = Door::of(patient_realm());
    assert_eq!(door.attempt(HOME, "alice", "guess"), "denied");
    assert_eq!(door.attempt(HOME, "mallory", "guess"), "denied");
    // Also who is right, or does not exist.
    for (authid, ticket) in [("alice", "sesame"), ("alice", "guess"), ("eve", "guess")] {
        assert_eq!(door.attempt(HOME, authid, ticket), "too many");
    }
    assert_eq!(door.attempt("192.0.2.2", "alice", "sesame"), "welcome");
    door.wait(29_999);
    assert_eq!(door.attempt(HOME, "frank", "sesame"), "too many");
    door.wait(1);
    assert_eq!(door.attempt(HOME, "frank", "sesame"), "welcome");
    let counters = door.conversation.router.counters();
    assert_eq!((counters.authentications_failed.get(), counters.attempts_refused.get()), (2, 4));
}

#[test]
fn who_is_refused_is_told_so() {
    let mut conversation = Conversation::in_realm(patient_realm());
    for client in ["one", "two", "three", "four"] {
        let authid = if client == "four" { "nobody" } else { "alice" };
        conversation.play(&format!(
            r#"
            {client} opens from 2001:db8::{}
            {client} HELLO realm1 {{"authid":"{authid}","authmethods":["ticket"]}}
            {client} AUTHENTICATE guess {{}}
            "#,
            client.len()
        ));
    }
    expect![[r#"
        one < CHALLENGE ticket {}
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
        two < CHALLENGE ticket {}
        two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        two is over
        three < CHALLENGE ticket {}
        three < ABORT {"message":"too many proofs from there, or for that name, were wrong: try again in a minute"} crosspoint.error.too_many_attempts
        three is over
        four < CHALLENGE ticket {}
        four < ABORT {"message":"too many proofs from there, or for that name, were wrong: try again in a minute"} crosspoint.error.too_many_attempts
        four is over
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn so_many_are_taken_for_one_name() {
    let mut door = Door::of(patient_realm());
    for authid in ["alice", "nobody"] {
        for number in 1..=4 {
            assert_eq!(door.attempt(&format!("198.51.100.{number}"), authid, "guess"), "denied");
        }
        assert_eq!(door.attempt("198.51.100.5", authid, "guess"), "too many");
    }
    assert_eq!(door.attempt("198.51.100.6", "alice", "sesame"), "too many");
    assert_eq!(door.attempt("198.51.100.6", "frank", "sesame"), "welcome");
    door.wait(15_000);
    assert_eq!(door.attempt("198.51.100.6", "alice", "sesame"), "welcome");
}

/// So one address cannot lock out a name by itself: what is refused whatever is said is no guess at it.
#[test]
fn who_is_refused_guesses_at_no_name() {
    let mut door = Door::of(patient_realm());
    for _ in 0..2 {
        assert_eq!(door.attempt(HOME, "mallory", "guess"), "denied");
    }
    for _ in 0..10 {
        assert_eq!(door.attempt(HOME, "alice", "guess"), "too many");
    }
    for number in 1..=4 {
        assert_eq!(door.attempt(&format!("198.51.100.{number}"), "alice", "guess"), "denied");
    }
    assert_eq!(door.attempt("198.51.100.5", "alice", "guess"), "too many");
}

/// Who has got in from there is not locked out by what others do, and others do not learn of it.
#[test]
fn regulars_are_not_locked_out() {
    let mut door = Door::of(patient_realm());
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "welcome");
    for _ in 0..2 {
        assert_eq!(door.attempt(HOME, "mallory", "guess"), "denied");
    }
    for number in 1..=4 {
        assert_eq!(door.attempt(&format!("198.51.100.{number}"), "alice", "guess"), "denied");
    }
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "welcome");
    assert_eq!(door.attempt("198.51.100.9", "alice", "sesame"), "too many");
    // Whoever guesses at home is no regular for that.
    for _ in 0..2 {
        assert_eq!(door.attempt(HOME, "alice", "guess"), "too many");
        assert_eq!(door.attempt(HOME, "frank", "guess"), "too many");
    }
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "too many");
    door.wait(30_000);
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "welcome");
}

#[test]
fn regulars_are_forgotten() {
    let mut door = Door::of(patient_realm());
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "welcome");
    door.wait(30 * 24 * 60 * 60 * 1000);
    for _ in 0..2 {
        assert_eq!(door.attempt(HOME, "mallory", "guess"), "denied");
    }
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "too many");
}

#[test]
fn what_is_right_does_not_count() {
    let mut door = Door::of(patient_realm());
    for _ in 0..20 {
        assert_eq!(door.attempt(HOME, "alice", "sesame"), "welcome");
    }
}

#[test]
fn there_need_be_no_limits_and_they_may_change() {
    let mut realm = patient_realm();
    realm.authentication.attempts = AttemptLimits { per_address_max: 0, per_authid_max: 0 };
    let mut door = Door::of(realm);
    for _ in 0..20 {
        assert_eq!(door.attempt(HOME, "alice", "guess"), "denied");
    }
    let authentication = patient_realm().authentication;
    assert!(door.conversation.router.set_authentication("realm1", authentication).is_some());
    for _ in 0..2 {
        assert_eq!(door.attempt(HOME, "alice", "guess"), "denied");
    }
    assert_eq!(door.attempt(HOME, "alice", "guess"), "too many");
    let mut authentication = patient_realm().authentication;
    authentication.attempts.per_address_max = 3;
    assert!(door.conversation.router.set_authentication("realm1", authentication).is_some());
    assert_eq!(door.attempt(HOME, "alice", "sesame"), "welcome");
}

/// Challenges that were made before do not help.
#[test]
fn who_has_many_connections_has_no_more_attempts() {
    let mut conversation = Conversation::in_realm(patient_realm());
    for client in 0..10 {
        conversation.play(&format!(
            r#"
            client{client} opens from {HOME}
            client{client} HELLO realm1 {{"authid":"alice","authmethods":["ticket"]}}
            "#
        ));
    }
    let mut outcomes = Vec::new();
    for client in 0..10 {
        conversation.forget_transcript();
        let ticket = if client == 9 { "sesame" } else { "guess" };
        conversation.play(&format!("client{client} AUTHENTICATE {ticket} {{}}"));
        outcomes.push(outcome(conversation.transcript_so_far()));
    }
    assert_eq!(outcomes[..2], ["denied"; 2]);
    assert_eq!(outcomes[2..], ["too many"; 8]);
}

/// Nobody needs a name for it, either.
#[test]
fn wrong_keys_count() {
    let mut conversation = Conversation::in_realm(patient_realm());
    let mut attempt = |client: &str, number| {
        let public = key(number).public().to_hex();
        conversation.forget_transcript();
        conversation.play(&format!(
            r#"
            {client} opens from {HOME}
            {client} HELLO realm1 {{"authmethods":["cryptosign"],"authextra":{{"pubkey":"{public}"}}}}
            "#
        ));
        let signature = answer_to(&conversation, |challenge| {
            let challenge = challenge.extra.challenge.as_deref().unwrap();
            let challenge = crosspoint_proto::auth::cryptosign::Challenge::from_hex(challenge);
            key(number).sign(&challenge.unwrap(), None)
        });
        conversation.play(&format!("{client} AUTHENTICATE \"{signature}\" {{}}"));
        outcome(conversation.transcript_so_far())
    };
    assert_eq!(["one", "two"].map(|client| attempt(client, 9)), ["denied"; 2]);
    assert_eq!(attempt("three", 9), "too many");
    assert_eq!(attempt("four", 1), "too many");
    // Who does not say who he is proves nothing.
    conversation.forget_transcript();
    conversation.play(&format!("five opens from {HOME}\nfive HELLO realm1 {{}}"));
    assert_eq!(outcome(&conversation.transcript()), "welcome");
}

/// What an authenticator says no to counts; that it says nothing does not. It is not asked for those who have had
/// their share.
#[test]
fn authenticators_are_not_asked_too_often() {
    let authenticator = Authenticator {
        procedure: "com.auth".to_owned(),
        realm: Some("realm2".to_owned()),
        timeout_ms: 1000,
    };
    let authentication = Authentication {
        methods: vec![AuthMethod::Ticket],
        authenticators: vec![(AuthMethod::Ticket, authenticator)],
        attempts: AttemptLimits { per_address_max: 2, per_authid_max: 4 },
        ..Authentication::default()
    };
    let realm = RealmSettings { authentication, ..RealmSettings::from("realm1") };
    let limits = crosspoint_router::limits::Limits::default();
    let mut conversation = Conversation::in_realms(vec![realm, "realm2".into()], limits);
    conversation.play(r#"alice HELLO realm2 {"roles":{"callee":{}}}"#);
    conversation.play("alice REGISTER 1 {} com.auth");
    let mut ask = |client: &str| {
        conversation.forget_transcript();
        conversation.play(&format!(
            r#"
            {client} opens from {HOME}
            {client} HELLO realm1 {{"authid":"joe","authmethods":["ticket"]}}
            {client} AUTHENTICATE sesame {{}}
            "#
        ));
        conversation.transcript_so_far().contains("INVOCATION")
    };
    let asked = ["one", "two", "three", "four"].map(&mut ask);
    assert_eq!(asked, [true; 4]);
    conversation.forget_transcript();
    conversation.play(
        r#"
        alice YIELD 1 {} [7]
        alice ERROR 68 2 {} com.error.wrong
        alice ERROR 68 3 {} com.error.wrong
        alice YIELD 4 {} ["user"]
        five  opens from 192.0.2.1
        five  HELLO realm1 {"authid":"joe","authmethods":["ticket"]}
        five  AUTHENTICATE sesame {}
        "#,
    );
    let counters = conversation.router.counters();
    assert_eq!(counters.authenticators_failed.get(), 1);
    assert_eq!(counters.authentications_failed.get(), 2);
    assert_eq!(counters.attempts_refused.get(), 2);
    expect![[r#"
        one < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
        one is over
        two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        two is over
        three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        three is over
        four < ABORT {"message":"too many proofs from there, or for that name, were wrong: try again in a minute"} crosspoint.error.too_many_attempts
        four is over
        five < CHALLENGE ticket {}
        five < ABORT {"message":"too many proofs from there, or for that name, were wrong: try again in a minute"} crosspoint.error.too_many_attempts
        five is over
    "#]].assert_eq(&conversation.transcript());
}

/// Nor where it is asked before there is a proof.
#[test]
fn authenticators_are_not_asked_about_those_who_guess() {
    let authenticator = Authenticator {
        procedure: "com.auth".to_owned(),
        realm: Some("realm2".to_owned()),
        timeout_ms: 1000,
    };
    let mut realm = patient_realm();
    realm.authentication.methods.push(AuthMethod::WampCra);
    realm.authentication.authenticators = vec![(AuthMethod::WampCra, authenticator)];
    let limits = crosspoint_router::limits::Limits::default();
    let mut conversation = Conversation::in_realms(vec![realm, "realm2".into()], limits);
    conversation.play(r#"alice HELLO realm2 {"roles":{"callee":{}}}"#);
    conversation.play("alice REGISTER 1 {} com.auth");
    for (number, client) in ["one", "two", "three"].into_iter().enumerate() {
        conversation.forget_transcript();
        conversation.play(&format!(
            r#"
            {client} opens from {HOME}
            {client} HELLO realm1 {{"authid":"joe","authmethods":["wampcra"]}}
            "#
        ));
        if client != "three" {
            let question = number + 1;
            conversation.play(&format!("alice ERROR 68 {question} {{}} com.error.unknown"));
            conversation.play(&format!("{client} AUTHENTICATE guess {{}}"));
        }
    }
    expect![[r#"
        three < ABORT {"message":"too many proofs from there, or for that name, were wrong: try again in a minute"} crosspoint.error.too_many_attempts
        three is over
    "#]].assert_eq(&conversation.transcript());
}
