//! The router: whatever clients say in whatever order, each request gets one answer, nobody is told what he must
//! not be, and nothing is left behind. What must hold stands in `src/router/peer.rs` and `world.rs`.
//!
//! ```text
//! room and length of turns (1 octet)   steps: seat, kind, what it takes
//! ```

#![no_main]

use crosspoint_fuzz::choices::Choices;
use crosspoint_fuzz::router::world::World;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices(input);
    World::new(&mut choices).run(&mut choices);
});
