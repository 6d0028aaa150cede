//! Calls under way: what waits for an answer, what takes progressive results, and what sends
//! arguments piece by piece.

use crosspoint_proto::message::rpc::CancelMode;
use tokio::sync::oneshot;

use crate::arguments::{Arguments, CallResult};
use crate::chunks;
use crate::error::RequestError;
use crate::request::{Release, Request, Ticket};
use crate::session::Session;

/// A call that waits for its answer, and is cancelled if it stops waiting.
#[derive(Debug)]
pub(crate) struct AwaitedCall {
    pub(crate) session: Session,
    pub(crate) ticket: Ticket,
    pub(crate) answer: oneshot::Receiver<Result<CallResult, RequestError>>,
}

impl AwaitedCall {
    pub(crate) async fn answer(mut self) -> Result<CallResult, RequestError> {
        match (&mut self.answer).await {
            Ok(answer) => answer,
            Err(_over) => Err(self.session.disconnected()),
        }
    }
}

impl Drop for AwaitedCall {
    fn drop(&mut self) {
        if self.answer.is_terminated() {
            return;
        }
        // In this order: a driver that hears of it before it has sent the call sees that nobody
        // waits, and never sends it.
        self.answer.close();
        self.session.release(Release::Call(self.ticket));
    }
}

/// A call whose results come one after the other. Dropping it cancels the call.
///
/// Progressive results wait in a queue of 1024, and of 16 MiB. If they come faster than they are
/// taken the call is cancelled, and its result is [`RequestError::TooSlow`].
///
/// ```no_run
/// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
/// use crosspoint_client::CallOptions;
///
/// let mut call = session.call_progressive(CallOptions::new(), "com.example.count", ()).await?;
/// while let Some(progress) = call.next().await {
///     println!("so far: {:?}", progress.args);
/// }
/// println!("in the end: {:?}", call.result().await?.args);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a call is cancelled when it is dropped"]
pub struct ProgressiveCall {
    pub(crate) results: chunks::Receiver,
    pub(crate) call: AwaitedCall,
}

impl ProgressiveCall {
    /// The next progressive result; none as soon as the last one is there, which is not among them:
    /// [`ProgressiveCall::result`] gives it. The future can be dropped without losing anything.
    pub async fn next(&mut self) -> Option<CallResult> {
        let Arguments { args, kwargs } = self.results.next().await?;
        Some(CallResult { args, kwargs })
    }

    /// The last result, or why there is none. Passes over the progressive ones that were not taken.
    pub async fn result(mut self) -> Result<CallResult, RequestError> {
        while self.results.next().await.is_some() {}
        self.call.answer().await
    }

    /// Cancels the call and waits for its answer. That is `wamp.error.canceled` most often, but not
    /// if another one is faster.
    ///
    /// ```no_run
    /// # async fn run(call: crosspoint_client::ProgressiveCall) {
    /// use crosspoint_client::CancelMode;
    ///
    /// // The answer is the callee's: it comes when the work has really ended.
    /// let answer = call.cancel(CancelMode::Kill).await;
    /// # }
    /// ```
    pub async fn cancel(self, mode: CancelMode) -> Result<CallResult, RequestError> {
        self.call.session.require_canceling()?;
        self.call.session.release(Release::Cancel(self.call.ticket, mode));
        self.result().await
    }
}

/// Sends the arguments of a call piece by piece, until [`ChunkSender::finish`]. Dropping it before
/// that cancels the call.
///
/// ```no_run
/// # async fn run(session: crosspoint_client::Session) -> Result<(), crosspoint_client::RequestError> {
/// use crosspoint_client::CallOptions;
///
/// let options = CallOptions::new();
/// let (mut chunks, call) = session.call_chunked(options, "com.example.sum", (1,)).await?;
/// for number in 2..10 {
///     chunks.send((number,)).await?;
/// }
/// chunks.finish((10,)).await?;
/// assert_eq!(call.result().await?.args, [55.into()]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a call is cancelled when its chunks end before the last one"]
pub struct ChunkSender {
    session: Session,
    ticket: Ticket,
    finished: bool,
}

impl ChunkSender {
    pub(crate) fn new(session: Session, ticket: Ticket) -> ChunkSender {
        ChunkSender { session, ticket, finished: false }
    }

    /// Sends the next chunk, one that is not the last. Waits while too much waits to be sent.
    /// [`RequestError::CallEnded`] is no reason to worry: the callee has answered before it has
    /// heard everything, and the call has a result.
    pub async fn send(&mut self, chunk: impl Into<Arguments>) -> Result<(), RequestError> {
        self.send_chunk(&chunk.into(), false).await
    }

    /// Sends the last chunk.
    pub async fn finish(mut self, chunk: impl Into<Arguments>) -> Result<(), RequestError> {
        self.send_chunk(&chunk.into(), true).await?;
        self.finished = true;
        Ok(())
    }

    async fn send_chunk(&self, chunk: &Arguments, is_last: bool) -> Result<(), RequestError> {
        let (ticket, payload) = (self.ticket, self.session.write(chunk)?);
        let request = |framed| Request::Chunk { ticket, payload, is_last, framed };
        self.session.request(request).await
    }
}

impl Drop for ChunkSender {
    fn drop(&mut self) {
        if !self.finished {
            self.session.release(Release::Call(self.ticket));
        }
    }
}
