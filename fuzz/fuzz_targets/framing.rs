//! Framing: a stream is the same frames in whatever pieces it comes, and what is written is read.
//!
//! ```text
//! what (1 octet)
//!   0, 1  way (2 octets)   number of pieces (1 octet)   their lengths   stream
//!   2     way (2 octets)   key of the mask (4 octets)   messages: kind, repetitions, length, octets
//!   3     headers, one a line: name (1 octet), value
//! ```

#![no_main]

use crosspoint_fuzz::choices::Choices;
use crosspoint_fuzz::memory::within;
use crosspoint_proto::framing::batched::{Batch, Separator};
use crosspoint_proto::framing::rawsocket::{Handshake, LengthLimit};
use crosspoint_proto::framing::websocket::Deflate;
use crosspoint_proto::framing::websocket::handshake::{Request, Response, Subprotocol};
use crosspoint_proto::framing::{
    Decoder, Encoder, Frame, Progress, Role, Violation, rawsocket, websocket,
};
use crosspoint_proto::serializer::Serializer;
use libfuzzer_sys::fuzz_target;

/// What a decoder may need beside the messages that it puts together: what the thread keeps to inflate with.
const MEMORY: usize = 1 << 20;

/// The longest messages that a decoder takes.
const LIMITS: [usize; 3] = [100, 1000, 1 << 16];

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices(input);
    match choices.below(4) {
        0 | 1 => receive(choices),
        2 => send(choices),
        _ => shake_hands(choices),
    }
});

/// How a connection is framed.
struct Way {
    websocket: bool,
    role: Role,
    deflate: Option<Deflate>,
    batched: Option<Batch>,
    text: bool,
    limit: usize,
}

impl Way {
    fn chosen(choices: &mut Choices<'_>) -> Way {
        let (flags, more) = (choices.octet(), choices.octet());
        let separator = if more & 4 == 0 { Separator::Specified } else { Separator::Autobahn };
        let text = more & 8 != 0;
        Way {
            websocket: flags & 1 == 0,
            role: if flags & 2 == 0 { Role::Server } else { Role::Client },
            deflate: (flags & 4 == 0)
                .then(|| Deflate::with_window_bits(9 + flags / 37).expect("9 to 15")),
            batched: match more & 3 {
                0 => Some(Batch::Separated(separator)),
                // Only binary messages are counted.
                1 if !text => Some(Batch::Counted),
                _ => None,
            },
            text,
            limit: LIMITS[usize::from(more >> 4) % LIMITS.len()],
        }
    }

    fn decoder(&self) -> Decoder {
        if self.websocket {
            let deflate = self.deflate.is_some();
            Decoder::WebSocket(websocket::Decoder::new(self.role, deflate, self.limit))
        } else {
            Decoder::RawSocket(rawsocket::Decoder::new(self.limit))
        }
    }

