//! The decisions of the router: realms, sessions, dealer and broker.
//!
//! Everything here is synchronous and does no IO: time, randomness and connections come in, octets
//! go into outboxes. [`router::Router`] is the door; a [`session::Session`] is what a connection
//! talks to; [`member::Link`] is what a transport implements.

pub mod authentication;
pub mod authorization;
mod broker;
mod control;
pub mod counters;
mod deadlines;
mod dealer;
pub mod ids;
mod in_flight;
mod inquiry;
mod joined;
mod leaving;
pub mod limits;
mod matcher;
pub mod member;
mod meta;
mod outbox;
mod quirks;
mod realm;
mod refusal;
pub mod requests;
pub mod router;
pub mod session;
pub mod settings;
mod shard;
pub mod store;
mod sync;
pub mod time;
pub mod turn;
mod unfinished;
pub mod why;
pub mod wire;
