//! The throttle of a connection: how many messages are taken from it in a second.
//!
//! Who sends more is read more slowly, and TCP tells his system to wait. Nothing that he has sent is lost, and each
//! request is answered; a client that was cut off or lost messages would come again, and send more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crosspoint_router::counters::Counter;
use crosspoint_router::time::Time;
use tokio::time::{Sleep, sleep_until};

use crate::clock;

/// How many messages may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRate {
    /// In a second, for as long as it may be.
    pub per_second: u32,
    /// At once, after a silence.
    pub burst: u32,
}

/// What one message costs. A microsecond brings `per_second` of it.
const MESSAGE: u64 = 1_000_000;

/// How many messages may be taken now.
pub(crate) struct Throttle {
    rate: MessageRate,
    credit: u64,
    /// Until when it has been reckoned.
    since: Time,
    timer: Option<Pin<Box<Sleep>>>,
    /// Somebody waits, and that is counted.
    holds_up: bool,
}

impl Throttle {
    pub(crate) fn new(rate: MessageRate, now: Time) -> Throttle {
        let mut throttle = Throttle { rate, credit: 0, since: now, timer: None, holds_up: false };
        throttle.credit = throttle.credit_max();
        throttle
    }

    /// A message was taken. False if that was the last for now.
    pub(crate) fn take(&mut self) -> bool {
        self.credit = self.credit.saturating_sub(MESSAGE);
        self.credit >= MESSAGE
    }

    /// Ready when a message may be taken. The counter is that of the times when it was not.
    pub(crate) fn poll_ready(
        &mut self,
        now: Time,
        counter: &Counter,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.reckon(now);
        if self.credit < MESSAGE {
            if !self.holds_up {
                self.holds_up = true;
                counter.add(1);
            }
            let due = self.due();
            ready!(self.poll_timer(due, cx));
            self.reckon(due);
        }
        self.holds_up = false;
        Poll::Ready(())
    }

    fn credit_max(&self) -> u64 {
        u64::from(self.rate.burst.max(1)) * MESSAGE
    }

    fn reckon(&mut self, now: Time) {
        let microseconds = now.0.saturating_sub(self.since.0);
        let earned = microseconds.saturating_mul(u64::from(self.rate.per_second.max(1)));
        self.credit = self.credit.saturating_add(earned).min(self.credit_max());
        self.since = self.since.max(now);
    }

    /// When there will be enough for a message.
    fn due(&self) -> Time {
        let missing = MESSAGE.saturating_sub(self.credit);
        let microseconds = missing.div_ceil(u64::from(self.rate.per_second.max(1)));
        Time(self.since.0.saturating_add(microseconds))
    }

    fn poll_timer(&mut self, due: Time, cx: &mut Context<'_>) -> Poll<()> {
        let due = clock::instant(due);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(time: u64) -> Time {
        Time(time * 1000)
    }

    /// So many messages go at this time.
    fn taken(throttle: &mut Throttle, now: Time) -> u32 {
        throttle.reckon(now);
        let mut count = 0;
        while throttle.credit >= MESSAGE {
            throttle.take();
            count += 1;
        }
        count
    }

    #[test]
    fn what_was_not_taken_is_there_later_up_to_a_burst() {
        let mut throttle = Throttle::new(MessageRate { per_second: 10, burst: 3 }, Time(0));
        assert_eq!(taken(&mut throttle, Time(0)), 3);
        assert_eq!(throttle.due(), milliseconds(100));
        assert_eq!(taken(&mut throttle, milliseconds(99)), 0);
        assert_eq!(taken(&mut throttle, milliseconds(100)), 1);
        assert_eq!(taken(&mut throttle, milliseconds(350)), 2);
        assert_eq!(throttle.due(), milliseconds(400));
        assert_eq!(taken(&mut throttle, milliseconds(3_600_000)), 3);
        // The clock may stand still, or be somewhat behind.
        assert_eq!(taken(&mut throttle, milliseconds(3_500_000)), 0);
        assert_eq!(throttle.due(), milliseconds(3_600_100));
    }

    #[test]
    fn any_rate_will_do() {
        for per_second in [1, 3, 999_999, 1_000_000, u32::MAX] {
            let mut throttle = Throttle::new(MessageRate { per_second, burst: 1 }, Time(0));
            assert!(!throttle.take());
            let due = throttle.due();
            assert!(due.0 > 0 && due.0 <= 1_000_000, "{due:?}");
            assert_eq!(taken(&mut throttle, due), 1, "{per_second}");
        }
        let rate = MessageRate { per_second: u32::MAX, burst: u32::MAX };
        let mut throttle = Throttle::new(rate, Time(0));
        throttle.reckon(Time(u64::MAX));
        assert!(throttle.take());
    }
}
