//! A program that answers invocations: one process each.

use std::ffi::{OsStr, OsString};
use std::process::{ExitStatus, Stdio};

use crosspoint_client::{ApplicationError, Arguments, Dict, Invocation, Value};
use crosspoint_proto::error_uri;
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::arguments::json;
use super::output::json_object;

/// The error of a program that did not succeed.
const COMMAND_FAILED: &str = "crosspoint.error.command_failed";

/// Processes at a time; further invocations wait. A process costs much more than the message that
/// asks for it.
const PROCESSES_MAX: usize = 64;

/// How much of a program's standard error the caller gets.
const STDERR_OCTETS_MAX: u64 = 16 << 10;

/// A program with the first of its arguments.
#[derive(Debug)]
pub(super) struct Program {
    command: Vec<OsString>,
    processes: Semaphore,
}

impl Program {
    pub(super) fn new(command: Vec<OsString>) -> Program {
        Program { command, processes: Semaphore::new(PROCESSES_MAX) }
    }

    /// Runs the program. Dropping the future kills it.
    pub(super) async fn answer(
        &self,
        invocation: Invocation,
    ) -> Result<Arguments, ApplicationError> {
        // Nobody closes the semaphore.
        let _process = self.processes.acquire().await.ok();
        let mut command = Command::new(self.command.first().map_or(OsStr::new(""), |name| name));
        command
            .args(self.command.iter().skip(1))
            .args(invocation.args.iter().map(argument))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let input = json_object(invocation.args, invocation.kwargs);
        let (status, stdout, stderr) = run(command, input).await?;
        if status.success() { Ok(result(stdout)) } else { Err(failed(status, &stderr)) }
    }
}

/// An argument as a program gets it.
fn argument(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Runs a command to its end, with what it wrote.
async fn run(
    mut command: Command,
    input: String,
) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), ApplicationError> {
    let not_run =
        |error| ApplicationError::new(COMMAND_FAILED, format!("the command cannot run: {error}"));
    let mut child = command.spawn().map_err(not_run)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // It need not read what it does not want to know.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        Ok(())
    };
    let wait = async { child.wait().await.map_err(not_run) };
    let (status, stdout, stderr, ()) =
        tokio::try_join!(wait, read_result(stdout), read_errors(stderr), feed)?;
    Ok((status, stdout, stderr))
}

/// Reads what becomes the result, which must fit into a message.
async fn read_result(stdout: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, ApplicationError> {
    let octets = read(stdout, MESSAGE_OCTETS_MAX as u64).await;
    if octets.len() < MESSAGE_OCTETS_MAX {
        return Ok(octets);
    }
    let text = "the command's output is too long for a result";
    Err(ApplicationError::new(error_uri::PAYLOAD_SIZE_EXCEEDED, text))
}

/// Reads all, and keeps the beginning.
async fn read_errors(
    mut stderr: Option<impl AsyncRead + Unpin>,
) -> Result<Vec<u8>, ApplicationError> {
    let octets = read(stderr.as_mut(), STDERR_OCTETS_MAX).await;
    if let Some(mut rest) = stderr {
        let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
    }
    Ok(octets)
}

/// Reads up to so many octets. What cannot be read was not written.
async fn read(from: Option<impl AsyncRead + Unpin>, octets_max: u64) -> Vec<u8> {
    let mut octets = Vec::new();
    if let Some(from) = from {
        let _ = from.take(octets_max).read_to_end(&mut octets).await;
    }
    octets
}

/// What a program's output means: JSON if it is that, else a text without the line break at its end;
/// if it is not even text, a byte string.
fn result(stdout: Vec<u8>) -> Arguments {
    let text = match String::from_utf8(stdout) {
        Ok(text) => text,
        Err(not_text) => return (not_text.into_bytes(),).into(),
    };
    match json(&text) {
        Ok(value) => (value,).into(),
        Err(_) if text.is_empty() => ().into(),
        Err(_) => (without_line_break(&text),).into(),
    }
}

fn failed(status: ExitStatus, stderr: &[u8]) -> ApplicationError {
    let mut error = ApplicationError::new(COMMAND_FAILED, format!("the command failed ({status})"));
    let stderr = String::from_utf8_lossy(stderr);
    error.kwargs = Dict::from([("stderr", without_line_break(&stderr))]);
    if let Some(code) = status.code() {
        error.kwargs.insert("code", code);
    }
    error
}

fn without_line_break(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_json_or_text() {
        let result = |stdout: &[u8]| result(stdout.to_vec()).args;
        assert_eq!(result(b"5\n"), [5.into()]);
        assert_eq!(result(b"[1,\n 2]\n"), [Value::List(vec![1.into(), 2.into()])]);
        assert_eq!(result(b"\"5\""), ["5".into()]);
        assert_eq!(result(b"Hello\nworld\n\n"), ["Hello\nworld\n".into()]);
        assert_eq!(result(b"Hello\r\n"), ["Hello".into()]);
        assert_eq!(result(b"\n"), ["".into()]);
        assert_eq!(result(b""), []);
        assert_eq!(result(b"\xff\n"), [Value::Bytes(b"\xff\n".to_vec())]);
    }

    #[test]
    fn arguments_are_texts_as_they_are_and_the_rest_as_json() {
        assert_eq!(argument(&"a b".into()), "a b");
        assert_eq!(argument(&1.into()), "1");
        assert_eq!(argument(&vec![Value::from("a")].into()), r#"["a"]"#);
    }
}
