//! How long a handler may take, where its caller has said so and the router has left it to us.
//!
//! See "Call Timeouts" in the specification's Advanced Profile, and "Timeouts" of its "Progressive
//! Call Results".

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, ready};
use std::time::Duration;

use crosspoint_proto::error_uri;
use tokio::time::{Instant, sleep_until};

use crate::arguments::Arguments;
use crate::error::ApplicationError;
use crate::limits::TIMEOUT_MAX;

/// The time from the invocation to its result, or from one progressive result to the next. Clones
/// are the same.
#[derive(Clone, Debug)]
pub(crate) struct TimeLimit {
    limit: Duration,
    since: Arc<Mutex<Instant>>,
}

impl TimeLimit {
    /// It runs from now on.
    pub(crate) fn start(limit: Duration) -> TimeLimit {
        TimeLimit { limit: limit.min(TIMEOUT_MAX), since: Arc::new(Mutex::new(Instant::now())) }
    }

    /// There is a result: the time for the next one begins.
    pub(crate) fn restart(&self) {
        *self.since() = Instant::now();
    }

    /// The handler's answer, or that of its timeout; then it is dropped.
    pub(crate) async fn enforce(
        self,
        handling: impl Future<Output = Result<Arguments, ApplicationError>>,
    ) -> Result<Arguments, ApplicationError> {
        let mut handling = pin!(handling);
        let mut expiry = pin!(sleep_until(self.deadline()));
        poll_fn(|cx| {
            if let Poll::Ready(answer) = handling.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            // The deadline may have moved since the timer was set.
            loop {
                ready!(expiry.as_mut().poll(cx));
                let deadline = self.deadline();
                if deadline <= Instant::now() {
                    let text = format!("there was no result within {:?}", self.limit);
                    return Poll::Ready(Err(ApplicationError::new(error_uri::TIMEOUT, text)));
                }
                expiry.as_mut().reset(deadline);
            }
        })
        .await
    }

    fn deadline(&self) -> Instant {
        *self.since() + self.limit
    }

    /// Nothing that is done under the lock leaves it half done, so its poison says nothing.
    fn since(&self) -> MutexGuard<'_, Instant> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
