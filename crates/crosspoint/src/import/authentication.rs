//! Who may join, and by what proof.
//!
//! Theirs asks at each way in, ours in each realm. So a realm takes the proofs of all ways that lead to it.
//! Anonymous sessions it takes only if all these ways do, in the same role: otherwise those who had to
//! prove who they are could do without.

use crosspoint_proto::uri::UriRules;
use crosspoint_router::authentication::ANONYMOUS;

use super::cookie;
use super::draft::{Draft, path_of_realm};
use super::item::Item;
use super::principal;
use super::transport::Entrance;
use crate::config::file::{Authenticator, ClientCertificates, Listener, Method, Realm, Role};

/// A router of theirs: its realms, and the ways that lead to them.
#[derive(Debug)]
pub(super) struct House {
    pub(super) realms: Vec<String>,
    pub(super) entrances: Vec<Entrance>,
}

/// Whether one may be anonymous at a way in.
#[derive(Debug)]
struct Way {
    theirs: String,
    /// In which role; `None` if one may not.
    role: Option<String>,
    realms: Vec<String>,
    /// Those of them in which one may: others have no such role, and theirs lets nobody in there.
    open: Vec<String>,
    is_local: bool,
    /// Where it says that one may be anonymous, if that does not go without saying.
    anonymous: Option<String>,
    /// Where it says that who has a cookie need not prove anything, if it does.
    cookie: Option<String>,
}

/// The role of those who may do nothing, where nobody may join.
pub(super) const NOBODY: &str = "nobody";

const NOWHERE: &str = "there is no realm that it leads to";

/// Says of all realms who may join them.
pub(super) fn settle(houses: Vec<House>, draft: &mut Draft) {
    for realm in draft.file.realms.values_mut() {
        realm.authmethods.clear();
    }
    let mut ways = Vec::new();
    for House { realms, entrances } in houses {
        for entrance in entrances {
            ways.push(take(entrance, &realms, draft));
        }
    }
    let names: Vec<String> = draft.file.realms.keys().cloned().collect();
    for name in names {
        settle_cookies(&name, &ways, draft);
        settle_anonymous(&name, &ways, draft);
    }
}

/// Takes up who may come in by one way.
fn take(entrance: Entrance, realms: &[String], draft: &mut Draft) -> Way {
    let Entrance { theirs, auth, is_local } = entrance;
    let (anonymous, cookie) = (None, None);
    let (realms_of_way, open) = (realms.to_owned(), Vec::new());
    let mut way =
        Way { theirs, role: None, realms: realms_of_way, open, is_local, anonymous, cookie };
    let Some(auth) = auth else {
        way.open_to(ANONYMOUS, None, draft);
        return way;
    };
    for (name, mut item) in auth.into_named(&mut draft.report) {
        let kind = kind_of(&name, &mut item, draft);
        let Some(method) = method_of(&name) else {
            draft.report.missing(item.path(), why_not(&name));
            continue;
        };
        if method == Method::Cookie {
            way.cookie = Some(item.path().to_owned());
            if realms.is_empty() {
                draft.report.missing(item.path(), NOWHERE);
            }
            item.skip(&[("type", "a cookie is what it is")], &mut draft.report);
            let store = item.item("store", &mut draft.report);
            if let Some(place) = store.and_then(|it| cookie::outliving(it, &mut draft.report)) {
                draft.report.missing(place, cookie::FORGOTTEN);
            }
            item.finish(&mut draft.report);
            continue;
        }
        match kind.as_str() {
            "static" if method == Method::Anonymous => take_anonymous(item, &mut way, draft),
            "static" => principal::take(method, item, realms, draft),
            "dynamic" => take_authenticator(method, item, realms, draft),
            "" => draft.report.missing(item.path(), "it is not said of what type it is"),
            _ => {
                let why = "no code is loaded into the router: let a program register a procedure that \
                           decides, in [realms.NAME.authenticators]";
                draft.report.missing(item.path(), why);
            }
        }
    }
    way
}

