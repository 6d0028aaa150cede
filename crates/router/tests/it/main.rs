//! The router's tests: conversations for what it answers, a simulation for what it never does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod closing;
mod conversation;
mod limits;
mod link;
mod notation;
mod pubsub;
mod rpc;
mod serializers;
mod sessions;
mod simulation;
mod stress;
mod violations;
