//! Which method is used, and what is refused without a proof.

use crosspoint_proto::auth::AuthMethod;
use expect_test::expect;

use super::{play, realm};
use crate::conversation::Conversation;

#[test]
fn the_first_method_of_the_clients_list_is_used_that_will_do() {
    let methods = [AuthMethod::Anonymous, AuthMethod::Ticket, AuthMethod::WampCra];
    let mut conversation = Conversation::in_realm(realm(&methods));
    conversation.play(
        r#"
        one   HELLO realm1 {"authid":"alice","authmethods":["telepathy","scram","wampcra","ticket","anonymous"]}
        two   HELLO realm1 {"authid":"alice","authmethods":["wampcra","anonymous","ticket"]}
        three HELLO realm1 {"authmethods":["ticket","anonymous"]}
        four  HELLO realm1 {"authid":"alice"}
        five  HELLO realm1 {"authid":"alice","authmethods":["wampcra"]}
        six   HELLO realm1 {"authid":"alice","authmethods":["scram","cookie"]}
        "#,
    );
    expect![[r#"
        one < CHALLENGE ticket {}
        two < WELCOME #two {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        three < WELCOME #three {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        four < WELCOME #four {"realm":"realm1","authid":"anonymous","authrole":"guest","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        five < CHALLENGE wampcra {"challenge":"{\"authid\":\"alice\",\"authrole\":\"role-of-bob\",\"authmethod\":\"wampcra\",\"authprovider\":\"static\",\"nonce\":\"0505050505050505050505050505050505050505050505050505050505050505\",\"timestamp\":\"2026-11-25T14:23:03.000Z\",\"session\":2147483653}"}
        six < ABORT {"message":"none of the authmethods will do; this realm takes ticket, wampcra"} wamp.error.no_matching_auth_method
        six is over
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn who_has_to_say_who_he_is() {
    expect![[r#"
        one < ABORT {"message":"this realm takes no anonymous sessions: offer one of ticket, wampcra, wamp-scram, cryptosign"} wamp.error.authentication_required
        one is over
        two < ABORT {"message":"this realm takes no anonymous sessions: offer one of ticket, wampcra, wamp-scram, cryptosign"} wamp.error.authentication_required
        two is over
        three < ABORT {"message":"for authmethod 'ticket' HELLO needs an authid"} wamp.error.authentication_required
        three is over
        four < ABORT {"message":"for authmethod 'wampcra' HELLO needs an authid"} wamp.error.authentication_required
        four is over
        five < ABORT {"message":"none of the authmethods will do; this realm takes ticket, wampcra, wamp-scram, cryptosign"} wamp.error.no_matching_auth_method
        five is over
        six < ABORT {"message":"for authmethod 'wamp-scram' HELLO needs authextra.nonce, 8 to 64 octets in base64"} wamp.error.authentication_required
        six is over
        seven < ABORT {"message":"for authmethod 'wamp-scram' HELLO needs authextra.nonce, 8 to 64 octets in base64"} wamp.error.authentication_required
        seven is over
        eight < ABORT {"message":"for authmethod 'wamp-scram' HELLO needs an authid that can be normalised"} wamp.error.authentication_required
        eight is over
        nine < ABORT {"message":"for authmethod 'cryptosign' HELLO needs authextra.pubkey, an Ed25519 key in hexadecimal digits"} wamp.error.authentication_required
        nine is over
        ten < ABORT {"message":"for authmethod 'cryptosign' HELLO needs authextra.pubkey, an Ed25519 key in hexadecimal digits"} wamp.error.authentication_required
        ten is over
    "#]].assert_eq(&play(
        r#"
        one   HELLO realm1
        two   HELLO realm1 {"authmethods":["anonymous"]}
        three HELLO realm1 {"authmethods":["ticket"]}
        four  HELLO realm1 {"authmethods":["telepathy","wampcra"],"authid":""}
        five  HELLO realm1 {"authmethods":["telepathy"],"authid":"alice"}
        six   HELLO realm1 {"authmethods":["scram"],"authid":"dave"}
        seven HELLO realm1 {"authmethods":["scram"],"authid":"dave","authextra":{"nonce":"AA=="}}
        eight HELLO realm1 {"authmethods":["scram"],"authid":"dave\ue000","authextra":{"nonce":"AAAAAAAAAAA="}}
        nine  HELLO realm1 {"authmethods":["cryptosign"],"authid":"frank"}
        ten   HELLO realm1 {"authmethods":["cryptosign"],"authextra":{"pubkey":"0000000000000000000000000000000000000000000000000000000000000000"}}
        "#,
    ));
}

/// What there is to bind it to has no name, or there is nothing.
#[test]
fn proofs_are_bound_to_no_channel_that_is_not_there() {
    expect![[r#"
        one < ABORT {"message":"none of the authmethods will do; this realm takes ticket, wampcra, wamp-scram, cryptosign"} wamp.error.no_matching_auth_method
        one is over
        two < ABORT {"message":"none of the authmethods will do; this realm takes ticket, wampcra, wamp-scram, cryptosign"} wamp.error.no_matching_auth_method
        two is over
        three < ABORT {"message":"none of the authmethods will do; this realm takes ticket, wampcra, wamp-scram, cryptosign"} wamp.error.no_matching_auth_method
        three is over
    "#]].assert_eq(&play(
        r#"
        one   HELLO realm1 {"authmethods":["wamp-scram"],"authid":"dave","authextra":{"nonce":"AAAAAAAAAAA=","channel_binding":"tls-exporter"}}
        two   HELLO realm1 {"authmethods":["cryptosign"],"authextra":{"pubkey":"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c","channel_binding":"tls-exporter"}}
        three opens over TLS
        three HELLO realm1 {"authmethods":["cryptosign"],"authextra":{"pubkey":"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c","channel_binding":"tls-unique"}}
        "#,
    ));
}

#[test]
fn names_have_a_limit() {
    let hello = |octets| {
        let authid = "x".repeat(octets);
        format!("one HELLO realm1 {{\"authid\":\"{authid}\",\"authmethods\":[\"ticket\"]}}")
    };
    assert_eq!(play(&hello(1024)).lines().count(), 1);
    expect![[r#"
        one < ABORT {"message":"an authid is not longer than 1024 octets"} wamp.error.authentication_denied
        one is over
    "#]].assert_eq(&play(&hello(1025)));
}

/// Others read them, also in terminals.
#[test]
fn names_have_no_control_characters() {
    let refused = "one < ABORT {\"message\":\"an authid has no control characters\"} \
                   wamp.error.authentication_denied\none is over\n";
    for character in ["\\u001b", "\\n", "\\u0000", "\\u007f", "\\u009b"] {
        let authid = format!("al{character}ice");
        let hello =
            format!("one HELLO realm1 {{\"authid\":\"{authid}\",\"authmethods\":[\"ticket\"]}}");
        assert_eq!(play(&hello), refused);
    }
}

#[test]
fn what_is_not_the_answer_to_a_challenge() {
    expect![[r#"
        one < ABORT {"message":"received AUTHENTICATE before the session was established: HELLO comes first"} wamp.error.protocol_violation
        one is over
        two < CHALLENGE ticket {}
        two < ABORT {"message":"received HELLO before the session was established, out of turn"} wamp.error.protocol_violation
        two is over
        three < CHALLENGE ticket {}
        three < ABORT {"message":"received GOODBYE before the session was established, out of turn"} wamp.error.protocol_violation
        three is over
        four < CHALLENGE ticket {}
        four is over
        five < CHALLENGE ticket {}
        five < WELCOME #five {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
        five < ABORT {"message":"received AUTHENTICATE after the session was established"} wamp.error.protocol_violation
        five is over
        six < CHALLENGE ticket {}
        six < ABORT {"message":"the proof is wrong, or nobody here has that name or key"} wamp.error.authentication_denied
        six is over
        seven < CHALLENGE ticket {}
    "#]].assert_eq(&play(
        r#"
        one   opens
        one   AUTHENTICATE sesame {}
        two   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        two   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        three HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        three GOODBYE {} wamp.close.close_realm
        four  HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        four  ABORT {} com.error.tired
        five  HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        five  AUTHENTICATE sesame {}
        five  AUTHENTICATE sesame {}
        six   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        six   AUTHENTICATE tahini {}
        six   AUTHENTICATE sesame {}
        seven HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        seven is gone
        "#,
    ));
}

#[test]
fn the_router_shuts_down_before_the_answer() {
    expect![[r#"
        one < CHALLENGE ticket {}
        one < ABORT {"message":"the router is shutting down"} wamp.close.system_shutdown
        one is over
    "#]]
    .assert_eq(&play(
        r#"
        one   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        ROUTER shuts down
        one   AUTHENTICATE sesame {}
        "#,
    ));
}

/// Nobody is there before he has proved who he is.
#[test]
fn others_hear_of_a_session_when_it_has_proved_who_it_is() {
    let methods = [AuthMethod::Anonymous, AuthMethod::Ticket];
    let mut conversation = Conversation::in_realm(realm(&methods));
    conversation.play(
        r#"
        watch SUBSCRIBE 1 {} wamp.session.on_join
        one   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        watch CALL 2 {} wamp.session.count
        one   AUTHENTICATE sesame {}
        watch CALL 3 {} wamp.session.get [2147483650]
        one   REGISTER 1 {"disclose_caller":true} com.one
        two   HELLO realm1 {"authid":"frank","authmethods":["ticket"]}
        two   AUTHENTICATE sesame {}
        two   CALL 1 {} com.one
        "#,
    );
    expect![[r#"
        watch < SUBSCRIBED 1 s1
        one < CHALLENGE ticket {}
        watch < RESULT 2 {} [1]
        one < WELCOME #one {"realm":"realm1","authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
        watch < EVENT s1 p1 {} [{"session":2147483650,"authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
        watch < RESULT 3 {} [{"session":2147483650,"authid":"alice","authrole":"role-of-alice","authmethod":"ticket","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"},"x_events_dropped":0}]
        one < REGISTERED 1 r1
        two < CHALLENGE ticket {}
        two < WELCOME #two {"realm":"realm1","authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","agent":"Crosspoint"}
        watch < EVENT s1 p2 {} [{"session":2147483651,"authid":"frank","authrole":"role-of-frank","authmethod":"ticket","authprovider":"static","transport":{"type":"rawsocket","serializer":"json"}}]
        one < INVOCATION i1 r1 {"caller":2147483651,"caller_authid":"frank","caller_authrole":"role-of-frank"}
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn failures_are_counted() {
    let mut conversation = Conversation::in_realm(realm(&[AuthMethod::Ticket]));
    conversation.play(
        r#"
        one   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        one   AUTHENTICATE tahini {}
        two   HELLO realm1 {"authid":"alice","authmethods":["ticket"]}
        two   AUTHENTICATE sesame {}
        three HELLO realm1
        "#,
    );
    let counters = conversation.router.counters();
    assert_eq!(counters.authentications_failed.get(), 1);
    assert_eq!(counters.sessions_refused.get(), 1);
    assert_eq!(counters.protocol_violations.get(), 0);
}