/// Of what type a method is. Who may be anonymous need not be asked about anywhere, so that type goes without saying.
fn kind_of(name: &str, item: &mut Item, draft: &mut Draft) -> String {
    let place = item.place("type");
    let kind = item.text("type", &mut draft.report).unwrap_or_default();
    let asks = item.has("authenticator") || item.has("create");
    let goes_without_saying = kind.is_empty() && name == Method::Anonymous.name() && !asks;
    if kind == "static" {
        draft.report.needless(place, "what stands in the file is looked up there");
    }
    if goes_without_saying { "static".to_owned() } else { kind }
}

fn method_of(name: &str) -> Option<Method> {
    Method::ALL.into_iter().find(|method| method.name() == name)
}

fn why_not(name: &str) -> &'static str {
    match name {
        name if name.ends_with("-proxy") => "it is for proxies, which are not needed",
        _ => "this way to prove who one is does not exist here",
    }
}

fn take_anonymous(mut item: Item, way: &mut Way, draft: &mut Draft) {
    let role = item.text("role", &mut draft.report).unwrap_or_else(|| ANONYMOUS.to_owned());
    let realm = item.text("realm", &mut draft.report);
    way.open_to(&role, realm.as_deref(), draft);
    way.anonymous = Some(item.path().to_owned());
    let report = &mut draft.report;
    if way.realms.iter().all(|name| realm.as_ref().is_some_and(|only| only != name)) {
        report.missing(item.path(), NOWHERE);
    } else if way.open.is_empty() {
        report.missing(item.path(), format!("no realm that it leads to has a role {role}"));
    }
    item.leave(&[("authid", "who is anonymous has an authid that nobody chooses")], report);
    item.finish(report);
}

fn take_authenticator(method: Method, mut item: Item, realms: &[String], draft: &mut Draft) {
    let Draft { file, report, .. } = draft;
    let place = item.path().to_owned();
    let procedure = item.text("authenticator", report);
    let place_of_it = item.text("authenticator-realm", report);
    let default = (item.place("default-role"), item.text("default-role", report));
    let role = "permissions say who may register the procedure";
    item.skip(&[("authenticator-role", role)], report);
    item.finish(report);
    let Some(procedure) = procedure else {
        return report.missing(place, "it is not said which procedure decides");
    };
    if let Err(invalid) = UriRules::Loose.check(&procedure) {
        return report.missing(place, format!("'{procedure}' cannot be called: {invalid}"));
    }
    if let Some(realm) = place_of_it.as_ref().filter(|realm| !file.realms.contains_key(*realm)) {
        return report.missing(place, format!("there is no realm {realm}"));
    }
    let asks = |it: &Listener| it.tls.client_certificates != ClientCertificates::Off;
    if method == Method::Tls && !file.listeners.values().any(asks) {
        return report.missing(place, "no transport asks for certificates");
    }
    if realms.is_empty() {
        report.missing(&place, NOWHERE);
    }
    for name in realms {
        let Some(realm) = file.realms.get_mut(name) else { continue };
        let path = path_of_realm(name).name("authenticators").name(method.name());
        if realm.principals.values().any(|principal| principal.methods().contains(&method)) {
            let why =
                "principals have this method already, and an authenticator would be asked alone";
            report.missing_at(&place, &path, why);
            continue;
        }
        let other = place_of_it.clone().filter(|other| other != name);
        let authenticator = Authenticator::of(procedure.clone(), other);
        realm.authenticators.insert(method.name().to_owned(), authenticator);
        add_method(realm, method);
        report.taken(&place, &path);
        let within = place_of_it.as_ref().unwrap_or(name);
        let what = format!(
            "whoever registers {procedure} has to join {within} by another method, in a role that may \
             register it"
        );
        report.open(&place, &path, what);
        if let (place, Some(role)) = &default {
            let what = format!(
                "theirs takes the role {role} where {procedure} answers with none; here nobody is let in \
                 without, so it has to answer with a role"
            );
            report.open(place, &path, what);
        }
    }
}

pub(super) fn add_method(realm: &mut Realm, method: Method) {
    if !realm.authmethods.contains(&method) {
        realm.authmethods.push(method);
    }
}

