//! Realms that come and go while the router runs.

use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::router::{HistoryRule, RealmSettings};
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use expect_test::expect;

use crate::conversation::{Conversation, check};

#[test]
fn a_realm_comes_and_goes_and_the_others_notice_nothing() {
    let script = "
        dave  opens
        dave  HELLO realm3 {\"roles\":{}}
        ROUTER adds realm3
        erin  opens
        erin  HELLO realm3 {\"roles\":{}}
        erin  REGISTER 1 {} com.one
        frank opens
        frank HELLO realm3 {\"roles\":{}}
        bob   REGISTER 1 {} com.one
        alice CALL 1 {} com.one
        frank CALL 1 {} com.one
        ROUTER removes realm3
        erin  YIELD i1 {} [1]
        erin  GOODBYE {} wamp.close.goodbye_and_out
        frank GOODBYE {} wamp.close.goodbye_and_out
        bob   YIELD i1 {} [1]
        grace opens
        grace HELLO realm3 {\"roles\":{}}
        ";
    check(
        script,
        expect![[r#"
            dave < ABORT {"message":"there is no realm realm3 here"} wamp.error.no_such_realm
            dave is over
            erin < WELCOME #erin {"realm":"realm3","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            erin < REGISTERED 1 r1
            frank < WELCOME #frank {"realm":"realm3","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            erin < INVOCATION i1 r1 {}
            erin < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
            frank < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
            erin is over
            frank is over
            alice < RESULT 1 {} [1]
            grace < ABORT {"message":"there is no realm realm3 here"} wamp.error.no_such_realm
            grace is over
        "#]],
    );
}

/// Nothing of the old one is in the new one.
#[test]
fn a_realm_that_comes_again_is_another() {
    let script = "
        ROUTER adds realm3
        erin  opens
        erin  HELLO realm3 {\"roles\":{}}
        erin  REGISTER 1 {} com.one
        ROUTER removes realm3
        ROUTER adds realm3
        frank opens
        frank HELLO realm3 {\"roles\":{}}
        frank CALL 1 {} com.one
        frank REGISTER 2 {} com.one
        ";
    check(
        script,
        expect![[r#"
        erin < WELCOME #erin {"realm":"realm3","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        erin < REGISTERED 1 r1
        erin < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
        frank < WELCOME #frank {"realm":"realm3","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        frank < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
        frank < REGISTERED 2 r1
    "#]],
    );
}

#[test]
fn names_are_taken_once() {
    let conversation = Conversation::default();
    let (router, mut turn) = (&conversation.router, Turn::default());
    assert!(!router.add_realm(&"realm1".into(), Time(1)));
    assert!(!router.remove_realm("realm3", &mut turn));
    assert_eq!(router.realm_names(), ["realm1", "realm2"]);
    router.shut_down(&mut turn);
    assert!(!router.add_realm(&"realm3".into(), Time(1)));
}

/// The store is for realms that are there from the start, and says nothing to others.
#[test]
fn a_realm_that_comes_keeps_in_memory_what_it_keeps() {
    let mut rule = HistoryRule::new(MatchPolicy::Prefix, "com").unwrap();
    rule.persistent = true;
    let realm =
        RealmSettings { name: "realm1".into(), history: vec![rule], ..RealmSettings::default() };
    let mut conversation = Conversation::in_realm(realm);
    conversation.play(
        "
        ROUTER adds realm3
        erin  opens
        erin  HELLO realm3 {\"roles\":{}}
        erin  PUBLISH 1 {\"acknowledge\":true} com.news
        alice PUBLISH 1 {\"acknowledge\":true} com.news
        STORE  writes all
        ",
    );
    expect![[r#"
        erin < WELCOME #erin {"realm":"realm3","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
        erin < PUBLISHED 1 p1
        alice < PUBLISHED 1 p2
    "#]].assert_eq(&conversation.transcript());
}
