//! The meta API: what the router tells of itself, by procedures and events that begin with `wamp.`
//!
//! Its procedures are not registered: calls of them are answered at once, in the turn in which they
//! come.

pub(crate) mod registration;
