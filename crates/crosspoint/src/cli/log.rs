//! What the router says of itself, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::file::Level;

/// A variable that says in detail what is logged, and counts more than any level.
const VARIABLE: &str = "CROSSPOINT_LOG";

/// Begins to log.
pub(super) fn start(level: Level) {
    tracing_subscriber::fmt().with_env_filter(filter(level)).with_writer(io::stderr).init();
}

fn filter(level: Level) -> EnvFilter {
    EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(name(level)))
}

/// A level as the filter has it.
fn name(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}
