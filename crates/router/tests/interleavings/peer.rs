//! A peer: a client, and the task of its connection, which does with a session what the server's
//! own does.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::serializer::Serializer;
use crosspoint_router::ids::Entropy;
use crosspoint_router::router::Router;
use crosspoint_router::session::Session;
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;

use crate::link::{RaceLink, wire};
use crate::notation::{self, Publications};

/// A client and its connection.
pub(crate) struct Peer {
    pub(crate) name: String,
    /// `None` once it is gone.
    session: Option<Session>,
    link: Arc<RaceLink>,
    pub(crate) sent: Vec<String>,
    pub(crate) heard: Vec<String>,
    /// How much it had heard when the race began.
    pub(crate) heard_before: usize,
    publications: Publications,
    /// Its task has seen that the link is blocked.
    waits_for_room: bool,
    /// The session is over and everything is written: the connection is closed.
    closed: bool,
}

impl Peer {
    pub(crate) fn open(name: &str, number: u64, router: &Arc<Router>) -> Peer {
        let link = Arc::new(RaceLink::new());
        let entropy =
            Entropy { session: number, publications: number, choices: number, challenge: [0; 32] };
        let session = router.open(wire(), Arc::clone(&link) as _, entropy);
        Peer {
            name: name.to_owned(),
            session: Some(session),
            link,
            sent: Vec::new(),
            heard: Vec::new(),
            heard_before: 0,
            publications: Publications::new(),
            waits_for_room: false,
            closed: false,
        }
    }

    /// Sends a message; the router processes it.
    pub(crate) fn send(&mut self, message: &str, turn: &mut Turn) {
        let Some(session) = &mut self.session else { return };
        let (kind, elements) = message.split_once(' ').unwrap();
        let octets = notation::write(Serializer::Json, kind, elements);
        session.attend(turn);
        session.receive(&octets, turn);
        while session.go_on(turn) {}
        self.sent.push(message.to_owned());
    }

    /// The connection breaks.
    pub(crate) fn hang_up(&mut self, turn: &mut Turn) {
        self.link.break_off();
        if let Some(mut session) = self.session.take() {
            session.close(turn);
            while session.go_on(turn) {}
        }
    }

    /// Time passes, until so many milliseconds after the beginning.
    pub(crate) fn wait(&mut self, milliseconds: u64, turn: &mut Turn) {
        turn.begin(Time::default().after_ms(milliseconds));
        if let Some(session) = &mut self.session {
            session.tick(turn);
        }
    }

    /// The connection takes so many octets from now on. Its task learns of it if it waits for that.
    pub(crate) fn take(&mut self, room: usize, turn: &mut Turn) {
        self.link.set_room(room);
        if mem::take(&mut self.waits_for_room) {
            self.go_on_writing(turn);
        }
    }

    /// What the connection's task does whenever it runs: see how the session stands, write where
    /// the link had blocked, close behind the last message.
    pub(crate) fn follow(&mut self, turn: &mut Turn) {
        self.go_on_writing(turn);
        let Some(session) = &mut self.session else { return };
        while session.go_on(turn) {}
        turn.flush();
        let session = self.session.as_ref().unwrap();
        self.closed |= session.is_over() && session.member().condition().drained;
    }

    /// The connection's task, which runs only if it was asked to. Did it?
    pub(crate) fn follow_if_asked(&mut self, turn: &mut Turn) -> bool {
        let asked = self.link.was_asked();
        if asked {
            self.follow(turn);
        }
        asked
    }

    fn go_on_writing(&mut self, turn: &mut Turn) {
        let Some(session) = &self.session else { return };
        while session.member().condition().blocked {
            self.waits_for_room = !self.link.has_room();
            if self.waits_for_room {
                return;
            }
            session.member().unblock(turn);
        }
    }

    /// Reads what has arrived. Was there anything?
    pub(crate) fn listen(&mut self) -> bool {
        let messages = self.link.take();
        for octets in &messages {
            let line = notation::read(&self.name, Serializer::Json, octets, &mut self.publications);
            self.heard.push(line);
        }
        !messages.is_empty()
    }

    /// Answers what it has heard: each invocation once, and the router's GOODBYE. Was there
    /// anything to answer?
    pub(crate) fn answer(&mut self, turn: &mut Turn) -> bool {
        let before = self.sent.len();
        self.listen();
        for line in self.heard.clone() {
            let mut words = line.split(' ');
            match (words.next(), words.next()) {
                (Some("INVOCATION"), Some(invocation)) if !self.has_answered(invocation) => {
                    self.send(&format!("YIELD {invocation} {{}}"), turn);
                }
                (Some("GOODBYE"), _) if !self.has_sent("GOODBYE") => {
                    self.send("GOODBYE {} wamp.close.goodbye_and_out", turn);
                }
                _ => {}
            }
        }
        self.sent.len() > before
    }

    fn has_answered(&self, invocation: &str) -> bool {
        let answers = [format!("YIELD {invocation} "), format!("ERROR 68 {invocation} ")];
        self.sent.iter().any(|sent| answers.iter().any(|answer| sent.starts_with(answer)))
    }

    fn has_sent(&self, kind: &str) -> bool {
        self.sent.iter().any(|sent| sent.split(' ').next() == Some(kind))
    }

    /// Can it still hear answers?
    pub(crate) fn is_there(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_established)
    }

    /// Its connection ought to be closed, but nobody has told its task that everything is written.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_over) && !self.closed
    }

    /// Has it got part of a message, and not the rest?
    pub(crate) fn has_rest(&self) -> bool {
        self.is_there() && self.link.has_rest()
    }

    /// Does anybody still hold its connection?
    pub(crate) fn is_held(&self) -> bool {
        Arc::strong_count(&self.link) > 1
    }
}
