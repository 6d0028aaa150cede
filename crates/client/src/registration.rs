//! A registration: a procedure that this session provides.

use crosspoint_proto::id::RegistrationId;

use crate::error::RequestError;
use crate::request::Request;
use crate::session::Session;

/// A procedure that this session provides.
///
/// Dropping it changes nothing: the procedure stays registered for as long as the session lives.
#[derive(Debug)]
pub struct Registration {
    session: Session,
    id: RegistrationId,
}

impl Registration {
    pub(crate) fn new(session: Session, id: RegistrationId) -> Registration {
        Registration { session, id }
    }

    /// The registration's ID.
    pub fn id(&self) -> RegistrationId {
        self.id
    }

    /// Gives the procedure up. Invocations that have begun are still answered.
    pub async fn unregister(self) -> Result<(), RequestError> {
        let registration = self.id;
        self.session.request(|reply| Request::Unregister { registration, reply }).await
    }
}
