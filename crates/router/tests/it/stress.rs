//! Real threads: sessions that call each other, publish, come and go, all at once. What one sends
//! arrives in its order, each call is answered once, and nothing is left behind.
//!
//! A seed decides what each session does; who is faster is the machine's choice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Census, Router, Settings};
use crosspoint_router::session::Session;
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;

use crate::link::{TestLink, wire};
use crate::notation;
use crate::simulation::read_args;

const THREADS: usize = 4;
/// Seats of one thread; in each sits one client after the other.
const SEATS: usize = 4;
const STEPS: usize = 40_000;
/// How often a thread may look in vain for something to do before the test gives up.
const IDLE_ROUNDS_MAX: usize = 10_000_000;

/// What the sessions register.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Procedures {
    /// Each its own.
    Own,
    /// Four that all share, two calls at a time, while others wait; callees turn calls down, and take
    /// registrations from each other.
    Shared,
}

const SHARED: usize = 4;

#[test]
fn many_sessions_on_many_threads() {
    run(Procedures::Own);
}

#[test]
fn many_sessions_on_many_threads_share_their_procedures() {
    run(Procedures::Shared);
}

fn run(procedures: Procedures) {
    let router = Arc::new(Router::new(Settings {
        realms: vec!["realm1".into()],
        limits: Limits::default(),
        uncounted_requests: UncountedRequests::Refuse,
        agent: "Crosspoint".into(),
        strangers: StrangersKey::new([0; 32]),
        started: Time(0),
    }));
    let shared = Shared { busy: AtomicUsize::new(THREADS), waiting: AtomicUsize::new(0) };
    let workers: Vec<_> = thread::scope(|scope| {
        let (router, shared) = (&router, &shared);
        let spawn =
            |number| scope.spawn(move || Worker::new(number, procedures, router, shared).run());
        let threads: Vec<_> = (0..THREADS).map(spawn).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let heard: usize = workers.iter().map(|worker| worker.heard).sum();
    assert!(heard > 200_000, "{heard} messages are too few to learn from");
    let census = router.census();
    assert_eq!((census.calls, census.invocations), (0, 0));
    let links: Vec<_> = workers.into_iter().flat_map(Worker::depart).collect();
    assert_eq!(router.census(), Census::default());
    assert!(links.iter().all(|link| Arc::strong_count(link) == 1), "a connection is still held");
}

/// What the threads know of each other.
struct Shared {
    /// Threads that still have steps to go.
    busy: AtomicUsize,
    /// Calls that are not answered, of clients that are there.
    waiting: AtomicUsize,
}

/// One thread, and the clients in its seats.
struct Worker<'w> {
    number: usize,
    procedures: Procedures,
    dice: u64,
    router: &'w Arc<Router>,
    shared: &'w Shared,
    turn: Turn,
    clients: Vec<Client>,
    /// The connections of clients that are gone.
    departed: Vec<Arc<TestLink>>,
    /// Clients so far.
    names: u64,
    heard: usize,
}

struct Client {
    /// Unique among all clients there ever are.
    name: u64,
    seat: usize,
    procedures: Procedures,
    session: Session,
    link: Arc<TestLink>,
    serializer: Serializer,
    requests: u64,
    published: u64,
    /// Its registration, as REGISTERED has told.
    registration: Option<u64>,
    /// Calls that it waits for.
    waiting: BTreeSet<u64>,
    /// Invocations that it has not answered.
    open: Vec<u64>,
    invocations_heard: u64,
    /// The last call of each caller.
    callers: BTreeMap<u64, u64>,
    /// The last event of each publisher.
    publishers: BTreeMap<u64, u64>,
}

impl<'w> Worker<'w> {
    fn new(
        number: usize,
        procedures: Procedures,
        router: &'w Arc<Router>,
        shared: &'w Shared,
    ) -> Worker<'w> {
        let dice = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Worker {
            number,
            procedures,
            dice,
            router,
            shared,
            turn: Turn::default(),
            clients: Vec::new(),
            departed: Vec::new(),
            names: 0,
            heard: 0,
        }
    }

    fn run(mut self) -> Self {
        for seat in 0..SEATS {
            let client = self.join(seat);
            self.clients.push(client);
        }
        for _ in 0..STEPS {
            let seat = self.roll(SEATS);
            self.listen(seat);
            self.act(seat);
            self.turn.flush();
        }
        self.shared.busy.fetch_sub(1, Ordering::SeqCst);
        self.serve();
        self
    }

    /// Answers what others still ask for, until nobody waits for anything.
    fn serve(&mut self) {
        let others_wait = |shared: &Shared| {
            shared.busy.load(Ordering::SeqCst) > 0 || shared.waiting.load(Ordering::SeqCst) > 0
        };
        let mut idle_rounds = 0;
        while others_wait(self.shared) {
            let before = self.heard;
            for seat in 0..SEATS {
                self.listen(seat);
                while self.answer(seat) {}
            }
            self.turn.flush();
            idle_rounds = if self.heard > before { 0 } else { idle_rounds + 1 };
            assert!(idle_rounds < IDLE_ROUNDS_MAX, "somebody waits for an answer in vain");
            thread::yield_now();
        }
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        usize::try_from(self.dice >> 11).unwrap() % sides
    }

    fn join(&mut self, seat: usize) -> Client {
        let name = self.names * THREADS as u64 + self.number as u64;
        self.names += 1;
        let serializer = Serializer::ALL[self.roll(3)];
        let link = Arc::new(TestLink::default());
        let entropy =
            Entropy { session: name, publications: name, choices: name, challenge: [0; 32] };
        let wire = wire(serializer, LengthLimit::MAX);
        let session = self.router.open(wire, Arc::clone(&link) as _, entropy);
        let mut client = Client::new(name, self.number * SEATS + seat, session, link, serializer);
        client.procedures = self.procedures;
        let features =
            r#"{"callee":{"features":{"call_canceling":true,"registration_revocation":true}}}"#;
        client.send("HELLO", &format!("realm1 {{\"roles\":{features}}}"), &mut self.turn);
        let request = client.next_request();
        client.send("SUBSCRIBE", &format!("{request} {{}} com.news"), &mut self.turn);
        client.register(false, &mut self.turn);
        client
    }

    fn act(&mut self, seat: usize) {
        match self.roll(1000) {
            0..500 => self.call(seat),
            500..800 => drop(self.answer(seat)),
            800..850 => self.cancel(seat),
            850..930 => self.clients[seat].publish(&mut self.turn),
            930..950 => {
                let force = self.roll(4) == 0;
                self.clients[seat].change_registration(force, &mut self.turn);
            }
            950..953 => self.leave(seat),
            _ => {}
        }
    }

    fn call(&mut self, seat: usize) {
        let callee = match self.procedures {
            Procedures::Own => self.roll(THREADS * SEATS),
            Procedures::Shared => self.roll(SHARED),
        };
        self.shared.waiting.fetch_add(1, Ordering::SeqCst);
        let client = &mut self.clients[seat];
        let (name, request) = (client.name, client.next_request());
        client.waiting.insert(request);
        let elements = format!("{request} {{}} com.{callee} [{name},{request}]");
        client.send("CALL", &elements, &mut self.turn);
    }

    /// Answers an invocation, if there is one.
    fn answer(&mut self, seat: usize) -> bool {
        let failed = self.roll(4) == 0;
        let client = &mut self.clients[seat];
        let Some(invocation) = client.open.pop() else { return false };
        if failed {
            let error = match self.procedures {
                Procedures::Shared if invocation % 2 == 0 => "wamp.error.unavailable",
                _ => "com.error.failed",
            };
            let elements = format!("68 {invocation} {{}} {error}");
            client.send("ERROR", &elements, &mut self.turn);
        } else {
            client.send("YIELD", &format!("{invocation} {{}}"), &mut self.turn);
        }
        true
    }

    fn cancel(&mut self, seat: usize) {
        let mode = ["skip", "kill", "killnowait"][self.roll(3)];
        let client = &mut self.clients[seat];
        let Some(request) = client.waiting.first() else { return };
        let elements = format!("{request} {{\"mode\":\"{mode}\"}}");
        client.send("CANCEL", &elements, &mut self.turn);
    }

    /// The client goes, with or without a word, and somebody else takes its seat.
    fn leave(&mut self, seat: usize) {
        let says_goodbye = self.roll(2) == 0;
        let client = &mut self.clients[seat];
        if says_goodbye {
            client.send("GOODBYE", "{} wamp.close.close_realm", &mut self.turn);
        }
        client.hang_up(&mut self.turn);
        self.shared.waiting.fetch_sub(client.waiting.len(), Ordering::SeqCst);
        self.departed.push(Arc::clone(&client.link));
        self.clients[seat] = self.join(seat);
    }

    fn listen(&mut self, seat: usize) {
        let client = &mut self.clients[seat];
        for octets in client.link.take() {
            self.heard += 1;
            let message = Message::decode(client.serializer, &octets).unwrap();
            if client.hear(&message) {
                self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    /// Everybody goes. Gives all connections there were.
    fn depart(mut self) -> Vec<Arc<TestLink>> {
        for mut client in self.clients.drain(..) {
            assert!(client.waiting.is_empty());
            client.hang_up(&mut self.turn);
            self.departed.push(Arc::clone(&client.link));
        }
        self.departed
    }
}

impl Client {
    fn new(
        name: u64,
        seat: usize,
        session: Session,
        link: Arc<TestLink>,
        serializer: Serializer,
    ) -> Client {
        Client {
            name,
            seat,
            procedures: Procedures::Own,
            session,
            link,
            serializer,
            requests: 0,
            published: 0,
            registration: None,
            waiting: BTreeSet::new(),
            open: Vec::new(),
            invocations_heard: 0,
            callers: BTreeMap::new(),
            publishers: BTreeMap::new(),
        }
    }

    fn send(&mut self, message: &str, elements: &str, turn: &mut Turn) {
        let octets = notation::write(self.serializer, message, elements);
        self.session.attend(turn);
        self.session.receive(&octets, turn);
        while self.session.go_on(turn) {}
    }

    fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    fn register(&mut self, force: bool, turn: &mut Turn) {
        let request = self.next_request();
        let elements = match self.procedures {
            Procedures::Own => format!("{request} {{}} com.{}", self.seat),
            Procedures::Shared => format!(
                r#"{request} {{"invoke":"roundrobin","concurrency":2,"x_queue":20,"force_reregister":{force}}} com.{}"#,
                self.seat % SHARED
            ),
        };
        self.send("REGISTER", &elements, turn);
    }

    fn change_registration(&mut self, force: bool, turn: &mut Turn) {
        match self.registration.take() {
            Some(id) => {
                let elements = format!("{} {id}", self.next_request());
                self.send("UNREGISTER", &elements, turn);
            }
            None => self.register(force, turn),
        }
    }

    fn publish(&mut self, turn: &mut Turn) {
        self.published += 1;
        let (name, number) = (self.name, self.published);
        let elements = format!("{} {{}} com.news [{name},{number}]", self.next_request());
        self.send("PUBLISH", &elements, turn);
    }

    /// Checks a message. Is it the answer to a call?
    fn hear(&mut self, message: &Message<'_>) -> bool {
        match message {
            Message::Invocation(invocation) => {
                self.invocations_heard += 1;
                assert_eq!(invocation.request.0, self.invocations_heard);
                self.open.push(invocation.request.0);
                let args = read_args(invocation.payload);
                let last = self.callers.insert(args[0], args[1]);
                // Those that wait or move on are overtaken by others.
                let in_order = last.is_none_or(|last| last < args[1]);
                assert!(
                    in_order || self.procedures == Procedures::Shared,
                    "calls keep their order"
                );
            }
            Message::Event(event) => {
                let args = read_args(event.payload);
                let last = self.publishers.insert(args[0], args[1]);
                assert!(last.is_none_or(|last| last + 1 == args[1]), "events keep their order");
            }
            Message::Registered(registered) => self.registration = Some(registered.registration.0),
            Message::Result(result) => return self.hear_answer(result.request.0),
            Message::Error(error) if error.request_kind == RequestKind::Call => {
                return self.hear_answer(error.request.0);
            }
            Message::Unregistered(unregistered) if unregistered.revocation.is_some() => {
                self.registration = None;
            }
            // Somebody has taken the registration away, and UNREGISTER comes too late.
            Message::Error(error) => {
                let kinds = [RequestKind::Register, RequestKind::Unregister];
                assert!(kinds.contains(&error.request_kind), "{error:?}");
            }
            _ => {}
        }
        false
    }

    fn hear_answer(&mut self, request: u64) -> bool {
        assert!(self.waiting.remove(&request), "{request} is answered twice");
        true
    }

    /// The connection breaks.
    fn hang_up(&mut self, turn: &mut Turn) {
        self.link.broken.store(true, Ordering::Relaxed);
        self.session.close(turn);
        while self.session.go_on(turn) {}
        turn.flush();
    }
}
