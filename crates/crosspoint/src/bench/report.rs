//! The figures: as a table for people, as JSON for programs.

use std::fmt;

use crosspoint_proto::value::{Dict, Value};

use super::idle::Idle;
use super::party::Sample;
use super::stalled::Stalled;
use super::url::Transport;
use super::workload::Workload;
use super::{Plan, Router};

/// Several parties under one workload.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(super) workload: Workload,
    /// The workload, in words.
    pub(super) what: String,
    /// What the first party is, with which the others are compared.
    pub(super) baseline: &'static str,
    /// By name, and round by round. The relay comes first, if it takes part.
    pub(super) parties: Vec<(String, Vec<Sample>)>,
}

/// The figures of one party.
struct Figures<'a> {
    name: &'a str,
    cpu_us: Spread,
    per_second: Spread,
    /// How often the first party's CPU time of the same round; none for that party itself.
    times_first: Option<Spread>,
}

/// What several rounds have brought.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Sample {
    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count()
    }

    fn per_second(&self) -> f64 {
        self.count() / self.elapsed.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    fn count(&self) -> f64 {
        self.deliveries as f64
    }
}

impl Plan {
    /// The conditions, for programs.
    pub(crate) fn to_dict(&self) -> Dict {
        let mut conditions = Dict::new();
        conditions.insert("version", env!("CARGO_PKG_VERSION"));
        conditions.insert("core", self.core as u64);
        conditions.insert("rounds", self.rounds as u64);
        conditions.insert("seconds", self.round.as_secs_f64());
        conditions.insert("serializer", self.serializer.name());
        conditions
            .insert("transports", self.transports().map(Transport::scheme).collect::<Value>());
        conditions
    }

    fn transports(&self) -> impl Iterator<Item = Transport> {
        self.routers.iter().map(Router::transport)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { serializer, rounds, round, core, .. } = self;
        let transports: Vec<_> = self.transports().map(|transport| transport.to_string()).collect();
        let (transports, seconds) = (transports.join(" and "), round.as_secs_f64());
        writeln!(f, "{transports} with {serializer}, {rounds} rounds of {seconds} s, core {core}")
    }
}

impl Comparison {
    fn figures(&self) -> impl Iterator<Item = Figures<'_>> {
        let first = self.parties.first().map_or(&[][..], |(_name, samples)| samples);
        self.parties.iter().enumerate().map(move |(position, (name, samples))| {
            let pairs = samples.iter().zip(first);
            let ratios = pairs.map(|(party, first)| party.cpu_us() / first.cpu_us());
            Figures {
                name,
                cpu_us: Spread::of(samples.iter().map(Sample::cpu_us)),
                per_second: Spread::of(samples.iter().map(Sample::per_second)),
                times_first: (position > 0).then(|| Spread::of(ratios)),
            }
        })
    }

    /// The same figures for programs.
    pub(crate) fn to_value(&self) -> Value {
        let times_baseline = format!("times_{}", self.baseline.replace(' ', "_"));
        let parties = self.figures().map(|figures| {
            let mut party = Dict::new();
            party.insert("name", figures.name);
            party.insert("cpu_us", figures.cpu_us.to_value());
            party.insert("per_second", figures.per_second.to_value());
            party.insert(&times_baseline, figures.times_first.map(Spread::to_value));
            party
        });
        let mut comparison = Dict::new();
        comparison.insert("workload", self.workload.name());
        comparison.insert("unit", self.workload.unit());
        comparison.insert("parties", parties.collect::<Value>());
        comparison.into()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { workload, what, baseline, .. } = self;
        let unit = workload.unit();
        writeln!(f, "{}: {what}", workload.name())?;
        let width = name_width(self.parties.iter().map(|(name, _samples)| name.as_str()));
        let (cpu, per_second) = (format!("CPU us/{unit}"), format!("{unit}s/s"));
        let times = format!("x {baseline}");
        writeln!(f, "  {:width$} {cpu:>24} {times:>24} {per_second:>10}", "")?;
        for Figures { name, cpu_us, per_second, times_first } in self.figures() {
            let ratio = times_first.map(|ratio| ratio.to_string()).unwrap_or_default();
            let rate = per_second.median;
            writeln!(f, "  {name:width$} {:>24} {ratio:>24} {rate:>10.0}", cpu_us.to_string())?;
        }
        Ok(())
    }
}

