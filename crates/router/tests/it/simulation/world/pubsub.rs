//! Subscribers and publishers; the router publishes, too.

use crosspoint_proto::id::{RequestId, SubscriptionId};
use crosspoint_proto::message::pubsub::{
    Publish, PublishOptions, Subscribe, SubscribeOptions, Unsubscribe,
};
use crosspoint_proto::message::{Message, RequestKind};
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::Value;

use super::World;
use crate::simulation::inbox::Told;
use crate::simulation::model::{Name, Pattern};

const TOPICS: [&str; 3] = ["com.news", "com.weather", "org.news"];

const PATTERNS: [Pattern; 12] = [
    (MatchPolicy::Exact, "com.news"),
    (MatchPolicy::Exact, "com.weather"),
    (MatchPolicy::Prefix, "com."),
    (MatchPolicy::Prefix, "o"),
    (MatchPolicy::Wildcard, ".news"),
    (MatchPolicy::Wildcard, "com.weather"),
    (MatchPolicy::Exact, "wamp.registration.on_create"),
    (MatchPolicy::Exact, "wamp.registration.on_register"),
    (MatchPolicy::Exact, "wamp.registration.on_unregister"),
    (MatchPolicy::Exact, "wamp.registration.on_delete"),
    (MatchPolicy::Prefix, "wamp.registration."),
    (MatchPolicy::Wildcard, "wamp.registration."),
];

impl World {
    pub(super) fn subscribe(&mut self, name: Name) {
        let pattern = self.pick(&PATTERNS);
        let (policy, topic) = pattern;
        let request = self.client(name).next_request();
        self.client(name).heard.subscribing.insert(request, pattern);
        let subscribe = Message::Subscribe(Subscribe {
            request: RequestId(request),
            options: SubscribeOptions {
                matching: Some(policy.name().into()),
                ..SubscribeOptions::default()
            },
            topic: topic.into(),
        });
        self.send(name, &subscribe, |model, inbox| model.subscribe(name, request, pattern, inbox));
    }

    pub(super) fn unsubscribe(&mut self, name: Name) {
        let heard = &self.clients[&name].heard;
        let known: Vec<_> =
            heard.subscriptions.iter().map(|(id, pattern)| (*id, *pattern)).collect();
        let request = self.client(name).next_request();
        let unsubscribe = |subscription| {
            let (request, subscription) = (RequestId(request), SubscriptionId(subscription));
            Message::Unsubscribe(Unsubscribe { request, subscription })
        };
        if known.is_empty() {
            return self.send(name, &unsubscribe(99_999), |_model, inbox| {
                let (kind, error) = (RequestKind::Unsubscribe, "wamp.error.no_such_subscription");
                inbox.expect(name, Told::Refused { kind, request, error: error.to_owned() });
            });
        }
        let (subscription, pattern) = self.pick(&known);
        self.client(name).heard.unsubscribing.insert(request, subscription);
        self.send(name, &unsubscribe(subscription), |model, inbox| {
            model.unsubscribe(name, request, pattern, inbox);
        });
    }

    pub(super) fn publish(&mut self, name: Name) {
        let topic = self.pick(&TOPICS);
        let acknowledge = self.roll(2) == 0;
        let request = self.client(name).next_request();
        let numbers = [name as u64, self.client(name).next_number()];
        let values = numbers.map(Value::from);
        let args = self.args(name, &values);
        let publish = Message::Publish(Publish {
            request: RequestId(request),
            options: PublishOptions { acknowledge, ..PublishOptions::default() },
            topic: topic.into(),
            payload: args.payload(),
        });
        self.send(name, &publish, |model, inbox| {
            model.publish(Some(name), topic, &values, inbox);
            if acknowledge {
                inbox.expect(name, Told::Published { request });
            }
        });
    }
}
