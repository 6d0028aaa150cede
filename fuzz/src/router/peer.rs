//! A peer: a client's end of a session, with what it has asked for and what it holds; and what must hold of
//! everything that it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crosspoint_proto::message::authentication::Challenge;
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::session::Session;

use crate::link::MemoryLink;

pub struct Peer {
    pub session: Session,
    pub link: Arc<MemoryLink>,
    pub serializer: Serializer,
    /// How its session is called, from WELCOME on.
    pub id: Option<u64>,
    /// The method, with what an answer is made of.
    pub challenge: Option<(String, Vec<u8>)>,
    /// GOODBYE or ABORT has come.
    pub finished: bool,
    /// Nothing that it says counts any more.
    pub done: bool,
    /// The last request's ID.
    pub requests: u64,
    /// What it waits for, by request.
    pub awaits: BTreeMap<u64, RequestKind>,
    pub calls: Vec<u64>,
    pub registrations: BTreeSet<u64>,
    pub subscriptions: BTreeSet<u64>,
    /// By request, what is given up with it.
    giving_up: BTreeMap<u64, u64>,
    /// Invocations so far, and those that are not answered.
    invocations: u64,
    pub work: BTreeSet<u64>,
}

impl Peer {
    pub fn new(session: Session, link: Arc<MemoryLink>, serializer: Serializer) -> Peer {
        Peer {
            session,
            link,
            serializer,
            id: None,
            challenge: None,
            finished: false,
            done: false,
            requests: 0,
            awaits: BTreeMap::new(),
            calls: Vec::new(),
            registrations: BTreeSet::new(),
            subscriptions: BTreeSet::new(),
            giving_up: BTreeMap::new(),
            invocations: 0,
            work: BTreeSet::new(),
        }
    }

    /// Has it joined a realm, and nothing ended that?
    pub fn is_in(&self) -> bool {
        self.session.is_established()
            && !self.done
            && !self.finished
            && self.session.member().condition().ending.is_none()
    }

    /// Notes what it is about to say.
    pub fn says(&mut self, octets: &[u8]) {
        if !self.is_in() {
            return;
        }
        let Ok(message) = Message::decode(self.serializer, octets) else {
            self.done = true;
            return;
        };
        match message {
            Message::Call(call) if call.request.0 <= self.requests => {}
            Message::Call(call) => self.asks(call.request.0, Some(RequestKind::Call)),
            Message::Register(register) => {
                self.asks(register.request.0, Some(RequestKind::Register));
            }
            Message::Subscribe(subscribe) => {
                self.asks(subscribe.request.0, Some(RequestKind::Subscribe));
            }
            Message::Publish(publish) => {
                let acknowledged = publish.options.acknowledge.then_some(RequestKind::Publish);
                self.asks(publish.request.0, acknowledged);
            }
            Message::Unregister(unregister) => {
                self.giving_up.insert(unregister.request.0, unregister.registration.0);
                self.asks(unregister.request.0, Some(RequestKind::Unregister));
            }
            Message::Unsubscribe(unsubscribe) => {
                self.giving_up.insert(unsubscribe.request.0, unsubscribe.subscription.0);
                self.asks(unsubscribe.request.0, Some(RequestKind::Unsubscribe));
            }
            Message::Yield(result) if !result.options.progress => {
                self.work.remove(&result.request.0);
            }
            Message::Error(error) if error.request_kind == RequestKind::Invocation => {
                self.work.remove(&error.request.0);
            }
            Message::Cancel(_) | Message::Yield(_) => {}
            _ => self.done = true,
        }
    }

    /// A request that is out of sequence ends the session.
    fn asks(&mut self, request: u64, kind: Option<RequestKind>) {
        if request != self.requests + 1 {
            self.done = true;
            return;
        }
        self.requests = request;
        if let Some(kind) = kind {
            self.awaits.insert(request, kind);
        }
        if kind == Some(RequestKind::Call) {
            self.calls.push(request);
        }
    }

