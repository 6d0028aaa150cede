//! What a file means: checked, and in the types of those who work with it.
//!
//! What is checked here is what a schema cannot say: what contradicts what, and what the router's
//! own types do not take.
//!
//! - `listeners`, `realms`: those, each with what is wrong with it
//! - `exposure`: what strangers could do at the one in the other
//! - [`tls`](super::tls), [`principals`](super::principals): what else of them is in files of its own

mod exposure;
mod listeners;
mod realms;
mod roles;

use std::path::{Path as FilePath, PathBuf};

use crosspoint_proto::auth::StrangersKey;
use crosspoint_router::limits;
use crosspoint_router::requests;

use super::document::Document;
use super::file::{Clients, File, Limits, Log, UncountedRequests};
use super::problem::Problem;
use super::tree::Path;
use crate::server::ServerSettings;

/// All that a router is started with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) server: ServerSettings,
    pub(crate) log: Log,
    /// What may be a mistake.
    pub(crate) warnings: Vec<Problem>,
}

impl Settings {
    /// What the file means; and what is wrong with it, beside what was found already.
    pub(crate) fn of(file: &File, document: &Document, problems: &mut Vec<Problem>) -> Settings {
        // What is absent may be so because it was wrong.
        let is_whole = problems.is_empty();
        let mut check = Check { file, document, is_whole, problems, warnings: Vec::new() };
        let server = ServerSettings {
            listeners: check.listeners(),
            realms: check.realms(),
            limits: file.limits.into(),
            uncounted_requests: file.clients.into(),
            store: check.store(),
            strangers: check.strangers(),
            tracer: None,
        };
        check.warn_of_strangers();
        check.warn_of_pages();
        Settings { server, log: file.log, warnings: check.warnings }
    }
}

pub(super) struct Check<'c> {
    pub(super) file: &'c File,
    pub(super) document: &'c Document,
    /// Nothing of it was left out.
    pub(super) is_whole: bool,
    problems: &'c mut Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Check<'_> {
    /// Its path as the router can open it.
    fn store(&mut self) -> Option<PathBuf> {
        let path = self.file.store.path.as_ref()?;
        let place = Path::of(&["store", "path"]);
        if path.as_os_str().is_empty() {
            self.report(&place, Problem::new("the store has no name").hint("name a file"));
        }
        Some(self.resolve(&place, path))
    }

    fn strangers(&mut self) -> Option<StrangersKey> {
        let secret =
            self.credential(&Path::of(&["strangers", "key"]), self.file.strangers.key.as_ref())?;
        Some(StrangersKey::of(&secret.0))
    }

    /// A path that stands at this place, as the router can open it.
    pub(super) fn resolve(&self, place: &Path, path: &FilePath) -> PathBuf {
        let folder = self.document.source_of(place).and_then(|source| source.folder());
        folder.map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    fn has_no_store(&self) -> bool {
        self.file.store.path.is_none() && self.is_whole
    }

    fn store_hint(&self) -> String {
        let word = self.advise("path = \"events.store\" in [store]", "--store FILE");
        format!("say where with {word}")
    }

    /// The words of whoever has a file, or of whoever has none.
    fn advise<'w>(&self, file: &'w str, flags: &'w str) -> &'w str {
        if self.document.has_file() { file } else { flags }
    }

    pub(super) fn report(&mut self, path: &Path, problem: Problem) {
        self.problems.push(problem.at(self.document.quote_of(path)));
    }

    fn warn(&mut self, path: &Path, warning: Problem) {
        self.warnings.push(warning.at(self.document.quote_of(path)));
    }
}

impl From<Limits> for limits::Limits {
    fn from(limits: Limits) -> limits::Limits {
        limits::Limits {
            outbox_octets_max: limits.outbox_octets_max.to_usize(),
            calls_in_flight_max: size(limits.calls_in_flight_max),
            invocations_in_flight_max: size(limits.invocations_in_flight_max),
            kept_octets_max: limits.kept_octets_max.to_usize(),
            calls_waiting_max: size(limits.calls_waiting_max),
            registrations_max: size(limits.registrations_max),
            subscriptions_max: size(limits.subscriptions_max),
            held_octets_max: limits.held_octets_max.to_usize(),
            testaments_max: size(limits.testaments_max),
            testaments_octets_max: limits.testaments_octets_max.to_usize(),
        }
    }
}

impl From<Clients> for requests::UncountedRequests {
    fn from(clients: Clients) -> requests::UncountedRequests {
        match clients.uncounted_requests {
            UncountedRequests::Tolerate => requests::UncountedRequests::Tolerate,
            UncountedRequests::Refuse => requests::UncountedRequests::Refuse,
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
