//! `crosspoint reload`: has a router read its configuration file again.

use clap::Args;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::Failure;
use super::output::print_line;

/// Have a router read its configuration file again
///
/// No session is lost. If the file is right, the router takes up what can be changed while it runs, and
/// names in its log what needs a restart. Otherwise nothing changes, and the log says what is wrong:
/// see 'crosspoint check'. This is the signal SIGHUP, with a look at who gets it.
#[derive(Debug, Args)]
pub(super) struct Reload {
    /// The router's process, which was started with --config
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    pid: i32,
}

impl Reload {
    pub(super) fn run(self) -> Result<(), Failure> {
        let pid = self.pid;
        #[cfg(target_os = "linux")]
        recipient::check(pid)?;
        let process = Pid::from_raw(pid).ok_or_else(|| Failure::new("0 is no process"))?;
        kill_process(process, Signal::HUP).map_err(|error| cannot_signal(pid, error))?;
        print_line("the router reads its file again; its log says what came of it").map(drop)
    }
}

fn cannot_signal(pid: i32, error: Errno) -> Failure {
    match error {
        Errno::SRCH => no_such_process(pid),
        Errno::PERM => Failure::new(format!("process {pid} is somebody else's"))
            .hint("do it as the router's user, or as root"),
        _ => Failure::new(format!("cannot send a signal to process {pid}: {error}")),
    }
}

fn no_such_process(pid: i32) -> Failure {
    Failure::new(format!("there is no process {pid}")).hint("the router's banner says which it is")
}

/// Who gets the signal: it ends those who do not expect it.
#[cfg(target_os = "linux")]
mod recipient {
    use std::fs;

    use super::{Failure, no_such_process};

    /// What the system tells of a process.
    struct Status {
        name: String,
        /// The signals that it handles, as bits.
        caught: u64,
    }

    pub(super) fn check(pid: i32) -> Result<(), Failure> {
        let status = Status::of(&pid.to_string()).ok_or_else(|| no_such_process(pid))?;
        let ours = Status::of("self").map(|status| status.name);
        if ours.is_some_and(|name| name != status.name) {
            return Err(Failure::new(format!("process {pid} is no router, but {}", status.name))
                .hint("the router's banner says which it is"));
        }
        // SIGHUP is the signal 1.
        if status.caught & 1 == 0 {
            return Err(Failure::new(format!("process {pid} has no configuration file"))
                .hint("a router has one that was started with: crosspoint serve -c FILE"));
        }
        Ok(())
    }

    impl Status {
        fn of(process: &str) -> Option<Status> {
            let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
            let field = |name| status.lines().find_map(|line| line.strip_prefix(name));
            let caught = u64::from_str_radix(field("SigCgt:")?.trim(), 16).ok()?;
            Some(Status { name: field("Name:")?.trim().to_owned(), caught })
        }
    }
}
