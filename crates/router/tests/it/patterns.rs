//! Pattern-based registrations, and the rules that URIs and patterns obey.

use crosspoint_proto::uri::UriRules;
use crosspoint_router::router::RealmSettings;
use expect_test::expect;

use crate::conversation::{Conversation, check};

/// The example table of "Pattern-based Registrations" in the specification, each with a callee of its
/// own. Prefixes match by string, as their definition there has it: `a1.b2.c33.d4.e5` begins with
/// `a1.b2.c3`, so it goes there, although the table reads that row by components.
#[test]
fn the_table_of_the_specification() {
    check(
        r#"
        bob   REGISTER 1 {} a1.b2.c3.d4.e55
        bob   REGISTER 2 {"match":"prefix"} a1.b2.c3
        bob   REGISTER 3 {"match":"prefix"} a1.b2.c3.d4
        bob   REGISTER 4 {"match":"wildcard"} a1.b2..d4.e5
        bob   REGISTER 5 {"match":"wildcard"} a1.b2.c33..e5
        bob   REGISTER 6 {"match":"wildcard"} a1.b2..d4.e5..g7
        bob   REGISTER 7 {"match":"wildcard"} a1.b2..d4..f6.g7
        alice CALL 1 {} a1.b2.c3.d4.e55
        alice CALL 2 {} a1.b2.c3.d98.e74
        alice CALL 3 {} a1.b2.c3.d4.e325
        alice CALL 4 {} a1.b2.c55.d4.e5
        alice CALL 5 {} a1.b2.c33.d4.e5
        alice CALL 6 {} a1.b2.c88.d4.e5.f6.g7
        alice CALL 7 {} a2.b2.c2.d2.e2
        bob   UNREGISTER 8 r2
        alice CALL 8 {} a1.b2.c33.d4.e5
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < REGISTERED 2 r2
            bob < REGISTERED 3 r3
            bob < REGISTERED 4 r4
            bob < REGISTERED 5 r5
            bob < REGISTERED 6 r6
            bob < REGISTERED 7 r7
            bob < INVOCATION i1 r1 {}
            bob < INVOCATION i2 r2 {"procedure":"a1.b2.c3.d98.e74"}
            bob < INVOCATION i3 r3 {"procedure":"a1.b2.c3.d4.e325"}
            bob < INVOCATION i4 r4 {"procedure":"a1.b2.c55.d4.e5"}
            bob < INVOCATION i5 r2 {"procedure":"a1.b2.c33.d4.e5"}
            bob < INVOCATION i6 r6 {"procedure":"a1.b2.c88.d4.e5.f6.g7"}
            alice < ERROR 48 7 {} wamp.error.no_such_procedure ["no callee has registered a2.b2.c2.d2.e2"]
            bob < UNREGISTERED 8
            bob < INVOCATION i7 r5 {"procedure":"a1.b2.c33.d4.e5"}
        "#]],
    );
}

#[test]
fn a_prefix_ends_anywhere_and_the_longest_wins() {
    check(
        r#"
        bob   REGISTER 1 {"match":"prefix"} com.myapp.myobject1
        bob   REGISTER 2 {"match":"prefix"} com.
        bob   REGISTER 3 {"match":"prefix"} ""
        alice CALL 1 {} com.myapp.myobject1
        alice CALL 2 {} com.myapp.myobject1-mysub
        alice CALL 3 {} com.myapp.myobject2
        alice CALL 4 {} org.example
        alice CALL 5 {} com
        alice CALL 6 {} wamp.session.nothing
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < REGISTERED 2 r2
            bob < REGISTERED 3 r3
            bob < INVOCATION i1 r1 {"procedure":"com.myapp.myobject1"}
            bob < INVOCATION i2 r1 {"procedure":"com.myapp.myobject1-mysub"}
            bob < INVOCATION i3 r2 {"procedure":"com.myapp.myobject2"}
            bob < INVOCATION i4 r3 {"procedure":"org.example"}
            bob < INVOCATION i5 r3 {"procedure":"com"}
            alice < ERROR 48 6 {} wamp.error.no_such_procedure ["no callee has registered wamp.session.nothing"]
        "#]],
    );
}

#[test]
fn the_same_uri_under_each_policy_is_another_registration() {
    check(
        r#"
        bob   REGISTER 1 {} com.one
        carol REGISTER 1 {"match":"prefix"} com.one
        dave  REGISTER 1 {"match":"wildcard"} com.one
        erin  REGISTER 1 {"match":"prefix"} com.one
        alice CALL 1 {} com.one
        bob   UNREGISTER 2 r1
        alice CALL 2 {} com.one
        carol UNREGISTER 2 r2
        alice CALL 3 {} com.one
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r2
            dave < REGISTERED 1 r3
            erin < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            bob < INVOCATION i1 r1 {}
            bob < UNREGISTERED 2
            carol < INVOCATION i1 r2 {"procedure":"com.one"}
            carol < UNREGISTERED 2
            dave < INVOCATION i1 r3 {"procedure":"com.one"}
        "#]],
    );
}

