//! A WAMP v2 router as a library, and the command line around it.
//!
//! [`server::Server`] is the router with its listeners; [`cli`] is what the binary does.

pub mod cli;
mod connection;
mod http;
mod listener;
pub mod server;
