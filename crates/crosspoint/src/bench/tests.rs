//! Every workload against the relay and against the router, in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use crosspoint_proto::serializer::Serializer;
use crosspoint_router::limits::Limits;
use tokio::runtime::Runtime;

use super::dialect::wamp::relayed_octets;
use super::generator::Generator;
use super::party::{load_relay, load_router};
use super::relay::{Relay, SCHEME};
use super::stalled::stall;
use super::url::{Transport, Url};
use super::workload::{Audience, Workload};
use crate::server::{ListenerSettings, Server, ServerSettings};

/// Runs until so much was delivered; twice, as rounds follow each other.
fn deliver(mut generator: Generator, enough: u64) {
    for round in 1..=2 {
        generator.start().unwrap();
        generator.run_while(|delivered| delivered < round * enough).unwrap();
        generator.finish().unwrap();
        assert!(generator.delivered() >= round * enough);
    }
}

fn serve() -> (Runtime, Server) {
    let runtime = Runtime::new().unwrap();
    let settings = ServerSettings {
        listeners: vec![ListenerSettings::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))],
        realms: vec!["realm1".into()],
        limits: Limits::default(),
        uncounted_requests: crosspoint_router::requests::UncountedRequests::Tolerate,
        store: None,
        strangers: None,
        tracer: None,
    };
    let server = runtime.block_on(Server::start(settings)).unwrap();
    (runtime, server)
}

#[test]
fn the_relay_carries_every_workload_and_ends_with_it() {
    for workload in Workload::ALL {
        let octets = relayed_octets(workload, Transport::RawSocket, Serializer::MsgPack);
        let relay = Relay::bind(octets).unwrap();
        let url = relay.url().unwrap();
        let relaying = thread::spawn(|| relay.run());
        deliver(load_relay(url.strip_prefix(SCHEME).unwrap(), octets, workload).unwrap(), 2000);
        relaying.join().unwrap().unwrap();
    }
}

#[test]
fn the_router_carries_every_workload_over_every_wire() {
    let (runtime, server) = serve();
    let address = server.address();
    for workload in Workload::ALL {
        for (transport, path) in [(Transport::RawSocket, ""), (Transport::WebSocket, "/ws")] {
            for serializer in Serializer::ALL {
                let url = Url::new(transport, &format!("{address}{path}"));
                deliver(load_router(&url, serializer, "realm1", workload).unwrap(), 300);
            }
        }
    }
    let refused = load_router(
        &Url::new(Transport::RawSocket, &address.to_string()),
        Serializer::Json,
        "nowhere",
        Workload::PingPong,
    );
    let error = refused.err().unwrap().to_string();
    assert_eq!(error, "expected WELCOME, but received ABORT wamp.error.no_such_realm");
    runtime.block_on(server.shut_down());
}

#[test]
fn who_reads_gets_every_event_beside_who_does_not() {
    let (_runtime, server) = serve();
    let url = Url::new(Transport::RawSocket, &server.address().to_string());
    let audience = Audience { reading: 3, stalled: 1, argument_octets: 4 << 10 };
    let workload = Workload::Stalled(audience);
    let _stalled = stall(&url, Serializer::MsgPack, "realm1", workload).unwrap();
    let dropped = &server.router().counters().events_dropped;
    let while_filling = dropped.get();
    assert!(while_filling > 0, "no more can wait for the stalled subscriber");
    deliver(load_router(&url, Serializer::MsgPack, "realm1", workload).unwrap(), 300);
    assert!(dropped.get() >= while_filling + 200, "one of each publication");
}
