//! What a file means: checked, and in the types of those who work with it.
//!
//! What is checked here is what a schema cannot say: what contradicts what, and what the router's
//! own types do not take.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_router::authentication::Authentication;
use crosspoint_router::authorization::{self, Actions};
use crosspoint_router::limits::{self, HISTORY_RULES_MAX};
use crosspoint_router::requests;
use crosspoint_router::router::{self, HistoryRule, RealmSettings, Retention, TrustRule};
use crosspoint_transport::tls::server::Acceptor;

use super::document::Document;
use super::file::{
    Action, Authorizer, Clients, Disclosure, File, History, Limits, Listener, Log, Match,
    Permission, Realm, Retained, Role, SlowSubscribers, Transport, TrustLevel, UncountedRequests,
    UriRules,
};
use super::problem::Problem;
use super::tree::{Path, key};
use super::units::{Octets, Period};
use crate::liveness::Liveness;
use crate::place::Place;
use crate::server::{ListenerSettings, ServerSettings};

/// All that a router is started with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) server: ServerSettings,
    pub(crate) log: Log,
}

impl Settings {
    /// What the file means; and what is wrong with it, beside what was found already.
    pub(crate) fn of(file: &File, document: &Document, problems: &mut Vec<Problem>) -> Settings {
        // What is absent may be so because it was wrong.
        let is_whole = problems.is_empty();
        let mut check = Check { file, document, is_whole, problems };
        let server = ServerSettings {
            listeners: check.listeners(),
            realms: check.realms(),
            limits: file.limits.into(),
            uncounted_requests: file.clients.into(),
            store: check.store(),
        };
        Settings { server, log: file.log }
    }
}

pub(super) struct Check<'c> {
    pub(super) file: &'c File,
    pub(super) document: &'c Document,
    /// Nothing of it was left out.
    pub(super) is_whole: bool,
    problems: &'c mut Vec<Problem>,
}

