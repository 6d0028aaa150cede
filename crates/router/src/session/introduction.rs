//! How a client has introduced itself: until it is let in, nobody knows whether that is true. For the log, which has to
//! tell whom a refusal has met.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::message::session::Hello;

use crate::limits::{AUTHID_OCTETS_MAX, WHY_OCTETS_MAX};
use crate::why::shortened;

/// What a client's HELLO says of it, shortened if need be, and nothing of how it would prove that.
pub(super) struct Introduction {
    pub(super) realm: Box<str>,
    pub(super) authid: Option<Box<str>>,
    /// The method that was chosen, or could have been.
    pub(super) authmethod: Option<AuthMethod>,
}

impl Introduction {
    pub(super) fn new(hello: &Hello<'_>) -> Introduction {
        let Hello { realm, details } = hello;
        let authid = details.authid.as_deref();
        let authid = authid.filter(|authid| !authid.is_empty());
        // Of several, that was used which the router has chosen.
        let authmethod = match details.authmethods.as_slice() {
            [only] => AuthMethod::from_name(only),
            _ => None,
        };
        Introduction {
            realm: shortened(realm, WHY_OCTETS_MAX).into(),
            authid: authid.map(|authid| shortened(authid, AUTHID_OCTETS_MAX).into()),
            authmethod,
        }
    }
}
