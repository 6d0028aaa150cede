//! The queue of events between the driver and one subscriber. It is bounded: a subscriber that
//! does not keep up loses the oldest events, and is told how many.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::sync::Notify;

use crate::arguments::Event;

/// So many events were lost at this place: they came faster than they were taken, or could not be
/// held in memory as values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} events were lost")]
pub struct Lagged(pub u64);

/// A queue that holds at most so many events.
pub(crate) fn queue(events_max: usize) -> (EventSender, EventReceiver) {
    let queue = Arc::new(Queue::default());
    (EventSender { queue: Arc::clone(&queue), events_max }, EventReceiver { queue })
}

/// The driver's side. Dropping it ends the events, once those that wait have been taken.
#[derive(Debug)]
pub(crate) struct EventSender {
    queue: Arc<Queue>,
    events_max: usize,
}

/// The subscriber's side. Dropping it tells the driver that nobody waits any more.
#[derive(Debug)]
pub(crate) struct EventReceiver {
    queue: Arc<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Told whenever there is something new for the receiver.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Result<Event, Lagged>>,
    /// Events that were lost before the first of those.
    lost: u64,
    /// No more will come.
    ended: bool,
    /// No more will be taken.
    abandoned: bool,
}

impl Queue {
    /// Nothing that is done under the lock leaves it half done, so its poison says nothing.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSender {
    /// Puts an event at the end, or a notice that one could not be read; the oldest makes room.
    pub(crate) fn push(&self, event: Result<Event, Lagged>) {
        let mut waiting = self.queue.lock();
        if waiting.events.len() >= self.events_max
            && let Some(oldest) = waiting.events.pop_front()
        {
            waiting.lost += oldest.map_or_else(|Lagged(lost)| lost, |_event| 1);
        }
        waiting.events.push_back(event);
        self.queue.changed.notify_one();
    }

    /// Does nobody wait any more?
    pub(crate) fn is_abandoned(&self) -> bool {
        self.queue.lock().abandoned
    }
}

impl Drop for EventSender {
    fn drop(&mut self) {
        self.queue.lock().ended = true;
        self.queue.changed.notify_one();
    }
}

impl EventReceiver {
    /// The next event, or how many are missing before it; none when there will be no more.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, Lagged>> {
        loop {
            if let Poll::Ready(taken) = self.take() {
                return taken;
            }
            self.queue.changed.notified().await;
        }
    }

    /// Pending where there is nothing yet.
    fn take(&mut self) -> Poll<Option<Result<Event, Lagged>>> {
        let mut waiting = self.queue.lock();
        if waiting.lost > 0 {
            return Poll::Ready(Some(Err(Lagged(mem::take(&mut waiting.lost)))));
        }
        match waiting.events.pop_front() {
            None if !waiting.ended => Poll::Pending,
            event_or_end => Poll::Ready(event_or_end),
        }
    }

    /// No more will be taken.
    pub(crate) fn abandon(&self) {
        self.queue.lock().abandoned = true;
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        self.abandon();
    }
}
