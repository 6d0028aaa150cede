//! Conversations: a script of what clients send, and a transcript of what they get.
//!
//! ```text
//! bob   REGISTER 1 {} com.add          a message, in the notation of [`crate::notation`]
//! carol joins msgpack                  a session with another serializer than JSON
//! dave  HELLO realm1 {"roles":{}}      a session that opens itself; the others just join
//! erin  opens                          a connection without a session yet
//! erin  opens over TLS                 the same, and both ends know it as [`CHANNEL`]
//! erin  opens from 192.0.2.1           the same, from this address
//! erin  opens over TLS as erin          she has shown a certificate with that name, too
//! erin  opens cookie 1                  her browser has this cookie; it is given to the first who has it
//! bob   sends [64,1                    octets as they are
//! bob   is gone                        the connection breaks
//! bob   takes 100                      the connection takes so many octets, and then blocks
//! bob   takes all                      it takes everything again
//! bob   knows call_canceling …         a session that announces these features, in all of its roles
//! TIME  passes 500                     milliseconds; 500us are microseconds
//! bob   goes on 16                     so many portions of what it has asked for, where turns are short
//! ROUTER shuts down
//! ROUTER adds realm3                a realm that is like realm1 was at the start
//! ROUTER removes realm3
//! ROUTER starts again               it was killed, with all its sessions; the store is what it has written
//! STORE  writes 3                   so many changes that wait; also `writes all`, `fails`, `is full`, `has room`
//! + bob  CALL 1 {} com.add             in the same turn as the line before, before anybody's task
//!                                      sees to what that has done
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crosspoint_proto::auth::StrangersKey;
use crosspoint_proto::auth::cryptosign::ChannelId;
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{RealmSettings, Router, Settings};
use crosspoint_router::session::Session;
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;
use expect_test::Expect;

use crate::link::{TestLink, wire};
use crate::notation::{self, Publications};
use crate::store::TestStore;

/// Plays a script against a router with realm `realm1` and compares what the clients got.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
pub(crate) fn check(script: &str, expected: Expect) {
    let mut conversation = Conversation::default();
    conversation.play(script);
    expected.assert_eq(&conversation.transcript());
}

/// A router, its clients, and what they have got so far.
pub(crate) struct Conversation {
    pub(crate) router: Arc<Router>,
    turn: Turn,
    clients: BTreeMap<String, Client>,
    publications: Publications,
    /// Those that were given to browsers.
    cookies: BTreeSet<String>,
    transcript: String,
    limit: LengthLimit,
    now: Time,
    settings: Settings,
    store: Arc<TestStore>,
    /// Turns that sessions have needed to go on with what they had begun.
    pub(crate) turns: usize,
    /// A turn is over after the first portion, and only those go on who are told to.
    short_turns: bool,
}

/// 2026-11-25T14:23:03.000Z
const STARTED: Time = Time(1_795_616_583_000_000);

/// What both ends of a connection over TLS know of it.
pub(crate) const CHANNEL: ChannelId = ChannelId([9; 32]);

struct Client {
    session: Option<Session>,
    link: Arc<TestLink>,
    serializer: Serializer,
    over: bool,
}

impl Default for Conversation {
    fn default() -> Self {
        Conversation::new(Limits::default(), UncountedRequests::Tolerate)
    }
}

