//! How long the core takes to route, from the octets of a message to the octets on a link that takes
//! everything. Run with `cargo bench -p crosspoint-router`; an argument chooses the lines that
//! contain it.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::borrow::Cow;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Instant;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::framing::Encoder;
use crosspoint_proto::framing::rawsocket::{self, LengthLimit};
use crosspoint_proto::id::{InvocationId, RegistrationId, RequestId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{Publish, PublishOptions, Subscribe, SubscribeOptions};
use crosspoint_proto::message::rpc::{
    Call, CallOptions, Cancel, CancelMode, Register, RegisterOptions, ResultOptions, Unregister,
    Yield,
};
use crosspoint_proto::message::session::{Hello, HelloDetails};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{Serializer, transcode};
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::member::Link;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Router, Settings};
use crosspoint_router::session::Session;
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use crosspoint_router::wire::Wire;

/// 118 octets of small values, as most payloads are.
const SMALL: &str = concat!(
    r#"[23,"hello",true,3.25,{"a":[1,2,3],"name":"sensor"}],"#,
    r#"{"temperature":21.5,"unit":"C","tags":["a","b"],"ok":true,"n":1}"#,
);

/// Not 1, so that requests need not be counted.
const REQUEST: RequestId = RequestId(7);

fn main() {
    let filter = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    for from in Serializer::ALL {
        for to in Serializer::ALL {
            calls(&filter, from, to);
        }
    }
    for subscribers in [1, 10, 100, 1000] {
        events(&filter, subscribers);
    }
    for registrations in [10, 1000, 100_000] {
        registering(&filter, registrations);
        calls_among(&filter, registrations);
    }
    for policy in ["roundrobin", "random", "x_least_pending"] {
        calls_shared(&filter, policy);
    }
    for registrations in [1000, 1_000_000] {
        mixed(&filter, registrations);
    }
}

/// A call of Alice's and Bob's result, each written at once.
fn calls(filter: &str, from: Serializer, to: Serializer) {
    let mut bench = Bench::new();
    let (mut alice, mut bob) = (bench.join(from), bench.join(to));
    bench.handle(&mut bob, &register("com.add"));
    let call = octets(from, &call("com.add", &small(from).as_payload()));
    let mut invocations = 0;
    let prepare = |batch| yields(to, &mut invocations, batch);
    measure(filter, &format!("call {from} to {to} and back"), 100, prepare, |answers| {
        for answer in answers {
            bench.handle_octets(&mut alice, &call);
            bench.handle_octets(&mut bob, answer);
        }
    });
}

/// One event, written to each subscriber at once.
fn events(filter: &str, subscribers: usize) {
    let json = Serializer::Json;
    let mut bench = Bench::new();
    let mut publisher = bench.join(json);
    let _subscribers: Vec<_> = (0..subscribers)
        .map(|_| {
            let mut subscriber = bench.join(json);
            let (options, topic) = (SubscribeOptions::default(), "com.news".into());
            let subscribe = Subscribe { request: REQUEST, options, topic };
            bench.handle(&mut subscriber, &Message::Subscribe(subscribe));
            subscriber
        })
        .collect();
    let small = small(json);
    let publish = octets(
        json,
        &Message::Publish(Publish {
            request: REQUEST,
            options: PublishOptions::default(),
            topic: "com.news".into(),
            payload: small.as_payload(),
        }),
    );
    let name = format!("event to {subscribers} subscribers");
    let batch = (1000 / subscribers).clamp(1, 100);
    measure(
        filter,
        &name,
        batch,
        |batch| batch,
        |batch| {
            for _ in 0..*batch {
                bench.handle_octets(&mut publisher, &publish);
            }
        },
    );
}

/// REGISTER and UNREGISTER of one more procedure.
fn registering(filter: &str, registrations: u64) {
    let name = format!("register and unregister among {registrations}");
    if !name.contains(filter) {
        return;
    }
    let json = Serializer::Json;
    let (mut bench, mut bob) = Bench::with_registrations(registrations);
    let mut last = registrations;
    let register = octets(json, &register("com.one.more"));
    let prepare = |batch| -> Vec<Vec<u8>> {
        let first = last + 1;
        last += batch as u64;
        let unregister = |id| {
            let registration = RegistrationId(id);
            octets(json, &Message::Unregister(Unregister { request: REQUEST, registration }))
        };
        (first..=last).map(unregister).collect()
    };
    measure(filter, &name, 100, prepare, |unregisters| {
        for unregister in unregisters {
            bench.handle_octets(&mut bob, &register);
            bench.handle_octets(&mut bob, unregister);
        }
    });
}

