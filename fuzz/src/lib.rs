//! What the targets share.
//!
//! - [`choices`]: octets as decisions
//! - [`link`]: a connection that ends in memory
//! - [`memory`]: how much of it something may take
//! - [`router`]: a router with clients

pub mod choices;
pub mod link;
pub mod memory;
pub mod router;
