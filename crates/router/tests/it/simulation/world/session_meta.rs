//! Anybody asks who is there, kills others, and makes testaments.

use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{Call, CallOptions};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::{MsgPackReader, Reader as _, Serializer};
use crosspoint_proto::value::{Dict, Value};

use super::publications::message;
use super::{Subject, World};
use crate::simulation::inbox::Inbox;
use crate::simulation::model::{CallKey, Model, Name, OfSessions, Question, Scope};

const ROLES: [Option<&[&str]>; 4] =
    [None, Some(&[]), Some(&["admin"]), Some(&["admin", "anonymous"])];

/// An ID that no session has.
const NONE: u64 = 99_999;

impl World {
    pub(super) fn ask_of_sessions(&mut self, name: Name) {
        let question = self.question_of_sessions();
        self.ask(name, Question::Sessions(question));
    }

    fn question_of_sessions(&mut self) -> OfSessions {
        let known = self.model.sessions.values().map(|session| session.id);
        let mut known: Vec<_> = known.chain(self.past.last().copied()).collect();
        known.push(NONE);
        let session = self.pick(&known);
        // Where there are calls, those who are killed together would have them from each other.
        let many = self.subject == Subject::Events;
        match self.roll(9) {
            0 => OfSessions::Count { roles: self.pick(&ROLES) },
            1 => OfSessions::List { roles: self.pick(&ROLES) },
            2 | 3 => OfSessions::Get { session },
            4 if many => OfSessions::KillByAuthid { authid: self.pick(&["joe", "anonymous"]) },
            5 if many => {
                OfSessions::KillByAuthrole { authrole: self.pick(&["admin", "anonymous"]) }
            }
            6 if many => OfSessions::KillAll,
            _ => {
                let reason = self.pick(&[None, Some("com.example.enough")]);
                OfSessions::Kill { session, reason }
            }
        }
    }

    /// Adds a testament, or takes back those of a scope.
    pub(super) fn change_testaments(&mut self, name: Name) {
        let scope = self.pick(&[Scope::Detached, Scope::Destroyed]);
        let mut kwargs = Dict::new();
        if scope == Scope::Detached {
            kwargs.insert("scope", "detached");
        }
        if self.roll(5) == 0 {
            let procedure = "wamp.session.flush_testaments";
            return self.call_meta(name, procedure, &[], kwargs, |model, key, inbox| {
                model.flush_testaments(key, scope, inbox);
            });
        }
        let testament = self.proposal(name);
        let options = options_of(&message(1, &testament, Payload::NONE));
        kwargs.insert("publish_options", options);
        let args = [testament.topic.into(), testament.args.clone().into()];
        let procedure = "wamp.session.add_testament";
        self.call_meta(name, procedure, &args, kwargs, |model, key, inbox| {
            model.add_testament(key, scope, testament, inbox);
        });
    }

    fn call_meta(
        &mut self,
        name: Name,
        procedure: &str,
        args: &[Value],
        kwargs: Dict,
        promise: impl FnOnce(&mut Model, CallKey, &mut Inbox),
    ) {
        let request = self.client(name).next_request();
        let args = self.args_with(name, args, kwargs);
        let call = Message::Call(Call {
            request: RequestId(request),
            options: CallOptions::default(),
            procedure: procedure.into(),
            payload: args.payload(),
        });
        self.send(name, &call, |model, inbox| promise(model, (name, request), inbox));
    }
}

/// The options of a PUBLISH, as a value.
fn options_of(publish: &Message<'_>) -> Value {
    let mut octets = Vec::new();
    publish.encode(Serializer::MsgPack, &mut octets);
    let elements = Value::read_list(&mut MsgPackReader::new(&octets)).unwrap();
    elements[2].clone()
}
