"""Opening and closing the sessions of real clients."""

import router
from conversation import Conversation, each
from speakers import SPEAKERS

WEBSOCKETS = [speaker for speaker in SPEAKERS if speaker.transport == "websocket"]


class Opening(Conversation):
    @each(WEBSOCKETS)
    def test_the_router_chooses_the_first_subprotocol_offered(self, speaker):
        chosen = {"default": "cbor.batched"}.get(speaker.serializer, speaker.serializer)
        self.assertEqual(self.join(speaker).subprotocol, f"wamp.2.{chosen}")

    @each(WEBSOCKETS)
    def test_the_router_compresses_if_the_client_offers(self, speaker):
        self.assertEqual(self.join(speaker).extensions, ["permessage-deflate"] if speaker.deflate else [])

    @each(SPEAKERS)
    def test_an_unknown_realm_is_refused(self, speaker):
        session = self.session(speaker)
        self.assertRefused(
            "wamp.error.no_such_realm", lambda: session.join(speaker, self.stage.url, "no.such.realm")
        )


class Closing(Conversation):
    @each(SPEAKERS)
    def test_leaving_is_answered(self, speaker):
        session = self.join(speaker)
        session.leave()
        self.assertEqual(session.reason_of_end(), "wamp.close.goodbye_and_out")

    @each(SPEAKERS)
    def test_what_a_session_registered_ends_with_it(self, speaker):
        callee, caller = self.join(speaker), self.join(speaker)
        callee.register(self.uri("echo"), "echo")
        callee.leave()
        callee.reason_of_end()
        self.assertRefused("wamp.error.no_such_procedure", lambda: caller.call(self.uri("echo")))


class Shutdown(Conversation):
    def test_a_terminated_router_says_goodbye_to_every_session(self):
        """With a call open, which must not hold the router up."""
        own = router.Router()
        self.addCleanup(own.stop)
        sessions = {str(speaker): self.join(speaker, own.url) for speaker in SPEAKERS}
        callee, *_, caller = sessions.values()
        callee.register(self.uri("silent"), "wait")
        caller.start_call(self.uri("silent"))
        callee.next_invocation()

        own.terminate()
        reasons = {name: session.reason_of_end() for name, session in sessions.items()}
        self.assertEqual(reasons, {name: "wamp.close.system_shutdown" for name in sessions})
        self.assertEqual(own.exit_code(), 0)


if router.RUNNING_URL:
    del Shutdown  # somebody else's router is not ours to terminate
