//! A party: a process under load, and the load.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crosspoint_proto::serializer::Serializer;

use super::dial::{Dialled, SILENCE_MAX};
use super::dialect::relayed::Relayed;
use super::dialect::wamp::{Wamp, relayed_octets};
use super::generator::Generator;
use super::process::Processes;
use super::program::Program;
use super::relay::{self, Address};
use super::stalled;
use super::url::{Transport, Url};
use super::workload::Workload;
use super::{Error, Plan, Router};

const RELAY: &str = "relay";

pub(super) struct Party {
    name: String,
    processes: Processes,
    generator: Generator,
    /// Subscribers that have stopped reading.
    _stalled: Vec<Dialled>,
    _program: Option<Program>,
}

/// What one measurement has brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Results, or events.
    pub(super) deliveries: u64,
    /// How long the processes have worked for them.
    pub(super) cpu: Duration,
    /// How long it took.
    pub(super) elapsed: Duration,
}

impl Party {
    /// The bare relay.
    pub(super) fn relay(plan: &Plan, workload: Workload) -> Result<Party, Error> {
        let transport = plan.routers.first().map_or(Transport::RawSocket, Router::transport);
        let octets = relayed_octets(workload, transport, plan.serializer);
        let arguments = ["bench", "relay", "--frame-octets", &octets.to_string()];
        let (program, address) = Program::start(&plan.program, &arguments, relay::SCHEME)?;
        let generator = load_relay(&address, octets, workload)?;
        let processes = program.processes();
        let (name, stalled) = (RELAY.to_owned(), Vec::new());
        Ok(Party { name, processes, generator, _stalled: stalled, _program: Some(program) })
    }

    /// A router, with all sessions of the workload.
    pub(super) fn router(plan: &Plan, router: &Router, workload: Workload) -> Result<Party, Error> {
        let options = match workload {
            Workload::Stalled(_) => stalled::PATIENCE,
            Workload::PingPong | Workload::Pipelined | Workload::Events => &[],
        };
        let Running { name, url, processes, program } = router.find_or_start(plan, options)?;
        let generator = load_router(&url, plan.serializer, &plan.realm, workload)?;
        let stalled = stalled::stall(&url, plan.serializer, &plan.realm, workload)?;
        Ok(Party { name, processes, generator, _stalled: stalled, _program: program })
    }

    /// The octets of memory that the processes hold now.
    pub(super) fn resident_octets(&self) -> Result<u64, Error> {
        self.processes.resident_octets()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Loads the party for a while, and measures it after some warming up.
    pub(super) fn measure(&mut self, warm_up: Duration, round: Duration) -> Result<Sample, Error> {
        let generator = &mut self.generator;
        generator.start()?;
        let begin = Instant::now();
        generator.run_while(|_| begin.elapsed() < warm_up)?;

        let begin = Instant::now();
        let (delivered, cpu) = (generator.delivered(), self.processes.cpu_time()?);
        generator.run_while(|_| begin.elapsed() < round)?;
        let sample = Sample {
            deliveries: generator.delivered() - delivered,
            cpu: self.processes.cpu_time()?.saturating_sub(cpu),
            elapsed: begin.elapsed(),
        };
        generator.finish()?;
        Ok(sample)
    }
}

/// A router that can be dialled.
pub(super) struct Running {
    pub(super) name: String,
    pub(super) url: Url,
    pub(super) processes: Processes,
    pub(super) program: Option<Program>,
}

impl Router {
    pub(super) fn transport(&self) -> Transport {
        match self {
            Router::Own(transport) => *transport,
            Router::Running(url, _) => url.transport,
        }
    }

    /// One that is started here is given these options.
    pub(super) fn find_or_start(&self, plan: &Plan, options: &[&str]) -> Result<Running, Error> {
        match self {
            Router::Running(url, pids) => Ok(Running {
                name: url.to_string(),
                url: url.clone(),
                processes: Processes::new(pids.clone()),
                program: None,
            }),
            Router::Own(transport) => {
                let arguments = ["serve", "--listen", "127.0.0.1:0", "--realm", &plan.realm];
                let arguments = [&arguments, options].concat();
                let scheme = format!("{}://", transport.scheme());
                let (program, rest) = Program::start(&plan.program, &arguments, &scheme)?;
                let url = Url::new(*transport, &rest);
                let processes = program.processes();
                let name = "crosspoint".to_owned();
                Ok(Running { name, url, processes, program: Some(program) })
            }
        }
    }
}

/// A generator for a relay of frames of that length.
pub(super) fn load_relay(
    address: &str,
    frame_octets: usize,
    workload: Workload,
) -> Result<Generator, Error> {
    let shape = workload.shape();
    let connections = (0..shape.sockets())
        .map(|number| dial_relay(address, number))
        .collect::<io::Result<_>>()
        .map_err(|error| Error::Connection { party: RELAY.to_owned(), error })?;
    Generator::new(RELAY, shape, Box::new(Relayed::new(shape, frame_octets)), connections)
}

/// A generator for a router.
pub(super) fn load_router(
    url: &Url,
    serializer: Serializer,
    realm: &str,
    workload: Workload,
) -> Result<Generator, Error> {
    let shape = workload.shape();
    let mut dialect = Wamp::new(workload, serializer);
    let connections = (0..shape.sockets())
        .map(|_| dialect.add(Dialled::join(url, serializer, realm)?))
        .collect::<Result<_, Error>>()?;
    Generator::new(&url.to_string(), shape, Box::new(dialect), connections)
}

/// Connects, and is told the own address.
fn dial_relay(relay: &str, number: usize) -> io::Result<(TcpStream, Vec<u8>)> {
    let mut stream = TcpStream::connect(relay)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    let mut address = [0; size_of::<Address>()];
    stream.read_exact(&mut address)?;
    if usize::from(Address::from_be_bytes(address)) != number {
        return Err(io::Error::other("somebody else has connected to our relay"));
    }
    Ok((stream, Vec::new()))
}
