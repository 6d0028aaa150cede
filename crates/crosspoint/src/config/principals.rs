//! Who may join a realm: what the file says of its principals, with the credentials from where they are.

use std::fs::File as OpenFile;
use std::io::{self, Read as _};
use std::path::PathBuf;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::uri::UriRules;
use crosspoint_router::authentication::{
    self, ANONYMOUS, AttemptLimits, Authentication, Credentials, Principals,
};

use super::credential::{Credential, Place, Secret};
use super::file::{Authenticator, ClientCertificates, Method, Principal, Realm};
use super::problem::{Problem, one_of};
use super::settings::Check;
use super::tree::Path;
use crate::connection::HELLO_TIMEOUT;

/// What is secret is not longer; who names another file by mistake is told so.
const SECRET_OCTETS_MAX: u64 = 4096;

impl Check<'_> {
    pub(super) fn authentication(
        &mut self,
        path: &Path,
        name: &str,
        realm: &Realm,
    ) -> Authentication {
        let methods: Vec<AuthMethod> =
            realm.authmethods.iter().map(|method| AuthMethod::from(*method)).collect();
        let mut principals = Principals::default();
        for (table, principal) in &realm.principals {
            let path = path.name("principals").name(table);
            let authid = principal.authid.as_ref().unwrap_or(table);
            self.check_authid(&path, authid);
            let credentials = self.credentials(&path, principal);
            self.check_use(&path, authid, &methods, principal);
            let role = principal.role.clone();
            let principal = authentication::Principal { authid: authid.clone(), role, credentials };
            if let Err(taken) = principals.add(principal) {
                let problem = Problem::new(format!("{authid} cannot be a principal: {taken}"));
                let setting = match taken {
                    authentication::Taken::Authid => "authid",
                    authentication::Taken::PublicKey => "cryptosign",
                    authentication::Taken::Certificate => "certificates",
                };
                self.report(&path.name(setting), problem);
            }
        }
        self.check_methods(path, name, realm);
        self.check_certificates(path, name, realm);
        self.check_cookies(path, name, realm);
        let authenticators = self.authenticators(path, realm);
        let tokens = self.tokens(path, realm);
        let attempts = AttemptLimits {
            per_address_max: realm.failed_attempts_per_address_max,
            per_authid_max: realm.failed_attempts_per_authid_max,
        };
        Authentication {
            methods,
            anonymous_role: realm.anonymous_role.clone(),
            certificate_role: realm.certificate_role.clone(),
            principals,
            tokens,
            authenticators,
            attempts,
        }
    }

    fn authenticators(
        &mut self,
        path: &Path,
        realm: &Realm,
    ) -> Vec<(AuthMethod, authentication::Authenticator)> {
        let mut authenticators = Vec::new();
        for (name, authenticator) in &realm.authenticators {
            let path = path.name("authenticators").name(name);
            let asking =
                Method::ALL.into_iter().filter(|it| !matches!(it, Method::Cookie | Method::Jwt));
            let Some(method) = asking.clone().find(|method| method.name() == name) else {
                let names = one_of(asking.map(Method::name));
                let problem = Problem::new(format!("no authmethod is called {name}"));
                self.report(&path, problem.label(format!("{names} is expected")));
                continue;
            };
            let Authenticator { procedure, realm: place, timeout } = authenticator.clone();
            if let Err(invalid) = UriRules::Loose.check(&procedure) {
                let problem = Problem::new(format!("'{procedure}' cannot be called: {invalid}"));
                self.report(&path.name("procedure"), problem);
            }
            if let Some(name) = place.as_ref().filter(|name| self.is_whole && !self.has_realm(name))
            {
                let problem = Problem::new(format!("there is no realm {name}"));
                self.report(&path.name("realm"), problem);
            }
            if self.is_whole && !realm.authmethods.contains(&method) {
                let method = method.name();
                let problem = Problem::new(format!("nobody is asked: {method} is not taken here"));
                self.report(&path, problem.hint("add it to the realm's authmethods"));
            }
            let timeout_ms = timeout.as_millis();
            self.check_asking(&path, realm, method, timeout_ms);
            let authenticator =
                authentication::Authenticator { procedure, realm: place, timeout_ms };
            authenticators.push((method.into(), authenticator));
        }
        authenticators
    }

    /// Nothing is written that is not looked at because somebody is asked, and nobody is asked for too long.
    fn check_asking(&mut self, path: &Path, realm: &Realm, method: Method, timeout_ms: u64) {
        if u128::from(timeout_ms) > HELLO_TIMEOUT.as_millis() {
            let seconds = HELLO_TIMEOUT.as_secs();
            let what = format!("a client has {seconds} s until its WELCOME");
            let problem = Problem::new(what).label(format!("up to \"{seconds} s\" is expected"));
            self.report(&path.name("timeout"), problem);
        }
        if !self.is_whole {
            return;
        }
        if method == Method::Tls && realm.certificate_role.is_some() {
            let what = "nobody gets the certificate_role: an authenticator is asked";
            self.report(path, Problem::new(what).hint("leave out one of the two"));
        }
        let mut principals = realm.principals.iter();
        if let Some((name, _)) = principals.find(|(_, it)| it.methods().contains(&method)) {
            let method = method.name();
            let what =
                format!("the {method} of {name} is never looked at: an authenticator is asked");
            let hint = "leave out one of the two";
            self.report(path, Problem::new(what).hint(hint));
        }
    }

    fn has_realm(&self, name: &str) -> bool {
        let mut realms = self.file.realms.iter();
        realms.any(|(table, realm)| realm.name.as_ref().unwrap_or(table) == name)
    }

    fn check_authid(&mut self, path: &Path, authid: &str) {
        let why = match authid {
            "" => "it is empty".to_owned(),
            ANONYMOUS => "those are called so who do not say who they are".to_owned(),
            _ => match authentication::check_authid(authid) {
                Ok(()) => return,
                Err(invalid) => invalid.to_string(),
            },
        };
        let problem = Problem::new(format!("'{authid}' cannot be an authid: {why}"));
        self.report(&path.name("authid"), problem);
    }

    /// Nobody is written down who could not join.
    fn check_use(
        &mut self,
        path: &Path,
        authid: &str,
        taken: &[AuthMethod],
        principal: &Principal,
    ) {
        let written = principal.methods();
        if !self.is_whole || written.iter().any(|it| taken.contains(&AuthMethod::from(*it))) {
            return;
        }
        let names = || written.iter().map(|method| method.name());
        let problem = match written.as_slice() {
            [] => Problem::new(format!("{authid} has nothing to prove that with"))
                .hint("add a ticket, wampcra, scram, cryptosign or certificates"),
            _ => {
                Problem::new(format!("{authid} cannot join: {} is not taken here", one_of(names())))
                    .hint("add it to the realm's authmethods")
            }
        };
        self.report(path, problem);
    }

    /// No method is taken that nobody can use.
    fn check_methods(&mut self, path: &Path, name: &str, realm: &Realm) {
        for (index, &method) in realm.authmethods.iter().enumerate() {
            let has_it = |principal: &Principal| principal.methods().contains(&method);
            let used = matches!(method, Method::Anonymous | Method::Cookie)
                || realm.principals.values().any(has_it)
                || (method == Method::Tls && realm.certificate_role.is_some())
                || (method == Method::Jwt && !realm.tokens.is_empty())
                || realm.authenticators.contains_key(method.name());
            if self.is_whole && !used {
                let problem = Problem::new(format!("nobody can join {name} by {}", method.name()));
                let what_to_do = match method {
                    Method::Tls => {
                        "give certificates to a principal, say a certificate_role, ask an authenticator".into()
                    }
                    Method::Jwt => {
                        let tokens = path.name("tokens").name("NAME");
                        format!("say in {} whose are taken", tokens.as_table())
                    }
                    _ => format!("give {} to a principal", method.name()),
                };
                let hint = format!("{what_to_do}, or leave it out");
                self.report(&path.name("authmethods").item(index), problem.hint(hint));
            }
        }
    }

    /// Certificates are of use where somebody asks for them.
    fn check_certificates(&mut self, path: &Path, name: &str, realm: &Realm) {
        let index = realm.authmethods.iter().position(|method| *method == Method::Tls);
        let Some(index) = index.filter(|_| self.is_whole) else {
            if realm.certificate_role.is_some() && self.is_whole {
                let problem = Problem::new("nobody gets this role: tls is not taken here");
                let problem = problem.hint("add it to the realm's authmethods");
                self.report(&path.name("certificate_role"), problem);
            }
            return;
        };
        let mut listeners = self.file.listeners.values();
        if !listeners.any(|it| it.tls.client_certificates != ClientCertificates::Off) {
            let what = format!("nobody can join {name} by tls: no listener asks for certificates");
            let hint = "say client_certificates and client_ca in a listener's tls, or leave it out";
            self.report(&path.name("authmethods").item(index), Problem::new(what).hint(hint));
        }
    }

    /// Cookies are of use where somebody gives them out, and where there is another proof.
    fn check_cookies(&mut self, path: &Path, name: &str, realm: &Realm) {
        let index = realm.authmethods.iter().position(|method| *method == Method::Cookie);
        let Some(index) = index.filter(|_| self.is_whole) else { return };
        let path = path.name("authmethods").item(index);
        // A certificate is shown with each connection.
        let is_worth_it =
            |it: &Method| !matches!(it, Method::Anonymous | Method::Cookie | Method::Tls);
        let (why, hint) = if !realm.authmethods.iter().any(is_worth_it) {
            (
                "nobody proves anything that is remembered",
                "add another method than tls, by which somebody is known first",
            )
        } else if !self.file.listeners.values().any(|it| it.cookie.is_some()) {
            (
                "no listener gives cookies to browsers",
                "describe [listeners.NAME.cookie], or leave it out",
            )
        } else {
            return;
        };
        let what = format!("nobody can join {name} by cookie: {why}");
        self.report(&path, Problem::new(what).hint(hint));
    }

    fn credentials(&mut self, path: &Path, principal: &Principal) -> Credentials {
        Credentials {
            ticket: self.credential(&path.name("ticket"), principal.ticket.as_ref()),
            wampcra: self.credential(&path.name("wampcra"), principal.wampcra.as_ref()),
            scram: self.credential(&path.name("scram"), principal.scram.as_ref()),
            cryptosign: principal.cryptosign.iter().map(|key| key.0.clone()).collect(),
            certificates: principal.certificates.iter().map(|it| it.0).collect(),
        }
    }

    /// From the file, or from where the file says that it is.
    pub(super) fn credential<C: Credential>(
        &mut self,
        path: &Path,
        secret: Option<&Secret<C>>,
    ) -> Option<C> {
        let secret = secret?;
        let Some(place) = secret.place() else { return secret.here() };
        let problem = match self.text_in(path, place) {
            Err(what) => Problem::new(what),
            Ok(text) => match Secret::found(&text) {
                Some(credential) => return Some(credential),
                None if text.is_empty() => Problem::new(format!("{place} is empty")).hint(C::HINT),
                None => Problem::new(format!("{place} has something else")).hint(C::HINT),
            },
        };
        self.report(path, problem);
        None
    }

    /// What stands there, or why nothing does.
    fn text_in(&self, path: &Path, place: Place<'_>) -> Result<String, String> {
        match place {
            Place::Variable(name) => {
                let value = self.document.variables.get(name);
                let value = value.ok_or_else(|| format!("{place} is not set"))?;
                let text = value.to_str().map(ToOwned::to_owned);
                text.ok_or_else(|| format!("{place} is no text in UTF-8"))
            }
            Place::File(file) => {
                let folder = self.document.source_of(path).and_then(|source| source.folder());
                let file = folder.map_or_else(|| PathBuf::from(file), |folder| folder.join(file));
                read_secret(&file)
                    .map_err(|error| format!("cannot read {}: {error}", file.display()))
            }
        }
    }
}

