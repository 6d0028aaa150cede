//! What the router itself answers when it does not do what it was asked.

use crosspoint_proto::error_uri;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::{CborWriter, JsonWriter, MsgPackWriter, Serializer, Writer};
use crosspoint_proto::uri::InvalidUri;

use crate::limits::WILDCARD_SHAPES_MAX;
use crate::matcher::TooManyShapes;

/// A request is refused: an error URI for programs, and a sentence for people.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) text: String,
}

impl Refusal {
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
