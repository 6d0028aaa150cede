//! Sessions: they join, leave, break the rules, and do not read.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crosspoint_proto::feature::{Feature, Features, Role, Roles};
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::id::{InvocationId, RegistrationId, RequestId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{Passthru, Publish, PublishOptions};
use crosspoint_proto::message::rpc::{Call, CallOptions, ResultOptions, Unregister, Yield};
use crosspoint_proto::message::session::{ClosingDetails, Goodbye, Hello, HelloDetails};
use crosspoint_proto::payload::Payload;
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::ids::Entropy;

use super::World;
use crate::link::{TestLink, wire};
use crate::simulation::client::Client;
use crate::simulation::inbox::Told;
use crate::simulation::model::{Knows, Name, Session};

impl World {
    pub(super) fn join(&mut self, name: Name) {
        let serializer = Serializer::ALL[self.roll(3)];
        let link = Arc::new(TestLink::default());
        let (session, publications) = (self.dice, self.dice.rotate_left(32));
        let entropy = Entropy {
            session,
            publications,
            choices: self.dice.rotate_left(16),
            challenge: [0; 32],
        };
        let session = self.router.open(wire(serializer, LengthLimit::MAX), link.clone(), entropy);
        let id = session.member().session().0;
        let (knows, roles) = self.announcement();
        self.clients.insert(name, Client::new(session, link, serializer, knows));
        let details = Box::new(HelloDetails { roles, ..HelloDetails::default() });
        let hello = Message::Hello(Hello { realm: "realm1".into(), details });
        self.send(name, &hello, |model, inbox| {
            model.join(name, Session::new(id, knows, serializer.name()), inbox);
        });
    }

    fn announcement(&mut self) -> (Knows, Roles) {
        if self.roll(12) == 0 {
            let knows = Knows {
                progress: true,
                revocation: true,
                subscription_revocation: true,
                is_autobahn_js: true,
                ..Knows::default()
            };
            return (knows, autobahn_js());
        }
        let knows = Knows {
            sending_pieces: self.roll(3) != 0,
            taking_pieces: self.roll(3) != 0,
            progress: self.roll(3) != 0,
            canceling: self.roll(3) != 0,
            revocation: self.roll(2) == 0,
            timeout: self.roll(2) == 0,
            passthru: self.roll(2) == 0,
            subscription_revocation: self.roll(2) == 0,
            is_autobahn_js: false,
        };
        let sending = [(knows.sending_pieces, Feature::ProgressiveCallInvocations)];
        let taking = [
            (knows.taking_pieces, Feature::ProgressiveCallInvocations),
            (knows.progress, Feature::ProgressiveCallResults),
            (knows.canceling, Feature::CallCanceling),
            (knows.revocation, Feature::RegistrationRevocation),
            (knows.timeout, Feature::CallTimeout),
        ];
        let publishing = [(knows.passthru, Feature::PayloadPassthruMode)];
        let subscribing = [(knows.subscription_revocation, Feature::SubscriptionRevocation)];
        let roles = Roles::NONE
            .with(Role::Caller, announced(&sending))
            .with(Role::Callee, announced(&taking))
            .with(Role::Publisher, announced(&publishing))
            .with(Role::Subscriber, announced(&subscribing));
        (knows, roles)
    }

    pub(super) fn goodbye(&mut self, name: Name) {
        let details = ClosingDetails::default();
        let goodbye = Goodbye { details, reason: "wamp.close.close_realm".into() };
        self.send(name, &Message::Goodbye(goodbye), |model, inbox| {
            let reason = "wamp.close.goodbye_and_out".to_owned();
            inbox.expect(name, Told::Goodbye { reason });
            model.leave(name, inbox);
        });
    }

    pub(super) fn hang_up(&mut self, name: Name) {
        let Some(mut client) = self.clients.remove(&name) else { return };
        self.past.extend(self.model.sessions.get(&name).map(|session| session.id));
        self.log.push(format!("{name} hangs up"));
        self.turn.begin(self.model.now);
        client.link.broken.store(true, Ordering::Relaxed);
        client.session.as_mut().unwrap().close(&mut self.turn);
        drop(client.session.take());
        self.check(|model, inbox| model.leave(name, inbox));
        // A receipt that is at the store knows its publisher.
        let held = 1 + usize::from(self.model.is_unconfirmed(name));
        assert_eq!(Arc::strong_count(&client.link), held, "{name}'s connection is still held");
        let seat = self.seats.iter_mut().find(|seated| **seated == name).unwrap();
        *seat = self.names;
        self.names += 1;
    }

    /// The link takes a few octets, or everything again.
    pub(super) fn throttle(&mut self, name: Name) {
        if self.roll(2) == 0 {
            return self.read_everything(name);
        }
        let room = self.roll(60);
        self.client(name).reading = false;
        self.take(name, room);
    }

    pub(super) fn read_everything(&mut self, name: Name) {
        if let Some(client) = self.clients.get_mut(&name) {
            client.reading = true;
            self.take(name, usize::MAX);
        }
    }

    fn take(&mut self, name: Name, room: usize) {
        self.client(name).link.room.store(room, Ordering::Relaxed);
        let member = Arc::clone(self.clients[&name].session.as_ref().unwrap().member());
        member.unblock(&mut self.turn);
        self.check(|_model, _inbox| ());
    }

    pub(super) fn break_protocol(&mut self, name: Name) {
        let next = self.clients[&name].requests + 1;
        let knows = self.clients[&name].knows;
        // Best one in pieces that has had its last.
        let in_flight = self.model.calls.range((name, 0)..(name + 1, 0));
        let in_flight = in_flight.max_by_key(|(_, call)| call.asked.progressive && !call.is_open());
        let in_flight = in_flight.map(|((_, request), call)| (*request, call.asked.procedure));
        let options = |progress| CallOptions { progress, ..CallOptions::default() };
        let message = match (self.roll(6), in_flight) {
            // Another procedure than the one that is in flight under this ID.
            (0, Some((request, _))) => call(request, options(false), "com.other"),
            (1, Some((request, procedure))) if !self.model.calls[&(name, request)].is_open() => {
                call(request, options(false), procedure)
            }
            (2, _) if !knows.sending_pieces => call(next, options(true), "com.one"),
            // Under an ID that is done.
            (3, None) if !knows.sending_pieces && next > 1 => call(1, options(false), "com.one"),
            (4, _) => {
                let request = InvocationId(self.clients[&name].heard.invocations + 5);
                let (options, payload) = (ResultOptions::default(), Payload::NONE);
                Message::Yield(Yield { request, options, payload })
            }
            (5, _) if !knows.passthru => passed_through(next),
            _ => {
                let (request, registration) = (RequestId(next + 6), RegistrationId(1));
                Message::Unregister(Unregister { request, registration })
            }
        };
        self.send(name, &message, |model, inbox| {
            inbox.expect(name, Told::Abort);
            model.leave(name, inbox);
        });
    }
}

fn call<'m>(request: u64, options: CallOptions<'m>, procedure: &'m str) -> Message<'m> {
    let (request, procedure, payload) = (RequestId(request), procedure.into(), Payload::NONE);
    Message::Call(Call { request, options, procedure, payload })
}

/// A PUBLISH of which the router cannot know what it says.
fn passed_through(request: u64) -> Message<'static> {
    let passthru = Passthru { scheme: "x_mine".into(), ..Passthru::default() };
    let options = PublishOptions { passthru: Some(passthru.into()), ..PublishOptions::default() };
    let (request, topic, payload) = (RequestId(request), "com.news".into(), Payload::NONE);
    Message::Publish(Publish { request, options, topic, payload })
}