/// Calls of procedures all over the table.
fn calls_among(filter: &str, registrations: u64) {
    let name = format!("call and back among {registrations} registrations");
    if !name.contains(filter) {
        return;
    }
    let json = Serializer::Json;
    let (mut bench, mut bob) = Bench::with_registrations(registrations);
    let mut alice = bench.join(json);
    let small = small(json);
    let (mut invocations, mut dice) = (0, 17_u64);
    let prepare = |batch| {
        let calls = (0..batch).map(|_| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            octets(json, &call(&procedure((dice >> 33) % registrations), &small.as_payload()))
        });
        let calls: Vec<_> = calls.collect();
        calls.into_iter().zip(yields(json, &mut invocations, batch)).collect::<Vec<_>>()
    };
    measure(filter, &name, 100, prepare, |calls| {
        for (call, answer) in calls {
            bench.handle_octets(&mut alice, call);
            bench.handle_octets(&mut bob, answer);
        }
    });
}

/// Calls of one procedure that ten callees share.
fn calls_shared(filter: &str, policy: &'static str) {
    const CALLEES: usize = 10;
    let json = Serializer::Json;
    let mut bench = Bench::new();
    let mut alice = bench.join(json);
    let options = RegisterOptions { invoke: Some(policy.into()), ..RegisterOptions::default() };
    let procedure = "com.add".into();
    let register = Message::Register(Register { request: REQUEST, options, procedure });
    let mut callees: Vec<_> = (0..CALLEES).map(|_| bench.join(json)).collect();
    for callee in &mut callees {
        bench.handle(callee, &register);
    }
    let call = octets(json, &call("com.add", &small(json).as_payload()));
    let cancel = octets(json, &cancel());
    measure(
        filter,
        &format!("call and cancel of {policy}"),
        100,
        |batch| batch,
        |batch| {
            for _ in 0..*batch {
                bench.handle_octets(&mut alice, &call);
                bench.handle_octets(&mut alice, &cancel);
            }
        },
    );
}

/// As many registrations as there may be, a third of them exact, a third prefixes, a third wildcards:
/// what one costs, in time and memory, and what a call of any of them does.
fn mixed(filter: &str, registrations: u64) {
    let name = format!("among {registrations} registrations of mixed kinds");
    if !name.contains(filter) {
        return;
    }
    let json = Serializer::Json;
    let mut bench = Bench::new();
    let (mut alice, mut bob) = (bench.join(json), bench.join(json));
    let (before, start) = (resident_octets(), Instant::now());
    for number in 0..registrations {
        let (matching, pattern, _) = mixed_kind(number);
        let options = RegisterOptions { matching, ..RegisterOptions::default() };
        let procedure = pattern.into();
        let register = Message::Register(Register { request: REQUEST, options, procedure });
        bench.handle_octets(&mut bob, &octets(json, &register));
    }
    let each = start.elapsed().as_nanos() / u128::from(registrations);
    let octets_each = resident_octets().saturating_sub(before) / registrations;
    println!("register {name}: {each} ns and {octets_each} octets each");
    let small = small(json);
    let (mut invocations, mut dice) = (0, 17_u64);
    let prepare = |batch| {
        let calls = (0..batch).map(|_| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (_, _, procedure) = mixed_kind((dice >> 33) % registrations);
            octets(json, &call(&procedure, &small.as_payload()))
        });
        let calls: Vec<_> = calls.collect();
        calls.into_iter().zip(yields(json, &mut invocations, batch)).collect::<Vec<_>>()
    };
    measure(filter, &format!("call and back {name}"), 100, prepare, |calls| {
        for (call, answer) in calls {
            bench.handle_octets(&mut alice, call);
            bench.handle_octets(&mut bob, answer);
        }
    });
}

/// The policy, the pattern, and a procedure that it matches.
fn mixed_kind(number: u64) -> (Option<Cow<'static, str>>, String, String) {
    match number % 3 {
        0 => (None, format!("com.example.exact.p{number}"), format!("com.example.exact.p{number}")),
        1 => (
            Some("prefix".into()),
            format!("com.example.prefix.p{number}."),
            format!("com.example.prefix.p{number}.x"),
        ),
        _ => (
            Some("wildcard".into()),
            format!("com.example..w{number}"),
            format!("com.example.any.w{number}"),
        ),
    }
}

/// The memory that the process has, where the system tells.
fn resident_octets() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// A router, and a thread's turn.
struct Bench {
    router: Arc<Router>,
    turn: Turn,
    sessions: u64,
}

/// Takes everything.
struct NullLink;

