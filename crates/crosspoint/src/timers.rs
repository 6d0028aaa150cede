//! The timers of connections: for time limits that are long and hardly ever run out.
//!
//! A worker of the runtime that goes to sleep while any timer of the runtime is set has to set an
//! alarm with the system, and to take it back as soon as a message comes. One timer is enough for
//! that, so with one idle WebSocket connection every call that had to wake the router would cost 1.1 us
//! more (of 14.2; `crosspoint bench ping-pong --transport websocket`). Therefore these timers have a
//! thread of their own, which does nothing but to wake the connection whose time is over.

use std::io;
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

/// Where timers are set.
#[derive(Debug)]
pub(crate) struct Timers {
    handle: Handle,
    /// When this is dropped the thread ends. Timers must not be polled after that.
    _thread: Option<oneshot::Sender<()>>,
}

impl Timers {
    /// A runtime of one thread keeps its own timers: there they can be tested, with a clock that
    /// stands still.
    pub(crate) fn start() -> io::Result<Timers> {
        let here = Handle::current();
        if here.runtime_flavor() == RuntimeFlavor::CurrentThread {
            return Ok(Timers { handle: here, _thread: None });
        }
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (sender, dropped) = oneshot::channel();
        let run = move || drop(runtime.block_on(dropped));
        thread::Builder::new().name("timers".to_owned()).spawn(run)?;
        Ok(Timers { handle, _thread: Some(sender) })
    }

    /// A timer, to be polled by any task.
    pub(crate) fn after(&self, timeout: Duration) -> Pin<Box<Sleep>> {
        self.at(Instant::now() + timeout)
    }

    /// A timer that is set for this moment.
    pub(crate) fn at(&self, time: Instant) -> Pin<Box<Sleep>> {
        let _context = self.handle.enter();
        Box::pin(sleep_until(time))
    }
}
