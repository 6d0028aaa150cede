//! The doors that only a fuzzer goes through: what files come to, without there being files; and what
//! [requests] bring along, without there being a network.

pub mod requests;

use std::ffi::OsString;
use std::path::Path as FilePath;

use crate::config::Configuration;
use crate::config::document::Document;
use crate::config::problem::{Problem, Problems};
use crate::config::settings::Settings;
use crate::config::source::Origin;
use crate::import::Import;

/// What is said of a configuration by `crosspoint check`, with nothing in the environment: nothing, if it is
/// right. Each problem as a log has it, and the whole as a person sees it.
#[derive(Debug)]
pub struct Said {
    /// Each in one line.
    pub lines: Vec<String>,
    /// Where each was found: `crosspoint.toml:3:15`.
    pub places: Vec<String>,
    /// All of it.
    pub text: String,
}

/// Checks a configuration. What is right comes back as TOML, with all that was left to default, and as what it
/// means.
pub fn check(text: &str) -> Result<(String, String), Said> {
    let origin = Origin::File("crosspoint.toml".into());
    let checked = Configuration::of(Document::of_text(origin, text.to_owned()));
    let Configuration { file, settings, .. } = checked.map_err(|problems| said(&problems))?;
    let written = toml::to_string(&file).expect("a file can be written");
    // What it is warned of stands elsewhere in what is written anew.
    let Settings { server, log, warnings: _ } = settings;
    Ok((written, format!("{server:?}, {log:?}")))
}

/// Imports a configuration of Crossbar.io: the file, the report, and what keeps a router from starting with it.
pub fn import(name: &str, text: &str) -> Result<(String, String, Option<Said>), Said> {
    let imported = Import::of(FilePath::new(name), text, None, Vec::<(OsString, OsString)>::new());
    let Import { text, report, problems } = imported.map_err(|problems| said(&problems))?;
    Ok((text, report.to_string(), problems.as_ref().map(said)))
}

fn said(problems: &Problems) -> Said {
    let Problems(each) = problems;
    let place = |problem: &Problem| problem.quote.as_ref().map(|quote| quote.place.clone());
    Said {
        lines: each.iter().map(Problem::line).collect(),
        places: each.iter().filter_map(place).collect(),
        text: problems.to_string(),
    }
}
