//! Error URIs and closing reasons, each written once.
//!
//! See "URIs" in the specification's Basic Profile and Advanced Profile.

/// A URI-valued attribute breaks the URI rules.
pub const INVALID_URI: &str = "wamp.error.invalid_uri";
/// Nobody has registered the procedure that was called.
pub const NO_SUCH_PROCEDURE: &str = "wamp.error.no_such_procedure";
/// The procedure is registered already.
pub const PROCEDURE_ALREADY_EXISTS: &str = "wamp.error.procedure_already_exists";
/// The registration to be unregistered is not this session's.
pub const NO_SUCH_REGISTRATION: &str = "wamp.error.no_such_registration";
/// The subscription to be unsubscribed is not this session's.
pub const NO_SUCH_SUBSCRIPTION: &str = "wamp.error.no_such_subscription";
/// Arguments are not acceptable; also the router's, for a payload that cannot be translated.
pub const INVALID_ARGUMENT: &str = "wamp.error.invalid_argument";
/// The call was canceled, by its caller or because its callee left. The spelling `cancelled` occurs
/// in the specification, too; this is the one that is sent.
pub const CANCELED: &str = "wamp.error.canceled";
/// The call has taken longer than its caller's `timeout`.
pub const TIMEOUT: &str = "wamp.error.timeout";
/// From a callee: it cannot take the call, somebody else may.
pub const UNAVAILABLE: &str = "wamp.error.unavailable";
/// Every callee of the registration has said [`UNAVAILABLE`].
pub const NO_AVAILABLE_CALLEE: &str = "wamp.error.no_available_callee";
/// The call needs a feature that no callee (for a result: its caller) has announced.
pub const FEATURE_NOT_SUPPORTED: &str = "wamp.error.feature_not_supported";
/// The realm does not disclose callers, or publishers.
pub const DISCLOSE_ME_DISALLOWED: &str = "wamp.error.option_disallowed.disclose_me";
/// No session has that ID, or it is not a callee of the registration.
pub const NO_SUCH_SESSION: &str = "wamp.error.no_such_session";
/// The message is longer than the receiver accepts.
pub const PAYLOAD_SIZE_EXCEEDED: &str = "wamp.error.payload_size_exceeded";
/// The peer broke the protocol: reason of an ABORT.
pub const PROTOCOL_VIOLATION: &str = "wamp.error.protocol_violation";
/// There is no such realm: reason of an ABORT.
pub const NO_SUCH_REALM: &str = "wamp.error.no_such_realm";
/// None of the offered authentication methods is accepted: reason of an ABORT.
pub const NO_MATCHING_AUTH_METHOD: &str = "wamp.error.no_matching_auth_method";
/// The session's role has no permission for this.
pub const NOT_AUTHORIZED: &str = "wamp.error.not_authorized";
/// Who decides whether the session has permission for this could not be asked. What to do: try again later.
pub const AUTHORIZATION_FAILED: &str = "wamp.error.authorization_failed";
/// The peer has not proved who it is: a wrong password, a wrong signature, or nobody whom the router knows.
/// Which of these is not told. Reason of an ABORT.
pub const AUTHENTICATION_DENIED: &str = "wamp.error.authentication_denied";
/// Who knows whether the peer is who it says could not be asked, or has given no answer that is understood: reason
/// of an ABORT. What to do: try again later.
pub const AUTHENTICATION_FAILED: &str = "wamp.error.authentication_failed";
/// HELLO lacks what the realm has to know of whoever joins it: reason of an ABORT.
pub const AUTHENTICATION_REQUIRED: &str = "wamp.error.authentication_required";
/// The request carries an option that is not supported or not allowed here.
pub const OPTION_NOT_ALLOWED: &str = "wamp.error.option_not_allowed";

/// The router (or the client) shuts down: reason of a GOODBYE or ABORT.
pub const SYSTEM_SHUTDOWN: &str = "wamp.close.system_shutdown";
/// The peer leaves the realm: reason of a GOODBYE.
pub const CLOSE_REALM: &str = "wamp.close.close_realm";
/// The client leaves the realm, and whoever comes with its cookie is not to be taken for it any more: reason of a
/// GOODBYE.
pub const LOGOUT: &str = "wamp.close.logout";
/// The answer to a GOODBYE.
pub const GOODBYE_AND_OUT: &str = "wamp.close.goodbye_and_out";

/// Somebody has ended the session through the session meta API: reason of a GOODBYE.
pub const KILLED: &str = "wamp.close.killed";

/// Not of the specification, but Crossbar.io's: the procedure is registered with another invocation
/// policy. What to do: ask for the same, or for another procedure.
pub const DIFFERENT_INVOCATION_POLICY: &str =
    "wamp.error.procedure_exists_with_different_invocation_policy";
/// Not of the specification, but Crossbar.io's: the reason of a revocation where nobody gives another.
pub const UNREGISTERED: &str = "wamp.error.unregistered";
/// Not of the specification, but Crossbar.io's: every callee has as many calls as it takes at a time.
/// What to do: try again later.
pub const MAX_CONCURRENCY_REACHED: &str = "crossbar.error.max_concurrency_reached";
/// Not of the specification: the session holds or asks for more than the router's limits allow
/// (registrations, subscriptions, calls in flight). What to do: finish or give up some first.
pub const LIMIT_EXCEEDED: &str = "crosspoint.error.limit_exceeded";
/// Not of the specification: too many proofs were wrong that came from the client's address, or for its name, and so
/// no other is looked at: reason of an ABORT. What to do: try again in a minute.
pub const TOO_MANY_ATTEMPTS: &str = "crosspoint.error.too_many_attempts";
/// Not of the specification: the realm has as many sessions as it takes: reason of an ABORT. What to do: try
/// again later.
pub const REALM_FULL: &str = "crosspoint.error.realm_full";
/// Not of the specification: the session did not keep up with its events, in a realm that is set to end
/// such sessions: reason of a GOODBYE. What to do: read faster, or subscribe to less.
pub const TOO_SLOW: &str = "crosspoint.close.too_slow";
/// Not of the specification: the event was published, but could not be stored. What to do: look at the
/// router's disk, and publish again if it is missing in the event history.
pub const NOT_STORED: &str = "crosspoint.error.not_stored";
/// Not of the specification: events come faster than they can be stored, or the router is about to stop, and
/// this one was not published. What to do: publish again, later.
pub const STORE_FULL: &str = "crosspoint.error.store_full";
/// Not of the specification: the event history has no such publication, or has forgotten it. What to do:
/// start from the oldest event that there is.
pub const NO_SUCH_PUBLICATION: &str = "crosspoint.error.no_such_publication";
/// Not of the specification, but Crossbar.io's: no history is kept of the subscription's topics. What to
/// do: configure one.
pub const HISTORY_UNAVAILABLE: &str = "wamp.error.history_unavailable";
/// Not of the specification: the callee reads too slowly and its queue is full; try again later.
pub const QUEUE_FULL: &str = "crosspoint.error.queue_full";
