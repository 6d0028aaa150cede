//! What comes along with a request, for the target of that name.
//!
//! - [`proxies`]: what a proxy says in its own protocol
//! - [`heads`]: heads of HTTP: whose they are, cookies, tokens, origins
//! - [`tokens`]: who has signed what
//! - [`certificates`]: the names in them
//! - [`connections`]: all of it as it comes over a socket

pub mod certificates;
pub mod connections;
pub mod heads;
pub mod proxies;
pub mod tokens;
