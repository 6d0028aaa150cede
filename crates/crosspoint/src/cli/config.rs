//! `crosspoint config`: what can be configured.

use clap::Args;

use super::Failure;
use super::output::print_line;
use crate::config::{shape, template};

/// Print a configuration file with everything that can be set
///
/// Every setting has its default, and a comment that says what it does: a file to begin with.
#[derive(Debug, Args)]
pub(super) struct Config {
    /// Print the file's JSON Schema instead, with which editors complete and check
    #[arg(long)]
    schema: bool,
}

impl Config {
    pub(super) fn run(self) -> Result<(), Failure> {
        let text = if self.schema { shape::schema_text() } else { template::commented_default() };
        print_line(text.trim_end()).map(drop)
    }
}
