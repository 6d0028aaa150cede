//! A program that the benchmark starts, and ends when it is done with it.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::Error;
use super::process::Processes;

pub(super) struct Program {
    child: Child,
    /// Kept open: whoever prints into a closed pipe is in trouble.
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a program and waits until it has printed where it listens: gives what follows that
    /// scheme.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        scheme: &str,
    ) -> Result<(Program, String), Error> {
        let failed = |error| Error::Start { what: arguments.join(" "), error };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let output = child.stdout.take().expect("it was asked for");
        let mut started = Program { child, output: BufReader::new(output) };
        let address = started.find_word(scheme).map_err(failed)?;
        Ok((started, address))
    }

    fn find_word(&mut self, prefix: &str) -> io::Result<String> {
        for line in self.output.by_ref().lines() {
            let line = line?;
            if let Some(rest) = line.split_whitespace().find_map(|word| word.strip_prefix(prefix)) {
                return Ok(rest.to_owned());
            }
        }
        Err(io::Error::other("it ended before it said where it listens"))
    }

    pub(super) fn processes(&self) -> Processes {
        Processes::new(vec![self.child.id()])
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whoever is gone already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
