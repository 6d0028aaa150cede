//! The receiver: reads a channel's octets and hands out its messages, without copying those that
//! come whole.

use std::io;
use std::mem;
use std::ops::ControlFlow;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use crosspoint_proto::framing::batched::{self, Batch};
use crosspoint_proto::framing::{Decoder, Encoder, Frame, Progress, Violation};

use crate::stream::Reader;

/// How much one read takes at most, where no longer message is awaited.
pub const READ_OCTETS: usize = 64 << 10;

/// The reading half of a channel. While nothing is half-received, it owns no buffer.
#[derive(Debug)]
pub struct Receiver {
    read: Reader,
    cutter: Cutter,
    /// The beginning of a frame whose end has not come yet.
    pending: BytesMut,
    /// There may be whole frames in `pending`: they came with the handshake, or were left for later.
    unread: bool,
}

/// Why nothing more is taken of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The rest stays: it is handed out when the receiver is asked again, before anything is read.
    Later,
    /// The rest is of no interest.
    Forever,
}

/// Something that the peer sent.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// A message.
    Message {
        /// Its octets.
        octets: &'a [u8],
        /// How it was batched, if it was: to be answered in the same way.
        batched: Option<Batch>,
    },
    /// To be answered with a pong of the same octets.
    Ping(&'a [u8]),
    /// The peer closes the WebSocket: to be answered with a close of the same code.
    Close(Option<u16>),
}

/// Why nothing more comes.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The peer has closed its side.
    #[error("the connection was closed by the peer")]
    Ended,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// The peer broke the rules of the transport.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The peer sent a binary message where the subprotocol demands text, or the other way round.
    #[error("a WebSocket message is {} where the subprotocol demands {}", kind(!.text), kind(*.text))]
    WrongKind {
        /// Is text demanded?
        text: bool,
    },
}

fn kind(text: bool) -> &'static str {
    if text { "text" } else { "binary" }
}

impl Receiver {
    /// A receiver for the reading half of a channel, whose other fields these are.
    pub fn new(read: Reader, received: &[u8], decoder: Decoder, encoder: &Encoder) -> Receiver {
        let (batched, text) = match encoder {
            Encoder::RawSocket(_) => (None, None),
            Encoder::WebSocket(encoder) => (encoder.batched, Some(encoder.text)),
        };
        let cutter = Cutter::new(decoder, batched, text);
        let unread = !received.is_empty();
        Receiver { read, cutter, pending: BytesMut::from(received), unread }
    }

    /// From now on the peer's messages may have so many octets.
    pub fn set_limit(&mut self, octets: usize) {
        self.cutter.decoder.set_limit(octets);
    }

    /// Reads once, unless something is left from before, and gives all that has come whole to `take`,
    /// until that breaks. `scratch` is where it reads to if nothing is pending; it is empty before and
    /// after.
    pub fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut BytesMut,
        take: impl FnMut(Incoming<'_>) -> ControlFlow<Stop>,
    ) -> Poll<Result<(), ReceiveError>> {
        let Receiver { read, cutter, pending, unread } = self;
        // Octets that are here have been left by a panic, while another connection was served.
        scratch.clear();
        if pending.is_empty() && !*unread {
            scratch.reserve(READ_OCTETS);
            ready!(poll_fill(read, cx, scratch))?;
            let cut = cutter.cut(scratch, take);
            if let Ok(Cut { octets, later }) = cut {
                let rest = &scratch[octets..];
                pending.reserve(if rest.is_empty() { 0 } else { rest.len() + cutter.step() });
                pending.extend_from_slice(rest);
                *unread = later;
            }
            scratch.clear();
            return Poll::Ready(cut.map(drop));
        }
        if !mem::take(unread) {
            pending.reserve(cutter.step());
            ready!(poll_fill(read, cx, pending))?;
        }
        let Cut { octets, later } = cutter.cut(pending, take)?;
        pending.advance(octets);
        *unread = later;
        if pending.is_empty() {
            *pending = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once and throws away what came: nothing of it is of interest any more, but a connection
    /// that is closed with octets unread takes with it what the peer has not read yet.
    pub fn poll_discard(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut BytesMut,
    ) -> Poll<Result<(), ReceiveError>> {
        scratch.reserve(READ_OCTETS);
        let filled = poll_fill(&mut self.read, cx, scratch);
        scratch.clear();
        filled
    }
}

fn poll_fill(
    read: &mut Reader,
    cx: &mut Context<'_>,
    buffer: &mut BytesMut,
) -> Poll<Result<(), ReceiveError>> {
    match ready!(read.poll_fill(cx, buffer))? {
        0 => Poll::Ready(Err(ReceiveError::Ended)),
        _ => Poll::Ready(Ok(())),
    }
}

/// Cuts messages out of what was read.
#[derive(Debug)]
pub(crate) struct Cutter {
    decoder: Decoder,
    messages: Messages,
    /// How much is missing from the frame that comes next, as far as that is known.
    missing: usize,
}

/// How far a buffer has been cut.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    /// These are done with.
    pub(crate) octets: usize,
    /// There may be more, for later.
    later: bool,
}

impl Cutter {
    pub(crate) fn new(decoder: Decoder, batched: Option<Batch>, text: Option<bool>) -> Cutter {
        Cutter { decoder, messages: Messages { batched, text, rest: Bytes::new() }, missing: 1 }
    }

