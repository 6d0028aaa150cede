//! `crosspoint reload`: has a router read its configuration file again.

use clap::Args;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::Failure;
use super::output::print_line;

/// Have a router read its configuration file again
///
/// No session is lost. If the file is right, the router takes up what can be changed while it runs, and
/// names in its log what needs a restart. Otherwise nothing changes, it is said what is wrong, and the
/// exit code is 1; of a router that is another user's, its log says that alone, and so it is with a file
/// that is right, but of which what can be changed makes no sense before a restart. This is the signal
/// SIGHUP, with a look at who gets it, and at the file as that router would read it.
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
        {
            recipient::check(pid)?;
            recipient::rehearse(pid)?;
        }
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
    use std::env;
    use std::ffi::OsStr;
    use std::fs;
    use std::io;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

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

    /// Would a router start now as this one has, with its arguments, its environment and its folder? If not, what is wrong
    /// is said. Nobody is started with the environment of another user, nor is one asked whom the system says
    /// nothing of.
    pub(super) fn rehearse(pid: i32) -> Result<(), Failure> {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let Some(mut rehearsal) = rehearsal(&process).ok().flatten() else { return Ok(()) };
        match rehearsal.status() {
            Ok(status) if !status.success() => {
                Err(Failure::new("the router keeps the configuration that it has")
                    .hint("mend what is wrong, and have it read its file again"))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn rehearsal(process: &Path) -> io::Result<Option<Command>> {
        let is_ours = fs::metadata(process)?.uid() == rustix::process::geteuid().as_raw();
        if !is_ours {
            return Ok(None);
        }
        let arguments = fs::read(process.join("cmdline"))?;
        let environment = fs::read(process.join("environ"))?;
        let variables = texts(&environment).filter_map(|text| {
            let equals = text.as_bytes().iter().position(|octet| *octet == b'=')?;
            let (name, value) = text.as_bytes().split_at(equals);
            Some((OsStr::from_bytes(name), OsStr::from_bytes(&value[1..])))
        });
        let mut command = Command::new(env::current_exe()?);
        command.args(texts(&arguments).skip(1)).arg("--check");
        command.env_clear().envs(variables).current_dir(process.join("cwd"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Some(command))
    }

    /// Each ends with an octet that is zero.
    fn texts(octets: &[u8]) -> impl Iterator<Item = &OsStr> {
        let octets = octets.strip_suffix(&[0]).unwrap_or(octets);
        octets.split(|octet| *octet == 0).map(OsStr::from_bytes)
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
