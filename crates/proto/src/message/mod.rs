//! Messages: a list whose first element says its type.
//!
//! One struct a message, one enum over all of them, in both directions, so that router and clients
//! share them. Texts are borrowed from the received octets where they can be; the payload always is.
//!
//! - [`session`]: HELLO, WELCOME, ABORT, GOODBYE
//! - [`authentication`]: CHALLENGE, AUTHENTICATE, and the extras of HELLO and WELCOME
//! - [`rpc`]: CALL, CANCEL, RESULT, REGISTER, …, INVOCATION, INTERRUPT, YIELD
//! - `options`: their options and details
//! - [`pubsub`]: PUBLISH, SUBSCRIBE, …, EVENT; `receivers`: who may get one
//! - `elements`: how elements are taken off a message
//!
//! See "Messages" in the specification's Basic Profile.

pub mod authentication;
mod elements;
mod options;
pub mod pubsub;
mod receivers;
pub mod rpc;
pub mod session;
#[cfg(test)]
mod tests;
mod violation;

use std::borrow::Cow;

pub use violation::Violation;

use crate::id::RequestId;
use crate::payload::{Arity, Payload};
use crate::serializer::{
    CborReader, CborWriter, JsonReader, JsonWriter, MsgPackReader, MsgPackWriter, Reader,
    Serializer, Writer,
};
use authentication::{Authenticate, Challenge};
use elements::Elements;
use options::{PassthruOnly, write_passthru};
use pubsub::{Event, Publish, Published, Subscribe, Subscribed, Unsubscribe, Unsubscribed};
use rpc::{
    Call, CallResult, Cancel, Interrupt, Invocation, Register, Registered, Unregister,
    Unregistered, Yield,
};
use session::{Abort, Goodbye, Hello, Welcome};

