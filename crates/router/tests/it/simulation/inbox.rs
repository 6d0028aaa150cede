//! What everybody was told in one step: the model takes out what it has promised, and nothing may be
//! left.

use std::collections::{BTreeMap, BTreeSet};

use crosspoint_proto::message::RequestKind;
use crosspoint_proto::message::pubsub::EventDetails;
use crosspoint_proto::message::rpc::CancelMode;
use crosspoint_proto::value::Value;

use super::model::{CallKey, Name};
use super::world::Pressure;
use crate::store::Progress;

/// A message of the router, as far as the model has a say in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Welcome,
    Goodbye {
        reason: String,
    },
    Abort,
    Registered {
        request: u64,
        registration: u64,
    },
    Unregistered {
        request: u64,
    },
    Revoked {
        registration: u64,
        reason: String,
    },
    Subscribed {
        request: u64,
        subscription: u64,
    },
    Unsubscribed {
        request: u64,
    },
    SubscriptionRevoked {
        subscription: u64,
        reason: String,
    },
    Published {
        request: u64,
        publication: u64,
    },
    /// An ERROR for what is not a call.
    Refused {
        kind: RequestKind,
        request: u64,
        error: String,
    },
    /// One piece of a call's input.
    Invocation {
        invocation: u64,
        registration: u64,
        call: CallKey,
        piece: u64,
        details: Details,
    },
    Interrupt {
        invocation: u64,
        mode: CancelMode,
    },
    Result {
        request: u64,
        progress: bool,
        args: Vec<Value>,
    },
    /// An ERROR for a call.
    Error {
        request: u64,
        error: String,
    },
    Event {
        publication: u64,
        event: Event,
    },
}

/// An EVENT, but for the ID of its publication, which the router draws.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) subscription: u64,
    pub(crate) details: EventDetails<'static>,
    pub(crate) args: Vec<Value>,
}

