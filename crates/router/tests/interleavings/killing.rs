//! Sessions that others end: however that comes together with what they do themselves, each ends once,
//! and does nothing after.

use expect_test::expect;

use crate::race::check;

#[test]
fn a_kill_and_a_goodbye() {
    check(
        "
        alice joins
        bob   joins
        eve   SUBSCRIBE 1 {} wamp.session.on_leave
        ",
        &[
            "alice CALL 1 {} wamp.session.kill [2147483650]",
            "bob   GOODBYE {} wamp.close.close_realm",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_session ["there is no other session 2147483650"]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            eve < EVENT s1 p1 {} [2147483650,"anonymous","anonymous"]
            or
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p1 {} [2147483650,"anonymous","anonymous"]
        "#]],
    );
}

#[test]
fn a_kill_and_a_connection_that_breaks() {
    check(
        r#"
        alice joins
        bob   CALL 1 {} wamp.session.add_testament ["com.last",["testament"]]
        eve   SUBSCRIBE 1 {} com.last
        eve   SUBSCRIBE 2 {} wamp.session.on_leave
        "#,
        &["alice CALL 1 {} wamp.session.kill [2147483650]", "bob   is gone"],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_session ["there is no other session 2147483650"]
            eve < EVENT s1 p1 {} ["testament"]
            eve < EVENT s2 p2 {} [2147483650,"anonymous","anonymous"]
            or
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p1 {} ["testament"]
            eve < EVENT s2 p2 {} [2147483650,"anonymous","anonymous"]
        "#]],
    );
}

#[test]
fn a_kill_of_all_and_a_goodbye() {
    check(
        r#"
        alice joins
        bob   CALL 1 {} wamp.session.add_testament ["com.last",["testament"]]
        "#,
        &["alice CALL 1 {} wamp.session.kill_all", "bob   GOODBYE {} wamp.close.close_realm"],
        expect![[r#"
            alice < RESULT 1 {} [0]
            bob < GOODBYE {} wamp.close.goodbye_and_out
            or
            alice < RESULT 1 {} [1]
            bob < GOODBYE {} wamp.close.killed
        "#]],
    );
}

/// Either the call is answered by who is killed, or it finds nobody, or it is lost with its callee.
#[test]
fn a_kill_and_a_call_to_who_is_killed() {
    check(
        "
        alice joins
        bob   REGISTER 1 {} com.one
        carol joins
        ",
        &["alice CALL 1 {} wamp.session.kill [2147483650]", "carol CALL 1 {} com.one"],
        expect![[r#"
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            carol < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.one"]
            or
            alice < RESULT 1 {}
            bob < INVOCATION i1 r1 {}
            bob < GOODBYE {} wamp.close.killed
            carol < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
        "#]],
    );
}

#[test]
fn a_kill_and_the_answer_of_who_is_killed() {
    check(
        "
        alice joins
        bob   REGISTER 1 {} com.one
        carol CALL 1 {} com.one
        ",
        &["alice CALL 1 {} wamp.session.kill [2147483650]", "bob   YIELD i1 {}"],
        expect![[r#"
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            carol < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            or
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            carol < RESULT 1 {}
        "#]],
    );
}

#[test]
fn two_kills_of_one_session() {
    check(
        "
        alice joins
        bob   joins
        carol joins
        ",
        &[
            "alice CALL 1 {} wamp.session.kill [2147483651]",
            "bob   CALL 1 {} wamp.session.kill [2147483651]",
        ],
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_session ["there is no other session 2147483651"]
            bob < RESULT 1 {}
            carol < GOODBYE {} wamp.close.killed
            or
            alice < RESULT 1 {}
            bob < ERROR 48 1 {} wamp.error.no_such_session ["there is no other session 2147483651"]
            carol < GOODBYE {} wamp.close.killed
        "#]],
    );
}

/// One of them is left.
#[test]
fn two_sessions_kill_each_other() {
    check(
        "
        alice joins
        bob   joins
        ",
        &["alice CALL 1 {} wamp.session.kill_all", "bob   CALL 1 {} wamp.session.kill_all"],
        expect![[r#"
            alice < GOODBYE {} wamp.close.killed
            bob < RESULT 1 {} [1]
            or
            alice < RESULT 1 {} [1]
            bob < GOODBYE {} wamp.close.killed
        "#]],
    );
}

/// Nothing is registered after the kill, and what was is given up.
#[test]
fn a_kill_and_a_register() {
    check(
        "
        alice joins
        bob   joins
        eve   SUBSCRIBE 1 {} wamp.registration.on_register
        eve   SUBSCRIBE 2 {} wamp.registration.on_unregister
        ",
        &["alice CALL 1 {} wamp.session.kill [2147483650]", "bob   REGISTER 1 {} com.one"],
        expect![[r#"
            alice < RESULT 1 {}
            bob < GOODBYE {} wamp.close.killed
            or
            alice < RESULT 1 {}
            bob < REGISTERED 1 r1
            bob < GOODBYE {} wamp.close.killed
            eve < EVENT s1 p1 {} [2147483650,1]
            eve < EVENT s2 p2 {} [2147483650,1]
        "#]],
    );
}

#[test]
fn a_kill_of_all_and_a_hello() {
    check(
        "
        alice joins
        bob   opens
        ",
        &["alice CALL 1 {} wamp.session.kill_all", "bob   HELLO realm1 {}"],
        expect![[r#"
            alice < RESULT 1 {} [0]
            bob < WELCOME #bob {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            or
            alice < RESULT 1 {} [1]
            bob < WELCOME #bob {"realm":"realm1","authid":"anonymous","authrole":"anonymous","authmethod":"anonymous","authprovider":"static","agent":"Crosspoint"}
            bob < GOODBYE {} wamp.close.killed
        "#]],
    );
}
