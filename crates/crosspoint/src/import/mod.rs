//! From a node configuration of Crossbar.io to a file of ours, and to words about all that is different.
//!
//! - [`source`]: their file, in JSON or YAML; [`item`]: a table of it, out of which everything is taken
//! - [`node`], [`realm`], [`role`], [`store`]: workers, and the realms that they have
//! - [`precedence`]: which of a role's permissions counts, there and here
//! - [`transport`], [`endpoint`], [`options`], [`cookie`]: where they listen, and how
//! - [`authentication`], [`principal`], [`credential`]: who may join, and by what proof
//! - [`exposure`]: what only this machine should reach, until somebody has decided
//! - [`draft`], [`report`], [`places`]: what becomes of it, and what is said of it; [`unsaid`]: that nothing is left out
//! - [`text`]: the draft as TOML
//!
//! Each key of theirs is named in the report, by itself or with the table in which it stands: whatever nobody takes
//! out of an [`item`] is reported with its path, and so is what is taken out and then passed over.

mod authentication;
mod cookie;
mod credential;
mod draft;
mod endpoint;
mod exposure;
mod item;
mod node;
mod options;
mod places;
mod precedence;
mod principal;
mod realm;
mod report;
mod role;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod transport;
mod unsaid;

use std::env;
use std::ffi::OsString;
use std::path::Path as FilePath;

use self::authentication::NOBODY;
use self::draft::{Draft, Folders};
use self::report::Report;
use crate::config::Configuration;
use crate::config::credential::{Place, Secret};
use crate::config::document::Document;
use crate::config::file::{File, Method, Tls};
use crate::config::problem::{Problem, Problems};
use crate::config::source::Origin;

/// What came of a file.
#[derive(Debug)]
pub(crate) struct Import {
    /// The configuration, as TOML.
    pub(crate) text: String,
    pub(crate) report: Report,
    /// What keeps a router from starting with it here and now: a certificate that is not there, say.
    pub(crate) problems: Option<Problems>,
}

impl Import {
    /// Of a file of Crossbar.io; what comes of it is to stand in `ours`, or in the current folder.
    pub(crate) fn read(theirs: &FilePath, ours: Option<&FilePath>) -> Result<Import, Problems> {
        let text = source::read(theirs)?;
        Import::of(theirs, &text, ours, env::vars_os())
    }

    pub(crate) fn of(
        theirs: &FilePath,
        text: &str,
        ours: Option<&FilePath>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Import, Problems> {
        let node = source::parse(theirs, text)?;
        let mut draft = Draft::new(Folders::of(theirs, ours));
        node::take(node.clone(), &mut draft);
        exposure::settle(&mut draft);
        unsaid::report(&node, &mut draft.report);
        let Draft { file, report, .. } = draft;
        let fault = fault_of(&file);
        let text = text::write(theirs, &file, &report);
        let origin = ours.unwrap_or(FilePath::new("crosspoint.toml"));
        let mut document = Document::of_text(Origin::File(origin.to_owned()), text.clone());
        document.add_environment(environment);
        let found = Configuration::of(document).err().map(|Problems(found)| found);
        let problems: Vec<_> = fault.into_iter().chain(found.into_iter().flatten()).collect();
        let problems = (!problems.is_empty()).then_some(Problems(problems));
        Ok(Import { text, report, problems })
    }
}

/// What is written is right, apart from files and variables that it names and that may not be here: what
/// else is wrong with it is our fault.
fn fault_of(file: &File) -> Option<Problem> {
    let mut file = file.clone();
    for listener in file.listeners.values_mut() {
        listener.tls = Tls::default();
    }
    // Without its files no listener asks for certificates.
    for realm in file.realms.values_mut() {
        realm.authenticators.shift_remove(Method::Tls.name());
        realm.authmethods.retain(|method| *method != Method::Tls);
        if realm.authmethods.is_empty() {
            realm.authmethods.push(Method::Anonymous);
            NOBODY.clone_into(&mut realm.anonymous_role);
            realm.roles.entry(NOBODY.to_owned()).or_default();
        }
    }
    let text = text::write(FilePath::new(""), &file, &Report::default());
    let origin = Origin::File("imported".into());
    let mut document = Document::of_text(origin, text);
    let secrets = variables_of(&file).into_iter().map(|name| (name.into(), "secret".into()));
    document.add_environment(secrets);
    Configuration::of(document).err().map(|_| {
        Problem::new("what follows is wrong with what was imported, and that is a bug")
            .hint("mend it; and please report it with the file, without its secrets")
    })
}

/// The variables in which there are secrets.
fn variables_of(file: &File) -> Vec<String> {
    let principals = file.realms.values().flat_map(|realm| realm.principals.values());
    let places = principals.flat_map(|principal| {
        let ticket = principal.ticket.as_ref().and_then(Secret::place);
        [ticket, principal.wampcra.as_ref().and_then(Secret::place)]
    });
    let name = |place| match place {
        Place::Variable(name) => Some(name.to_owned()),
        Place::File(_) => None,
    };
    places.flatten().filter_map(name).collect()
}
