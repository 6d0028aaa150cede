//! A principal: somebody who is known to a realm, and by what.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::cryptosign::PublicKey;
use crosspoint_proto::auth::scram::{Cost, Salt, StoredKeys};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::{Key, Salting};

/// Somebody who may join a realm, under a name and in a role.
#[derive(Clone, Debug)]
pub struct Principal {
    /// His name, which [`check_authid`](super::check_authid) takes: nobody can give another.
    pub authid: String,
    /// What he may do goes by this.
    pub role: String,
    /// How he can prove who he is.
    pub credentials: Credentials,
}

/// How somebody proves who he is, by each method that he can use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Credentials {
    /// By saying this.
    pub ticket: Option<Ticket>,
    /// By signing with this.
    pub wampcra: Option<SharedKey>,
    /// By the password of which these are the keys.
    pub scram: Option<ScramKeys>,
    /// By a private key to one of these.
    pub cryptosign: Vec<PublicKey>,
    /// By a certificate, verified by TLS, of which this is the SHA-256.
    pub certificates: Vec<[u8; 32]>,
}

impl Credentials {
    /// Can he use this method?
    pub fn has(&self, method: AuthMethod) -> bool {
        match method {
            AuthMethod::Ticket => self.ticket.is_some(),
            AuthMethod::WampCra => self.wampcra.is_some(),
            AuthMethod::WampScram => self.scram.is_some(),
            AuthMethod::Cryptosign => !self.cryptosign.is_empty(),
            AuthMethod::Tls => !self.certificates.is_empty(),
            AuthMethod::Anonymous | AuthMethod::Cookie | AuthMethod::Jwt => false,
        }
    }
}

/// What WAMP-CRA signs with on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedKey {
    /// The secret, or what was made of a password.
    pub key: Key,
    /// How it was made.
    pub salting: Option<Salting>,
}

/// What SCRAM needs of a password.
#[derive(Clone, Debug, PartialEq)]
pub struct ScramKeys {
    /// The keys that were made of it,
    pub stored: StoredKeys,
    /// with this salt,
    pub salt: Salt,
    /// and at this cost.
    pub cost: Cost,
}
