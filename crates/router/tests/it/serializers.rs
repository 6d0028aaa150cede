//! Sessions of different serializers.

use expect_test::expect;

use crate::conversation::check;

#[test]
fn every_serializer_with_every_other() {
    check(
        r#"
        j joins json
        m joins msgpack
        c joins cbor
        j REGISTER 1 {} com.j
        m REGISTER 1 {} com.m
        c REGISTER 1 {} com.c
        j CALL 2 {} com.m [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        m YIELD i1 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        m CALL 2 {} com.c [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        c YIELD i1 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        c CALL 2 {} com.j [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        j YIELD i1 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        "#,
        expect![[r#"
            j < REGISTERED 1 r1
            m < REGISTERED 1 r2
            c < REGISTERED 1 r3
            m < INVOCATION i1 r2 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
            j < RESULT 2 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
            c < INVOCATION i1 r3 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
            m < RESULT 2 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
            j < INVOCATION i1 r1 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
            c < RESULT 2 {} [1,-5,9007199254740993,1.0,"ä",null,"\u0000AQID"] {"k":[true,{}]}
        "#]],
    );
}

#[test]
fn an_event_for_all_serializers() {
    check(
        r#"
        j joins json
        m joins msgpack
        c joins cbor
        j SUBSCRIBE 1 {} com.news
        m SUBSCRIBE 1 {} com.news
        c SUBSCRIBE 1 {} com.news
        c PUBLISH 2 {"exclude_me":false} com.news ["\u0000AQID"]
        "#,
        expect![[r#"
            j < SUBSCRIBED 1 s1
            m < SUBSCRIBED 1 s1
            c < SUBSCRIBED 1 s1
            c < EVENT s1 p1 {} ["\u0000AQID"]
            j < EVENT s1 p1 {} ["\u0000AQID"]
            m < EVENT s1 p1 {} ["\u0000AQID"]
        "#]],
    );
}

#[test]
fn what_a_serializer_cannot_say_is_an_error_to_who_said_it() {
    check(
        r#"
        j joins json
        m joins msgpack
        m REGISTER 1 {} com.m
        m SUBSCRIBE 2 {} com.news
        j CALL 1 {} com.m [100000000000000000000000000000]
        j PUBLISH 2 {"acknowledge":true} com.news [100000000000000000000000000000]
        j REGISTER 3 {} com.j
        m CALL 3 {} com.j
        j YIELD i1 {} [100000000000000000000000000000]
        "#,
        expect![[r#"
            m < REGISTERED 1 r1
            m < SUBSCRIBED 2 s1
            j < ERROR 48 1 {} wamp.error.invalid_argument ["the arguments cannot be put in the callee's serializer: an integer beyond 64 bits at octet 1 of the payload cannot be said in msgpack"]
            j < PUBLISHED 2 p1
            j < REGISTERED 3 r2
            j < INVOCATION i1 r2 {}
            m < ERROR 48 3 {} wamp.error.invalid_argument ["the answer cannot be put in the caller's serializer: an integer beyond 64 bits at octet 1 of the payload cannot be said in msgpack"]
        "#]],
    );
}
