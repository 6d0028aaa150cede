//! `crosspoint register`: a procedure whose invocations a program answers.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::sync::Arc;

use clap::Args;
use crosspoint_client::{InvokePolicy, MatchPolicy, RegisterOptions, RegistrationEnd, Session};
use crosspoint_proto::error_uri;

use super::Failure;
use super::choices::{invoke_policies, match_policies};
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
/// Its environment has the called procedure in CROSSPOINT_PROCEDURE and, if the router discloses
/// who calls, CROSSPOINT_CALLER (the session), CROSSPOINT_CALLER_AUTHID and
/// CROSSPOINT_CALLER_AUTHROLE. If a caller sends its arguments in chunks, each is a line of
/// standard input, and only those of the first stand behind the command.
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

    /// Each line that the command writes is a progressive result, sent at once, and the final result
    /// is empty. For callers that do not take progressive results all lines are the result
    #[arg(long)]
    progress: bool,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    session: SessionOptions,
}

/// How the procedure is registered.
#[derive(Debug, Args)]
struct How {
    /// Which procedures are meant: exactly this one, all that begin with it (prefix), or all that
    /// fit, an empty component standing for any, like com..hello (wildcard)
    #[arg(
        long = "match",
        value_name = "POLICY",
        default_value = "exact",
        value_parser = match_policies()
    )]
    matching: MatchPolicy,

    /// Share the procedure with other callees that say the same, and who of them is invoked; single
    /// shares it with nobody
    #[arg(long, value_name = "POLICY", default_value = "single", value_parser = invoke_policies())]
    invoke: InvokePolicy,

    /// Take at most so many calls at a time
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroU64>,

    /// Let so many calls wait in the router while all callees have as many as they take
    #[arg(long, value_name = "N", requires = "concurrency")]
    queue: Option<u64>,

    /// Take the procedure away from whoever has registered it
    #[arg(long)]
    force: bool,

    /// Ask the router to say who calls
    #[arg(long)]
    disclose_caller: bool,
}

impl Register {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Register { procedure, command, progress, how, session } = self;
        let program = Arc::new(Program::new(command, progress));
        let serve =
            async |session: &Session| serve(session, how.options(), &procedure, program).await;
        // A signal is the way to end it.
        session.run(serve).map(drop)
    }
}

impl How {
    fn options(&self) -> RegisterOptions {
        let mut options = RegisterOptions::new()
            .matching(self.matching)
            .invoke(self.invoke)
            .force_reregister(self.force)
            .disclose_caller(self.disclose_caller);
        if let Some(calls) = self.concurrency {
            options = options.concurrency(calls.get());
        }
        if let Some(calls) = self.queue {
            options = options.queue(calls);
        }
        options
    }
}

/// Answers invocations until the registration or the session is over, which is not what anybody
/// wanted here.
async fn serve(
    session: &Session,
    options: RegisterOptions,
    procedure: &str,
    program: Arc<Program>,
) -> Result<(), Failure> {
    let handler = move |invocation| {
        let program = Arc::clone(&program);
        async move { program.answer(invocation).await }
    };
    let registered = session.register_with(options, procedure, handler).await;
    let registration = registered.map_err(|error| request_failure(procedure, &error))?;
    notice(&format!("registered {procedure}; Ctrl-C ends it"));
    let end = registration.ended().await;
    let failure = Failure::new(plain(&end.to_string()));
    Err(match end {
        RegistrationEnd::Revoked { reason: Some(reason) }
            if reason == error_uri::NOT_AUTHORIZED =>
        {
            failure.hint("the router's configuration allows less than before: see its log")
        }
        RegistrationEnd::Revoked { .. } => failure.hint(
            "another session may have registered with --force, or have called \
             wamp.registration.remove_callee",
        ),
        _ => failure,
    })
}
