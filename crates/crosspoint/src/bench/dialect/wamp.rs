//! The routers' dialect: sessions that call and answer, or publish and receive.

use std::net::TcpStream;

use crosspoint_proto::framing::{Encoder, Role, rawsocket, websocket};
use crosspoint_proto::id::{
    InvocationId, PublicationId, RegistrationId, RequestId, SubscriptionId,
};
use crosspoint_proto::limits::ID_MAX;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{
    Event, EventDetails, Publish, PublishOptions, Subscribe, SubscribeOptions,
};
use crosspoint_proto::message::rpc::{
    Call, CallOptions, CallResult, Invocation, InvocationDetails, Register, RegisterOptions,
    ResultOptions, Yield,
};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::{Dict, Value};

use super::{Dialect, Taken};
use crate::bench::Error;
use crate::bench::dial::Dialled;
use crate::bench::url::Transport;
use crate::bench::wire::{Incoming, Wire, Writing, unexpected};
use crate::bench::workload::{Shape, Workload};

pub(in crate::bench) struct Wamp {
    workload: Workload,
    shape: Shape,
    topic: String,
    sessions: Vec<Session>,
    argument: Argument,
}

struct Session {
    wire: Wire,
    /// The ID of its last request to the router.
    request: u64,
    /// The procedure that it calls.
    procedure: String,
}

/// Arguments with one text in them, in a serializer's notation.
pub(in crate::bench) struct Argument {
    serializer: Serializer,
    octets: Vec<u8>,
}

impl Wamp {
    /// A dialect without sessions; they are [added](Wamp::add) in the order of their sockets.
    pub(in crate::bench) fn new(workload: Workload, serializer: Serializer) -> Wamp {
        let argument = Argument::new(workload, serializer);
        let (shape, topic) = (workload.shape(), workload.topic());
        Wamp { workload, shape, topic, sessions: Vec::new(), argument }
    }

    /// Makes the next session what it has to be, and takes over its wire. Gives back its
    /// connection, and what that has brought already.
    pub(in crate::bench) fn add(
        &mut self,
        mut dialled: Dialled,
    ) -> Result<(TcpStream, Vec<u8>), Error> {
        let socket = self.sessions.len();
        if self.shape.is_initiator(socket) {
            let procedure = procedure(self.shape.responder_of(socket));
            self.sessions.push(Session { wire: dialled.wire, request: 0, procedure });
        } else {
            prepare_responder(&mut dialled, self.workload, procedure(socket))?;
            self.sessions.push(Session {
                wire: dialled.wire,
                request: 1,
                procedure: String::new(),
            });
        }
        Ok((dialled.stream, dialled.brought))
    }
}

/// Registers or subscribes.
fn prepare_responder(
    responder: &mut Dialled,
    workload: Workload,
    procedure: String,
) -> Result<(), Error> {
    let request = RequestId(1);
    match workload {
        Workload::PingPong | Workload::Pipelined => {
            let options = RegisterOptions::default();
            let register = Register { request, options, procedure: procedure.into() };
            responder.request(&Message::Register(register), "REGISTERED")
        }
        Workload::Events | Workload::Stalled(_) => subscribe(responder, request, &workload.topic()),
    }
}

pub(in crate::bench) fn subscribe(
    subscriber: &mut Dialled,
    request: RequestId,
    topic: &str,
) -> Result<(), Error> {
    let options = SubscribeOptions::default();
    let subscribe = Subscribe { request, options, topic: topic.into() };
    subscriber.request(&Message::Subscribe(subscribe), "SUBSCRIBED")
}

fn procedure(responder: usize) -> String {
    format!("com.crosspoint.bench.procedure{responder}")
}

fn call<'a>(request: u64, procedure: &'a str, payload: Payload<'a>) -> Message<'a> {
    let (request, options) = (RequestId(request), CallOptions::default());
    Message::Call(Call { request, options, procedure: procedure.into(), payload })
}

pub(in crate::bench) fn publish<'a>(
    request: u64,
    topic: &'a str,
    payload: Payload<'a>,
) -> Message<'a> {
    let (request, options) = (RequestId(request), PublishOptions::default());
    Message::Publish(Publish { request, options, topic: topic.into(), payload })
}

fn answer<'a>(invocation: &Invocation<'a>) -> Message<'a> {
    let Invocation { request, payload, .. } = *invocation;
    Message::Yield(Yield { request, options: ResultOptions::default(), payload })
}

impl Dialect for Wamp {
    fn begin(&mut self, initiator: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let Session { wire, request, procedure } = &mut self.sessions[initiator];
        *request += 1;
        let payload = self.argument.payload();
        let message = match self.workload {
            Workload::PingPong | Workload::Pipelined => call(*request, procedure, payload),
            Workload::Events | Workload::Stalled(_) => publish(*request, &self.topic, payload),
        };
        Ok(wire.writing.message(&message, out)?)
    }

