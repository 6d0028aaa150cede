//! Breaches of the protocol: each is answered with an ABORT that says what was wrong, and ends the
//! session with all that it held.

use expect_test::{Expect, expect};

use crate::conversation::{Conversation, check};
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;

/// What an established session is told when it sends these octets.
fn told(octets: &str) -> String {
    let mut conversation = Conversation::default();
    conversation.play(&format!("a joins json\na sends {octets}"));
    let transcript = conversation.transcript();
    let (_, message) = transcript.split_once(r#"{"message":"#).unwrap_or(("", &transcript));
    let (message, end) = message.split_once("} ").unwrap_or((message, ""));
    assert_eq!(end, "wamp.error.protocol_violation\na is over\n", "{octets}: {transcript}");
    message.to_owned()
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
fn check_told(octets: &[&str], expected: Expect) {
    let lines: Vec<_> =
        octets.iter().map(|octets| format!("{octets}\n  {}\n", told(octets))).collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn ill_formed_messages() {
    check_told(
        &[
            "[",
            "[]",
            "{}",
            "7",
            "[48,1,{},\"com.add\"",
            "[48,1,{},\"com.add\"]]",
            "[48,1,{},\"com.add\",[1,]]",
            "[48,1,{},\"com.add\",[\"\u{1}\"]]",
            "[\"48\",1,{},\"com.add\"]",
            "[4711,1,{}]",
            "[-1]",
            "[48.5]",
        ],
        expect![[r#"
            [
              "ill-formed json: unexpected end at octet 1"
            []
              "a message must not be an empty list"
            {}
              "a message must be a list"
            7
              "a message must be a list"
            [48,1,{},"com.add"
              "ill-formed json: unexpected end at octet 18"
            [48,1,{},"com.add"]]
              "ill-formed json: more than one value at octet 19"
            [48,1,{},"com.add",[1,]]
              "ill-formed json: expected a value at octet 22"
            [48,1,{},"com.add",[""]]
              "ill-formed json: control character in a string at octet 21"
            ["48",1,{},"com.add"]
              "a message must begin with its type, an integer"
            [4711,1,{}]
              "4711 is not a message type"
            [-1]
              "a message must begin with its type, an integer"
            [48.5]
              "a message must begin with its type, an integer"
        "#]],
    );
}

#[test]
fn wrong_elements() {
    check_told(
        &[
            "[48]",
            "[48,1]",
            "[48,1,{}]",
            "[48,1,[],\"com.add\"]",
            "[48,1,null,\"com.add\"]",
            "[48,1,{},7]",
            "[48,1,{},\"com.add\",{}]",
            "[48,1,{},\"com.add\",[],[]]",
            "[48,1,{},\"com.add\",[],{},1]",
            "[48,\"1\",{},\"com.add\"]",
            "[48,1.5,{},\"com.add\"]",
            "[48,0,{},\"com.add\"]",
            "[48,-1,{},\"com.add\"]",
            "[48,9007199254740993,{},\"com.add\"]",
            "[48,100000000000000000000000000,{},\"com.add\"]",
            "[16,1,{\"acknowledge\":1},\"com.news\"]",
            "[32,1,{\"match\":3},\"com.news\"]",
            "[49,1,{\"mode\":\"softly\"}]",
            "[66,1,0]",
            "[8,48,1,{},\"com.error\"]",
            "[8,49,1,{},\"com.error\"]",
            "[8,7,1,{},\"com.error\"]",
        ],
        expect![[r#"
            [48]
              "CALL is too short: CALL.Request is missing"
            [48,1]
              "CALL is too short: CALL.Options is missing"
            [48,1,{}]
              "CALL is too short: CALL.Procedure is missing"
            [48,1,[],"com.add"]
              "CALL.Options must be a dict"
            [48,1,null,"com.add"]
              "CALL.Options must be a dict"
            [48,1,{},7]
              "CALL.Procedure must be a string"
            [48,1,{},"com.add",{}]
              "CALL.Arguments must be a list"
            [48,1,{},"com.add",[],[]]
              "CALL.ArgumentsKw must be a dict"
            [48,1,{},"com.add",[],{},1]
              "CALL has more elements than it can have"
            [48,"1",{},"com.add"]
              "CALL.Request must be an integer"
            [48,1.5,{},"com.add"]
              "CALL.Request must be an integer"
            [48,0,{},"com.add"]
              "CALL.Request is 0, but IDs are from 1 to 2^53"
            [48,-1,{},"com.add"]
              "CALL.Request is -1, but IDs are from 1 to 2^53"
            [48,9007199254740993,{},"com.add"]
              "CALL.Request is 9007199254740993, but IDs are from 1 to 2^53"
            [48,100000000000000000000000000,{},"com.add"]
              "CALL.Request must be an integer"
            [16,1,{"acknowledge":1},"com.news"]
              "PUBLISH.Options.acknowledge must be a bool"
            [32,1,{"match":3},"com.news"]
              "SUBSCRIBE.Options.match must be a string"
            [49,1,{"mode":"softly"}]
              "CANCEL.Options.mode must be skip, kill or killnowait"
            [66,1,0]
              "UNREGISTER.REGISTERED.Registration is 0, but IDs are from 1 to 2^53"
            [8,48,1,{},"com.error"]
              "ERROR.REQUEST.Type is 48, but only an INVOCATION (68) can be answered with an ERROR"
            [8,49,1,{},"com.error"]
              "ERROR.REQUEST.Type is 49, which is not the type of a request"
            [8,7,1,{},"com.error"]
              "ERROR.REQUEST.Type is 7, which is not the type of a request"
        "#]],
    );
}

#[test]
fn messages_at_the_wrong_time() {
    check_told(
        &[
            "[1,\"realm1\",{}]",
            "[2,1,{}]",
            "[4,\"ticket\",{}]",
            "[5,\"secret\",{}]",
            "[17,1,1]",
            "[33,1,1]",
            "[35,1]",
            "[36,1,1,{}]",
            "[50,1,{}]",
            "[65,1,1]",
            "[67,1]",
            "[68,1,1,{}]",
            "[69,1,{}]",
            "[70,1,{}]",
            "[8,68,1,{},\"com.error\"]",
        ],
        expect![[r#"
            [1,"realm1",{}]
              "received HELLO after the session was established"
            [2,1,{}]
              "received WELCOME after the session was established"
            [4,"ticket",{}]
              "received CHALLENGE after the session was established"
            [5,"secret",{}]
              "received AUTHENTICATE after the session was established"
            [17,1,1]
              "received PUBLISHED after the session was established"
            [33,1,1]
              "received SUBSCRIBED after the session was established"
            [35,1]
              "received UNSUBSCRIBED after the session was established"
            [36,1,1,{}]
              "received EVENT after the session was established"
            [50,1,{}]
              "received RESULT after the session was established"
            [65,1,1]
              "received REGISTERED after the session was established"
            [67,1]
              "received UNREGISTERED after the session was established"
            [68,1,1,{}]
              "received INVOCATION after the session was established"
            [69,1,{}]
              "received INTERRUPT after the session was established"
            [70,1,{}]
              "YIELD answers invocation 1, which was never sent to this session"
            [8,68,1,{},"com.error"]
              "ERROR answers invocation 1, which was never sent to this session"
        "#]],
    );
}

#[test]
fn a_hello_that_is_all_methods() {
    let mut conversation = Conversation::default();
    let methods = vec!["\"\""; 1000].join(",");
    conversation.play(&format!("a HELLO realm1 {{\"authmethods\":[{methods}]}}"));
    expect![[r#"
        a < ABORT {"message":"HELLO.Details.authmethods must be a list of at most 32 strings"} wamp.error.protocol_violation
        a is over
    "#]].assert_eq(&conversation.transcript());
}

#[test]
fn messages_before_hello() {
    check(
        "
        a opens
        a CALL 1 {} com.add
        b opens
        b GOODBYE {} wamp.close.close_realm
        c opens
        c YIELD 1 {}
        d opens
        d ERROR 68 1 {} com.error
        e opens
        e sends [
        f opens
        f ABORT {} com.error
        ",
        expect![[r#"
            a < ABORT {"message":"received CALL before the session was established: HELLO comes first"} wamp.error.protocol_violation
            a is over
            b < ABORT {"message":"received GOODBYE before the session was established: HELLO comes first"} wamp.error.protocol_violation
            b is over
            c < ABORT {"message":"received YIELD before the session was established: HELLO comes first"} wamp.error.protocol_violation
            c is over
            d < ABORT {"message":"received ERROR before the session was established: HELLO comes first"} wamp.error.protocol_violation
            d is over
            e < ABORT {"message":"ill-formed json: unexpected end at octet 1"} wamp.error.protocol_violation
            e is over
            f is over
        "#]],
    );
}

#[test]
fn a_violation_disposes_of_everything() {
    check(
        "
        bob   REGISTER 1 {} com.add
        bob   SUBSCRIBE 2 {} com.news
        alice CALL 1 {} com.add
        bob   HELLO realm1 {}
        bob   YIELD i1 {}
        alice CALL 2 {} com.add
        alice PUBLISH 3 {} com.news
        carol REGISTER 1 {} com.add
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < SUBSCRIBED 2 s1
            bob < INVOCATION i1 r1 {}
            alice < ERROR 48 1 {} wamp.error.canceled ["the callee left before it answered"]
            bob < ABORT {"message":"received HELLO after the session was established"} wamp.error.protocol_violation
            bob is over
            alice < ERROR 48 2 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            carol < REGISTERED 1 r2
        "#]],
    );
}

#[test]
fn request_ids_of_a_session_that_counts() {
    check(
        "
        alice CALL 1 {} com.add
        alice CALL 3 {} com.add
        bob   CALL 1 {} com.add
        bob   CALL 1 {} com.add
        carol SUBSCRIBE 1 {} com.news
        carol PUBLISH 1 {} com.news
        ",
        expect![[r#"
            alice < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            alice < ABORT {"message":"CALL.Request is 3, but this session's next request is 2"} wamp.error.protocol_violation
            alice is over
            bob < ERROR 48 1 {} wamp.error.no_such_procedure ["no callee has registered com.add"]
            bob < ABORT {"message":"CALL.Request is 1, but this session's next request is 2"} wamp.error.protocol_violation
            bob is over
            carol < SUBSCRIBED 1 s1
            carol < ABORT {"message":"PUBLISH.Request is 1, but this session's next request is 2"} wamp.error.protocol_violation
            carol is over
        "#]],
    );
}

#[test]
fn request_ids_of_a_session_that_does_not_count() {
    check(
        "
        bob   REGISTER 1 {} com.add
        alice CALL 77 {} com.add
        alice CALL 5 {} com.add
        alice CALL 1 {} com.add
        alice CALL 5 {} com.add
        ",
        expect![[r#"
            bob < REGISTERED 1 r1
            bob < INVOCATION i1 r1 {}
            bob < INVOCATION i2 r1 {}
            bob < INVOCATION i3 r1 {}
            alice < ABORT {"message":"CALL.Request 5 is the ID of a call that is still in flight, and is not progressive"} wamp.error.protocol_violation
            alice is over
        "#]],
    );
    let mut strict = Conversation::new(Limits::default(), UncountedRequests::Refuse);
    strict.play("alice CALL 77 {} com.add");
    expect![[r#"
        alice < ABORT {"message":"CALL.Request is 77, but this session's next request is 1"} wamp.error.protocol_violation
        alice is over
    "#]].assert_eq(&strict.transcript());
}
