//! The world: a router, its clients, and the dice. After every step the router's state is held
//! against the model's, and every message against the rules.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crosspoint_proto::feature::{Feature, Features, Role, Roles};
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::id::{InvocationId, RegistrationId, RequestId, SubscriptionId};
use crosspoint_proto::message::pubsub::{
    Event, Publish, PublishOptions, Subscribe, SubscribeOptions, Unsubscribe,
};
use crosspoint_proto::message::rpc::{
    Call, CallOptions, Cancel, CancelMode, Register, RegisterOptions, ResultOptions, Unregister,
    Yield,
};
use crosspoint_proto::message::session::{ClosingDetails, Goodbye, Hello, HelloDetails};
use crosspoint_proto::message::{Error, Message, RequestKind};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Census, Router, Settings};
use crosspoint_router::turn::Turn;

use super::client::{Client, Requested, read_args, write_args};
use super::model::{CallKey, Expected, Model, Name, Pattern};
use crate::link::{TestLink, wire};

pub(crate) const CLIENTS: usize = 5;
const PROCEDURES: [&str; 3] = ["com.one", "com.two", "com.three"];
const TOPICS: [&str; 3] = ["com.news", "com.weather", "org.news"];
/// One of each policy but exact matches a topic, so that the order of its events is known.
const PATTERNS: [Pattern; 6] = [
    (MatchPolicy::Exact, "com.news"),
    (MatchPolicy::Exact, "com.weather"),
    (MatchPolicy::Prefix, "com."),
    (MatchPolicy::Prefix, "o"),
    (MatchPolicy::Wildcard, ".news"),
    (MatchPolicy::Wildcard, "com.weather"),
];

/// What makes life hard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressure {
    None,
    /// Outboxes are small and links block: events are lost, calls refused, sessions ended.
    SmallOutboxes,
}

pub(crate) struct World {
    seed: u64,
    dice: u64,
    pressure: Pressure,
    kill: Option<(usize, Name)>,
    router: Arc<Router>,
    turn: Turn,
    clients: BTreeMap<Name, Client>,
    /// Who sits in which seat. Whoever comes back is somebody else.
    seats: [Name; CLIENTS],
    names: Name,
    model: Model,
    log: Vec<String>,
}

impl World {
    pub(crate) fn new(seed: u64, pressure: Pressure) -> World {
        let limits = match pressure {
            Pressure::None => Limits::default(),
            Pressure::SmallOutboxes => {
                Limits { outbox_octets_max: 200, invocations_in_flight_max: 4, ..Limits::default() }
            }
        };
        let router = Router::new(Settings {
            realms: vec!["realm1".into()],
            limits,
            uncounted_requests: UncountedRequests::Refuse,
            agent: "Crosspoint".into(),
        });
        World {
            seed,
            dice: seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x9E37_79B9_7F4A_7C15,
            pressure,
            kill: None,
            router: Arc::new(router),
            turn: Turn::default(),
            clients: BTreeMap::new(),
            seats: std::array::from_fn(|seat| seat),
            names: CLIENTS,
            model: Model::default(),
            log: Vec::new(),
        }
    }

    pub(crate) fn kill_at(mut self, step: usize, victim: Name) -> World {
        self.kill = Some((step, victim));
        self
    }

