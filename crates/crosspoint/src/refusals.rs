//! What was refused or held up on its way to the router: the counters of the listeners.

use crosspoint_router::counters::Counter;

/// The counters of a server's listeners, beside those of its router.
#[derive(Debug, Default)]
pub struct Refusals {
    /// Connections that were closed at once, because too many come from their address, or wait there for others to have
    /// a session.
    pub addresses_crowded: Counter,
    /// Times that a listener let nobody in, because there were as many connections as it takes.
    pub connections_full: Counter,
    /// Times that a listener let nobody in, because as many connections as it takes of those had no session yet.
    pub handshakes_full: Counter,
    /// Connections that had to wait, because too many from their address had no session yet.
    pub handshakes_crowded: Counter,
    /// Connections that had no session in time.
    pub handshakes_late: Counter,
    /// Connections that ended without a session, because what came was no TLS, no `RawSocket` and no HTTP, or not
    /// what is spoken there. HTTP requests that were answered, whatever the answer, are not among them.
    pub handshakes_failed: Counter,
    /// Connections that were closed where proxies are to speak the PROXY protocol: they are no proxy's, or do not.
    pub proxies_refused: Counter,
    /// Times that the reading from a connection was held up, because it sends more messages than the listener allows.
    pub readings_held_up: Counter,
    /// WebSockets that were refused to pages of origins that are not allowed.
    pub origins_refused: Counter,
}
