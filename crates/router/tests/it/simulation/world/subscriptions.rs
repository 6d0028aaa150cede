//! Subscribers, and those who ask the meta API about subscriptions and for what was published.

use crosspoint_proto::id::{RequestId, SubscriptionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{Subscribe, SubscribeOptions, Unsubscribe};
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::time::Time;

use super::World;
use super::publications::TOPICS;
use crate::simulation::model::{Name, OfSubscriptions, Pattern, Query, Question};

/// The most wanted first.
const PATTERNS: [Pattern; 25] = [
    (MatchPolicy::Exact, "com.news"),
    (MatchPolicy::Prefix, "com."),
    (MatchPolicy::Exact, "org.news"),
    (MatchPolicy::Wildcard, ".news"),
    (MatchPolicy::Prefix, "wamp.subscription."),
    (MatchPolicy::Exact, "com.weather"),
    (MatchPolicy::Wildcard, "org."),
    (MatchPolicy::Prefix, "o"),
    (MatchPolicy::Prefix, "wamp.session."),
    (MatchPolicy::Exact, "com.traffic"),
    (MatchPolicy::Wildcard, "com.weather"),
    (MatchPolicy::Wildcard, "wamp..on_delete"),
    (MatchPolicy::Prefix, ""),
    (MatchPolicy::Exact, "wamp.subscription.on_create"),
    (MatchPolicy::Exact, "wamp.subscription.on_subscribe"),
    (MatchPolicy::Exact, "wamp.subscription.on_unsubscribe"),
    (MatchPolicy::Exact, "wamp.subscription.on_delete"),
    (MatchPolicy::Exact, "wamp.session.on_join"),
    (MatchPolicy::Exact, "wamp.session.on_leave"),
    (MatchPolicy::Exact, "wamp.registration.on_create"),
    (MatchPolicy::Exact, "wamp.registration.on_register"),
    (MatchPolicy::Exact, "wamp.registration.on_unregister"),
    (MatchPolicy::Exact, "wamp.registration.on_delete"),
    (MatchPolicy::Prefix, "wamp.registration."),
    (MatchPolicy::Wildcard, "wamp.registration."),
];

const NODES: [&str; 3] = ["node1", "node2", "node3"];

/// An ID that no subscription, session or publication has.
const NONE: u64 = 99_999;

impl World {
    pub(super) fn subscribe(&mut self, name: Name) {
        let pattern = PATTERNS[self.roll(PATTERNS.len()).min(self.roll(PATTERNS.len()))];
        let node = self.pick(&NODES);
        let node = Some(node).filter(|_| self.roll(5) < 2);
        let get_retained = self.roll(2) == 0;
        let request = self.client(name).next_request();
        let subscribe = Message::Subscribe(Subscribe {
            request: RequestId(request),
            options: SubscribeOptions {
                matching: Some(pattern.0.name().into()),
                get_retained,
                nkey: node.map(Into::into),
            },
            topic: pattern.1.into(),
        });
        self.send(name, &subscribe, |model, inbox| {
            model.subscribe((name, request), pattern, node, get_retained, inbox);
        });
    }

    pub(super) fn unsubscribe(&mut self, name: Name) {
        let mut known: Vec<_> = self.clients[&name].heard.subscriptions.iter().copied().collect();
        // One that it may not have comes last.
        known.extend((self.roll(8) == 0 || known.is_empty()).then_some(NONE));
        let subscription = self.pick(&known);
        let request = self.client(name).next_request();
        self.client(name).heard.unsubscribing.insert(request, subscription);
        let unsubscribe = Message::Unsubscribe(Unsubscribe {
            request: RequestId(request),
            subscription: SubscriptionId(subscription),
        });
        self.send(name, &unsubscribe, |model, inbox| {
            model.unsubscribe((name, request), subscription, inbox);
        });
    }

    pub(super) fn ask_of_subscriptions(&mut self, name: Name) {
        let question = match self.roll(3) {
            0 => self.question_of_subscriptions(),
            _ => OfSubscriptions::GetEvents(self.query()),
        };
        self.ask(name, Question::Subscriptions(question));
    }

    fn question_of_subscriptions(&mut self) -> OfSubscriptions {
        let subscription = self.some_subscription();
        match self.roll(8) {
            0 => OfSubscriptions::List,
            1 => {
                let (matching, topic) = self.pick(&PATTERNS);
                OfSubscriptions::Lookup { topic, matching }
            }
            2 => OfSubscriptions::Match { topic: self.pick(&TOPICS) },
            3 => OfSubscriptions::Get { subscription },
            4 => OfSubscriptions::ListSubscribers { subscription },
            5 => OfSubscriptions::CountSubscribers { subscription },
            _ => {
                let session = self.some_subscriber(subscription);
                let reason = "com.example.enough";
                OfSubscriptions::RemoveSubscriber { subscription, session, reason }
            }
        }
    }

    fn some_subscription(&mut self) -> u64 {
        let known: Vec<_> = self.model.subscriptions.keys().copied().collect();
        if known.is_empty() || self.roll(12) == 0 { NONE } else { self.pick(&known) }
    }

    fn some_subscriber(&mut self, subscription: u64) -> u64 {
        let found = self.model.subscriptions.get(&subscription);
        let names = found.into_iter().flat_map(|found| found.subscribers.keys());
        let mut sessions: Vec<_> = names.map(|name| self.model.sessions[name].id).collect();
        sessions.push(NONE);
        self.pick(&sessions)
    }

    fn query(&mut self) -> Query {
        let topic = self.pick(&TOPICS);
        Query {
            // Those that the histories have are the first.
            subscription: if self.roll(3) == 0 {
                self.some_subscription()
            } else {
                1 + self.roll(4) as u64
            },
            limit: Some(1 + self.roll(4)).filter(|_| self.roll(3) == 0),
            reverse: self.roll(2) == 0,
            topic: Some(topic).filter(|_| self.roll(4) == 0),
            from_time: self.some_time(),
            after_time: self.some_time(),
            before_time: self.some_time(),
            until_time: self.some_time(),
            from_publication: self.some_publication(),
            after_publication: self.some_publication(),
            before_publication: self.some_publication(),
            until_publication: self.some_publication(),
        }
    }

    fn some_time(&mut self) -> Option<Time> {
        let before = self.roll(80) as u64 * 1000;
        (self.roll(12) == 0).then(|| Time(self.model.now.0.saturating_sub(before)))
    }

    /// Mostly one of the last.
    fn some_publication(&mut self) -> Option<u64> {
        if self.roll(11) != 0 {
            return None;
        }
        let mut known: Vec<_> = self.model.publication_numbers.iter().collect();
        known.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
        let known: Vec<_> = known.into_iter().take(12).map(|(id, _)| *id).collect();
        if known.is_empty() || self.roll(20) == 0 { Some(NONE) } else { Some(self.pick(&known)) }
    }
}
