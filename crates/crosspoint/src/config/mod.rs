//! The configuration: from what somebody has written to the settings of a server.
//!
//! - [`file`]: the file as it is typed, and all that is said of it; [`units`]: sizes, times, addresses
//! - [`shape`]: the same as data, for those who check or document it
//! - [`source`], [`tree`], [`document`], [`environment`]: what is written, and where
//! - [`conform`]: what of it fits the shape; [`settings`]: what it means, and what contradicts what
//! - [`problem`]: what is wrong, for a person
//! - [`template`], `reference`: the shape as a file to begin with, and as a page of the documentation

pub(crate) mod conform;
pub(crate) mod document;
pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod problem;
#[cfg(test)]
mod reference;
pub(crate) mod settings;
pub(crate) mod shape;
pub(crate) mod source;
pub(crate) mod template;
#[cfg(test)]
mod tests;
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
    pub(crate) settings: Settings,
}

impl Configuration {
    /// What a document says, or all that is wrong with it.
    pub(crate) fn of(document: &Document) -> Result<Configuration, Problems> {
        let (fitting, unfitting) = conform(document, &Shape::of_file());
        let mut problems = [document.problems.clone(), unfitting].concat();
        let file = File::deserialize(fitting).map_err(|error| Problem::new(error.to_string()))?;
        let settings = Settings::of(&file, document, &mut problems);
        if problems.is_empty() {
            return Ok(Configuration { settings });
        }
        problems.sort_by(|one, other| one.quote.cmp(&other.quote));
        Err(Problems(problems))
    }
}
