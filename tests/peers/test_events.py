"""Publishing and subscribing between real clients.

That an event does not come cannot be waited for. Where a test says so, the same publisher or one who knows that the
event is out publishes another, the fence, and WAMP's order of events makes the fence arrive after it.
"""

from conversation import Conversation, each
from speakers import INCLUDES_ITSELF, ONE_OF_EACH_CLIENT, SPEAKERS, UNACKNOWLEDGED, able
from values import Payload, payloads_for

FENCE = Payload(args=["fence"])


class EventsAcross(Conversation):
    @each(SPEAKERS, SPEAKERS)
    def test_every_arity_and_value_arrives_in_order(self, publisher, subscriber):
        topic = self.uri("topic")
        receiving, publishing = self.join(subscriber), self.join(publisher)
        receiving.subscribe(topic)
        payloads = payloads_for(publisher, subscriber)
        for payload in payloads:
            publishing.start_publish(topic, payload)
        for payload in payloads:
            self.assertSame(payload, receiving.next_event()[1], publisher, subscriber)


class Events(Conversation):
    @each(SPEAKERS)
    def test_many_events_arrive_in_order(self, speaker):
        subscriber, publisher = self.join(speaker), self.join(speaker)
        subscriber.subscribe(self.uri("topic"))
        for number in range(300):
            publisher.start_publish(self.uri("topic"), Payload(args=[number]), acknowledge=number % 2 == 0)
        arrived = [subscriber.next_event()[1].args[0] for _ in range(300)]
        self.assertEqual(arrived, list(range(300)))

    @each(SPEAKERS)
    def test_one_event_reaches_every_subscriber(self, publisher):
        subscribers = [self.join(speaker) for speaker in SPEAKERS]
        for subscriber in subscribers:
            subscriber.subscribe(self.uri("topic"))
        payload = Payload(args=["to all", b"\x00\xff"], kwargs={"and": None})
        self.join(publisher).publish(self.uri("topic"), payload, acknowledge=True)
        for subscriber, speaker in zip(subscribers, SPEAKERS):
            self.assertSame(payload, subscriber.next_event()[1], publisher, speaker)

    @each(SPEAKERS)
    def test_a_publication_is_acknowledged_on_demand(self, speaker):
        publisher = self.join(speaker)
        publisher.publish(self.uri("nobody_listens"), FENCE, acknowledge=True)

    @each(able(UNACKNOWLEDGED))
    def test_a_publication_is_not_acknowledged_unasked(self, speaker):
        # Each of these clients ends its session when it is told PUBLISHED unasked.
        publisher = self.join(speaker)
        publisher.publish(self.uri("topic"), FENCE)
        publisher.publish(self.uri("topic"), FENCE, acknowledge=True)

    @each(SPEAKERS)
    def test_a_publisher_does_not_receive_its_own_event(self, speaker):
        publisher, other = self.join(speaker), self.join(speaker)
        publisher.subscribe(self.uri("topic"))
        publisher.subscribe(self.uri("fence"))
        other.subscribe(self.uri("topic"))
        publisher.publish(self.uri("topic"), acknowledge=True)
        other.next_event()
        other.publish(self.uri("fence"), FENCE, acknowledge=True)
        self.assertEqual(publisher.next_event(), (self.uri("fence"), FENCE.received()))

    @each(able(INCLUDES_ITSELF))
    def test_a_publisher_receives_its_own_event_if_it_asks(self, speaker):
        publisher = self.join(speaker)
        publisher.subscribe(self.uri("topic"))
        publisher.publish(self.uri("topic"), FENCE, acknowledge=True, exclude_me=False)
        self.assertEqual(publisher.next_event(), (self.uri("topic"), FENCE.received()))

    @each(SPEAKERS)
    def test_an_unsubscribed_session_receives_nothing_more(self, speaker):
        subscriber, publisher = self.join(speaker), self.join(speaker)
        subscriber.subscribe(self.uri("topic"))
        subscriber.subscribe(self.uri("fence"))
        subscriber.unsubscribe(self.uri("topic"))
        publisher.publish(self.uri("topic"), acknowledge=True)
        publisher.publish(self.uri("fence"), FENCE, acknowledge=True)
        self.assertEqual(subscriber.next_event(), (self.uri("fence"), FENCE.received()))


class Patterns(Conversation):
    @each(SPEAKERS)
    def test_a_prefix_receives_what_begins_with_it_and_is_told_the_topic(self, speaker):
        subscriber, publisher = self.join(speaker), self.join(speaker)
        prefix = self.uri("prefix")
        subscriber.subscribe(prefix, match="prefix")
        for topic in (prefix, f"{prefix}.a", self.uri("other"), f"{prefix}.a.b"):
            publisher.publish(topic, FENCE, acknowledge=True)
        topics = [subscriber.next_event()[0] for _ in range(3)]
        self.assertEqual(topics, [prefix, f"{prefix}.a", f"{prefix}.a.b"])

    @each(SPEAKERS)
    def test_a_wildcard_receives_what_fits_and_is_told_the_topic(self, speaker):
        subscriber, publisher = self.join(speaker), self.join(speaker)
        subscriber.subscribe(f"{self.uri('wildcard')}..end", match="wildcard")
        for last in ("a.end", "a.b.end", "a", "b.end"):
            publisher.publish(f"{self.uri('wildcard')}.{last}", FENCE, acknowledge=True)
        topics = [subscriber.next_event()[0] for _ in range(2)]
        self.assertEqual(topics, [f"{self.uri('wildcard')}.{last}" for last in ("a.end", "b.end")])

    @each(ONE_OF_EACH_CLIENT)
    def test_an_event_comes_once_for_each_subscription_that_fits(self, speaker):
        subscriber, publisher = self.join(speaker), self.join(speaker)
        subscriber.subscribe(self.uri("topic"))
        subscriber.subscribe(self.uri("to"), match="prefix")
        publisher.publish(self.uri("topic"), FENCE, acknowledge=True)
        publisher.publish(self.uri("to"), acknowledge=True)
        topics = [subscriber.next_event()[0] for _ in range(3)]
        self.assertEqual(topics, [self.uri("topic"), self.uri("topic"), self.uri("to")])
