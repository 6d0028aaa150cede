//! A process under measurement: the CPU time it has used and the memory it holds, as the kernel
//! accounts for them in `/proc`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Error;

/// One router, which may consist of several processes.
#[derive(Clone, Debug)]
pub(super) struct Processes(Vec<u32>);

impl Processes {
    pub(super) fn new(pids: Vec<u32>) -> Processes {
        Processes(pids)
    }

    /// The CPU time that all their threads have used so far, in user space and in the kernel. A
    /// thread that ends takes its time with it.
    pub(super) fn cpu_time(&self) -> Result<Duration, Error> {
        self.sum(cpu_time)
    }

    /// The octets of memory that are resident now.
    pub(super) fn resident_octets(&self) -> Result<u64, Error> {
        self.sum(resident_octets)
    }

    fn sum<T: std::iter::Sum>(&self, of: impl Fn(&Path) -> io::Result<T>) -> Result<T, Error> {
        let pids = self.0.iter();
        pids.map(|&pid| of(&directory(pid)).map_err(|error| Error::Process { pid, error })).sum()
    }

    /// The IDs of all threads.
    pub(super) fn threads(&self) -> Result<Vec<i32>, Error> {
        let mut threads = Vec::new();
        for &pid in &self.0 {
            let found = tasks(&directory(pid)).map_err(|error| Error::Process { pid, error })?;
            let names = found.iter().filter_map(|task| task.file_name()?.to_str()?.parse().ok());
            threads.extend(names.collect::<Vec<i32>>());
        }
        Ok(threads)
    }
}

fn directory(pid: u32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

fn tasks(process: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(process.join("task"))?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// By the scheduler's own count, in nanoseconds; where the kernel was built without, in ticks.
fn cpu_time(process: &Path) -> io::Result<Duration> {
    match scheduled_time(process) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => ticked_time(process),
        counted => counted,
    }
}

fn scheduled_time(process: &Path) -> io::Result<Duration> {
    tasks(process)?
        .into_iter()
        .map(|task| {
            let schedstat = match fs::read_to_string(task.join("schedstat")) {
                // The thread has ended since the list was made.
                Err(_) if !task.exists() => return Ok(Duration::ZERO),
                read => read?,
            };
            schedstat
                .split_whitespace()
                .next()
                .and_then(|nanoseconds| nanoseconds.parse().ok())
                .map(Duration::from_nanos)
                .ok_or_else(|| io::Error::other("schedstat has no first field"))
        })
        .sum()
}

/// Fields 14 and 15 of `stat`. The second, a name in parentheses, may contain anything.
fn ticked_time(process: &Path) -> io::Result<Duration> {
    let stat = fs::read_to_string(process.join("stat"))?;
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).flat_map(str::parse::<u64>).sum();
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_nanos(ticks * (1_000_000_000 / ticks_per_second)))
}

/// Exact; `status` has a figure that lags behind.
fn resident_octets(process: &Path) -> io::Result<u64> {
    let rollup = fs::read_to_string(process.join("smaps_rollup"))?;
    rollup
        .lines()
        .find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix("kB")?.trim().parse().ok())
        .map(|kib: u64| kib << 10)
        .ok_or_else(|| io::Error::other("smaps_rollup has no Rss"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ourselves() -> Processes {
        Processes::new(vec![std::process::id()])
    }

    #[test]
    fn a_process_that_works_uses_cpu_time_by_both_accounts() {
        let process = directory(std::process::id());
        let (scheduled, ticked) =
            (scheduled_time(&process).unwrap(), ticked_time(&process).unwrap());
        while ticked_time(&process).unwrap() == ticked {}
        // Threads of other tests may end meanwhile, and take what they have used with them.
        while scheduled_time(&process).unwrap() <= scheduled {}
    }

    #[test]
    fn a_process_that_holds_memory_is_larger() {
        let before = ourselves().resident_octets().unwrap();
        let held = vec![1_u8; 8 << 20];
        let after = ourselves().resident_octets().unwrap();
        assert!(after >= before + held.len() as u64 / 2, "{before} {after}");
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        let nobody = Processes::new(vec![u32::MAX]);
        assert!(matches!(nobody.cpu_time(), Err(Error::Process { pid: u32::MAX, .. })));
    }
}
