//! What was refused or held up on its way to the router: the counters of the listeners.

use crosspoint_router::counters::Counter;

/// The counters of a server's listeners, beside those of its router.
#[derive(Debug, Default)]
pub struct Refusals {
    /// Connections that were closed at once, because too many come from their address.
    pub addresses_crowded: Counter,
    /// WebSockets that were refused to pages of origins that are not allowed.
    pub origins_refused: Counter,
}
