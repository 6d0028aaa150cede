//! Conversations with a scripted router: `RawSocket` and JSON, over the loopback interface.

mod authentication;
mod callee;
mod caller;
mod chunks;
mod progress;
mod publisher;
mod session;
mod subscriber;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;

use crosspoint_proto::framing::Encoder;
use crosspoint_proto::framing::rawsocket::{Encoder as RawSocketEncoder, LengthLimit};
use crosspoint_transport::rawsocket;
use crosspoint_transport::stream::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::conversation::Conversation;
use super::outbox::Outbox;
use crate::identity::{Identity, Prover};
use crate::limits::{CALLS_MAX, CHUNKS_WAITING_MAX, EVENTS_WAITING_MAX, INVOCATIONS_MAX};
use crate::{
    ApplicationError, Arguments, CallOptions, CancelMode, Client, CloseReason, ConnectError,
    Invocation, InvokePolicy, Lagged, MatchPolicy, ProgressError, PublishOptions, RegisterOptions,
    Registration, RegistrationEnd, RequestError, Serializer, Session, SessionId, SubscribeOptions,
    SubscriptionEnd, Value,
};

const WELCOME: &str = concat!(
    r#"[2,2147483648,{"roles":{"broker":{"features":{"subscriber_blackwhite_listing":true}},"#,
    r#""dealer":{"features":{"call_canceling":true,"progressive_call_invocations":true}}}}]"#
);

/// A router that cannot do anything but what it must.
const PLAIN_WELCOME: &str = r#"[2,1,{"roles":{"broker":{},"dealer":{}}}]"#;

/// The other side of a connection, which does what the test says.
struct Router {
    stream: Stream,
}

impl Router {
    async fn accept(listener: TcpListener, limit: LengthLimit) -> Router {
        let (stream, _) = listener.accept().await.unwrap();
        Router {
            stream: rawsocket::accept(stream.into(), limit, &Serializer::ALL).await.unwrap().stream,
        }
    }

    async fn say(&mut self, message: &str) {
        self.say_all(&[message]).await;
    }

    /// Several messages in one write.
    async fn say_all<M: AsRef<str>>(&mut self, messages: &[M]) {
        let mut frames = Vec::new();
        for message in messages {
            let octets = message.as_ref().as_bytes();
            frames.extend_from_slice(&u32::try_from(octets.len()).unwrap().to_be_bytes());
            frames.extend_from_slice(octets);
        }
        self.stream.write_all(&frames).await.unwrap();
    }

    /// The next message, or nothing at the end.
    async fn hear(&mut self) -> Option<String> {
        let header = self.stream.read_u32().await.ok()?;
        let mut octets = vec![0; (header & 0x00FF_FFFF) as usize];
        self.stream.read_exact(&mut octets).await.unwrap();
        Some(String::from_utf8(octets).unwrap())
    }

    #[track_caller]
    fn expect(&mut self, message: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move { assert_eq!(self.hear().await.as_deref(), Some(message), "at {caller}") }
    }

    /// The client closes without another word.
    async fn expect_end(&mut self) {
        assert_eq!(self.hear().await, None);
    }
}

/// A client that connects, and the router that it connects to.
async fn connecting(
    limit: LengthLimit,
) -> (tokio::task::JoinHandle<Result<Session, ConnectError>>, Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::builder(format!("rs://{}", listener.local_addr().unwrap()))
        .serializer(Serializer::Json);
    let connecting = tokio::spawn(async move { client.connect().await });
    let mut router = Router::accept(listener, limit).await;
    let hello = router.hear().await.unwrap();
    assert_eq!(
        hello.replace(env!("CARGO_PKG_VERSION"), "VERSION"),
        concat!(
            r#"[1,"realm1",{"roles":{"caller":{"features":{"call_canceling":true,"#,
            r#""caller_identification":true,"progressive_call_results":true,"#,
            r#""progressive_call_invocations":true,"sharded_registration":true}},"#,
            r#""callee":{"features":{"call_canceling":true,"caller_identification":true,"#,
            r#""progressive_call_results":true,"pattern_based_registration":true,"#,
            r#""shared_registration":true,"registration_revocation":true,"#,
            r#""progressive_call_invocations":true,"call_timeout":true,"call_trustlevels":true,"#,
            r#""sharded_registration":true,"call_reroute":true}},"#,
            r#""publisher":{"features":{"publisher_exclusion":true,"#,
            r#""publisher_identification":true,"subscriber_blackwhite_listing":true,"#,
            r#""sharded_subscription":true}},"#,
            r#""subscriber":{"features":{"publisher_identification":true,"#,
            r#""pattern_based_subscription":true,"subscription_revocation":true,"#,
            r#""publication_trustlevels":true,"sharded_subscription":true}}},"#,
            r#""agent":"Crosspoint-client-VERSION"}]"#
        )
    );
    (connecting, router)
}

