//! A race: what happened before, several threads at once, and all that may come of it.
//!
//! Scripts are written as in the conversations: a name, then a message. Besides messages:
//!
//! ```text
//! bob   joins            as names do when they first appear, unless they open
//! bob   opens            a connection without a session yet
//! bob   answers          reads, and answers what it has been asked so far
//! bob   takes 100        the connection takes so many octets, and then blocks
//! bob   takes all        it takes everything again
//! bob   is gone          the connection breaks
//! bob   waits 100        for so many milliseconds since the beginning, and its deadlines come
//! ROUTER shuts down
//! ROUTER removes realm1
//! ROUTER reloads 0       changes the realm to the first of the settings that the race has for that
//! ```
//!
//! Each line is a turn, as if one read had brought it. A peer belongs to one thread, as a connection
//! belongs to one task. When all threads are done the peers answer what they have been asked; then
//! the [rules](crate::rules) are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use crosspoint_proto::auth::StrangersKey;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{Census, RealmSettings, Router, Settings};
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use expect_test::Expect;
use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, Runner, thread};

use crate::peer::Peer;
use crate::rules;

/// The seed of the schedules, so that a test does the same every time.
const SEED: u64 = 17;
/// Places in a schedule at which PCT takes the turn from a thread that could go on.
const PREEMPTIONS: usize = 3;
const STACK_OCTETS: usize = 256 << 10;

/// What is about to happen.
pub(crate) struct Race<'s> {
    pub(crate) before: &'s str,
    pub(crate) threads: &'s [&'s str],
    pub(crate) limits: Limits,
    pub(crate) realm: RealmSettings,
    /// What its realm is changed to.
    pub(crate) reloads: Vec<RealmSettings>,
}

impl Default for Race<'_> {
    fn default() -> Self {
        let (limits, realm) = (Limits::default(), "realm1".into());
        Race { before: "", threads: &[], limits, realm, reloads: Vec::new() }
    }
}

/// Runs a race in many schedules, and compares what may come of it: what each peer hears, from the
/// beginning of the race on.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
pub(crate) fn check(before: &str, threads: &[&str], expected: Expect) {
    expected.assert_eq(&Race { before, threads, ..Race::default() }.outcomes());
}

impl Race<'_> {
    /// Everything that came of it.
    pub(crate) fn outcomes(&self) -> String {
        let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
        let run = {
            let (limits, realm, outcomes) =
                (self.limits, self.realm.clone(), Arc::clone(&outcomes));
            let reloads: Arc<[_]> = self.reloads.clone().into();
            let before = self.before.to_owned();
            let threads: Vec<_> = self.threads.iter().map(|&script| script.to_owned()).collect();
            move || {
                let outcome =
                    World::new(limits, realm.clone(), Arc::clone(&reloads)).run(&before, &threads);
                outcomes.lock().unwrap().insert(outcome);
            }
        };
        explore(run);
        let outcomes: Vec<_> = outcomes.lock().unwrap().iter().cloned().collect();
        outcomes.join("or\n")
    }
}

pub(crate) fn explore(run: impl Fn() + Clone + Send + Sync + 'static) {
    if let Ok(schedule) = env::var("INTERLEAVINGS_SCHEDULE") {
        return with(ReplayScheduler::new_from_encoded(&schedule), run);
    }
    let asked = env::var("INTERLEAVINGS").ok().and_then(|number| number.parse().ok());
    let schedules = asked.unwrap_or(1000);
    with(RandomScheduler::new_from_seed(SEED, schedules), run.clone());
    with(PctScheduler::new_from_seed(SEED, PREEMPTIONS, schedules), run);
}

fn with(scheduler: impl Scheduler + 'static, run: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = STACK_OCTETS;
    // That all atomics are as if they were SeqCst.
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(run);
}

/// A router and its peers, in one schedule.
struct World {
    router: Arc<Router>,
    reloads: Arc<[RealmSettings]>,
    nobody: Census,
    peers: BTreeMap<String, Peer>,
    turn: Turn,
}

impl World {
    fn new(limits: Limits, realm: RealmSettings, reloads: Arc<[RealmSettings]>) -> World {
        let settings = Settings {
            realms: vec![realm],
            limits,
            uncounted_requests: UncountedRequests::Tolerate,
            agent: "Crosspoint".into(),
            strangers: StrangersKey::new([0; 32]),
            started: Time(0),
        };
        let router = Arc::new(Router::new(settings));
        let nobody = router.census();
        World { router, reloads, nobody, peers: BTreeMap::new(), turn: Turn::default() }
    }

