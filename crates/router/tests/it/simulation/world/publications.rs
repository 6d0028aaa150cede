//! Publishers.

use std::collections::BTreeSet;

use crosspoint_proto::id::{RequestId, SessionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{self, Passthru, Publish, PublishOptions};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::value::Value;

use super::World;
use crate::simulation::model::{Name, Proposed, Receivers};

/// What is published to, the most wanted first.
pub(super) const TOPICS: [&str; 5] =
    ["com.news", "org.news", "com.weather", "com.traffic", "org.weather"];

const KEYS: [&str; 4] = ["red", "green", "blue", "7"];

/// Lists of names that exclude nobody, or everybody.
const NAMES: [&[&str]; 5] =
    [&[], &["anonymous"], &["joe"], &["joe", "anonymous"], &["anonymous", "anonymous"]];

impl World {
    pub(super) fn publish(&mut self, name: Name) {
        let request = self.client(name).next_request();
        let proposed = self.proposal(name);
        let args = self.args(name, &proposed.args);
        let publish = message(request, &proposed, args.payload());
        self.send(name, &publish, |model, inbox| model.publish((name, request), &proposed, inbox));
    }

    pub(super) fn proposal(&mut self, name: Name) -> Proposed {
        let topic = TOPICS[self.roll(TOPICS.len()).min(self.roll(TOPICS.len()))];
        let rkey = self.pick(&KEYS);
        let passthru = Passthru { scheme: "x_mine".into(), ..Passthru::default() };
        let knows = self.clients[&name].knows;
        Proposed {
            topic: if self.roll(40) == 0 { "wamp.subscription.on_delete" } else { topic },
            acknowledge: self.roll(2) == 0,
            exclude_me: self.roll(3) != 0,
            disclose_me: self.roll(4) == 0,
            retain: self.roll(3) == 0,
            receivers: self.receivers(),
            rkey: Some(rkey).filter(|_| self.roll(4) == 0),
            passthru: Some(passthru).filter(|_| knows.passthru && self.roll(6) == 0),
            args: [name as u64, self.client(name).next_number()].map(Value::from).to_vec(),
        }
    }

    /// Mostly everybody.
    fn receivers(&mut self) -> Receivers {
        let mut receivers = Receivers::default();
        if self.roll(2) == 0 {
            return receivers;
        }
        for _ in 0..=self.roll(2) {
            match self.roll(7) {
                0 | 1 => receivers.eligible = Some(self.some_sessions()),
                2 => receivers.exclude = Some(self.some_sessions()),
                3 => receivers.eligible_authid = Some(self.some_names()),
                4 => receivers.eligible_authrole = Some(self.some_names()),
                5 => receivers.exclude_authid = Some(self.some_names()),
                _ => receivers.exclude_authrole = Some(self.some_names()),
            }
        }
        receivers
    }

    /// Some that are there, and some that are not any more.
    fn some_sessions(&mut self) -> BTreeSet<u64> {
        let here = self.model.sessions.values().map(|session| session.id);
        let known: Vec<_> = here.chain(self.past.iter().rev().copied().take(2)).collect();
        let count = self.roll(5);
        (0..count).map(|_| self.pick(&known)).collect()
    }

    fn some_names(&mut self) -> BTreeSet<&'static str> {
        self.pick(&NAMES).iter().copied().collect()
    }
}

pub(super) fn message<'m>(
    request: u64,
    proposed: &'m Proposed,
    payload: Payload<'m>,
) -> Message<'m> {
    let options = PublishOptions {
        acknowledge: proposed.acknowledge,
        exclude_me: proposed.exclude_me,
        disclose_me: proposed.disclose_me,
        retain: proposed.retain,
        receivers: as_option(&proposed.receivers),
        rkey: proposed.rkey.map(Into::into),
        passthru: proposed.passthru.clone().map(Box::new),
    };
    let (request, topic) = (RequestId(request), proposed.topic.into());
    Message::Publish(Publish { request, options, topic, payload })
}

fn as_option(receivers: &Receivers) -> Option<Box<pubsub::Receivers<'static>>> {
    if *receivers == Receivers::default() {
        return None;
    }
    let sessions = |list: &Option<BTreeSet<u64>>| {
        list.as_ref().map(|l| l.iter().copied().map(SessionId).collect::<Vec<_>>().into())
    };
    let names = |list: &Option<BTreeSet<&'static str>>| {
        list.as_ref().map(|l| l.iter().map(|name| (*name).into()).collect::<Vec<_>>().into())
    };
    Some(Box::new(pubsub::Receivers {
        eligible: sessions(&receivers.eligible),
        eligible_authid: names(&receivers.eligible_authid),
        eligible_authrole: names(&receivers.eligible_authrole),
        exclude: sessions(&receivers.exclude),
        exclude_authid: names(&receivers.exclude_authid),
        exclude_authrole: names(&receivers.exclude_authrole),
    }))
}