    /// What the peer of such a decoder writes with.
    fn encoder(&self, key: [u8; 4]) -> Encoder {
        let &Way { text, deflate, batched, .. } = self;
        let mask = (self.role == Role::Server).then_some(key);
        if self.websocket {
            Encoder::WebSocket(websocket::Encoder { text, deflate, batched, mask })
        } else {
            Encoder::RawSocket(rawsocket::Encoder::new(LengthLimit::at_most(self.limit)))
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Received {
    Message { octets: Vec<u8>, text: bool },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

/// Any stream: whole, and in pieces.
fn receive(mut choices: Choices<'_>) {
    let way = Way::chosen(&mut choices);
    let pieces = choices.below(16);
    let pieces: Vec<_> = choices.take(pieces).iter().map(|&len| usize::from(len) + 1).collect();
    let whole = frames(&way, choices.0, &[]);
    if !pieces.is_empty() {
        assert_eq!(frames(&way, choices.0, &pieces), whole);
    }
    check_handshakes(choices);
    for frame in whole.0 {
        if let Received::Message { octets, text } = frame {
            assert!(octets.len() <= way.limit);
            assert!(!text || std::str::from_utf8(&octets).is_ok());
            check_batch(way.batched.unwrap_or(Batch::Counted), &octets);
        }
    }
}

/// The frames of a stream that comes in pieces of these lengths, which repeat; how it ends; and how much of it
/// was left. The decoder is asked when it has what it has asked for, and not before.
fn frames(way: &Way, stream: &[u8], pieces: &[usize]) -> (Vec<Received>, Option<Violation>, usize) {
    let mut decoder = way.decoder();
    let mut pieces = pieces.iter().copied().cycle();
    let (mut received, mut buffer, mut fed, mut needed) = (Vec::new(), Vec::new(), 0, 0);
    while fed < stream.len() {
        let piece = pieces.next().unwrap_or(usize::MAX).min(stream.len() - fed);
        buffer.extend_from_slice(&stream[fed..fed + piece]);
        fed += piece;
        while buffer.len() >= needed {
            let memory = MEMORY + 4 * way.limit;
            match within(memory, || decoder.decode(&mut buffer)) {
                Ok(Progress::Took { octets, frame }) => {
                    received.extend(frame.map(keep));
                    assert!(0 < octets && octets <= buffer.len());
                    buffer.drain(..octets);
                    needed = 0;
                }
                Ok(Progress::Need { octets }) => {
                    assert!(octets > 0);
                    needed = buffer.len().saturating_add(octets);
                }
                Err(violation) => return (received, Some(violation), 0),
            }
        }
    }
    // Nothing counts that comes after a close.
    let closed = matches!(received.last(), Some(Received::Close(_)));
    (received, None, if closed { 0 } else { buffer.len() })
}

fn keep(frame: Frame<'_>) -> Received {
    match frame {
        Frame::Message { octets, text } => Received::Message { octets: octets.to_vec(), text },
        Frame::Ping(payload) => Received::Ping(payload.to_vec()),
        Frame::Pong(payload) => Received::Pong(payload.to_vec()),
        Frame::Close(why) => Received::Close(why.map(|(code, reason)| (code, reason.to_owned()))),
    }
}

/// The messages of a batch are all of its octets, and going on in the middle finds the rest.
fn check_batch(batched: Batch, batch: &[u8]) {
    let Ok(mut messages) = batched.split(batch) else { return };
    let own = messages.batched();
    let mut joined = Vec::new();
    while !messages.rest().is_empty() {
        let rest = own.go_on(messages.rest());
        assert!(rest.eq(messages.clone()));
        let message = messages.next().expect("the batch was checked");
        match own {
            Batch::Counted => {
                joined.extend(u32::try_from(message.len()).expect("it is short").to_be_bytes());
                joined.extend_from_slice(message);
            }
            Batch::Separated(separator) => {
                joined.extend_from_slice(message);
                joined.push(separator as u8);
            }
        }
    }
    assert_eq!(messages.next(), None);
    assert_eq!(joined, batch);
}

/// Four octets of a RawSocket handshake: what is understood would be said in the same way.
fn check_handshakes(mut choices: Choices<'_>) {
    let Ok(octets) = <[u8; 4]>::try_from(choices.take(4)) else { return };
    match Handshake::from_request(octets) {
        Ok(handshake) => {
            let [_, rest @ ..] = handshake.to_octets();
            assert_eq!(rest, octets[1..]);
            let reply = Handshake::from_reply(handshake.to_octets(), handshake.serializer);
            assert_eq!(reply, Ok(handshake));
        }
        Err(refusal) => {
            assert!(Handshake::from_reply(refusal.to_octets(), Serializer::Json).is_err());
        }
    }
    for serializer in Serializer::ALL {
        if let Ok(reply) = Handshake::from_reply(octets, serializer) {
            assert_eq!((reply.serializer, reply.to_octets()), (serializer, octets));
        }
    }
}

/// Any messages: the peer reads what is written.
fn send(mut choices: Choices<'_>) {
    let way = Way::chosen(&mut choices);
    let key = <[u8; 4]>::try_from(choices.take(4)).unwrap_or_default();
    let encoder = way.encoder(key);
    let (mut stream, mut sent) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        write(&encoder, &way, &mut choices, &mut stream, &mut sent);
    }
    let (received, violation, left) = frames(&way, &stream, &[]);
    assert_eq!((violation, left), (None, 0));
    let received: Vec<_> = received.into_iter().map(|frame| unwrapped(&way, frame)).collect();
    assert_eq!(received, sent);
}

fn write(
    encoder: &Encoder,
    way: &Way,
    choices: &mut Choices<'_>,
    stream: &mut Vec<u8>,
    sent: &mut Vec<Received>,
) {
    let (kind, repetitions, len) = (choices.below(6), choices.below(64), choices.below(64));
    let octets = choices.take(len).repeat(repetitions);
    let ping_max = if way.websocket { 125 } else { LengthLimit::at_most(way.limit).octets() };
    let short = octets[..octets.len().min(ping_max)].to_vec();
    match kind {
        0 if short.len() <= way.limit => {
            encoder.write_ping(&octets, stream);
            sent.push(Received::Ping(short));
        }
        1 if short.len() <= way.limit => {
            encoder.write_pong(&octets, stream);
            sent.push(Received::Pong(short));
        }
        _ => write_message(encoder, way, &octets, stream, sent),
    }
}

fn write_message(
    encoder: &Encoder,
    way: &Way,
    octets: &[u8],
    stream: &mut Vec<u8>,
    sent: &mut Vec<Received>,
) {
    // What separates messages does not occur in them, and text is text.
    let octets: Vec<u8> =
        octets.iter().map(|&octet| if octet < 0x20 { b' ' } else { octet }).collect();
    let text = way.text && way.websocket;
    let octets =
        if text { String::from_utf8_lossy(&octets).into_owned().into_bytes() } else { octets };
    if octets.len() + 4 > way.limit {
        return;
    }
    let start = stream.len();
    let (head, tail) = octets.split_at(octets.len() / 3);
    if encoder.write_message(&[head, tail], stream).is_err() {
        assert!(!way.websocket && octets.len() > encoder.message_octets_max());
        assert_eq!(stream.len(), start, "nothing was written");
        return;
    }
    assert!(stream.len() - start <= encoder.framed_len(octets.len()));
    sent.push(Received::Message { octets, text });
}

/// The one message of a batch.
fn unwrapped(way: &Way, frame: Received) -> Received {
    match (frame, way.batched.filter(|_| way.websocket)) {
        (Received::Message { octets, text }, Some(batched)) => {
            let messages = batched.split(&octets).expect("it was written");
            let messages: Vec<_> = messages.collect();
            assert_eq!(messages.len(), 1);
            Received::Message { octets: messages[0].to_vec(), text }
        }
        (frame, _) => frame,
    }
}

/// The names of the headers that matter, in the lower case in which they are asked for.
const HEADERS: [&str; 6] = [
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
];

/// Any headers, as a request and as a response. What we agree to, our own client would take.
fn shake_hands(mut choices: Choices<'_>) {
    let subprotocols = Subprotocol::ALL;
    let ours = Request::new([7; 16], &subprotocols, true);
    let mut headers: Vec<(&str, String)> = Vec::new();
    while !choices.is_empty() {
        // The first ones stand for a header as it should be.
        let name = choices.below(HEADERS.len() + 1);
        let value = String::from_utf8_lossy(choices.until(b'\n')).into_owned();
        match HEADERS.get(name) {
            Some(name) => headers.push((name, value)),
            None => headers.extend(ours.headers().take(4)),
        }
    }
    let Ok(response) = Response::to_request(|name| values(&headers, name), &subprotocols, true)
    else {
        return;
    };
    let answer: Vec<_> = response.headers().collect();
    let keys: Vec<_> = values(&headers, "sec-websocket-key").collect();
    let own_key: Vec<_> = ours.headers().filter(|header| header.0 == "sec-websocket-key").collect();
    if keys == [own_key[0].1.as_str()] {
        let agreement = ours.check_response(101, |name| values(&answer, name)).expect("we agreed");
        assert_eq!(agreement.subprotocol, response.subprotocol);
        assert_eq!(agreement.deflate.is_some(), response.deflate.is_some());
    }
    let _ = ours.check_response(101, |name| values(&headers, name));
}

fn values<'h>(headers: &'h [(&str, String)], name: &str) -> impl Iterator<Item = &'h str> {
    headers.iter().filter(move |header| header.0 == name).map(|header| header.1.as_str())
}
