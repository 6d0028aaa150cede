//! The input of a call, where it outlives the CALL that brought it: because more of it is to come, or
//! because another callee may need it.
//!
//! See "Progressive Call Invocations" and "Call Re-Routing" in the specification's Advanced Profile.

use std::collections::BTreeSet;
use std::sync::Arc;

use crosspoint_proto::id::{RegistrationId, SessionId};
use crosspoint_proto::message::rpc::{self, Passthru};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::Serializer;

use crate::member::Member;
use crate::shard::ShardKey;

/// What is remembered of a call's CALLs.
pub(crate) struct Input {
    pub(crate) procedure: Box<str>,
    pub(crate) rkey: Option<ShardKey>,
    pub(crate) passthru: Option<Box<Passthru<'static>>>,
    /// Callees that have had the call, or could not take it.
    pub(crate) tried: BTreeSet<SessionId>,
    /// The registration and the number there of the callee that has turned it down last.
    pub(crate) turned_down_by: Option<(RegistrationId, u64)>,
    /// More is to come.
    pub(crate) open: bool,
    /// All that has come, as long as another callee may need it.
    pub(crate) kept: Option<Kept>,
}

/// What the caller has sent so far.
pub(crate) struct Kept {
    caller: Arc<Member>,
    serializer: Serializer,
    chunks: Vec<Chunk>,
    octets: usize,
}

/// The payload of one CALL.
struct Chunk {
    arity: Arity,
    octets: Box<[u8]>,
    /// Others follow it.
    progress: bool,
}

impl Input {
    pub(crate) fn new(message: &rpc::Call<'_>) -> Input {
        let options = &message.options;
        let passthru = options.passthru.as_deref().cloned();
        Input {
            procedure: message.procedure.as_ref().into(),
            rkey: options.rkey.as_deref().filter(|_| options.runmode.is_some()).map(ShardKey::new),
            passthru: passthru.map(|passthru| Box::new(passthru.into_static())),
            tried: BTreeSet::new(),
            turned_down_by: None,
            open: options.progress,
            kept: None,
        }
    }

    /// Keeps a further CALL behind the others. False if there is no room, or the others are not there
    /// any more.
    pub(crate) fn keep_more(&mut self, message: &rpc::Call<'_>) -> bool {
        let kept = self.kept.as_mut().is_some_and(|kept| kept.push(message));
        if kept {
            self.open = message.options.progress;
        }
        kept
    }
}

impl Kept {
    /// None if the caller has too much kept already.
    pub(crate) fn new(caller: &Arc<Member>, message: &rpc::Call<'_>) -> Option<Kept> {
        let serializer = message.payload.serializer;
        let caller = Arc::clone(caller);
        let mut kept = Kept { caller, serializer, chunks: Vec::new(), octets: 0 };
        kept.push(message).then_some(kept)
    }

    /// In the order in which they have come: each with whether others follow it.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (Payload<'_>, bool)> {
        self.chunks.iter().map(|chunk| {
            let Chunk { arity, octets, progress } = chunk;
            let payload = Payload { serializer: self.serializer, arity: *arity, octets };
            (payload, *progress)
        })
    }

    fn push(&mut self, message: &rpc::Call<'_>) -> bool {
        let Payload { arity, octets, .. } = message.payload;
        // What the record of a chunk takes, too, so that many empty ones are not for nothing.
        let cost = octets.len() + size_of::<Chunk>();
        if !self.caller.keep_octets(cost) {
            return false;
        }
        self.octets += cost;
        self.chunks.push(Chunk {
            arity,
            octets: octets.into(),
            progress: message.options.progress,
        });
        true
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.caller.let_go_octets(self.octets);
    }
}
