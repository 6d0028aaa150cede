//! The shutdown, and sessions that come or go at the same moment: nobody is missed.

use expect_test::expect;

use crate::race::check;

#[test]
fn a_hello_and_the_shutdown() {
    check(
        "
        alice opens
        bob   joins
        ",
        &["alice HELLO realm1 {\"roles\":{}}", "ROUTER shuts down"],
        expect![[r#"
            alice < ABORT {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
        "#]],
    );
}

#[test]
fn a_goodbye_and_the_shutdown() {
    check(
        "alice joins",
        &["alice GOODBYE {} wamp.close.close_realm", "ROUTER shuts down"],
        expect![[r#"
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < GOODBYE {} wamp.close.goodbye_and_out
        "#]],
    );
}

#[test]
fn a_register_and_the_shutdown() {
    check(
        "
        alice joins
        bob   joins
        ",
        &["bob REGISTER 1 {} com.one", "alice CALL 1 {} com.one", "ROUTER shuts down"],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < REGISTERED 1 r1
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < REGISTERED 1 r1
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
        "#]],
    );
}

#[test]
fn a_hello_and_the_end_of_its_realm() {
    check(
        "
        alice opens
        bob   joins
        ",
        &["alice HELLO realm1 {\"roles\":{}}", "ROUTER removes realm1"],
        expect![[r#"
            alice < ABORT {"message":"the realm is not there any more"} wamp.close.close_realm
            bob < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
            or
            alice < ABORT {"message":"there is no realm realm1 here"} wamp.error.no_such_realm
            bob < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
            or
            alice < WELCOME #alice {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            alice < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
            bob < GOODBYE {"message":"the realm is not there any more"} wamp.close.close_realm
        "#]],
    );
}
