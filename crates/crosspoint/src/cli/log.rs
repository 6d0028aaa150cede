//! What the router says of itself, on standard error.

use std::env;
use std::io::{self, IsTerminal as _};

use tracing::warn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use crate::config::file::{self, Level, LogFormat};

/// A variable that says in detail what is logged, and counts more than any level.
pub(super) const VARIABLE: &str = "CROSSPOINT_LOG";

/// The log, once it has begun.
pub(super) struct Log {
    level: Level,
    filter: Handle<EnvFilter, Registry>,
}

impl Log {
    /// Begins to log. Once in the life of a process.
    pub(super) fn start(settings: file::Log) -> Log {
        let file::Log { level, format } = settings;
        let (filter, handle) = reload::Layer::new(filter(level));
        let lines = fmt::layer().with_writer(io::stderr);
        let lines = match format {
            LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        tracing_subscriber::registry().with(filter).with(lines).init();
        Log { level, filter: handle }
    }

    pub(super) fn set_level(&mut self, level: Level) {
        if level == self.level {
            return;
        }
        if self.filter.reload(filter(level)).is_ok() {
            self.level = level;
        }
        if env::var_os(VARIABLE).is_some() {
            warn!("{VARIABLE} is set, and counts more than the level");
        }
    }
}

fn filter(level: Level) -> EnvFilter {
    EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(directives(level)))
}

/// A level as the filter has it. Whoever has a file read again is told what came of it, also where
/// nothing else is said that went well.
fn directives(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Error => "error",
        Level::Warn => "warn,crosspoint::cli::reloader=info",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}
