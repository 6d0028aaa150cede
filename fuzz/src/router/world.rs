//! The world: a router, who sits at it, and what happens there, step by step.

use std::sync::Arc;

use crosspoint_proto::auth::cryptosign;
use crosspoint_proto::auth::scram::{AuthMessage, Dialect, Nonce};
use crosspoint_proto::auth::wampcra::Key;
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::authentication::Challenge;
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::authorization::Permitted;
use crosspoint_router::ids::Entropy;
use crosspoint_router::router::{Census, Router};
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;

use super::peer::Peer;
use super::phrases::{self, one_of, said};
use super::realms::{self, KEY, NAMES, NONCE, SCRAM, SECRET, TICKET, TOKEN};
use crate::choices::Choices;
use crate::link::{MemoryLink, wire};

const SEATS: usize = 4;

/// More steps show nothing that fewer do not.
const STEPS_MAX: usize = 200;

/// Portions after which something that is done in portions never ends.
const PORTIONS_MAX: usize = 10_000;

/// Rounds of answers after which a request that has none never gets one.
const ROUNDS_MAX: usize = 100;

/// Longer than anybody has set himself.
const LONG_MS: u64 = 60_000;

pub struct World {
    router: Arc<Router>,
    narrow: bool,
    turn: Turn,
    now: Time,
    /// Who is there; whoever comes to a seat that was left is somebody else.
    seats: [Option<Peer>; SEATS],
    sessions: u64,
}

impl World {
    /// Two bits decide how much room there is, and how long turns are.
    pub fn new(choices: &mut Choices<'_>) -> World {
        let flags = choices.octet();
        let narrow = flags & 1 != 0;
        let turn = if flags & 2 == 0 { Turn::default() } else { Turn::with_work_max(0) };
        World {
            router: Arc::new(Router::new(realms::settings(narrow))),
            narrow,
            turn,
            now: realms::started(),
            seats: Default::default(),
            sessions: 0,
        }
    }

