//! Registering, calling, cancelling.

use expect_test::expect;

use crate::conversation::check;

#[test]
fn a_call_and_its_result() {
    check(
        "
        bob   REGISTER 1 {} com.add
        alice CALL 1 {} com.add [2,3]
        bob   YIELD i1 {} [5]
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [2,3]
            alice < RESULT 1 {} [5]
        "#]],
    );
}

#[test]
fn every_arity_passes() {
    check(
        r#"
        bob   REGISTER 1 {} com.echo
        alice CALL 1 {} com.echo
        alice CALL 2 {} com.echo [1,"two",null,[3.5,true]]
        alice CALL 3 {} com.echo [] {"a":{"b":[]}}
        alice CALL 4 {} com.echo [] {}
        bob   YIELD i1 {}
        bob   YIELD i2 {} [1,"two",null,[3.5,true]]
        bob   YIELD i3 {} [] {"a":{"b":[]}}
        bob   YIELD i4 {} [] {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            bob < INVOCATION i2 r1 {} [1,"two",null,[3.5,true]]
            bob < INVOCATION i3 r1 {} [] {"a":{"b":[]}}
            bob < INVOCATION i4 r1 {} [] {}
            alice < RESULT 1 {}
            alice < RESULT 2 {} [1,"two",null,[3.5,true]]
            alice < RESULT 3 {} [] {"a":{"b":[]}}
            alice < RESULT 4 {} [] {}
        "#]],
    );
}

#[test]
fn an_error_of_the_callee_reaches_the_caller() {
    check(
        r#"
        bob   REGISTER 1 {} com.write
        alice CALL 1 {} com.write
        bob   ERROR 68 i1 {} com.error.protected ["read only"] {"severity":3}
        alice CALL 2 {} com.write
        bob   ERROR 68 i2 {} com.error.protected
        alice CALL 3 {} com.write
        bob   ERROR 68 i3 {} "not a uri" [1]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} com.error.protected ["read only"] {"severity":3}
            bob < INVOCATION i2 r1 {}
            alice < ERROR 48 2 {} com.error.protected
            bob < INVOCATION i3 r1 {}
            alice < ERROR 48 3 {} wamp.error.invalid_uri [1]
        "#]],
    );
}

#[test]
fn calls_that_cannot_be_routed() {
    check(
        r#"
        alice CALL 1 {} com.nobody [1]
        alice CALL 2 {} com..nobody [1]
        alice CALL 3 {} "com.no body"
        alice CALL 4 {} ""
        "#,
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.nobody"]
            alice < ERROR 48 2 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            alice < ERROR 48 3 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not contain white space, control characters or '#'"]
            alice < ERROR 48 4 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not be empty"]
        "#]],
    );
}

#[test]
fn registering_twice_and_unregistering() {
    check(
        r#"
        bob   REGISTER 1 {} com.add
        bob   REGISTER 2 {} com.add
        carol REGISTER 1 {} com.add
        carol UNREGISTER 2 r1
        bob   UNREGISTER 3 r1
        bob   UNREGISTER 4 r1
        alice CALL 1 {} com.add
        carol REGISTER 3 {} com.add
        alice CALL 2 {} com.add
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < ERROR 64 2 {} wamp.error.procedure_already_exists ["this session has registered com.add already"]
            carol < ERROR 64 1 {} wamp.error.procedure_already_exists ["com.add is registered already, and not to be shared"]
            carol < ERROR 66 2 {} wamp.error.no_such_registration ["this session has no registration 1"]
            bob < UNREGISTERED 3
            bob < ERROR 66 4 {} wamp.error.no_such_registration ["this session has no registration 1"]
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            carol < REGISTERED 3 r2
            carol < INVOCATION i1 r2 {}
        "#]],
    );
}

