//! The words of WAMP v2: IDs, URIs, messages, serializers, framing and the arithmetic of authentication.
//!
//! Nothing in this crate does IO, reads a clock, draws random numbers or knows of tasks. It takes
//! octets and gives messages, and the other way round.

pub mod auth;
pub mod error_uri;
pub mod feature;
pub mod framing;
pub mod id;
pub mod invoke;
pub mod limits;
pub mod message;
pub mod payload;
pub mod serializer;
pub mod transport;
pub mod uri;
pub mod value;
