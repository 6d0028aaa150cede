//! The options of `crosspoint serve`, as far as they are settings that a file may have, too.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::TypedValueParser;
use serde::Serialize;
use toml::{Table, Value};

use super::choices::by_name;
use super::history::history;
use crate::config::document::Document;
use crate::config::environment::variable_for;
use crate::config::file::{
    DEFAULT_LISTENER, DEFAULT_REALM, Disclosure, History, SlowSubscribers, TrustLevel,
    UncountedRequests, UriRules,
};
use crate::config::problem::Problem;
use crate::config::units::Patience;

/// What was typed, and nothing else: what was not typed may stand in the file.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Flags {
    /// Where to listen; port 0 lets the system choose [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", env = "CROSSPOINT_LISTEN")]
    listen: Option<SocketAddr>,

    /// A realm that clients can join; may be given several times [default: realm1]
    #[arg(long = "realm", value_name = "REALM", env = "CROSSPOINT_REALM", value_delimiter = ',')]
    realms: Vec<String>,

    /// Hold procedures and topics to lower-case letters, digits and '_' between their dots
    #[arg(long)]
    strict_uris: bool,

    /// Whether callees get to know who calls: when caller or callee asks for it (which is the
    /// default), always, or never
    #[arg(long, value_name = "WHEN", value_parser = disclosure())]
    disclose_caller: Option<Disclosure>,

    /// Whether subscribers get to know who publishes: when the publisher asks for it (which is the
    /// default), always, or never
    #[arg(long, value_name = "WHEN", value_parser = disclosure())]
    disclose_publisher: Option<Disclosure>,

    /// What happens to a subscriber whose queue is full: it loses events (which is the default), or
    /// its session
    #[arg(long, value_name = "WHAT", value_parser = slow_subscribers())]
    slow_subscribers: Option<SlowSubscribers>,

    /// Of which topics a history is kept, which clients can ask for, and how much: the last
    /// 1000 events and 16M octets, unless it says something else. With 'stored' it is in the store,
    /// too. May be given several times, and the most specific one counts
    #[arg(
        long,
        value_name = "[MATCH:]TOPIC[,events=N][,octets=N][,age=N][,stored]",
        value_parser = history
    )]
    history: Vec<History>,

    /// The file where events are kept that outlive the router; it is made if it is not there
    #[arg(long, value_name = "FILE", env = "CROSSPOINT_STORE")]
    store: Option<PathBuf>,

    /// Keep retained events in the store, too
    #[arg(long)]
    store_retained: bool,

    /// How far calls of procedures, and publications to topics, that begin with PREFIX are trusted (of
    /// sessions in ROLE, where that is given); may be given several times, and the first that fits
    /// counts
    #[arg(long = "trust-level", value_name = "[ROLE@]PREFIX=LEVEL", value_parser = trust_level)]
    trust_levels: Vec<TrustLevel>,

    /// Ping WebSocket clients from which nothing has come for so long, and end their sessions if
    /// nothing comes for as long again; 'off' sends no pings [default: 45]
    #[arg(long, value_name = "SECONDS", value_parser = patience, env = "CROSSPOINT_PING_INTERVAL")]
    ping_interval: Option<Patience>,

    /// End TCP connections whose peer's system does not answer for so long, or has no room for so
    /// long for what is sent to it; 'off' leaves it to this system [default: 90]
    #[arg(long, value_name = "SECONDS", value_parser = patience, env = "CROSSPOINT_DEAD_PEER_TIMEOUT")]
    dead_peer_timeout: Option<Patience>,

    /// Listen beyond this machine, although anybody who connects may do anything
    #[arg(long)]
    open_to_network: bool,

    /// Refuse clients that do not number their requests 1, 2, 3, ... as WAMP demands
    #[arg(long)]
    refuse_uncounted_requests: bool,
}

