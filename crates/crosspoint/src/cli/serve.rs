//! `crosspoint serve`: the router, until a signal ends it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use crosspoint_proto::uri::UriRules;
use crosspoint_router::limits::{HISTORY_RULES_MAX, Limits};
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{
    Disclosure, HistoryRule, RealmSettings, Retention, SlowSubscribers, TrustRule,
};
use tracing_subscriber::EnvFilter;

use super::Failure;
use super::history::history_rule;
use super::output::print_line;
use super::signals::Signals;
use crate::liveness::Liveness;
use crate::server::{Server, ServerSettings, StartError};
use crate::store::StoreError;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const DEFAULT_REALM: &str = "realm1";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Serve {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = DEFAULT_LISTEN, env = "CROSSPOINT_LISTEN")]
    listen: SocketAddr,

    /// A realm that clients can join; may be given several times
    #[arg(long = "realm", value_name = "REALM", default_value = DEFAULT_REALM, env = "CROSSPOINT_REALM", value_delimiter = ',')]
    realms: Vec<String>,

    /// Hold procedures and topics to lower-case letters, digits and '_' between their dots
    #[arg(long)]
    strict_uris: bool,

    /// Whether callees get to know who calls: when caller or callee asks for it, always, or never
    #[arg(long, value_name = "WHEN", default_value = "asked", value_parser = disclosure())]
    disclose_caller: Disclosure,

    /// Whether subscribers get to know who publishes: when the publisher asks for it, always, or never
    #[arg(long, value_name = "WHEN", default_value = "asked", value_parser = disclosure())]
    disclose_publisher: Disclosure,

    /// What happens to a subscriber whose queue is full: it loses events, or its session
    #[arg(long, value_name = "WHAT", default_value = "drop", value_parser = slow_subscribers())]
    slow_subscribers: SlowSubscribers,

    /// Of which topics a history is kept, which clients can ask for, and how much: the last
    /// 1000 events and 16M octets, unless it says something else. With 'stored' it is in the store,
    /// too. May be given several times, and the most specific one counts
    #[arg(
        long,
        value_name = "[MATCH:]TOPIC[,events=N][,octets=N][,age=N][,stored]",
        value_parser = history_rule
    )]
    history: Vec<HistoryRule>,

    /// The file where events are kept that outlive the router; it is made if it is not there
    #[arg(long, value_name = "FILE", env = "CROSSPOINT_STORE")]
    store: Option<PathBuf>,

    /// Keep retained events in the store, too
    #[arg(long, requires = "store")]
    store_retained: bool,

    /// How far calls of procedures, and publications to topics, that begin with PREFIX are trusted (of
    /// sessions in ROLE, where that is given); may be given several times, and the first that fits
    /// counts
    #[arg(long = "trust-level", value_name = "[ROLE@]PREFIX=LEVEL", value_parser = trust_rule)]
    trust_rules: Vec<TrustRule>,

    /// Ping WebSocket clients from which nothing has come for so long, and end their sessions if
    /// nothing comes for as long again; 'off' sends no pings
    #[arg(long, value_name = "SECONDS", default_value_t = SecondsOrOff(Liveness::default().ping_interval), env = "CROSSPOINT_PING_INTERVAL")]
    ping_interval: SecondsOrOff,

    /// End TCP connections whose peer's system does not answer for so long, or has no room for so
    /// long for what is sent to it; 'off' leaves it to this system
    #[arg(long, value_name = "SECONDS", default_value_t = SecondsOrOff(Liveness::default().dead_peer_timeout), env = "CROSSPOINT_DEAD_PEER_TIMEOUT")]
    dead_peer_timeout: SecondsOrOff,

    /// Listen beyond this machine, although anybody who connects may do anything
    #[arg(long)]
    open_to_network: bool,

    /// Refuse clients that do not number their requests 1, 2, 3, ... as WAMP demands
    #[arg(long)]
    refuse_uncounted_requests: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        if !self.listen.ip().is_loopback() && !self.open_to_network {
            let what = format!(
                "{} can be reached from other machines, and every session may do everything",
                self.listen
            );
            return Err(Failure::new(what).hint(
                "listen on 127.0.0.1, or say --open-to-network if the network is yours alone",
            ));
        }
        self.check_history()?;
        for realm in &self.realms {
            UriRules::Loose.check(realm).map_err(|invalid| {
                Failure::new(format!("'{realm}' cannot be a realm: {invalid}"))
                    .hint("a realm is named like realm1 or com.example.app")
            })?;
        }
        tracing_subscriber::fmt()
            .with_env_filter(
                EnvFilter::try_from_env("CROSSPOINT_LOG").unwrap_or_else(|_| "warn".into()),
            )
            .with_writer(io::stderr)
            .init();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("cannot start: {error}")))?;
        let done = runtime.block_on(self.serve());
        // To drop it would wait for a store whose disk hangs; the process's end does not.
        runtime.shutdown_background();
        done
    }

    async fn serve(self) -> Result<(), Failure> {
        let mut signals = Signals::new()
            .map_err(|error| Failure::new(format!("cannot listen for signals: {error}")))?;
        let server = Server::start(ServerSettings {
            listen: self.listen,
            realms: self.realm_settings(),
            limits: Limits::default(),
            uncounted_requests: if self.refuse_uncounted_requests {
                UncountedRequests::Refuse
            } else {
                UncountedRequests::Tolerate
            },
            liveness: Liveness {
                ping_interval: self.ping_interval.0,
                dead_peer_timeout: self.dead_peer_timeout.0,
            },
            store: self.store.clone(),
        })
        .await
        .map_err(|error| match error {
            StartError::Listen(error) => cannot_listen(self.listen, &error),
            StartError::Store(error) => cannot_store(&error),
        })?;
        // Whether anybody reads the banner is nothing to the clients.
        let _ = print_line(&self.banner(server.address()));
        signals.next().await;
        // As a task, which a second signal leaves where it is: to drop it would close the store.
        let end = tokio::spawn(server.shut_down());
        tokio::select! {
            ended = end => ended.map_err(|panic| Failure::new(format!("did not end well: {panic}"))),
            () = signals.next() => Err(Failure::new("stopped at once, by a second signal")),
        }
    }

    fn check_history(&self) -> Result<(), Failure> {
        let stored = self.history.iter().find(|rule| rule.persistent);
        if let (Some(rule), None) = (stored, &self.store) {
            let what = format!("the history of {} has nowhere to be stored", rule.topic());
            return Err(Failure::new(what).hint("say where with --store FILE"));
        }
        if self.history.len() > HISTORY_RULES_MAX {
            let what = format!("there may be {HISTORY_RULES_MAX} histories at most");
            return Err(Failure::new(what).hint("a prefix or a wildcard covers many topics"));
        }
        Ok(())
    }

    fn realm_settings(&self) -> Vec<RealmSettings> {
        let settings = |name: &String| RealmSettings {
            uri_rules: if self.strict_uris { UriRules::Strict } else { UriRules::Loose },
            disclosure: self.disclose_caller,
            publisher_disclosure: self.disclose_publisher,
            slow_subscribers: self.slow_subscribers,
            history: self.history.clone(),
            retention: Retention { persistent: self.store_retained, ..Retention::default() },
            trust_rules: self.trust_rules.clone(),
            ..RealmSettings::from(name.as_str())
        };
        self.realms.iter().map(settings).collect()
    }

    fn banner(&self, address: SocketAddr) -> String {
        let version = env!("CARGO_PKG_VERSION");
        // As it was called, so that the commands below can be pasted.
        let program = std::env::args().next().unwrap_or_else(|| "crosspoint".to_owned());
        let noun = if self.realms.len() == 1 { "realm" } else { "realms" };
        let realms = self.realms.join(", ");
        let reach = if address.ip().is_loopback() { "on this machine" } else { "who can connect" };
        let options = self.client_options(address);
        format!(
            "Crosspoint {version}, a WAMP router

  WebSocket  ws://{address}/ws
  RawSocket  rs://{address}
  browser    http://{address}/
  {noun:9}  {realms}

This is the development default: anybody {reach} may do anything.
In a second terminal, provide a procedure; in a third one, call it:

  {program} register{options} com.example.date -- date
  {program} call{options} com.example.date

Ctrl-C ends it."
        )
    }

    /// What a client on this machine has to say to come here, where it is not the default.
    fn client_options(&self, address: SocketAddr) -> String {
        let url = (address != DEFAULT_LISTEN).then(|| format!(" --url ws://{address}/ws"));
        let realm = self.realms.first().filter(|realm| *realm != DEFAULT_REALM);
        let realm = realm.map(|realm| format!(" --realm {realm}"));
        url.into_iter().chain(realm).collect()
    }
}

