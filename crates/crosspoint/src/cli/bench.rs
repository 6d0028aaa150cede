//! `crosspoint bench`: what routing costs, beside what moving the octets costs.

use std::env;
use std::fmt;
use std::io;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::Value;

use super::Failure;
use super::choices::variants;
use super::output::{Reader, print_line};
use super::session::serializers;
use crate::bench::idle::{self, Idle};
use crate::bench::relay::Relay;
use crate::bench::report::Comparison;
use crate::bench::stalled::{self, Stalled};
use crate::bench::url::{Transport, Url};
use crate::bench::workload::{Audience, Workload};
use crate::bench::{self, Error, Plan, Router, cores};

const HELP: &str = "\
Measures the CPU time of the router's process, in user space and in the kernel, for each call and
each delivered event; and beside it that of a bare relay, which only moves as many octets between
as many sockets. 'x relay' is what a router costs in terms of that, round by round: relay and
router are loaded in turn, by the same generator. Given are the median and, in parentheses, the
least and the greatest of all rounds.

  ping-pong   1 caller, 1 callee, one call at a time
  pipelined   8 callers, 4 callees, 64 calls of each caller in flight
  events      1 publisher, 100 subscribers, one publication at a time
  stalled     1 publisher, 1000 subscribers, and the same with one of them that reads nothing;
              events that are copied, and longer ones that are shared
  idle        resident memory of the router for each session that does nothing

Router, relay and generator share one core, because a wake-up across cores costs more than
everything that is measured here. Calls and events per second are those of that one core, with
the generator's work on it: they are no router's limit.

Without --url a router is started, and ended afterwards. Compare with another like this:

  crosspoint bench --against rs://127.0.0.1:9000 --against-pid 4711";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = HELP)]
pub(super) struct Bench {
    #[command(subcommand)]
    role: Option<Role>,

    /// What to measure; everything, if nothing is named
    #[arg(value_name = "WORKLOAD", value_parser = variants::<Measured>())]
    workloads: Vec<Measured>,

    /// A router that runs already: rs://HOST:PORT or ws://HOST:PORT/PATH
    #[arg(long, value_name = "URL", requires = "pid")]
    url: Option<Url>,

    /// The router's process, or processes, on this machine; they are pinned to the core, too
    #[arg(long, value_name = "PID", value_delimiter = ',', requires = "url")]
    pid: Vec<u32>,

    /// Another router, to stand in the same table
    #[arg(long, value_name = "URL", requires = "against_pid")]
    against: Option<Url>,

    /// The other router's process, or processes
    #[arg(long, value_name = "PID", value_delimiter = ',', requires = "against")]
    against_pid: Vec<u32>,

    /// What to speak to the router that is started here
    #[arg(
        long,
        default_value = "rawsocket",
        conflicts_with = "url",
        value_parser = variants::<Transport>()
    )]
    transport: Transport,

    /// What messages are written in
    #[arg(long, default_value = "msgpack", value_parser = serializers())]
    serializer: Serializer,

    /// The realm to join
    #[arg(long, default_value = "realm1")]
    realm: String,

    /// How often each is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,

    /// How long each time, after a short warming up
    #[arg(long, default_value = "1", value_parser = seconds)]
    seconds: Duration,

    /// How many subscribers there are where some of them are stalled
    #[arg(long, value_name = "SESSIONS", default_value_t = 1000)]
    subscribers: usize,

    /// How many of these read nothing
    #[arg(long, value_name = "SESSIONS", default_value_t = 1)]
    stalled: usize,

    /// How many sessions are idle
    #[arg(long, value_name = "SESSIONS", default_value_t = 5000)]
    idle_sessions: usize,

    /// The core that everything runs on; the last one, if none is named
    #[arg(long)]
    core: Option<usize>,

    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
}

/// Arguments of events beside stalled subscribers: such that are copied into each outbox, and such
/// that outboxes share.
const STALLED_ARGUMENT_OCTETS: [usize; 2] = [120, 4 << 10];

