//! Workloads: who takes part, and what an operation is.

use std::fmt;

/// Something that routers do all day, in a form that can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// One caller, one callee, one call at a time: what a call costs when nothing else is going on.
    PingPong,
    /// Many calls in flight: what a call costs when reads and writes bring many at once.
    Pipelined,
    /// One publication at a time for many subscribers: what a delivered event costs.
    Events,
    /// The same beside subscribers that have stopped reading: what these cost the others.
    Stalled(Audience),
}

/// The subscribers of a topic, and what they get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Audience {
    pub(crate) reading: usize,
    /// They subscribe, and read nothing after that.
    pub(crate) stalled: usize,
    /// The argument of each event.
    pub(crate) argument_octets: usize,
}

/// A workload in numbers.
///
/// Initiators begin operations: they call, or publish. Responders are called, or subscribed. An
/// initiator's responder is the same all the time: the one of its own number, modulo their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(super) initiators: usize,
    pub(super) responders: usize,
    /// What each initiator has begun and not seen the end of.
    pub(super) in_flight: usize,
    /// What each beginning leads to: one result, or an event for every responder.
    pub(super) deliveries: usize,
}

impl Workload {
    pub(crate) const ALL: [Workload; 3] =
        [Workload::PingPong, Workload::Pipelined, Workload::Events];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Workload::PingPong => "ping-pong",
            Workload::Pipelined => "pipelined",
            Workload::Events => "events",
            Workload::Stalled(_) => "stalled",
        }
    }

    /// What is counted.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Workload::PingPong | Workload::Pipelined => "call",
            Workload::Events | Workload::Stalled(_) => "event",
        }
    }

    pub(super) fn shape(self) -> Shape {
        match self {
            Workload::PingPong => {
                Shape { initiators: 1, responders: 1, in_flight: 1, deliveries: 1 }
            }
            Workload::Pipelined => {
                Shape { initiators: 8, responders: 4, in_flight: 64, deliveries: 1 }
            }
            Workload::Events => {
                Shape { initiators: 1, responders: 100, in_flight: 1, deliveries: 100 }
            }
            Workload::Stalled(Audience { reading, .. }) => {
                Shape { initiators: 1, responders: reading, in_flight: 1, deliveries: reading }
            }
        }
    }

    /// How many subscribers there are beside those that take part.
    pub(super) fn stalled(self) -> usize {
        match self {
            Workload::Stalled(Audience { stalled, .. }) => stalled,
            Workload::PingPong | Workload::Pipelined | Workload::Events => 0,
        }
    }

    /// The one argument of every call and event.
    pub(super) fn argument_octets(self) -> usize {
        match self {
            Workload::PingPong | Workload::Pipelined | Workload::Events => 64,
            Workload::Stalled(Audience { argument_octets, .. }) => argument_octets,
        }
    }

    /// Where events are published. Who reads beside stalled subscribers is apart from who does not, as
    /// they may be in the same realm of the same router.
    pub(super) fn topic(self) -> String {
        match self {
            Workload::Stalled(Audience { stalled, .. }) => format!("{TOPIC}.beside{stalled}"),
            Workload::PingPong | Workload::Pipelined | Workload::Events => TOPIC.to_owned(),
        }
    }
}

const TOPIC: &str = "com.crosspoint.bench.topic";

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape { initiators, responders, in_flight, .. } = self.shape();
        match self {
            Workload::PingPong => write!(f, "1 caller, 1 callee, one call at a time"),
            Workload::Pipelined => write!(
                f,
                "{initiators} callers, {responders} callees, {in_flight} calls of each caller in flight"
            ),
            Workload::Events => {
                write!(f, "1 publisher, {responders} subscribers, one publication at a time")
            }
            Workload::Stalled(Audience { reading, stalled, argument_octets }) => {
                let subscribers = reading + stalled;
                write!(
                    f,
                    "1 publisher, {subscribers} subscribers, arguments of {argument_octets} octets"
                )
            }
        }
    }
}

impl Shape {
    /// How many sockets there are. Initiators come first, responders after them.
    pub(super) fn sockets(self) -> usize {
        self.initiators + self.responders
    }

    pub(super) fn is_initiator(self, socket: usize) -> bool {
        socket < self.initiators
    }

    /// The socket of an initiator's responder.
    pub(super) fn responder_of(self, initiator: usize) -> usize {
        self.initiators + initiator % self.responders
    }
}