fn announced(features: &[(bool, Feature)]) -> Features {
    let announced = features.iter().filter(|(announced, _)| *announced);
    announced.fold(Features::NONE, |features, (_, feature)| features.with(*feature))
}

/// What autobahn-js announces, and nobody else.
fn autobahn_js() -> Roles {
    let features = |features: &[Feature]| {
        features.iter().fold(Features::NONE, |features, feature| features.with(*feature))
    };
    Roles::NONE
        .with(
            Role::Caller,
            features(&[
                Feature::CallerIdentification,
                Feature::CallCanceling,
                Feature::ProgressiveCallResults,
            ]),
        )
        .with(
            Role::Callee,
            features(&[
                Feature::CallerIdentification,
                Feature::PatternBasedRegistration,
                Feature::SharedRegistration,
                Feature::ProgressiveCallResults,
                Feature::RegistrationRevocation,
            ]),
        )
        .with(
            Role::Publisher,
            features(&[
                Feature::PublisherIdentification,
                Feature::SubscriberBlackwhiteListing,
                Feature::PublisherExclusion,
            ]),
        )
        .with(
            Role::Subscriber,
            features(&[
                Feature::PublisherIdentification,
                Feature::PatternBasedSubscription,
                Feature::SubscriptionRevocation,
            ]),
        )
}