    pub fn run(mut self, choices: &mut Choices<'_>) {
        for _ in 0..STEPS_MAX {
            if choices.is_empty() {
                break;
            }
            self.step(choices);
            self.settle();
        }
        self.answer_everything();
        self.leave();
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        let (seat, kind) = (choices.below(SEATS), choices.below(32));
        self.turn.begin(self.now);
        let Some(peer) = &mut self.seats[seat] else { return self.join(seat, choices) };
        match kind {
            0..=13 => {
                let text = phrases::request(choices, peer);
                self.say(seat, &text, choices);
            }
            14..=18 => {
                let text = phrases::reply(choices, peer);
                self.say(seat, &text, choices);
            }
            19 => {
                let text = phrases::cancel(choices, peer);
                self.say(seat, &text, choices);
            }
            20 | 21 => {
                let text = phrases::continuation(choices, peer);
                self.say(seat, &text, choices);
            }
            22 => self.prove(seat, choices),
            23 => {
                let octets = choices.until(0xff).to_vec();
                self.send(seat, &octets);
            }
            24 => self.say(seat, r#"[6,{},"wamp.close.close_realm"]"#, choices),
            25 => self.hang_up(seat),
            26 => {
                let room = 16 * choices.below(64);
                peer.link.make_room(room);
                peer.session.member().unblock(&mut self.turn);
            }
            27 => {
                peer.link.make_room(usize::MAX);
                peer.session.member().unblock(&mut self.turn);
            }
            28 | 29 => {
                let milliseconds = *choices.pick(&[1, 50, 100, 150, 600, 5000]);
                self.now = self.now.after_ms(milliseconds);
            }
            30 => self.reconfigure(choices),
            _ => {
                let text = phrases::hello(choices);
                self.say(seat, &text, choices);
            }
        }
    }

    /// Somebody new, in the serializer of the seat. The last seat's clients take short messages only.
    fn join(&mut self, seat: usize, choices: &mut Choices<'_>) {
        let serializer = Serializer::ALL[seat % 3];
        let limit = if seat == 3 { LengthLimit::MIN } else { LengthLimit::MAX };
        let octet = choices.0.get(phrases::AUTHID_AT).copied().unwrap_or_default();
        let link = Arc::new(MemoryLink::with(realms::brought(octet / 6)));
        self.sessions += 1;
        let number = self.sessions;
        let challenge = [7; 32];
        let entropy = Entropy { session: number, publications: number, choices: number, challenge };
        let session = self.router.open(wire(serializer, limit), link.clone(), entropy);
        self.seats[seat] = Some(Peer::new(session, link, serializer));
        let hello = phrases::hello(choices);
        self.say(seat, &hello, choices);
    }

    fn reconfigure(&mut self, choices: &mut Choices<'_>) {
        let kind = choices.octet();
        if kind >= 128 {
            let authentication = realms::authentication(kind % 2 == 0);
            drop(self.router.set_authentication("proofs", authentication));
            return;
        }
        match kind % 8 {
            0 => self.router.shut_down(&mut self.turn),
            1..=4 => {
                let permitted = match kind % 8 {
                    1 if kind < 64 => Permitted::Everything,
                    1 => Permitted::NothingAgainstOthers,
                    2 => Permitted::ByRole(vec![]),
                    other => Permitted::ByRole(vec![realms::guest(other == 4)]),
                };
                self.router.set_permitted("roles", &permitted);
            }
            5 => {
                let realm = realms::named(NAMES[choices.below(NAMES.len())], self.narrow);
                self.router.add_realm(&realm, self.now);
            }
            6 => drop(self.router.remove_realm(NAMES[choices.below(NAMES.len())], &mut self.turn)),
            _ => while self.router.expire(self.now) {},
        }
    }

    /// The right answer to a challenge, or one that is not quite that.
    fn prove(&mut self, seat: usize, choices: &mut Choices<'_>) {
        let Some(peer) = &self.seats[seat] else { return };
        let Some((method, octets)) = &peer.challenge else { return };
        let challenge = Message::decode(peer.serializer, octets);
        let Ok(Message::Challenge(challenge)) = challenge else { return };
        let mut answer = proof(method, &challenge).unwrap_or_default();
        if choices.one_in(4) {
            answer.0.push('0');
        }
        let (signature, nonce) = answer;
        let text = format!(r#"[5,"{signature}",{{"nonce":"{nonce}","channel_binding":null}}]"#);
        self.say(seat, &text, choices);
    }

    fn say(&mut self, seat: usize, text: &str, choices: &mut Choices<'_>) {
        let text = self.fill_in(seat, text, choices);
        let Some(peer) = &self.seats[seat] else { return };
        if let Some(octets) = said(peer.serializer, &text) {
            self.send(seat, &octets);
        }
    }

    /// Puts IDs where they are left open.
    fn fill_in(&self, seat: usize, text: &str, choices: &mut Choices<'_>) -> String {
        let mut text = text.replace("$longer", &format!("\"{}\"", "y".repeat(2500)));
        text = text.replace("$long", &format!("\"{}\"", "x".repeat(400)));
        while let Some(at) = text.find('$') {
            let id = match text.as_bytes()[at + 1] {
                b's' => self.seats[choices.below(SEATS)].as_ref().and_then(|peer| peer.id),
                b'r' => self.seats[seat]
                    .as_ref()
                    .map(|peer| one_of(choices, peer.registrations.iter().copied())),
                _ => self.seats[seat]
                    .as_ref()
                    .map(|peer| one_of(choices, peer.subscriptions.iter().copied())),
            };
            text.replace_range(at..at + 2, &id.unwrap_or(1).max(1).to_string());
        }
        text
    }

    fn send(&mut self, seat: usize, octets: &[u8]) {
        let Some(peer) = &mut self.seats[seat] else { return };
        go_on(peer, &mut self.turn, self.now, true);
        peer.says(octets);
        peer.session.receive(octets, &mut self.turn);
    }

    fn hang_up(&mut self, seat: usize) {
        let Some(peer) = &mut self.seats[seat] else { return };
        peer.link.sever();
        peer.done = true;
        peer.session.close(&mut self.turn);
        go_on(peer, &mut self.turn, self.now, true);
        self.seats[seat] = None;
    }

    /// Everybody's task does its work, and everybody reads. Those whose sessions are over are gone.
    fn settle(&mut self) {
        self.turn.flush();
        for seat in 0..SEATS {
            let Some(peer) = &mut self.seats[seat] else { continue };
            self.turn.begin(self.now);
            peer.session.attend(&mut self.turn);
            let condition = peer.session.condition();
            if condition.deadline.is_some_and(|deadline| deadline <= self.now) {
                peer.session.tick(&mut self.turn);
            }
            self.turn.flush();
            go_on(peer, &mut self.turn, self.now, false);
        }
        for seat in 0..SEATS {
            let Some(peer) = &mut self.seats[seat] else { continue };
            peer.hear();
            if peer.session.is_over() {
                self.turn.begin(self.now);
                self.hang_up(seat);
                self.turn.flush();
            }
        }
    }

    /// Everybody reads and answers, and time passes: then every request of those who are there has its answer,
    /// and gets no other, however long they wait.
    fn answer_everything(&mut self) {
        for _ in 0..ROUNDS_MAX {
            for seat in 0..SEATS {
                self.answer_once(seat);
            }
            self.now = self.now.after_ms(500);
            self.settle();
            if self.present().all(|peer| peer.awaits.is_empty() && peer.work.is_empty()) {
                break;
            }
        }
        self.now = self.now.after_ms(LONG_MS);
        self.settle();
        for peer in self.present() {
            assert!(peer.awaits.is_empty(), "no answer: {:?}", peer.awaits);
        }
    }

    fn answer_once(&mut self, seat: usize) {
        self.turn.begin(self.now);
        let Some(peer) = &mut self.seats[seat] else { return };
        peer.link.make_room(usize::MAX);
        peer.session.member().unblock(&mut self.turn);
        if let Some(invocation) = peer.work.first().copied().filter(|_| peer.is_in()) {
            let answer = format!("[70,{invocation},{{}}]");
            self.say(seat, &answer, &mut Choices(&[]));
        }
        self.settle();
    }

    fn present(&self) -> impl Iterator<Item = &Peer> {
        self.seats.iter().flatten().filter(|peer| peer.is_in())
    }

    /// Everybody leaves, and nothing is left.
    fn leave(&mut self) {
        for seat in 0..SEATS {
            self.turn.begin(self.now);
            self.hang_up(seat);
            self.settle();
        }
        let subscriptions = realms::histories(&self.router.realm_names());
        let nothing = Census { subscriptions, ..Census::default() };
        assert_eq!(self.router.census(), nothing, "left behind");
    }
}

/// A session goes on with what it has begun; if that is before its next message, until it takes one.
fn go_on(peer: &mut Peer, turn: &mut Turn, now: Time, until_ready: bool) {
    for _ in 0..PORTIONS_MAX {
        let more = if until_ready { peer.session.is_busy() } else { peer.session.has_more() };
        if !more || !peer.session.go_on(turn) && !until_ready {
            return;
        }
        turn.flush();
        turn.begin(now);
    }
    panic!("there is no end to it");
}

/// What proves that somebody is who he says he is, with the nonce that goes with it.
fn proof(method: &str, challenge: &Challenge<'_>) -> Option<(String, String)> {
    let asked = challenge.extra.challenge.as_deref().unwrap_or_default();
    match method {
        "ticket" => Some((TICKET.to_owned(), String::new())),
        "jwt" => Some((TOKEN.to_owned(), String::new())),
        "wampcra" => Some((Key::from_secret(SECRET).sign(asked), String::new())),
        "cryptosign" => {
            let challenge = cryptosign::Challenge::from_hex(asked).ok()?;
            Some((KEY.sign(&challenge, None), String::new()))
        }
        _ => {
            let (keys, salt, cost) = &*SCRAM;
            let nonce = challenge.extra.nonce.as_deref().unwrap_or_default();
            let nonce = Nonce::of_challenge(&NONCE, nonce).ok()?;
            let dialect = Dialect::from_method(method)?;
            let message = AuthMessage::new(dialect, "carol", &nonce, salt, *cost).ok()?;
            Some((keys.prove(&message), nonce.both().to_owned()))
        }
    }
}
