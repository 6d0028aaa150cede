//! The router's tests: conversations for what it answers, a simulation for what it never does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod authentication;
mod authorizers;
mod closing;
mod conformance;
mod conversation;
mod history;
mod identity;
mod limits;
mod link;
mod meta;
mod notation;
mod patterns;
mod permissions;
mod portions;
mod progress;
mod pubsub;
mod queues;
mod quirks;
mod realms;
mod receivers;
mod retention;
mod rpc;
mod serializers;
mod session_meta;
mod sessions;
mod sharing;
mod simulation;
mod slow_subscribers;
mod store;
mod stress;
mod testaments;
mod violations;
