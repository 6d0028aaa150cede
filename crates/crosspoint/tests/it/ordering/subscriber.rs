//! Subscribers: those who stay, and those who come and go.

use std::net::SocketAddr;
use std::ops::ControlFlow::{Break, Continue};

use super::heard::Heard;
use super::listeners;
use super::pace::Pace;
use super::pattern::Pattern;
use super::session::{Session, Wire};

pub(super) const WANDERERS: usize = 2;

/// How many events a wanderer waits for between subscribing and unsubscribing, and before it
/// subscribes again.
const STAY: u64 = 100;

pub(super) struct Subscriber {
    session: Session,
    heard: Heard,
}

impl Subscriber {
    /// One that has subscribed before anything is published.
    pub(super) fn begin(address: SocketAddr, wire: Wire, patterns: &[Pattern]) -> Subscriber {
        let mut session = Session::join(address, wire);
        let mut subscribe = |pattern: &Pattern| {
            session.subscribe(pattern, |message| panic!("nobody has published {message:?}"))
        };
        let mut heard = Heard::new(subscribe(&Pattern::end()));
        for pattern in patterns {
            heard.subscribed(subscribe(pattern), pattern);
        }
        Subscriber { session, heard }
    }

    /// Gets everything to the end. How many events that was.
    pub(super) fn listen(mut self) -> u64 {
        self.listen_until(|heard| heard.ended);
        self.heard.check_complete();
        self.heard.events
    }

    /// Hears everything, to compare with, and subscribes to one thing after the other beside that.
    pub(super) fn wander(mut self, wanderer: usize, pace: &Pace) -> u64 {
        let mut stops = listeners().concat();
        stops.retain(|pattern| *pattern != Pattern::everything());
        let enough = stops.len() / WANDERERS;
        let mut visited = 0;
        while !self.heard.ended {
            // Each begins somewhere else, so that together they get everywhere.
            let stop = &stops[(wanderer * enough + visited) % stops.len()];
            let granted = self.session.subscribe(stop, |message| self.heard.message(message));
            self.heard.subscribed(granted, stop);
            self.stay(wanderer, pace);
            let wanted = self.heard.latest;
            self.session.unsubscribe(granted, |message| self.heard.message(message));
            self.heard.unsubscribed(granted, &wanted);
            self.stay(wanderer, pace);
            visited += 1;
        }
        assert!(visited >= enough, "{visited} visits are too few to learn from");
        self.heard.check_complete();
        self.heard.events
    }

    /// Listens for a while, or to the end if that comes first. Publishers go on until then: what has
    /// come while it waited for something else is behind it.
    fn stay(&mut self, wanderer: usize, pace: &Pace) {
        pace.note(wanderer, &self.heard.latest);
        let enough = self.heard.events + STAY;
        self.listen_until(|heard| heard.ended || heard.events >= enough);
    }

    fn listen_until(&mut self, enough: impl Fn(&Heard) -> bool) {
        let Subscriber { session, heard } = self;
        if enough(heard) {
            return;
        }
        session.hear(|message| {
            heard.message(message);
            if enough(heard) { Break(()) } else { Continue(()) }
        });
    }
}