impl Conversation {
    pub(crate) fn new(limits: Limits, uncounted_requests: UncountedRequests) -> Self {
        Conversation::with_settings(Settings {
            realms: vec!["realm1".into(), "realm2".into()],
            limits,
            uncounted_requests,
            agent: "Crosspoint".into(),
            strangers: StrangersKey::new([0; 32]),
            started: STARTED,
        })
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// In a realm that is like this.
    pub(crate) fn in_realm(realm: RealmSettings) -> Self {
        Conversation::in_realm_within(realm, Limits::default())
    }

    pub(crate) fn in_realm_within(realm: RealmSettings, limits: Limits) -> Self {
        Conversation::in_realms(vec![realm], limits)
    }

    pub(crate) fn in_realms(realms: Vec<RealmSettings>, limits: Limits) -> Self {
        Conversation::with_settings(Settings {
            realms,
            limits,
            uncounted_requests: UncountedRequests::Tolerate,
            agent: "Crosspoint".into(),
            strangers: StrangersKey::new([0; 32]),
            started: STARTED,
        })
    }

    fn with_settings(settings: Settings) -> Self {
        let store = Arc::new(TestStore::default());
        let router = Router::with_store(settings.clone(), store.clone());
        Conversation {
            router: Arc::new(router),
            settings,
            store,
            turn: Turn::default(),
            clients: BTreeMap::new(),
            publications: Publications::new(),
            cookies: BTreeSet::new(),
            transcript: String::new(),
            limit: LengthLimit::MAX,
            now: STARTED,
            turns: 0,
            short_turns: false,
        }
    }

    /// From here on clients say that they take no longer messages.
    pub(crate) fn limit(&mut self, limit: LengthLimit) {
        self.limit = limit;
    }

    /// From here on everything takes as many turns as it can.
    pub(crate) fn shorten_turns(&mut self) {
        self.turn = Turn::with_work_max(0);
        self.short_turns = true;
    }

    pub(crate) fn is_busy(&self, name: &str) -> bool {
        self.clients[name].session.as_ref().unwrap().is_busy()
    }

    /// Is there something that a client has asked for and not got?
    pub(crate) fn waits(&self, name: &str) -> bool {
        self.clients[name].session.as_ref().unwrap().has_more()
    }

    /// What the log says of why a client's session has ended.
    pub(crate) fn why(&self, name: &str) -> String {
        let summary = self.clients[name].session.as_ref().unwrap().summary();
        summary.why.unwrap().text.into()
    }

    pub(crate) fn play(&mut self, script: &str) {
        let mut lines = script.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
        while let Some(line) = lines.next() {
            self.play_line(line.trim_start_matches("+ "));
            if !lines.peek().is_some_and(|next| next.starts_with('+')) {
                self.turn.flush();
                self.collect(None);
            }
        }
    }

    pub(crate) fn transcript_so_far(&self) -> &str {
        &self.transcript
    }

    pub(crate) fn forget_transcript(&mut self) {
        self.transcript.clear();
    }

    /// The ID of a publication that has the number `p1` here.
    pub(crate) fn publication(&self, number: &str) -> String {
        let number = number.strip_prefix('p').unwrap().parse::<usize>().unwrap();
        self.publications.iter().find(|(_, known)| **known == number).unwrap().0.to_string()
    }

    /// From the next start on the realm is like this.
    pub(crate) fn change_realm(&mut self, realm: RealmSettings) {
        self.settings.realms = vec![realm];
    }

    /// Has one portion of what is too old let go. May there be more?
    pub(crate) fn expire_some(&mut self) -> bool {
        self.router.expire(self.now)
    }

    pub(crate) fn expire(&mut self) {
        while self.expire_some() {}
    }

    /// What the router has written down.
    pub(crate) fn store(&self) -> &TestStore {
        &self.store
    }

    pub(crate) fn transcript(self) -> String {
        self.transcript
    }

    fn play_line(&mut self, line: &str) {
        self.turn.begin(self.now);
        let (name, rest) = line.split_once(' ').unwrap();
        let (verb, rest) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        match (name, verb, rest) {
            ("ROUTER", "shuts", "down") => self.router.shut_down(&mut self.turn),
            ("ROUTER", "adds", name) => {
                let realm = RealmSettings { name: name.into(), ..self.settings.realms[0].clone() };
                assert!(self.router.add_realm(&realm, self.now));
            }
            ("ROUTER", "removes", name) => {
                assert!(self.router.remove_realm(name, &mut self.turn));
            }
            ("ROUTER", "starts", "again") => self.start_again(),
            ("STORE", "writes", "all") => self.store.write(usize::MAX, &mut self.turn),
            ("STORE", "writes", changes) => {
                self.store.write(changes.parse().unwrap(), &mut self.turn);
            }
            ("STORE", "fails", "") => self.store.fail(&mut self.turn),
            ("STORE", "is", "full") => self.store.fill_up(true),
            ("STORE", "has", "room") => self.store.fill_up(false),
            ("TIME", "passes", milliseconds) => {
                self.now = match milliseconds.strip_suffix("us") {
                    Some(microseconds) => Time(self.now.0 + microseconds.parse::<u64>().unwrap()),
                    None => self.now.after_ms(milliseconds.parse().unwrap()),
                };
                self.turn.begin(self.now);
            }
            (_, "knows", features) => self.join_knowing(name, features),
            (_, "joins", serializer) => self.join(name, serializer),
            (_, "opens", "") => self.open(name, Serializer::Json),
            (_, "opens", place) => {
                let end = match place.split_once(' ').unwrap() {
                    ("over", shown) => TestLink::over_tls(CHANNEL, shown.strip_prefix("TLS as ")),
                    ("cookie", name) => {
                        let is_new = self.cookies.insert(name.to_owned());
                        TestLink::with_cookie(name, is_new)
                    }
                    ("from", address) => TestLink::from(address.parse().unwrap()),
                    (other, _) => panic!("opens {other}?"),
                };
                self.open_on(name, Serializer::Json, end);
            }
            (_, "is", "gone") => self.client(name).hang_up(),
            (_, "goes", portions) => {
                let portions = portions.strip_prefix("on ").unwrap().parse().unwrap();
                self.go_on(name, portions);
            }
            (_, "takes", "all") => self.take(name, usize::MAX),
            (_, "takes", octets) => self.take(name, octets.parse().unwrap()),
            (_, "sends", octets) => self.send(name, octets.as_bytes()),
            (_, "HELLO", elements) => {
                self.open(name, Serializer::Json);
                self.send_message(name, "HELLO", elements);
            }
            (_, message, elements) => {
                if !self.clients.contains_key(name) {
                    self.join(name, "json");
                }
                self.send_message(name, message, elements);
            }
        }
    }

    /// Nobody hears anything of that, and whoever speaks next is somebody new.
    fn start_again(&mut self) {
        for client in self.clients.values() {
            client.link.broken.store(true, Ordering::Relaxed);
        }
        self.store.crash();
        self.clients.clear();
        let settings = Settings { started: self.now, ..self.settings.clone() };
        self.router = Arc::new(Router::with_store(settings, self.store.clone()));
        self.store.restore_to(&self.router);
    }

    fn join(&mut self, name: &str, serializer: &str) {
        let all = Serializer::ALL;
        let serializer = all.into_iter().find(|known| known.name() == serializer).unwrap();
        self.open(name, serializer);
        self.send_message(name, "HELLO", r#"realm1 {"roles":{"caller":{},"callee":{}}}"#);
        self.collect(Some(name));
    }

    fn join_knowing(&mut self, name: &str, features: &str) {
        let features: Vec<_> = features.split(' ').map(|f| format!("\"{f}\":true")).collect();
        let role = format!("{{\"features\":{{{}}}}}", features.join(","));
        self.open(name, Serializer::Json);
        let roles = ["caller", "callee", "publisher", "subscriber"];
        let roles = roles.map(|name| format!("\"{name}\":{role}")).join(",");
        let hello = format!("realm1 {{\"roles\":{{{roles}}}}}");
        self.send_message(name, "HELLO", &hello);
        self.collect(Some(name));
    }

    fn open(&mut self, name: &str, serializer: Serializer) {
        self.open_on(name, serializer, TestLink::default());
    }

    fn open_on(&mut self, name: &str, serializer: Serializer, link: TestLink) {
        if self.clients.contains_key(name) {
            return;
        }
        let link = Arc::new(link);
        let number = self.clients.len() as u64 + 1;
        let challenge = [number.to_le_bytes()[0]; 32];
        let entropy = Entropy { session: number, publications: number, choices: number, challenge };
        let wire = wire(serializer, self.limit);
        let session = self.router.open(wire, link.clone(), entropy);
        let client = Client { session: Some(session), link, serializer, over: false };
        self.clients.insert(name.to_owned(), client);
    }

    fn take(&mut self, name: &str, octets: usize) {
        let client = &self.clients[name];
        client.link.room.store(octets, Ordering::Relaxed);
        let member = client.session.as_ref().unwrap().member();
        member.unblock(&mut self.turn);
    }

    fn go_on(&mut self, name: &str, portions: usize) {
        let session = self.clients.get_mut(name).unwrap().session.as_mut().unwrap();
        for _ in 0..portions {
            self.turn.begin(self.now);
            session.go_on(&mut self.turn);
            self.turn.flush();
        }
    }

    fn client(&mut self, name: &str) -> Departing<'_> {
        Departing { client: self.clients.get_mut(name).unwrap(), turn: &mut self.turn }
    }

    fn send_message(&mut self, name: &str, message: &str, elements: &str) {
        let octets = notation::write(self.clients[name].serializer, message, elements);
        self.send(name, &octets);
    }

    fn send(&mut self, name: &str, octets: &[u8]) {
        let client = self.clients.get_mut(name).unwrap();
        let session = client.session.as_mut().unwrap();
        session.receive(octets, &mut self.turn);
    }

    /// Sessions go on with what they have begun, as far as their peers read.
    fn finish(&mut self) {
        if self.short_turns {
            return;
        }
        for client in self.clients.values_mut() {
            let Some(session) = &mut client.session else { continue };
            self.turn.begin(self.now);
            while session.has_more() && session.go_on(&mut self.turn) {
                self.turn.flush();
                self.turn.begin(self.now);
                self.turns += 1;
            }
        }
    }

    /// What everybody got, but for the WELCOME of who joins, and whose connection the router closes.
    fn collect(&mut self, joining: Option<&str>) {
        self.finish();
        for (name, client) in &mut self.clients {
            if let Some(session) = &mut client.session {
                session.attend(&mut self.turn);
                let deadline = session.condition().deadline;
                if deadline.is_some_and(|deadline| deadline <= self.now) {
                    session.tick(&mut self.turn);
                }
                self.turn.flush();
            }
            for octets in client.link.take() {
                let line = notation::read(name, client.serializer, &octets, &mut self.publications);
                if joining != Some(name) {
                    writeln!(self.transcript, "{name} < {line}").unwrap();
                }
            }
            let over = client.session.as_ref().is_some_and(Session::is_over);
            if over && !client.over {
                client.over = true;
                writeln!(self.transcript, "{name} is over").unwrap();
            }
        }
    }
}

struct Departing<'c> {
    client: &'c mut Client,
    turn: &'c mut Turn,
}

impl Departing<'_> {
    fn hang_up(self) {
        self.client.link.broken.store(true, Ordering::Relaxed);
        let mut session = self.client.session.take().unwrap();
        session.close(self.turn);
        while session.go_on(self.turn) {}
    }
}
