//! Frames over sockets, TLS or not: how connections are accepted and dialled, and how messages are read off
//! them. What the messages say is none of its business.
//!
//! - [`sniff`]: which of the protocols on one port a client speaks
//! - [`dial`]: from a router's URL to a channel
//! - [`proxied`]: what a proxy in front says first
//! - [`rawsocket`], [`websocket`]: their handshakes, each ending in a [`channel::Channel`]
//! - [`receiver`]: messages off a channel
//! - [`stream`]: what all of them read and write: TCP, Unix sockets, or [`tls`] over them

pub mod channel;
pub mod dial;
pub mod overheard;
pub mod proxied;
pub mod rawsocket;
pub mod receiver;
pub mod sniff;
mod socket;
pub mod stream;
pub mod tls;
pub mod websocket;