/// A time in seconds; nothing is `off`.
#[derive(Clone, Copy, Debug)]
struct SecondsOrOff(Option<Duration>);

/// Longer than anybody waits for a sign of life: who writes more means something else, or `off`.
const SECONDS_MAX: u64 = 60 * 60;

impl FromStr for SecondsOrOff {
    type Err = String;

    fn from_str(text: &str) -> Result<SecondsOrOff, String> {
        match text.parse() {
            _ if text == "off" => Ok(SecondsOrOff(None)),
            Ok(0) => Ok(SecondsOrOff(None)),
            Ok(seconds @ 1..=SECONDS_MAX) => Ok(SecondsOrOff(Some(Duration::from_secs(seconds)))),
            _ => Err(format!("it is a number of seconds, up to {SECONDS_MAX}, or 'off'")),
        }
    }
}

impl fmt::Display for SecondsOrOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(duration) => write!(f, "{}", duration.as_secs()),
            None => f.write_str("off"),
        }
    }
}

fn disclosure() -> impl TypedValueParser<Value = Disclosure> {
    PossibleValuesParser::new(["asked", "always", "never"]).map(|when| match when.as_str() {
        "always" => Disclosure::Always,
        "never" => Disclosure::Never,
        _ => Disclosure::Asked,
    })
}