    /// How much to make room for: a large frame's length is only its sender's word.
    fn step(&self) -> usize {
        self.missing.clamp(1, READ_OCTETS)
    }

    /// Gives what is whole to `take`.
    pub(crate) fn cut(
        &mut self,
        buffer: &mut [u8],
        mut take: impl FnMut(Incoming<'_>) -> ControlFlow<Stop>,
    ) -> Result<Cut, ReceiveError> {
        let Cutter { decoder, messages, missing } = self;
        let mut done = 0;
        let mut taken = messages.hand_out_rest(&mut take);
        while taken.is_continue() {
            match decoder.decode(&mut buffer[done..])? {
                Progress::Need { octets } => {
                    *missing = octets;
                    return Ok(Cut { octets: done, later: false });
                }
                Progress::Took { octets, frame: None } => done += octets,
                Progress::Took { octets, frame: Some(frame) } => {
                    done += octets;
                    taken = messages.hand_out(frame, &mut take)?;
                }
            }
        }
        if taken == ControlFlow::Break(Stop::Forever) {
            return Ok(Cut { octets: buffer.len(), later: false });
        }
        Ok(Cut { octets: done, later: messages.are_left() || done < buffer.len() })
    }
}

/// Takes messages out of their frames.
#[derive(Debug)]
struct Messages {
    batched: Option<Batch>,
    /// Does the subprotocol demand text messages, where there are two kinds?
    text: Option<bool>,
    /// What is left for later of a batch.
    rest: Bytes,
}

impl Messages {
    fn hand_out(
        &mut self,
        frame: Frame<'_>,
        take: &mut impl FnMut(Incoming<'_>) -> ControlFlow<Stop>,
    ) -> Result<ControlFlow<Stop>, ReceiveError> {
        let (octets, text) = match frame {
            Frame::Message { octets, text } => (octets, text),
            Frame::Ping(octets) => return Ok(take(Incoming::Ping(octets))),
            Frame::Pong(_) => return Ok(ControlFlow::Continue(())),
            Frame::Close(why) => return Ok(take(Incoming::Close(why.map(|(code, _reason)| code)))),
        };
        if let Some(demanded) = self.text.filter(|demanded| *demanded != text) {
            return Err(ReceiveError::WrongKind { text: demanded });
        }
        let Some(batch) = self.batched else {
            return Ok(take(Incoming::Message { octets, batched: None }));
        };
        let mut messages = batch.split(octets)?;
        self.batched = Some(messages.batched());
        let taken = hand_out_some(&mut messages, take);
        // The frame's buffer is somebody else's.
        self.rest = Bytes::copy_from_slice(messages.rest());
        Ok(taken)
    }

    /// Goes on with a batch of which something is left.
    fn hand_out_rest(
        &mut self,
        take: &mut impl FnMut(Incoming<'_>) -> ControlFlow<Stop>,
    ) -> ControlFlow<Stop> {
        let Some(batch) = self.batched.filter(|_| self.are_left()) else {
            return ControlFlow::Continue(());
        };
        let mut messages = batch.go_on(&self.rest);
        let taken = hand_out_some(&mut messages, take);
        let left = messages.rest().len();
        self.rest.advance(self.rest.len() - left);
        taken
    }

    fn are_left(&self) -> bool {
        !self.rest.is_empty()
    }
}

fn hand_out_some(
    messages: &mut batched::Messages<'_>,
    take: &mut impl FnMut(Incoming<'_>) -> ControlFlow<Stop>,
) -> ControlFlow<Stop> {
    let batched = Some(messages.batched());
    messages.try_for_each(|octets| take(Incoming::Message { octets, batched }))
}
