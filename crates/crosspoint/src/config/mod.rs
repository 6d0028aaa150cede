//! The configuration: from what somebody has written to the settings of a server.
//!
//! - [`file`](mod@file): the file as it is typed, and all that is said of it; [`units`]: sizes, times, addresses;
//!   [`sites`], [`networks`]: whose pages may connect, and who proxies are; [`credential`]: tickets, keys and where they are kept
//! - [`shape`]: the same as data, for those who check or document it
//! - [`source`], `secrecy`, [`tree`], [`document`], [`environment`]: what is written, and where
//! - [`conform`](mod@conform): what of it fits the shape; [`settings`], `principals`: what it means, and what contradicts what
//! - [`tls`]: certificates and keys, which are files of their own
//! - [`problem`]: what is wrong, for a person
//! - [`changes`]: what is different when it is read again
//! - [`template`], `reference`: the shape as a file to begin with, and as a page of the documentation

pub(crate) mod changes;
pub(crate) mod conform;
pub(crate) mod credential;
pub(crate) mod document;
pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod networks;
mod principals;
pub(crate) mod problem;
#[cfg(test)]
mod reference;
mod secrecy;
pub(crate) mod settings;
pub(crate) mod shape;
pub(crate) mod sites;
pub(crate) mod source;
pub(crate) mod template;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
mod tokens;
pub(crate) mod tree;
pub(crate) mod units;

use serde::Deserialize as _;

use self::conform::conform;
use self::document::Document;
use self::file::File;
use self::problem::{Problem, Problems};
use self::settings::Settings;
use self::shape::Shape;

/// A configuration that is right.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    /// As it is typed, with all that was left to default.
    pub(crate) file: File,
    /// What that means.
    pub(crate) settings: Settings,
    /// Where each was written.
    document: Document,
}

impl Configuration {
    /// What a document says, or all that is wrong with it.
    pub(crate) fn of(document: Document) -> Result<Configuration, Problems> {
        let (fitting, unfitting) = conform(&document, Shape::of_file());
        let problems = [document.problems.clone(), unfitting].concat();
        let file = File::deserialize(fitting).map_err(|error| Problem::new(error.to_string()))?;
        let settings = settings_of(&file, &document, problems)?;
        Ok(Configuration { file, settings, document })
    }

    /// What may be a mistake, and keeps nobody from starting a router.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.document.warnings.iter().chain(&self.settings.warnings)
    }

    /// What another file means, of which some was taken from this one; or why that makes no sense.
    pub(crate) fn settings_of(&self, file: &File) -> Result<Settings, Problems> {
        settings_of(file, &self.document, Vec::new())
    }
}

/// What a file means, or all that is wrong with it, in the order in which it is written.
fn settings_of(
    file: &File,
    document: &Document,
    mut problems: Vec<Problem>,
) -> Result<Settings, Problems> {
    let settings = Settings::of(file, document, &mut problems);
    if problems.is_empty() {
        return Ok(settings);
    }
    problems.sort_by(|one, other| one.quote.cmp(&other.quote));
    Err(Problems(problems))
}
