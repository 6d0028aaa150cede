//! A certificate: whom it makes of a client that its transport has verified it.
//!
//! Nothing is asked of such a client any more: TLS has seen that it has the certificate's key, and that somebody
//! signed it who may. Who that is does not depend on what there is by other names: a certificate stands for one
//! principal, or for the name that is in it.

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::transport::CertificateDetails;
use crosspoint_proto::value::Dict;

use super::{Admission, Authentication, STATIC, authid};
use crate::member::Identity;

/// Who has this certificate, if it is anybody, and whom HELLO says that he is.
pub(super) fn admission(
    certificate: &CertificateDetails,
    claimed: Option<&str>,
    authentication: &Authentication,
) -> Option<Admission> {
    let holder = authentication.principals.by_certificate(&certificate.fingerprint);
    let (authid, role) = if let Some(principal) = holder {
        (principal.authid.as_str(), &principal.role)
    } else {
        let role = authentication.certificate_role.as_ref()?;
        (name_in(certificate, authentication)?, role)
    };
    if claimed.is_some_and(|claimed| claimed != authid) {
        return None;
    }
    let identity = Identity {
        authid: authid.to_owned().into(),
        authrole: role.clone().into(),
        authmethod: AuthMethod::Tls.name().into(),
        authprovider: STATIC.into(),
    };
    Some(Admission { identity, verifier: None, extra: Dict::new() })
}

/// The name in a certificate. Whoever signs certificates cannot make somebody a principal by it, who has a proof
/// of his own.
fn name_in<'c>(
    certificate: &'c CertificateDetails,
    authentication: &Authentication,
) -> Option<&'c str> {
    let name = certificate.common_name.as_deref()?;
    let is_free = authid::is_somebodys(name) && authentication.principals.by_authid(name).is_none();
    is_free.then_some(name)
}
