//! What the router itself answers when it does not do what it was asked.

use crosspoint_proto::error_uri;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{CborWriter, JsonWriter, MsgPackWriter, Serializer, Writer};
use crosspoint_proto::uri::{InvalidUri, MatchPolicy};

use crate::limits::WILDCARD_SHAPES_MAX;
use crate::matcher::TooManyShapes;

/// A request is refused: an error URI for programs, and a sentence for people.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) text: String,
}

impl Refusal {
    /// The realm does not disclose callers, or publishers.
    pub(crate) fn disclosure(what_to_whom: &str, option: &str) -> Refusal {
        Refusal {
            error: error_uri::DISCLOSE_ME_DISALLOWED,
            text: format!("this realm does not tell {what_to_whom}: leave out {option}"),
        }
    }

    /// `what` is not a valid URI.
    pub(crate) fn invalid_uri(what: &str, invalid: InvalidUri) -> Refusal {
        let text = format!("the {what} is not a valid URI: {invalid}");
        Refusal { error: error_uri::INVALID_URI, text }
    }
}

impl From<TooManyShapes> for Refusal {
    fn from(TooManyShapes: TooManyShapes) -> Refusal {
        let text = format!(
            "patterns of so many components have their wildcards in {WILDCARD_SHAPES_MAX} different \
             sets of places already, which is the limit: put them where another pattern has them"
        );
        Refusal { error: error_uri::LIMIT_EXCEEDED, text }
    }
}

/// `Options.match`, of a registration or of a subscription.
pub(crate) fn match_policy(name: Option<&str>) -> Result<MatchPolicy, Refusal> {
    let Some(name) = name else { return Ok(MatchPolicy::default()) };
    MatchPolicy::from_name(name).ok_or_else(|| Refusal {
        error: error_uri::OPTION_NOT_ALLOWED,
        text: format!("match '{name}' is not known: exact, prefix and wildcard are"),
    })
}

/// The peer broke the protocol; the text says how. Its session is aborted.
#[derive(Debug)]
pub(crate) struct ProtocolViolation(pub(crate) String);

/// Arguments that are one text, in the receiver's serializer.
pub(crate) fn text_payload<'b>(
    serializer: Serializer,
    text: &str,
    buffer: &'b mut Vec<u8>,
) -> Payload<'b> {
    fn write<W: Writer>(mut w: W, text: &str) {
        w.list(1);
        w.str(text);
        w.end_list();
    }
    match serializer {
        Serializer::Json => write(JsonWriter::new(buffer), text),
        Serializer::MsgPack => write(MsgPackWriter::new(buffer), text),
        Serializer::Cbor => write(CborWriter::new(buffer), text),
    }
    Payload { serializer, arity: Arity::Args, octets: buffer }
}
