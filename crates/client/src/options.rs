//! The options of requests, as an application says them. Each starts from what a request without
//! options does.

use std::borrow::Cow;
use std::time::Duration;

use crosspoint_proto::id::SessionId;
use crosspoint_proto::invoke::InvokePolicy;
use crosspoint_proto::limits::ID_MAX;
use crosspoint_proto::message::pubsub::{self, Listed, Receivers};
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

/// How an event is published, with [`Session::publish_with`](crate::Session::publish_with) and
/// [`Session::publish_acknowledged_with`](crate::Session::publish_acknowledged_with).
///
/// Whoever is to receive the event has to pass all restrictions that there are: an event that is only
/// for some sessions and only for some roles is for those of the sessions that are in one of the
/// roles. To name nobody as eligible is to publish for nobody.
///
/// ```
/// use crosspoint_client::PublishOptions;
///
/// // For administrators only, and also for those of them who subscribe later.
/// let options = PublishOptions::new().eligible_authrole(["admin"]).retain(true);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "options do nothing until something is published with them"]
pub struct PublishOptions(pubsub::PublishOptions<'static>);

impl PublishOptions {
    /// For all other subscribers, by nobody in particular.
    pub fn new() -> PublishOptions {
        PublishOptions::default()
    }

    /// Whether this session is left out, even if it is subscribed. It is, if nothing is said.
    pub fn exclude_me(mut self, exclude: bool) -> PublishOptions {
        self.0.exclude_me = exclude;
        self
    }

    /// Asks the router to tell subscribers who publishes:
    /// [`Event::publisher`](crate::Event::publisher).
    pub fn disclose_me(mut self, disclose: bool) -> PublishOptions {
        self.0.disclose_me = disclose;
        self
    }

    /// Lets the router keep the event for those who subscribe later and ask for it
    /// ([`SubscribeOptions::get_retained`]), until another one takes its place. A router that does not
    /// announce `event_retention` may not keep it.
    pub fn retain(mut self, retain: bool) -> PublishOptions {
        self.0.retain = retain;
        self
    }

    /// Only for these sessions.
    pub fn eligible(self, sessions: impl IntoIterator<Item = SessionId>) -> PublishOptions {
        self.restrict(|receivers| receivers.eligible = Some(sessions_listed(sessions)))
    }

    /// Only for those whose `authid` is one of these.
    pub fn eligible_authid(
        self,
        authids: impl IntoIterator<Item = impl Into<String>>,
    ) -> PublishOptions {
        self.restrict(|receivers| receivers.eligible_authid = Some(names_listed(authids)))
    }

    /// Only for those whose `authrole` is one of these.
    pub fn eligible_authrole(
        self,
        authroles: impl IntoIterator<Item = impl Into<String>>,
    ) -> PublishOptions {
        self.restrict(|receivers| receivers.eligible_authrole = Some(names_listed(authroles)))
    }

    /// Not for these sessions.
    pub fn exclude(self, sessions: impl IntoIterator<Item = SessionId>) -> PublishOptions {
        self.restrict(|receivers| receivers.exclude = Some(sessions_listed(sessions)))
    }

    /// Not for those whose `authid` is one of these.
    pub fn exclude_authid(
        self,
        authids: impl IntoIterator<Item = impl Into<String>>,
    ) -> PublishOptions {
        self.restrict(|receivers| receivers.exclude_authid = Some(names_listed(authids)))
    }

    /// Not for those whose `authrole` is one of these.
    pub fn exclude_authrole(
        self,
        authroles: impl IntoIterator<Item = impl Into<String>>,
    ) -> PublishOptions {
        self.restrict(|receivers| receivers.exclude_authrole = Some(names_listed(authroles)))
    }

    /// Where subscribers share the work ([`SubscribeOptions::nkey`]), sends the event to those who are
    /// responsible for this key: events with the same key go to the same.
    pub fn rkey(mut self, key: impl Into<String>) -> PublishOptions {
        self.0.rkey = Some(Cow::Owned(key.into()));
        self
    }

    fn restrict(mut self, restriction: impl FnOnce(&mut Receivers<'static>)) -> PublishOptions {
        restriction(self.0.receivers.get_or_insert_default());
        self
    }

    /// Is the event not for everybody?
    pub(crate) fn restrict_receivers(&self) -> bool {
        self.0.receivers.is_some()
    }

    pub(crate) fn into_message(self) -> pubsub::PublishOptions<'static> {
        self.0
    }
}

fn sessions_listed(sessions: impl IntoIterator<Item = SessionId>) -> Listed<SessionId> {
    sessions.into_iter().collect::<Vec<_>>().into()
}

fn names_listed(names: impl IntoIterator<Item = impl Into<String>>) -> Listed<Cow<'static, str>> {
    names.into_iter().map(|name| Cow::Owned(name.into())).collect::<Vec<_>>().into()
}

/// How a topic is subscribed to, with [`Session::subscribe_with`](crate::Session::subscribe_with).
/// A [`MatchPolicy`] is one.
///
/// ```
/// use crosspoint_client::{MatchPolicy, SubscribeOptions};
///
/// let options = SubscribeOptions::new().matching(MatchPolicy::Prefix).get_retained(true);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until something is subscribed to with them"]
pub struct SubscribeOptions {
    pub(crate) matching: MatchPolicy,
    pub(crate) get_retained: bool,
    nkey: Option<String>,
}

impl SubscribeOptions {
    /// Exactly this topic, and what is published from now on.
    pub fn new() -> SubscribeOptions {
        SubscribeOptions::default()
    }

    /// Which topics are meant. What was published to is in [`Event::topic`](crate::Event::topic).
    pub fn matching(self, policy: MatchPolicy) -> SubscribeOptions {
        SubscribeOptions { matching: policy, ..self }
    }

    /// Asks for what is retained, too; [`Event::retained`](crate::Event::retained) tells it from what
    /// is new. A router that does not announce `event_retention` has nothing.
    pub fn get_retained(self, get: bool) -> SubscribeOptions {
        SubscribeOptions { get_retained: get, ..self }
    }

    /// Shares events that are published with a key ([`PublishOptions::rkey`]): each goes to the one of
    /// several nodes that is responsible for it. The node is named here; all subscribers with the same
    /// name are one. Events without a key go to everybody, as do all where the router does not
    /// announce `sharded_subscription`.
    ///
    /// A session has one subscription to a topic: if it subscribes again, the latest name counts.
    pub fn nkey(self, node: impl Into<String>) -> SubscribeOptions {
        SubscribeOptions { nkey: Some(node.into()), ..self }
    }

    pub(crate) fn to_message(&self) -> pubsub::SubscribeOptions<'_> {
        pubsub::SubscribeOptions {
            matching: said(self.matching),
            get_retained: self.get_retained,
            nkey: self.nkey.as_deref().map(Into::into),
        }
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