impl Spread {
    /// Of at least one value.
    fn of(values: impl Iterator<Item = f64>) -> Spread {
        let mut sorted: Vec<_> = values.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |position: usize| sorted.get(position).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        let median = f64::midpoint(at(last / 2), at(last.div_ceil(2)));
        Spread { median, min: at(0), max: at(last) }
    }

    fn to_value(self) -> Value {
        let mut spread = Dict::new();
        spread.insert("median", self.median);
        spread.insert("min", self.min);
        spread.insert("max", self.max);
        spread.into()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} .. {:.2})", self.median, self.min, self.max)
    }
}

impl Idle {
    /// Octets for each session. A router that has shrunk meanwhile is not blamed.
    fn octets_per_session(&self) -> u64 {
        self.grown_octets / self.sessions.max(1) as u64
    }

    /// The same figures for programs.
    pub(crate) fn to_value(&self) -> Value {
        let mut idle = Dict::new();
        idle.insert("name", self.router.as_str());
        idle.insert("transport", self.transport.scheme());
        idle.insert("sessions", self.sessions as u64);
        idle.insert("octets_per_session", self.octets_per_session());
        idle.into()
    }
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Idle { router, transport, sessions, .. } = self;
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let kib = self.octets_per_session() as f64 / 1024.0;
        writeln!(f, "idle: {sessions} sessions of {router} over {transport}, resident memory")?;
        writeln!(f, "  {kib:.2} KiB/session")
    }
}

impl Stalled {
    /// The same figures for programs.
    pub(crate) fn to_value(&self) -> Value {
        let [all_read, some_stalled] = self.resident_octets;
        let mut stalled = Dict::new();
        stalled.insert("comparison", self.comparison.to_value());
        stalled.insert("resident_octets", [all_read, some_stalled].into_iter().collect::<Value>());
        stalled.into()
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [all_read, some_stalled] = self.resident_octets.map(mib);
        write!(f, "{}", self.comparison)?;
        writeln!(f, "  resident memory: {all_read:.1} MiB and {some_stalled:.1} MiB")
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn mib(octets: u64) -> f64 {
    octets as f64 / f64::from(1 << 20)
}

fn name_width<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn samples(cpu_us: [u64; 3]) -> Vec<Sample> {
        let sample = |cpu| Sample {
            deliveries: 1000,
            cpu: Duration::from_millis(cpu),
            elapsed: Duration::from_millis(500),
        };
        cpu_us.map(sample).to_vec()
    }

    fn comparison() -> Comparison {
        let workload = Workload::PingPong;
        let (relay, router) = (samples([10, 20, 12]), samples([15, 24, 18]));
        Comparison {
            workload,
            what: workload.to_string(),
            baseline: "relay",
            parties: vec![("relay".into(), relay), ("crosspoint".into(), router)],
        }
    }

    #[test]
    fn people_get_a_table() {
        let table = "\
ping-pong: 1 caller, 1 callee, one call at a time
                          CPU us/call                  x relay    calls/s
  relay        12.00 (10.00 .. 20.00)                                2000
  crosspoint   18.00 (15.00 .. 24.00)      1.50 (1.20 .. 1.50)       2000
";
        assert_eq!(comparison().to_string(), table);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let spread = Spread::of([4.0, 1.0, 2.0, 3.0].into_iter());
        assert_eq!(spread, Spread { median: 2.5, min: 1.0, max: 4.0 });
    }
}
