//! Every bound of the router, each with its reason.

/// What one session may hold, so that no session can make the router's memory grow without end.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets that may wait to be written to one session. Beyond it events are dropped and
    /// counted, invocations go back to the caller as an error, and anything that must not be lost
    /// ends the session. One message is always accepted by an empty outbox, however long.
    pub outbox_octets_max: usize,
    /// Calls of one caller that wait for their answer: each holds a record in the router.
    pub calls_in_flight_max: usize,
    /// Invocations that wait for one callee's answer, for the same reason.
    pub invocations_in_flight_max: usize,
    /// Registrations of one session.
    pub registrations_max: usize,
    /// Subscriptions of one session.
    pub subscriptions_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            outbox_octets_max: 16 << 20,
            calls_in_flight_max: 1 << 16,
            invocations_in_flight_max: 1 << 18,
            registrations_max: 1 << 20,
            subscriptions_max: 1 << 20,
        }
    }
}

/// Buffers that a [`Turn`](crate::turn::Turn) keeps for its next use, and the largest that it
/// keeps: enough for an event with a hundred subscribers, and at most 8 MiB a thread.
pub(crate) const SPARE_BUFFERS_MAX: usize = 128;
/// See [`SPARE_BUFFERS_MAX`].
pub(crate) const SPARE_BUFFER_OCTETS_MAX: usize = 64 << 10;

/// Encoded events longer than this are shared between outboxes, shorter ones copied: below it a
/// copy costs less than a reference count and a place in a gathering write.
pub(crate) const SHARED_FRAME_OCTETS_MIN: usize = 2 << 10;
