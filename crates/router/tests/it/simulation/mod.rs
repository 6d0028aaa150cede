//! A simulation: sessions that do things in random order, with a model that says what must come of
//! it. A seed decides everything.
//!
//! ```sh
//! SIMULATION_SEED=17 cargo test -p crosspoint-router simulation    # replay one seed
//! SIMULATION_SEEDS=100000 cargo test -p crosspoint-router simulation
//! ```
//!
//! - [`world`]: the router, its clients, and the dice that say what they do
//! - [`client`]: one of them, and what holds of all that it is told
//! - [`inbox`]: what everybody was told in one step
//! - [`model`]: what must stand there

mod client;
mod inbox;
mod model;
mod world;

use std::env;

pub(crate) use client::read_args;
use world::{Pressure, World};

const STEPS: usize = 300;

/// The seeds to run: one that is asked for, or as many as are asked for.
fn seeds(default: u64) -> Vec<u64> {
    let number = |name| env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    match number("SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SIMULATION_SEEDS").unwrap_or(default)).collect(),
    }
}

#[test]
fn everything_in_random_order() {
    for seed in seeds(2000) {
        World::new(seed, Pressure::None).run(STEPS);
    }
}

#[test]
fn with_slow_readers_and_full_outboxes() {
    for seed in seeds(2000) {
        World::new(seed, Pressure::SmallOutboxes).run(STEPS);
    }
}

#[test]
fn with_a_router_that_is_killed() {
    for seed in seeds(2000) {
        World::new(seed, Pressure::None).with_restarts().run(STEPS);
    }
}

/// The same run again and again, with one session killed at one step: every session, every step.
#[test]
fn with_a_session_killed_at_every_point() {
    const SHORT: usize = 60;
    for seed in seeds(10) {
        for step in 0..SHORT {
            for victim in 0..world::CLIENTS {
                World::new(seed, Pressure::None).kill_at(step, victim).run(SHORT);
            }
        }
    }
}
