//! A client of the simulation: what it has been told, and the rules that everything it is told
//! must keep, whatever the model says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crosspoint_proto::message::rpc::Invocation;
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::{CborWriter, JsonWriter, MsgPackWriter, Serializer};
use crosspoint_proto::value::Value;
use crosspoint_router::session::Session;

use super::inbox::{Details, Event, Told};
use super::model::{CallKey, Knows};
use crate::link::TestLink;

/// One client, with one connection at a time.
pub(crate) struct Client {
    pub(crate) session: Option<Session>,
    pub(crate) link: Arc<TestLink>,
    pub(crate) serializer: Serializer,
    pub(crate) knows: Knows,
    pub(crate) requests: u64,
    /// Numbers for what it publishes and yields: each is another.
    pub(crate) sent: u64,
    /// Its link takes everything.
    pub(crate) reading: bool,
    /// Invocations that it has read and not answered.
    pub(crate) work: BTreeMap<u64, CallKey>,
    /// Messages that are in its outbox or on its link, and that it has not read.
    under_way: VecDeque<Vec<u8>>,
    pub(crate) heard: Heard,
}

/// What stands in the messages to a client so far, in their order.
#[derive(Default)]
pub(crate) struct Heard {
    /// Invocations so far: the next ID is one more.
    pub(crate) invocations: u64,
    /// By ID: its call, and how many pieces of that have come.
    calls: BTreeMap<u64, (CallKey, u64)>,
    pub(crate) registrations: BTreeSet<u64>,
    pub(crate) subscriptions: BTreeSet<u64>,
    /// Calls that have their final answer.
    answered: BTreeSet<u64>,
    /// GOODBYE or ABORT.
    pub(crate) finished: bool,
    /// By request.
    pub(crate) unregistering: BTreeMap<u64, u64>,
    pub(crate) unsubscribing: BTreeMap<u64, u64>,
}

impl Client {
    pub(crate) fn new(
        session: Session,
        link: Arc<TestLink>,
        serializer: Serializer,
        knows: Knows,
    ) -> Client {
        Client {
            session: Some(session),
            link,
            serializer,
            knows,
            requests: 0,
            sent: 0,
            reading: true,
            work: BTreeMap::new(),
            under_way: VecDeque::new(),
            heard: Heard::default(),
        }
    }

    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    /// What has been put into its outbox since the last time, also if it does not read. What was
    /// there before is still there.
    pub(crate) fn overhear(&mut self) -> Vec<Told> {
        let all = self.link.peek();
        let known = self.under_way.len();
        assert!(all.len() >= known, "messages are lost");
        assert!(self.under_way.iter().eq(&all[..known]), "messages are in another order");
        let new = all.into_iter().skip(known).inspect(|octets| {
            self.under_way.push_back(octets.clone());
        });
        let new: Vec<_> = new.collect();
        new.iter().map(|octets| self.heard.hear(self.serializer, octets, self.knows)).collect()
    }

    /// Reads what has arrived.
    pub(crate) fn read(&mut self) {
        for octets in self.link.take() {
            assert_eq!(self.under_way.pop_front().as_ref(), Some(&octets));
            if let Message::Invocation(invocation) =
                Message::decode(self.serializer, &octets).unwrap()
            {
                let (call, _piece) = call_of(&invocation);
                self.work.insert(invocation.request.0, call);
            }
        }
    }
}

impl Heard {
    fn hear(&mut self, serializer: Serializer, octets: &[u8], knows: Knows) -> Told {
        assert!(!self.finished, "nothing comes after GOODBYE or ABORT");
        match Message::decode(serializer, octets).unwrap() {
            Message::Welcome(_) => Told::Welcome,
            Message::Goodbye(goodbye) => {
                self.finished = true;
                Told::Goodbye { reason: goodbye.reason.into_owned() }
            }
            Message::Abort(_) => {
                self.finished = true;
                Told::Abort
            }
            Message::Invocation(invocation) => self.on_invocation(&invocation),
            Message::Interrupt(interrupt) => {
                assert!(knows.canceling, "only callees that know it");
                assert!(interrupt.request.0 <= self.invocations);
                Told::Interrupt { invocation: interrupt.request.0, mode: interrupt.mode }
            }
            Message::Result(result) => {
                let (request, progress) = (result.request.0, result.details.progress);
                assert!(!self.answered.contains(&request), "call {request} is answered already");
                self.answered.extend((!progress).then_some(request));
                Told::Result { request, progress, args: result.payload.values().unwrap().0 }
            }
            Message::Error(error) if error.request_kind == RequestKind::Call => {
                let request = error.request.0;
                assert!(self.answered.insert(request), "call {request} is answered already");
                Told::Error { request, error: error.error.into_owned() }
            }
            Message::Event(event) => {
                let (publication, subscription) = (event.publication.0, event.subscription.0);
                assert!(self.subscriptions.contains(&subscription), "a subscription that it has");
                let details = event.details.into_static();
                let args = event.payload.values().unwrap().0;
                Told::Event { publication, event: Event { subscription, details, args } }
            }
            other => self.on_reply(&other, knows),
        }
    }

