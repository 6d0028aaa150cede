//! Phrases: what messages are made of, and how choices make a message of them. They are written as JSON, and said
//! in the serializer of who says them. `$s`, `$r` and `$u` stand for IDs of a session, a registration and a
//! subscription.

use crosspoint_proto::serializer::{
    CborWriter, JsonReader, JsonWriter, MsgPackWriter, Reader as _, Serializer,
};
use crosspoint_proto::value::Value;

use super::peer::Peer;
use super::realms::{NAMES, NONCE};
use crate::choices::Choices;

const URIS: [&str; 16] = [
    "a.b",
    "a.b.c",
    "a.c",
    "a",
    "b",
    "a.x.c",
    "com.authorize",
    "com.authenticate",
    "a.b.",
    "a..c",
    "",
    ".b.c",
    "wamp.session.on_join",
    "wamp.registration.on_create",
    "wamp.x",
    "a b",
];

const PAYLOADS: [&str; 16] = [
    "",
    ",[]",
    ",[1]",
    r#",[],{"a":[2.5,null]}"#,
    ",[true]",
    r#",[{"allow":true,"cache":true}]"#,
    r#",[{"role":"admin","secret":"secret","authid":"erin"}]"#,
    r#",["admin"]"#,
    ",[18446744073709551615]",
    r#",["\u0000AQID"]"#,
    ",[false]",
    r#",[{"allow":true,"disclose":true}]"#,
    ",[$s]",
    ",[$r]",
    ",[$long]",
    ",[$longer]",
];

const REGISTER: [&str; 8] = [
    r#""match":"prefix""#,
    r#""match":"wildcard""#,
    r#""invoke":"roundrobin""#,
    r#""invoke":"x_least_pending""#,
    r#""concurrency":1"#,
    r#""x_queue":2"#,
    r#""force_reregister":true"#,
    r#""disclose_caller":true"#,
];

const REGISTER_RARELY: [&str; 8] = [
    r#""invoke":"first""#,
    r#""invoke":"last""#,
    r#""invoke":"random""#,
    r#""invoke":"single""#,
    r#""forward_timeout":true"#,
    r#""match":"nonsense""#,
    r#""concurrency":2"#,
    r#""invoke":"all""#,
];

const CALL: [&str; 8] = [
    r#""receive_progress":true"#,
    r#""progress":true"#,
    r#""timeout":100"#,
    r#""disclose_me":true"#,
    r#""rkey":"k""#,
    r#""ppt_scheme":"x_s""#,
    r#""runmode":"partition""#,
    r#""rkey":7"#,
];

const PUBLISH: [&str; 8] = [
    r#""acknowledge":true"#,
    r#""exclude_me":false"#,
    r#""retain":true"#,
    r#""eligible":[$s,$s]"#,
    r#""exclude":[$s]"#,
    r#""rkey":"k""#,
    r#""disclose_me":true"#,
    r#""eligible_authrole":["admin","guest"]"#,
];

const SUBSCRIBE: [&str; 8] = [
    r#""match":"prefix""#,
    r#""match":"wildcard""#,
    r#""get_retained":true"#,
    r#""nkey":"n""#,
    r#""nkey":"m""#,
    r#""match":"exact""#,
    r#""match":1"#,
    r#""x":1"#,
];

const YIELD: [&str; 8] = [
    r#""progress":true"#,
    r#""ppt_scheme":"x_s""#,
    r#""x":1"#,
    r#""ppt_serializer":"cbor""#,
    r#""y":1"#,
    r#""ppt_keyid":"1""#,
    r#""progress":false"#,
    r#""z":1"#,
];

