//! Every bound of the router, each with its reason.

/// What one session may hold, so that no session can make the router's memory grow without end.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets that may wait to be written to one session. Events and invocations get
    /// [`Limits::outbox_octets_for_others`] of it: beyond that events are dropped and counted, and
    /// invocations go back to the caller as an error. The rest is for what answers the session's own
    /// requests: only if that fills it, too, the session ends. One message is always accepted by an
    /// empty outbox, however long.
    pub outbox_octets_max: usize,
    /// Calls of one caller that wait for their answer: each holds a record in the router.
    pub calls_in_flight_max: usize,
    /// Invocations that wait for one callee's answer, for the same reason.
    pub invocations_in_flight_max: usize,
    /// Octets of the input of one caller's calls that are kept for as long as another callee may
    /// need them: because the registration is shared, or because the call waits. A call that finds
    /// no room for that is routed once, and does not wait.
    pub kept_octets_max: usize,
    /// Calls that may wait at one registration, however many its callees have asked for.
    pub calls_waiting_max: usize,
    /// Registrations of one session.
    pub registrations_max: usize,
    /// Subscriptions of one session.
    pub subscriptions_max: usize,
    /// Octets that these take up, together: each its URI, and [`HELD_OCTETS`].
    pub held_octets_max: usize,
    /// Testaments of one session: all of them are published at once, perhaps when many sessions end.
    pub testaments_max: usize,
    /// Octets of these, together: they are kept for as long as the session lives, and nobody reads
    /// them until it ends.
    pub testaments_octets_max: usize,
}

/// What a registration or subscription takes up beside its URI, in all tables that find it: some 400 octets, as measured,
/// with an `nkey` more, and rounded up. By the default of [`Limits::held_octets_max`] a session has some 120,000 of
/// ordinary ones.
pub const HELD_OCTETS: usize = 1 << 10;

/// The longest `authid`: as long as one that SCRAM can normalise. It may stand in a
/// challenge, which is kept until the proof comes.
pub const AUTHID_OCTETS_MAX: usize = crosspoint_proto::limits::PREPARED_OCTETS_MAX;

/// How much is kept of why a session has ended, and of the realm that it wanted to join, in octets, for its line in the
/// log: more than the router's own sentences have, but for what a client has put into them, and more than a reason that
/// somebody would read.
pub(crate) const WHY_OCTETS_MAX: usize = 512;

/// Of how many addresses, names and pairs of them a realm remembers wrong attempts to join it, and pairs that were
/// right: some megabytes, which who has as many addresses can fill, and gains nothing by.
pub(crate) const ATTEMPTS_REMEMBERED_MAX: usize = 1 << 16;

/// How long somebody who has joined a realm is taken for a regular at the address from which he did: 30 days.
/// Addresses change hands.
pub(crate) const REGULAR_FOR_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// How many cookies a realm remembers: more than people log in at one router, in a week; and some megabytes, or 40
/// if all have the longest names. When there are so many, the oldest is forgotten.
pub(crate) const COOKIES_MAX: usize = 1 << 14;

/// How many of them one `authid` has: more than somebody has browsers. Beyond that the oldest of his is forgotten.
pub(crate) const COOKIES_PER_AUTHID_MAX: usize = 16;

/// What it costs to look through all cookies of a realm.
pub(crate) const WORK_OF_FORGETTING: usize = COOKIES_MAX / 4;

impl Limits {
    /// What others may put into a session's outbox: three quarters, so that nobody but the session
    /// itself, by not reading the answers to its own requests, can bring it to its limit.
    pub fn outbox_octets_for_others(&self) -> usize {
        self.outbox_octets_max / 4 * 3
    }

    /// What may wait in a session's outbox when it is given more of something large that it has asked
    /// for: a quarter, so that the link never runs dry, and its events find their room beside it.
    pub(crate) fn outbox_octets_for_portions(&self) -> usize {
        self.outbox_octets_max / 4
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            outbox_octets_max: 16 << 20,
            calls_in_flight_max: 1 << 16,
            invocations_in_flight_max: 1 << 18,
            kept_octets_max: 16 << 20,
            calls_waiting_max: 1 << 12,
            registrations_max: 1 << 20,
            subscriptions_max: 1 << 20,
            held_octets_max: 128 << 20,
            testaments_max: 64,
            testaments_octets_max: 64 << 10,
        }
    }
}

/// How much work a turn may do before others get theirs, in units of 0.1 us or so: 2 ms. A message that
/// has been begun is not broken off, but what follows from it in portions is.
pub(crate) const TURN_WORK_MAX: usize = 20_000;

/// What it costs to flush an outbox, in the same units: a system call. A turn may do that much more work for each
/// that it has touched, so that events for many subscribers are written many at a time.
pub(crate) const WORK_OF_FLUSH: usize = 50;

/// How many times its usual work a turn may do in addition for that reason.
pub(crate) const LONGER_TURNS_MAX: usize = 4;

/// Outboxes that are flushed at the end of a turn: the others' own tasks do that, when it is their turn.
pub(crate) const FLUSHED_AT_ONCE: usize = LONGER_TURNS_MAX * TURN_WORK_MAX / WORK_OF_FLUSH;

/// What a message costs, whatever it says: most are a call's.
pub(crate) const WORK_OF_MESSAGE: usize = 8;

/// Octets that are read, or copied into another notation, for one unit of work.
pub(crate) const OCTETS_OF_WORK: usize = 128;

/// What an event costs that is kept and given out again.
pub(crate) const WORK_OF_KEPT_EVENT: usize = 16;

