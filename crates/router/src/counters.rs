//! Counters of what went wrong: nothing that is refused, dropped or ended goes by uncounted.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// So many more.
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// Its value now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The router's counters, shared by all realms and sessions.
#[derive(Debug, Default)]
pub struct Counters {
    /// Events that a subscriber did not get, because its outbox was full or the event could not be
    /// put in its serializer or length.
    pub events_dropped: Counter,
    /// Events that could not be written to the store, and are kept in memory only; or that are longer
    /// than the history of their topic may be, and are not kept at all.
    pub events_not_stored: Counter,
    /// Events that were to be retained and are not, because there is no room.
    pub events_not_retained: Counter,
    /// Records of the store that cannot be read.
    pub records_unreadable: Counter,
    /// Sessions that were ended because they did not keep up with their events, in a realm that is set so.
    pub slow_subscribers_closed: Counter,
    /// Sessions that were aborted for breaking the protocol.
    pub protocol_violations: Counter,
    /// Sessions that were refused: no such realm, no matching authentication method.
    pub sessions_refused: Counter,
    /// Sessions that were refused, because their realm has as many as it takes.
    pub sessions_beyond_max: Counter,
    /// Sessions that were refused, because their proof of who they are was wrong, or nobody goes by that
    /// name or key.
    pub authentications_failed: Counter,
    /// Sessions that were refused, whatever their proof, because too many before it were wrong from the same address, or
    /// for the same name.
    pub attempts_refused: Counter,
    /// Sessions that were refused, because an authenticator was not there, did not answer in time, or said what is not
    /// understood.
    pub authenticators_failed: Counter,
    /// Sessions that were ended because their peer did not read what must not be lost.
    pub outboxes_overflown: Counter,
    /// Progressive results that nobody had asked for.
    pub progress_ignored: Counter,
    /// CALLs that continue a call which is done already.
    pub continuations_discarded: Counter,
    /// Requests of which no authorizer has said whether they are permitted.
    pub authorizations_failed: Counter,
    /// Requests that were answered with an ERROR by the router itself.
    pub requests_refused: Counter,
}
