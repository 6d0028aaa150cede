//! Testaments: what a session has published when it ends, in whatever way. The procedures are
//! `wamp.session.add_testament` and `wamp.session.flush_testaments`.
//!
//! A testament is kept as the PUBLISH that it will be, in octets of the session's own serializer:
//! what one may say is read and checked by those who read and check any other.
//!
//! See "Session Testament" in the specification's Advanced Profile.

use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::PublicationId;
use crosspoint_proto::message::Message;
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::{CborWriter, JsonWriter, MsgPackWriter, Serializer, Unwritable};
use crosspoint_proto::value::{Dict, Value};

use super::arguments::{Arguments, invalid};
use super::{Asked, Reply};
use crate::authorization::Grant;
use crate::joined::{check_announced, publication};
use crate::limits::Limits;
use crate::member::Member;
use crate::refusal::{ProtocolViolation, Refusal};
use crate::settings::RealmSettings;

/// A procedure of the testament meta API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    Add,
    Flush,
}

/// The testaments of one session.
#[derive(Default)]
pub(crate) struct Testaments {
    /// Of each scope, in the order in which they were added.
    detached: Vec<Testament>,
    destroyed: Vec<Testament>,
}

/// A PUBLISH, in the octets of the session's serializer.
pub(crate) type Testament = Box<[u8]>;

/// When a testament is published. Sessions are not resumed here: they are detached and destroyed at
/// the same time, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Detached,
    Destroyed,
}

impl Procedure {
    pub(super) fn from_uri(uri: &str) -> Option<Procedure> {
        match uri {
            "wamp.session.add_testament" => Some(Procedure::Add),
            "wamp.session.flush_testaments" => Some(Procedure::Flush),
            _ => None,
        }
    }

    /// What a testament says is longer than what other procedures of the router are called with.
    pub(super) fn arguments(
        self,
        payload: Payload<'_>,
        limits: &Limits,
    ) -> Result<Arguments, Refusal> {
        match self {
            Procedure::Flush => Arguments::read(payload),
            Procedure::Add if payload.octets.len() > limits.testaments_octets_max => {
                Err(too_long(limits))
            }
            Procedure::Add => Arguments::read_whole(payload),
        }
    }

    pub(super) fn call(self, asked: &mut Asked<'_>) -> Result<Reply, Refusal> {
        let scope = Scope::read(&asked.args)?;
        match self {
            Procedure::Add => add(asked, scope)?,
            Procedure::Flush => asked.testaments.of(scope).clear(),
        }
        Ok(Reply::default())
    }
}

fn add(asked: &mut Asked<'_>, scope: Scope) -> Result<(), Refusal> {
    let Asked { realm, caller, testaments, args, .. } = asked;
    let testament = read(args, caller.wire.serializer)?;
    check(&testament, caller, &realm.settings)?;
    testaments.add(scope, testament, &caller.limits)
}

/// The PUBLISH that a call asks for.
fn read(args: &Arguments, serializer: Serializer) -> Result<Testament, Refusal> {
    const PUBLISH: u64 = 16;
    let options = match args.keyword("publish_options") {
        None => Dict::new(),
        Some(Value::Dict(options)) => options.clone(),
        Some(_) => return Err(invalid("publish_options must be a dict")),
    };
    let topic = args.name("a topic")?;
    // The request ID is nobody's.
    let mut elements = vec![PUBLISH.into(), 1.into(), options.into(), topic.into()];
    match (args.get(1), args.get(2)) {
        (None, None) => {}
        (args, kwargs) => {
            elements.push(args.cloned().unwrap_or_else(|| Value::List(Vec::new())));
            elements.extend(kwargs.cloned());
        }
    }
    encode(&elements, serializer).map_err(|unwritable| invalid(unwritable.to_string()))
}

fn encode(elements: &[Value], serializer: Serializer) -> Result<Testament, Unwritable> {
    let mut octets = Vec::new();
    match serializer {
        Serializer::Json => Value::write_list(elements, &mut JsonWriter::new(&mut octets)),
        Serializer::MsgPack => Value::write_list(elements, &mut MsgPackWriter::new(&mut octets)),
        Serializer::Cbor => Value::write_list(elements, &mut CborWriter::new(&mut octets)),
    }?;
    Ok(octets.into_boxed_slice())
}

/// Could the session publish that now? Then it can when it ends.
fn check(
    testament: &Testament,
    publisher: &Arc<Member>,
    realm: &RealmSettings,
) -> Result<(), Refusal> {
    let message = Message::decode(publisher.wire.serializer, testament);
    let Message::Publish(publish) = message.map_err(|violation| invalid(violation.to_string()))?
    else {
        return Err(invalid("that is nothing to publish"));
    };
    check_announced(publisher, &publish).map_err(|ProtocolViolation(text)| invalid(text))?;
    // It gets its ID when it is published.
    publication(PublicationId(1), publisher, &publish, realm, Grant::default())
        .map(|_publication| ())
}

impl Testaments {
    pub(crate) fn is_empty(&self) -> bool {
        self.detached.is_empty() && self.destroyed.is_empty()
    }

    /// All of them, in the order in which they are published.
    pub(crate) fn take(&mut self) -> Vec<Testament> {
        let Testaments { mut detached, destroyed } = mem::take(self);
        detached.extend(destroyed);
        detached
    }

    /// Keeps those of which that is so; says how many are gone.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&Testament) -> bool) -> usize {
        let before = self.detached.len() + self.destroyed.len();
        self.detached.retain(&mut is_kept);
        self.destroyed.retain(is_kept);
        before - self.detached.len() - self.destroyed.len()
    }

    fn of(&mut self, scope: Scope) -> &mut Vec<Testament> {
        match scope {
            Scope::Detached => &mut self.detached,
            Scope::Destroyed => &mut self.destroyed,
        }
    }

    fn add(&mut self, scope: Scope, testament: Testament, limits: &Limits) -> Result<(), Refusal> {
        let kept = || self.detached.iter().chain(&self.destroyed);
        if kept().count() >= limits.testaments_max {
            let text = format!("this session has {} testaments, the limit", limits.testaments_max);
            return Err(Refusal { error: error_uri::LIMIT_EXCEEDED, text });
        }
        let octets: usize = kept().map(|testament| testament.len()).sum();
        if octets + testament.len() > limits.testaments_octets_max {
            return Err(too_long(limits));
        }
        self.of(scope).push(testament);
        Ok(())
    }
}

impl Scope {
    fn read(args: &Arguments) -> Result<Scope, Refusal> {
        match args.text("scope")? {
            Some("detached") => Ok(Scope::Detached),
            None | Some("destroyed") => Ok(Scope::Destroyed),
            Some(other) => {
                Err(invalid(format!("scope '{other}' is not known: detached and destroyed are")))
            }
        }
    }
}

fn too_long(limits: &Limits) -> Refusal {
    let octets_max = limits.testaments_octets_max;
    let text = format!("the testaments of a session take {octets_max} octets together at most");
    Refusal { error: error_uri::LIMIT_EXCEEDED, text }
}
