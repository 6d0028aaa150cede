//! Roles that are named in a realm, and whether it says what they may do.

use crosspoint_router::authentication::ANONYMOUS;

use super::super::file::Realm;
use super::super::problem::{Problem, did_you_mean};
use super::super::tree::Path;
use super::Check;

impl Check<'_> {
    /// Where a realm says what roles may do, it says so of all that it names: others may do nothing.
    pub(super) fn check_named_roles(&mut self, path: &Path, realm: &Realm) {
        if realm.roles.is_empty() || !self.is_whole {
            return;
        }
        for (place, role) in named_roles(path, realm) {
            if realm.roles.contains_key(role) {
                continue;
            }
            let what = format!("there is no role {role} here, and who has it may do nothing");
            let problem = Problem::new(what);
            let problem = match did_you_mean(role, realm.roles.keys().map(String::as_str)) {
                Some(meant) => problem.label(format!("did you mean \"{meant}\"?")),
                None => problem.hint(format!(
                    "say what it may do in {}",
                    path.name("roles").name(role).as_table()
                )),
            };
            self.report(&place, problem);
        }
    }
}

fn named_roles<'r>(path: &Path, realm: &'r Realm) -> Vec<(Path, &'r str)> {
    let mut named = Vec::new();
    // Who is nobody may do nothing, where nothing is said of that.
    if realm.anonymous_role != ANONYMOUS {
        named.push((path.name("anonymous_role"), realm.anonymous_role.as_str()));
    }
    let of_certificates = realm.certificate_role.as_deref();
    named.extend(of_certificates.map(|role| (path.name("certificate_role"), role)));
    for (name, principal) in &realm.principals {
        let place = path.name("principals").name(name).name("role");
        named.push((place, principal.role.as_str()));
    }
    for (name, token) in &realm.tokens {
        let path = path.name("tokens").name(name);
        named.extend(token.role.as_deref().map(|role| (path.name("role"), role)));
        let roles = token.roles.iter().flatten().enumerate();
        let place = path.name("roles");
        named.extend(roles.map(|(index, role)| (place.item(index), role.as_str())));
    }
    named
}