impl Link for NullLink {
    fn write(&self, octets: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(octets.iter().map(|slice| slice.len()).sum())
    }

    fn attend(&self) {}
}

impl Bench {
    fn new() -> Bench {
        let router = Arc::new(Router::new(Settings {
            realms: vec!["realm1".into()],
            limits: Limits::default(),
            uncounted_requests: UncountedRequests::Tolerate,
            agent: "Crosspoint".into(),
            strangers: StrangersKey::new([0; 32]),
            started: Time(0),
        }));
        Bench { router, turn: Turn::default(), sessions: 0 }
    }

    fn with_registrations(registrations: u64) -> (Bench, Session) {
        let mut bench = Bench::new();
        let mut callee = bench.join(Serializer::Json);
        for number in 0..registrations {
            bench.handle(&mut callee, &register(&procedure(number)));
        }
        (bench, callee)
    }

    fn join(&mut self, serializer: Serializer) -> Session {
        self.sessions += 1;
        let encoder = Encoder::RawSocket(rawsocket::Encoder::new(LengthLimit::MAX));
        let entropy = Entropy {
            session: self.sessions,
            publications: self.sessions,
            choices: self.sessions,
            challenge: [0; 32],
        };
        let wire = Wire { serializer, encoder };
        let mut session = self.router.open(wire, Arc::new(NullLink), entropy);
        let details = Box::new(HelloDetails::default());
        let hello = Message::Hello(Hello { realm: "realm1".into(), details });
        self.handle(&mut session, &hello);
        session
    }

    fn handle(&mut self, session: &mut Session, message: &Message<'_>) {
        let octets = octets(session.member().wire().serializer, message);
        self.handle_octets(session, &octets);
    }

    /// One message that one read has brought.
    fn handle_octets(&mut self, session: &mut Session, octets: &[u8]) {
        self.turn.begin(Time::default());
        session.attend(&mut self.turn);
        session.receive(octets, &mut self.turn);
        self.turn.flush();
    }
}

fn procedure(number: u64) -> String {
    format!("com.example.procedure.{number}")
}

fn register(procedure: &str) -> Message<'_> {
    let (options, procedure) = (RegisterOptions::default(), procedure.into());
    Message::Register(Register { request: REQUEST, options, procedure })
}

fn call<'a>(procedure: &'a str, payload: &Payload<'a>) -> Message<'a> {
    let options = CallOptions::default();
    Message::Call(Call {
        request: REQUEST,
        options,
        procedure: procedure.into(),
        payload: *payload,
    })
}

fn cancel() -> Message<'static> {
    Message::Cancel(Cancel { request: REQUEST, mode: CancelMode::Skip })
}

/// The answers to so many further invocations.
fn yields(serializer: Serializer, invocations: &mut u64, count: usize) -> Vec<Vec<u8>> {
    let small = small(serializer);
    let first = *invocations + 1;
    *invocations += count as u64;
    let answer = |id| {
        let (request, options) = (InvocationId(id), ResultOptions::default());
        octets(serializer, &Message::Yield(Yield { request, options, payload: small.as_payload() }))
    };
    (first..=*invocations).map(answer).collect()
}

/// The small payload in a serializer's notation.
struct Small(Serializer, Vec<u8>);

impl Small {
    fn as_payload(&self) -> Payload<'_> {
        Payload { serializer: self.0, arity: Arity::ArgsKwargs, octets: &self.1 }
    }
}

fn small(serializer: Serializer) -> Small {
    let json = SMALL.as_bytes();
    let payload = Payload { serializer: Serializer::Json, arity: Arity::ArgsKwargs, octets: json };
    let mut octets = Vec::new();
    if serializer == Serializer::Json {
        octets.extend_from_slice(json);
    } else if let Err(error) = transcode(payload, serializer, &mut octets) {
        println!("{error}");
    }
    Small(serializer, octets)
}

fn octets(serializer: Serializer, message: &Message<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    let encoded = message.encode(serializer, &mut octets);
    octets.extend_from_slice(encoded.payload);
    octets.extend_from_slice(encoded.tail);
    octets
}

/// Prints the best of many batches: what the machine can do when it is left alone.
fn measure<T>(
    filter: &str,
    name: &str,
    batch: usize,
    mut prepare: impl FnMut(usize) -> T,
    mut work: impl FnMut(&T),
) {
    if !name.contains(filter) {
        return;
    }
    let best = (0..2000).map(|_| {
        let prepared = prepare(batch);
        let start = Instant::now();
        work(&prepared);
        start.elapsed().as_nanos() / batch as u128
    });
    println!("{name}: {} ns", best.min().unwrap_or_default());
}
