//! The benchmark: what one operation costs a router, in CPU time of its process, beside what it
//! costs a bare relay that only moves the same octets between the same number of sockets.
//!
//! The relay's share is what the kernel asks for; whatever a router takes on top is its own. Both
//! are loaded in turn, by the same generator and on the same core, so that what changes on the
//! machine meanwhile changes both.
//!
//! - [`workload`]: what is done, by how many sessions
//! - [`generator`]: keeps a workload up, over sockets that speak a [`dialect`]: WAMP or the relay's
//! - [`relay`]: the bare relay, a process of its own
//! - [`party`]: a process under load, started here or found by its [`url`]
//! - [`process`]: its CPU time and its memory; [`cores`]: where it runs
//! - [`stalled`]: subscribers that have stopped reading, and what they cost the others
//! - [`idle`]: the memory of sessions that do nothing
//! - [`report`]: the figures, for people and for programs

pub(crate) mod cores;
mod dial;
mod dialect;
mod generator;
pub(crate) mod idle;
mod party;
mod process;
mod program;
pub(crate) mod relay;
pub(crate) mod report;
mod socket;
pub(crate) mod stalled;
#[cfg(test)]
mod tests;
pub(crate) mod url;
mod wire;
pub(crate) mod workload;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crosspoint_proto::framing::MessageTooLong;
use crosspoint_proto::framing::Violation as FramingViolation;
use crosspoint_proto::message::Violation as MessageViolation;
use crosspoint_proto::serializer::Serializer;
use crosspoint_transport::dial::DialError;

use self::party::{Party, Sample};
use self::process::Processes;
use self::report::Comparison;
use self::url::{Transport, Url};
use self::workload::Workload;

/// Load before each measurement, so that caches are warm and queues have their usual length.
const WARM_UP: Duration = Duration::from_millis(200);

/// What is compared, and how.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The routers, in the order in which they are shown. The relay comes before them.
    pub(crate) routers: Vec<Router>,
    /// The realm that the sessions join.
    pub(crate) realm: String,
    pub(crate) serializer: Serializer,
    /// How often each of them is measured, in turn with the others.
    pub(crate) rounds: usize,
    /// How long each time.
    pub(crate) round: Duration,
    /// The core that everything runs on.
    pub(crate) core: usize,
    /// The program that is a router and a relay: this one.
    pub(crate) program: PathBuf,
}

/// A router to be measured.
#[derive(Clone, Debug)]
pub(crate) enum Router {
    /// Ours, started and ended by the benchmark.
    Own(Transport),
    /// One that runs already, and its processes.
    Running(Url, Vec<u32>),
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The program could not be started, or did not say where it listens.
    #[error("cannot start {what}: {error}")]
    Start { what: String, error: io::Error },
    /// Nobody answers there, or not as the URL says.
    #[error("cannot connect to {url}: {error}")]
    Connect { url: String, error: ConnectError },
    /// The router sent something else than the benchmark waits for.
    #[error("expected {expected}, but received {found}")]
    Unexpected { expected: &'static str, found: String },
    /// The connection broke, or nothing came.
    #[error("the connection to {party} failed: {error}")]
    Connection { party: String, error: io::Error },
    /// The router broke the rules of the transport.
    #[error(transparent)]
    Framing(#[from] FramingViolation),
    /// The router broke the rules of WAMP.
    #[error(transparent)]
    Message(#[from] MessageViolation),
    /// The router takes no message as long as ours.
    #[error(transparent)]
    TooLong(#[from] MessageTooLong),
    /// There is no such process, or it is somebody else's.
    #[error("cannot measure process {pid}: {error}")]
    Process { pid: u32, error: io::Error },
    /// There is no such core, or not for this process.
    #[error("cannot run on that core: {0}")]
    Core(io::Error),
    /// The system allows fewer file descriptors, or does not let itself be asked.
    #[error("cannot have {sessions} sessions: {error}")]
    Sessions { sessions: usize, error: io::Error },
}

/// Why a connection to a router did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Dial(#[from] DialError),
}

/// Pins this process and the routers that run already; those that are started are pinned therefore.
pub(crate) fn pin(plan: &Plan) -> Result<(), Error> {
    cores::pin(plan.core).map_err(Error::Core)?;
    for router in &plan.routers {
        if let Router::Running(_url, pids) = router {
            let threads = Processes::new(pids.clone()).threads()?;
            let mut pinned = threads.into_iter().map(|thread| cores::pin_thread(thread, plan.core));
            pinned.try_for_each(|pinned| pinned.map_err(Error::Core))?;
        }
    }
    Ok(())
}

/// Compares relay and routers under one workload.
pub(crate) fn compare(plan: &Plan, workload: Workload) -> Result<Comparison, Error> {
    let mut parties = vec![Party::relay(plan, workload)?];
    for router in &plan.routers {
        parties.push(Party::router(plan, router, workload)?);
    }
    let samples = measure_in_turn(plan, &mut parties)?;
    let names = parties.iter().map(|party| party.name().to_owned());
    let parties = names.zip(samples).collect();
    Ok(Comparison { what: workload.to_string(), workload, baseline: "relay", parties })
}

/// Round by round, so that what changes on the machine meanwhile changes all of them. The samples of
/// each.
fn measure_in_turn(plan: &Plan, parties: &mut [Party]) -> Result<Vec<Vec<Sample>>, Error> {
    let mut samples = vec![Vec::with_capacity(plan.rounds); parties.len()];
    for _round in 0..plan.rounds {
        for (party, samples) in parties.iter_mut().zip(&mut samples) {
            samples.push(party.measure(WARM_UP, plan.round)?);
        }
    }
    Ok(samples)
}