/// Any message of WAMP.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// Opens a session.
    Hello(Hello<'a>),
    /// Accepts a session.
    Welcome(Welcome<'a>),
    /// Ends a session, or refuses to open it, without expecting an answer.
    Abort(Abort<'a>),
    /// Asks the client to prove who it is.
    Challenge(Challenge<'a>),
    /// The client's proof.
    Authenticate(Authenticate<'a>),
    /// Closes a session; answered by the same.
    Goodbye(Goodbye<'a>),
    /// The negative answer to a request.
    Error(Error<'a>),
    /// Publishes an event.
    Publish(Publish<'a>),
    /// Acknowledges a PUBLISH.
    Published(Published),
    /// Subscribes to a topic.
    Subscribe(Subscribe<'a>),
    /// Acknowledges a SUBSCRIBE.
    Subscribed(Subscribed),
    /// Ends a subscription.
    Unsubscribe(Unsubscribe),
    /// Acknowledges an UNSUBSCRIBE.
    Unsubscribed(Unsubscribed<'a>),
    /// An event for a subscriber.
    Event(Event<'a>),
    /// Calls a procedure.
    Call(Call<'a>),
    /// Cancels a call.
    Cancel(Cancel),
    /// The result of a call.
    Result(CallResult<'a>),
    /// Registers a procedure.
    Register(Register<'a>),
    /// Acknowledges a REGISTER.
    Registered(Registered),
    /// Ends a registration.
    Unregister(Unregister),
    /// Acknowledges an UNREGISTER.
    Unregistered(Unregistered<'a>),
    /// A call, as the callee gets it.
    Invocation(Invocation<'a>),
    /// Cancels an invocation.
    Interrupt(Interrupt),
    /// The result of an invocation.
    Yield(Yield<'a>),
}

/// The negative answer to a request.
///
/// `[ERROR, REQUEST.Type|int, REQUEST.Request|id, Details|dict, Error|uri, Arguments|list,
/// ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Error<'a> {
    /// The kind of the request that failed.
    pub request_kind: RequestKind,
    /// The request that failed. For [`RequestKind::Invocation`] it is an
    /// [`InvocationId`](crate::id::InvocationId)'s number.
    pub request: RequestId,
    /// `ppt_*` of `Details`; nothing else there means anything.
    pub passthru: Option<Box<rpc::Passthru<'a>>>,
    /// Why.
    pub error: Cow<'a, str>,
    /// What else there is to say.
    pub payload: Payload<'a>,
}

/// The messages that an ERROR can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RequestKind {
    /// PUBLISH with `acknowledge`
    Publish = 16,
    /// SUBSCRIBE
    Subscribe = 32,
    /// UNSUBSCRIBE
    Unsubscribe = 34,
    /// CALL
    Call = 48,
    /// REGISTER
    Register = 64,
    /// UNREGISTER
    Unregister = 66,
    /// INVOCATION
    Invocation = 68,
}

impl RequestKind {
    fn from_code(code: u64) -> Option<RequestKind> {
        use RequestKind::*;
        [Publish, Subscribe, Unsubscribe, Call, Register, Unregister, Invocation]
            .into_iter()
            .find(|kind| *kind as u64 == code)
    }
}

impl<'a> Message<'a> {
    /// Reads and checks one whole message.
    pub fn decode(serializer: Serializer, octets: &'a [u8]) -> Result<Message<'a>, Violation> {
        match serializer {
            Serializer::Json => Self::read::<JsonReader<'a>>(serializer, octets),
            Serializer::MsgPack => Self::read::<MsgPackReader<'a>>(serializer, octets),
            Serializer::Cbor => Self::read::<CborReader<'a>>(serializer, octets),
        }
    }

    fn read<R: Reader<'a>>(serializer: Serializer, octets: &'a [u8]) -> Result<Self, Violation> {
        let mut elements = Elements::<R>::open(serializer, octets)?;
        let e = &mut elements;
        let message = match e.message_type()? {
            Hello::TYPE => Message::Hello(Hello::read(e)?),
            Welcome::TYPE => Message::Welcome(Welcome::read(e)?),
            Abort::TYPE => Message::Abort(Abort::read(e)?),
            Challenge::TYPE => Message::Challenge(Challenge::read(e)?),
            Authenticate::TYPE => Message::Authenticate(Authenticate::read(e)?),
            Goodbye::TYPE => Message::Goodbye(Goodbye::read(e)?),
            Error::TYPE => Message::Error(Error::read(e)?),
            Publish::TYPE => Message::Publish(Publish::read(e)?),
            Published::TYPE => Message::Published(Published::read(e)?),
            Subscribe::TYPE => Message::Subscribe(Subscribe::read(e)?),
            Subscribed::TYPE => Message::Subscribed(Subscribed::read(e)?),
            Unsubscribe::TYPE => Message::Unsubscribe(Unsubscribe::read(e)?),
            Unsubscribed::TYPE => Message::Unsubscribed(Unsubscribed::read(e)?),
            Event::TYPE => Message::Event(Event::read(e)?),
            Call::TYPE => Message::Call(Call::read(e)?),
            Cancel::TYPE => Message::Cancel(Cancel::read(e)?),
            CallResult::TYPE => Message::Result(CallResult::read(e)?),
            Register::TYPE => Message::Register(Register::read(e)?),
            Registered::TYPE => Message::Registered(Registered::read(e)?),
            Unregister::TYPE => Message::Unregister(Unregister::read(e)?),
            Unregistered::TYPE => Message::Unregistered(Unregistered::read(e)?),
            Invocation::TYPE => Message::Invocation(Invocation::read(e)?),
            Interrupt::TYPE => Message::Interrupt(Interrupt::read(e)?),
            Yield::TYPE => Message::Yield(Yield::read(e)?),
            unknown => return Err(Violation::UnknownType { code: unknown }),
        };
        elements.close()?;
        Ok(message)
    }

    /// Puts the message on the wire: its head is appended to `head`; the rest is returned, to be
    /// put after it as it is. The payload must be in the same serializer's notation already.
    pub fn encode<'p>(&'p self, serializer: Serializer, head: &mut Vec<u8>) -> Encoded<'p> {
        let payload = self.payload();
        debug_assert!(payload.serializer == serializer || payload.octets.is_empty());
        match serializer {
            Serializer::Json => self.write(&mut JsonWriter::new(head)),
            Serializer::MsgPack => self.write(&mut MsgPackWriter::new(head)),
            Serializer::Cbor => self.write(&mut CborWriter::new(head)),
        }
        if serializer == Serializer::Json && !payload.octets.is_empty() {
            head.push(b',');
        }
        Encoded { payload: payload.octets, tail: self.tail(serializer) }
    }

    /// The whole of it, as it is on the wire. The payload must be in the same serializer's notation already.
    pub fn to_octets(&self, serializer: Serializer) -> Vec<u8> {
        let mut octets = Vec::new();
        let Encoded { payload, tail } = self.encode(serializer, &mut octets);
        octets.extend_from_slice(payload);
        octets.extend_from_slice(tail);
        octets
    }

    /// What of its options is known, in MessagePack: those of CALL, PUBLISH, REGISTER and SUBSCRIBE. Others have
    /// none.
    pub fn options_octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let w = &mut MsgPackWriter::new(&mut octets);
        match self {
            Message::Call(call) => call.options.write(w),
            Message::Publish(publish) => publish.options.write(w),
            Message::Register(register) => register.options.write(w),
            Message::Subscribe(subscribe) => subscribe.options.write(w),
            _ => {
                w.dict(0);
                w.end_dict();
            }
        }
        octets
    }

    /// What closes the message, with the payload elements that it must have and has not.
    fn tail(&self, serializer: Serializer) -> &'static [u8] {
        let missing = match self {
            Message::Result(result) if result.details.progress => {
                Arity::ArgsKwargs.elements() - result.payload.arity.elements()
            }
            _ => 0,
        };
        match (serializer, missing) {
            (Serializer::Json, 0) => b"]",
            (Serializer::Json, 1) => b",{}]",
            (Serializer::Json, _) => b",[],{}]",
            (_, 0) => b"",
            (Serializer::MsgPack, 1) => b"\x80",
            (Serializer::MsgPack, _) => b"\x90\x80",
            (Serializer::Cbor, 1) => b"\xa0",
            (Serializer::Cbor, _) => b"\x80\xa0",
        }
    }

    fn write<W: Writer>(&self, w: &mut W) {
        match self {
            Message::Hello(message) => message.write(w),
            Message::Welcome(message) => message.write(w),
            Message::Abort(message) => message.write(w),
            Message::Challenge(message) => message.write(w),
            Message::Authenticate(message) => message.write(w),
            Message::Goodbye(message) => message.write(w),
            Message::Error(message) => message.write(w),
            Message::Publish(message) => message.write(w),
            Message::Published(message) => message.write(w),
            Message::Subscribe(message) => message.write(w),
            Message::Subscribed(message) => message.write(w),
            Message::Unsubscribe(message) => message.write(w),
            Message::Unsubscribed(message) => message.write(w),
            Message::Event(message) => message.write(w),
            Message::Call(message) => message.write(w),
            Message::Cancel(message) => message.write(w),
            Message::Result(message) => message.write(w),
            Message::Register(message) => message.write(w),
            Message::Registered(message) => message.write(w),
            Message::Unregister(message) => message.write(w),
            Message::Unregistered(message) => message.write(w),
            Message::Invocation(message) => message.write(w),
            Message::Interrupt(message) => message.write(w),
            Message::Yield(message) => message.write(w),
        }
    }

    /// The payload that the message carries, if it is of a kind that does.
    pub fn payload(&self) -> Payload<'a> {
        match self {
            Message::Error(message) => message.payload,
            Message::Publish(message) => message.payload,
            Message::Event(message) => message.payload,
            Message::Call(message) => message.payload,
            Message::Result(message) => message.payload,
            Message::Invocation(message) => message.payload,
            Message::Yield(message) => message.payload,
            _ => Payload::NONE,
        }
    }

    /// The specification's name of the message: `CALL`.
    pub fn name(&self) -> &'static str {
        match self {
            Message::Hello(_) => Hello::NAME,
            Message::Welcome(_) => Welcome::NAME,
            Message::Abort(_) => Abort::NAME,
            Message::Challenge(_) => Challenge::NAME,
            Message::Authenticate(_) => Authenticate::NAME,
            Message::Goodbye(_) => Goodbye::NAME,
            Message::Error(_) => Error::NAME,
            Message::Publish(_) => Publish::NAME,
            Message::Published(_) => Published::NAME,
            Message::Subscribe(_) => Subscribe::NAME,
            Message::Subscribed(_) => Subscribed::NAME,
            Message::Unsubscribe(_) => Unsubscribe::NAME,
            Message::Unsubscribed(_) => Unsubscribed::NAME,
            Message::Event(_) => Event::NAME,
            Message::Call(_) => Call::NAME,
            Message::Cancel(_) => Cancel::NAME,
            Message::Result(_) => CallResult::NAME,
            Message::Register(_) => Register::NAME,
            Message::Registered(_) => Registered::NAME,
            Message::Unregister(_) => Unregister::NAME,
            Message::Unregistered(_) => Unregistered::NAME,
            Message::Invocation(_) => Invocation::NAME,
            Message::Interrupt(_) => Interrupt::NAME,
            Message::Yield(_) => Yield::NAME,
        }
    }
}

/// What follows the head of an encoded message.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'p> {
    /// The payload's octets.
    pub payload: &'p [u8],
    /// What closes the message: `]` in JSON, nothing in the others, and before it payload elements
    /// that the message must have.
    pub tail: &'static [u8],
}

impl<'a> Error<'a> {
    const TYPE: u64 = 8;
    const NAME: &'static str = "ERROR";

    fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let code = e.integer("REQUEST.Type")?;
        let request_kind =
            RequestKind::from_code(code).ok_or(Violation::InvalidRequestType { code })?;
        let request = RequestId(e.id("REQUEST.Request")?);
        let PassthruOnly(passthru) = e.dict("Details")?;
        Ok(Error {
            request_kind,
            request,
            passthru,
            error: e.text("Error")?,
            payload: e.payload()?,
        })
    }

    fn write<W: Writer>(&self, w: &mut W) {
        w.list(5 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request_kind as u64);
        w.uint(self.request.0);
        write_passthru(w, self.passthru.as_deref());
        w.str(&self.error);
    }
}
