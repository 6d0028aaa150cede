//! The queue for what comes piece by piece: the chunks of an invocation's arguments on their way to
//! its handler, and progressive results on their way to the caller. It is bounded, and what it
//! carries must not have gaps: overflow ends the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::arguments::Arguments;
use crate::limits::{CHUNK_OCTETS_WAITING_MAX, CHUNKS_WAITING_MAX};

/// Chunks come faster than they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

pub(crate) fn queue() -> (Sender, Receiver) {
    let (chunks, received) = mpsc::channel(CHUNKS_WAITING_MAX);
    let octets = Arc::new(AtomicUsize::new(0));
    (Sender { chunks, octets: Arc::clone(&octets) }, Receiver { chunks: received, octets })
}

/// The driver's side. Dropping it ends the chunks, once those that wait have been taken.
#[derive(Debug)]
pub(crate) struct Sender {
    chunks: mpsc::Sender<Chunk>,
    octets: Arc<AtomicUsize>,
}

/// The handler's or caller's side. After it is dropped chunks are for nobody.
#[derive(Debug)]
pub(crate) struct Receiver {
    chunks: mpsc::Receiver<Chunk>,
    /// How many octets wait, as they came in messages.
    octets: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Chunk {
    arguments: Arguments,
    octets: usize,
}

impl Sender {
    /// Puts a chunk at the end that came as so many octets.
    pub(crate) fn push(&self, arguments: Arguments, octets: usize) -> Result<(), Overflow> {
        if self.octets.load(Ordering::Relaxed) >= CHUNK_OCTETS_WAITING_MAX {
            return Err(Overflow);
        }
        // Before anybody can take it off again.
        self.octets.fetch_add(octets, Ordering::Relaxed);
        match self.chunks.try_send(Chunk { arguments, octets }) {
            Err(TrySendError::Full(_)) => Err(Overflow),
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
        }
    }
}

impl Receiver {
    /// The next chunk; none when there will be no more.
    pub(crate) async fn next(&mut self) -> Option<Arguments> {
        let Chunk { arguments, octets } = self.chunks.recv().await?;
        self.octets.fetch_sub(octets, Ordering::Relaxed);
        Some(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn few_chunks_of_many_octets_are_too_much() {
        let (sender, mut receiver) = queue();
        sender.push((1,).into(), CHUNK_OCTETS_WAITING_MAX).unwrap();
        assert_eq!(sender.push((2,).into(), 1), Err(Overflow));
        assert_eq!(receiver.next().await, Some((1,).into()));
        sender.push((3,).into(), 1).unwrap();
        drop(sender);
        assert_eq!(receiver.next().await, Some((3,).into()));
        assert_eq!(receiver.next().await, None);
    }
}
