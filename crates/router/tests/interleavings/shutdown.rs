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
            alice < WELCOME #alice {"roles":{"dealer":{"features":{"call_canceling":true}},"broker":{"features":{"publisher_exclusion":true,"pattern_based_subscription":true}}},"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
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
