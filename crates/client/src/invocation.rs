//! An invocation, as a handler gets it: what is called, with which arguments, by whom; and the way
//! back for progressive results.

use std::time::Duration;

use crosspoint_proto::framing::MessageTooLong;
use crosspoint_proto::id::{InvocationId, SessionId};
use crosspoint_proto::message::rpc::InvocationDetails;
use crosspoint_proto::serializer::{Serializer, Unwritable};
use crosspoint_proto::value::{Dict, Value};
use crosspoint_proto::{error_uri, message};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::arguments::Arguments;
use crate::chunks;
use crate::error::{ApplicationError, HANDLER_FAILED};
use crate::request::{OwnedPayload, ProgressiveYield};
use crate::time_limit::TimeLimit;

/// A call, as a handler gets it.
///
/// ```
/// use crosspoint_client::{ApplicationError, Arguments, Invocation};
///
/// async fn count(invocation: Invocation) -> Result<Arguments, ApplicationError> {
///     if invocation.takes_progress() {
///         for percent in [25, 50, 75] {
///             invocation.progress((percent,)).await?;
///         }
///     }
///     Ok((100,).into())
/// }
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Invocation {
    /// By position.
    pub args: Vec<Value>,
    /// By keyword.
    pub kwargs: Dict,
    /// The procedure that was called. Where a pattern is registered, it is one of those that match.
    pub procedure: String,
    /// Who calls, if the router discloses it: the caller or the callee has to ask for that.
    pub caller: Option<Caller>,
    /// How far the router trusts the call, if it says.
    pub trust_level: Option<u64>,
    /// How long the handler may take, to its result or from one progressive result to the next, if
    /// that is left to the callee. It need not look: it is stopped when the time is over.
    pub timeout: Option<Duration>,
    results: Option<Results>,
    /// Behind a lock so that chunks can be taken and results sent at the same time.
    chunks: Option<Mutex<chunks::Receiver>>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The session.
    pub session: SessionId,
    /// Who that is, if the router says.
    pub authid: Option<String>,
    /// In which role, if the router says.
    pub authrole: Option<String>,
}

/// Why a progressive result was not sent. A handler that returns it, with `?`, answers the call with
/// an error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgressError {
    /// Ask [`Invocation::takes_progress`] first.
    #[error("the caller does not take progressive results")]
    NotWanted,
    /// The call was answered, cancelled or its session ended: there is nobody to work for.
    #[error("the call is over")]
    CallEnded,
    /// The result has no words in the session's serializer: change it.
    #[error("the progressive result cannot be sent: {0}")]
    Unwritable(#[from] Unwritable),
    /// The result is longer than the router accepts: send less at a time.
    #[error("the progressive result cannot be sent: {0}")]
    TooLong(#[from] MessageTooLong),
}

impl Invocation {
    /// Does the caller take progressive results?
    pub fn takes_progress(&self) -> bool {
        self.results.is_some()
    }

    /// Sends a progressive result: one that is not the last. Waits while too much waits to be sent.
    ///
    /// The last result is the one that the handler returns.
    pub async fn progress(&self, result: impl Into<Arguments>) -> Result<(), ProgressError> {
        let results = self.results.as_ref().ok_or(ProgressError::NotWanted)?;
        results.send(&result.into()).await
    }

    /// The next chunk of the arguments, where the caller sends them piece by piece; none when the
    /// last one was taken, and if there is only what came with the invocation.
    ///
    /// Chunks wait in a queue of 1024, and of 16 MiB: if they come faster than they are taken, the
    /// handler is stopped, and the caller told. The future can be dropped without losing anything.
    ///
    /// ```
    /// use crosspoint_client::{ApplicationError, Arguments, Invocation};
    ///
    /// async fn sum(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    ///     let mut sum: i64 = invocation.args.iter().filter_map(|arg| arg.as_i64()).sum();
    ///     while let Some(chunk) = invocation.next_chunk().await {
    ///         sum += chunk.args.iter().filter_map(|arg| arg.as_i64()).sum::<i64>();
    ///     }
    ///     Ok((sum,).into())
    /// }
    /// ```
    pub async fn next_chunk(&self) -> Option<Arguments> {
        self.chunks.as_ref()?.lock().await.next().await
    }

    /// An invocation with these details. Where they do not name the procedure it is the registered
    /// one.
    pub(crate) fn new(
        registered: &str,
        details: &InvocationDetails<'_>,
        (args, kwargs): (Vec<Value>, Dict),
        results: Option<Results>,
        chunks: Option<chunks::Receiver>,
    ) -> Invocation {
        Invocation {
            args,
            kwargs,
            procedure: details.procedure.as_deref().unwrap_or(registered).to_owned(),
            caller: details.caller.as_ref().and_then(Caller::from_details),
            trust_level: details.trust_level,
            timeout: timeout(details),
            results,
            chunks: chunks.map(Mutex::new),
        }
    }
}

/// How long the callee has, if it keeps the time.
pub(crate) fn timeout(details: &InvocationDetails<'_>) -> Option<Duration> {
    (details.timeout_ms > 0).then(|| Duration::from_millis(details.timeout_ms))
}

impl Caller {
    /// A caller without a session is none that the specification knows.
    fn from_details(caller: &message::rpc::Disclosed<'_>) -> Option<Caller> {
        Some(Caller {
            session: caller.session?,
            authid: caller.authid.as_deref().map(Into::into),
            authrole: caller.authrole.as_deref().map(Into::into),
        })
    }
}

impl From<ProgressError> for ApplicationError {
    fn from(error: ProgressError) -> ApplicationError {
        let uri = match error {
            ProgressError::NotWanted => error_uri::FEATURE_NOT_SUPPORTED,
            ProgressError::CallEnded => error_uri::CANCELED,
            ProgressError::Unwritable(_) => HANDLER_FAILED,
            ProgressError::TooLong(_) => error_uri::PAYLOAD_SIZE_EXCEEDED,
        };
        ApplicationError::new(uri, error.to_string())
    }
}

/// The way of one invocation's progressive results to the driver.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) invocation: InvocationId,
    pub(crate) serializer: Serializer,
    pub(crate) yields: mpsc::Sender<ProgressiveYield>,
    pub(crate) time_limit: Option<TimeLimit>,
}

impl Results {
    /// Waits until the result is among what will be written: so it comes before all that the handler
    /// does afterwards, and at most one of them waits.
    async fn send(&self, result: &Arguments) -> Result<(), ProgressError> {
        if let Some(time_limit) = &self.time_limit {
            time_limit.restart();
        }
        let payload = OwnedPayload::write(&result.args, &result.kwargs, self.serializer)?;
        let (framed, sent) = oneshot::channel();
        let progressive = ProgressiveYield { invocation: self.invocation, payload, framed };
        let sending = self.yields.send(progressive).await;
        sending.map_err(|_over| ProgressError::CallEnded)?;
        sent.await.unwrap_or(Err(ProgressError::CallEnded))
    }
}