    fn take(
        &mut self,
        socket: usize,
        brought: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Taken>, Error> {
        let Wire { reading, writing } = &mut self.sessions[socket].wire;
        let Some((octets, incoming)) = reading.take(brought)? else { return Ok(None) };
        let delivery = match incoming {
            Incoming::Message(message) => on_message(&message, writing, out)?,
            Incoming::Ping(payload) => {
                writing.pong(payload, out);
                false
            }
            Incoming::Nothing => false,
        };
        Ok(Some(Taken { octets, delivery }))
    }
}

/// Is it what the operation was about?
fn on_message(
    message: &Message<'_>,
    writing: &mut Writing,
    out: &mut Vec<u8>,
) -> Result<bool, Error> {
    match message {
        Message::Result(_) | Message::Event(_) => Ok(true),
        Message::Invocation(invocation) => {
            writing.message(&answer(invocation), out)?;
            Ok(false)
        }
        other => Err(unexpected("RESULT, EVENT or INVOCATION", other)),
    }
}

/// The length of the relay's frames: that of an EVENT for events, of which there are a hundred for
/// each PUBLISH; for calls the mean of their four messages, so that relay and router move the same
/// number of octets.
pub(in crate::bench) fn relayed_octets(
    workload: Workload,
    transport: Transport,
    serializer: Serializer,
) -> usize {
    /// In the middle of a round, an ID that is counted is about this.
    const COUNTED: u64 = 50_000;
    /// Nearly all IDs that are drawn at random are as long as this.
    const DRAWN: u64 = ID_MAX / 2;
    let argument = Argument::new(workload, serializer);
    let payload = argument.payload();
    let (request, registration) = (InvocationId(COUNTED), RegistrationId(1));
    let invocation =
        Invocation { request, registration, details: InvocationDetails::default(), payload };
    let result =
        CallResult { request: RequestId(COUNTED), details: ResultOptions::default(), payload };
    let (subscription, publication) = (SubscriptionId(1), PublicationId(DRAWN));
    let event = Event { subscription, publication, details: EventDetails::default(), payload };
    let framed = |message: &Message<'_>, sender| {
        framed_octets(message, &encoder(transport, serializer, sender), serializer)
    };
    match workload {
        Workload::PingPong | Workload::Pipelined => {
            let octets = framed(&call(COUNTED, &procedure(1), payload), Role::Client)
                + framed(&answer(&invocation), Role::Client)
                + framed(&Message::Invocation(invocation), Role::Server)
                + framed(&Message::Result(result), Role::Server);
            octets.div_ceil(4)
        }
        Workload::Events | Workload::Stalled(_) => framed(&Message::Event(event), Role::Server),
    }
}

fn encoder(transport: Transport, serializer: Serializer, sender: Role) -> Encoder {
    match (transport, sender) {
        (Transport::RawSocket, _) => Encoder::RawSocket(rawsocket::Encoder::default()),
        (Transport::WebSocket, sender) => {
            let text = serializer == Serializer::Json;
            let mask = (sender == Role::Client).then_some([0; 4]);
            Encoder::WebSocket(websocket::Encoder { mask, ..websocket::Encoder::new(text) })
        }
    }
}

fn framed_octets(message: &Message<'_>, encoder: &Encoder, serializer: Serializer) -> usize {
    let mut head = Vec::new();
    let parts = message.encode(serializer, &mut head);
    encoder.framed_len(head.len() + parts.payload.len() + parts.tail.len())
}

impl Argument {
    pub(in crate::bench) fn new(workload: Workload, serializer: Serializer) -> Argument {
        let argument = Value::from("x".repeat(workload.argument_octets()));
        let mut octets = Vec::new();
        Payload::write(&[argument], &Dict::new(), serializer, &mut octets)
            .expect("every serializer has texts");
        Argument { serializer, octets }
    }

    pub(in crate::bench) fn payload(&self) -> Payload<'_> {
        Payload { serializer: self.serializer, arity: Arity::Args, octets: &self.octets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_moves_as_many_octets_as_a_router() {
        let octets = |workload, transport| relayed_octets(workload, transport, Serializer::MsgPack);
        let (call, invocation, result) = (109_usize, 78, 77);
        let mean = (call + invocation + result + result).div_ceil(4);
        assert_eq!(octets(Workload::Pipelined, Transport::RawSocket), mean);
        assert_eq!(octets(Workload::Events, Transport::RawSocket), 84);

        // The clients' headers are longer by two octets, the router's shorter.
        assert_eq!(octets(Workload::Pipelined, Transport::WebSocket), mean);
        assert_eq!(octets(Workload::Events, Transport::WebSocket), 82);
    }
}
