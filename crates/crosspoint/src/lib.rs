//! A WAMP v2 router as a library, and the command line around it.
//!
//! [`server::Server`] is the router with its listeners, [`store::EventStore`] what outlives it;
//! [`cli`] is what the binary does.

mod arrivals;
#[cfg(target_os = "linux")]
pub(crate) mod bench;
pub mod cli;
mod clock;
mod config;
mod connection;
pub mod cookies;
pub mod entrance;
mod entropy;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod import;
mod link;
mod listener;
pub mod liveness;
mod losses;
pub mod origins;
pub mod place;
pub mod proxies;
pub mod refusals;
pub mod server;
mod silence;
pub mod store;
mod strangers;
pub mod throttle;
mod timers;
mod tokens;
pub mod trace;
mod turnstile;
