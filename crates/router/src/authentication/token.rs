//! Tokens: what somebody has signed whom the realm trusts, and whom that makes of a client.
//!
//! A token is said like a ticket, after a CHALLENGE, whether the client calls that `jwt` or `ticket`; or it has come with
//! the request for the WebSocket, and then nothing is asked any more. What a token says, and whether it is right, is
//! found out by a [`TokenVerifier`], which has the keys and the clock.

use std::fmt::Debug;
use std::sync::Arc;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::value::Dict;

use super::{Admission, Authentication, authid};
use crate::limits::TOKEN_OCTETS_MAX;
use crate::member::Identity;

/// Knows which tokens are right.
pub trait TokenVerifier: Debug + Send + Sync {
    /// Whom a token stands for at this moment; nobody, if anything is wrong with it. It may be anything that a client
    /// has sent, and it is at most [`TOKEN_OCTETS_MAX`](crate::limits::TOKEN_OCTETS_MAX) long.
    fn verify(&self, token: &str) -> Option<Holder>;
}

/// Whom a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name.
    pub authid: String,
    /// The role.
    pub role: String,
    /// By whose word: WELCOME says it as `authprovider`.
    pub provider: String,
}

/// Whom the client says that it is whose token is checked.
pub(crate) struct TokenCheck {
    claimed: Option<String>,
}

impl TokenCheck {
    /// `None` if the realm takes no tokens.
    pub(super) fn new(
        authentication: &Authentication,
        claimed: Option<&str>,
    ) -> Option<TokenCheck> {
        verifier(authentication).map(|_| TokenCheck { claimed: claimed.map(str::to_owned) })
    }

    /// Who is let in with it, by what is so when it comes.
    pub(super) fn admission(
        &self,
        token: &str,
        authentication: &Authentication,
    ) -> Option<Admission> {
        if token.len() > TOKEN_OCTETS_MAX {
            return None;
        }
        let Holder { authid, role, provider } = verifier(authentication)?.verify(token)?;
        if !authid::is_somebodys(&authid)
            || self.claimed.as_ref().is_some_and(|claimed| *claimed != authid)
        {
            return None;
        }
        let identity = Identity {
            authid: authid.into(),
            authrole: role.into(),
            authmethod: AuthMethod::Jwt.name().into(),
            authprovider: provider.into(),
        };
        Some(Admission { identity, verifier: None, extra: Dict::new() })
    }
}

fn verifier(authentication: &Authentication) -> Option<&Arc<dyn TokenVerifier>> {
    authentication.tokens.as_ref().filter(|_| authentication.takes(AuthMethod::Jwt))
}