    /// Takes what has arrived.
    pub fn hear(&mut self) {
        for octets in self.link.take() {
            let message = Message::decode(self.serializer, &octets);
            let message = message.expect("the router writes messages");
            assert!(!self.finished, "nothing comes after GOODBYE or ABORT: {message:?}");
            self.on_message(&message, &octets);
        }
    }

    fn on_message(&mut self, message: &Message<'_>, octets: &[u8]) {
        match message {
            Message::Goodbye(_) | Message::Abort(_) => self.finished = true,
            Message::Challenge(Challenge { method, .. }) => {
                assert!(self.id.is_none() && self.challenge.is_none());
                self.challenge = Some((method.to_string(), octets.to_vec()));
            }
            Message::Welcome(welcome) => {
                assert_eq!(self.id, None);
                self.check_method(&welcome.details.authmethod);
                self.id = Some(welcome.session.0);
            }
            _ => {
                assert!(self.id.is_some(), "WELCOME comes first: {message:?}");
                self.on_answer(message);
            }
        }
    }

    /// What the connection has not shown makes nobody anybody.
    fn check_method(&self, method: &str) {
        let brought = self.link.brought();
        match method {
            "cookie" => assert!(brought.cookie.is_some()),
            "tls" => assert!(brought.certificate.is_some()),
            "jwt" => assert!(brought.token.is_some() || self.challenge.is_some()),
            "anonymous" => {}
            _ => assert!(self.challenge.is_some(), "nothing was asked"),
        }
    }

    fn on_answer(&mut self, message: &Message<'_>) {
        match message {
            Message::Result(result) if result.details.progress => {
                let request = result.request.0;
                assert_eq!(self.awaits.get(&request), Some(&RequestKind::Call), "{message:?}");
            }
            Message::Result(result) => self.answered(result.request.0, RequestKind::Call),
            Message::Error(error) => self.answered(error.request.0, error.request_kind),
            Message::Published(reply) => self.answered(reply.request.0, RequestKind::Publish),
            Message::Registered(reply) => {
                self.answered(reply.request.0, RequestKind::Register);
                self.registrations.insert(reply.registration.0);
            }
            Message::Subscribed(reply) => {
                self.answered(reply.request.0, RequestKind::Subscribe);
                self.subscriptions.insert(reply.subscription.0);
            }
            Message::Unregistered(reply) => match &reply.revocation {
                None => {
                    self.answered(reply.request.0, RequestKind::Unregister);
                    let registration = self.giving_up[&reply.request.0];
                    assert!(self.registrations.remove(&registration));
                }
                Some(revocation) => {
                    let registration = revocation.registration.map_or(0, |id| id.0);
                    assert!(self.registrations.remove(&registration), "a registration that it has");
                }
            },
            Message::Unsubscribed(reply) => match &reply.revocation {
                None => {
                    self.answered(reply.request.0, RequestKind::Unsubscribe);
                    let subscription = self.giving_up[&reply.request.0];
                    assert!(self.subscriptions.remove(&subscription));
                }
                Some(revocation) => {
                    let subscription = revocation.subscription.map_or(0, |id| id.0);
                    assert!(self.subscriptions.remove(&subscription), "a subscription that it has");
                }
            },
            Message::Event(event) => {
                let subscription = event.subscription.0;
                assert!(self.subscriptions.contains(&subscription), "a subscription that it has");
            }
            Message::Invocation(invocation) => {
                let request = invocation.request.0;
                if request == self.invocations + 1 {
                    self.invocations = request;
                    let registration = invocation.registration.0;
                    assert!(
                        self.registrations.contains(&registration),
                        "a registration that it has"
                    );
                    self.work.insert(request);
                }
                assert!(
                    request <= self.invocations,
                    "the next invocation, or more of an earlier one"
                );
            }
            Message::Interrupt(interrupt) => assert!(interrupt.request.0 <= self.invocations),
            other => panic!("no router says {other:?}"),
        }
    }

    /// Each request is answered once, and by an answer of its kind.
    fn answered(&mut self, request: u64, kind: RequestKind) {
        assert_eq!(
            self.awaits.remove(&request),
            Some(kind),
            "an answer to {request}, which is {kind:?}"
        );
    }
}
