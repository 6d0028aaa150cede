//! Callers call, go on, and cancel; callees answer; time passes.

use crosspoint_proto::id::{InvocationId, RequestId};
use crosspoint_proto::message::rpc::{self, CallOptions, Cancel, CancelMode, ResultOptions, Yield};
use crosspoint_proto::message::{Error, Message, RequestKind};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::value::Value;

use super::World;
use crate::simulation::inbox::Inbox;
use crate::simulation::model::{Asked, CallKey, Model, Name, Outcome};

/// What is called, the most wanted first. Nobody can register the last one.
pub(super) const PROCEDURES: [&str; 6] =
    ["com.one", "com.two", "com.three.x", "com.four.y", "com.three.z", "org.none"];

const KEYS: [&str; 3] = ["red", "green", "blue"];

impl World {
    pub(super) fn call(&mut self, name: Name) {
        let chosen = self.roll(PROCEDURES.len()).min(self.roll(PROCEDURES.len()));
        let rkey = self.pick(&KEYS);
        let asked = Asked {
            procedure: PROCEDURES[chosen],
            progressive: self.clients[&name].knows.sending_pieces && self.roll(3) == 0,
            receive_progress: self.roll(2) == 0,
            disclose_me: self.roll(6) == 0,
            timeout_ms: [0, 0, 50, 100][self.roll(4)],
            rkey: Some(rkey).filter(|_| self.roll(4) == 0),
        };
        let request = self.client(name).next_request();
        let options = CallOptions {
            progress: asked.progressive,
            receive_progress: asked.receive_progress,
            disclose_me: asked.disclose_me,
            timeout_ms: asked.timeout_ms,
            runmode: asked.rkey.map(|_| "partition".into()),
            rkey: asked.rkey.map(Into::into),
            passthru: None,
        };
        let (key, procedure) = ((name, request), asked.procedure);
        self.send_call(key, options, procedure, 0, |model, inbox| model.call(key, asked, inbox));
    }

    /// More of a call that is in flight, or was.
    pub(super) fn go_on(&mut self, name: Name) {
        let calls = self.model.calls.range((name, 0)..(name + 1, 0));
        let open = calls.filter(|(_, call)| call.is_open());
        let open: Vec<_> = open.map(|(key, call)| (*key, call.asked.procedure)).collect();
        let done = 1 + self.roll(1 << 16) as u64 % self.clients[&name].requests.max(1);
        let progress = self.roll(3) != 0;
        // Of the options of the others only `progress` counts.
        let disclose_me = self.roll(4) == 0;
        let options = CallOptions { progress, disclose_me, ..CallOptions::default() };
        if !open.is_empty() {
            let (key, procedure) = self.pick(&open);
            let piece = self.model.calls[&key].pieces.len() as u64;
            self.send_call(key, options, procedure, piece, |model, inbox| {
                model.go_on(key, progress, inbox);
            });
        } else if self.clients[&name].knows.sending_pieces
            && done <= self.clients[&name].requests
            && !self.model.calls.contains_key(&(name, done))
        {
            self.send_call((name, done), options, "com.one", 7, |_model, _inbox| ());
        }
    }

    fn send_call(
        &mut self,
        (name, request): CallKey,
        options: CallOptions<'_>,
        procedure: &str,
        piece: u64,
        promise: impl FnOnce(&mut Model, &mut Inbox),
    ) {
        let args = self.args(name, &[name as u64, request, piece].map(Value::from));
        let (request, procedure, payload) = (RequestId(request), procedure.into(), args.payload());
        let call = Message::Call(rpc::Call { request, options, procedure, payload });
        self.send(name, &call, promise);
    }

    pub(super) fn cancel(&mut self, name: Name) {
        let calls: Vec<_> =
            self.model.calls.range((name, 0)..(name + 1, 0)).map(|(key, _)| *key).collect();
        if calls.is_empty() {
            return;
        }
        let key = self.pick(&calls);
        let mode = self.pick(&[CancelMode::Skip, CancelMode::Kill, CancelMode::KillNoWait]);
        let cancel = Message::Cancel(Cancel { request: RequestId(key.1), mode });
        self.send(name, &cancel, |model, inbox| model.cancel(key, mode, inbox));
    }

    /// Answers an invocation, perhaps one that the caller does not wait for any more.
    pub(super) fn answer(&mut self, name: Name) {
        let Some(invocation) = self.some_work(name) else { return };
        let outcome = match self.roll(6) {
            0 => Outcome::Failed,
            1 | 2 => Outcome::Unavailable,
            _ => Outcome::Result,
        };
        // Sometimes it answers again later: the second answer is ignored.
        let done = self.roll(10) != 0;
        self.answer_with(name, invocation, outcome, done);
    }

    fn some_work(&mut self, name: Name) -> Option<u64> {
        let work: Vec<_> = self.clients[&name].work.keys().copied().collect();
        if work.is_empty() { None } else { Some(self.pick(&work)) }
    }

    pub(super) fn answer_with(
        &mut self,
        name: Name,
        invocation: u64,
        outcome: Outcome,
        done: bool,
    ) {
        if done {
            self.client(name).work.remove(&invocation);
        }
        let numbers = [name as u64, invocation, self.client(name).next_number()];
        let args = self.args(name, &numbers.map(Value::from));
        let message = match outcome {
            Outcome::Result => result(invocation, false, args.payload()),
            Outcome::Failed => error(invocation, "com.error.failed", args.payload()),
            Outcome::Unavailable => error(invocation, "wamp.error.unavailable", args.payload()),
        };
        self.send(name, &message, |model, inbox| {
            model.answer(name, invocation, outcome, &numbers, inbox);
        });
    }

    /// A piece of a result, perhaps one that nobody waits for.
    pub(super) fn progress(&mut self, name: Name) {
        let Some(invocation) = self.some_work(name) else { return };
        let numbers = [name as u64, invocation, self.client(name).next_number()];
        let args = self.args(name, &numbers.map(Value::from));
        self.send(name, &result(invocation, true, args.payload()), |model, inbox| {
            model.progress(name, invocation, &numbers, inbox);
        });
    }

    pub(super) fn pass_time(&mut self) {
        let milliseconds = self.roll(40) as u64;
        let expires = self.roll(3) == 0;
        self.log.push(format!("{milliseconds} ms pass"));
        self.model.now = self.model.now.after_ms(milliseconds);
        self.turn.begin(self.model.now);
        if expires {
            while self.router.expire(self.model.now) {}
            self.check(|_model, _inbox| ());
        }
        for name in self.seats {
            let Some(client) = self.clients.get_mut(&name) else { continue };
            let session = client.session.as_mut().unwrap();
            let deadline = session.member().condition().deadline;
            if deadline.is_some_and(|deadline| deadline <= self.model.now) {
                session.tick(&mut self.turn);
                self.check(|model, inbox| model.tick(name, inbox));
            }
        }
    }
}

fn result(invocation: u64, progress: bool, payload: Payload<'_>) -> Message<'_> {
    let options = ResultOptions { progress, passthru: None };
    Message::Yield(Yield { request: InvocationId(invocation), options, payload })
}

fn error<'m>(invocation: u64, error: &'m str, payload: Payload<'m>) -> Message<'m> {
    let (request_kind, request) = (RequestKind::Invocation, RequestId(invocation));
    Message::Error(Error { request_kind, request, passthru: None, error: error.into(), payload })
}