/// `INVOCATION.Details`
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Details {
    pub(crate) procedure: Option<String>,
    pub(crate) progress: bool,
    pub(crate) receive_progress: bool,
    pub(crate) timeout_ms: u64,
    /// The caller's session.
    pub(crate) caller: Option<u64>,
    pub(crate) trust_level: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Inbox {
    told: BTreeMap<Name, Vec<Told>>,
    /// Sessions that do not read, and have just been ended for that: what they were told last is
    /// not known, or does not matter.
    deaf: BTreeSet<Name>,
    /// Sessions that read everything and were told nothing: there was room for one message.
    idle: BTreeSet<Name>,
    pub(crate) pressure: Pressure,
    /// What the store was told.
    pub(crate) store: Progress,
}

impl Inbox {
    pub(crate) fn new(
        told: BTreeMap<Name, Vec<Told>>,
        deaf: BTreeSet<Name>,
        slow: &BTreeSet<Name>,
        pressure: Pressure,
        store: Progress,
    ) -> Inbox {
        let is_idle = |(name, told): &(&Name, &Vec<Told>)| told.is_empty() && !slow.contains(*name);
        let idle = told.iter().filter(is_idle).map(|(name, _)| *name).collect();
        Inbox { told, deaf, idle, pressure, store }
    }

    /// Was there room for what others have sent the client?
    pub(crate) fn has_room(&self, name: Name) -> bool {
        self.pressure == Pressure::None || self.idle.contains(&name)
    }

    pub(crate) fn has_room_for_all(&self) -> bool {
        self.pressure == Pressure::None
    }

    pub(crate) fn is_deaf(&self, name: Name) -> bool {
        self.deaf.contains(&name)
    }

    /// The client was told this.
    #[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
    pub(crate) fn expect(&mut self, name: Name, expected: Told) {
        let found = self.take(name, &expected);
        assert!(found || self.is_deaf(name), "{name} is not told {expected:?} but {:?}", self.told);
    }

    /// The client was told this, unless there was no room for it.
    #[expect(clippy::needless_pass_by_value, reason = "written at the call, once")]
    pub(crate) fn expect_if_room(&mut self, name: Name, expected: Told) {
        let found = self.take(name, &expected);
        let excused = !self.has_room(name) || self.is_deaf(name);
        assert!(found || excused, "{name} is not told {expected:?} but {:?}", self.told);
    }

    /// The client was told this before anything else.
    pub(crate) fn expect_first(&mut self, name: Name, expected: Told) {
        let first = self.told.get(&name).and_then(|told| told.first());
        assert!(first == Some(&expected) || self.is_deaf(name), "{first:?} comes first to {name}");
        self.expect(name, expected);
    }

    /// The client's next events are these, all of one publication, in any order; but those for which
    /// there was no room. Gives the IDs that the publication has in them.
    pub(crate) fn expect_events(&mut self, name: Name, mut expected: Vec<Event>) -> Vec<u64> {
        let mut publications = Vec::new();
        while let Some((publication, event)) = self.next_event(name) {
            let Some(index) = expected.iter().position(|expected| *expected == event) else {
                break;
            };
            let event = expected.remove(index);
            self.take(name, &Told::Event { publication, event });
            publications.push(publication);
        }
        let excused = !self.has_room(name) || self.is_deaf(name);
        let next = self.next_event(name);
        assert!(
            expected.is_empty() || excused,
            "{name}'s next event is {next:?}, not {expected:?}"
        );
        publications
    }

    fn next_event(&self, name: Name) -> Option<(u64, Event)> {
        self.told.get(&name)?.iter().find_map(|told| match told {
            Told::Event { publication, event } => Some((*publication, event.clone())),
            _ => None,
        })
    }

    /// Is this among the client's events?
    pub(crate) fn has_event(&self, name: Name, expected: &Event) -> bool {
        self.told.get(&name).is_some_and(|told| {
            told.iter().any(|told| matches!(told, Told::Event { event, .. } if event == expected))
        })
    }

    /// The ID of the publication that is acknowledged to the client.
    pub(crate) fn published(&self, name: Name, wanted: u64) -> Option<u64> {
        self.told.get(&name)?.iter().find_map(|told| match told {
            Told::Published { request, publication } if *request == wanted => Some(*publication),
            _ => None,
        })
    }

    /// What a call comes to.
    pub(crate) fn result_of(&self, (name, wanted): CallKey) -> Option<&[Value]> {
        self.told.get(&name)?.iter().find_map(|told| match told {
            Told::Result { request, args, .. } if *request == wanted => Some(args.as_slice()),
            _ => None,
        })
    }

    /// Whatever the client was told.
    pub(crate) fn ignore(&mut self, name: Name) {
        self.told.remove(&name);
        self.deaf.insert(name);
    }

    /// Who is invoked for a call, and under which ID.
    pub(crate) fn invoked(&self, wanted: CallKey) -> Option<(Name, u64)> {
        self.told.iter().find_map(|(name, told)| {
            told.iter().find_map(|told| match told {
                Told::Invocation { invocation, call, .. } if *call == wanted => {
                    Some((*name, *invocation))
                }
                _ => None,
            })
        })
    }

    /// The error that a call comes to.
    pub(crate) fn error_of(&self, (name, wanted): CallKey) -> Option<String> {
        self.told.get(&name)?.iter().find_map(|told| match told {
            Told::Error { request, error } if *request == wanted => Some(error.clone()),
            _ => None,
        })
    }

    /// Is the client told just this?
    pub(crate) fn has(&self, name: Name, expected: &Told) -> bool {
        self.told.get(&name).is_some_and(|told| told.contains(expected))
    }

    /// Nobody was told anything else.
    pub(crate) fn finish(&self) {
        for (name, told) in &self.told {
            assert!(told.is_empty() || self.is_deaf(*name), "{name} is told {told:?} in addition");
        }
    }

    fn take(&mut self, name: Name, expected: &Told) -> bool {
        let Some(told) = self.told.get_mut(&name) else { return false };
        let Some(index) = told.iter().position(|told| told == expected) else { return false };
        told.remove(index);
        true
    }
}