/// Says whether a cookie is enough in a realm: where somebody gives them out, and there is a proof that comes first.
fn settle_cookies(name: &str, ways: &[Way], draft: &mut Draft) {
    let Draft { file, report, .. } = draft;
    let gives_cookies = file.listeners.values().any(|listener| listener.cookie.is_some());
    let Some(realm) = file.realms.get_mut(name) else { return };
    let path = path_of_realm(name);
    for way in ways.iter().filter(|way| way.realms.iter().any(|realm| realm == name)) {
        let Some(place) = &way.cookie else { continue };
        if !gives_cookies {
            report.missing_at(place, &path, "no transport gives cookies to browsers");
        } else if realm.authmethods.is_empty() {
            report.missing_at(place, &path, "there is no proof by which somebody is known first");
        } else {
            add_method(realm, Method::Cookie);
            report.taken(place, &path.name("authmethods"));
        }
    }
}

/// Says whether one may be anonymous in a realm.
fn settle_anonymous(name: &str, ways: &[Way], draft: &mut Draft) {
    let path = path_of_realm(name);
    let Draft { file, report, .. } = draft;
    let Some(realm) = file.realms.get_mut(name) else { return };
    match anonymous_role(name, ways) {
        Ok(None) => {}
        Ok(Some(role)) => {
            add_method(realm, Method::Anonymous);
            realm.anonymous_role = role;
            let own = ways.iter().filter(|way| way.role_in(name).is_some());
            for place in own.filter_map(|way| way.anonymous.as_ref()) {
                report.taken(place, &path.name("anonymous_role"));
            }
        }
        Err(reason) => {
            let why = format!(
                "anonymous sessions are not taken in this realm: {reason}; give those who came so a proof, \
                 such as a ticket, in its principals"
            );
            for way in ways.iter().filter(|way| way.role_in(name).is_some()) {
                match &way.anonymous {
                    Some(place) => report.missing_at(place, &path, &why),
                    None => report.lacking(&way.theirs, Some(&path), &why),
                }
            }
        }
    }
    if realm.authmethods.is_empty() {
        add_method(realm, Method::Anonymous);
        NOBODY.clone_into(&mut realm.anonymous_role);
        realm.roles.insert(NOBODY.to_owned(), Role::default());
        let what = "nobody can join by what was taken here, so whoever joins is nobody, who may do nothing: \
                    add principals";
        report.open(path.as_table(), &path, what);
    }
}

/// The role in which all ways to a realm take anonymous sessions, if any does; or why that must not be.
fn anonymous_role(realm: &str, ways: &[Way]) -> Result<Option<String>, &'static str> {
    let leads_there = |way: &&Way| way.leads_to(realm) && !way.is_closed_for_lack_of_role(realm);
    let (own, others): (Vec<&Way>, Vec<&Way>) = ways.iter().partition(leads_there);
    let roles: Vec<Option<&str>> = own.iter().map(|way| way.role_in(realm)).collect();
    let Some(role) = roles.iter().flatten().next() else { return Ok(None) };
    if roles.iter().any(|other| *other != Some(*role)) {
        return Err("not all ways that lead to it take them in the same role");
    }
    if own.iter().all(|way| way.is_local) && others.iter().any(|way| !way.is_local) {
        return Err(
            "only this machine could reach it, and now the listeners of other workers lead to it, too",
        );
    }
    Ok(Some((*role).to_owned()))
}

impl Way {
    fn leads_to(&self, realm: &str) -> bool {
        self.realms.iter().any(|name| name == realm)
    }

    /// One may be anonymous in this role, in one realm or in all that have the role.
    fn open_to(&mut self, role: &str, only: Option<&str>, draft: &Draft) {
        let has_role = |name: &&String| {
            let realm = draft.file.realms.get(*name);
            only.is_none_or(|only| only == *name)
                && realm.is_some_and(|realm| realm.roles.contains_key(role))
        };
        self.role = Some(role.to_owned());
        self.open = self.realms.iter().filter(has_role).cloned().collect();
    }

    /// In which role one is anonymous in a realm to which this leads.
    fn role_in(&self, realm: &str) -> Option<&str> {
        self.role.as_deref().filter(|_| self.open.iter().any(|name| name == realm))
    }

    /// One may be anonymous there, but not in that realm.
    fn is_closed_for_lack_of_role(&self, realm: &str) -> bool {
        self.role.is_some() && self.role_in(realm).is_none()
    }
}