#[test]
fn uris_that_cannot_be_registered() {
    check(
        r#"
        bob   REGISTER 1 {} com..add
        bob   REGISTER 2 {} wamp.session.count
        bob   REGISTER 3 {} wamp
        bob   REGISTER 4 {} "com.add\n"
        bob   REGISTER 5 {} com.#
        bob   REGISTER 6 {} wampy.ok
        "#,
        expect![[r#"
            bob < ERROR 64 1 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not have empty components"]
            bob < ERROR 64 2 {} wamp.error.invalid_uri ["the procedure is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < ERROR 64 3 {} wamp.error.invalid_uri ["the procedure is not a valid URI: URIs that begin with 'wamp' are reserved for the protocol"]
            bob < ERROR 64 4 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < ERROR 64 5 {} wamp.error.invalid_uri ["the procedure is not a valid URI: a URI must not contain white space, control characters or '#'"]
            bob < REGISTERED 6 r1
        "#]],
    );
}

#[test]
fn options_that_do_not_work_are_refused_rather_than_ignored() {
    check(
        r#"
        bob   REGISTER 1 {"match":"regex"} com.add
        bob   REGISTER 2 {"invoke":"all"} com.add
        bob   REGISTER 3 {"match":"exact","invoke":"single","_custom":[1]} com.add
        bob   REGISTER 4 {"match":null} com.sub
        bob   REGISTER 5 {"concurrency":0} com.mul
        bob   SUBSCRIBE 6 {"match":"regex"} com..topic
        bob   CALL 7 {"runmode":"all"} com.add
        bob   CALL 8 {"runmode":"partition"} com.add
        "#,
        expect![[r#"
            bob < ERROR 64 1 {} wamp.error.option_not_allowed ["match 'regex' is not known: exact, prefix and wildcard are"]
            bob < ERROR 64 2 {} wamp.error.option_not_allowed ["invoke 'all' is not known: single, roundrobin, random, first, last and x_least_pending are"]
            bob < REGISTERED 3 r1
            bob < REGISTERED 4 r2
            bob < ERROR 64 5 {} wamp.error.option_not_allowed ["concurrency 0 would never take a call: at least 1"]
            bob < ERROR 32 6 {} wamp.error.option_not_allowed ["match 'regex' is not known: exact, prefix and wildcard are"]
            bob < ERROR 48 7 {} wamp.error.option_not_allowed ["runmode 'all' is not known: partition is"]
            bob < ERROR 48 8 {} wamp.error.invalid_argument ["a call with runmode 'partition' needs an rkey"]
        "#]],
    );
}

#[test]
fn a_callee_that_leaves_fails_its_calls() {
    check(
        "
        bob   REGISTER 1 {} com.slow
        alice CALL 1 {} com.slow
        alice CALL 2 {} com.slow
        bob   is gone
        alice CALL 3 {} com.slow
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            bob < INVOCATION i2 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 2 {} wamp.error.canceled ["the callee left before it answered"]
            alice < ERROR 48 3 {} wamp.error.no_such_procedure ["no callee has registered com.slow"]
        "#]],
    );
    check(
        "
        bob   REGISTER 1 {} com.slow
        alice CALL 1 {} com.slow
        bob   GOODBYE {} wamp.close.close_realm
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            bob is over
        "#]],
    );
}

#[test]
fn unregistering_leaves_running_calls_alone() {
    check(
        "
        bob   REGISTER 1 {} com.slow
        alice CALL 1 {} com.slow
        bob   UNREGISTER 2 r1
        bob   YIELD i1 {} [1]
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            bob < UNREGISTERED 2
            alice < RESULT 1 {} [1]
        "#]],
    );
}

#[test]
fn a_caller_that_leaves_interrupts_only_callees_that_know_it() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"callee":{"features":{"call_canceling":true}}}}
        bob   REGISTER 1 {} com.bob
        carol REGISTER 1 {} com.carol
        alice CALL 1 {} com.bob
        alice CALL 2 {} com.carol
        alice is gone
        bob   YIELD i1 {} [1]
        carol YIELD i1 {} [1]
        carol ERROR 68 i1 {} com.error.late
        "#,
        expect![[r#"
            bob < WELCOME #bob {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < REGISTERED 1 r1
            carol < REGISTERED 1 r2
            bob < INVOCATION i1 r1 {}
            carol < INVOCATION i1 r2 {}
            bob < INTERRUPT i1 {"mode":"killnowait"}
        "#]],
    );
}

#[test]
fn cancelling_in_each_mode() {
    check(
        r#"
        bob   HELLO realm1 {"roles":{"callee":{"features":{"call_canceling":true}}}}
        bob   REGISTER 1 {} com.slow
        alice CALL 1 {} com.slow
        alice CANCEL 1 {"mode":"skip"}
        bob   YIELD i1 {} [1]
        alice CALL 2 {} com.slow
        alice CANCEL 2 {"mode":"killnowait"}
        alice CANCEL 2 {"mode":"killnowait"}
        bob   ERROR 68 i2 {} wamp.error.canceled
        alice CALL 3 {} com.slow
        alice CANCEL 3 {"mode":"kill"}
        bob   ERROR 68 i3 {} wamp.error.canceled
        alice CALL 4 {} com.slow
        alice CANCEL 4 {"mode":"kill"}
        bob   YIELD i4 {} ["won"]
        alice CALL 5 {} com.slow
        alice CANCEL 5 {}
        alice CANCEL 99 {}
        "#,
        expect![[r#"
            bob < WELCOME #bob {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i2 r1 {}
            alice < ERROR 48 2 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INTERRUPT i2 {"mode":"killnowait"}
            bob < INVOCATION i3 r1 {}
            bob < INTERRUPT i3 {"mode":"kill"}
            alice < ERROR 48 3 {} wamp.error.canceled
            bob < INVOCATION i4 r1 {}
            bob < INTERRUPT i4 {"mode":"kill"}
            alice < RESULT 4 {} ["won"]
            bob < INVOCATION i5 r1 {}
            alice < ERROR 48 5 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INTERRUPT i5 {"mode":"killnowait"}
        "#]],
    );
}

#[test]
fn cancelling_where_the_callee_does_not_know_it() {
    check(
        r#"
        bob   REGISTER 1 {} com.slow
        alice CALL 1 {} com.slow
        alice CANCEL 1 {"mode":"kill"}
        alice CALL 2 {} com.slow
        alice CANCEL 2 {"mode":"killnowait"}
        bob   YIELD i1 {}
        bob   YIELD i2 {}
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the caller canceled the call"]
            bob < INVOCATION i2 r1 {}
            alice < ERROR 48 2 {} wamp.error.canceled ["the caller canceled the call"]
        "#]],
    );
}

#[test]
fn a_session_calls_itself() {
    check(
        "
        bob   REGISTER 1 {} com.own
        bob   CALL 2 {} com.own [1]
        bob   YIELD i1 {} [2]
        bob   CALL 3 {} com.own
        bob   GOODBYE {} wamp.close.close_realm
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {} [1]
            bob < RESULT 2 {} [2]
            bob < INVOCATION i2 r1 {}
            bob < ERROR 48 3 {} wamp.error.canceled ["the callee left before it answered"]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            bob is over
        "#]],
    );
}

#[test]
fn realms_are_apart() {
    check(
        r#"
        bob   REGISTER 1 {} com.add
        alice HELLO realm2 {"roles":{"caller":{}}}
        alice CALL 1 {} com.add
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            alice < WELCOME #alice {"realm":"realm2","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
        "#]],
    );
}

#[test]
fn a_progressive_result_that_nobody_asked_for_is_not_the_answer() {
    check(
        r#"
        bob   REGISTER 1 {} com.chatty
        alice CALL 1 {"receive_progress":true} com.chatty
        bob   YIELD i1 {"progress":true} [1]
        bob   YIELD i1 {} [2]
        "#,
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            alice < RESULT 1 {} [2]
        "#]],
    );
}
