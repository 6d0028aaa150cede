//! The names of the methods.

use std::fmt;

/// A method of authentication.
///
/// ```
/// use crosspoint_proto::auth::AuthMethod;
///
/// assert_eq!(AuthMethod::from_name("wampcra"), Some(AuthMethod::WampCra));
/// assert_eq!(AuthMethod::from_name("scram"), Some(AuthMethod::WampScram));
/// assert_eq!(AuthMethod::WampScram.name(), "wamp-scram");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// Nobody in particular: no proof is asked for.
    Anonymous,
    /// A secret that is sent as it is.
    Ticket,
    /// HMAC over a challenge, with a shared secret.
    WampCra,
    /// SCRAM, where both sides prove themselves and the router keeps no password.
    WampScram,
    /// A signature with Ed25519.
    Cryptosign,
    /// What an HTTP cookie said when the connection was opened.
    Cookie,
    /// What a TLS client certificate said.
    Tls,
    /// A token that somebody has signed whom the router trusts: RFC 7519. Not of the specification.
    Jwt,
}

impl AuthMethod {
    /// All of them, the strongest proof of this message exchange last.
    pub const ALL: [AuthMethod; 8] = [
        AuthMethod::Anonymous,
        AuthMethod::Cookie,
        AuthMethod::Tls,
        AuthMethod::Ticket,
        AuthMethod::Jwt,
        AuthMethod::WampCra,
        AuthMethod::WampScram,
        AuthMethod::Cryptosign,
    ];

    /// The name as the specification writes it in `authmethods` and `authmethod`.
    pub const fn name(self) -> &'static str {
        match self {
            AuthMethod::Anonymous => "anonymous",
            AuthMethod::Ticket => "ticket",
            AuthMethod::WampCra => "wampcra",
            AuthMethod::WampScram => "wamp-scram",
            AuthMethod::Cryptosign => "cryptosign",
            AuthMethod::Cookie => "cookie",
            AuthMethod::Tls => "tls",
            AuthMethod::Jwt => "jwt",
        }
    }

    /// The method of that name. `scram` is what Autobahn calls `wamp-scram`; whoever was called so
    /// wants to hear that name in CHALLENGE, too.
    pub fn from_name(name: &str) -> Option<AuthMethod> {
        match name {
            "scram" => Some(AuthMethod::WampScram),
            _ => AuthMethod::ALL.into_iter().find(|method| method.name() == name),
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_name() {
        for method in AuthMethod::ALL {
            assert_eq!(AuthMethod::from_name(method.name()), Some(method));
        }
        for other in ["", "Ticket", "wamp-cra", "JWT", "bearer"] {
            assert_eq!(AuthMethod::from_name(other), None);
        }
    }
}
