//! Certificates as proofs: what TLS has verified says who somebody is, and nothing is asked any more.
//!
//! Gate has a certificate of which the realm knows, and alice a ticket. Whoever else has a certificate is known by
//! the name in it, where that is enough.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_router::authentication::{
    Authentication, Authenticator, Credentials, Principal, Principals, Taken,
};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;
use expect_test::{Expect, expect};

use crate::conversation::Conversation;
use crate::link::fingerprint;

fn principal(authid: &str, credentials: Credentials) -> Principal {
    Principal { authid: authid.to_owned(), role: format!("role-of-{authid}"), credentials }
}

fn holder(authid: &str, name: &str) -> Principal {
    let certificates = vec![fingerprint(name)];
    principal(authid, Credentials { certificates, ..Credentials::default() })
}

fn realm(methods: &[AuthMethod], certificate_role: Option<&str>) -> RealmSettings {
    let mut principals = Principals::default();
    let ticket = Some(Ticket::new("sesame"));
    principals.add(principal("alice", Credentials { ticket, ..Credentials::default() })).unwrap();
    principals.add(holder("gate", "Gate 1")).unwrap();
    let authentication = Authentication {
        methods: methods.to_vec(),
        certificate_role: certificate_role.map(ToOwned::to_owned),
        principals,
        ..Authentication::default()
    };
    RealmSettings { authentication, ..RealmSettings::from("realm1") }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check(realm: RealmSettings, script: &str, expected: Expect) {
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(script);
    expected.assert_eq(&conversation.transcript());
}

#[test]
fn a_certificate_says_whose_it_is() {
    check(
        realm(&[AuthMethod::Tls], None),
        r#"
        one   opens over TLS as Gate 1
        one   HELLO realm1 {"authmethods":["tls"]}
        two   opens over TLS as Gate 1
        two   HELLO realm1 {"authmethods":["tls"],"authid":"gate"}
        three opens over TLS as Gate 1
        three HELLO realm1
        "#,
        expect![[r#"
            one < WELCOME #one {"realm":"realm1","authid":"gate","authrole":"role-of-gate","authmethod":"tls","authprovider":"static","agent":"Crosspoint"}
            two < WELCOME #two {"realm":"realm1","authid":"gate","authrole":"role-of-gate","authmethod":"tls","authprovider":"static","agent":"Crosspoint"}
            three < WELCOME #three {"realm":"realm1","authid":"gate","authrole":"role-of-gate","authmethod":"tls","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
}

/// It makes no difference whether that name is somebody's, or the certificate is.
#[test]
fn a_certificate_is_good_for_nobody_else() {
    check(
        realm(&[AuthMethod::Tls], None),
        r#"
        one   opens over TLS as Gate 1
        one   HELLO realm1 {"authmethods":["tls"],"authid":"alice"}
        two   opens over TLS as Gate 1
        two   HELLO realm1 {"authmethods":["tls"],"authid":"stranger"}
        three opens over TLS as Gate 2
        three HELLO realm1 {"authmethods":["tls"]}
        four  opens over TLS as Gate 2
        four  HELLO realm1
        five  opens over TLS as gate
        five  HELLO realm1 {"authid":"gate"}
        "#,
        expect![[r#"
            one < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            one is over
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
            three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            three is over
            four < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            four is over
            five < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            five is over
        "#]],
    );
}

#[test]
fn who_has_no_certificate_is_told_so() {
    check(
        realm(&[AuthMethod::Tls], None),
        r#"
        one   HELLO realm1 {"authmethods":["tls"],"authid":"gate"}
        two   opens over TLS
        two   HELLO realm1 {"authmethods":["tls"],"authid":"gate"}
        three HELLO realm1
        four  opens over TLS as Gate 1
        four  HELLO realm1 {"authmethods":["anonymous"]}
        "#,
        expect![[r#"
            one < ABORT {"message":"for authmethod 'tls' the connection needs a client certificate"} wamp.error.authentication_required
            one is over
            two < ABORT {"message":"for authmethod 'tls' the connection needs a client certificate"} wamp.error.authentication_required
            two is over
            three < ABORT {"message":"this realm takes no anonymous sessions: offer one of tls"} wamp.error.authentication_required
            three is over
            four < ABORT {"message":"this realm takes no anonymous sessions: offer one of tls"} wamp.error.authentication_required
            four is over
        "#]],
    );
}

/// A name in a certificate is a name, but not that of somebody who has a proof of his own.
#[test]
fn names_in_certificates() {
    let (long, escape) = ("x".repeat(1025), '\u{1b}');
    check(
        realm(&[AuthMethod::Tls], Some("device")),
        &format!(
            r#"
            one   opens over TLS as sensor-7
            one   HELLO realm1 {{"authmethods":["tls"]}}
            two   opens over TLS as sensor-7
            two   HELLO realm1 {{"authid":"sensor-8"}}
            three opens over TLS as Gate 1
            three HELLO realm1
            four  opens over TLS as alice
            four  HELLO realm1 {{"authid":"alice"}}
            five  opens over TLS as gate
            five  HELLO realm1
            six   opens over TLS as anonymous
            six   HELLO realm1
            seven opens over TLS as {long}
            seven HELLO realm1
            eight opens over TLS as sensor{escape}[2J
            eight HELLO realm1
            "#
        ),
        expect![[r#"
            one < WELCOME #one {"realm":"realm1","authid":"sensor-7","authrole":"device","authmethod":"tls","authprovider":"static","agent":"Crosspoint"}
            two < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            two is over
            three < WELCOME #three {"realm":"realm1","authid":"gate","authrole":"role-of-gate","authmethod":"tls","authprovider":"static","agent":"Crosspoint"}
            four < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            four is over
            five < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            five is over
            six < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            six is over
            seven < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            seven is over
            eight < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
            eight is over
        "#]],
    );
}

/// The order is the client's. Who has none lets the certificate speak, and is anonymous else.
#[test]
fn certificates_among_other_methods() {
    check(
        realm(&[AuthMethod::Anonymous, AuthMethod::Ticket, AuthMethod::Tls], None),
        r#"
        one   opens over TLS as Gate 1
        one   HELLO realm1 {"authmethods":["ticket","tls"],"authid":"alice"}
        two   opens over TLS as Gate 1
        two   HELLO realm1 {"authmethods":["tls","ticket"],"authid":"alice"}
        three opens over TLS as Gate 2
        three HELLO realm1
        four  HELLO realm1
        five  opens over TLS as Gate 1
        five  HELLO realm1
        six   opens over TLS as Gate 1
        six   HELLO realm1 {"authmethods":["anonymous","tls"]}
        "#,
        expect![[r#"
            one < CHALLENGE ticket {}
            two < CHALLENGE ticket {}
            three < WELCOME #three {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            four < WELCOME #four {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            five < WELCOME #five {"realm":"realm1","authid":"gate","authrole":"role-of-gate","authmethod":"tls","authprovider":"static","agent":"Crosspoint"}
            six < WELCOME #six {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        "#]],
    );
}

/// Where the realm does not take them, they mean nothing.
#[test]
fn certificates_that_are_not_asked_for() {
    check(
        realm(&[AuthMethod::Anonymous, AuthMethod::Ticket], Some("device")),
        r#"
        one   opens over TLS as Gate 1
        one   HELLO realm1
        two   opens over TLS as Gate 1
        two   HELLO realm1 {"authmethods":["tls"]}
        "#,
        expect![[r#"
            one < WELCOME #one {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            two < ABORT {"message":"none of the authmethods will do; this realm takes ticket"} wamp.error.no_matching_auth_method
            two is over
        "#]],
    );
}

#[test]
fn a_certificate_stands_for_one() {
    let mut principals = Principals::default();
    principals.add(holder("gate", "Gate 1")).unwrap();
    assert_eq!(principals.add(holder("door", "Gate 1")), Err(Taken::Certificate));
}

/// Alice, in a realm of her own, knows whose certificates are good.
#[test]
fn an_authenticator_is_asked_about_a_certificate() {
    let authenticator = Authenticator {
        procedure: "com.auth".to_owned(),
        realm: Some("realm2".to_owned()),
        timeout_ms: 1000,
    };
    let mut realm = realm(&[AuthMethod::Tls], None);
    realm.authentication.authenticators = vec![(AuthMethod::Tls, authenticator)];
    let mut conversation = Conversation::in_realms(vec![realm, "realm2".into()], Limits::default());
    conversation.play(r#"alice HELLO realm2 {"roles":{"callee":{}}}"#);
    conversation.play("alice REGISTER 1 {} com.auth");
    conversation.forget_transcript();
    conversation.play(
        r#"
        one   opens over TLS as Gate 1
        one   HELLO realm1 {"authmethods":["tls"]}
        alice YIELD 1 {} ["device"]
        two   opens over TLS as Gate 1
        two   HELLO realm1 {"authid":"north"}
        alice YIELD 2 {} [{"role":"device","extra":{"floor":3}}]
        three opens over TLS as Gate 2
        three HELLO realm1 {"authmethods":["tls"]}
        alice ERROR 68 3 {} com.error.unknown
        four  opens over TLS as anonymous
        four  HELLO realm1 {"authmethods":["tls"]}
        alice YIELD 4 {} ["device"]
        five  HELLO realm1 {"authmethods":["tls"]}
        "#,
    );
    expect![[r#"
        alice < INVOCATION i1 r1 {} ["realm1",null,{"session":2147483650,"authmethod":"tls","transport":{"type":"rawsocket","serializer":"json","peer_cert":{"sha256":"4761746520310000000000000000000000000000000000000000000000000000","subject":{"cn":"Gate 1"}}},"authextra":{}}]
        one < WELCOME #one {"realm":"realm1","authid":"Gate 1","authrole":"device","authmethod":"tls","authprovider":"dynamic","agent":"Crosspoint"}
        alice < INVOCATION i2 r1 {} ["realm1","north",{"session":2147483651,"authmethod":"tls","transport":{"type":"rawsocket","serializer":"json","peer_cert":{"sha256":"4761746520310000000000000000000000000000000000000000000000000000","subject":{"cn":"Gate 1"}}},"authextra":{},"authid":"north"}]
        two < WELCOME #two {"realm":"realm1","authid":"north","authrole":"device","authmethod":"tls","authprovider":"dynamic","authextra":{"floor":3},"agent":"Crosspoint"}
        alice < INVOCATION i3 r1 {} ["realm1",null,{"session":2147483652,"authmethod":"tls","transport":{"type":"rawsocket","serializer":"json","peer_cert":{"sha256":"4761746520320000000000000000000000000000000000000000000000000000","subject":{"cn":"Gate 2"}}},"authextra":{}}]
        three < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        three is over
        alice < INVOCATION i4 r1 {} ["realm1",null,{"session":2147483653,"authmethod":"tls","transport":{"type":"rawsocket","serializer":"json","peer_cert":{"sha256":"616e6f6e796d6f75730000000000000000000000000000000000000000000000","subject":{"cn":"anonymous"}}},"authextra":{}}]
        four < ABORT {"message":"the authenticator has not said who this is"} wamp.error.authentication_failed
        four is over
        five < ABORT {"message":"for authmethod 'tls' the connection needs a client certificate"} wamp.error.authentication_required
        five is over
    "#]].assert_eq(&conversation.transcript());
}
