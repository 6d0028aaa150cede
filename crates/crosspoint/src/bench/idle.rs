//! Idle sessions: how much resident memory a router holds for each.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::dial::Dialled;
use super::party::Running;
use super::url::Transport;
use super::{Error, Plan, Router};

/// Sessions that are there before the measurement: with the first ones a router touches code and
/// makes buffers that all of them share.
const BEFOREHAND: usize = 100;

/// File descriptors for everything else.
const OTHER_DESCRIPTORS: u64 = 100;

/// The memory of idle sessions.
#[derive(Debug)]
pub(crate) struct Idle {
    pub(super) router: String,
    pub(super) transport: Transport,
    pub(super) sessions: usize,
    /// How much the router has grown by them.
    pub(super) grown_octets: u64,
}

/// Opens that many sessions and keeps them open until the router's memory was looked at.
pub(crate) fn measure(plan: &Plan, router: &Router, sessions: usize) -> Result<Idle, Error> {
    let Running { name, url, processes, program } = router.find_or_start(plan, &[])?;
    let join = |_| Dialled::join(&url, plan.serializer, &plan.realm);
    let beforehand = (0..BEFOREHAND).map(join).collect::<Result<Vec<_>, _>>()?;
    let before = processes.resident_octets()?;
    let measured = (0..sessions).map(join).collect::<Result<Vec<_>, _>>()?;
    let after = processes.resident_octets()?;
    drop((beforehand, measured, program));
    let (router_name, transport) = (name, router.transport());
    let grown_octets = after.saturating_sub(before);
    Ok(Idle { router: router_name, transport, sessions, grown_octets })
}

/// Lets this process, and those that it starts from now on, have as many sockets as that needs.
pub(crate) fn raise_descriptor_limit(sessions: usize) -> Result<(), Error> {
    let failed = |error| Error::Sessions { sessions, error };
    let needed = (sessions + BEFOREHAND) as u64 + OTHER_DESCRIPTORS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let raised = Rlimit { current: Some(needed), maximum };
    setrlimit(Resource::Nofile, raised).map_err(|error| failed(error.into()))
}
