//! Processes of the binary: a router, commands that stay, and commands that end.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

use expect_test::Expect;

/// The binary with nothing of the tests' own environment that would change what it does.
pub(crate) fn crosspoint() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosspoint"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CROSSPOINT_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same, for a router at this address.
fn crosspoint_at(address: &str, arguments: &[&str]) -> Command {
    let mut command = crosspoint();
    command.env("CROSSPOINT_URL", format!("ws://{address}/ws")).args(arguments);
    command
}

/// Checks what a command prints that ends by itself.
#[track_caller]
pub(crate) fn check(arguments: &[&str], expected: &Expect) {
    expected.assert_eq(&output(arguments));
}

/// The same, where these variables are set.
#[track_caller]
pub(crate) fn check_with(variables: &[(&str, &str)], arguments: &[&str], expected: &Expect) {
    let mut command = crosspoint();
    command.args(arguments).envs(variables.iter().copied());
    expected.assert_eq(&transcript(&command.output().unwrap()));
}

/// What a command prints that ends by itself.
pub(crate) fn output(arguments: &[&str]) -> String {
    transcript(&crosspoint().args(arguments).output().unwrap())
}

/// The same, with this on its standard input.
pub(crate) fn output_given(input: &str, arguments: &[&str]) -> String {
    let mut command = crosspoint();
    let mut child = command.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    // Whoever has read enough may be gone.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    transcript(&child.wait_with_output().unwrap())
}

/// The same, where a router should be at this address.
#[track_caller]
pub(crate) fn check_at(address: &str, arguments: &[&str], expected: &Expect) {
    let transcript = transcript(&crosspoint_at(address, arguments).output().unwrap());
    expected.assert_eq(&transcript.replace(address, "ADDRESS"));
}

/// A command that stays, with a router of its own choice.
pub(crate) fn start(arguments: &[&str]) -> Running {
    Running::start(crosspoint().args(arguments))
}

/// Standard output, then standard error line by line, then the exit code if it tells of a failure.
fn transcript(output: &Output) -> String {
    let mut transcript = String::new();
    for (name, octets) in [("", &output.stdout), ("stderr: ", &output.stderr)] {
        for line in String::from_utf8(octets.clone()).unwrap().lines() {
            transcript.extend([[name, line].concat().trim_end(), "\n"]);
        }
    }
    match output.status.code() {
        Some(0) => transcript,
        _ => transcript + &format!("{}\n", output.status),
    }
}

/// A process that stays until it is told to end. It does not survive the test.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Running { child, stdout, stderr }
    }

    /// The next line on standard output.
    pub(crate) fn line(&mut self) -> String {
        next_line(self.stdout.as_mut().unwrap())
    }

    /// The next line on standard error.
    pub(crate) fn notice(&mut self) -> String {
        next_line(&mut self.stderr)
    }

    /// Reads no more of standard output, as `head` does.
    pub(crate) fn close_output(&mut self) {
        self.stdout = None;
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end: what it has printed besides the lines taken so far, and its exit code.
    pub(crate) fn end(mut self) -> String {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        if let Some(mut output) = self.stdout.take() {
            output.read_to_end(&mut stdout).unwrap();
        }
        self.stderr.read_to_end(&mut stderr).unwrap();
        transcript(&Output { status: self.child.wait().unwrap(), stdout, stderr })
    }
}

fn next_line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    assert!(from.read_line(&mut line).unwrap() > 0, "the process ended without another line");
    line.trim_end().to_owned()
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A router on a port of its own.
pub(crate) struct Router {
    pub(crate) process: Running,
    /// Where it listens.
    pub(crate) address: String,
    /// What it printed when it was ready.
    pub(crate) banner: String,
}

impl Router {
    pub(crate) fn start() -> Router {
        Router::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Router {
        let mut command = crosspoint();
        Router::of(command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// The router that a command starts; its first `RawSocket` listener, if it has several.
    pub(crate) fn of(command: &mut Command) -> Router {
        let mut process = Running::start(command);
        let mut banner = String::new();
        while !banner.ends_with("Ctrl-C ends it.\n") {
            banner.extend([process.line().as_str(), "\n"]);
        }
        let (_, after) = banner.split_once("rs://").unwrap();
        let address = after.lines().next().unwrap().to_owned();
        Router { process, address, banner }
    }

    pub(crate) fn rawsocket_url(&self) -> String {
        format!("rs://{}", self.address)
    }

    /// Checks what a command prints that ends by itself.
    #[track_caller]
    pub(crate) fn check(&self, arguments: &[&str], expected: &Expect) {
        check_at(&self.address, arguments, expected);
    }

    /// What a command prints that ends by itself.
    pub(crate) fn output(&self, arguments: &[&str]) -> String {
        transcript(&crosspoint_at(&self.address, arguments).output().unwrap())
    }

    /// A command that stays.
    pub(crate) fn start_command(&self, arguments: &[&str]) -> Running {
        Running::start(&mut crosspoint_at(&self.address, arguments))
    }

    /// A procedure that a command answers, once it is registered.
    #[track_caller]
    pub(crate) fn register(&self, procedure: &str, command: &[&str]) -> Running {
        let arguments = [&["register", procedure, "--"], command].concat();
        let mut running = self.start_command(&arguments);
        assert_eq!(running.notice(), format!("registered {procedure}; Ctrl-C ends it"));
        running
    }

    /// A subscription, once it is there.
    #[track_caller]
    pub(crate) fn subscribe(&self, topic: &str, options: &[&str]) -> Running {
        let mut running = self.start_command(&[&["subscribe", topic], options].concat());
        assert_eq!(running.notice(), format!("subscribed to {topic}; Ctrl-C ends it"));
        running
    }
}
