//! Every bound of the client, each with its reason.

use std::time::Duration;

use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;

/// Requests that wait to be sent: enough to fill one write, and few enough that a task which asks
/// faster than the router takes soon waits itself.
pub(crate) const REQUESTS_WAITING_MAX: usize = 256;

/// Topic and payload of an event that no router finds too long: the least that `RawSocket` can
/// agree on is 512, and the rest of the message is shorter than the difference. What is longer
/// waits for the driver to find out.
pub(crate) const MESSAGE_OCTETS_SHORT: usize = 448;

/// Octets that wait to be written before no more requests are sent and no more handlers answered.
pub(crate) const OUTBOX_OCTETS_FULL: usize = 256 << 10;

/// Octets that wait to be written before the session ends. What cannot wait (refusals of
/// invocations) gets there only if the router never reads.
pub(crate) const OUTBOX_OCTETS_MAX: usize = 2 * MESSAGE_OCTETS_MAX;

/// Buffers that are larger are given back when they are empty: one long message should not be
/// remembered by its memory.
pub(crate) const BUFFER_OCTETS_KEPT: usize = 64 << 10;

/// Calls that wait for their results, or that nobody waits for any more and that the router has not
/// answered yet: as many as any task sensibly has under way, and few enough that a router which
/// answers none of them costs some megabytes.
pub(crate) const CALLS_MAX: usize = 1 << 16;

/// Handlers that run at a time, with those that are interrupted and have not stopped yet. An
/// invocation beyond them is refused, for the caller to come again: not to read it would also keep
/// away the results that those handlers may wait for.
pub(crate) const INVOCATIONS_MAX: usize = 4096;

/// Progressive results of all handlers that wait to be sent. Each handler waits for its own.
pub(crate) const PROGRESSIVE_YIELDS_WAITING_MAX: usize = 256;

/// Invocations that have ended before the last of their chunks came, and are remembered so that
/// those do not look like new ones. A chunk can be that late only for the time that a message takes,
/// so this is more than enough.
pub(crate) const CUT_SHORT_MAX: usize = 4096;

/// Chunks of arguments that wait for one handler, or progressive results for one caller. Neither can
/// slow down who sends them, so this is how far behind they may fall.
pub(crate) const CHUNKS_WAITING_MAX: usize = 1024;

/// Octets of these, as they came: one message of the longest, and none behind it.
pub(crate) const CHUNK_OCTETS_WAITING_MAX: usize = MESSAGE_OCTETS_MAX;

/// The longest timeout that a handler is held to. No timer goes on for longer.
pub(crate) const TIMEOUT_MAX: Duration = Duration::from_hours(365 * 24);

/// Events that wait for one subscriber. Beyond them the oldest are dropped, and it is told.
pub(crate) const EVENTS_WAITING_MAX: usize = 1024;

/// How long a router may take to answer HELLO.
pub(crate) const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a router may take to answer GOODBYE, and once more to read what is left for it.
pub(crate) const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);
