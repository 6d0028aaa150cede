//! Tokens, which somebody else checks: here each that begins with `right`, and says the rest itself.

use std::sync::Arc;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_router::authentication::{Authentication, Authenticator, Holder, TokenVerifier};
use crosspoint_router::router::RealmSettings;
use expect_test::{Expect, expect};

use super::principals;
use crate::conversation::Conversation;

#[derive(Debug)]
struct Credulous;

impl TokenVerifier for Credulous {
    fn verify(&self, token: &str) -> Option<Holder> {
        let mut parts = token.split('.').map(str::to_owned);
        parts.next().filter(|it| it == "right")?;
        let (authid, role) = (parts.next()?, parts.next()?);
        Some(Holder { authid, role, provider: "accounts".to_owned() })
    }
}

fn realm(methods: &[AuthMethod]) -> RealmSettings {
    let authentication = Authentication {
        methods: methods.to_vec(),
        principals: principals(),
        tokens: Some(Arc::new(Credulous)),
        ..Authentication::default()
    };
    RealmSettings { authentication, ..RealmSettings::from("realm1") }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check(methods: &[AuthMethod], script: &str, expected: Expect) {
    let mut conversation = Conversation::in_realm(realm(methods));
    conversation.play(script);
    expected.assert_eq(&conversation.transcript());
}

#[test]
fn a_token_says_who_somebody_is() {
    check(
        &[AuthMethod::Jwt],
        r#"
        one   HELLO realm1 {"authmethods":["jwt"]}
        one   AUTHENTICATE right.eve.user {}
        two   HELLO realm1 {"authmethods":["jwt"],"authid":"eve"}
        two   AUTHENTICATE right.eve.user {}
        three HELLO realm1 {"authmethods":["ticket"],"authid":"eve"}
        three AUTHENTICATE right.eve.user {}
        four  HELLO realm1 {"authmethods":["ticket"]}
        four  AUTHENTICATE right.eve.user {}
        "#,
        expect![[r#"
            one < CHALLENGE jwt {}
            one < WELCOME #one {"realm":"realm1","authid":"eve","authrole":"user","authmethod":"jwt","authprovider":"accounts","agent":"Crosspoint"}
            two < CHALLENGE jwt {}
            two < WELCOME #two {"realm":"realm1","authid":"eve","authrole":"user","authmethod":"jwt","authprovider":"accounts","agent":"Crosspoint"}
            three < CHALLENGE ticket {}
            three < WELCOME #three {"realm":"realm1","authid":"eve","authrole":"user","authmethod":"jwt","authprovider":"accounts","agent":"Crosspoint"}
            four < CHALLENGE ticket {}
            four < WELCOME #four {"realm":"realm1","authid":"eve","authrole":"user","authmethod":"jwt","authprovider":"accounts","agent":"Crosspoint"}
        "#]],
    );
}

/// Whatever is wrong, and whoever is there.
#[test]
fn who_has_no_right_token_is_refused() {
    let long = format!("right.eve.{}", "x".repeat(8200));
    check(
        &[AuthMethod::Jwt, AuthMethod::Ticket],
        &format!(
            r#"
            one   HELLO realm1 {{"authmethods":["jwt"]}}
            one   AUTHENTICATE wrong.eve.user {{}}
            two   HELLO realm1 {{"authmethods":["jwt"],"authid":"alice"}}
            two   AUTHENTICATE right.eve.user {{}}
            three HELLO realm1 {{"authmethods":["ticket"],"authid":"alice"}}
            three AUTHENTICATE right.eve.user {{}}
            four  HELLO realm1 {{"authmethods":["jwt"]}}
            four  AUTHENTICATE {long} {{}}
            five  HELLO realm1 {{"authmethods":["jwt"]}}
            five  AUTHENTICATE right.anonymous.user {{}}
            six   HELLO realm1 {{"authmethods":["jwt"],"authid":"alice"}}
            six   AUTHENTICATE sesame {{}}
            seven HELLO realm1
            eight HELLO realm1 {{"authmethods":["jwt"]}}
            eight AUTHENTICATE "right.e\u001bve.user" {{}}
            "#
        ),
        expect![[r#"
            one < CHALLENGE jwt {}
            one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            one is over
            two < CHALLENGE jwt {}
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
            three < CHALLENGE ticket {}
            three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            three is over
            four < CHALLENGE jwt {}
            four < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            four is over
            five < CHALLENGE jwt {}
            five < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            five is over
            six < CHALLENGE jwt {}
            six < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            six is over
            seven < ABORT {"message":"this realm takes no anonymous sessions: offer one of jwt, ticket"} wamp.error.authentication_required
            seven is over
            eight < CHALLENGE jwt {}
            eight < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            eight is over
        "#]],
    );
}

/// The same client may have a ticket, and nobody learns whether anybody has.
#[test]
fn tickets_beside_tokens() {
    check(
        &[AuthMethod::Jwt, AuthMethod::Ticket],
        r#"
        one   HELLO realm1 {"authmethods":["ticket"],"authid":"alice"}
        one   AUTHENTICATE sesame {}
        two   HELLO realm1 {"authmethods":["ticket"],"authid":"alice"}
        two   AUTHENTICATE tahini {}
        three HELLO realm1 {"authmethods":["ticket"],"authid":"stranger"}
        three AUTHENTICATE sesame {}
        four  HELLO realm1 {"authmethods":["ticket"],"authid":"bob"}
        four  AUTHENTICATE sesame {}
        "#,
        expect![[r#"
            one < CHALLENGE ticket {}
            one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
            two < CHALLENGE ticket {}
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
            three < CHALLENGE ticket {}
            three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            three is over
            four < CHALLENGE ticket {}
            four < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            four is over
        "#]],
    );
}

/// Tickets are not taken because tokens are, whoever else knows about them.
#[test]
fn tickets_are_not_taken_for_tokens() {
    let mut conversation = Conversation::in_realm({
        let mut realm = realm(&[AuthMethod::Jwt]);
        realm.authentication.tokens = None;
        realm
    });
    conversation.play(r#"one HELLO realm1 {"authmethods":["ticket"],"authid":"alice"}"#);
    expect![[r#"
        one < ABORT {"message":"none of the authmethods will do; this realm takes jwt"} wamp.error.no_matching_auth_method
        one is over
    "#]].assert_eq(&conversation.transcript());

    let mut conversation = Conversation::in_realm({
        let mut realm = realm(&[AuthMethod::Jwt]);
        let procedure = "com.example.authenticate".to_owned();
        let authenticator = Authenticator { procedure, realm: None, timeout_ms: 1000 };
        realm.authentication.authenticators = vec![(AuthMethod::Ticket, authenticator)];
        realm
    });
    conversation.play(
        r#"
        one HELLO realm1 {"authmethods":["ticket"],"authid":"alice"}
        one AUTHENTICATE sesame {}
        "#,
    );
    expect![[r#"
        one < CHALLENGE ticket {}
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&conversation.transcript());
}

/// Where the realm does not take them, they mean nothing.
#[test]
fn tokens_that_are_not_asked_for() {
    check(
        &[AuthMethod::Anonymous, AuthMethod::Ticket],
        r#"
        one   HELLO realm1 {"authmethods":["jwt"]}
        two   HELLO realm1 {"authmethods":["ticket"],"authid":"eve"}
        two   AUTHENTICATE right.eve.user {}
        "#,
        expect![[r#"
            one < ABORT {"message":"none of the authmethods will do; this realm takes ticket"} wamp.error.no_matching_auth_method
            one is over
            two < CHALLENGE ticket {}
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
        "#]],
    );
}

/// The key by which it was right may be the one that was stolen.
#[test]
fn a_token_is_checked_by_who_checks_them_when_it_comes() {
    #[derive(Debug)]
    struct Incredulous;
    impl TokenVerifier for Incredulous {
        fn verify(&self, _token: &str) -> Option<Holder> {
            None
        }
    }
    let mut conversation = Conversation::in_realm(realm(&[AuthMethod::Jwt]));
    conversation.play(r#"one HELLO realm1 {"authmethods":["jwt"]}"#);
    let mut authentication = realm(&[AuthMethod::Jwt]).authentication;
    authentication.tokens = Some(Arc::new(Incredulous));
    assert!(conversation.router.set_authentication("realm1", authentication).is_some());
    conversation.play("one AUTHENTICATE right.eve.user {}");
    expect![[r#"
        one < CHALLENGE jwt {}
        one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&conversation.transcript());
}
