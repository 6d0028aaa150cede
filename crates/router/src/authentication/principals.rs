//! The principals of a realm, by name and by key; and whom a stranger is taken for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosspoint_proto::auth::cryptosign::PublicKey;
use crosspoint_proto::auth::{AuthMethod, StrangersKey, places_of};

use super::principal::Principal;

/// All who may join a realm under a name. There are as many as its configuration names: clients add none.
#[derive(Clone, Debug)]
pub struct Principals {
    by_authid: BTreeMap<Box<str>, Arc<Principal>>,
    /// By public keys, in hexadecimal digits.
    by_key: BTreeMap<Box<str>, Arc<Principal>>,
    /// By the SHA-256 of certificates.
    by_certificate: BTreeMap<[u8; 32], Arc<Principal>>,
    /// In the order in which they came.
    all: Vec<Arc<Principal>>,
    /// Whom strangers are taken for: one of all, or of those who can use a method.
    ring: Ring,
    by_method: [(AuthMethod, Ring); 4],
}

/// Principals in a circle of numbers, each at several places. A stranger's number is somewhere between two of them,
/// and he seems to be who comes next. So whoever is added takes over a few strangers, whoever is removed leaves his to
/// others, and what all the other names look like stays: nobody finds out who exists by what changes. (To choose by
/// the number of principals would show it at once: then all strangers change, and nobody else.)
#[derive(Clone, Debug, Default)]
struct Ring(BTreeMap<u64, Arc<Principal>>);

impl Ring {
    fn add(&mut self, principal: &Arc<Principal>) {
        let places = places_of(&principal.authid);
        self.0.extend(places.map(|place| (place, Arc::clone(principal))));
    }

    fn next_to(&self, number: u64) -> Option<&Principal> {
        let next = self.0.range(number..).next().or_else(|| self.0.first_key_value());
        next.map(|(_, principal)| principal.as_ref())
    }
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
            ring: Ring::default(),
            by_method: methods.map(|method| (method, Ring::default())),
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
                having.add(&principal);
            }
        }
        self.ring.add(&principal);
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
        self.ring.next_to(key.number(name))
    }

    /// The same, of those who can use this method.
    pub(super) fn seeming_with(
        &self,
        method: AuthMethod,
        name: &str,
        key: &StrangersKey,
    ) -> Option<&Principal> {
        let (_, having) = self.by_method.iter().find(|(of, _)| *of == method)?;
        having.next_to(key.number(name))
    }
}

fn digits(key: &PublicKey) -> Box<str> {
    key.to_hex().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::authentication::Credentials;

    fn principals(authids: impl Iterator<Item = u32>) -> Principals {
        let mut principals = Principals::default();
        for authid in authids {
            let (authid, role) = (authid.to_string(), "user".to_owned());
            principals
                .add(Principal { authid, role, credentials: Credentials::default() })
                .unwrap();
        }
        principals
    }

    /// For a thousand strangers.
    fn seeming(principals: &Principals) -> BTreeMap<String, String> {
        let key = StrangersKey::of("a secret");
        let strangers = (0..1000).map(|number| format!("stranger{number}"));
        let seems = |name: &str| principals.seeming(name, &key).unwrap().authid.clone();
        strangers.map(|name| (name.clone(), seems(&name))).collect()
    }

    #[test]
    fn who_comes_and_goes_changes_nothing_for_others_strangers() {
        let (many, one_less) = (principals(0..20), principals((0..20).filter(|it| *it != 7)));
        let (before, after) = (seeming(&many), seeming(&one_less));
        let changed = before.iter().filter(|(name, seems)| after.get(*name) != Some(*seems));
        let changed: Vec<&str> = changed.map(|(_, seems)| seems.as_str()).collect();
        assert!(changed.iter().all(|seems| *seems == "7"), "{changed:?}");
        assert!((1..150).contains(&changed.len()), "{changed:?}");
    }

    #[test]
    fn each_has_strangers_and_none_has_most_of_them() {
        let mut often = BTreeMap::new();
        for (_, seems) in seeming(&principals(0..20)) {
            *often.entry(seems).or_insert(0) += 1;
        }
        assert_eq!(often.len(), 20);
        assert!(often.values().all(|number| *number < 200), "{often:?}");
    }
}