#[derive(Debug, Subcommand)]
enum Role {
    /// Be the bare relay, for frames of one length
    #[command(hide = true)]
    Relay {
        /// The length, at least 4
        #[arg(long)]
        frame_octets: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measured {
    PingPong,
    Pipelined,
    Events,
    Stalled,
    Idle,
}

impl Bench {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.role {
            Some(Role::Relay { frame_octets }) => relay(frame_octets),
            None => self.measure(),
        }
    }

    /// Measures and shows, as long as somebody reads.
    fn measure(&self) -> Result<(), Failure> {
        let plan = self.plan()?;
        bench::pin(&plan)?;
        if self.show(&plan)? == Reader::Gone {
            return Ok(());
        }
        let workloads = Workload::ALL.into_iter().filter(|&of| self.measures(of.into()));
        let comparisons = workloads.map(|workload| bench::compare(&plan, workload));
        let Some(comparisons) = self.show_each(comparisons, Comparison::to_value)? else {
            return Ok(());
        };
        let Some(stalled) = self.measure_stalled(&plan)? else { return Ok(()) };
        let Some(idle) = self.measure_idle(&plan)? else { return Ok(()) };
        if self.json {
            let mut figures = plan.to_dict();
            figures.insert("comparisons", comparisons);
            figures.insert("stalled", stalled);
            figures.insert("idle", idle);
            print_line(&figures.to_string())?;
        }
        Ok(())
    }

    fn measure_stalled(&self, plan: &Plan) -> Result<Option<Vec<Value>>, Failure> {
        if !self.measures(Measured::Stalled) {
            return Ok(Some(Vec::new()));
        }
        let Bench { subscribers, stalled, .. } = *self;
        if stalled >= subscribers {
            let failure = Failure::new("somebody has to read: all subscribers are stalled");
            return Err(failure.hint("choose more --subscribers, or fewer --stalled"));
        }
        // Those of both audiences: with and without.
        idle::raise_descriptor_limit(2 * subscribers)?;
        let audiences = STALLED_ARGUMENT_OCTETS.map(|argument_octets| Audience {
            reading: subscribers - stalled,
            stalled,
            argument_octets,
        });
        let pairs = plan.routers.iter().flat_map(|of| audiences.map(|audience| (of, audience)));
        let measured = pairs.map(|(router, audience)| stalled::measure(plan, router, audience));
        self.show_each(measured, Stalled::to_value)
    }

    fn measure_idle(&self, plan: &Plan) -> Result<Option<Vec<Value>>, Failure> {
        if !self.measures(Measured::Idle) {
            return Ok(Some(Vec::new()));
        }
        idle::raise_descriptor_limit(self.idle_sessions)?;
        let routers = with_both_transports(&plan.routers);
        let measured = routers.iter().map(|of| idle::measure(plan, of, self.idle_sessions));
        self.show_each(measured, Idle::to_value)
    }

    /// Shows each as soon as it is measured. All of them for programs, unless nobody reads any more.
    fn show_each<T: fmt::Display>(
        &self,
        measured: impl Iterator<Item = Result<T, Error>>,
        to_value: impl Fn(&T) -> Value,
    ) -> Result<Option<Vec<Value>>, Failure> {
        let mut values = Vec::new();
        for measured in measured {
            let measured = measured?;
            if self.show(&measured)? == Reader::Gone {
                return Ok(None);
            }
            values.push(to_value(&measured));
        }
        Ok(Some(values))
    }

    fn plan(&self) -> Result<Plan, Error> {
        let first = match &self.url {
            Some(url) => Router::Running(url.clone(), self.pid.clone()),
            None => Router::Own(self.transport),
        };
        let second = self.against.clone().map(|url| Router::Running(url, self.against_pid.clone()));
        Ok(Plan {
            routers: [Some(first), second].into_iter().flatten().collect(),
            realm: self.realm.clone(),
            serializer: self.serializer,
            rounds: self.rounds.into(),
            round: self.seconds,
            core: self.core.map_or_else(cores::last, Ok).map_err(Error::Core)?,
            program: env::current_exe()
                .map_err(|error| Error::Start { what: "crosspoint".to_owned(), error })?,
        })
    }

    fn measures(&self, measured: Measured) -> bool {
        self.workloads.is_empty() || self.workloads.contains(&measured)
    }

    /// Shows what is there already, for people.
    fn show(&self, part: &impl fmt::Display) -> Result<Reader, Failure> {
        if self.json { Ok(Reader::Reads) } else { print_line(&part.to_string()) }
    }
}

impl From<Workload> for Measured {
    fn from(workload: Workload) -> Measured {
        match workload {
            Workload::PingPong => Measured::PingPong,
            Workload::Pipelined => Measured::Pipelined,
            Workload::Events => Measured::Events,
            Workload::Stalled(_) => Measured::Stalled,
        }
    }
}

fn relay(frame_octets: usize) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format!("the relay has failed: {error}"));
    let relay = Relay::bind(frame_octets).map_err(failed)?;
    match print_line(&relay.url().map_err(failed)?)? {
        Reader::Reads => relay.run().map_err(failed),
        // Whoever started it is gone, and nobody else knows where it listens.
        Reader::Gone => Ok(()),
    }
}

/// A router of ours can be asked over either transport, another one has the one in its URL.
fn with_both_transports(routers: &[Router]) -> Vec<Router> {
    let both = |router: &Router| match router {
        Router::Own(_) => Transport::ALL.map(Router::Own).to_vec(),
        running @ Router::Running(..) => vec![running.clone()],
    };
    routers.iter().flat_map(both).collect()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let failure = Failure::new(error.to_string());
        match error {
            Error::Connect { .. } => {
                failure.hint("look at the URL, and whether the router is running")
            }
            Error::Process { .. } => {
                failure.hint("the process must be on this machine, and yours to look at")
            }
            Error::Sessions { .. } => {
                failure.hint("choose fewer with --idle-sessions or --subscribers")
            }
            Error::Core(_) => failure.hint("choose one of this machine's cores with --core"),
            Error::Unexpected { .. } => failure.hint(
                "the sessions are anonymous, and must be allowed to do everything in the --realm",
            ),
            _ => failure,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "expected a number")?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("expected more than nothing".to_owned()) } else { Ok(duration) }
}
