"""What real clients learn of events that were published before: `wamp.subscription.get_events`.

The router keeps a history of topics whose last component is `kept`.
"""

import router
from conversation import HISTORY, Conversation, each
from speakers import ONE_OF_EACH_CLIENT, SPEAKERS
from values import Payload

EVENTS = 5


class History(Conversation):
    @each(SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_events_come_page_by_page(self, reader, publisher):
        reading, publishing = self.join(reader), self.join(publisher)
        subscription, publications = self.published(reading, publishing)
        events = self.pages(reading, subscription, "after_publication")
        self.assertEqual([event["publication"] for event in events], publications)
        self.assertEqual([event["args"] for event in events], [[number] for number in range(EVENTS)])
        self.assertEqual([event["kwargs"] for event in events], [{"number": number} for number in range(EVENTS)])
        self.assertEqual({event["subscription"] for event in events}, {subscription})

    @each(SPEAKERS)
    def test_the_newest_events_come_first_if_they_are_to(self, speaker):
        reading = self.join(speaker)
        subscription, publications = self.published(reading, reading)
        events = self.pages(reading, subscription, "before_publication", reverse=True)
        self.assertEqual([event["publication"] for event in events], publications[::-1])

    @each(SPEAKERS)
    def test_events_are_asked_for_by_publication_time_and_topic(self, speaker):
        reading = self.join(speaker)
        subscription, publications = self.published(reading, reading)

        def found(subscription=subscription, **filters):
            return [event["publication"] for event in events(reading, subscription, **filters)]

        self.assertEqual(found(from_publication=publications[1], until_publication=publications[3]), publications[1:4])
        (newest,) = events(reading, subscription, reverse=True, limit=1)
        self.assertEqual(found(after_time=newest["timestamp"]), [])
        self.assertEqual(found(until_time=newest["timestamp"]), publications)
        policy, _, pattern = HISTORY.partition(":")
        (whole,) = reading.call("wamp.subscription.lookup", Payload(args=[pattern, {"match": policy}])).args
        self.assertEqual(found(whole, topic=self.uri("kept")), publications)
        self.assertEqual(found(whole, topic=self.uri("other.kept")), [])

    @each(SPEAKERS)
    def test_what_there_is_not_cannot_be_asked_for(self, speaker):
        reading = self.join(speaker)
        kept, other = reading.subscribe(self.uri("kept")), reading.subscribe(self.uri("other"))
        self.assertRefused("wamp.error.history_unavailable", lambda: events(reading, other))
        self.assertRefused("wamp.error.no_such_subscription", lambda: events(reading, 2**40))
        self.assertRefused(
            "crosspoint.error.no_such_publication", lambda: events(reading, kept, after_publication=2**40)
        )

    def published(self, reading, publishing):
        """A subscription that has some events, and their publications; the subscriber gets none of them."""
        topic = self.uri("kept")
        payloads = [Payload(args=[number], kwargs={"number": number}) for number in range(EVENTS)]
        publications = [publishing.publish(topic, payload, acknowledge=True) for payload in payloads]
        return reading.subscribe(topic), publications

    def pages(self, reading, subscription, bound, **filters):
        """Asks for two events at a time."""
        all_events = events(reading, subscription, limit=2, **filters)
        while page := events(reading, subscription, limit=2, **{bound: all_events[-1]["publication"]}, **filters):
            self.assertLessEqual(len(page), 2)
            all_events.extend(page)
        return all_events


def events(reading, subscription, **filters):
    return reading.call("wamp.subscription.get_events", Payload(args=[subscription], kwargs=filters)).args


if router.RUNNING_URL:
    del History  # somebody else's router is not ours to configure
