//! The invocations of a callee that are not answered yet, with the handlers that run for them.
//!
//! ```text
//! INVOCATION -> YIELD or ERROR
//! INVOCATION -> YIELD (progress), ... -> YIELD or ERROR       progressive results
//! INVOCATION (progress), ... INVOCATION -> YIELD or ERROR     arguments in chunks, all under one ID
//! INVOCATION ... INTERRUPT -> ERROR, if that is faster
//! ```
//!
//! See "Calling and Invocations" in the specification's Basic Profile, and "Progressive Call
//! Results", "Progressive Call Invocations" and "Call Canceling" in its Advanced Profile.

use std::collections::{HashMap, HashSet, VecDeque};
use std::task::{Context, Poll};

use crosspoint_proto::error_uri;
use crosspoint_proto::framing::MessageTooLong;
use crosspoint_proto::id::{InvocationId, RequestId};
use crosspoint_proto::message::rpc::{self, Interrupt, ResultOptions, Yield};
use crosspoint_proto::message::{self, Message, RequestKind};
use crosspoint_proto::serializer::{Malformed, Serializer};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::outbox::Outbox;
use crate::arguments::Arguments;
use crate::chunks::{self, Overflow};
use crate::error::{ApplicationError, HANDLER_FAILED};
use crate::invocation::{self, Invocation, ProgressError, Results};
use crate::limits::{CUT_SHORT_MAX, INVOCATIONS_MAX, PROGRESSIVE_YIELDS_WAITING_MAX};
use crate::request::{Handler, OwnedPayload, ProgressiveYield, Provided};
use crate::time_limit::TimeLimit;

pub(super) struct Invocations {
    /// Those without an answer.
    running: HashMap<InvocationId, Running>,
    cut_short: CutShort,
    /// Their tasks, and also those of stopped ones until they have really stopped.
    handlers: JoinSet<Handled>,
    /// What the handlers send by `to_yields`.
    yields: mpsc::Receiver<ProgressiveYield>,
    to_yields: mpsc::Sender<ProgressiveYield>,
}

struct Running {
    task: AbortHandle,
    /// Where the arguments go that are still to come.
    chunks: Option<chunks::Sender>,
}

type Handled = (InvocationId, Result<Arguments, ApplicationError>);

impl Default for Invocations {
    fn default() -> Invocations {
        let (to_yields, yields) = mpsc::channel(PROGRESSIVE_YIELDS_WAITING_MAX);
        Invocations {
            running: HashMap::new(),
            cut_short: CutShort::default(),
            handlers: JoinSet::new(),
            yields,
            to_yields,
        }
    }
}

impl Invocations {
    /// Starts the handler, or gives it more of its arguments, or says why not.
    pub(super) fn on_invocation(
        &mut self,
        provided: Option<&Provided>,
        invocation: &rpc::Invocation<'_>,
        outbox: &mut Outbox,
    ) {
        let id = invocation.request;
        if self.running.contains_key(&id) {
            return self.on_chunk(invocation, outbox);
        }
        // It was on its way when the call was answered.
        if self.cut_short.contains(id) {
            return;
        }
        if let Err(refusal) = self.start(provided, invocation, outbox.serializer()) {
            send_error(id, &refusal, outbox);
            if invocation.details.progress {
                self.cut_short.insert(id);
            }
        }
    }

