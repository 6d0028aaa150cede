//! A router with a few clients, for the target of that name.
//!
//! - [`world`]: the router, who is there, and what happens
//! - [`realms`]: where one can join, and who may do what
//! - [`phrases`]: messages, made of the fuzzer's choices
//! - [`peer`]: a client, and what must hold of all that it is told

pub mod peer;
pub mod phrases;
pub mod realms;
pub mod world;