    fn run(mut self, before: &str, threads: &[String]) -> String {
        self.prepare(before);
        self.race(threads);
        self.settle();
        let outcome = self.outcome();
        self.peers.values().for_each(rules::check);
        self.depart();
        outcome
    }

    fn prepare(&mut self, before: &str) {
        for line in lines(before) {
            let name = line.split(' ').next().unwrap();
            if !self.peers.contains_key(name) {
                let number = self.peers.len() as u64 + 1;
                let mut peer = Peer::open(name, number, &self.router);
                if !line.contains(" opens") && !line.contains(" HELLO ") {
                    peer.send(r#"HELLO realm1 {"roles":{"callee":{}}}"#, &mut self.turn);
                    self.turn.flush();
                }
                self.peers.insert(name.to_owned(), peer);
            }
            play(line, (&self.router, &self.reloads), &mut self.peers, &mut self.turn);
        }
        for peer in self.peers.values_mut() {
            peer.listen();
            peer.heard_before = peer.heard.len();
        }
    }

    /// Each script in a thread of its own, with the peers that it names.
    fn race(&mut self, scripts: &[String]) {
        let threads: Vec<_> = scripts
            .iter()
            .map(|script| {
                let names = lines(script).filter_map(|line| line.split(' ').next());
                let mut peers: BTreeMap<_, _> =
                    names.filter_map(|name| self.peers.remove_entry(name)).collect();
                let (router, script) = (Arc::clone(&self.router), script.clone());
                let reloads = Arc::clone(&self.reloads);
                thread::spawn(move || {
                    let mut turn = Turn::default();
                    for line in lines(&script) {
                        play(line, (&router, &reloads), &mut peers, &mut turn);
                    }
                    peers
                })
            })
            .collect();
        for thread in threads {
            self.peers.extend(thread.join().unwrap());
        }
    }

    /// Everybody reads and answers, until there is nothing more to be said.
    fn settle(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            for peer in self.peers.values_mut() {
                peer.take(usize::MAX, &mut self.turn);
                busy |= peer.follow_if_asked(&mut self.turn);
                busy |= peer.listen();
                if peer.answer(&mut self.turn) {
                    self.turn.flush();
                    peer.follow(&mut self.turn);
                    busy = true;
                }
            }
        }
    }

    fn outcome(&self) -> String {
        let mut outcome = String::new();
        for peer in self.peers.values() {
            for line in &peer.heard[peer.heard_before..] {
                writeln!(outcome, "{} < {line}", peer.name).unwrap();
            }
        }
        outcome
    }

    /// Nothing is left behind.
    fn depart(mut self) {
        let census = self.router.census();
        assert_eq!((census.calls, census.invocations), (0, 0), "every call is answered");
        for peer in self.peers.values_mut() {
            assert!(!peer.is_forgotten(), "{} waits for its last octets", peer.name);
            peer.hang_up(&mut self.turn);
            self.turn.flush();
        }
        // A history has its subscription as long as the router is there.
        assert_eq!(self.router.census(), self.nobody);
        for peer in self.peers.values() {
            assert!(!peer.is_held(), "somebody holds the connection of {}", peer.name);
        }
    }
}

fn lines(script: &str) -> impl Iterator<Item = &str> {
    script.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// One line of a script: a turn.
fn play(
    line: &str,
    (router, reloads): (&Router, &[RealmSettings]),
    peers: &mut BTreeMap<String, Peer>,
    turn: &mut Turn,
) {
    let (name, action) = line.split_once(' ').unwrap();
    let action = action.trim();
    if (name, action) == ("ROUTER", "shuts down") {
        router.shut_down(turn);
        return turn.flush();
    }
    if let ("ROUTER", Some(realm)) = (name, action.strip_prefix("removes ")) {
        router.remove_realm(realm, turn);
        return turn.flush();
    }
    if let ("ROUTER", Some(reload)) = (name, action.strip_prefix("reloads ")) {
        router.change_realm(&reloads[reload.parse::<usize>().unwrap()]).unwrap();
        return;
    }
    let peer = peers.get_mut(name).unwrap();
    match action.split_once(' ').unwrap_or((action, "")) {
        ("joins" | "opens", "") => {}
        ("answers", "") => drop(peer.answer(turn)),
        ("takes", "all") => peer.take(usize::MAX, turn),
        ("takes", octets) => peer.take(octets.parse().unwrap(), turn),
        ("is", "gone") => peer.hang_up(turn),
        ("waits", milliseconds) => peer.wait(milliseconds.parse().unwrap(), turn),
        _ => peer.send(action, turn),
    }
    turn.flush();
    if !action.starts_with("takes ") {
        peer.follow(turn);
    }
    while peer.follow_if_asked(turn) {}
}