    fn start(
        &mut self,
        provided: Option<&Provided>,
        invocation: &rpc::Invocation<'_>,
        serializer: Serializer,
    ) -> Result<(), ApplicationError> {
        let Some(Provided { procedure, handler, .. }) = provided else {
            let text = "the registration has ended";
            return Err(ApplicationError::new(error_uri::NO_SUCH_PROCEDURE, text));
        };
        if self.handlers.len() >= INVOCATIONS_MAX {
            let text = format!("{INVOCATIONS_MAX} invocations are being handled; try again later");
            return Err(ApplicationError::new(error_uri::QUEUE_FULL, text));
        }
        let (id, details) = (invocation.request, &invocation.details);
        let values = invocation.payload.values().map_err(unreadable)?;
        let time_limit = invocation::timeout(details).map(TimeLimit::start);
        let results = details.receive_progress.then(|| Results {
            invocation: id,
            serializer,
            yields: self.to_yields.clone(),
            time_limit: time_limit.clone(),
        });
        let (chunks, received) = details.progress.then(chunks::queue).unzip();
        let invocation = Invocation::new(procedure, details, values, results, received);
        let handler = Handler::clone(handler);
        // What panics is the task then, whether it is the handler or its future.
        let handling = async move { handler(invocation).await };
        let task = match time_limit {
            Some(limit) => self.handlers.spawn(async move { (id, limit.enforce(handling).await) }),
            None => self.handlers.spawn(async move { (id, handling.await) }),
        };
        self.running.insert(id, Running { task, chunks });
        Ok(())
    }

    /// More arguments of an invocation: they are put into its handler's queue, or it is stopped.
    fn on_chunk(&mut self, invocation: &rpc::Invocation<'_>, outbox: &mut Outbox) {
        let id = invocation.request;
        let Some(running) = self.running.get_mut(&id) else { return };
        // A router that goes on behind the last one is not listened to.
        let Some(chunks) = &running.chunks else { return };
        let taken = match invocation.payload.values() {
            Ok((args, kwargs)) => chunks
                .push(Arguments { args, kwargs }, invocation.payload.octets.len())
                .map_err(|Overflow| {
                    let text = "the arguments come faster than the handler takes them";
                    ApplicationError::new(error_uri::QUEUE_FULL, text)
                }),
            Err(malformed) => Err(unreadable(malformed)),
        };
        if !invocation.details.progress {
            running.chunks = None;
        }
        if let Err(error) = taken {
            self.stop(id, &error, outbox);
        }
    }

    pub(super) fn on_interrupt(&mut self, interrupt: Interrupt, outbox: &mut Outbox) {
        let canceled = ApplicationError::new(error_uri::CANCELED, "the call was cancelled");
        self.stop(interrupt.request, &canceled, outbox);
    }

    /// Stops a handler, and answers for it.
    fn stop(&mut self, id: InvocationId, error: &ApplicationError, outbox: &mut Outbox) {
        // One that is answered already crossed the reason on the way.
        let Some(running) = self.take(id) else { return };
        running.task.abort();
        send_error(id, error, outbox);
    }