/// The text of a file, without the end of its line.
fn read_secret(file: &std::path::Path) -> io::Result<String> {
    let mut text = String::new();
    OpenFile::open(file)?.take(SECRET_OCTETS_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > SECRET_OCTETS_MAX {
        let what = format!("it is longer than {SECRET_OCTETS_MAX} octets");
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Ok(text)
}

impl Principal {
    /// How he can prove who he is.
    pub(crate) fn methods(&self) -> Vec<Method> {
        [
            (Method::Ticket, self.ticket.is_some()),
            (Method::WampCra, self.wampcra.is_some()),
            (Method::Scram, self.scram.is_some()),
            (Method::Cryptosign, !self.cryptosign.is_empty()),
            (Method::Tls, !self.certificates.is_empty()),
        ]
        .into_iter()
        .filter_map(|(method, there)| there.then_some(method))
        .collect()
    }
}

impl Method {
    pub(crate) const ALL: [Method; 8] = [
        Method::Anonymous,
        Method::Ticket,
        Method::WampCra,
        Method::Scram,
        Method::Cryptosign,
        Method::Tls,
        Method::Jwt,
        Method::Cookie,
    ];

    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Anonymous => ANONYMOUS,
            Method::Ticket => "ticket",
            Method::WampCra => "wampcra",
            Method::Scram => "scram",
            Method::Cryptosign => "cryptosign",
            Method::Tls => "tls",
            Method::Jwt => "jwt",
            Method::Cookie => "cookie",
        }
    }
}

impl From<Method> for AuthMethod {
    fn from(method: Method) -> AuthMethod {
        match method {
            Method::Anonymous => AuthMethod::Anonymous,
            Method::Ticket => AuthMethod::Ticket,
            Method::WampCra => AuthMethod::WampCra,
            Method::Scram => AuthMethod::WampScram,
            Method::Cryptosign => AuthMethod::Cryptosign,
            Method::Tls => AuthMethod::Tls,
            Method::Jwt => AuthMethod::Jwt,
            Method::Cookie => AuthMethod::Cookie,
        }
    }
}
