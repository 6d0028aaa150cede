//! What holds for any messages, any fragments and any chunks in which a network delivers them.

use proptest::collection::vec;
use proptest::prelude::*;

use super::batched::{Batch, Separator};
use super::websocket::Deflate;
use super::websocket::handshake::{Request, Response, Subprotocol};
use super::{Decoder, Encoder, Frame, Progress, Role, Violation, rawsocket, websocket};

const LIMIT: usize = 1 << 20;

/// A frame as it was received, with its octets kept.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Received {
    Message(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close,
}

/// Feeds a stream in chunks, as a connection does. Believes [`Progress::Need`]: does not call the
/// decoder before that many octets more are there.
fn receive(
    decoder: &mut Decoder,
    stream: &[u8],
    chunks: &[usize],
) -> Result<Vec<Received>, Violation> {
    let mut chunks = chunks.iter().copied().cycle();
    let (mut received, mut buffer, mut fed, mut needed) = (Vec::new(), Vec::new(), 0, 0);
    while fed < stream.len() {
        let chunk = chunks.next().unwrap_or(1).clamp(1, stream.len() - fed);
        buffer.extend_from_slice(&stream[fed..fed + chunk]);
        fed += chunk;
        while buffer.len() >= needed {
            needed = match decoder.decode(&mut buffer)? {
                Progress::Took { octets, frame } => {
                    received.extend(frame.map(keep));
                    buffer.drain(..octets);
                    0
                }
                Progress::Need { octets } => {
                    assert!(octets > 0);
                    buffer.len() + octets
                }
            };
        }
    }
    assert!(buffer.is_empty(), "{} octets were left over", buffer.len());
    Ok(received)
}

fn keep(frame: Frame<'_>) -> Received {
    match frame {
        Frame::Message { octets, .. } => Received::Message(octets.to_vec()),
        Frame::Ping(payload) => Received::Ping(payload.to_vec()),
        Frame::Pong(payload) => Received::Pong(payload.to_vec()),
        Frame::Close(_) => Received::Close,
    }
}

fn rawsocket_decoder() -> Decoder {
    Decoder::RawSocket(rawsocket::Decoder::new(LIMIT))
}

fn websocket_decoder(role: Role) -> Decoder {
    Decoder::WebSocket(websocket::Decoder::new(role, true, LIMIT))
}

/// Every way to frame messages, with a decoder for each.
fn transports() -> impl Strategy<Value = (Encoder, Role)> {
    let deflate = proptest::option::of(
        (9..=15_u8)
            .prop_map(|bits| Deflate::with_window_bits(bits).expect("9 to 15 are all possible")),
    );
    let batched = prop_oneof![
        Just(None),
        Just(Some(Batch::Counted)),
        Just(Some(Batch::Separated(Separator::Specified))),
    ];
    let mask = proptest::option::of(any::<[u8; 4]>());
    let websocket = (deflate, batched, mask).prop_map(|(deflate, batched, mask)| {
        let encoder = websocket::Encoder { text: false, deflate, batched, mask };
        let reader = if mask.is_some() { Role::Server } else { Role::Client };
        (Encoder::WebSocket(encoder), reader)
    });
    let rawsocket = Just((Encoder::RawSocket(rawsocket::Encoder::default()), Role::Server));
    prop_oneof![1 => rawsocket, 4 => websocket]
}

/// Messages with much repetition, so that some compress, and of lengths around every boundary.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![
        8 => 0..600_usize,
        2 => 120..132_usize,
        1 => 65_530..65_542_usize,
    ];
    (len, vec(0x20..0x7F_u8, 1..40))
        .prop_map(|(len, cycle)| cycle.iter().copied().cycle().take(len).collect())
}

fn chunks() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![1..8_usize, 1..300_usize, Just(usize::MAX)], 1..8)
}

/// Appends a message in fragments cut at `cuts`, with a ping after each but the last.
fn write_fragments(message: &[u8], cuts: &[prop::sample::Index], out: &mut Vec<u8>) {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(message.len() + 1)).collect();
    cuts.extend([0, message.len()]);
    cuts.sort_unstable();
    let encoder = websocket::Encoder::new(true);
    let last = cuts.len() - 2;
    for (i, range) in cuts.windows(2).enumerate() {
        let start = out.len();
        let fragment = &message[range[0]..range[1]];
        encoder.write_message(&[fragment], out).expect("nothing is too long");
        let opcode = u8::from(i == 0);
        let fin = if i == last { 0x80 } else { 0 };
        out[start] = fin | opcode;
        if i < last {
            encoder.write_ping(b"still there?", out);
        }
    }
}

