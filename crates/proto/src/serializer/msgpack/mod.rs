//! `MessagePack`, version 5: `wamp.2.msgpack`.
//!
//! JavaScript's undefined is the extension `d4 00 00`. What other extensions say is known only to
//! the applications: their data is read as bytes, and their type is lost where a payload is
//! transcoded.

mod head;
mod reader;
mod writer;

pub use reader::MsgPackReader;
pub use writer::MsgPackWriter;
