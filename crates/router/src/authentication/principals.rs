//! The principals of a realm, by name and by key; and whom a stranger is taken for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosspoint_proto::auth::cryptosign::PublicKey;
use crosspoint_proto::auth::{AuthMethod, StrangersKey};

use super::principal::Principal;

/// All who may join a realm under a name. There are as many as its configuration names: clients add none.
#[derive(Clone, Debug)]
pub struct Principals {
    by_authid: BTreeMap<Box<str>, Arc<Principal>>,
    /// By public keys, in hexadecimal digits.
    by_key: BTreeMap<Box<str>, Arc<Principal>>,
    /// By the SHA-256 of certificates.
    by_certificate: BTreeMap<[u8; 32], Arc<Principal>>,
    /// The same principals, to be chosen from: all, and those who can use a method.
    all: Vec<Arc<Principal>>,
    by_method: [(AuthMethod, Vec<Arc<Principal>>); 4],
}

/// Somebody else goes by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// There is a principal of this name: give one of them another.
    #[error("there is a principal of that name already")]
    Authid,
    /// A client is known by its key if it does not say who it is: leave the key out at one of them.
    #[error("the public key stands for somebody else already")]
    PublicKey,
    /// A certificate stands for one: leave it out at one of them.
    #[error("the certificate stands for somebody else already")]
    Certificate,
}

impl Default for Principals {
    fn default() -> Self {
        let methods = [
            AuthMethod::Ticket,
            AuthMethod::WampCra,
            AuthMethod::WampScram,
            AuthMethod::Cryptosign,
        ];
        Principals {
            by_authid: BTreeMap::new(),
            by_key: BTreeMap::new(),
            by_certificate: BTreeMap::new(),
            all: Vec::new(),
            by_method: methods.map(|method| (method, Vec::new())),
        }
    }
}

impl Principals {
    /// Takes up one more.
    pub fn add(&mut self, principal: Principal) -> Result<(), Taken> {
        if self.by_authid.contains_key(principal.authid.as_str()) {
            return Err(Taken::Authid);
        }
        let keys: Vec<Box<str>> = principal.credentials.cryptosign.iter().map(digits).collect();
        if keys.iter().any(|key| self.by_key.contains_key(key)) {
            return Err(Taken::PublicKey);
        }
        let certificates = principal.credentials.certificates.clone();
        if certificates.iter().any(|it| self.by_certificate.contains_key(it)) {
            return Err(Taken::Certificate);
        }
        let principal = Arc::new(principal);
        self.by_authid.insert(principal.authid.as_str().into(), Arc::clone(&principal));
        self.by_key.extend(keys.into_iter().map(|key| (key, Arc::clone(&principal))));
        let theirs = certificates.into_iter().map(|it| (it, Arc::clone(&principal)));
        self.by_certificate.extend(theirs);
        for (method, having) in &mut self.by_method {
            if principal.credentials.has(*method) {
                having.push(Arc::clone(&principal));
            }
        }
        self.all.push(principal);
        Ok(())
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Principal> {
        self.all.iter().map(AsRef::as_ref)
    }

    /// Who is there before and after, and has other credentials.
    pub(crate) fn others_than(&self, before: &Principals) -> Vec<String> {
        let was = |it: &Principal| before.by_authid(&it.authid).map(|was| &was.credentials);
        let others = self.iter().filter(|it| was(it).is_some_and(|was| *was != it.credentials));
        others.map(|it| it.authid.clone()).collect()
    }

    pub(super) fn by_authid(&self, authid: &str) -> Option<&Principal> {
        self.by_authid.get(authid).map(AsRef::as_ref)
    }

    pub(super) fn by_key(&self, key: &PublicKey) -> Option<&Principal> {
        self.by_key.get(&digits(key)).map(AsRef::as_ref)
    }

    pub(super) fn by_certificate(&self, fingerprint: &[u8; 32]) -> Option<&Principal> {
        self.by_certificate.get(fingerprint).map(AsRef::as_ref)
    }

    /// Whose credentials somebody seems to have who does not exist, if anybody does.
    pub(super) fn seeming(&self, name: &str, key: &StrangersKey) -> Option<&Principal> {
        self.all.get(key.below(name, self.all.len())).map(AsRef::as_ref)
    }

    /// The same, of those who can use this method.
    pub(super) fn seeming_with(
        &self,
        method: AuthMethod,
        name: &str,
        key: &StrangersKey,
    ) -> Option<&Principal> {
        let (_, having) = self.by_method.iter().find(|(of, _)| *of == method)?;
        having.get(key.below(name, having.len())).map(AsRef::as_ref)
    }
}

fn digits(key: &PublicKey) -> Box<str> {
    key.to_hex().into()
}
