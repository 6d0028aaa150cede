//! Who can get to a listener, and what anybody may do then who does not say who he is.

use super::super::file::{Action, Listener, Match, Method, Realm};
use super::super::problem::Problem;
use super::super::tree::{Path, key};
use super::Check;

impl Check<'_> {
    /// Where nobody is asked who he is, everybody may do everything: that is for this machine, unless
    /// somebody says that it is meant.
    pub(super) fn check_exposure(&mut self, path: &Path, listener: &Listener) {
        let open = self.file.realms.iter().find(|(_, realm)| realm.is_open());
        let Some((table, realm)) = open.filter(|_| !listener.open_to_network) else { return };
        if listener.is_within_this_machine() {
            return;
        }
        let name = realm.name.as_ref().unwrap_or(table);
        let (place, reached, instead) = if listener.proxies.is_empty() {
            let reached = format!("{} can be reached from other machines", listener.address);
            ("address", reached, "listen on 127.0.0.1")
        } else {
            let reached = "whoever gets to its proxies can connect here".to_owned();
            ("proxies", reached, "leave the proxies out")
        };
        let what = format!("{reached}, and anybody may do anything in the realm {name}");
        let in_file = format!("open_to_network = true in {}", path.as_table());
        let word = self.advise(&in_file, "--open-to-network");
        let table = key(table);
        let role = if realm.roles.is_empty() {
            format!("say what is allowed in [realms.{table}.roles]")
        } else {
            format!("allow less in [realms.{table}.roles.{}]", key(&realm.anonymous_role))
        };
        let others = format!(", ask for a proof with authmethods in [realms.{table}], {role}");
        let others = self.advise(&others, "");
        let hint = format!("{instead}{others}, or say {word} if the network is yours alone");
        self.report(&path.name(place), Problem::new(what).hint(hint));
    }
}

impl Realm {
    /// May anybody do anything there? It has no roles, or that of anonymous sessions has everything.
    pub(crate) fn is_open(&self) -> bool {
        if !self.authmethods.contains(&Method::Anonymous) {
            return false;
        }
        let Some(role) = self.roles.get(&self.anonymous_role) else { return self.roles.is_empty() };
        let every = [Action::Call, Action::Register, Action::Publish, Action::Subscribe];
        role.permissions.iter().any(|permission| {
            let is_everywhere = permission.uri.is_empty() && permission.matching == Match::Prefix;
            is_everywhere && every.iter().all(|action| permission.allow.contains(action))
        })
    }
}
