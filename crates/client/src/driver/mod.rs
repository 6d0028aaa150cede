//! The driver: the one task that reads and writes a session's connection.
//!
//! It moves octets, requests and the results of handlers to the [`Conversation`], which decides what
//! they mean, and writes what the conversation says. All that has come is processed before anything
//! is written, so that many small messages go out in one write.

mod callee;
mod caller;
mod conversation;
mod invocations;
mod mask;
mod outbox;
mod publisher;
mod subscriber;
#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use crosspoint_transport::channel::Channel;
use crosspoint_transport::receiver::{Incoming, ReceiveError, Receiver, Stop};
use crosspoint_transport::stream::Writer;
use tokio::io::{AsyncWrite as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use self::conversation::Conversation;
pub(crate) use self::conversation::Joined;
use self::outbox::Outbox;
use crate::error::{CloseReason, ConnectError};
use crate::identity::Prover;
use crate::limits::{CLOSING_TIMEOUT, OUTBOX_OCTETS_FULL, OUTBOX_OCTETS_MAX};
use crate::request::{Release, Request};

/// The driver's ends of what connects it with the session's handles.
pub(crate) struct Handles {
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) releases: mpsc::UnboundedReceiver<Release>,
    /// Told when the session is open, or is refused.
    pub(crate) joining: oneshot::Sender<Result<Joined, ConnectError>>,
    /// Told when the session is over; dropped when the connection is closed.
    pub(crate) closing: watch::Sender<Option<CloseReason>>,
}

/// Owns the connection, from HELLO to its end.
pub(crate) struct Driver {
    receiver: Receiver,
    write: Writer,
    scratch: BytesMut,
    conversation: Conversation,
    requests: mpsc::Receiver<Request>,
    releases: mpsc::UnboundedReceiver<Release>,
    closing: watch::Sender<Option<CloseReason>>,
    /// When waiting for the router's GOODBYE ends.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Driver {
    /// A driver whose first act is to join this realm.
    pub(crate) fn new(channel: Channel, realm: &str, prover: Prover, handles: Handles) -> Driver {
        let Channel { stream, serializer, decoder, encoder } = channel;
        let Handles { requests, releases, joining, closing } = handles;
        let (read, write, received) = stream.into_split();
        let outbox = Outbox::new(encoder, serializer);
        Driver {
            receiver: Receiver::new(read, &received, decoder, &encoder),
            write,
            scratch: BytesMut::new(),
            conversation: Conversation::open(realm, prover, outbox, joining),
            requests,
            releases,
            closing,
            deadline: None,
        }
    }

    /// Serves the session until it is over, and then closes the connection.
    pub(crate) async fn run(mut self) {
        let reason = poll_fn(|cx| self.poll_conversation(cx)).await;
        let Driver { receiver, write, conversation, requests, closing, .. } = self;
        closing.send_replace(Some(reason));
        let outbox = conversation.end();
        drop(requests);
        let _ = timeout(CLOSING_TIMEOUT, wind_up(receiver, write, outbox)).await;
    }

    fn poll_conversation(&mut self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        // What was left over goes first: a router that never pauses would use up what a task may do
        // before others have their turn.
        let _ = self.poll_write(cx);
        loop {
            let idle = self.poll_receive(cx).is_pending()
                & self.poll_releases(cx).is_pending()
                & self.poll_requests(cx).is_pending()
                & self.poll_handlers(cx).is_pending()
                & self.conversation.poll_answer(cx).is_pending()
                & self.poll_deadline(cx).is_pending();
            if self.conversation.outbox().octets() > OUTBOX_OCTETS_MAX {
                self.conversation.lose("it does not read what it is sent");
            }
            if let Some(reason) = self.conversation.reason() {
                return Poll::Ready(reason.clone());
            }
            if idle && self.poll_write(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Reads once.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Driver { receiver, scratch, conversation, .. } = self;
        let received = receiver.poll_receive(cx, scratch, |incoming| {
            let taken = match incoming {
                Incoming::Message { octets, .. } => conversation.on_octets(octets),
                Incoming::Ping(payload) => conversation.on_ping(payload),
                Incoming::Close(code) => conversation.on_close(code),
            };
            taken.map_break(|()| Stop::Forever)
        });
        received.map(|received| match received {
            Ok(()) => {}
            Err(error @ (ReceiveError::Ended | ReceiveError::Io(_))) => {
                self.conversation.lose(&error.to_string());
            }
            Err(error @ (ReceiveError::Violation(_) | ReceiveError::WrongKind { .. })) => {
                self.conversation.on_violation(&error.to_string());
            }
        })
    }

    /// Gives up all that nobody waits for any more. Before the next request, so that whoever drops a
    /// call and then leaves has it cancelled.
    fn poll_releases(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut released = Poll::Pending;
        // When nobody is left to release anything, nobody is left to request anything, either.
        while let Poll::Ready(Some(release)) = self.releases.poll_recv(cx) {
            self.conversation.on_release(release);
            released = Poll::Ready(());
        }
        released
    }

    /// Takes up one request, if there is room for what it sends.
    fn poll_requests(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.conversation.takes_requests() || self.is_full() {
            return Poll::Pending;
        }
        self.requests.poll_recv(cx).map(|request| self.conversation.on_request(request))
    }

    /// Sends what one or two handlers have, if there is room for it.
    fn poll_handlers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_full() { Poll::Pending } else { self.conversation.poll_handlers(cx) }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.conversation.is_leaving() {
            return Poll::Pending;
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + CLOSING_TIMEOUT)));
        deadline.as_mut().poll(cx).map(|()| self.conversation.lose("it did not answer GOODBYE"))
    }

    /// Writes what the socket takes. Ready if that has made room for what waits for it.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let was_full = self.is_full();
        if let Poll::Ready(Err(error)) = self.write.poll_flush(cx) {
            self.conversation.lose(&error.to_string());
            return Poll::Ready(());
        }
        let outbox = self.conversation.outbox();
        while !outbox.is_empty() {
            match Pin::new(&mut self.write).poll_write(cx, outbox.waiting()) {
                // Nothing would wake the driver to try again.
                Poll::Ready(Ok(0)) => {
                    self.conversation.lose("nothing more can be written to it");
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(written)) => outbox.advance(written),
                Poll::Ready(Err(error)) => {
                    self.conversation.lose(&error.to_string());
                    return Poll::Ready(());
                }
                Poll::Pending => break,
            }
        }
        if was_full && !self.is_full() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn is_full(&mut self) -> bool {
        self.conversation.outbox().octets() >= OUTBOX_OCTETS_FULL
    }
}

/// Writes what is left, and waits for the router to close its side: a connection that is closed with
/// something unread takes away what the other side has not read yet.
async fn wind_up(
    mut receiver: Receiver,
    mut write: Writer,
    outbox: Outbox,
) -> Result<(), ReceiveError> {
    write.write_all(outbox.waiting()).await?;
    write.shutdown().await?;
    let mut scratch = BytesMut::new();
    loop {
        poll_fn(|cx| {
            receiver.poll_receive(cx, &mut scratch, |_incoming| ControlFlow::Continue(()))
        })
        .await?;
    }
}
