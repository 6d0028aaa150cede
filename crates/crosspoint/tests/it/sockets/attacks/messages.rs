//! Frames that are too long, or say that they are; what is small until it is unpacked; what is nested, or collides.

use std::fmt::Write as _;
use std::io::Write as _;

use crosspoint_proto::serializer::Serializer;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::client::{Client, HELLO, MESSAGE_TOO_BIG, PROTOCOL_ERROR, Transport, hello_in};
use super::super::frames;
use super::super::response::Response;
use super::super::upgrade;
use super::super::wire::Wire;
use super::Besieged;

const TOO_LONG: &str = "a message is longer than the 16777216 octets allowed";

/// Nobody waits for what was announced: it is refused when it is.
#[tokio::test]
async fn giant_lengths_are_refused_at_once() {
    let mut besieged = Besieged::start().await;
    for (length, text, code) in [
        ((16 << 20) + 1, TOO_LONG, MESSAGE_TOO_BIG),
        (1 << 32, TOO_LONG, MESSAGE_TOO_BIG),
        ((1 << 63) - 1, TOO_LONG, MESSAGE_TOO_BIG),
        (u64::MAX, "a frame has a length of 2^63 octets or more", PROTOCOL_ERROR),
    ] {
        let mut attacker = besieged.attacker().await;
        attacker.wire.write(&frames::websocket_announcing(frames::TEXT, length)).await;
        attacker.expect_violation(text, code).await;
    }
    let mut attacker = Client::join(&besieged.server, Transport::RawSocket).await;
    // With the 25th bit of the length, one octet beyond what the handshake allows.
    attacker.wire.write(&[frames::RAWSOCKET_MESSAGE | 1 << 3, 0, 0, 1]).await;
    attacker.expect_violation("a frame claims to be longer than 2^24 octets", PROTOCOL_ERROR).await;
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 5);
    besieged.assert_healthy().await;
}

/// Who has no session yet is a stranger, of whom there may be thousands: his messages are short.
#[tokio::test]
async fn strangers_messages_are_short() {
    let mut besieged = Besieged::start().await;
    let text = "a message is longer than the 65536 octets allowed before WELCOME";
    for (transport, announced) in [
        (Transport::WebSocket, frames::websocket_announcing(frames::TEXT, (1 << 16) + 1)),
        (Transport::RawSocket, vec![frames::RAWSOCKET_MESSAGE, 1, 0, 1]),
    ] {
        let mut attacker = Client::connect(&besieged.server, transport).await;
        attacker.wire.write(&announced).await;
        attacker.expect_violation(text, MESSAGE_TOO_BIG).await;
        // Also who has been asked for his proof is a stranger yet.
        let mut attacker = Client::connect(&besieged.server, transport).await;
        attacker
            .send(
                r#"[1,"realm1",{"authid":"alice","authmethods":["ticket"],"roles":{"caller":{}}}]"#,
            )
            .await;
        attacker.expect(r#"[4,"ticket",{}]"#).await;
        attacker.wire.write(&announced).await;
        attacker.expect_violation(text, MESSAGE_TOO_BIG).await;
    }
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 4);
    besieged.assert_healthy().await;
}

/// What comes right behind HELLO is a session's, however it has been sent.
#[tokio::test]
async fn what_stands_behind_hello_is_not_judged_as_a_strangers() {
    let mut besieged = Besieged::start().await;
    for transport in [Transport::WebSocket, Transport::RawSocket] {
        let long = "x".repeat(1 << 17);
        let call = format!(r#"[48,1,{{}},"com.example.echo",["{long}"]]"#);
        let mut client = Client::connect(&besieged.server, transport).await;
        client.wire.write(&[transport.frame(HELLO), transport.frame(&call)].concat()).await;
        client.expect_welcome().await;
        let invocation = besieged.callee.receive().await;
        let (id, _) = invocation.strip_prefix("[68,").unwrap().split_once(',').unwrap();
        besieged.callee.send(&format!("[70,{id},{{}}]")).await;
        client.expect("[50,1,{}]").await;
    }
    besieged.assert_healthy().await;
}

/// So many clients announce the longest message that there is, over each framing, and send the first octet of it: what
/// the router has reserved for them is far less than what they have announced.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_announced_is_not_reserved() {
    const CLIENTS: usize = 100;
    const ANNOUNCED: u64 = 1 << 24;
    let router = crate::process::Router::start();
    let address = router.address.parse().unwrap();
    let mut attackers = Vec::new();
    for number in 0..CLIENTS {
        let (transport, header) = if number % 2 == 0 {
            (Transport::WebSocket, frames::websocket_announcing(frames::TEXT, ANNOUNCED))
        } else {
            (Transport::RawSocket, vec![frames::RAWSOCKET_MESSAGE, 0xFF, 0xFF, 0xFF])
        };
        let mut client = Client::connect_to(address, transport).await;
        client.hello().await;
        attackers.push((client, header));
    }
    let before = reserved_octets(router.process.id());
    for (client, header) in &mut attackers {
        client.wire.write(&[header, &b"["[..]].concat()).await;
    }
    // Who comes after them is served after them.
    Client::connect_to(address, Transport::RawSocket).await.hello().await;
    let reserved = reserved_octets(router.process.id()).saturating_sub(before);
    let announced = CLIENTS as u64 * ANNOUNCED;
    assert!(reserved < announced / 20, "{reserved} of {announced} octets");
}

