//! What the file means by its realms, and what is wrong with them.

use std::collections::HashSet;
use std::sync::Arc;

use crosspoint_proto::uri::{self, MatchPolicy};
use crosspoint_router::authentication::Authentication;
use crosspoint_router::authorization::{self, Actions, Permitted};
use crosspoint_router::limits::HISTORY_RULES_MAX;
use crosspoint_router::router::{self, HistoryRule, RealmSettings, Retention, TrustRule};

use super::super::file::{
    Action, Authorizer, Disclosure, History, Listener, Match, Method, Permission, Realm, Retained,
    Role, SlowSubscribers, TrustLevel, UriRules,
};
use super::super::problem::Problem;
use super::super::tree::Path;
use super::super::units::Period;
use super::{Check, size};

impl Check<'_> {
    pub(super) fn realms(&mut self) -> Vec<RealmSettings> {
        let realms = &self.file.realms;
        if realms.is_empty() && self.is_whole {
            let problem = Problem::new("there is no realm, so nobody could join");
            let hint = "leave [realms] out to have one, or describe one in [realms.realm1]";
            self.report(&Path::of(&["realms"]), problem.hint(hint));
        }
        let mut settings: Vec<RealmSettings> = Vec::new();
        let mut names = HashSet::new();
        for (table, realm) in realms {
            let path = Path::of(&["realms", table]);
            let name = realm.name.as_ref().unwrap_or(table);
            self.check_name(&path, name);
            if !names.insert(name) && self.is_whole {
                let problem = Problem::new(format!("there are two realms called {name}"));
                self.report(&path.name("name"), problem.hint("give each its own name"));
            }
            let history = self.history(&path, &realm.history);
            if realm.retained.stored && self.has_no_store() {
                let what = format!("the retained events of {name} have nowhere to be stored");
                let problem = Problem::new(what).hint(self.store_hint());
                self.report(&path.name("retained").name("stored"), problem);
            }
            self.check_named_roles(&path, realm);
            let permitted = self.permitted(&path, realm);
            let authentication = self.authentication(&path, name, realm);
            settings.push(settings_of_realm(name, realm, history, authentication, permitted));
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

    fn permitted(&mut self, path: &Path, realm: &Realm) -> Permitted {
        if !realm.roles.is_empty() {
            return Permitted::ByRole(self.roles(path, realm));
        }
        let is_within = self.file.listeners.values().all(Listener::is_within_this_machine);
        let is_development = realm.authmethods == [Method::Anonymous] && is_within;
        if is_development { Permitted::Everything } else { Permitted::NothingAgainstOthers }
    }

    fn roles(&mut self, path: &Path, realm: &Realm) -> Vec<Arc<authorization::Role>> {
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
        roles
    }

    fn permissions(&mut self, path: &Path, role: &Role) -> Vec<authorization::Permission> {
        let path = path.name("permissions");
        let mut permissions = Vec::new();
        for (index, permission) in role.permissions.iter().enumerate() {
            match permission.to_permission() {
                Ok(taken) => match permission.meant_by_stars() {
                    None => permissions.push(taken),
                    Some(hint) => {
                        let what = format!("the star in '{}' is no wildcard", permission.uri);
                        self.report(&path.item(index).name("uri"), Problem::new(what).hint(hint));
                    }
                },
                Err(invalid) => {
                    let what = format!("'{}' matches nothing: {invalid}", permission.uri);
                    self.report(&path.item(index).name("uri"), Problem::new(what));
                }
            }
        }
        permissions
    }
}

fn settings_of_realm(
    name: &str,
    realm: &Realm,
    history: Vec<HistoryRule>,
    authentication: Authentication,
    permitted: Permitted,
) -> RealmSettings {
    RealmSettings {
        permitted,
        name: name.to_owned(),
        authentication,
        sessions_max: realm.sessions_max.map(size),
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
    /// What somebody has to say who means all that begins with something, or any component, by a star.
    pub(crate) fn meant_by_stars(&self) -> Option<String> {
        let Permission { uri, matching, .. } = self;
        let is_star = |component: &str| component == "*";
        let begin = uri.strip_suffix('*').filter(|_| *matching != Match::Wildcard);
        if let Some(begin) = begin.filter(|begin| !begin.split('.').any(is_star)) {
            return Some(format!(r#"say uri = "{begin}", match = "prefix""#));
        }
        let components = uri.split('.').map(|it| if is_star(it) { "" } else { it });
        let pattern = components.collect::<Vec<_>>().join(".");
        (pattern != *uri).then(|| format!(r#"say uri = "{pattern}", match = "wildcard""#))
    }

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
