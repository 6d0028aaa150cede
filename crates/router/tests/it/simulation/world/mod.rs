//! The world: a router, its clients, and the dice. After every step the router's state is held
//! against the model's, and every message against what the model has promised.
//!
//! - [`sessions`]: joining, leaving, breaking the rules, not reading
//! - [`session_meta`]: asking who is there, killing, and testaments
//! - [`registrations`]: registering, unregistering, asking the meta API
//! - [`calls`]: calling, canceling, answering, and time that passes
//! - [`subscriptions`], [`publications`]: subscribing, asking for what was published, and publishing
//! - [`store`]: a store that writes, or does not, and the router that is killed
//! - [`realm`]: what realms there are

mod calls;
mod publications;
mod realm;
mod registrations;
mod session_meta;
mod sessions;
mod store;
mod subscriptions;

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::error_uri;
use crosspoint_proto::message::Message;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::{Dict, Value};
use crosspoint_router::limits::Limits;
use crosspoint_router::member::Ending;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Census, Router, Settings};
use crosspoint_router::session::Session;
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;

use super::client::{Client, write_args, write_value};
use super::inbox::{Inbox, Told};
use super::model::{Model, Name, Outcome, TESTAMENTS_MAX};
use crate::store::TestStore;

pub(crate) const CLIENTS: usize = 5;

/// Invocations of one callee where there is little room.
pub(crate) const INVOCATIONS_MAX: usize = 4;

/// Rounds of answers after which a call that has none never gets one.
const ROUNDS_MAX: usize = 200;

/// What makes life hard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressure {
    None,
    /// Outboxes are small and links block: events are lost, calls refused, sessions ended.
    SmallOutboxes,
}

/// What most of the steps are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Calls,
    Events,
}

/// Arguments in a client's serializer.
struct Args {
    serializer: Serializer,
    arity: Arity,
    octets: Vec<u8>,
}

impl Args {
    fn payload(&self) -> Payload<'_> {
        Payload { serializer: self.serializer, arity: self.arity, octets: &self.octets }
    }
}

pub(crate) struct World {
    seed: u64,
    dice: u64,
    pressure: Pressure,
    subject: Subject,
    kill: Option<(usize, Name)>,
    /// The router is killed now and then, and starts again.
    restarts: bool,
    settings: Settings,
    router: Arc<Router>,
    store: Arc<TestStore>,
    turn: Turn,
    clients: BTreeMap<Name, Client>,
    /// Who sits in which seat. Whoever comes back is somebody else.
    seats: [Name; CLIENTS],
    names: Name,
    /// The IDs of sessions that are no more.
    past: Vec<u64>,
    model: Model,
    log: Vec<String>,
}

impl World {
    pub(crate) fn new(seed: u64, pressure: Pressure) -> World {
        let limits = Limits { testaments_max: TESTAMENTS_MAX, ..Limits::default() };
        let limits = match pressure {
            Pressure::None => limits,
            Pressure::SmallOutboxes => Limits {
                outbox_octets_max: 200,
                invocations_in_flight_max: INVOCATIONS_MAX,
                kept_octets_max: 100,
                ..limits
            },
        };
        let realm = realm::realm(seed);
        let settings = Settings {
            realms: vec![realm.clone()],
            limits,
            uncounted_requests: UncountedRequests::Refuse,
            agent: "Crosspoint".into(),
            strangers: StrangersKey::new([0; 32]),
            started: Time(0),
        };
        let store = Arc::new(TestStore::default());
        let router = Router::with_store(settings.clone(), store.clone());
        World {
            seed,
            dice: seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ 0x9E37_79B9_7F4A_7C15,
            pressure,
            subject: if seed.is_multiple_of(2) { Subject::Calls } else { Subject::Events },
            kill: None,
            restarts: false,
            settings,
            router: Arc::new(router),
            store,
            turn: Turn::default(),
            clients: BTreeMap::new(),
            seats: std::array::from_fn(|seat| seat),
            names: CLIENTS,
            past: Vec::new(),
            model: Model::new(Time(0), realm),
            log: Vec::new(),
        }
    }

    pub(crate) fn kill_at(mut self, step: usize, victim: Name) -> World {
        self.kill = Some((step, victim));
        self
    }

    pub(crate) fn with_restarts(mut self) -> World {
        self.restarts = true;
        self
    }

