//! CBOR by RFC 8949: `wamp.2.cbor`.
//!
//! Everything that is well-formed is read: definite and indefinite lengths, floats of all sizes,
//! tags. A bignum (tag 2 or 3) is an integer; of what stands under another tag only the content is
//! seen, and the tag is lost where a payload is transcoded.

mod head;
mod levels;
mod reader;
mod writer;

pub use reader::CborReader;
pub use writer::CborWriter;
