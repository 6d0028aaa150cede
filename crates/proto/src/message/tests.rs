//! Every message, there and back, in every serializer.

use super::pubsub::Receivers;
use super::rpc::CallOptions;
use super::*;
use crate::id::SessionId;
use crate::payload::Arity;

/// One of each, in the shortest and the longest form.
const MESSAGES: [&str; 59] = [
    r#"[1,"realm1",{"roles":{}}]"#,
    r#"[1,"realm1",{"roles":{"caller":{"features":{"call_canceling":true}},"callee":{"features":{}}},"authid":"joe","authmethods":["ticket","anonymous"],"agent":"A"}]"#,
    r#"[1,"realm1",{"roles":{},"authmethods":["cryptosign"],"authextra":{"pubkey":"p","challenge":"c","nonce":"n","channel_binding":"tls-unique"},"agent":"A"}]"#,
    r#"[2,9129137332,{"roles":{"dealer":{"features":{"call_canceling":true}},"broker":{"features":{"publisher_exclusion":true}}},"realm":"realm1","authid":"joe","authrole":"user","authmethod":"ticket","authprovider":"static","agent":"R"}]"#,
    r#"[2,1,{"roles":{},"realm":"realm1","authid":"joe","authrole":"user","authmethod":"wamp-scram","authprovider":"static","authextra":{"verifier":"v","scram_server_signature":"v"},"agent":"R"}]"#,
    r#"[3,{},"wamp.error.no_such_realm"]"#,
    r#"[3,{"message":"gone"},"wamp.error.no_such_realm"]"#,
    r#"[4,"ticket",{}]"#,
    r#"[4,"wampcra",{"challenge":"{\"nonce\":\"n\"}","salt":"s","iterations":1000,"keylen":32}]"#,
    r#"[4,"cryptosign",{"challenge":"c","channel_binding":"tls-unique","pubkey":"p","signature":"s"}]"#,
    r#"[4,"wamp-scram",{"nonce":"n","kdf":"argon2id13","salt":"s","iterations":2,"memory":19456}]"#,
    r#"[5,"secret",{}]"#,
    r#"[5,"proof",{"nonce":"n","channel_binding":"tls-unique","cbind_data":"d"}]"#,
    r#"[6,{},"wamp.close.goodbye_and_out"]"#,
    r#"[6,{"message":"bye"},"wamp.close.goodbye_and_out"]"#,
    r#"[8,16,1,{},"com.error"]"#,
    r#"[8,32,1,{},"com.error"]"#,
    r#"[8,34,1,{},"com.error"]"#,
    r#"[8,48,1,{},"com.error"]"#,
    r#"[8,64,1,{},"com.error",[1]]"#,
    r#"[8,66,1,{},"com.error",[1],{"a":2}]"#,
    r#"[8,68,1,{},"com.error",[],{}]"#,
    r#"[8,68,1,{"ppt_scheme":"wamp","ppt_cipher":"xsalsa20poly1305"},"com.error",["\\u0000AA=="]]"#,
    r#"[16,1,{},"com.topic"]"#,
    r#"[16,1,{"acknowledge":true,"exclude_me":false},"com.topic",[1,"two"],{"three":3.5}]"#,
    r#"[16,1,{"disclose_me":true,"retain":true,"eligible":[],"eligible_authid":["joe"],"eligible_authrole":["admin","user"],"exclude":[7,9007199254740992],"exclude_authid":["eve"],"exclude_authrole":["guest"],"rkey":"k","ppt_scheme":"x_mine","ppt_keyid":"i"},"com.topic"]"#,
    "[17,1,2]",
    r#"[32,1,{},"com.topic"]"#,
    r#"[32,1,{"match":"prefix"},"com.topic"]"#,
    r#"[32,1,{"match":"wildcard","get_retained":true,"nkey":"node7"},"com..topic"]"#,
    "[33,1,2]",
    "[34,1,2]",
    "[35,1]",
    r#"[35,0,{"subscription":7}]"#,
    r#"[35,0,{"subscription":7,"reason":"com.example.moved"}]"#,
    r"[36,1,9007199254740992,{}]",
    r#"[36,1,2,{},[null,true],{"k":[]}]"#,
    r#"[36,1,2,{"topic":"com.topic"},[]]"#,
    r#"[36,1,2,{"topic":"com.a","publisher":5,"publisher_authid":"joe","publisher_authrole":"user","trustlevel":0,"retained":true,"ppt_scheme":"wamp","ppt_serializer":"cbor"},[1]]"#,
    r#"[48,1,{},"com.procedure"]"#,
    r#"[48,1,{},"com.procedure",["ä"],{"k":{"k":{}}}]"#,
    r#"[48,1,{"progress":true,"receive_progress":true,"disclose_me":true,"timeout":1500,"runmode":"partition","rkey":"k","ppt_scheme":"x_mine","ppt_serializer":"cbor","ppt_cipher":"c","ppt_keyid":"i"},"com.procedure"]"#,
    r#"[49,1,{"mode":"skip"}]"#,
    r"[50,1,{}]",
    r#"[50,1,{},[1],{"k":2}]"#,
    r#"[50,1,{"progress":true},[1],{"k":2}]"#,
    r#"[50,1,{"ppt_scheme":"mqtt","ppt_serializer":"native"},[1]]"#,
    r#"[64,1,{"match":"wildcard","invoke":"first"},"com.procedure"]"#,
    r#"[64,1,{"match":"prefix","invoke":"x_least_pending","disclose_caller":true,"forward_timeout":true,"force_reregister":true,"concurrency":3,"x_queue":100},"com."]"#,
    "[65,1,2]",
    "[66,1,2]",
    "[67,1]",
    r#"[67,0,{"registration":7,"reason":"com.example.moved"}]"#,
    r#"[67,0,{"registration":7}]"#,
    r"[68,1,2,{},[1]]",
    r#"[68,1,2,{"procedure":"com.a","progress":true,"receive_progress":true,"timeout":1,"caller":9007199254740992,"caller_authid":"joe","caller_authrole":"user","trustlevel":0,"ppt_scheme":"wamp","ppt_serializer":"cbor","ppt_cipher":"c","ppt_keyid":"i"},[1],{}]"#,
    r#"[69,1,{"mode":"kill"}]"#,
    r#"[70,1,{"progress":true},[1],{"k":2}]"#,
    r#"[70,1,{"progress":true,"ppt_scheme":"wamp"}]"#,
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

/// A fuzzer found a message that was read with pass-through details, and written without.
#[test]
fn pass_through_that_says_nothing_is_none() {
    for options in [r#"{"ppt_scheme":""}"#, r#"{"ppt_serializer":null,"ppt_keyid":null}"#] {
        for (head, tail) in [("[68,1,2,", r#",["a"]]"#), ("[8,68,1,", r#","com.error"]"#)] {
            let message = format!("{head}{options}{tail}");
            let message = Message::decode(Serializer::Json, message.as_bytes()).unwrap();
            let written = String::from_utf8(encode(&message, Serializer::Json)).unwrap();
            assert_eq!(written, format!("{head}{{}}{tail}"));
            let again = Message::decode(Serializer::Json, written.as_bytes()).unwrap();
            assert_eq!(again, message);
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

/// Clients look for both elements of a progressive result, and some fall over if one is missing.
#[test]
fn a_progressive_result_has_both_payload_elements() {
    for (json, written) in [
        (r#"[50,1,{"progress":true}]"#, r#"[50,1,{"progress":true},[],{}]"#),
        (r#"[50,1,{"progress":true},[1]]"#, r#"[50,1,{"progress":true},[1],{}]"#),
    ] {
        let message = Message::decode(Serializer::Json, json.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(encode(&message, Serializer::Json)).unwrap(), written);
        for serializer in [Serializer::MsgPack, Serializer::Cbor] {
            let (mut there, mut back) = (Vec::new(), Vec::new());
            let payload = message.payload().transcoded(serializer, &mut there).unwrap();
            let octets = encode(&with_payload(&message, payload), serializer);
            let read = Message::decode(serializer, &octets).unwrap();
            let payload = read.payload().transcoded(Serializer::Json, &mut back).unwrap();
            let back = encode(&with_payload(&read, payload), Serializer::Json);
            assert_eq!(String::from_utf8(back).unwrap(), written);
        }
    }
}

#[test]
fn options_are_numbers_as_clients_write_them() {
    let options = |options: &str| {
        let json = format!(r#"[48,1,{options},"com.procedure"]"#);
        match Message::decode(Serializer::Json, json.as_bytes()) {
            Ok(Message::Call(call)) => {
                let CallOptions { timeout_ms, rkey, .. } = call.options;
                Ok(rkey.map_or_else(|| timeout_ms.to_string(), |key| key.to_string()))
            }
            Ok(other) => panic!("{}", other.name()),
            Err(violation) => Err(violation.to_string()),
        }
    };
    assert_eq!(options(r#"{"timeout":1500.0}"#).unwrap(), "1500");
    assert_eq!(options(r#"{"timeout":0.2}"#).unwrap(), "1");
    assert_eq!(options(r#"{"timeout":1e300}"#).unwrap(), u64::MAX.to_string());
    assert_eq!(options(r#"{"timeout":null}"#).unwrap(), "0");
    assert_eq!(options(r#"{"rkey":"k"}"#).unwrap(), "k");
    assert_eq!(options(r#"{"rkey":17}"#).unwrap(), "17");
    for (wrong, why) in [
        (r#"{"timeout":-1}"#, "CALL.Options.timeout must be a non-negative number"),
        (r#"{"timeout":"1"}"#, "CALL.Options.timeout must be a non-negative number"),
        (r#"{"rkey":[1]}"#, "CALL.Options.rkey must be a string or an integer"),
        (r#"{"progress":1}"#, "CALL.Options.progress must be a bool"),
        (r#"{"ppt_scheme":1}"#, "CALL.Options.ppt_scheme must be a string"),
    ] {
        assert_eq!(options(wrong).unwrap_err(), why);
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

#[test]
fn receivers_are_looked_up() {
    let json = br#"[16,1,{"eligible":[9,3,9],"exclude_authid":["mallory","eve"]},"com.topic"]"#;
    let Message::Publish(publish) = Message::decode(Serializer::Json, json).unwrap() else {
        panic!("a PUBLISH");
    };
    let receivers = publish.options.receivers.unwrap().into_static();
    assert!(receivers.include(SessionId(3), "alice", "user"));
    assert!(receivers.include(SessionId(9), "alice", "user"));
    assert!(!receivers.include(SessionId(4), "alice", "user"));
    assert!(!receivers.include(SessionId(3), "eve", "user"));
    assert!(receivers.name_sessions());

    let nobody = Receivers { eligible_authrole: Some(Vec::new().into()), ..Receivers::default() };
    assert!(!nobody.include(SessionId(3), "alice", "user"));
    assert!(Receivers::default().include(SessionId(3), "alice", "user"));
}

#[test]
fn lists_of_receivers_are_what_they_should_be() {
    let publish = |options: &str| {
        let json = format!(r#"[16,1,{options},"com.topic"]"#);
        Message::decode(Serializer::Json, json.as_bytes()).map(|_| ()).map_err(|v| v.to_string())
    };
    // What is null or undefined is not there.
    assert_eq!(publish(r#"{"eligible":null,"exclude_authid":null}"#), Ok(()));
    assert_eq!(publish(r#"{"eligible":[5.0]}"#), Ok(()));
    for options in [
        r#"{"eligible":7}"#,
        r#"{"eligible":["a"]}"#,
        r#"{"exclude":[0]}"#,
        r#"{"exclude":[-1]}"#,
        r#"{"exclude":[1.5]}"#,
        r#"{"eligible_authid":"joe"}"#,
        r#"{"exclude_authrole":[1]}"#,
        &format!(r#"{{"eligible":[1{}]}}"#, ",1".repeat(1 << 16)),
    ] {
        assert!(publish(options).is_err(), "{}", &options[..options.len().min(60)]);
    }
}
