//! What messages carry: the arguments of calls and events, and what arrives with them.

use crosspoint_proto::id::{PublicationId, SessionId};
use crosspoint_proto::message::pubsub;
use crosspoint_proto::value::{Dict, Value};

/// The arguments of a call or an event, or the result of a handler.
///
/// Tuples, arrays and lists of whatever becomes a [`Value`] are positional arguments:
///
/// ```
/// use crosspoint_client::{Arguments, Value};
///
/// let arguments = Arguments::from((2, "two")).kwarg("exact", true);
/// assert_eq!(arguments.args, [Value::from(2), Value::from("two")]);
/// assert_eq!(arguments.kwargs.to_string(), r#"{"exact":true}"#);
/// assert_eq!(Arguments::from([1, 2]).args.len(), 2);
/// assert_eq!(Arguments::from(()), Arguments::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    /// By position.
    pub args: Vec<Value>,
    /// By keyword.
    pub kwargs: Dict,
}

impl Arguments {
    /// The same, and one more argument by keyword.
    #[must_use]
    pub fn kwarg(mut self, key: impl Into<String>, value: impl Into<Value>) -> Arguments {
        self.kwargs.insert(key, value);
        self
    }
}

impl From<()> for Arguments {
    fn from((): ()) -> Arguments {
        Arguments::default()
    }
}

impl<T: Into<Value>> From<Vec<T>> for Arguments {
    fn from(args: Vec<T>) -> Arguments {
        Arguments { args: args.into_iter().map(Into::into).collect(), kwargs: Dict::new() }
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Arguments {
    fn from(args: [T; N]) -> Arguments {
        Arguments { args: args.map(Into::into).into(), kwargs: Dict::new() }
    }
}

macro_rules! from_tuples {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: Into<Value>),+> From<($($name,)+)> for Arguments {
            #[expect(non_snake_case, reason = "the names are those of the types")]
            fn from(($($name,)+): ($($name,)+)) -> Arguments {
                Arguments { args: vec![$($name.into()),+], kwargs: Dict::new() }
            }
        }
    )+};
}

from_tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

/// What a call came to, or a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CallResult {
    /// By position.
    pub args: Vec<Value>,
    /// By keyword.
    pub kwargs: Dict,
}

/// An event, as a subscriber gets it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The publication that it is of.
    pub publication: PublicationId,
    /// The topic that was published to. Where a pattern is subscribed to, it is one of those that
    /// match.
    pub topic: String,
    /// Who publishes, if the router discloses it: the publisher has to ask for that, or the router's
    /// configuration.
    pub publisher: Option<Publisher>,
    /// How far the router trusts the publication, if it says.
    pub trust_level: Option<u64>,
    /// It is not new: it was retained, and
    /// [`get_retained`](crate::SubscribeOptions::get_retained) asked for it.
    pub retained: bool,
    /// By position.
    pub args: Vec<Value>,
    /// By keyword.
    pub kwargs: Dict,
}

/// Who publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Publisher {
    /// The session.
    pub session: SessionId,
    /// Who that is, if the router says.
    pub authid: Option<String>,
    /// In which role, if the router says.
    pub authrole: Option<String>,
}

impl Event {
    /// An event with these details. Where they do not name the topic it is the subscribed one.
    pub(crate) fn new(
        publication: PublicationId,
        subscribed: &str,
        details: &pubsub::EventDetails<'_>,
        (args, kwargs): (Vec<Value>, Dict),
    ) -> Event {
        Event {
            publication,
            topic: details.topic.as_deref().unwrap_or(subscribed).to_owned(),
            publisher: details.publisher.as_ref().and_then(Publisher::from_details),
            trust_level: details.trust_level,
            retained: details.retained,
            args,
            kwargs,
        }
    }
}

impl Publisher {
    /// A publisher without a session is none that the specification knows.
    fn from_details(publisher: &pubsub::Disclosed<'_>) -> Option<Publisher> {
        Some(Publisher {
            session: publisher.session?,
            authid: publisher.authid.as_deref().map(Into::into),
            authrole: publisher.authrole.as_deref().map(Into::into),
        })
    }
}
