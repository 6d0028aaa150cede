//! `crosspoint import`: a configuration of Crossbar.io becomes one of ours.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use super::output::print_line;
use crate::import::Import;

/// Make a configuration file out of one of Crossbar.io
///
/// FILE is that of a node, in JSON or YAML (.yaml). What it becomes is written to standard output, and what
/// became of each thing in it to standard error: what is taken, what means something else here, what is
/// not there, and what is left to you. Nothing is opened to the network that anybody could do anything
/// with. Paths of certificates and sockets are made to begin where the new file is, with --output, or in
/// the current folder.
#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The file of Crossbar.io, such as .crossbar/config.json
    file: PathBuf,

    /// Write the configuration to this file, which must not be there yet
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

impl ImportArguments {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Import { text, report, problems } = Import::read(&self.file, self.output.as_deref())?;
        match &self.output {
            Some(output) => write_new(output, &text)?,
            None => drop(print_line(text.trim_end())?),
        }
        tell(&report.to_string());
        if let Some(problems) = problems {
            let text = format!("error: {problems}\n");
            tell(&format!("\nbefore a router starts with it:\n{}", indented(&text)));
        }
        Ok(())
    }
}

/// What is there is somebody's work; and there may be secrets in it.
fn write_new(output: &Path, text: &str) -> Result<(), Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(output);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let failure = Failure::new(format!("cannot write {}: {error}", output.display()));
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                failure.hint("name another file, or take this one away")
            }
            io::ErrorKind::NotFound => failure.hint("its folder has to be there"),
            _ => failure,
        }
    })
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}

#[expect(clippy::print_stderr, reason = "the report is for the person, beside the output")]
fn tell(text: &str) {
    eprint!("{text}");
}