impl Check<'_> {
    fn listeners(&mut self) -> Vec<ListenerSettings> {
        let listeners = &self.file.listeners;
        if listeners.is_empty() && self.is_whole {
            let problem = Problem::new("there is no listener, so nobody could connect");
            let hint = "leave [listeners] out to have one, or describe one in [listeners.main]";
            self.report(&Path::of(&["listeners"]), problem.hint(hint));
        }
        let mut settings = Vec::new();
        for (index, (name, listener)) in listeners.iter().enumerate() {
            let path = Path::of(&["listeners", name]);
            self.check_exposure(&path, listener);
            self.check_length(&path, listener.message_octets_max);
            self.check_address(&path, listener, listeners.iter().take(index));
            self.check_unix(&path, listener, listeners.iter().take(index));
            let place = match &listener.unix {
                Some(unix) => Place::Unix {
                    path: self.resolve(&path.name("unix"), unix),
                    mode: listener.unix_mode.0,
                },
                None => Place::Tcp(listener.address.0),
            };
            let tls = self.tls(&path.name("tls"), &listener.tls);
            settings.push(settings_of_listener(name, listener, place, tls));
        }
        settings
    }

    /// A listener has one place, and no two have the same.
    fn check_unix<'l>(
        &mut self,
        path: &Path,
        listener: &Listener,
        mut earlier: impl Iterator<Item = (&'l String, &'l Listener)>,
    ) {
        let Some(unix) = &listener.unix else { return };
        let place = path.name("unix");
        let is_written = |name| self.document.is_written(&path.name(name));
        if is_written("address") && is_written("unix") {
            let problem = Problem::new("a listener has an address or a Unix socket, not both");
            let hint = "leave one of them out, or describe another listener";
            self.report(&place, problem.hint(hint));
        }
        if unix.as_os_str().is_empty() {
            self.report(&place, Problem::new("the socket has no name").hint("name a file"));
        }
        let taken = earlier.find(|(_, other)| other.unix == listener.unix);
        if let Some((other, _)) = taken {
            let other = Path::of(&["listeners", other]);
            let what = format!("{} is taken by {other}", unix.display());
            self.report(&place, Problem::new(what).hint("give each listener a socket of its own"));
        }
    }

    /// No two listeners can have one port, unless the system chooses it.
    fn check_address<'l>(
        &mut self,
        path: &Path,
        listener: &Listener,
        mut earlier: impl Iterator<Item = (&'l String, &'l Listener)>,
    ) {
        let address = listener.address;
        if listener.unix.is_some() {
            return;
        }
        let taken = earlier.find(|(_, other)| other.unix.is_none() && other.address == address);
        if let Some((other, _)) = taken.filter(|_| self.is_whole && address.0.port() != 0) {
            let what = format!("{address} is taken by {}", Path::of(&["listeners", other]));
            let problem = Problem::new(what).hint("give each listener a port of its own");
            self.report(&path.name("address"), problem);
        }
    }

    /// Where nobody is asked who he is, everybody may do everything: that is for this machine, unless
    /// somebody says that it is meant.
    fn check_exposure(&mut self, path: &Path, listener: &Listener) {
        let open = self.file.realms.iter().find(|(_, realm)| realm.is_open());
        let Some((table, realm)) = open.filter(|_| !listener.open_to_network) else { return };
        if listener.unix.is_some() || listener.address.0.ip().is_loopback() {
            return;
        }
        let name = realm.name.as_ref().unwrap_or(table);
        let what = format!(
            "{} can be reached from other machines, and anybody may do anything in the realm {name}",
            listener.address
        );
        let in_file = format!("open_to_network = true in {}", path.as_table());
        let word = self.advise(&in_file, "--open-to-network");
        let table = key(table);
        let others = format!(
            ", ask for a proof with authmethods in [realms.{table}], say what is allowed in \
             [realms.{table}.roles]"
        );
        let others = self.advise(&others, "");
        let hint =
            format!("listen on 127.0.0.1{others}, or say {word} if the network is yours alone");
        self.report(&path.name("address"), Problem::new(what).hint(hint));
    }

    fn check_length(&mut self, path: &Path, length: Octets) {
        let (least, most) = (LengthLimit::MIN.octets(), LengthLimit::MAX.octets());
        if !(least..=most).contains(&length.to_usize()) {
            let path = path.name("message_octets_max");
            let problem = Problem::new(format!("{path} cannot be {length}"));
            let expected = format!("{} to {} is expected", Octets::from(least), Octets::from(most));
            self.report(&path, problem.label(expected));
        }
    }

    fn realms(&mut self) -> Vec<RealmSettings> {
        let realms = &self.file.realms;
        if realms.is_empty() && self.is_whole {
            let problem = Problem::new("there is no realm, so nobody could join");
            let hint = "leave [realms] out to have one, or describe one in [realms.realm1]";
            self.report(&Path::of(&["realms"]), problem.hint(hint));
        }
        let mut settings: Vec<RealmSettings> = Vec::new();
        for (table, realm) in realms {
            let path = Path::of(&["realms", table]);
            let name = realm.name.as_ref().unwrap_or(table);
            self.check_name(&path, name);
            if self.is_whole && settings.iter().any(|other| other.name == *name) {
                let problem = Problem::new(format!("there are two realms called {name}"));
                self.report(&path.name("name"), problem.hint("give each its own name"));
            }
            let history = self.history(&path, &realm.history);
            if realm.retained.stored && self.has_no_store() {
                let what = format!("the retained events of {name} have nowhere to be stored");
                let problem = Problem::new(what).hint(self.store_hint());
                self.report(&path.name("retained").name("stored"), problem);
            }
            let roles = self.roles(&path, realm);
            let authentication = self.authentication(&path, name, realm);
            settings.push(settings_of_realm(name, realm, history, authentication, roles));
        }
        settings
    }

    fn check_name(&mut self, path: &Path, name: &str) {
        if let Err(invalid) = uri::UriRules::Loose.check(name) {
            let problem = Problem::new(format!("'{name}' cannot be a realm: {invalid}"));
            let hint = "a realm is named like realm1 or com.example.app";
            self.report(&path.name("name"), problem.hint(hint));
        }
    }

    fn history(&mut self, path: &Path, rules: &[History]) -> Vec<HistoryRule> {
        let path = path.name("history");
        if rules.len() > HISTORY_RULES_MAX {
            let problem =
                Problem::new(format!("there may be {HISTORY_RULES_MAX} histories at most"));
            self.report(&path, problem.hint("a prefix or a wildcard covers many topics"));
        }
        let mut settings = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let (path, topic) = (path.item(index), &rule.topic);
            match rule.to_rule() {
                Ok(rule) => settings.push(rule),
                Err(invalid) => {
                    let what = format!("'{topic}' cannot be published to: {invalid}");
                    self.report(&path.name("topic"), Problem::new(what));
                }
            }
            if rule.stored && self.has_no_store() {
                let problem =
                    Problem::new(format!("the history of {topic} has nowhere to be stored"));
                self.report(&path.name("stored"), problem.hint(self.store_hint()));
            }
        }
        settings
    }

    /// `None` if everybody may do everything.
    fn roles(&mut self, path: &Path, realm: &Realm) -> Option<Vec<Arc<authorization::Role>>> {
        let path = path.name("roles");
        let mut roles = Vec::new();
        for (name, role) in &realm.roles {
            let path = path.name(name);
            let permissions = self.permissions(&path, role);
            let authorizer = role.authorizer.as_ref().map(authorization::Authorizer::from);
            if let Some(authorizer) = &authorizer
                && let Err(invalid) = uri::UriRules::Loose.check(&authorizer.procedure)
            {
                let what = format!("'{}' cannot be called: {invalid}", authorizer.procedure);
                self.report(&path.name("authorizer").name("procedure"), Problem::new(what));
            }
            match authorization::Role::new(name, permissions, authorizer) {
                Ok(role) => roles.push(Arc::new(role)),
                Err(invalid) => {
                    let problem = Problem::new(format!("role {name} makes no sense: {invalid}"));
                    self.report(&path.name("permissions"), problem);
                }
            }
        }
        (!realm.roles.is_empty()).then_some(roles)
    }

    fn permissions(&mut self, path: &Path, role: &Role) -> Vec<authorization::Permission> {
        let path = path.name("permissions");
        let mut permissions = Vec::new();
        for (index, permission) in role.permissions.iter().enumerate() {
            match permission.to_permission() {
                Ok(permission) => permissions.push(permission),
                Err(invalid) => {
                    let what = format!("'{}' matches nothing: {invalid}", permission.uri);
                    self.report(&path.item(index).name("uri"), Problem::new(what));
                }
            }
        }
        permissions
    }

    /// Its path as the router can open it.
    fn store(&mut self) -> Option<PathBuf> {
        let path = self.file.store.path.as_ref()?;
        let place = Path::of(&["store", "path"]);
        if path.as_os_str().is_empty() {
            self.report(&place, Problem::new("the store has no name").hint("name a file"));
        }
        Some(self.resolve(&place, path))
    }

    /// A path that stands at this place, as the router can open it.
    pub(super) fn resolve(&self, place: &Path, path: &FilePath) -> PathBuf {
        let folder = self.document.source_of(place).and_then(|source| source.folder());
        folder.map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    fn has_no_store(&self) -> bool {
        self.file.store.path.is_none() && self.is_whole
    }

    fn store_hint(&self) -> String {
        let word = self.advise("path = \"events.store\" in [store]", "--store FILE");
        format!("say where with {word}")
    }

    /// The words of whoever has a file, or of whoever has none.
    fn advise<'w>(&self, file: &'w str, flags: &'w str) -> &'w str {
        if self.document.has_file() { file } else { flags }
    }

    pub(super) fn report(&mut self, path: &Path, problem: Problem) {
        self.problems.push(problem.at(self.document.quote_of(path)));
    }
}

