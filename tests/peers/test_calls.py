"""Remote procedure calls between real clients."""

from conversation import Conversation, each
from speakers import CANCELLERS, INTERRUPTIBLE, ONE_OF_EACH_CLIENT, SPEAKERS
from values import ARITIES, Payload, payloads_for

PAYLOAD = Payload(args=["why", 7], kwargs={"how": "badly"})
LONG = Payload(args=["x" * 100_000, b"\x00\xff" * 50_000])  # past every 16-bit length
OWN_ENDS = {"autobahn-python": None, "autobahn-js": "Cancelled"}


class CallsAcross(Conversation):
    @each(SPEAKERS, SPEAKERS)
    def test_every_arity_and_value_makes_the_round_trip(self, caller, callee):
        echo = self.uri("echo")
        self.join(callee).register(echo, "echo")
        calling = self.join(caller)
        calls = [(payload, calling.start_call(echo, payload)) for payload in payloads_for(caller, callee)]
        for payload, call in calls:
            self.assertSame(payload, calling.result(call), caller, callee)

    @each(SPEAKERS, SPEAKERS)
    def test_an_application_error_brings_its_arguments(self, caller, callee):
        fail = self.uri("fail")
        self.join(callee).register(fail, "fail")
        calling = self.join(caller)
        for payload in ARITIES:
            refused = self.refusal(lambda: calling.call(fail, payload))
            self.assertEqual(refused.uri, "com.example.error.refused")
            self.assertSame(payload, refused.payload, caller, callee)


class Calls(Conversation):
    @each(SPEAKERS)
    def test_a_session_may_call_itself(self, speaker):
        session = self.join(speaker)
        session.register(self.uri("add"), "add")
        self.assertEqual(session.call(self.uri("add"), Payload(args=[2, 3])).args, [5])

    @each(SPEAKERS)
    def test_a_long_payload_makes_the_round_trip(self, speaker):
        session = self.join(speaker)
        session.register(self.uri("echo"), "echo")
        self.assertSame(LONG, session.call(self.uri("echo"), LONG), speaker)

    @each(SPEAKERS)
    def test_an_answer_may_come_late_and_out_of_order(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        first, second = self.uri("first"), self.uri("second")
        callee.register(first, "wait")
        callee.register(second, "wait")
        calls = [caller.start_call(first, PAYLOAD), caller.start_call(second)]
        self.assertEqual([callee.next_invocation()[0], callee.next_invocation()[0]], [first, second])
        callee.answer(second, Payload(args=["second"]))
        self.assertEqual(caller.result(calls[1]).args, ["second"])
        callee.answer(first, PAYLOAD)
        self.assertSame(PAYLOAD, caller.result(calls[0]), speaker)

    @each(SPEAKERS)
    def test_calling_an_unknown_procedure_fails(self, speaker):
        caller = self.join(speaker)
        self.assertRefused("wamp.error.no_such_procedure", lambda: caller.call(self.uri("nobody"), PAYLOAD))

    @each(SPEAKERS)
    def test_a_procedure_is_registered_once(self, speaker):
        first, second = self.join(speaker), self.join(speaker)
        first.register(self.uri("taken"), "echo")
        self.assertRefused(
            "wamp.error.procedure_already_exists", lambda: second.register(self.uri("taken"), "echo")
        )
        self.assertSame(PAYLOAD, second.call(self.uri("taken"), PAYLOAD), speaker)

    @each(SPEAKERS)
    def test_an_unregistered_procedure_is_unknown_and_free(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        procedure = self.uri("brief")
        callee.register(procedure, "echo")
        callee.unregister(procedure)
        self.assertRefused("wamp.error.no_such_procedure", lambda: caller.call(procedure))
        caller.register(procedure, "echo")
        self.assertSame(PAYLOAD, callee.call(procedure, PAYLOAD), speaker)

    @each(SPEAKERS)
    def test_a_callee_that_dies_cancels_its_calls(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        procedure = self.uri("silent")
        callee.register(procedure, "wait")
        calls = [caller.start_call(procedure), caller.start_call(procedure)]
        callee.next_invocation()
        callee.next_invocation()
        callee.die()
        for call in calls:
            self.assertRefused("wamp.error.canceled", lambda: caller.result(call))
        self.assertRefused("wamp.error.no_such_procedure", lambda: caller.call(procedure))

    @each(SPEAKERS)
    def test_a_caller_that_dies_leaves_the_callee_unharmed(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        callee.register(self.uri("wait"), "wait")
        callee.register(self.uri("echo"), "echo")
        caller.start_call(self.uri("wait"))
        callee.next_invocation()
        caller.die()
        callee.answer(self.uri("wait"), PAYLOAD)
        self.assertSame(PAYLOAD, callee.call(self.uri("echo"), PAYLOAD), speaker)


class Cancelling(Conversation):
    @each(CANCELLERS, ONE_OF_EACH_CLIENT)
    def test_a_cancelled_call_ends_and_both_sessions_live_on(self, canceller, callee):
        calling, answering = self.join(canceller.speaker), self.join(callee)
        wait, echo = self.uri("wait"), self.uri("echo")
        answering.register(wait, "wait")
        answering.register(echo, "echo")
        call = calling.start_call(wait)
        answering.next_invocation()
        calling.cancel(wait, canceller.mode)
        self.assertRefused(self.end_of_call(canceller, callee), lambda: calling.result(call))
        # The router has heard of the cancelling when it answers what comes behind it: a client that has forgotten the
        # call must not get the answer that goes another way.
        self.assertSame(PAYLOAD, calling.call(echo, PAYLOAD), canceller.speaker, callee)
        answering.answer(wait, PAYLOAD)  # too late: it must not reach a caller that has forgotten the call
        self.assertSame(PAYLOAD, calling.call(echo, PAYLOAD), canceller.speaker, callee)

    def end_of_call(self, canceller, callee):
        """The URI that the calling application sees; None is an exception that is not WAMP's."""
        if canceller.own_end:
            return OWN_ENDS[canceller.speaker.client]
        if canceller.mode == "kill" and INTERRUPTIBLE in callee.abilities:
            return "wamp.error.runtime_error"  # the callee's own answer: so autobahn-python reports a cancelled task
        return "wamp.error.canceled"
