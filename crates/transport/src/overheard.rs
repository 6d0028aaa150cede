//! What is overheard: the messages that a peer is sent, for whoever listens in on this side.

use std::ops::ControlFlow;

use bytes::{Buf as _, BytesMut};
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::framing::{Decoder, Encoder, Role, rawsocket, websocket};

use crate::receiver::{Cutter, Incoming};

/// Cuts messages out of what is written to a peer.
#[derive(Debug)]
pub struct Overheard {
    cutter: Cutter,
    /// The beginning of a frame whose end is not written yet.
    pending: BytesMut,
}

impl Overheard {
    /// Of what the router's end of a connection frames like this.
    pub fn of(encoder: &Encoder) -> Overheard {
        let (decoder, batched) = match encoder {
            Encoder::RawSocket(_) => {
                (Decoder::RawSocket(rawsocket::Decoder::new(LengthLimit::MAX.octets())), None)
            }
            Encoder::WebSocket(encoder) => {
                let (deflate, limit) = (encoder.deflate.is_some(), usize::MAX);
                let decoder = websocket::Decoder::new(Role::Client, deflate, limit);
                (Decoder::WebSocket(decoder), encoder.batched)
            }
        };
        Overheard { cutter: Cutter::new(decoder, batched, None), pending: BytesMut::new() }
    }

    /// Gives each message to `hear` that is whole with these octets.
    pub fn hear(&mut self, octets: &[u8], mut hear: impl FnMut(&[u8])) {
        self.pending.extend_from_slice(octets);
        let cut = self.cutter.cut(&mut self.pending, |incoming| {
            if let Incoming::Message { octets, .. } = incoming {
                hear(octets);
            }
            ControlFlow::Continue(())
        });
        // What we write ourselves can be read.
        let done = cut.map_or(self.pending.len(), |cut| cut.octets);
        self.pending.advance(done);
        if self.pending.is_empty() {
            self.pending = BytesMut::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use crosspoint_proto::framing::batched::{Batch, Separator};
    use crosspoint_proto::framing::websocket::Deflate;

    use super::*;

    const MESSAGES: [&[u8]; 3] =
        [b"[65,1,2]", &[b'x'; 5000], b"[6,{},\"wamp.close.goodbye_and_out\"]"];

    /// Whatever is written around the messages, and however it is cut.
    #[track_caller]
    fn check(encoder: Encoder) {
        let mut written = Vec::new();
        for message in MESSAGES {
            encoder.write_message(&[message], &mut written).unwrap();
            encoder.write_ping(&[], &mut written);
        }
        for length in [1, 7, 4096, written.len()] {
            let (mut overheard, mut heard) = (Overheard::of(&encoder), Vec::new());
            for piece in written.chunks(length) {
                overheard.hear(piece, |octets| heard.push(octets.to_vec()));
            }
            assert_eq!(heard, MESSAGES, "{encoder:?} in pieces of {length}");
            assert!(overheard.pending.is_empty());
        }
    }

    #[test]
    fn all_messages_are_heard() {
        let plain = websocket::Encoder::new(true);
        check(Encoder::RawSocket(rawsocket::Encoder::default()));
        check(Encoder::WebSocket(plain));
        check(Encoder::WebSocket(websocket::Encoder {
            deflate: Some(Deflate::default()),
            ..plain
        }));
        let batched = Some(Batch::Separated(Separator::Specified));
        check(Encoder::WebSocket(websocket::Encoder { batched, ..plain }));
    }
}
