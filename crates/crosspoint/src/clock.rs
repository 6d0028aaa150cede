//! The clock: it tells the router the time, which never goes back.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use crosspoint_router::time::Time;
use tokio::time::Instant;

/// When the clock was first asked, by both of the system's.
static START: OnceLock<(Instant, Duration)> = OnceLock::new();

/// What time it is: the system's time when the clock was first asked, and what has passed since.
pub(crate) fn now() -> Time {
    let (start, since_epoch) = start();
    Time(microseconds(since_epoch.saturating_add(start.elapsed())))
}

/// The moment as timers have it. What is farther away than they can count never comes.
pub(crate) fn instant(time: Time) -> Instant {
    const FAR_AWAY: Duration = Duration::from_hours(30 * 365 * 24);
    let (start, since_epoch) = start();
    let from_start = Duration::from_micros(time.0).saturating_sub(since_epoch).min(FAR_AWAY);
    start + from_start
}

fn start() -> (Instant, Duration) {
    *START.get_or_init(|| {
        // A clock that stands before 1970 is not worth a failure.
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        (Instant::now(), since_epoch.unwrap_or_default())
    })
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
