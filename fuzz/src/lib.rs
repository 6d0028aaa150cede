//! What the targets share.
//!
//! - [`choices`]: octets as decisions
//! - [`link`]: a connection that ends in memory
//! - [`memory`]: how much of it something may take
//! - [`requests`]: what comes along with one
//! - [`router`]: a router with clients

pub mod choices;
pub mod link;
pub mod memory;
pub mod requests;
pub mod router;
