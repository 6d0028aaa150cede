//! How a peer's message breaks the protocol.

use crate::serializer::{Malformed, Serializer};

/// A message that ends its session: the text goes into the ABORT's `Details.message`, so it names
/// the message and the element as the specification does.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Violation {
    /// The octets are not the serializer's.
    #[error("ill-formed {serializer}: {malformed}")]
    Malformed {
        /// The session's serializer.
        serializer: Serializer,
        /// What is wrong, and where.
        malformed: Malformed,
    },
    /// The outermost value is not a list.
    #[error("a message must be a list")]
    NotAList,
    /// The list is empty.
    #[error("a message must not be an empty list")]
    Empty,
    /// The first element is not an integer.
    #[error("a message must begin with its type, an integer")]
    TypeNotAnInteger,
    /// The first element is no message type of WAMP.
    #[error("{code} is not a message type")]
    UnknownType {
        /// What stood there.
        code: u64,
    },
    /// `ERROR.REQUEST.Type` names no request.
    #[error("ERROR.REQUEST.Type is {code}, which is not the type of a request")]
    InvalidRequestType {
        /// What stood there.
        code: u64,
    },
    /// The list ends too soon.
    #[error("{message} is too short: {message}.{element} is missing")]
    MissingElement {
        /// The message's name.
        message: &'static str,
        /// The first element that is missing.
        element: &'static str,
    },
    /// The list goes on.
    #[error("{message} has more elements than it can have")]
    TooManyElements {
        /// The message's name.
        message: &'static str,
    },
    /// An element is of another type than the specification says.
    #[error("{message}.{element} must be {expected}")]
    WrongType {
        /// The message's name.
        message: &'static str,
        /// The element's name.
        element: &'static str,
        /// What it must be, with its article.
        expected: &'static str,
    },
    /// An ID is zero or too large.
    #[error("{message}.{element} is {found}, but IDs are from 1 to 2^53")]
    IdOutOfRange {
        /// The message's name.
        message: &'static str,
        /// The element's name.
        element: &'static str,
        /// What stood there.
        found: i128,
    },
    /// An option or detail is of another type than the specification says.
    #[error("{message}.{element}.{key} must be {expected}")]
    WrongEntry {
        /// The message's name.
        message: &'static str,
        /// `Options` or `Details`.
        element: &'static str,
        /// The entry's key.
        key: &'static str,
        /// What it must be, with its article.
        expected: &'static str,
    },
}
