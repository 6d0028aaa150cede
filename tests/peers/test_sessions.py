"""Opening and closing the sessions of real clients."""

import json
import socket
from urllib.parse import urlsplit

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


class Liveness(Conversation):
    def test_sessions_that_do_nothing_answer_pings_and_stay(self):
        """All have joined before the one that answers none: when that has lost its session, so would they have."""
        own = router.Router("--ping-interval", "1")
        self.addCleanup(own.stop)
        sessions = [self.join(speaker, own.url) for speaker in SPEAKERS]
        stay_mute_to_the_end(own.url)
        for number, session in enumerate(sessions):
            session.register(self.uri(f"echo{number}"), "echo")


def stay_mute_to_the_end(url):
    """A session that reads, but answers nothing: returns when the router has closed its connection."""
    address = urlsplit(url)
    hello = json.dumps([1, router.REALM, {"roles": {"caller": {}}}]).encode()
    with socket.create_connection((address.hostname, address.port), router.STEP_TIMEOUT_S) as stream:
        stream.sendall(
            f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bm90IHNvIHJhbmRvbSAuLg==\r\n"
            "Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n".encode()
        )
        stream.sendall(b"\x81" + bytes([0x80 + len(hello)]) + bytes(4) + hello)  # a key of zeros masks nothing
        while stream.recv(1 << 16):
            pass


if router.RUNNING_URL:
    del Shutdown, Liveness  # somebody else's router is not ours to terminate, nor to configure
