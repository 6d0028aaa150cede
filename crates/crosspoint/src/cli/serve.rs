//! `crosspoint serve`: the router, until a signal ends it.

use std::env;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;

use super::Failure;
use super::banner::Banner;
use super::check::told;
use super::flags::Flags;
use super::log::{self, Log};
use super::output::print_line;
use super::reloader::{Reloader, warn_of_outdated};
use super::signals::Signals;
use super::traces::Traces;
use crate::config::Configuration;
use crate::config::document::Document;
use crate::config::file::File;
use crate::config::problem::Problems;
use crate::config::settings::Settings;
use crate::place::Place;
use crate::server::{Server, ServerSettings, StartError};
use crate::store::StoreError;

/// Start the router
///
/// Without a file and without options it listens on 127.0.0.1:8080, for whoever is on this machine.
///
/// What an option says counts more than a setting in the environment (CROSSPOINT_LOG__LEVEL, see
/// 'crosspoint config'), and that counts more than the file. Options for a listener are for a router
/// that has one; those for realms hold for all of its realms, and --realm gives the only one of a file
/// its name.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown in a terminal, where backticks are noise")]
pub(super) struct Serve {
    /// The configuration file
    #[arg(short, long, value_name = "FILE", env = "CROSSPOINT_CONFIG")]
    config: Option<PathBuf>,

    /// Say what is wrong with file, environment and options together, if anything is, and do not start
    #[arg(long)]
    check: bool,

    /// Print what sessions say and are told, while they do: those with this authid, or 'all'; may be given
    /// several times. What goes by a name like ticket, secret or password is left out, other arguments are not
    #[arg(long = "trace-session", value_name = "AUTHID")]
    traced: Vec<String>,

    #[command(flatten)]
    flags: Flags,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        let configuration = self.configuration()?;
        if self.check {
            log::check_variable()?;
            return told(&configuration, "the configuration");
        }
        let log = Log::start(configuration.settings.log)?;
        for warning in configuration.warnings() {
            warn!("{}", warning.line());
        }
        let Configuration { file, settings, .. } = configuration;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("cannot start: {error}")))?;
        let done = runtime.block_on(self.serve(settings, file, log));
        // To drop it would wait for a store whose disk hangs; the process's end does not.
        runtime.shutdown_background();
        done
    }

    /// What file, environment and flags say.
    pub(super) fn configuration(&self) -> Result<Configuration, Problems> {
        let mut document = match &self.config {
            Some(file) => Document::read(file)?,
            None => Document::new(),
        };
        document.add_environment(env::vars_os());
        self.flags.say_in(&mut document);
        Configuration::of(document)
    }

    async fn serve(self, settings: Settings, running: File, log: Log) -> Result<(), Failure> {
        let no_signals =
            |error: io::Error| Failure::new(format!("cannot listen for signals: {error}"));
        let mut signals = Signals::new().map_err(no_signals)?;
        let hangups = self.config.as_ref().map(|_| signal(SignalKind::hangup()));
        let hangups = hangups.transpose().map_err(no_signals)?;
        let printed = Traces::start(&self.traced);
        let tracer = printed.as_ref().map(|traces| Arc::clone(&traces.tracer));
        let server = Server::start(ServerSettings { tracer, ..settings.server.clone() })
            .await
            .map_err(|error| self.cannot_start(&error))?;
        warn_of_outdated(&settings.server.listeners);
        let (file, places) = (self.config.as_deref(), server.places());
        let banner = Banner { settings: &settings, places, file }.to_text();
        // Whether anybody reads the banner is nothing to the clients.
        let _ = print_line(&banner);
        if let Some(hangups) = hangups {
            let router = Arc::clone(server.router());
            let entrances = server.entrances().clone();
            let reloader = Reloader { serve: self, running, log, router, entrances };
            tokio::spawn(reloader.run(hangups));
        }
        signals.next().await;
        // As a task, which a second signal leaves where it is: to drop it would close the store.
        let end = tokio::spawn(server.shut_down());
        let ended = tokio::select! {
            ended = end => ended.map_err(|panic| Failure::new(format!("did not end well: {panic}"))),
            () = signals.next() => Err(Failure::new("stopped at once, by a second signal")),
        };
        if let Some(traces) = printed {
            traces.finish().await;
        }
        ended
    }

    fn cannot_start(&self, error: &StartError) -> Failure {
        match error {
            StartError::Listen { listener, place, error } => {
                let elsewhere = match (&self.config, place) {
                    (_, Place::Unix { .. }) => {
                        format!("choose another file for [listeners.{listener}]")
                    }
                    (Some(_), _) => format!("choose another address for [listeners.{listener}]"),
                    (None, _) => "choose one with --listen".to_owned(),
                };
                cannot_listen(place, error, &elsewhere)
            }
            StartError::Store(error) => cannot_store(error),
            StartError::Timers(_) => Failure::new(error.to_string()),
        }
    }
}

fn cannot_store(error: &StoreError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn cannot_listen(place: &Place, error: &io::Error, elsewhere: &str) -> Failure {
    let failure = Failure::new(format!("cannot listen on {place}: {error}"));
    let reason = match (place, error.kind()) {
        (Place::Unix { .. }, io::ErrorKind::AddrInUse) => "perhaps it is another router",
        (Place::Unix { .. }, io::ErrorKind::AlreadyExists) => {
            "it is not for the router to remove it"
        }
        (Place::Unix { .. }, io::ErrorKind::NotFound) => "the folder is not there",
        (Place::Unix { .. }, io::ErrorKind::PermissionDenied) => {
            "the router's user must be allowed to write to the folder"
        }
        (_, io::ErrorKind::AddrInUse) => "another program has the port, perhaps another router",
        (_, io::ErrorKind::PermissionDenied) => "ports below 1024 need privileges",
        (_, io::ErrorKind::AddrNotAvailable) => "this machine does not have the address",
        _ => return failure,
    };
    failure.hint(format!("{reason}; {elsewhere}"))
}
