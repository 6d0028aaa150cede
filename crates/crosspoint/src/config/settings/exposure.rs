//! Who can get to a listener, and what anybody may do then who does not say who he is.
//!
//! Where that is everything, the router does not start, unless it is said to be meant. Where it is to register whole
//! namespaces, there is a warning: a stranger gets calls then that are for others. To call, publish and subscribe
//! widely is what realms for the public are for, and needs no more words than the permission.

use super::super::file::{Action, Listener, Match, Method, Permission, Realm, Role, Transport};
use super::super::problem::Problem;
use super::super::sites::Site;
use super::super::tree::{Path, key};
use super::Check;
use crate::origins::Origin;

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
        let (place, instead) = if listener.proxies.is_empty() {
            ("address", "listen on 127.0.0.1")
        } else {
            ("proxies", "leave the proxies out")
        };
        let reached = listener.reached();
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

    /// A stranger who registers a whole namespace gets the calls of procedures that are not there yet, or that have
    /// gone for a moment.
    pub(super) fn warn_of_strangers(&mut self) {
        let exposed = |(_, listener): &(&String, &Listener)| {
            !listener.is_within_this_machine() && !listener.open_to_network
        };
        let Some((listener, settings)) = self.file.listeners.iter().find(exposed) else { return };
        let (listener, reached) = (Path::of(&["listeners", listener]), settings.reached());
        for (table, realm) in &self.file.realms {
            let (path, name) = (Path::of(&["realms", table]), realm.name.as_ref().unwrap_or(table));
            for (index, permission) in realm.namespaces_of_strangers() {
                let procedures = permission.procedures();
                let what =
                    format!("{reached}, and anybody may register {procedures} in the realm {name}");
                let hint = format!(
                    "allow that below a prefix of their own, like com.example.public., ask for a proof with \
                     authmethods in {}, or say open_to_network = true in {} if strangers may get others' calls",
                    path.as_table(),
                    listener.as_table()
                );
                let place = path.name("roles").name(&realm.anonymous_role).name("permissions");
                self.warn(&place.item(index).name("uri"), Problem::new(what).hint(hint));
            }
        }
    }

    /// What a browser on this machine shows comes from anywhere.
    pub(super) fn warn_of_pages(&mut self) {
        let Some((table, realm)) = self.file.realms.iter().find(|(_, realm)| realm.is_open())
        else {
            return;
        };
        let name = realm.name.as_ref().unwrap_or(table);
        for (listener, settings) in &self.file.listeners {
            if !settings.takes_all_pages() || settings.open_to_network {
                continue;
            }
            let path = Path::of(&["listeners", listener]);
            let what = format!(
                "any page that a browser on this machine shows can connect here, and may do anything in the \
                 realm {name}"
            );
            let hint = format!(
                "name the sites that are meant, ask for a proof with authmethods in [realms.{}], or say \
                 open_to_network = true in {}",
                key(table),
                path.as_table()
            );
            self.warn(&path.name("origins"), Problem::new(what).hint(hint));
        }
    }
}

impl Listener {
    /// Also those of strangers, though it is for this machine alone?
    fn takes_all_pages(&self) -> bool {
        let origins = self.origins.iter().flatten();
        self.unix.is_none()
            && self.is_within_this_machine()
            && self.transports.contains(&Transport::WebSocket)
            && origins.map(|Site(origin)| origin).any(Origin::is_anybodys)
    }

    /// By whom, if not from this machine alone.
    fn reached(&self) -> String {
        if self.proxies.is_empty() {
            return format!("{} can be reached from other machines", self.address);
        }
        "whoever gets to its proxies can connect here".to_owned()
    }
}

impl Realm {
    /// May anybody do anything there? It has no roles, or that of anonymous sessions has everything.
    pub(crate) fn is_open(&self) -> bool {
        let is_unsaid = self.roles.is_empty() && self.authmethods.contains(&Method::Anonymous);
        is_unsaid || self.role_of_strangers().is_some_and(Role::has_everything)
    }

    /// That of those who do not say who they are, if there are any, and it is described.
    fn role_of_strangers(&self) -> Option<&Role> {
        let role = self.roles.get(&self.anonymous_role)?;
        self.authmethods.contains(&Method::Anonymous).then_some(role)
    }

    /// Where they may register what is not an application's, with the places of these permissions.
    fn namespaces_of_strangers(&self) -> impl Iterator<Item = (usize, &Permission)> {
        let permissions = self.role_of_strangers().into_iter().flat_map(|role| &role.permissions);
        permissions.enumerate().filter(|(_, permission)| {
            permission.allow.contains(&Action::Register) && permission.is_for_namespaces()
        })
    }
}

impl Role {
    /// Each action, where nothing is named at all: everywhere, or at all URIs of so many components.
    fn has_everything(&self) -> bool {
        let nameless = || self.permissions.iter().filter(|it| it.is_pattern() && it.names() == 0);
        // Where there is the empty prefix, no wildcard counts.
        let everywhere = nameless().find(|it| it.matching == Match::Prefix);
        let every = [Action::Call, Action::Register, Action::Publish, Action::Subscribe];
        every.iter().all(|action| match everywhere {
            Some(permission) => permission.allow.contains(action),
            None => nameless().any(|permission| permission.allow.contains(action)),
        })
    }
}

impl Permission {
    fn is_pattern(&self) -> bool {
        self.matching != Match::Exact
    }

    /// How many components it names of the URIs that it is for.
    fn names(&self) -> usize {
        self.uri.split('.').filter(|component| !component.is_empty()).count()
    }

    /// Is it for all that begins with the first component of a URI, which many share? An application has two for
    /// itself: `com.example.`
    fn is_for_namespaces(&self) -> bool {
        self.is_pattern() && self.names() < 2
    }

    /// For which, in words.
    fn procedures(&self) -> String {
        match self.matching {
            Match::Prefix if self.uri.is_empty() => "any procedure".to_owned(),
            Match::Prefix => format!("any procedure that begins with {}", self.uri),
            Match::Exact | Match::Wildcard => format!("any procedure that fits '{}'", self.uri),
        }
    }
}
