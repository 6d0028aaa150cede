//! Every message, there and back, in every serializer.

use super::*;
use crate::payload::Arity;

/// One of each, in the shortest and the longest form.
const MESSAGES: [&str; 38] = [
    r#"[1,"realm1",{"roles":{}}]"#,
    r#"[1,"realm1",{"roles":{"caller":{"features":{"call_canceling":true}},"callee":{"features":{}}},"authid":"joe","authmethods":["ticket","anonymous"],"agent":"A"}]"#,
    r#"[2,9129137332,{"roles":{"dealer":{"features":{"call_canceling":true}},"broker":{"features":{"publisher_exclusion":true}}},"realm":"realm1","authid":"joe","authrole":"user","authmethod":"ticket","authprovider":"static","agent":"R"}]"#,
    r#"[3,{},"wamp.error.no_such_realm"]"#,
    r#"[3,{"message":"gone"},"wamp.error.no_such_realm"]"#,
    r#"[4,"ticket",{}]"#,
    r#"[5,"secret",{}]"#,
    r#"[6,{},"wamp.close.goodbye_and_out"]"#,
    r#"[6,{"message":"bye"},"wamp.close.goodbye_and_out"]"#,
    r#"[8,16,1,{},"com.error"]"#,
    r#"[8,32,1,{},"com.error"]"#,
    r#"[8,34,1,{},"com.error"]"#,
    r#"[8,48,1,{},"com.error"]"#,
    r#"[8,64,1,{},"com.error",[1]]"#,
    r#"[8,66,1,{},"com.error",[1],{"a":2}]"#,
    r#"[8,68,1,{},"com.error",[],{}]"#,
    r#"[16,1,{},"com.topic"]"#,
    r#"[16,1,{"acknowledge":true,"exclude_me":false},"com.topic",[1,"two"],{"three":3.5}]"#,
    "[17,1,2]",
    r#"[32,1,{},"com.topic"]"#,
    r#"[32,1,{"match":"prefix"},"com.topic"]"#,
    "[33,1,2]",
    "[34,1,2]",
    "[35,1]",
    r"[36,1,9007199254740992,{}]",
    r#"[36,1,2,{},[null,true],{"k":[]}]"#,
    r#"[48,1,{},"com.procedure"]"#,
    r#"[48,1,{},"com.procedure",["ä"],{"k":{"k":{}}}]"#,
    r#"[49,1,{"mode":"skip"}]"#,
    r"[50,1,{}]",
    r#"[50,1,{},[1],{"k":2}]"#,
    r#"[64,1,{"match":"wildcard","invoke":"first"},"com.procedure"]"#,
    "[65,1,2]",
    "[66,1,2]",
    "[67,1]",
    r"[68,1,2,{},[1]]",
    r#"[69,1,{"mode":"kill"}]"#,
    r#"[70,1,{"progress":true},[1],{"k":2}]"#,
];

fn encode(message: &Message<'_>, serializer: Serializer) -> Vec<u8> {
    let mut octets = Vec::new();
    let encoded = message.encode(serializer, &mut octets);
    octets.extend_from_slice(encoded.payload);
    octets.extend_from_slice(encoded.tail);
    octets
}

#[test]
fn what_is_read_is_written_as_it_was() {
    for json in MESSAGES {
        let message = Message::decode(Serializer::Json, json.as_bytes()).unwrap();
        let written = encode(&message, Serializer::Json);
        assert_eq!(String::from_utf8(written).unwrap(), json, "{}", message.name());
    }
}

#[test]
fn every_serializer_says_the_same() {
    for json in MESSAGES {
        let message = Message::decode(Serializer::Json, json.as_bytes()).unwrap();
        for serializer in [Serializer::MsgPack, Serializer::Cbor] {
            let mut transcoded = Vec::new();
            let payload = message.payload().transcoded(serializer, &mut transcoded).unwrap();
            let there = encode(&with_payload(&message, payload), serializer);
            let read = Message::decode(serializer, &there).unwrap();
            assert_eq!(encode(&read, serializer), there, "{json}");

            let mut back = Vec::new();
            let payload = read.payload().transcoded(Serializer::Json, &mut back).unwrap();
            let back = encode(&with_payload(&read, payload), Serializer::Json);
            assert_eq!(String::from_utf8(back).unwrap(), json);
        }
    }
}

#[test]
fn a_message_that_is_cut_off_is_refused() {
    for json in MESSAGES {
        let message = Message::decode(Serializer::Json, json.as_bytes()).unwrap();
        for serializer in Serializer::ALL {
            let mut transcoded = Vec::new();
            let payload = message.payload().transcoded(serializer, &mut transcoded).unwrap();
            let whole = encode(&with_payload(&message, payload), serializer);
            for len in 0..whole.len() {
                assert!(Message::decode(serializer, &whole[..len]).is_err(), "{json} at {len}");
            }
        }
    }
}

#[test]
fn integers_may_come_as_floats_and_nothing_as_undefined() {
    let call = Message::decode(Serializer::Json, br#"[48.0,1e0,{},"com.procedure"]"#).unwrap();
    assert_eq!(call.name(), "CALL");
    // [32, 1, {"match": undefined}, "a"], as JavaScript's libraries write it.
    let msgpack = b"\x94\x20\x01\x81\xa5match\xd4\x00\x00\xa1a";
    let cbor = b"\x84\x18\x20\x01\xa1\x65match\xf7\x61a";
    for (serializer, octets) in [(Serializer::MsgPack, &msgpack[..]), (Serializer::Cbor, cbor)] {
        let Message::Subscribe(subscribe) = Message::decode(serializer, octets).unwrap() else {
            panic!("a SUBSCRIBE");
        };
        assert_eq!(subscribe.options.matching, None);
    }
}

#[test]
fn a_payload_is_a_slice_of_the_message() {
    let json = br#" [ 48 , 7 , { } , "com.procedure" , [ 1 , [] ] , { "k" : 2 } ] "#;
    let message = Message::decode(Serializer::Json, json).unwrap();
    let payload = message.payload();
    assert_eq!(payload.arity, Arity::ArgsKwargs);
    assert_eq!(payload.octets, br#"[ 1 , [] ] , { "k" : 2 }"#);
}

fn with_payload<'m>(message: &Message<'m>, payload: Payload<'m>) -> Message<'m> {
    let mut message = message.clone();
    match &mut message {
        Message::Error(message) => message.payload = payload,
        Message::Publish(message) => message.payload = payload,
        Message::Event(message) => message.payload = payload,
        Message::Call(message) => message.payload = payload,
        Message::Result(message) => message.payload = payload,
        Message::Invocation(message) => message.payload = payload,
        Message::Yield(message) => message.payload = payload,
        _ => {}
    }
    message
}
