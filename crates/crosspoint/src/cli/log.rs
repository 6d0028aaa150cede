//! What the router says of itself, on standard error.

use std::env;
use std::io::{self, IsTerminal as _};

use tracing::warn;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use super::Failure;
use crate::config::file::{self, Level, LogFormat};
use crate::config::problem::did_you_mean;

/// A variable that says in detail what is logged, and counts more than any level.
pub(super) const VARIABLE: &str = "CROSSPOINT_LOG";

/// The log, once it has begun.
pub(super) struct Log {
    level: Level,
    filter: Handle<EnvFilter, Registry>,
}

impl Log {
    /// Begins to log. Once in the life of a process. Fails if the variable says something that nobody means.
    pub(super) fn start(settings: file::Log) -> Result<Log, Failure> {
        check_variable()?;
        let file::Log { level, format } = settings;
        let (filter, handle) = reload::Layer::new(filter(level));
        let lines = fmt::layer().with_writer(io::stderr);
        let lines = match format {
            LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        tracing_subscriber::registry().with(filter).with(lines).init();
        Ok(Log { level, filter: handle })
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

/// Does the variable, if it is set, say what somebody means?
pub(super) fn check_variable() -> Result<(), Failure> {
    env::var(VARIABLE).map_or(Ok(()), |said| check(&said))
}

/// The filter takes a word that is no level for the name of a part of the program, which would then be the only one
/// that says anything.
fn check(said: &str) -> Result<(), Failure> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let words = said.split(',').map(|directive| directive.rsplit('=').next().unwrap_or(directive));
    for word in words.map(str::trim).filter(|word| word.parse::<LevelFilter>().is_err()) {
        if let Some(level) = did_you_mean(word, LEVELS) {
            return Err(Failure::new(format!("{VARIABLE}: '{word}' is no level"))
                .hint(format!("did you mean {level}?")));
        }
    }
    EnvFilter::try_new(said).map(drop).map_err(|error| {
        Failure::new(format!("{VARIABLE} cannot be '{said}': {error}"))
            .hint("it says how much is logged: warn,crosspoint::listener=debug")
    })
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_is_no_level_is_told() {
        let mut text = String::new();
        for said in
            ["warning", "warn,crosspoint::listener=debgu", "Inf", "crosspoint=loud", "a=b=c"]
        {
            let Failure { what, hint } = check(said).unwrap_err();
            text.extend([&what, "; ", &hint.unwrap(), "\n"]);
        }
        expect![[r#"
            CROSSPOINT_LOG: 'warning' is no level; did you mean warn?
            CROSSPOINT_LOG: 'debgu' is no level; did you mean debug?
            CROSSPOINT_LOG: 'Inf' is no level; did you mean info?
            CROSSPOINT_LOG cannot be 'crosspoint=loud': error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5; it says how much is logged: warn,crosspoint::listener=debug
            CROSSPOINT_LOG cannot be 'a=b=c': error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5; it says how much is logged: warn,crosspoint::listener=debug
        "#]].assert_eq(&text);
        for said in
            ["", "WARN", "0", "off", "crosspoint", "warn,crosspoint::listener=debug", "info,hyper"]
        {
            assert!(check(said).is_ok(), "{said}");
        }
    }
}
