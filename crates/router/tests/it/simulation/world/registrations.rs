//! Callees register and unregister, and anybody asks the meta API.

use crosspoint_proto::id::{RegistrationId, RequestId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::rpc::{Call, CallOptions, Register, RegisterOptions, Unregister};
use crosspoint_proto::uri::MatchPolicy;

use super::World;
use super::calls::PROCEDURES;
use crate::simulation::inbox::Told;
use crate::simulation::model::{Name, OfRegistrations, Options, Pattern, Question, Wanted};

/// Overlapping ones, the most wanted first.
const PATTERNS: [Pattern; 7] = [
    (MatchPolicy::Exact, "com.one"),
    (MatchPolicy::Exact, "com.two"),
    (MatchPolicy::Prefix, "com.three"),
    (MatchPolicy::Wildcard, "com..x"),
    (MatchPolicy::Wildcard, "..y"),
    (MatchPolicy::Prefix, "com."),
    (MatchPolicy::Exact, "com.three.x"),
];

const POLICIES: [&str; 6] = ["single", "roundrobin", "first", "last", "random", "x_least_pending"];

/// An ID that no registration has.
const NONE: u64 = 99_999;

impl World {
    pub(super) fn register(&mut self, name: Name) {
        let chosen = self.roll(PATTERNS.len()).min(self.roll(PATTERNS.len()));
        let (matching, uri) = PATTERNS[chosen];
        // Most agree on how it is shared, so that it is shared at all.
        let usual = usize::try_from(self.seed).unwrap() + chosen;
        let invoke = if self.roll(4) == 0 { self.roll(6) } else { usual % 6 };
        let options = Options {
            disclose_caller: self.roll(6) == 0,
            forward_timeout: self.roll(3) == 0,
            concurrency: Some(self.roll(4) as u64).filter(|number| (1..=2).contains(number)),
            queue: self.roll(4) as u64,
        };
        let (invoke, force) = (POLICIES[invoke], self.roll(8) == 0);
        let wanted = Wanted { uri, matching, invoke, force, options };
        let request = self.client(name).next_request();
        let register = Message::Register(Register {
            request: RequestId(request),
            options: RegisterOptions {
                matching: Some(matching.name().into()),
                invoke: Some(invoke.into()),
                disclose_caller: options.disclose_caller,
                forward_timeout: options.forward_timeout,
                force_reregister: force,
                concurrency: options.concurrency,
                queue: Some(options.queue),
            },
            procedure: uri.into(),
        });
        self.send(name, &register, |model, inbox| model.register(name, request, wanted, inbox));
    }

    pub(super) fn unregister(&mut self, name: Name) {
        let mut known: Vec<_> = self.clients[&name].heard.registrations.iter().copied().collect();
        known.push(NONE);
        let registration = self.pick(&known);
        let request = self.client(name).next_request();
        self.client(name).heard.unregistering.insert(request, registration);
        let unregister = Message::Unregister(Unregister {
            request: RequestId(request),
            registration: RegistrationId(registration),
        });
        self.send(name, &unregister, |model, inbox| {
            model.unregister(name, request, registration, inbox);
        });
    }

    pub(super) fn ask_of_registrations(&mut self, name: Name) {
        let question = self.question();
        self.ask(name, Question::Registrations(question));
    }

    pub(super) fn ask(&mut self, name: Name, question: Question) {
        let progress = self.clients[&name].knows.sending_pieces && self.roll(6) == 0;
        let request = self.client(name).next_request();
        let (args, kwargs) = question.args();
        let args = self.args_with(name, &args, kwargs);
        let call = Message::Call(Call {
            request: RequestId(request),
            options: CallOptions { progress, ..CallOptions::default() },
            procedure: question.procedure().into(),
            payload: args.payload(),
        });
        self.send(name, &call, |model, inbox| {
            if progress {
                // Nothing comes of it.
                let error = "wamp.error.feature_not_supported".to_owned();
                return inbox.expect(name, Told::Error { request, error });
            }
            model.ask((name, request), question, inbox);
        });
    }

    fn question(&mut self) -> OfRegistrations {
        let registrations: Vec<_> = self.model.registrations.keys().copied().collect();
        let registration = self.pick(&[&registrations[..], &[NONE]].concat());
        let callees = self.model.registrations.get(&registration).map(|found| {
            let callees = found.callees.iter();
            callees.map(|callee| self.model.sessions[&callee.name].id).collect::<Vec<_>>()
        });
        match self.roll(8) {
            0 => OfRegistrations::List,
            1 => {
                let (matching, uri) = self.pick(&PATTERNS);
                OfRegistrations::Lookup { uri, matching }
            }
            2 => OfRegistrations::Match { procedure: self.pick(&PROCEDURES) },
            3 => OfRegistrations::ListCallees { registration },
            4 => OfRegistrations::CountCallees { registration },
            5 => {
                let session = self.pick(&[&callees.unwrap_or_default()[..], &[NONE]].concat());
                let reason = "com.example.removed";
                OfRegistrations::RemoveCallee { registration, session, reason }
            }
            _ => OfRegistrations::Get { registration },
        }
    }
}