    /// Sends one progressive result, and answers for one handler that has ended.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Poll<()> {
        let yielded = self.poll_yields(cx, outbox);
        let ended = self.poll_handlers(cx, outbox);
        if yielded.is_pending() && ended.is_pending() { Poll::Pending } else { Poll::Ready(()) }
    }

    fn poll_yields(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Poll<()> {
        self.yields.poll_recv(cx).map(|progressive| {
            // There is always a sender.
            let Some(ProgressiveYield { invocation, payload, framed }) = progressive else {
                return;
            };
            let sent = if self.running.contains_key(&invocation) {
                send_yield(invocation, true, &payload, outbox).map_err(Into::into)
            } else {
                Err(ProgressError::CallEnded)
            };
            // If nobody waits the handler has gone on already.
            let _ = framed.send(sent);
        })
    }

    fn poll_handlers(&mut self, cx: &mut Context<'_>, outbox: &mut Outbox) -> Poll<()> {
        match self.handlers.poll_join_next(cx) {
            Poll::Ready(Some(ended)) => {
                self.on_ended(ended, outbox);
                Poll::Ready(())
            }
            // The next invocation brings it back here.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn on_ended(&mut self, ended: Result<Handled, JoinError>, outbox: &mut Outbox) {
        match ended {
            Ok((id, answer)) => self.answer(id, answer, outbox),
            Err(panicked) => {
                let mut running = self.running.iter();
                let panicked = running.find(|(_, running)| running.task.id() == panicked.id());
                let Some((&id, _)) = panicked else { return };
                let failed = ApplicationError::new(HANDLER_FAILED, "the handler has panicked");
                self.answer(id, Err(failed), outbox);
            }
        }
    }

    fn answer(
        &mut self,
        id: InvocationId,
        answer: Result<Arguments, ApplicationError>,
        outbox: &mut Outbox,
    ) {
        // One that was stopped is answered already.
        if self.take(id).is_none() {
            return;
        }
        match answer {
            Ok(result) => send_result(id, &result, outbox),
            Err(error) => send_error(id, &error, outbox),
        }
    }

    /// Takes an invocation off the running ones: it is about to be answered.
    fn take(&mut self, id: InvocationId) -> Option<Running> {
        let running = self.running.remove(&id)?;
        if running.chunks.is_some() {
            self.cut_short.insert(id);
        }
        Some(running)
    }
}

/// Invocations that were answered before the last of their chunks came; only the latest ones.
#[derive(Default)]
struct CutShort {
    ids: HashSet<InvocationId>,
    oldest_first: VecDeque<InvocationId>,
}

impl CutShort {
    fn contains(&self, id: InvocationId) -> bool {
        self.ids.contains(&id)
    }

    fn insert(&mut self, id: InvocationId) {
        if self.oldest_first.len() >= CUT_SHORT_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
        self.ids.insert(id);
        self.oldest_first.push_back(id);
    }
}

fn unreadable(malformed: Malformed) -> ApplicationError {
    ApplicationError::new(error_uri::INVALID_ARGUMENT, malformed.to_string())
}

/// Sends YIELD, or if that cannot be, why.
fn send_result(request: InvocationId, result: &Arguments, outbox: &mut Outbox) {
    let payload = match OwnedPayload::write(&result.args, &result.kwargs, outbox.serializer()) {
        Ok(payload) => payload,
        Err(unwritable) => {
            let text = format!("the result cannot be sent: {unwritable}");
            return send_error(request, &ApplicationError::new(HANDLER_FAILED, text), outbox);
        }
    };
    if let Err(too_long) = send_yield(request, false, &payload, outbox) {
        let text = format!("the result cannot be sent: {too_long}");
        let error = ApplicationError::new(error_uri::PAYLOAD_SIZE_EXCEEDED, text);
        send_error(request, &error, outbox);
    }
}

fn send_yield(
    request: InvocationId,
    progress: bool,
    payload: &OwnedPayload,
    outbox: &mut Outbox,
) -> Result<(), MessageTooLong> {
    let options = ResultOptions { progress, passthru: None };
    outbox.send(&Message::Yield(Yield { request, options, payload: payload.as_payload() }))
}

/// Sends ERROR, or if it cannot be written or is too long, one without a word that could be.
fn send_error(request: InvocationId, error: &ApplicationError, outbox: &mut Outbox) {
    let ApplicationError { uri, args, kwargs } = error;
    let sent = OwnedPayload::write(args, kwargs, outbox.serializer())
        .is_ok_and(|payload| send_error_with(request, uri, &payload, outbox));
    if !sent {
        let nothing = OwnedPayload::none(outbox.serializer());
        send_error_with(request, HANDLER_FAILED, &nothing, outbox);
    }
}

fn send_error_with(
    request: InvocationId,
    uri: &str,
    payload: &OwnedPayload,
    outbox: &mut Outbox,
) -> bool {
    let error = message::Error {
        request_kind: RequestKind::Invocation,
        request: RequestId(request.0),
        passthru: None,
        error: uri.into(),
        payload: payload.as_payload(),
    };
    outbox.send(&Message::Error(error)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_are_remembered() {
        let mut cut_short = CutShort::default();
        for id in 1..=CUT_SHORT_MAX as u64 + 1 {
            cut_short.insert(InvocationId(id));
            assert!(cut_short.contains(InvocationId(id)));
        }
        assert!(!cut_short.contains(InvocationId(1)));
        assert!(cut_short.contains(InvocationId(2)));
        assert_eq!(cut_short.ids.len(), CUT_SHORT_MAX);
        assert_eq!(cut_short.oldest_first.len(), CUT_SHORT_MAX);
    }
}
