//! What can go wrong, sorted by whose fault it is.

use std::fmt;

use crosspoint_proto::auth::AuthError;
use crosspoint_proto::feature::Feature;
use crosspoint_proto::framing::MessageTooLong;
use crosspoint_proto::serializer::{Malformed, Unwritable};
use crosspoint_proto::value::{Dict, Value};
use crosspoint_transport::dial::DialError;

use crate::limits::{CALLS_MAX, JOIN_TIMEOUT};

/// The error that a caller gets whose handler has panicked, or has returned what cannot be sent.
pub const HANDLER_FAILED: &str = "crosspoint.error.handler_failed";

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no connection: look at the URL, and whether the router runs.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The router said no: the reason says what to do, `wamp.error.no_such_realm` for example.
    #[error("the router refused the session: {}", Reason(.reason, .message.as_deref()))]
    Refused {
        /// Why, for programs.
        reason: String,
        /// Why, for people.
        message: Option<String>,
    },
    /// The router wants a proof of who this is, and this client has none to give: give it one, with
    /// [`Client::wampcra`](crate::Client::wampcra) for example.
    #[error("the router demands authentication by '{method}', for which this client has nothing")]
    Challenged {
        /// What it wants.
        method: String,
    },
    /// The router's challenge makes no sense, or asks for too little or too much work to be trusted.
    #[error("the router's challenge cannot be answered: {0}")]
    Unanswerable(AuthError),
    /// Whoever has answered does not know the password: it is not the router that was meant.
    #[error("the router has not proved that it knows the password")]
    NotTheRouter,
    /// The session was over before it began.
    #[error(transparent)]
    Closed(CloseReason),
    /// There is a connection, but whoever accepted it does not answer HELLO.
    #[error("the router did not open a session within {} seconds", JOIN_TIMEOUT.as_secs())]
    Timeout,
}

/// Why a request has failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The other side said no: for a call the callee or the router, for the rest the router.
    #[error("{}", Answer { uri, args })]
    Wamp {
        /// Why, for programs.
        uri: String,
        /// What else there is to say, by position; the first is often a sentence for people.
        args: Vec<Value>,
        /// What else there is to say, by keyword.
        kwargs: Dict,
    },
    /// The session is over. Whether the request was carried out is not known.
    #[error("{0}")]
    Disconnected(CloseReason),
    /// The arguments have no words in the session's serializer: change them, or it.
    #[error("the arguments cannot be sent: {0}")]
    Unwritable(#[from] Unwritable),
    /// The request is longer than the router accepts: send less.
    #[error(transparent)]
    TooLong(#[from] MessageTooLong),
    /// Wait for the results of other calls first; a call that is dropped counts until the router has
    /// answered it.
    #[error("{CALLS_MAX} calls of this session wait for their results; try again later")]
    TooManyCalls,
    /// The result came, but cannot be held in memory as a value: a key of a dict may be neither a
    /// text nor an integer.
    #[error("the result cannot be read: {0}")]
    Unreadable(Malformed),
    /// Progressive results came faster than they were taken, so the call was cancelled: take them
    /// faster, or ask for fewer.
    #[error("the progressive results came faster than they were taken; the call was cancelled")]
    TooSlow,
    /// The call was answered or cancelled before this chunk of its arguments was sent. Its result
    /// says more.
    #[error("the call is over: it takes no more arguments")]
    CallEnded,
    /// The router does not announce the feature that the request needs: do without, or use another
    /// router.
    #[error("the router does not announce {}", .0.name())]
    Unsupported(Feature),
}

/// What a handler answers if there is no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", Answer { uri, args })]
pub struct ApplicationError {
    /// Why, for programs.
    pub uri: String,
    /// What else there is to say, by position.
    pub args: Vec<Value>,
    /// What else there is to say, by keyword.
    pub kwargs: Dict,
}

impl ApplicationError {
    /// An error with a sentence for people.
    ///
    /// ```
    /// use crosspoint_client::ApplicationError;
    ///
    /// let error = ApplicationError::new("com.example.error.sold_out", "no tickets are left");
    /// assert_eq!(error.to_string(), "com.example.error.sold_out: no tickets are left");
    /// ```
    pub fn new(uri: impl Into<String>, message: impl Into<String>) -> ApplicationError {
        let args = vec![Value::Str(message.into())];
        ApplicationError { uri: uri.into(), args, kwargs: Dict::new() }
    }
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// This side left, or dropped all that held the session.
    #[error("the session was left")]
    Left,
    /// The router closed the session, as it does when it shuts down.
    #[error("the router closed the session: {}", Reason(.reason, .message.as_deref()))]
    Goodbye {
        /// Why, for programs.
        reason: String,
        /// Why, for people.
        message: Option<String>,
    },
    /// The router ended the session at once.
    #[error("the router aborted the session: {}", Reason(.reason, .message.as_deref()))]
    Aborted {
        /// Why, for programs.
        reason: String,
        /// Why, for people.
        message: Option<String>,
    },
    /// The router broke the protocol.
    #[error("the router broke the protocol: {0}")]
    Violation(String),
    /// The connection ended, and nobody said why.
    #[error("the connection to the router was lost: {0}")]
    Lost(String),
}

/// A reason with its sentence, if there is one.
struct Reason<'a>(&'a str, Option<&'a str>);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason(reason, Some(message)) => write!(f, "{reason}: {message}"),
            Reason(reason, None) => f.write_str(reason),
        }
    }
}

/// An error URI with its sentence, if the first argument is one.
struct Answer<'a> {
    uri: &'a str,
    args: &'a [Value],
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Reason(self.uri, self.args.first().and_then(Value::as_str)).fmt(f)
    }
}
