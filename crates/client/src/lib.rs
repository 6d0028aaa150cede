//! A WAMP v2 client: calls procedures and provides them, publishes events and receives them.
//!
//! ```no_run
//! use crosspoint_client::{Arguments, Client, Invocation};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let session = Client::builder("ws://127.0.0.1:8080/ws").realm("realm1").connect().await?;
//!
//! session
//!     .register("com.example.add", |invocation: Invocation| async move {
//!         let sum = invocation.args.iter().filter_map(|arg| arg.as_i64()).sum::<i64>();
//!         Ok(Arguments::from((sum,)))
//!     })
//!     .await?;
//!
//! let result = session.call("com.example.add", (2, 3)).await?;
//! assert_eq!(result.args, [5.into()]);
//!
//! session.leave().await;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] says where to; [`Client::connect`] opens a [`Session`]
//!   - its [`ticket`](Client::ticket), [`wampcra`](Client::wampcra), [`scram`](Client::scram) and
//!     [`cryptosign`](Client::cryptosign) are for routers that want to know who this is
//! - [`Session`] is cheap to clone; one task behind all clones reads and writes the connection
//! - [`Registration`] and [`Subscription`] are what `register` and `subscribe` give
//! - [`Event`] is what a subscriber gets
//! - [`Invocation`] is what a handler gets, and through which it sends progressive results
//! - [`ProgressiveCall`] is a call with progressive results, and [`ChunkSender`] sends its arguments
//!   piece by piece
//! - [`CallOptions`], [`RegisterOptions`], [`PublishOptions`] and [`SubscribeOptions`] are for the
//!   methods that end with `_with`
//!
//! Payload passthru mode (`ppt_*`) is not there yet, neither for calls nor for events: arguments are
//! always values in the session's serializer.
//!
//! A client does not reconnect by itself: [`Session::closed`] says when and why a session is over.

mod arguments;
mod call;
mod chunks;
mod client;
mod driver;
mod error;
mod events;
mod identity;
mod invocation;
mod limits;
mod options;
mod registration;
mod request;
mod session;
mod subscription;
mod time_limit;

pub use crosspoint_proto::auth::AuthError;
pub use crosspoint_proto::auth::cryptosign::PrivateKey;
pub use crosspoint_proto::error_uri;
pub use crosspoint_proto::feature::Feature;
pub use crosspoint_proto::id::{PublicationId, RegistrationId, SessionId, SubscriptionId};
pub use crosspoint_proto::invoke::InvokePolicy;
pub use crosspoint_proto::message::rpc::CancelMode;
pub use crosspoint_proto::serializer::Serializer;
pub use crosspoint_proto::uri::MatchPolicy;
pub use crosspoint_proto::value::{Dict, Value};
pub use crosspoint_transport::dial::{DialError, InvalidUrl};
pub use crosspoint_transport::tls::client::{ConnectError as TlsError, Trust};

pub use crate::arguments::{Arguments, CallResult, Event, Publisher};
pub use crate::call::{ChunkSender, ProgressiveCall};
pub use crate::client::Client;
pub use crate::error::{ApplicationError, CloseReason, ConnectError, HANDLER_FAILED, RequestError};
pub use crate::events::Lagged;
pub use crate::invocation::{Caller, Invocation, ProgressError};
pub use crate::options::{CallOptions, PublishOptions, RegisterOptions, SubscribeOptions};
pub use crate::registration::{Registration, RegistrationEnd};
pub use crate::session::Session;
pub use crate::subscription::{Subscription, SubscriptionEnd};