/// What a flag says: which one, of which setting, and what.
type Said = (&'static str, &'static [&'static str], Value);

impl Flags {
    /// Says the same in a document.
    pub(super) fn say_in(&self, document: &mut Document) {
        if let Err(problem) = self.try_say_in(document) {
            document.problems.push(*problem);
        }
    }

    fn try_say_in(&self, document: &mut Document) -> Result<(), Box<Problem>> {
        for (flag, setting, value) in self.of_listener()? {
            let listener = only_listener(document, flag, setting)?;
            document.add_flag(&[&["listeners", listener.as_str()], setting].concat(), &value);
        }
        self.say_realms(document)?;
        let mut realms = names(document, "realms");
        if realms.is_empty() {
            realms.push(DEFAULT_REALM.to_owned());
        }
        for (_, setting, value) in self.of_realms()? {
            for realm in &realms {
                document.add_flag(&[&["realms", realm.as_str()], setting].concat(), &value);
            }
        }
        for (_, setting, value) in self.of_the_router()? {
            document.add_flag(setting, &value);
        }
        Ok(())
    }

    fn of_listener(&self) -> Result<Vec<Said>, Box<Problem>> {
        let address = self.listen.map(|address| address.to_string());
        Ok(said([
            ("--listen", &["address"], value(address)?),
            ("--open-to-network", &["open_to_network"], value(given(self.open_to_network))?),
            ("--ping-interval", &["ping_interval"], value(self.ping_interval)?),
            ("--dead-peer-timeout", &["dead_peer_timeout"], value(self.dead_peer_timeout)?),
        ]))
    }

    fn of_realms(&self) -> Result<Vec<Said>, Box<Problem>> {
        let uri_rules = self.strict_uris.then_some(UriRules::Strict);
        let history = Some(&self.history).filter(|rules| !rules.is_empty());
        let trust_levels = Some(&self.trust_levels).filter(|levels| !levels.is_empty());
        Ok(said([
            ("--strict-uris", &["uri_rules"], value(uri_rules)?),
            ("--disclose-caller", &["disclose_caller"], value(self.disclose_caller)?),
            ("--disclose-publisher", &["disclose_publisher"], value(self.disclose_publisher)?),
            ("--slow-subscribers", &["slow_subscribers"], value(self.slow_subscribers)?),
            ("--history", &["history"], value(history)?),
            ("--trust-level", &["trust_levels"], value(trust_levels)?),
            ("--store-retained", &["retained", "stored"], value(given(self.store_retained))?),
        ]))
    }

    fn of_the_router(&self) -> Result<Vec<Said>, Box<Problem>> {
        let refuse = self.refuse_uncounted_requests.then_some(UncountedRequests::Refuse);
        Ok(said([
            ("--store", &["store", "path"], value(self.store.as_ref())?),
            ("--refuse-uncounted-requests", &["clients", "uncounted_requests"], value(refuse)?),
        ]))
    }

    /// Which realms there are; or, if the file has one, what that is called.
    fn say_realms(&self, document: &mut Document) -> Result<(), Box<Problem>> {
        match (names(document, "realms").as_slice(), self.realms.as_slice()) {
            (_, []) => {}
            ([], realms) => {
                for realm in realms {
                    document.add_flag(&["realms", realm], &Value::Table(Table::new()));
                }
            }
            ([table], [name]) => {
                document.add_flag(&["realms", table, "name"], &Value::from(name.as_str()));
            }
            (tables, _) => {
                let what = format!("--realm cannot add to the realms {}", tables.join(", "));
                let hint = "say it in the file, and leave out --realm and CROSSPOINT_REALM";
                return Err(Problem::new(what).hint(hint).into());
            }
        }
        Ok(())
    }
}

/// Flags are for those who have one listener; with several it would be a guess which is meant.
fn only_listener(
    document: &Document,
    flag: &str,
    setting: &[&str],
) -> Result<String, Box<Problem>> {
    match names(document, "listeners").as_slice() {
        [] => Ok(DEFAULT_LISTENER.to_owned()),
        [listener] => Ok(listener.clone()),
        listeners @ [first, ..] => {
            let what = format!("{flag} may mean each of the listeners {}", listeners.join(", "));
            let variable =
                variable_for(["listeners", first].into_iter().chain(setting.iter().copied()));
            Err(Problem::new(what).hint(format!("say it in the file, or with {variable}")).into())
        }
    }
}

/// What the tables in this one are called.
fn names(document: &Document, table: &str) -> Vec<String> {
    document.table(&[table]).into_iter().flat_map(|table| table.keys().cloned()).collect()
}

fn given(flag: bool) -> Option<bool> {
    flag.then_some(true)
}

/// As the file has it.
fn value(of: Option<impl Serialize>) -> Result<Option<Value>, Box<Problem>> {
    let value = of.map(Value::try_from).transpose();
    value.map_err(|error| Problem::new(format!("this cannot be a setting: {error}")).into())
}

/// Those that were given.
fn said<const N: usize>(
    flags: [(&'static str, &'static [&'static str], Option<Value>); N],
) -> Vec<Said> {
    let said = |(flag, setting, value): (_, _, Option<_>)| Some((flag, setting, value?));
    flags.into_iter().filter_map(said).collect()
}

/// Seconds, or a time with its unit; nothing is `off`.
fn patience(text: &str) -> Result<Patience, String> {
    let seconds = text.parse::<u64>().ok();
    let patience = match seconds {
        Some(0) => Some(Patience(None)),
        Some(seconds) => Patience::from_secs(seconds),
        None => text.parse().ok(),
    };
    patience.ok_or_else(|| "it is a number of seconds, up to 3600, or 'off'".to_owned())
}

fn disclosure() -> impl TypedValueParser<Value = Disclosure> {
    by_name(&[Disclosure::Asked, Disclosure::Always, Disclosure::Never], |when| match when {
        Disclosure::Asked => "asked",
        Disclosure::Always => "always",
        Disclosure::Never => "never",
    })
}

fn slow_subscribers() -> impl TypedValueParser<Value = SlowSubscribers> {
    by_name(&[SlowSubscribers::Drop, SlowSubscribers::Close], |what| match what {
        SlowSubscribers::Drop => "drop",
        SlowSubscribers::Close => "close",
    })
}

/// `user@com.example.=2`
fn trust_level(text: &str) -> Result<TrustLevel, String> {
    let expected = "a trust level is like com.example.=2 or user@com.example.=2";
    let (subject, level) = text.rsplit_once('=').ok_or(expected)?;
    let level = level.parse().map_err(|_| expected)?;
    let (role, prefix) = match subject.split_once('@') {
        Some((role, prefix)) => (Some(role.to_owned()), prefix),
        None => (None, subject),
    };
    Ok(TrustLevel { prefix: prefix.to_owned(), role, level })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_seconds_or_off() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (text, time) in [
            ("1", seconds(1)),
            ("3600", seconds(3600)),
            ("90s", seconds(90)),
            ("1 min", seconds(60)),
            ("0", None),
            ("off", None),
        ] {
            assert_eq!(patience(text), Ok(Patience(time)), "{text}");
        }
        for text in ["", "-1", "1.5", "1 week", "3601", "Off", "never"] {
            assert!(patience(text).is_err(), "{text}");
        }
    }
}
