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
        assert_eq!(answer(gate, peer, &pieces), whole);
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

/// What comes back, without what is drawn or depends on the time: the answer to a `RawSocket`'s handshake, or the head
/// of the first response.
fn answer(gate: usize, peer: PeerAddress, pieces: &[&[u8]]) -> String {
    let answer = WORLD.gates[gate].connect(peer, pieces).expect("there are sockets");
    if answer.first() == Some(&MAGIC) {
        return answer[..4].escape_ascii().to_string();
    }
    let text = String::from_utf8_lossy(&answer);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    // What is not HTTP at all hyper refuses with a word or without, as it comes.
    if !head.contains("content-type:") && !head.contains(" 101 ") {
        return String::new();
    }
    let is_drawn = |line: &&str| line.starts_with("date:") || line.starts_with("set-cookie:");
    head.lines().filter(|line| !is_drawn(line)).collect::<Vec<_>>().join("\n")
}
