//! The binary as a person meets it: what it prints, where, and how it exits. And, in [`sockets`],
//! the server as clients meet it.
//!
//! Every test has its own router on a port that the system chooses. Nothing sleeps: a test waits for
//! a line that a process prints, or for its end.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod arguments;
mod authentication;
mod calls;
mod certificates;
mod config;
mod events;
mod failures;
mod help;
mod imports;
mod log;
mod ordering;
mod process;
mod reload;
mod scripted;
mod secret;
mod serve;
mod sockets;
mod store;
mod tls;
mod traces;