fn settings_of_listener(
    name: &str,
    listener: &Listener,
    place: Place,
    tls: Option<Acceptor>,
) -> ListenerSettings {
    ListenerSettings {
        name: name.to_owned(),
        place,
        tls,
        websocket: listener.transports.contains(&Transport::WebSocket),
        rawsocket: listener.transports.contains(&Transport::RawSocket),
        paths: listener.paths.iter().map(|path| path.0.clone()).collect(),
        message_octets_max: listener.message_octets_max.to_usize(),
        connections_max: size(listener.connections_max),
        connections_per_address_max: size(listener.connections_per_address_max),
        liveness: Liveness {
            ping_interval: listener.ping_interval.0,
            dead_peer_timeout: listener.dead_peer_timeout.0,
        },
    }
}

fn settings_of_realm(
    name: &str,
    realm: &Realm,
    history: Vec<HistoryRule>,
    authentication: Authentication,
    roles: Option<Vec<Arc<authorization::Role>>>,
) -> RealmSettings {
    RealmSettings {
        roles,
        name: name.to_owned(),
        authentication,
        uri_rules: realm.uri_rules.into(),
        disclosure: realm.disclose_caller.into(),
        publisher_disclosure: realm.disclose_publisher.into(),
        trust_rules: realm.trust_levels.iter().map(TrustRule::from).collect(),
        slow_subscribers: realm.slow_subscribers.into(),
        history,
        retention: realm.retained.into(),
        ..RealmSettings::default()
    }
}

