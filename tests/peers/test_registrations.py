"""Advanced registrations and calls between real clients.

Patterns, sharing, progress, time, who calls, payload passthru, and the meta API.
"""

import json

from conversation import Conversation, each
from speakers import (
    ASKS_WHO_CALLS,
    CALLS_IN_PIECES,
    DISCLOSES,
    FORCES,
    LIMITS_CONCURRENCY,
    ONE_OF_EACH_CLIENT,
    PASSES_THROUGH,
    SPEAKERS,
    able,
)
from router import CommandCallee
from values import Payload

CALLS = 12  # enough for every callee to be found, whatever the policy; a multiple of two and of three
POLICIES = ["roundrobin", "random", "first", "last"]


class Patterns(Conversation):
    @each(SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_a_prefix_is_called_and_told_what_was_called(self, callee, caller):
        prefix = self.uri("prefix")
        self.join(callee).register(prefix, "tell", match="prefix")
        for called in (prefix, f"{prefix}.a", f"{prefix}.a.b", f"{prefix}a"):
            self.assertEqual(self.join(caller).call(called).kwargs["procedure"], called)

    @each(SPEAKERS, ONE_OF_EACH_CLIENT)
    def test_a_wildcard_is_called_and_told_what_was_called(self, callee, caller):
        self.join(callee).register(f"{self.uri('wildcard')}..end", "tell", match="wildcard")
        calling = self.join(caller)
        called = f"{self.uri('wildcard')}.any.end"
        self.assertEqual(calling.call(called).kwargs["procedure"], called)
        for other in (f"{called}.more", f"{self.uri('wildcard')}.end"):
            self.assertRefused("wamp.error.no_such_procedure", lambda: calling.call(other))

    @each(ONE_OF_EACH_CLIENT)
    def test_exact_goes_before_prefix_goes_before_wildcard(self, speaker):
        exact, short, long, wildcard, caller = (self.join(speaker) for _ in range(5))
        top = self.uri("top")
        exact.register(f"{top}.a.b", "tell")
        short.register(top, "tell", match="prefix")
        long.register(f"{top}.a", "tell", match="prefix")
        wildcard.register(f"{top}..b", "tell", match="wildcard")
        wildcard.register(f"{self.uri('')}.z", "tell", match="wildcard")
        for called, callee in [
            (f"{top}.a.b", exact),
            (f"{top}.a.c", long),
            (f"{top}.c.b", short),
            (f"{self.uri('other')}.z", wildcard),
        ]:
            self.assertEqual(caller.call(called).kwargs["answered_by"], callee.id, called)

    @each(SPEAKERS)
    def test_an_unregistered_pattern_matches_nothing(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        callee.register(self.uri("prefix"), "tell", match="prefix")
        callee.unregister(self.uri("prefix"))
        self.assertRefused("wamp.error.no_such_procedure", lambda: caller.call(f"{self.uri('prefix')}.a"))


class Sharing(Conversation):
    @each(POLICIES, [2, 3], ONE_OF_EACH_CLIENT)
    def test_every_policy_chooses_as_it_says(self, policy, callees, first):
        """The callees are of different clients, in the order in which they register."""
        start = ONE_OF_EACH_CLIENT.index(first)
        speakers = [ONE_OF_EACH_CLIENT[(start + n) % 3] for n in range(callees)]
        sharing = [self.join(speaker) for speaker in speakers]
        for callee in sharing:
            callee.register(self.uri("shared"), "tell", invoke=policy)
        ids = [callee.id for callee in sharing]
        calling = self.join(first)
        chosen = [calling.call(self.uri("shared")).kwargs["answered_by"] for _ in range(CALLS)]
        expected = {
            "roundrobin": ids * (CALLS // callees),
            "first": [ids[0]] * CALLS,
            "last": [ids[-1]] * CALLS,
        }
        if policy == "random":
            self.assertLessEqual(set(chosen), set(ids))
        else:
            self.assertEqual(chosen, expected[policy])

    @each(ONE_OF_EACH_CLIENT)
    def test_another_policy_is_refused(self, speaker):
        first, second = self.join(speaker), self.join(speaker)
        first.register(self.uri("shared"), "tell", invoke="roundrobin")
        self.assertRefused(
            "wamp.error.procedure_exists_with_different_invocation_policy",
            lambda: second.register(self.uri("shared"), "tell", invoke="random"),
        )

    @each(ONE_OF_EACH_CLIENT)
    def test_the_next_in_line_takes_over(self, speaker):
        first, second, caller = self.join(speaker), self.join(speaker), self.join(speaker)
        for callee in (first, second):
            callee.register(self.uri("standby"), "tell", invoke="first")
        self.assertEqual(caller.call(self.uri("standby")).kwargs["answered_by"], first.id)
        first.leave()
        first.reason_of_end()
        self.assertEqual(caller.call(self.uri("standby")).kwargs["answered_by"], second.id)

    @each(able(LIMITS_CONCURRENCY))
    def test_a_callee_gets_no_more_calls_than_it_takes(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        callee.register(self.uri("wait"), "wait", concurrency=1)
        call = caller.start_call(self.uri("wait"))
        callee.next_invocation()
        self.assertRefused("crossbar.error.max_concurrency_reached", lambda: caller.call(self.uri("wait")))
        callee.answer(self.uri("wait"), Payload(args=["free again"]))
        self.assertEqual(caller.result(call).args, ["free again"])
        call = caller.start_call(self.uri("wait"))
        callee.next_invocation()
        callee.answer(self.uri("wait"), Payload(args=["second"]))
        self.assertEqual(caller.result(call).args, ["second"])

    @each(able(FORCES), ONE_OF_EACH_CLIENT)
    def test_whoever_forces_takes_the_procedure_from_all(self, forcing, losing):
        losers = [self.join(losing), self.join(losing)]
        procedure = self.uri("forced")
        for callee in losers:
            callee.register(procedure, "tell", invoke="roundrobin")
        winner, caller = self.join(forcing), self.join(losing)
        winner.register(procedure, "tell", force_reregister=True)
        for _ in range(3):
            self.assertEqual(caller.call(procedure).kwargs["answered_by"], winner.id)
        for loser in losers:  # they live on
            loser.register(self.uri(f"own{loser.id}"), "tell")
            self.assertEqual(caller.call(self.uri(f"own{loser.id}")).kwargs["answered_by"], loser.id)


class Progress(Conversation):
    @each(SPEAKERS, SPEAKERS)
    def test_pieces_of_a_result_come_in_order_and_then_the_result(self, caller, callee):
        self.join(callee).register(self.uri("count"), "count")
        calling = self.join(caller)
        result = calling.call(self.uri("count"), Payload(args=[100]), receive_progress=True)
        self.assertEqual(result.args, ["counted"])
        numbers = [calling.next_progress().args for _ in range(100)]
        self.assertEqual(numbers, [[number] for number in range(1, 101)])

    @each(ONE_OF_EACH_CLIENT, ONE_OF_EACH_CLIENT)
    def test_who_does_not_ask_for_pieces_gets_the_result_only(self, caller, callee):
        self.join(callee).register(self.uri("count"), "count")
        # Each of these clients breaks when it is told of progress unasked.
        result = self.join(caller).call(self.uri("count"), Payload(args=[3]))
        self.assertEqual(result.args, ["counted"])

    @each(ONE_OF_EACH_CLIENT)
    def test_two_streams_do_not_mix(self, caller):
        for name in ("one", "two"):
            self.join(caller).register(self.uri(name), "count")
        callers = [self.join(caller), self.join(caller)]
        calls = [
            calling.start_call(self.uri(name), Payload(args=[20]), receive_progress=True)
            for calling, name in zip(callers, ("one", "two"))
        ]
        for calling, call in zip(callers, calls):
            calling.result(call)
            self.assertEqual([calling.next_progress().args[0] for _ in range(20)], list(range(1, 21)))

    @each(able(CALLS_IN_PIECES))
    def test_a_call_may_come_in_pieces(self, caller):
        # None of these clients takes such calls, but the router's own does.
        with CommandCallee(self.stage.url, self.uri("pieces"), "sh", "-c", "head -n 3"):
            result = self.join(caller).call_in_pieces(self.uri("pieces"), [[1], [2], [3]])
        self.assertEqual([json.loads(line)["args"] for line in result.args[0].splitlines()], [[1], [2], [3]])


class Time(Conversation):
    @each(SPEAKERS)
    def test_a_call_ends_when_its_time_is_over(self, caller):
        calling, callee = self.join(caller), self.join(ONE_OF_EACH_CLIENT[0])
        callee.register(self.uri("wait"), "wait")
        self.assertRefused("wamp.error.timeout", lambda: calling.call(self.uri("wait"), timeout=50))

    @each(ONE_OF_EACH_CLIENT, ONE_OF_EACH_CLIENT)
    def test_both_live_on_after_it(self, caller, callee):
        calling, answering = self.join(caller), self.join(callee)
        answering.register(self.uri("wait"), "wait")
        answering.register(self.uri("tell"), "tell")
        self.assertRefused("wamp.error.timeout", lambda: calling.call(self.uri("wait"), timeout=50))
        answering.next_invocation()
        answering.answer(self.uri("wait"), Payload(args=["too late"]))
        self.assertEqual(calling.call(self.uri("tell"), timeout=60_000).kwargs["answered_by"], answering.id)


class Identity(Conversation):
    @each(able(DISCLOSES), ONE_OF_EACH_CLIENT)
    def test_a_caller_may_say_who_it_is(self, caller, callee):
        self.join(callee).register(self.uri("tell"), "tell")
        calling = self.join(caller)
        told = calling.call(self.uri("tell"), disclose_me=True).kwargs
        self.assertEqual(told["caller"], calling.id)
        self.assertIn("caller_authid", told)
        self.assertEqual(told["caller_authrole"], "anonymous")
        self.assertNotIn("caller", calling.call(self.uri("tell")).kwargs)

    @each(able(ASKS_WHO_CALLS), ONE_OF_EACH_CLIENT)
    def test_a_callee_may_ask_who_calls(self, callee, caller):
        self.join(callee).register(self.uri("tell"), "tell", disclose_caller=True)
        calling = self.join(caller)
        self.assertEqual(calling.call(self.uri("tell")).kwargs["caller"], calling.id)


class Passthru(Conversation):
    PPT = {"ppt_scheme": "x_example", "ppt_serializer": "json"}

    @each(able(PASSES_THROUGH), able(PASSES_THROUGH))
    def test_a_payload_is_passed_through(self, caller, callee):
        self.join(callee).register(self.uri("add"), "add")
        result = self.join(caller).call(self.uri("add"), Payload(args=[2, 3]), **self.PPT)
        self.assertEqual(result.args, [5])

    @each(able(PASSES_THROUGH))
    def test_a_callee_without_it_is_not_asked(self, caller):
        self.join(ONE_OF_EACH_CLIENT[0]).register(self.uri("add"), "add")
        calling = self.join(caller)
        self.assertRefused(
            "wamp.error.feature_not_supported",
            lambda: calling.call(self.uri("add"), Payload(args=[2, 3]), **self.PPT),
        )


class MetaApi(Conversation):
    @each(SPEAKERS)
    def test_registrations_can_be_looked_up(self, speaker):
        callee, asking = self.join(speaker), self.join(speaker)
        prefix = self.uri("prefix")
        callee.register(prefix, "tell", match="prefix", invoke="last")

        def ask(name, *args):
            return asking.call(f"wamp.registration.{name}", Payload(args=list(args))).args

        (registration,) = ask("match", f"{prefix}.a")
        self.assertEqual(ask("lookup", prefix, {"match": "prefix"}), [registration])
        self.assertIn(ask("lookup", prefix), ([None], []))  # autobahn-js cannot tell a lone null from nothing
        (details,) = ask("get", registration)
        found = {key: details[key] for key in ("id", "uri", "match", "invoke")}
        self.assertEqual(found, {"id": registration, "uri": prefix, "match": "prefix", "invoke": "last"})
        self.assertIn(registration, ask("list")[0]["prefix"])
        self.assertEqual(ask("list_callees", registration), [[callee.id]])
        self.assertEqual(ask("count_callees", registration), [1])
        self.assertRefused("wamp.error.no_such_registration", lambda: ask("get", 2**40))

    @each(SPEAKERS)
    def test_registrations_tell_of_their_life(self, speaker):
        listening, callee = self.join(speaker), self.join(speaker)
        topics = [f"wamp.registration.{event}" for event in ("on_create", "on_register", "on_unregister", "on_delete")]
        for topic in topics:
            listening.subscribe(topic)
        callee.register(self.uri("tell"), "tell")
        callee.unregister(self.uri("tell"))
        events = self.events_of(listening, callee)
        self.assertEqual([topic for topic, _ in events], topics)
        created = events[0][1]
        self.assertEqual((created["uri"], created["match"], created["invoke"]), (self.uri("tell"), "exact", "single"))
        self.assertEqual([subject for _, subject in events[1:]], [created["id"]] * 3)

    def events_of(self, listening, callee):
        """The next four events about this callee: those of the test before may still come."""
        events = []
        while len(events) < 4:
            topic, payload = listening.next_event()
            if payload.args[0] == callee.id:
                events.append((topic, payload.args[1]))
        return events

    @each(SPEAKERS)
    def test_a_callee_can_be_removed(self, speaker):
        callee, asking = self.join(speaker), self.join(speaker)
        callee.register(self.uri("tell"), "tell")
        (registration,) = asking.call("wamp.registration.lookup", Payload(args=[self.uri("tell")])).args
        asking.call("wamp.registration.remove_callee", Payload(args=[registration, callee.id]))
        self.assertRefused("wamp.error.no_such_procedure", lambda: asking.call(self.uri("tell")))
        callee.register(self.uri("other"), "tell")
        self.assertEqual(asking.call(self.uri("other")).kwargs["answered_by"], callee.id)
