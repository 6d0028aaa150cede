//! A CALL, and a callee that comes or goes at the same moment.

use expect_test::expect;

use crate::race::check;

#[test]
fn a_call_and_an_unregister() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice joins
        ",
        &[
            "alice CALL 1 {} com.one [1,1]
             alice CALL 2 {} com.one [1,2]",
            "bob   UNREGISTER 2 r1",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < UNREGISTERED 2
            or
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {} [1,1]
            bob < UNREGISTERED 2
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < INVOCATION i1 r1 {} [1,1]
            bob < INVOCATION i2 r1 {} [1,2]
            bob < UNREGISTERED 2
        "#]],
    );
}

#[test]
fn a_call_and_a_callee_that_takes_over() {
    check(
        "
        bob   REGISTER 1 {} com.one
        carol joins
        alice joins
        ",
        &["alice CALL 1 {} com.one [1,1]", "bob   UNREGISTER 2 r1", "carol REGISTER 1 {} com.one"],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < UNREGISTERED 2
            carol < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < UNREGISTERED 2
            carol < REGISTERED 1 r2
            or
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {} [1,1]
            bob < UNREGISTERED 2
            carol < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            or
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {} [1,1]
            bob < UNREGISTERED 2
            carol < REGISTERED 1 r2
            or
            alice < RESULT 1 {}
            bob < UNREGISTERED 2
            carol < REGISTERED 1 r2
            carol < INVOCATION i1 r2 {} [1,1]
        "#]],
    );
}

#[test]
fn a_call_and_a_callee_whose_connection_breaks() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice joins
        ",
        &[
            "alice CALL 1 {} com.one [1,1]
             alice CALL 2 {} com.one [1,2]",
            "bob   is gone",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i1 r1 {} [1,1]
            bob < INVOCATION i2 r1 {} [1,2]
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < INVOCATION i1 r1 {} [1,1]
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            or
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i1 r1 {} [1,1]
        "#]],
    );
}

#[test]
fn a_call_and_a_callee_that_says_goodbye() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice joins
        ",
        &[
            "alice CALL 1 {} com.one [1,1]
             alice CALL 2 {} com.one [1,2]",
            "bob   GOODBYE {} wamp.close.close_realm",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i1 r1 {} [1,1]
            bob < INVOCATION i2 r1 {} [1,2]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < INVOCATION i1 r1 {} [1,1]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i1 r1 {} [1,1]
            bob < GOODBYE {} wamp.close.goodbye_and_out
        "#]],
    );
}

#[test]
fn a_call_and_a_callee_that_breaks_the_protocol() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice joins
        ",
        &["alice CALL 1 {} com.one [1,1]", "bob   REGISTER 1 {} com.two"],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob < INVOCATION i1 r1 {} [1,1]
            bob < ABORT {"message":"REGISTER.Request is 1, but this session's next request is 2"} wamp.error.protocol_violation
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < ABORT {"message":"REGISTER.Request is 1, but this session's next request is 2"} wamp.error.protocol_violation
        "#]],
    );
}

#[test]
fn a_call_and_the_shutdown() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice joins
        ",
        &["alice CALL 1 {} com.one [1,1]", "bob answers", "ROUTER shuts down"],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < INVOCATION i1 r1 {} [1,1]
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < INVOCATION i1 r1 {} [1,1]
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            or
            alice < RESULT 1 {}
            alice < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
            bob < INVOCATION i1 r1 {} [1,1]
            bob < GOODBYE {"message":"the router is shutting down"} wamp.close.system_shutdown
        "#]],
    );
}

#[test]
fn a_caller_and_its_callee_leave_at_once() {
    check(
        "
        bob   REGISTER 1 {} com.bob
        alice REGISTER 1 {} com.alice
        alice CALL 2 {} com.bob [1,2]
        bob   CALL 2 {} com.alice [2,2]
        ",
        &["alice GOODBYE {} wamp.close.close_realm", "bob is gone"],
        expect![[r#"
            alice < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
            alice < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
            alice < GOODBYE {} wamp.close.goodbye_and_out
            bob < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
            or
            alice < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < GOODBYE {} wamp.close.goodbye_and_out
            bob < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
        "#]],
    );
}

#[test]
fn the_calls_of_two_callers_keep_their_order() {
    check(
        "
        bob   REGISTER 1 {} com.one
        alice joins
        carol joins
        bob   takes 30
        ",
        &[
            "alice CALL 1 {} com.one [1,1]
             alice CALL 2 {} com.one [1,2]",
            "carol CALL 1 {} com.one [2,1]",
            "bob   takes 50
             bob   takes all",
        ],
        expect![["
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < INVOCATION i1 r1 {} [1,1]
            bob < INVOCATION i2 r1 {} [1,2]
            bob < INVOCATION i3 r1 {} [2,1]
            carol < RESULT 1 {}
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < INVOCATION i1 r1 {} [1,1]
            bob < INVOCATION i2 r1 {} [2,1]
            bob < INVOCATION i3 r1 {} [1,2]
            carol < RESULT 1 {}
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < INVOCATION i1 r1 {} [2,1]
            bob < INVOCATION i2 r1 {} [1,1]
            bob < INVOCATION i3 r1 {} [1,2]
            carol < RESULT 1 {}
        "]],
    );
}

#[test]
fn two_callees_register_the_same_procedure() {
    check(
        "
        alice joins
        bob   joins
        carol joins
        ",
        &[
            "bob   REGISTER 1 {} com.one",
            "carol REGISTER 1 {} com.one",
            "alice CALL 1 {} com.one [1,1]
             alice CALL 2 {} com.one [1,2]",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            carol < REGISTERED 1 r1
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            bob < REGISTERED 1 r1
            carol < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < RESULT 2 {}
            bob < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            carol < REGISTERED 1 r1
            carol < INVOCATION i1 r1 {} [1,2]
            or
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            alice < RESULT 2 {}
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1,2]
            carol < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
            carol < REGISTERED 1 r1
            carol < INVOCATION i1 r1 {} [1,1]
            carol < INVOCATION i2 r1 {} [1,2]
            or
            alice < RESULT 1 {}
            alice < RESULT 2 {}
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1,1]
            bob < INVOCATION i2 r1 {} [1,2]
            carol < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.one is registered already, and not to be shared"]
        "#]],
    );
}