/// Buffers that a [`Turn`](crate::turn::Turn) keeps for its next use, and the largest that it
/// keeps: enough for an event with a hundred subscribers, and at most 8 MiB a thread.
pub(crate) const SPARE_BUFFERS_MAX: usize = 128;
/// See [`SPARE_BUFFERS_MAX`].
pub(crate) const SPARE_BUFFER_OCTETS_MAX: usize = 64 << 10;

/// Registrations, subscriptions or calls that a session which leaves gives up before others get at the
/// realm's control lock: enough that the lock costs nothing, few enough that nobody notices.
pub(crate) const GIVEN_UP_AT_ONCE: usize = 256;

/// The work under that lock after which a session gives up fewer at once: others may listen to that.
pub(crate) const GIVEN_UP_WORK_MAX: usize = TURN_WORK_MAX / 4;

/// What it costs to give up one of them, or to end a call, in units of a turn's work.
pub(crate) const WORK_OF_GIVING_UP: usize = 8;

/// Callees of one registration that may be found unable to take a call, one after the other, before its
/// caller is told: nobody shares a procedure among more who cannot.
pub(crate) const CALLEES_PASSED_OVER_MAX: usize = 64;

/// The longest answer to a question of the router's own: an authorizer's yes or no.
pub(crate) const INQUIRY_ANSWER_OCTETS_MAX: usize = 64 << 10;

/// The longest token (JWT) that is looked at: they are in headers, which are hardly ever longer.
pub const TOKEN_OCTETS_MAX: usize = 8 << 10;

/// Iterations of PBKDF2 by which the router derives a key of an authenticator's secret: some fifty milliseconds of CPU,
/// in which others have another thread ([`Link::take_time`](crate::member::Link::take_time)).
pub(crate) const DERIVED_ITERATIONS_MAX: u32 = 100_000;

/// Octets of a session's messages that wait for an authorizer's answer before no more are read from it: as much
/// as one read brings.
pub(crate) const WAITING_OCTETS_MAX: usize = 64 << 10;

/// Answers of an authorizer that are remembered for one session.
pub(crate) const ANSWERS_REMEMBERED_MAX: usize = 256;

/// Octets of a request's options for which an authorizer's answer is remembered. Ordinary ones have a few dozen; those
/// with lists of receivers may be as long as a message, and are different each time.
pub(crate) const REMEMBERED_OPTIONS_OCTETS_MAX: usize = 1024;

/// The longest arguments of the router's own procedures, which it reads into memory: a URI, and a few
/// numbers and options. Testaments have a limit of their own: [`Limits::testaments_octets_max`].
pub(crate) const META_ARGUMENTS_OCTETS_MAX: usize = 8 << 10;

/// The longest `ppt_*` of a call or publication, together: they are remembered for as long as it is
/// in flight or kept.
pub(crate) const PASSTHRU_OCTETS_MAX: usize = 1 << 10;

/// The longest `nkey` of a subscription, which is remembered for each subscriber: the name of a machine.
pub(crate) const NKEY_OCTETS_MAX: usize = 256;

/// Rules of a realm that say of which topics a history is kept: so many shapes of wildcards fit into a
/// `matcher`, and nobody wants more.
pub const HISTORY_RULES_MAX: usize = WILDCARD_SHAPES_MAX;

/// Events that one call of `wamp.subscription.get_events` gives, and octets that these take: more is for
/// the next page. One event is always given, however long.
pub(crate) const HISTORY_PAGE_EVENTS_MAX: usize = 1000;
/// See [`HISTORY_PAGE_EVENTS_MAX`].
pub(crate) const HISTORY_PAGE_OCTETS_MAX: usize = 1 << 20;

/// Events, topics or IDs that are looked at before others get at the lock that they stand under, or the work that
/// this is: it is held for some ten microseconds.
pub(crate) const LOOKED_AT_AT_ONCE: usize = 1 << 10;

/// What it costs to hold a topic against a pattern.
pub(crate) const WORK_OF_LOOK: usize = 2;

/// Nodes among which one is found to have a key, for one unit of work.
pub(crate) const NODES_OF_WORK: usize = 16;

/// Events that are too old which one call of [`Router::expire`](crate::router::Router::expire) lets go
/// of, under the history's lock: less than a millisecond's work for publishers to wait for.
pub(crate) const EXPIRED_AT_ONCE: usize = 1 << 10;

/// Events that are too old which go when a new one comes. More than one, so that they become fewer; and
/// few, because they are gone for everybody anyway.
pub(crate) const EXPIRED_PER_EVENT_MAX: usize = 8;

/// Records that one change takes away when the restart has found more than may be kept: so many that a
/// million of them are few changes, and so few that each of these is no long step for the store.
pub(crate) const CLEARED_AWAY_AT_ONCE: usize = 1 << 16;

/// Events of one topic that are retained for some receivers only, beside the one that is for everybody.
pub(crate) const RETAINED_FOR_SOME_MAX: usize = 16;

/// What an event that is kept takes up in memory beside its texts and its payload, all tables that find
/// it included: measured, and rounded up.
pub(crate) const KEPT_EVENT_OCTETS: usize = 512;

/// How often a thread writes what others have added to an outbox while it wrote: then the session's
/// own task goes on with it, so that a popular session does not keep a thread from its own.
pub(crate) const FLUSH_ROUNDS_MAX: usize = 16;

/// Encoded events of this length or more are shared between outboxes, shorter ones copied: below it a
/// copy costs less than a reference count and a place in a gathering write.
pub(crate) const SHARED_FRAME_OCTETS_MIN: usize = 2 << 10;

/// Shapes of wildcard patterns (see `matcher`) for each number of components: a look-up asks the table
/// once for each. Whoever names things with a plan needs a handful; any number of patterns may have
/// the same shape.
pub(crate) const WILDCARD_SHAPES_MAX: usize = 128;
