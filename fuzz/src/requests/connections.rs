//! Connections up to their first message: they are answered alike in whatever pieces the octets come, and where
//! proxies are to speak first nobody is answered who is none, or says nothing sensible.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use crosspoint::fuzzing::requests::Gate;
use crosspoint::server::ListenerSettings;
use crosspoint_proto::transport::PeerAddress;
use crosspoint_router::router::{Census, Router};

use super::heads::{PEERS, listeners};
use crate::choices::Choices;
use crate::router::realms;

/// What a `RawSocket` begins with.
const MAGIC: u8 = 0x7f;

/// What HTTP/2 begins with.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// So much of a request is read, as `listener` has it.
const REQUEST_OCTETS_MAX: usize = 16 << 10;

struct World {
    gates: [Gate; 4],
    router: Arc<Router>,
}

/// Where proxies speak first, and where each protocol is spoken.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let router = Arc::new(Router::new(realms::settings(false)));
    let here = |settings| ListenerSettings {
        place: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
        connections_per_address_max: 1,
        ..settings
    };
    let [behind, listed, open] = listeners().map(here);
    let announced = ListenerSettings { proxy_protocol: true, ..behind.clone() };
    let rawsocket = ListenerSettings { websocket: false, ..listed };
    let websocket = ListenerSettings { rawsocket: false, ..open };
    let gates = [announced, behind, rawsocket, websocket];
    let gates = gates.map(|it| Gate::new(it, Arc::clone(&router)).expect("there is a port"));
    World { gates, router }
});

pub fn check(mut choices: Choices<'_>) {
    let (gate, peer) = (choices.below(4), *choices.pick(&*PEERS));
    let pieces = choices.below(8);
    let lengths: Vec<_> = choices.take(pieces).iter().map(|&len| usize::from(len) + 1).collect();
    let stream = choices.0;
    let whole = answer(gate, peer, &[stream]);
    let mut pieces = Vec::new();
    let mut rest = stream;
    for len in lengths {
        let (piece, others) = rest.split_at(len.min(rest.len()));
        pieces.push(piece);
        rest = others;
    }
    if !pieces.is_empty() {
        pieces.push(rest);
        let pieced = answer(gate, peer, &pieces);
        let may_differ = is_refused_as_it_comes(http_of(gate, stream))
            && [&pieced, &whole].into_iter().all(|answer| is_hypers(answer));
        assert!(pieced == whole || may_differ, "{pieced}, and at once {whole}");
    }
    let is_proxy = matches!(peer, PeerAddress::Unix { .. }) || {
        let proxies = [PEERS[0], PEERS[2], PEERS[3], PEERS[6]];
        proxies.contains(&peer)
    };
    let announces = stream.starts_with(b"PROXY") || stream.starts_with(b"\r\n\r\n\0\r\nQUIT\n");
    assert!(gate != 0 || is_proxy && announces || whole.is_empty(), "{whole}");
    let census = WORLD.router.census();
    let subscriptions = realms::histories(&WORLD.router.realm_names());
    assert_eq!(census, Census { subscriptions, ..Census::default() }, "left behind");
}

/// What stands behind a proxy's announcement, where there has to be one.
fn http_of(gate: usize, stream: &[u8]) -> &[u8] {
    let announced = match stream {
        _ if gate != 0 => Some(0),
        [b'P', ..] => stream.windows(2).position(|it| it == b"\r\n").map(|end| end + 2),
        [_, ..] => {
            stream.get(14..16).map(|len| 16 + usize::from(u16::from_be_bytes([len[0], len[1]])))
        }
        [] => None,
    };
    announced.and_then(|len| stream.get(len..)).unwrap_or_default()
}

/// Does hyper refuse this or end the connection without a word, depending on the pieces in which it comes? That is so in
/// two cases, which cost nobody more than an answer:
///
/// - The head has no end. What comes first is parsed, and refused if it is wrong already. If it is right so far, hyper
///   waits for an empty line before it parses more (`is_complete_fast` in its `proto/h1/role.rs`); what is wrong then
///   it does not see, and at the end of the stream, or of its buffer, says of it only that something is missing.
/// - It is HTTP/2, which is refused for its version. But if all of the preface is there by then (`has_h2_prefix` in
///   `proto/h1/conn.rs`), hyper leaves it to its caller to speak HTTP/2 instead.
fn is_refused_as_it_comes(http: &[u8]) -> bool {
    let read = &http[..http.len().min(REQUEST_OCTETS_MAX)];
    let empty_lines = read.iter().take_while(|it| matches!(it, b'\r' | b'\n')).count();
    let head = &read[empty_lines..];
    let has = |end: &[u8]| head.windows(end.len()).any(|it| it == end);
    let has_end = has(b"\r\n\r\n") || has(b"\n\n") || has(b"\n\r\n");
    !has_end || head.starts_with(HTTP_2)
}

/// A refusal that hyper makes, or none. Ours say what they are written in.
fn is_hypers(answer: &str) -> bool {
    answer.is_empty() || answer.starts_with("HTTP/1.1 4") && !answer.contains("content-type:")
}

/// What comes back, without what is drawn or depends on the time: the answer to a `RawSocket`'s handshake, or the head
/// of the first response.
fn answer(gate: usize, peer: PeerAddress, pieces: &[&[u8]]) -> String {
    let answer = WORLD.gates[gate].connect(peer, pieces).expect("there are sockets");
    if answer.first() == Some(&MAGIC) {
        return answer[..4].escape_ascii().to_string();
    }
    let text = String::from_utf8_lossy(&answer);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let is_drawn = |line: &&str| line.starts_with("date:") || line.starts_with("set-cookie:");
    head.lines().filter(|line| !is_drawn(line)).collect::<Vec<_>>().join("\n")
}
