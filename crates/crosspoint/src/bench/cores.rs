//! Where things run: everything on one core. A wake-up across cores costs more than all that a
//! router does, and how often it happens is up to chance.

use std::io;

use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

/// The last of the cores that this process may run on: interrupts tend to be at the first.
pub(crate) fn last() -> io::Result<usize> {
    let allowed = sched_getaffinity(None)?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core));
    last.ok_or_else(|| io::Error::other("this process may run nowhere"))
}

/// Pins this thread, and all threads and processes that it starts from now on.
pub(crate) fn pin(core: usize) -> io::Result<()> {
    pin_to(None, core)
}

/// Pins a thread of any process, and all that it starts from now on.
pub(super) fn pin_thread(thread: i32, core: usize) -> io::Result<()> {
    pin_to(Pid::from_raw(thread), core)
}

fn pin_to(thread: Option<Pid>, core: usize) -> io::Result<()> {
    if core >= CpuSet::MAX_CPU {
        return Err(io::Error::other("no machine has that many cores"));
    }
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(thread, &only)?)
}
