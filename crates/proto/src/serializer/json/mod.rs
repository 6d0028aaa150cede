//! JSON by RFC 8259: `wamp.2.json`.
//!
//! Strict: no comments, no trailing commas, no control characters in strings. The notation of bytes
//! is WAMP's own: a string of U+0000 and base64 with padding. A string that merely starts with
//! U+0000 stays a string.

mod reader;
mod scan;
mod text;
mod writer;

pub use reader::JsonReader;
pub(super) use scan::over_separators;
pub use writer::JsonWriter;
