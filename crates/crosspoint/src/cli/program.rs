//! A program that answers invocations: one process each.
//!
//! What a process reads and writes has a limit where it becomes a message. Dropping what waits for a
//! process kills it.

use std::ffi::{OsStr, OsString};
use std::future::pending;
use std::mem;
use std::process::{ExitStatus, Stdio};

use crosspoint_client::{ApplicationError, Arguments, Dict, Invocation, Value};
use crosspoint_proto::error_uri;
use crosspoint_proto::limits::MESSAGE_OCTETS_MAX;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::process::{ChildStdin, Command};
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
    /// Each line of its output is a progressive result, where such are wanted.
    progress: bool,
    processes: Semaphore,
}

impl Program {
    pub(super) fn new(command: Vec<OsString>, progress: bool) -> Program {
        Program { command, progress, processes: Semaphore::new(PROCESSES_MAX) }
    }

    /// Runs the program. Dropping the future kills it.
    pub(super) async fn answer(
        &self,
        mut invocation: Invocation,
    ) -> Result<Arguments, ApplicationError> {
        // Nobody closes the semaphore.
        let _process = self.processes.acquire().await.ok();
        let command = self.command_for(&invocation);
        let input = json_object(mem::take(&mut invocation.args), mem::take(&mut invocation.kwargs));
        let (status, stdout, stderr) = self.run(command, input, &invocation).await?;
        if status.success() { Ok(result(stdout)) } else { Err(failed(status, &stderr)) }
    }

    fn command_for(&self, invocation: &Invocation) -> Command {
        let mut command = Command::new(self.command.first().map_or(OsStr::new(""), |name| name));
        command
            .args(self.command.iter().skip(1))
            .args(invocation.args.iter().map(argument))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (name, value) in environment(invocation) {
            match value {
                Some(value) => command.env(name, value),
                // What this process has got itself is about another call.
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs a command to its end, with what it wrote and was not sent before.
    async fn run(
        &self,
        mut command: Command,
        input: String,
        invocation: &Invocation,
    ) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), ApplicationError> {
        let not_run = |error| {
            ApplicationError::new(COMMAND_FAILED, format!("the command cannot run: {error}"))
        };
        let mut child = command.spawn().map_err(not_run)?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let output = async {
            if self.progress && invocation.takes_progress() {
                return send_lines(stdout, invocation).await.map(|()| Vec::new());
            }
            read_result(stdout).await
        };
        let wait = async { child.wait().await.map_err(not_run) };
        tokio::select! {
            ended = async { tokio::try_join!(wait, output, read_errors(stderr)) } => ended,
            never = feed(stdin, input, invocation) => never,
        }
    }
}

/// What a process can know about its call; nothing where nobody says it.
fn environment(invocation: &Invocation) -> [(&'static str, Option<String>); 4] {
    let caller = invocation.caller.as_ref();
    [
        ("CROSSPOINT_PROCEDURE", Some(invocation.procedure.clone())),
        ("CROSSPOINT_CALLER", caller.map(|caller| caller.session.to_string())),
        ("CROSSPOINT_CALLER_AUTHID", caller.and_then(|caller| caller.authid.clone())),
        ("CROSSPOINT_CALLER_AUTHROLE", caller.and_then(|caller| caller.authrole.clone())),
    ]
}

/// An argument as a program gets it.
fn argument(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        value => value.to_string(),
    }
}

/// Gives a process its arguments, a line for each chunk, and never returns: the process may end
/// before the last of them comes.
async fn feed<T>(stdin: Option<ChildStdin>, first: String, invocation: &Invocation) -> T {
    if let Some(mut stdin) = stdin {
        let mut chunk = Some(first);
        while let Some(line) = chunk {
            // It need not read what it does not want to know.
            if stdin.write_all((line + "\n").as_bytes()).await.is_err() {
                break;
            }
            let next = invocation.next_chunk().await;
            chunk = next.map(|Arguments { args, kwargs }| json_object(args, kwargs));
        }
    }
    // Chunks that come after the process has closed its input are taken all the same.
    while invocation.next_chunk().await.is_some() {}
    pending().await
}

/// Sends each line as a progressive result, as soon as it is there.
async fn send_lines(
    stdout: Option<impl AsyncRead + Unpin>,
    invocation: &Invocation,
) -> Result<(), ApplicationError> {
    let Some(stdout) = stdout else { return Ok(()) };
    let mut stdout = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let octets_max = MESSAGE_OCTETS_MAX as u64;
        // What cannot be read was not written.
        let _ = (&mut stdout).take(octets_max).read_until(b'\n', &mut line).await;
        match line.len() {
            0 => return Ok(()),
            MESSAGE_OCTETS_MAX.. => return Err(too_long("a line of the command's output")),
            _ => invocation.progress(result(line)).await?,
        }
    }
}

/// Reads what becomes the result, which must fit into a message.
async fn read_result(stdout: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, ApplicationError> {
    let octets = read(stdout, MESSAGE_OCTETS_MAX as u64).await;
    if octets.len() < MESSAGE_OCTETS_MAX {
        return Ok(octets);
    }
    Err(too_long("the command's output"))
}

fn too_long(what: &str) -> ApplicationError {
    let text = format!("{what} is too long for a result");
    ApplicationError::new(error_uri::PAYLOAD_SIZE_EXCEEDED, text)
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