/// What a process has reserved for data, whether it has touched it or not.
#[cfg(target_os = "linux")]
fn reserved_octets(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:")).unwrap();
    let kibibytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    kibibytes << 10
}

/// A message that comes in pieces, each of which is short, and that does not end.
#[tokio::test]
async fn fragments_without_end_are_refused() {
    let mut besieged = Besieged::start().await;
    let mut attacker = besieged.attacker().await;
    attacker.wire.write(&frames::websocket(frames::TEXT_BEGINS, b"[")).await;
    let fragment = frames::websocket(frames::CONTINUES, &vec![b' '; 1 << 20]);
    for _ in 0..16 {
        // It may be let go in the middle of one.
        if attacker.wire.try_write(&fragment).await.is_err() {
            break;
        }
        besieged.serve().await;
    }
    attacker
        .expect(&format!(r#"[3,{{"message":"{TOO_LONG}"}},"wamp.error.protocol_violation"]"#))
        .await;
    drop(attacker);
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 1);
    besieged.assert_healthy().await;
}

/// 256 MiB of nothing, in 256 kB; in one frame, and in two of which neither tells what it is.
#[tokio::test]
async fn decompression_bombs_are_refused() {
    let mut besieged = Besieged::start().await;
    let mut bomb = DeflateEncoder::new(Vec::new(), Compression::best());
    for _ in 0..256 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 19);
    let (one, other) = bomb.split_at(100);
    let begins = frames::TEXT_COMPRESSED & !frames::CONTINUES_LAST;
    let in_two = [frames::websocket(begins, one), frames::websocket(frames::CONTINUES_LAST, other)];
    for message in [frames::websocket(frames::TEXT_COMPRESSED, &bomb), in_two.concat()] {
        let offer = ("Sec-WebSocket-Extensions", "permessage-deflate");
        let mut wire = Wire::connect(&besieged.server).await;
        wire.write(upgrade::request("/ws", &[upgrade::JSON, offer]).as_bytes()).await;
        assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
        let mut attacker = Client::after_handshake(wire, Transport::WebSocket);
        attacker.send(HELLO).await;
        let _welcome = frames::read_websocket(&mut attacker.wire).await;
        attacker.wire.write(&message).await;
        attacker.expect_violation(TOO_LONG, MESSAGE_TOO_BIG).await;
    }
    assert_eq!(besieged.counted(|it| &it.protocol_violations), 2);
    besieged.assert_healthy().await;
}

/// A client of any serializer.
async fn join_in(besieged: &Besieged, serializer: Serializer, number: u8) -> Wire {
    let mut wire = Wire::connect(&besieged.server).await;
    wire.write(&[0x7F, 0xF0 | number, 0, 0]).await;
    assert_eq!(wire.read(4).await, [0x7F, 0xF0 | number, 0, 0]);
    wire.write(&frames::rawsocket(frames::RAWSOCKET_MESSAGE, hello_in(serializer))).await;
    frames::read_rawsocket(&mut wire).await;
    wire
}

