//! The rules of the core when several threads are at it: each race is run in many schedules, and
//! every message that anybody hears is checked.
//!
//! ```sh
//! cargo test -p crosspoint-router --features shuttle --test interleavings
//! INTERLEAVINGS=100000 cargo test …                        # more schedules
//! INTERLEAVINGS_SCHEDULE=9102… cargo test … one_test       # the one that a failure has printed
//! ```

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod answers;
mod calls;
mod events;
mod keeping;
mod killing;
mod link;
#[path = "../it/notation.rs"]
mod notation;
mod peer;
mod permissions;
mod race;
mod rules;
mod sharing;
mod shutdown;
