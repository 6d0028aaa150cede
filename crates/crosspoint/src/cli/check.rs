//! `crosspoint check`: what is wrong with a configuration file.

use std::env;
use std::path::PathBuf;

use clap::Args;
use crosspoint_transport::tls::server::Acceptor;

use super::Failure;
use super::output::{notice, print_line};
use crate::config::Configuration;
use crate::config::document::Document;
use crate::config::problem::Problems;

/// Say what is wrong with a configuration file
///
/// Everything that is wrong is told on standard error, with line and column, and the exit code is 1.
/// Certificates and keys are looked at, too; one that has expired is no mistake, but there is a warning.
/// Settings in the environment count as they would for 'crosspoint serve' (CROSSPOINT_LOG__LEVEL).
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown in a terminal, where backticks are noise")]
pub(super) struct Check {
    /// The file
    #[arg(env = "CROSSPOINT_CONFIG")]
    file: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut document = Document::read(&self.file)?;
        document.add_environment(env::vars_os());
        told(&Configuration::of(document)?, &self.file.display().to_string())
    }
}

/// Says of a configuration that it is right, and what somebody should look at all the same.
pub(super) fn told(configuration: &Configuration, name: &str) -> Result<(), Failure> {
    for warning in configuration.warnings() {
        format!("warning: {warning}").lines().for_each(notice);
    }
    let server = &configuration.settings.server;
    for listener in &server.listeners {
        if let Some(outdated) = listener.tls.as_ref().and_then(Acceptor::outdated) {
            notice(&format!("warning: {outdated}"));
        }
    }
    let listeners = server.listeners.iter().map(|listener| listener.name.as_str());
    let realms = server.realms.iter().map(|realm| realm.name.as_str());
    let said = [named("listener", listeners), named("realm", realms)].join("; ");
    print_line(&format!("{name} is right: {said}")).map(drop)
}

/// `listeners a, b`
fn named<'n>(noun: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("{noun}{plural} {}", names.join(", "))
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Failure {
        // Each of them says its hint itself.
        Failure::new(problems.to_string())
    }
}