    /// Runs so many steps, then lets everybody go and looks for what is left behind.
    pub(crate) fn run(mut self, steps: usize) {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            for step in 0..steps {
                if let Some((_, victim)) = self.kill.filter(|(at, _)| *at == step) {
                    self.hang_up(self.seats[victim]);
                }
                self.step();
                self.settle();
            }
            for name in self.seats {
                self.hang_up(name);
                self.settle();
            }
            assert_eq!(self.router.census(), Census::default(), "left behind");
        }));
        if let Err(panic) = outcome {
            let tail = self.log.len().saturating_sub(40);
            report(self.seed, &self.log[tail..]);
            panic::resume_unwind(panic);
        }
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        usize::try_from(self.dice >> 11).unwrap() % sides
    }

    fn step(&mut self) {
        let name = self.seats[self.roll(CLIENTS)];
        if !self.clients.contains_key(&name) {
            return self.join(name);
        }
        match self.roll(100) {
            0..=14 => self.register(name),
            // Who does not read does not know what it has.
            15..=19 if self.clients[&name].reading => self.unregister(name),
            20..=44 => self.call(name),
            45..=54 => self.cancel(name),
            55..=74 => self.answer(name),
            75..=80 => self.subscribe(name),
            81..=82 if self.clients[&name].reading => self.unsubscribe(name),
            83..=91 => self.publish(name),
            92 => self.goodbye(name),
            93 => self.hang_up(name),
            94 => self.break_protocol(name),
            _ if self.pressure == Pressure::SmallOutboxes => self.throttle(name),
            _ => {}
        }
    }

    fn join(&mut self, name: Name) {
        let serializer = Serializer::ALL[self.roll(3)];
        let link = Arc::new(TestLink::default());
        let (session, publications) = (self.dice, self.dice.rotate_left(32));
        let entropy = Entropy { session, publications, choices: self.dice.rotate_left(16) };
        let session = self.router.open(wire(serializer, LengthLimit::MAX), link.clone(), entropy);
        let mut client = Client::new(session, link, serializer);
        client.canceling = self.roll(2) == 0;
        let mut callee = Features::NONE;
        if client.canceling {
            callee = callee.with(Feature::CallCanceling);
        }
        self.clients.insert(name, client);
        let roles = Roles::NONE.with(Role::Callee, callee);
        let details = Box::new(HelloDetails { roles, ..HelloDetails::default() });
        self.model.join(name);
        self.send(name, &Message::Hello(Hello { realm: "realm1".into(), details }));
    }

    fn register(&mut self, name: Name) {
        let procedure = PROCEDURES[self.roll(PROCEDURES.len())];
        let request = self.client(name).next_request();
        let granted = self.model.register(name, procedure);
        self.client(name).requested.insert(request, Requested::Register { procedure, granted });
        let options = RegisterOptions::default();
        let request = RequestId(request);
        self.send(
            name,
            &Message::Register(Register { request, options, procedure: procedure.into() }),
        );
    }

    fn unregister(&mut self, name: Name) {
        let held: Vec<_> =
            self.clients[&name].registrations.iter().map(|(id, p)| (*id, *p)).collect();
        let pick = self.roll(held.len() + 1);
        let (registration, procedure) = held.get(pick).copied().unwrap_or((999, ""));
        let granted = self.model.procedures.get(procedure) == Some(&name);
        if granted {
            self.model.procedures.remove(procedure);
        }
        let request = self.client(name).next_request();
        let requested = Requested::Unregister { registration, granted };
        self.client(name).requested.insert(request, requested);
        let registration = RegistrationId(registration);
        self.send(
            name,
            &Message::Unregister(Unregister { request: RequestId(request), registration }),
        );
    }

    fn call(&mut self, name: Name) {
        let procedure = PROCEDURES[self.roll(PROCEDURES.len())];
        let request = self.client(name).next_request();
        self.model.call((name, request), procedure);
        let octets = write_args(self.clients[&name].serializer, &[name as u64, request]);
        let payload = self.payload(name, &octets);
        let procedure = procedure.into();
        let (request, options) = (RequestId(request), CallOptions::default());
        self.send(name, &Message::Call(Call { request, options, procedure, payload }));
    }

    fn cancel(&mut self, name: Name) {
        let pending: Vec<_> = self
            .model
            .calls
            .iter()
            .filter(|((caller, _), _)| *caller == name)
            .map(|(key, expected)| (*key, *expected))
            .collect();
        if pending.is_empty() {
            return;
        }
        let (key, expected) = pending[self.roll(pending.len())];
        let mode = [CancelMode::Skip, CancelMode::Kill, CancelMode::KillNoWait][self.roll(3)];
        let waits = match expected {
            Expected::Callee(callee) => mode == CancelMode::Kill && self.clients[&callee].canceling,
            Expected::Result | Expected::Error(_) => true,
        };
        if !waits {
            self.model.cancel(key);
        }
        self.send(name, &Message::Cancel(Cancel { request: RequestId(key.1), mode }));
    }

    /// Answers an invocation, perhaps one that the caller does not wait for any more.
    fn answer(&mut self, name: Name) {
        let open: Vec<_> =
            self.clients[&name].invocations.iter().map(|(id, key)| (*id, *key)).collect();
        if open.is_empty() {
            return;
        }
        let (invocation, key) = open[self.roll(open.len())];
        let failed = self.roll(3) == 0;
        self.model.answer(key, failed);
        // Sometimes it answers again later: the second answer is ignored.
        if self.roll(10) != 0 {
            self.client(name).invocations.remove(&invocation);
        }
        let octets = write_args(self.clients[&name].serializer, &[key.0 as u64, key.1]);
        let payload = self.payload(name, &octets);
        if failed {
            let request_kind = RequestKind::Invocation;
            let request = RequestId(invocation);
            let error = "com.error.failed".into();
            self.send(
                name,
                &Message::Error(Error { request_kind, request, passthru: None, error, payload }),
            );
        } else {
            let options = ResultOptions::default();
            self.send(
                name,
                &Message::Yield(Yield { request: InvocationId(invocation), options, payload }),
            );
        }
    }

    fn subscribe(&mut self, name: Name) {
        let pattern = PATTERNS[self.roll(PATTERNS.len())];
        let request = self.client(name).next_request();
        self.model.subscribe(name, pattern);
        self.client(name).requested.insert(request, Requested::Subscribe { pattern });
        let (policy, topic) = pattern;
        let options = SubscribeOptions { matching: Some(policy.name().into()) };
        let (request, topic) = (RequestId(request), topic.into());
        self.send(name, &Message::Subscribe(Subscribe { request, options, topic }));
    }

    fn unsubscribe(&mut self, name: Name) {
        let held: Vec<_> =
            self.clients[&name].subscriptions.iter().map(|(id, p)| (*id, *p)).collect();
        let pick = self.roll(held.len() + 1);
        let (subscription, granted) = match held.get(pick) {
            Some((id, pattern)) => (*id, self.model.unsubscribe(name, *pattern)),
            None => (999, false),
        };
        let request = self.client(name).next_request();
        let requested = Requested::Unsubscribe { subscription, granted };
        self.client(name).requested.insert(request, requested);
        let subscription = SubscriptionId(subscription);
        self.send(
            name,
            &Message::Unsubscribe(Unsubscribe { request: RequestId(request), subscription }),
        );
    }

    fn publish(&mut self, name: Name) {
        let topic = TOPICS[self.roll(TOPICS.len())];
        let acknowledge = self.roll(2) == 0;
        let request = self.client(name).next_request();
        self.client(name).publications += 1;
        let number = self.clients[&name].publications;
        self.model.publish(name, number, topic);
        if acknowledge {
            self.client(name).requested.insert(request, Requested::Publish);
        }
        let octets = write_args(self.clients[&name].serializer, &[name as u64, number]);
        let payload = self.payload(name, &octets);
        let options = PublishOptions { acknowledge, ..PublishOptions::default() };
        self.send(
            name,
            &Message::Publish(Publish {
                request: RequestId(request),
                options,
                topic: topic.into(),
                payload,
            }),
        );
    }

    fn goodbye(&mut self, name: Name) {
        self.model.leave(name);
        let details = ClosingDetails::default();
        let goodbye = Goodbye { details, reason: "wamp.close.close_realm".into() };
        self.send(name, &Message::Goodbye(goodbye));
    }

    fn break_protocol(&mut self, name: Name) {
        self.model.leave(name);
        let request = RequestId(self.clients[&name].requests + 7);
        self.send(
            name,
            &Message::Unregister(Unregister { request, registration: RegistrationId(1) }),
        );
    }

    fn hang_up(&mut self, name: Name) {
        let Some(mut client) = self.clients.remove(&name) else { return };
        self.log.push(format!("{name} hangs up"));
        self.model.leave(name);
        client.link.broken.store(true, Ordering::Relaxed);
        client.session.as_mut().unwrap().close(&mut self.turn);
        drop(client.session.take());
        self.turn.flush();
        assert_eq!(Arc::strong_count(&client.link), 1, "{name}'s connection is still held");
        let seat = self.seats.iter_mut().find(|seated| **seated == name).unwrap();
        *seat = self.names;
        self.names += 1;
    }

    /// The link takes a few octets, or everything again.
    fn throttle(&mut self, name: Name) {
        let room = if self.roll(2) == 0 { usize::MAX } else { self.roll(60) };
        let client = self.clients.get_mut(&name).unwrap();
        client.reading = room == usize::MAX;
        client.link.room.store(room, Ordering::Relaxed);
        let member = Arc::clone(client.session.as_ref().unwrap().member());
        member.unblock(&mut self.turn);
    }

    fn client(&mut self, name: Name) -> &mut Client {
        self.clients.get_mut(&name).unwrap()
    }

    fn payload<'o>(&self, name: Name, octets: &'o [u8]) -> Payload<'o> {
        Payload { serializer: self.clients[&name].serializer, arity: Arity::Args, octets }
    }

    fn send(&mut self, name: Name, message: &Message<'_>) {
        self.log.push(format!("{name} sends {message:?}"));
        let client = self.clients.get_mut(&name).unwrap();
        let mut octets = Vec::new();
        let encoded = message.encode(client.serializer, &mut octets);
        let (payload, tail) = (encoded.payload.to_vec(), encoded.tail);
        octets.extend_from_slice(&payload);
        octets.extend_from_slice(tail);
        let session = client.session.as_mut().unwrap();
        session.receive(&octets, &mut self.turn);
    }

    /// Delivers what is under way, and compares.
    fn settle(&mut self) {
        // A session that somebody else has ended may end others in turn.
        for _ in 0..CLIENTS {
            self.turn.flush();
            for client in self.clients.values_mut() {
                client.session.as_mut().unwrap().attend(&mut self.turn);
            }
        }
        self.turn.flush();
        let over = |client: &Client| client.session.as_ref().unwrap().is_over();
        let over: Vec<_> = self.clients.iter().filter(|(_, c)| over(c)).map(|(n, _)| *n).collect();
        // Those that the router has ended are gone before anybody reads what came of it.
        for name in &over {
            self.model.leave(*name);
        }
        for name in self.seats {
            self.receive(name);
        }
        for name in over {
            self.hang_up(name);
        }
        self.turn.flush();
        for name in self.seats {
            self.receive(name);
        }
        self.compare();
    }

    fn receive(&mut self, name: Name) {
        let Some(client) = self.clients.get_mut(&name) else { return };
        let serializer = client.serializer;
        for octets in client.link.take() {
            let message = Message::decode(serializer, &octets).unwrap();
            self.log.push(format!("{name} gets {message:?}"));
            self.on_message(name, &message);
        }
    }

    fn on_message(&mut self, name: Name, message: &Message<'_>) {
        assert!(!self.clients[&name].finished, "nothing comes after GOODBYE or ABORT");
        match message {
            Message::Welcome(_) => {}
            Message::Goodbye(_) | Message::Abort(_) => self.client(name).finished = true,
            Message::Invocation(invocation) => {
                let key = call_key(invocation.payload);
                let client = self.client(name);
                client.invocations_seen += 1;
                assert_eq!(invocation.request.0, client.invocations_seen, "IDs count up");
                let registration = &invocation.registration.0;
                assert!(client.registrations.contains_key(registration), "registered");
                client.invocations.insert(invocation.request.0, key);
            }
            Message::Interrupt(interrupt) => {
                let client = self.client(name);
                assert!(client.canceling, "only callees that know it");
                assert!(interrupt.request.0 <= client.invocations_seen);
            }
            Message::Result(result) => {
                assert_eq!(call_key(result.payload), (name, result.request.0));
                self.on_answer((name, result.request.0), None);
            }
            Message::Error(error) if error.request_kind == RequestKind::Call => {
                self.on_answer((name, error.request.0), Some(&error.error));
            }
            Message::Event(event) => self.on_event(name, event),
            other => self.on_reply(name, other),
        }
    }

    /// A call's one answer.
    fn on_answer(&mut self, key: CallKey, error: Option<&str>) {
        assert!(self.client(key.0).answered.insert(key.1), "{key:?} is answered twice");
        if !self.model.joined.contains(&key.0) {
            // It called itself and left: whether the answer comes before the GOODBYE is the same.
            return;
        }
        let expected = self.model.calls.remove(&key).expect("an answer to a call that waits");
        if let Some("crosspoint.error.queue_full") = error {
            assert!(self.pressure == Pressure::SmallOutboxes);
            return;
        }
        match expected {
            Expected::Callee(_) => panic!("{key:?} is answered by nobody: {error:?}"),
            Expected::Result => assert_eq!(error, None),
            Expected::Error(uri) => assert_eq!(error, Some(uri)),
        }
    }

    fn on_event(&mut self, name: Name, event: &Event<'_>) {
        let subscriptions = &self.clients[&name].subscriptions;
        let pattern = *subscriptions.get(&event.subscription.0).expect("subscribed");
        let topic = event.topic.as_deref();
        assert_eq!(topic.is_some(), pattern.0 != MatchPolicy::Exact, "Details.topic");
        assert!(topic.is_none_or(|topic| uri::matches(pattern.0, pattern.1, topic)));
        let (publisher, number) = call_key(event.payload);
        let event = (pattern, publisher, number);
        if !self.model.joined.contains(&name) {
            // The router has ended its session; what was on its way before still comes.
            return;
        }
        let expected = self.model.events.get_mut(&name).unwrap();
        while self.pressure == Pressure::SmallOutboxes && expected.front() != Some(&event) {
            assert!(expected.pop_front().is_some(), "an event that was published, in order");
        }
        assert_eq!(expected.pop_front(), Some(event));
    }

    fn on_reply(&mut self, name: Name, message: &Message<'_>) {
        let client = self.clients.get_mut(&name).unwrap();
        let (request, error) = match message {
            Message::Registered(reply) => (reply.request, None),
            Message::Unregistered(reply) => (reply.request, None),
            Message::Subscribed(reply) => (reply.request, None),
            Message::Unsubscribed(reply) => (reply.request, None),
            Message::Published(reply) => (reply.request, None),
            Message::Error(reply) => (reply.request, Some(&*reply.error)),
            other => panic!("unexpected {other:?}"),
        };
        let requested = client.requested.remove(&request.0).expect("a reply to a request");
        match (requested, message) {
            (Requested::Register { procedure, granted: true }, Message::Registered(reply)) => {
                client.registrations.insert(reply.registration.0, procedure);
            }
            (Requested::Register { granted: false, .. }, Message::Error(_)) => {
                assert_eq!(error, Some("wamp.error.procedure_already_exists"));
            }
            (Requested::Unregister { registration, granted: true }, Message::Unregistered(_)) => {
                client.registrations.remove(&registration);
            }
            (Requested::Unregister { granted: false, .. }, Message::Error(_)) => {
                assert_eq!(error, Some("wamp.error.no_such_registration"));
            }
            (Requested::Subscribe { pattern }, Message::Subscribed(reply)) => {
                client.subscriptions.insert(reply.subscription.0, pattern);
            }
            (Requested::Unsubscribe { subscription, granted: true }, Message::Unsubscribed(_)) => {
                client.subscriptions.remove(&subscription);
            }
            (Requested::Unsubscribe { granted: false, .. }, Message::Error(_)) => {
                assert_eq!(error, Some("wamp.error.no_such_subscription"));
            }
            (Requested::Publish, Message::Published(_)) => {}
            (requested, message) => panic!("{requested:?} is answered with {message:?}"),
        }
    }

    /// Everything is answered that can be, and the router holds what the model holds.
    fn compare(&mut self) {
        for (name, client) in &self.clients {
            if client.reading {
                assert!(client.requested.is_empty(), "{name} waits for {:?}", client.requested);
            }
        }
        let readers = |name: &Name| self.clients.get(name).is_some_and(|client| client.reading);
        for (key, expected) in self.model.calls.iter().filter(|((caller, _), _)| readers(caller)) {
            let Expected::Callee(callee) = expected else {
                panic!("{key:?} has not got its {expected:?}");
            };
            let at_work = self.clients[callee].invocations.values().any(|call| call == key);
            assert!(at_work || !readers(callee), "{key:?} waits for nobody");
        }
        for (name, events) in &self.model.events {
            let complete = self.pressure == Pressure::None;
            assert!(!complete || events.is_empty(), "{name} has not got {events:?}");
        }
        let census = self.router.census();
        assert_eq!(census.sessions, self.model.joined.len());
        assert_eq!(census.registrations, self.model.procedures.len());
        assert_eq!(census.subscriptions, self.model.subscriptions.len());
        assert_eq!(census.calls, census.invocations);
        if self.clients.values().all(|client| client.reading) {
            assert_eq!(census.calls, self.model.calls.len());
        }
    }
}

#[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
fn report(seed: u64, log: &[String]) {
    eprintln!("{}", log.join("\n"));
    eprintln!("replay with SIMULATION_SEED={seed}");
}

fn call_key(payload: Payload<'_>) -> CallKey {
    let args = read_args(payload);
    (usize::try_from(args[0]).unwrap(), args[1])
}