fn slow_subscribers() -> impl TypedValueParser<Value = SlowSubscribers> {
    PossibleValuesParser::new(["drop", "close"]).map(|what| match what.as_str() {
        "close" => SlowSubscribers::Close,
        _ => SlowSubscribers::Drop,
    })
}

/// `user@com.example.=2`
fn trust_rule(text: &str) -> Result<TrustRule, String> {
    let expected = "a trust level is like com.example.=2 or user@com.example.=2";
    let (subject, level) = text.rsplit_once('=').ok_or(expected)?;
    let level = level.parse().map_err(|_| expected)?;
    let (authrole, prefix) = match subject.split_once('@') {
        Some((authrole, prefix)) => (Some(authrole.to_owned()), prefix),
        None => (None, subject),
    };
    Ok(TrustRule { authrole, uri_prefix: prefix.to_owned(), level })
}

fn cannot_store(error: &StoreError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let failure = Failure::new(format!("cannot listen on {address}: {error}"));
    match error.kind() {
        io::ErrorKind::AddrInUse => failure
            .hint("another program has the port, perhaps another router; choose one with --listen"),
        io::ErrorKind::PermissionDenied => {
            failure.hint("ports below 1024 need privileges; choose another with --listen")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_off() {
        for (text, seconds) in [("1", Some(1)), ("3600", Some(3600)), ("0", None), ("off", None)] {
            let SecondsOrOff(parsed) = text.parse().unwrap();
            assert_eq!(parsed, seconds.map(Duration::from_secs), "{text}");
        }
        for text in ["", "-1", "1.5", "1s", "3601", "Off", "never"] {
            assert!(text.parse::<SecondsOrOff>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_can_be_typed() {
        for text in ["45", "off"] {
            assert_eq!(text.parse::<SecondsOrOff>().unwrap().to_string(), text);
        }
    }
}
