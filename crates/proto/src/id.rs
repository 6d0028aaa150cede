//! IDs: integers from 1 to 2^53, one type for each thing that they name, so that a registration is
//! never unregistered by the ID of a request.
//!
//! See "IDs" in the specification's Basic Profile.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), " {}"), self.0)
            }
        }
    )*};
}

ids! {
    /// A session, drawn at random: global scope.
    SessionId;
    /// A publication, drawn at random: global scope.
    PublicationId;
    /// A subscription: router scope.
    SubscriptionId;
    /// A registration: router scope.
    RegistrationId;
    /// A request of a client to the router, counted by the client: session scope.
    RequestId;
    /// A request of the router to a callee (`INVOCATION.Request`), counted by the router for each
    /// callee's session: session scope, in the other direction.
    InvocationId;
}