/// Wherever a value may stand: in options, among arguments, by name.
#[tokio::test]
async fn deep_nesting_is_refused() {
    use Serializer::{Cbor, Json, MsgPack};
    const DEPTH: usize = 1_000_000;
    let mut besieged = Besieged::start().await;
    let call = |head: &[u8], nest: &[u8]| [head, &nest.repeat(DEPTH)].concat();
    let attacks = [
        (Json, 1, call(br#"[48,1,{},"com.example.echo","#, b"[")),
        (Json, 1, call(br#"[48,1,"#, br#"{"a":"#)),
        (MsgPack, 2, call(b"\x95\x30\x01\x80\xA5com.a", b"\x91")),
        (MsgPack, 2, call(b"\x94\x30\x01", b"\x81\xA1a")),
        (Cbor, 3, call(b"\x85\x18\x30\x01\xA0\x65com.a", b"\x81")),
        (Cbor, 3, call(b"\x85\x18\x30\x01\xA0\x65com.a", b"\x9F")),
        (Cbor, 3, call(b"\x85\x18\x30\x01\xA0\x65com.a\x81", b"\xC1")),
        (Cbor, 3, call(b"\x84\x18\x30\x01", b"\xA1\x61a")),
    ];
    let count = attacks.len() as u64;
    for (serializer, number, message) in attacks {
        let mut wire = join_in(&besieged, serializer, number).await;
        wire.write(&frames::rawsocket(frames::RAWSOCKET_MESSAGE, &message)).await;
        let (_, abort) = frames::read_rawsocket(&mut wire).await;
        let abort = abort.escape_ascii().to_string();
        assert!(abort.contains("nested too deep"), "{serializer}: {abort}");
        assert!(abort.contains("wamp.error.protocol_violation"), "{serializer}: {abort}");
        assert_eq!(wire.read_to_end().await, b"");
    }
    assert_eq!(besieged.counted(|it| &it.protocol_violations), count);
    besieged.assert_healthy().await;
}

/// What is no message is none in any serializer, and is told so.
#[tokio::test]
async fn garbage_is_refused() {
    let mut besieged = Besieged::start().await;
    let garbage = [
        "",
        "[",
        "{}",
        "null",
        "[]",
        "[48]",
        "[48,1]",
        "[999,1]",
        "[-1]",
        "[1e400]",
        "[\"48\"]",
        "[48,0,{},\"com.a\"]",
        "[48,9007199254740993,{},\"com.a\"]",
        "[48,1,[],\"com.a\"]",
        "[48,1,{},{}]",
        "[48,1,{},\"com.a\",{}]",
        "[48,1,{},\"com.a\",[],[]]",
        "[48,1,{},\"com.a\",[],{},1]",
        "[48,1,{},\"com.a\"]]",
        "[2,1,{}]",
        "[65,1,1]",
        "[48,1,{\"a\":1,},\"com.a\"]",
        "[5,\"sesame\",{}]",
        "[1,\"realm1\",{}]",
    ];
    for message in garbage {
        let mut attacker = besieged.attacker().await;
        attacker.send(message).await;
        let abort = attacker.receive().await;
        assert!(abort.ends_with(r#""wamp.error.protocol_violation"]"#), "{message}: {abort}");
        attacker.expect_end(PROTOCOL_ERROR).await;
    }
    assert_eq!(besieged.counted(|it| &it.protocol_violations), garbage.len() as u64);
    besieged.assert_healthy().await;
}

/// Texts that are all one to hash functions that are the same everywhere: Java's, and others that multiply by 31.
/// They are taken like others. (What they cost, no test can say that looks at no clock.)
#[tokio::test]
async fn keys_that_collide_are_taken_like_others() {
    const BITS: u32 = 16;
    let mut besieged = Besieged::start().await;
    let key = |number: u32| -> String {
        (0..BITS).map(|bit| if number & (1 << bit) == 0 { "Aa" } else { "BB" }).collect()
    };
    let mut dict = String::from("{");
    for number in 0..1 << BITS {
        write!(dict, r#"{}"{}":1"#, if number == 0 { "" } else { "," }, key(number)).unwrap();
    }
    dict.push('}');
    let mut attacker = besieged.attacker().await;
    attacker.send(&format!(r#"[48,1,{dict},"com.example.none",[],{dict}]"#)).await;
    attacker.expect(r#"[8,48,1,{},"wamp.error.no_such_procedure",["no callee has registered com.example.none"]]"#).await;
    attacker.request();
    for number in 0..1 << 10 {
        attacker.register(&format!("com.example.{}", key(number))).await;
        attacker.subscribe(&format!("com.example.{}", key(number))).await;
        if number % 100 == 0 {
            besieged.serve().await;
        }
    }
    assert_eq!(besieged.counted(|it| &it.requests_refused), 1);
    drop(attacker);
    besieged.assert_healthy().await;
}
