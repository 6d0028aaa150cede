//! Where traces are printed: on standard output, by a thread that may have to wait for whoever reads them.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::output::{Reader, print_line};
use crate::trace::{Traced, Tracer};

/// How long the router's end waits for what is not printed yet.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) struct Traces {
    pub(super) tracer: Arc<Tracer>,
    printer: JoinHandle<()>,
}

impl Traces {
    /// `None` if nobody is to be traced.
    pub(super) fn start(who: &[String]) -> Option<Traces> {
        if who.is_empty() {
            return None;
        }
        let whom = who.iter().map(|who| match who.as_str() {
            "all" => Traced::All,
            authid => Traced::Authid(authid.to_owned()),
        });
        let (tracer, lines) = Tracer::new(whom.collect());
        let printer = thread::spawn(move || {
            for line in lines {
                if !matches!(print_line(&line), Ok(Reader::Reads)) {
                    return;
                }
            }
        });
        Some(Traces { tracer, printer })
    }

    /// All sessions have ended: the lines end when the last of them has let go of its tracer.
    pub(super) async fn finish(self) {
        let Traces { tracer, printer } = self;
        drop(tracer);
        let _ = timeout(FINISH_TIMEOUT, spawn_blocking(move || printer.join())).await;
    }
}
