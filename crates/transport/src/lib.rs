//! Frames over sockets: how connections are accepted and dialled, and how messages are read off
//! them. What the messages say is none of its business.
//!
//! - [`sniff`]: which of the protocols on one port a client speaks
//! - [`rawsocket`], [`websocket`]: their handshakes, each ending in a [`channel::Channel`]
//! - [`receiver`]: messages off a channel

pub mod channel;
pub mod rawsocket;
pub mod receiver;
pub mod sniff;
pub mod websocket;
