//! `crosspoint register`: a procedure whose invocations a program answers.

use std::ffi::OsString;
use std::sync::Arc;

use clap::Args;
use crosspoint_client::Session;

use super::Failure;
use super::output::{notice, plain};
use super::program::Program;
use super::session::{SessionOptions, request_failure};

/// Register a procedure that a command answers
///
/// Each call runs the command once, several at a time. It gets the call's arguments behind its own,
/// texts as they are and other values as JSON, and on standard input {"args":[...],"kwargs":{...}}.
/// What it writes to standard output is the result: JSON if it is that, else text. If it fails, the
/// caller gets the error crosspoint.error.command_failed, with what it wrote to standard error. If
/// the caller cancels, it is killed.
///
/// Whoever can call the procedure chooses these arguments: take care which command you give.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown in a terminal, where backticks are noise")]
pub(super) struct Register {
    /// The procedure, like com.example.hello
    #[arg(value_name = "URI")]
    procedure: String,

    /// The command, and the first of its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,

    #[command(flatten)]
    session: SessionOptions,
}

impl Register {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Register { procedure, command, session } = self;
        let program = Arc::new(Program::new(command));
        // A signal is the way to end it.
        session.run(async |session| serve(session, &procedure, program).await).map(drop)
    }
}

/// Answers invocations until the session is over, which is not what anybody wanted.
async fn serve(session: &Session, procedure: &str, program: Arc<Program>) -> Result<(), Failure> {
    let handler = move |invocation| {
        let program = Arc::clone(&program);
        async move { program.answer(invocation).await }
    };
    let registered = session.register(procedure, handler).await;
    registered.map_err(|error| request_failure(procedure, &error))?;
    notice(&format!("registered {procedure}; Ctrl-C ends it"));
    Err(Failure::new(plain(&session.closed().await.to_string())))
}
