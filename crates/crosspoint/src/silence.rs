//! Silence: how long nothing has come from a WebSocket's peer, and what is to be done about it.
//!
//! Everything that comes is a sign of life. A read costs no more than noting when it was: the timer is
//! left alone, and finds out when it fires for how much longer it has to be set.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use crosspoint_router::time::Time;
use tokio::task::unconstrained;
use tokio::time::Sleep;

use crate::clock;

/// How long nothing has come from a peer.
pub(crate) struct Silence {
    interval_ms: u64,
    /// When something came last, or the ping went out that nothing has come after.
    since: Time,
    pinged: bool,
    /// When to look again. Until then the timer is set, and knows the task.
    due: Time,
    timer: Pin<Box<Sleep>>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silent {
    /// For one interval: send a ping.
    Ping,
    /// For another one after the ping: nobody is there.
    Lost,
}

impl Silence {
    /// From now on. It may be any timer.
    pub(crate) fn new(interval: Duration, now: Time, timer: Pin<Box<Sleep>>) -> Silence {
        let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX).max(1);
        Silence { interval_ms, since: now, pinged: false, due: now, timer }
    }

    /// The peer has given a sign of life.
    pub(crate) fn break_at(&mut self, now: Time) {
        self.since = now;
        self.pinged = false;
    }

    /// Ready when something is to be done. Call it only when all that has come was read: who has
    /// spoken is not silent because nobody listened.
    pub(crate) fn poll(&mut self, now: Time, cx: &mut Context<'_>) -> Poll<Silent> {
        if now < self.due {
            return Poll::Pending;
        }
        let over = self.since.after_ms(self.interval_ms);
        if now < over {
            self.wake_at(over, cx);
            return Poll::Pending;
        }
        if self.pinged {
            return Poll::Ready(Silent::Lost);
        }
        (self.since, self.pinged) = (now, true);
        Poll::Ready(Silent::Ping)
    }

    /// How long the silence of a peer that is lost has been.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_millis(self.interval_ms.saturating_mul(2))
    }

    fn wake_at(&mut self, due: Time, cx: &mut Context<'_>) {
        self.due = due;
        self.timer.as_mut().reset(clock::instant(due));
        // Unconstrained: a task that has used up its budget would be put off, and the timer, which is
        // not polled again before it is due, would never get to know it.
        if pin!(unconstrained(self.timer.as_mut())).poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}
