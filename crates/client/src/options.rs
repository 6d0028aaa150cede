//! The options of requests, as an application says them. Each starts from what a request without
//! options does.

use std::borrow::Cow;
use std::time::Duration;

use crosspoint_proto::invoke::InvokePolicy;
use crosspoint_proto::limits::ID_MAX;
use crosspoint_proto::message::pubsub;
use crosspoint_proto::message::rpc::{self, CancelMode};
use crosspoint_proto::uri::MatchPolicy;

/// How a procedure is registered, with [`Session::register_with`](crate::Session::register_with).
///
/// ```
/// use crosspoint_client::{InvokePolicy, RegisterOptions};
///
/// // One of several workers, each with four calls at a time; a hundred more may wait.
/// let options = RegisterOptions::new().invoke(InvokePolicy::LeastPending).concurrency(4).queue(100);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until something is registered with them"]
pub struct RegisterOptions {
    matching: MatchPolicy,
    invoke: InvokePolicy,
    disclose_caller: bool,
    forward_timeout: bool,
    force_reregister: bool,
    concurrency: Option<u64>,
    queue: Option<u64>,
}

impl RegisterOptions {
    /// Exactly this procedure, and nobody else.
    pub fn new() -> RegisterOptions {
        RegisterOptions::default()
    }

    /// Which procedures are meant. What was called is in
    /// [`Invocation::procedure`](crate::Invocation::procedure).
    pub fn matching(self, policy: MatchPolicy) -> RegisterOptions {
        RegisterOptions { matching: policy, ..self }
    }

    /// Whether others may register the procedure, too, and who is then invoked.
    pub fn invoke(self, policy: InvokePolicy) -> RegisterOptions {
        RegisterOptions { invoke: policy, ..self }
    }

    /// Asks the router to say who calls: [`Invocation::caller`](crate::Invocation::caller).
    pub fn disclose_caller(self, disclose: bool) -> RegisterOptions {
        RegisterOptions { disclose_caller: disclose, ..self }
    }

    /// Keeps the time of calls here and not in the router: a handler that has not answered when the
    /// caller's timeout is over is stopped. The caller gets `wamp.error.timeout` either way.
    pub fn forward_timeout(self, forward: bool) -> RegisterOptions {
        RegisterOptions { forward_timeout: forward, ..self }
    }

    /// Takes the procedure away from whoever has registered it. Not of WAMP: Crossbar.io's.
    pub fn force_reregister(self, force: bool) -> RegisterOptions {
        RegisterOptions { force_reregister: force, ..self }
    }

    /// Takes at most so many calls at a time. Not of WAMP: Crossbar.io's.
    pub fn concurrency(self, calls: u64) -> RegisterOptions {
        RegisterOptions { concurrency: Some(calls), ..self }
    }

    /// Lets so many calls wait in the router while all callees have as many as they take. Not of
    /// WAMP: Crosspoint's own.
    pub fn queue(self, calls: u64) -> RegisterOptions {
        RegisterOptions { queue: Some(calls), ..self }
    }

    pub(crate) fn to_message(&self) -> rpc::RegisterOptions<'static> {
        let invoke = self.invoke;
        rpc::RegisterOptions {
            matching: said(self.matching),
            invoke: (invoke != InvokePolicy::default()).then(|| invoke.name().into()),
            disclose_caller: self.disclose_caller,
            forward_timeout: self.forward_timeout,
            force_reregister: self.force_reregister,
            concurrency: self.concurrency,
            queue: self.queue,
        }
    }
}

/// How a procedure is called, with [`Session::call_with`](crate::Session::call_with) and its kin.
///
/// ```
/// use std::time::Duration;
///
/// use crosspoint_client::CallOptions;
///
/// let options = CallOptions::new().timeout(Duration::from_secs(2)).disclose_me(true);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until something is called with them"]
pub struct CallOptions {
    timeout: Duration,
    disclose_me: bool,
    rkey: Option<String>,
    pub(crate) cancel_mode: CancelMode,
}

impl CallOptions {
    /// A call that takes as long as it takes, by nobody in particular.
    pub fn new() -> CallOptions {
        CallOptions::default()
    }

    /// How long the call may take, in whole milliseconds; if it has progressive results, how long
    /// each of them may take. Then it ends with `wamp.error.timeout`. Zero is without limit.
    ///
    /// The time is kept by the router or the callee. A router that does not announce `call_timeout`
    /// may let the call go on.
    pub fn timeout(self, timeout: Duration) -> CallOptions {
        CallOptions { timeout, ..self }
    }

    /// Asks the router to tell the callee who calls.
    pub fn disclose_me(self, disclose: bool) -> CallOptions {
        CallOptions { disclose_me: disclose, ..self }
    }

    /// Sends the call to the one of several callees that is responsible for this key: calls with
    /// the same key go to the same.
    pub fn rkey(self, key: impl Into<String>) -> CallOptions {
        CallOptions { rkey: Some(key.into()), ..self }
    }

    /// What becomes of the callee's work when nobody waits for it any more, because the future or
    /// the [`ProgressiveCall`](crate::ProgressiveCall) is dropped.
    pub fn cancel_mode(self, mode: CancelMode) -> CallOptions {
        CallOptions { cancel_mode: mode, ..self }
    }

    pub(crate) fn to_message(&self) -> rpc::CallOptions<'_> {
        rpc::CallOptions {
            disclose_me: self.disclose_me,
            timeout_ms: milliseconds(self.timeout),
            runmode: self.rkey.as_ref().map(|_| "partition".into()),
            rkey: self.rkey.as_deref().map(Into::into),
            ..rpc::CallOptions::default()
        }
    }
}

/// A part of a millisecond counts as a whole one: zero would be no limit at all.
fn milliseconds(timeout: Duration) -> u64 {
    let milliseconds = timeout.as_nanos().div_ceil(1_000_000);
    u64::try_from(milliseconds).map_or(ID_MAX, |milliseconds| milliseconds.min(ID_MAX))
}

/// How a topic is subscribed to, with [`Session::subscribe_with`](crate::Session::subscribe_with).
/// A [`MatchPolicy`] is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until something is subscribed to with them"]
pub struct SubscribeOptions {
    pub(crate) matching: MatchPolicy,
}

impl SubscribeOptions {
    /// Exactly this topic.
    pub fn new() -> SubscribeOptions {
        SubscribeOptions::default()
    }

    /// Which topics are meant. What was published to is in [`Event::topic`](crate::Event::topic).
    pub fn matching(self, policy: MatchPolicy) -> SubscribeOptions {
        SubscribeOptions { matching: policy }
    }

    pub(crate) fn to_message(self) -> pubsub::SubscribeOptions<'static> {
        let matching = said(self.matching);
        pubsub::SubscribeOptions { matching, ..pubsub::SubscribeOptions::default() }
    }
}

impl From<MatchPolicy> for SubscribeOptions {
    fn from(policy: MatchPolicy) -> SubscribeOptions {
        SubscribeOptions::new().matching(policy)
    }
}

/// A match policy, where it has to be said.
fn said(matching: MatchPolicy) -> Option<Cow<'static, str>> {
    (matching != MatchPolicy::default()).then(|| matching.name().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_timeout_but_zero_is_without_limit() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_micros(1500)), 2);
        assert_eq!(milliseconds(Duration::MAX), ID_MAX);
    }
}