    /// Runs so many steps, then lets everybody finish and go, and looks for what is left behind.
    pub(crate) fn run(mut self, steps: usize) {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            for step in 0..steps {
                if let Some((_, victim)) = self.kill.filter(|(at, _)| *at == step) {
                    self.hang_up(self.seats[victim]);
                }
                self.step();
                self.settle();
            }
            self.finish_calls();
            self.write_everything();
            for name in self.seats {
                self.hang_up(name);
                self.settle();
            }
            let subscriptions = self.settings.realms[0].history.len();
            let nothing = Census { subscriptions, ..Census::default() };
            assert_eq!(self.router.census(), nothing, "left behind");
        }));
        if let Err(panic) = outcome {
            let tail = self.log.len().saturating_sub(400);
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

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    fn step(&mut self) {
        let name = self.seats[self.roll(CLIENTS)];
        if !self.clients.contains_key(&name) {
            return self.join(name);
        }
        match self.subject {
            Subject::Calls => self.step_of_calls(name),
            Subject::Events => self.step_of_events(name),
        }
    }

    fn step_of_calls(&mut self, name: Name) {
        match self.roll(104) {
            0..=11 => self.register(name),
            // Who does not read does not know what it has.
            12..=15 if self.clients[&name].reading => self.unregister(name),
            16..=39 => self.call(name),
            40..=45 => self.go_on(name),
            46..=51 => self.cancel(name),
            52..=69 => self.answer(name),
            70..=76 => self.progress(name),
            77..=80 => self.pass_time(),
            81..=82 => self.ask_of_registrations(name),
            83 => self.ask_of_sessions(name),
            84 => self.ask_of_subscriptions(name),
            85..=88 => self.subscribe(name),
            89 if self.clients[&name].reading => self.unsubscribe(name),
            90..=92 => self.publish(name),
            93 => self.goodbye(name),
            94 => self.hang_up(name),
            95 => self.break_protocol(name),
            96 => self.write(),
            98 => self.change_testaments(name),
            97 if self.restarts => self.kill_router(),
            _ if self.pressure == Pressure::SmallOutboxes => self.throttle(name),
            _ => {}
        }
    }

    fn step_of_events(&mut self, name: Name) {
        match self.roll(108) {
            0..=21 => self.subscribe(name),
            22..=26 if self.clients[&name].reading => self.unsubscribe(name),
            27..=60 => self.publish(name),
            61..=79 => self.ask_of_subscriptions(name),
            80..=83 => self.pass_time(),
            84..=91 => self.write(),
            92 => self.disturb_store(),
            93 => self.register(name),
            94 => self.ask_of_sessions(name),
            95 if self.clients[&name].reading => self.unregister(name),
            96 => self.goodbye(name),
            97 => self.hang_up(name),
            98 => self.break_protocol(name),
            99..=100 if self.restarts => self.kill_router(),
            101..=103 => self.change_testaments(name),
            _ if self.pressure == Pressure::SmallOutboxes => self.throttle(name),
            _ => {}
        }
    }

    /// Everybody reads and answers: then no call is left without its answer.
    fn finish_calls(&mut self) {
        for name in self.seats {
            self.read_everything(name);
        }
        for _ in 0..ROUNDS_MAX {
            self.settle();
            for name in self.seats {
                let work = self.clients.get(&name).and_then(|client| client.work.keys().next());
                if let Some(invocation) = work.copied() {
                    self.answer_with(name, invocation, Outcome::Result, true);
                    self.settle();
                }
            }
        }
        assert!(self.model.calls.is_empty(), "no answer: {:?}", self.model.calls);
    }

    fn client(&mut self, name: Name) -> &mut Client {
        self.clients.get_mut(&name).unwrap()
    }

    /// A client sends a message, and the model says what comes of it.
    fn send(
        &mut self,
        name: Name,
        message: &Message<'_>,
        promise: impl FnOnce(&mut Model, &mut Inbox),
    ) {
        self.log.push(format!("{name} sends {message:?}"));
        self.turn.begin(self.model.now);
        let client = self.clients.get_mut(&name).unwrap();
        let mut octets = Vec::new();
        let encoded = message.encode(client.serializer, &mut octets);
        let (payload, tail) = (encoded.payload.to_vec(), encoded.tail);
        octets.extend_from_slice(&payload);
        octets.extend_from_slice(tail);
        client.session.as_mut().unwrap().receive(&octets, &mut self.turn);
        self.finish(name);
        self.check(promise);
    }

    /// A client that has asked for much reads until it has all of it.
    fn finish(&mut self, name: Name) {
        let client = self.clients.get_mut(&name).unwrap();
        let session = client.session.as_mut().unwrap();
        while session.has_more() {
            client.reading = true;
            client.link.room.store(usize::MAX, Ordering::Relaxed);
            session.member().unblock(&mut self.turn);
            self.turn.flush();
            session.go_on(&mut self.turn);
        }
    }

    /// Arguments as the client writes them.
    fn args(&self, name: Name, args: &[Value]) -> Args {
        let serializer = self.clients[&name].serializer;
        Args { serializer, arity: Arity::Args, octets: write_args(serializer, args) }
    }

    fn args_with(&self, name: Name, args: &[Value], kwargs: Dict) -> Args {
        let Args { serializer, mut octets, .. } = self.args(name, args);
        if kwargs.is_empty() {
            return Args { serializer, arity: Arity::Args, octets };
        }
        // In JSON the two are still elements of a list.
        octets.extend((serializer == Serializer::Json).then_some(b','));
        octets.extend(write_value(serializer, &kwargs.into()));
        Args { serializer, arity: Arity::ArgsKwargs, octets }
    }

    /// Holds what everybody is told against what the model has promised.
    fn check(&mut self, promise: impl FnOnce(&mut Model, &mut Inbox)) {
        self.turn.flush();
        let mut inbox = self.overhear();
        promise(&mut self.model, &mut inbox);
        self.model.fill(&mut inbox);
        inbox.finish();
        self.model.submitted = inbox.store.submitted;
        self.follow_endings();
    }

    fn overhear(&mut self) -> Inbox {
        let (mut told, mut deaf) = (BTreeMap::new(), Vec::new());
        for (name, client) in &mut self.clients {
            let member = client.session.as_ref().unwrap().member();
            // Who has been told GOODBYE before hears nothing more.
            if member.condition().ending == Some(Ending::Broken) || client.heard.finished {
                deaf.push(*name);
                continue;
            }
            // What waits is offered to the link once more, so that it shows.
            member.unblock(&mut self.turn);
            let messages = client.overhear();
            self.log.extend(messages.iter().map(|message| format!("{name} gets {message:?}")));
            if messages.iter().any(is_too_slow) {
                deaf.push(*name);
            } else {
                told.insert(*name, messages);
            }
        }
        let slow = self.clients.iter().filter(|(_, client)| !client.reading);
        let slow = slow.map(|(name, _)| *name).collect();
        let store = self.store.progress();
        Inbox::new(told, deaf.into_iter().collect(), &slow, self.pressure, store)
    }

    /// Sessions that have been ended for not reading, or for not keeping up with their events, leave.
    fn follow_endings(&mut self) {
        let ended = |session: &Session| {
            session.is_established() && session.member().condition().ending.is_some()
        };
        let found = self.clients.iter_mut().find_map(|(name, client)| {
            client.session.as_mut().filter(|session| ended(session)).map(|s| (*name, s))
        });
        if let Some((name, session)) = found {
            self.log.push(format!("{name} has been ended"));
            session.attend(&mut self.turn);
            self.check(|model, inbox| model.leave(name, inbox));
        }
    }

    /// Clients read what has arrived, and those whose session is over are gone.
    fn settle(&mut self) {
        for name in self.seats {
            let Some(client) = self.clients.get_mut(&name) else { continue };
            let session = client.session.as_ref().unwrap();
            let ended = session.member().condition().ending == Some(Ending::Goodbye);
            if session.is_over() || ended {
                self.hang_up(name);
            } else {
                client.read();
            }
        }
        self.compare();
    }

    /// The router holds what the model holds.
    fn compare(&self) {
        let census = self.router.census();
        assert_eq!(census.sessions, self.model.sessions.len(), "sessions");
        assert_eq!(census.registrations, self.model.registrations.len(), "registrations");
        assert_eq!(census.subscriptions, self.model.subscriptions.len(), "subscriptions");
        assert_eq!(census.calls, self.model.calls.len(), "calls");
        let invocations = self.model.calls.values().filter(|call| call.has_callee()).count();
        assert_eq!(census.invocations, invocations, "invocations");
        for (name, client) in &self.clients {
            let condition = client.session.as_ref().unwrap().member().condition();
            assert_eq!(condition.deadline, self.model.deadline(*name), "{name}'s deadline");
        }
    }
}

/// Which subscriber does not keep up with its events nobody knows before.
fn is_too_slow(message: &Told) -> bool {
    matches!(message, Told::Goodbye { reason } if reason == error_uri::TOO_SLOW)
}

#[expect(clippy::print_stderr, reason = "the test harness shows it with the failure")]
fn report(seed: u64, log: &[String]) {
    eprintln!("{}", log.join("\n"));
    eprintln!("replay with SIMULATION_SEED={seed}");
}
