//! Those who may join by a proof that stands in the file.

use crosspoint_router::authentication::{ANONYMOUS, check_authid};

use super::authentication::add_method;
use super::credential::{self, Found, Proof};
use super::draft::{Draft, path_of_realm};
use super::item::Item;
use super::report::Report;
use crate::config::file::{Method, Principal, Realm};
use crate::config::tree::Path;

/// One of theirs, for one method.
struct Candidate {
    theirs: String,
    authid: String,
    role: String,
    method: Method,
    found: Found,
}

/// Takes up all who have a method at one way in that leads to these realms.
pub(super) fn take(method: Method, mut item: Item, realms: &[String], draft: &mut Draft) {
    let Draft { file, report, .. } = draft;
    let table = if method == Method::WampCra { "users" } else { "principals" };
    let place = item.place("default-role");
    let default = item.text("default-role", report);
    if default.is_some() {
        report.needless(place, "it stands with each who has no other role");
    }
    let principals = item.named(table, report);
    item.leave(&[("trustroots", "certificates of clients' keys are no proof")], report);
    item.finish(report);
    for (authid, principal) in principals {
        let theirs = principal.path().to_owned();
        let taken = candidate(method, authid, principal, default.as_deref(), report);
        let (candidate, only) = match taken {
            Ok(taken) => taken,
            Err(why) => {
                report.missing(theirs, why);
                continue;
            }
        };
        let mut is_taken = false;
        for name in realms.iter().filter(|name| only.as_ref().is_none_or(|only| only == *name)) {
            let realm = file.realms.get_mut(name);
            if let Some(realm) = realm.filter(|realm| realm.roles.contains_key(&candidate.role)) {
                add(&candidate, &path_of_realm(name), realm, report);
                is_taken = true;
            }
        }
        if !is_taken {
            let why = format!("no realm that it leads to has a role {}", candidate.role);
            report.missing(theirs, why);
        }
    }
}

/// One of them, with the only realm that he may join; or why he cannot be taken.
fn candidate(
    method: Method,
    authid: String,
    mut item: Item,
    default: Option<&str>,
    report: &mut Report,
) -> Result<(Candidate, Option<String>), String> {
    let role = item.text("role", report).or(default.map(ToOwned::to_owned));
    let only = item.text("realm", report);
    let found = credential::take(method, &mut item, report);
    let theirs = item.path().to_owned();
    item.finish(report);
    let role = role.ok_or("without a role nobody can join")?;
    if authid.is_empty() || authid == ANONYMOUS || check_authid(&authid).is_err() {
        return Err(format!("'{authid}' cannot be an authid"));
    }
    Ok((Candidate { theirs, authid, role, method, found: found? }, only))
}

fn add(candidate: &Candidate, realm_path: &Path, realm: &mut Realm, report: &mut Report) {
    let Candidate { theirs, authid, method, found, .. } = candidate;
    let path = realm_path.name("principals").name(authid);
    if let Err(why) = join(candidate, realm) {
        return report.missing_at(theirs, &path, why);
    }
    add_method(realm, *method);
    report.taken(theirs, &path);
    let path = path.name(method.name());
    if let Some(change) = &found.change {
        report.changed(theirs, &path, change);
    }
    if let Some(variable) = &found.variable {
        let what = format!("the router needs the variable {variable}, as Crossbar.io did");
        report.open(theirs, &path, what);
    }
}

/// Makes one a principal, or gives what he proves with to the one who is that already.
fn join(candidate: &Candidate, realm: &mut Realm) -> Result<(), &'static str> {
    let Candidate { authid, role, method, found, .. } = candidate;
    if realm.authenticators.contains_key(method.name()) {
        return Err("an authenticator is asked about all who use this method");
    }
    if let Proof::Cryptosign(keys) = &found.proof {
        let mut others = realm.principals.iter().filter(|(other, _)| *other != authid);
        if others.any(|(_, other)| other.cryptosign.iter().any(|key| keys.contains(key))) {
            return Err("somebody else has this public key already");
        }
    }
    let nobody = || Principal {
        authid: None,
        role: role.clone(),
        ticket: None,
        wampcra: None,
        scram: None,
        cryptosign: Vec::new(),
        certificates: Vec::new(),
    };
    let principal = realm.principals.entry(authid.clone()).or_insert_with(nobody);
    if principal.role != *role {
        return Err("he has another role already, by another method or at another way in");
    }
    found.proof.clone().give(principal)
}
