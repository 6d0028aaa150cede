//! A million events over real sockets, in the order in which they were published.
//!
//! Publishers publish to two topics each, in bursts, and number what they publish. Every subscriber
//! gets what its subscriptions cover, once for each: no number is missing, none comes twice, and
//! none before a smaller one, to whichever of the topics it was published. Others subscribe and
//! unsubscribe meanwhile, and get neither more nor less in between.
//!
//! Who is faster is the machine's choice; outboxes have room for whatever has to wait.
//!
//! - [`session`]: a session over one of the six wires; each has a thread of its own
//! - [`subscriber`]: those who stay, and those who come and go; [`pace`]: nobody leaves these behind
//! - [`pattern`]: what is subscribed to, and what it covers
//! - [`heard`]: what a subscriber has got, and whether it should have

mod heard;
mod pace;
mod pattern;
mod session;
mod subscriber;

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use crosspoint::liveness::Liveness;
use crosspoint::server::{ListenerSettings, Server, ServerSettings};
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use tokio::runtime::{Builder, Runtime};

use pace::Pace;
use pattern::Pattern;
use session::{Session, WIRES, Wire};
use subscriber::Subscriber;

const PUBLISHERS: usize = 4;

/// What each of them publishes.
const PUBLICATIONS: u64 = 25_000;

/// What all subscribers get together, even without the subscriptions that come and go.
const EVENTS: u64 = 1_000_000;

#[test]
fn a_million_events_come_in_the_order_in_which_they_were_published() {
    let (runtime, server) = serve();
    let address = server.address();
    let subscribed = |(patterns, wire): (Vec<_>, Wire)| Subscriber::begin(address, wire, &patterns);
    let listeners: Vec<_> = listeners().into_iter().zip(WIRES).map(subscribed).collect();
    let everything = [Pattern::everything()];
    let wanderers = [0, 1].map(|number| Subscriber::begin(address, WIRES[number], &everything));
    let pace = &Pace::default();
    let events: u64 = thread::scope(|scope| {
        let listening = listeners.into_iter().map(|one| scope.spawn(move || one.listen()));
        let wandering = wanderers.into_iter().enumerate();
        let wandering =
            wandering.map(|(number, one)| scope.spawn(move || one.wander(number, pace)));
        let subscribers: Vec<_> = listening.chain(wandering).collect();
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|number| scope.spawn(move || publish_all(address, number, pace)))
            .collect();
        for publisher in publishers {
            publisher.join().unwrap();
        }
        Session::join(address, WIRES[0]).publish(&Pattern::end().uri, &[]);
        subscribers.into_iter().map(|subscriber| subscriber.join().unwrap()).sum()
    });
    assert!(events >= EVENTS, "{events} are too few to learn from");
    assert_eq!(server.router().counters().events_dropped.get(), 0);
    runtime.block_on(server.shut_down());
}

fn serve() -> (Runtime, Server) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Subscribers say nothing, and these answer no pings.
    let liveness = Liveness { ping_interval: None, ..Liveness::default() };
    let listener = ListenerSettings::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let settings = ServerSettings {
        listeners: vec![ListenerSettings { liveness, ..listener }],
        realms: vec!["realm1".into()],
        limits: Limits { outbox_octets_max: 1 << 30, ..Limits::default() },
        uncounted_requests: UncountedRequests::Refuse,
        store: None,
        strangers: None,
        tracer: None,
    };
    let server = runtime.block_on(Server::start(settings)).unwrap();
    (runtime, server)
}

/// Publishes in bursts of very different length, and waits for the end of each.
fn publish_all(address: SocketAddr, publisher: usize, pace: &Pace) {
    let mut session = Session::join(address, WIRES[publisher]);
    let mut left = 0;
    for number in 0..PUBLICATIONS {
        if left == 0 {
            pace.wait(publisher, number);
            left = 1 + number / 7 % 200;
        }
        left -= 1;
        let topic = pattern::topic(publisher, number);
        let arguments = [(publisher as u64).into(), number.into(), padding(number).into()];
        if left == 0 || number + 1 == PUBLICATIONS {
            session.publish(&topic, &arguments);
        } else {
            session.begin_to_publish(&topic, &arguments, false);
        }
    }
}

/// Mostly a few octets; sometimes so many that outboxes share the event.
fn padding(number: u64) -> String {
    let octets = if number % 50 == 49 { 3000 } else { number % 60 };
    "x".repeat(usize::try_from(octets).unwrap())
}

/// What those who stay are subscribed to, a wire for each: eight events for each publication.
fn listeners() -> [Vec<Pattern>; 6] {
    let publishers = || 0..PUBLISHERS;
    let topics = || publishers().flat_map(|publisher| [0, 1].map(|topic| (publisher, topic)));
    let every_topic = || topics().map(|(publisher, topic)| Pattern::topic(publisher, topic));
    let every_publisher = || publishers().map(Pattern::publisher);
    let both_wildcards = || [0, 1].map(Pattern::of_all);
    [
        every_topic().collect(),
        vec![Pattern::everything()],
        both_wildcards().into(),
        vec![Pattern::everything(), Pattern::of_all(1)],
        every_publisher().chain([Pattern::of_all(0)]).collect(),
        every_topic().chain([Pattern::everything()]).collect(),
    ]
}
