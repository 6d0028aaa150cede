"""Publishing and subscribing between real clients.

That an event does not come cannot be waited for. Where a test says so, the same publisher or one who knows that the
event is out publishes another, the fence, and WAMP's order of events makes the fence arrive after it.
"""

import json

from conversation import Conversation, each
from speakers import (
    DISCLOSES,
    INCLUDES_ITSELF,
    JS,
    NAMES_NOBODY,
    ONE_OF_EACH_CLIENT,
    PASSES_THROUGH,
    PYTHON,
    RETAINS,
    SHARES_BY_KEY,
    SPEAKERS,
    UNACKNOWLEDGED,
    able,
)
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


class Receivers(Conversation):
    @each(SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_sessions_are_named(self, publisher, subscriber):
        publishing, one, other = self.join(publisher), self.join(subscriber), self.join(subscriber)
        for subscribing in (one, other):
            subscribing.subscribe(self.uri("topic"))

        def publish(word, **receivers):
            publishing.publish(self.uri("topic"), Payload(args=[word]), acknowledge=True, **receivers)

        publish("eligible", eligible=[one.id])
        publish("excluded", exclude=[one.id])
        publish("both", eligible=[one.id, other.id], exclude=[other.id])
        publish("fence")
        self.assertEqual([one.next_event()[1].args for _ in range(3)], [["eligible"], ["both"], ["fence"]])
        self.assertEqual([other.next_event()[1].args for _ in range(2)], [["excluded"], ["fence"]])

    @each(SPEAKERS)
    def test_identities_are_named(self, speaker):
        self.assertEqual(
            self.arrived(
                speaker,
                {"eligible_authid": ["anonymous", "joe"]},
                {"eligible_authid": ["joe"]},
                {"exclude_authid": ["joe"]},
                {"exclude_authid": ["anonymous"]},
                {"eligible_authrole": ["anonymous"]},
                {"eligible_authrole": ["admin"]},
                {"exclude_authrole": ["admin"]},
                {"exclude_authrole": ["anonymous", "admin"]},
                {"eligible_authrole": ["anonymous"], "exclude_authid": ["anonymous"]},
            ),
            [0, 2, 4, 6],
        )

    @each(able(NAMES_NOBODY))
    def test_nobody_is_named(self, speaker):
        nobody = [{"eligible": []}, {"eligible_authid": []}, {"eligible_authrole": []}]
        self.assertEqual(self.arrived(speaker, *nobody, {"exclude": []}), [3])

    def arrived(self, speaker, *publications):
        """Which of the publications reach a subscriber."""
        publishing, subscribing = self.join(speaker), self.join(speaker)
        subscribing.subscribe(self.uri("topic"))
        for number, receivers in enumerate(publications):
            publishing.publish(self.uri("topic"), Payload(args=[number]), acknowledge=True, **receivers)
        publishing.publish(self.uri("topic"), FENCE, acknowledge=True)
        arrived = []
        while (args := subscribing.next_event()[1].args) != FENCE.args:
            arrived.extend(args)
        return arrived


class Publishers(Conversation):
    @each(able(DISCLOSES), ONE_OF_EACH_CLIENT)
    def test_a_publisher_may_say_who_it_is(self, publisher, subscriber):
        publishing, subscribing = self.join(publisher), self.join(subscriber)
        subscribing.subscribe(self.uri("topic"))
        publishing.publish(self.uri("topic"), Payload(args=["open"]), acknowledge=True, disclose_me=True)
        publishing.publish(self.uri("topic"), Payload(args=["secret"]), acknowledge=True)
        who = {"publisher": publishing.id, "publisher_authid": "anonymous", "publisher_authrole": "anonymous"}
        self.assertEqual(subscribing.next_event_and_details(), (["open"], who))
        self.assertEqual(subscribing.next_event_and_details(), (["secret"], {}))


class Retention(Conversation):
    @each(able(RETAINS), ONE_OF_EACH_CLIENT)
    def test_the_last_retained_event_is_for_those_who_ask_for_it(self, publisher, subscriber):
        publishing, asking, other = self.join(publisher), self.join(subscriber), self.join(subscriber)
        for word in ("old", "new"):
            publishing.publish(self.uri("topic"), Payload(args=[word]), acknowledge=True, retain=True)
        publishing.publish(self.uri("topic"), Payload(args=["newer, but not retained"]), acknowledge=True)
        asking.subscribe(self.uri("topic"), get_retained=True)
        other.subscribe(self.uri("topic"))
        publishing.publish(self.uri("topic"), Payload(args=["live"]), acknowledge=True, retain=True)
        self.assertEqual(asking.next_event_and_details(), (["new"], {"retained": True}))
        self.assertEqual(asking.next_event_and_details(), (["live"], {}))
        self.assertEqual(other.next_event_and_details(), (["live"], {}))

    @each(SPEAKERS)
    def test_a_pattern_gets_what_is_retained_for_each_of_its_topics(self, subscriber):
        publishing, subscribing = self.join(PYTHON), self.join(subscriber)
        prefix = self.uri("prefix")
        for last, word in (("a", 1), ("b", 2), ("a", 3)):
            publishing.publish(f"{prefix}.{last}", Payload(args=[word]), acknowledge=True, retain=True)
        subscribing.subscribe(prefix, match="prefix", get_retained=True)
        events = [subscribing.next_event() for _ in range(2)]
        self.assertEqual([(topic, event.args) for topic, event in events], [(f"{prefix}.b", [2]), (f"{prefix}.a", [3])])


class Keys(Conversation):
    @each(able(SHARES_BY_KEY))
    def test_events_with_a_key_go_to_one_node(self, speaker):
        publishing, nodes, whole = self.join(speaker), [self.join(speaker) for _ in range(2)], self.join(speaker)
        for number, node in enumerate(nodes):
            node.subscribe(self.uri("topic"), nkey=f"node{number}")
        whole.subscribe(self.uri("topic"))
        keys = [str(number % 10) for number in range(20)]
        for key in keys:
            publishing.publish(self.uri("topic"), Payload(args=[key]), acknowledge=True, rkey=key)
        publishing.publish(self.uri("topic"), FENCE, acknowledge=True)
        self.assertEqual([whole.next_event()[1].args[0] for _ in keys], keys)
        shares = []
        for node in nodes:
            shares.append([])
            while (args := node.next_event()[1].args) != FENCE.args:
                shares[-1].extend(args)
        self.assertEqual(sorted(shares[0] + shares[1]), sorted(keys))
        self.assertFalse(set(shares[0]) & set(shares[1]), "equal keys go to the same node")


class Passthru(Conversation):
    PPT = {"ppt_scheme": "x_example", "ppt_serializer": "json"}
    PAYLOAD = Payload(args=[2, 3], kwargs={"n": 5})

    @each(able(PASSES_THROUGH), able(PASSES_THROUGH))
    def test_a_payload_is_passed_through(self, publisher, subscriber):
        publishing, subscribing = self.join(publisher), self.join(subscriber)
        subscribing.subscribe(self.uri("topic"))
        publishing.publish(self.uri("topic"), self.PAYLOAD, **self.PPT)
        notice = subscribing.next_event_and_details()
        self.assertEqual(notice, ([2, 3], self.PPT))

    @each(able(PASSES_THROUGH), [PYTHON, JS])
    def test_who_does_not_know_it_gets_the_payload_as_it_is(self, publisher, subscriber):
        publishing, subscribing = self.join(publisher), self.join(subscriber)
        subscribing.subscribe(self.uri("topic"))
        publishing.publish(self.uri("topic"), self.PAYLOAD, **self.PPT)
        (packed,) = subscribing.next_event()[1].args
        self.assertEqual(json.loads(packed), vars(self.PAYLOAD))


class MetaApi(Conversation):
    @each(SPEAKERS)
    def test_subscriptions_can_be_looked_up(self, speaker):
        subscribing, asking = self.join(speaker), self.join(speaker)
        prefix = self.uri("prefix")
        subscription = subscribing.subscribe(prefix, match="prefix")

        def ask(name, *args):
            return asking.call(f"wamp.subscription.{name}", Payload(args=list(args))).args

        self.assertEqual(ask("lookup", prefix, {"match": "prefix"}), [subscription])
        self.assertIn(ask("lookup", prefix), ([None], []))  # autobahn-js cannot tell a lone null from nothing
        self.assertIn(subscription, ask("match", f"{prefix}.a")[0])
        (details,) = ask("get", subscription)
        found = {key: details[key] for key in ("id", "uri", "match")}
        self.assertEqual(found, {"id": subscription, "uri": prefix, "match": "prefix"})
        self.assertIn(subscription, ask("list")[0]["prefix"])
        self.assertEqual(ask("list_subscribers", subscription), [[subscribing.id]])
        self.assertEqual(ask("count_subscribers", subscription), [1])
        self.assertRefused("wamp.error.no_such_subscription", lambda: ask("get", 2**40))

    @each(SPEAKERS)
    def test_subscriptions_tell_of_their_life(self, speaker):
        listening, subscribing = self.join(speaker), self.join(speaker)
        topics = [f"wamp.subscription.{event}" for event in ("on_create", "on_subscribe", "on_unsubscribe", "on_delete")]
        for topic in topics:
            listening.subscribe(topic)
        subscription = subscribing.subscribe(self.uri("topic"))
        subscribing.unsubscribe(self.uri("topic"))
        events = self.events_of(listening, subscribing)
        self.assertEqual([topic for topic, _ in events], topics)
        created = events[0][1]
        self.assertEqual((created["uri"], created["match"]), (self.uri("topic"), "exact"))
        self.assertEqual([created["id"], *(subject for _, subject in events[1:])], [subscription] * 4)

    def events_of(self, listening, subscriber):
        """The next four events about this subscriber: those of the test before may still come."""
        events = []
        while len(events) < 4:
            topic, payload = listening.next_event()
            if payload.args[0] == subscriber.id:
                events.append((topic, payload.args[1]))
        return events