impl History {
    pub(crate) fn to_rule(&self) -> Result<HistoryRule, uri::InvalidUri> {
        let mut rule = HistoryRule::new(self.matching.into(), &self.topic)?;
        rule.events_max = size(self.events);
        rule.octets_max = self.octets.to_usize();
        rule.age_max_ms = self.age.map(Period::as_millis);
        rule.persistent = self.stored;
        Ok(rule)
    }
}

impl Permission {
    pub(crate) fn to_permission(&self) -> Result<authorization::Permission, uri::InvalidUri> {
        let mut permission = authorization::Permission::new(self.matching.into(), &self.uri)?;
        permission.allow = self.allow.iter().fold(Actions::NONE, |actions, action| {
            actions.with(match action {
                Action::Call => authorization::Action::Call,
                Action::Register => authorization::Action::Register,
                Action::Publish => authorization::Action::Publish,
                Action::Subscribe => authorization::Action::Subscribe,
            })
        });
        permission.disclose = self.disclose;
        Ok(permission)
    }
}

impl From<&Authorizer> for authorization::Authorizer {
    fn from(authorizer: &Authorizer) -> authorization::Authorizer {
        let Authorizer { procedure, timeout, cache } = authorizer.clone();
        let (timeout_ms, cache_ms) = (timeout.as_millis(), cache.as_millis());
        authorization::Authorizer { procedure, timeout_ms, cache_ms }
    }
}

impl From<&TrustLevel> for TrustRule {
    fn from(trust: &TrustLevel) -> TrustRule {
        let TrustLevel { prefix, role, level } = trust.clone();
        TrustRule { authrole: role, uri_prefix: prefix, level }
    }
}

impl From<Retained> for Retention {
    fn from(retained: Retained) -> Retention {
        let Retained { topics, octets, stored } = retained;
        let (topics_max, octets_max) = (size(topics), octets.to_usize());
        Retention { topics_max, octets_max, persistent: stored }
    }
}

impl From<Limits> for limits::Limits {
    fn from(limits: Limits) -> limits::Limits {
        limits::Limits {
            outbox_octets_max: limits.outbox_octets_max.to_usize(),
            calls_in_flight_max: size(limits.calls_in_flight_max),
            invocations_in_flight_max: size(limits.invocations_in_flight_max),
            kept_octets_max: limits.kept_octets_max.to_usize(),
            calls_waiting_max: size(limits.calls_waiting_max),
            registrations_max: size(limits.registrations_max),
            subscriptions_max: size(limits.subscriptions_max),
            testaments_max: size(limits.testaments_max),
            testaments_octets_max: limits.testaments_octets_max.to_usize(),
        }
    }
}

impl From<Clients> for requests::UncountedRequests {
    fn from(clients: Clients) -> requests::UncountedRequests {
        match clients.uncounted_requests {
            UncountedRequests::Tolerate => requests::UncountedRequests::Tolerate,
            UncountedRequests::Refuse => requests::UncountedRequests::Refuse,
        }
    }
}

impl From<UriRules> for uri::UriRules {
    fn from(rules: UriRules) -> uri::UriRules {
        match rules {
            UriRules::Loose => uri::UriRules::Loose,
            UriRules::Strict => uri::UriRules::Strict,
        }
    }
}

impl From<Disclosure> for router::Disclosure {
    fn from(disclosure: Disclosure) -> router::Disclosure {
        match disclosure {
            Disclosure::Asked => router::Disclosure::Asked,
            Disclosure::Always => router::Disclosure::Always,
            Disclosure::Never => router::Disclosure::Never,
        }
    }
}

impl From<SlowSubscribers> for router::SlowSubscribers {
    fn from(what: SlowSubscribers) -> router::SlowSubscribers {
        match what {
            SlowSubscribers::Drop => router::SlowSubscribers::Drop,
            SlowSubscribers::Close => router::SlowSubscribers::Close,
        }
    }
}

impl From<Match> for MatchPolicy {
    fn from(matching: Match) -> MatchPolicy {
        match matching {
            Match::Exact => MatchPolicy::Exact,
            Match::Prefix => MatchPolicy::Prefix,
            Match::Wildcard => MatchPolicy::Wildcard,
        }
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
