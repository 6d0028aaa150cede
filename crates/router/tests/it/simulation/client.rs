//! A client of the simulation: what it has been told, and the rules that everything it is told
//! must keep.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::{
    CborReader, CborWriter, JsonReader, JsonWriter, MsgPackReader, MsgPackWriter, Reader as _,
    Serializer,
};
use crosspoint_proto::value::Value;
use crosspoint_router::session::Session;

use super::model::{CallKey, Pattern};
use crate::link::TestLink;

/// One client, with one connection at a time.
pub(crate) struct Client {
    pub(crate) session: Option<Session>,
    pub(crate) link: Arc<TestLink>,
    pub(crate) serializer: Serializer,
    pub(crate) canceling: bool,
    pub(crate) requests: u64,
    pub(crate) publications: u64,
    /// Invocations seen so far: the next ID is one more.
    pub(crate) invocations_seen: u64,
    /// Invocations that it has not answered, and the calls that they are of.
    pub(crate) invocations: BTreeMap<u64, CallKey>,
    /// Registrations by ID, as REGISTERED and UNREGISTERED have told.
    pub(crate) registrations: BTreeMap<u64, &'static str>,
    pub(crate) subscriptions: BTreeMap<u64, Pattern>,
    /// Requests other than calls that are not answered yet.
    pub(crate) requested: BTreeMap<u64, Requested>,
    /// It has said or got GOODBYE, or got ABORT.
    pub(crate) finished: bool,
    /// Its link takes everything.
    pub(crate) reading: bool,
    /// What it has been told of each call; kept to see that nothing is told twice.
    pub(crate) answered: BTreeSet<u64>,
}

/// A request that awaits its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Requested {
    Register { procedure: &'static str, granted: bool },
    Unregister { registration: u64, granted: bool },
    Subscribe { pattern: Pattern },
    Unsubscribe { subscription: u64, granted: bool },
    Publish,
}

impl Client {
    pub(crate) fn new(session: Session, link: Arc<TestLink>, serializer: Serializer) -> Client {
        Client {
            session: Some(session),
            link,
            serializer,
            canceling: false,
            requests: 0,
            publications: 0,
            invocations_seen: 0,
            invocations: BTreeMap::new(),
            registrations: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            requested: BTreeMap::new(),
            finished: false,
            reading: true,
            answered: BTreeSet::new(),
        }
    }

    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }
}

/// Writes arguments in a serializer.
pub(crate) fn write_args(serializer: Serializer, args: &[u64]) -> Vec<u8> {
    let args: Vec<_> = args.iter().copied().map(Value::from).collect();
    let mut octets = Vec::new();
    match serializer {
        Serializer::Json => Value::write_list(&args, &mut JsonWriter::new(&mut octets)),
        Serializer::MsgPack => Value::write_list(&args, &mut MsgPackWriter::new(&mut octets)),
        Serializer::Cbor => Value::write_list(&args, &mut CborWriter::new(&mut octets)),
    }
    .unwrap();
    octets
}

/// Reads arguments that are all numbers.
pub(crate) fn read_args(payload: Payload<'_>) -> Vec<u64> {
    let octets = payload.octets;
    let args = match payload.serializer {
        Serializer::Json => Value::read_list(&mut JsonReader::new(octets)),
        Serializer::MsgPack => Value::read_list(&mut MsgPackReader::new(octets)),
        Serializer::Cbor => Value::read_list(&mut CborReader::new(octets)),
    };
    args.unwrap().iter().map(|arg| arg.as_u64().unwrap()).collect()
}
