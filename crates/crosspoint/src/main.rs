//! The `crosspoint` binary: a WAMP v2 router, and the commands to work with one.

use std::process::ExitCode;

fn main() -> ExitCode {
    crosspoint::cli::main()
}