proptest! {
    #[test]
    fn any_message_comes_out_as_it_went_in(
        (encoder, reader) in transports(),
        messages in vec(message(), 1..6),
        chunks in chunks(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut stream = Vec::new();
        for message in &messages {
            let (head, tail) = message.split_at(cut.index(message.len() + 1));
            let before = stream.len();
            encoder.write_message(&[head, tail], &mut stream).unwrap();
            prop_assert!(stream.len() - before <= encoder.framed_len(message.len()));
            let overhead_max = Encoder::message_overhead_max();
            prop_assert!(stream.len() - before <= message.len() + overhead_max);
        }
        encoder.write_ping(b"ping", &mut stream);
        encoder.write_pong(b"pong", &mut stream);

        let (mut decoder, batched) = match encoder {
            Encoder::RawSocket(_) => (rawsocket_decoder(), None),
            Encoder::WebSocket(encoder) => (websocket_decoder(reader), encoder.batched),
        };
        let received = receive(&mut decoder, &stream, &chunks).unwrap();

        let mut expected: Vec<_> = messages.into_iter().map(Received::Message).collect();
        expected.push(Received::Ping(b"ping".to_vec()));
        expected.push(Received::Pong(b"pong".to_vec()));
        let received: Vec<_> = received.into_iter().map(|frame| match (frame, batched) {
            (Received::Message(batch), Some(batched)) => {
                let messages: Vec<_> = batched.split(&batch).unwrap().collect();
                Received::Message(messages.concat())
            }
            (frame, _) => frame,
        }).collect();
        prop_assert_eq!(received, expected);
    }

    #[test]
    fn any_text_cut_into_any_fragments_comes_out_whole(
        text in any::<String>(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        chunks in chunks(),
    ) {
        let mut stream = Vec::new();
        write_fragments(text.as_bytes(), &cuts, &mut stream);
        let mut received = receive(&mut websocket_decoder(Role::Client), &stream, &chunks).unwrap();
        received.retain(|frame| matches!(frame, Received::Message(_)));
        prop_assert_eq!(received, [Received::Message(text.into_bytes())]);
    }

    #[test]
    fn fragments_are_text_exactly_if_their_whole_is(
        octets in vec(prop_oneof![Just(0xC3), Just(0xA4), Just(0xE2), any::<u8>()], 0..12),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut stream = Vec::new();
        write_fragments(&octets, &cuts, &mut stream);
        let received = receive(&mut websocket_decoder(Role::Client), &stream, &[usize::MAX]);
        if std::str::from_utf8(&octets).is_ok() {
            prop_assert!(received.unwrap().contains(&Received::Message(octets)));
        } else {
            prop_assert_eq!(received, Err(Violation::NotUtf8));
        }
    }

    #[test]
    fn a_compressed_message_may_be_cut_anywhere(
        message in message().prop_filter("is compressed", |message| message.len() >= 256),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut whole = Vec::new();
        let deflate = Some(Deflate::default());
        let encoder = websocket::Encoder { deflate, ..websocket::Encoder::new(false) };
        encoder.write_message(&[&message], &mut whole).unwrap();
        let mut stream = Vec::new();
        prop_assert!(whole.len() < 2 + 126 || whole[1] == 126);
        let payload = &whole[if whole[1] == 126 { 4 } else { 2 }..];
        write_fragments(payload, &[cut], &mut stream);
        stream[0] = 0x42;

        let received = receive(&mut websocket_decoder(Role::Client), &stream, &[usize::MAX]);
        prop_assert!(received.unwrap().contains(&Received::Message(message)));
    }

    #[test]
    fn random_octets_never_panic(
        stream in vec(any::<u8>(), 0..200),
        deflate in any::<bool>(),
        raw in any::<bool>(),
    ) {
        let mut decoder = if raw {
            rawsocket_decoder()
        } else {
            Decoder::WebSocket(websocket::Decoder::new(Role::Client, deflate, 100))
        };
        let mut rest = stream.clone();
        while let Ok(Progress::Took { octets, .. }) = decoder.decode(&mut rest) {
            rest.drain(..octets);
            if rest.is_empty() {
                break;
            }
        }
        for batched in [Batch::Counted, Batch::Separated(Separator::Specified)] {
            let total: usize = batched.split(&stream).into_iter().flatten().map(<[u8]>::len).sum();
            prop_assert!(total <= stream.len());
        }
    }

    #[test]
    fn random_headers_never_panic(
        lists in vec("(permessage-deflate|[a-z0-9_]{0,9}|[;,= \"\\\\]|\\PC){0,20}", 0..3),
    ) {
        let values = |_| lists.iter().map(String::as_str);
        let _ = Deflate::negotiate(values("offers"));
        let subprotocols = Subprotocol::ALL;
        let request = Request::new([0; 16], &subprotocols, true);
        prop_assert!(request.check_response(101, values).is_err());
        prop_assert!(Response::to_request(values, &subprotocols, true).is_err());
    }

    #[test]
    fn random_compressed_octets_never_panic_nor_pass_the_limit(
        payload in vec(any::<u8>(), 0..100),
    ) {
        let mut frame = Vec::new();
        websocket::Encoder::new(false).write_message(&[&payload], &mut frame).unwrap();
        frame[0] = 0xC2;
        let mut decoder = websocket::Decoder::new(Role::Client, true, 1000);
        if let Ok(Progress::Took { frame, .. }) = decoder.decode(&mut frame) {
            let message_len = frame.map_or(0, |frame| match keep(frame) {
                Received::Message(message) => message.len(),
                _ => 0,
            });
            prop_assert!(message_len <= 1000);
        }
    }
}