    fn on_invocation(&mut self, invocation: &Invocation<'_>) -> Told {
        let (call, piece) = call_of(invocation);
        let (id, registration) = (invocation.request.0, invocation.registration.0);
        if id == self.invocations + 1 {
            self.invocations = id;
            assert!(self.registrations.contains(&registration), "a registration that it has");
            self.calls.insert(id, (call, 0));
        }
        let (of, pieces) = self.calls.get_mut(&id).expect("the next invocation");
        assert_eq!((*of, *pieces), (call, piece), "the next piece of the same call");
        *pieces += 1;
        let details = &invocation.details;
        let details = Details {
            procedure: details.procedure.as_deref().map(str::to_owned),
            progress: details.progress,
            receive_progress: details.receive_progress,
            timeout_ms: details.timeout_ms,
            caller: details.caller.as_ref().map(|caller| caller.session.unwrap().0),
            trust_level: details.trust_level,
        };
        Told::Invocation { invocation: id, registration, call, piece, details }
    }

    fn on_reply(&mut self, message: &Message<'_>, knows: Knows) -> Told {
        match message {
            Message::Registered(reply) => {
                let (request, registration) = (reply.request.0, reply.registration.0);
                self.registrations.insert(registration);
                Told::Registered { request, registration }
            }
            Message::Unregistered(reply) => {
                let request = reply.request.0;
                let Some(revocation) = &reply.revocation else {
                    self.registrations.remove(&self.unregistering[&request]);
                    return Told::Unregistered { request };
                };
                assert!(knows.revocation, "only callees that know it");
                let registration = revocation.registration.unwrap().0;
                assert!(self.registrations.remove(&registration), "a registration that it has");
                let reason = revocation.reason.as_deref().unwrap_or_default().to_owned();
                Told::Revoked { registration, reason }
            }
            Message::Subscribed(reply) => {
                let (request, subscription) = (reply.request.0, reply.subscription.0);
                self.subscriptions.insert(subscription);
                Told::Subscribed { request, subscription }
            }
            Message::Unsubscribed(reply) => {
                let request = reply.request.0;
                let Some(revocation) = &reply.revocation else {
                    self.subscriptions.remove(&self.unsubscribing[&request]);
                    return Told::Unsubscribed { request };
                };
                assert!(knows.subscription_revocation, "only subscribers that know it");
                let subscription = revocation.subscription.unwrap().0;
                assert!(self.subscriptions.remove(&subscription), "a subscription that it has");
                let reason = revocation.reason.as_deref().unwrap_or_default().to_owned();
                Told::SubscriptionRevoked { subscription, reason }
            }
            Message::Published(reply) => {
                let (request, publication) = (reply.request.0, reply.publication.0);
                Told::Published { request, publication }
            }
            Message::Error(reply) => Told::Refused {
                kind: reply.request_kind,
                request: reply.request.0,
                error: reply.error.to_string(),
            },
            other => panic!("unexpected {other:?}"),
        }
    }
}

/// Its arguments say which call an invocation is of, and which piece of it.
fn call_of(invocation: &Invocation<'_>) -> (CallKey, u64) {
    let args = read_args(invocation.payload);
    ((usize::try_from(args[0]).unwrap(), args[1]), args[2])
}

/// Writes arguments in a serializer.
pub(crate) fn write_args(serializer: Serializer, args: &[Value]) -> Vec<u8> {
    let mut octets = Vec::new();
    match serializer {
        Serializer::Json => Value::write_list(args, &mut JsonWriter::new(&mut octets)),
        Serializer::MsgPack => Value::write_list(args, &mut MsgPackWriter::new(&mut octets)),
        Serializer::Cbor => Value::write_list(args, &mut CborWriter::new(&mut octets)),
    }
    .unwrap();
    octets
}

pub(crate) fn write_value(serializer: Serializer, value: &Value) -> Vec<u8> {
    let mut octets = Vec::new();
    match serializer {
        Serializer::Json => value.write(&mut JsonWriter::new(&mut octets)),
        Serializer::MsgPack => value.write(&mut MsgPackWriter::new(&mut octets)),
        Serializer::Cbor => value.write(&mut CborWriter::new(&mut octets)),
    }
    .unwrap();
    octets
}

/// Reads arguments that are all numbers.
pub(crate) fn read_args(payload: Payload<'_>) -> Vec<u64> {
    payload.values().unwrap().0.iter().map(|arg| arg.as_u64().unwrap()).collect()
}