async fn joined() -> (Session, Router) {
    joined_within(LengthLimit::MAX).await
}

/// The lowest limit that our HELLO is within.
fn narrow() -> LengthLimit {
    LengthLimit::at_most(1024)
}

async fn joined_within(limit: LengthLimit) -> (Session, Router) {
    let (connecting, mut router) = connecting(limit).await;
    router.say(WELCOME).await;
    let session = connecting.await.unwrap().unwrap();
    assert_eq!(session.id().0, 2_147_483_648);
    (session, router)
}

/// A conversation without a connection, which goes no further than the test takes it.
fn joined_conversation() -> Conversation {
    let encoder = Encoder::RawSocket(RawSocketEncoder::default());
    let (joining, _joined) = oneshot::channel();
    let outbox = Outbox::new(encoder, Serializer::Json);
    let prover = Prover::new(&Identity::default(), [0; 16]).unwrap();
    let mut conversation = Conversation::open("realm1", prover, outbox, joining);
    hear(&mut conversation, WELCOME);
    written(&mut conversation);
    conversation
}

#[track_caller]
fn hear(conversation: &mut Conversation, message: &str) {
    assert!(
        conversation.on_octets(message.as_bytes()).is_continue(),
        "{:?}",
        conversation.reason()
    );
}

/// What it has said, with the frames' headers.
fn written(conversation: &mut Conversation) -> String {
    let outbox = conversation.outbox();
    let written = String::from_utf8_lossy(outbox.waiting()).into_owned();
    outbox.advance(outbox.octets());
    written
}

/// The error of joining a realm where HELLO is answered like that.
async fn refused_with(answer: &str) -> (ConnectError, Router) {
    let (connecting, mut router) = connecting(LengthLimit::MAX).await;
    router.say(answer).await;
    (connecting.await.unwrap().unwrap_err(), router)
}

/// A call in a task of its own.
fn spawn_call(
    session: &Session,
    arguments: impl Into<Arguments>,
) -> tokio::task::JoinHandle<Result<crate::CallResult, RequestError>> {
    let (session, arguments) = (session.clone(), arguments.into());
    tokio::spawn(async move { session.call("com.add", arguments).await })
}

/// Registers a procedure as registration 7, while the router plays along.
async fn register<H, F>(session: &Session, router: &mut Router, handler: H) -> Registration
where
    H: Fn(Invocation) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Arguments, ApplicationError>> + Send + 'static,
{
    let play_along = async {
        router.expect(r#"[64,1,{},"com.add"]"#).await;
        router.say("[65,1,7]").await;
    };
    let (registration, ()) = tokio::join!(session.register("com.add", handler), play_along);
    let registration = registration.unwrap();
    assert_eq!(registration.id().0, 7);
    registration
}

/// Subscribes by this request, while the router answers with subscription 7.
async fn subscribe(session: &Session, router: &mut Router, request: u64) -> crate::Subscription {
    let play_along = async {
        router.expect(&format!(r#"[32,{request},{{}},"com.news"]"#)).await;
        router.say(&format!("[33,{request},7]")).await;
    };
    tokio::join!(session.subscribe("com.news"), play_along).0.unwrap()
}
