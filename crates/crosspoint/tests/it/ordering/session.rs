//! A session over a real socket, for a thread that waits for it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::ControlFlow::{self, Break, Continue};
use std::time::Duration;

use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress};
use crosspoint_proto::id::{RequestId, SubscriptionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{
    Publish, PublishOptions, Subscribe, SubscribeOptions, Unsubscribe,
};
use crosspoint_proto::message::session::{Hello, HelloDetails};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::{Dict, Value};
use crosspoint_transport::dial::dial;

use super::pattern::Pattern;

/// What the server is reached over, and in which words.
#[derive(Clone, Copy)]
pub(super) struct Wire {
    scheme: &'static str,
    path: &'static str,
    serializer: Serializer,
}

const fn websocket(serializer: Serializer) -> Wire {
    Wire { scheme: "ws", path: "/ws", serializer }
}

const fn rawsocket(serializer: Serializer) -> Wire {
    Wire { scheme: "rs", path: "", serializer }
}

pub(super) const WIRES: [Wire; 6] = [
    websocket(Serializer::Json),
    rawsocket(Serializer::MsgPack),
    websocket(Serializer::Cbor),
    rawsocket(Serializer::Json),
    websocket(Serializer::MsgPack),
    rawsocket(Serializer::Cbor),
];

/// How long a test hangs before it fails. No test that passes depends on it.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

const READ_OCTETS: usize = 64 << 10;

pub(super) struct Session {
    stream: TcpStream,
    serializer: Serializer,
    encoder: Encoder,
    decoder: Decoder,
    /// What has come, and was not handed out yet.
    received: Vec<u8>,
    /// What is to be written.
    outgoing: Vec<u8>,
    /// The ID of the last request.
    request: u64,
}

impl Session {
    pub(super) fn join(server: SocketAddr, Wire { scheme, path, serializer }: Wire) -> Session {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = format!("{scheme}://{server}{path}");
        let channel = runtime.block_on(dial(&url, &[serializer])).unwrap();
        let (stream, received) = channel.stream.into_tcp().unwrap();
        let stream = {
            let _context = runtime.enter();
            stream.into_std().unwrap()
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut session = Session {
            stream,
            serializer,
            encoder: channel.encoder,
            decoder: channel.decoder,
            received: received.to_vec(),
            outgoing: Vec::new(),
            request: 0,
        };
        let details = Box::new(HelloDetails::default());
        session.send(&Message::Hello(Hello { realm: "realm1".into(), details }));
        session.hear(|message| match message {
            Message::Welcome(_) => Break(()),
            other => panic!("{other:?} instead of WELCOME"),
        });
        session
    }

    /// Publishes, and waits until that is done.
    pub(super) fn publish(&mut self, topic: &str, arguments: &[Value]) {
        self.begin_to_publish(topic, arguments, true);
        self.flush();
        self.hear(|message| match message {
            Message::Published(_) => Break(()),
            other => panic!("{other:?} instead of PUBLISHED"),
        });
    }

    /// Publishes with the next message that is waited for.
    pub(super) fn begin_to_publish(&mut self, topic: &str, arguments: &[Value], acknowledge: bool) {
        let request = self.next_request();
        let options = PublishOptions { acknowledge, ..PublishOptions::default() };
        let mut octets = Vec::new();
        let payload =
            Payload::write(arguments, &Dict::new(), self.serializer, &mut octets).unwrap();
        self.put(&Message::Publish(Publish { request, options, topic: topic.into(), payload }));
    }

    /// Subscribes; `meanwhile` gets what comes before SUBSCRIBED.
    pub(super) fn subscribe(
        &mut self,
        pattern: &Pattern,
        mut meanwhile: impl FnMut(&Message<'_>),
    ) -> SubscriptionId {
        let request = self.next_request();
        let matching = Some(pattern.policy.into());
        let options = SubscribeOptions { matching, ..SubscribeOptions::default() };
        let topic = pattern.uri.as_str().into();
        self.send(&Message::Subscribe(Subscribe { request, options, topic }));
        self.hear(|message| match message {
            Message::Subscribed(subscribed) => Break(subscribed.subscription),
            other => {
                meanwhile(other);
                Continue(())
            }
        })
    }

    /// Unsubscribes; `meanwhile` gets what comes before UNSUBSCRIBED.
    pub(super) fn unsubscribe(
        &mut self,
        subscription: SubscriptionId,
        mut meanwhile: impl FnMut(&Message<'_>),
    ) {
        let request = self.next_request();
        self.send(&Message::Unsubscribe(Unsubscribe { request, subscription }));
        self.hear(|message| match message {
            Message::Unsubscribed(_) => Break(()),
            other => {
                meanwhile(other);
                Continue(())
            }
        });
    }

    /// Gives one message after the other to `take`, until that breaks.
    pub(super) fn hear<T>(&mut self, mut take: impl FnMut(&Message<'_>) -> ControlFlow<T>) -> T {
        loop {
            if let Some(taken) = self.take_received(&mut take) {
                return taken;
            }
            let before = self.received.len();
            self.received.resize(before + READ_OCTETS, 0);
            let read = self.stream.read(&mut self.received[before..]).unwrap();
            assert!(read > 0, "the server has closed the connection");
            self.received.truncate(before + read);
        }
    }

    fn take_received<T>(
        &mut self,
        take: &mut impl FnMut(&Message<'_>) -> ControlFlow<T>,
    ) -> Option<T> {
        let (mut done, mut taken) = (0, None);
        while taken.is_none() {
            match self.decoder.decode(&mut self.received[done..]).unwrap() {
                Progress::Need { .. } => break,
                Progress::Took { octets, frame } => {
                    if let Some(Frame::Message { octets, .. }) = frame {
                        let message = Message::decode(self.serializer, octets).unwrap();
                        taken = take(&message).break_value();
                    }
                    done += octets;
                }
            }
        }
        self.received.drain(..done);
        taken
    }

    fn next_request(&mut self) -> RequestId {
        self.request += 1;
        RequestId(self.request)
    }

    fn send(&mut self, message: &Message<'_>) {
        self.put(message);
        self.flush();
    }

    fn put(&mut self, message: &Message<'_>) {
        let mut head = Vec::new();
        let encoded = message.encode(self.serializer, &mut head);
        let parts = [&head[..], encoded.payload, encoded.tail];
        self.encoder
            .masked([0x37, 0xFA, 0x21, 0x3D])
            .write_message(&parts, &mut self.outgoing)
            .unwrap();
    }

    fn flush(&mut self) {
        self.stream.write_all(&self.outgoing).unwrap();
        self.outgoing.clear();
    }
}
