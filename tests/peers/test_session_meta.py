"""What real clients hear of each other's sessions, and do to them: the session meta API and testaments."""

from conversation import Conversation, each
from speakers import ONE_OF_EACH_CLIENT, SPEAKERS
from values import Payload


def ask(session, procedure, *args, **kwargs):
    return session.call(f"wamp.session.{procedure}", Payload(args=list(args), kwargs=kwargs)).args


class SessionMeta(Conversation):
    @each(SPEAKERS)
    def test_sessions_can_be_looked_up(self, speaker):
        asking, other = self.join(speaker), self.join(speaker)
        self.assertLessEqual({asking.id, other.id}, set(ask(asking, "list")[0]))
        self.assertGreaterEqual(ask(asking, "count", ["anonymous"])[0], 2)
        self.assertEqual(ask(asking, "count", ["nobody"]), [0])
        (details,) = ask(asking, "get", other.id)
        self.assertEqual((details["session"], details["authrole"]), (other.id, "anonymous"))
        self.assertEqual(details["transport"]["type"], speaker.transport)
        self.assertRefused("wamp.error.no_such_session", lambda: ask(asking, "get", 7))

    @each(SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_others_hear_who_comes_and_goes(self, listener, speaker):
        listening = self.join(listener)
        topics = ["wamp.session.on_join", "wamp.session.on_leave"]
        for topic in topics:
            listening.subscribe(topic)
        session = self.join(speaker)
        session.leave()
        told = []
        while len(told) < 2:  # sessions of the test before may still be leaving
            topic, event = listening.next_event()
            about = event.args[0]["session"] if topic == topics[0] else event.args[0]
            if about == session.id:
                told.append(topic)
        self.assertEqual(told, topics)
        self.assertEqual(event.args, [session.id, "anonymous", "anonymous"])

    @each(SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_a_killed_session_learns_why(self, killed, killer):
        losing, killing = self.join(killed), self.join(killer)
        losing.register(self.uri("tell"), "tell")
        ask(killing, "kill", losing.id, reason="com.example.close.enough", message="that is enough")
        self.assertEqual(losing.reason_of_end(), "com.example.close.enough")
        self.assertRefused("wamp.error.no_such_session", lambda: ask(killing, "kill", losing.id))
        self.assertRefused("wamp.error.no_such_procedure", lambda: killing.call(self.uri("tell")))

    @each(ONE_OF_EACH_CLIENT)
    def test_nobody_kills_itself(self, speaker):
        session = self.join(speaker)
        self.assertRefused("wamp.error.no_such_session", lambda: ask(session, "kill", session.id))


class Testaments(Conversation):
    @each(["leave", "die"], SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_a_testament_is_published_when_its_session_ends(self, end, leaver, heir):
        leaving, staying = self.join(leaver), self.join(heir)
        topic = self.uri("last")
        staying.subscribe(topic)
        ask(leaving, "add_testament", topic, ["flushed"], {})
        ask(leaving, "flush_testaments")
        ask(leaving, "add_testament", topic, ["destroyed", 7], {"who": "me"})
        ask(leaving, "add_testament", topic, ["detached"], {}, scope="detached")
        leaving.leave() if end == "leave" else leaving.die()
        self.assertEqual(staying.next_event()[1].args, ["detached"])
        self.assertEqual(vars(staying.next_event()[1]), {"args": ["destroyed", 7], "kwargs": {"who": "me"}})


class Revocation(Conversation):
    @each(SPEAKERS)
    def test_who_loses_a_subscription_goes_on(self, speaker):
        losing, other = self.join(speaker), self.join(speaker)
        losing.subscribe(self.uri("lost"))
        (subscription,) = other.call("wamp.subscription.lookup", Payload(args=[self.uri("lost")])).args
        other.call("wamp.subscription.remove_subscriber", Payload(args=[subscription, losing.id]))
        losing.subscribe(self.uri("kept"))
        other.publish(self.uri("lost"), Payload(args=["lost"]), acknowledge=True)
        other.publish(self.uri("kept"), Payload(args=["kept"]), acknowledge=True)
        self.assertEqual(losing.next_event()[1].args, ["kept"])
