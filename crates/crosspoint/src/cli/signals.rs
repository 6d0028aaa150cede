//! The signals that end a command: SIGTERM and Ctrl-C.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A file has become as long as the process may make one; so it is on Linux and macOS.
const SIGXFSZ: i32 = 25;

/// Whichever of the two comes.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Signals> {
        // A file that may not grow any more is an error for whoever writes it, not the end of everybody.
        let _ = signal(SignalKind::from_raw(SIGXFSZ));
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
