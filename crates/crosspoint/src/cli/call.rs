//! `crosspoint call`: one call, and its result on standard output.

use clap::Args;

use super::Failure;
use super::arguments::ArgumentOptions;
use super::output::{json_if_any, print_line, readable};
use super::session::{SessionOptions, request_failure};

/// Call a procedure and print its result
///
/// A single value is printed as itself: a text as it is, anything else as JSON. Several values are
/// printed as a JSON list, keyword values as a JSON object on a line of its own. An error of the
/// procedure or the router is told on standard error, with exit code 1.
#[derive(Debug, Args)]
pub(super) struct Call {
    /// The procedure, like com.example.hello
    #[arg(value_name = "URI")]
    procedure: String,

    #[command(flatten)]
    arguments: ArgumentOptions,

    #[command(flatten)]
    session: SessionOptions,
}

impl Call {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Call { procedure, arguments, session } = self;
        let called = session.run(async |session| {
            let called = session.call(&procedure, arguments).await;
            called.map_err(|error| request_failure(&procedure, &error))
        });
        let Some(result) = called? else {
            return Err(Failure::new("interrupted; the call was cancelled"));
        };
        for line in [readable(&result.args), json_if_any(&result.kwargs)].iter().flatten() {
            print_line(line)?;
        }
        Ok(())
    }
}
