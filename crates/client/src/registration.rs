//! A registration: a procedure that this session provides.

use std::fmt;

use crosspoint_proto::id::RegistrationId;
use tokio::sync::watch;

use crate::error::{CloseReason, RequestError};
use crate::request::{Request, Revoked};
use crate::session::Session;

/// A procedure that this session provides.
///
/// Dropping it changes nothing: the procedure stays registered for as long as the session lives.
#[derive(Debug)]
pub struct Registration {
    session: Session,
    id: RegistrationId,
    /// Told by the driver if the router takes the registration away; dropped when the session is
    /// over.
    revoked: watch::Receiver<Option<Revoked>>,
}

/// Why a procedure is provided no more, although nobody has unregistered it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistrationEnd {
    /// The router has taken it away, and the session goes on.
    Revoked {
        /// Why, if the router says.
        reason: Option<String>,
    },
    /// The session is over.
    SessionClosed(CloseReason),
}

impl Registration {
    pub(crate) fn new(
        session: Session,
        id: RegistrationId,
        revoked: watch::Receiver<Option<Revoked>>,
    ) -> Registration {
        Registration { session, id, revoked }
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

    /// Waits until the router takes the procedure away, or the session is over, and says why.
    ///
    /// A router takes a procedure away because somebody else has registered it by force, for example.
    /// Invocations that have begun are still answered.
    ///
    /// ```no_run
    /// # async fn run(registration: crosspoint_client::Registration) {
    /// use crosspoint_client::RegistrationEnd;
    ///
    /// match registration.ended().await {
    ///     RegistrationEnd::Revoked { reason } => println!("no more calls for us: {reason:?}"),
    ///     end => println!("{end}"),
    /// }
    /// # }
    /// ```
    pub async fn ended(&self) -> RegistrationEnd {
        match Revoked::told(&self.revoked).await {
            Some(Revoked { reason }) => RegistrationEnd::Revoked { reason },
            None => RegistrationEnd::SessionClosed(self.session.closed().await),
        }
    }
}

impl fmt::Display for RegistrationEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistrationEnd::Revoked { reason: Some(reason) } => {
                write!(f, "the router has revoked the registration: {reason}")
            }
            RegistrationEnd::Revoked { reason: None } => {
                f.write_str("the router has revoked the registration")
            }
            RegistrationEnd::SessionClosed(reason) => reason.fmt(f),
        }
    }
}
