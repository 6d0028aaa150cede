//! The configuration file of a router that runs, read again for each SIGHUP: all of what can be
//! changed is, or nothing.

use std::sync::Arc;

use crosspoint_router::router::{RealmSettings, Router};
use crosspoint_router::turn::Turn;
use crosspoint_transport::tls::server::Acceptor;
use tokio::signal::unix::Signal;
use tokio::task::block_in_place;
use tracing::{error, info, warn};

use super::log::Log;
use super::serve::Serve;
use crate::clock;
use crate::config::changes::{Change, Changes};
use crate::config::file::File;
use crate::config::problem::{Problem, Problems};
use crate::config::settings::Settings;
use crate::entrance::Entrances;
use crate::server::ListenerSettings;

/// Reads the file again, and has the router obey it.
pub(super) struct Reloader {
    /// What the router was started with: the file's name, and flags that count more than it.
    pub(super) serve: Serve,
    /// What the router runs with.
    pub(super) running: File,
    pub(super) log: Log,
    pub(super) router: Arc<Router>,
    /// Where listeners are told what is different.
    pub(super) entrances: Entrances,
}

impl Reloader {
    pub(super) async fn run(mut self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            // A file may be far away.
            block_in_place(|| self.reload());
        }
    }

    /// Tells in the log what has come of it: there is nobody else to be told.
    fn reload(&mut self) {
        if let Err(Problems(problems)) = self.take_up() {
            for problem in problems {
                error!("{}", problem.line());
            }
            error!("the configuration stays as it was");
        }
    }

    /// As much of what is different as can be taken up; with that the file must make sense, too.
    fn take_up(&mut self) -> Result<(), Problems> {
        let configuration = self.serve.configuration()?;
        let changes = Changes::between(&self.running, &configuration.file)?;
        let settings = configuration.settings_of(&changes.file);
        if let Ok(settings) = &settings {
            self.apply(&changes.applied, settings);
        }
        for change in &changes.need_restart {
            warn!("needs a restart: {change}");
        }
        // The file is right, and its hints are for those that are not.
        settings.map_err(|Problems(problems)| {
            let before =
                |problem: Problem| Problem::new(format!("before a restart {}", problem.what()));
            Problems(problems.into_iter().map(before).collect())
        })?;
        self.running = changes.file;
        Ok(())
    }

    /// Cannot fail: what may be refused has been refused before.
    fn apply(&mut self, changes: &[Change], settings: &Settings) {
        self.log.set_level(settings.log.level);
        for warning in &settings.warnings {
            warn!("{}", warning.line());
        }
        for change in changes {
            info!("reloaded: {change}");
        }
        let replaced = self.replace_realms(&settings.server.realms);
        let replaced = self.change_listeners(&settings.server.listeners) || replaced;
        if changes.is_empty() && !replaced {
            info!("reloaded: nothing to be changed");
        }
    }

    /// First those go that are not there any more: one that comes may have their name. Credentials may have changed
    /// also where the settings have not, which are only their place. Have any?
    fn replace_realms(&self, realms: &[RealmSettings]) -> bool {
        let now = clock::now();
        let mut turn = Turn::default();
        turn.begin(now);
        for name in self.router.realm_names() {
            if !realms.iter().any(|realm| realm.name == name) {
                self.router.remove_realm(&name, &mut turn);
            }
        }
        turn.flush();
        let mut replaced = false;
        for realm in realms {
            let Some(others) = self.router.change_realm(realm) else {
                self.router.add_realm(realm, now);
                continue;
            };
            for authid in others {
                replaced = true;
                info!("reloaded: {authid} has other credentials in {}", realm.name);
            }
        }
        replaced
    }

    /// What is in the files with certificates may be new also where the settings are not. Is anything?
    fn change_listeners(&self, listeners: &[ListenerSettings]) -> bool {
        let mut replaced = false;
        for settings in listeners {
            let ListenerSettings { name, tls, .. } = settings;
            if self.entrances.replace(settings) {
                replaced = true;
                let speaks = tls.as_ref().map_or("speaks no TLS any more".to_owned(), certificate);
                info!("reloaded: [listeners.{name}] {speaks}");
            }
        }
        warn_of_outdated(listeners);
        replaced
    }
}

/// By what people can tell it from others.
fn certificate(tls: &Acceptor) -> String {
    let [a, b, c, d, ..] = tls.fingerprint();
    format!("shows the certificate with the SHA-256 {a:02x}{b:02x}{c:02x}{d:02x}...")
}

/// The router starts with a certificate that does not count, because clients may not look at the time.
pub(super) fn warn_of_outdated(listeners: &[ListenerSettings]) {
    for ListenerSettings { name, tls, .. } in listeners {
        if let Some(outdated) = tls.as_ref().and_then(Acceptor::outdated) {
            warn!("[listeners.{name}]: {outdated}");
        }
    }
}