const MODES: [&str; 4] = ["", r#""mode":"skip""#, r#""mode":"kill""#, r#""mode":"killnowait""#];

const ERRORS: [&str; 4] =
    ["com.error", "wamp.error.unavailable", "wamp.error.canceled", "wamp.error.no_such_procedure"];

const META: [&str; 32] = [
    r#""wamp.session.count""#,
    r#""wamp.session.list",[["admin"]]"#,
    r#""wamp.session.list""#,
    r#""wamp.session.get",[$s]"#,
    r#""wamp.session.kill",[$s],{"reason":"a.b"}"#,
    r#""wamp.session.kill_by_authid",["anonymous"]"#,
    r#""wamp.session.kill_by_authrole",["admin"]"#,
    r#""wamp.session.kill_all",[],{"reason":"bad reason"}"#,
    r#""wamp.session.add_testament",["a.b",[1],{}]"#,
    r#""wamp.session.add_testament",["a.b.c",[],{"x":1}],{"scope":"detached","publish_options":{"retain":true}}"#,
    r#""wamp.session.flush_testaments""#,
    r#""wamp.session.flush_testaments",[],{"scope":"detached"}"#,
    r#""wamp.registration.list""#,
    r#""wamp.registration.lookup",["a.b"]"#,
    r#""wamp.registration.lookup",["a",{"match":"prefix"}]"#,
    r#""wamp.registration.match",["a.b.c"]"#,
    r#""wamp.registration.get",[$r]"#,
    r#""wamp.registration.list_callees",[$r]"#,
    r#""wamp.registration.count_callees",[$r]"#,
    r#""wamp.registration.remove_callee",[$r,$s]"#,
    r#""wamp.subscription.list""#,
    r#""wamp.subscription.lookup",["a.b"]"#,
    r#""wamp.subscription.lookup",["a..c",{"match":"wildcard"}]"#,
    r#""wamp.subscription.match",["a.b.c"]"#,
    r#""wamp.subscription.get",[$u]"#,
    r#""wamp.subscription.list_subscribers",[$u]"#,
    r#""wamp.subscription.count_subscribers",[$u]"#,
    r#""wamp.subscription.remove_subscriber",[$u,$s]"#,
    r#""wamp.subscription.get_events",[$u],{"limit":2}"#,
    r#""wamp.subscription.get_events",[$u],{"reverse":true,"from_time":"2026-11-25T14:23:03.000Z","topic":"a.b"}"#,
    r#""wamp.subscription.get_events",[$u]"#,
    r#""wamp.nothing",[1]"#,
];

const FEATURES: [&str; 4] = [
    "",
    r#""call_canceling":true,"call_timeout":true,"progressive_call_results":true,"progressive_call_invocations":true,"registration_revocation":true,"subscription_revocation":true,"payload_passthru_mode":true,"caller_identification":true,"publisher_identification":true"#,
    r#""progressive_call_results":true,"call_canceling":true"#,
    r#""progressive_call_invocations":true,"progressive_call_results":true"#,
];

const METHODS: [&str; 8] = [
    r#""anonymous""#,
    r#""ticket""#,
    r#""wampcra""#,
    r#""scram""#,
    r#""cryptosign""#,
    r#""wamp-scram""#,
    r#""ticket","anonymous""#,
    r#""cookie","wampcra","scram""#,
];

/// What the connection may show.
const SHOWN: [&str; 8] = [
    r#""cookie""#,
    r#""tls""#,
    r#""jwt""#,
    "",
    r#""cookie","ticket""#,
    r#""tls","cookie""#,
    r#""ticket","jwt""#,
    r#""cookie","cryptosign","jwt""#,
];

const AUTHIDS: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", ""];

/// Of eight entries those whose bits are set.
fn entries(choices: &mut Choices<'_>, from: &[&str; 8]) -> String {
    let bits = choices.octet();
    let chosen = from.iter().enumerate().filter(|(bit, _)| bits & 1 << bit != 0);
    chosen.map(|(_, entry)| *entry).collect::<Vec<_>>().join(",")
}

/// Where the octet is that says who somebody claims to be, and what his connection brings along.
pub const AUTHID_AT: usize = 3;

pub fn hello(choices: &mut Choices<'_>) -> String {
    let (realm, features) = (choices.pick(&NAMES), choices.pick(&FEATURES));
    let (methods, authid) = (choices.octet(), choices.pick(&AUTHIDS));
    let methods = if methods < 128 { METHODS } else { SHOWN }[usize::from(methods % 8)];
    // Who says nothing is whom his connection shows.
    let authid = if authid.is_empty() { String::new() } else { format!(r#""authid":"{authid}","#) };
    let roles = ["caller", "callee", "publisher", "subscriber"]
        .map(|role| format!(r#""{role}":{{"features":{{{features}}}}}"#))
        .join(",");
    let (nonce, key) = (NONCE.as_str(), super::realms::KEY.public().to_hex());
    format!(
        r#"[1,"{realm}",{{"roles":{{{roles}}},"authmethods":[{methods}],{authid}"authextra":{{"nonce":"{nonce}","pubkey":"{key}"}}}}]"#
    )
}

/// A request with the next ID.
pub fn request(choices: &mut Choices<'_>, peer: &Peer) -> String {
    let (kind, id) = (choices.below(16), peer.requests + 1);
    match kind {
        0..=2 => {
            let options = entries(choices, &REGISTER);
            format!(r#"[64,{id},{{{options}}},"{}"]"#, choices.pick(&URIS))
        }
        3 => {
            let options = entries(choices, &REGISTER_RARELY);
            format!(r#"[64,{id},{{{options}}},"{}"]"#, choices.pick(&URIS))
        }
        4..=6 => {
            let options = entries(choices, &CALL);
            format!(
                r#"[48,{id},{{{options}}},"{}"{}]"#,
                choices.pick(&URIS),
                choices.pick(&PAYLOADS)
            )
        }
        7 | 8 => format!(r"[48,{id},{{}},{}]", choices.pick(&META)),
        9..=11 => {
            let options = entries(choices, &PUBLISH);
            format!(
                r#"[16,{id},{{{options}}},"{}"{}]"#,
                choices.pick(&URIS),
                choices.pick(&PAYLOADS)
            )
        }
        12 | 13 => {
            let options = entries(choices, &SUBSCRIBE);
            format!(r#"[32,{id},{{{options}}},"{}"]"#, choices.pick(&URIS))
        }
        14 => format!("[66,{id},$r]"),
        _ => format!("[34,{id},$u]"),
    }
}

/// More of an earlier call.
pub fn continuation(choices: &mut Choices<'_>, peer: &Peer) -> String {
    let call = one_of(choices, peer.calls.iter().copied());
    let options = entries(choices, &CALL);
    format!(r#"[48,{call},{{{options}}},"{}"{}]"#, choices.pick(&URIS), choices.pick(&PAYLOADS))
}

pub fn cancel(choices: &mut Choices<'_>, peer: &Peer) -> String {
    let call = one_of(choices, peer.calls.iter().copied());
    format!("[49,{call},{{{}}}]", choices.pick(&MODES))
}

/// What a callee says to an invocation.
pub fn reply(choices: &mut Choices<'_>, peer: &Peer) -> String {
    let invocation = one_of(choices, peer.work.iter().copied());
    if choices.one_in(3) {
        format!(
            r#"[8,68,{invocation},{{}},"{}"{}]"#,
            choices.pick(&ERRORS),
            choices.pick(&PAYLOADS)
        )
    } else {
        let options = entries(choices, &YIELD);
        format!("[70,{invocation},{{{options}}}{}]", choices.pick(&PAYLOADS))
    }
}

/// One of what there is, or an ID that there may not be.
pub fn one_of(choices: &mut Choices<'_>, ids: impl ExactSizeIterator<Item = u64> + Clone) -> u64 {
    let (index, len) = (choices.octet(), ids.len());
    let mut ids = ids;
    if len == 0 || index >= 240 {
        return u64::from(index);
    }
    ids.nth(usize::from(index) % len).unwrap_or(1)
}

/// The same in a serializer, if it can be said there.
pub fn said(serializer: Serializer, text: &str) -> Option<Vec<u8>> {
    let mut reader = JsonReader::new(text.as_bytes());
    let list =
        Value::read_list(&mut reader).unwrap_or_else(|malformed| panic!("{malformed}: {text}"));
    let mut octets = Vec::new();
    let written = match serializer {
        Serializer::Json => Value::write_list(&list, &mut JsonWriter::new(&mut octets)),
        Serializer::MsgPack => Value::write_list(&list, &mut MsgPackWriter::new(&mut octets)),
        Serializer::Cbor => Value::write_list(&list, &mut CborWriter::new(&mut octets)),
    };
    written.ok().map(|()| octets)
}