#[test]
fn empty_components_are_for_patterns_only() {
    check(
        r#"
        bob   REGISTER 1 {} com..one
        bob   REGISTER 2 {} com.one.
        bob   REGISTER 3 {"match":"prefix"} com..one
        bob   REGISTER 4 {"match":"wildcard"} com..one
        bob   REGISTER 5 {"match":"wildcard"} ""
        bob   CALL 6 {} com..one
        bob   CALL 7 {} com.one.
        bob   CALL 8 {} "com.one two"
        bob   CALL 9 {} "com.one\n"
        bob   PUBLISH 10 {"acknowledge":true} com..one
        bob   SUBSCRIBE 11 {} com..one
        bob   SUBSCRIBE 12 {"match":"wildcard"} com..one
        "#,
        expect![[r#"
            bob < ERROR 64 1 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            bob < ERROR 64 2 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            bob < ERROR 64 3 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            bob < REGISTERED 4 r1
            bob < REGISTERED 5 r2
            bob < ERROR 48 6 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            bob < ERROR 48 7 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            bob < ERROR 48 8 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < ERROR 48 9 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < ERROR 16 10 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not have empty components"]
            bob < ERROR 32 11 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI must not have empty components"]
            bob < SUBSCRIBED 12 s1
        "#]],
    );
}

#[test]
fn what_is_not_a_uri_is_refused_in_each_request() {
    for bad in [r#""com.one\n""#, r#""com.one\u0000""#, r##""com.#""##, r#""com. one""#] {
        let mut conversation = Conversation::default();
        conversation.play(&format!(
            r#"
            bob REGISTER 1 {{}} {bad}
            bob REGISTER 2 {{"match":"prefix"}} {bad}
            bob REGISTER 3 {{"match":"wildcard"}} {bad}
            bob CALL 4 {{}} {bad}
            bob SUBSCRIBE 5 {{}} {bad}
            bob SUBSCRIBE 6 {{"match":"prefix"}} {bad}
            bob PUBLISH 7 {{"acknowledge":true}} {bad}
            "#
        ));
        let transcript = conversation.transcript();
        assert_eq!(transcript.matches("wamp.error.invalid_uri").count(), 7, "{bad}: {transcript}");
    }
}

#[test]
fn the_protocols_own_uris_are_not_for_clients() {
    check(
        r#"
        bob   REGISTER 1 {} wamp
        bob   REGISTER 2 {} wamp.example.count
        bob   REGISTER 3 {"match":"prefix"} wamp
        bob   REGISTER 4 {"match":"wildcard"} wamp..count
        bob   REGISTER 5 {} wampy.count
        bob   PUBLISH 6 {"acknowledge":true} wamp
        bob   PUBLISH 7 {"acknowledge":true} wamp.session.on_join
        bob   REGISTER 8 {"match":"wildcard"} .session.count
        bob   CALL 9 {} wamp.example.count
        "#,
        expect![[r#"
            bob < ERROR 64 1 {} wamp.error.invalid_uri ["the procedure is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < ERROR 64 2 {} wamp.error.invalid_uri ["the procedure is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < ERROR 64 3 {} wamp.error.invalid_uri ["the procedure is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < ERROR 64 4 {} wamp.error.invalid_uri ["the procedure is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < REGISTERED 5 r1
            bob < ERROR 16 6 {} wamp.error.invalid_uri ["the topic is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < ERROR 16 7 {} wamp.error.invalid_uri ["the topic is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < REGISTERED 8 r2
            bob < ERROR 48 9 {} wamp.error.no_such_procedure ["no callee has registered wamp.example.count"]
        "#]],
    );
}

#[test]
fn a_role_may_be_allowed_to_use_them() {
    let realm = RealmSettings {
        reserved_uri_roles: vec!["anonymous".into()],
        ..RealmSettings::from("realm1")
    };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        bob   REGISTER 1 {} wamp.example.count
        bob   REGISTER 2 {"match":"wildcard"} wamp..count
        alice CALL 1 {} wamp.example.count
        alice CALL 2 {} wamp.subscription.count
        alice CALL 3 {} wamp.registration.list
        bob   PUBLISH 3 {"acknowledge":true} wamp.session.on_join
        "#,
    );
    expect![[r#"
        bob < REGISTERED 1 r1
        bob < REGISTERED 2 r2
        bob < INVOCATION i1 r1 {}
        bob < INVOCATION i2 r2 {"procedure":"wamp.subscription.count"}
        alice < RESULT 3 {} [{"exact":[1],"prefix":[],"wildcard":[2]}]
        bob < PUBLISHED 3 p1
    "#]]
    .assert_eq(&conversation.transcript());
}

#[test]
fn a_realm_may_be_strict() {
    let realm = RealmSettings { uri_rules: UriRules::Strict, ..RealmSettings::from("realm1") };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        r#"
        bob   REGISTER 1 {} com.My-App
        bob   REGISTER 2 {"match":"prefix"} com.my_app.
        bob   REGISTER 3 {"match":"wildcard"} com..X
        bob   CALL 4 {} com.My-App
        bob   SUBSCRIBE 5 {} com.My-App
        bob   PUBLISH 6 {"acknowledge":true} com.My-App
        bob   CALL 7 {} com.my_app.one
        "#,
    );
    expect![[r#"
        bob < ERROR 64 1 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI of this realm has lower-case letters, digits and '_' between its dots only"]
        bob < REGISTERED 2 r1
        bob < ERROR 64 3 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI of this realm has lower-case letters, digits and '_' between its dots only"]
        bob < ERROR 48 4 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI of this realm has lower-case letters, digits and '_' between its dots only"]
        bob < ERROR 32 5 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI of this realm has lower-case letters, digits and '_' between its dots only"]
        bob < ERROR 16 6 {} wamp.error.invalid_uri ["the topic is not a valid URI: a URI of this realm has lower-case letters, digits and '_' between its dots only"]
        bob < INVOCATION i1 r1 {"procedure":"com.my_app.one"}
    "#]].assert_eq(&conversation.transcript());
}
